//! How messages are handed out, acknowledged and refused.

use std::collections::HashSet;
use std::time::Duration;

use baton_domain::id::{EventSeq, ProjectId};
use baton_domain::time::Timestamp;
use baton_domain::topic::{DeliveryPolicy, SubscriptionName, TopicPattern};
use baton_domain::wire::topic::{Delivery, Settled};
use baton_storage::{AckId, EXPIRED, PULL_SCAN, Pull, PulledRows, REFUSED, Settlement, StoreError, Verdict, topic_events};
use rusqlite::{Connection, params};

use super::declare::{POLICY, pattern, policy};
use super::publish::{COLUMNS, message};
use super::topic_name;
use crate::statement::{all, maybe, one, run};
use crate::writer::Tx;

/// What a pull would find.
pub(super) enum Glance {
    NoSubscription,
    /// Nothing before this instant.
    Nothing(Option<Timestamp>),
    Something,
}

fn is_exact(pattern: &TopicPattern) -> bool {
    !pattern.as_str().contains(['*', '>'])
}

/// Whether a pull is worth a transaction.
pub(super) fn glance(sql: &Connection, pull: &Pull) -> Result<Glance, StoreError> {
    let known = maybe(sql, "SELECT pattern, seen FROM subscriptions WHERE name = ?1", [pull.subscription.as_str()], |row| {
        Ok((pattern(row)?, row.get::<i64>()?))
    })?;
    let Some((pattern, seen)) = known else { return Ok(Glance::NoSubscription) };
    let next_due = next_due(sql, &pull.subscription)?;
    if next_due.is_some_and(|due| due <= pull.at) {
        return Ok(Glance::Something);
    }
    let fresh: bool = if is_exact(&pattern) {
        let text = "SELECT EXISTS (SELECT 1 FROM topic_messages WHERE topic = ?1 AND seq > ?2)";
        one(sql, text, params![pattern.as_str(), seen], |row| row.get())?
    } else {
        one(sql, "SELECT EXISTS (SELECT 1 FROM topic_messages WHERE seq > ?1)", [seen], |row| row.get())?
    };
    Ok(if fresh { Glance::Something } else { Glance::Nothing(next_due) })
}

/// A subscription, within the transaction that changes it.
struct Held {
    project: ProjectId,
    pattern: TopicPattern,
    seen: i64,
    next_token: i64,
    policy: DeliveryPolicy,
}

fn hold(sql: &Connection, name: &SubscriptionName) -> Result<Option<Held>, StoreError> {
    let text = format!("SELECT project_id, pattern, seen, next_token, {POLICY} FROM subscriptions WHERE name = ?1");
    maybe(sql, &text, [name.as_str()], |row| {
        Ok(Held {
            project: row.id(ProjectId::new)?,
            pattern: pattern(row)?,
            seen: row.get()?,
            next_token: row.get()?,
            policy: policy(row)?,
        })
    })
}

