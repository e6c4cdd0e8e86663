//! How does a server come, go, and stand still? One incarnation of it: an engine, its link, its bus.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;

use baton_agents_runtime::carrier::ChildCommand;
use baton_bus::carrier::{Carrier, Heard};
use baton_bus::{EventStream, InProcessBus, Relay, Topics};
use baton_domain::ports::{Recorder, Sources};
use baton_domain::services::TaskService;
use baton_domain::time::Timestamp;
use baton_domain::wire::task::AttemptOutcome;
use baton_observability::Auditor;
use baton_orchestration::load_balancer::{BalancerOptions, BreakerOptions};
use baton_orchestration::{Carriers, Engine, EngineOptions, HostOptions, Identity};
use baton_storage::{EventStore, Store};
use parking_lot::Mutex;
use tokio::sync::{Notify, broadcast};
use tokio::task::AbortHandle;
use tokio_util::sync::CancellationToken;

use crate::agent;
use crate::carrier::FaultyCarrier;
use crate::link::Link;
use crate::plan::Cut;
use crate::world::World;

/// How the simulated engines work: as in production, in a fifth of the time.
pub(crate) const LEASE: Duration = Duration::from_secs(6);
const HEARTBEAT: Duration = Duration::from_secs(2);
const SWEEP: Duration = Duration::from_secs(1);
const DRAIN: Duration = Duration::from_secs(1);
const TERM: Duration = Duration::from_secs(2);
/// An agent whose tasks all fail is left alone for as long: else what waits for it behind such tasks would wait minutes for each try.
pub(crate) const BREAKER: BreakerOptions = BreakerOptions {
    consecutive_failures: 10,
    failure_rate: 0.6,
    window: 64,
    open_for: Duration::from_secs(1),
    longest: Duration::from_secs(12),
    probes: 2,
};
/// When a server that could not start is started again.
const SUPERVISOR: Duration = Duration::from_millis(700);
/// Messages that a bus keeps for its slowest subscriber: few, so that some are too slow.
const BUS: usize = 16;
/// How long a quiet listener trusts the doorbell.
const IDLE_CHECK: Duration = Duration::from_secs(2);
/// Turns after which whatever could be done at this instant is done.
const SETTLED: usize = 400;

const UP: u8 = 0;
const PAUSED: u8 = 1;
const CRASHED: u8 = 2;

const OPEN: u8 = 0;
const CUT_BOTH: u8 = 1;
const CUT_ANSWERS: u8 = 2;

/// One incarnation of a server.
pub(crate) struct Host {
    pub(crate) server: usize,
    pub(crate) incarnation: usize,
    pub(crate) bus: Arc<InProcessBus>,
    /// What comes of the carrier.
    pub(crate) post: broadcast::Sender<Heard>,
    life: AtomicU8,
    way: AtomicU8,
    /// Rung when it goes on after a pause. `Notify` wakes in the order of waiting, unlike `watch`, which draws lots.
    resumed: Notify,
    engine: Mutex<Option<Arc<Engine>>>,
    topics: Mutex<Option<Arc<Topics>>>,
    /// Ends what runs for topics.
    stop: CancellationToken,
    link: Mutex<Option<Arc<Link>>>,
    start: Mutex<Option<AbortHandle>>,
}

impl Host {
    pub(crate) fn new(server: usize, incarnation: usize, way: u8) -> Arc<Self> {
        Arc::new(Self {
            server,
            incarnation,
            bus: Arc::new(InProcessBus::new(BUS)),
            post: broadcast::Sender::new(BUS),
            life: AtomicU8::new(UP),
            way: AtomicU8::new(way),
            resumed: Notify::new(),
            engine: Mutex::default(),
            topics: Mutex::default(),
            stop: CancellationToken::new(),
            link: Mutex::default(),
            start: Mutex::default(),
        })
    }

    /// Returns while the server runs: at once, after a pause, or never.
    pub(crate) async fn alive(&self) {
        while self.life.load(Ordering::SeqCst) != UP {
            self.resumed.notified().await;
        }
    }

