//! How messages are handed out, acknowledged and refused.
//!
//! Each of these jobs holds its subscription's row, so that consumers of one subscription come one after another.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use baton_domain::id::{EventSeq, ProjectId};
use baton_domain::time::Timestamp;
use baton_domain::topic::{DeliveryPolicy, SubscriptionName, TopicPattern};
use baton_domain::wire::topic::{Delivery, MessageView, Settled};
use baton_storage::{AckId, EXPIRED, PULL_SCAN, Pull, PulledRows, REFUSED, Settlement, StoreError, Verdict, topic_events};
use sqlx::postgres::PgRow;
use sqlx::{AssertSqlSafe, PgConnection};

use super::declare::{pattern, policy};
use super::publish::{COLUMNS, message};
use super::topic_name;
use crate::columns::{get, id, maybe_instant, plain, small};
use crate::failure::{Fault, failed};
use crate::many::column;
use crate::writer::Tx;

/// What a pull would find.
pub(super) enum Glance {
    NoSubscription,
    /// Nothing before this instant.
    Nothing(Option<Timestamp>),
    Something,
}

/// Whether a pull is worth a transaction. An exact pattern is also a topic's name.
pub(super) async fn glance(sql: &mut PgConnection, pull: &Pull) -> Result<Glance, Fault> {
    let row = sqlx::query(
        "SELECT (SELECT min(due_at) FROM deliveries WHERE subscription = s.name AND due_at IS NOT NULL) AS next_due,
             CASE WHEN s.pattern ~ '[*>]' THEN EXISTS (SELECT 1 FROM topic_messages WHERE seq > s.seen)
                 ELSE EXISTS (SELECT 1 FROM topic_messages WHERE topic = s.pattern AND seq > s.seen) END AS fresh
         FROM subscriptions AS s WHERE s.name = $1",
    )
    .bind(pull.subscription.as_str())
    .fetch_optional(sql)
    .await
    .map_err(failed)?;
    let Some(row) = &row else { return Ok(Glance::NoSubscription) };
    let next_due = maybe_instant(row, "next_due")?;
    let something = get::<bool>(row, "fresh")? || next_due.is_some_and(|due| due <= pull.at);
    Ok(if something { Glance::Something } else { Glance::Nothing(next_due) })
}

/// A subscription whose row this transaction holds.
struct Held {
    project: ProjectId,
    pattern: TopicPattern,
    policy: DeliveryPolicy,
    seen: i64,
    next_token: i64,
}

async fn hold(sql: &mut PgConnection, name: &SubscriptionName) -> Result<Option<Held>, Fault> {
    let row = sqlx::query(
        "SELECT project_id, pattern, seen, next_token, ack_deadline_ms, maximum_deliveries, maximum_in_flight, backoff_initial_ms,
             backoff_maximum_ms
         FROM subscriptions WHERE name = $1 FOR NO KEY UPDATE",
    )
    .bind(name.as_str())
    .fetch_optional(sql)
    .await
    .map_err(failed)?;
    let held = |row: &PgRow| -> Result<Held, StoreError> {
        Ok(Held {
            project: id(row, "project_id", ProjectId::new)?,
            pattern: pattern(row)?,
            policy: policy(row)?,
            seen: get(row, "seen")?,
            next_token: get(row, "next_token")?,
        })
    };
    Ok(row.as_ref().map(held).transpose()?)
}

pub(super) async fn pull(tx: &mut Tx, pull: &Pull) -> Result<Option<PulledRows>, Fault> {
    let name = &pull.subscription;
    let Some(held) = hold(tx.sql(), name).await? else { return Ok(None) };
    let died = give_up(tx, (name, held.project, held.policy.maximum_deliveries), pull.at, i64::MAX).await?;
    let mut rows = PulledRows { died, ..PulledRows::default() };
    let again: Vec<i64> = sqlx::query_scalar("SELECT seq FROM deliveries WHERE subscription = $1 AND due_at <= $2 ORDER BY seq LIMIT $3")
        .bind(name.as_str())
        .bind(pull.at.as_millis())
        .bind(i64::from(pull.maximum))
        .fetch_all(tx.sql())
        .await
        .map_err(failed)?;
    let outstanding: i64 = sqlx::query_scalar("SELECT count(*) FROM deliveries WHERE subscription = $1 AND due_at IS NOT NULL")
        .bind(name.as_str())
        .fetch_one(tx.sql())
        .await
        .map_err(failed)?;
    let wanted = i64::from(pull.maximum) - i64::try_from(again.len()).unwrap_or(i64::MAX);
    let room = (i64::from(held.policy.maximum_in_flight) - outstanding).clamp(0, wanted);
    let (fresh, seen) = take_new(tx.sql(), &held, usize::try_from(room).unwrap_or(0), &mut rows.more).await?;
    let chosen: Vec<i64> = again.into_iter().chain(fresh).collect();
    if !chosen.is_empty() || seen != held.seen {
        let next_token = held.next_token + i64::try_from(chosen.len()).unwrap_or(i64::MAX);
        sqlx::query("UPDATE subscriptions SET seen = $2, next_token = $3 WHERE name = $1")
            .bind(name.as_str())
            .bind(seen)
            .bind(next_token)
            .execute(tx.sql())
            .await
            .map_err(failed)?;
    }
    rows.items = hand_out(tx.sql(), pull, &held, &chosen).await?;
    rows.more |= rows.items.len() == pull.maximum as usize;
    rows.next_due = next_due(tx.sql(), name).await?;
    Ok(Some(rows))
}

