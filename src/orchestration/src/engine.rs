//! What holds the engine together, and how does it start and stop?

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use baton_agents_runtime::AgentRegistry;
use baton_agents_runtime::carrier::ChildCommand;
use baton_bus::message_bus::InProcessBus;
use baton_bus::pub_sub::Topics;
use baton_domain::agent::AgentCard;
use baton_domain::id::{AgentId, LeaseToken, ServerId, TaskId};
use baton_domain::ports::{Models, Recorder, Records, Rehearsals, Sealer, SharedThings, Sources, Votes};
use baton_domain::server::ServerRef;
use baton_domain::services::{AgentService, ArtifactService, ConnectionService, EgressService, LimitService, ServerService, TaskService};
use baton_domain::time::Timestamp;
use baton_observability::Auditor;
use baton_storage::blobs::{BlobFolder, Blobs};
use baton_storage::{AgentRegistration, ArtifactStore, Heart, ServerRegistration, Store, StoreError};
use parking_lot::Mutex;
use tokio::sync::watch;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::agent_pool::named::Others;
use crate::agent_pool::{self, AgentPool, PoolError, PoolOptions, PoolService};
use crate::agent_threads::{self, AgentThreads};
use crate::artifacts::Artifacts;
use crate::attempt::{Pace, RehearsalParts, Stage};
use crate::backlog::Backlog;
use crate::cluster::elsewhere::Elsewhere;
use crate::cluster::{Chores, Claims, Cluster, Leadership, ServersService, membership};
use crate::connections::Connections;
use crate::egress::{Egress, LastRules};
use crate::gate::Gate;
use crate::limits::Limits;
use crate::live_tasks::LiveTasks;
use crate::models::{Books, ModelDesk};
use crate::options::EngineOptions;
use crate::orchestrator::Orchestrator;
use crate::task_manager::heartbeat::Beating;
use crate::task_manager::refusals::Refusals;
use crate::{cluster, dispatcher, task_manager};

/// How attempts get to their agents.
#[derive(Debug, Clone)]
pub struct Carriers {
    /// The agents that this program carries.
    pub registry: AgentRegistry,
    /// How to start a child process for skills with `isolation: process`.
    pub child: ChildCommand,
    /// Where attempts have their folders; emptied at the start.
    pub scratch: PathBuf,
    /// Where artifacts have their bytes; with several servers, where they come in.
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
    /// This server, which lives, signs tokens with another key.
    OtherKey(String),
    /// A thread cannot be started.
    Thread(std::io::Error),
}

impl std::fmt::Display for EngineError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Pool(error) => error.fmt(f),
            Self::Store(error) => error.fmt(f),
            Self::Folder(path, error) => write!(f, "{}: {error}", path.display()),
            Self::OtherKey(name) => write!(f, "{name} signs tokens with another key"),
            Self::Thread(error) => write!(f, "a thread cannot be started: {error}"),
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
    /// Until when this server believes that the lease is its own, if others may take it: a little less long than they do.
    pub(crate) trusted_until: Instant,
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
    pub(crate) blobs: Arc<dyn Blobs>,
    pub(crate) cluster: Cluster,
    pub(crate) elsewhere: Elsewhere,
    pub(crate) live: LiveTasks,
    pub(crate) artifacts: Arc<Artifacts>,
    pub(crate) child: ChildCommand,
    pub(crate) scratch: PathBuf,
    /// In order, so that what is told to all of them is told in the same order every time.
    pub(crate) running: Mutex<BTreeMap<TaskId, Running>>,
    /// Whether what runs has been told to hand its task back, and what begins later is told so at once. Changed under the lock of `running`.
    pub(crate) handing_back: AtomicBool,
    pub(crate) backlog: Backlog,
    /// Which agents refused which tasks.
    pub(crate) refusals: Refusals,
    pub(crate) attempts: TaskTracker,
    pub(crate) threads: Arc<AgentThreads>,
    pub(crate) stop: CancellationToken,
    /// What agents publish to, listen to and consume, once the server has handed it over.
    pub(crate) topics: OnceLock<Arc<Topics>>,
    /// The language models that agents ask, once the server has handed them over.
    pub(crate) models: OnceLock<Arc<dyn Models>>,
    /// What opens the secrets of connections, once the server has handed it over.
    pub(crate) sealer: OnceLock<Arc<dyn Sealer>>,
    /// What holds the votes of tasks that several do, once the server has handed it over.
    pub(crate) votes: OnceLock<Arc<dyn Votes>>,
    /// What keeps claims and versions, once the server has handed it over.
    pub(crate) things: OnceLock<Arc<dyn SharedThings>>,
    /// When each outside host may next be talked to.
    pub(crate) pace: Pace,
    /// Where agents may reach out to, as it was last read.
    pub(crate) egress: LastRules,
}

