//! Why does a command not start, and what can be done about it? Each reason has its stable code.

use std::fmt;

use baton_domain::problem::{Code, Problem};
use baton_orchestration::EngineError;
use baton_storage::StoreError;

/// Why a command failed.
#[derive(Debug)]
pub(crate) struct StartError {
    code: Code,
    message: String,
}

impl StartError {
    /// A failure with its code; `message` says what happened and what to do.
    pub(crate) fn new(code: Code, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }

    /// What storage says when it is opened.
    pub(crate) fn opening(path: &std::path::Path, error: StoreError) -> Self {
        let path = path.display();
        match error {
            StoreError::TooNew { found, known } => Self::new(
                Code::DatabaseTooNew,
                format!(
                    "{path} was made by a newer Baton (migration {found}; this one knows up to {known}). Start the newer version, or use another data folder."
                ),
            ),
            StoreError::LibraryTooOld { found, needed } => {
                Self::new(Code::SqliteTooOld, format!("SQLite {found} can lose commits; build Baton with SQLite {needed} or newer."))
            }
            StoreError::Full => Self::new(Code::StorageFull, format!("There is no room left for {path}.")),
            error => Self::new(Code::DataFolderUnusable, format!("{path} cannot be opened: {error}.")),
        }
    }

    /// What a database server says when it is opened; `place` is its address without secrets.
    pub(crate) fn connecting(place: &str, error: StoreError) -> Self {
        match error {
            StoreError::TooNew { found, known } => Self::new(
                Code::DatabaseTooNew,
                format!("{place} was made by a newer Baton (migration {found}; this one knows up to {known}). Start the newer version."),
            ),
            StoreError::Full => Self::new(Code::StorageFull, format!("There is no room left for {place}.")),
            StoreError::Unavailable(why) => Self::new(
                Code::DatabaseUnreachable,
                format!("{place}: {why}. Check that it runs, and the address, user, password and certificate."),
            ),
            error => Self::new(Code::Internal, format!("{place} cannot be used: {error}.")),
        }
    }
}

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({}): {}", self.code.title(), self.code.as_str(), self.message)
    }
}

impl std::error::Error for StartError {}

impl From<EngineError> for StartError {
    fn from(error: EngineError) -> Self {
        match error {
            EngineError::OtherKey(name) => Self::new(
                Code::ConfigurationInvalid,
                format!(
                    "{name}, which runs on the same database, signs access tokens with another key, so neither would believe the other's. Give all servers the same one: copy token.key and name it with BATON_TOKEN_KEY_FILE, or set BATON_TOKEN_KEY."
                ),
            ),
            EngineError::Store(error) => Self::from(Problem::from(error)),
            error => Self::new(Code::ConfigurationInvalid, format!("the engine did not start: {error}")),
        }
    }
}

impl From<Problem> for StartError {
    fn from(problem: Problem) -> Self {
        let code = Code::ALL.iter().copied().find(|code| problem.is(*code)).unwrap_or(Code::Internal);
        let fields: Vec<String> = problem.errors.iter().map(|error| format!("{}: {}", error.field, error.message)).collect();
        let message = if fields.is_empty() { problem.detail } else { format!("{} {}", problem.detail, fields.join("; ")) };
        Self { code, message }
    }
}
