//! How are MySQL and MariaDB asked? In a transaction that is READ ONLY, with a second connection beside it that can end the statement.

use std::path::Path;

use baton_clients::egress::Admitted;
use baton_domain::problem::Code;
use futures::TryStreamExt;
use sqlx::{AssertSqlSafe, Column as _, ConnectOptions, Error, Executor, Row, SqlSafeStr, TypeInfo};
use sqlx_mysql::{MySqlConnectOptions, MySqlConnection, MySqlDatabaseError, MySqlRow};

use crate::relay::Relay;
use crate::statement::bare;
use crate::{Address, Bounds, Column, ColumnKind, DatabaseError, Sink};

/// The most bytes that the second connection, which asks for nothing, may be sent.
const WATCHED_BYTES: u64 = 1 << 20;

pub(crate) async fn ask(
    address: &Address,
    host: &Admitted,
    folder: &Path,
    sql: &str,
    bounds: Bounds,
    sink: &mut (dyn Sink + Send),
    canceled: impl Future<Output = ()>,
) -> Result<(), DatabaseError> {
    let late = |_| DatabaseError::unreachable("it did not answer in time");
    let (relay, mut connection) = tokio::time::timeout(bounds.connect, open(address, host, folder, bounds.bytes)).await.map_err(late)??;
    // The server does not look whether anybody still waits for an answer, so another connection stands by to say so.
    let (_watching, mut watch) = tokio::time::timeout(bounds.connect, open(address, host, folder, WATCHED_BYTES)).await.map_err(late)??;
    let number: u64 =
        sqlx::query_scalar("SELECT CAST(CONNECTION_ID() AS UNSIGNED)").fetch_one(&mut connection).await.map_err(|error| refused(&error))?;
    // MariaDB counts seconds, MySQL milliseconds.
    let limits = [
        format!("SET SESSION max_statement_time = {}", bounds.statement.as_secs_f64()),
        format!("SET SESSION max_execution_time = {}", bounds.statement.as_millis()),
    ];
    let mut limited = false;
    for limit in limits {
        limited |= run(&mut connection, limit).await.is_ok();
    }
    if !limited {
        return Err(DatabaseError::unreachable("its statements cannot be limited in time"));
    }
    for setting in ["SET SESSION lock_wait_timeout = 5", "SET SESSION TRANSACTION READ ONLY", "START TRANSACTION READ ONLY"] {
        run(&mut connection, setting.to_owned()).await.map_err(|error| refused(&error))?;
    }
    let answered = tokio::select! {
        answered = tokio::time::timeout(bounds.statement, fetch(&mut connection, sql, sink)) => answered.unwrap_or(Err(Ended::Late)),
        () = canceled => Err(Ended::Sink(DatabaseError::canceled())),
    };
    if answered.is_err() {
        // A statement that has ended by itself is not there to be killed, which is fine.
        let _ = run(&mut watch, format!("KILL QUERY {number}")).await;
    }
    answered.map_err(|ended| match ended {
        Ended::Sink(error) => error,
        Ended::Late => DatabaseError::late(bounds.statement),
        Ended::Sql(_) if relay.is_full() => DatabaseError::large(bounds.bytes),
        Ended::Sql(error) => explained(&error, bounds),
    })
}

enum Ended {
    Sql(Error),
    Sink(DatabaseError),
    Late,
}

impl From<Error> for Ended {
    fn from(error: Error) -> Self {
        Self::Sql(error)
    }
}

async fn open(address: &Address, host: &Admitted, folder: &Path, bytes: u64) -> Result<(Relay, MySqlConnection), DatabaseError> {
    let relay = Relay::open(&host.addresses, address.port, folder, bytes).await.map_err(DatabaseError::unreachable)?;
    let mut options = MySqlConnectOptions::new()
        .host(&address.host)
        .port(address.port)
        .socket(&relay.path)
        .username(&address.user)
        .ssl_mode(address.mysql_tls())
        .statement_cache_capacity(0);
    if let Some(password) = &address.password {
        options = options.password(password);
    }
    if let Some(database) = &address.database {
        options = options.database(database);
    }
    if let Some(path) = &address.authority {
        options = options.ssl_ca(path);
    }
    let connection = options.disable_statement_logging().connect().await.map_err(|error| refused(&error))?;
    Ok((relay, connection))
}