    pub(crate) fn crashed(&self) -> bool {
        self.life.load(Ordering::SeqCst) == CRASHED
    }

    /// Stands still; says whether it ran before.
    pub(crate) fn pause(&self) -> bool {
        self.life.compare_exchange(UP, PAUSED, Ordering::SeqCst, Ordering::SeqCst).is_ok()
    }

    /// Goes on; says whether it stood still until now.
    pub(crate) fn go_on(&self) -> bool {
        let stood = self.life.compare_exchange(PAUSED, UP, Ordering::SeqCst, Ordering::SeqCst).is_ok();
        if stood {
            self.resumed.notify_waiters();
        }
        stood
    }

    /// Whether it is up, goes on, and is connected.
    pub(crate) fn works(&self) -> bool {
        self.life.load(Ordering::SeqCst) == UP && self.cut().is_none() && self.engine.lock().is_some()
    }

    /// Which ways to the store are closed.
    pub(crate) fn cut(&self) -> Option<Cut> {
        match self.way.load(Ordering::SeqCst) {
            CUT_BOTH => Some(Cut::Both),
            CUT_ANSWERS => Some(Cut::Answers),
            _ => None,
        }
    }

    pub(crate) fn set_cut(&self, cut: Option<Cut>) {
        let way = match cut {
            None => OPEN,
            Some(Cut::Both) => CUT_BOTH,
            Some(Cut::Answers) => CUT_ANSWERS,
        };
        self.way.store(way, Ordering::SeqCst);
    }

    /// The engine's task service, once it has started and while it has not been told to stop.
    pub(crate) fn tasks(&self) -> Option<Arc<dyn TaskService>> {
        if self.crashed() {
            return None;
        }
        self.engine.lock().as_ref().map(|engine| engine.tasks())
    }

    /// Its topics, as [`tasks`](Self::tasks).
    pub(crate) fn topics(&self) -> Option<Arc<Topics>> {
        if self.crashed() { None } else { self.topics.lock().clone() }
    }

    /// Its way to the event log.
    pub(crate) fn log(&self) -> Option<Arc<dyn EventStore>> {
        self.link.lock().clone().map(|link| link as Arc<dyn EventStore>)
    }

    /// Everything of it stops for ever: what it calls is never answered, and nothing reaches it. What is under way to the store
    /// arrives there.
    pub(crate) fn crash(&self) {
        self.life.store(CRASHED, Ordering::SeqCst);
        if let Some(start) = self.start.lock().take() {
            start.abort();
        }
    }

    /// Forgets what it was made of; it has crashed, or the world is over.
    pub(crate) fn let_go(&self) {
        self.crash();
        self.engine.lock().take();
        self.topics.lock().take();
        self.link.lock().take();
    }

    /// Stops in order, and then is gone.
    pub(crate) async fn stop(&self) {
        let engine = self.engine.lock().take();
        self.topics.lock().take();
        self.stop.cancel();
        if let Some(engine) = engine {
            engine.stop().await;
        }
        self.crash();
    }
}

/// What a server is called.
pub(crate) fn name(server: usize) -> String {
    format!("server-{server}")
}

/// Puts a new incarnation in a server's place and starts it; it is there once [`Host::tasks`] says so.
pub(crate) fn start(world: &Arc<World>, server: usize) -> Arc<Host> {
    let mut hosts = world.hosts.lock();
    let (incarnation, way) = hosts.get(server).map_or((0, OPEN), |old| (old.incarnation + 1, old.way.load(Ordering::SeqCst)));
    let host = Host::new(server, incarnation, way);
    if let Some(place) = hosts.get_mut(server) {
        *place = Arc::clone(&host);
    } else {
        hosts.push(Arc::clone(&host));
    }
    drop(hosts);
    let starting = tokio::spawn(bring_up(Arc::clone(world), Arc::clone(&host)));
    *host.start.lock() = Some(starting.abort_handle());
    host
}

