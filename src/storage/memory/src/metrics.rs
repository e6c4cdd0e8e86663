//! How are measurements kept?

use async_trait::async_trait;
use baton_domain::time::Timestamp;
use baton_storage::{BucketKey, BucketRow, MetricStore, StoreError};

use crate::MemoryStore;

#[async_trait]
impl MetricStore for MemoryStore {
    async fn put_buckets(&self, buckets: Vec<(BucketKey, BucketRow)>) -> Result<(), StoreError> {
        self.commit(|state| {
            state.buckets.extend(buckets);
            Ok(((), Vec::new()))
        })
    }

    async fn buckets(
        &self,
        since: Timestamp,
        until: Timestamp,
        skill: Option<&str>,
        agent: Option<&str>,
    ) -> Result<Vec<(BucketKey, BucketRow)>, StoreError> {
        let wanted = |key: &BucketKey| {
            since <= key.at
                && key.at <= until
                && skill.is_none_or(|skill| key.skill == skill)
                && agent.is_none_or(|agent| key.agent == agent)
        };
        Ok(self.read(|state| state.buckets.iter().filter(|(key, _)| wanted(key)).map(|(key, row)| (key.clone(), row.clone())).collect()))
    }
}
