//! How is a line stored? A head with its newest version, and a row for each version.

use baton_domain::event::NewEvent;
use baton_domain::id::{ConflictId, JournalId, ProjectId};
use baton_domain::problem::{Code, Problem};
use baton_domain::services::Answer;
use baton_domain::time::Timestamp;
use baton_domain::user::Principal;
use baton_domain::wire::conflict::{LineForm, LineVersion, LineView, MAXIMUM_LINE_NAME};
use baton_negotiation::conflict::State;
use baton_storage::{
    Guarded, JournalHead, JournalKind, JournalOpened, JournalRow, JournalWrite, JournalWritten, NewJournal, RowPlace, WriteGuard,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::Sharing;
use crate::journal::{attempt_over, event, read, row, write};

/// The group of the versions, the newest first.
const VERSIONS: &str = "versions";
/// The group of conflicts that are settled and whose journals may not know it yet.
const SETTLED: &str = "settled";

/// A line as it is stored.
#[derive(Debug, Clone)]
pub(crate) struct Line {
    pub(crate) id: JournalId,
    pub(crate) version: i64,
    pub(crate) project: ProjectId,
    pub(crate) view: LineView,
    wake_at: Option<Timestamp>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Summary {
    form: LineForm,
    newest: LineVersion,
}

/// What one write of a line does.
#[derive(Default)]
pub(crate) struct LineTurn {
    /// A new version.
    pub(crate) version: Option<LineVersion>,
    /// A conflict that is settled by it.
    pub(crate) settled: Option<(ConflictId, State)>,
    /// Conflicts whose journals know by now that they are settled: all that there were.
    pub(crate) followed: Option<Vec<ConflictId>>,
    /// The claim and the attempt under which it is done: nothing is stored without them.
    pub(crate) guard: Option<WriteGuard>,
}

/// The keys of versions sort from the newest to the oldest.
fn key(number: u64) -> String {
    format!("{:020}", u64::MAX - number)
}

pub(crate) fn check_name(name: &str) -> Answer<()> {
    let fits = |c: char| c.is_alphanumeric() || matches!(c, '.' | '_' | '-' | '/' | ' ');
    let part_fits = |part: &str| !part.is_empty() && part != "." && part != ".." && part.trim() == part;
    if name.is_empty() || name.len() > MAXIMUM_LINE_NAME || !name.chars().all(fits) || !name.split('/').all(part_fits) {
        let what =
            format!("Use 1 to {MAXIMUM_LINE_NAME} bytes of letters, digits, `.`, `_`, `-` and spaces, in parts between single slashes.");
        return Err(Problem::new(Code::MalformedLine, what.clone()).with_field("name", what));
    }
    Ok(())
}

pub(crate) fn no_such_line(name: &str) -> Problem {
    let name: String = name.chars().take(MAXIMUM_LINE_NAME).collect();
    Problem::new(Code::NoSuchLine, format!("No version was stored under {name:?}."))
}

pub(crate) fn line_of(head: JournalHead) -> Answer<Line> {
    let Summary { form, newest } = read("line", head.summary)?;
    let view = LineView { name: head.name, form, newest, created_at: head.created_at };
    Ok(Line { id: head.id, version: head.version, project: head.project, view, wake_at: head.wake_at })
}

impl Sharing {
    /// The line with a name.
    pub(crate) async fn line_named(&self, project: ProjectId, name: &str) -> Answer<Option<Line>> {
        self.parts.journals.journal_by_key(project, JournalKind::Line, name).await?.map(line_of).transpose()
    }

    /// The line of a journal.
    pub(crate) async fn line_by_id(&self, id: JournalId) -> Answer<Option<Line>> {
        self.parts.journals.journal(id).await?.map(|(head, _)| line_of(head)).transpose()
    }

    /// Versions of a line before a number, the newest first, and the version of the journal that says so.
    pub(crate) async fn versions(&self, line: JournalId, before: Option<u64>, limit: u32) -> Answer<Vec<LineVersion>> {
        let after: Option<RowPlace> = before.map(|number| (VERSIONS.to_owned(), key(number)));
        let (rows, _) = self.parts.journals.journal_rows(line, Some(VERSIONS), after.as_ref(), limit).await?;
        rows.into_iter().map(|row| read("version", row.body.unwrap_or(Value::Null))).collect()
    }

    /// One version of a line.
    pub(crate) async fn version(&self, line: JournalId, number: u64) -> Answer<Option<LineVersion>> {
        let found = self.versions(line, number.checked_add(1), 1).await?.pop();
        Ok(found.filter(|version| version.number == number))
    }

    /// How a conflict of the line was settled, if it was and the line remembers it.
    pub(crate) async fn settled_of(&self, line: JournalId) -> Answer<Vec<(ConflictId, State)>> {
        let (rows, _) = self.parts.journals.journal_rows(line, Some(SETTLED), None, crate::journal::ROWS).await?;
        let parse = |row: JournalRow| {
            let id = row.key.parse().map_err(|error| crate::journal::unreadable("settled conflict", error))?;
            Ok((id, read("settled conflict", row.body.unwrap_or(Value::Null))?))
        };
        rows.into_iter().map(parse).collect()
    }

    /// Begins a line, unless there is one, or the claim under which it is done is not held any more.
    pub(crate) async fn begin_line(
        &self,
        (project, actor): (ProjectId, &Principal),
        name: &str,
        form: LineForm,
        newest: LineVersion,
        guard: Option<WriteGuard>,
    ) -> Answer<Option<Line>> {
        let (now, id) = (newest.at, JournalId::new(self.parts.sources.ids.next()));
        let head = JournalHead {
            id,
            kind: JournalKind::Line,
            project,
            name: name.to_owned(),
            key: Some(name.to_owned()),
            parent: None,
            state: "live".to_owned(),
            live: true,
            wake_at: None,
            version: 1,
            facts: 0,
            summary: write("line", &Summary { form: form.clone(), newest: newest.clone() })?,
            created_at: now,
            updated_at: now,
            created_by: actor.clone(),
        };
        let line = line_of(head.clone())?;
        let rows = vec![row(VERSIONS, key(newest.number), Some(write("version", &newest)?))];
        let events = vec![stored(&line.view, project, actor, now)?];
        let opening = write("form of a line", &form)?;
        let new = NewJournal { head, opening, rows, events };
        let opened = match guard {
            Some(guard) => self.parts.journals.open_journal_while(new, guard).await?,
            None => Guarded::Done(self.parts.journals.open_journal(new).await?),
        };
        match opened {
            Guarded::Done(JournalOpened::Stored) => Ok(Some(line)),
            Guarded::Done(JournalOpened::Exists(_)) | Guarded::RowChanged => Ok(None),
            Guarded::AttemptOver => Err(attempt_over()),
        }
    }

    /// Writes a turn of a line, if it is as it was read and the claim under which it is done is held. Gives whether that was so.
    pub(crate) async fn write_line(&self, line: &mut Line, actor: &Principal, turn: LineTurn) -> Answer<bool> {
        let now = self.now();
        let mut view = line.view.clone();
        let (mut rows, mut events) = (Vec::new(), Vec::new());
        if let Some(version) = turn.version {
            rows.push(row(VERSIONS, key(version.number), Some(write("version", &version)?)));
            view.newest = version;
            events.push(stored(&view, line.project, actor, now)?);
        }
        let follows = turn.settled.is_some();
        if let Some((id, state)) = turn.settled {
            rows.push(row(SETTLED, id.to_string(), Some(write("settled conflict", &state)?)));
        }
        rows.extend(turn.followed.iter().flatten().map(|id| row(SETTLED, id.to_string(), None)));
        let wake_at = match (follows, &turn.followed) {
            // At once: if whoever settled it does not come to say so, the driver does.
            (true, _) => Some(now),
            (false, Some(_)) => None,
            (false, None) => line.wake_at,
        };
        let summary = Summary { form: view.form.clone(), newest: view.newest.clone() };
        let write = JournalWrite {
            id: line.id,
            version: line.version,
            state: "live".to_owned(),
            live: true,
            wake_at,
            summary: Some(write("line", &summary)?),
            facts: Vec::new(),
            cleared: Vec::new(),
            rows,
            events,
            at: now,
        };
        let written = match turn.guard {
            Some(guard) => self.parts.journals.write_journal_while(write, guard).await?,
            None => Guarded::Done(self.parts.journals.write_journal(write).await?),
        };
        Ok(match written {
            Guarded::Done(JournalWritten::Stored(version)) => {
                (line.version, line.view, line.wake_at) = (version, view, wake_at);
                true
            }
            Guarded::Done(JournalWritten::Stale(_) | JournalWritten::Missing) | Guarded::RowChanged => false,
            Guarded::AttemptOver => return Err(attempt_over()),
        })
    }
}

fn stored(view: &LineView, project: ProjectId, actor: &Principal, at: Timestamp) -> Answer<NewEvent> {
    event(("line.stored", format!("line:{}", view.name)), at, project, actor, view)
}
