//! How is a conflict stored? A journal whose parent is the line, with the rules' own state in a row.

use baton_domain::id::{ArtifactId, ConflictId, DecisionId, EventSeq, JournalId, ProjectId};
use baton_domain::problem::{Code, Problem};
use baton_domain::services::Answer;
use baton_domain::time::Timestamp;
use baton_domain::user::{Caller, Principal};
use baton_domain::wire::conflict::{LineForm, LineVersion};
use baton_negotiation::conflict::{Command, Conflict, Form, State, Strategy};
use baton_storage::{Guarded, JournalHead, JournalKind, JournalOpened, JournalRow, JournalWrite, JournalWritten, NewJournal, WriteGuard};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::content::{Compared, Content, Three};
use super::convert::view;
use super::line::Line;
use crate::Sharing;
use crate::journal::{ROWS, TRIES, attempt_over, contended, event, read, row, write};

/// The group and the key of the rules' state.
const CONFLICT: &str = "conflict";
const STATE: &str = "state";
/// The group of decisions that are not needed any more and may not have been cancelled.
const LEFT: &str = "left";

/// What a conflict began with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Opening {
    /// The line's name.
    pub(crate) line: String,
    /// Its journal.
    pub(crate) journal: JournalId,
    /// The change.
    pub(crate) theirs: ArtifactId,
    pub(crate) sha256: String,
    pub(crate) size: u64,
    pub(crate) media_type: String,
}

impl Opening {
    pub(crate) fn content(&self) -> Content {
        Content { artifact: self.theirs, sha256: self.sha256.clone(), size: self.size, media_type: self.media_type.clone() }
    }
}

/// A conflict as it is stored.
#[derive(Debug, Clone)]
pub(crate) struct Stored {
    pub(crate) version: i64,
    pub(crate) project: ProjectId,
    pub(crate) opening: Opening,
    pub(crate) core: Conflict,
    /// Decisions that are not needed any more and may not have been cancelled.
    pub(crate) left: Vec<DecisionId>,
    pub(crate) as_of: EventSeq,
}

impl Stored {
    pub(crate) fn is_settled(&self) -> bool {
        matches!(self.core.state, State::Resolved { .. } | State::Dismissed { .. })
    }

    pub(crate) fn is_voted_on(&self) -> bool {
        matches!(self.core.state, State::Voting { .. })
    }
}

fn state_name(core: &Conflict) -> &'static str {
    match core.state {
        State::Open { .. } => "open",
        State::Voting { .. } => "voting",
        State::Resolved { .. } => "resolved",
        State::Dismissed { .. } => "dismissed",
    }
}

/// When the driver must look: it opens and cancels decisions at once, and asks for a verdict from time to time.
fn wake_at(core: &Conflict, left: bool, now: Timestamp) -> Option<Timestamp> {
    match (&core.state, core.strategy) {
        _ if left => Some(now),
        (State::Open { escalated: false }, Strategy::Vote) => Some(now),
        (State::Voting { .. }, _) => Some(now.plus(super::votes::LOOK)),
        _ => None,
    }
}

pub(crate) fn no_such_conflict(id: ConflictId) -> Problem {
    Problem::new(Code::NoSuchConflict, format!("There is no conflict {id}."))
}

impl Sharing {
    /// A conflict of a project.
    pub(crate) async fn stored_conflict(&self, project: ProjectId, id: ConflictId) -> Answer<Stored> {
        for _ in 0..TRIES {
            let journal = JournalId::new(*id.as_uuid());
            let found = self.parts.journals.journal(journal).await?;
            let found = found.filter(|(head, _)| head.kind == JournalKind::Conflict && head.project == project);
            let Some((head, as_of)) = found else { return Err(no_such_conflict(id)) };
            let opening = self.parts.journals.journal_opening(journal).await?.unwrap_or(Value::Null);
            let (rows, at) = self.parts.journals.journal_rows(journal, None, None, ROWS).await?;
            if at != head.version {
                continue;
            }
            let (mut core, mut left) = (Value::Null, Vec::new());
            for row in rows {
                match row.group.as_str() {
                    CONFLICT => core = row.body.unwrap_or(Value::Null),
                    LEFT => left.extend(row.key.parse::<DecisionId>()),
                    _ => {}
                }
            }
            return Ok(Stored {
                version: head.version,
                project,
                opening: read("beginning of a conflict", opening)?,
                core: read("conflict", core)?,
                left,
                as_of,
            });
        }
        Err(contended())
    }

