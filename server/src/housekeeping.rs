//! What does a server forget by itself, and when?

use std::sync::Arc;
use std::time::Duration;

use baton_auth::Auth;
use baton_domain::ports::Clock;
use baton_storage::Store;
use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;

/// How often old rows are looked for; the first time right after the start.
const EVERY: Duration = Duration::from_secs(3_600);
/// How long the answer to an idempotency key is kept; `docs/api-design.md` promises it.
const IDEMPOTENCY_KEYS: Duration = Duration::from_secs(24 * 3_600);

/// Forgets old rows until it is told to stop. A failure is logged and tried again an hour later: nothing depends on it but room.
pub(crate) async fn run(auth: Arc<Auth>, store: Arc<dyn Store>, clock: Arc<dyn Clock>, stop: CancellationToken) {
    let mut hours = tokio::time::interval(EVERY);
    hours.set_missed_tick_behavior(MissedTickBehavior::Delay);
    while stop.run_until_cancelled(hours.tick()).await.is_some() {
        match auth.forget_ended_sessions().await {
            Ok(sessions) => tracing::debug!(sessions, "ended sessions were forgotten"),
            Err(problem) => tracing::warn!(%problem, "ended sessions could not be forgotten"),
        }
        match store.forget_idempotency_keys(clock.now(), IDEMPOTENCY_KEYS).await {
            Ok(keys) => tracing::debug!(keys, "old idempotency keys were forgotten"),
            Err(error) => tracing::warn!(%error, "old idempotency keys could not be forgotten"),
        }
    }
}
