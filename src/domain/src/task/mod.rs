//! What a task is: its states, how they change, its order in the queue, its retries and its deadlines.

mod priority;
mod retry;
mod state;
mod timeouts;
mod transition;

pub use priority::{AGING_STEP, InvalidPriority, Priority};
pub use retry::{Jitter, RetryPolicy};
pub use state::{TaskState, WaitKind};
pub use timeouts::{MAXIMUM_TIMEOUT_MS, Timeouts};
pub use transition::{AttemptEffect, IllegalTransition, TABLE, Transition, Trigger, apply};
