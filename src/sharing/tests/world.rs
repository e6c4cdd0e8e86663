//! What does a test stand on? A store in memory that may stop, a clock that is moved by hand, and played services around.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use baton_domain::event::{Event, Payload};
use baton_domain::id::{DEFAULT_PROJECT, EventSeq, JournalId, ProjectId, UserId};
use baton_domain::ports::Sources;
use baton_domain::time::Timestamp;
use baton_domain::user::{Caller, Principal, Role};
use baton_sharing::{Pause, Sharing, SharingOptions, SharingParts, Votes};
use baton_storage::{
    CommitSink, Guarded, JournalFact, JournalHead, JournalKind, JournalOpened, JournalPage, JournalQuery, JournalRow, JournalStore,
    JournalWrite, JournalWritten, NewJournal, RowPlace, StoreError, WriteGuard,
};
use baton_storage_memory::MemoryStore;
use baton_testkit::{TestClock, test_sources};
use parking_lot::Mutex;
use serde_json::Value;
use uuid::Uuid;

use crate::fakes::{FakeAgents, FakeArtifacts, FakeMetrics, FakeRecords, FakeTasks};

/// A store that stops after so many writes; the last of them may be stored without an answer.
#[derive(Clone)]
pub(crate) struct Stopping {
    store: MemoryStore,
    left: Arc<AtomicI64>,
    answer_lost: bool,
    heads_read: Arc<AtomicI64>,
    outrun: Arc<AtomicBool>,
    between: Arc<Mutex<Option<Meanwhile>>>,
}

/// What happens between the look at a claim and the write under it.
pub(crate) type Meanwhile = Pin<Box<dyn Future<Output = ()> + Send>>;

impl Stopping {
    fn stopped() -> StoreError {
        StoreError::Unavailable("stopped".into())
    }

    async fn meanwhile(&self) {
        let between = self.between.lock().take();
        if let Some(between) = between {
            between.await;
        }
    }

    fn reads(&self) -> Result<(), StoreError> {
        if self.left.load(Ordering::SeqCst) < 0 { Err(Self::stopped()) } else { Ok(()) }
    }

    /// Whether the write is made, and whether it is answered.
    fn writes(&self) -> Result<bool, StoreError> {
        match self.left.fetch_sub(1, Ordering::SeqCst) - 1 {
            -1 if self.answer_lost => Ok(false),
            left if left < 0 => Err(Self::stopped()),
            _ => Ok(true),
        }
    }
}

#[async_trait]
impl JournalStore for Stopping {
    async fn open_journal(&self, new: NewJournal) -> Result<JournalOpened, StoreError> {
        let answered = self.writes()?;
        let opened = self.store.open_journal(new).await;
        if answered { opened } else { Err(Self::stopped()) }
    }
    async fn write_journal(&self, write: JournalWrite) -> Result<JournalWritten, StoreError> {
        if self.outrun.load(Ordering::SeqCst) {
            return Ok(JournalWritten::Stale(write.version + 1));
        }
        let answered = self.writes()?;
        let written = self.store.write_journal(write).await;
        if answered { written } else { Err(Self::stopped()) }
    }
    async fn open_journal_while(&self, new: NewJournal, guard: WriteGuard) -> Result<Guarded<JournalOpened>, StoreError> {
        self.meanwhile().await;
        let answered = self.writes()?;
        let opened = self.store.open_journal_while(new, guard).await;
        if answered { opened } else { Err(Self::stopped()) }
    }
    async fn write_journal_while(&self, write: JournalWrite, guard: WriteGuard) -> Result<Guarded<JournalWritten>, StoreError> {
        self.meanwhile().await;
        let answered = self.writes()?;
        let written = self.store.write_journal_while(write, guard).await;
        if answered { written } else { Err(Self::stopped()) }
    }
    async fn journal(&self, id: JournalId) -> Result<Option<(JournalHead, EventSeq)>, StoreError> {
        self.reads()?;
        self.heads_read.fetch_add(1, Ordering::SeqCst);
        // Others may come between a read and the write that stands on it.
        tokio::task::yield_now().await;
        self.store.journal(id).await
    }
    async fn journal_by_key(&self, project: ProjectId, kind: JournalKind, key: &str) -> Result<Option<JournalHead>, StoreError> {
        self.reads()?;
        let head = self.store.journal_by_key(project, kind, key).await;
        tokio::task::yield_now().await;
        head
    }
    async fn journal_opening(&self, id: JournalId) -> Result<Option<Value>, StoreError> {
        self.reads()?;
        self.store.journal_opening(id).await
    }
    async fn journal_facts(&self, id: JournalId, after: i64, limit: u32) -> Result<Vec<JournalFact>, StoreError> {
        self.reads()?;
        self.store.journal_facts(id, after, limit).await
    }
    async fn journal_rows(
        &self,
        id: JournalId,
        group: Option<&str>,
        after: Option<&RowPlace>,
        limit: u32,
    ) -> Result<(Vec<JournalRow>, i64), StoreError> {
        self.reads()?;
        let rows = self.store.journal_rows(id, group, after, limit).await;
        tokio::task::yield_now().await;
        rows
    }
    async fn journals(&self, query: &JournalQuery) -> Result<JournalPage, StoreError> {
        self.reads()?;
        self.store.journals(query).await
    }
    async fn due_journals(&self, kind: JournalKind, now: Timestamp, limit: u32) -> Result<Vec<JournalHead>, StoreError> {
        self.reads()?;
        self.store.due_journals(kind, now, limit).await
    }
    async fn live_journals(&self, kind: JournalKind, after: Option<JournalId>, limit: u32) -> Result<Vec<JournalHead>, StoreError> {
        self.reads()?;
        self.store.live_journals(kind, after, limit).await
    }
    async fn next_wake(&self, kind: JournalKind) -> Result<Option<Timestamp>, StoreError> {
        self.reads()?;
        self.store.next_wake(kind).await
    }
    async fn forget_journals(&self, before: Timestamp, limit: u32) -> Result<u64, StoreError> {
        self.store.forget_journals(before, limit).await
    }
}

