//! What can be typed after `baton`?

mod attempt;
mod bench;
mod demo;

use std::io::Write;

use clap::{Parser, Subcommand};

use crate::config::ServeConfig;
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
    /// Submit a mixed batch of real work and follow it to the end.
    Demo(demo::DemoConfig),
    /// Measure a server of its own; one JSON object a line.
    Bench(bench::BenchConfig),
    /// Run one attempt for a server, over standard input and output.
    #[command(hide = true)]
    Attempt,
}

/// Runs a command.
pub(crate) fn run(cli: Cli) -> Result<(), StartError> {
    match cli.command {
        Command::Serve(config) => runtime()?.block_on(crate::serve::run(*config)),
        Command::Demo(config) => runtime()?.block_on(demo::run(config)),
        Command::Bench(config) => runtime()?.block_on(bench::run(config)),
        Command::Attempt => attempt::run(),
    }
}

fn runtime() -> Result<tokio::runtime::Runtime, StartError> {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| StartError::new(Code::Internal, format!("threads cannot be started: {error}")))
}

/// Says on standard error why a command failed.
pub(crate) fn complain(error: &StartError) {
    // Nobody is left to tell if this fails too.
    let _ = writeln!(std::io::stderr(), "baton: {error}");
}
