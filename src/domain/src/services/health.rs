//! How the server's health is read; the only methods that need no caller.

use async_trait::async_trait;

use super::Answer;
use crate::wire::health::Health;

/// Says whether the server lives and can work.
#[async_trait]
pub trait HealthService: Send + Sync {
    /// Whether the process lives.
    ///
    /// # Errors
    /// None; the type is that of all services.
    async fn live(&self) -> Answer<Health>;

    /// Whether the server can take work now: storage answers, the engine runs.
    ///
    /// # Errors
    /// None; what does not work stands in the answer.
    async fn ready(&self) -> Answer<Health>;
}
