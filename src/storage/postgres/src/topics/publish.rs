//! How messages are published and read.

use std::collections::HashSet;
use std::sync::Arc;

use baton_domain::event::Event;
use baton_domain::id::{EventSeq, LeaseToken, MessageId, TaskId};
use baton_domain::time::Timestamp;
use baton_domain::topic::TopicName;
use baton_domain::wire::topic::MessageView;
use baton_storage::{NewMessageRecord, PublishOutcome, StoreError, topic_events};
use sqlx::postgres::PgRow;
use sqlx::{AssertSqlSafe, PgConnection};
use uuid::Uuid;

use super::topic_name;
use crate::columns::{get, id, instant, json, plain, text};
use crate::failure::{Fault, failed};
use crate::many::column;
use crate::writer::{PendingMessage, Tx};

/// Prepares messages; they are written with their events at the end of the transaction.
pub(super) async fn publish(
    tx: &mut Tx,
    messages: &[NewMessageRecord],
    guard: Option<(TaskId, LeaseToken)>,
) -> Result<Vec<PublishOutcome>, Fault> {
    if let Some((task, lease)) = guard {
        let holds: bool = sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM tasks WHERE id = $1 AND lease = $2 AND state = 'running')")
            .bind(*task.as_uuid())
            .bind(lease.0)
            .fetch_one(tx.sql())
            .await
            .map_err(failed)?;
        if !holds {
            return Ok(vec![PublishOutcome::Stale; messages.len()]);
        }
    }
    let durable = durable(tx.sql(), messages).await?;
    let mut outcomes = Vec::with_capacity(messages.len());
    for message in messages {
        if !durable.contains(message.topic.as_str()) {
            outcomes.push(PublishOutcome::NoTopic);
            continue;
        }
        if let Some(key) = &message.key
            && let Some(first) = under_key(tx, &message.topic, key).await?
        {
            outcomes.push(PublishOutcome::Repeated(first));
            continue;
        }
        let pending = PendingMessage {
            event: tx.pending.events.len(),
            id: message.id,
            topic: message.topic.clone(),
            at: message.at,
            publisher: plain(&message.label).into_owned(),
            key: message.key.as_deref().map(|key| plain(key).into_owned()),
            payload: text(&message.payload)?,
        };
        tx.event(topic_events::published(message));
        tx.pending.messages.push(pending);
        outcomes.push(PublishOutcome::Stored);
    }
    Ok(outcomes)
}

/// Which of the messages' topics are durable. They cannot be deleted before the messages are stored.
async fn durable(sql: &mut PgConnection, messages: &[NewMessageRecord]) -> Result<HashSet<String>, Fault> {
    let found = sqlx::query_scalar("SELECT name FROM topics WHERE name = ANY($1) AND kind = 'durable' ORDER BY name FOR KEY SHARE")
        .bind(column(messages, |message| message.topic.as_str()))
        .fetch_all(sql)
        .await
        .map_err(failed)?;
    Ok(found.into_iter().collect())
}

/// The message that was published before under this key; nobody else publishes under it until the end of the transaction.
async fn under_key(tx: &mut Tx, topic: &TopicName, key: &str) -> Result<Option<MessageId>, Fault> {
    let key = plain(key);
    sqlx::query("SELECT pg_advisory_xact_lock(hashtextextended($1 || ' ' || $2, 1))")
        .bind(topic.as_str())
        .bind(&key)
        .execute(tx.sql())
        .await
        .map_err(failed)?;
    let mut pending = tx.pending.messages.iter();
    if let Some(same) = pending.find(|pending| pending.topic == *topic && pending.key.as_deref() == Some(&*key)) {
        return Ok(Some(same.id));
    }
    let first: Option<Uuid> = sqlx::query_scalar("SELECT id FROM topic_messages WHERE topic = $1 AND dedup_key = $2")
        .bind(topic.as_str())
        .bind(&key)
        .fetch_optional(tx.sql())
        .await
        .map_err(failed)?;
    Ok(first.map(MessageId::new))
}

/// Stores messages at the places of their events.
pub(crate) async fn insert(sql: &mut PgConnection, messages: &[PendingMessage], events: &[Arc<Event>]) -> Result<(), Fault> {
    let place = |message: &PendingMessage| events.get(message.event).map_or(0, |event| event.seq.0);
    sqlx::query(
        "INSERT INTO topic_messages (seq, id, topic, at, publisher, dedup_key, payload)
         SELECT * FROM UNNEST($1::bigint[], $2::uuid[], $3::text[], $4::bigint[], $5::text[], $6::text[], $7::text[])",
    )
    .bind(column(messages, place))
    .bind(column(messages, |message| *message.id.as_uuid()))
    .bind(column(messages, |message| message.topic.as_str()))
    .bind(column(messages, |message| Timestamp::as_millis(message.at)))
    .bind(column(messages, |message| message.publisher.as_str()))
    .bind(column(messages, |message| message.key.as_deref()))
    .bind(column(messages, |message| message.payload.as_str()))
    .execute(sql)
    .await
    .map_err(failed)?;
    Ok(())
}

/// What [`message`] reads.
pub(super) const COLUMNS: &str = "m.seq, m.id, m.topic, m.at, m.publisher, m.dedup_key, m.payload";

/// A message in a row.
pub(super) fn message(row: &PgRow) -> Result<MessageView, StoreError> {
    Ok(MessageView {
        seq: EventSeq(get(row, "seq")?),
        id: id(row, "id", MessageId::new)?,
        topic: topic_name(get(row, "topic")?)?,
        at: instant(row, "at")?,
        publisher: get(row, "publisher")?,
        key: get(row, "dedup_key")?,
        payload: json(row, "payload")?,
    })
}

pub(super) async fn messages(
    sql: &mut PgConnection,
    topic: &TopicName,
    before: Option<EventSeq>,
    limit: u32,
) -> Result<Vec<MessageView>, Fault> {
    let text = format!("SELECT {COLUMNS} FROM topic_messages AS m WHERE m.topic = $1 AND m.seq < $2 ORDER BY m.seq DESC LIMIT $3");
    let rows = sqlx::query(AssertSqlSafe(text))
        .bind(topic.as_str())
        .bind(before.map_or(i64::MAX, |before| before.0))
        .bind(i64::from(limit))
        .fetch_all(sql)
        .await
        .map_err(failed)?;
    Ok(rows.iter().map(message).collect::<Result<_, _>>()?)
}
