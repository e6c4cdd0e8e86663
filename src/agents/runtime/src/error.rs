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
}

impl SkillError {
    /// An error that another attempt would meet again.
    #[must_use]
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self { code: code.as_str().to_owned(), message: message.into(), retryable: false, retry_after_ms: None }
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
