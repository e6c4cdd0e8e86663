//! How API keys are stored.

use std::slice::from_ref;

use baton_domain::id::ApiKeyId;
use baton_domain::time::Timestamp;
use baton_domain::user::Role;
use baton_storage::{ApiKeyRecord, AuditRow, StoreError};
use sqlx::PgConnection;
use sqlx::postgres::PgRow;

use crate::columns::{get, id, instant, maybe_instant, named, plain};
use crate::events::insert_audit;
use crate::failure::{Fault, failed};
use crate::writer::Tx;

fn key(row: &PgRow) -> Result<ApiKeyRecord, StoreError> {
    let hash: Vec<u8> = get(row, "secret_hash")?;
    Ok(ApiKeyRecord {
        id: id(row, "id", ApiKeyId::new)?,
        name: get(row, "name")?,
        role: named(row, "role", Role::parse)?,
        secret_hash: hash.try_into().map_err(|_| StoreError::Corrupt("secret_hash is not 32 bytes".to_owned()))?,
        created_at: instant(row, "created_at")?,
        created_by: get(row, "created_by")?,
        last_used_at: maybe_instant(row, "last_used_at")?,
        revoked_at: maybe_instant(row, "revoked_at")?,
    })
}

pub(super) async fn insert(tx: &mut Tx, key: &ApiKeyRecord, audit: &AuditRow) -> Result<(), Fault> {
    sqlx::query("INSERT INTO api_keys (id, name, role, secret_hash, created_at, created_by) VALUES ($1, $2, $3, $4, $5, $6)")
        .bind(*key.id.as_uuid())
        .bind(plain(&key.name))
        .bind(key.role.as_str())
        .bind(key.secret_hash.to_vec())
        .bind(key.created_at.as_millis())
        .bind(plain(&key.created_by))
        .execute(tx.sql())
        .await
        .map_err(failed)?;
    insert_audit(tx.sql(), from_ref(audit)).await
}

pub(super) async fn by_id(sql: &mut PgConnection, wanted: ApiKeyId) -> Result<Option<ApiKeyRecord>, Fault> {
    let row = sqlx::query("SELECT * FROM api_keys WHERE id = $1").bind(*wanted.as_uuid()).fetch_optional(sql).await.map_err(failed)?;
    Ok(row.as_ref().map(key).transpose()?)
}

pub(super) async fn all(sql: &mut PgConnection) -> Result<Vec<ApiKeyRecord>, Fault> {
    let rows = sqlx::query("SELECT * FROM api_keys WHERE revoked_at IS NULL ORDER BY id DESC").fetch_all(sql).await.map_err(failed)?;
    Ok(rows.iter().map(key).collect::<Result<_, _>>()?)
}

pub(super) async fn touch(tx: &mut Tx, id: ApiKeyId, at: Timestamp) -> Result<(), Fault> {
    sqlx::query("UPDATE api_keys SET last_used_at = $1 WHERE id = $2")
        .bind(at.as_millis())
        .bind(*id.as_uuid())
        .execute(tx.sql())
        .await
        .map_err(failed)?;
    Ok(())
}

pub(super) async fn revoke(tx: &mut Tx, id: ApiKeyId, at: Timestamp, audit: &AuditRow) -> Result<bool, Fault> {
    let done = sqlx::query("UPDATE api_keys SET revoked_at = $1 WHERE id = $2 AND revoked_at IS NULL")
        .bind(at.as_millis())
        .bind(*id.as_uuid())
        .execute(tx.sql())
        .await
        .map_err(failed)?;
    insert_audit(tx.sql(), from_ref(audit)).await?;
    Ok(done.rows_affected() == 1)
}
