//! What goes when its time is over.

use std::time::Duration;

use baton_domain::id::ProjectId;
use baton_domain::time::Timestamp;
use baton_domain::topic::TopicName;
use baton_storage::{DEAD_LETTER_DAYS, StoreError, Tidied};
use rusqlite::{Connection, params};

use super::declare::{pattern, retention};
use super::{deliver, subscription_name, topic_name};
use crate::columns::stored_count;
use crate::statement::{all, one, run};
use crate::writer::Tx;

fn letters_before(now: Timestamp) -> Timestamp {
    now.minus(Duration::from_secs(DEAD_LETTER_DAYS * 86_400))
}

/// Whether there is anything to do.
pub(super) fn is_needed(sql: &Connection, now: Timestamp) -> Result<bool, StoreError> {
    one(
        sql,
        "SELECT EXISTS (SELECT 1 FROM deliveries AS d JOIN subscriptions AS s ON s.name = d.subscription
                 WHERE d.due_at <= ?1 AND d.deliveries >= s.maximum_deliveries)
             OR EXISTS (SELECT 1 FROM deliveries WHERE died_at < ?2)
             OR EXISTS (SELECT 1 FROM topics AS t WHERE t.kind = 'durable' AND (
                 EXISTS (SELECT 1 FROM topic_messages WHERE topic = t.name AND at < ?1 - t.maximum_age * 1000)
                 OR (SELECT count(*) FROM topic_messages WHERE topic = t.name) > t.maximum_messages))",
        params![now.as_millis(), letters_before(now).as_millis()],
        |row| row.get(),
    )
}

pub(super) fn tidy(tx: &mut Tx, now: Timestamp, limit: u32) -> Result<Tidied, StoreError> {
    let mut tidied = Tidied { died: expire(tx, now, limit)?, ..Tidied::default() };
    let letters: Vec<(String, i64)> = all(
        tx.sql(),
        "SELECT subscription, seq FROM deliveries WHERE died_at < ?1 LIMIT ?2",
        params![letters_before(now).as_millis(), limit],
        |row| Ok((row.get()?, row.get()?)),
    )?;
    for (subscription, seq) in &letters {
        run(tx.sql(), "DELETE FROM deliveries WHERE subscription = ?1 AND seq = ?2", params![subscription, seq])?;
    }
    tidied.letters = letters.len() as u64;
    let topics = all(tx.sql(), "SELECT name, maximum_age, maximum_messages FROM topics WHERE kind = 'durable' ORDER BY name", [], |row| {
        Ok((topic_name(row.str()?)?, retention(row)?))
    })?;
    for (topic, retention) in topics {
        let left = u64::from(limit).saturating_sub(tidied.messages);
        if left == 0 {
            break;
        }
        let oldest = now.minus(Duration::from_secs(retention.maximum_age_seconds));
        tidied.messages += forget(tx.sql(), &topic, oldest, retention.maximum_messages, left)?;
    }
    Ok(tidied)
}

/// Gives up deliveries that expired for the last time.
fn expire(tx: &mut Tx, now: Timestamp, limit: u32) -> Result<u64, StoreError> {
    let spent = all(
        tx.sql(),
        "SELECT DISTINCT s.name, s.project_id, s.maximum_deliveries FROM subscriptions AS s JOIN deliveries AS d ON d.subscription = s.name
         WHERE d.due_at <= ?1 AND d.deliveries >= s.maximum_deliveries ORDER BY s.name",
        [now.as_millis()],
        |row| Ok((subscription_name(row.str()?)?, row.id(ProjectId::new)?, row.small()?)),
    )?;
    let mut died = 0;
    for (name, project, maximum) in spent {
        let left = limit.saturating_sub(u32::try_from(died).unwrap_or(u32::MAX));
        died += deliver::give_up(tx, (&name, project, maximum), now, left)?;
    }
    Ok(died)
}

/// Removes messages of a topic that are beyond its retention and that nobody needs, and counts them for those who had not had them.
fn forget(sql: &Connection, topic: &TopicName, oldest: Timestamp, kept: u64, limit: u64) -> Result<u64, StoreError> {
    let gone: Vec<i64> = all(
        sql,
        "DELETE FROM topic_messages WHERE seq IN (
             SELECT seq FROM topic_messages AS m
             WHERE topic = ?1 AND NOT EXISTS (SELECT 1 FROM deliveries AS d WHERE d.seq = m.seq) AND (at < ?2
                 OR seq <= (SELECT seq FROM topic_messages WHERE topic = ?1 ORDER BY seq DESC LIMIT 1 OFFSET ?3))
             ORDER BY seq LIMIT ?4)
         RETURNING seq",
        params![topic.as_str(), oldest.as_millis(), stored_count(kept), stored_count(limit)],
        |row| row.get(),
    )?;
    if gone.is_empty() {
        return Ok(0);
    }
    let behind =
        all(sql, "SELECT name, pattern, seen FROM subscriptions", [], |row| Ok((row.get::<String>()?, pattern(row)?, row.get::<i64>()?)))?;
    for (name, pattern, seen) in behind {
        let missed = gone.iter().filter(|seq| **seq > seen).count() as u64;
        if missed > 0 && pattern.matches(topic) {
            run(sql, "UPDATE subscriptions SET missed = missed + ?2 WHERE name = ?1", params![name, stored_count(missed)])?;
        }
    }
    Ok(gone.len() as u64)
}
