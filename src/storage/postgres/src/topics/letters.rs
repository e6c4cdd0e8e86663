//! How dead letters are read, delivered again and deleted.

use baton_domain::event::NewEvent;
use baton_domain::id::{EventSeq, ProjectId};
use baton_domain::time::Timestamp;
use baton_domain::topic::SubscriptionName;
use baton_domain::user::Principal;
use baton_domain::wire::topic::DeadLetter;
use baton_storage::{StoreError, topic_events};
use sqlx::postgres::PgRow;
use sqlx::{AssertSqlSafe, PgConnection};
use uuid::Uuid;

use super::publish::{COLUMNS, message};
use crate::columns::{get, instant, small};
use crate::failure::{Fault, failed};
use crate::writer::Tx;

pub(super) async fn list(
    sql: &mut PgConnection,
    name: &SubscriptionName,
    after: Option<EventSeq>,
    limit: u32,
) -> Result<Vec<DeadLetter>, Fault> {
    let text = format!(
        "SELECT {COLUMNS}, d.deliveries, d.reason, d.consumer, d.died_at FROM deliveries AS d
         JOIN topic_messages AS m ON m.seq = d.seq
         WHERE d.subscription = $1 AND d.stage = 'dead' AND d.seq > $2 ORDER BY d.seq LIMIT $3"
    );
    let rows = sqlx::query(AssertSqlSafe(text))
        .bind(name.as_str())
        .bind(after.map_or(-1, |after| after.0))
        .bind(i64::from(limit))
        .fetch_all(sql)
        .await
        .map_err(failed)?;
    let letter = |row: &PgRow| -> Result<DeadLetter, StoreError> {
        Ok(DeadLetter {
            message: message(row)?,
            deliveries: small(row, "deliveries")?,
            reason: get(row, "reason")?,
            consumer: get(row, "consumer")?,
            died_at: instant(row, "died_at")?,
        })
    };
    Ok(rows.iter().map(letter).collect::<Result<_, _>>()?)
}

/// Which dead letters somebody means.
pub(super) struct Choice {
    pub(super) subscription: SubscriptionName,
    /// These, or the oldest.
    pub(super) which: Option<Vec<EventSeq>>,
    pub(super) limit: u32,
    pub(super) actor: Principal,
    pub(super) at: Timestamp,
}

type Happened = fn(&SubscriptionName, ProjectId, Principal, Timestamp, &[EventSeq]) -> NewEvent;

/// Those of the named that are dead, and the oldest dead ones. Two texts: one for both would keep a plan that goes through all
/// letters of the subscription for each that is named.
const NAMED: &str = "subscription = $1 AND seq IN (
         SELECT seq FROM deliveries WHERE subscription = $1 AND stage = 'dead' AND seq = ANY($4) ORDER BY seq LIMIT $2)";
const OLDEST: &str = "subscription = $1 AND seq IN (
         SELECT seq FROM deliveries WHERE subscription = $1 AND stage = 'dead' ORDER BY seq LIMIT $2)";

async fn change(tx: &mut Tx, choice: &Choice, change: &str, happened: Happened) -> Result<Option<u64>, Fault> {
    let project: Option<Uuid> = sqlx::query_scalar("SELECT project_id FROM subscriptions WHERE name = $1")
        .bind(choice.subscription.as_str())
        .fetch_optional(tx.sql())
        .await
        .map_err(failed)?;
    let Some(project) = project else { return Ok(None) };
    // Put together from constants of this module only.
    let chosen = if choice.which.is_some() { NAMED } else { OLDEST };
    let mut query = sqlx::query_scalar(AssertSqlSafe(format!("{change} WHERE {chosen} AND $3::bigint IS NOT NULL RETURNING seq")))
        .bind(choice.subscription.as_str())
        .bind(i64::from(choice.limit))
        .bind(choice.at.as_millis());
    if let Some(which) = &choice.which {
        query = query.bind(which.iter().map(|seq| seq.0).collect::<Vec<_>>());
    }
    let mut changed: Vec<i64> = query.fetch_all(tx.sql()).await.map_err(failed)?;
    changed.sort_unstable();
    let seqs: Vec<EventSeq> = changed.into_iter().map(EventSeq).collect();
    if !seqs.is_empty() {
        tx.event(happened(&choice.subscription, ProjectId::new(project), choice.actor.clone(), choice.at, &seqs));
    }
    Ok(Some(seqs.len() as u64))
}

pub(super) async fn redrive(tx: &mut Tx, choice: &Choice) -> Result<Option<u64>, Fault> {
    let text = "UPDATE deliveries SET stage = 'waiting', deliveries = 0, due_at = $3, reason = NULL, died_at = NULL";
    change(tx, choice, text, topic_events::redriven).await
}

pub(super) async fn purge(tx: &mut Tx, choice: &Choice) -> Result<Option<u64>, Fault> {
    change(tx, choice, "DELETE FROM deliveries", topic_events::purged).await
}
