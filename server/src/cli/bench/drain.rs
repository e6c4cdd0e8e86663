//! How fast is a queue emptied that was filled before, and what memory do queued tasks take? More tasks must make neither worse.

use serde_json::json;

use super::process::Memory;
use super::report::Watch;
use super::{Bench, stored, submit};
use crate::start_error::StartError;

impl Bench {
    /// Measures each size on a server of its own.
    #[expect(clippy::cast_precision_loss, reason = "counts of tasks and bytes are small")]
    pub(super) fn drain(&self) -> Result<(), StartError> {
        for count in self.config.drain.iter().map(|count| *count as usize) {
            let mut target = self.server()?;
            self.warm(&mut target)?;
            target.drain_agent(true)?;
            let before = Memory::of(target.pid)?;
            let sent = submit::submit(&mut target, &self.config, count)?;
            let queued = Memory::of(target.pid)?;
            let watch = Watch::start(target.pid)?;
            target.drain_agent(false)?;
            stored::wait_until_done(&mut target)?;
            let cores = watch.cores()?;
            let times = stored::read_back(&mut target, &sent.ids)?;
            let peak = Memory::of(target.pid)?.peak;
            let setting = format!("{}, queued before the agent was resumed", self.setting());
            let fill = count as f64 / sent.ended.duration_since(sent.began).as_secs_f64();
            let more = json!({"fill_rate": fill, "rss_peak_mb": peak as f64 / 1e6, "cores": cores});
            self.report.figure(&format!("drain_{count}"), times.rate(), "tasks/s", &setting, more);
            let grown = queued.anonymous as f64 - before.anonymous as f64;
            let more = json!({"anonymous_mb": {"before": before.anonymous as f64 / 1e6, "queued": queued.anonymous as f64 / 1e6}});
            self.report.figure(&format!("anonymous_per_queued_{count}"), grown / count as f64, "bytes", &setting, more);
            target.stop()?;
        }
        Ok(())
    }
}
