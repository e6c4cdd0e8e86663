//! What must hold of a task's attempts and of the story that its events tell: I3, I4, I6, I7, I8 and I10.

use super::{Invariant, Violation};
use crate::event::Event;
use crate::task::{TaskState, WaitKind};
use crate::wire::task::{AttemptOutcome, AttemptView, TaskSummary};

/// Checks a task's attempts, oldest first, against its row.
#[must_use]
pub fn check_attempts(task: &TaskSummary, attempts: &[AttemptView]) -> Vec<Violation> {
    let mut violations = Vec::new();
    let mut report = |invariant, detail: String| violations.push(Violation { invariant, detail: format!("task {}: {detail}", task.id) });

    for pair in attempts.windows(2) {
        let (before, after) = (&pair[0], &pair[1]);
        if after.lease <= before.lease {
            report(Invariant::OneLease, format!("lease {} came after lease {}", after.lease, before.lease));
        }
        if !(before.number..=before.number + 1).contains(&after.number) {
            report(Invariant::AttemptsBounded, format!("attempt {} came after attempt {}", after.number, before.number));
        }
    }
    let open: Vec<i64> = attempts.iter().filter(|attempt| attempt.outcome.is_none()).map(|attempt| attempt.lease).collect();
    let newest = attempts.last().map(|attempt| attempt.lease);
    if open.len() > 1 || open.iter().any(|lease| Some(*lease) != newest) {
        report(Invariant::OneLease, format!("the attempts under the leases {open:?} are open"));
    }
    if !open.is_empty() && !task.state.holds_lease() {
        let invariant = if task.state.is_terminal() { Invariant::EndedHoldsNoLease } else { Invariant::OneLease };
        report(invariant, format!("{}, and the attempt under lease {open:?} is open", task.state));
    }
    let completed: Vec<i64> =
        attempts.iter().filter(|attempt| attempt.outcome == Some(AttemptOutcome::Completed)).map(|attempt| attempt.lease).collect();
    let expected: Vec<i64> = newest.filter(|_| task.state == TaskState::Completed).into_iter().collect();
    if completed != expected {
        report(Invariant::StaleLeaseIsPowerless, format!("{}, attempts completed under {completed:?} of {newest:?}", task.state));
    }
    if attempts.iter().any(|attempt| attempt.number > task.maximum_attempts) {
        report(Invariant::AttemptsBounded, format!("more than {}", task.maximum_attempts));
    }
    violations
}

/// Checks that a task's events, oldest first, tell how its row came about.
#[must_use]
pub fn check_story<'a>(task: &TaskSummary, events: impl IntoIterator<Item = &'a Event>) -> Vec<Violation> {
    let (mut violations, last) = steps(task, events);
    let mut report = |detail: String| violations.push(violation(task, Invariant::ChangeHasEvent, &detail));
    match last {
        None => report("it has no event".to_owned()),
        Some(last) if last != *task => report(format!("its last event tells of {last:?}, its row of {task:?}")),
        Some(_) => {}
    }
    violations
}

/// Checks the same of those of a task's events that are kept, one after the other, and that the last of them tells of the attempt that its row has. What
/// else the row says may be written otherwise than in the event, as a character that a column cannot hold.
#[must_use]
pub fn check_steps<'a>(task: &TaskSummary, events: impl IntoIterator<Item = &'a Event>) -> Vec<Violation> {
    let (mut violations, last) = steps(task, events);
    if let Some(last) = last.filter(|last| last.attempt != task.attempt || last.decision_id != task.decision_id) {
        let (told, kept) = ((last.attempt, last.decision_id), (task.attempt, task.decision_id));
        violations.push(violation(
            task,
            Invariant::ChangeHasEvent,
            &format!("its last event tells of attempt and decision {told:?}, its row of {kept:?}"),
        ));
    }
    violations
}

fn violation(task: &TaskSummary, invariant: Invariant, detail: &str) -> Violation {
    Violation { invariant, detail: format!("task {}: {detail}", task.id) }
}

