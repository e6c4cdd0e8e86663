//! How does the balancer come to know what decisions say of agents? It is read from time to time, so that a choice reads nothing.

use std::sync::Arc;
use std::time::Duration;

use baton_domain::agent::Strategy;
use baton_domain::id::DEFAULT_PROJECT;
use baton_domain::ports::{AgentRecords, Records};
use tokio::time::Instant;

use crate::engine::Shared;
use crate::load_balancer::BalancerOptions;

/// How long what was read is believed while it cannot be read anew.
const BELIEVED: Duration = Duration::from_secs(10 * 60);

/// Whether anything is chosen by records.
fn counts(options: &BalancerOptions) -> bool {
    let weighted = options.strategy == Strategy::Weighted || options.per_skill.values().any(|strategy| *strategy == Strategy::Weighted);
    weighted && options.weights.record > 0.0
}

/// Reads records until the engine stops.
pub(crate) async fn run(shared: Arc<Shared>, records: Arc<dyn Records>) {
    if !counts(&shared.options.balancing) {
        return;
    }
    let mut read_at: Option<Instant> = None;
    loop {
        let known = tokio::select! {
            () = shared.stop.cancelled() => return,
            known = records.of_agents(DEFAULT_PROJECT) => known,
        };
        match known {
            Ok(known) => {
                shared.pool.set_records(&known);
                read_at = Some(Instant::now());
            }
            Err(problem) => {
                tracing::debug!(%problem, "the records of agents could not be read");
                if read_at.take_if(|at| at.elapsed() >= BELIEVED).is_some() {
                    shared.pool.set_records(&AgentRecords::default());
                }
            }
        }
        tokio::select! {
            () = shared.stop.cancelled() => return,
            () = tokio::time::sleep(shared.options.records_every) => {}
        }
    }
}
