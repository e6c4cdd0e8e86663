//! How do ready tasks get their agents and begin? A round of the dispatcher is one statement, however many tasks it has.
//!
//! Several servers may want the same tasks at once: each takes those that no other one is taking just now, and waits for none.

use std::collections::{HashMap, HashSet};

use baton_domain::id::TaskId;
use baton_domain::task::{TaskState, Trigger, apply};
use baton_domain::user::Principal;
use baton_storage::{Assignment, BegunTask, StoreError};
use serde_json::Value;
use sqlx::AssertSqlSafe;

use super::announce::event;
use super::rows::{self, RECORD_COLUMNS, SUMMARY_COLUMNS};
use crate::columns::{json, text};
use crate::failure::{Fault, failed};
use crate::limits::{self, LIMITED};
use crate::many::{column, try_column};
use crate::writer::Tx;

/// Assigns and starts tasks: both changes, with an event each, are one commit, since the agent is in this process and takes the
/// work at once.
pub(super) async fn begin(tx: &mut Tx, assignments: &[Assignment]) -> Result<Vec<BegunTask>, Fault> {
    let (Ok(assign), Ok(start)) = (apply(Some(TaskState::Queued), Trigger::Assign), apply(Some(TaskState::Assigned), Trigger::Start))
    else {
        return Err(StoreError::Corrupt("the transition table does not let tasks begin".to_owned()).into());
    };
    let mut seen = HashSet::new();
    let assignments: Vec<&Assignment> = assignments.iter().filter(|assignment| seen.insert(assignment.task)).collect();
    let mut begun = claim(tx, &assignments, start.to, false).await?;
    let left: Vec<&Assignment> = assignments.iter().copied().filter(|assignment| !begun.contains_key(&assignment.task)).collect();
    let allowed = limits::allowed(tx, &left).await?;
    if !allowed.is_empty() {
        begun.extend(claim(tx, &allowed, start.to, true).await?);
    }
    let mut answer = Vec::with_capacity(begun.len());
    // The rows come in no order that could be relied on; events keep that of the queue.
    for assignment in assignments {
        let Some(task) = begun.remove(&assignment.task) else { continue };
        let (at, summary) = (assignment.at, &task.task.summary);
        let mut assigned = summary.clone();
        assigned.state = assign.to;
        // Set with the start, unless an earlier attempt had set it.
        assigned.started_at = assigned.started_at.filter(|started| *started < at);
        event(tx, &assigned, assign.to, Principal::System, at)?;
        event(tx, summary, start.to, Principal::System, at)?;
        answer.push(task);
    }
    Ok(answer)
}

/// Takes the tasks that are still queued, due, wanted and free, and stores their attempts.
/// Those under a concurrency limit only if they are `limited` and have their room already.
async fn claim(tx: &mut Tx, assignments: &[&Assignment], state: TaskState, limited: bool) -> Result<HashMap<TaskId, BegunTask>, Fault> {
    // The text is put together from constants of this module only. The empty strings hide the state from PostgreSQL's planner, so
    // that it looks up each claimed task by its identifier. Otherwise it goes through all queued tasks for each claim if it takes
    // them to be few: statistics of a state that lasts for seconds are always wrong. (A list of the identifiers beside the join
    // is worse than none: once taken for few rows, the found ones are compared with every claim.)
    let text_of_query = format!(
        "WITH claim AS (
             SELECT * FROM UNNEST($1::uuid[], $2::uuid[], $3::bigint[], $4::bigint[], $5::uuid[], $6::text[], $7::text[], $9::uuid[],
                 $10::text[]) AS claim (task, new_attempt, since, until, by_id, by_name, because, on_id, on_name)),
             free AS (
                 SELECT tasks.id AS free_id, claim.* FROM claim JOIN tasks ON tasks.id = claim.task
                 WHERE tasks.state || '' = 'queued' AND tasks.cancel_requested_at IS NULL
                     AND (tasks.not_before IS NULL OR tasks.not_before <= claim.since)
                     AND ($11 OR NOT EXISTS (SELECT 1 FROM task_limits WHERE {LIMITED}))
                 ORDER BY tasks.id FOR NO KEY UPDATE OF tasks SKIP LOCKED),
             begun AS (
                 UPDATE tasks SET state = $8, reason = NULL, wait_kind = NULL, lease = lease + 1, lease_until = free.until,
                     deadline_at = free.since + (timeouts::json ->> 'start_to_close_ms')::bigint, agent_id = free.by_id,
                     agent_name = free.by_name, server_id = free.on_id, started_at = COALESCE(started_at, free.since)
                 FROM free WHERE id = free_id AND state || '' = 'queued'
                 RETURNING {SUMMARY_COLUMNS}, {RECORD_COLUMNS}, input, new_attempt, since, because, on_id, on_name),
             begun_attempts AS (
                 INSERT INTO attempts
                     (id, task_id, number, lease, agent_id, agent_name, ready_at, assigned_at, started_at, explanation, server_id, server_name)
                 SELECT new_attempt, id, attempt, lease, agent_id, agent_name, ready_at, since, since, because, on_id, on_name FROM begun)
         SELECT * FROM begun"
    );
    let found = sqlx::query(AssertSqlSafe(text_of_query))
        .bind(column(assignments, |assignment| *assignment.task.as_uuid()))
        .bind(column(assignments, |assignment| *assignment.attempt.as_uuid()))
        .bind(column(assignments, |assignment| assignment.at.as_millis()))
        .bind(column(assignments, |assignment| assignment.lease_until.as_millis()))
        .bind(column(assignments, |assignment| *assignment.agent.id.as_uuid()))
        .bind(column(assignments, |assignment| assignment.agent.name.as_str()))
        .bind(try_column(assignments, |assignment| text(&assignment.explanation))?)
        .bind(state.as_str())
        .bind(column(assignments, |assignment| *assignment.server.id.as_uuid()))
        .bind(column(assignments, |assignment| assignment.server.name.as_str()))
        .bind(limited)
        .fetch_all(tx.sql())
        .await
        .map_err(failed)?;
    let attempts: HashMap<TaskId, _> = assignments.iter().map(|assignment| (assignment.task, assignment.attempt)).collect();
    let mut begun = HashMap::with_capacity(found.len());
    for row in &found {
        let task = rows::record(row)?;
        if let Some(attempt) = attempts.get(&task.summary.id) {
            begun.insert(task.summary.id, BegunTask { input: json::<Value>(row, "input")?, task, attempt: *attempt });
        }
    }
    Ok(begun)
}
