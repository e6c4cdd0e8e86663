//! What does Baton store? The [`Store`] trait, one part per aggregate, and the folder of [`blobs`].
//!
//! A back-end implements the traits; nothing else knows SQL. Every write is one transaction with its events and its
//! audit rows in it, and has been committed when the method returns.

mod agent_memory;
mod agents;
mod artifacts;
pub mod blobs;
mod changes;
mod error;
mod events;
pub mod fault_points;
mod identity;
mod journals;
mod limits;
mod metrics;
mod models;
mod notifications;
mod queue;
mod servers;
mod settings;
mod tasks;
pub mod topic_events;
mod topics;
mod traces;
mod workflows;

pub use agent_memory::{AgentMemoryStore, MemoryPlace, MemoryRecord, MemoryWrite, MemoryWritten};
pub use agents::{
    AgentRegistration, AgentStore, AgentsAt, CIRCUIT_RESET, CarriedStanding, Carrying, KnownAgent, VERSION_CHANGED, version_of,
};
pub use artifacts::{ArtifactPage, ArtifactStore};
pub use changes::{
    Advance, Advanced, AttemptEnd, CancelRequest, Checkpoint, Checkpointed, Completion, Guard, PauseRequest, Settled, dependency_failed,
};
pub use error::StoreError;
pub use events::{AuditRow, CommitSink, EventStore, EventsSince, Forgotten, NoSink, Retention};
pub use identity::{ApiKeyRecord, IdentityStore, NewSession, RefreshTokenRecord, SessionRecord, UserRecord};
pub use journals::{
    Guarded, JOURNAL_KEY_BYTES, JOURNAL_NAME_BYTES, JOURNAL_ROW_NAME_BYTES, JournalFact, JournalGuard, JournalHead, JournalKind,
    JournalOpened, JournalPage, JournalQuery, JournalRow, JournalStore, JournalWrite, JournalWritten, NewJournal, RowPlace, WriteGuard,
};
pub use limits::{LimitRoom, LimitStore};
pub use metrics::{BucketKey, BucketRow, MetricStore};
pub use models::{ModelCallRecord, ModelStore, SpendingScope, Spent};
pub use notifications::{NotificationRecord, NotificationStore};
pub use queue::{Assignment, BegunTask, DueTask, FEW, QueueClass, ReadyTask, Wanted};
pub use servers::{Beat, Beaten, Heart, Joined, Leader, ServerRegistration, ServerStore, ServersAt};
pub use settings::{SettingsKind, SettingsRecord, SettingsStore};
pub use tasks::{
    DECISION_OPENED, ESCALATED, ESCALATED_FOR, Idempotency, Inserted, NewTaskRecord, TaskPage, TaskQuery, TaskRecord, TaskRows, TaskStore,
    TaskStory, asked_for,
};
pub use topics::{
    AckId, DEAD_LETTER_DAYS, Declared, EXPIRED, InvalidAckId, NewMessageRecord, NewSubscriptionRecord, NewTopicRecord, PULL_SCAN,
    PublishOutcome, Pull, PulledRows, REFUSED, Settlement, Subscribed, Tidied, TopicStore, Verdict,
};
pub use traces::{NewError, NewLogLine, NewSpan, TraceBatch, TraceStore};
pub use workflows::{WorkflowRecord, WorkflowStore, WorkflowStored};

/// Everything that is stored.
pub trait Store:
    TaskStore
    + LimitStore
    + AgentStore
    + AgentMemoryStore
    + ArtifactStore
    + EventStore
    + IdentityStore
    + JournalStore
    + MetricStore
    + ModelStore
    + NotificationStore
    + ServerStore
    + SettingsStore
    + TopicStore
    + TraceStore
    + WorkflowStore
{
}

impl<T> Store for T where
    T: TaskStore
        + LimitStore
        + AgentStore
        + AgentMemoryStore
        + ArtifactStore
        + EventStore
        + IdentityStore
        + JournalStore
        + MetricStore
        + ModelStore
        + NotificationStore
        + ServerStore
        + SettingsStore
        + TopicStore
        + TraceStore
        + WorkflowStore
{
}
