//! What the engine asks of the queue and gives to it: classes, ready tasks, assignments, and what is due.

use std::collections::BTreeSet;
use std::sync::Arc;

use baton_domain::id::{AttemptId, LeaseToken, TaskId};
use baton_domain::server::ServerRef;
use baton_domain::task::{Priority, TaskState};
use baton_domain::time::Timestamp;
use baton_domain::wire::task::{AgentRef, Explanation};
use serde_json::Value;

use crate::TaskRecord;

/// So many tasks that are stored together are few: a store may write them before what else waits, for they are small, and somebody may wait for each.
pub const FEW: usize = 8;

/// Queued tasks that differ in nothing but their age: those of one skill, one fairness key and one priority.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct QueueClass {
    /// The skill.
    pub skill: String,
    /// The fairness key; none is a key of its own.
    pub fairness_key: Option<String>,
    /// The priority.
    pub priority: Priority,
}

/// How many tasks of a class are wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// The class.
    pub class: QueueClass,
    /// The most tasks of it.
    pub limit: u32,
    /// Not those that require just these labels, written in this order; the same for all classes of a skill that are asked for together.
    pub without: Arc<BTreeSet<Vec<String>>>,
}

impl Wanted {
    /// The first tasks of a class.
    #[must_use]
    pub fn first(class: QueueClass, limit: u32) -> Self {
        Self { class, limit, without: Arc::default() }
    }
}

/// A task that is ready for an agent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadyTask {
    /// The task.
    pub id: TaskId,
    /// The skill asked for.
    pub skill: String,
    /// Its fairness key; none is a key of its own.
    pub fairness_key: Option<String>,
    /// How urgent it was submitted as.
    pub priority: Priority,
    /// Labels that the agent must have.
    pub labels: Vec<String>,
    /// Its place in the class; lower goes first.
    pub rank: i64,
}

/// Gives a ready task to an agent.
#[derive(Debug, Clone, PartialEq)]
pub struct Assignment {
    /// The task; must still be queued and due.
    pub task: TaskId,
    /// The attempt that begins with this.
    pub attempt: AttemptId,
    /// The agent.
    pub agent: AgentRef,
    /// The server that the agent is on.
    pub server: ServerRef,
    /// Why this agent.
    pub explanation: Explanation,
    /// Now.
    pub at: Timestamp,
    /// Until when the holder is believed without a heartbeat.
    pub lease_until: Timestamp,
}

/// A task that an agent has begun to work on.
#[derive(Debug, Clone, PartialEq)]
pub struct BegunTask {
    /// The task, with the new lease.
    pub task: TaskRecord,
    /// The input.
    pub input: Value,
    /// The attempt that begins.
    pub attempt: AttemptId,
}

/// A task that something must be done about because of the time.
#[derive(Debug, Clone, PartialEq)]
pub enum DueTask {
    /// It waited for its `run_at`, which has come.
    Timer(TaskId),
    /// It was not begun in time.
    StartedTooLate(TaskId, TaskState),
    /// It did not end in time.
    ClosedTooLate(TaskId, TaskState),
    /// Its attempt fell silent.
    LeaseExpired(TaskId, LeaseToken),
    /// It has ended, and tasks that depend on it have not been told.
    Awaited(TaskId),
    /// The task whose agent asked for it has ended or was asked to end, and it was not.
    Orphan(TaskId),
    /// Somebody asked for it to end, and it went back to the queue instead.
    CancelPending(TaskId),
    /// Several do it, and something follows now: all its voters have ended, its decision has ended, was never opened or waited for people for too
    /// long ([`ESCALATED_FOR`](crate::ESCALATED_FOR)), or the task has ended and its decision has not.
    Voted(TaskId),
}
