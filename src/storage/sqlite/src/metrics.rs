//! How measurements are stored.

use async_trait::async_trait;
use baton_domain::id::ServerId;
use baton_domain::time::Timestamp;
use baton_storage::{BucketKey, BucketRow, MetricStore, StoreError};
use rusqlite::types::Value;
use rusqlite::{params, params_from_iter};

use crate::SqliteStore;
use crate::columns::stored_count;
use crate::statement::{all, run};
use crate::writer::Tx;

fn put(tx: &mut Tx, buckets: &[(BucketKey, BucketRow)]) -> Result<(), StoreError> {
    for (key, row) in buckets {
        run(
            tx.sql(),
            "INSERT OR REPLACE INTO metric_buckets (at, skill, agent, server_id, submitted, started, completed, failed, canceled, wait_sketch,
                 run_sketch)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
            params![
                key.at.as_millis(),
                key.skill,
                key.agent,
                key.server.as_uuid().as_bytes(),
                stored_count(row.submitted),
                stored_count(row.started),
                stored_count(row.completed),
                stored_count(row.failed),
                stored_count(row.canceled),
                row.wait_sketch,
                row.run_sketch
            ],
        )?;
    }
    Ok(())
}

#[async_trait]
impl MetricStore for SqliteStore {
    async fn put_buckets(&self, buckets: Vec<(BucketKey, BucketRow)>) -> Result<(), StoreError> {
        self.writer.run(move |tx| put(tx, &buckets)).await
    }

    async fn buckets(
        &self,
        since: Timestamp,
        until: Timestamp,
        skill: Option<&str>,
        agent: Option<&str>,
    ) -> Result<Vec<(BucketKey, BucketRow)>, StoreError> {
        let mut text = "SELECT at, skill, agent, server_id, submitted, started, completed, failed, canceled, wait_sketch, run_sketch
             FROM metric_buckets WHERE at >= ? AND at <= ?"
            .to_owned();
        let mut values: Vec<Value> = vec![since.as_millis().into(), until.as_millis().into()];
        for (condition, wanted) in [(" AND skill = ?", skill), (" AND agent = ?", agent)] {
            if let Some(wanted) = wanted {
                text.push_str(condition);
                values.push(wanted.to_owned().into());
            }
        }
        text.push_str(" ORDER BY at, skill, agent, server_id");
        self.readers
            .statement(move |sql| {
                all(sql, &text, params_from_iter(values), |row| {
                    let (at, skill, agent) = (row.instant()?, row.get()?, row.get()?);
                    let key = BucketKey { at, skill, agent, server: row.id(ServerId::new)? };
                    let bucket = BucketRow {
                        submitted: row.count()?,
                        started: row.count()?,
                        completed: row.count()?,
                        failed: row.count()?,
                        canceled: row.count()?,
                        wait_sketch: row.get()?,
                        run_sketch: row.get()?,
                    };
                    Ok((key, bucket))
                })
            })
            .await
    }
}
