//! How are the documents of workflows stored? A row for a workflow, and one for each of its versions.

use async_trait::async_trait;
use baton_domain::event::NewEvent;
use baton_domain::id::{EventSeq, ProjectId};
use baton_storage::{StoreError, WorkflowRecord, WorkflowStore, WorkflowStored};
use sqlx::postgres::PgRow;
use sqlx::{PgConnection, Postgres, QueryBuilder};

use crate::PostgresStore;
use crate::columns::{get, id, instant, json, plain, small, stored_small, text};
use crate::events;
use crate::failure::{Fault, failed};
use crate::writer::Tx;

/// With the text, or without it for lists.
macro_rules! select {
    ($text:literal) => {
        concat!(
            "SELECT versions.project_id, versions.name, version, ",
            $text,
            " AS text, hash, summary, created_at, created_by, retired FROM workflows
             JOIN workflow_versions AS versions ON versions.project_id = workflows.project_id AND versions.name = workflows.name"
        )
    };
}

const WHOLE: &str = select!("text");
const LISTED: &str = select!("''");

fn record(row: &PgRow) -> Result<WorkflowRecord, StoreError> {
    Ok(WorkflowRecord {
        project: id(row, "project_id", ProjectId::new)?,
        name: get(row, "name")?,
        version: small(row, "version")?,
        text: get(row, "text")?,
        hash: get(row, "hash")?,
        summary: json(row, "summary")?,
        created_at: instant(row, "created_at")?,
        created_by: get(row, "created_by")?,
        retired: get(row, "retired")?,
    })
}

/// A version that is to be stored.
struct Storing {
    record: WorkflowRecord,
    seen: Option<u32>,
    maximum: u32,
    events: Vec<NewEvent>,
}

/// What is known of a workflow before it is written.
struct Newest {
    version: u32,
    in_use: bool,
    hash: String,
}

fn known(row: &PgRow) -> Result<Newest, StoreError> {
    Ok(Newest { version: small(row, "version")?, in_use: !get::<bool>(row, "retired")?, hash: get(row, "hash")? })
}

async fn newest(sql: &mut PgConnection, project: ProjectId, name: &str) -> Result<Option<Newest>, Fault> {
    let row = sqlx::query(
        "SELECT version, retired, hash FROM workflows
         JOIN workflow_versions AS versions
             ON versions.project_id = workflows.project_id AND versions.name = workflows.name AND version = newest
         WHERE workflows.project_id = $1 AND workflows.name = $2",
    )
    .bind(*project.as_uuid())
    .bind(plain(name))
    .fetch_optional(sql)
    .await
    .map_err(failed)?;
    Ok(row.as_ref().map(known).transpose()?)
}

/// Makes all who store workflows of a project or take them out of use wait for one another: what is in use is counted.
async fn lock(sql: &mut PgConnection, project: ProjectId) -> Result<(), Fault> {
    sqlx::query("SELECT 1 FROM projects WHERE id = $1 FOR NO KEY UPDATE").bind(*project.as_uuid()).execute(sql).await.map_err(failed)?;
    Ok(())
}

async fn store(tx: &mut Tx, storing: &Storing) -> Result<WorkflowStored, Fault> {
    let Storing { record, seen, maximum, events } = storing;
    lock(tx.sql(), record.project).await?;
    let there = newest(tx.sql(), record.project, &record.name).await?;
    let version = there.as_ref().map_or(0, |there| there.version);
    let in_use = there.as_ref().is_some_and(|there| there.in_use);
    if in_use && there.is_some_and(|there| there.hash == plain(&record.hash)) {
        return Ok(WorkflowStored::Same(version));
    }
    // Lists show none that is retired: whoever makes a new one with its name has seen none.
    if seen.is_some_and(|seen| seen != version && (in_use || seen != 0)) {
        return Ok(WorkflowStored::Stale(version));
    }
    if !in_use {
        let count: i64 = sqlx::query_scalar("SELECT count(*) FROM workflows WHERE project_id = $1 AND NOT retired")
            .bind(*record.project.as_uuid())
            .fetch_one(tx.sql())
            .await
            .map_err(failed)?;
        if count >= i64::from(*maximum) {
            return Ok(WorkflowStored::TooMany);
        }
    }
    insert(tx.sql(), record, version + 1).await?;
    events.iter().for_each(|event| tx.event(event.clone()));
    Ok(WorkflowStored::Stored(version + 1))
}

