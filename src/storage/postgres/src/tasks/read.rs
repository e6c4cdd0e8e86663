//! How tasks are read: one, with everything about it, or a page of a list.

use baton_domain::id::TaskId;
use baton_domain::task::TaskState;
use baton_domain::user::Principal;
use baton_domain::wire::task::{StateCount, TaskFilter, TaskSummary, TimelineEntry};
use baton_storage::{StoreError, TaskPage, TaskQuery, TaskRecord, TaskRows};
use serde_json::Value;
use sqlx::postgres::PgRow;
use sqlx::{AssertSqlSafe, PgConnection, Postgres, QueryBuilder};

use super::rows::{self, ARTIFACT_COLUMNS, RECORD_COLUMNS, SUMMARY_COLUMNS};
use super::{checkpoints, dependencies};
use crate::columns::{count, get, json, maybe_json, named, plain};
use crate::events;
use crate::failure::{Fault, failed};
use baton_domain::id::EventSeq;

async fn record_row(sql: &mut PgConnection, id: TaskId, more: &str) -> Result<Option<PgRow>, Fault> {
    // The text is put together from constants of this module only.
    let text = format!("SELECT {SUMMARY_COLUMNS}, {RECORD_COLUMNS}{more} FROM tasks WHERE id = $1");
    sqlx::query(AssertSqlSafe(text)).bind(*id.as_uuid()).fetch_optional(sql).await.map_err(failed)
}

pub(super) async fn record(sql: &mut PgConnection, id: TaskId) -> Result<Option<TaskRecord>, Fault> {
    Ok(record_row(sql, id, "").await?.as_ref().map(rows::record).transpose()?)
}

pub(super) async fn rows(sql: &mut PgConnection, id: TaskId) -> Result<Option<TaskRows>, Fault> {
    let Some(row) = record_row(sql, id, ", input, result").await? else { return Ok(None) };
    let (as_of, _) = events::head(sql).await?;
    let timeline = timeline(sql, id).await?;
    let attempts = sqlx::query("SELECT * FROM attempts WHERE task_id = $1 ORDER BY lease")
        .bind(*id.as_uuid())
        .fetch_all(&mut *sql)
        .await
        .map_err(failed)?;
    let artifacts = sqlx::query(AssertSqlSafe(format!("SELECT {ARTIFACT_COLUMNS} FROM artifacts WHERE task_id = $1 ORDER BY id")))
        .bind(*id.as_uuid())
        .fetch_all(&mut *sql)
        .await
        .map_err(failed)?;
    Ok(Some(TaskRows {
        task: rows::record(&row)?,
        input: json(&row, "input")?,
        result: maybe_json(&row, "result")?,
        timeline,
        attempts: attempts.iter().map(rows::attempt).collect::<Result<_, _>>()?,
        artifacts: artifacts.iter().map(rows::artifact).collect::<Result<_, _>>()?,
        depends_on: dependencies::of(sql, id).await?,
        checkpoint_at: checkpoints::last(sql, id).await?.map(|(_, at)| at),
        as_of,
    }))
}

async fn timeline(sql: &mut PgConnection, id: TaskId) -> Result<Vec<TimelineEntry>, Fault> {
    let rows = sqlx::query("SELECT seq, at, kind, actor, data FROM events WHERE subject = $1 ORDER BY seq")
        .bind(format!("task:{id}"))
        .fetch_all(sql)
        .await
        .map_err(failed)?;
    let mut entries = Vec::with_capacity(rows.len());
    for row in &rows {
        let kind: &str = get(row, "kind")?;
        // Other facts about a task, as a request to cancel it, change no state.
        let Some(state) = kind.strip_prefix("task.").and_then(TaskState::parse) else { continue };
        let summary: TaskSummary = json(row, "data")?;
        let actor: Principal = json(row, "actor")?;
        entries.push(TimelineEntry {
            seq: EventSeq(get(row, "seq")?),
            state,
            at: crate::columns::instant(row, "at")?,
            reason: summary.reason,
            attempt: summary.attempt,
            actor: actor.label().to_owned(),
        });
    }
    Ok(entries)
}

pub(super) async fn page(sql: &mut PgConnection, query: &TaskQuery) -> Result<TaskPage, Fault> {
    let filter = &query.filter;
    let mut text: QueryBuilder<Postgres> = QueryBuilder::new("SELECT ");
    text.push(SUMMARY_COLUMNS).push(" FROM tasks WHERE TRUE");
    if let Some(before) = query.before {
        text.push(" AND id < ").push_bind(*before.as_uuid());
    }
    if !filter.states.is_empty() {
        text.push(" AND state IN (");
        let mut states = text.separated(", ");
        for state in &filter.states {
            states.push_bind(state.as_str());
        }
        text.push(")");
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
    let rows = sqlx::query("SELECT state, count(*) AS tasks FROM tasks GROUP BY state ORDER BY state")
        .fetch_all(&mut *sql)
        .await
        .map_err(failed)?;
    let counts = rows
        .iter()
        .map(|row| Ok(StateCount { state: named(row, "state", TaskState::parse)?, count: count(row, "tasks")? }))
        .collect::<Result<_, StoreError>>()?;
    let (as_of, _) = events::head(sql).await?;
    Ok((counts, as_of))
}
