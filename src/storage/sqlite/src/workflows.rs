//! How are the documents of workflows stored? A row for a workflow, and one for each of its versions.

use async_trait::async_trait;
use baton_domain::event::NewEvent;
use baton_domain::id::{EventSeq, ProjectId};
use baton_storage::{StoreError, WorkflowRecord, WorkflowStore, WorkflowStored};
use rusqlite::types::Value;
use rusqlite::{Connection, params, params_from_iter};

use crate::SqliteStore;
use crate::columns::{Columns, text};
use crate::events;
use crate::statement::{all, maybe, one, run};
use crate::writer::Tx;

/// With the text, or without it for lists.
macro_rules! select {
    ($text:literal) => {
        concat!(
            "SELECT versions.project_id, versions.name, version, ",
            $text,
            ", hash, summary, created_at, created_by, retired FROM workflows
             JOIN workflow_versions AS versions ON versions.project_id = workflows.project_id AND versions.name = workflows.name"
        )
    };
}

const WHOLE: &str = select!("text");
const LISTED: &str = select!("''");

fn record(row: &mut Columns<'_, '_>) -> Result<WorkflowRecord, StoreError> {
    Ok(WorkflowRecord {
        project: row.id(ProjectId::new)?,
        name: row.get()?,
        version: row.small()?,
        text: row.get()?,
        hash: row.get()?,
        summary: row.json()?,
        created_at: row.instant()?,
        created_by: row.get()?,
        retired: row.get()?,
    })
}

/// What is known of a workflow before it is written.
struct Newest {
    version: u32,
    in_use: bool,
    hash: String,
}

fn newest(sql: &Connection, project: ProjectId, name: &str) -> Result<Option<Newest>, StoreError> {
    let text = "SELECT version, retired, hash FROM workflows
                JOIN workflow_versions AS versions
                    ON versions.project_id = workflows.project_id AND versions.name = workflows.name AND version = newest
                WHERE workflows.project_id = ?1 AND workflows.name = ?2";
    maybe(sql, text, params![project.as_uuid().as_bytes(), name], |row| {
        Ok(Newest { version: row.small()?, in_use: !row.get::<bool>()?, hash: row.get()? })
    })
}

fn store(
    tx: &mut Tx,
    record: &WorkflowRecord,
    seen: Option<u32>,
    maximum: u32,
    events: Vec<NewEvent>,
) -> Result<WorkflowStored, StoreError> {
    let there = newest(tx.sql(), record.project, &record.name)?;
    let version = there.as_ref().map_or(0, |there| there.version);
    let in_use = there.as_ref().is_some_and(|there| there.in_use);
    if in_use && there.is_some_and(|there| there.hash == record.hash) {
        return Ok(WorkflowStored::Same(version));
    }
    // Lists show none that is retired: whoever makes a new one with its name has seen none.
    if seen.is_some_and(|seen| seen != version && (in_use || seen != 0)) {
        return Ok(WorkflowStored::Stale(version));
    }
    let project = record.project.as_uuid().as_bytes();
    if !in_use {
        let text = "SELECT count(*) FROM workflows WHERE project_id = ?1 AND retired = 0";
        let count: i64 = one(tx.sql(), text, [project], |row| row.get())?;
        if count >= i64::from(maximum) {
            return Ok(WorkflowStored::TooMany);
        }
    }
    run(
        tx.sql(),
        "INSERT INTO workflows (project_id, name, newest, retired) VALUES (?1, ?2, ?3, 0)
         ON CONFLICT (project_id, name) DO UPDATE SET newest = excluded.newest, retired = 0",
        params![project, record.name, version + 1],
    )?;
    run(
        tx.sql(),
        "INSERT INTO workflow_versions (project_id, name, version, text, hash, summary, created_at, created_by)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        params![
            project,
            record.name,
            version + 1,
            record.text,
            record.hash,
            text(&record.summary)?,
            record.created_at.as_millis(),
            record.created_by
        ],
    )?;
    events.into_iter().for_each(|event| tx.event(event));
    Ok(WorkflowStored::Stored(version + 1))
}

