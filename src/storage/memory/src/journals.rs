//! How are journals kept? Each with its facts and rows, and the keys beside them.

use std::collections::BTreeMap;

use async_trait::async_trait;
use baton_domain::event::NewEvent;
use baton_domain::id::{EventSeq, JournalId, LeaseToken, ProjectId, TaskId};
use baton_domain::task::TaskState;
use baton_domain::time::Timestamp;
use baton_storage::{
    Guarded, JournalFact, JournalGuard, JournalHead, JournalKind, JournalOpened, JournalPage, JournalQuery, JournalRow, JournalStore,
    JournalWrite, JournalWritten, NewJournal, RowPlace, StoreError, WriteGuard,
};
use serde_json::Value;

use crate::MemoryStore;
use crate::commit::State;

/// A journal with all that is its own.
struct Journal {
    head: JournalHead,
    opening: Value,
    facts: Vec<(Timestamp, Value)>,
    /// By group and key: in the order in which they are read.
    rows: BTreeMap<RowPlace, Value>,
}

impl Journal {
    fn put(&mut self, rows: Vec<JournalRow>) {
        for JournalRow { group, key, body } in rows {
            match body {
                Some(body) => drop(self.rows.insert((group, key), body)),
                None => drop(self.rows.remove(&(group, key))),
            }
        }
    }
}

/// All journals.
#[derive(Default)]
pub(crate) struct Journals {
    by_id: BTreeMap<JournalId, Journal>,
    by_key: BTreeMap<(ProjectId, JournalKind, String), JournalId>,
}

impl Journals {
    pub(crate) fn head(&self, id: JournalId) -> Option<&JournalHead> {
        self.by_id.get(&id).map(|journal| &journal.head)
    }

    fn with_key(&self, project: ProjectId, kind: JournalKind, key: &str) -> Option<&JournalHead> {
        self.by_key.get(&(project, kind, key.to_owned())).and_then(|id| self.head(*id))
    }

    /// Whether a line that goes on has this as its newest content, or an open conflict as its change.
    pub(crate) fn stand_on(&self, artifact: &str) -> bool {
        self.by_id.values().filter(|journal| journal.head.live).any(|journal| match journal.head.kind {
            JournalKind::Line => journal.head.summary.to_string().contains(artifact),
            JournalKind::Conflict => journal.opening.to_string().contains(artifact),
            _ => false,
        })
    }

    fn of_kind(&self, kind: JournalKind) -> impl DoubleEndedIterator<Item = &JournalHead> {
        self.by_id.values().map(|journal| &journal.head).filter(move |head| head.kind == kind)
    }
}

fn open(state: &mut State, new: NewJournal) -> Result<(JournalOpened, Vec<NewEvent>), StoreError> {
    State::project_exists(new.head.project)?;
    let with_key = new.head.key.as_deref().and_then(|key| state.journals.with_key(new.head.project, new.head.kind, key));
    if let Some(there) = with_key.or_else(|| state.journals.head(new.head.id)) {
        return Ok((JournalOpened::Exists(Box::new(there.clone())), Vec::new()));
    }
    let head = JournalHead { version: 1, facts: 0, ..new.head };
    if let Some(key) = head.key.clone() {
        state.journals.by_key.insert((head.project, head.kind, key), head.id);
    }
    let mut journal = Journal { head, opening: new.opening, facts: Vec::new(), rows: BTreeMap::new() };
    journal.put(new.rows);
    state.journals.by_id.insert(journal.head.id, journal);
    Ok((JournalOpened::Stored, new.events))
}

fn write(state: &mut State, write: JournalWrite) -> (JournalWritten, Vec<NewEvent>) {
    let Some(journal) = state.journals.by_id.get_mut(&write.id) else { return (JournalWritten::Missing, Vec::new()) };
    if journal.head.version != write.version {
        return (JournalWritten::Stale(journal.head.version), Vec::new());
    }
    journal.rows.retain(|(group, _), _| !write.cleared.contains(group));
    journal.put(write.rows);
    journal.facts.extend(write.facts);
    let head = &mut journal.head;
    head.state = write.state;
    head.live = write.live;
    head.wake_at = write.wake_at;
    head.version += 1;
    head.facts = i64::try_from(journal.facts.len()).unwrap_or(i64::MAX);
    head.updated_at = write.at;
    if let Some(summary) = write.summary {
        head.summary = summary;
    }
    (JournalWritten::Stored(head.version), write.events)
}

fn stands(state: &State, guard: JournalGuard) -> bool {
    let JournalGuard { journal, group, key, body } = guard;
    state.journals.by_id.get(&journal).and_then(|journal| journal.rows.get(&(group, key))) == Some(&body)
}

/// What of a guard does not stand, if anything does not.
fn broken<T>(state: &State, guard: WriteGuard) -> Option<Guarded<T>> {
    let runs = |(task, lease): (TaskId, LeaseToken)| {
        state.tasks.get(task).is_some_and(|row| row.record.lease == lease && row.record.summary.state == TaskState::Running)
    };
    if !guard.attempt.is_none_or(runs) {
        return Some(Guarded::AttemptOver);
    }
    (!guard.row.is_none_or(|row| stands(state, row))).then_some(Guarded::RowChanged)
}

fn facts(journal: &Journal, after: i64, limit: u32) -> Vec<JournalFact> {
    let numbered = (1..).zip(&journal.facts).map(|(number, (at, body))| JournalFact { number, at: *at, body: body.clone() });
    numbered.filter(|fact| fact.number > after).take(limit as usize).collect()
}

