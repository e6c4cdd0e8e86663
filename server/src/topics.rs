//! How are topics wired, and what carries them between servers?

use std::sync::Arc;

use baton_bus::{Carrier, EventStream, InProcessBus, Relay, Topics};
use baton_domain::id::EventSeq;
use baton_domain::ports::Sources;
use baton_domain::wire::health::HealthCheck;
use baton_storage::Store;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::config::RedisConfig;
use crate::start_error::StartError;

/// Topics, the event stream that they are followed by, and what runs for them.
pub(crate) struct TopicParts {
    pub(crate) topics: Arc<Topics>,
    pub(crate) events: Arc<EventStream>,
    carrier: Option<Arc<dyn Carrier>>,
    running: JoinSet<()>,
}

impl TopicParts {
    /// Starts them. `grown` is told when another server says that the log has grown; `stop` ends what runs.
    pub(crate) fn start(
        config: &RedisConfig,
        store: Arc<dyn Store>,
        events: Arc<EventStream>,
        bus: &Arc<InProcessBus>,
        sources: Sources,
        stop: &CancellationToken,
        grown: impl Fn(EventSeq) + Send + 'static,
    ) -> Result<Self, StartError> {
        let carrier = config.carrier(sources.ids.as_ref())?;
        let topics = Topics::new(store, Arc::clone(bus), Arc::clone(&events), Arc::clone(&carrier), sources);
        let mut running = JoinSet::new();
        running.spawn(Arc::clone(&topics).run(stop.clone()));
        let shared = config.redis.is_some();
        if shared {
            let relay = Relay::new(Arc::clone(&carrier));
            bus.relay_to(Arc::clone(&relay));
            let (bus, stopped) = (Arc::clone(bus), stop.clone());
            running.spawn(async move {
                tokio::select! {
                    () = stopped.cancelled() => {}
                    () = relay.run(bus, grown) => {}
                }
            });
        }
        Ok(Self { topics, events, carrier: shared.then_some(carrier), running })
    }

    /// What the health check says of the carrier, if servers share one.
    pub(crate) fn health(&self) -> Option<impl Fn() -> HealthCheck + Send + Sync + 'static> {
        let carrier = Arc::clone(self.carrier.as_ref()?);
        Some(move || {
            let ok = carrier.is_connected();
            let detail = if ok { "is reached" } else { "is not reached: servers find each other's work by looking, within two seconds" };
            HealthCheck { name: "redis".to_owned(), ok, detail: detail.to_owned() }
        })
    }

    /// Waits until what runs has ended; call it after the token was cancelled.
    pub(crate) async fn ended(&mut self) {
        while self.running.join_next().await.is_some() {}
    }
}
