//! How a database behind a connection is asked: PostgreSQL and MySQL over the network, SQLite as a file of the server's host.

use std::io::Read;
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use baton_agents_runtime::{Context, SkillError};
use baton_clients::egress::{Guard, SystemNetwork};
use baton_clients_databases::{Address, Bounds, Column, ColumnKind, DatabaseError, Sink, ask};
use baton_domain::connection::{ConnectionGrant, ConnectionKind};
use baton_domain::problem::Code;

use super::answer::{Answer, Cell, Collector, Room};
use super::run;

/// How long the end of an attempt waits for the word that tells a database to stop. Its host gives it a fifth of a second.
const LAST_WORDS: Duration = Duration::from_millis(180);
/// How every SQLite file begins.
const SQLITE: &[u8] = b"SQLite format 3\0";

/// Asks the database behind a connection.
pub(super) async fn answer(context: &Context, connection: &str, sql: String, limit: usize) -> Result<Answer, SkillError> {
    let grant = context.connection(connection)?.clone();
    context.info(format!("asking {connection}"), serde_json::json!({"kind": grant.kind.as_str()}));
    context.progress(0.1, "running the query");
    let room = Room::showing(limit);
    if grant.kind == ConnectionKind::Sqlite {
        return context.blocking(move |context| of_file(context, &grant, &sql, room)).await;
    }
    let (over, ended) = channel::<()>();
    // When the attempt is cancelled this future is dropped, and its process ends soon after.
    let _farewell = Farewell(ended);
    context
        .blocking(move |context| {
            let _over = over;
            let address = Address::of(&grant).map_err(outside)?;
            let guard = guard(context, &grant, &address)?;
            let folder = context.scratch()?;
            let mut taken = Taken { collector: None, kinds: Vec::new(), room };
            // A runtime of its own: that of the attempt may be gone before the database was told.
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .map_err(|error| SkillError::internal(format!("no runtime: {error}")))?;
            let asked = ask(&address, &guard, folder, &sql, Bounds::default(), &mut taken, context.canceled());
            let asked = runtime.block_on(asked);
            runtime.shutdown_background();
            context.check()?;
            asked.map_err(outside)?;
            taken.collector.ok_or_else(|| SkillError::internal("the database gave no columns"))?.finish()
        })
        .await
}

/// Waits a moment for the thread that asks.
struct Farewell(Receiver<()>);

impl Drop for Farewell {
    fn drop(&mut self) {
        // The other end says nothing; it is dropped. If it is not by then, the database's own limit of time ends the statement.
        let _ = self.0.recv_timeout(LAST_WORDS);
    }
}

fn guard(context: &Context, grant: &ConnectionGrant, address: &Address) -> Result<Guard, SkillError> {
    let Some(policy) = context.egress() else {
        return Err(SkillError::new(Code::UrlRefused, "this attempt may not reach out"));
    };
    let mut policy = policy.clone();
    if grant.private {
        policy.private_hosts.push(address.place());
    }
    Ok(Guard::new(&policy, Arc::new(SystemNetwork)))
}

fn outside(error: DatabaseError) -> SkillError {
    if error.passing { SkillError::passing(error.code, error.message) } else { SkillError::new(error.code, error.message) }
}

/// Where the rows go.
struct Taken {
    collector: Option<Collector>,
    kinds: Vec<ColumnKind>,
    room: Room,
}

fn full(error: SkillError) -> DatabaseError {
    DatabaseError { code: Code::parse(&error.code).unwrap_or(Code::Internal), message: error.message, passing: false }
}

impl Sink for Taken {
    fn columns(&mut self, columns: Vec<Column>) -> Result<(), DatabaseError> {
        self.collector = Some(Collector::new(columns.iter().map(|column| &column.name), self.room).map_err(full)?);
        self.kinds = columns.iter().map(|column| column.kind).collect();
        Ok(())
    }

    fn row(&mut self, cells: &[Option<&str>]) -> Result<(), DatabaseError> {
        let Self { collector: Some(collector), kinds, .. } = self else { return Ok(()) };
        let cells = cells.iter().zip(kinds.iter()).map(|(cell, kind)| match (cell, kind) {
            (None, _) => Cell::Null,
            (Some(text), ColumnKind::Integer | ColumnKind::Boolean) => Cell::Digits { whole: true, text },
            (Some(text), ColumnKind::Number) => Cell::Digits { whole: false, text },
            (Some(text), ColumnKind::Text) => Cell::Text((*text).into()),
        });
        collector.row(cells).map_err(full)
    }
}

/// Asks a SQLite file, opened to be read only and under the same guard as imported tables.
fn of_file(context: &Context, grant: &ConnectionGrant, sql: &str, room: Room) -> Result<Answer, SkillError> {
    let unfit = |why: &str| SkillError::new(Code::ConnectionUnfit, format!("the connection {}: {why}.", grant.name));
    if !grant.private {
        return Err(unfit("a file of the server's host needs an administrator's leave to be private"));
    }
    let path = Path::new(&grant.base_url);
    let mut begin = [0; 16];
    let opened = std::fs::metadata(path).ok().filter(std::fs::Metadata::is_file).and_then(|_| std::fs::File::open(path).ok());
    let read = opened.and_then(|mut file| file.read_exact(&mut begin).ok());
    if read.is_none() || begin != SQLITE {
        return Err(unfit("its path names no SQLite database that the server may read"));
    }
    run::run(context, path, sql, room)
}
