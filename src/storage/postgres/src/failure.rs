//! What an error of PostgreSQL means to whoever wanted to store something.

use baton_storage::StoreError;

/// Why a statement failed, as far as the writers can do something about it.
#[derive(Debug, Clone)]
pub(crate) enum Fault {
    /// It would fail again.
    Store(StoreError),
    /// It lost against another transaction; nothing is wrong with it.
    Again(String),
    /// The connection is of no more use.
    Gone(String),
}

impl From<StoreError> for Fault {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<Fault> for StoreError {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Store(error) => error,
            Fault::Again(text) | Fault::Gone(text) => Self::Unavailable(text),
        }
    }
}

/// The codes that mean something to a caller; from the manual's appendix A.
mod code {
    pub(super) const DISK_FULL: &str = "53100";
    pub(super) const UNIQUE_VIOLATION: &str = "23505";
    pub(super) const SERIALIZATION_FAILURE: &str = "40001";
    pub(super) const DEADLOCK_DETECTED: &str = "40P01";
    pub(super) const LOCK_NOT_AVAILABLE: &str = "55P03";
    /// The server has become a standby: another one takes writes now.
    pub(super) const READ_ONLY: &str = "25006";
    /// The server ended the session, because it was idle within a transaction or for a limit of its own.
    pub(super) const SESSION_TIMEOUTS: [&str; 3] = ["25P03", "25P04", "57P05"];
    /// Shutdown, crash, still starting, the database was dropped.
    pub(super) const SHUTDOWN: &str = "57P0";
    pub(super) const CONNECTION: &str = "08";
}

/// Translates an error of the driver.
pub(crate) fn failed(error: sqlx::Error) -> Fault {
    let text = error.to_string();
    let fault = match &error {
        sqlx::Error::Database(database) => by_code(database.code().as_deref().unwrap_or_default(), text),
        sqlx::Error::ColumnDecode { .. }
        | sqlx::Error::ColumnNotFound(_)
        | sqlx::Error::ColumnIndexOutOfBounds { .. }
        | sqlx::Error::Decode(_)
        | sqlx::Error::Encode(_)
        | sqlx::Error::RowNotFound
        | sqlx::Error::TypeNotFound { .. } => Fault::Store(StoreError::Corrupt(text)),
        sqlx::Error::Configuration(_) => Fault::Store(StoreError::Unavailable(text)),
        _ => Fault::Gone(text),
    };
    match fault {
        // The writers say it if it happens too often.
        Fault::Again(_) => tracing::debug!(%error, "PostgreSQL asked for another try"),
        Fault::Store(StoreError::Conflict(_)) => {}
        _ => tracing::warn!(%error, "PostgreSQL refused a statement"),
    }
    fault
}

fn by_code(code: &str, text: String) -> Fault {
    match code {
        code::DISK_FULL => Fault::Store(StoreError::Full),
        code::UNIQUE_VIOLATION => Fault::Store(StoreError::Conflict("a row with this key")),
        code::SERIALIZATION_FAILURE | code::DEADLOCK_DETECTED | code::LOCK_NOT_AVAILABLE => Fault::Again(text),
        code::READ_ONLY => Fault::Gone(text),
        _ if code::SESSION_TIMEOUTS.contains(&code) || code.starts_with(code::SHUTDOWN) || code.starts_with(code::CONNECTION) => {
            Fault::Gone(text)
        }
        _ => Fault::Store(StoreError::Unavailable(text)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_may_succeed_later_is_tried_again() {
        let fault = |code| by_code(code, String::new());
        assert!(matches!(fault("40001"), Fault::Again(_)));
        assert!(matches!(fault("40P01"), Fault::Again(_)));
        assert!(matches!(fault("57P01"), Fault::Gone(_)));
        assert!(matches!(fault("08006"), Fault::Gone(_)));
        assert!(matches!(fault("25006"), Fault::Gone(_)));
        assert!(matches!(fault("53100"), Fault::Store(StoreError::Full)));
        assert!(matches!(fault("23505"), Fault::Store(StoreError::Conflict(_))));
        assert!(matches!(fault("42601"), Fault::Store(StoreError::Unavailable(_))));
    }

    #[test]
    fn a_lost_connection_is_storage_that_does_not_answer() {
        let error = sqlx::Error::Io(std::io::Error::from(std::io::ErrorKind::ConnectionReset));
        assert!(matches!(StoreError::from(failed(error)), StoreError::Unavailable(_)));
        assert!(matches!(StoreError::from(failed(sqlx::Error::PoolTimedOut)), StoreError::Unavailable(_)));
    }
}
