//! What does the engine ask of the queue? What is ready, what is due, who holds a lease.

use std::time::Duration;

use baton_domain::id::{ArtifactId, JournalId, TaskId};
use baton_domain::task::{TaskState, WaitKind};
use baton_domain::time::Timestamp;
use baton_storage::{DueTask, ESCALATED, ESCALATED_FOR, JournalHead, QueueClass, ReadyTask, Wanted};

use super::advance::waits_for_voters;
use super::table::TaskRow;
use crate::PlantedBug;
use crate::commit::State;

/// What [`PlantedBug::KeySeenLate`] is about: less than the longest that a task may wait for others.
const LATE_KEY: &str = "blue";
const LATE: Duration = Duration::from_secs(45);

pub(super) fn classes(state: &State, after: Option<&QueueClass>, limit: u32) -> Vec<QueueClass> {
    state.tasks.classes(after).take(usize::try_from(limit).unwrap_or(usize::MAX)).cloned().collect()
}

pub(super) fn ready(state: &State, wanted: &[Wanted], now: Timestamp) -> Vec<ReadyTask> {
    let due = |row: &&TaskRow| {
        let summary = &row.record.summary;
        let late = summary.fairness_key.as_deref() == Some(LATE_KEY) && now.since(row.record.ready_at) < LATE;
        let seen = (summary.attempt == 1 || !state.makes(PlantedBug::RetryNotQueued)) && !(late && state.makes(PlantedBug::KeySeenLate));
        summary.not_before.is_none_or(|at| at <= now) && summary.cancel_requested_at.is_none() && seen
    };
    let mut ready: Vec<ReadyTask> = wanted
        .iter()
        .flat_map(|wanted| {
            let wanted_too = |row: &&TaskRow| !wanted.without.contains(&row.record.summary.labels);
            state.tasks.queued(&wanted.class).filter(wanted_too).filter(due).take(usize::try_from(wanted.limit).unwrap_or(usize::MAX))
        })
        .map(|row| {
            let QueueClass { skill, fairness_key, priority } = row.class();
            let summary = &row.record.summary;
            ReadyTask { id: summary.id, skill, fairness_key, priority, labels: summary.labels.clone(), rank: row.rank() }
        })
        .collect();
    ready.sort_by_key(|task| (task.rank, task.id));
    ready
}

/// The tasks whose instant has come, the earliest first.
fn come<'a>(
    rows: impl Iterator<Item = &'a TaskRow>,
    instant: impl Fn(&TaskRow) -> Option<Timestamp>,
    now: Timestamp,
    limit: u32,
) -> impl Iterator<Item = &'a TaskRow> {
    let mut found: Vec<(Timestamp, &TaskRow)> = rows.filter_map(|row| instant(row).filter(|at| *at <= now).map(|at| (at, row))).collect();
    found.sort_by_key(|(at, row)| (*at, row.record.summary.id));
    found.into_iter().take(usize::try_from(limit).unwrap_or(usize::MAX)).map(|(_, row)| row)
}

pub(super) fn due(state: &State, now: Timestamp, limit: u32) -> Vec<DueTask> {
    let timer = |row: &TaskRow| {
        let summary = &row.record.summary;
        summary.not_before.filter(|_| summary.state == TaskState::Waiting && summary.wait_kind == Some(WaitKind::Timer))
    };
    let start = |row: &TaskRow| {
        let summary = &row.record.summary;
        row.start_by.filter(|_| summary.state == TaskState::Queued && summary.started_at.is_none())
    };
    let mut due = Vec::new();
    due.extend(come(state.tasks.live(), timer, now, limit).map(|row| DueTask::Timer(row.record.summary.id)));
    let late = come(state.tasks.live(), start, now, limit);
    due.extend(late.map(|row| DueTask::StartedTooLate(row.record.summary.id, row.record.summary.state)));
    let open = come(state.tasks.live(), |row| row.close_by, now, limit);
    due.extend(open.map(|row| DueTask::ClosedTooLate(row.record.summary.id, row.record.summary.state)));
    let early = Duration::from_secs(if state.makes(PlantedBug::LiveLeaseRecovered) { 4 } else { 0 });
    let silent = come(state.tasks.leased(), |row| row.record.lease_until.map(|until| until.minus(early)), now, limit);
    due.extend(silent.map(|row| DueTask::LeaseExpired(row.record.summary.id, row.record.lease)));
    let most = usize::try_from(limit).unwrap_or(usize::MAX);
    due.extend(state.tasks.unsettled().take(most).map(|row| DueTask::Awaited(row.record.summary.id)));
    due.extend(state.tasks.live().filter(|row| is_orphan(state, row)).take(most).map(|row| DueTask::Orphan(row.record.summary.id)));
    let asked = |row: &&TaskRow| row.record.summary.cancel_requested_at.is_some() && !row.record.summary.state.holds_lease();
    due.extend(state.tasks.live().filter(asked).take(most).map(|row| DueTask::CancelPending(row.record.summary.id)));
    let voted = state.tasks.all().filter(|row| row.decide.is_some() && has_voted(state, row, now)).take(most);
    due.extend(voted.map(|row| DueTask::Voted(row.record.summary.id)));
    due
}

/// Whether something follows for a task that several do.
fn has_voted(state: &State, row: &TaskRow, now: Timestamp) -> bool {
    let summary = &row.record.summary;
    let decision = summary.decision_id.map(|id| state.journals.head(JournalId::new(*id.as_uuid())));
    if summary.state.is_terminal() {
        return decision.flatten().is_some_and(|head| head.live);
    }
    let voter = |other: &TaskRow| other.record.summary.parent_id == Some(summary.id);
    let late = |head: &JournalHead| head.state == ESCALATED && head.updated_at <= now.minus(ESCALATED_FOR);
    waits_for_voters(summary)
        && match decision {
            None => !state.tasks.live().any(voter),
            Some(head) => head.is_none_or(|head| !head.live || late(head)),
        }
}

fn is_orphan(state: &State, row: &TaskRow) -> bool {
    let summary = &row.record.summary;
    let parent = summary.parent_id.and_then(|parent| state.tasks.get(parent)).map(|parent| &parent.record.summary);
    summary.cancel_requested_at.is_none() && parent.is_some_and(|parent| parent.state.is_terminal() || parent.cancel_requested_at.is_some())
}

pub(super) fn live_children(state: &State, parent: TaskId, limit: u32) -> Vec<TaskId> {
    let wanted = |row: &&TaskRow| row.record.summary.parent_id == Some(parent) && row.record.summary.cancel_requested_at.is_none();
    state.tasks.live().filter(wanted).map(|row| row.record.summary.id).take(usize::try_from(limit).unwrap_or(usize::MAX)).collect()
}

pub(super) fn next_due(state: &State, now: Timestamp) -> Option<Timestamp> {
    let instants = |row: &TaskRow| {
        let summary = &row.record.summary;
        let begin = summary.not_before.filter(|_| matches!(summary.state, TaskState::Queued | TaskState::Waiting));
        let start = row.start_by.filter(|_| summary.state == TaskState::Queued);
        [begin, start, row.close_by]
    };
    state.tasks.live().flat_map(instants).flatten().filter(|at| *at > now).min()
}

pub(super) fn artifact_in_use(state: &State, artifact: ArtifactId) -> bool {
    let wanted = artifact.to_string();
    state.tasks.live().any(|row| row.input.to_string().contains(&wanted)) || state.journals.stand_on(&wanted)
}
