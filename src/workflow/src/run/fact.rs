//! What can happen to a run?

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::key::Key;

/// Something that has happened. Each is recorded once, with its time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "fact", rename_all = "snake_case")]
pub enum Fact {
    /// A task, a run of another workflow or a decision has ended. What was never begun because it was cancelled first has ended too, as cancelled.
    Ended {
        /// What was begun with this key.
        key: Key,
        /// How it ended.
        outcome: Outcome,
        /// What it used.
        #[serde(default)]
        usage: Usage,
    },
    /// Somebody agrees.
    Approved {
        /// The approval.
        key: Key,
        /// The hash of what they saw.
        hash: String,
        /// Who.
        by: Person,
        /// What they say.
        comment: Option<String>,
    },
    /// Somebody refuses.
    Refused {
        /// The approval.
        key: Key,
        /// The hash of what they saw.
        hash: String,
        /// Who.
        by: Person,
        /// What they say.
        comment: Option<String>,
    },
    /// A signal has come.
    Signal {
        /// By which a signal that comes twice is known.
        id: String,
        /// Its name.
        name: String,
        /// What it brings.
        payload: Value,
    },
    /// A timer has run out.
    Timer {
        /// The timer.
        key: Key,
    },
    /// Somebody pauses the run.
    Paused,
    /// Somebody lets it go on.
    Resumed,
    /// Somebody cancels it.
    Canceled,
    /// Somebody begins steps anew after the run has ended.
    Retried {
        /// The steps; all that have failed, and were neither forgiven nor handled, when it is empty. Those that were cancelled are begun anew with any of them.
        steps: Vec<String>,
        /// Who: they may not decide on approvals of what they begin.
        by: Person,
    },
}

/// How a task, a run or a decision has ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// With this output.
    Completed(Value),
    /// For good, after all its attempts.
    Failed {
        /// The code.
        code: String,
        /// What happened.
        message: String,
    },
    /// Because somebody asked.
    Canceled,
}

/// What was used up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Usage {
    /// Tokens of language models.
    pub tokens: u64,
    /// Money, in millionths of the installation's currency.
    pub cost_micros: u64,
    /// Tasks, runs and decisions that it has begun in turn.
    #[serde(default)]
    pub tasks: u64,
}

/// Somebody who decides on an approval or begins steps anew.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    /// As the run's `requested_by` names people.
    pub name: String,
    /// Their roles.
    pub roles: Vec<String>,
}