async fn bring_up(world: Arc<World>, host: Arc<Host>) {
    let link = Arc::new(Link::new(&world, &host));
    *host.link.lock() = Some(Arc::clone(&link));
    let sources = world.sources(host.server, host.incarnation);
    let identity = Identity { name: name(host.server), ..Identity::default() };
    // As large whatever machine this is: its parts are nobody's chance.
    let machine = HostOptions { cpu_millicores: Some(64_000), memory_mib: Some(65_536), ..HostOptions::default() };
    let options = EngineOptions {
        lease: LEASE,
        heartbeat: HEARTBEAT,
        sweep: SWEEP,
        drain: DRAIN,
        term: TERM,
        identity,
        host: machine,
        balancing: BalancerOptions { breaker: BREAKER, ..BalancerOptions::default() },
        ..EngineOptions::default()
    };
    loop {
        let starting = world.starting.lock().await;
        // The first thing that an engine does is to look at its folders, on a thread. Time stands still meanwhile; when nothing
        // else is left to do at this instant, the thread has nobody to race with.
        for _ in 0..SETTLED {
            tokio::task::yield_now().await;
        }
        let store: Arc<dyn Store> = Arc::clone(&link) as Arc<dyn Store>;
        let (auditor, _) = Auditor::new(Arc::clone(&link) as Arc<dyn EventStore>, sources.clone());
        let Ok(registry) = agent::registry(&world, host.server) else { return };
        let folder = world.folder.join(format!("server-{}", host.server));
        let carriers = Carriers {
            registry,
            // No skill here runs in a child.
            child: ChildCommand { program: "/bin/false".into(), arguments: Vec::new() },
            scratch: folder.join("scratch"),
            blobs: folder.join("blobs"),
        };
        let started =
            options.clone().start(store, Arc::clone(&host.bus), Arc::new(NoRecorder), auditor, sources.clone(), carriers, || {}).await;
        drop(starting);
        match started {
            Ok(engine) => {
                world.trace.note(format_args!("s{} incarnation {} is up", host.server, host.incarnation));
                *host.topics.lock() = Some(open_topics(&world, &host, &link, &engine, sources));
                *host.engine.lock() = Some(Arc::new(engine));
                world.look_at(host.server);
                return;
            }
            Err(error) => {
                world.trace.note(format_args!("s{} cannot start: {error}", host.server));
                tokio::time::sleep(SUPERVISOR).await;
            }
        }
    }
}

/// Topics, as a server of several has them. Nothing has run between the engine's start and this: its agents never see it without topics.
fn open_topics(world: &Arc<World>, host: &Arc<Host>, link: &Arc<Link>, engine: &Engine, sources: Sources) -> Arc<Topics> {
    let carrier: Arc<dyn Carrier> = Arc::new(FaultyCarrier::new(world, host));
    let relay = Relay::new(Arc::clone(&carrier));
    host.bus.relay_to(Arc::clone(&relay));
    let events = EventStream::new(Arc::clone(link) as Arc<dyn EventStore>, Arc::clone(&host.bus)).with_idle_check(IDLE_CHECK);
    let store = Arc::clone(link) as Arc<dyn Store>;
    let topics = Topics::new(store, Arc::clone(&host.bus), Arc::new(events), carrier, sources);
    engine.use_topics(Arc::clone(&topics));
    tokio::spawn(Arc::clone(&topics).run(host.stop.clone()));
    tokio::spawn(relay.run(Arc::clone(&host.bus), |_| {}));
    topics
}

/// Counts nothing: what counts is in the store.
struct NoRecorder;

impl Recorder for NoRecorder {
    fn submitted(&self, _: Timestamp, _: &str, _: u64) {}
    fn started(&self, _: Timestamp, _: &str, _: &str, _: Duration) {}
    fn ended(&self, _: Timestamp, _: &str, _: &str, _: AttemptOutcome, _: Duration) {}
    fn canceled(&self, _: Timestamp, _: &str) {}
}
