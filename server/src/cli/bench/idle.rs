//! What does a server take that has nothing to do?

use std::time::Duration;

use serde_json::json;

use super::process::{self, Memory};
use super::{Bench, now};
use crate::start_error::StartError;

/// How long a start may have its after-effects.
const SETTLE: Duration = Duration::from_secs(5);

impl Bench {
    /// Measures memory, CPU and wake-ups of an idle server.
    #[expect(clippy::cast_precision_loss, reason = "counts and bytes are small")]
    pub(super) fn idle(&self) -> Result<(), StartError> {
        let target = self.server()?;
        std::thread::sleep(SETTLE);
        let (threads, wakes, began) = (process::threads(target.pid)?, process::wake_ups(target.pid)?, now());
        std::thread::sleep(Duration::from_secs(self.config.idle_seconds.into()));
        let span = began.elapsed().as_secs_f64();
        let used = process::used_since(&threads, &process::threads(target.pid)?).as_secs_f64();
        let woken = process::wake_ups(target.pid)?.saturating_sub(wakes) as f64;
        let memory = Memory::of(target.pid)?;
        let setting =
            format!("started {} s ago, signed in once, nothing asked since", SETTLE.as_secs() + u64::from(self.config.idle_seconds));
        let more = json!({"anonymous_mb": memory.anonymous as f64 / 1e6});
        self.report.figure("rss_idle", memory.resident as f64 / 1e6, "MB", &setting, more);
        self.report.figure("cpu_idle", used / span * 100.0, "% of a core", &setting, json!({"wake_ups_per_second": woken / span}));
        target.stop().map(drop)
    }
}
