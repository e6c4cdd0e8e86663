//! How does what happens on one server ring on the others? The relay broadcasts this server's and hands on theirs.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use baton_domain::id::EventSeq;
use baton_domain::wire::live::Transient;
use serde::{Deserialize, Serialize};
use tokio::sync::broadcast::error::RecvError;

use super::{Carrier, Heard};
use crate::message_bus::InProcessBus;

/// The largest broadcast. What is fleeting and larger stays on its server.
const MAXIMUM_BYTES: usize = 256 << 10;

/// What servers tell one another.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Told {
    /// Something fleeting.
    Transient(Transient),
    /// The log reaches to this place.
    Head(EventSeq),
}

/// Broadcasts over a carrier.
pub struct Relay {
    carrier: Arc<dyn Carrier>,
    /// The newest place that any server told of: it need not be told again.
    told: AtomicI64,
}

impl std::fmt::Debug for Relay {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Relay").field("told", &self.told).finish_non_exhaustive()
    }
}

impl Relay {
    /// A relay over this carrier.
    #[must_use]
    pub fn new(carrier: Arc<dyn Carrier>) -> Arc<Self> {
        Arc::new(Self { carrier, told: AtomicI64::new(0) })
    }

    fn tell(&self, told: &Told) {
        if !self.carrier.is_connected() {
            return;
        }
        match serde_json::to_vec(told) {
            Ok(bytes) if bytes.len() <= MAXIMUM_BYTES => self.carrier.broadcast(bytes.into()),
            Ok(bytes) => tracing::debug!(bytes = bytes.len(), "too large to tell other servers"),
            Err(error) => tracing::debug!(%error, "cannot be told to other servers"),
        }
    }

    pub(crate) fn transient(&self, transient: &Transient) {
        if self.carrier.is_connected() {
            self.tell(&Told::Transient(transient.clone()));
        }
    }

    pub(crate) fn committed(&self, head: EventSeq) {
        // Commits of other servers come through here, too; those were told by them.
        if self.told.fetch_max(head.0, Ordering::Relaxed) < head.0 {
            self.tell(&Told::Head(head));
        }
    }

    /// Hands on what other servers tell, until the carrier is gone: what is fleeting to the bus, the newest place to `grown`.
    pub async fn run(self: Arc<Self>, bus: Arc<InProcessBus>, grown: impl Fn(EventSeq) + Send) {
        let mut heard = self.carrier.listen();
        loop {
            match heard.recv().await {
                Ok(Heard::Payload(bytes)) => match serde_json::from_slice(&bytes) {
                    Ok(Told::Transient(transient)) => bus.heard_elsewhere(transient),
                    Ok(Told::Head(head)) => {
                        self.told.fetch_max(head.0, Ordering::Relaxed);
                        grown(head);
                    }
                    // Of another version, perhaps.
                    Err(error) => tracing::debug!(%error, "another server says something unknown"),
                },
                // Something may have been missed: the log is asked.
                Ok(Heard::Gap) | Err(RecvError::Lagged(_)) => grown(EventSeq(i64::MAX)),
                Ok(Heard::Ring(_)) => {}
                Err(RecvError::Closed) => return,
            }
        }
    }
}
