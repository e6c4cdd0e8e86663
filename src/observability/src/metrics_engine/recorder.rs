//! How is measured while work moves? In memory, in buckets of 10 seconds, behind a lock that is held for a few instructions.
//!
//! A bucket in memory is *whole* once it includes what an earlier run of the server stored for it. Until the flusher has
//! looked, it is only what this process counted, and readers add the stored part. So a restart inside a bucket, or a
//! measurement that comes late for a bucket that has left the memory, loses nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use baton_domain::id::ServerId;
use baton_domain::ports::Recorder;
use baton_domain::time::Timestamp;
use baton_domain::wire::task::AttemptOutcome;
use baton_storage::{BucketKey, BucketRow};
use parking_lot::Mutex;
use uuid::Uuid;

use super::BUCKET_MILLIS;
use super::rollup::Tally;

/// Buckets that are kept in memory at most; reached only when storage fails for long.
const MAXIMUM_BUCKETS: usize = 20_000;
/// How long a stored bucket stays in memory after its end, for measurements that come late.
const KEEP: Duration = Duration::from_secs(60);

/// Counts what the engine reports.
#[derive(Debug)]
pub struct MetricsRecorder {
    server: ServerId,
    memory: Mutex<Memory>,
}

#[derive(Debug, Default)]
struct Memory {
    buckets: BTreeMap<BucketKey, Bucket>,
    /// Instants whose stored buckets are all in memory: a new bucket of theirs is whole.
    settled: BTreeSet<Timestamp>,
    /// Buckets that were thrown away before they were stored.
    lost: u64,
}

#[derive(Debug, Default)]
struct Bucket {
    tally: Tally,
    /// Grows with every change.
    version: u64,
    /// The version that is stored.
    stored: u64,
    whole: bool,
}

/// A bucket to be stored, with the version that it has.
#[derive(Debug)]
pub(crate) struct Changed {
    key: BucketKey,
    row: BucketRow,
    version: u64,
}

impl Changed {
    /// What is to be stored, and what to say once it is.
    pub(crate) fn split(self) -> ((BucketKey, BucketRow), (BucketKey, u64)) {
        ((self.key.clone(), self.row), (self.key, self.version))
    }
}

/// A bucket as it stands in memory.
#[derive(Debug)]
pub(crate) struct InMemory {
    pub(crate) key: BucketKey,
    pub(crate) tally: Tally,
    /// Whether it includes what is stored.
    pub(crate) whole: bool,
}

impl MetricsRecorder {
    /// The recorder of this server, which has counted nothing yet.
    #[must_use]
    pub fn new(server: ServerId) -> Arc<Self> {
        Arc::new(Self { server, memory: Mutex::default() })
    }

    fn change(&self, at: Timestamp, skill: &str, agent: &str, change: impl FnOnce(&mut Tally)) {
        let at = Timestamp::from_millis(at.as_millis().div_euclid(BUCKET_MILLIS) * BUCKET_MILLIS);
        let key = BucketKey { at, skill: skill.to_owned(), agent: agent.to_owned(), server: self.server };
        let mut memory = self.memory.lock();
        let memory = &mut *memory;
        if memory.buckets.len() >= MAXIMUM_BUCKETS && !memory.buckets.contains_key(&key) {
            memory.throw_out_oldest();
        }
        let whole = memory.settled.contains(&at);
        let bucket = memory.buckets.entry(key).or_insert_with(|| Bucket { whole, ..Bucket::default() });
        change(&mut bucket.tally);
        bucket.version += 1;
    }

    /// Instants with changed buckets that are not whole.
    pub(crate) fn unsettled(&self) -> BTreeSet<Timestamp> {
        let memory = self.memory.lock();
        memory.buckets.iter().filter(|(_, bucket)| !bucket.whole).map(|(key, _)| key.at).collect()
    }

