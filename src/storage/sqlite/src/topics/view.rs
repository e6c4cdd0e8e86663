//! How topics and subscriptions are read, with what is counted of them.

use baton_domain::id::EventSeq;
use baton_domain::time::Timestamp;
use baton_domain::topic::{SubscriptionName, TopicKind, TopicName, TopicPattern};
use baton_domain::wire::topic::{SubscriptionView, TopicView};
use baton_storage::StoreError;
use rusqlite::{Connection, params};

use super::declare::{POLICY, pattern, policy, retention};
use super::{subscription_name, topic_name};
use crate::columns::Columns;
use crate::statement::all;

pub(super) fn topics(sql: &Connection, only: Option<&TopicName>) -> Result<Vec<TopicView>, StoreError> {
    let wanted: Vec<TopicPattern> = all(sql, "SELECT pattern FROM subscriptions", [], pattern)?;
    all(
        sql,
        "SELECT t.name, t.kind, t.maximum_age, t.maximum_messages, t.created_at, t.created_by, count(m.seq), min(m.at), max(m.at)
         FROM topics AS t LEFT JOIN topic_messages AS m ON m.topic = t.name
         WHERE ?1 IS NULL OR t.name = ?1 GROUP BY t.name ORDER BY t.name",
        [only.map(TopicName::as_str)],
        |row| topic(row, &wanted),
    )
}

fn topic(row: &mut Columns<'_, '_>, wanted: &[TopicPattern]) -> Result<TopicView, StoreError> {
    let name = topic_name(row.str()?)?;
    let kind = row.named(TopicKind::parse)?;
    let subscriptions = if kind == TopicKind::Durable { wanted.iter().filter(|pattern| pattern.matches(&name)).count() } else { 0 };
    Ok(TopicView {
        name,
        kind,
        retention: retention(row)?,
        created_at: row.instant()?,
        created_by: row.get()?,
        depth: row.count()?,
        oldest_at: row.maybe_instant()?,
        newest_at: row.maybe_instant()?,
        subscriptions: u32::try_from(subscriptions).unwrap_or(u32::MAX),
    })
}

pub(super) fn subscriptions(
    sql: &Connection,
    only: Option<&SubscriptionName>,
    now: Timestamp,
) -> Result<Vec<SubscriptionView>, StoreError> {
    // Of each its row, its deliveries counted, and when the oldest of them was published.
    let text = format!(
        "SELECT s.name, s.pattern, {POLICY}, s.seen, s.acknowledged, s.missed, s.created_at, s.created_by,
             count(*) FILTER (WHERE d.stage = 'in_flight' AND d.due_at > ?2),
             count(*) FILTER (WHERE d.stage = 'waiting' OR (d.stage = 'in_flight' AND d.due_at <= ?2)),
             count(*) FILTER (WHERE d.stage = 'dead'),
             count(DISTINCT d.consumer) FILTER (WHERE d.stage = 'in_flight' AND d.due_at > ?2),
             (SELECT at FROM topic_messages WHERE seq = (
                 SELECT min(seq) FROM deliveries WHERE subscription = s.name AND due_at IS NOT NULL))
         FROM subscriptions AS s LEFT JOIN deliveries AS d ON d.subscription = s.name
         WHERE ?1 IS NULL OR s.name = ?1 GROUP BY s.name ORDER BY s.name"
    );
    let mut views = all(sql, &text, params![only.map(SubscriptionName::as_str), now.as_millis()], subscription)?;
    for view in &mut views {
        let (lag, oldest) = not_handed_out(sql, view)?;
        view.lag = lag;
        view.oldest_at = view.oldest_at.into_iter().chain(oldest).min();
    }
    Ok(views)
}

/// Who subscribes to what.
pub(super) fn patterns(sql: &Connection) -> Result<Vec<(SubscriptionName, TopicPattern)>, StoreError> {
    all(sql, "SELECT name, pattern FROM subscriptions ORDER BY name", [], |row| Ok((subscription_name(row.str()?)?, pattern(row)?)))
}

fn subscription(row: &mut Columns<'_, '_>) -> Result<SubscriptionView, StoreError> {
    Ok(SubscriptionView {
        name: subscription_name(row.str()?)?,
        pattern: pattern(row)?,
        policy: policy(row)?,
        cursor: EventSeq(row.get()?),
        lag: 0,
        acknowledged: row.count()?,
        missed: row.count()?,
        created_at: row.instant()?,
        created_by: row.get()?,
        in_flight: row.count()?,
        waiting: row.count()?,
        dead: row.count()?,
        consumers: row.small()?,
        oldest_at: row.maybe_instant()?,
    })
}

/// How many messages wait behind the cursor, and when the first of them was published.
fn not_handed_out(sql: &Connection, view: &SubscriptionView) -> Result<(u64, Option<Timestamp>), StoreError> {
    let text = "SELECT counted.topic, counted.depth, counted.first, first.at
         FROM (SELECT topic, count(*) AS depth, min(seq) AS first FROM topic_messages WHERE seq > ?1 GROUP BY topic) AS counted
         JOIN topic_messages AS first ON first.seq = counted.first";
    let topics = all(sql, text, [view.cursor.0], |row| Ok((topic_name(row.str()?)?, row.count()?, row.get::<i64>()?, row.instant()?)))?;
    let wanted = || topics.iter().filter(|(topic, ..)| view.pattern.matches(topic));
    let first = wanted().min_by_key(|(_, _, first, _)| *first);
    Ok((wanted().map(|(_, depth, ..)| depth).sum(), first.map(|(.., at)| *at)))
}
