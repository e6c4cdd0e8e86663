//! What does a server forget by itself, and when?

use std::sync::Arc;
use std::time::Duration;

use baton_auth::Auth;
use baton_bus::EventStream;
use baton_domain::ports::Clock;
use baton_storage::Store;
use tokio::time::{Interval, MissedTickBehavior};
use tokio_util::sync::CancellationToken;

/// How often old rows are looked for; the first time right after the start.
const EVERY: Duration = Duration::from_secs(3_600);
/// How often old events are: under load there are thousands of them a second.
const EVENTS_EVERY: Duration = Duration::from_secs(60);
/// How long the answer to an idempotency key is kept; `docs/api-design.md` promises it.
const IDEMPOTENCY_KEYS: Duration = Duration::from_secs(24 * 3_600);

/// Forgets old rows until it is told to stop. A failure is logged and tried again the next time: nothing depends on it but room.
pub(crate) async fn run(auth: Arc<Auth>, store: Arc<dyn Store>, events: Arc<EventStream>, clock: Arc<dyn Clock>, stop: CancellationToken) {
    let rows = rows(&auth, &*store, &*clock);
    let events = forget_events(&events, &*clock);
    // Each step is a commit of its own: one that is broken off leaves the rest for the next time.
    stop.run_until_cancelled(async { tokio::join!(rows, events) }).await;
}

async fn rows(auth: &Auth, store: &dyn Store, clock: &dyn Clock) {
    let mut hours = every(EVERY);
    loop {
        hours.tick().await;
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

async fn forget_events(events: &EventStream, clock: &dyn Clock) {
    let mut minutes = every(EVENTS_EVERY);
    loop {
        minutes.tick().await;
        match events.forget_old(clock.now()).await {
            Ok(0) => {}
            Ok(events) => tracing::info!(events, "old events were forgotten"),
            Err(problem) => tracing::warn!(%problem, "old events could not be forgotten"),
        }
    }
}

fn every(span: Duration) -> Interval {
    let mut interval = tokio::time::interval(span);
    interval.set_missed_tick_behavior(MissedTickBehavior::Delay);
    interval
}
