//! Which points does a series have? Steps on whole multiples since the epoch, so that a chart read again has the same points.

use std::time::Duration;

use baton_domain::problem::{Code, Problem};
use baton_domain::time::Timestamp;
use baton_domain::wire::metrics::{BUCKET_SECONDS, MAXIMUM_POINTS, SeriesQuery};

/// The span of a series whose query says none.
const DEFAULT_SPAN: Duration = Duration::from_secs(3_600);
/// The longest span of one series: what is read for it stays bounded.
const MAXIMUM_SPAN: Duration = Duration::from_secs(31 * 24 * 3_600);
/// The most points of a series whose query says no step.
const CHOSEN_POINTS: i64 = 120;
/// The steps that are chosen from, in seconds; the longest span fits the last.
const STEPS: [u32; 13] = [10, 20, 30, 60, 120, 300, 600, 1_200, 1_800, 3_600, 7_200, 14_400, 28_800];

/// The points of a series.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Window {
    /// The first instant of the first point.
    pub(crate) begin: Timestamp,
    /// Seconds of one point.
    pub(crate) step_seconds: u32,
    /// How many points; at least one.
    pub(crate) count: usize,
}

impl Window {
    /// What a query asks for.
    pub(crate) fn of(query: &SeriesQuery, now: Timestamp) -> Result<Self, Problem> {
        // The present millisecond is included.
        let until = query.until.unwrap_or_else(|| now.plus(Duration::from_millis(1)));
        let since = query.since.unwrap_or_else(|| until.minus(DEFAULT_SPAN));
        if since >= until {
            return Err(wrong("since", "an instant before until"));
        }
        let span = until.since(since);
        if span > MAXIMUM_SPAN {
            return Err(wrong("since", "an instant at most 31 days before until"));
        }
        match query.step_seconds {
            Some(step) if step == 0 || !step.is_multiple_of(BUCKET_SECONDS) => Err(wrong("step_seconds", "a multiple of 10")),
            Some(step) if points(since, until, step) > i64::from(MAXIMUM_POINTS) => {
                Err(wrong("step_seconds", "a step that makes at most 720 points"))
            }
            Some(step) => Ok(Self::covering(since, until, step, i64::from(MAXIMUM_POINTS))),
            None => {
                let fits = STEPS.into_iter().find(|step| points(since, until, *step) <= CHOSEN_POINTS);
                fits.map(|step| Self::covering(since, until, step, CHOSEN_POINTS)).ok_or_else(|| wrong("step_seconds", "a multiple of 10"))
            }
        }
    }

    /// The points that reach up to the present, as many as fit the span.
    pub(crate) fn up_to(now: Timestamp, step_seconds: u32, span: Duration) -> Self {
        let until = now.plus(Duration::from_millis(1));
        let since = until.minus(span);
        Self::covering(since, until, step_seconds, points(since, until, step_seconds))
    }

    /// The points that cover a span. Its ends rarely fall on a step; where that makes one point more than the limit,
    /// the oldest, of which the span wants only a part, is left out.
    fn covering(since: Timestamp, until: Timestamp, step_seconds: u32, limit: i64) -> Self {
        let step = i64::from(step_seconds) * 1000;
        let begin = since.as_millis().div_euclid(step).saturating_mul(step);
        let end = until.as_millis().saturating_add(step - 1).div_euclid(step).saturating_mul(step);
        let count = (end.saturating_sub(begin) / step).max(1);
        let (begin, count) = if count > limit { (begin + step, count - 1) } else { (begin, count) };
        Self { begin: Timestamp::from_millis(begin), step_seconds, count: usize::try_from(count).unwrap_or(1) }
    }

    /// The first instant after the last point.
    pub(crate) fn end(&self) -> Timestamp {
        self.at(self.count)
    }

    /// The first instant of a point.
    pub(crate) fn at(&self, index: usize) -> Timestamp {
        self.begin.plus(Duration::from_secs(u64::from(self.step_seconds) * index as u64))
    }

