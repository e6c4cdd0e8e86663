//! How is everything about one task read? In one statement: it is its own snapshot, and one question over the network.
//!
//! What there may be several of (attempts, events, artifacts, dependencies) comes as a list in JSON.

use baton_domain::event::{Event, Payload};
use baton_domain::id::{AgentId, ArtifactId, AttemptId, EventSeq, ProjectId, ServerId, TaskId};
use baton_domain::server::ServerRef;
use baton_domain::task::TaskState;
use baton_domain::time::Timestamp;
use baton_domain::user::Principal;
use baton_domain::wire::artifact::ArtifactView;
use baton_domain::wire::task::{AgentRef, AttemptView, Dependency, TaskSummary, TimelineEntry};
use baton_storage::{StoreError, TaskRows, TaskStory};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use sqlx::{AssertSqlSafe, PgConnection};

use super::rows::{self, ARTIFACT_COLUMNS, RECORD_COLUMNS, SUMMARY_COLUMNS, outcome};
use crate::columns::{get, json, maybe_instant, maybe_json};
use crate::failure::{Fault, failed};

/// A row of `attempts`.
#[derive(Deserialize)]
struct Attempt {
    id: AttemptId,
    number: u32,
    lease: i64,
    agent_id: AgentId,
    agent_name: String,
    server_id: Option<ServerId>,
    server_name: Option<String>,
    ready_at: Option<i64>,
    assigned_at: i64,
    started_at: Option<i64>,
    ended_at: Option<i64>,
    outcome: Option<String>,
    failure: Option<String>,
    explanation: String,
}

/// A row of `events` about the task.
#[derive(Deserialize)]
struct Told {
    seq: EventSeq,
    at: i64,
    kind: String,
    actor: String,
    data: String,
}

/// A row of `artifacts`.
#[derive(Deserialize)]
struct Artifact {
    id: ArtifactId,
    project_id: ProjectId,
    name: String,
    media_type: String,
    size: u64,
    sha256: String,
    created_by: String,
    task_id: Option<TaskId>,
    created_at: i64,
}

/// A task that it depends on.
#[derive(Deserialize)]
struct Needed {
    id: TaskId,
    title: String,
    state: String,
}

fn corrupt(error: serde_json::Error) -> StoreError {
    StoreError::Corrupt(error.to_string())
}

/// JSON that is stored as text.
fn within<T: DeserializeOwned>(text: &str) -> Result<T, StoreError> {
    serde_json::from_str(text).map_err(corrupt)
}

fn named<T>(name: &str, parse: fn(&str) -> Option<T>) -> Result<T, StoreError> {
    parse(name).ok_or_else(|| StoreError::Corrupt(format!("the name {name}")))
}

fn attempt(row: Attempt) -> Result<AttemptView, StoreError> {
    Ok(AttemptView {
        id: row.id,
        number: row.number,
        lease: row.lease,
        agent: AgentRef { id: row.agent_id, name: row.agent_name },
        server: row.server_id.zip(row.server_name).map(|(id, name)| ServerRef { id, name }),
        ready_at: row.ready_at.map(Timestamp::from_millis),
        assigned_at: Timestamp::from_millis(row.assigned_at),
        started_at: row.started_at.map(Timestamp::from_millis),
        ended_at: row.ended_at.map(Timestamp::from_millis),
        outcome: row.outcome.map(|name| named(&name, outcome)).transpose()?,
        failure: row.failure.map(|text| within(&text)).transpose()?,
        explanation: within(&row.explanation)?,
    })
}

/// The entry of an event that says in which state the task is. Other facts, as a request to cancel it, change no state.
fn entry(row: &Told) -> Result<Option<TimelineEntry>, StoreError> {
    let Some(state) = row.kind.strip_prefix("task.").and_then(TaskState::parse) else { return Ok(None) };
    let summary: TaskSummary = within(&row.data)?;
    let actor: Principal = within(&row.actor)?;
    Ok(Some(TimelineEntry {
        seq: row.seq,
        state,
        at: Timestamp::from_millis(row.at),
        reason: summary.reason,
        attempt: summary.attempt,
        actor: actor.label().to_owned(),
    }))
}

fn artifact(row: Artifact) -> ArtifactView {
    ArtifactView {
        id: row.id,
        project_id: row.project_id,
        name: row.name,
        media_type: row.media_type,
        size: row.size,
        sha256: row.sha256,
        created_by: row.created_by,
        task_id: row.task_id,
        created_at: Timestamp::from_millis(row.created_at),
    }
}

fn needed(row: Needed) -> Result<Dependency, StoreError> {
    Ok(Dependency { id: row.id, title: row.title, state: named(&row.state, TaskState::parse)? })
}

/// A row of `events` as an event of the task; text within JSON is as it was stored.
fn event(row: Told, project_id: ProjectId, subject: &str) -> Result<Event, StoreError> {
    Ok(Event {
        seq: row.seq,
        at: Timestamp::from_millis(row.at),
        project_id,
        kind: row.kind,
        subject: subject.to_owned(),
        actor: within(&row.actor)?,
        data: Payload::from_text(row.data).map_err(corrupt)?,
    })
}

