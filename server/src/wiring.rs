//! How do the parts of Baton find one another? Here, and nowhere else.

use std::sync::Arc;

use baton_agents_runtime::carrier::ChildCommand;
use baton_api::{Gateway, GatewayConfig, SharedLimits};
use baton_auth::{Auth, TokenKey};
use baton_bus::InProcessBus;
use baton_domain::ports::{Recorder, Sources};
use baton_domain::problem::Code;
use baton_domain::services::Services;
use baton_observability::{Analytics, Auditor, DebugTracer, HealthMonitor, HealthOptions, Heartbeat, MetricsFlusher, MetricsRecorder};
use baton_orchestration::{Carriers, Engine};
use baton_storage::{CommitSink, EventStore, Store};
use baton_storage_sqlite::{SqliteOptions, SqliteStore};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::config::ServeConfig;
use crate::data_folder::DataFolder;
use crate::start_error::StartError;
use crate::topics::TopicParts;
use crate::{agents, housekeeping};

/// Messages that the bus keeps for its slowest subscriber; who lags by more reads the log.
const BUS_CAPACITY: usize = 4_096;

/// The version of this build.
pub(crate) const VERSION: &str = env!("CARGO_PKG_VERSION");

/// A wired server, without its listener.
pub(crate) struct Parts {
    pub(crate) services: Services,
    pub(crate) gateway: Gateway,
    pub(crate) auth: Arc<Auth>,
    pub(crate) live: CancellationToken,
    engine: Engine,
    store: SqliteStore,
    flushing: JoinHandle<()>,
    auditing: JoinHandle<()>,
    housekeeping: JoinHandle<()>,
    topics: TopicParts,
    flush: CancellationToken,
}

impl Parts {
    /// Opens the store and starts everything that stands on it.
    pub(crate) async fn start(config: &ServeConfig, folder: &DataFolder, sources: Sources) -> Result<Self, StartError> {
        let bus = Arc::new(InProcessBus::new(BUS_CAPACITY));
        let database = folder.join("baton.db");
        let sink: Arc<dyn CommitSink> = Arc::clone(&bus) as Arc<dyn CommitSink>;
        let sqlite = SqliteOptions::new(&database).open(sink).await.map_err(|error| StartError::opening(&database, error))?;
        let store: Arc<dyn Store> = Arc::new(sqlite.clone());

        let key = TokenKey::load_or_create(&folder.join("token.key"))
            .map_err(|error| StartError::new(Code::DataFolderUnusable, format!("the token key cannot be used: {error}")))?;
        let auth = Arc::new(config.sessions.options().build(Arc::clone(&store), sources.clone(), &key)?);

        let recorder = MetricsRecorder::new();
        let flush = CancellationToken::new();
        let flusher = MetricsFlusher::new(Arc::clone(&recorder), Arc::new(sqlite.clone()), Arc::clone(&sources.clock));
        let flushing = tokio::spawn(flusher.run(flush.clone()));

        let (auditor, audit_writer) = Auditor::new(Arc::new(sqlite.clone()), sources.clone());
        let auditing = tokio::spawn(audit_writer.run(flush.clone()));

        let heartbeat = Heartbeat::new(Arc::clone(&sources.clock));
        let beat = heartbeat.clone();
        let recording: Arc<dyn Recorder> = Arc::clone(&recorder) as Arc<dyn Recorder>;
        let engine = config
            .engine
            .options()
            .start(Arc::clone(&store), Arc::clone(&bus), recording, auditor, sources.clone(), carriers(config, folder)?, move || {
                beat.beat()
            })
            .await
            .map_err(|error| StartError::new(Code::ConfigurationInvalid, format!("the engine did not start: {error}")))?;

        let analytics =
            Analytics::new(Arc::new(sqlite.clone()), recorder, Arc::new(sqlite.clone()), engine.agents(), Arc::clone(&sources.clock));
        // Or the first overview after a busy day would read the whole day.
        if let Err(error) = analytics.warm().await {
            tracing::warn!(%error, "the day's measurements could not be read yet");
        }

        let live = CancellationToken::new();
        let log: Arc<dyn EventStore> = Arc::new(sqlite.clone());
        // One server on a file hears of every commit itself.
        let topics = TopicParts::start(&config.redis, Arc::clone(&store), log, &bus, sources.clone(), &live, |_| {})?;
        engine.use_topics(Arc::clone(&topics.topics));
        let health = HealthOptions::new(VERSION, folder.path());
        let mut health = HealthMonitor::new(Arc::new(sqlite.clone()), heartbeat, Arc::clone(&sources.clock), health);
        if let Some(carrier) = topics.health() {
            health = health.with_advisory(carrier);
        }

        let services = Services {
            auth: Arc::clone(&auth) as _,
            members: Arc::clone(&auth) as _,
            tasks: engine.tasks(),
            traces: Arc::new(DebugTracer::new(Arc::new(sqlite.clone()), Arc::new(sqlite.clone()))),
            artifacts: engine.artifacts(),
            agents: engine.agents(),
            events: Arc::clone(&topics.events) as _,
            topics: Arc::clone(&topics.topics) as _,
            metrics: Arc::new(analytics),
            health: Arc::new(health),
        };
        let housekeeping = housekeeping::run(Arc::clone(&auth), store, Arc::clone(&sources.clock), live.clone());
        let housekeeping = tokio::spawn(housekeeping);
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
                ..GatewayConfig::new(VERSION, sources, live.clone())
            },
        );
        Ok(Self { services, gateway, auth, live, engine, store: sqlite, flushing, auditing, housekeeping, topics, flush })
    }

    /// Stops everything in the order that loses nothing: live connections, attempts, measurements, the store.
    pub(crate) async fn stop(mut self) {
        self.live.cancel();
        self.gateway.live_connections_ended().await;
        self.engine.stop().await;
        self.topics.ended().await;
        self.flush.cancel();
        for writing in [self.flushing, self.auditing, self.housekeeping] {
            if let Err(error) = writing.await {
                tracing::warn!(%error, "what was left to store was not stored");
            }
        }
        self.store.close().await;
    }
}

fn carriers(config: &ServeConfig, folder: &DataFolder) -> Result<Carriers, StartError> {
    let registry =
        agents::registry(config.engine.diagnostics).map_err(|error| StartError::new(Code::ConfigurationInvalid, error.to_string()))?;
    let program = std::env::current_exe()
        .map_err(|error| StartError::new(Code::ConfigurationInvalid, format!("the program's own path is not known: {error}")))?;
    let child = ChildCommand { program, arguments: vec!["attempt".to_owned()] };
    Ok(Carriers { registry, child, scratch: folder.join("scratch"), blobs: folder.join("blobs") })
}
