//! What do these tests stand on? Servers that share a PostgreSQL or a file, and perhaps a Redis.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use baton_bus::carrier::Carrier;
use baton_bus::{EventStream, InProcessBus, Topics};
use baton_domain::id::DEFAULT_PROJECT;
use baton_domain::ports::{Chance, Clock, IdSource, Sources};
use baton_domain::services::TopicService;
use baton_domain::time::Timestamp;
use baton_domain::topic::{DeliveryPolicy, TopicKind};
use baton_domain::user::{Caller, Principal, Role};
use baton_domain::wire::topic::{Acknowledgement, Delivery, NewMessage, NewSubscription, NewTopic, PullRequest, StartAt};
use baton_storage::{CommitSink, EventStore, Store};
use baton_storage_memory::MemoryStore;
use baton_storage_postgres::PostgresOptions;
use serde_json::json;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// The machine's clock, and identifiers that do not meet.
struct Real;

static MADE: AtomicU64 = AtomicU64::new(1);

impl Clock for Real {
    fn now(&self) -> Timestamp {
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
        Timestamp::from_millis(i64::try_from(since.as_millis()).unwrap())
    }
}

impl IdSource for Real {
    fn next(&self) -> Uuid {
        Uuid::from_u128((0x0190_0000_0000_7000_8000_u128 << 48) + u128::from(MADE.fetch_add(1, Ordering::SeqCst)))
    }
}

impl Chance for Real {
    fn next(&self) -> f64 {
        0.5
    }
}

pub(crate) fn sources() -> Sources {
    Sources { clock: Arc::new(Real), ids: Arc::new(Real), chance: Arc::new(Real) }
}

pub(crate) fn caller() -> Caller {
    Caller { principal: Principal::System, role: Some(Role::Admin), project: DEFAULT_PROJECT, session: None, request_id: None }
}

/// One server's topics.
#[derive(Clone)]
pub(crate) struct Server {
    pub(crate) topics: Arc<Topics>,
    pub(crate) events: Arc<EventStream>,
    pub(crate) bus: Arc<InProcessBus>,
    _stop: Arc<tokio_util::sync::DropGuard>,
}

fn server(store: Arc<dyn Store>, log: Arc<dyn EventStore>, bus: Arc<InProcessBus>, carrier: Arc<dyn Carrier>) -> Server {
    let events = Arc::new(EventStream::new(log, Arc::clone(&bus)));
    let topics = Topics::new(store, Arc::clone(&bus), Arc::clone(&events), carrier, sources());
    let stop = CancellationToken::new();
    tokio::spawn(Arc::clone(&topics).run(stop.clone()));
    Server { topics, events, bus, _stop: Arc::new(stop.drop_guard()) }
}

/// A server on a store in memory.
pub(crate) fn alone() -> Server {
    let bus = Arc::new(InProcessBus::new(1_024));
    let store = MemoryStore::new(Arc::clone(&bus) as Arc<dyn CommitSink>);
    server(Arc::new(store.clone()), Arc::new(store), bus, Arc::new(baton_bus::InProcessCarrier::alone()))
}

/// A server of several on this database.
pub(crate) async fn on(url: &str, carrier: Arc<dyn Carrier>) -> Server {
    let bus = Arc::new(InProcessBus::new(4_096));
    let store = PostgresOptions { readers: 4, ..PostgresOptions::new(url) }.open(Arc::clone(&bus) as Arc<dyn CommitSink>).await.unwrap();
    server(Arc::new(store.clone()), Arc::new(store), bus, carrier)
}

impl Server {
    pub(crate) async fn declare(&self, name: &str, kind: TopicKind) {
        let topic = NewTopic { name: name.to_owned(), kind, retention: baton_domain::topic::Retention::default() };
        self.topics.declare(&caller(), topic).await.unwrap();
    }

    pub(crate) async fn subscribe(&self, name: &str, pattern: &str, policy: DeliveryPolicy) {
        let new = NewSubscription { name: name.to_owned(), pattern: pattern.to_owned(), start: StartAt::Earliest, policy };
        self.topics.subscribe(&caller(), new).await.unwrap();
    }

    pub(crate) async fn publish(&self, topic: &str, n: usize) {
        self.topics.publish(&caller(), topic, NewMessage { payload: json!({"n": n}), key: None }).await.unwrap();
    }

    pub(crate) async fn pull(&self, name: &str, consumer: &str, maximum: u32, wait_seconds: u64) -> Vec<Delivery> {
        let request = PullRequest { consumer: consumer.to_owned(), maximum, wait_seconds };
        self.topics.pull(&caller(), name, request).await.unwrap().items
    }

    /// Acknowledges; gives whether all were in time.
    pub(crate) async fn acknowledge(&self, name: &str, deliveries: &[Delivery]) -> bool {
        let ack_ids: Vec<String> = deliveries.iter().map(|delivery| delivery.ack_id.clone()).collect();
        let settled = self.topics.acknowledge(&caller(), name, Acknowledgement { ack_ids }).await.unwrap();
        settled.late.is_empty()
    }
}

pub(crate) fn number(delivery: &Delivery) -> usize {
    usize::try_from(delivery.message.payload["n"].as_u64().unwrap()).unwrap()
}

/// A policy that does not wait long.
pub(crate) fn quick() -> DeliveryPolicy {
    DeliveryPolicy {
        ack_deadline_ms: 1_500,
        maximum_deliveries: 100,
        maximum_in_flight: 1_000,
        backoff_initial_ms: 20,
        backoff_maximum_ms: 200,
    }
}

pub(crate) async fn within<T>(limit: Duration, what: impl Future<Output = T>) -> T {
    tokio::time::timeout(limit, what).await.unwrap()
}
