//! How are other people's databases asked? One statement that reads, over one connection to an address that was checked, within bounds.
//!
//! The database itself keeps the statement from writing: it runs in a transaction that is READ ONLY, alone in its message. What reads
//! files of the server, opens other connections or holds locks is refused by name before it is sent ([`refused`]). Bytes pass through
//! a relay of ours ([`relay`]), which counts them, and which alone decides where they go.

mod address;
mod error;
mod mysql;
mod postgres;
mod relay;
mod statement;

use std::path::Path;
use std::time::Duration;

use baton_clients::egress::Guard;

pub use address::{Address, Engine};
pub use error::DatabaseError;
pub use statement::{MAXIMUM_STATEMENT_BYTES, refused};

/// What one question may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// How long the connection may take to come up, the proof of who Baton is included.
    pub connect: Duration,
    /// How long the statement may run, and its rows may travel.
    pub statement: Duration,
    /// The most bytes that the database may send.
    pub bytes: u64,
}

impl Default for Bounds {
    fn default() -> Self {
        Self { connect: Duration::from_secs(10), statement: Duration::from_secs(60), bytes: 128 << 20 }
    }
}

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ColumnKind {
    /// Whole numbers.
    Integer,
    /// Other numbers.
    Number,
    /// Truth values, given as `1` and `0`.
    Boolean,
    /// Anything else, as the database writes it.
    Text,
}

/// A column of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// What it holds.
    pub kind: ColumnKind,
}

/// Who takes the rows of an answer.
pub trait Sink {
    /// The columns, once, before the first row.
    ///
    /// # Errors
    /// If they are not wanted: the question ends.
    fn columns(&mut self, columns: Vec<Column>) -> Result<(), DatabaseError>;

    /// A row, with a text for each column that is not NULL.
    ///
    /// # Errors
    /// If no more rows are wanted: the question ends.
    fn row(&mut self, cells: &[Option<&str>]) -> Result<(), DatabaseError>;
}

/// Asks a database. Its server is told to stop if `canceled` comes first, or if anything else ends the question early.
///
/// # Errors
/// `EGRESS-…` for a host that may not be reached, `DATA-030` to `DATA-033` for the statement and its answer, `DATA-041` and `DATA-042`
/// if there is no connection.
pub async fn ask(
    address: &Address,
    guard: &Guard,
    folder: &Path,
    sql: &str,
    bounds: Bounds,
    sink: &mut (dyn Sink + Send),
    canceled: impl Future<Output = ()>,
) -> Result<(), DatabaseError> {
    if let Some(why) = refused(address.engine, sql) {
        return Err(DatabaseError::forbidden(why));
    }
    let host = tokio::time::timeout(bounds.connect, guard.admit(&address.checked))
        .await
        .map_err(|_| DatabaseError::unreachable("its name did not resolve in time"))?
        .map_err(DatabaseError::of_egress)?;
    match address.engine {
        Engine::Postgres => postgres::ask(address, &host, folder, sql, bounds, sink, canceled).await,
        Engine::Mysql => mysql::ask(address, &host, folder, sql, bounds, sink, canceled).await,
    }
}