async fn insert(sql: &mut PgConnection, record: &WorkflowRecord, version: u32) -> Result<(), Fault> {
    sqlx::query(
        "INSERT INTO workflows (project_id, name, newest, retired) VALUES ($1, $2, $3, FALSE)
         ON CONFLICT (project_id, name) DO UPDATE SET newest = excluded.newest, retired = FALSE",
    )
    .bind(*record.project.as_uuid())
    .bind(plain(&record.name))
    .bind(stored_small(version))
    .execute(&mut *sql)
    .await
    .map_err(failed)?;
    sqlx::query(
        "INSERT INTO workflow_versions (project_id, name, version, text, hash, summary, created_at, created_by)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind(*record.project.as_uuid())
    .bind(plain(&record.name))
    .bind(stored_small(version))
    .bind(plain(&record.text))
    .bind(plain(&record.hash))
    .bind(text(&record.summary)?)
    .bind(record.created_at.as_millis())
    .bind(plain(&record.created_by))
    .execute(sql)
    .await
    .map_err(failed)?;
    Ok(())
}

/// A workflow that is to be taken out of use.
struct Retiring {
    project: ProjectId,
    name: String,
    events: Vec<NewEvent>,
}

async fn retire(tx: &mut Tx, retiring: &Retiring) -> Result<bool, Fault> {
    lock(tx.sql(), retiring.project).await?;
    let retired = sqlx::query("UPDATE workflows SET retired = TRUE WHERE project_id = $1 AND name = $2 AND NOT retired")
        .bind(*retiring.project.as_uuid())
        .bind(plain(&retiring.name))
        .execute(tx.sql())
        .await
        .map_err(failed)?;
    if retired.rows_affected() == 0 {
        return Ok(false);
    }
    retiring.events.iter().for_each(|event| tx.event(event.clone()));
    Ok(true)
}

/// Conditions that name one workflow.
fn of(select: &'static str, project: ProjectId, name: &str) -> QueryBuilder<Postgres> {
    let mut text = QueryBuilder::new(select);
    text.push(" WHERE versions.project_id = ").push_bind(*project.as_uuid());
    text.push(" AND versions.name = ").push_bind(plain(name).into_owned());
    text
}

impl PostgresStore {
    async fn one_workflow(&self, mut text: QueryBuilder<Postgres>) -> Result<Option<WorkflowRecord>, StoreError> {
        self.answered(async {
            let row = text.build().fetch_optional(&mut *self.lookup().await?).await.map_err(failed)?;
            row.as_ref().map(record).transpose()
        })
        .await
    }
}

#[async_trait]
impl WorkflowStore for PostgresStore {
    async fn store_workflow(
        &self,
        record: WorkflowRecord,
        seen: Option<u32>,
        maximum: u32,
        events: Vec<NewEvent>,
    ) -> Result<WorkflowStored, StoreError> {
        let storing = Storing { record, seen, maximum, events };
        self.writer.run(storing, |tx, storing| Box::pin(store(tx, storing))).await
    }

    async fn retire_workflow(&self, project: ProjectId, name: &str, events: Vec<NewEvent>) -> Result<bool, StoreError> {
        let retiring = Retiring { project, name: name.to_owned(), events };
        self.writer.run(retiring, |tx, retiring| Box::pin(retire(tx, retiring))).await
    }

    async fn workflow(&self, project: ProjectId, name: &str, version: Option<u32>) -> Result<Option<WorkflowRecord>, StoreError> {
        let mut text = of(WHOLE, project, name);
        match version {
            Some(version) => text.push(" AND version = ").push_bind(i64::from(version)),
            None => text.push(" AND version = newest"),
        };
        self.one_workflow(text).await
    }

    async fn workflow_by_hash(&self, project: ProjectId, name: &str, hash: &str) -> Result<Option<WorkflowRecord>, StoreError> {
        let mut text = of(WHOLE, project, name);
        text.push(" AND hash = ").push_bind(plain(hash).into_owned()).push(" ORDER BY version DESC LIMIT 1");
        self.one_workflow(text).await
    }

    async fn workflows(&self, project: ProjectId, after: Option<&str>, limit: u32) -> Result<(Vec<WorkflowRecord>, EventSeq), StoreError> {
        self.answered(async {
            let mut snapshot = self.snapshot().await?;
            let mut text = QueryBuilder::new(LISTED);
            text.push(" AND version = newest WHERE NOT retired AND workflows.project_id = ").push_bind(*project.as_uuid());
            if let Some(after) = after {
                text.push(" AND workflows.name > ").push_bind(plain(after).into_owned());
            }
            text.push(" ORDER BY workflows.name LIMIT ").push_bind(i64::from(limit));
            let rows = text.build().fetch_all(&mut *snapshot).await.map_err(failed)?;
            let (as_of, _) = events::head(&mut snapshot).await?;
            Ok((rows.iter().map(record).collect::<Result<_, _>>()?, as_of))
        })
        .await
    }

    async fn workflow_versions(
        &self,
        project: ProjectId,
        name: &str,
        before: Option<u32>,
        limit: u32,
    ) -> Result<Vec<WorkflowRecord>, StoreError> {
        self.answered(async {
            let mut text = of(LISTED, project, name);
            if let Some(before) = before {
                text.push(" AND version < ").push_bind(i64::from(before));
            }
            text.push(" ORDER BY version DESC LIMIT ").push_bind(i64::from(limit));
            let rows = text.build().fetch_all(&mut *self.reader().await?).await.map_err(failed)?;
            rows.iter().map(record).collect()
        })
        .await
    }
}
