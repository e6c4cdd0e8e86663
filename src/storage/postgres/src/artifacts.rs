//! How artifacts are stored.

use std::sync::Arc;

use async_trait::async_trait;
use baton_domain::event::{NewEvent, Payload};
use baton_domain::id::{ArtifactId, TaskId};
use baton_domain::time::Timestamp;
use baton_domain::user::Principal;
use baton_domain::wire::artifact::ArtifactView;
use baton_storage::blobs::{BlobFolder, Blobs};
use baton_storage::{ArtifactPage, ArtifactStore, StoreError};
use sqlx::{AssertSqlSafe, PgConnection, Postgres, QueryBuilder};

use crate::PostgresStore;
use crate::blobs::PostgresBlobs;
use crate::columns::{plain, stored_count};
use crate::events;
use crate::failure::{Fault, failed};
use crate::tasks::{ARTIFACT_COLUMNS, artifact};
use crate::writer::Tx;

fn announce(tx: &mut Tx, kind: &str, artifact: &ArtifactView, actor: &Principal, at: Timestamp) -> Result<(), StoreError> {
    tx.event(NewEvent {
        at,
        project: artifact.project_id,
        kind: kind.to_owned(),
        subject: format!("artifact:{}", artifact.id),
        actor: actor.clone(),
        data: Payload::of(artifact).map_err(|error| StoreError::Corrupt(error.to_string()))?,
    });
    Ok(())
}

async fn one(sql: &mut PgConnection, id: ArtifactId) -> Result<Option<ArtifactView>, Fault> {
    let text = format!("SELECT {ARTIFACT_COLUMNS} FROM artifacts WHERE id = $1");
    let row = sqlx::query(AssertSqlSafe(text)).bind(*id.as_uuid()).fetch_optional(sql).await.map_err(failed)?;
    Ok(row.as_ref().map(artifact).transpose()?)
}

/// Whether a content is still wanted is decided by one transaction at a time, until its end.
async fn lock_content(sql: &mut PgConnection, sha256: &str) -> Result<(), Fault> {
    sqlx::query("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))").bind(sha256).execute(sql).await.map_err(failed)?;
    Ok(())
}

async fn insert(tx: &mut Tx, artifact: &ArtifactView, actor: &Principal) -> Result<(), Fault> {
    lock_content(tx.sql(), &artifact.sha256).await?;
    sqlx::query(
        "INSERT INTO artifacts (id, project_id, name, media_type, size, sha256, created_by, task_id, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
    )
    .bind(*artifact.id.as_uuid())
    .bind(*artifact.project_id.as_uuid())
    .bind(plain(&artifact.name))
    .bind(plain(&artifact.media_type))
    .bind(stored_count(artifact.size))
    .bind(&artifact.sha256)
    .bind(plain(&artifact.created_by))
    .bind(artifact.task_id.map(|id| *id.as_uuid()))
    .bind(artifact.created_at.as_millis())
    .execute(tx.sql())
    .await
    .map_err(failed)?;
    Ok(announce(tx, "artifact.stored", artifact, actor, artifact.created_at)?)
}

async fn delete(tx: &mut Tx, id: ArtifactId, actor: &Principal, at: Timestamp) -> Result<Option<Option<String>>, Fault> {
    let Some(artifact) = one(tx.sql(), id).await? else { return Ok(None) };
    lock_content(tx.sql(), &artifact.sha256).await?;
    let gone = sqlx::query("DELETE FROM artifacts WHERE id = $1").bind(*id.as_uuid()).execute(tx.sql()).await.map_err(failed)?;
    if gone.rows_affected() == 0 {
        // Somebody else was faster.
        return Ok(None);
    }
    let others: bool = sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM artifacts WHERE sha256 = $1)")
        .bind(&artifact.sha256)
        .fetch_one(tx.sql())
        .await
        .map_err(failed)?;
    announce(tx, "artifact.deleted", &artifact, actor, at)?;
    Ok(Some((!others).then_some(artifact.sha256)))
}

#[async_trait]
impl ArtifactStore for PostgresStore {
    fn blobs(&self, folder: BlobFolder) -> Arc<dyn Blobs> {
        Arc::new(PostgresBlobs { pool: self.readers.clone(), incoming: folder })
    }

    async fn insert_artifact(&self, artifact: ArtifactView, actor: Principal) -> Result<(), StoreError> {
        self.writer.run((artifact, actor), |tx, (artifact, actor)| Box::pin(insert(tx, artifact, actor))).await
    }

    async fn artifact(&self, id: ArtifactId) -> Result<Option<ArtifactView>, StoreError> {
        self.answered(async { Ok(one(&mut *self.reader().await?, id).await?) }).await
    }

    async fn artifacts(&self, task: Option<TaskId>, before: Option<ArtifactId>, limit: u32) -> Result<ArtifactPage, StoreError> {
        self.answered(async {
            let mut snapshot = self.snapshot().await?;
            let mut text: QueryBuilder<Postgres> = QueryBuilder::new("SELECT ");
            text.push(ARTIFACT_COLUMNS).push(" FROM artifacts WHERE TRUE");
            if let Some(task) = task {
                text.push(" AND task_id = ").push_bind(*task.as_uuid());
            }
            if let Some(before) = before {
                text.push(" AND id < ").push_bind(*before.as_uuid());
            }
            text.push(" ORDER BY id DESC LIMIT ").push_bind(i64::from(limit));
            let rows = text.build().fetch_all(&mut *snapshot).await.map_err(failed)?;
            let (as_of, _) = events::head(&mut snapshot).await?;
            Ok(ArtifactPage { items: rows.iter().map(artifact).collect::<Result<_, _>>()?, as_of })
        })
        .await
    }

    async fn delete_artifact(&self, id: ArtifactId, actor: Principal, at: Timestamp) -> Result<Option<Option<String>>, StoreError> {
        self.writer.run((id, actor, at), |tx, (id, actor, at)| Box::pin(delete(tx, *id, actor, *at))).await
    }
}