pub(super) fn pull(tx: &mut Tx, pull: &Pull) -> Result<Option<PulledRows>, StoreError> {
    let name = &pull.subscription;
    let Some(held) = hold(tx.sql(), name)? else { return Ok(None) };
    let died = give_up(tx, (name, held.project, held.policy.maximum_deliveries), pull.at, u32::MAX)?;
    let mut rows = PulledRows { died, ..PulledRows::default() };
    let again: Vec<i64> = all(
        tx.sql(),
        "SELECT seq FROM deliveries WHERE subscription = ?1 AND due_at <= ?2 ORDER BY seq LIMIT ?3",
        params![name.as_str(), pull.at.as_millis(), pull.maximum],
        |row| row.get(),
    )?;
    let outstanding: u64 =
        one(tx.sql(), "SELECT count(*) FROM deliveries WHERE subscription = ?1 AND due_at IS NOT NULL", [name.as_str()], |row| {
            row.count()
        })?;
    let wanted = u64::from(pull.maximum).saturating_sub(again.len() as u64);
    let room = u64::from(held.policy.maximum_in_flight).saturating_sub(outstanding).min(wanted);
    let (fresh, seen) = take_new(tx.sql(), &held, usize::try_from(room).unwrap_or(0), &mut rows.more)?;
    let chosen: Vec<i64> = again.into_iter().chain(fresh).collect();
    if !chosen.is_empty() || seen != held.seen {
        let next_token = held.next_token + i64::try_from(chosen.len()).unwrap_or(i64::MAX);
        let text = "UPDATE subscriptions SET seen = ?2, next_token = ?3 WHERE name = ?1";
        run(tx.sql(), text, params![name.as_str(), seen, next_token])?;
    }
    for (seq, token) in chosen.into_iter().zip(held.next_token..) {
        rows.items.push(hand_out(tx.sql(), pull, &held.policy, seq, token)?);
    }
    rows.more |= rows.items.len() == pull.maximum as usize;
    rows.next_due = next_due(tx.sql(), name)?;
    Ok(Some(rows))
}

fn next_due(sql: &Connection, name: &SubscriptionName) -> Result<Option<Timestamp>, StoreError> {
    let text = "SELECT min(due_at) FROM deliveries WHERE subscription = ?1 AND due_at IS NOT NULL";
    one(sql, text, [name.as_str()], |row| row.maybe_instant())
}

/// Places of messages that nobody of this subscription had yet, and up to where was looked.
fn take_new(sql: &Connection, held: &Held, room: usize, more: &mut bool) -> Result<(Vec<i64>, i64), StoreError> {
    let (mut taken, mut seen) = (Vec::new(), held.seen);
    if room == 0 {
        return Ok((taken, seen));
    }
    if is_exact(&held.pattern) {
        let limit = u32::try_from(room).unwrap_or(u32::MAX).min(PULL_SCAN);
        let text = "SELECT seq FROM topic_messages WHERE topic = ?1 AND seq > ?2 ORDER BY seq LIMIT ?3";
        taken = all(sql, text, params![held.pattern.as_str(), held.seen, limit], |row| row.get())?;
        *more = taken.len() < room && taken.len() == PULL_SCAN as usize;
        seen = taken.last().copied().unwrap_or(seen);
        return Ok((taken, seen));
    }
    let text = "SELECT seq, topic FROM topic_messages WHERE seq > ?1 ORDER BY seq LIMIT ?2";
    let looked =
        all(sql, text, params![held.seen, PULL_SCAN], |row| Ok((row.get::<i64>()?, held.pattern.matches(&topic_name(row.str()?)?))))?;
    for (seq, wanted) in &looked {
        seen = *seq;
        if *wanted {
            taken.push(*seq);
        }
        if taken.len() == room {
            break;
        }
    }
    *more = taken.len() < room && looked.len() == PULL_SCAN as usize;
    Ok((taken, seen))
}

/// Puts a message into a consumer's hands.
fn hand_out(sql: &Connection, pull: &Pull, policy: &DeliveryPolicy, seq: i64, token: i64) -> Result<Delivery, StoreError> {
    let deadline_at = pull.at.plus(policy.ack_deadline());
    let delivery: u32 = one(
        sql,
        "INSERT INTO deliveries (subscription, seq, stage, deliveries, token, consumer, due_at)
         VALUES (?1, ?2, 'in_flight', 1, ?3, ?4, ?5)
         ON CONFLICT (subscription, seq) DO UPDATE SET stage = 'in_flight', deliveries = deliveries + 1, token = excluded.token,
             consumer = excluded.consumer, due_at = excluded.due_at
         RETURNING deliveries",
        params![pull.subscription.as_str(), seq, token, pull.consumer, deadline_at.as_millis()],
        |row| row.small(),
    )?;
    let text = format!("SELECT {COLUMNS} FROM topic_messages AS m WHERE m.seq = ?1");
    let message = one(sql, &text, [seq], message)?;
    Ok(Delivery { ack_id: AckId { seq: EventSeq(seq), token }.to_string(), delivery, deadline_at, message })
}

