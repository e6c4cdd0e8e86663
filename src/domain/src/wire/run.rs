//! How runs of workflows are begun and shown.

use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use super::diff::{DiffKind, DiffPlace, DiffQuery, RunDiff, RunDivergence};
pub use super::fork::{ForkDraft, MAXIMUM_CHANGE_BYTES, MAXIMUM_RUN_TITLE, NewFork, RunFork, StepChange};
use super::workflow::WorkflowGraph;
use crate::id::{DecisionId, EventSeq, ProjectId, RunId, TaskId};
use crate::named::named_enum;
use crate::time::Timestamp;

/// The most bytes of a run's input, as JSON.
pub const MAXIMUM_RUN_INPUT_BYTES: usize = 1 << 20;
/// The most bytes of what a signal brings, as JSON.
pub const MAXIMUM_SIGNAL_BYTES: usize = 256 * 1024;
/// An output of a step or an item that is longer, as JSON, is left out of what shows all steps, or many items.
pub const MAXIMUM_SHOWN_BYTES: usize = 64 * 1024;

named_enum!(
    /// Where a run is in its life.
    RunState {
        /// It goes on.
        Running = "running",
        /// Nothing new begins; what has begun goes on.
        Paused = "paused",
        /// What has begun is being cancelled.
        Stopping = "stopping",
        /// It has ended well.
        Completed = "completed",
        /// It has ended with an error.
        Failed = "failed",
        /// It has ended because somebody asked.
        Canceled = "canceled",
    }
);

impl RunState {
    /// Whether it has ended; only a retry begins it anew.
    #[must_use]
    pub const fn is_ended(self) -> bool {
        matches!(self, Self::Completed | Self::Failed | Self::Canceled)
    }
}

named_enum!(
    /// Where a step is in its life.
    StepState {
        /// Something that it needs has not ended, or the run is paused.
        Pending = "pending",
        /// Somebody has to agree first.
        Approving = "approving",
        /// It is being done.
        Running = "running",
        /// What it has begun is being cancelled.
        Stopping = "stopping",
        /// It has ended well.
        Completed = "completed",
        /// It has ended with an error.
        Failed = "failed",
        /// It was not done.
        Skipped = "skipped",
        /// The run was stopped before it ended.
        Canceled = "canceled",
    }
);

impl StepState {
    /// Whether it has ended.
    #[must_use]
    pub const fn is_ended(self) -> bool {
        matches!(self, Self::Completed | Self::Failed | Self::Skipped | Self::Canceled)
    }
}

named_enum!(
    /// Where an item is in its life.
    ItemState {
        /// It has not begun.
        Waiting = "waiting",
        /// It is being done.
        Running = "running",
        /// It has ended well.
        Completed = "completed",
        /// It has ended with an error.
        Failed = "failed",
        /// It was cancelled.
        Canceled = "canceled",
    }
);

named_enum!(
    /// What a step waits for.
    WaitsFor {
        /// Other steps, which are named.
        Steps = "steps",
        /// Somebody's approval.
        Approval = "approval",
        /// Its tasks, runs or decisions, so many of which are under way.
        Work = "work",
        /// A signal, which is named.
        Signal = "signal",
        /// An instant.
        Time = "time",
        /// That the run goes on.
        Resumption = "resumption",
    }
);

/// A run to begin.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct NewRun {
    /// The workflow's name.
    pub workflow: String,
    /// Its version; the newest when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<u32>,
    /// What it is given; must fit the workflow's inputs.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(value_type = Object))]
    pub input: Value,
}

/// What a list of runs is filtered by. Filters add up.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default, deny_unknown_fields)]
pub struct RunFilter {
    /// Only runs of this workflow.
    pub workflow: Option<String>,
    /// Only this state.
    pub state: Option<RunState>,
    /// Only runs that go on, or only those that have ended.
    pub live: Option<bool>,
    /// Only those that this run has begun.
    pub parent: Option<RunId>,
    /// Where the page before ended.
    pub cursor: Option<String>,
    /// Rows of the page.
    pub limit: Option<u32>,
}

/// Which run of which step began something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RunParent {
    /// The run.
    pub run: RunId,
    /// Its step.
    pub step: String,
    /// The item of a `foreach`, counted from 0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub index: Option<u32>,
}

/// Why a run, a step or an item failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RunError {
    /// The stable code.
    pub code: String,
    /// What happened.
    pub message: String,
}

/// How many steps are where.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default)]
pub struct StepCounts {
    /// All of them.
    pub total: u32,
    /// Those that have ended, however.
    pub ended: u32,
    /// Those that are being done.
    pub running: u32,
    /// Those that wait for somebody's approval.
    pub approving: u32,
    /// Those that have failed.
    pub failed: u32,
}

