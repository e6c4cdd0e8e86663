//! How named settings are stored.

use async_trait::async_trait;
use baton_domain::id::ProjectId;
use baton_domain::time::Timestamp;
use baton_domain::user::Principal;
use baton_storage::{SettingsKind, SettingsRecord, SettingsStore, StoreError};
use rusqlite::{Connection, params};
use uuid::Uuid;

use crate::SqliteStore;
use crate::columns::{Columns, text};
use crate::statement::{all, maybe, run};

const SELECT: &str = "SELECT kind, id, project_id, name, settings, secret, created_at, updated_at, updated_by FROM named_settings";

fn record(row: &mut Columns<'_, '_>) -> Result<SettingsRecord, StoreError> {
    Ok(SettingsRecord {
        kind: row.named(SettingsKind::parse)?,
        id: row.id(|id| id)?,
        project: row.id(ProjectId::new)?,
        name: row.get()?,
        settings: row.json()?,
        secret: row.get()?,
        created_at: row.instant()?,
        updated_at: row.instant()?,
        updated_by: row.get()?,
    })
}

fn one(sql: &Connection, kind: SettingsKind, id: Uuid) -> Result<Option<SettingsRecord>, StoreError> {
    maybe(sql, &format!("{SELECT} WHERE id = ?1 AND kind = ?2"), params![id.as_bytes(), kind.as_str()], record)
}

#[async_trait]
impl SettingsStore for SqliteStore {
    async fn settings(&self, kind: SettingsKind, project: ProjectId) -> Result<Vec<SettingsRecord>, StoreError> {
        let text = format!("{SELECT} WHERE kind = ?1 AND project_id = ?2 ORDER BY name");
        self.readers.statement(move |sql| all(sql, &text, params![kind.as_str(), project.as_uuid().as_bytes()], record)).await
    }

    async fn insert_settings(&self, record: SettingsRecord, actor: Principal) -> Result<(), StoreError> {
        self.writer
            .run(move |tx| {
                run(
                    tx.sql(),
                    "INSERT INTO named_settings (id, kind, project_id, name, settings, secret, created_at, updated_at, updated_by)
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
                    params![
                        record.id.as_bytes(),
                        record.kind.as_str(),
                        record.project.as_uuid().as_bytes(),
                        record.name,
                        text(&record.settings)?,
                        record.secret,
                        record.created_at.as_millis(),
                        record.updated_at.as_millis(),
                        record.updated_by
                    ],
                )?;
                tx.event(record.event("created", actor, record.created_at)?);
                Ok(())
            })
            .await
    }

    async fn update_settings(&self, record: SettingsRecord, actor: Principal) -> Result<bool, StoreError> {
        self.writer
            .run(move |tx| {
                let Some(stored) = one(tx.sql(), record.kind, record.id)? else { return Ok(false) };
                let record = SettingsRecord { project: stored.project, created_at: stored.created_at, ..record };
                run(
                    tx.sql(),
                    "UPDATE named_settings SET name = ?2, settings = ?3, secret = ?4, updated_at = ?5, updated_by = ?6 WHERE id = ?1",
                    params![
                        record.id.as_bytes(),
                        record.name,
                        text(&record.settings)?,
                        record.secret,
                        record.updated_at.as_millis(),
                        record.updated_by
                    ],
                )?;
                tx.event(record.event("changed", actor, record.updated_at)?);
                Ok(true)
            })
            .await
    }

    async fn remove_settings(&self, kind: SettingsKind, id: Uuid, actor: Principal, at: Timestamp) -> Result<bool, StoreError> {
        self.writer
            .run(move |tx| {
                let Some(record) = one(tx.sql(), kind, id)? else { return Ok(false) };
                run(tx.sql(), "DELETE FROM named_settings WHERE id = ?1", [id.as_bytes()])?;
                tx.event(record.event("removed", actor, at)?);
                Ok(true)
            })
            .await
    }
}