/// What is wrong from one event to the next, and what the last one tells.
fn steps<'a>(task: &TaskSummary, events: impl IntoIterator<Item = &'a Event>) -> (Vec<Violation>, Option<TaskSummary>) {
    let mut violations = Vec::new();
    let mut report = |invariant, detail: String| violations.push(violation(task, invariant, &detail));

    let mut last: Option<TaskSummary> = None;
    let mut cancel_requested = false;
    for event in events {
        let Ok(now) = event.data.read::<TaskSummary>() else {
            report(Invariant::ChangeHasEvent, format!("event {} carries no task", event.seq));
            continue;
        };
        if let Some(before) = &last {
            let again = before.state.holds_lease() && now.state == TaskState::Queued;
            let most = before.attempt + u32::from(again);
            if !(before.attempt..=most).contains(&now.attempt) {
                report(
                    Invariant::AttemptsBounded,
                    format!("from {} in attempt {} to {} in attempt {}", before.state, before.attempt, now.state, now.attempt),
                );
            }
            let waited = before.state == TaskState::Waiting && before.wait_kind != Some(WaitKind::Decision);
            if waited && now.state == TaskState::Completed {
                report(Invariant::OnlyTableTransitions, format!("event {}: it completed while it waited for others", event.seq));
            }
            if before.decision_id.is_some() && now.decision_id != before.decision_id {
                report(Invariant::OneOutcome, format!("event {}: another decision was opened", event.seq));
            }
            if before.state.is_terminal() {
                report(Invariant::OneOutcome, format!("event {} came after its end", event.seq));
            }
        }
        if cancel_requested && now.state == TaskState::Assigned {
            report(Invariant::OnlyTableTransitions, format!("event {}: it began after its cancellation was asked for", event.seq));
        }
        cancel_requested |= event.kind == "task.cancel_requested";
        last = Some(now);
    }
    (violations, last)
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use uuid::Uuid;

    use super::*;
    use crate::event::Payload;
    use crate::id::{DEFAULT_PROJECT, DecisionId, EventSeq};
    use crate::time::Timestamp;
    use crate::user::Principal;

    fn task(state: TaskState, attempt: u32) -> TaskSummary {
        serde_json::from_value(json!({
            "id": DEFAULT_PROJECT, "project_id": DEFAULT_PROJECT, "title": "t", "skill": "a.b", "state": state, "priority": 3,
            "attempt": attempt, "maximum_attempts": 2, "created_at": "2026-01-01T00:00:00Z", "created_by": "system"
        }))
        .unwrap()
    }

    fn attempt(number: u32, lease: i64, outcome: Option<AttemptOutcome>) -> AttemptView {
        serde_json::from_value(json!({
            "id": DEFAULT_PROJECT, "number": number, "lease": lease, "agent": {"id": DEFAULT_PROJECT, "name": "a"},
            "assigned_at": "2026-01-01T00:00:00Z", "outcome": outcome,
            "explanation": {"strategy": "s", "candidates": [], "rejected": []}
        }))
        .unwrap()
    }

    fn found(task: &TaskSummary, attempts: &[AttemptView]) -> Vec<Invariant> {
        check_attempts(task, attempts).into_iter().map(|violation| violation.invariant).collect()
    }

    #[test]
    fn attempts_that_cannot_be_are_seen() {
        use AttemptOutcome::{Completed, Failed, HandedBack};
        use TaskState as S;
        assert_eq!(
            found(&task(S::Completed, 2), &[attempt(1, 1, Some(HandedBack)), attempt(1, 2, Some(Failed)), attempt(2, 3, Some(Completed))]),
            []
        );
        assert_eq!(found(&task(S::Running, 2), &[attempt(1, 1, Some(Failed)), attempt(2, 2, None)]), []);
        assert_eq!(found(&task(S::Running, 2), &[attempt(1, 1, None), attempt(2, 2, None)]), [Invariant::OneLease]);
        assert_eq!(found(&task(S::Running, 2), &[attempt(1, 1, Some(Failed)), attempt(2, 1, None)]), [Invariant::OneLease]);
        assert_eq!(found(&task(S::Failed, 1), &[attempt(1, 1, None)]), [Invariant::EndedHoldsNoLease]);
        assert_eq!(
            found(&task(S::Completed, 2), &[attempt(1, 1, Some(Completed)), attempt(2, 2, Some(Failed))]),
            [Invariant::StaleLeaseIsPowerless]
        );
        assert_eq!(
            found(&task(S::Failed, 2), &[attempt(1, 1, Some(Failed)), attempt(3, 2, Some(Failed))]),
            [Invariant::AttemptsBounded, Invariant::AttemptsBounded]
        );
    }

    fn told(row: &TaskSummary, story: &[(&str, TaskSummary)]) -> Vec<Invariant> {
        let events: Vec<Event> = story
            .iter()
            .enumerate()
            .map(|(index, (kind, task))| Event {
                seq: EventSeq(index as i64 + 1),
                at: Timestamp::from_millis(0),
                project_id: DEFAULT_PROJECT,
                kind: (*kind).to_owned(),
                subject: String::new(),
                actor: Principal::System,
                data: Payload::of(task).unwrap(),
            })
            .collect();
        check_story(row, &events).into_iter().map(|violation| violation.invariant).collect()
    }

    #[test]
    fn of_what_is_kept_the_last_event_tells_the_attempt_of_the_row() {
        let event = |task: &TaskSummary| Event {
            seq: EventSeq(7),
            at: Timestamp::from_millis(0),
            project_id: DEFAULT_PROJECT,
            kind: format!("task.{}", task.state),
            subject: String::new(),
            actor: Principal::System,
            data: Payload::of(task).unwrap(),
        };
        let found = |row: &TaskSummary, kept: &[Event]| check_steps(row, kept).into_iter().map(|found| found.invariant).collect::<Vec<_>>();
        let running = task(TaskState::Running, 2);
        assert_eq!(found(&running, &[event(&running)]), []);
        assert_eq!(found(&running, &[]), [], "all of it was forgotten");
        assert_eq!(found(&TaskSummary { title: "T".to_owned(), ..running.clone() }, &[event(&running)]), []);
        assert_eq!(found(&task(TaskState::Running, 1), &[event(&running)]), [Invariant::ChangeHasEvent]);
        let ended = task(TaskState::Failed, 2);
        assert_eq!(found(&ended, &[event(&ended), event(&ended)]), [Invariant::OneOutcome]);
    }

    #[test]
    fn a_story_that_does_not_lead_to_its_row_is_seen() {
        use TaskState as S;
        let begun = [("task.queued", task(S::Queued, 1)), ("task.assigned", task(S::Assigned, 1)), ("task.running", task(S::Running, 1))];
        let with = |more: &[(&'static str, TaskSummary)]| [begun.to_vec(), more.to_vec()].concat();
        assert_eq!(told(&task(S::Completed, 1), &with(&[("task.completed", task(S::Completed, 1))])), []);
        assert_eq!(told(&task(S::Queued, 2), &with(&[("task.queued", task(S::Queued, 2))])), []);
        assert_eq!(told(&task(S::Queued, 3), &with(&[("task.queued", task(S::Queued, 3))])), [Invariant::AttemptsBounded]);
        assert_eq!(told(&task(S::Failed, 1), &with(&[("task.completed", task(S::Completed, 1))])), [Invariant::ChangeHasEvent]);
        assert_eq!(
            told(&task(S::Failed, 1), &with(&[("task.completed", task(S::Completed, 1)), ("task.failed", task(S::Failed, 1))])),
            [Invariant::OneOutcome]
        );
        let waits = |kind: Option<WaitKind>| TaskSummary { wait_kind: kind, ..task(S::Waiting, 1) };
        let by_others = |kind| told(&task(S::Completed, 1), &[("task.waiting", waits(kind)), ("task.completed", task(S::Completed, 1))]);
        assert_eq!(by_others(Some(WaitKind::Decision)), []);
        assert_eq!(by_others(Some(WaitKind::Timer)), [Invariant::OnlyTableTransitions]);
        let about = |number| TaskSummary { decision_id: Some(DecisionId::new(Uuid::from_u128(number))), ..waits(Some(WaitKind::Decision)) };
        let opened = [("task.waiting", waits(Some(WaitKind::Decision))), ("task.decision_opened", about(1))];
        assert_eq!(told(&about(1), &opened), []);
        assert_eq!(told(&about(2), &[opened[0].clone(), opened[1].clone(), ("task.decision_opened", about(2))]), [Invariant::OneOutcome]);
        let forgotten =
            [("task.cancel_requested", task(S::Running, 1)), ("task.queued", task(S::Queued, 2)), ("task.assigned", task(S::Assigned, 2))];
        assert_eq!(told(&task(S::Assigned, 2), &with(&forgotten)), [Invariant::OnlyTableTransitions]);
    }
}