    /// Opens a conflict; if the same change has one, gives that. Nothing if the claim under which the change was made is not held any more.
    pub(crate) async fn open_conflict(
        &self,
        caller: &Caller,
        line: &Line,
        (base, theirs): (Option<u64>, &Content),
        strategy: Strategy,
        (compared, guard): (Compared, Option<WriteGuard>),
    ) -> Answer<Option<ConflictId>> {
        let now = self.now();
        let id = JournalId::new(self.parts.sources.ids.next());
        let opening = Opening {
            line: line.view.name.clone(),
            journal: line.id,
            theirs: theirs.artifact,
            sha256: theirs.sha256.clone(),
            size: theirs.size,
            media_type: theirs.media_type.clone(),
        };
        // Where nobody can be asked to vote a person is.
        let votes = strategy == Strategy::Vote && self.parts.votes.is_some();
        let core = Conflict {
            id: *id.as_uuid(),
            artifact: theirs.artifact,
            base,
            ours: line.view.newest.number,
            theirs: theirs.sha256.clone(),
            by: caller.principal.label().to_owned(),
            opened_at: now,
            // The line says how; what it said is not kept twice.
            form: Form::Whole,
            strategy,
            clean: compared.review.total == 0,
            findings: compared.review.findings,
            total: compared.review.total,
            state: State::Open { escalated: !votes },
            revision: 1,
        };
        let shown = view(&core, &opening);
        let base = base.map_or_else(|| "-".to_owned(), |base| base.to_string());
        let head = JournalHead {
            id,
            kind: JournalKind::Conflict,
            project: caller.project,
            name: line.view.name.clone(),
            key: Some(format!("{}/{}/{base}", line.id, theirs.artifact)),
            parent: Some(line.id),
            state: state_name(&core).to_owned(),
            live: true,
            wake_at: wake_at(&core, false, now),
            version: 1,
            facts: 0,
            summary: write("conflict", &shown)?,
            created_at: now,
            updated_at: now,
            created_by: caller.principal.clone(),
        };
        let events = vec![event(("conflict.opened", format!("conflict:{id}")), now, caller.project, &caller.principal, &shown)?];
        let rows = vec![row(CONFLICT, STATE, Some(write("conflict", &core)?))];
        let new = NewJournal { head, opening: write("beginning of a conflict", &opening)?, rows, events };
        let opened = match guard {
            Some(guard) => self.parts.journals.open_journal_while(new, guard).await?,
            None => Guarded::Done(self.parts.journals.open_journal(new).await?),
        };
        let id = match opened {
            Guarded::Done(JournalOpened::Stored) => id,
            Guarded::Done(JournalOpened::Exists(head)) => head.id,
            Guarded::RowChanged => return Ok(None),
            Guarded::AttemptOver => return Err(attempt_over()),
        };
        self.ring();
        Ok(Some(ConflictId::new(*id.as_uuid())))
    }

    /// Writes what became of a conflict, if it is as it was read. Gives whether that was so.
    pub(crate) async fn write_conflict(&self, stored: &mut Stored, actor: &Principal, core: Conflict) -> Answer<bool> {
        self.write_or_postpone(stored, Some(actor), core).await
    }

    /// Looks at a conflict again later; nobody is told.
    pub(crate) async fn postpone(&self, stored: &mut Stored) -> Answer<()> {
        let core = stored.core.clone();
        self.write_or_postpone(stored, None, core).await.map(|_| ())
    }

    /// Notes that the decisions that were not needed any more are cancelled; nobody is told.
    pub(crate) async fn note_cancelled(&self, stored: &mut Stored) -> Answer<bool> {
        let (core, left) = (stored.core.clone(), std::mem::take(&mut stored.left));
        let rows = left.iter().map(|decision| row(LEFT, decision.to_string(), None)).collect();
        self.write_turn(stored, None, core, rows).await
    }

    async fn write_or_postpone(&self, stored: &mut Stored, actor: Option<&Principal>, core: Conflict) -> Answer<bool> {
        let mut rows = Vec::new();
        let running = |core: &Conflict| if let State::Voting { decision } = core.state { Some(DecisionId::new(decision)) } else { None };
        let before = running(&stored.core).filter(|before| running(&core) != Some(*before));
        // Nobody needs a decision that the conflict does not wait for. One that has its verdict is over, and cancelling it changes nothing.
        if let Some(before) = before {
            stored.left.push(before);
            rows.push(row(LEFT, before.to_string(), Some(Value::Bool(true))));
        }
        self.write_turn(stored, actor, core, rows).await
    }

