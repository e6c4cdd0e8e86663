//! How users are stored.

use std::slice::from_ref;

use baton_domain::id::UserId;
use baton_domain::time::Timestamp;
use baton_domain::user::Role;
use baton_storage::{AuditRow, StoreError, UserRecord};
use sqlx::PgConnection;
use sqlx::postgres::PgRow;
use uuid::Uuid;

use crate::columns::{get, id, instant, maybe_instant, named, plain};
use crate::events::insert_audit;
use crate::failure::{Fault, failed};
use crate::writer::Tx;

/// A user from a row of `users`.
pub(super) fn user(row: &PgRow) -> Result<UserRecord, StoreError> {
    Ok(UserRecord {
        id: id(row, "id", UserId::new)?,
        email: get(row, "email")?,
        password_hash: get(row, "password_hash")?,
        role: named(row, "role", Role::parse)?,
        active: get(row, "active")?,
        created_at: instant(row, "created_at")?,
        last_login_at: maybe_instant(row, "last_login_at")?,
    })
}

pub(super) async fn any(sql: &mut PgConnection) -> Result<bool, Fault> {
    sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM users)").fetch_one(sql).await.map_err(failed)
}

pub(super) async fn by_id(sql: &mut PgConnection, wanted: UserId) -> Result<Option<UserRecord>, Fault> {
    let row = sqlx::query("SELECT * FROM users WHERE id = $1").bind(*wanted.as_uuid()).fetch_optional(sql).await.map_err(failed)?;
    Ok(row.as_ref().map(user).transpose()?)
}

pub(super) async fn by_email(sql: &mut PgConnection, email: &str) -> Result<Option<UserRecord>, Fault> {
    let row = sqlx::query("SELECT * FROM users WHERE email = $1").bind(plain(email)).fetch_optional(sql).await.map_err(failed)?;
    Ok(row.as_ref().map(user).transpose()?)
}

pub(super) async fn all(sql: &mut PgConnection) -> Result<Vec<UserRecord>, Fault> {
    let rows = sqlx::query("SELECT * FROM users ORDER BY email").fetch_all(sql).await.map_err(failed)?;
    Ok(rows.iter().map(user).collect::<Result<_, _>>()?)
}

pub(super) async fn insert(tx: &mut Tx, user: &UserRecord, only_first: bool, audit: &AuditRow) -> Result<bool, Fault> {
    if only_first {
        // Two who both want to be the first: the second waits here and then sees the other.
        sqlx::query("LOCK TABLE users IN SHARE ROW EXCLUSIVE MODE").execute(tx.sql()).await.map_err(failed)?;
        if any(tx.sql()).await? {
            return Ok(false);
        }
    }
    sqlx::query("INSERT INTO users (id, email, password_hash, role, active, created_at) VALUES ($1, $2, $3, $4, $5, $6)")
        .bind(*user.id.as_uuid())
        .bind(plain(&user.email))
        .bind(&user.password_hash)
        .bind(user.role.as_str())
        .bind(user.active)
        .bind(user.created_at.as_millis())
        .execute(tx.sql())
        .await
        .map_err(failed)?;
    insert_audit(tx.sql(), from_ref(audit)).await?;
    Ok(true)
}

pub(super) async fn change(tx: &mut Tx, id: UserId, role: Role, active: bool, at: Timestamp, audit: &AuditRow) -> Result<bool, Fault> {
    // All administrators are locked: of two who remove each other's last peer the second sees what the first did.
    let administrators: Vec<Uuid> =
        sqlx::query_scalar("SELECT id FROM users WHERE role = 'admin' AND active ORDER BY id FOR NO KEY UPDATE")
            .fetch_all(tx.sql())
            .await
            .map_err(failed)?;
    let others = administrators.iter().any(|other| other != id.as_uuid());
    let stays_administrator = role == Role::Admin && active;
    if !(others || stays_administrator) {
        return Ok(false);
    }
    sqlx::query("UPDATE users SET role = $1, active = $2 WHERE id = $3")
        .bind(role.as_str())
        .bind(active)
        .bind(*id.as_uuid())
        .execute(tx.sql())
        .await
        .map_err(failed)?;
    if !active {
        sqlx::query("UPDATE sessions SET revoked_at = $1 WHERE user_id = $2 AND revoked_at IS NULL")
            .bind(at.as_millis())
            .bind(*id.as_uuid())
            .execute(tx.sql())
            .await
            .map_err(failed)?;
    }
    insert_audit(tx.sql(), from_ref(audit)).await?;
    Ok(true)
}
