//! How topics and subscriptions are read, with what is counted of them.

use baton_domain::id::EventSeq;
use baton_domain::time::Timestamp;
use baton_domain::topic::{SubscriptionName, TopicKind, TopicName, TopicPattern};
use baton_domain::wire::topic::{SubscriptionView, TopicView};
use baton_storage::StoreError;
use sqlx::PgConnection;
use sqlx::postgres::PgRow;

use super::declare::{pattern, policy, retention};
use super::topic_name;
use crate::columns::{count, get, instant, maybe_instant, named};
use crate::failure::{Fault, failed};

pub(super) async fn topics(sql: &mut PgConnection, only: Option<&TopicName>) -> Result<Vec<TopicView>, Fault> {
    let rows = sqlx::query(
        "SELECT t.*, kept.depth, kept.oldest_at, kept.newest_at FROM topics AS t CROSS JOIN LATERAL (
             SELECT count(*) AS depth, min(at) AS oldest_at, max(at) AS newest_at FROM topic_messages WHERE topic = t.name) AS kept
         WHERE $1::text IS NULL OR t.name = $1 ORDER BY t.name",
    )
    .bind(only.map(TopicName::as_str))
    .fetch_all(&mut *sql)
    .await
    .map_err(failed)?;
    let wanted = sqlx::query("SELECT pattern FROM subscriptions").fetch_all(sql).await.map_err(failed)?;
    let wanted: Vec<TopicPattern> = wanted.iter().map(pattern).collect::<Result<_, _>>()?;
    Ok(rows.iter().map(|row| topic(row, &wanted)).collect::<Result<_, _>>()?)
}

fn topic(row: &PgRow, wanted: &[TopicPattern]) -> Result<TopicView, StoreError> {
    let name = topic_name(get(row, "name")?)?;
    let kind = named(row, "kind", TopicKind::parse)?;
    let subscriptions = if kind == TopicKind::Durable { wanted.iter().filter(|pattern| pattern.matches(&name)).count() } else { 0 };
    Ok(TopicView {
        name,
        kind,
        retention: retention(row)?,
        depth: count(row, "depth")?,
        oldest_at: maybe_instant(row, "oldest_at")?,
        newest_at: maybe_instant(row, "newest_at")?,
        subscriptions: u32::try_from(subscriptions).unwrap_or(u32::MAX),
        created_at: instant(row, "created_at")?,
        created_by: get(row, "created_by")?,
    })
}

pub(super) async fn subscriptions(
    sql: &mut PgConnection,
    only: Option<&SubscriptionName>,
    now: Timestamp,
) -> Result<Vec<SubscriptionView>, Fault> {
    // Of each its row, its deliveries counted, and when the oldest of them was published.
    let rows = sqlx::query(
        "SELECT s.*, counted.*, (SELECT at FROM topic_messages WHERE seq = counted.oldest) AS oldest_at
         FROM subscriptions AS s CROSS JOIN LATERAL (
             SELECT count(*) FILTER (WHERE stage = 'in_flight' AND due_at > $2) AS in_flight,
                 count(*) FILTER (WHERE stage = 'waiting' OR (stage = 'in_flight' AND due_at <= $2)) AS waiting,
                 count(*) FILTER (WHERE stage = 'dead') AS dead,
                 count(DISTINCT consumer) FILTER (WHERE stage = 'in_flight' AND due_at > $2) AS consumers,
                 min(seq) FILTER (WHERE due_at IS NOT NULL) AS oldest
             FROM deliveries WHERE subscription = s.name) AS counted
         WHERE $1::text IS NULL OR s.name = $1 ORDER BY s.name",
    )
    .bind(only.map(SubscriptionName::as_str))
    .bind(now.as_millis())
    .fetch_all(&mut *sql)
    .await
    .map_err(failed)?;
    let mut views = Vec::with_capacity(rows.len());
    for row in &rows {
        let mut view = subscription(row)?;
        let (lag, oldest) = not_handed_out(sql, &view).await?;
        view.lag = lag;
        view.oldest_at = view.oldest_at.into_iter().chain(oldest).min();
        views.push(view);
    }
    Ok(views)
}

/// Who subscribes to what.
pub(super) async fn patterns(sql: &mut PgConnection) -> Result<Vec<(SubscriptionName, TopicPattern)>, Fault> {
    let rows = sqlx::query("SELECT name, pattern FROM subscriptions ORDER BY name").fetch_all(sql).await.map_err(failed)?;
    Ok(rows.iter().map(|row| Ok((subscription_name(row)?, pattern(row)?))).collect::<Result<_, StoreError>>()?)
}

fn subscription_name(row: &PgRow) -> Result<SubscriptionName, StoreError> {
    let name: String = get(row, "name")?;
    SubscriptionName::try_from(name).map_err(|error| StoreError::Corrupt(error.to_owned()))
}

fn subscription(row: &PgRow) -> Result<SubscriptionView, StoreError> {
    Ok(SubscriptionView {
        name: subscription_name(row)?,
        pattern: pattern(row)?,
        policy: policy(row)?,
        cursor: EventSeq(get(row, "seen")?),
        lag: 0,
        in_flight: count(row, "in_flight")?,
        waiting: count(row, "waiting")?,
        dead: count(row, "dead")?,
        acknowledged: count(row, "acknowledged")?,
        missed: count(row, "missed")?,
        oldest_at: maybe_instant(row, "oldest_at")?,
        consumers: u32::try_from(count(row, "consumers")?).unwrap_or(u32::MAX),
        created_at: instant(row, "created_at")?,
        created_by: get(row, "created_by")?,
    })
}

/// How many messages wait behind the cursor, and when the first of them was published.
async fn not_handed_out(sql: &mut PgConnection, view: &SubscriptionView) -> Result<(u64, Option<Timestamp>), Fault> {
    let rows = sqlx::query(
        "SELECT topic, count(*) AS depth, min(seq) AS first, (SELECT at FROM topic_messages WHERE seq = min(m.seq)) AS first_at
         FROM topic_messages AS m WHERE seq > $1 GROUP BY topic",
    )
    .bind(view.cursor.0)
    .fetch_all(sql)
    .await
    .map_err(failed)?;
    let (mut lag, mut first) = (0, None::<(i64, Timestamp)>);
    for row in &rows {
        if view.pattern.matches(&topic_name(get(row, "topic")?)?) {
            lag += count(row, "depth")?;
            let here = (get::<i64>(row, "first")?, instant(row, "first_at")?);
            first = Some(first.map_or(here, |first| first.min(here)));
        }
    }
    Ok((lag, first.map(|(_, at)| at)))
}
