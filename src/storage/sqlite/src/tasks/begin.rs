//! How do ready tasks get their agents and begin? A round of the dispatcher is a handful of statements, however many tasks it has.

use std::collections::HashMap;

use baton_domain::id::TaskId;
use baton_domain::task::{TaskState, Trigger, apply};
use baton_domain::user::Principal;
use baton_storage::{Assignment, BegunTask, StoreError, TaskRecord};

use super::announce::moved;
use super::rows::{self, RECORD_COLUMNS, SUMMARY_COLUMNS};
use crate::columns::{json, text};
use crate::failure::failed;
use crate::many;
use crate::tally::Move;
use crate::writer::Tx;

/// An assignment that found its task as it was chosen.
struct Begun {
    task: TaskRecord,
    input: serde_json::Value,
    assignment: Assignment,
}

/// Assigns and starts tasks: both changes, with an event each, are one commit, since the agent is in this process and takes the
/// work at once.
pub(super) async fn begin(tx: &mut Tx, assignments: Vec<Assignment>) -> Result<Vec<BegunTask>, StoreError> {
    let (Ok(assign), Ok(start)) = (apply(Some(TaskState::Queued), Trigger::Assign), apply(Some(TaskState::Assigned), Trigger::Start))
    else {
        return Err(StoreError::Corrupt("the transition table does not let tasks begin".to_owned()));
    };
    let mut begun = Vec::with_capacity(assignments.len());
    for part in many::parts(&assignments) {
        claim(tx, part, start.to, &mut begun).await?;
    }
    many::insert(
        tx.sql(),
        "INSERT INTO attempts (id, task_id, number, lease, agent_id, agent_name, ready_at, assigned_at, started_at, explanation, server_id, server_name)",
        &begun,
        |row, Begun { task, assignment, .. }| {
            row.push_bind(*assignment.attempt.as_uuid())
                .push_bind(*task.summary.id.as_uuid())
                .push_bind(task.summary.attempt)
                .push_bind(task.lease.0)
                .push_bind(*assignment.agent.id.as_uuid())
                .push_bind(&assignment.agent.name)
                .push_bind(task.ready_at.as_millis())
                .push_bind(assignment.at.as_millis())
                .push_bind(assignment.at.as_millis())
                .push_bind(text(&assignment.explanation)?)
                .push_bind(*assignment.server.id.as_uuid())
                .push_bind(&assignment.server.name);
            Ok(())
        },
    )
    .await?;
    let mut answer = Vec::with_capacity(begun.len());
    for Begun { task, input, assignment } in begun {
        let at = assignment.at;
        let mut assigned = task.summary.clone();
        assigned.state = assign.to;
        // Set with the start, unless an earlier attempt had set it.
        assigned.started_at = assigned.started_at.filter(|started| *started < at);
        moved(tx, &assigned, Move { from: Some(TaskState::Queued), to: assign.to }, Principal::System, at)?;
        moved(tx, &task.summary, Move { from: Some(assign.to), to: start.to }, Principal::System, at)?;
        answer.push(BegunTask { task, input, attempt: assignment.attempt });
    }
    Ok(answer)
}

/// Takes the tasks of a part that are still queued, due and wanted.
async fn claim(tx: &mut Tx, part: &[Assignment], state: TaskState, begun: &mut Vec<Begun>) -> Result<(), StoreError> {
    let mut query = many::with_values("WITH claim (id, at, lease_until, agent_id, agent_name, server_id) AS (", part, |row, assignment| {
        row.push_bind(*assignment.task.as_uuid())
            .push_bind(assignment.at.as_millis())
            .push_bind(assignment.lease_until.as_millis())
            .push_bind(*assignment.agent.id.as_uuid())
            .push_bind(&assignment.agent.name)
            .push_bind(*assignment.server.id.as_uuid());
        Ok(())
    })?;
    // The plus keeps SQLite from going through all queued tasks instead of looking up those that are claimed.
    query.push(") UPDATE tasks SET state = ").push_bind(state.as_str());
    query.push(
        ", reason = NULL, wait_kind = NULL, lease = lease + 1, lease_until = claim.lease_until,
             deadline_at = claim.at + json_extract(timeouts, '$.start_to_close_ms'), agent_id = claim.agent_id,
             agent_name = claim.agent_name, server_id = claim.server_id, started_at = COALESCE(started_at, claim.at)
         FROM claim WHERE tasks.id = claim.id AND +tasks.state = 'queued' AND tasks.cancel_requested_at IS NULL
             AND (tasks.not_before IS NULL OR tasks.not_before <= claim.at)
         RETURNING ",
    );
    query.push(SUMMARY_COLUMNS).push(", ").push(RECORD_COLUMNS).push(", input");
    let found = query.build().fetch_all(tx.sql()).await.map_err(failed)?;
    // The rows come in no order that could be relied on; events keep that of the queue.
    let mut rows = HashMap::with_capacity(found.len());
    for row in &found {
        let task = rows::record(row)?;
        rows.insert(task.summary.id, (task, json::<serde_json::Value>(row, "input")?));
    }
    let taken = |assignment: &Assignment| -> Option<Begun> {
        let id: TaskId = assignment.task;
        rows.remove(&id).map(|(task, input)| Begun { task, input, assignment: assignment.clone() })
    };
    begun.extend(part.iter().filter_map(taken));
    Ok(())
}
