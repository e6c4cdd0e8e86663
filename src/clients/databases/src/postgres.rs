//! How is PostgreSQL asked? Through a cursor in a transaction that is READ ONLY: only what answers rows can be declared as one.

use std::path::Path;

use baton_clients::egress::Admitted;
use futures::TryStreamExt;
use sqlx::postgres::{PgConnectOptions, PgConnection, PgDatabaseError, PgRow};
use sqlx::{AssertSqlSafe, Column as _, ConnectOptions, Error, Executor, Row, SqlSafeStr, TypeInfo};

use crate::relay::Relay;
use crate::statement::bare;
use crate::{Address, Bounds, Column, ColumnKind, DatabaseError, Sink};

/// Rows that are fetched at once.
const FETCHED: u32 = 500;

pub(crate) async fn ask(
    address: &Address,
    host: &Admitted,
    folder: &Path,
    sql: &str,
    bounds: Bounds,
    sink: &mut (dyn Sink + Send),
    canceled: impl Future<Output = ()>,
) -> Result<(), DatabaseError> {
    let relay = tokio::time::timeout(bounds.connect, Relay::open(&host.addresses, address.port, folder, bounds.bytes))
        .await
        .map_err(|_| DatabaseError::unreachable("it did not answer in time"))?
        .map_err(DatabaseError::unreachable)?;
    let connected = tokio::time::timeout(bounds.connect, options(address, &relay).connect()).await;
    let mut connection =
        connected.map_err(|_| DatabaseError::unreachable("it did not answer in time"))?.map_err(|error| refused(&error))?;
    // The server notices that a connection is gone while a statement runs: that is how it is told to stop. Older ones than 14 do not
    // know the setting; there the limit of time holds.
    let _ = run(&mut connection, "SET client_connection_check_interval = 500").await;
    let milliseconds = bounds.statement.as_millis();
    let begin = format!(
        "SET default_transaction_read_only = on; SET statement_timeout = {milliseconds}; SET lock_timeout = 5000; \
         SET idle_in_transaction_session_timeout = {milliseconds}; SET standard_conforming_strings = on; SET client_encoding = 'UTF8'; \
         SET bytea_output = 'hex'; SET datestyle = 'ISO'"
    );
    run(&mut connection, &begin).await.map_err(|error| refused(&error))?;
    run(&mut connection, "BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY").await.map_err(|error| refused(&error))?;
    let answered = tokio::select! {
        answered = tokio::time::timeout(bounds.statement, fetch(&mut connection, sql, sink)) => answered.unwrap_or(Err(Ended::Late)),
        () = canceled => return Err(DatabaseError::canceled()),
    };
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

fn options(address: &Address, relay: &Relay) -> PgConnectOptions {
    // The file of passwords is for people, not for this.
    let mut options = PgConnectOptions::new_without_pgpass()
        .host(&address.host)
        .port(address.port)
        .socket(relay.folder())
        .username(&address.user)
        .ssl_mode(address.postgres_tls())
        .application_name("baton")
        .extra_float_digits(None)
        .statement_cache_capacity(0);
    if let Some(password) = &address.password {
        options = options.password(password);
    }
    if let Some(path) = &address.authority {
        options = options.ssl_root_cert(path);
    }
    options.database(address.database.as_deref().unwrap_or(&address.user)).disable_statement_logging()
}

async fn run(connection: &mut PgConnection, sql: &str) -> Result<(), Error> {
    sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(connection).await.map(drop)
}

async fn fetch(connection: &mut PgConnection, sql: &str, sink: &mut (dyn Sink + Send)) -> Result<(), Ended> {
    // A line end closes a comment at the statement's end. A message that is prepared holds one statement.
    let declare = format!("DECLARE baton_cursor NO SCROLL CURSOR FOR {}\n", bare(sql));
    sqlx::query(AssertSqlSafe(declare)).persistent(false).execute(&mut *connection).await?;
    let next = format!("FETCH FORWARD {FETCHED} FROM baton_cursor");
    let mut known: Option<Vec<ColumnKind>> = None;
    loop {
        // Without parameters the answer comes as texts, whatever the types are.
        let mut rows = sqlx::raw_sql(AssertSqlSafe(next.clone())).fetch(&mut *connection);
        let mut count = 0;
        while let Some(row) = rows.try_next().await? {
            count += 1;
            if known.is_none() {
                let columns = columns(&row);
                known = Some(columns.iter().map(|column| column.kind).collect());
                sink.columns(columns).map_err(Ended::Sink)?;
            }
            give(&row, known.as_deref().unwrap_or_default(), sink)?;
        }
        drop(rows);
        if count < FETCHED {
            break;
        }
    }
    if known.is_none() {
        // No row said which columns there are: the statement is described.
        let statement = connection.prepare(AssertSqlSafe(next).into_sql_str()).await?;
        let columns = sqlx::Statement::columns(&statement).iter().map(column).collect();
        sink.columns(columns).map_err(Ended::Sink)?;
    }
    Ok(())
}

fn columns(row: &PgRow) -> Vec<Column> {
    row.columns().iter().map(column).collect()
}

fn column(column: &sqlx::postgres::PgColumn) -> Column {
    let kind = match column.type_info().name() {
        "INT2" | "INT4" | "INT8" | "OID" => ColumnKind::Integer,
        "FLOAT4" | "FLOAT8" | "NUMERIC" => ColumnKind::Number,
        "BOOL" => ColumnKind::Boolean,
        _ => ColumnKind::Text,
    };
    Column { name: column.name().to_owned(), kind }
}

fn give(row: &PgRow, kinds: &[ColumnKind], sink: &mut (dyn Sink + Send)) -> Result<(), Ended> {
    let mut cells = Vec::with_capacity(kinds.len());
    for (place, kind) in kinds.iter().enumerate() {
        let text: Option<&str> = row.try_get_unchecked(place)?;
        cells.push(match (kind, text) {
            (ColumnKind::Boolean, Some("t")) => Some("1"),
            (ColumnKind::Boolean, Some(_)) => Some("0"),
            (_, text) => text,
        });
    }
    sink.row(&cells).map_err(Ended::Sink)
}

/// Why there is no connection.
fn refused(error: &Error) -> DatabaseError {
    match error {
        // Class 28: who asks is not let in. 3D: there is no such database. 42501: nor may it be used.
        Error::Database(inner) if inner.code().is_some_and(|code| code.starts_with("28") || code.starts_with("3D") || code == "42501") => {
            DatabaseError::signed_out(inner.message())
        }
        Error::Database(inner) => DatabaseError::unreachable(inner.message()),
        other => DatabaseError::unreachable(other),
    }
}

fn explained(error: &Error, bounds: Bounds) -> DatabaseError {
    let Error::Database(inner) = error else { return DatabaseError::unreachable(error) };
    let code = inner.code().unwrap_or_default();
    match &*code {
        // Read-only transaction; not allowed to whoever asks; no such thing in a cursor.
        "25006" | "42501" | "0A000" | "42P11" => DatabaseError::forbidden(inner.message()),
        "42601" if inner.message().contains("multiple commands") => DatabaseError::forbidden("there is more than one statement"),
        "57014" | "55P03" => DatabaseError::late(bounds.statement),
        "53200" | "54000" | "54001" | "53400" => DatabaseError::lasting(
            baton_domain::problem::Code::QueryTooLarge,
            format!("sql: {}. Aggregate, or filter first.", inner.message()),
        ),
        _ => {
            let hint = inner.try_downcast_ref::<PgDatabaseError>().and_then(PgDatabaseError::hint).unwrap_or_default();
            DatabaseError::wrong(format!("{} {hint}", inner.message()).trim_end())
        }
    }
}
