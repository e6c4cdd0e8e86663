//! How is the last day summed up without reading all of it each time? Ten minutes that are over are read once and kept.

use std::collections::BTreeMap;
use std::time::Duration;

use baton_domain::time::Timestamp;
use baton_storage::StoreError;
use parking_lot::Mutex;

use super::gather::Measurements;
use super::rollup::Tally;
use super::window::Window;

const DAY: Duration = Duration::from_secs(24 * 3_600);
const STRETCH_SECONDS: u32 = 600;
/// How long after its end a stretch is believed to be complete.
const SETTLES_AFTER: Duration = Duration::from_secs(120);

/// The last 24 hours of all skills and agents, taken together.
#[derive(Debug, Default)]
pub(crate) struct Day {
    /// Stretches that are over, by their first instant; at most as many as a day has.
    over: Mutex<BTreeMap<Timestamp, Tally>>,
}

impl Day {
    /// What the 24 hours up to now come to, and their first instant (to ten minutes).
    pub(crate) async fn total(&self, measurements: &Measurements, now: Timestamp) -> Result<(Timestamp, Tally), StoreError> {
        let window = Window::up_to(now, STRETCH_SECONDS, DAY);
        let mut total = Tally::default();
        {
            // Older ones go; newer ones are there only if the clock went back.
            let mut over = self.over.lock();
            over.retain(|at, _| (window.begin..window.end()).contains(at));
        }
        for index in 0..window.count {
            let at = window.at(index);
            if self.add_kept(at, &mut total) {
                continue;
            }
            let stretch = Window { begin: at, step_seconds: STRETCH_SECONDS, count: 1 };
            for tally in measurements.tallies(&stretch, None, None).await? {
                total.merge(&tally);
                if stretch.end().plus(SETTLES_AFTER) <= now {
                    self.over.lock().insert(at, tally);
                }
            }
        }
        Ok((window.begin, total))
    }

    fn add_kept(&self, at: Timestamp, total: &mut Tally) -> bool {
        let over = self.over.lock();
        let kept = over.get(&at);
        if let Some(tally) = kept {
            total.merge(tally);
        }
        kept.is_some()
    }
}