impl Shared {
    /// How long before its end a lease is no longer trusted by its holder.
    pub(crate) fn trust_margin(&self) -> Duration {
        self.options.lease / 6
    }

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
    beating: Mutex<Option<Beating>>,
    stage: Arc<Stage>,
    orchestrator: Arc<Orchestrator>,
    pool: Arc<PoolService>,
    servers: Arc<ServersService>,
}

impl std::fmt::Debug for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Engine")
    }
}

impl EngineOptions {
    /// Joins the other servers, registers the agents, recovers what a stopped server left, and starts the engine's loops.
    /// `beat` is called whenever the dispatcher goes round, for the health check.
    ///
    /// On a store that servers do not share, the caller has made sure that there is no other one, so whoever held leases
    /// before is gone. On a shared one the sources' clock must be the store's.
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
        let folder = BlobFolder::open(carriers.blobs.clone(), self.maximum_artifact_bytes)
            .await
            .map_err(|error| EngineError::Folder(carriers.blobs.clone(), error))?;
        let blobs = store.blobs(folder);
        let agents: Vec<_> = carriers.registry.iter().cloned().collect();
        let pool_options = PoolOptions {
            balancing: self.balancing.clone(),
            restart: self.restart,
            host: self.host.clone(),
            instances: self.instances.clone(),
        };
        let pool = Arc::new(AgentPool::new(&agents, pool_options, sources.clone()).map_err(EngineError::Pool)?);
        look_for_strangers(&pool, &*store, self.could_carry.clone(), sources.clock.now()).await?;
        let id = self.identity.id.unwrap_or_else(|| ServerId::new(sources.ids.next()));
        let registration = ServerRegistration {
            server: ServerRef { id, name: self.identity.name.clone() },
            kind: self.identity.kind,
            host: self.identity.host.clone(),
            version: self.identity.version.clone(),
            token_key: self.identity.token_key.clone(),
            agents: agents.iter().map(|agent| pool.card(&**agent)).map(slots).collect(),
        };
        let stage = RehearsalParts {
            registry: carriers.registry.clone(),
            child: carriers.child.clone(),
            scratch: carriers.scratch.clone(),
            artifacts: Arc::clone(&store) as Arc<dyn ArtifactStore>,
            blobs: Arc::clone(&blobs),
        };
        let threads = Arc::new(AgentThreads::new(self.agent_threads).map_err(EngineError::Thread)?);
        let stage = Arc::new(Stage::new(stage).map_err(EngineError::Pool)?.on(Arc::clone(&threads)));
        let cluster = membership::join(&store, registration, &sources, self.lease).await?;
        let registrations =
            agents.iter().map(|agent| AgentRegistration { id: AgentId::new(sources.ids.next()), card: pool.card(&**agent) }).collect();
        let registered = store.register_agents(registrations, sources.clock.now()).await?;
        pool.learn(&agents, &registered);
        let gate = Gate::new(auditor);
        let artifacts = Arc::new(Artifacts {
            store: Arc::clone(&store),
            blobs: Arc::clone(&blobs),
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
            cluster,
            elsewhere: Elsewhere::default(),
            live: LiveTasks::default(),
            artifacts,
            child: carriers.child,
            scratch: carriers.scratch,
            running: Mutex::default(),
            handing_back: AtomicBool::new(false),
            backlog: Backlog::default(),
            refusals: Refusals::default(),
            attempts: TaskTracker::new(),
            threads,
            stop: CancellationToken::new(),
            topics: OnceLock::new(),
            models: OnceLock::new(),
            sealer: OnceLock::new(),
            votes: OnceLock::new(),
            things: OnceLock::new(),
            pace: Pace::default(),
            egress: LastRules::default(),
        });
        let recovered = task_manager::recovery::recover(&shared).await?;
        if shared.cluster.is_shared() {
            // Before anything is given out: what this machine has may not be for this server alone.
            membership::look_around(&shared).await?;
        }
        tracing::info!(recovered, agents = agents.len(), server = %shared.cluster.server().id, "the engine starts");
        // Before live tasks are counted: what is committed afterwards is heard.
        let commits = shared.bus.subscribe_to_commits();
        let orchestrator = Orchestrator::new(Arc::clone(&shared)).await?;
        let loops = TaskTracker::new();
        // Who waits for the attempts waits for what may still begin some.
        let giving = shared.attempts.token();
        let dispatching = dispatcher::run(Arc::clone(&shared), Arc::clone(&orchestrator), beat);
        loops.spawn(async move {
            dispatching.await;
            drop(giving);
        });
        loops.spawn(task_manager::deadlines::run(Arc::clone(&shared)));
        loops.spawn(agent_threads::run(Arc::clone(&shared)));
        if shared.cluster.is_shared() {
            loops.spawn(cluster::doorbell::run(Arc::clone(&shared), commits));
            loops.spawn(cluster::leadership::run(Arc::clone(&shared)));
        }
        loops.spawn(agent_pool::scaling::run(Arc::clone(&shared)));
        loops.close();
        let heart = shared.store.own_heart().unwrap_or_else(|| Arc::clone(&shared.store) as Arc<dyn Heart>);
        let beating = Beating::start(Arc::clone(&shared), heart).map_err(EngineError::Thread)?;
        let pool = Arc::new(PoolService { shared: Arc::clone(&shared) });
        let servers = Arc::new(ServersService { shared: Arc::clone(&shared) });
        Ok(Engine { shared, loops, beating: Mutex::new(Some(beating)), stage, orchestrator, pool, servers })
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

