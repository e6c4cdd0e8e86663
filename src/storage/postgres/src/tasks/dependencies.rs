//! What tasks depend on, and how those that depend on a task hear of its end.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use baton_domain::id::{ProjectId, TaskId};
use baton_domain::task::{TaskState, Trigger};
use baton_domain::time::Timestamp;
use baton_domain::user::Principal;
use baton_storage::{Advance, Advanced, Guard, NewTaskRecord, Settled, StoreError, TaskRecord, dependency_failed};
use uuid::Uuid;

use super::advance::advance;
use super::read;
use crate::columns::id;
use crate::failure::{Fault, failed};
use crate::writer::Tx;

/// The tasks outside of a batch that those of the batch depend on, each with the project that it must be of.
fn outside(new: &[NewTaskRecord]) -> BTreeMap<TaskId, ProjectId> {
    let inside: BTreeSet<TaskId> = new.iter().map(|new| new.task.summary.id).collect();
    let all = new.iter().flat_map(|new| new.depends_on.iter().map(|id| (*id, new.task.summary.project_id)));
    all.filter(|(id, _)| !inside.contains(id)).collect()
}

/// The tasks that an insertion changes, for their locks.
pub(super) fn awaited(new: &[NewTaskRecord]) -> Vec<TaskId> {
    outside(new).into_keys().collect()
}

/// The first task that others are to depend on and that does not exist.
pub(super) async fn missing(tx: &mut Tx, new: &[NewTaskRecord]) -> Result<Option<TaskId>, Fault> {
    let wanted = outside(new);
    if wanted.is_empty() {
        return Ok(None);
    }
    let rows = sqlx::query("SELECT id, project_id FROM tasks WHERE id = ANY($1)")
        .bind(wanted.keys().map(|id| *id.as_uuid()).collect::<Vec<_>>())
        .fetch_all(tx.sql())
        .await
        .map_err(failed)?;
    let known: BTreeSet<(TaskId, ProjectId)> = rows
        .iter()
        .map(|row| Ok((id(row, "id", TaskId::new)?, id(row, "project_id", ProjectId::new)?)))
        .collect::<Result<_, StoreError>>()?;
    Ok(wanted.into_iter().find(|wanted| !known.contains(wanted)).map(|(id, _)| id))
}

/// Stores what new tasks depend on, and marks that as awaited: its rows are locked, so that its end either has been committed
/// or finds the mark.
pub(super) async fn store(tx: &mut Tx, new: &[NewTaskRecord]) -> Result<(), Fault> {
    let pairs = || new.iter().flat_map(|new| new.depends_on.iter().map(|on| (*on.as_uuid(), *new.task.summary.id.as_uuid())));
    let (depends_on, tasks): (Vec<Uuid>, Vec<Uuid>) = pairs().unzip();
    if depends_on.is_empty() {
        return Ok(());
    }
    sqlx::query("INSERT INTO task_dependencies (depends_on, task_id) SELECT * FROM UNNEST($1::uuid[], $2::uuid[]) ON CONFLICT DO NOTHING")
        .bind(&depends_on)
        .bind(tasks)
        .execute(tx.sql())
        .await
        .map_err(failed)?;
    sqlx::query("UPDATE tasks SET awaited = TRUE WHERE id = ANY($1) AND NOT awaited")
        .bind(depends_on)
        .execute(tx.sql())
        .await
        .map_err(failed)?;
    Ok(())
}

/// Marks what a task depends on as awaited again.
pub(super) async fn await_again(tx: &mut Tx, task: TaskId) -> Result<(), Fault> {
    sqlx::query(
        "UPDATE tasks SET awaited = TRUE
         WHERE id IN (SELECT depends_on FROM task_dependencies WHERE task_id = $1) AND NOT awaited",
    )
    .bind(*task.as_uuid())
    .execute(tx.sql())
    .await
    .map_err(failed)?;
    Ok(())
}

pub(super) async fn settle(tx: &mut Tx, ended: TaskId, at: Timestamp, limit: u32) -> Result<Settled, Fault> {
    let cause = read::record(tx.sql(), ended).await?.filter(|cause| cause.awaited && cause.summary.state.is_terminal());
    let Some(cause) = cause else { return Ok(Settled::default()) };
    let completed = cause.summary.state == TaskState::Completed;
    let dependents = told(tx, ended, completed, i64::from(limit) + 1).await?;
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let mut settled = Settled { changed: Vec::new(), more: dependents.len() > limit };
    for dependent in dependents.into_iter().take(limit) {
        let Some(before) = read::record(tx.sql(), dependent).await? else { continue };
        let change = if completed { release(&before, at) } else { fail(&before, &cause, at) };
        let Advanced::Applied(record) = advance(tx, &change).await? else { continue };
        if let (TaskState::Queued, Some(span)) = (record.summary.state, record.timeouts.schedule_to_start_ms) {
            sqlx::query("UPDATE tasks SET start_by = $2 WHERE id = $1")
                .bind(*dependent.as_uuid())
                .bind(record.ready_at.plus(Duration::from_millis(span)).as_millis())
                .execute(tx.sql())
                .await
                .map_err(failed)?;
        }
        settled.changed.push(*record);
    }
    if !settled.more {
        sqlx::query("UPDATE tasks SET awaited = FALSE WHERE id = $1").bind(*ended.as_uuid()).execute(tx.sql()).await.map_err(failed)?;
    }
    Ok(settled)
}

/// The waiting tasks that the end of this one changes, locked: of two servers that find the same one the second waits and then
/// sees that it waits no more.
async fn told(tx: &mut Tx, ended: TaskId, completed: bool, limit: i64) -> Result<Vec<TaskId>, Fault> {
    let rows = sqlx::query(
        "SELECT tasks.id FROM task_dependencies AS edge JOIN tasks ON tasks.id = edge.task_id
         WHERE edge.depends_on = $1 AND tasks.state = 'waiting' AND tasks.wait_kind = 'dependency' AND (NOT $2 OR NOT EXISTS (
             SELECT 1 FROM task_dependencies AS other JOIN tasks AS needed ON needed.id = other.depends_on
             WHERE other.task_id = tasks.id AND needed.state <> 'completed'))
         ORDER BY tasks.id LIMIT $3 FOR NO KEY UPDATE OF tasks",
    )
    .bind(*ended.as_uuid())
    .bind(completed)
    .bind(limit)
    .fetch_all(tx.sql())
    .await
    .map_err(failed)?;
    Ok(rows.iter().map(|row| id(row, "id", TaskId::new)).collect::<Result<_, _>>()?)
}

fn change(task: &TaskRecord, trigger: Trigger, reason: &str, at: Timestamp) -> Advance {
    let change = Advance::new(task.summary.id, Guard::State(TaskState::Waiting), trigger, Principal::System, at);
    Advance { reason: Some(reason.to_owned()), ..change }
}

fn release(task: &TaskRecord, at: Timestamp) -> Advance {
    let not_before = task.summary.not_before.filter(|not_before| *not_before > at);
    Advance { not_before, ..change(task, Trigger::Release, "dependencies_completed", at) }
}

fn fail(task: &TaskRecord, cause: &TaskRecord, at: Timestamp) -> Advance {
    Advance { failure: Some(dependency_failed(&cause.summary)), ..change(task, Trigger::Fail, "dependency_failed", at) }
}
