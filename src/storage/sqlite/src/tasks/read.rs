//! How tasks are read: one, with everything about it, or a page of a list.

use baton_domain::id::{EventSeq, TaskId};
use baton_domain::task::TaskState;
use baton_domain::user::Principal;
use baton_domain::wire::task::{StateCount, TaskEnd, TaskFilter, TaskSummary, TimelineEntry};
use baton_storage::{StoreError, TaskPage, TaskQuery, TaskRecord, TaskRows, TaskStory};
use rusqlite::types::Value;
use rusqlite::{Connection, params, params_from_iter};

use super::rows::{self, ARTIFACT_COLUMNS, ATTEMPT_COLUMNS, RECORD_COLUMNS, SUMMARY_COLUMNS};
use super::{checkpoints, dependencies};
use crate::events;
use crate::statement::{all, maybe};

pub(super) fn record(sql: &Connection, id: TaskId) -> Result<Option<TaskRecord>, StoreError> {
    let text = format!("SELECT {SUMMARY_COLUMNS}, {RECORD_COLUMNS} FROM tasks WHERE id = ?1");
    maybe(sql, &text, [id.as_uuid().as_bytes()], rows::record)
}

pub(super) fn rows(sql: &Connection, id: TaskId) -> Result<Option<TaskRows>, StoreError> {
    let key = [id.as_uuid().as_bytes()];
    let text = format!("SELECT {SUMMARY_COLUMNS}, {RECORD_COLUMNS}, input, result, decide, {HAS_CHILDREN} FROM tasks WHERE id = ?1");
    let found = maybe(sql, &text, key, |row| Ok((rows::record(row)?, row.json()?, row.maybe_json()?, row.maybe_json()?, row.get()?)))?;
    let Some((task, input, result, decide, has_children)) = found else { return Ok(None) };
    let (as_of, _) = events::head(sql)?;
    let timeline = timeline(sql, id)?;
    let text = format!("SELECT {ATTEMPT_COLUMNS} FROM attempts WHERE task_id = ?1 ORDER BY lease");
    let attempts = all(sql, &text, key, rows::attempt)?;
    let text = format!("SELECT {ARTIFACT_COLUMNS} FROM artifacts WHERE task_id = ?1 ORDER BY id");
    let artifacts = all(sql, &text, key, rows::artifact)?;
    let depends_on = dependencies::of(sql, id)?;
    let checkpoint_at = checkpoints::last(sql, id)?.map(|(_, at)| at);
    Ok(Some(TaskRows { task, input, result, timeline, attempts, artifacts, depends_on, decide, checkpoint_at, has_children, as_of }))
}

/// A task beside what its events tell. Both lists are read from their ends, by their indexes.
pub(super) fn story(sql: &Connection, id: TaskId, most: u32) -> Result<Option<TaskStory>, StoreError> {
    let Some(task) = record(sql, id)? else { return Ok(None) };
    let (_, floor) = events::head(sql)?;
    let text = format!("SELECT {ATTEMPT_COLUMNS} FROM attempts WHERE task_id = ?1 ORDER BY lease DESC LIMIT ?2");
    let mut attempts = all(sql, &text, params![id.as_uuid().as_bytes(), most], rows::attempt)?;
    attempts.reverse();
    let events = events::newest_of(sql, &format!("task:{id}"), most)?;
    let whole = events.len() < most as usize && floor == EventSeq(0);
    Ok(Some(TaskStory { task, attempts, events, whole }))
}

/// Whether there are tasks below one; the words of the index are among it, without which that is not used.
const HAS_CHILDREN: &str = "EXISTS (SELECT 1 FROM tasks AS child WHERE child.parent_id = ?1 AND child.parent_id IS NOT NULL)";

/// What is waited for of tasks: a statement each, prepared once, in one snapshot.
pub(super) fn ends(sql: &Connection, ids: &[TaskId]) -> Result<Vec<TaskEnd>, StoreError> {
    let text = "SELECT state, result, failure, COALESCE(spending.tokens, 0), COALESCE(spending.cost_micros, 0)
         FROM tasks LEFT JOIN spending ON spending.scope = ?2 WHERE tasks.id = ?1";
    let end = |id: &TaskId| {
        maybe(sql, text, params![id.as_uuid().as_bytes(), format!("task:{id}")], |row| {
            let (state, result, failure) = (row.named(TaskState::parse)?, row.maybe_json()?, row.maybe_json()?);
            Ok(TaskEnd { id: *id, state, result, failure, tokens: row.count()?, cost_micros: row.count()? })
        })
    };
    ids.iter().filter_map(|id| end(id).transpose()).collect()
}

fn timeline(sql: &Connection, id: TaskId) -> Result<Vec<TimelineEntry>, StoreError> {
    let text = "SELECT kind, seq, at, actor, data FROM events WHERE subject = ?1 ORDER BY seq";
    let entries = all(sql, text, [format!("task:{id}")], |row| {
        // Other facts about a task, as a request to cancel it, change no state.
        let Some(state) = row.str()?.strip_prefix("task.").and_then(TaskState::parse) else { return Ok(None) };
        let (seq, at) = (EventSeq(row.get()?), row.instant()?);
        let actor: Principal = row.json()?;
        let summary: TaskSummary = row.json()?;
        let TaskSummary { reason, attempt, .. } = summary;
        Ok(Some(TimelineEntry { seq, state, at, reason, attempt, actor: actor.label().to_owned() }))
    })?;
    Ok(entries.into_iter().flatten().collect())
}

