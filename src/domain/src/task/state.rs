//! Which states a task can be in.

use serde::{Deserialize, Serialize};

use crate::named::named_enum;

named_enum!(
    /// Where a task is in its life. What each means to A2A, MCP and Temporal: `docs/api-design.md`.
    TaskState {
        /// Ready, or ready at its `not_before`; waits for an agent.
        Queued = "queued",
        /// Given to an agent, which has not begun.
        Assigned = "assigned",
        /// An agent works on it.
        Running = "running",
        /// Stands still until something happens; `wait_kind` says what.
        Waiting = "waiting",
        /// Stopped by a person; resumes by hand.
        Paused = "paused",
        /// Ended with a result.
        Completed = "completed",
        /// Ended with an error.
        Failed = "failed",
        /// Ended because somebody asked.
        Canceled = "canceled",
        /// Ended before it began: an agent, a policy or a budget refused it.
        Rejected = "rejected",
        /// Ended by one of its deadlines.
        TimedOut = "timed_out",
    }
);

impl TaskState {
    /// Whether the task has ended; such a row never changes again.
    #[must_use]
    pub const fn is_terminal(self) -> bool {
        matches!(self, Self::Completed | Self::Failed | Self::Canceled | Self::Rejected | Self::TimedOut)
    }

    /// Whether an agent holds a lease on the task.
    #[must_use]
    pub const fn holds_lease(self) -> bool {
        matches!(self, Self::Assigned | Self::Running)
    }
}

named_enum!(
    /// What a waiting task waits for.
    WaitKind {
        /// An instant: its `run_at`.
        Timer = "timer",
        /// Other tasks to complete.
        Dependency = "dependency",
        /// Input from a person.
        Input = "input",
        /// Credentials.
        Auth = "auth",
        /// A person's approval.
        Approval = "approval",
        /// A decision between agents.
        Decision = "decision",
        /// A task of its own.
        Child = "child",
        /// Budget.
        Budget = "budget",
    }
);
