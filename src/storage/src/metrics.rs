//! What is stored of measurements: one row for each 10 seconds, skill, agent and server.

use async_trait::async_trait;
use baton_domain::id::ServerId;
use baton_domain::time::Timestamp;

use crate::StoreError;

/// What a bucket counts.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct BucketKey {
    /// The first instant of the 10 seconds.
    pub at: Timestamp,
    /// The skill.
    pub skill: String,
    /// The agent's name; empty for what happened before an agent was chosen.
    pub agent: String,
    /// The server that counted: each has rows of its own, so that none overwrites what another counted.
    pub server: ServerId,
}

/// A bucket.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct BucketRow {
    /// Tasks submitted.
    pub submitted: u64,
    /// Attempts begun.
    pub started: u64,
    /// Attempts that completed.
    pub completed: u64,
    /// Attempts that failed, timed out or were lost.
    pub failed: u64,
    /// Tasks cancelled.
    pub canceled: u64,
    /// The sketch of the times from ready to begun, as its bytes.
    pub wait_sketch: Vec<u8>,
    /// The sketch of the times from begun to ended, as its bytes.
    pub run_sketch: Vec<u8>,
}

/// Measurements.
#[async_trait]
pub trait MetricStore: Send + Sync {
    /// Stores buckets; one that exists is replaced.
    ///
    /// # Errors
    /// Only those of storage.
    async fn put_buckets(&self, buckets: Vec<(BucketKey, BucketRow)>) -> Result<(), StoreError>;

    /// The buckets of a span, both ends included, oldest first, of one skill or agent if named.
    ///
    /// # Errors
    /// Only those of storage.
    async fn buckets(
        &self,
        since: Timestamp,
        until: Timestamp,
        skill: Option<&str>,
        agent: Option<&str>,
    ) -> Result<Vec<(BucketKey, BucketRow)>, StoreError>;
}
