//! How do the parts of Baton find one another? Here, and nowhere else.

use std::sync::Arc;
use std::time::Duration;

use baton_agents_runtime::carrier::ChildCommand;
use baton_api::{Gateway, GatewayConfig, SharedLimits};
use baton_auth::{Auth, SecretSealer};
use baton_bus::{EventStream, InProcessBus};
use baton_clients_llm::gateway::endpoints;
use baton_clients_llm::{GatewayParts, ModelGateway};
use baton_domain::id::ServerId;
use baton_domain::ports::{Models, Recorder, Sealer, Sources};
use baton_domain::problem::Code;
use baton_domain::server::ServerKind;
use baton_domain::services::{MetricsService, ModelService, Services};
use baton_domain::wire::live::KeepEvents;
use baton_observability::{
    Analytics, Auditor, DebugTracer, HealthMonitor, HealthOptions, Heartbeat, InvariantWatch, MetricsFlusher, MetricsRecorder,
};
use baton_orchestration::{Carriers, Claims, Engine, EngineOptions, Identity};
use baton_sharing::Policy;
use baton_storage::{CommitSink, EventStore, MetricStore, Store, TaskStore, TraceStore};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::config::{CodeConfig, Database, EngineConfig, RedisConfig, ServeConfig};
use crate::coordination::{Commons, Coordination, Ground, Recounts};
use crate::data_folder::DataFolder;
use crate::database::Opened;
use crate::housekeeping::Housekeeping;
use crate::local_model::InProcess;
use crate::start_error::StartError;
use crate::topics::TopicParts;
use crate::{agents, coordination, housekeeping};

/// Messages that the bus keeps for its slowest subscriber; who lags by more reads the log.
const BUS_CAPACITY: usize = 4_096;

/// The version of this build.
pub(crate) const VERSION: &str = env!("CARGO_PKG_VERSION");

/// What servers and workers are told alike.
pub(crate) struct CoreSettings<'a> {
    pub(crate) database: &'a Database,
    /// How long the database may take to answer at the start.
    pub(crate) wait: Duration,
    pub(crate) engine: &'a EngineConfig,
    pub(crate) redis: &'a RedisConfig,
    pub(crate) keep: KeepEvents,
    /// Seals and opens the secrets of connections and models.
    pub(crate) sealer: SecretSealer,
    /// The model inside the process.
    pub(crate) local_model: InProcess,
}

/// What servers and workers have in common: the store, the engine, and what measures them.
pub(crate) struct Core {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) engine: Engine,
    pub(crate) sources: Sources,
    recorder: Arc<MetricsRecorder>,
    auditor: Auditor,
    heartbeat: Heartbeat,
    topics: TopicParts,
    sealer: Arc<dyn Sealer>,
    models: Arc<dyn ModelService>,
    /// Ends what is live: sockets, and what runs for topics.
    live: CancellationToken,
    opened: Opened,
    writing: Vec<JoinHandle<()>>,
    flush: CancellationToken,
}

impl Core {
    /// Opens the store and starts the engine on it. On a database that servers share, all instants are on its clock.
    pub(crate) async fn start(
        settings: CoreSettings<'_>,
        identity: Identity,
        folder: &DataFolder,
        mut sources: Sources,
    ) -> Result<Self, StartError> {
        let CoreSettings { database, wait, engine, redis, keep, sealer, local_model } = settings;
        let bus = Arc::new(InProcessBus::new(BUS_CAPACITY));
        let opened = Opened::open(database, wait, Arc::clone(&bus) as Arc<dyn CommitSink>).await?;
        let store = opened.store();
        if let Some(clock) = store.clock() {
            sources.clock = clock;
        }
        let id = ServerId::new(sources.ids.next());
        let flush = CancellationToken::new();
        let recorder = MetricsRecorder::new(id);
        let metrics = Arc::clone(&store) as Arc<dyn MetricStore>;
        let flusher = MetricsFlusher::new(Arc::clone(&recorder), metrics, Arc::clone(&sources.clock));
        let (auditor, audit_writer) = Auditor::new(Arc::clone(&store) as Arc<dyn EventStore>, sources.clone());
        let writing = vec![tokio::spawn(flusher.run(flush.clone())), tokio::spawn(audit_writer.run(flush.clone()))];
        let heartbeat = Heartbeat::new(Arc::clone(&sources.clock));
        let beat = heartbeat.clone();
        let recording: Arc<dyn Recorder> = Arc::clone(&recorder) as Arc<dyn Recorder>;
        let could_carry = agents::shipped().map_err(|error| StartError::new(Code::ConfigurationInvalid, error.to_string()))?;
        let options = EngineOptions { identity: Identity { id: Some(id), ..identity }, could_carry, ..engine.options() };
        let carriers = carriers(engine, folder)?;
        let engine = options
            .start(Arc::clone(&store), Arc::clone(&bus), recording, auditor.clone(), sources.clone(), carriers, move || beat.beat())
            .await?;
        let live = CancellationToken::new();
        let log = Arc::clone(&store) as Arc<dyn EventStore>;
        let events = Arc::new(EventStream::new(log, Arc::clone(&bus)).keeping(keep));
        // That the log has grown, the store says itself where servers share one.
        let topics = TopicParts::start(redis, Arc::clone(&store), events, &bus, sources.clone(), &live, |_| {})?;
        engine.use_topics(Arc::clone(&topics.topics));
        let sealer: Arc<dyn Sealer> = Arc::new(sealer);
        engine.use_sealer(Arc::clone(&sealer));
        let desk = engine.model_books(Arc::clone(&sealer));
        let parts =
            GatewayParts { books: desk.books(), sources: sources.clone(), local: Some(Arc::new(local_model)), connect: endpoints() };
        let gateway: Arc<dyn Models> = Arc::new(ModelGateway::new(parts));
        engine.use_models(Arc::clone(&gateway));
        let models = desk.service(gateway);
        Ok(Self { store, engine, sources, recorder, auditor, heartbeat, topics, sealer, models, live, opened, writing, flush })
    }