    /// Shows, drains and resumes servers and workers.
    #[must_use]
    pub fn servers(&self) -> Arc<dyn ServerService> {
        Arc::clone(&self.servers) as Arc<dyn ServerService>
    }

    /// Whether this server does now what only one server may do.
    #[must_use]
    pub fn leadership(&self) -> Leadership {
        self.shared.cluster.leadership()
    }

    /// Whether the clean-up falls to this server.
    #[must_use]
    pub fn chores(&self) -> Chores {
        self.shared.cluster.chores()
    }

    /// What ends the taking of attempts while the rest goes on.
    #[must_use]
    pub fn claims(&self) -> Claims {
        self.shared.cluster.claims()
    }

    /// The bytes of artifacts.
    #[must_use]
    pub fn blobs(&self) -> Arc<dyn Blobs> {
        Arc::clone(&self.shared.blobs)
    }

    /// How many attempts run here now.
    #[must_use]
    pub fn running(&self) -> usize {
        self.shared.running.lock().len()
    }

    /// Lets the agents of this server do again what was recorded of them.
    #[must_use]
    pub fn rehearsals(&self) -> Arc<dyn Rehearsals> {
        Arc::clone(&self.stage) as Arc<dyn Rehearsals>
    }

    /// Shows, sets and removes concurrency limits.
    #[must_use]
    pub fn limits(&self) -> Arc<dyn LimitService> {
        Arc::new(Limits { shared: Arc::clone(&self.shared) })
    }

    /// Stores and shows files.
    #[must_use]
    pub fn artifacts(&self) -> Arc<dyn ArtifactService> {
        Arc::clone(&self.shared.artifacts) as Arc<dyn ArtifactService>
    }

    /// Lets agents publish, listen and consume; the first topics that are handed over stay.
    pub fn use_topics(&self, topics: Arc<Topics>) {
        // A second time changes nothing.
        let _ = self.shared.topics.set(topics);
    }