/// Everything that was committed, in its order.
#[derive(Default)]
pub(crate) struct Heard(pub(crate) Mutex<Vec<Arc<Event>>>);

impl CommitSink for Heard {
    fn committed(&self, events: &[Arc<Event>]) {
        self.0.lock().extend(events.iter().cloned());
    }
}

/// Pausing moves the clock.
struct HandPause(Arc<TestClock>);

#[async_trait]
impl Pause for HandPause {
    async fn pause(&self, span: Duration) {
        tokio::task::yield_now().await;
        self.0.advance(span);
    }
}

/// Time stands still until something is heard.
struct Still;

#[async_trait]
impl Pause for Still {
    async fn pause(&self, _: Duration) {
        std::future::pending().await
    }
}

#[derive(Clone)]
pub(crate) struct World {
    pub(crate) store: MemoryStore,
    pub(crate) clock: Arc<TestClock>,
    pub(crate) sources: Sources,
    pub(crate) heard: Arc<Heard>,
    pub(crate) tasks: Arc<FakeTasks>,
    pub(crate) artifacts: Arc<FakeArtifacts>,
    pub(crate) agents: Arc<FakeAgents>,
    pub(crate) metrics: Arc<FakeMetrics>,
    pub(crate) records: Arc<FakeRecords>,
    pub(crate) votes: Option<Arc<dyn Votes>>,
    pub(crate) options: SharingOptions,
    /// Whether pausing does not move the clock, but waits for ever.
    pub(crate) still: bool,
    /// How often the head of a journal was read.
    pub(crate) heads_read: Arc<AtomicI64>,
    /// Whether others always write first.
    pub(crate) outrun: Arc<AtomicBool>,
    /// What happens, once, between the next look at a claim and the write under it.
    pub(crate) between: Arc<Mutex<Option<Meanwhile>>>,
}

impl World {
    pub(crate) fn new(seed: u64) -> Self {
        let (sources, clock) = test_sources(seed);
        let heard = Arc::new(Heard::default());
        let store = MemoryStore::new(Arc::clone(&heard) as Arc<dyn CommitSink>);
        Self {
            store,
            tasks: Arc::new(FakeTasks::new(sources.clone())),
            artifacts: Arc::new(FakeArtifacts::new(sources.clone())),
            agents: Arc::default(),
            metrics: Arc::default(),
            records: Arc::default(),
            clock,
            sources,
            heard,
            votes: None,
            options: SharingOptions::default(),
            still: false,
            heads_read: Arc::default(),
            outrun: Arc::default(),
            between: Arc::default(),
        }
    }

    /// A server on the store, that stops after so many writes.
    pub(crate) fn stopping(&self, writes: i64, answer_lost: bool) -> Arc<Sharing> {
        self.until(Arc::new(AtomicI64::new(writes)), answer_lost)
    }

    /// A server on the store, for as many writes as are left.
    pub(crate) fn until(&self, left: Arc<AtomicI64>, answer_lost: bool) -> Arc<Sharing> {
        let heads_read = Arc::clone(&self.heads_read);
        let (outrun, between) = (Arc::clone(&self.outrun), Arc::clone(&self.between));
        let journals = Stopping { store: self.store.clone(), left, answer_lost, heads_read, outrun, between };
        let hand: Arc<dyn Pause> = Arc::new(HandPause(Arc::clone(&self.clock)));
        let parts = SharingParts {
            journals: Arc::new(journals),
            sources: self.sources.clone(),
            pause: if self.still { Arc::new(Still) } else { hand },
            tasks: Arc::clone(&self.tasks) as _,
            artifacts: Arc::clone(&self.artifacts) as _,
            agents: Arc::clone(&self.agents) as _,
            metrics: Arc::clone(&self.metrics) as _,
            records: Some(Arc::clone(&self.records) as _),
            votes: self.votes.clone(),
        };
        Arc::new(Sharing::new(parts, self.options))
    }

    /// A server on the store.
    pub(crate) fn server(&self) -> Arc<Sharing> {
        self.stopping(i64::MAX, false)
    }

    /// The events of these kinds, with their subjects.
    pub(crate) fn events(&self, kind: &str) -> Vec<Arc<Event>> {
        self.heard.0.lock().iter().filter(|event| event.kind == kind).cloned().collect()
    }

    pub(crate) fn advance(&self, millis: u64) {
        self.clock.advance(Duration::from_millis(millis));
    }
}

/// A person with a number.
pub(crate) fn person(number: u128) -> Caller {
    let principal = Principal::User { id: UserId::new(Uuid::from_u128(number)), email: format!("p{number}@example.test") };
    Caller { principal, role: Some(Role::Operator), project: DEFAULT_PROJECT, session: None, request_id: None }
}

pub(crate) fn viewer(number: u128) -> Caller {
    Caller { role: Some(Role::Viewer), ..person(number) }
}

/// A person as a holder.
pub(crate) fn holder(number: u128) -> String {
    format!("person:{}", Uuid::from_u128(number))
}

/// An event that says no more than what happened.
pub(crate) fn event(world: &World, kind: &str, subject: &str) -> Event {
    Event {
        seq: EventSeq(1),
        at: world.sources.clock.now(),
        project_id: DEFAULT_PROJECT,
        kind: kind.to_owned(),
        subject: subject.to_owned(),
        actor: Principal::System,
        data: Payload::default(),
    }
}
