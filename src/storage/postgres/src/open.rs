//! How the database is opened: settings, migrations, writers, listeners.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use baton_storage::{CommitSink, StoreError};
use futures::future::BoxFuture;
use sqlx::migrate::{MigrateError, Migrator};
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{ConnectOptions, PgConnection};
use tokio::sync::Mutex;
use tokio::task::JoinSet;

use crate::clock::DatabaseClock;
use crate::failure::failed;
use crate::feed::Feed;
use crate::group::{self, Shared};
use crate::heart::PostgresHeart;
use crate::reach::{self, Reach};
use crate::writer::Writer;
use crate::{PostgresStore, Tasks, clock, events, listener};

static MIGRATIONS: Migrator = sqlx::migrate!("../../../migrations/postgres");

/// For how long after its last use a connection is taken to be alive.
const FRESH: Duration = Duration::from_millis(500);

/// Settings of connections whose statements find every row by a key: their plans are made once and kept, which saves a lone task
/// more than a millisecond of planning. Kept plans must be right for tables of any size, so those that read whole tables are out.
const BY_KEY: [(&str, &str); 4] =
    [("plan_cache_mode", "force_generic_plan"), ("enable_seqscan", "off"), ("enable_hashjoin", "off"), ("enable_mergejoin", "off")];

/// How to open the database.
#[derive(Clone)]
pub struct PostgresOptions {
    /// Where it is, as `postgres://user:password@host/database`.
    pub url: String,
    /// Connections that read.
    pub readers: u32,
    /// Connections that read single tasks.
    pub lookups: u32,
    /// Connections that write. More than a few win nothing: commits come one after another, since the order of events is theirs.
    pub writers: u32,
    /// How long a read waits for a connection.
    pub acquire_timeout: Duration,
    /// How long a statement waits for a lock that another transaction holds.
    pub lock_timeout: Duration,
}

impl fmt::Debug for PostgresOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The address holds the password.
        f.debug_struct("PostgresOptions").field("readers", &self.readers).field("writers", &self.writers).finish_non_exhaustive()
    }
}

impl PostgresOptions {
    /// The defaults for this database.
    #[must_use]
    pub fn new(url: impl Into<String>) -> Self {
        let limit = Duration::from_secs(5);
        Self { url: url.into(), readers: 6, lookups: 4, writers: 2, acquire_timeout: limit, lock_timeout: limit }
    }

    /// Looks whether the address can be read, without going there.
    ///
    /// # Errors
    /// What is wrong with it, in words; without the address, which may hold a password.
    pub fn check(&self) -> Result<(), String> {
        PgConnectOptions::from_str(&self.url).map(drop).map_err(|error| error.to_string())
    }

    fn connect(&self) -> Result<PgConnectOptions, StoreError> {
        let options = PgConnectOptions::from_str(&self.url).map_err(failed)?;
        Ok(options.application_name("baton").statement_cache_capacity(256).disable_statement_logging())
    }

    fn pool(&self, connections: u32) -> PgPoolOptions {
        // A connection that was used just now is not asked first whether it is still there: that would be one more question over
        // the network for each read.
        PgPoolOptions::new().max_connections(connections).acquire_timeout(self.acquire_timeout).test_before_acquire(false).before_acquire(
            |connection, used| {
                Box::pin(async move {
                    if used.idle_for > FRESH {
                        sqlx::Connection::ping(connection).await?;
                    }
                    Ok(true)
                })
            },
        )
    }

    /// Opens the database, migrates it, and starts writers and listeners. `sink` is told what was committed, by this server and
    /// all others, from now on.
    ///
    /// # Errors
    /// [`StoreError::TooNew`] for a database of a newer version, or what PostgreSQL says.
    pub async fn open(&self, sink: Arc<dyn CommitSink>) -> Result<PostgresStore, StoreError> {
        // On the heap: what connects, TLS included, is large, and here it is there five times.
        Box::pin(self.opened(sink)).await
    }

