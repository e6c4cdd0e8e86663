//! How fast is Baton? Measures servers of its own through their public API; one JSON object a line, one line a figure.
//!
//! What each figure means stands in `docs/benchmarks.md`. Completion is always seen from what is stored: no figure is printed
//! before every task of it was found completed, once, and a sample of the results was compared with what it must be.

mod balancer;
mod connection;
mod database;
mod direct;
mod drain;
mod fair_wait;
mod foreach;
mod idle;
mod latency;
mod machine;
mod new_key;
mod process;
mod report;
mod stored;
mod submit;
mod target;
mod throughput;
mod work;

use std::path::PathBuf;

use baton_domain::problem::Code;
use clap::ValueEnum;
use tokio::runtime::Handle;

use crate::start_error::StartError;
use report::Report;
use target::Target;

/// What can be measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Figure {
    /// Resident memory and CPU of a server that has nothing to do.
    Idle,
    /// One `POST /tasks?wait=` after another.
    Latency,
    /// Tasks a second through the batch endpoint, the agents running.
    Throughput,
    /// The same rows written straight to SQLite, for comparison.
    DirectSqlite,
    /// Tasks a second from a queue that was filled before, and the memory that the queued tasks take.
    Drain,
    /// How long a new key waits behind 100,000 tasks of others: beside a server that has nothing to do, and while no slot is free.
    FairWait,
    /// How much longer a workflow's list of 10,000 items takes than the same tasks submitted directly.
    Foreach,
    /// What choosing an agent costs by each strategy, among 10 agents and among 10,000.
    Balancer,
}

/// What is measured, and how much of it.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct BenchConfig {
    /// The figures; all of them if none is named.
    #[arg(value_enum)]
    figures: Vec<Figure>,
    /// Tasks of one run of `throughput` and `direct-sqlite`.
    #[arg(long, default_value_t = 10_000, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    tasks: u32,
    /// Runs of `throughput` and `direct-sqlite`, of which the median counts.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=99))]
    runs: u32,
    /// Tasks that `latency` waits for, one after another.
    #[arg(long, default_value_t = 1_000, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    waits: u32,
    /// How many tasks `drain` queues, each on a server of its own.
    #[arg(long, value_delimiter = ',', default_values_t = [1_000, 10_000, 100_000, 1_000_000], value_parser = clap::value_parser!(u32).range(1..=5_000_000))]
    drain: Vec<u32>,
    /// Seconds that `idle` watches.
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=3_600))]
    idle_seconds: u32,
    /// Tasks of one request.
    #[arg(long, default_value_t = 500, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    batch: u32,
    /// Requests that are under way at once, each on a connection of its own.
    #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u32).range(1..=64))]
    in_flight: u32,
    /// Tasks that the measured agent takes at once.
    #[arg(long, default_value_t = 500, value_parser = clap::value_parser!(u32).range(1..=4_096))]
    slots: u32,
    /// Folder for the servers' data; by default the system's folder for temporary files. Name one on the disk that is meant.
    #[arg(long)]
    data: Option<PathBuf>,
    /// PostgreSQL to measure on instead of SQLite, as postgres://user@host/database: each server gets a new database beside that one,
    /// which is dropped afterwards.
    #[arg(long)]
    database: Option<String>,
}

/// What every figure needs.
struct Bench {
    config: BenchConfig,
    report: Report,
    runtime: Handle,
}

/// What a benchmark did not find as it must be.
fn failed(what: impl Into<String>) -> StartError {
    StartError::new(Code::Internal, what)
}

/// Runs the benchmarks.
pub(crate) async fn run(config: BenchConfig) -> Result<(), StartError> {
    let figures = config.figures.clone();
    if config.database.is_some() && figures.contains(&Figure::DirectSqlite) {
        return Err(StartError::new(Code::ConfigurationInvalid, "direct-sqlite compares with SQLite: leave out --database."));
    }
    // The load comes from plain threads that block: that costs the least, and what it costs is told.
    let runtime = Handle::current();
    let measuring = tokio::task::spawn_blocking(move || Bench { report: Report::new(&config)?, config, runtime }.measure(&figures));
    measuring.await.map_err(|error| failed(format!("the benchmark broke off: {error}")))?
}

impl Bench {
    fn measure(&self, figures: &[Figure]) -> Result<(), StartError> {
        for figure in Figure::value_variants() {
            let possible = *figure != Figure::DirectSqlite || self.config.database.is_none();
            if !possible || !(figures.is_empty() || figures.contains(figure)) {
                continue;
            }
            match figure {
                Figure::Idle => self.idle()?,
                Figure::Latency => self.latency()?,
                Figure::Throughput => self.throughput()?,
                Figure::DirectSqlite => self.direct_sqlite()?,
                Figure::Drain => self.drain()?,
                Figure::FairWait => {
                    self.new_key()?;
                    self.fair_wait()?;
                }
                Figure::Foreach => self.foreach()?,
                Figure::Balancer => self.balancer(),
            }
        }
        Ok(())
    }

    /// A new server with nothing in it.
    fn server(&self) -> Result<Target, StartError> {
        Target::start(self.runtime.clone(), &self.config)
    }

    /// What the figures of whole batches are measured with.
    fn setting(&self) -> String {
        let storage = if self.config.database.is_some() { "PostgreSQL" } else { "SQLite, WAL, synchronous FULL" };
        format!("{storage}, {} tasks a request, {} requests in flight", self.config.batch, self.config.in_flight)
    }
}

/// The instant now.
#[expect(clippy::disallowed_methods, reason = "a benchmark measures time")]
fn now() -> std::time::Instant {
    std::time::Instant::now()
}

/// The smallest value that this share of the sorted values does not exceed.
#[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "an index into a list")]
fn quantile(sorted: &[f64], share: f64) -> f64 {
    let rank = (share * sorted.len() as f64).ceil() as usize;
    sorted.get(rank.saturating_sub(1)).copied().unwrap_or(f64::NAN)
}

/// The middle one of these values.
fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    quantile(&sorted, 0.5)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_of_three_runs_is_the_middle_one() {
        assert!((median(&[3.0, 1.0, 2.0]) - 2.0).abs() < f64::EPSILON);
        assert!((quantile(&[1.0, 2.0, 3.0, 4.0], 0.99) - 4.0).abs() < f64::EPSILON);
        assert!(quantile(&[], 0.5).is_nan());
    }
}
