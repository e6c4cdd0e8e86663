//! How do others use a cache without knowing of it? Through the domain's port, which takes no error for an answer.

use std::time::Duration;

use async_trait::async_trait;
use baton_domain::ports::SharedCache;

use crate::{Cache, FallbackCache};

#[async_trait]
impl SharedCache for FallbackCache {
    async fn count(&self, key: &str, window: Duration) -> u64 {
        // With one of its own behind it, it always answers.
        Cache::count(self, key, 1, window).await.map_or(0, |counted| counted.count)
    }

    async fn mark(&self, key: &str, age: Duration) {
        let _ = self.put(key, vec![1], age).await;
    }

    async fn is_marked(&self, key: &str) -> bool {
        matches!(self.get(key).await, Ok(Some(_)))
    }
}
