//! How measurements are stored.

use std::collections::BTreeMap;

use async_trait::async_trait;
use baton_domain::id::ServerId;
use baton_domain::time::Timestamp;
use baton_storage::{BucketKey, BucketRow, MetricStore, StoreError};
use sqlx::{Postgres, QueryBuilder};

use crate::PostgresStore;
use crate::columns::{count, get, id, instant, plain, stored_count};
use crate::failure::{Fault, failed};
use crate::many::column;
use crate::writer::Tx;

const PUT: &str = "INSERT INTO metric_buckets (at, skill, agent, submitted, started, completed, failed, canceled, wait_sketch, run_sketch,
         server_id)
     SELECT * FROM UNNEST($1::bigint[], $2::text[], $3::text[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[], $8::bigint[],
         $9::bytea[], $10::bytea[], $11::uuid[])
     ON CONFLICT (at, skill, agent, server_id) DO UPDATE SET submitted = excluded.submitted, started = excluded.started,
         completed = excluded.completed, failed = excluded.failed, canceled = excluded.canceled, wait_sketch = excluded.wait_sketch,
         run_sketch = excluded.run_sketch";

async fn put(tx: &mut Tx, buckets: &BTreeMap<BucketKey, BucketRow>) -> Result<(), Fault> {
    // In the order of their keys, so that two who put the same ones lock them in one order.
    let buckets: Vec<_> = buckets.iter().collect();
    sqlx::query(PUT)
        .bind(column(&buckets, |(key, _)| key.at.as_millis()))
        .bind(column(&buckets, |(key, _)| plain(&key.skill)))
        .bind(column(&buckets, |(key, _)| plain(&key.agent)))
        .bind(column(&buckets, |(_, row)| stored_count(row.submitted)))
        .bind(column(&buckets, |(_, row)| stored_count(row.started)))
        .bind(column(&buckets, |(_, row)| stored_count(row.completed)))
        .bind(column(&buckets, |(_, row)| stored_count(row.failed)))
        .bind(column(&buckets, |(_, row)| stored_count(row.canceled)))
        .bind(column(&buckets, |(_, row)| row.wait_sketch.as_slice()))
        .bind(column(&buckets, |(_, row)| row.run_sketch.as_slice()))
        .bind(column(&buckets, |(key, _)| *key.server.as_uuid()))
        .execute(tx.sql())
        .await
        .map_err(failed)?;
    Ok(())
}

#[async_trait]
impl MetricStore for PostgresStore {
    async fn put_buckets(&self, buckets: Vec<(BucketKey, BucketRow)>) -> Result<(), StoreError> {
        // The last of a key replaces those before it.
        let buckets: BTreeMap<_, _> = buckets.into_iter().collect();
        self.writer.run(buckets, |tx, buckets| Box::pin(put(tx, buckets))).await
    }

    async fn buckets(
        &self,
        since: Timestamp,
        until: Timestamp,
        skill: Option<&str>,
        agent: Option<&str>,
    ) -> Result<Vec<(BucketKey, BucketRow)>, StoreError> {
        self.answered(async {
            let mut text: QueryBuilder<Postgres> = QueryBuilder::new("SELECT * FROM metric_buckets WHERE at >= ");
            text.push_bind(since.as_millis()).push(" AND at <= ").push_bind(until.as_millis());
            if let Some(skill) = skill {
                text.push(" AND skill = ").push_bind(plain(skill));
            }
            if let Some(agent) = agent {
                text.push(" AND agent = ").push_bind(plain(agent));
            }
            text.push(" ORDER BY at, skill, agent, server_id");
            let rows = text.build().fetch_all(&mut *self.reader().await?).await.map_err(failed)?;
            rows.iter()
                .map(|row| {
                    let (at, server) = (instant(row, "at")?, id(row, "server_id", ServerId::new)?);
                    let key = BucketKey { at, skill: get(row, "skill")?, agent: get(row, "agent")?, server };
                    let bucket = BucketRow {
                        submitted: count(row, "submitted")?,
                        started: count(row, "started")?,
                        completed: count(row, "completed")?,
                        failed: count(row, "failed")?,
                        canceled: count(row, "canceled")?,
                        wait_sketch: get(row, "wait_sketch")?,
                        run_sketch: get(row, "run_sketch")?,
                    };
                    Ok((key, bucket))
                })
                .collect()
        })
        .await
    }
}
