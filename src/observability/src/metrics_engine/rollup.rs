//! What do measurements come to when they are put together? A tally: counts that add up and sketches that merge.

use std::time::Duration;

use baton_domain::time::Timestamp;
use baton_domain::wire::metrics::{Point, Quantiles};
use baton_domain::wire::task::AttemptOutcome;
use baton_storage::BucketRow;

use super::sketch::Sketch;

/// What happened in a bucket, or in many together.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Tally {
    pub(crate) submitted: u64,
    pub(crate) started: u64,
    pub(crate) completed: u64,
    pub(crate) failed: u64,
    pub(crate) canceled: u64,
    /// Milliseconds from ready to begun.
    pub(crate) wait: Sketch,
    /// Milliseconds from begun to ended.
    pub(crate) run: Sketch,
}

impl Tally {
    pub(crate) fn started(&mut self, wait: Duration) {
        self.started += 1;
        self.wait.record(milliseconds(wait));
    }

    /// Counts the end of an attempt. How long it ran says something only of those that came to their own end or to
    /// their deadline, not of those that were cancelled, lost, handed back or refused.
    pub(crate) fn ended(&mut self, outcome: AttemptOutcome, run: Duration) {
        match outcome {
            AttemptOutcome::Completed => self.completed += 1,
            AttemptOutcome::Failed | AttemptOutcome::TimedOut | AttemptOutcome::Lost => self.failed += 1,
            AttemptOutcome::Canceled => self.canceled += 1,
            AttemptOutcome::HandedBack | AttemptOutcome::Paused | AttemptOutcome::Refused => {}
        }
        if matches!(outcome, AttemptOutcome::Completed | AttemptOutcome::Failed | AttemptOutcome::TimedOut) {
            self.run.record(milliseconds(run));
        }
    }

    pub(crate) fn merge(&mut self, other: &Self) {
        for (mine, theirs) in [
            (&mut self.submitted, other.submitted),
            (&mut self.started, other.started),
            (&mut self.completed, other.completed),
            (&mut self.failed, other.failed),
            (&mut self.canceled, other.canceled),
        ] {
            *mine = mine.saturating_add(theirs);
        }
        self.wait.merge(&other.wait);
        self.run.merge(&other.run);
    }

    pub(crate) fn to_row(&self) -> BucketRow {
        BucketRow {
            submitted: self.submitted,
            started: self.started,
            completed: self.completed,
            failed: self.failed,
            canceled: self.canceled,
            wait_sketch: self.wait.to_bytes(),
            run_sketch: self.run.to_bytes(),
        }
    }

    /// Reads a stored bucket. One damaged sketch costs its quantiles, not the whole chart.
    pub(crate) fn from_row(row: &BucketRow) -> Self {
        Self {
            submitted: row.submitted,
            started: row.started,
            completed: row.completed,
            failed: row.failed,
            canceled: row.canceled,
            wait: read(&row.wait_sketch),
            run: read(&row.run_sketch),
        }
    }

    pub(crate) fn point(&self, at: Timestamp) -> Point {
        Point {
            at,
            submitted: self.submitted,
            completed: self.completed,
            failed: self.failed,
            canceled: self.canceled,
            wait_ms: quantiles(&self.wait),
            run_ms: quantiles(&self.run),
        }
    }
}

fn read(bytes: &[u8]) -> Sketch {
    Sketch::from_bytes(bytes).unwrap_or_else(|error| {
        tracing::warn!(%error, "a stored sketch does not read back; its quantiles are missing");
        Sketch::default()
    })
}

fn quantiles(sketch: &Sketch) -> Option<Quantiles> {
    Some(Quantiles { p50: sketch.quantile(0.5)?, p95: sketch.quantile(0.95)?, p99: sketch.quantile(0.99)? })
}

fn milliseconds(span: Duration) -> f64 {
    span.as_secs_f64() * 1000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_outcome_counts_once_and_only_own_ends_have_a_run_time() {
        let mut tally = Tally::default();
        for outcome in [
            AttemptOutcome::Completed,
            AttemptOutcome::Failed,
            AttemptOutcome::TimedOut,
            AttemptOutcome::Lost,
            AttemptOutcome::Canceled,
            AttemptOutcome::HandedBack,
            AttemptOutcome::Paused,
            AttemptOutcome::Refused,
        ] {
            tally.ended(outcome, Duration::from_millis(40));
        }
        assert_eq!((tally.completed, tally.failed, tally.canceled, tally.run.count()), (1, 3, 1, 3));
    }

    #[test]
    fn a_tally_survives_its_row() {
        let mut tally = Tally { submitted: 7, ..Tally::default() };
        tally.started(Duration::from_millis(3));
        tally.ended(AttemptOutcome::Completed, Duration::from_millis(120));
        assert_eq!(Tally::from_row(&tally.to_row()), tally);
    }

    #[test]
    fn a_damaged_sketch_costs_its_quantiles_only() {
        let mut tally = Tally::default();
        tally.started(Duration::from_millis(3));
        tally.ended(AttemptOutcome::Completed, Duration::from_millis(120));
        let read = Tally::from_row(&BucketRow { run_sketch: vec![1, 255], ..tally.to_row() });
        let point = read.point(Timestamp::default());
        assert_eq!((point.completed, point.run_ms), (1, None));
        assert!(point.wait_ms.is_some());
    }
}