async fn next_due(sql: &mut PgConnection, name: &SubscriptionName) -> Result<Option<Timestamp>, Fault> {
    let due: Option<i64> = sqlx::query_scalar("SELECT min(due_at) FROM deliveries WHERE subscription = $1 AND due_at IS NOT NULL")
        .bind(name.as_str())
        .fetch_one(sql)
        .await
        .map_err(failed)?;
    Ok(due.map(Timestamp::from_millis))
}

/// Places of messages that nobody of this subscription had yet, and up to where was looked.
async fn take_new(sql: &mut PgConnection, held: &Held, room: usize, more: &mut bool) -> Result<(Vec<i64>, i64), Fault> {
    let mut taken = Vec::new();
    let mut seen = held.seen;
    if room == 0 {
        return Ok((taken, seen));
    }
    let exact = !held.pattern.as_str().contains(['*', '>']);
    let looked = if exact { i64::try_from(room).unwrap_or(i64::MAX).min(PULL_SCAN.into()) } else { PULL_SCAN.into() };
    let text = format!(
        "SELECT seq, topic FROM topic_messages WHERE seq > $1 {} ORDER BY seq LIMIT $2",
        if exact { "AND topic = $3" } else { "AND $3 <> ''" }
    );
    let rows =
        sqlx::query(AssertSqlSafe(text)).bind(held.seen).bind(looked).bind(held.pattern.as_str()).fetch_all(sql).await.map_err(failed)?;
    for row in &rows {
        seen = get(row, "seq")?;
        if exact || held.pattern.matches(&topic_name(get(row, "topic")?)?) {
            taken.push(seen);
        }
        if taken.len() == room {
            break;
        }
    }
    *more = taken.len() < room && rows.len() == PULL_SCAN as usize;
    Ok((taken, seen))
}

/// Puts messages into a consumer's hands, each with a token of its own.
async fn hand_out(sql: &mut PgConnection, pull: &Pull, held: &Held, chosen: &[i64]) -> Result<Vec<Delivery>, Fault> {
    if chosen.is_empty() {
        return Ok(Vec::new());
    }
    let deadline_at = pull.at.plus(held.policy.ack_deadline());
    let tokens: Vec<i64> = (held.next_token..).take(chosen.len()).collect();
    let text = format!(
        "WITH given AS (
             INSERT INTO deliveries AS d (subscription, seq, stage, deliveries, token, consumer, due_at)
             SELECT $1, new.seq, 'in_flight', 1, new.token, $4, $5 FROM UNNEST($2::bigint[], $3::bigint[]) AS new (seq, token)
             ON CONFLICT (subscription, seq) DO UPDATE SET stage = 'in_flight', deliveries = d.deliveries + 1,
                 token = excluded.token, consumer = excluded.consumer, due_at = excluded.due_at
             RETURNING d.seq, d.deliveries, d.token)
         SELECT {COLUMNS}, given.deliveries, given.token FROM given JOIN topic_messages AS m ON m.seq = given.seq"
    );
    let rows = sqlx::query(AssertSqlSafe(text))
        .bind(pull.subscription.as_str())
        .bind(chosen)
        .bind(&tokens)
        .bind(plain(&pull.consumer))
        .bind(deadline_at.as_millis())
        .fetch_all(sql)
        .await
        .map_err(failed)?;
    let delivery = |row: &PgRow| -> Result<(i64, Delivery), StoreError> {
        let message: MessageView = message(row)?;
        let ack_id = AckId { seq: message.seq, token: get(row, "token")? }.to_string();
        Ok((message.seq.0, Delivery { ack_id, delivery: small(row, "deliveries")?, deadline_at, message }))
    };
    let mut given: HashMap<i64, Delivery> = rows.iter().map(delivery).collect::<Result<_, _>>()?;
    Ok(chosen.iter().filter_map(|seq| given.remove(seq)).collect())
}