fn one_version(sql: &Connection, project: ProjectId, name: &str, version: Option<u32>) -> Result<Option<WorkflowRecord>, StoreError> {
    let project = project.as_uuid().as_bytes();
    match version {
        Some(version) => {
            let text = format!("{WHOLE} WHERE workflows.project_id = ?1 AND workflows.name = ?2 AND version = ?3");
            maybe(sql, &text, params![project, name, version], record)
        }
        None => {
            let text = format!("{WHOLE} WHERE workflows.project_id = ?1 AND workflows.name = ?2 AND version = newest");
            maybe(sql, &text, params![project, name], record)
        }
    }
}

fn in_use(sql: &Connection, project: ProjectId, after: Option<&str>, limit: u32) -> Result<(Vec<WorkflowRecord>, EventSeq), StoreError> {
    let mut text = format!("{LISTED} AND version = newest WHERE workflows.project_id = ? AND retired = 0");
    let mut values: Vec<Value> = vec![project.as_uuid().as_bytes().to_vec().into()];
    if let Some(after) = after {
        text.push_str(" AND workflows.name > ?");
        values.push(after.to_owned().into());
    }
    text.push_str(" ORDER BY workflows.name LIMIT ?");
    values.push(i64::from(limit).into());
    let items = all(sql, &text, params_from_iter(values), record)?;
    Ok((items, events::head(sql)?.0))
}

#[async_trait]
impl WorkflowStore for SqliteStore {
    async fn store_workflow(
        &self,
        record: WorkflowRecord,
        seen: Option<u32>,
        maximum: u32,
        events: Vec<NewEvent>,
    ) -> Result<WorkflowStored, StoreError> {
        self.writer.run(move |tx| store(tx, &record, seen, maximum, events)).await
    }

    async fn retire_workflow(&self, project: ProjectId, name: &str, events: Vec<NewEvent>) -> Result<bool, StoreError> {
        let name = name.to_owned();
        self.writer
            .run(move |tx| {
                let text = "UPDATE workflows SET retired = 1 WHERE project_id = ?1 AND name = ?2 AND retired = 0";
                if run(tx.sql(), text, params![project.as_uuid().as_bytes(), name])? == 0 {
                    return Ok(false);
                }
                events.into_iter().for_each(|event| tx.event(event));
                Ok(true)
            })
            .await
    }

    async fn workflow(&self, project: ProjectId, name: &str, version: Option<u32>) -> Result<Option<WorkflowRecord>, StoreError> {
        let name = name.to_owned();
        self.readers.statement(move |sql| one_version(sql, project, &name, version)).await
    }

    async fn workflow_by_hash(&self, project: ProjectId, name: &str, hash: &str) -> Result<Option<WorkflowRecord>, StoreError> {
        let (name, hash) = (name.to_owned(), hash.to_owned());
        let text = format!("{WHOLE} WHERE versions.project_id = ?1 AND versions.name = ?2 AND hash = ?3 ORDER BY version DESC LIMIT 1");
        self.readers.statement(move |sql| maybe(sql, &text, params![project.as_uuid().as_bytes(), name, hash], record)).await
    }

    async fn workflows(&self, project: ProjectId, after: Option<&str>, limit: u32) -> Result<(Vec<WorkflowRecord>, EventSeq), StoreError> {
        let after = after.map(str::to_owned);
        self.readers.snapshot(move |sql| in_use(sql, project, after.as_deref(), limit)).await
    }

    async fn workflow_versions(
        &self,
        project: ProjectId,
        name: &str,
        before: Option<u32>,
        limit: u32,
    ) -> Result<Vec<WorkflowRecord>, StoreError> {
        let name = name.to_owned();
        // No version has the greatest number.
        let before = before.unwrap_or(u32::MAX);
        let text =
            format!("{LISTED} WHERE versions.project_id = ?1 AND versions.name = ?2 AND version < ?3 ORDER BY version DESC LIMIT ?4");
        self.readers.statement(move |sql| all(sql, &text, params![project.as_uuid().as_bytes(), name, before, limit], record)).await
    }
}
