//! How are the tallies of a span found? What is stored, with what is in memory laid over it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use baton_domain::time::Timestamp;
use baton_storage::{BucketKey, MetricStore, StoreError};

use super::BUCKET_MILLIS;
use super::recorder::MetricsRecorder;
use super::rollup::Tally;
use super::window::Window;

/// How much is read at a time, so that a long series does not hold all its buckets in memory.
const PART: Duration = Duration::from_secs(6 * 3_600);

/// Where measurements are: in storage and in memory.
pub(crate) struct Measurements {
    pub(crate) store: Arc<dyn MetricStore>,
    pub(crate) recorder: Arc<MetricsRecorder>,
}

impl Measurements {
    /// One tally for each point of the window, of one skill or agent if named.
    pub(crate) async fn tallies(&self, window: &Window, skill: Option<&str>, agent: Option<&str>) -> Result<Vec<Tally>, StoreError> {
        let mut tallies = vec![Tally::default(); window.count];
        let mut since = window.begin;
        while since < window.end() {
            let until = since.plus(PART).min(window.end());
            for (key, tally) in self.buckets(since, until, skill, agent).await? {
                if let Some(point) = window.index(key.at).and_then(|index| tallies.get_mut(index)) {
                    point.merge(&tally);
                }
            }
            since = until;
        }
        Ok(tallies)
    }

    /// The buckets from `since` to before `until`.
    async fn buckets(
        &self,
        since: Timestamp,
        until: Timestamp,
        skill: Option<&str>,
        agent: Option<&str>,
    ) -> Result<BTreeMap<BucketKey, Tally>, StoreError> {
        let last = Timestamp::from_millis(until.as_millis() - BUCKET_MILLIS);
        // Storage first: what is flushed in between is then in memory as a whole and replaces what was read.
        let stored = self.store.buckets(since, last, skill, agent).await?;
        let mut buckets: BTreeMap<BucketKey, Tally> = stored.iter().map(|(key, row)| (key.clone(), Tally::from_row(row))).collect();
        for bucket in self.recorder.in_memory(since, until, skill, agent) {
            if bucket.whole {
                buckets.insert(bucket.key, bucket.tally);
            } else {
                buckets.entry(bucket.key).or_default().merge(&bucket.tally);
            }
        }
        Ok(buckets)
    }
}