/// Gives up what is due and was delivered often enough; gives how many.
pub(super) async fn give_up(
    tx: &mut Tx,
    (name, project, maximum): (&SubscriptionName, ProjectId, u32),
    now: Timestamp,
    limit: i64,
) -> Result<u64, Fault> {
    let mut died: Vec<EventSeq> = sqlx::query_scalar::<_, i64>(
        "UPDATE deliveries SET stage = 'dead', reason = $5, died_at = $2, due_at = NULL
         WHERE subscription = $1 AND seq IN (
             SELECT seq FROM deliveries WHERE subscription = $1 AND due_at <= $2 AND deliveries >= $3 ORDER BY seq LIMIT $4)
         RETURNING seq",
    )
    .bind(name.as_str())
    .bind(now.as_millis())
    .bind(i64::from(maximum))
    .bind(limit)
    .bind(EXPIRED)
    .fetch_all(tx.sql())
    .await
    .map_err(failed)?
    .into_iter()
    .map(EventSeq)
    .collect();
    if !died.is_empty() {
        died.sort_unstable();
        tx.event(topic_events::died(name, project, now, &died));
    }
    Ok(died.len() as u64)
}

pub(super) async fn settle(tx: &mut Tx, said: &Settlement) -> Result<Option<Settled>, Fault> {
    let Some(held) = hold(tx.sql(), &said.subscription).await? else { return Ok(None) };
    // Those in time: what is in somebody's hands under that very token.
    let rows = sqlx::query(
        "SELECT d.seq, d.token, d.deliveries FROM deliveries AS d
         JOIN UNNEST($2::bigint[], $3::bigint[]) AS named (seq, token) ON d.seq = named.seq AND d.token = named.token
         WHERE d.subscription = $1 AND d.stage = 'in_flight'",
    )
    .bind(said.subscription.as_str())
    .bind(column(&said.deliveries, |one| one.seq.0))
    .bind(column(&said.deliveries, |one| one.token))
    .fetch_all(tx.sql())
    .await
    .map_err(failed)?;
    let in_time = |row: &PgRow| -> Result<(AckId, u32), StoreError> {
        Ok((AckId { seq: EventSeq(get(row, "seq")?), token: get(row, "token")? }, small(row, "deliveries")?))
    };
    let in_time: HashMap<AckId, u32> = rows.iter().map(in_time).collect::<Result<_, _>>()?;
    match said.verdict {
        Verdict::Acknowledge => acknowledge(tx.sql(), said, &in_time).await?,
        Verdict::Refuse(delay) => refuse(tx, said, &held, &in_time, delay).await?,
    }
    let mut settled = Settled { settled: u32::try_from(in_time.len()).unwrap_or(u32::MAX), late: Vec::new() };
    let mut once = HashSet::new();
    settled.late.extend(said.deliveries.iter().filter(|one| !in_time.contains_key(one) || !once.insert(**one)).map(AckId::to_string));
    Ok(Some(settled))
}

async fn acknowledge(sql: &mut PgConnection, said: &Settlement, in_time: &HashMap<AckId, u32>) -> Result<(), Fault> {
    if in_time.is_empty() {
        return Ok(());
    }
    sqlx::query(
        "WITH done AS (DELETE FROM deliveries WHERE subscription = $1 AND seq = ANY($2) RETURNING 1)
         UPDATE subscriptions SET acknowledged = acknowledged + (SELECT count(*) FROM done) WHERE name = $1",
    )
    .bind(said.subscription.as_str())
    .bind(in_time.keys().map(|one| one.seq.0).collect::<Vec<_>>())
    .execute(sql)
    .await
    .map_err(failed)?;
    Ok(())
}

async fn refuse(tx: &mut Tx, said: &Settlement, held: &Held, in_time: &HashMap<AckId, u32>, delay: Option<u64>) -> Result<(), Fault> {
    let spent = |deliveries: u32| deliveries >= held.policy.maximum_deliveries;
    let due = |deliveries: u32| {
        let wait = delay.map_or_else(|| held.policy.backoff(deliveries), Duration::from_millis);
        (!spent(deliveries)).then(|| said.at.plus(wait).as_millis())
    };
    let (seqs, dues): (Vec<i64>, Vec<Option<i64>>) = in_time.iter().map(|(one, deliveries)| (one.seq.0, due(*deliveries))).unzip();
    if seqs.is_empty() {
        return Ok(());
    }
    sqlx::query(
        "UPDATE deliveries AS d SET due_at = new.due, stage = CASE WHEN new.due IS NULL THEN 'dead' ELSE 'waiting' END,
             reason = CASE WHEN new.due IS NULL THEN $4 END, died_at = CASE WHEN new.due IS NULL THEN $5::bigint END
         FROM UNNEST($2::bigint[], $3::bigint[]) AS new (seq, due) WHERE d.subscription = $1 AND d.seq = new.seq",
    )
    .bind(said.subscription.as_str())
    .bind(seqs)
    .bind(dues)
    .bind(REFUSED)
    .bind(said.at.as_millis())
    .execute(tx.sql())
    .await
    .map_err(failed)?;
    let mut died: Vec<EventSeq> = in_time.iter().filter(|(_, deliveries)| spent(**deliveries)).map(|(one, _)| one.seq).collect();
    if !died.is_empty() {
        died.sort_unstable();
        tx.event(topic_events::died(&said.subscription, held.project, said.at, &died));
    }
    Ok(())
}
