//! How tasks are shown. How they are asked for is in the modules beside, whose types are found here too.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::artifact::ArtifactView;

use crate::id::{AgentId, AttemptId, DecisionId, EventSeq, ProjectId, RunId, TaskId};
use crate::server::ServerRef;
use crate::task::{Budget, Priority, RetryPolicy, TaskState, Timeouts, WaitKind};
use crate::time::Timestamp;

pub use super::bulk::{BulkAnswer, BulkCancel, BulkRerun, MAXIMUM_BULK};
pub use super::new_task::{
    AcceptedBatch, DependsOn, MAXIMUM_BATCH, MAXIMUM_DEPENDENCIES, MAXIMUM_INPUT_BYTES, MAXIMUM_LABELS, MAXIMUM_VOTERS, NewBatch, NewTask,
};
pub use super::task_filter::TaskFilter;

/// The longest that a call may wait for a task to end, in seconds.
pub const MAXIMUM_WAIT_SECONDS: u64 = 60;

/// Which agent works or worked on a task.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AgentRef {
    /// The agent.
    pub id: AgentId,
    /// Its name.
    pub name: String,
}

/// Why a task failed, or an attempt of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Failure {
    /// The stable code.
    pub code: String,
    /// What happened, and what to do.
    pub message: String,
    /// Whether another attempt could succeed.
    pub retryable: bool,
}

/// A task as lists and events carry it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TaskSummary {
    /// The task.
    pub id: TaskId,
    /// Its project.
    pub project_id: ProjectId,
    /// What people read on lists.
    pub title: String,
    /// The skill asked for.
    pub skill: String,
    /// Where it is in its life.
    pub state: TaskState,
    /// What it waits for, while it waits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wait_kind: Option<WaitKind>,
    /// Why it is in this state, as an open code: `submitted`, `retry`, `worker_lost`, `handed_back`, `refused`, an error code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// How urgent it is.
    pub priority: Priority,
    /// Labels that the agent must have.
    #[serde(default)]
    pub labels: Vec<String>,
    /// Among the tasks of which key it has its share; one without a key shares with the others that have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fairness_key: Option<String>,
    /// The number of the present or last attempt; 1 is the first.
    pub attempt: u32,
    /// The most attempts.
    pub maximum_attempts: u32,
    /// The agent of the present or last attempt.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent: Option<AgentRef>,
    /// When it was submitted.
    pub created_at: Timestamp,
    /// It is not begun before this instant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_before: Option<Timestamp>,
    /// When its first attempt began.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started_at: Option<Timestamp>,
    /// When it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finished_at: Option<Timestamp>,
    /// When somebody asked to cancel it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cancel_requested_at: Option<Timestamp>,
    /// When somebody asked to pause it at its next checkpoint, while it runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pause_requested_at: Option<Timestamp>,
    /// Who submitted it, as people read it.
    pub created_by: String,
    /// The task it runs again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rerun_of: Option<TaskId>,
    /// The run of a workflow that it is part of: that run asked for it, or a task of that run did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run_id: Option<RunId>,
    /// The task whose agent asked for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent_id: Option<TaskId>,
    /// The decision that its voters' answers opened because they differed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decision_id: Option<DecisionId>,
    /// Why it failed, once it has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<Failure>,
}

/// One state that a task went through.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TimelineEntry {
    /// The event that says so.
    pub seq: EventSeq,
    /// The state.
    pub state: TaskState,
    /// Since when.
    pub at: Timestamp,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The attempt number at the time.
    pub attempt: u32,
    /// Who made it so, as people read it.
    pub actor: String,
}

/// A task that another one depends on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Dependency {
    /// The task.
    pub id: TaskId,
    /// What people read on lists.
    pub title: String,
    /// Where it is in its life.
    pub state: TaskState,
}

/// A task with everything about it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TaskDetail {
    /// What lists show.
    pub summary: TaskSummary,
    /// The input.
    #[cfg_attr(feature = "openapi", schema(value_type = Object))]
    pub input: Value,
    /// The result, once completed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Object))]
    pub result: Option<Value>,
    /// How the result is drawn; see the skill's `result_kind`.
    pub result_kind: String,
    /// The skill's output schema, where the result is drawn by it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<Object>))]
    pub result_schema: Option<Value>,
    /// What happens when an attempt fails.
    pub retry: RetryPolicy,
    /// How long it may take.
    pub timeouts: Timeouts,
    /// The share of its fairness key among the others.
    pub fairness_weight: f64,
    /// What it may use up, if that is limited.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub budget: Option<Budget>,
    /// The tasks that it depends on, as they are now.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub depends_on: Vec<Dependency>,
    /// Why no agent has taken it yet, while it is queued and due: how many agents fell to which reason. Empty if one could.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub held_up: Vec<Rejection>,
    /// Who does it, and what came of their answers, if several do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decide: Option<Box<TaskVoteView>>,
    /// Whether there are tasks whose `parent_id` it is: those that its agent asked for, and those of its voters.
    #[serde(default)]
    pub has_children: bool,
    /// Whether its skill makes checkpoints, so that it can be paused while it runs.
    #[serde(default)]
    pub checkpoints: bool,
    /// When its last checkpoint was made, from which the next attempt goes on; absent once it has ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub checkpoint_at: Option<Timestamp>,
    /// Every state it went through, oldest first.
    pub timeline: Vec<TimelineEntry>,
    /// Every attempt, oldest first.
    pub attempts: Vec<AttemptView>,
    /// What it stored.
    pub artifacts: Vec<ArtifactView>,
    /// The last event that this takes into account; resume a subscription here.
    pub as_of: EventSeq,
}