    /// Lets agents of a worker have several do what they ask for, claim what is shared, and be chosen by what decisions say of them. What is stored of
    /// that here the servers take forward.
    pub(crate) fn coordinate(&self, deadlocks: Policy) {
        let (store, sources) = (&self.store, &self.sources);
        let (tasks, agents, artifacts) = (self.engine.tasks(), self.engine.agents(), self.engine.artifacts());
        let councils = coordination::councils(store, &agents, &tasks, sources);
        let metrics: Arc<dyn MetricsService> = Arc::new(Analytics::new(
            Arc::clone(store) as Arc<dyn MetricStore>,
            Arc::clone(&self.recorder),
            Arc::clone(store) as Arc<dyn TaskStore>,
            Arc::clone(&agents),
            Arc::clone(&sources.clock),
        ));
        let commons = Commons {
            store,
            tasks: &tasks,
            agents: &agents,
            artifacts: &artifacts,
            metrics: &metrics,
            councils: &councils,
            sources,
            deadlocks,
        };
        self.engine.use_shared_things(Arc::new(commons.sharing()));
        self.engine.use_votes(Arc::clone(&councils) as _);
        self.engine.use_records(councils as _);
    }

    /// Stops in the order that loses nothing: attempts, measurements, the store.
    pub(crate) async fn stop(mut self) {
        self.live.cancel();
        self.engine.stop().await;
        self.topics.ended().await;
        self.flush.cancel();
        for writing in self.writing {
            if let Err(error) = writing.await {
                tracing::warn!(%error, "what was left to store was not stored");
            }
        }
        self.opened.close().await;
    }
}

/// A wired server, without its listener.
pub(crate) struct Parts {
    pub(crate) services: Services,
    pub(crate) gateway: Gateway,
    pub(crate) auth: Arc<Auth>,
    pub(crate) live: CancellationToken,
    core: Core,
    coordination: Coordination,
    housekeeping: JoinHandle<()>,
}

