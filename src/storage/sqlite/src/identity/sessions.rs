//! How sessions and their refresh tokens are stored.

use baton_domain::id::{SessionId, UserId};
use baton_domain::time::Timestamp;
use baton_storage::{AuditRow, NewSession, RefreshTokenRecord, SessionRecord, StoreError};
use rusqlite::{Connection, params};

use super::users;
use crate::columns::Columns;
use crate::events::insert_audit;
use crate::statement::{maybe, run};
use crate::writer::Tx;

/// A session before its user is read.
struct Row {
    id: SessionId,
    user: UserId,
    created_at: Timestamp,
    expires_at: Timestamp,
    revoked_at: Option<Timestamp>,
}

const COLUMNS: &str = "s.id, s.user_id, s.created_at, s.expires_at, s.revoked_at";

fn session(row: &mut Columns<'_, '_>) -> Result<Row, StoreError> {
    Ok(Row {
        id: row.id(SessionId::new)?,
        user: row.id(UserId::new)?,
        created_at: row.instant()?,
        expires_at: row.instant()?,
        revoked_at: row.maybe_instant()?,
    })
}

fn with_user(sql: &Connection, row: &Row) -> Result<Option<SessionRecord>, StoreError> {
    let Some(user) = users::by_id(sql, row.user)? else { return Ok(None) };
    let Row { id, created_at, expires_at, revoked_at, .. } = *row;
    Ok(Some(SessionRecord { id, user, created_at, expires_at, revoked_at }))
}

pub(super) fn by_id(sql: &Connection, wanted: SessionId) -> Result<Option<SessionRecord>, StoreError> {
    let text = format!("SELECT {COLUMNS} FROM sessions s WHERE s.id = ?1");
    match maybe(sql, &text, [wanted.as_uuid().as_bytes()], session)? {
        Some(row) => with_user(sql, &row),
        None => Ok(None),
    }
}

pub(super) fn by_token(sql: &Connection, hash: [u8; 32]) -> Result<Option<RefreshTokenRecord>, StoreError> {
    let text = format!("SELECT {COLUMNS}, t.used_at FROM refresh_tokens t JOIN sessions s ON s.id = t.session_id WHERE t.hash = ?1");
    let found = maybe(sql, &text, [hash], |row| Ok((session(row)?, row.maybe_instant()?)))?;
    let Some((row, used_at)) = found else { return Ok(None) };
    Ok(with_user(sql, &row)?.map(|session| RefreshTokenRecord { session, used_at }))
}

fn insert_token(sql: &Connection, hash: [u8; 32], session: SessionId) -> Result<(), StoreError> {
    run(sql, "INSERT INTO refresh_tokens (hash, session_id) VALUES (?1, ?2)", params![hash, session.as_uuid().as_bytes()])?;
    Ok(())
}

pub(super) fn insert(tx: &mut Tx, session: &NewSession, audit: &AuditRow) -> Result<(), StoreError> {
    let sql = tx.sql();
    let (id, user) = (session.id.as_uuid().as_bytes(), session.user.as_uuid().as_bytes());
    let (created, expires) = (session.created_at.as_millis(), session.expires_at.as_millis());
    run(sql, "INSERT INTO sessions (id, user_id, created_at, expires_at) VALUES (?1, ?2, ?3, ?4)", params![id, user, created, expires])?;
    insert_token(sql, session.token_hash, session.id)?;
    run(sql, "UPDATE users SET last_login_at = ?1 WHERE id = ?2", params![created, user])?;
    insert_audit(sql, audit)
}

pub(super) fn rotate(tx: &mut Tx, old: [u8; 32], new: [u8; 32], at: Timestamp, expires_at: Timestamp) -> Result<bool, StoreError> {
    let sql = tx.sql();
    let used = maybe(
        sql,
        "UPDATE refresh_tokens SET used_at = ?1 WHERE hash = ?2 AND used_at IS NULL
         AND session_id IN (SELECT id FROM sessions WHERE revoked_at IS NULL AND expires_at > ?1) RETURNING session_id",
        params![at.as_millis(), old],
        |row| row.id(SessionId::new),
    )?;
    let Some(session) = used else { return Ok(false) };
    insert_token(sql, new, session)?;
    let prolong = "UPDATE sessions SET expires_at = ?1 WHERE id = ?2";
    run(sql, prolong, params![expires_at.as_millis(), session.as_uuid().as_bytes()])?;
    Ok(true)
}

pub(super) fn revoke(tx: &mut Tx, id: SessionId, at: Timestamp, audit: &AuditRow) -> Result<(), StoreError> {
    let end = "UPDATE sessions SET revoked_at = ?1 WHERE id = ?2 AND revoked_at IS NULL";
    run(tx.sql(), end, params![at.as_millis(), id.as_uuid().as_bytes()])?;
    insert_audit(tx.sql(), audit)
}

pub(super) fn forget(tx: &mut Tx, ended_before: Timestamp) -> Result<u64, StoreError> {
    let forgotten = run(tx.sql(), "DELETE FROM sessions WHERE expires_at < ?1 OR revoked_at < ?1", [ended_before.as_millis()])?;
    Ok(forgotten as u64)
}
