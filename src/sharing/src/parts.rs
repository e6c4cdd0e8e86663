//! What does sharing need from outside, and what does it hold?

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use async_trait::async_trait;
use baton_domain::id::{DecisionId, JournalId, ProjectId, TaskId};
use baton_domain::ports::{Records, Sources};
use baton_domain::services::{AgentService, Answer, ArtifactService, MetricsService, TaskService};
use baton_domain::time::Timestamp;
use baton_domain::user::Caller;
use baton_domain::wire::conflict::{ConflictChoice, ConflictDetail};
use baton_negotiation::claims::{Holder, Policy};
use baton_storage::JournalStore;
use parking_lot::Mutex;
use tokio::sync::Notify;

use crate::claims::Shelf;

/// Lets time pass. Tests move a clock by hand instead.
#[async_trait]
pub trait Pause: Send + Sync {
    /// Returns after a span.
    async fn pause(&self, span: Duration);
}

/// The pause of the runtime.
#[derive(Debug, Clone, Copy, Default)]
pub struct TokioPause;

#[async_trait]
impl Pause for TokioPause {
    async fn pause(&self, span: Duration) {
        tokio::time::sleep(span).await;
    }
}

/// How conflicts are put to the vote.
#[async_trait]
pub trait Votes: Send + Sync {
    /// Opens a decision between choices, on behalf of whoever made the change. The same key gives the decision of the first call.
    ///
    /// # Errors
    /// If it cannot be opened; then a person is asked.
    async fn open(&self, caller: &Caller, conflict: &ConflictDetail, choices: &[ConflictChoice], key: String) -> Answer<DecisionId>;

    /// What was voted for, once the decision has ended: nothing if it goes on, `Some(None)` if it came to no verdict.
    ///
    /// # Errors
    /// If that cannot be read.
    async fn verdict(&self, caller: &Caller, decision: DecisionId) -> Answer<Option<Option<ConflictChoice>>>;

    /// Ends a decision that nobody needs any more. One that has ended or is gone is left as it is.
    ///
    /// # Errors
    /// If it could not be ended.
    async fn cancel(&self, caller: &Caller, decision: DecisionId) -> Answer<()>;
}

/// What sharing is set to.
#[derive(Debug, Clone, Copy)]
pub struct SharingOptions {
    /// How deadlocks are broken.
    pub policy: Policy,
    /// How often the driver looks for what is due without being woken.
    pub look_every: Duration,
}

impl Default for SharingOptions {
    fn default() -> Self {
        Self { policy: Policy::default(), look_every: Duration::from_secs(5) }
    }
}

/// What sharing is made of.
#[derive(Clone)]
pub struct SharingParts {
    /// Where journals are kept.
    pub journals: Arc<dyn JournalStore>,
    /// Time, identifiers and chance.
    pub sources: Sources,
    /// How time passes.
    pub pause: Arc<dyn Pause>,
    /// Tasks, which do the work of contracts and hold claims.
    pub tasks: Arc<dyn TaskService>,
    /// Contents of versions.
    pub artifacts: Arc<dyn ArtifactService>,
    /// Agents, which bid.
    pub agents: Arc<dyn AgentService>,
    /// What was measured of them.
    pub metrics: Arc<dyn MetricsService>,
    /// What decisions that people judged say of them; without it bids go by what was measured alone.
    pub records: Option<Arc<dyn Records>>,
    /// How conflicts are voted on; without it a person is asked instead.
    pub votes: Option<Arc<dyn Votes>>,
}

/// Claims, lines, conflicts, contracts and bargaining.
pub struct Sharing {
    pub(crate) parts: SharingParts,
    pub(crate) options: SharingOptions,
    pub(crate) shelf: Shelf,
    /// Wakes the driver.
    pub(crate) bell: Notify,
    /// Rung when a task or a run has ended.
    pub(crate) ends: Notify,
    /// Holders that have ended, whose claims are to be given back. It may forget some: leases end too.
    pub(crate) ended: Mutex<BTreeMap<ProjectId, BTreeSet<Holder>>>,
    /// Tasks of awards, and their contracts. What is not among them is asked for from time to time.
    pub(crate) watched: Mutex<BTreeMap<TaskId, JournalId>>,
    /// Those of them that have ended.
    pub(crate) tasks_ended: Mutex<BTreeSet<TaskId>>,
    /// Decisions on conflicts, and their conflicts. What is not among them is asked for from time to time.
    pub(crate) voted_on: Mutex<BTreeMap<DecisionId, JournalId>>,
    /// Those of them that have changed.
    pub(crate) decisions_changed: Mutex<BTreeSet<DecisionId>>,
    /// What could not be taken forward, how often in a row, and when it is tried again.
    pub(crate) troubled: Mutex<BTreeMap<JournalId, (u32, Timestamp)>>,
    /// Whether agents came, went or stopped taking work.
    pub(crate) agents_changed: AtomicBool,
    /// Whether events were lost, so that everything that goes on is to be looked at.
    pub(crate) missed: AtomicBool,
}

impl Sharing {
    /// Puts it together.
    #[must_use]
    pub fn new(parts: SharingParts, options: SharingOptions) -> Self {
        Self {
            parts,
            options,
            shelf: Shelf::default(),
            bell: Notify::new(),
            ends: Notify::new(),
            ended: Mutex::new(BTreeMap::new()),
            watched: Mutex::new(BTreeMap::new()),
            tasks_ended: Mutex::new(BTreeSet::new()),
            voted_on: Mutex::new(BTreeMap::new()),
            decisions_changed: Mutex::new(BTreeSet::new()),
            troubled: Mutex::new(BTreeMap::new()),
            agents_changed: AtomicBool::new(false),
            missed: AtomicBool::new(false),
        }
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.parts.sources.clock.now()
    }

    /// Wakes the driver.
    pub(crate) fn ring(&self) {
        self.bell.notify_one();
    }
}

impl std::fmt::Debug for Sharing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Sharing")
    }
}
