//! How is something committed? Under the lock, with its events numbered and handed to the sink before the next commit.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use baton_domain::event::{Event, NewEvent, Payload};
use baton_domain::id::{ApiKeyId, ArtifactId, AuditId, DEFAULT_PROJECT, EventSeq, ProjectId, SessionId, UserId};
use baton_domain::time::Timestamp;
use baton_domain::wire::artifact::ArtifactView;
use baton_storage::{
    ApiKeyRecord, AuditRow, BucketKey, BucketRow, CommitSink, MemoryPlace, MemoryRecord, ModelCallRecord, SettingsKind, SettingsRecord,
    Spent, StoreError, UserRecord,
};
use serde::Serialize;
use uuid::Uuid;

use crate::agents::Agents;
use crate::identity::{Session, Token};
use crate::journals::Journals;
use crate::limits::Limits;
use crate::notifications::Notifications;
use crate::servers::Servers;
use crate::tasks::Tasks;
use crate::topics::Topics;
use crate::traces::Traces;
use crate::workflows::Workflows;
use crate::{MemoryStore, PlantedBug};

/// Everything that is stored.
pub(crate) struct State {
    pub(crate) sink: Arc<dyn CommitSink>,
    /// The events after the floor.
    pub(crate) log: Vec<Arc<Event>>,
    /// The last event that was forgotten.
    pub(crate) floor: EventSeq,
    /// The places of a subject's events.
    pub(crate) subjects: BTreeMap<String, Vec<EventSeq>>,
    pub(crate) audit: BTreeMap<AuditId, AuditRow>,
    pub(crate) tasks: Tasks,
    pub(crate) limits: Limits,
    pub(crate) agents: Agents,
    pub(crate) agent_memory: BTreeMap<MemoryPlace, MemoryRecord>,
    pub(crate) artifacts: BTreeMap<ArtifactId, ArtifactView>,
    pub(crate) users: BTreeMap<UserId, UserRecord>,
    pub(crate) sessions: BTreeMap<SessionId, Session>,
    pub(crate) tokens: BTreeMap<[u8; 32], Token>,
    pub(crate) api_keys: BTreeMap<ApiKeyId, ApiKeyRecord>,
    pub(crate) buckets: BTreeMap<BucketKey, BucketRow>,
    pub(crate) topics: Topics,
    pub(crate) traces: Traces,
    pub(crate) planted: Option<PlantedBug>,
    /// Events that have their places and cannot be read yet; only a planted mistake makes such.
    pub(crate) unreadable: Range<usize>,
    pub(crate) servers: Servers,
    pub(crate) settings: BTreeMap<(SettingsKind, Uuid), SettingsRecord>,
    pub(crate) model_calls: BTreeMap<Uuid, ModelCallRecord>,
    pub(crate) spending: BTreeMap<String, (Spent, Timestamp)>,
    pub(crate) journals: Journals,
    pub(crate) workflows: Workflows,
    pub(crate) notifications: Notifications,
}

impl State {
    pub(crate) fn new(sink: Arc<dyn CommitSink>) -> Self {
        Self {
            sink,
            log: Vec::new(),
            floor: EventSeq(0),
            subjects: BTreeMap::new(),
            audit: BTreeMap::new(),
            tasks: Tasks::default(),
            limits: Limits::default(),
            agents: Agents::default(),
            agent_memory: BTreeMap::new(),
            artifacts: BTreeMap::new(),
            users: BTreeMap::new(),
            sessions: BTreeMap::new(),
            tokens: BTreeMap::new(),
            api_keys: BTreeMap::new(),
            buckets: BTreeMap::new(),
            topics: Topics::default(),
            traces: Traces::default(),
            planted: None,
            unreadable: 0..0,
            servers: Servers::default(),
            settings: BTreeMap::new(),
            model_calls: BTreeMap::new(),
            spending: BTreeMap::new(),
            journals: Journals::default(),
            workflows: Workflows::default(),
            notifications: Notifications::default(),
        }
    }

    /// The newest event's place.
    pub(crate) fn head(&self) -> EventSeq {
        EventSeq(self.floor.0 + i64::try_from(self.log.len()).unwrap_or(i64::MAX))
    }

    /// The events of a subject, oldest first.
    pub(crate) fn events_of(&self, subject: &str) -> impl Iterator<Item = &Arc<Event>> {
        self.subjects.get(subject).into_iter().flatten().filter_map(|seq| self.log.get(self.index_after(EventSeq(seq.0 - 1))))
    }

    /// Where in the log the first event after this place is.
    pub(crate) fn index_after(&self, place: EventSeq) -> usize {
        usize::try_from(place.0.saturating_sub(self.floor.0)).unwrap_or(0).min(self.log.len())
    }

    /// Refuses rows of a project that does not exist; so far there is one.
    pub(crate) fn project_exists(project: ProjectId) -> Result<(), StoreError> {
        if project == DEFAULT_PROJECT { Ok(()) } else { Err(StoreError::Unavailable(format!("there is no project {project}"))) }
    }

    /// Refuses an audit row whose identifier is taken.
    pub(crate) fn audit_is_new(&self, row: &AuditRow) -> Result<(), StoreError> {
        if self.audit.contains_key(&row.id) { Err(taken()) } else { Ok(()) }
    }

    /// Whether this mistake is to be made.
    pub(crate) fn makes(&self, bug: PlantedBug) -> bool {
        self.planted == Some(bug)
    }

    fn append(&mut self, new: Vec<NewEvent>) {
        let first = self.log.len();
        if new.is_empty() || (self.makes(PlantedBug::EventOutsideTransaction) && first % 97 == 96) {
            return;
        }
        for event in new {
            let seq = EventSeq(self.head().0 + 1);
            self.subjects.entry(event.subject.clone()).or_default().push(seq);
            self.log.push(Arc::new(Event {
                seq,
                at: event.at,
                project_id: event.project,
                kind: event.kind,
                subject: event.subject,
                actor: event.actor,
                data: event.data,
            }));
        }
        if self.makes(PlantedBug::SequenceBeforeCommit) {
            self.unreadable = if first.is_multiple_of(8) { first..self.log.len() } else { 0..0 };
        }
        self.sink.committed(&self.log[first..]);
    }
}

/// A row with this key exists.
pub(crate) const fn taken() -> StoreError {
    StoreError::Conflict("a row with this key")
}

/// A thing as events carry it.
pub(crate) fn data(thing: &impl Serialize) -> Result<Payload, StoreError> {
    Payload::of(thing).map_err(|error| StoreError::Corrupt(error.to_string()))
}

impl MemoryStore {
    /// Runs a write as one commit. It gives its answer and its events; one that fails must not have changed anything.
    pub(crate) fn commit<T>(&self, work: impl FnOnce(&mut State) -> Result<(T, Vec<NewEvent>), StoreError>) -> Result<T, StoreError> {
        let mut state = self.state.lock();
        let (answer, events) = work(&mut state)?;
        // Still under the lock, so that the sink hears of commits in their order.
        state.append(events);
        Ok(answer)
    }

    /// Reads from one moment.
    pub(crate) fn read<T>(&self, look: impl FnOnce(&State) -> T) -> T {
        look(&self.state.lock())
    }
}