/// Gives up what is due and was delivered often enough; gives how many.
pub(super) fn give_up(
    tx: &mut Tx,
    (name, project, maximum): (&SubscriptionName, ProjectId, u32),
    now: Timestamp,
    limit: u32,
) -> Result<u64, StoreError> {
    let mut died: Vec<EventSeq> = all(
        tx.sql(),
        "UPDATE deliveries SET stage = 'dead', reason = ?5, died_at = ?2, due_at = NULL
         WHERE subscription = ?1 AND seq IN (
             SELECT seq FROM deliveries WHERE subscription = ?1 AND due_at <= ?2 AND deliveries >= ?3 ORDER BY seq LIMIT ?4)
         RETURNING seq",
        params![name.as_str(), now.as_millis(), maximum, limit, EXPIRED],
        |row| Ok(EventSeq(row.get()?)),
    )?;
    if !died.is_empty() {
        died.sort_unstable();
        tx.event(topic_events::died(name, project, now, &died));
    }
    Ok(died.len() as u64)
}

pub(super) fn settle(tx: &mut Tx, said: &Settlement) -> Result<Option<Settled>, StoreError> {
    let Some(held) = hold(tx.sql(), &said.subscription)? else { return Ok(None) };
    let (mut settled, mut died) = (Settled::default(), Vec::new());
    let mut once = HashSet::new();
    for one in &said.deliveries {
        let in_hands = maybe(
            tx.sql(),
            "SELECT deliveries FROM deliveries WHERE subscription = ?1 AND seq = ?2 AND token = ?3 AND stage = 'in_flight'",
            params![said.subscription.as_str(), one.seq.0, one.token],
            |row| row.small(),
        )?;
        let Some(deliveries) = in_hands.filter(|_| once.insert(*one)) else {
            settled.late.push(one.to_string());
            continue;
        };
        settled.settled += 1;
        if !settle_one(tx.sql(), said, &held.policy, one.seq, deliveries)? {
            died.push(one.seq);
        }
    }
    if said.verdict == Verdict::Acknowledge && settled.settled > 0 {
        let text = "UPDATE subscriptions SET acknowledged = acknowledged + ?2 WHERE name = ?1";
        run(tx.sql(), text, params![said.subscription.as_str(), settled.settled])?;
    }
    if !died.is_empty() {
        died.sort_unstable();
        tx.event(topic_events::died(&said.subscription, held.project, said.at, &died));
    }
    Ok(Some(settled))
}

/// Does what a consumer said; `false` if the message was thereby given up.
fn settle_one(sql: &Connection, said: &Settlement, policy: &DeliveryPolicy, seq: EventSeq, deliveries: u32) -> Result<bool, StoreError> {
    let name = said.subscription.as_str();
    let Verdict::Refuse(delay) = said.verdict else {
        run(sql, "DELETE FROM deliveries WHERE subscription = ?1 AND seq = ?2", params![name, seq.0])?;
        return Ok(true);
    };
    if deliveries >= policy.maximum_deliveries {
        let text = "UPDATE deliveries SET stage = 'dead', due_at = NULL, reason = ?3, died_at = ?4 WHERE subscription = ?1 AND seq = ?2";
        run(sql, text, params![name, seq.0, REFUSED, said.at.as_millis()])?;
        return Ok(false);
    }
    let wait = delay.map_or_else(|| policy.backoff(deliveries), Duration::from_millis);
    let text = "UPDATE deliveries SET stage = 'waiting', due_at = ?3 WHERE subscription = ?1 AND seq = ?2";
    run(sql, text, params![name, seq.0, said.at.plus(wait).as_millis()])?;
    Ok(true)
}
