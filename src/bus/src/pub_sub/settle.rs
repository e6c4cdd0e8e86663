//! How does a consumer get messages, waiting for them if it wants to?

use std::time::Duration;

use baton_domain::services::Answer;
use baton_domain::topic::SubscriptionName;
use baton_domain::wire::topic::{PullRequest, Pulled, Settled};
use baton_storage::{AckId, Pull, PulledRows, Settlement, Verdict};
use tokio::time::Instant;

use super::{Topics, checks};
use crate::carrier::POLL;

impl Topics {
    pub(super) async fn pull_messages(&self, name: &SubscriptionName, request: &PullRequest) -> Answer<Pulled> {
        let until = Instant::now() + Duration::from_secs(request.wait_seconds);
        let mut rows = self.pull_once(name, request).await?;
        if !rows.items.is_empty() || request.wait_seconds == 0 {
            return Ok(Pulled { items: rows.items });
        }
        let pattern = self.store.subscription_patterns().await?.into_iter().find(|(known, _)| known == name);
        let Some((_, pattern)) = pattern else { return Err(checks::no_subscription(name.as_str())) };
        let waiter = self.bells.wait_for(name, &pattern);
        loop {
            // Asked again once the bell is hung up: what was committed in between did not ring.
            rows = self.pull_once(name, request).await?;
            if !rows.items.is_empty() || Instant::now() >= until {
                return Ok(Pulled { items: rows.items });
            }
            if rows.more {
                continue;
            }
            let now = self.sources.clock.now();
            let next_due = rows.next_due.map_or(POLL, |due| due.since(now).max(Duration::from_millis(5)));
            let pause = POLL.min(next_due).min(until - Instant::now());
            if self.carrier.is_connected() {
                tokio::select! {
                    // Entries that were taken must be finished, or another member takes them again; a bell keeps its ring.
                    biased;
                    entries = self.carrier.take(name.as_str(), request.maximum as usize, pause) => {
                        self.carrier.finish(name.as_str(), &entries).await;
                    }
                    () = waiter.bell.notified() => {}
                }
            } else {
                let _ = tokio::time::timeout(pause, waiter.bell.notified()).await;
            }
        }
    }

    async fn pull_once(&self, name: &SubscriptionName, request: &PullRequest) -> Answer<PulledRows> {
        loop {
            let pull = Pull {
                subscription: name.clone(),
                consumer: request.consumer.clone(),
                maximum: request.maximum,
                at: self.sources.clock.now(),
            };
            let rows = self.store.pull(pull).await?.ok_or_else(|| checks::no_subscription(name.as_str()))?;
            if rows.died > 0 {
                tracing::warn!(subscription = %name, messages = rows.died, "messages were delivered as often as allowed and are dead letters now");
            }
            // A pull looks at so many messages only: it goes on until it finds one or has looked at all.
            if !rows.items.is_empty() || !rows.more {
                return Ok(rows);
            }
        }
    }

    pub(super) async fn settle_deliveries(&self, name: &SubscriptionName, deliveries: Vec<AckId>, verdict: Verdict) -> Answer<Settled> {
        let settlement = Settlement { subscription: name.clone(), deliveries, verdict, at: self.sources.clock.now() };
        let settled = self.store.settle(settlement).await?.ok_or_else(|| checks::no_subscription(name.as_str()))?;
        // There is room again for who waits at the bound, and a refused message may be due sooner than anybody thought.
        self.bells.ring(name);
        Ok(settled)
    }
}
