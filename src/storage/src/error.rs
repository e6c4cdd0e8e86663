//! How storage fails.

use baton_domain::problem::{Code, Problem};

/// Why something could not be stored or read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// Storage does not answer, or not in time.
    #[error("storage does not answer: {0}")]
    Unavailable(String),
    /// There is no room left.
    #[error("storage is full")]
    Full,
    /// A row with this unique value exists.
    #[error("{0} exists already")]
    Conflict(&'static str),
    /// Something stored does not read back.
    #[error("stored data is damaged: {0}")]
    Corrupt(String),
    /// The database was made by a newer version.
    #[error("the database has migration {found}, this program knows only up to {known}")]
    TooNew {
        /// The newest migration in the database.
        found: i64,
        /// The newest one this program has.
        known: i64,
    },
    /// The SQLite library can lose commits.
    #[error("SQLite {found} is older than {needed}")]
    LibraryTooOld {
        /// The library's version.
        found: String,
        /// The oldest that is safe.
        needed: &'static str,
    },
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Full => {
                Self::new(Code::StorageFull, "Free space on the server's disk; nothing that was accepted is lost.").retry_after(30)
            }
            StoreError::Unavailable(_) => Self::new(Code::StorageUnavailable, "Try again in a moment.").retry_after(2),
            StoreError::Conflict(what) => Self::new(Code::Internal, format!("{what} exists already.")),
            other => Self::new(Code::Internal, format!("{other}. The server's log says more.")),
        }
    }
}
