//! How do servers reach one another through Redis? Broadcasts are published, rings are streams with a consumer group.
//!
//! Two connections: one hears, one sends and asks. Both come back by themselves, with pauses that grow. A heartbeat is published
//! every two seconds, so that a connection that swallows everything is told from one on which nothing happens. Redis needs no
//! persistence: after FLUSHALL the groups are made again, and what was in the rings is found by whoever polls storage.
//! Over TLS (`rediss://`) its certificate must be of an authority that is trusted, for its name, and in its time; nothing switches that off.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use futures::StreamExt;
use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use redis::{Client, FromRedisValue, RedisError, RedisResult, TlsCertificates, Value};
use tokio::sync::{broadcast, mpsc};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout};

use super::in_process::rung;
use super::{Carrier, HEARD, Heard, RING_LENGTH, RingEntry};

/// What waits to be sent; more is dropped.
const QUEUE: usize = 10_000;
/// How often a heartbeat is published, and after how long a silence the connection counts as lost.
const BEAT: Duration = Duration::from_secs(2);
const SILENCE: Duration = Duration::from_secs(6);
/// How long Redis may think, and how long connecting may take.
const ANSWER: Duration = Duration::from_secs(1);
/// After a failure the next try is made after this long, twice as long each time.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);
/// The one group of every ring.
const GROUP: &str = "baton";

/// An address that Redis' client does not understand. It names no part of the address, which may hold a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InvalidAddress;

impl std::fmt::Display for InvalidAddress {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("not an address of Redis: expected redis://[user:password@]host[:port][/database], or rediss:// for TLS")
    }
}

impl std::error::Error for InvalidAddress {}

/// How to reach the others.
#[derive(Clone)]
pub struct RedisCarrierOptions {
    /// Where Redis is, as `redis://host:6379`, or `rediss://host:6379` for TLS.
    pub url: String,
    /// Over TLS, the certificates of the authority to trust instead of the system's, as PEM.
    pub authority: Option<Vec<u8>>,
    /// What this server is called among the others; unique.
    pub member: String,
    /// What every key and channel begins with, so that several installations can share a Redis.
    pub prefix: String,
    /// How long a member has for an entry of a ring.
    pub patience: Duration,
}

impl RedisCarrierOptions {
    /// The defaults for this address and member.
    #[must_use]
    pub fn new(url: impl Into<String>, member: impl Into<String>) -> Self {
        Self { url: url.into(), authority: None, member: member.into(), prefix: "baton".to_owned(), patience: Duration::from_secs(5) }
    }

    /// Starts to connect; whether Redis is there is found out on the way. Needs a runtime.
    ///
    /// # Errors
    /// If the address is none, or an authority is given that is none or that the address has no use for.
    pub fn start(self) -> Result<RedisCarrier, InvalidAddress> {
        // What stands behind # would switch verification off.
        let url = Some(self.url.as_str()).filter(|url| !url.contains('#')).ok_or(InvalidAddress)?;
        let client = match self.authority {
            Some(pem) => Client::build_with_tls(url, TlsCertificates { client_tls: None, root_cert: Some(pem) }),
            None => Client::open(url),
        };
        let client = client.map_err(|_| InvalidAddress)?;
        let config =
            ConnectionManagerConfig::new().set_number_of_retries(1).set_response_timeout(Some(ANSWER)).set_connection_timeout(Some(ANSWER));
        let manager = ConnectionManager::new_lazy_with_config(client.clone(), config).map_err(|_| InvalidAddress)?;
        let (outgoing, waiting) = mpsc::channel(QUEUE);
        let shared = Arc::new(Shared {
            channel: format!("{}:all", self.prefix),
            rings: format!("{}:ring:", self.prefix),
            member: self.member,
            patience: self.patience,
            connected: AtomicBool::new(false),
            heard: broadcast::Sender::new(HEARD),
        });
        let mut tasks = JoinSet::new();
        tasks.spawn(hear(client, Arc::clone(&shared)));
        tasks.spawn(send(manager.clone(), waiting, Arc::clone(&shared)));
        Ok(RedisCarrier { shared, manager, outgoing, _tasks: tasks })
    }
}

impl std::fmt::Debug for RedisCarrierOptions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The address may hold a password.
        f.debug_struct("RedisCarrierOptions").field("member", &self.member).field("prefix", &self.prefix).finish_non_exhaustive()
    }
}

struct Shared {
    channel: String,
    /// What the keys of rings begin with.
    rings: String,
    member: String,
    patience: Duration,
    connected: AtomicBool,
    heard: broadcast::Sender<Heard>,
}

enum Outgoing {
    Broadcast(Arc<[u8]>),
    Put(Arc<str>, Arc<[u8]>),
}

/// A server's end of Redis. Its tasks end when it is dropped.
pub struct RedisCarrier {
    shared: Arc<Shared>,
    manager: ConnectionManager,
    outgoing: mpsc::Sender<Outgoing>,
    _tasks: JoinSet<()>,
}