fn rows(journal: &Journal, group: Option<&str>, after: Option<&RowPlace>, limit: u32) -> Vec<JournalRow> {
    let wanted = |place: &RowPlace| group.is_none_or(|group| place.0 == group) && after.is_none_or(|after| place > after);
    let found = journal.rows.iter().filter(|(place, _)| wanted(place)).take(limit as usize);
    found.map(|((group, key), body)| JournalRow { group: group.clone(), key: key.clone(), body: Some(body.clone()) }).collect()
}

fn admits(query: &JournalQuery, head: &JournalHead) -> bool {
    head.project == query.project
        && query.name.as_ref().is_none_or(|name| *name == head.name)
        && query.state.as_ref().is_none_or(|state| *state == head.state)
        && query.live.is_none_or(|live| live == head.live)
        && query.parent.is_none_or(|parent| Some(parent) == head.parent)
        && query.before.is_none_or(|before| head.id < before)
}

fn forget(state: &mut State, before: Timestamp, limit: u32) -> u64 {
    let journals = &mut state.journals;
    let over = |head: &&JournalHead| {
        let parent_is_stored = head.parent.is_some_and(|parent| journals.by_id.contains_key(&parent));
        let kept = parent_is_stored && head.kind != JournalKind::Conflict;
        !head.live && head.wake_at.is_none() && head.updated_at < before && !kept
    };
    let mut found: Vec<_> =
        journals.by_id.values().map(|journal| &journal.head).filter(over).map(|head| (head.updated_at, head.id)).collect();
    found.sort_unstable();
    found.truncate(limit as usize);
    for (_, id) in &found {
        journals.by_id.remove(id);
    }
    let by_id = &journals.by_id;
    journals.by_key.retain(|_, id| by_id.contains_key(id));
    found.len() as u64
}

#[async_trait]
impl JournalStore for MemoryStore {
    async fn open_journal(&self, new: NewJournal) -> Result<JournalOpened, StoreError> {
        self.commit(|state| open(state, new))
    }

    async fn write_journal(&self, turn: JournalWrite) -> Result<JournalWritten, StoreError> {
        self.commit(|state| Ok(write(state, turn)))
    }

    async fn open_journal_while(&self, new: NewJournal, guard: WriteGuard) -> Result<Guarded<JournalOpened>, StoreError> {
        self.commit(|state| {
            if let Some(broken) = broken(state, guard) {
                return Ok((broken, Vec::new()));
            }
            let (opened, events) = open(state, new)?;
            Ok((Guarded::Done(opened), events))
        })
    }

    async fn write_journal_while(&self, turn: JournalWrite, guard: WriteGuard) -> Result<Guarded<JournalWritten>, StoreError> {
        self.commit(|state| {
            if let Some(broken) = broken(state, guard) {
                return Ok((broken, Vec::new()));
            }
            let (written, events) = write(state, turn);
            Ok((Guarded::Done(written), events))
        })
    }

    async fn journal(&self, id: JournalId) -> Result<Option<(JournalHead, EventSeq)>, StoreError> {
        Ok(self.read(|state| state.journals.head(id).map(|head| (head.clone(), state.head()))))
    }

    async fn journal_by_key(&self, project: ProjectId, kind: JournalKind, key: &str) -> Result<Option<JournalHead>, StoreError> {
        Ok(self.read(|state| state.journals.with_key(project, kind, key).cloned()))
    }

    async fn journal_opening(&self, id: JournalId) -> Result<Option<Value>, StoreError> {
        Ok(self.read(|state| state.journals.by_id.get(&id).map(|journal| journal.opening.clone())))
    }

    async fn journal_facts(&self, id: JournalId, after: i64, limit: u32) -> Result<Vec<JournalFact>, StoreError> {
        Ok(self.read(|state| state.journals.by_id.get(&id).map(|journal| facts(journal, after, limit)).unwrap_or_default()))
    }

    async fn journal_rows(
        &self,
        id: JournalId,
        group: Option<&str>,
        after: Option<&RowPlace>,
        limit: u32,
    ) -> Result<(Vec<JournalRow>, i64), StoreError> {
        Ok(self.read(|state| {
            let journal = state.journals.by_id.get(&id);
            journal.map(|journal| (rows(journal, group, after, limit), journal.head.version)).unwrap_or_default()
        }))
    }

    async fn journals(&self, query: &JournalQuery) -> Result<JournalPage, StoreError> {
        Ok(self.read(|state| {
            let found = state.journals.of_kind(query.kind).rev().filter(|head| admits(query, head));
            JournalPage { items: found.take(query.limit as usize).cloned().collect(), as_of: state.head() }
        }))
    }

    async fn due_journals(&self, kind: JournalKind, now: Timestamp, limit: u32) -> Result<Vec<JournalHead>, StoreError> {
        Ok(self.read(|state| {
            let mut due: Vec<_> = state.journals.of_kind(kind).filter(|head| head.wake_at.is_some_and(|at| at <= now)).collect();
            due.sort_by_key(|head| (head.wake_at, head.id));
            due.into_iter().take(limit as usize).cloned().collect()
        }))
    }

    async fn live_journals(&self, kind: JournalKind, after: Option<JournalId>, limit: u32) -> Result<Vec<JournalHead>, StoreError> {
        Ok(self.read(|state| {
            let live = state.journals.of_kind(kind).filter(|head| head.live && after.is_none_or(|after| head.id > after));
            live.take(limit as usize).cloned().collect()
        }))
    }

    async fn next_wake(&self, kind: JournalKind) -> Result<Option<Timestamp>, StoreError> {
        Ok(self.read(|state| state.journals.of_kind(kind).filter_map(|head| head.wake_at).min()))
    }

    async fn forget_journals(&self, before: Timestamp, limit: u32) -> Result<u64, StoreError> {
        self.commit(|state| Ok((forget(state, before, limit), Vec::new())))
    }
}
