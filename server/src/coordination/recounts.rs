//! How does the watch over the invariants look at decisions? By counting those that ended lately again.

use std::sync::Arc;

use async_trait::async_trait;
use baton_councils::Councils;
use baton_domain::invariants::{Invariant, Violation};
use baton_observability::{AlsoLooked, Broken};
use baton_storage::StoreError;

/// How many of the newest decisions one look takes.
const DECISIONS: u32 = 20;

/// Counts decisions again.
pub(crate) struct Recounts(pub(crate) Arc<Councils>);

#[async_trait]
impl AlsoLooked for Recounts {
    async fn broken(&self) -> Result<Vec<Broken>, StoreError> {
        let found = self.0.recount(DECISIONS).await?;
        Ok(found.into_iter().map(|(id, violation)| Broken { target: format!("decision:{id}"), violation }).collect())
    }

    fn damaged(&self, reason: &str) -> Broken {
        let detail = format!("the newest decisions do not read back: {reason}");
        Broken { target: "decisions".to_owned(), violation: Violation { invariant: Invariant::BallotCountsOnce, detail } }
    }
}