    async fn write_turn(&self, stored: &mut Stored, actor: Option<&Principal>, core: Conflict, mut rows: Vec<JournalRow>) -> Answer<bool> {
        let now = self.now();
        rows.push(row(CONFLICT, STATE, Some(write("conflict", &core)?)));
        let shown = view(&core, &stored.opening);
        let live = matches!(core.state, State::Open { .. } | State::Voting { .. });
        let kind = if live { "conflict.changed" } else { "conflict.resolved" };
        let mut events = Vec::new();
        if let Some(actor) = actor {
            events.push(event((kind, format!("conflict:{}", core.id)), now, stored.project, actor, &shown)?);
        }
        let turn = JournalWrite {
            id: JournalId::new(core.id),
            version: stored.version,
            state: state_name(&core).to_owned(),
            live,
            wake_at: wake_at(&core, !stored.left.is_empty(), now),
            summary: Some(write("conflict", &shown)?),
            facts: Vec::new(),
            cleared: Vec::new(),
            rows,
            events,
            at: now,
        };
        Ok(match self.parts.journals.write_journal(turn).await? {
            JournalWritten::Stored(version) => {
                (stored.version, stored.core) = (version, core);
                self.ring();
                true
            }
            JournalWritten::Stale(_) | JournalWritten::Missing => false,
        })
    }

    /// The three versions that a conflict is about, with the newest one of the line as it is now.
    pub(crate) async fn three(&self, line: &Line, stored: &Stored) -> Answer<Three> {
        let base = match stored.core.base {
            Some(number) => self.version(line.id, number).await?.as_ref().map(Content::from),
            None => None,
        };
        Ok(Three { base, ours: Content::from(&line.view.newest), theirs: stored.opening.content() })
    }

    /// Compares a conflict anew, if its line has a newer version. Gives whether it had.
    pub(crate) async fn renew(&self, caller: &Caller, line: &Line, stored: &mut Stored) -> Answer<bool> {
        let newest = line.view.newest.number;
        if stored.is_settled() || newest <= stored.core.ours {
            return Ok(false);
        }
        let three = self.three(line, stored).await?;
        let compared = self.compare(caller, &line.view.form, &three).await?;
        let mut core = stored.core.clone();
        core.apply(Command::Renew { ours: newest, review: compared.review }, newest, self.now())?;
        let mut renewed = stored.clone();
        if self.write_conflict(&mut renewed, &Principal::System, core).await? {
            *stored = renewed;
        } else {
            // Somebody else did; what they found is as good.
            *stored = self.stored_conflict(stored.project, ConflictId::new(stored.core.id)).await?;
        }
        Ok(true)
    }

    /// The line of a conflict.
    pub(crate) async fn line_of(&self, stored: &Stored) -> Answer<Line> {
        let line = self.line_by_id(stored.opening.journal).await?;
        line.ok_or_else(|| super::line::no_such_line(&stored.opening.line))
    }
}

/// A version that is to be stored next.
pub(crate) fn next_version(line: &Line, content: &Content, by: &str, at: Timestamp) -> LineVersion {
    LineVersion {
        number: line.view.newest.number + 1,
        artifact: content.artifact,
        sha256: content.sha256.clone(),
        size: content.size,
        media_type: content.media_type.clone(),
        base: None,
        merged: None,
        conflict: None,
        by: by.to_owned(),
        at,
    }
}

/// How the versions of a line are merged may be said once.
pub(crate) fn check_form(form: &LineForm) -> Answer<()> {
    let wrong = |what: &str| Err(Problem::invalid_field("/form", what));
    match form {
        LineForm::Table { key, delimiter } => {
            if key.len() > 16 || key.iter().any(|column| column.is_empty() || column.len() > 200) {
                return wrong("Name at most 16 columns, each of 1 to 200 bytes.");
            }
            if delimiter.is_some_and(|delimiter| !matches!(delimiter, ',' | ';' | '\t')) {
                return wrong("Cells stand between `,`, `;` or tabs.");
            }
            Ok(())
        }
        LineForm::Json { at, .. } if at.len() > 100 || at.keys().any(|place| place.len() > 500) => {
            wrong("Name at most 100 places, each of at most 500 bytes.")
        }
        LineForm::Text | LineForm::Whole | LineForm::Json { .. } => Ok(()),
    }
}
