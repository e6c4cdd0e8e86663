//! What is a row of a run? One of the run, one a step, one an item that has begun, one a signal.

use std::collections::BTreeMap;

use baton_domain::problem::Code;
use baton_domain::time::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::command::Command;
use super::fork::{Change, ForkedFrom};

/// What never changes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Beginning {
    /// The run's id.
    pub id: String,
    /// The workflow's name.
    pub workflow: String,
    /// The hash of the document that the run goes on with, whatever becomes of the workflow.
    pub hash: String,
    /// Who asked for it.
    pub requested_by: String,
    /// When it began.
    pub started_at: Timestamp,
    /// What it was given, with defaults.
    pub input: Value,
    /// Who asked for it too: for a run that another one began, all who asked for that one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub others: Vec<String>,
    /// The run that it was forked from, and at which step.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub forked_from: Option<ForkedFrom>,
    /// The runs from which it comes by forks, the nearest last, and when they began: what was copied may speak of that.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub origins: Vec<(String, Timestamp)>,
    /// What is changed of its steps, by their ids: by the fork, and by those that it was forked from.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub changes: BTreeMap<String, Change>,
    /// What is left to it of the limits of the run that began it, if one did.
    #[serde(default, skip_serializing_if = "Allowance::is_none")]
    pub allowance: Allowance,
}

/// What a run may use beside the limits of its own document: its share of what was left to the run that began it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Allowance {
    /// Tasks, sub-workflows and decisions, with those below them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tasks: Option<u64>,
    /// Tokens of language models.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tokens: Option<u64>,
    /// Money, in millionths of the installation's currency.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost_micros: Option<u64>,
}

impl Allowance {
    /// Whether it says nothing.
    #[must_use]
    pub fn is_none(&self) -> bool {
        *self == Self::default()
    }

    /// What is less: what was given or what the document states.
    pub(super) fn least(given: Option<u64>, stated: Option<u64>) -> Option<u64> {
        match (given, stated) {
            (Some(given), Some(stated)) => Some(given.min(stated)),
            (given, stated) => given.or(stated),
        }
    }
}

