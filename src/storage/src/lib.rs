//! What does Baton store? The [`Store`] trait, one part per aggregate, and the folder of [`blobs`].
//!
//! A back-end implements the traits; nothing else knows SQL. Every write is one transaction with its events and its
//! audit rows in it, and has been committed when the method returns.

mod agents;
mod artifacts;
pub mod blobs;
mod error;
mod events;
mod identity;
mod metrics;
mod tasks;
pub mod topic_events;
mod topics;
mod traces;

pub use agents::{AgentRegistration, AgentStore, AgentsAt};
pub use artifacts::{ArtifactPage, ArtifactStore};
pub use error::StoreError;
pub use events::{AuditRow, CommitSink, EventStore, EventsSince, NoSink};
pub use identity::{ApiKeyRecord, IdentityStore, NewSession, RefreshTokenRecord, SessionRecord, UserRecord};
pub use metrics::{BucketKey, BucketRow, MetricStore};
pub use tasks::{
    Advance, Advanced, Assignment, AttemptEnd, BegunTask, CancelRequest, Completion, DueTask, Guard, Idempotency, Inserted, NewTaskRecord,
    ReadyTask, TaskPage, TaskQuery, TaskRecord, TaskRows, TaskStore,
};
pub use topics::{
    AckId, DEAD_LETTER_DAYS, Declared, EXPIRED, InvalidAckId, NewMessageRecord, NewSubscriptionRecord, NewTopicRecord, PULL_SCAN,
    PublishOutcome, Pull, PulledRows, REFUSED, Settlement, Subscribed, Tidied, TopicStore, Verdict,
};
pub use traces::{NewError, NewLogLine, NewSpan, TraceBatch, TraceStore};

/// Everything that is stored.
pub trait Store: TaskStore + AgentStore + ArtifactStore + EventStore + IdentityStore + MetricStore + TopicStore + TraceStore {}

impl<T> Store for T where T: TaskStore + AgentStore + ArtifactStore + EventStore + IdentityStore + MetricStore + TopicStore + TraceStore {}
