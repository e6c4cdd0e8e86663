//! What must hold of the event log, and of what a subscriber was given of it: I9.

use super::{Invariant, Violation};
use crate::event::Event;
use crate::id::EventSeq;

fn gap(detail: String) -> Violation {
    Violation { invariant: Invariant::EventsGapless, detail }
}

/// Checks that events that follow `since` take one place after the other.
#[must_use]
pub fn check_log<'a>(since: EventSeq, events: impl IntoIterator<Item = &'a Event>) -> Vec<Violation> {
    let mut violations = Vec::new();
    let mut last = since;
    for event in events {
        if event.seq.0 != last.0 + 1 {
            violations.push(gap(format!("{} is followed by {}", last, event.seq)));
        }
        last = event.seq;
    }
    violations
}

/// Checks that a subscriber to everything was given what the log holds, each event once, and the same. Both begin at the same
/// place; a subscriber that has not come to the end of the log is behind, which is no violation.
#[must_use]
pub fn check_followed(log: &[Event], given: &[impl AsRef<Event>]) -> Vec<Violation> {
    let mut violations = Vec::new();
    if given.len() > log.len() {
        violations.push(gap(format!("{} events were given, the log has {}", given.len(), log.len())));
    }
    for (kept, given) in log.iter().zip(given.iter().map(AsRef::as_ref)) {
        if kept.seq != given.seq {
            violations.push(gap(format!("a subscriber was given {} where the log has {}", given.seq, kept.seq)));
            break;
        }
        if kept != given {
            violations.push(gap(format!(
                "{} was {} of {} when it was given and is {} of {}",
                kept.seq, given.kind, given.subject, kept.kind, kept.subject
            )));
        }
    }
    violations
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::DEFAULT_PROJECT;
    use crate::time::Timestamp;
    use crate::user::Principal;

    fn events(places: &[i64]) -> Vec<Event> {
        let event = |seq: &i64| Event {
            seq: EventSeq(*seq),
            at: Timestamp::from_millis(*seq),
            project_id: DEFAULT_PROJECT,
            kind: "task.queued".to_owned(),
            subject: "task:1".to_owned(),
            actor: Principal::System,
            data: crate::event::Payload::default(),
        };
        places.iter().map(event).collect()
    }

    fn given(places: &[i64]) -> Vec<std::sync::Arc<Event>> {
        events(places).into_iter().map(std::sync::Arc::new).collect()
    }

    #[test]
    fn a_gap_and_a_repetition_are_seen() {
        assert_eq!(check_log(EventSeq(0), &events(&[1, 2, 3])), []);
        assert_eq!(check_log(EventSeq(4), &events(&[5, 6])), []);
        assert_eq!(check_log(EventSeq(0), &events(&[1, 3])).len(), 1);
        assert_eq!(check_log(EventSeq(0), &events(&[1, 2, 2])).len(), 1);
        assert_eq!(check_log(EventSeq(0), &events(&[2])).len(), 1);
    }

    #[test]
    fn what_was_given_is_what_is_kept() {
        let log = events(&[1, 2, 3]);
        assert_eq!(check_followed(&log, &given(&[1, 2, 3])), []);
        assert_eq!(check_followed(&log, &given(&[1, 2])), []);
        assert_eq!(check_followed(&log, &given(&[1, 3])).len(), 1);
        assert_eq!(check_followed(&log, &given(&[1, 2, 3, 4])).len(), 1);
        let mut changed = log.clone();
        changed[1].kind = "task.completed".to_owned();
        assert_eq!(check_followed(&changed, &given(&[1, 2, 3])).len(), 1);
    }
}