macro_rules! states {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $text:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum $name { $($(#[$variant_doc])* $variant),+ }

        impl $name {
            /// The name on the wire and in storage.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text),+ }
            }
        }
    };
}

states!(
    /// Where a run is in its life.
    RunState {
        /// It goes on.
        #[default]
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
    /// Whether it has ended.
    #[must_use]
    pub const fn is_ended(self) -> bool {
        matches!(self, Self::Completed | Self::Failed | Self::Canceled)
    }
}

states!(
    /// Where a step is in its life.
    StepState {
        /// Something that it needs has not ended, or the run is paused.
        #[default]
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

states!(
    /// Where an item is in its life.
    ItemState {
        /// It has not begun.
        #[default]
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

states!(
    /// Why a step cancels what it has begun.
    StopReason {
        /// An item has failed.
        #[default]
        ItemFailed = "item_failed",
        /// Its time is over.
        TimedOut = "timed_out",
        /// The run is being stopped.
        RunStopped = "run_stopped",
    }
);

/// Why something failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepError {
    /// The code.
    pub code: String,
    /// What happened.
    pub message: String,
}

impl StepError {
    pub(super) fn new(code: Code, message: impl Into<String>) -> Self {
        Self { code: code.as_str().to_owned(), message: message.into() }
    }
}

/// How a run stands.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Header {
    /// Where it is in its life.
    pub state: RunState,
    /// How often it was begun anew, counted from 1.
    pub generation: u32,
    /// When this generation began: its duration counts from here.
    pub resumed_at: Timestamp,
    /// Who asked for this generation, if it is not the first.
    #[serde(default)]
    pub retried_by: Option<String>,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
    /// What it will have ended as, once all that was begun has ended.
    pub stopping_to: Option<RunState>,
    /// Why it failed.
    pub error: Option<StepError>,
    /// What it gives.
    pub outputs: Option<Value>,
    /// Steps that have begun.
    pub steps: u64,
    /// Tasks, runs and decisions that have begun, and those that ended runs and decisions have begun in turn.
    pub tasks: u64,
    /// Tokens used.
    pub tokens: u64,
    /// Money used, in millionths.
    pub cost_micros: u64,
}

impl Header {
    pub(super) const fn new(at: Timestamp) -> Self {
        Self {
            state: RunState::Running,
            generation: 1,
            resumed_at: at,
            retried_by: None,
            ended_at: None,
            stopping_to: None,
            error: None,
            outputs: None,
            steps: 0,
            tasks: 0,
            tokens: 0,
            cost_micros: 0,
        }
    }
}

/// How a step stands. The row is small whatever the step does: outputs are with the items.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StepRow {
    /// The step's id.
    pub step: String,
    /// Where it is in its life.
    pub state: StepState,
    /// How often it was begun anew, counted from 1.
    pub generation: u32,
    /// Whether it goes through a list.
    pub foreach: bool,
    /// How many items it has.
    pub count: u32,
    /// The first item that has never begun.
    pub next: u32,
    /// Items that are being done.
    pub running: u32,
    /// Items that have completed.
    pub completed: u32,
    /// Items that have failed.
    pub failed: u32,
    /// The hash of what is to be approved.
    pub approval: Option<String>,
    /// Who decided on its approval, and what they said.
    pub decided_by: Option<String>,
    /// What they said.
    pub comment: Option<String>,
    /// When its approval was asked for.
    pub asked_at: Option<Timestamp>,
    /// When its work began.
    pub started_at: Option<Timestamp>,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
    /// Why it is stopping.
    pub stopping: Option<StopReason>,
    /// Why it failed.
    pub error: Option<StepError>,
    /// The run in which all this was done, if it was not this one: that from which it was forked, or one before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub copied: Option<String>,
    /// Whether it was copied at first, and begun anew since: how it began in this run is not known any more.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub once_copied: bool,
}

impl StepRow {
    pub(super) fn new(id: &str) -> Self {
        Self {
            step: id.to_owned(),
            state: StepState::Pending,
            generation: 1,
            foreach: false,
            count: 0,
            next: 0,
            running: 0,
            completed: 0,
            failed: 0,
            approval: None,
            decided_by: None,
            comment: None,
            asked_at: None,
            started_at: None,
            ended_at: None,
            stopping: None,
            error: None,
            copied: None,
            once_copied: false,
        }
    }
}

/// An item that has begun; a step without `foreach` has one, with index 0.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ItemRow {
    /// The step's id.
    pub step: String,
    /// Its place in the list.
    pub index: u32,
    /// The step's generation when it was begun.
    pub generation: u32,
    /// Where it is in its life.
    pub state: ItemState,
    /// What it gave.
    pub output: Option<Value>,
    /// Why it failed.
    pub error: Option<StepError>,
}

/// A signal that has come.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SignalRow {
    /// By which it is known.
    pub id: String,
    /// Its name.
    pub name: String,
    /// What it brings.
    pub payload: Value,
    /// Its place among the run's signals: who waits gets the oldest.
    pub place: u32,
    /// The step that has got it.
    pub taken_by: Option<String>,
}

/// What one fact has changed, and what is to be done.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Effects {
    /// To be carried out in this order once the rows are stored.
    pub commands: Vec<Command>,
    /// The run's row, if it has changed.
    pub header: Option<Header>,
    /// The rows of steps that have changed.
    pub steps: Vec<StepRow>,
    /// Steps whose item rows are removed before those below are stored.
    pub cleared: Vec<String>,
    /// The rows of items that have changed.
    pub items: Vec<ItemRow>,
    /// The rows of signals that have changed.
    pub signals: Vec<SignalRow>,
    /// Whether the fact was told before or is about what is over.
    pub ignored: bool,
}
