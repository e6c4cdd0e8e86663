//! How measurements are stored.

use async_trait::async_trait;
use baton_domain::id::ServerId;
use baton_domain::time::Timestamp;
use baton_storage::{BucketKey, BucketRow, MetricStore, StoreError};
use sqlx::{QueryBuilder, Sqlite};

use crate::SqliteStore;
use crate::columns::{count, get, id, instant, stored_count};
use crate::failure::failed;
use crate::writer::Tx;

async fn put(tx: &mut Tx, buckets: Vec<(BucketKey, BucketRow)>) -> Result<(), StoreError> {
    for (key, row) in buckets {
        sqlx::query(
            "INSERT OR REPLACE INTO metric_buckets (at, skill, agent, submitted, started, completed, failed, canceled, wait_sketch, run_sketch,
                 server_id)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        )
        .bind(key.at.as_millis())
        .bind(key.skill)
        .bind(key.agent)
        .bind(stored_count(row.submitted))
        .bind(stored_count(row.started))
        .bind(stored_count(row.completed))
        .bind(stored_count(row.failed))
        .bind(stored_count(row.canceled))
        .bind(row.wait_sketch)
        .bind(row.run_sketch)
        .bind(*key.server.as_uuid())
        .execute(tx.sql())
        .await
        .map_err(failed)?;
    }
    Ok(())
}

#[async_trait]
impl MetricStore for SqliteStore {
    async fn put_buckets(&self, buckets: Vec<(BucketKey, BucketRow)>) -> Result<(), StoreError> {
        self.writer.run(move |tx| Box::pin(put(tx, buckets))).await
    }

    async fn buckets(
        &self,
        since: Timestamp,
        until: Timestamp,
        skill: Option<&str>,
        agent: Option<&str>,
    ) -> Result<Vec<(BucketKey, BucketRow)>, StoreError> {
        let mut snapshot = self.snapshot().await?;
        let mut text: QueryBuilder<Sqlite> = QueryBuilder::new("SELECT * FROM metric_buckets WHERE at >= ");
        text.push_bind(since.as_millis()).push(" AND at <= ").push_bind(until.as_millis());
        if let Some(skill) = skill {
            text.push(" AND skill = ").push_bind(skill.to_owned());
        }
        if let Some(agent) = agent {
            text.push(" AND agent = ").push_bind(agent.to_owned());
        }
        text.push(" ORDER BY at, skill, agent, server_id");
        let rows = text.build().fetch_all(&mut *snapshot).await.map_err(failed)?;
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
    }
}