/// One task beside what its events tell. Both lists are read from their ends, by their indexes.
pub(super) async fn story(sql: &mut PgConnection, id: TaskId, most: u32) -> Result<Option<TaskStory>, Fault> {
    // The text is put together from constants of this module's neighbour only.
    let text = format!(
        "SELECT {SUMMARY_COLUMNS}, {RECORD_COLUMNS}, (SELECT floor FROM stream_head WHERE id = 1) AS floor,
             (SELECT json_agg(row ORDER BY row.lease)::text FROM (
                 SELECT id, number, lease, agent_id, agent_name, server_id, server_name, ready_at, assigned_at, started_at, ended_at,
                     outcome, failure, explanation FROM attempts WHERE task_id = $1 ORDER BY lease DESC LIMIT $3) AS row) AS attempts,
             (SELECT json_agg(row ORDER BY row.seq)::text FROM (
                 SELECT seq, at, kind, actor, data FROM events WHERE subject = $2 ORDER BY seq DESC LIMIT $3) AS row) AS told
         FROM tasks WHERE id = $1"
    );
    let subject = format!("task:{id}");
    let found = sqlx::query(AssertSqlSafe(text))
        .bind(*id.as_uuid())
        .bind(subject.as_str())
        .bind(i64::from(most))
        .fetch_optional(sql)
        .await
        .map_err(failed)?;
    let Some(row) = found else { return Ok(None) };
    let task = rows::record(&row)?;
    let told: Vec<Told> = maybe_json(&row, "told")?.unwrap_or_default();
    let attempts: Vec<Attempt> = maybe_json(&row, "attempts")?.unwrap_or_default();
    let whole = told.len() < most as usize && get::<i64>(&row, "floor")? == 0;
    let project = task.summary.project_id;
    Ok(Some(TaskStory {
        attempts: attempts.into_iter().map(attempt).collect::<Result<_, _>>()?,
        events: told.into_iter().map(|row| event(row, project, &subject)).collect::<Result<_, _>>()?,
        task,
        whole,
    }))
}

/// One task with everything about it.
pub(super) async fn rows(sql: &mut PgConnection, id: TaskId) -> Result<Option<TaskRows>, Fault> {
    // The text is put together from constants of this module and its neighbour only.
    let text = format!(
        "SELECT {SUMMARY_COLUMNS}, {RECORD_COLUMNS}, input, result, decide, (SELECT seq FROM stream_head WHERE id = 1) AS as_of,
             (SELECT json_agg(row ORDER BY row.lease)::text FROM (
                 SELECT id, number, lease, agent_id, agent_name, server_id, server_name, ready_at, assigned_at, started_at, ended_at,
                     outcome, failure, explanation FROM attempts WHERE task_id = $1) AS row) AS attempts,
             (SELECT json_agg(row ORDER BY row.seq)::text FROM (
                 SELECT seq, at, kind, actor, data FROM events WHERE subject = $2) AS row) AS told,
             (SELECT json_agg(row ORDER BY row.id)::text FROM (
                 SELECT {ARTIFACT_COLUMNS} FROM artifacts WHERE task_id = $1) AS row) AS artifacts,
             (SELECT json_agg(row ORDER BY row.id)::text FROM (
                 SELECT needed.id, needed.title, needed.state FROM task_dependencies AS edge JOIN tasks AS needed
                     ON needed.id = edge.depends_on WHERE edge.task_id = $1) AS row) AS depends_on,
             (SELECT saved_at FROM task_checkpoints WHERE task_id = $1 AND finished_at IS NULL) AS checkpoint_at,
             EXISTS (SELECT 1 FROM tasks AS child WHERE child.parent_id = $1) AS has_children
         FROM tasks WHERE id = $1"
    );
    let found =
        sqlx::query(AssertSqlSafe(text)).bind(*id.as_uuid()).bind(format!("task:{id}")).fetch_optional(sql).await.map_err(failed)?;
    let Some(row) = found else { return Ok(None) };
    let told: Vec<Told> = maybe_json(&row, "told")?.unwrap_or_default();
    let attempts: Vec<Attempt> = maybe_json(&row, "attempts")?.unwrap_or_default();
    let artifacts: Vec<Artifact> = maybe_json(&row, "artifacts")?.unwrap_or_default();
    let depends_on: Vec<Needed> = maybe_json(&row, "depends_on")?.unwrap_or_default();
    Ok(Some(TaskRows {
        task: rows::record(&row)?,
        input: json(&row, "input")?,
        result: maybe_json(&row, "result")?,
        timeline: told.iter().filter_map(|row| entry(row).transpose()).collect::<Result<_, _>>()?,
        attempts: attempts.into_iter().map(attempt).collect::<Result<_, _>>()?,
        artifacts: artifacts.into_iter().map(artifact).collect(),
        depends_on: depends_on.into_iter().map(needed).collect::<Result<_, _>>()?,
        decide: maybe_json(&row, "decide")?,
        checkpoint_at: maybe_instant(&row, "checkpoint_at")?,
        has_children: get(&row, "has_children")?,
        as_of: EventSeq(get(&row, "as_of")?),
    }))
}
