//! What the gateway can be told: where it is reached, whom it trusts, and every limit it keeps.

use std::sync::Arc;
use std::time::Duration;

use baton_domain::ports::{SharedCache, Sources};
use tokio_util::sync::CancellationToken;

use crate::network::Network;

/// How fast one client may send, as a token bucket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// Requests a second in the long run; at least 1.
    pub per_second: u32,
    /// Requests at once after a pause; at least 1.
    pub burst: u32,
}

/// The bounds that the gateway keeps on size, time and count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GatewayLimits {
    /// # Body of a JSON request
    /// Bytes. Default: 1 MiB, four times the largest task input.
    pub json_body_bytes: usize,
    /// # Body of a batch
    /// Bytes. Default: 16 MiB, so 1,000 tasks of 16 KiB. Larger inputs belong in artifacts.
    pub batch_body_bytes: usize,
    /// # Time of a request
    /// From its headers to the headers of its answer; not for uploads, downloads and live streams. Default: 90 s,
    /// well beyond the longest `wait`.
    pub request_time: Duration,
    /// # Silence of an upload
    /// The longest pause between two pieces of an uploaded file. Default: 30 s.
    pub upload_silence: Duration,
    /// # Requests of one client
    /// By user or key, else by address. Default: 200 a second, 400 at once.
    pub requests: Rate,
    /// # Sign-ins from one address
    /// Sign-in, refresh and first run, before the lock-out of accounts. Default: 5 a second, 50 at once.
    pub sign_ins: Rate,
    /// # Clients counted apart
    /// When more than this many are active at once, the others share one count. Default: 10,000.
    pub counted_clients: usize,
    /// # Live connections
    /// Sockets and event streams together. Default: 2,000.
    pub live_connections: usize,
    /// # Live connections of one user or key
    /// Default: 32.
    pub live_connections_each: usize,
}

impl Default for GatewayLimits {
    fn default() -> Self {
        Self {
            json_body_bytes: 1 << 20,
            batch_body_bytes: 16 << 20,
            request_time: Duration::from_secs(90),
            upload_silence: Duration::from_secs(30),
            requests: Rate { per_second: 200, burst: 400 },
            sign_ins: Rate { per_second: 5, burst: 50 },
            counted_clients: 10_000,
            live_connections: 2_000,
            live_connections_each: 32,
        }
    }
}

/// Where several servers count together.
#[derive(Clone)]
pub struct SharedLimits(pub Arc<dyn SharedCache>);

impl std::fmt::Debug for SharedLimits {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SharedLimits")
    }
}

/// What the gateway needs to know of the installation.
#[derive(Debug, Clone)]
pub struct GatewayConfig {
    /// Where browsers reach this server, as `https://baton.example.com`. With `https` the cookies are `Secure`
    /// and carry the `__Host-` prefix, and HSTS is sent. Absent on a laptop: the `Host` header decides.
    pub public_origin: Option<String>,
    /// Proxies whose `X-Forwarded-For` is believed. None by default: the peer is the client.
    pub trusted_proxies: Vec<Network>,
    /// The version that the OpenAPI document carries.
    pub version: String,
    /// The clock and the source of request ids.
    pub sources: Sources,
    /// Cancelled when the server shuts down; live connections then end and say so.
    pub shutdown: CancellationToken,
    /// The bounds.
    pub limits: GatewayLimits,
    /// Where several servers count their clients' requests together; a server alone counts by itself.
    pub shared: Option<SharedLimits>,
}

impl GatewayConfig {
    /// The configuration of a server that nobody told anything else.
    #[must_use]
    pub fn new(version: impl Into<String>, sources: Sources, shutdown: CancellationToken) -> Self {
        Self {
            public_origin: None,
            trusted_proxies: Vec::new(),
            version: version.into(),
            sources,
            shutdown,
            limits: GatewayLimits::default(),
            shared: None,
        }
    }

    /// Whether browsers reach this server over https.
    #[must_use]
    pub fn is_https(&self) -> bool {
        self.public_origin.as_deref().is_some_and(|origin| origin.to_ascii_lowercase().starts_with("https://"))
    }
}
