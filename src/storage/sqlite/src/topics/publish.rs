//! How messages are published and read.

use baton_domain::id::{EventSeq, LeaseToken, MessageId, TaskId};
use baton_domain::topic::{TopicKind, TopicName};
use baton_domain::wire::topic::MessageView;
use baton_storage::{NewMessageRecord, PublishOutcome, StoreError, topic_events};
use rusqlite::{Connection, params};

use super::{declare, topic_name};
use crate::columns::{Columns, text};
use crate::events;
use crate::statement::{all, maybe, run};
use crate::tasks;
use crate::writer::Tx;

pub(super) fn publish(
    tx: &mut Tx,
    messages: Vec<NewMessageRecord>,
    guard: Option<(TaskId, LeaseToken)>,
) -> Result<Vec<PublishOutcome>, StoreError> {
    if let Some((task, lease)) = guard
        && !tasks::runs_under(tx.sql(), task, lease)?
    {
        return Ok(vec![PublishOutcome::Stale; messages.len()]);
    }
    let head = events::head(tx.sql())?.0;
    messages.into_iter().map(|message| one_message(tx, head, message)).collect()
}

fn one_message(tx: &mut Tx, head: EventSeq, message: NewMessageRecord) -> Result<PublishOutcome, StoreError> {
    if declare::kind(tx.sql(), &message.topic)? != Some(TopicKind::Durable) {
        return Ok(PublishOutcome::NoTopic);
    }
    if let Some(key) = &message.key {
        let text = "SELECT id FROM topic_messages WHERE topic = ?1 AND dedup_key = ?2";
        if let Some(first) = maybe(tx.sql(), text, params![message.topic.as_str(), key], |row| row.id(MessageId::new))? {
            return Ok(PublishOutcome::Repeated(first));
        }
    }
    tx.event(topic_events::published(&message));
    // The place that this event gets when the group commits: nobody else writes, and a job that fails takes only its own events
    // back, which come after this one.
    let seq = head.0 + tx.pending_events();
    run(
        tx.sql(),
        "INSERT INTO topic_messages (seq, id, topic, at, publisher, dedup_key, payload) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        params![
            seq,
            message.id.as_uuid().as_bytes(),
            message.topic.as_str(),
            message.at.as_millis(),
            message.label,
            message.key,
            text(&message.payload)?
        ],
    )?;
    Ok(PublishOutcome::Stored)
}

/// The columns that [`message`] reads.
pub(super) const COLUMNS: &str = "m.seq, m.id, m.topic, m.at, m.publisher, m.dedup_key, m.payload";

/// The next columns: [`COLUMNS`].
pub(super) fn message(row: &mut Columns<'_, '_>) -> Result<MessageView, StoreError> {
    Ok(MessageView {
        seq: EventSeq(row.get()?),
        id: row.id(MessageId::new)?,
        topic: topic_name(row.str()?)?,
        at: row.instant()?,
        publisher: row.get()?,
        key: row.get()?,
        payload: row.json()?,
    })
}

pub(super) fn messages(sql: &Connection, topic: &TopicName, before: Option<EventSeq>, limit: u32) -> Result<Vec<MessageView>, StoreError> {
    let text = format!("SELECT {COLUMNS} FROM topic_messages AS m WHERE m.topic = ?1 AND m.seq < ?2 ORDER BY m.seq DESC LIMIT ?3");
    all(sql, &text, params![topic.as_str(), before.map_or(i64::MAX, |before| before.0), limit], message)
}
