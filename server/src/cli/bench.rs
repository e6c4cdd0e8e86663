//! How fast is Baton? Measures a server of its own through its public API; one JSON object a line.
//!
//! - `batch`: no-op tasks through the batch endpoint, all stored and readable; tasks a second from the first request to
//!   the last recorded outcome.
//! - `wait`: one `POST /tasks?wait=` after another; milliseconds from request to result.

use std::collections::HashSet;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use baton_clients::baton_api::{BatonApi, Error};
use baton_domain::id::TaskId;
use baton_domain::problem::Code;
use baton_domain::task::TaskState;
use baton_domain::wire::task::NewTask;
use serde_json::json;

use crate::own_server::OwnServer;
use crate::start_error::StartError;

/// Tasks of one batch.
const BATCH: usize = 500;
/// How often is looked whether all have ended; a small part of what is measured.
const LOOK: Duration = Duration::from_millis(20);

/// What is measured.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct BenchConfig {
    /// Tasks through the batch endpoint.
    #[arg(long, default_value_t = 10_000, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    tasks: u32,
    /// Tasks that are waited for, one after another.
    #[arg(long, default_value_t = 1_000, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    waits: u32,
    /// Folder for the server's data; by default the system's folder for temporary files.
    #[arg(long)]
    data: Option<PathBuf>,
}

/// Runs the benchmarks.
pub(crate) async fn run(config: BenchConfig) -> Result<(), StartError> {
    let server = OwnServer::start(config.data.clone(), &["--diagnostics", "--requests-per-second", "1000000"]).await?;
    let measured = async {
        // Warm: connections, statements, pages of the file.
        waits(&server.api, 50).await?;
        print(&batch(&server.api, config.tasks as usize).await?);
        print(&waits(&server.api, config.waits as usize).await?);
        print(&memory(server.pid));
        Ok(())
    }
    .await;
    server.stop().await;
    measured
}

#[expect(clippy::print_stdout, reason = "the measurements are what the command is for")]
fn print(value: &serde_json::Value) {
    println!("{value}");
}

fn failed(error: Error) -> StartError {
    StartError::new(Code::Internal, error.to_string())
}

fn echo(index: usize) -> NewTask {
    let text = format!("{index:0>8} {}", "x".repeat(180));
    NewTask::new("diagnostics.echo", json!({ "message": text }))
}

#[expect(clippy::disallowed_methods, reason = "a benchmark measures time")]
fn now() -> Instant {
    Instant::now()
}

#[expect(clippy::cast_precision_loss, reason = "counts of tasks are small")]
async fn batch(api: &BatonApi, count: usize) -> Result<serde_json::Value, StartError> {
    let before = completed(api).await?;
    let began = now();
    let mut ids = HashSet::with_capacity(count);
    for first in (0..count).step_by(BATCH) {
        let tasks = (first..count.min(first + BATCH)).map(echo).collect();
        ids.extend(api.submit_batch(tasks).await.map_err(failed)?.ids);
    }
    let submitted = began.elapsed();
    while completed(api).await? < before + count as u64 {
        tokio::time::sleep(LOOK).await;
    }
    let took = began.elapsed();
    let latencies = read_all(api, ids).await?;
    Ok(json!({
        "benchmark": "batch", "tasks": count, "seconds": took.as_secs_f64(), "submit_seconds": submitted.as_secs_f64(),
        "tasks_per_second": count as f64 / took.as_secs_f64(),
        "submit_to_result_ms": {"p50": quantile(&latencies, 0.5), "p99": quantile(&latencies, 0.99)},
    }))
}

async fn completed(api: &BatonApi) -> Result<u64, StartError> {
    let states = api.overview().await.map_err(failed)?.states;
    Ok(states.iter().find(|count| count.state == TaskState::Completed).map_or(0, |count| count.count))
}

/// Reads the tasks back, which all must have completed; milliseconds from submission to outcome, sorted.
async fn read_all(api: &BatonApi, mut ids: HashSet<TaskId>) -> Result<Vec<f64>, StartError> {
    let mut latencies = Vec::with_capacity(ids.len());
    let mut cursor = String::new();
    while !ids.is_empty() {
        let page = api.tasks(&format!("limit=500{cursor}")).await.map_err(failed)?;
        for task in page.items.iter().filter(|task| ids.remove(&task.id)) {
            let Some(finished) = task.finished_at.filter(|_| task.state == TaskState::Completed) else {
                return Err(StartError::new(Code::Internal, format!("task {} is {}", task.id, task.state)));
            };
            latencies.push(finished.since(task.created_at).as_secs_f64() * 1_000.0);
        }
        match page.next_cursor {
            Some(next) => cursor = format!("&cursor={next}"),
            None if ids.is_empty() => {}
            None => return Err(StartError::new(Code::Internal, format!("{} tasks are not listed", ids.len()))),
        }
    }
    latencies.sort_by(f64::total_cmp);
    Ok(latencies)
}

async fn waits(api: &BatonApi, count: usize) -> Result<serde_json::Value, StartError> {
    let mut latencies = Vec::with_capacity(count);
    for index in 0..count {
        let began = now();
        let task = api.run(&echo(index), Duration::from_secs(10)).await.map_err(failed)?;
        latencies.push(began.elapsed().as_secs_f64() * 1_000.0);
        if task.summary.state != TaskState::Completed {
            return Err(StartError::new(Code::Internal, format!("task {} is {}", task.summary.id, task.summary.state)));
        }
    }
    latencies.sort_by(f64::total_cmp);
    Ok(json!({
        "benchmark": "wait", "tasks": count,
        "submit_to_result_ms": {"p50": quantile(&latencies, 0.5), "p99": quantile(&latencies, 0.99)},
    }))
}

/// The smallest value that this share of the sorted values does not exceed.
#[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "an index into a short list")]
fn quantile(sorted: &[f64], share: f64) -> f64 {
    let rank = (share * sorted.len() as f64).ceil() as usize;
    sorted.get(rank.saturating_sub(1)).copied().unwrap_or(f64::NAN)
}

/// What the server's process holds in memory, as Linux tells it.
fn memory(pid: Option<u32>) -> serde_json::Value {
    let status = pid.and_then(|pid| std::fs::read_to_string(format!("/proc/{pid}/status")).ok()).unwrap_or_default();
    let kilobytes = |name: &str| -> Option<u64> {
        status.lines().find_map(|line| line.strip_prefix(name)?.trim_start_matches(':').trim().strip_suffix(" kB")?.parse().ok())
    };
    json!({"benchmark": "memory", "resident_kb": kilobytes("VmRSS"), "peak_kb": kilobytes("VmHWM")})
}
