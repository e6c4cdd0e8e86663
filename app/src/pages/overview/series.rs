//! How a series grows by events, and what its numbers are.

use baton_domain::task::TaskState;
use baton_domain::time::Timestamp;
use baton_domain::wire::metrics::{Point, Quantiles, Series};
use baton_domain::wire::task::TaskSummary;

use crate::format;

/// The span that throughput is the average of.
const THROUGHPUT_SECONDS: u64 = 300;
/// The most empty points that are put in at once; after a longer pause the series is read anew anyway.
const MOST_NEW: usize = 24;

/// Counts a task's change of state in the point of its time.
pub(super) fn apply(series: &mut Series, at: Timestamp, task: &TaskSummary) {
    let step = i64::from(series.step_seconds.max(1)) * 1_000;
    for _ in 0..MOST_NEW {
        let Some(last) = series.points.last() else { break };
        let next = last.at.as_millis() + step;
        if at.as_millis() < next {
            break;
        }
        series.points.push(Point { at: Timestamp::from_millis(next), ..Point::default() });
        series.points.remove(0);
    }
    if let Some(point) = series.points.iter_mut().rev().find(|point| point.at <= at) {
        add(point, task);
    }
    add(&mut series.total, task);
}

/// Counts a task's change of state.
pub(super) fn add(point: &mut Point, task: &TaskSummary) {
    match task.state {
        TaskState::Queued | TaskState::Waiting if task.attempt <= 1 && task.agent.is_none() => point.submitted += 1,
        TaskState::Completed => point.completed += 1,
        TaskState::Failed | TaskState::TimedOut => point.failed += 1,
        TaskState::Canceled => point.canceled += 1,
        _ => {}
    }
}

/// The numbers of the page, written out.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Numbers {
    pub(super) per_minute: String,
    pub(super) wait: String,
    pub(super) success: String,
}

/// What the series says.
#[expect(clippy::cast_precision_loss, reason = "counts of one hour")]
pub(super) fn numbers(series: &Series) -> Numbers {
    let step = u64::from(series.step_seconds.max(1));
    let points = usize::try_from(THROUGHPUT_SECONDS / step).unwrap_or(1).max(1);
    let ended: u64 = series.points.iter().rev().take(points).map(|point| point.completed + point.failed).sum();
    let per_minute = ended as f64 * 60.0 / (points as u64 * step) as f64;
    let per_minute = if per_minute >= 10.0 || ended == 0 { format!("{per_minute:.0}") } else { format!("{per_minute:.1}") };
    let total = &series.total;
    Numbers {
        per_minute,
        wait: total.wait_ms.map_or_else(|| "–".to_owned(), |wait| format::millis(wait.p95)),
        success: format::percent(total.completed, total.completed + total.failed),
    }
}

/// Whether there is any time to show: of waiting, or of running.
pub(super) fn is_measured(series: &Series) -> bool {
    series.points.iter().any(|point| point.wait_ms.is_some() || point.run_ms.is_some())
}

/// Attempts that ended.
#[expect(clippy::cast_precision_loss, reason = "counts of one step")]
pub(super) fn ended(point: &Point) -> f64 {
    (point.completed + point.failed) as f64
}

/// Tasks submitted.
#[expect(clippy::cast_precision_loss, reason = "counts of one step")]
pub(super) fn submitted(point: &Point) -> f64 {
    point.submitted as f64
}

/// The 95th percentile of waiting.
pub(super) fn wait(point: &Point) -> f64 {
    point.wait_ms.map_or(0.0, |Quantiles { p95, .. }| p95)
}

/// The share of attempts that completed; 1 where none ended.
#[expect(clippy::cast_precision_loss, reason = "counts of one step")]
pub(super) fn success(point: &Point) -> f64 {
    let all = point.completed + point.failed;
    if all == 0 { 1.0 } else { point.completed as f64 / all as f64 }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    fn task(state: &str, attempt: u32) -> TaskSummary {
        serde_json::from_value(serde_json::json!({
            "id": "00000000-0000-7000-8000-000000000001", "project_id": "00000000-0000-0000-0000-000000000001",
            "title": "t", "skill": "nlp.sentiment", "state": state, "priority": 3, "attempt": attempt, "maximum_attempts": 4,
            "created_at": "2026-01-01T00:00:00Z", "created_by": "a@b.example"
        }))
        .unwrap()
    }

    fn series() -> Series {
        let points = (0..4).map(|index| Point { at: Timestamp::from_millis(index * 30_000), ..Point::default() }).collect();
        Series { step_seconds: 30, points, total: Point::default() }
    }

    #[test]
    fn an_event_counts_in_the_point_of_its_time_and_moves_the_series_on() {
        let mut series = series();
        apply(&mut series, Timestamp::from_millis(95_000), &task("completed", 1));
        apply(&mut series, Timestamp::from_millis(125_000), &task("queued", 1));
        apply(&mut series, Timestamp::from_millis(40_000), &task("failed", 1));
        let seen: Vec<(i64, u64, u64, u64)> =
            series.points.iter().map(|point| (point.at.as_millis() / 1_000, point.submitted, point.completed, point.failed)).collect();
        assert_eq!(seen, [(30, 0, 0, 1), (60, 0, 0, 0), (90, 0, 1, 0), (120, 1, 0, 0)]);
        assert_eq!((series.total.completed, series.total.submitted), (1, 1));
    }

    #[test]
    fn a_retry_is_no_new_submission() {
        let mut point = Point::default();
        add(&mut point, &task("queued", 2));
        assert_eq!(point, Point::default());
    }

    #[test]
    fn what_has_waited_or_run_is_measured_and_what_was_only_submitted_is_not() {
        let mut series = series();
        apply(&mut series, Timestamp::from_millis(95_000), &task("queued", 1));
        assert!(!is_measured(&series));
        series.points[1].run_ms = Some(Quantiles { p50: 1.0, p95: 2.0, p99: 3.0 });
        assert!(is_measured(&series));
    }

    #[test]
    fn throughput_is_of_the_last_minutes() {
        let mut series = series();
        for _ in 0..50 {
            apply(&mut series, Timestamp::from_millis(100_000), &task("completed", 1));
        }
        let numbers = numbers(&series);
        assert_eq!((numbers.per_minute.as_str(), numbers.success.as_str(), numbers.wait.as_str()), ("10", "100 %", "–"));
    }
}
