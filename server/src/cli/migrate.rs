//! How is the database's schema looked at and brought up to date apart from a start?

use std::io::Write;
use std::sync::Arc;

use baton_domain::problem::Code;
use baton_storage::{NoSink, StoreError};
use baton_storage_postgres::PostgresOptions;
use baton_storage_sqlite::SqliteOptions;

use crate::config::{Database, DatabaseConfig};
use crate::data_folder::DataFolder;
use crate::database::{Opened, patiently};
use crate::start_error::StartError;

/// What can be done with the schema.
#[derive(Debug, Clone, clap::Subcommand)]
pub(crate) enum Action {
    /// Bring the schema up to date, as every start does. Servers that start at once wait for the one that does it.
    Up(MigrateConfig),
    /// Say which migrations the database has, and which are missing. Changes nothing.
    Status(MigrateConfig),
}

/// Which database.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct MigrateConfig {
    #[command(flatten)]
    database: DatabaseConfig,
    /// The data folder, if the database is in it.
    #[arg(long, env = "BATON_DATA", default_value = "data")]
    data: std::path::PathBuf,
}

/// Does it.
pub(crate) async fn run(action: Action) -> Result<(), StartError> {
    let (config, up) = match &action {
        Action::Up(config) => (config, true),
        Action::Status(config) => (config, false),
    };
    // A file belongs to one process at a time; a database server needs no folder.
    let (database, _folder) = match &config.database.database {
        Some(url) => (url.database()?, None),
        None => {
            let folder = DataFolder::take(&config.data)?;
            (config.database.database(&folder)?, Some(folder))
        }
    };
    if up {
        Opened::open(&database, config.database.wait(), Arc::new(NoSink)).await?.close().await;
    }
    report(&migrations(&database, &config.database).await?)
}

/// A migration: its number, what it is for, and whether the database has it.
pub(crate) type Migration = (i64, String, bool);

/// All migrations, in their order. Nothing is changed.
pub(crate) async fn migrations(database: &Database, config: &DatabaseConfig) -> Result<Vec<Migration>, StartError> {
    match database {
        Database::Sqlite(path) => SqliteOptions::new(path).migrations().await.map_err(|error: StoreError| StartError::opening(path, error)),
        Database::Postgres(url) => {
            let options = PostgresOptions::new(url.text());
            let looked = patiently(config.wait(), &url.shown(), || options.migrations()).await;
            looked.map_err(|error| StartError::connecting(&url.shown(), error))
        }
    }
}

fn report(migrations: &[Migration]) -> Result<(), StartError> {
    let mut text = String::new();
    for (number, name, applied) in migrations {
        text.push_str(&format!("{number:04} {name:<32} {}\n", if *applied { "applied" } else { "missing" }));
    }
    let missing = migrations.iter().filter(|(_, _, applied)| !applied).count();
    text.push_str(&if missing == 0 { "up to date\n".to_owned() } else { format!("{missing} missing: run baton migrate up\n") });
    let mut out = std::io::stdout().lock();
    out.write_all(text.as_bytes()).map_err(|error| StartError::new(Code::Internal, format!("standard output: {error}")))
}
