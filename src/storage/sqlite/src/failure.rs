//! What an error of SQLite means to whoever wanted to store something.

use baton_storage::StoreError;

/// The primary result codes that mean something to a caller; from sqlite3.h.
const SQLITE_FULL: &str = "13";
const SQLITE_CONSTRAINT_UNIQUE: &str = "2067";
const SQLITE_CONSTRAINT_PRIMARYKEY: &str = "1555";

/// Translates an error of the driver.
pub(crate) fn failed(error: sqlx::Error) -> StoreError {
    if let sqlx::Error::Database(database) = &error {
        match database.code().as_deref() {
            Some(SQLITE_FULL) => return StoreError::Full,
            Some(SQLITE_CONSTRAINT_UNIQUE | SQLITE_CONSTRAINT_PRIMARYKEY) => return StoreError::Conflict("a row with this key"),
            _ => {}
        }
    }
    tracing::warn!(%error, "SQLite refused a statement");
    StoreError::Unavailable(error.to_string())
}
