//! Where may an attempt reach out to? What it is told when it begins; the guarded client keeps to it.

use serde::{Deserialize, Serialize};

/// What attempts may reach on the network. Private, link-local, loopback and other special addresses are refused wherever they
/// turn up (resolution, redirects), unless the very host is in `private_hosts`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct EgressPolicy {
    /// The only hosts that may be reached; empty for all public ones. `example.org` is that host, `*.example.org` those below it.
    pub allow: Vec<String>,
    /// Hosts that may not be reached, also if they are allowed; written alike.
    pub deny: Vec<String>,
    /// Hosts (`name` or `name:port`) that may be reached although their addresses are private.
    pub private_hosts: Vec<String>,
    /// How the client names itself.
    pub user_agent: String,
    /// The most bytes of an answer, after decompression.
    pub maximum_bytes: u64,
    /// The most milliseconds of one exchange, redirects included.
    pub timeout_ms: u64,
    /// The most redirects that are followed.
    pub maximum_redirects: u32,
    /// The fewest milliseconds between two exchanges with one host.
    pub per_host_interval_ms: u64,
}

impl Default for EgressPolicy {
    fn default() -> Self {
        Self {
            allow: Vec::new(),
            deny: Vec::new(),
            private_hosts: Vec::new(),
            user_agent: concat!("Baton/", env!("CARGO_PKG_VERSION")).to_owned(),
            maximum_bytes: 32 << 20,
            timeout_ms: 30_000,
            maximum_redirects: 5,
            per_host_interval_ms: 200,
        }
    }
}
