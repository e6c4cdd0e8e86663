//! How long does the first task of a new key wait behind very many tasks of others while no slot is free?
//!
//! The agent's slots are all taken, by tasks that last one to three seconds, so whatever comes waits until one is free. That wait is
//! compared between a queue that holds next to nothing else and one that holds 100,000 tasks of another key.

use baton_agents_runtime::diagnostics::SLEEP;
use baton_domain::task::TaskState;
use baton_domain::wire::task::TaskDetail;
use serde_json::{Value, json};

use super::connection::{Connection, Request};
use super::target::Target;
use super::{Bench, failed, quantile};
use crate::start_error::StartError;

/// Tasks of the other key that wait beside the new ones: next to none, and very many.
const FEW: usize = 32;
const MANY: usize = 100_000;
/// New keys in each case, and those before them that are not measured: at the start all slots end within the same two seconds.
const PROBES: usize = 200;
const WARM: usize = 50;
/// Tasks of the other key that are added with each probe, somewhat more than end meanwhile.
const REFILL: usize = 3;

/// How long a task of the other key lasts: between one and three seconds, so that they do not end in step.
const fn lasts(index: usize) -> usize {
    1_000 + (index * 7_919) % 2_000
}

fn others(range: std::ops::Range<usize>) -> Vec<Value> {
    range.map(|index| json!({"skill": SLEEP, "input": {"milliseconds": lasts(index)}, "fairness_key": "others"})).collect()
}

/// Queues these tasks, some with each request.
pub(super) fn queue(connection: &mut Connection, token: &str, tasks: &[Value], batch: usize) -> Result<(), StartError> {
    for tasks in tasks.chunks(batch) {
        connection.call(&Request::post("/tasks/batch", token, &json!({ "tasks": tasks }).to_string()))?;
    }
    Ok(())
}

/// The waits of new keys from their creation to their start, in ms, sorted.
#[expect(clippy::cast_precision_loss, reason = "milliseconds of seconds")]
fn waits(target: &mut Target, name: &str) -> Result<Vec<f64>, StartError> {
    let mut connection = target.connect()?;
    let mut waits = Vec::with_capacity(PROBES);
    for index in 0..WARM + PROBES {
        let token = target.token()?;
        queue(&mut connection, &token, &others(index * REFILL..(index + 1) * REFILL), REFILL)?;
        let task = json!({"skill": SLEEP, "input": {"milliseconds": 0}, "fairness_key": format!("{name}-{index}")});
        let answer: TaskDetail = connection.ask(&Request::post("/tasks?wait=30", &token, &task.to_string()))?;
        let began = answer.summary.started_at.filter(|_| answer.summary.state == TaskState::Completed);
        let began = began.ok_or_else(|| failed(format!("the task of {name}-{index} did not complete")))?;
        if index >= WARM {
            waits.push((began.as_millis() - answer.summary.created_at.as_millis()) as f64);
        }
    }
    waits.sort_by(f64::total_cmp);
    Ok(waits)
}

/// The mean of these values.
#[expect(clippy::cast_precision_loss, reason = "a small count")]
pub(super) fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len().max(1) as f64
}

impl Bench {
    /// Measures both cases on one server.
    pub(super) fn fair_wait(&self) -> Result<(), StartError> {
        let mut target = self.server()?;
        let mut connection = target.connect()?;
        let token = target.token()?;
        let batch = self.config.batch as usize;
        queue(&mut connection, &token, &others(0..self.config.slots as usize + FEW), batch)?;
        let few = waits(&mut target, "few")?;
        let token = target.token()?;
        queue(&mut connection, &token, &others(0..MANY), batch)?;
        let many = waits(&mut target, "many")?;
        let setting = format!("{} slots all taken, {PROBES} new keys one after another", self.config.slots);
        for (case, waits) in [("few", &few), ("many", &many)] {
            let more = json!({"mean": mean(waits), "p99": quantile(waits, 0.99), "max": waits.last()});
            self.report.figure(&format!("fair_wait_{case}_p50"), quantile(waits, 0.5), "ms", &setting, more);
        }
        let more = json!({"mean": mean(&many) / mean(&few), "others": MANY});
        self.report.figure("fair_wait_ratio", quantile(&many, 0.5) / quantile(&few, 0.5), "times", &setting, more);
        target.stop().map(drop)
    }
}
