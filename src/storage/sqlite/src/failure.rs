//! What an error of SQLite means to whoever wanted to store something.

use baton_storage::StoreError;
use rusqlite::ErrorCode;
use rusqlite::ffi::{SQLITE_CONSTRAINT_PRIMARYKEY, SQLITE_CONSTRAINT_UNIQUE};

/// Translates an error of the driver.
pub(crate) fn failed(error: rusqlite::Error) -> StoreError {
    if let rusqlite::Error::SqliteFailure(cause, _) = &error {
        match (cause.code, cause.extended_code) {
            (ErrorCode::DiskFull, _) => return StoreError::Full,
            (_, SQLITE_CONSTRAINT_UNIQUE | SQLITE_CONSTRAINT_PRIMARYKEY) => return StoreError::Conflict("a row with this key"),
            _ => {}
        }
    }
    tracing::warn!(%error, "SQLite refused a statement");
    StoreError::Unavailable(error.to_string())
}
