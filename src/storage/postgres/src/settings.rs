//! How named settings are stored.

use async_trait::async_trait;
use baton_domain::id::ProjectId;
use baton_domain::time::Timestamp;
use baton_domain::user::Principal;
use baton_storage::{SettingsKind, SettingsRecord, SettingsStore, StoreError};
use sqlx::postgres::PgRow;
use uuid::Uuid;

use crate::PostgresStore;
use crate::columns::{get, id, instant, json, named, plain, text};
use crate::failure::{Fault, failed};
use crate::writer::Tx;

fn record(row: &PgRow) -> Result<SettingsRecord, StoreError> {
    Ok(SettingsRecord {
        kind: named(row, "kind", SettingsKind::parse)?,
        id: get(row, "id")?,
        project: id(row, "project_id", ProjectId::new)?,
        name: get(row, "name")?,
        settings: json(row, "settings")?,
        secret: get(row, "secret")?,
        created_at: instant(row, "created_at")?,
        updated_at: instant(row, "updated_at")?,
        updated_by: get(row, "updated_by")?,
    })
}

async fn one(tx: &mut Tx, kind: SettingsKind, id: Uuid) -> Result<Option<SettingsRecord>, Fault> {
    let row = sqlx::query("SELECT * FROM named_settings WHERE id = $1 AND kind = $2 FOR UPDATE")
        .bind(id)
        .bind(kind.as_str())
        .fetch_optional(tx.sql())
        .await
        .map_err(failed)?;
    Ok(row.as_ref().map(record).transpose()?)
}

async fn insert(tx: &mut Tx, record: &SettingsRecord, actor: &Principal) -> Result<(), Fault> {
    sqlx::query(
        "INSERT INTO named_settings (id, kind, project_id, name, settings, secret, created_at, updated_at, updated_by)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
    )
    .bind(record.id)
    .bind(record.kind.as_str())
    .bind(*record.project.as_uuid())
    .bind(plain(&record.name))
    .bind(text(&record.settings)?)
    .bind(record.secret.as_deref())
    .bind(record.created_at.as_millis())
    .bind(record.updated_at.as_millis())
    .bind(plain(&record.updated_by))
    .execute(tx.sql())
    .await
    .map_err(failed)?;
    tx.event(record.event("created", actor.clone(), record.created_at)?);
    Ok(())
}

async fn update(tx: &mut Tx, record: &SettingsRecord, actor: &Principal) -> Result<bool, Fault> {
    let Some(stored) = one(tx, record.kind, record.id).await? else { return Ok(false) };
    let record = SettingsRecord { project: stored.project, created_at: stored.created_at, ..record.clone() };
    sqlx::query("UPDATE named_settings SET name = $2, settings = $3, secret = $4, updated_at = $5, updated_by = $6 WHERE id = $1")
        .bind(record.id)
        .bind(plain(&record.name))
        .bind(text(&record.settings)?)
        .bind(record.secret.as_deref())
        .bind(record.updated_at.as_millis())
        .bind(plain(&record.updated_by))
        .execute(tx.sql())
        .await
        .map_err(failed)?;
    tx.event(record.event("changed", actor.clone(), record.updated_at)?);
    Ok(true)
}

/// What is to be removed, by whom.
struct Removal {
    kind: SettingsKind,
    id: Uuid,
    actor: Principal,
    at: Timestamp,
}

async fn remove(tx: &mut Tx, removal: &Removal) -> Result<bool, Fault> {
    let Some(record) = one(tx, removal.kind, removal.id).await? else { return Ok(false) };
    sqlx::query("DELETE FROM named_settings WHERE id = $1").bind(removal.id).execute(tx.sql()).await.map_err(failed)?;
    tx.event(record.event("removed", removal.actor.clone(), removal.at)?);
    Ok(true)
}

#[async_trait]
impl SettingsStore for PostgresStore {
    async fn settings(&self, kind: SettingsKind, project: ProjectId) -> Result<Vec<SettingsRecord>, StoreError> {
        let rows = sqlx::query("SELECT * FROM named_settings WHERE kind = $1 AND project_id = $2")
            .bind(kind.as_str())
            .bind(*project.as_uuid())
            .fetch_all(&mut *self.reader().await?)
            .await
            .map_err(failed)?;
        let mut found = rows.iter().map(record).collect::<Result<Vec<_>, _>>()?;
        // By the bytes, whatever the database's collation.
        found.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(found)
    }

    async fn insert_settings(&self, record: SettingsRecord, actor: Principal) -> Result<(), StoreError> {
        self.writer.run((record, actor), |tx, (record, actor)| Box::pin(insert(tx, record, actor))).await
    }

    async fn update_settings(&self, record: SettingsRecord, actor: Principal) -> Result<bool, StoreError> {
        self.writer.run((record, actor), |tx, (record, actor)| Box::pin(update(tx, record, actor))).await
    }

    async fn remove_settings(&self, kind: SettingsKind, id: Uuid, actor: Principal, at: Timestamp) -> Result<bool, StoreError> {
        self.writer.run(Removal { kind, id, actor, at }, |tx, removal| Box::pin(remove(tx, removal))).await
    }
}
