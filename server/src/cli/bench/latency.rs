//! How long does one task take at low load, from its request to its result in the submitter's hands?

use baton_domain::task::TaskState;
use baton_domain::wire::task::TaskDetail;
use serde_json::json;

use super::report::Watch;
use super::{Bench, failed, now, quantile, work};
use crate::start_error::StartError;

/// Tasks that are not measured, before those that are.
const WARM: usize = 100;

impl Bench {
    /// Measures one `POST /tasks?wait=` after another, on one kept connection.
    pub(super) fn latency(&self) -> Result<(), StartError> {
        let mut target = self.server()?;
        let token = target.token()?;
        let mut connection = target.connect()?;
        let count = self.config.waits as usize;
        let requests: Vec<_> = (0..WARM + count).map(|index| work::waited(index, &token)).collect();
        let mut answers = Vec::with_capacity(requests.len());
        let mut took = Vec::with_capacity(count);
        let mut watch = Watch::start(target.pid)?;
        for (index, request) in requests.iter().enumerate() {
            if index == WARM {
                watch = Watch::start(target.pid)?;
            }
            let began = now();
            let answer = connection.call(request)?;
            let span = began.elapsed();
            if index >= WARM {
                took.push(span.as_secs_f64() * 1_000.0);
            }
            answers.push(answer.to_vec());
        }
        let cores = watch.cores()?;
        for (index, answer) in answers.iter().enumerate() {
            let task: TaskDetail = serde_json::from_slice(answer).map_err(|error| failed(format!("an answer does not read: {error}")))?;
            if task.summary.state != TaskState::Completed || task.result != Some(work::result(index)) {
                return Err(failed(format!("task {} came back as {} or with a wrong result", task.summary.id, task.summary.state)));
            }
        }
        took.sort_by(f64::total_cmp);
        let storage = if self.config.database.is_some() { "PostgreSQL" } else { "SQLite, WAL, synchronous FULL" };
        let setting = format!("{storage}, one POST /tasks?wait= at a time, n={count}");
        for (figure, share) in [("latency_p50", 0.5), ("latency_p99", 0.99)] {
            let more = json!({"max": took.last(), "cores": cores});
            self.report.figure(figure, quantile(&took, share), "ms", &setting, more);
        }
        target.stop().map(drop)
    }
}