async fn run(connection: &mut MySqlConnection, sql: String) -> Result<(), Error> {
    sqlx::raw_sql(AssertSqlSafe(sql)).execute(connection).await.map(drop)
}

async fn fetch(connection: &mut MySqlConnection, sql: &str, sink: &mut (dyn Sink + Send)) -> Result<(), Ended> {
    // What can be prepared is one statement; then it is sent as it is, for an answer in texts whatever the types are.
    let prepared = connection.prepare(AssertSqlSafe(bare(sql).to_owned()).into_sql_str()).await?;
    let columns: Vec<Column> = sqlx::Statement::columns(&prepared).iter().map(column).collect();
    if columns.is_empty() {
        return Err(Ended::Sink(DatabaseError::forbidden("the statement answers no rows")));
    }
    let width = columns.len();
    drop(prepared);
    sink.columns(columns).map_err(Ended::Sink)?;
    let mut rows = sqlx::raw_sql(AssertSqlSafe(bare(sql).to_owned())).fetch(connection);
    while let Some(row) = rows.try_next().await? {
        give(&row, width, sink)?;
    }
    Ok(())
}

fn column(column: &sqlx_mysql::MySqlColumn) -> Column {
    let name = column.type_info().name();
    let kind = match name {
        "BOOLEAN" | "YEAR" => ColumnKind::Integer,
        "FLOAT" | "DOUBLE" | "DECIMAL" => ColumnKind::Number,
        _ if name.contains("INT") => ColumnKind::Integer,
        _ => ColumnKind::Text,
    };
    Column { name: column.name().to_owned(), kind }
}

fn give(row: &MySqlRow, width: usize, sink: &mut (dyn Sink + Send)) -> Result<(), Ended> {
    let mut texts = Vec::with_capacity(width);
    for place in 0..width {
        let bytes: Option<&[u8]> = row.try_get_unchecked(place)?;
        texts.push(bytes.map(|bytes| match std::str::from_utf8(bytes) {
            Ok(text) => std::borrow::Cow::Borrowed(text),
            Err(_) => std::borrow::Cow::Owned(bytes.iter().map(|byte| format!("{byte:02x}")).collect()),
        }));
    }
    let cells: Vec<Option<&str>> = texts.iter().map(Option::as_deref).collect();
    sink.row(&cells).map_err(Ended::Sink)
}

fn number_of(error: &Error) -> Option<(u16, String)> {
    let Error::Database(inner) = error else { return None };
    inner.try_downcast_ref::<MySqlDatabaseError>().map(|inner| (inner.number(), inner.message().to_owned()))
}

/// Why there is no connection.
fn refused(error: &Error) -> DatabaseError {
    match number_of(error) {
        // Access denied to the server or the database; no such database; accounts that are locked or out of date.
        Some((1044 | 1045 | 1049 | 1130 | 1698 | 1820 | 1862 | 3118 | 4151, message)) => DatabaseError::signed_out(message),
        Some((_, message)) => DatabaseError::unreachable(message),
        None => DatabaseError::unreachable(error),
    }
}

fn explained(error: &Error, bounds: Bounds) -> DatabaseError {
    match number_of(error) {
        // Read-only transaction; not allowed to whoever asks; read-only server.
        Some((1792 | 1142 | 1143 | 1044 | 1227 | 1370 | 1290, message)) => DatabaseError::forbidden(message),
        // Interrupted, or over its time, in MariaDB and in MySQL; a lock that did not come.
        Some((1317 | 1969 | 3024 | 1205, _)) => DatabaseError::late(bounds.statement),
        Some((1104 | 1038 | 1114 | 1153, message)) => DatabaseError::lasting(Code::QueryTooLarge, format!("sql: {message}. Filter first.")),
        Some((_, message)) => DatabaseError::wrong(message),
        None => DatabaseError::unreachable(error),
    }
}
