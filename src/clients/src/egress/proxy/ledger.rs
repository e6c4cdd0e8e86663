//! What passed through the proxy, and what was refused?

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use baton_domain::problem::Code;
use parking_lot::Mutex;
use tokio::sync::OnceCell;

use super::ProxyBounds;
use crate::egress::{EgressError, Url};

/// How many refusals are remembered one by one.
const MAXIMUM_REFUSALS: usize = 200;

/// An exchange that did not take place, or was cut.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The address; of a tunnel only its host and port are known, as `https://host:port/`.
    pub url: Url,
    /// Whether it was a tunnel.
    pub tunnel: bool,
    /// Why.
    pub error: EgressError,
}

/// What passed through a proxy.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Traffic {
    /// Exchanges and tunnels that were asked for.
    pub exchanges: u64,
    /// Bytes that hosts sent.
    pub bytes: u64,
    /// How many exchanges were refused or failed.
    pub refused: u64,
    /// The first of them, each address and reason once.
    pub refusals: Vec<Refusal>,
    /// Whether a bound of the proxy itself was reached.
    pub over: Option<EgressError>,
}

#[derive(Debug)]
pub(super) struct Ledger {
    bounds: ProxyBounds,
    exchanges: AtomicU64,
    bytes: AtomicU64,
    refused: AtomicU64,
    refusals: Mutex<Vec<Refusal>>,
    over: Mutex<Option<EgressError>>,
    turns: Mutex<HashMap<String, Arc<OnceCell<()>>>>,
}

impl Ledger {
    pub(super) fn new(bounds: ProxyBounds) -> Self {
        Self {
            bounds,
            exchanges: AtomicU64::new(0),
            bytes: AtomicU64::new(0),
            refused: AtomicU64::new(0),
            refusals: Mutex::default(),
            over: Mutex::default(),
            turns: Mutex::default(),
        }
    }

    /// One more exchange.
    pub(super) fn begin(&self) -> Result<(), EgressError> {
        if self.exchanges.fetch_add(1, Ordering::Relaxed) < self.bounds.exchanges {
            return Ok(());
        }
        let error = EgressError::lasting(Code::AnswerTooLarge, format!("more than {} exchanges with hosts", self.bounds.exchanges));
        self.over.lock().get_or_insert_with(|| error.clone());
        Err(error)
    }

    /// So many more bytes of a host.
    pub(super) fn take(&self, bytes: u64) -> Result<(), EgressError> {
        if self.bytes.fetch_add(bytes, Ordering::Relaxed).saturating_add(bytes) <= self.bounds.bytes {
            return Ok(());
        }
        let error = EgressError::lasting(Code::AnswerTooLarge, format!("hosts sent more than {} bytes in all", self.bounds.bytes));
        self.over.lock().get_or_insert_with(|| error.clone());
        Err(error)
    }

    /// The turn with a host, taken once.
    pub(super) fn turn(&self, host: &str) -> Arc<OnceCell<()>> {
        Arc::clone(self.turns.lock().entry(host.to_owned()).or_default())
    }

    pub(super) fn refuse(&self, url: &Url, tunnel: bool, error: EgressError) {
        self.refused.fetch_add(1, Ordering::Relaxed);
        let mut refusals = self.refusals.lock();
        let refusal = Refusal { url: url.clone(), tunnel, error };
        if refusals.len() < MAXIMUM_REFUSALS && !refusals.contains(&refusal) {
            refusals.push(refusal);
        }
    }

    pub(super) fn refusal(&self, url: &Url) -> Option<EgressError> {
        let mut wanted = url.clone();
        wanted.set_fragment(None);
        let fits = |refusal: &&Refusal| {
            let same_host = refusal.url.host() == wanted.host() && refusal.url.port_or_known_default() == wanted.port_or_known_default();
            same_host && if refusal.tunnel { matches!(wanted.scheme(), "https" | "wss" | "ws") } else { refusal.url == wanted }
        };
        self.refusals.lock().iter().rev().find(fits).map(|refusal| refusal.error.clone())
    }

    pub(super) fn over(&self) -> Option<EgressError> {
        self.over.lock().clone()
    }

    pub(super) fn traffic(&self) -> Traffic {
        Traffic {
            exchanges: self.exchanges.load(Ordering::Relaxed),
            bytes: self.bytes.load(Ordering::Relaxed),
            refused: self.refused.load(Ordering::Relaxed),
            refusals: self.refusals.lock().clone(),
            over: self.over(),
        }
    }
}
