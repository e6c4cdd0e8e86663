//! What goes when its time is over.

use std::time::Duration;

use baton_domain::id::ProjectId;
use baton_domain::time::Timestamp;
use baton_domain::topic::{SubscriptionName, TopicName};
use baton_storage::{DEAD_LETTER_DAYS, StoreError, Tidied};
use sqlx::PgConnection;

use super::declare::{pattern, retention};
use super::{deliver, topic_name};
use crate::columns::{get, id, small, stored_count};
use crate::failure::{Fault, failed};
use crate::writer::Tx;

/// Messages of a topic that are beyond its retention and that nobody needs: $1 the topic, $2 the instant before which they are too
/// old, $3 how many are kept.
const PAST: &str = "SELECT seq FROM topic_messages AS m
     WHERE topic = $1 AND (at < $2 OR seq <= (SELECT seq FROM topic_messages WHERE topic = $1 ORDER BY seq DESC OFFSET $3 LIMIT 1))
         AND NOT EXISTS (SELECT 1 FROM deliveries AS d WHERE d.seq = m.seq)";

fn letters_before(now: Timestamp) -> Timestamp {
    now.minus(Duration::from_secs(DEAD_LETTER_DAYS * 86_400))
}

/// Whether there is anything to do; whoever does it holds up all consumers.
pub(super) async fn is_needed(sql: &mut PgConnection, now: Timestamp) -> Result<bool, Fault> {
    sqlx::query_scalar(
        "SELECT EXISTS (SELECT 1 FROM deliveries AS d JOIN subscriptions AS s ON s.name = d.subscription
                 WHERE d.due_at <= $1 AND d.deliveries >= s.maximum_deliveries)
             OR EXISTS (SELECT 1 FROM deliveries WHERE died_at < $2)
             OR EXISTS (SELECT 1 FROM topics AS t WHERE t.kind = 'durable' AND (
                 EXISTS (SELECT 1 FROM topic_messages WHERE topic = t.name AND at < $1 - t.maximum_age * 1000)
                 OR EXISTS (SELECT 1 FROM topic_messages WHERE topic = t.name ORDER BY seq DESC OFFSET t.maximum_messages LIMIT 1)))",
    )
    .bind(now.as_millis())
    .bind(letters_before(now).as_millis())
    .fetch_one(sql)
    .await
    .map_err(failed)
}

pub(super) async fn tidy(tx: &mut Tx, now: Timestamp, limit: u32) -> Result<Tidied, Fault> {
    let mut tidied = Tidied { died: expire(tx, now, limit).await?, ..Tidied::default() };
    tidied.letters = sqlx::query(
        "DELETE FROM deliveries AS d USING (SELECT subscription, seq FROM deliveries WHERE died_at < $1 LIMIT $2) AS old
         WHERE d.subscription = old.subscription AND d.seq = old.seq",
    )
    .bind(letters_before(now).as_millis())
    .bind(i64::from(limit))
    .execute(tx.sql())
    .await
    .map_err(failed)?
    .rows_affected();
    let topics = sqlx::query("SELECT name, maximum_age, maximum_messages FROM topics WHERE kind = 'durable' ORDER BY name")
        .fetch_all(tx.sql())
        .await
        .map_err(failed)?;
    for row in &topics {
        let left = u64::from(limit).saturating_sub(tidied.messages);
        if left == 0 {
            break;
        }
        let (topic, retention) = (topic_name(get(row, "name")?)?, retention(row)?);
        let oldest = now.minus(Duration::from_secs(retention.maximum_age_seconds));
        tidied.messages += forget(tx, &topic, oldest, retention.maximum_messages, left).await?;
    }
    Ok(tidied)
}

/// Gives up deliveries that expired for the last time.
async fn expire(tx: &mut Tx, now: Timestamp, limit: u32) -> Result<u64, Fault> {
    let rows = sqlx::query(
        "SELECT DISTINCT s.name, s.project_id, s.maximum_deliveries FROM subscriptions AS s JOIN deliveries AS d ON d.subscription = s.name
         WHERE d.due_at <= $1 AND d.deliveries >= s.maximum_deliveries ORDER BY s.name",
    )
    .bind(now.as_millis())
    .fetch_all(tx.sql())
    .await
    .map_err(failed)?;
    let mut died = 0;
    for row in &rows {
        let name: String = get(row, "name")?;
        let name = SubscriptionName::try_from(name).map_err(|error| StoreError::Corrupt(error.to_owned()))?;
        let left = stored_count(u64::from(limit).saturating_sub(died));
        died += deliver::give_up(tx, (&name, id(row, "project_id", ProjectId::new)?, small(row, "maximum_deliveries")?), now, left).await?;
    }
    Ok(died)
}

/// Removes messages of a topic, and counts them for those who had not had them.
async fn forget(tx: &mut Tx, topic: &TopicName, oldest: Timestamp, kept: u64, limit: u64) -> Result<u64, Fault> {
    let text = format!("DELETE FROM topic_messages WHERE seq IN ({PAST} ORDER BY seq LIMIT $4) RETURNING seq");
    let gone: Vec<i64> = sqlx::query_scalar(sqlx::AssertSqlSafe(text))
        .bind(topic.as_str())
        .bind(oldest.as_millis())
        .bind(stored_count(kept))
        .bind(stored_count(limit))
        .fetch_all(tx.sql())
        .await
        .map_err(failed)?;
    if gone.is_empty() {
        return Ok(0);
    }
    let behind = sqlx::query("SELECT name, pattern, seen FROM subscriptions ORDER BY name").fetch_all(tx.sql()).await.map_err(failed)?;
    for row in &behind {
        let seen: i64 = get(row, "seen")?;
        let missed = gone.iter().filter(|seq| **seq > seen).count() as u64;
        if missed > 0 && pattern(row)?.matches(topic) {
            sqlx::query("UPDATE subscriptions SET missed = missed + $2 WHERE name = $1")
                .bind(get::<&str>(row, "name")?)
                .bind(stored_count(missed))
                .execute(tx.sql())
                .await
                .map_err(failed)?;
        }
    }
    Ok(gone.len() as u64)
}