impl std::fmt::Debug for RedisCarrier {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RedisCarrier").field("connected", &self.is_connected()).finish_non_exhaustive()
    }
}

/// What stands before a broadcast: who sent it, and which kind it is.
mod kind {
    pub(super) const BEAT: u8 = b'b';
    pub(super) const PAYLOAD: u8 = b'p';
    pub(super) const RING: u8 = b'r';
}

fn frame(member: &str, kind: u8, payload: &[u8]) -> Vec<u8> {
    let mut frame = Vec::with_capacity(member.len() + payload.len() + 2);
    frame.push(kind);
    frame.extend_from_slice(member.as_bytes());
    frame.push(b' ');
    frame.extend_from_slice(payload);
    frame
}

impl Shared {
    /// Hands on what a message of the channel says.
    fn take_in(&self, message: &[u8]) {
        let Some((kind, rest)) = message.split_first() else { return };
        let Some(space) = rest.iter().position(|byte| *byte == b' ') else { return };
        let (sender, payload) = (&rest[..space], &rest[space + 1..]);
        let heard = match *kind {
            kind::PAYLOAD if sender != self.member.as_bytes() => Heard::Payload(payload.into()),
            kind::RING => match std::str::from_utf8(payload) {
                Ok(ring) => Heard::Ring(ring.into()),
                Err(_) => return,
            },
            _ => return,
        };
        // An error says that nobody listens.
        let _ = self.heard.send(heard);
    }
}

/// Hears the channel, on one connection after another.
async fn hear(client: Client, shared: Arc<Shared>) {
    let mut pause = FIRST_PAUSE;
    let mut said_so = false;
    loop {
        match subscribe(&client, &shared.channel).await {
            Ok(mut messages) => {
                pause = FIRST_PAUSE;
                said_so = false;
                shared.connected.store(true, Ordering::Relaxed);
                tracing::info!("Redis is reached");
                let _ = shared.heard.send(Heard::Gap);
                while let Ok(Some(message)) = timeout(SILENCE, messages.next()).await {
                    shared.take_in(message.get_payload_bytes());
                }
                shared.connected.store(false, Ordering::Relaxed);
                tracing::warn!("Redis is lost: servers find each other's work by looking, every two seconds, until it is back");
            }
            Err(error) => {
                if !said_so {
                    said_so = true;
                    tracing::warn!(%error, "Redis cannot be reached; trying on");
                }
                sleep(pause).await;
                pause = LONGEST_PAUSE.min(pause * 2);
            }
        }
    }
}

async fn subscribe(client: &Client, channel: &str) -> RedisResult<redis::aio::PubSubStream> {
    let late = |_| RedisError::from(std::io::Error::from(std::io::ErrorKind::TimedOut));
    let mut pubsub = timeout(ANSWER, client.get_async_pubsub()).await.map_err(late)??;
    timeout(ANSWER, pubsub.subscribe(channel)).await.map_err(late)??;
    Ok(pubsub.into_on_message())
}

/// Sends what waits, and a heartbeat now and then.
async fn send(mut manager: ConnectionManager, mut waiting: mpsc::Receiver<Outgoing>, shared: Arc<Shared>) {
    let mut beat = tokio::time::interval(BEAT);
    beat.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        let mut batch = redis::pipe();
        tokio::select! {
            _ = beat.tick() => add_broadcast(&mut batch, &shared, kind::BEAT, &[]),
            first = waiting.recv() => {
                let Some(first) = first else { return };
                add(&mut batch, &shared, &first);
                for _ in 0..256 {
                    let Ok(next) = waiting.try_recv() else { break };
                    add(&mut batch, &shared, &next);
                }
            }
        }
        // What cannot be sent is lost: whoever waits for it looks by itself.
        if let Err(error) = batch.query_async::<()>(&mut manager).await {
            tracing::debug!(%error, "a broadcast was not sent");
        }
    }
}

fn add(batch: &mut redis::Pipeline, shared: &Shared, outgoing: &Outgoing) {
    match outgoing {
        Outgoing::Broadcast(payload) => add_broadcast(batch, shared, kind::PAYLOAD, payload),
        Outgoing::Put(ring, payload) => {
            let key = format!("{}{ring}", shared.rings);
            batch.cmd("XADD").arg(key).arg("MAXLEN").arg("~").arg(RING_LENGTH).arg("*").arg("p").arg(&payload[..]).ignore();
            add_broadcast(batch, shared, kind::RING, ring.as_bytes());
        }
    }
}

fn add_broadcast(batch: &mut redis::Pipeline, shared: &Shared, kind: u8, payload: &[u8]) {
    batch.cmd("PUBLISH").arg(&shared.channel).arg(frame(&shared.member, kind, payload)).ignore();
}

