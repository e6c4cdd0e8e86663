//! What can be typed after `baton`?

mod attempt;
mod bench;
mod demo;
mod migrate;
mod replay;

use std::io::Write;
use std::time::Duration;

use clap::{Parser, Subcommand};

use crate::config::{CodeConfig, ServeConfig, WorkerConfig};
use crate::memory;
use crate::start_error::StartError;
use baton_domain::problem::Code;

/// Baton: a self-hosted multi-agent orchestration platform.
#[derive(Debug, Parser)]
#[command(name = "baton", version, about)]
pub(crate) struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run a server: dashboard, API, engine and agents.
    Serve(Box<ServeConfig>),
    /// Run a worker: engine and agents for servers on the same PostgreSQL, without dashboard and API.
    Worker(Box<WorkerConfig>),
    /// Look at the database's schema, or bring it up to date.
    #[command(subcommand)]
    Migrate(migrate::Action),
    /// Go through runs that have ended again, with nothing outside; fails if one does not come to the same.
    Replay(replay::ReplayConfig),
    /// Submit a mixed batch of real work and follow it to the end.
    Demo(demo::DemoConfig),
    /// Measure a server of its own; one JSON object a line.
    Bench(bench::BenchConfig),
    /// Run one attempt for a server, over standard input and output.
    #[command(hide = true)]
    Attempt(CodeConfig),
}

/// Runs a command.
pub(crate) fn run(cli: Cli) -> Result<(), StartError> {
    match cli.command {
        Command::Serve(config) => {
            memory::give_back_at_once();
            on_threads(crate::serve::run(*config))
        }
        Command::Worker(config) => {
            memory::give_back_at_once();
            on_threads(crate::worker::run(*config))
        }
        Command::Migrate(action) => on_threads(migrate::run(action)),
        Command::Replay(config) => on_threads(replay::run(config)),
        Command::Demo(config) => on_threads(demo::run(config)),
        Command::Bench(config) => on_threads(bench::run(config)),
        Command::Attempt(code) => attempt::run(&code),
    }
}

/// How long the end of a command waits for threads that something keeps: an agent that never lets go must not keep the process.
const KEPT_THREADS: Duration = Duration::from_secs(3);

fn on_threads(work: impl Future<Output = Result<(), StartError>>) -> Result<(), StartError> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| StartError::new(Code::Internal, format!("threads cannot be started: {error}")))?;
    let done = runtime.block_on(work);
    runtime.shutdown_timeout(KEPT_THREADS);
    done
}

/// Says on standard error why a command failed.
pub(crate) fn complain(error: &StartError) {
    // Nobody is left to tell if this fails too.
    let _ = writeln!(std::io::stderr(), "baton: {error}");
}
