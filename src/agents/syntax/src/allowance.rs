//! How long may one file take, and has it taken that long?

use std::time::Duration;

use baton_agents_runtime::{Context, SkillError, Stopwatch};
use baton_domain::problem::Code;

/// How long one file is read at most, in all its steps together. Files of ordinary code take milliseconds; what takes longer than
/// this nests or errs thousandfold.
pub const FILE_TIME: Duration = Duration::from_secs(10);
/// How long all files of a task are read at most; it lies below the CPU time that skills which read many files are given.
pub const TASK_TIME: Duration = Duration::from_secs(400);

/// The time that a piece of work has, and whether somebody asked to stop.
#[derive(Debug)]
pub struct Allowance<'a> {
    context: &'a Context,
    clock: Stopwatch,
    limit: Duration,
}

impl<'a> Allowance<'a> {
    /// Begins now.
    #[must_use]
    pub fn new(context: &'a Context, limit: Duration) -> Self {
        Self { context, clock: context.stopwatch(), limit }
    }

    /// The attempt.
    #[must_use]
    pub const fn context(&self) -> &'a Context {
        self.context
    }

    /// The time that has passed.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        self.clock.elapsed()
    }

    /// Whether the time is over.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.clock.elapsed() >= self.limit
    }

    /// Whether to stop at once, for whichever reason.
    #[must_use]
    pub fn stops(&self) -> bool {
        self.context.is_canceled() || self.is_over()
    }

    /// Goes on only if nobody asked to stop and there is time left.
    ///
    /// # Errors
    /// `CODE-007` when the time is over, and when somebody asks to stop.
    pub fn check(&self) -> Result<(), SkillError> {
        self.context.check()?;
        if self.is_over() { Err(self.too_slow()) } else { Ok(()) }
    }

    /// What is said when the time is over.
    #[must_use]
    pub fn too_slow(&self) -> SkillError {
        let message = format!("reading it took longer than {} s; leave generated code out, or split it.", self.limit.as_secs_f32());
        SkillError::new(Code::SourceTooSlow, message)
    }
}

/// Whether an error says that the time is over.
#[must_use]
pub fn is_too_slow(error: &SkillError) -> bool {
    error.code == Code::SourceTooSlow.as_str()
}