/// A run as lists and events carry it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RunSummary {
    /// The run.
    pub id: RunId,
    /// Its project.
    pub project_id: ProjectId,
    /// The workflow's name.
    pub workflow: String,
    /// The version that it goes on with, whatever becomes of the workflow.
    pub version: u32,
    /// What people read: the workflow's title, or its name; of a fork what was said of it.
    pub title: String,
    /// Where it is in its life.
    pub state: RunState,
    /// How often it was begun anew, counted from 1.
    pub generation: u32,
    /// What began it, if it is part of another run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<RunParent>,
    /// What it was forked from, if it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub forked_from: Option<RunFork>,
    /// How its steps stand.
    pub steps: StepCounts,
    /// Tasks, runs and decisions that it has begun.
    pub tasks: u64,
    /// Tokens of language models used.
    pub tokens: u64,
    /// Money used, in the currency of the installation's prices.
    pub cost: f64,
    /// Why it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<RunError>,
    /// When it began.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
    /// When it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<Timestamp>,
    /// Who asked for it, as people read it.
    pub created_by: String,
    /// Who began it anew, if somebody did, as people read it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retried_by: Option<String>,
}

/// What a run may use.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RunLimits {
    /// Steps that begin, those of retries included.
    pub steps: u64,
    /// Tasks, runs and decisions that are begun.
    pub tasks: u64,
    /// From its beginning, or the last retry, to its end, in milliseconds.
    pub duration_ms: u64,
    /// Tokens of language models.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tokens: Option<u64>,
    /// Money, in the currency of the installation's prices.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost: Option<f64>,
}

/// What a step waits for now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct StepWait {
    /// What it is.
    pub kind: WaitsFor,
    /// Names: of steps, or of a signal.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub names: Vec<String>,
    /// When it ends by itself: the approval expires, the signal no longer comes, the time has come, the step has taken too long.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
}

/// A step of a run, as its page and the events `run.step` carry it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct StepView {
    /// The step's id.
    pub id: String,
    /// What people read: its title, or its id.
    pub label: String,
    /// `skill`, `workflow`, `decide`, `signal`, `delay` or `approve`.
    pub kind: String,
    /// The skill or workflow that it uses.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uses: Option<String>,
    /// Where it is in its life.
    pub state: StepState,
    /// How often it was begun anew, counted from 1.
    pub generation: u32,
    /// Whether it goes through a list.
    pub foreach: bool,
    /// How many items it has, once that is known.
    pub count: u32,
    /// Items that are being done.
    pub running: u32,
    /// Items that have completed.
    pub completed: u32,
    /// Items that have failed.
    pub failed: u32,
    /// What it waits for, if it does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waits: Option<StepWait>,
    /// Who decided on its approval, as people read it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decided_by: Option<String>,
    /// What they said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
    /// When its approval was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asked_at: Option<Timestamp>,
    /// When its work began.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started_at: Option<Timestamp>,
    /// When it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<Timestamp>,
    /// Why it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<RunError>,
    /// The run in which it was done, if it was not this one: that from which it was forked, or one before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub copied_from: Option<RunId>,
    /// What its one item is; absent of a `foreach`, whose items are a list of their own, and in events.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub item: Option<ItemView>,
}

/// A piece of a step's work.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ItemView {
    /// Its place in the list, from 0.
    pub index: u32,
    /// The step's generation when it was begun.
    pub generation: u32,
    /// Where it is in its life.
    pub state: ItemState,
    /// What it gave; absent also if it is too long to be shown here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<Object>))]
    pub output: Option<Value>,
    /// How long its output is, in bytes as JSON, if it is too long to be shown here; the task has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output_bytes: Option<u64>,
    /// Why it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<RunError>,
    /// Its task.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub task: Option<TaskId>,
    /// Its run of another workflow.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run: Option<RunId>,
    /// Its decision.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decision: Option<DecisionId>,
}

/// A part of a step's items.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default, deny_unknown_fields)]
pub struct ItemFilter {
    /// Where the page before ended.
    pub cursor: Option<String>,
    /// Rows of the page.
    pub limit: Option<u32>,
}

/// A signal that has come.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SignalView {
    /// By which it is known.
    pub id: String,
    /// Its name.
    pub name: String,
    /// What it brings.
    #[cfg_attr(feature = "openapi", schema(value_type = Object))]
    pub payload: Value,
    /// The step that has got it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub taken_by: Option<String>,
}

/// A run with everything about it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RunDetail {
    /// What lists show.
    pub summary: RunSummary,
    /// What it was given, with defaults.
    #[cfg_attr(feature = "openapi", schema(value_type = Object))]
    pub input: Value,
    /// What it gives, once completed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<Object>))]
    pub outputs: Option<Value>,
    /// Its steps, in the order of the document, which is that of the graph's nodes.
    pub steps: Vec<StepView>,
    /// The graph of its version, laid out for drawing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub graph: Option<WorkflowGraph>,
    /// What it may use.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limits: Option<RunLimits>,
    /// Signals that have come, the oldest first.
    pub signals: Vec<SignalView>,
    /// Of a fork, what it changed; those of the forks that it comes from too.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub changes: Vec<StepChange>,
    /// The last event that this takes into account; resume a subscription here.
    pub as_of: EventSeq,
}

/// Which steps are begun anew.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default, deny_unknown_fields)]
pub struct RunRetry {
    /// Steps that have failed or were cancelled; all of them when empty. Those that were cancelled are begun anew with any.
    pub steps: Vec<String>,
}

/// A signal for a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct NewSignal {
    /// Its name, as the step that waits for it says.
    pub name: String,
    /// What it brings; must fit the step's schema.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(value_type = Object))]
    pub payload: Value,
}
