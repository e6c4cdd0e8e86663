//! What can a run ask for?

use baton_domain::time::Timestamp;
use serde_json::Value;

use super::key::Key;
use super::rows::{RunState, StepError};
use crate::document::{Decide, RetryTerms};

/// Something to be done. Doing it again with the same key must do nothing more.
#[derive(Debug, Clone, PartialEq)]
pub enum Command {
    /// Submit a task.
    StartTask {
        /// The idempotency key.
        key: Key,
        /// The skill.
        skill: String,
        /// Its input.
        input: Value,
        /// What differs from the skill's own policy.
        retry: Option<RetryTerms>,
    },
    /// Begin a run of another workflow.
    StartRun {
        /// The idempotency key.
        key: Key,
        /// The workflow.
        workflow: String,
        /// Its input.
        input: Value,
        /// Who asks for it: whoever asked for this try of the run that begins it.
        requested_by: String,
    },
    /// Open a decision.
    OpenDecision {
        /// The idempotency key.
        key: Key,
        /// The skill whose answers are decided on; none for a question by itself.
        skill: Option<String>,
        /// The skill's input.
        input: Value,
        /// What is asked.
        question: Option<String>,
        /// What there is to choose from.
        options: Option<Value>,
        /// The terms, as the document states them.
        terms: Box<Decide>,
        /// When the verdict is due.
        deadline: Option<Timestamp>,
    },
    /// Ask for an approval.
    AskApproval {
        /// The idempotency key.
        key: Key,
        /// Of exactly what is approved; whoever decides gives it back.
        hash: String,
        /// What is approved: `uses`, `input` or `inputs`, and of a decision its `terms`, `question` and `options` (of each item, in a `foreach`).
        subject: Value,
        /// What is asked.
        message: Option<String>,
        /// Who may decide; anybody but the requester when it is empty.
        who: Vec<String>,
        /// Until when.
        expires_at: Timestamp,
    },
    /// Tell the run when this time has come.
    SetTimer {
        /// The timer.
        key: Key,
        /// When.
        at: Timestamp,
    },
    /// Cancel what was begun with this key, children included, and tell how it ended; what was never begun has ended as cancelled.
    Cancel {
        /// The task, run or decision.
        key: Key,
    },
    /// Take an approval back.
    WithdrawApproval {
        /// The approval.
        key: Key,
    },
    /// Pause a run of another workflow.
    PauseRun {
        /// The run.
        key: Key,
    },
    /// Let a run of another workflow go on that was paused by [`PauseRun`](Self::PauseRun); one that somebody has paused by themselves stays so.
    ResumeRun {
        /// The run.
        key: Key,
    },
    /// The run has ended: tell whoever waits for it.
    FinishRun {
        /// The end.
        key: Key,
        /// How.
        state: RunState,
        /// What it gives, if it has completed.
        outputs: Option<Value>,
        /// Why it has not.
        error: Option<StepError>,
    },
}

impl Command {
    /// The key that makes it idempotent.
    #[must_use]
    pub const fn key(&self) -> &Key {
        match self {
            Self::StartTask { key, .. }
            | Self::StartRun { key, .. }
            | Self::OpenDecision { key, .. }
            | Self::AskApproval { key, .. }
            | Self::SetTimer { key, .. }
            | Self::Cancel { key }
            | Self::WithdrawApproval { key }
            | Self::PauseRun { key }
            | Self::ResumeRun { key }
            | Self::FinishRun { key, .. } => key,
        }
    }

    /// Whether it begins work that will tell how it ended.
    #[must_use]
    pub const fn begins(&self) -> bool {
        matches!(self, Self::StartTask { .. } | Self::StartRun { .. } | Self::OpenDecision { .. })
    }
}
