//! How API keys are stored.

use baton_domain::id::ApiKeyId;
use baton_domain::time::Timestamp;
use baton_domain::user::Role;
use baton_storage::{ApiKeyRecord, AuditRow, StoreError};
use rusqlite::{Connection, params};

use crate::columns::Columns;
use crate::events::insert_audit;
use crate::statement::{all, maybe, run};
use crate::writer::Tx;

fn key(row: &mut Columns<'_, '_>) -> Result<ApiKeyRecord, StoreError> {
    Ok(ApiKeyRecord {
        id: row.id(ApiKeyId::new)?,
        name: row.get()?,
        role: row.named(Role::parse)?,
        secret_hash: row.get()?,
        created_at: row.instant()?,
        created_by: row.get()?,
        last_used_at: row.maybe_instant()?,
        revoked_at: row.maybe_instant()?,
    })
}

const SELECT: &str = "SELECT id, name, role, secret_hash, created_at, created_by, last_used_at, revoked_at FROM api_keys";

pub(super) fn insert(tx: &mut Tx, key: &ApiKeyRecord, audit: &AuditRow) -> Result<(), StoreError> {
    run(
        tx.sql(),
        "INSERT INTO api_keys (id, name, role, secret_hash, created_at, created_by) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        params![key.id.as_uuid().as_bytes(), key.name, key.role.as_str(), key.secret_hash, key.created_at.as_millis(), key.created_by],
    )?;
    insert_audit(tx.sql(), audit)
}

pub(super) fn by_id(sql: &Connection, wanted: ApiKeyId) -> Result<Option<ApiKeyRecord>, StoreError> {
    maybe(sql, &format!("{SELECT} WHERE id = ?1"), [wanted.as_uuid().as_bytes()], key)
}

pub(super) fn valid(sql: &Connection) -> Result<Vec<ApiKeyRecord>, StoreError> {
    all(sql, &format!("{SELECT} WHERE revoked_at IS NULL ORDER BY id DESC"), [], key)
}

pub(super) fn touch(tx: &mut Tx, id: ApiKeyId, at: Timestamp) -> Result<(), StoreError> {
    run(tx.sql(), "UPDATE api_keys SET last_used_at = ?1 WHERE id = ?2", params![at.as_millis(), id.as_uuid().as_bytes()])?;
    Ok(())
}

pub(super) fn revoke(tx: &mut Tx, id: ApiKeyId, at: Timestamp, audit: &AuditRow) -> Result<bool, StoreError> {
    let change = "UPDATE api_keys SET revoked_at = ?1 WHERE id = ?2 AND revoked_at IS NULL";
    let changed = run(tx.sql(), change, params![at.as_millis(), id.as_uuid().as_bytes()])?;
    insert_audit(tx.sql(), audit)?;
    Ok(changed == 1)
}