    async fn opened(&self, sink: Arc<dyn CommitSink>) -> Result<PostgresStore, StoreError> {
        let connect = self.connect()?;
        let mut connection = group::connect(&connect).await?;
        migrate(&mut connection).await?;
        let clock = Arc::new(DatabaseClock::ask(&mut connection).await?);
        // Nothing is left to do on it.
        let _ = sqlx::Connection::close(connection).await;
        let connect = connect.options([
            ("lock_timeout", format!("{}ms", self.lock_timeout.as_millis())),
            ("statement_timeout", "30s".to_owned()),
            // A server that froze before its commit must not hold up the others.
            ("idle_in_transaction_session_timeout", "10s".to_owned()),
            // Compiling a statement takes longer than any of these runs.
            ("jit", "off".to_owned()),
        ]);
        // A plan that was made when the tables were empty must not be kept once they are full.
        let looking = connect.clone().options([("plan_cache_mode", "force_custom_plan")]);
        let connect = connect.options(BY_KEY);
        let readers = self.pool(self.readers.max(1)).connect_with(looking.clone()).await.map_err(failed)?;
        let lookups = self.pool(self.lookups.max(1)).connect_with(connect.clone()).await.map_err(failed)?;
        // One connection listens and one reads what is new; the others are for new ones while lost ones are being given up.
        let watchers = self.pool(4).connect_with(looking.clone()).await.map_err(failed)?;
        // What is committed after the first notification could come is in the log after this place.
        let first = listener::begin(&watchers).await?;
        let (seen, _) = events::head(&mut *readers.acquire().await.map_err(failed)?).await?;
        let feed = Arc::new(Feed::new(sink, seen));
        let reach = Reach::new();
        let (writer, waiting) = Writer::new(reach.clone());
        let heart = PostgresHeart::new(looking.clone());
        let mut tasks = Tasks { writing: Vec::new(), watching: JoinSet::new() };
        let shared = Shared { waiting: Arc::new(Mutex::new(waiting)), feed: Arc::clone(&feed), connect, reach: reach.clone() };
        for _ in 0..self.writers.max(1) {
            let connection = group::connect(&shared.connect).await?;
            tasks.writing.push(tokio::spawn(group::write(shared.clone(), connection)));
        }
        tasks.watching.spawn(listener::listen(watchers.clone(), first, Arc::clone(&feed)));
        tasks.watching.spawn(listener::follow(watchers.clone(), feed));
        tasks.watching.spawn(reach::watch(looking, reach.clone()));
        tasks.watching.spawn(clock::follow(watchers.clone(), Arc::clone(&clock)));
        Ok(PostgresStore { writer, readers, lookups, watchers, clock, heart, reach, tasks: Arc::new(Mutex::new(tasks)) })
    }
}

impl PostgresOptions {
    /// Every migration that this program knows: its number, what it is for, and whether the database has it.
    ///
    /// # Errors
    /// [`StoreError::TooNew`] for a database of a newer version, or what PostgreSQL says.
    pub async fn migrations(&self) -> Result<Vec<(i64, String, bool)>, StoreError> {
        let mut connection = group::connect(&self.connect()?).await?;
        let any: bool =
            sqlx::query_scalar("SELECT to_regclass('_sqlx_migrations') IS NOT NULL").fetch_one(&mut connection).await.map_err(failed)?;
        let applied: Vec<i64> = if any {
            let text = "SELECT version FROM _sqlx_migrations WHERE success ORDER BY version";
            sqlx::query_scalar(text).fetch_all(&mut connection).await.map_err(failed)?
        } else {
            Vec::new()
        };
        let known: Vec<_> = MIGRATIONS.iter().map(|migration| (migration.version, migration.description.to_string())).collect();
        let newest = known.iter().map(|(version, _)| *version).max().unwrap_or(0);
        if let Some(found) = applied.iter().copied().find(|version| *version > newest) {
            return Err(StoreError::TooNew { found, known: newest });
        }
        Ok(known.into_iter().map(|(version, name)| (version, name, applied.contains(&version))).collect())
    }
}

/// Brings the schema up to date. Of several servers that start at once one does it, and the others wait for it.
async fn migrate(connection: &mut PgConnection) -> Result<(), StoreError> {
    let known = MIGRATIONS.iter().map(|migration| migration.version).max().unwrap_or(0);
    match migrating(connection).await {
        Ok(()) => Ok(()),
        Err(MigrateError::VersionMissing(found) | MigrateError::VersionTooNew(found, _)) => Err(StoreError::TooNew { found, known }),
        Err(MigrateError::Execute(error)) => Err(failed(error).into()),
        Err(error) => Err(StoreError::Corrupt(format!("migration failed: {error}"))),
    }
}

/// Boxed, so that the compiler sees that [`PostgresOptions::open`] is `Send`; `run_direct` is the driver's own way to the same end.
fn migrating(connection: &mut PgConnection) -> BoxFuture<'_, Result<(), MigrateError>> {
    Box::pin(MIGRATIONS.run_direct(None, connection, false))
}