    /// Makes the buckets of an instant whole with what is stored for it.
    pub(crate) fn settle(&self, at: Timestamp, stored: &[(BucketKey, BucketRow)]) {
        let mut memory = self.memory.lock();
        for (key, row) in stored.iter().filter(|(key, _)| key.at == at && key.server == self.server) {
            let bucket = memory.buckets.entry(key.clone()).or_default();
            if !bucket.whole {
                bucket.tally.merge(&Tally::from_row(row));
                bucket.whole = true;
            }
        }
        for (_, bucket) in memory.buckets.range_mut(first_of(at)..).take_while(|(key, _)| key.at == at) {
            bucket.whole = true;
        }
        memory.settled.insert(at);
    }

    /// The whole buckets that changed since they were stored.
    pub(crate) fn changed(&self) -> Vec<Changed> {
        let memory = self.memory.lock();
        let changed = memory.buckets.iter().filter(|(_, bucket)| bucket.whole && bucket.version != bucket.stored);
        changed.map(|(key, bucket)| Changed { key: key.clone(), row: bucket.tally.to_row(), version: bucket.version }).collect()
    }

    /// Notes that buckets were stored as they were given.
    pub(crate) fn stored(&self, stored: &[(BucketKey, u64)]) {
        let mut memory = self.memory.lock();
        for (key, version) in stored {
            if let Some(bucket) = memory.buckets.get_mut(key) {
                bucket.stored = *version;
            }
        }
    }

    /// Forgets instants that ended long ago and are stored; gives how many buckets were lost since the last call.
    pub(crate) fn forget(&self, now: Timestamp) -> u64 {
        let mut memory = self.memory.lock();
        let memory = &mut *memory;
        let oldest = now.minus(KEEP).as_millis().saturating_sub(BUCKET_MILLIS);
        let unstored: BTreeSet<Timestamp> = memory
            .buckets
            .iter()
            .take_while(|(key, _)| key.at.as_millis() <= oldest)
            .filter(|(_, bucket)| bucket.version != bucket.stored)
            .map(|(key, _)| key.at)
            .collect();
        let stays = |at: &Timestamp| at.as_millis() > oldest || unstored.contains(at);
        memory.buckets.retain(|key, _| stays(&key.at));
        memory.settled.retain(stays);
        std::mem::take(&mut memory.lost)
    }

    /// What is in memory of a span, of one skill or agent if named.
    pub(crate) fn in_memory(&self, since: Timestamp, until: Timestamp, skill: Option<&str>, agent: Option<&str>) -> Vec<InMemory> {
        let memory = self.memory.lock();
        let span = memory.buckets.range(first_of(since)..).take_while(|(key, _)| key.at < until);
        let named = span.filter(|(key, _)| skill.is_none_or(|skill| key.skill == skill) && agent.is_none_or(|agent| key.agent == agent));
        named.map(|(key, bucket)| InMemory { key: key.clone(), tally: bucket.tally.clone(), whole: bucket.whole }).collect()
    }
}

impl Memory {
    /// Makes room. The rest of that instant is no longer settled: a new bucket of it may have a stored part.
    fn throw_out_oldest(&mut self) {
        if let Some((key, bucket)) = self.buckets.pop_first() {
            self.settled.remove(&key.at);
            self.lost += u64::from(bucket.version != bucket.stored);
        }
    }
}

/// The smallest key of an instant.
fn first_of(at: Timestamp) -> BucketKey {
    BucketKey { at, skill: String::new(), agent: String::new(), server: ServerId::new(Uuid::nil()) }
}

impl Recorder for MetricsRecorder {
    fn submitted(&self, at: Timestamp, skill: &str, count: u64) {
        self.change(at, skill, "", |tally| tally.submitted = tally.submitted.saturating_add(count));
    }

    fn started(&self, at: Timestamp, skill: &str, agent: &str, wait: Duration) {
        self.change(at, skill, agent, |tally| tally.started(wait));
    }

    fn ended(&self, at: Timestamp, skill: &str, agent: &str, outcome: AttemptOutcome, run: Duration) {
        self.change(at, skill, agent, |tally| tally.ended(outcome, run));
    }

