//! How sessions and their refresh tokens are stored.

use std::slice::from_ref;

use baton_domain::id::{SessionId, UserId};
use baton_domain::time::Timestamp;
use baton_storage::{AuditRow, NewSession, RefreshTokenRecord, SessionRecord};
use sqlx::PgConnection;
use sqlx::postgres::PgRow;

use super::users;
use crate::columns::{id, instant, maybe_instant};
use crate::events::insert_audit;
use crate::failure::{Fault, failed};
use crate::writer::Tx;

async fn with_user(sql: &mut PgConnection, row: &PgRow) -> Result<Option<SessionRecord>, Fault> {
    let Some(user) = users::by_id(sql, id(row, "user_id", UserId::new)?).await? else { return Ok(None) };
    Ok(Some(SessionRecord {
        id: id(row, "id", SessionId::new)?,
        user,
        created_at: instant(row, "created_at")?,
        expires_at: instant(row, "expires_at")?,
        revoked_at: maybe_instant(row, "revoked_at")?,
    }))
}

pub(super) async fn by_id(sql: &mut PgConnection, wanted: SessionId) -> Result<Option<SessionRecord>, Fault> {
    let row =
        sqlx::query("SELECT * FROM sessions WHERE id = $1").bind(*wanted.as_uuid()).fetch_optional(&mut *sql).await.map_err(failed)?;
    match row {
        Some(row) => with_user(sql, &row).await,
        None => Ok(None),
    }
}

pub(super) async fn by_token(sql: &mut PgConnection, hash: [u8; 32]) -> Result<Option<RefreshTokenRecord>, Fault> {
    let row = sqlx::query(
        "SELECT s.id, s.user_id, s.created_at, s.expires_at, s.revoked_at, t.used_at
         FROM refresh_tokens t JOIN sessions s ON s.id = t.session_id WHERE t.hash = $1",
    )
    .bind(hash.to_vec())
    .fetch_optional(&mut *sql)
    .await
    .map_err(failed)?;
    let Some(row) = row else { return Ok(None) };
    let used_at = maybe_instant(&row, "used_at")?;
    Ok(with_user(sql, &row).await?.map(|session| RefreshTokenRecord { session, used_at }))
}

pub(super) async fn insert(tx: &mut Tx, session: &NewSession, audit: &AuditRow) -> Result<(), Fault> {
    sqlx::query("INSERT INTO sessions (id, user_id, created_at, expires_at) VALUES ($1, $2, $3, $4)")
        .bind(*session.id.as_uuid())
        .bind(*session.user.as_uuid())
        .bind(session.created_at.as_millis())
        .bind(session.expires_at.as_millis())
        .execute(tx.sql())
        .await
        .map_err(failed)?;
    sqlx::query("INSERT INTO refresh_tokens (hash, session_id) VALUES ($1, $2)")
        .bind(session.token_hash.to_vec())
        .bind(*session.id.as_uuid())
        .execute(tx.sql())
        .await
        .map_err(failed)?;
    sqlx::query("UPDATE users SET last_login_at = $1 WHERE id = $2")
        .bind(session.created_at.as_millis())
        .bind(*session.user.as_uuid())
        .execute(tx.sql())
        .await
        .map_err(failed)?;
    insert_audit(tx.sql(), from_ref(audit)).await
}

pub(super) async fn rotate(tx: &mut Tx, old: [u8; 32], new: [u8; 32], at: Timestamp, expires_at: Timestamp) -> Result<bool, Fault> {
    let row = sqlx::query(
        "UPDATE refresh_tokens SET used_at = $1 WHERE hash = $2 AND used_at IS NULL
         AND session_id IN (SELECT id FROM sessions WHERE revoked_at IS NULL AND expires_at > $1) RETURNING session_id",
    )
    .bind(at.as_millis())
    .bind(old.to_vec())
    .fetch_optional(tx.sql())
    .await
    .map_err(failed)?;
    let Some(row) = row else { return Ok(false) };
    let session = id(&row, "session_id", SessionId::new)?;
    sqlx::query("INSERT INTO refresh_tokens (hash, session_id) VALUES ($1, $2)")
        .bind(new.to_vec())
        .bind(*session.as_uuid())
        .execute(tx.sql())
        .await
        .map_err(failed)?;
    sqlx::query("UPDATE sessions SET expires_at = $1 WHERE id = $2")
        .bind(expires_at.as_millis())
        .bind(*session.as_uuid())
        .execute(tx.sql())
        .await
        .map_err(failed)?;
    Ok(true)
}

pub(super) async fn revoke(tx: &mut Tx, id: SessionId, at: Timestamp, audit: &AuditRow) -> Result<(), Fault> {
    sqlx::query("UPDATE sessions SET revoked_at = $1 WHERE id = $2 AND revoked_at IS NULL")
        .bind(at.as_millis())
        .bind(*id.as_uuid())
        .execute(tx.sql())
        .await
        .map_err(failed)?;
    insert_audit(tx.sql(), from_ref(audit)).await
}

pub(super) async fn forget(tx: &mut Tx, ended_before: Timestamp) -> Result<u64, Fault> {
    let done = sqlx::query("DELETE FROM sessions WHERE expires_at < $1 OR revoked_at < $1")
        .bind(ended_before.as_millis())
        .execute(tx.sql())
        .await
        .map_err(failed)?;
    Ok(done.rows_affected())
}
