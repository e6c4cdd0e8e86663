//! How tasks are read: the record of one, a page of a list, how many there are.

use baton_domain::id::TaskId;
use baton_domain::task::TaskState;
use baton_domain::wire::task::{StateCount, TaskEnd, TaskFilter};
use baton_storage::{StoreError, TaskPage, TaskQuery, TaskRecord};
use serde_json::Value;
use sqlx::postgres::PgRow;
use sqlx::{AssertSqlSafe, PgConnection, Postgres, QueryBuilder};

use super::rows::{self, RECORD_COLUMNS, SUMMARY_COLUMNS};
use crate::columns::{count, id as id_of, maybe_json, named, plain};
use crate::events;
use crate::failure::{Fault, failed};
use baton_domain::id::EventSeq;

pub(super) async fn record(sql: &mut PgConnection, id: TaskId) -> Result<Option<TaskRecord>, Fault> {
    // The text is put together from constants of this module only.
    let text = format!("SELECT {SUMMARY_COLUMNS}, {RECORD_COLUMNS} FROM tasks WHERE id = $1");
    let found = sqlx::query(AssertSqlSafe(text)).bind(*id.as_uuid()).fetch_optional(sql).await.map_err(failed)?;
    Ok(found.as_ref().map(rows::record).transpose()?)
}

/// What is waited for of tasks, in one statement.
pub(super) async fn ends(sql: &mut PgConnection, ids: &[TaskId]) -> Result<Vec<TaskEnd>, Fault> {
    let rows = sqlx::query(
        "SELECT tasks.id, state, result, failure, COALESCE(spending.tokens, 0) AS tokens, COALESCE(spending.cost_micros, 0) AS cost_micros
         FROM tasks LEFT JOIN spending ON spending.scope = 'task:' || tasks.id::text WHERE tasks.id = ANY($1)",
    )
    .bind(ids.iter().map(|id| *id.as_uuid()).collect::<Vec<_>>())
    .fetch_all(sql)
    .await
    .map_err(failed)?;
    let end = |row: &PgRow| -> Result<TaskEnd, StoreError> {
        Ok(TaskEnd {
            id: id_of(row, "id", TaskId::new)?,
            state: named(row, "state", TaskState::parse)?,
            result: maybe_json(row, "result")?,
            failure: maybe_json(row, "failure")?,
            tokens: count(row, "tokens")?,
            cost_micros: count(row, "cost_micros")?,
        })
    };
    Ok(rows.iter().map(end).collect::<Result<_, StoreError>>()?)
}

pub(super) async fn page(sql: &mut PgConnection, query: &TaskQuery) -> Result<TaskPage, Fault> {
    let filter = &query.filter;
    let mut text: QueryBuilder<Postgres> = QueryBuilder::new("SELECT ");
    text.push(SUMMARY_COLUMNS).push(" FROM tasks WHERE TRUE");
    if let Some(before) = query.before {
        text.push(" AND id < ").push_bind(*before.as_uuid());
    }
    if !filter.states.is_empty() {
        // As constants, which are this program's own words: only so it is seen that the index without completed tasks has them all.
        let states: Vec<String> = filter.states.iter().map(|state| format!("'{}'", state.as_str())).collect();
        text.push(" AND state IN (").push(states.join(", ")).push(")");
    }
    if let Some(skill) = &filter.skill {
        if skill.contains('.') {
            text.push(" AND skill = ").push_bind(plain(skill));
        } else {
            // All skills of a family lie between `family.` and `family/`, the character after the dot.
            text.push(" AND skill >= ")
                .push_bind(plain(&format!("{skill}.")).into_owned())
                .push(" AND skill < ")
                .push_bind(plain(&format!("{skill}/")).into_owned());
        }
    }
    if let Some(priority) = filter.priority {
        text.push(" AND priority = ").push_bind(i16::from(priority.get()));
    }
    if let Some(agent) = filter.agent {
        text.push(" AND agent_id = ").push_bind(*agent.as_uuid());
    }
    if let Some(run) = filter.run_id {
        text.push(" AND run_id = ").push_bind(*run.as_uuid());
    }
    if let Some(parent) = filter.parent_id {
        text.push(" AND parent_id = ").push_bind(*parent.as_uuid());
    }
    more_conditions(&mut text, filter);
    text.push(" ORDER BY id DESC LIMIT ").push_bind(i64::from(query.limit));
    let found = text.build().fetch_all(&mut *sql).await.map_err(failed)?;
    let (as_of, _) = events::head(sql).await?;
    Ok(TaskPage { items: found.iter().map(rows::summary).collect::<Result<_, _>>()?, as_of })
}

fn more_conditions(text: &mut QueryBuilder<Postgres>, filter: &TaskFilter) {
    for label in &filter.labels {
        // Where a comma meets a quotation mark an entry begins, since one within an entry is escaped.
        let entry = format!(",{}", Value::from(label.as_str()));
        text.push(" AND position(").push_bind(entry).push(" IN ',' || substr(labels, 2)) > 0");
    }
    if let Some(key) = &filter.fairness_key {
        // The empty key stands for none in the column, and nobody asks for it.
        text.push(" AND fairness_key <> '' AND fairness_key = ").push_bind(plain(key).into_owned());
    }
    if let Some(code) = &filter.code {
        // As text: the message beside it may hold what PostgreSQL's JSON cannot. The code is written first.
        let beginning = format!("{{\"code\":{},", Value::from(plain(code).as_ref()));
        text.push(" AND starts_with(failure, ").push_bind(beginning).push(")");
    }
    if let Some(from) = filter.created_from {
        text.push(" AND created_at >= ").push_bind(from.as_millis());
    }
    if let Some(before) = filter.created_before {
        text.push(" AND created_at < ").push_bind(before.as_millis());
    }
    if let Some(wanted) = &filter.text {
        // The collation "C" folds ASCII letters and no others, as everywhere else.
        let (wanted, prefix) = (plain(wanted).to_ascii_lowercase(), TaskFilter::id_prefix(wanted));
        text.push(" AND (position(").push_bind(wanted.clone()).push(" IN lower(title COLLATE \"C\")) > 0 OR position(");
        text.push_bind(wanted).push(" IN lower(skill)) > 0");
        if !prefix.is_empty() {
            text.push(" OR starts_with(replace(id::text, '-', ''), ").push_bind(plain(&prefix).into_owned()).push(")");
        }
        text.push(")");
    }
}

pub(super) async fn state_counts(sql: &mut PgConnection) -> Result<(Vec<StateCount>, EventSeq), Fault> {
    // Completed tasks, by far the most, are those that are left: no index has their state.
    let text = "WITH others AS (SELECT state, count(*) AS tasks FROM tasks WHERE state <> 'completed' GROUP BY state), rest AS (
             SELECT (SELECT count(*) FROM tasks) - (SELECT COALESCE(sum(tasks), 0)::bigint FROM others) AS tasks)
         SELECT state, tasks FROM others UNION ALL SELECT 'completed', tasks FROM rest WHERE tasks > 0 ORDER BY state";
    let rows = sqlx::query(text).fetch_all(&mut *sql).await.map_err(failed)?;
    let counts = rows
        .iter()
        .map(|row| Ok(StateCount { state: named(row, "state", TaskState::parse)?, count: count(row, "tasks")? }))
        .collect::<Result<_, StoreError>>()?;
    let (as_of, _) = events::head(sql).await?;
    Ok((counts, as_of))
}
