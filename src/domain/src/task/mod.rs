//! What a task is: its states, how they change, its order in the queue, its retries and its deadlines.

mod budget;
mod fairness;
mod priority;
mod retry;
mod state;
mod timeouts;
mod title;
mod transition;

pub use budget::{Budget, SharedBudget, TaskBudget};
pub use fairness::{DEFAULT_FAIRNESS_WEIGHT, FAIRNESS_WEIGHTS, MAXIMUM_FAIRNESS_KEY, invalid_fairness_key};
pub use priority::{AGING_STEP, InvalidPriority, Priority};
pub use retry::{Jitter, MAXIMUM_RETRY_AFTER, RetryPolicy, is_final};
pub use state::{TaskState, WaitKind};
pub use timeouts::{MAXIMUM_TIMEOUT_MS, Timeouts};
pub use title::{MAXIMUM_AUTOMATIC_TITLE, MAXIMUM_TITLE_BYTES, automatic_title, within};
pub use transition::{AttemptEffect, IllegalTransition, TABLE, Transition, Trigger, apply};