impl Parts {
    /// Opens the store and starts everything that stands on it.
    pub(crate) async fn start(config: &ServeConfig, folder: &DataFolder, sources: Sources) -> Result<Self, StartError> {
        let database = config.database.database(folder)?;
        let key = config.token_key.key(folder)?;
        let identity = config.name.identity(ServerKind::Server, Some(&key));
        let settings = CoreSettings {
            database: &database,
            wait: config.database.wait(),
            engine: &config.engine,
            redis: &config.redis,
            keep: config.events.keep(),
            sealer: config.secret_key.sealer(folder)?,
            local_model: config.local_model.model(folder),
        };
        let core = Core::start(settings, identity, folder, sources).await?;
        let Core { store, engine, sources, .. } = &core;
        let auth = Arc::new(config.sessions.options().build(Arc::clone(store), sources.clone(), &key)?);
        let analytics = Analytics::new(
            Arc::clone(store) as Arc<dyn MetricStore>,
            Arc::clone(&core.recorder),
            Arc::clone(store) as Arc<dyn TaskStore>,
            engine.agents(),
            Arc::clone(&sources.clock),
        );
        // Or the first overview after a busy day would read the whole day.
        if let Err(error) = analytics.warm().await {
            tracing::warn!(%error, "the day's measurements could not be read yet");
        }

        let log = Arc::clone(store) as Arc<dyn EventStore>;
        let health = HealthOptions::new(VERSION, folder.path());
        let mut health = HealthMonitor::new(log, core.heartbeat.clone(), Arc::clone(&sources.clock), health);
        if let Some(carrier) = core.topics.health() {
            health = health.with_advisory(carrier);
        }
        let (tasks, agents, artifacts) = (engine.tasks(), engine.agents(), engine.artifacts());
        let metrics: Arc<dyn MetricsService> = Arc::new(analytics);
        let ground = Ground {
            store: Arc::clone(store),
            tasks: Arc::clone(&tasks),
            agents: Arc::clone(&agents),
            artifacts: Arc::clone(&artifacts),
            metrics: Arc::clone(&metrics),
            models: Arc::clone(&core.models),
            events: Arc::clone(&core.topics.events),
            rehearsals: engine.rehearsals(),
            sources: sources.clone(),
            deadlocks: config.sharing.policy(),
        };
        let coordination = Coordination::start(&ground, &core.live);
        engine.use_votes(Arc::clone(&coordination.councils) as _);
        engine.use_records(Arc::clone(&coordination.councils) as _);
        engine.use_shared_things(Arc::clone(&coordination.sharing) as _);
        let watch = InvariantWatch::new(
            Arc::clone(store) as Arc<dyn EventStore>,
            Arc::clone(store) as Arc<dyn TaskStore>,
            core.auditor.clone(),
            Arc::clone(&sources.clock),
            config.invariants.check_invariants_tasks,
        );
        let watch = Arc::new(watch.with(Arc::new(Recounts(Arc::clone(&coordination.councils)))));
        let look_every = config.invariants.every();
        if look_every.is_some() {
            let (watch, chores) = (Arc::clone(&watch), engine.chores());
            health = health.with_advisory(move || watch.health(chores.are_mine()));
        }
        let services = Services {
            auth: Arc::clone(&auth) as _,
            members: Arc::clone(&auth) as _,
            tasks,
            traces: Arc::new(DebugTracer::new(Arc::clone(store) as Arc<dyn TaskStore>, Arc::clone(store) as Arc<dyn TraceStore>)),
            limits: engine.limits(),
            connections: engine.connections(Arc::clone(&core.sealer)),
            egress: engine.egress(),
            models: Arc::clone(&core.models),
            artifacts,
            agents,
            claims: Arc::clone(&coordination.sharing) as _,
            conflicts: Arc::clone(&coordination.sharing) as _,
            contracts: Arc::clone(&coordination.sharing) as _,
            decisions: Arc::clone(&coordination.councils) as _,
            workflows: Arc::clone(&coordination.workflows) as _,
            runs: Arc::clone(&coordination.runs) as _,
            replays: Arc::clone(&coordination.replays) as _,
            plans: Arc::clone(&coordination.plans) as _,
            approvals: Arc::clone(&coordination.runs) as _,
            notifications: Arc::clone(&coordination.desk) as _,
            servers: engine.servers(),
            events: Arc::clone(&core.topics.events) as _,
            topics: Arc::clone(&core.topics.topics) as _,
            metrics,
            health: Arc::new(health),
        };
        let live = core.live.clone();
        let work = Housekeeping {
            auth: Arc::clone(&auth),
            store: Arc::clone(store),
            events: Arc::clone(&core.topics.events),
            blobs: engine.blobs(),
            clock: Arc::clone(&sources.clock),
            chores: engine.chores(),
            watch,
            look_every,
        };
        let housekeeping = tokio::spawn(housekeeping::run(work, live.clone()));
        let cache = config.redis.cache(&sources.clock)?;
        if let Some(cache) = &cache {
            auth.share(Arc::clone(cache));
        }
        let gateway = Gateway::new(
            services.clone(),
            GatewayConfig {
                public_origin: config.bind.public_origin.clone(),
                trusted_proxies: config.bind.trusted_proxies.clone(),
                limits: config.limits.gateway(),
                shared: cache.map(SharedLimits),
                ..GatewayConfig::new(VERSION, sources.clone(), live.clone())
            },
        );
        Ok(Self { services, gateway, auth, live, core, coordination, housekeeping })
    }

    /// What ends the taking of attempts while the last requests are answered.
    pub(crate) fn claims(&self) -> Claims {
        self.core.engine.claims()
    }

    /// Stops everything in the order that loses nothing: live connections, attempts, measurements, the store.
    pub(crate) async fn stop(mut self) {
        self.live.cancel();
        self.gateway.live_connections_ended().await;
        if let Err(error) = self.housekeeping.await {
            tracing::warn!(%error, "the clean-up had ended before its time");
        }
        self.coordination.ended().await;
        self.core.stop().await;
    }
}

/// What a child process for an attempt is started with.
pub(crate) fn child_arguments(code: &CodeConfig) -> Result<Vec<String>, StartError> {
    let mut arguments = vec!["attempt".to_owned()];
    arguments.extend(code.arguments()?);
    Ok(arguments)
}

fn carriers(config: &EngineConfig, folder: &DataFolder) -> Result<Carriers, StartError> {
    config.code.check()?;
    let registry = agents::registry(config.diagnostics.then_some(config.diagnostics_slots), &config.code)
        .map_err(|error| StartError::new(Code::ConfigurationInvalid, error.to_string()))?;
    let program = std::env::current_exe()
        .map_err(|error| StartError::new(Code::ConfigurationInvalid, format!("the program's own path is not known: {error}")))?;
    let child = ChildCommand { program, arguments: child_arguments(&config.code)? };
    Ok(Carriers { registry, child, scratch: folder.join("scratch"), blobs: folder.join("blobs") })
}
