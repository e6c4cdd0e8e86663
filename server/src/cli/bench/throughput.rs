//! How many tasks a second go through the batch endpoint, from the first request to the last stored result?

use serde_json::json;

use super::report::Watch;
use super::target::Target;
use super::{Bench, median, process, quantile, stored, submit};
use crate::start_error::StartError;

/// Tasks that open connections, prepare statements and fill caches before anything is measured.
const WARM: usize = 500;

impl Bench {
    /// Measures throughput.
    #[expect(clippy::cast_precision_loss, reason = "counts of tasks are small")]
    pub(super) fn throughput(&self) -> Result<(), StartError> {
        let mut target = self.server()?;
        self.warm(&mut target)?;
        let count = self.config.tasks as usize;
        let (mut rates, mut submits, mut latencies, mut cores) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for _ in 0..self.config.runs {
            let watch = Watch::start(target.pid)?;
            let sent = submit::submit(&mut target, &self.config, count)?;
            let done = stored::wait_until_done(&mut target)?;
            cores.push(watch.cores()?);
            latencies.extend(stored::read_back(&mut target, &sent.ids)?.latencies());
            rates.push(count as f64 / done.duration_since(sent.began).as_secs_f64());
            submits.push(count as f64 / sent.ended.duration_since(sent.began).as_secs_f64());
        }
        latencies.sort_by(f64::total_cmp);
        let more = json!({
            "runs": rates,
            "submit_rates": submits,
            "submit_to_result_ms": {"p50": quantile(&latencies, 0.5), "p99": quantile(&latencies, 0.99)},
            "cores": cores,
        });
        let setting = format!("{}, N={count}", self.setting());
        self.report.figure("throughput", median(&rates), "tasks/s", &setting, more);
        let memory = process::Memory::of(target.pid)?;
        self.report.figure("rss_peak", memory.peak as f64 / 1e6, "MB", &setting, json!({"after": "throughput"}));
        target.stop().map(drop)
    }

    /// Some work that is not measured.
    pub(super) fn warm(&self, target: &mut Target) -> Result<(), StartError> {
        let sent = submit::submit(target, &self.config, WARM)?;
        stored::wait_until_done(target)?;
        stored::read_back(target, &sent.ids).map(drop)
    }
}
