//! What can be done about how many attempts run at the same time.

use async_trait::async_trait;

use super::Answer;
use crate::user::Caller;
use crate::wire::limit::{LimitScope, LimitView, NewLimit};

/// Shows, sets and removes concurrency limits of skills and fairness keys. What has no limit is bounded by its agents' slots.
#[async_trait]
pub trait LimitService: Send + Sync {
    /// All limits, by scope and name, each with what runs under it now.
    ///
    /// # Errors
    /// Only those of storage.
    async fn list(&self, caller: &Caller) -> Answer<Vec<LimitView>>;

    /// Sets a limit; it counts from the next attempt that begins, on every server. What runs already goes on.
    ///
    /// # Errors
    /// `LIMIT-002` below 1 and above 1,000,000, `AGENT-002` for a skill that no agent has, `REQUEST-002` for a key that no task
    /// can have.
    async fn set(&self, caller: &Caller, limit: NewLimit) -> Answer<LimitView>;

    /// Removes a limit.
    ///
    /// # Errors
    /// `LIMIT-001`.
    async fn remove(&self, caller: &Caller, scope: LimitScope, name: String) -> Answer<()>;
}
