//! How dead letters are read, delivered again and deleted.

use baton_domain::event::NewEvent;
use baton_domain::id::{EventSeq, ProjectId};
use baton_domain::time::Timestamp;
use baton_domain::topic::SubscriptionName;
use baton_domain::user::Principal;
use baton_domain::wire::topic::DeadLetter;
use baton_storage::{StoreError, topic_events};
use rusqlite::{Connection, params};

use super::publish::{COLUMNS, message};
use crate::statement::{all, maybe, run};
use crate::writer::Tx;

fn project(sql: &Connection, name: &SubscriptionName) -> Result<Option<ProjectId>, StoreError> {
    maybe(sql, "SELECT project_id FROM subscriptions WHERE name = ?1", [name.as_str()], |row| row.id(ProjectId::new))
}

pub(super) fn list(
    sql: &Connection,
    name: &SubscriptionName,
    after: Option<EventSeq>,
    limit: u32,
) -> Result<Option<Vec<DeadLetter>>, StoreError> {
    if project(sql, name)?.is_none() {
        return Ok(None);
    }
    let text = format!(
        "SELECT {COLUMNS}, d.deliveries, d.reason, d.consumer, d.died_at FROM deliveries AS d
         JOIN topic_messages AS m ON m.seq = d.seq
         WHERE d.subscription = ?1 AND d.stage = 'dead' AND d.seq > ?2 ORDER BY d.seq LIMIT ?3"
    );
    let letters = all(sql, &text, params![name.as_str(), after.map_or(-1, |after| after.0), limit], |row| {
        Ok(DeadLetter {
            message: message(row)?,
            deliveries: row.small()?,
            reason: row.get()?,
            consumer: row.get()?,
            died_at: row.instant()?,
        })
    })?;
    Ok(Some(letters))
}

/// The dead ones among these, or the oldest; each once, by place.
fn choose(sql: &Connection, name: &SubscriptionName, which: Option<Vec<EventSeq>>, limit: u32) -> Result<Vec<EventSeq>, StoreError> {
    let Some(mut which) = which else {
        let text = "SELECT seq FROM deliveries WHERE subscription = ?1 AND stage = 'dead' ORDER BY seq LIMIT ?2";
        return all(sql, text, params![name.as_str(), limit], |row| Ok(EventSeq(row.get()?)));
    };
    which.sort_unstable();
    which.dedup();
    let mut chosen = Vec::new();
    for seq in which {
        let text = "SELECT 1 FROM deliveries WHERE subscription = ?1 AND seq = ?2 AND stage = 'dead'";
        if chosen.len() < limit as usize && maybe(sql, text, params![name.as_str(), seq.0], |_| Ok(()))?.is_some() {
            chosen.push(seq);
        }
    }
    Ok(chosen)
}

pub(super) fn redrive(
    tx: &mut Tx,
    name: &SubscriptionName,
    (which, limit): (Option<Vec<EventSeq>>, u32),
    actor: Principal,
    at: Timestamp,
) -> Result<Option<u64>, StoreError> {
    let Some(project) = project(tx.sql(), name)? else { return Ok(None) };
    let chosen = choose(tx.sql(), name, which, limit)?;
    for seq in &chosen {
        run(
            tx.sql(),
            "UPDATE deliveries SET stage = 'waiting', deliveries = 0, due_at = ?3, reason = NULL, died_at = NULL
             WHERE subscription = ?1 AND seq = ?2",
            params![name.as_str(), seq.0, at.as_millis()],
        )?;
    }
    Ok(Some(tell(tx, &chosen, |seqs| topic_events::redriven(name, project, actor, at, seqs))))
}

pub(super) fn purge(
    tx: &mut Tx,
    name: &SubscriptionName,
    (which, limit): (Option<Vec<EventSeq>>, u32),
    actor: Principal,
    at: Timestamp,
) -> Result<Option<u64>, StoreError> {
    let Some(project) = project(tx.sql(), name)? else { return Ok(None) };
    let chosen = choose(tx.sql(), name, which, limit)?;
    for seq in &chosen {
        run(tx.sql(), "DELETE FROM deliveries WHERE subscription = ?1 AND seq = ?2", params![name.as_str(), seq.0])?;
    }
    Ok(Some(tell(tx, &chosen, |seqs| topic_events::purged(name, project, actor, at, seqs))))
}

fn tell(tx: &mut Tx, chosen: &[EventSeq], event: impl FnOnce(&[EventSeq]) -> NewEvent) -> u64 {
    if !chosen.is_empty() {
        tx.event(event(chosen));
    }
    chosen.len() as u64
}