    /// Lets agents ask language models; the first that are handed over stay.
    pub fn use_models(&self, models: Arc<dyn Models>) {
        // A second time changes nothing.
        let _ = self.shared.models.set(models);
    }

    /// Lets agents use connections; the first sealer that is handed over stays.
    pub fn use_sealer(&self, sealer: Arc<dyn Sealer>) {
        let _ = self.shared.sealer.set(sealer);
    }

    /// Lets several agents do one task; the first votes that are handed over stay.
    pub fn use_votes(&self, votes: Arc<dyn Votes>) {
        // A second time changes nothing.
        let _ = self.shared.votes.set(votes);
        // Verdicts may wait since before this server started.
        self.shared.backlog.due.notify_one();
    }

    /// Lets agents claim what is shared, and store versions of it; the first that keeps it stays.
    pub fn use_shared_things(&self, things: Arc<dyn SharedThings>) {
        // A second time changes nothing.
        let _ = self.shared.things.set(things);
    }

    /// Lets agents be chosen by what decisions say of them. It is called once.
    pub fn use_records(&self, records: Arc<dyn Records>) {
        self.loops.spawn(agent_pool::records::run(Arc::clone(&self.shared), records));
    }

    /// Connections to outside APIs, whose secrets this sealer keeps.
    #[must_use]
    pub fn connections(&self, sealer: Arc<dyn Sealer>) -> Arc<dyn ConnectionService> {
        Arc::new(Connections { shared: Arc::clone(&self.shared), sealer })
    }

    /// Where agents may reach out to.
    #[must_use]
    pub fn egress(&self) -> Arc<dyn EgressService> {
        Arc::new(Egress { shared: Arc::clone(&self.shared) })
    }

    /// The books of the models, whose keys this sealer keeps, and what makes the service over them once the models are there.
    #[must_use]
    pub fn model_books(&self, sealer: Arc<dyn Sealer>) -> ModelDesk {
        let books = Books::new(Arc::clone(&self.shared.store), self.shared.sources.clone(), sealer);
        ModelDesk { shared: Arc::clone(&self.shared), books: Arc::new(books) }
    }

    /// Stops: no new attempts at once, running ones get the drain time, then they are handed back to the queue
    /// without counting as an attempt. Returns when nothing of the engine runs any more.
    pub async fn stop(&self) {
        self.shared.stop.cancel();
        self.shared.attempts.close();
        if tokio::time::timeout(self.shared.options.drain, self.shared.attempts.wait()).await.is_err() {
            {
                let running = self.shared.running.lock();
                self.shared.handing_back.store(true, Ordering::Relaxed);
                for running in running.values() {
                    running.orders.send_replace(Order::HandBack);
                }
            }
            self.shared.attempts.wait().await;
        }
        self.loops.wait().await;
        let beating = self.beating.lock().take();
        if let Some(beating) = beating {
            beating.ended().await;
        }
        self.shared.threads.close();
        membership::leave(&self.shared).await;
    }
}

/// An agent's name and how many attempts it takes at once with its fewest instances.
fn slots(card: AgentCard) -> (String, u32) {
    (card.name, card.slots.max(1).saturating_mul(card.instances.minimum))
}

/// Looks whether somebody carries what settings name and this server does not.
async fn look_for_strangers(pool: &AgentPool, store: &dyn Store, mut cards: Vec<AgentCard>, now: Timestamp) -> Result<(), EngineError> {
    if !pool.names_strangers() {
        return Ok(());
    }
    let may_join = store.is_shared();
    if may_join {
        cards.extend(store.known_agents(now.minus(cluster::elsewhere::REMEMBERED)).await?.into_iter().map(|known| known.card));
    }
    for name in pool.held_elsewhere(&Others { cards, may_join }).map_err(EngineError::Pool)? {
        tracing::warn!(name, "a setting names what no agent here is or has: it holds where one is or does");
    }
    Ok(())
}

async fn empty_folder(path: &std::path::Path) -> std::io::Result<()> {
    if tokio::fs::try_exists(path).await? {
        tokio::fs::remove_dir_all(path).await?;
    }
    tokio::fs::create_dir_all(path).await
}
