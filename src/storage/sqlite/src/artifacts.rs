//! How artifacts are stored.

use async_trait::async_trait;
use baton_domain::event::{NewEvent, Payload};
use baton_domain::id::{ArtifactId, TaskId};
use baton_domain::time::Timestamp;
use baton_domain::user::Principal;
use baton_domain::wire::artifact::ArtifactView;
use baton_storage::{ArtifactPage, ArtifactStore, StoreError};
use rusqlite::types::Value;
use rusqlite::{Connection, params, params_from_iter};

use crate::SqliteStore;
use crate::columns::stored_count;
use crate::events;
use crate::statement::{all, maybe, one, run};
use crate::tasks::{ARTIFACT_COLUMNS, artifact};
use crate::writer::Tx;

fn announce(tx: &mut Tx, kind: &str, artifact: &ArtifactView, actor: Principal, at: Timestamp) -> Result<(), StoreError> {
    tx.event(NewEvent {
        at,
        project: artifact.project_id,
        kind: kind.to_owned(),
        subject: format!("artifact:{}", artifact.id),
        actor,
        data: Payload::of(artifact).map_err(|error| StoreError::Corrupt(error.to_string()))?,
    });
    Ok(())
}

fn by_id(sql: &Connection, id: ArtifactId) -> Result<Option<ArtifactView>, StoreError> {
    let text = format!("SELECT {ARTIFACT_COLUMNS} FROM artifacts WHERE id = ?1");
    maybe(sql, &text, [id.as_uuid().as_bytes()], artifact)
}

fn insert(tx: &mut Tx, artifact: &ArtifactView, actor: Principal) -> Result<(), StoreError> {
    run(
        tx.sql(),
        "INSERT INTO artifacts (id, project_id, name, media_type, size, sha256, created_by, task_id, created_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        params![
            artifact.id.as_uuid().as_bytes(),
            artifact.project_id.as_uuid().as_bytes(),
            artifact.name,
            artifact.media_type,
            stored_count(artifact.size),
            artifact.sha256,
            artifact.created_by,
            artifact.task_id.as_ref().map(|id| id.as_uuid().as_bytes()),
            artifact.created_at.as_millis()
        ],
    )?;
    announce(tx, "artifact.stored", artifact, actor, artifact.created_at)
}

fn delete(tx: &mut Tx, id: ArtifactId, actor: Principal, at: Timestamp) -> Result<Option<Option<String>>, StoreError> {
    let Some(artifact) = by_id(tx.sql(), id)? else { return Ok(None) };
    run(tx.sql(), "DELETE FROM artifacts WHERE id = ?1", [id.as_uuid().as_bytes()])?;
    let others: i64 = one(tx.sql(), "SELECT count(*) FROM artifacts WHERE sha256 = ?1", [&artifact.sha256], |row| row.get())?;
    announce(tx, "artifact.deleted", &artifact, actor, at)?;
    Ok(Some((others == 0).then_some(artifact.sha256)))
}

fn page(sql: &Connection, task: Option<TaskId>, before: Option<ArtifactId>, limit: u32) -> Result<ArtifactPage, StoreError> {
    let mut text = format!("SELECT {ARTIFACT_COLUMNS} FROM artifacts WHERE 1");
    let mut values: Vec<Value> = Vec::new();
    if let Some(task) = task {
        text.push_str(" AND task_id = ?");
        values.push(task.as_uuid().as_bytes().to_vec().into());
    }
    if let Some(before) = before {
        text.push_str(" AND id < ?");
        values.push(before.as_uuid().as_bytes().to_vec().into());
    }
    text.push_str(" ORDER BY id DESC LIMIT ?");
    values.push(i64::from(limit).into());
    let items = all(sql, &text, params_from_iter(values), artifact)?;
    let (as_of, _) = events::head(sql)?;
    Ok(ArtifactPage { items, as_of })
}

#[async_trait]
impl ArtifactStore for SqliteStore {
    async fn insert_artifact(&self, artifact: ArtifactView, actor: Principal) -> Result<(), StoreError> {
        self.writer.run(move |tx| insert(tx, &artifact, actor)).await
    }

    async fn artifact(&self, id: ArtifactId) -> Result<Option<ArtifactView>, StoreError> {
        self.readers.statement(move |sql| by_id(sql, id)).await
    }

    async fn artifacts(&self, task: Option<TaskId>, before: Option<ArtifactId>, limit: u32) -> Result<ArtifactPage, StoreError> {
        self.readers.snapshot(move |sql| page(sql, task, before, limit)).await
    }

    async fn delete_artifact(&self, id: ArtifactId, actor: Principal, at: Timestamp) -> Result<Option<Option<String>>, StoreError> {
        self.writer.run(move |tx| delete(tx, id, actor, at)).await
    }
}
