//! How do servers reach one another quickly? A carrier: broadcasts that may be lost, and rings that each one member takes.
//!
//! Nothing is built on its keeping anything. A broadcast saves waiting; a ring entry says "look for work", and the rows in
//! storage are the work. Whoever waits for one also looks by itself every [`POLL`], so that losing the carrier, or all it holds,
//! costs time and never a message.

mod in_process;
mod redis;
mod relay;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::broadcast;

pub use in_process::{InProcessCarrier, InProcessHub};
pub use redis::{InvalidAddress, RedisCarrier, RedisCarrierOptions};
pub use relay::Relay;

/// How often whoever waits looks without having been rung.
pub const POLL: Duration = Duration::from_secs(2);
/// The most entries of a ring; the oldest go.
pub const RING_LENGTH: usize = 10_000;
/// Broadcasts that are kept for a slow listener.
const HEARD: usize = 4_096;

/// What a listener hears.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Heard {
    /// Another member's broadcast.
    Payload(Arc<[u8]>),
    /// Something was put into this ring, by any member.
    Ring(Arc<str>),
    /// The connection is new: broadcasts may have been lost before.
    Gap,
}

/// An entry of a ring that this member has taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RingEntry {
    /// What names it within its ring.
    pub id: String,
    /// What was put in.
    pub payload: Arc<[u8]>,
}

/// Carries messages between servers.
#[async_trait]
pub trait Carrier: Send + Sync {
    /// Whether it reaches other servers, and does so now.
    fn is_connected(&self) -> bool;

    /// Sends to all other members that listen. Returns at once; lost when the carrier is down or cannot keep up.
    fn broadcast(&self, payload: Arc<[u8]>);

    /// Hears what other members broadcast from now on, and rings. A listener that is too slow is told by its receiver.
    fn listen(&self) -> broadcast::Receiver<Heard>;

    /// Puts an entry into a ring; one member gets it. Returns at once; lost as broadcasts are.
    fn put(&self, ring: &str, payload: Arc<[u8]>);

    /// Takes entries of a ring, waiting for the first. What a member took and did not finish within the carrier's patience is
    /// given to another. Empty when the wait is over or the carrier is down.
    async fn take(&self, ring: &str, maximum: usize, wait: Duration) -> Vec<RingEntry>;

    /// These entries are dealt with.
    async fn finish(&self, ring: &str, entries: &[RingEntry]);
}