pub(super) fn page(sql: &Connection, query: &TaskQuery) -> Result<TaskPage, StoreError> {
    let mut text = format!("SELECT {SUMMARY_COLUMNS} FROM tasks WHERE 1");
    let mut values: Vec<Value> = Vec::new();
    if let Some(before) = query.before {
        text.push_str(" AND id < ?");
        values.push(before.as_uuid().as_bytes().to_vec().into());
    }
    conditions(&query.filter, &mut text, &mut values);
    text.push_str(" ORDER BY id DESC LIMIT ?");
    values.push(i64::from(query.limit).into());
    let items = all(sql, &text, params_from_iter(values), rows::summary)?;
    let (as_of, _) = events::head(sql)?;
    Ok(TaskPage { items, as_of })
}

/// What a filter wants, as conditions that follow a `WHERE 1`, and their values.
fn conditions(filter: &TaskFilter, text: &mut String, values: &mut Vec<Value>) {
    if !filter.states.is_empty() {
        text.push_str(" AND state IN (");
        text.push_str(&vec!["?"; filter.states.len()].join(", "));
        text.push(')');
        if !filter.states.contains(&TaskState::Completed) {
            // The words of the index, without which it is not used.
            text.push_str(" AND state <> 'completed'");
        }
        values.extend(filter.states.iter().map(|state| Value::from(state.as_str().to_owned())));
    }
    if let Some(skill) = &filter.skill {
        if skill.contains('.') {
            text.push_str(" AND skill = ?");
            values.push(skill.clone().into());
        } else {
            // All skills of a family lie between `family.` and `family/`, the character after the dot.
            text.push_str(" AND skill >= ? AND skill < ?");
            values.extend([format!("{skill}.").into(), format!("{skill}/").into()]);
        }
    }
    if let Some(priority) = filter.priority {
        text.push_str(" AND priority = ?");
        values.push(i64::from(priority.get()).into());
    }
    if let Some(agent) = filter.agent {
        text.push_str(" AND agent_id = ?");
        values.push(agent.as_uuid().as_bytes().to_vec().into());
    }
    if let Some(run) = filter.run_id {
        text.push_str(" AND run_id = ? AND run_id IS NOT NULL");
        values.push(run.as_uuid().as_bytes().to_vec().into());
    }
    if let Some(parent) = filter.parent_id {
        text.push_str(" AND parent_id = ? AND parent_id IS NOT NULL");
        values.push(parent.as_uuid().as_bytes().to_vec().into());
    }
    more_conditions(filter, text, values);
}

fn more_conditions(filter: &TaskFilter, text: &mut String, values: &mut Vec<Value>) {
    for label in &filter.labels {
        // Where a comma meets a quotation mark an entry begins, since one within an entry is escaped.
        text.push_str(" AND instr(',' || substr(labels, 2), ?) > 0");
        values.push(format!(",{}", serde_json::Value::from(label.as_str())).into());
    }
    if let Some(key) = &filter.fairness_key {
        // The empty key stands for none in the column, and nobody asks for it.
        text.push_str(" AND fairness_key <> '' AND fairness_key = ?");
        values.push(key.clone().into());
    }
    if let Some(code) = &filter.code {
        text.push_str(" AND json_extract(failure, '$.code') = ?");
        values.push(code.clone().into());
    }
    if let Some(from) = filter.created_from {
        text.push_str(" AND created_at >= ?");
        values.push(from.as_millis().into());
    }
    if let Some(before) = filter.created_before {
        text.push_str(" AND created_at < ?");
        values.push(before.as_millis().into());
    }
    if let Some(wanted) = &filter.text {
        // SQLite's `lower` folds ASCII letters and no others, as everywhere else.
        let (small, prefix) = (wanted.to_ascii_lowercase(), TaskFilter::id_prefix(wanted).to_ascii_uppercase());
        text.push_str(" AND (instr(lower(title), ?) > 0 OR instr(lower(skill), ?) > 0");
        values.extend([small.clone().into(), small.into()]);
        if !prefix.is_empty() {
            text.push_str(" OR instr(hex(id), ?) = 1");
            values.push(prefix.into());
        }
        text.push(')');
    }
}

/// Counts every task, once when the file is opened: see `tally`.
pub(crate) fn count_states(sql: &Connection) -> Result<(Vec<StateCount>, EventSeq), StoreError> {
    // Completed tasks, by far the most, are those that are left: no index has their state.
    let text = "WITH others AS MATERIALIZED (SELECT state, count(*) AS tasks FROM tasks WHERE state <> 'completed' GROUP BY state),
             rest AS (SELECT (SELECT count(*) FROM tasks) - (SELECT COALESCE(sum(tasks), 0) FROM others) AS tasks)
         SELECT state, tasks FROM others UNION ALL SELECT 'completed', tasks FROM rest WHERE tasks > 0 ORDER BY 1";
    let counts = all(sql, text, [], |row| Ok(StateCount { state: row.named(TaskState::parse)?, count: row.count()? }))?;
    let (as_of, _) = events::head(sql)?;
    Ok((counts, as_of))
}
