//! The one binary of Baton: `serve`, `worker`, `migrate`, `replay`, `demo`, `bench`, and the child process that attempts run in.

mod agents;
mod cli;
mod config;
mod coordination;
mod data_folder;
mod database;
mod housekeeping;
mod local_model;
mod memory;
mod own_server;
mod serve;
mod site;
mod sources;
mod start_error;
mod topics;
mod wiring;
mod worker;

use std::process::ExitCode;

use clap::Parser;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    match cli::run(cli::Cli::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            cli::complain(&error);
            ExitCode::FAILURE
        }
    }
}
