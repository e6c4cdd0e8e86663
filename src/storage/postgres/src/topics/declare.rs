//! How topics and subscriptions are declared and ended.

use baton_domain::id::{EventSeq, ProjectId};
use baton_domain::time::Timestamp;
use baton_domain::topic::{DeliveryPolicy, Retention, SubscriptionName, TopicKind, TopicName, TopicPattern};
use baton_domain::user::Principal;
use baton_domain::wire::topic::StartAt;
use baton_storage::{Declared, NewSubscriptionRecord, NewTopicRecord, StoreError, Subscribed, topic_events};
use sqlx::PgConnection;
use sqlx::postgres::PgRow;

use crate::columns::{count, get, id, named, plain, small, stored_count, stored_small};
use crate::events;
use crate::failure::{Fault, failed};
use crate::writer::Tx;

/// Declarations are counted one at a time. The numbers are arbitrary and must only differ from one another.
const TOPICS: i64 = 0x7461_746f_7069;
const SUBSCRIPTIONS: i64 = 0x7461_7375_6273;

async fn take_turn(sql: &mut PgConnection, lock: i64) -> Result<(), Fault> {
    sqlx::query("SELECT pg_advisory_xact_lock($1)").bind(lock).execute(sql).await.map_err(failed)?;
    Ok(())
}

pub(super) async fn kind(sql: &mut PgConnection, name: &TopicName) -> Result<Option<TopicKind>, Fault> {
    let row = sqlx::query("SELECT kind FROM topics WHERE name = $1").bind(name.as_str()).fetch_optional(sql).await.map_err(failed)?;
    Ok(row.as_ref().map(|row| named(row, "kind", TopicKind::parse)).transpose()?)
}

/// The retention in a row.
pub(super) fn retention(row: &PgRow) -> Result<Retention, StoreError> {
    Ok(Retention { maximum_age_seconds: count(row, "maximum_age")?, maximum_messages: count(row, "maximum_messages")? })
}

/// The policy in a row.
pub(super) fn policy(row: &PgRow) -> Result<DeliveryPolicy, StoreError> {
    Ok(DeliveryPolicy {
        ack_deadline_ms: count(row, "ack_deadline_ms")?,
        maximum_deliveries: small(row, "maximum_deliveries")?,
        maximum_in_flight: small(row, "maximum_in_flight")?,
        backoff_initial_ms: count(row, "backoff_initial_ms")?,
        backoff_maximum_ms: count(row, "backoff_maximum_ms")?,
    })
}

/// The pattern in a row.
pub(super) fn pattern(row: &PgRow) -> Result<TopicPattern, StoreError> {
    let text: &str = get(row, "pattern")?;
    TopicPattern::parse(text).map_err(|error| StoreError::Corrupt(format!("a subscription's pattern {text:?} {error}")))
}

pub(super) async fn topic(tx: &mut Tx, new: &NewTopicRecord, maximum: u32) -> Result<Declared, Fault> {
    take_turn(tx.sql(), TOPICS).await?;
    let known = sqlx::query("SELECT kind, maximum_age, maximum_messages FROM topics WHERE name = $1")
        .bind(new.name.as_str())
        .fetch_optional(tx.sql())
        .await
        .map_err(failed)?;
    if let Some(row) = &known {
        let kind = named(row, "kind", TopicKind::parse)?;
        if kind != new.kind {
            return Ok(Declared::OtherKind(kind));
        }
        if retention(row)? == new.retention {
            return Ok(Declared::As);
        }
    } else {
        let topics: i64 = sqlx::query_scalar("SELECT count(*) FROM topics").fetch_one(tx.sql()).await.map_err(failed)?;
        if topics >= i64::from(maximum) {
            return Ok(Declared::TooMany);
        }
    }
    sqlx::query(
        "INSERT INTO topics (name, project_id, kind, maximum_age, maximum_messages, created_at, created_by)
         VALUES ($1, $2, $3, $4, $5, $6, $7)
         ON CONFLICT (name) DO UPDATE SET maximum_age = excluded.maximum_age, maximum_messages = excluded.maximum_messages",
    )
    .bind(new.name.as_str())
    .bind(*new.project.as_uuid())
    .bind(new.kind.as_str())
    .bind(stored_count(new.retention.maximum_age_seconds))
    .bind(stored_count(new.retention.maximum_messages))
    .bind(new.at.as_millis())
    .bind(plain(new.actor.label()))
    .execute(tx.sql())
    .await
    .map_err(failed)?;
    tx.event(topic_events::declared(new, known.is_none()));
    Ok(Declared::As)
}

