//! Which spans does every attempt have? Its time in the queue and itself: both follow from the attempt's row, so that the busiest
//! path of the engine does not store them a second time.

use std::time::Duration;

use baton_domain::id::{AttemptId, SpanId};
use baton_domain::wire::task::{AttemptOutcome, AttemptView};
use baton_domain::wire::trace::SpanView;
use serde_json::{Value, json};

/// The span of an attempt as a whole; what its agent reports lies within it.
#[must_use]
pub fn attempt_span(attempt: AttemptId) -> SpanId {
    SpanId::new(*attempt.as_uuid())
}

/// The time in the queue, and the attempt if it has ended.
pub(super) fn of(attempt: &AttemptView) -> Vec<SpanView> {
    let (Some(ready), Some(started)) = (attempt.ready_at, attempt.started_at) else { return Vec::new() };
    let id = attempt.id.as_uuid();
    let queue = SpanView {
        // Another identifier than the attempt's, and the same each time it is asked for.
        id: SpanId::new(uuid::Uuid::from_u128(!id.as_u128())),
        parent_id: None,
        attempt_id: Some(attempt.id),
        name: "queue".to_owned(),
        started_at: ready,
        duration_us: micros(started.since(ready)),
        ok: true,
        attributes: Value::Null,
    };
    let whole = attempt.ended_at.map(|ended| SpanView {
        id: attempt_span(attempt.id),
        parent_id: None,
        attempt_id: Some(attempt.id),
        name: "attempt".to_owned(),
        started_at: started,
        duration_us: micros(ended.since(started)),
        ok: attempt.outcome == Some(AttemptOutcome::Completed),
        attributes: attempt.failure.as_ref().map_or(Value::Null, |failure| json!({"error.type": failure.code})),
    });
    std::iter::once(queue).chain(whole).collect()
}

fn micros(span: Duration) -> i64 {
    i64::try_from(span.as_micros()).unwrap_or(i64::MAX)
}
