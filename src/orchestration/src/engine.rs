//! What holds the engine together, and how does it start and stop?

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use baton_agents_runtime::AgentRegistry;
use baton_agents_runtime::carrier::ChildCommand;
use baton_bus::message_bus::InProcessBus;
use baton_domain::id::{AgentId, LeaseToken, TaskId};
use baton_domain::ports::{Recorder, Sources};
use baton_domain::services::{AgentService, ArtifactService, TaskService};
use baton_domain::wire::agent::InstanceView;
use baton_observability::Auditor;
use baton_storage::blobs::BlobFolder;
use baton_storage::{AgentRegistration, Store, StoreError};
use parking_lot::Mutex;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::agent_pool::{self, AgentPool, HostOptions, PoolError, PoolOptions, PoolService, RestartOptions, ScalingOptions};
use crate::artifacts::Artifacts;
use crate::backlog::Backlog;
use crate::gate::Gate;
use crate::load_balancer::BalancerOptions;
use crate::orchestrator::Orchestrator;
use crate::{dispatcher, task_manager};

/// How the engine works.
#[derive(Debug, Clone)]
pub struct EngineOptions {
    /// How long a lease is believed without a heartbeat.
    pub lease: Duration,
    /// How often leases are renewed; well below `lease`.
    pub heartbeat: Duration,
    /// How often deadlines are looked at when nothing else says so.
    pub sweep: Duration,
    /// How long running attempts may go on once the server shuts down, before they are handed back.
    pub drain: Duration,
    /// The most tasks that have not ended.
    pub maximum_live_tasks: u64,
    /// The most bytes of one artifact.
    pub maximum_artifact_bytes: u64,
    /// How agents are chosen.
    pub balancing: BalancerOptions,
    /// What the host has for attempts.
    pub host: HostOptions,
    /// When instances of agents that fail are started again.
    pub restart: RestartOptions,
    /// When agents get and lose instances.
    pub scaling: ScalingOptions,
}

impl Default for EngineOptions {
    fn default() -> Self {
        Self {
            lease: Duration::from_secs(30),
            heartbeat: Duration::from_secs(10),
            sweep: Duration::from_secs(1),
            drain: Duration::from_secs(10),
            maximum_live_tasks: 1_000_000,
            maximum_artifact_bytes: 1 << 30,
            balancing: BalancerOptions::default(),
            host: HostOptions::default(),
            restart: RestartOptions::default(),
            scaling: ScalingOptions::default(),
        }
    }
}

/// How attempts get to their agents.
#[derive(Debug, Clone)]
pub struct Carriers {
    /// The agents that this program carries.
    pub registry: AgentRegistry,
    /// How to start a child process for skills with `isolation: process`.
    pub child: ChildCommand,
    /// Where attempts have their folders; emptied at the start.
    pub scratch: PathBuf,
    /// Where artifacts have their bytes.
    pub blobs: PathBuf,
}

/// Why the engine did not start.
#[derive(Debug)]
pub enum EngineError {
    /// The agents cannot be used.
    Pool(PoolError),
    /// Storage failed.
    Store(StoreError),
    /// A folder cannot be used.
    Folder(PathBuf, std::io::Error),
}

impl std::fmt::Display for EngineError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Pool(error) => error.fmt(f),
            Self::Store(error) => error.fmt(f),
            Self::Folder(path, error) => write!(f, "{}: {error}", path.display()),
        }
    }
}

impl std::error::Error for EngineError {}

impl From<StoreError> for EngineError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

/// A running attempt, as the rest of the engine sees it.
pub(crate) struct Running {
    pub(crate) lease: LeaseToken,
    pub(crate) orders: watch::Sender<Order>,
}

/// What a running attempt is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Order {
    Work,
    Cancel,
    /// The task as a whole took too long.
    CloseTooLate,
    /// The lease is no longer ours: stop, and write nothing.
    Stale,
    /// The server stops: hand the task back.
    HandBack,
}

/// What all parts of the engine share.
pub(crate) struct Shared {
    pub(crate) options: EngineOptions,
    pub(crate) store: Arc<dyn Store>,
    pub(crate) bus: Arc<InProcessBus>,
    pub(crate) recorder: Arc<dyn Recorder>,
    pub(crate) sources: Sources,
    pub(crate) gate: Gate,
    pub(crate) pool: Arc<AgentPool>,
    pub(crate) blobs: BlobFolder,
    pub(crate) artifacts: Arc<Artifacts>,
    pub(crate) child: ChildCommand,
    pub(crate) scratch: PathBuf,
    pub(crate) running: Mutex<HashMap<TaskId, Running>>,
    pub(crate) backlog: Backlog,
    pub(crate) attempts: TaskTracker,
    pub(crate) stop: CancellationToken,
}

impl Shared {
    /// Tells a running attempt something; gives whether there is one under this lease.
    pub(crate) fn order(&self, task: TaskId, lease: LeaseToken, order: Order) -> bool {
        match self.running.lock().get(&task) {
            Some(running) if running.lease == lease => {
                running.orders.send_replace(order);
                true
            }
            _ => false,
        }
    }
}

