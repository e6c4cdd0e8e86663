//! How topics and subscriptions are declared and ended.

use baton_domain::id::{EventSeq, ProjectId};
use baton_domain::time::Timestamp;
use baton_domain::topic::{DeliveryPolicy, Retention, SubscriptionName, TopicKind, TopicName, TopicPattern};
use baton_domain::user::Principal;
use baton_domain::wire::topic::StartAt;
use baton_storage::{Declared, NewSubscriptionRecord, NewTopicRecord, StoreError, Subscribed, topic_events};
use rusqlite::{Connection, params};

use crate::columns::{Columns, stored_count};
use crate::events;
use crate::statement::{maybe, one, run};
use crate::writer::Tx;

pub(super) fn kind(sql: &Connection, name: &TopicName) -> Result<Option<TopicKind>, StoreError> {
    maybe(sql, "SELECT kind FROM topics WHERE name = ?1", [name.as_str()], |row| row.named(TopicKind::parse))
}

/// The next two columns: `maximum_age, maximum_messages`.
pub(super) fn retention(row: &mut Columns<'_, '_>) -> Result<Retention, StoreError> {
    Ok(Retention { maximum_age_seconds: row.count()?, maximum_messages: row.count()? })
}

/// The columns that [`policy`] reads.
pub(super) const POLICY: &str = "ack_deadline_ms, maximum_deliveries, maximum_in_flight, backoff_initial_ms, backoff_maximum_ms";

/// The next columns: [`POLICY`].
pub(super) fn policy(row: &mut Columns<'_, '_>) -> Result<DeliveryPolicy, StoreError> {
    Ok(DeliveryPolicy {
        ack_deadline_ms: row.count()?,
        maximum_deliveries: row.small()?,
        maximum_in_flight: row.small()?,
        backoff_initial_ms: row.count()?,
        backoff_maximum_ms: row.count()?,
    })
}

/// The next column, a pattern.
pub(super) fn pattern(row: &mut Columns<'_, '_>) -> Result<TopicPattern, StoreError> {
    let text = row.str()?;
    TopicPattern::parse(text).map_err(|error| StoreError::Corrupt(format!("a subscription's pattern {text:?} {error}")))
}

pub(super) fn topic(tx: &mut Tx, new: &NewTopicRecord, maximum: u32) -> Result<Declared, StoreError> {
    let known = maybe(tx.sql(), "SELECT kind, maximum_age, maximum_messages FROM topics WHERE name = ?1", [new.name.as_str()], |row| {
        Ok((row.named(TopicKind::parse)?, retention(row)?))
    })?;
    match known {
        Some((kind, _)) if kind != new.kind => return Ok(Declared::OtherKind(kind)),
        Some((_, retention)) if retention == new.retention => return Ok(Declared::As),
        Some(_) => {}
        None => {
            let topics: u64 = one(tx.sql(), "SELECT count(*) FROM topics", [], |row| row.count())?;
            if topics >= u64::from(maximum) {
                return Ok(Declared::TooMany);
            }
        }
    }
    run(
        tx.sql(),
        "INSERT INTO topics (name, project_id, kind, maximum_age, maximum_messages, created_at, created_by)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
         ON CONFLICT (name) DO UPDATE SET maximum_age = excluded.maximum_age, maximum_messages = excluded.maximum_messages",
        params![
            new.name.as_str(),
            new.project.as_uuid().as_bytes(),
            new.kind.as_str(),
            stored_count(new.retention.maximum_age_seconds),
            stored_count(new.retention.maximum_messages),
            new.at.as_millis(),
            new.actor.label()
        ],
    )?;
    tx.event(topic_events::declared(new, known.is_none()));
    Ok(Declared::As)
}

pub(super) fn delete(tx: &mut Tx, name: &TopicName, actor: Principal, at: Timestamp) -> Result<bool, StoreError> {
    let gone = maybe(
        tx.sql(),
        "DELETE FROM topics WHERE name = ?1 RETURNING project_id, kind, maximum_age, maximum_messages",
        [name.as_str()],
        |row| Ok((row.id(ProjectId::new)?, row.named(TopicKind::parse)?, retention(row)?)),
    )?;
    let Some((project, kind, retention)) = gone else { return Ok(false) };
    tx.event(topic_events::deleted(name, project, kind, retention, actor, at));
    Ok(true)
}

pub(super) fn subscription(tx: &mut Tx, new: &NewSubscriptionRecord, maximum: u32) -> Result<Subscribed, StoreError> {
    let text = format!("SELECT pattern, {POLICY} FROM subscriptions WHERE name = ?1");
    let known = maybe(tx.sql(), &text, [new.name.as_str()], |row| Ok((pattern(row)?, policy(row)?)))?;
    let is_new = known.is_none();
    match known {
        Some((pattern, _)) if pattern != new.pattern => return Ok(Subscribed::OtherPattern(pattern)),
        Some((_, policy)) if policy == new.policy => return Ok(Subscribed::As),
        Some(_) => {}
        None => {
            let subscriptions: u64 = one(tx.sql(), "SELECT count(*) FROM subscriptions", [], |row| row.count())?;
            if subscriptions >= u64::from(maximum) {
                return Ok(Subscribed::TooMany);
            }
        }
    }
    // Messages of this very group that were published before stand before this place, too.
    let seen = match new.start {
        StartAt::New => EventSeq(events::head(tx.sql())?.0.0 + tx.pending_events()),
        StartAt::Earliest => EventSeq(0),
    };
    run(
        tx.sql(),
        "INSERT INTO subscriptions (name, project_id, pattern, ack_deadline_ms, maximum_deliveries, maximum_in_flight,
             backoff_initial_ms, backoff_maximum_ms, seen, created_at, created_by)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)
         ON CONFLICT (name) DO UPDATE SET ack_deadline_ms = excluded.ack_deadline_ms,
             maximum_deliveries = excluded.maximum_deliveries, maximum_in_flight = excluded.maximum_in_flight,
             backoff_initial_ms = excluded.backoff_initial_ms, backoff_maximum_ms = excluded.backoff_maximum_ms",
        params![
            new.name.as_str(),
            new.project.as_uuid().as_bytes(),
            new.pattern.as_str(),
            stored_count(new.policy.ack_deadline_ms),
            new.policy.maximum_deliveries,
            new.policy.maximum_in_flight,
            stored_count(new.policy.backoff_initial_ms),
            stored_count(new.policy.backoff_maximum_ms),
            seen.0,
            new.at.as_millis(),
            new.actor.label()
        ],
    )?;
    tx.event(topic_events::subscribed(new, is_new));
    Ok(Subscribed::As)
}

pub(super) fn unsubscribe(tx: &mut Tx, name: &SubscriptionName, actor: Principal, at: Timestamp) -> Result<bool, StoreError> {
    let gone =
        maybe(tx.sql(), "DELETE FROM subscriptions WHERE name = ?1 RETURNING project_id", [name.as_str()], |row| row.id(ProjectId::new))?;
    let Some(project) = gone else { return Ok(false) };
    tx.event(topic_events::unsubscribed(name, project, actor, at));
    Ok(true)
}
