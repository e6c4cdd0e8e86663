//! How do ready tasks get their agents and begin? Some of a round of the dispatcher in one transaction.

use std::time::Duration;

use baton_domain::id::LeaseToken;
use baton_domain::task::{TaskState, Trigger, apply};
use baton_domain::time::Timestamp;
use baton_domain::user::Principal;
use baton_storage::{Assignment, BegunTask, StoreError};
use rusqlite::{Connection, params};

use super::announce::moved;
use super::rows::{self, RECORD_COLUMNS, SUMMARY_COLUMNS};
use crate::columns::text;
use crate::limits;
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
    let look = format!(
        "SELECT {SUMMARY_COLUMNS}, {RECORD_COLUMNS}, input FROM tasks
         WHERE id = ?1 AND state = 'queued' AND cancel_requested_at IS NULL AND (not_before IS NULL OR not_before <= ?2)"
    );
    let mut begun = Vec::with_capacity(assignments.len());
    let mut room = limits::room(tx.sql())?;
    for assignment in assignments {
        if !room.is_unlimited() && !limits::take(tx.sql(), &mut room, assignment)? {
            continue;
        }
        let Some(task) = take(tx.sql(), &look, start.to, assignment)? else { continue };
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

/// Takes the task of an assignment, if it is still queued, due and wanted, and opens its attempt.
///
/// A look and then a change: `RETURNING` would build a table of its own for each row. Between the two nobody else writes.
fn take(sql: &Connection, look: &str, state: TaskState, assignment: &Assignment) -> Result<Option<BegunTask>, StoreError> {
    let (agent, at) = (&assignment.agent, assignment.at);
    let key = assignment.task.as_uuid().as_bytes();
    let found = maybe(sql, look, params![key, at.as_millis()], |row| Ok((rows::record(row)?, row.json()?)))?;
    let Some((mut task, input)) = found else { return Ok(None) };
    task.lease = LeaseToken(task.lease.0 + 1);
    task.lease_until = Some(assignment.lease_until);
    task.deadline_at = Some(at.plus(Duration::from_millis(task.timeouts.start_to_close_ms)));
    task.summary.state = state;
    task.summary.reason = None;
    task.summary.wait_kind = None;
    task.summary.agent = Some(agent.clone());
    let started = *task.summary.started_at.get_or_insert(at);
    run(
        sql,
        "UPDATE tasks SET state = ?1, reason = NULL, wait_kind = NULL, lease = ?2, lease_until = ?3, deadline_at = ?4, agent_id = ?5,
             agent_name = ?6, started_at = ?7, server_id = ?9
         WHERE id = ?8",
        params![
            state.as_str(),
            task.lease.0,
            assignment.lease_until.as_millis(),
            task.deadline_at.map(Timestamp::as_millis),
            agent.id.as_uuid().as_bytes(),
            agent.name,
            started.as_millis(),
            key,
            assignment.server.id.as_uuid().as_bytes()
        ],
    )?;
    run(
        sql,
        "INSERT INTO attempts (id, task_id, number, lease, agent_id, agent_name, ready_at, assigned_at, started_at, explanation,
             server_id, server_name)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?8, ?9, ?10, ?11)",
        params![
            assignment.attempt.as_uuid().as_bytes(),
            key,
            task.summary.attempt,
            task.lease.0,
            agent.id.as_uuid().as_bytes(),
            agent.name,
            task.ready_at.as_millis(),
            at.as_millis(),
            text(&assignment.explanation)?,
            assignment.server.id.as_uuid().as_bytes(),
            assignment.server.name
        ],
    )?;
    Ok(Some(BegunTask { task, input, attempt: assignment.attempt }))
}
