//! How users are stored.

use baton_domain::id::UserId;
use baton_domain::time::Timestamp;
use baton_domain::user::Role;
use baton_storage::{AuditRow, StoreError, UserRecord};
use rusqlite::{Connection, params};

use crate::columns::Columns;
use crate::events::insert_audit;
use crate::statement::{all, maybe, one, run};
use crate::writer::Tx;

fn user(row: &mut Columns<'_, '_>) -> Result<UserRecord, StoreError> {
    Ok(UserRecord {
        id: row.id(UserId::new)?,
        email: row.get()?,
        password_hash: row.get()?,
        role: row.named(Role::parse)?,
        active: row.get()?,
        created_at: row.instant()?,
        last_login_at: row.maybe_instant()?,
    })
}

const SELECT: &str = "SELECT id, email, password_hash, role, active, created_at, last_login_at FROM users";

pub(super) fn any(sql: &Connection) -> Result<bool, StoreError> {
    one(sql, "SELECT EXISTS (SELECT 1 FROM users)", [], |row| row.get())
}

pub(super) fn by_id(sql: &Connection, wanted: UserId) -> Result<Option<UserRecord>, StoreError> {
    maybe(sql, &format!("{SELECT} WHERE id = ?1"), [wanted.as_uuid().as_bytes()], user)
}

pub(super) fn by_email(sql: &Connection, email: &str) -> Result<Option<UserRecord>, StoreError> {
    maybe(sql, &format!("{SELECT} WHERE email = ?1"), [email], user)
}

pub(super) fn everyone(sql: &Connection) -> Result<Vec<UserRecord>, StoreError> {
    all(sql, &format!("{SELECT} ORDER BY email"), [], user)
}

pub(super) fn insert(tx: &mut Tx, user: &UserRecord, only_first: bool, audit: &AuditRow) -> Result<bool, StoreError> {
    if only_first && any(tx.sql())? {
        return Ok(false);
    }
    run(
        tx.sql(),
        "INSERT INTO users (id, email, password_hash, role, active, created_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        params![user.id.as_uuid().as_bytes(), user.email, user.password_hash, user.role.as_str(), user.active, user.created_at.as_millis()],
    )?;
    insert_audit(tx.sql(), audit)?;
    Ok(true)
}

pub(super) fn change(tx: &mut Tx, id: UserId, role: Role, active: bool, at: Timestamp, audit: &AuditRow) -> Result<bool, StoreError> {
    let sql = tx.sql();
    let wanted = id.as_uuid().as_bytes();
    let others: bool =
        one(sql, "SELECT EXISTS (SELECT 1 FROM users WHERE role = 'admin' AND active AND id <> ?1)", [wanted], |row| row.get())?;
    let stays_administrator = role == Role::Admin && active;
    if !(others || stays_administrator) {
        return Ok(false);
    }
    run(sql, "UPDATE users SET role = ?1, active = ?2 WHERE id = ?3", params![role.as_str(), active, wanted])?;
    if !active {
        let end = "UPDATE sessions SET revoked_at = ?1 WHERE user_id = ?2 AND revoked_at IS NULL";
        run(sql, end, params![at.as_millis(), wanted])?;
    }
    insert_audit(sql, audit)?;
    Ok(true)
}
