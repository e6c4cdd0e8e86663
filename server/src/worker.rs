//! How does a worker start, work and stop? As a server does, without a listener.

use std::io::Write;
use std::sync::Arc;
use std::time::Duration;

use baton_domain::problem::Code;
use baton_domain::server::ServerKind;
use baton_domain::wire::live::KeepEvents;

use crate::config::{Database, WorkerConfig};
use crate::data_folder::DataFolder;
use crate::start_error::StartError;
use crate::wiring::{Core, CoreSettings};
use crate::{serve, sources};

/// How often the log says what the worker does.
const STATUS: Duration = Duration::from_secs(60);

/// Runs a worker until it is told to stop.
pub(crate) async fn run(config: WorkerConfig) -> Result<(), StartError> {
    let sources = sources::system();
    baton_observability::server_log::install(&config.log.options(), Arc::clone(&sources.clock))
        .map_err(|error| StartError::new(Code::ConfigurationInvalid, error.to_string()))?;
    let signals = serve::listen_for_signals()?;
    let database = match &config.database.database {
        Some(url) => url.database()?,
        None => return Err(needs_postgres("A worker needs the address of the database that its servers use")),
    };
    if matches!(database, Database::Sqlite(_)) {
        return Err(needs_postgres("A SQLite file belongs to one server"));
    }
    let folder = DataFolder::take(&config.data)?;
    let identity = config.name.identity(ServerKind::Worker, None);
    let name = identity.name.clone();
    let settings = CoreSettings {
        database: &database,
        wait: config.database.wait(),
        engine: &config.engine,
        redis: &config.redis,
        // Its servers forget old events.
        keep: KeepEvents { count: None, days: None },
        sealer: config.secret_key.sealer(&folder)?,
        local_model: config.local_model.model(&folder),
    };
    let core = Core::start(settings, identity, &folder, sources).await?;
    core.coordinate(config.sharing.policy());
    say(&format!("Baton worker {name} has joined\n"));
    tokio::pin!(signals);
    loop {
        tokio::select! {
            () = &mut signals => break,
            () = tokio::time::sleep(STATUS) => tracing::info!(running = core.engine.running(), leads = core.engine.leadership().leads(), "at work"),
        }
    }
    tracing::info!(running = core.engine.running(), "stopping");
    core.stop().await;
    say(&format!("Baton worker {name} has left\n"));
    drop(folder);
    Ok(())
}

fn needs_postgres(why: &str) -> StartError {
    let advice = "Name a PostgreSQL with --database or BATON_DATABASE, as postgres://user:password@host:5432/database.";
    StartError::new(Code::DatabaseAddressInvalid, format!("{why}. {advice}"))
}

fn say(text: &str) {
    let mut out = std::io::stdout().lock();
    // A closed standard output is no reason not to work.
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}