impl RedisCarrier {
    /// Entries that a member had for too long, then new ones.
    async fn try_take(&self, ring: &str, maximum: usize) -> RedisResult<Vec<RingEntry>> {
        let key = format!("{}{ring}", self.shared.rings);
        let mut manager = self.manager.clone();
        let patience = u64::try_from(self.shared.patience.as_millis()).unwrap_or(u64::MAX);
        let mut claim = redis::cmd("XAUTOCLAIM");
        claim.arg(&key).arg(GROUP).arg(&self.shared.member).arg(patience).arg("0").arg("COUNT").arg(maximum);
        let mut entries = match claim.query_async::<Value>(&mut manager).await {
            Ok(answer) => claimed(&answer),
            Err(error) if error.code() == Some("NOGROUP") => {
                // A new ring, or Redis forgot everything. Of several members that make the group one succeeds.
                let mut make = redis::cmd("XGROUP");
                make.arg("CREATE").arg(&key).arg(GROUP).arg("0").arg("MKSTREAM");
                match make.query_async::<()>(&mut manager).await {
                    Err(error) if error.code() != Some("BUSYGROUP") => return Err(error),
                    _ => Vec::new(),
                }
            }
            Err(error) => return Err(error),
        };
        if entries.len() < maximum {
            let mut read = redis::cmd("XREADGROUP");
            read.arg("GROUP").arg(GROUP).arg(&self.shared.member).arg("COUNT").arg(maximum - entries.len());
            read.arg("STREAMS").arg(&key).arg(">");
            entries.extend(read_entries(&read.query_async::<Value>(&mut manager).await?));
        }
        Ok(entries)
    }
}

/// `XAUTOCLAIM` answers a cursor, the entries, and those that are gone.
fn claimed(answer: &Value) -> Vec<RingEntry> {
    match answer {
        Value::Array(parts) => parts.get(1).map(list_of_entries).unwrap_or_default(),
        _ => Vec::new(),
    }
}

/// `XREADGROUP` answers streams, each with its entries; nothing without any.
fn read_entries(answer: &Value) -> Vec<RingEntry> {
    let streams: Vec<&Value> = match answer {
        Value::Array(streams) => {
            streams.iter().filter_map(|stream| if let Value::Array(parts) = stream { parts.get(1) } else { None }).collect()
        }
        Value::Map(streams) => streams.iter().map(|(_, entries)| entries).collect(),
        _ => Vec::new(),
    };
    streams.into_iter().flat_map(list_of_entries).collect()
}

fn list_of_entries(value: &Value) -> Vec<RingEntry> {
    let Value::Array(entries) = value else { return Vec::new() };
    let entry = |value: &Value| {
        let Value::Array(parts) = value else { return None };
        let id = String::from_redis_value_ref(parts.first()?).ok()?;
        // An entry that was trimmed while somebody had it has no fields.
        let payload = match parts.get(1) {
            Some(Value::Array(fields)) => Vec::<u8>::from_redis_value_ref(fields.get(1)?).ok()?,
            _ => return None,
        };
        Some(RingEntry { id, payload: payload.into() })
    };
    entries.iter().filter_map(entry).collect()
}

#[async_trait]
impl Carrier for RedisCarrier {
    fn is_connected(&self) -> bool {
        self.shared.connected.load(Ordering::Relaxed)
    }

    fn broadcast(&self, payload: Arc<[u8]>) {
        // Full means that Redis does not keep up; dropped broadcasts cost time.
        let _ = self.outgoing.try_send(Outgoing::Broadcast(payload));
    }

    fn listen(&self) -> broadcast::Receiver<Heard> {
        self.shared.heard.subscribe()
    }

    fn put(&self, ring: &str, payload: Arc<[u8]>) {
        let _ = self.outgoing.try_send(Outgoing::Put(ring.into(), payload));
    }

    async fn take(&self, ring: &str, maximum: usize, wait: Duration) -> Vec<RingEntry> {
        let until = Instant::now() + wait;
        let mut heard = self.listen();
        loop {
            match self.try_take(ring, maximum).await {
                Ok(entries) if !entries.is_empty() => return entries,
                Ok(_) => {}
                Err(error) => tracing::debug!(%error, "a ring cannot be read"),
            }
            // Entries that somebody else took come free by time, without a ring.
            let look_again = until.min(Instant::now() + self.shared.patience);
            if !rung(&mut heard, ring, look_again).await && Instant::now() >= until {
                return Vec::new();
            }
        }
    }

    async fn finish(&self, ring: &str, entries: &[RingEntry]) {
        if entries.is_empty() {
            return;
        }
        let key = format!("{}{ring}", self.shared.rings);
        let ids: Vec<&str> = entries.iter().map(|entry| entry.id.as_str()).collect();
        let mut done = redis::pipe();
        // What was dealt with need not lie there; trimming by length is for what nobody takes.
        done.cmd("XACK").arg(&key).arg(GROUP).arg(&ids).ignore().cmd("XDEL").arg(&key).arg(&ids).ignore();
        if let Err(error) = done.query_async::<()>(&mut self.manager.clone()).await {
            tracing::debug!(%error, "entries of a ring are not marked as dealt with; they come again");
        }
    }
}