    fn canceled(&self, at: Timestamp, skill: &str) {
        self.change(at, skill, "", |tally| tally.canceled += 1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_millis(seconds * 1000)
    }

    fn row(submitted: u64) -> BucketRow {
        Tally { submitted, ..Tally::default() }.to_row()
    }

    fn key(seconds: i64) -> BucketKey {
        BucketKey { at: at(seconds), skill: "nlp.sentiment".to_owned(), agent: String::new(), server: ServerId::new(Uuid::nil()) }
    }

    fn store_changed(recorder: &MetricsRecorder) -> Vec<(BucketKey, BucketRow)> {
        let changed = recorder.changed();
        recorder.stored(&changed.iter().map(|changed| (changed.key.clone(), changed.version)).collect::<Vec<_>>());
        changed.into_iter().map(|changed| (changed.key, changed.row)).collect()
    }

    #[test]
    fn a_bucket_is_not_stored_before_its_stored_part_was_read() {
        let recorder = MetricsRecorder::new(ServerId::new(Uuid::nil()));
        recorder.submitted(at(15), "nlp.sentiment", 2);
        assert!(recorder.changed().is_empty());
        assert_eq!(recorder.unsettled(), BTreeSet::from([at(10)]));
        recorder.settle(at(10), &[(key(10), row(5))]);
        assert_eq!(store_changed(&recorder), [(key(10), row(7))]);
        assert!(recorder.changed().is_empty());
    }

    #[test]
    fn a_stored_bucket_that_was_not_in_memory_yet_is_not_overwritten_later() {
        let recorder = MetricsRecorder::new(ServerId::new(Uuid::nil()));
        recorder.submitted(at(15), "other.skill", 1);
        recorder.settle(at(10), &[(key(10), row(5))]);
        recorder.submitted(at(16), "nlp.sentiment", 1);
        assert!(store_changed(&recorder).contains(&(key(10), row(6))));
    }

    #[test]
    fn settling_twice_adds_nothing() {
        let recorder = MetricsRecorder::new(ServerId::new(Uuid::nil()));
        recorder.submitted(at(15), "nlp.sentiment", 1);
        recorder.settle(at(10), &[(key(10), row(5))]);
        recorder.settle(at(10), &[(key(10), row(6))]);
        assert_eq!(store_changed(&recorder), [(key(10), row(6))]);
    }

    #[test]
    fn a_change_while_it_is_being_stored_is_stored_the_next_time() {
        let recorder = MetricsRecorder::new(ServerId::new(Uuid::nil()));
        recorder.submitted(at(15), "nlp.sentiment", 1);
        recorder.settle(at(10), &[]);
        let changed = recorder.changed();
        recorder.submitted(at(16), "nlp.sentiment", 1);
        recorder.stored(&[(changed[0].key.clone(), changed[0].version)]);
        assert_eq!(store_changed(&recorder), [(key(10), row(2))]);
    }

    #[test]
    fn only_what_is_old_and_stored_is_forgotten() {
        let recorder = MetricsRecorder::new(ServerId::new(Uuid::nil()));
        for seconds in [0, 10, 100] {
            recorder.submitted(at(seconds), "nlp.sentiment", 1);
            recorder.settle(at(seconds), &[]);
        }
        store_changed(&recorder);
        recorder.submitted(at(10), "nlp.sentiment", 1);
        assert_eq!(recorder.forget(at(100)), 0);
        let left: Vec<Timestamp> = recorder.in_memory(at(0), at(1_000), None, None).iter().map(|bucket| bucket.key.at).collect();
        assert_eq!(left, [at(10), at(100)]);
        recorder.submitted(at(0), "nlp.sentiment", 1);
        assert_eq!(recorder.unsettled(), BTreeSet::from([at(0)]));
    }

    #[test]
    fn memory_is_bounded_and_a_loss_is_told_once() {
        let recorder = MetricsRecorder::new(ServerId::new(Uuid::nil()));
        let count = i64::try_from(MAXIMUM_BUCKETS).unwrap() + 3;
        for index in 0..count {
            recorder.submitted(at(index * 10), "nlp.sentiment", 1);
        }
        assert_eq!(recorder.in_memory(at(0), at(count * 10), None, None).len(), MAXIMUM_BUCKETS);
        assert_eq!((recorder.forget(at(0)), recorder.forget(at(0))), (3, 0));
    }
}
