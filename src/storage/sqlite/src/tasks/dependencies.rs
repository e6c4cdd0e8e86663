//! What tasks depend on, and how those that depend on a task hear of its end.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use baton_domain::id::{ProjectId, TaskId};
use baton_domain::task::{TaskState, Trigger};
use baton_domain::time::Timestamp;
use baton_domain::user::Principal;
use baton_domain::wire::task::Dependency;
use baton_storage::{Advance, Advanced, Guard, NewTaskRecord, Settled, StoreError, TaskRecord, dependency_failed};
use rusqlite::{Connection, params};

use super::advance::advance;
use super::read;
use crate::statement::{all, one, run};
use crate::writer::Tx;

/// The first task that others are to depend on and that does not exist.
pub(super) fn missing(sql: &Connection, new: &[NewTaskRecord]) -> Result<Option<TaskId>, StoreError> {
    if new.iter().all(|new| new.depends_on.is_empty()) {
        return Ok(None);
    }
    let inside: BTreeSet<TaskId> = new.iter().map(|new| new.task.summary.id).collect();
    let wanted = new.iter().flat_map(|new| new.depends_on.iter().map(|id| (*id, new.task.summary.project_id)));
    let outside: BTreeMap<TaskId, ProjectId> = wanted.filter(|(id, _)| !inside.contains(id)).collect();
    for (id, project) in outside {
        let values = params![id.as_uuid().as_bytes(), project.as_uuid().as_bytes()];
        let known: bool = one(sql, "SELECT EXISTS (SELECT 1 FROM tasks WHERE id = ?1 AND project_id = ?2)", values, |row| row.get())?;
        if !known {
            return Ok(Some(id));
        }
    }
    Ok(None)
}

/// Stores what new tasks depend on, and marks that as awaited.
pub(super) fn store(sql: &Connection, new: &[NewTaskRecord]) -> Result<(), StoreError> {
    for new in new {
        for id in &new.depends_on {
            let (needed, task) = (id.as_uuid().as_bytes(), new.task.summary.id.as_uuid().as_bytes());
            run(sql, "INSERT INTO task_dependencies (depends_on, task_id) VALUES (?1, ?2) ON CONFLICT DO NOTHING", [needed, task])?;
            run(sql, "UPDATE tasks SET awaited = 1 WHERE id = ?1 AND NOT awaited", [needed])?;
        }
    }
    Ok(())
}

/// Marks what a task depends on as awaited again.
pub(super) fn await_again(sql: &Connection, task: TaskId) -> Result<(), StoreError> {
    let text = "UPDATE tasks SET awaited = 1 WHERE id IN (SELECT depends_on FROM task_dependencies WHERE task_id = ?1) AND NOT awaited";
    run(sql, text, [task.as_uuid().as_bytes()]).map(drop)
}

pub(super) fn settle(tx: &mut Tx, ended: TaskId, at: Timestamp, limit: u32) -> Result<Settled, StoreError> {
    let cause = read::record(tx.sql(), ended)?.filter(|cause| cause.awaited && cause.summary.state.is_terminal());
    let Some(cause) = cause else { return Ok(Settled::default()) };
    let completed = cause.summary.state == TaskState::Completed;
    let dependents = told(tx.sql(), ended, completed, i64::from(limit) + 1)?;
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let mut settled = Settled { changed: Vec::new(), more: dependents.len() > limit };
    for dependent in dependents.into_iter().take(limit) {
        let Some(before) = read::record(tx.sql(), dependent)? else { continue };
        let change = if completed { release(&before, at) } else { fail(&before, &cause, at) };
        let Advanced::Applied(record) = advance(tx, change)? else { continue };
        if let (TaskState::Queued, Some(span)) = (record.summary.state, record.timeouts.schedule_to_start_ms) {
            let start_by = record.ready_at.plus(Duration::from_millis(span)).as_millis();
            run(tx.sql(), "UPDATE tasks SET start_by = ?2 WHERE id = ?1", params![dependent.as_uuid().as_bytes(), start_by])?;
        }
        settled.changed.push(*record);
    }
    if !settled.more {
        run(tx.sql(), "UPDATE tasks SET awaited = 0 WHERE id = ?1", [ended.as_uuid().as_bytes()])?;
    }
    Ok(settled)
}

/// The waiting tasks that the end of this one changes.
fn told(sql: &Connection, ended: TaskId, completed: bool, limit: i64) -> Result<Vec<TaskId>, StoreError> {
    all(
        sql,
        "SELECT tasks.id FROM task_dependencies AS edge JOIN tasks ON tasks.id = edge.task_id
         WHERE edge.depends_on = ?1 AND +tasks.state = 'waiting' AND tasks.wait_kind = 'dependency' AND (NOT ?2 OR NOT EXISTS (
             SELECT 1 FROM task_dependencies AS other JOIN tasks AS needed ON needed.id = other.depends_on
             WHERE other.task_id = tasks.id AND +needed.state <> 'completed'))
         ORDER BY tasks.id LIMIT ?3",
        params![ended.as_uuid().as_bytes(), completed, limit],
        |row| row.id(TaskId::new),
    )
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

/// What a task depends on, as it is now.
pub(super) fn of(sql: &Connection, task: TaskId) -> Result<Vec<Dependency>, StoreError> {
    all(
        sql,
        "SELECT id, title, state FROM tasks WHERE id IN (SELECT depends_on FROM task_dependencies WHERE task_id = ?1) ORDER BY id",
        [task.as_uuid().as_bytes()],
        |row| Ok(Dependency { id: row.id(TaskId::new)?, title: row.get()?, state: row.named(TaskState::parse)? }),
    )
}
