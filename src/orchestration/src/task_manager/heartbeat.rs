//! How are leases kept? One write renews all that this server holds.

use std::sync::Arc;

use crate::engine::{Order, Shared};

/// Runs until the engine stops and no attempt is left.
pub(crate) async fn run(shared: Arc<Shared>) {
    loop {
        tokio::select! {
            biased;
            () = tokio::time::sleep(shared.options.heartbeat) => {}
            () = async { shared.stop.cancelled().await; shared.attempts.wait().await; } => return,
        }
        let until = shared.sources.clock.now().plus(shared.options.lease);
        let leases: Vec<_> = shared.running.lock().iter().map(|(task, running)| (*task, running.lease, until)).collect();
        if leases.is_empty() {
            continue;
        }
        match shared.store.heartbeat(leases).await {
            Ok(stale) => {
                for (task, lease) in stale {
                    shared.order(task, lease, Order::Stale);
                }
            }
            // The next beat comes before the leases end.
            Err(error) => tracing::warn!(%error, "leases could not be renewed"),
        }
    }
}
