//! How new tasks are stored, each with its event, and how a repeated request is known.

use std::time::Duration;

use baton_domain::time::Timestamp;
use baton_storage::{Idempotency, Inserted, NewTaskRecord, StoreError, asked_for};
use rusqlite::{CachedStatement, Connection, params};

use super::announce::moved;
use super::dependencies;
use crate::columns::{maybe_text, text};
use crate::failure::failed;
use crate::statement::{maybe, run};
use crate::tally::Move;
use crate::writer::Tx;

pub(super) fn insert(tx: &mut Tx, tasks: &[NewTaskRecord], idempotency: Option<Idempotency>) -> Result<Inserted, StoreError> {
    if let Some(key) = &idempotency
        && let Some(answer) = remembered(tx.sql(), key)?
    {
        return Ok(answer);
    }
    if let Some(missing) = dependencies::missing(tx.sql(), tasks)? {
        return Ok(Inserted::NoSuchDependency(missing));
    }
    let mut statement = tx.sql().prepare_cached(INSERT).map_err(failed)?;
    for new in tasks {
        insert_one(&mut statement, new)?;
    }
    drop(statement);
    dependencies::store(tx.sql(), tasks)?;
    for NewTaskRecord { task, .. } in tasks {
        let change = Move { from: None, to: task.summary.state };
        moved(tx, &task.summary, change, task.created_by.clone(), task.summary.created_at)?;
    }
    if let (Some(key), Some(first)) = (idempotency, tasks.first()) {
        let ids = asked_for(tasks);
        run(
            tx.sql(),
            "INSERT INTO idempotency_keys (principal, key, request_hash, response, created_at) VALUES (?1, ?2, ?3, ?4, ?5)",
            params![key.principal, key.key, key.request_hash, text(&ids)?, first.task.summary.created_at.as_millis()],
        )?;
    }
    Ok(Inserted::Stored)
}

/// What a request is answered whose key is known.
pub(super) fn remembered(sql: &Connection, key: &Idempotency) -> Result<Option<Inserted>, StoreError> {
    let text = "SELECT request_hash, response FROM idempotency_keys WHERE principal = ?1 AND key = ?2";
    maybe(sql, text, [&key.principal, &key.key], |row| {
        let hash: Vec<u8> = row.get()?;
        if hash == key.request_hash { row.json().map(Inserted::Replayed) } else { Ok(Inserted::KeyConflict) }
    })
}

const INSERT: &str = "INSERT INTO tasks (id, project_id, title, skill, input, state, wait_kind, reason, priority, rank, labels, retry, \
     timeouts, attempt, maximum_attempts, created_at, ready_at, not_before, start_by, close_by, created_by, rerun_of, parent_id, depth, \
     result_kind, finished_at, failure, fairness_key, fairness_weight, budget, decide, run_id) \
     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23, ?24, ?25, ?26, ?27, \
     ?28, ?29, ?30, ?31, ?32)";

fn insert_one(statement: &mut CachedStatement<'_>, new: &NewTaskRecord) -> Result<(), StoreError> {
    let (task, summary) = (&new.task, &new.task.summary);
    let deadline = |span: Option<u64>| span.map(|span| task.ready_at.plus(Duration::from_millis(span)).as_millis());
    let due = summary.not_before.map_or(task.ready_at, |at| at.max(task.ready_at));
    statement
        .execute(params![
            summary.id.as_uuid().as_bytes(),
            summary.project_id.as_uuid().as_bytes(),
            summary.title,
            summary.skill,
            text(&new.input)?,
            summary.state.as_str(),
            summary.wait_kind.map(|kind| kind.as_str()),
            summary.reason,
            summary.priority.get(),
            summary.priority.rank(due),
            text(&summary.labels)?,
            text(&task.retry)?,
            text(&task.timeouts)?,
            summary.attempt,
            summary.maximum_attempts,
            summary.created_at.as_millis(),
            task.ready_at.as_millis(),
            summary.not_before.map(Timestamp::as_millis),
            // One that waits for others is begun no sooner than they have completed.
            deadline(task.timeouts.schedule_to_start_ms).filter(|_| new.depends_on.is_empty()),
            deadline(task.timeouts.schedule_to_close_ms),
            text(&task.created_by)?,
            summary.rerun_of.as_ref().map(|id| id.as_uuid().as_bytes()),
            summary.parent_id.as_ref().map(|id| id.as_uuid().as_bytes()),
            task.depth,
            task.result_kind,
            summary.finished_at.map(Timestamp::as_millis),
            maybe_text(summary.failure.as_ref())?,
            summary.fairness_key.as_deref().unwrap_or_default(),
            task.fairness_weight,
            maybe_text(task.budget.as_ref())?,
            maybe_text(new.decide.as_ref())?,
            summary.run_id.as_ref().map(|id| id.as_uuid().as_bytes())
        ])
        .map_err(failed)?;
    Ok(())
}

/// `unhex` gives nothing for what is no identifier, or what is none of a journal.
const FORGET_KEYS: &str = "DELETE FROM idempotency_keys WHERE created_at < ?1 AND NOT EXISTS (SELECT 1 FROM journals WHERE live = 1 \
     AND journals.id IN (unhex(replace(substr(idempotency_keys.key, 1, 36), '-', '')), \
     unhex(replace(substr(idempotency_keys.key, instr(idempotency_keys.key, '/') + 1, 36), '-', ''))))";

pub(super) fn forget_keys(tx: &mut Tx, before: Timestamp) -> Result<u64, StoreError> {
    let forgotten = run(tx.sql(), FORGET_KEYS, [before.as_millis()])?;
    Ok(forgotten as u64)
}