/// Who does a task that several do, and what came of their answers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TaskVoteView {
    /// The terms, as they were asked for. Kept as they are: who only shows them need not know how to read them.
    #[cfg_attr(feature = "openapi", schema(value_type = crate::wire::decision::DecideTerms))]
    pub terms: Value,
    /// By which rule it is decided where answers differ.
    pub rule: String,
    /// How many must answer.
    pub quorum: u32,
    /// Who does it.
    pub voters: Vec<TaskVoterView>,
    /// Whether all answers are the same; nobody knows before everybody has answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agreed: Option<bool>,
}

/// One of several that do a task.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TaskVoterView {
    /// What people read: the agent's name, and which of its samples this is.
    pub name: String,
    /// The agent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent_id: Option<AgentId>,
    /// Its task, a child of the one that several do.
    pub task_id: TaskId,
    /// Where that is in its life; absent once it was forgotten.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<TaskState>,
    /// The answer: what is compared of its result. Absent where it has more than 4,096 bytes as JSON; the voter's task has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<Object>))]
    pub answer: Option<Value>,
    /// Why there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<Failure>,
}

/// How a task stands, for whoever waits for its end and for nothing else.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TaskEnd {
    /// The task.
    pub id: TaskId,
    /// Where it is in its life; it may not have ended yet.
    pub state: TaskState,
    /// The result, once completed.
    pub result: Option<Value>,
    /// Why it failed, once it has.
    pub failure: Option<Failure>,
    /// Tokens of language models that it used, as far as is known.
    pub tokens: u64,
    /// Money that it used, in millionths, as far as is known.
    pub cost_micros: u64,
}

/// How an attempt ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum AttemptOutcome {
    /// With a result.
    Completed,
    /// With an error.
    Failed,
    /// By a deadline.
    TimedOut,
    /// Somebody cancelled the task.
    Canceled,
    /// Its worker died.
    Lost,
    /// Handed back; it does not count.
    HandedBack,
    /// The task was paused at a checkpoint; it does not count.
    Paused,
    /// The agent refused the task before it began; it does not count.
    Refused,
}

/// One execution of a task.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AttemptView {
    /// The attempt.
    pub id: AttemptId,
    /// Its number; 1 is the first. An attempt that was handed back, paused or refused shares its number with the next.
    pub number: u32,
    /// The fencing token it worked under.
    pub lease: i64,
    /// Who worked.
    pub agent: AgentRef,
    /// Where; absent for what was begun before servers had names.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub server: Option<ServerRef>,
    /// Since when the task was ready for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ready_at: Option<Timestamp>,
    /// When the agent was chosen.
    pub assigned_at: Timestamp,
    /// When the agent began.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started_at: Option<Timestamp>,
    /// When it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<Timestamp>,
    /// How it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<AttemptOutcome>,
    /// Why it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<Failure>,
    /// Why this agent.
    pub explanation: Explanation,
}

/// Why an agent was chosen: the best candidates with their score terms, and why the others fell.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Explanation {
    /// The strategy that chose.
    pub strategy: String,
    /// The best eight, the chosen one first.
    pub candidates: Vec<Candidate>,
    /// How many agents fell to which reason.
    pub rejected: Vec<Rejection>,
    /// The version of the agent that was chosen; absent while none is, and for what was begun before agents had one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
}

/// An agent that could have done it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Candidate {
    /// The agent.
    pub agent: AgentRef,
    /// The sum of its terms; the highest wins.
    pub score: f64,
    /// What the score is made of.
    pub terms: Vec<ScoreTerm>,
}

/// One part of a score.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ScoreTerm {
    /// What was looked at, as `free_slots`.
    pub name: String,
    /// What was seen.
    pub value: f64,
    /// What it counts.
    pub weight: f64,
}

/// Why agents were out of the question.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Rejection {
    /// The reason: `skill`, `labels`, `refused`, `draining`, `unhealthy`, `circuit_open`, `no_slot`, `no_capacity`; `not_running`, if no
    /// server that lives carries it; or `not_sampled`, if the strategy looks at two by lot and the agent was not drawn.
    pub reason: String,
    /// How many.
    pub count: u32,
}

/// How many tasks are in each state now; states without tasks are absent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct StateCount {
    /// The state.
    pub state: TaskState,
    /// How many.
    pub count: u64,
}
