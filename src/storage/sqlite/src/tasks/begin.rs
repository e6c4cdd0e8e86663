//! How do ready tasks get their agents and begin? All of a round of the dispatcher in one transaction.

use baton_domain::task::{TaskState, Trigger, apply};
use baton_domain::user::Principal;
use baton_storage::{Assignment, BegunTask, StoreError};
use rusqlite::{Connection, params};

use super::announce::moved;
use super::rows::{self, RECORD_COLUMNS, SUMMARY_COLUMNS};
use crate::columns::text;
use crate::statement::{maybe, run};
use crate::tally::Move;
use crate::writer::Tx;

/// Assigns and starts tasks: both changes, with an event each, are one commit, since the agent is in this process and takes the
/// work at once.
pub(super) fn begin(tx: &mut Tx, assignments: &[Assignment]) -> Result<Vec<BegunTask>, StoreError> {
    let (Ok(assign), Ok(start)) = (apply(Some(TaskState::Queued), Trigger::Assign), apply(Some(TaskState::Assigned), Trigger::Start))
    else {
        return Err(StoreError::Corrupt("the transition table does not let tasks begin".to_owned()));
    };
    let claim = claim_text(start.to);
    let mut begun = Vec::with_capacity(assignments.len());
    for assignment in assignments {
        let Some(task) = take(tx.sql(), &claim, assignment)? else { continue };
        let at = assignment.at;
        let mut assigned = task.task.summary.clone();
        assigned.state = assign.to;
        // Set with the start, unless an earlier attempt had set it.
        assigned.started_at = assigned.started_at.filter(|started| *started < at);
        moved(tx, &assigned, Move { from: Some(TaskState::Queued), to: assign.to }, Principal::System, at)?;
        moved(tx, &task.task.summary, Move { from: Some(assign.to), to: start.to }, Principal::System, at)?;
        begun.push(task);
    }
    Ok(begun)
}

fn claim_text(state: TaskState) -> String {
    format!(
        "UPDATE tasks SET state = '{state}', reason = NULL, wait_kind = NULL, lease = lease + 1, lease_until = ?1,
             deadline_at = ?2 + json_extract(timeouts, '$.start_to_close_ms'), agent_id = ?3, agent_name = ?4,
             started_at = COALESCE(started_at, ?2)
         WHERE id = ?5 AND state = 'queued' AND cancel_requested_at IS NULL AND (not_before IS NULL OR not_before <= ?2)
         RETURNING {SUMMARY_COLUMNS}, {RECORD_COLUMNS}, input"
    )
}

/// Takes the task of an assignment, if it is still queued, due and wanted, and opens its attempt.
fn take(sql: &Connection, claim: &str, assignment: &Assignment) -> Result<Option<BegunTask>, StoreError> {
    let (agent, at) = (&assignment.agent, assignment.at.as_millis());
    let values =
        params![assignment.lease_until.as_millis(), at, agent.id.as_uuid().as_bytes(), agent.name, assignment.task.as_uuid().as_bytes()];
    let Some((task, input)) = maybe(sql, claim, values, |row| Ok((rows::record(row)?, row.json()?)))? else { return Ok(None) };
    run(
        sql,
        "INSERT INTO attempts (id, task_id, number, lease, agent_id, agent_name, ready_at, assigned_at, started_at, explanation)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?8, ?9)",
        params![
            assignment.attempt.as_uuid().as_bytes(),
            assignment.task.as_uuid().as_bytes(),
            task.summary.attempt,
            task.lease.0,
            agent.id.as_uuid().as_bytes(),
            agent.name,
            task.ready_at.as_millis(),
            at,
            text(&assignment.explanation)?
        ],
    )?;
    Ok(Some(BegunTask { task, input, attempt: assignment.attempt }))
}