/// The running engine.
pub struct Engine {
    shared: Arc<Shared>,
    loops: TaskTracker,
    orchestrator: Arc<Orchestrator>,
    pool: Arc<PoolService>,
}

impl std::fmt::Debug for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Engine")
    }
}

impl EngineOptions {
    /// Registers the agents, recovers what a stopped server left, and starts the engine's loops. `beat` is called
    /// whenever the dispatcher goes round, for the health check.
    ///
    /// The caller holds the lock of the data folder, so whoever held leases before is gone.
    ///
    /// # Errors
    /// [`EngineError`].
    #[expect(clippy::too_many_arguments, reason = "the wiring hands each part over once, by its type")]
    pub async fn start(
        self,
        store: Arc<dyn Store>,
        bus: Arc<InProcessBus>,
        recorder: Arc<dyn Recorder>,
        auditor: Auditor,
        sources: Sources,
        carriers: Carriers,
        beat: impl Fn() + Send + Sync + 'static,
    ) -> Result<Engine, EngineError> {
        empty_folder(&carriers.scratch).await.map_err(|error| EngineError::Folder(carriers.scratch.clone(), error))?;
        let blobs = BlobFolder::open(carriers.blobs.clone(), self.maximum_artifact_bytes)
            .await
            .map_err(|error| EngineError::Folder(carriers.blobs.clone(), error))?;
        let agents: Vec<_> = carriers.registry.iter().cloned().collect();
        let pool_options = PoolOptions { balancing: self.balancing.clone(), restart: self.restart, host: self.host.clone() };
        let pool = Arc::new(AgentPool::new(&agents, pool_options, sources.clone()).map_err(EngineError::Pool)?);
        let registrations =
            agents.iter().map(|agent| AgentRegistration { id: AgentId::new(sources.ids.next()), card: agent.card() }).collect();
        let registered = store.register_agents(registrations, sources.clock.now()).await?;
        pool.learn(&agents, &registered);
        let gate = Gate::new(auditor);
        let artifacts = Arc::new(Artifacts {
            store: Arc::clone(&store),
            blobs: blobs.clone(),
            sources: sources.clone(),
            gate: gate.clone(),
            turn: tokio::sync::Mutex::default(),
        });
        let shared = Arc::new(Shared {
            options: self,
            store,
            bus,
            recorder,
            sources,
            gate,
            pool,
            blobs,
            artifacts,
            child: carriers.child,
            scratch: carriers.scratch,
            running: Mutex::default(),
            backlog: Backlog::default(),
            attempts: TaskTracker::new(),
            stop: CancellationToken::new(),
        });
        let recovered = task_manager::recovery::recover(&shared).await?;
        tracing::info!(recovered, agents = agents.len(), "the engine starts");
        let orchestrator = Arc::new(Orchestrator::new(Arc::clone(&shared)).await?);
        let loops = TaskTracker::new();
        loops.spawn(dispatcher::run(Arc::clone(&shared), Arc::clone(&orchestrator), beat));
        loops.spawn(task_manager::deadlines::run(Arc::clone(&shared)));
        loops.spawn(task_manager::heartbeat::run(Arc::clone(&shared)));
        loops.spawn(agent_pool::scaling::run(Arc::clone(&shared)));
        loops.close();
        let pool = Arc::new(PoolService { shared: Arc::clone(&shared) });
        Ok(Engine { shared, loops, orchestrator, pool })
    }
}

impl Engine {
    /// Submits, shows, stops and repeats tasks.
    #[must_use]
    pub fn tasks(&self) -> Arc<dyn TaskService> {
        Arc::clone(&self.orchestrator) as Arc<dyn TaskService>
    }

    /// Shows, drains and resumes agents.
    #[must_use]
    pub fn agents(&self) -> Arc<dyn AgentService> {
        Arc::clone(&self.pool) as Arc<dyn AgentService>
    }

    /// Takes over which instances of agents other engines on the same store say they have; they are shown with the agents.
    pub fn see_workers(&self, instances: impl IntoIterator<Item = (AgentId, InstanceView)>) {
        self.shared.pool.see_workers(instances);
    }

    /// Stores and shows files.
    #[must_use]
    pub fn artifacts(&self) -> Arc<dyn ArtifactService> {
        Arc::clone(&self.shared.artifacts) as Arc<dyn ArtifactService>
    }

    /// Stops: no new attempts at once, running ones get the drain time, then they are handed back to the queue
    /// without counting as an attempt. Returns when nothing of the engine runs any more.
    pub async fn stop(&self) {
        self.shared.stop.cancel();
        self.shared.attempts.close();
        if tokio::time::timeout(self.shared.options.drain, self.shared.attempts.wait()).await.is_err() {
            for running in self.shared.running.lock().values() {
                running.orders.send_replace(Order::HandBack);
            }
            self.shared.attempts.wait().await;
        }
        self.loops.wait().await;
    }
}

async fn empty_folder(path: &std::path::Path) -> std::io::Result<()> {
    if tokio::fs::try_exists(path).await? {
        tokio::fs::remove_dir_all(path).await?;
    }
    tokio::fs::create_dir_all(path).await
}