    /// The point that an instant belongs to.
    pub(crate) fn index(&self, at: Timestamp) -> Option<usize> {
        let since_begin = at.as_millis().checked_sub(self.begin.as_millis())?;
        let index = usize::try_from(since_begin.div_euclid(i64::from(self.step_seconds) * 1000)).ok()?;
        (index < self.count).then_some(index)
    }
}

/// How many steps a span is long.
fn points(since: Timestamp, until: Timestamp, step_seconds: u32) -> i64 {
    let step = i64::from(step_seconds) * 1000;
    until.as_millis().saturating_sub(since.as_millis()).saturating_add(step - 1) / step
}

fn wrong(field: &str, expected: &str) -> Problem {
    Problem::new(Code::InvalidQuery, format!("Give {expected} as {field}.")).with_field(field, format!("expected {expected}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn seconds(seconds: i64) -> Timestamp {
        Timestamp::from_millis(seconds * 1000)
    }

    fn query(since: i64, until: i64, step_seconds: Option<u32>) -> SeriesQuery {
        SeriesQuery { since: Some(seconds(since)), until: Some(seconds(until)), step_seconds, ..SeriesQuery::default() }
    }

    #[test]
    fn without_a_query_it_is_the_last_hour_in_120_points_with_the_present_in_the_last() {
        for now in [36_000_000, 36_007_123, 36_029_999, 36_030_000] {
            let now = Timestamp::from_millis(now);
            let window = Window::of(&SeriesQuery::default(), now).unwrap();
            assert_eq!((window.step_seconds, window.count), (30, 120));
            assert_eq!(window.index(now), Some(119));
            assert_eq!(Window::up_to(now, 30, DEFAULT_SPAN), window);
        }
    }

    #[test]
    fn a_span_that_falls_on_steps_has_exactly_its_points() {
        let window = Window::of(&query(7_200, 14_400, Some(10)), seconds(0)).unwrap();
        assert_eq!((window.begin, window.count, window.end()), (seconds(7_200), 720, seconds(14_400)));
        assert_eq!(window.index(seconds(14_400)), None);
        assert_eq!(window.index(seconds(7_199)), None);
    }

    #[test]
    fn a_wrong_query_names_its_field() {
        let field = |query| Window::of(&query, seconds(0)).unwrap_err().errors[0].field.clone();
        assert_eq!(field(query(10, 10, None)), "since");
        assert_eq!(field(query(0, 32 * 86_400, None)), "since");
        assert_eq!(field(query(0, 3_600, Some(0))), "step_seconds");
        assert_eq!(field(query(0, 3_600, Some(15))), "step_seconds");
        assert_eq!(field(query(0, 7_201, Some(10))), "step_seconds");
        assert_eq!(field(SeriesQuery { since: Some(Timestamp::from_millis(i64::MIN)), ..query(0, 1, None) }), "since");
    }

    proptest! {
        #[test]
        fn every_accepted_span_is_covered_but_for_less_than_a_step(since in 0i64..1 << 40, span in 1i64..2_678_400_000, step in prop::option::of(1u32..9_000)) {
            let (since, until) = (Timestamp::from_millis(since), Timestamp::from_millis(since + span));
            let query = SeriesQuery { since: Some(since), until: Some(until), step_seconds: step.map(|step| step * 10), ..SeriesQuery::default() };
            if let Ok(window) = Window::of(&query, until) {
                let step = i64::from(window.step_seconds) * 1000;
                prop_assert!((1..=720).contains(&window.count));
                prop_assert!(window.step_seconds.is_multiple_of(BUCKET_SECONDS));
                prop_assert!(window.end() >= until && window.end().as_millis() - until.as_millis() < step);
                prop_assert!(window.begin.as_millis() - since.as_millis() < step);
                prop_assert_eq!(window.index(Timestamp::from_millis(until.as_millis() - 1)), Some(window.count - 1));
            } else {
                prop_assert!(step.is_some(), "a step must always be found");
            }
        }
    }
}