pub(super) async fn delete(tx: &mut Tx, name: &TopicName, actor: &Principal, at: Timestamp) -> Result<bool, Fault> {
    let gone = sqlx::query("DELETE FROM topics WHERE name = $1 RETURNING project_id, kind, maximum_age, maximum_messages")
        .bind(name.as_str())
        .fetch_optional(tx.sql())
        .await
        .map_err(failed)?;
    let Some(row) = &gone else { return Ok(false) };
    let (project, kind) = (id(row, "project_id", ProjectId::new)?, named(row, "kind", TopicKind::parse)?);
    tx.event(topic_events::deleted(name, project, kind, retention(row)?, actor.clone(), at));
    Ok(true)
}

pub(super) async fn subscription(tx: &mut Tx, new: &NewSubscriptionRecord, maximum: u32) -> Result<Subscribed, Fault> {
    take_turn(tx.sql(), SUBSCRIPTIONS).await?;
    let known = sqlx::query(
        "SELECT pattern, ack_deadline_ms, maximum_deliveries, maximum_in_flight, backoff_initial_ms, backoff_maximum_ms
         FROM subscriptions WHERE name = $1",
    )
    .bind(new.name.as_str())
    .fetch_optional(tx.sql())
    .await
    .map_err(failed)?;
    if let Some(row) = &known {
        let pattern = pattern(row)?;
        if pattern != new.pattern {
            return Ok(Subscribed::OtherPattern(pattern));
        }
        if policy(row)? == new.policy {
            return Ok(Subscribed::As);
        }
    } else {
        let subscriptions: i64 = sqlx::query_scalar("SELECT count(*) FROM subscriptions").fetch_one(tx.sql()).await.map_err(failed)?;
        if subscriptions >= i64::from(maximum) {
            return Ok(Subscribed::TooMany);
        }
    }
    let seen = match new.start {
        StartAt::New => events::head(tx.sql()).await?.0,
        StartAt::Earliest => EventSeq(0),
    };
    sqlx::query(
        "INSERT INTO subscriptions (name, project_id, pattern, ack_deadline_ms, maximum_deliveries, maximum_in_flight,
             backoff_initial_ms, backoff_maximum_ms, seen, created_at, created_by)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
         ON CONFLICT (name) DO UPDATE SET ack_deadline_ms = excluded.ack_deadline_ms,
             maximum_deliveries = excluded.maximum_deliveries, maximum_in_flight = excluded.maximum_in_flight,
             backoff_initial_ms = excluded.backoff_initial_ms, backoff_maximum_ms = excluded.backoff_maximum_ms",
    )
    .bind(new.name.as_str())
    .bind(*new.project.as_uuid())
    .bind(new.pattern.as_str())
    .bind(stored_count(new.policy.ack_deadline_ms))
    .bind(stored_small(new.policy.maximum_deliveries))
    .bind(stored_small(new.policy.maximum_in_flight))
    .bind(stored_count(new.policy.backoff_initial_ms))
    .bind(stored_count(new.policy.backoff_maximum_ms))
    .bind(seen.0)
    .bind(new.at.as_millis())
    .bind(plain(new.actor.label()))
    .execute(tx.sql())
    .await
    .map_err(failed)?;
    tx.event(topic_events::subscribed(new, known.is_none()));
    Ok(Subscribed::As)
}

pub(super) async fn unsubscribe(tx: &mut Tx, name: &SubscriptionName, actor: &Principal, at: Timestamp) -> Result<bool, Fault> {
    let gone = sqlx::query("DELETE FROM subscriptions WHERE name = $1 RETURNING project_id")
        .bind(name.as_str())
        .fetch_optional(tx.sql())
        .await
        .map_err(failed)?;
    let Some(row) = &gone else { return Ok(false) };
    tx.event(topic_events::unsubscribed(name, id(row, "project_id", ProjectId::new)?, actor.clone(), at));
    Ok(true)
}
