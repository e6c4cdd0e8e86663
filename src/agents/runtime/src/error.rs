//! How an agent says that it could not do the work.

use baton_domain::problem::Code;
use baton_domain::wire::task::Failure;

/// Why a skill failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{code}: {message}")]
pub struct SkillError {
    /// The stable code, as `DATA-001`.
    pub code: String,
    /// What happened and what to do.
    pub message: String,
    /// Whether another attempt could succeed. Wrong input stays wrong; an outside service may come back.
    pub retryable: bool,
    /// Milliseconds to wait before the next attempt, if whoever refused said so.
    pub retry_after_ms: Option<u64>,
    /// Whether the agent refuses the task rather than fails at it: see [`refuse`](Self::refuse).
    pub refuses: bool,
}

impl SkillError {
    /// An error that another attempt would meet again.
    #[must_use]
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self { code: code.as_str().to_owned(), message: message.into(), retryable: false, retry_after_ms: None, refuses: false }
    }

    /// An error that may pass.
    #[must_use]
    pub fn passing(code: Code, message: impl Into<String>) -> Self {
        Self { retryable: true, ..Self::new(code, message) }
    }

    /// The input lacks something or has too much of it, in a way that its schema cannot say.
    #[must_use]
    pub fn input(field: &str, message: impl std::fmt::Display) -> Self {
        Self::new(Code::InputRejected, format!("{field}: {message}"))
    }

    /// The agent does not take this task: another agent with the skill is asked, and if every one refuses, the task is rejected with this
    /// code and message. The attempt does not count, and nobody is blamed.
    ///
    /// Only before anything else was done with the context: who has logged, shown progress, stored, asked or kept a checkpoint has begun, and a
    /// refusal after that counts as a failure of the agent (`ATTEMPT-004`). So does one whose code is not 1 to
    /// [`MAXIMUM_REFUSAL_CODE`](crate::protocol::MAXIMUM_REFUSAL_CODE) letters, digits, `-`, `_` and `.`, or whose message has more than
    /// [`MAXIMUM_REFUSAL_MESSAGE`](crate::protocol::MAXIMUM_REFUSAL_MESSAGE) bytes.
    #[must_use]
    pub fn refuse(code: &str, message: impl Into<String>) -> Self {
        Self { code: code.to_owned(), message: message.into(), retryable: false, retry_after_ms: None, refuses: true }
    }

    /// Something that should not happen.
    #[must_use]
    pub fn internal(message: impl Into<String>) -> Self {
        Self::passing(Code::Internal, message)
    }
}

impl From<SkillError> for Failure {
    fn from(error: SkillError) -> Self {
        Self { code: error.code, message: error.message, retryable: error.retryable }
    }
}
