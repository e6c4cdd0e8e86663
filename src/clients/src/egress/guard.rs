//! Which addresses may a connection to this host be opened to? Those that were resolved and checked just now.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use baton_domain::egress::EgressPolicy;
use baton_domain::problem::Code;
use futures::future::BoxFuture;
use reqwest::Url;
use url::Host;

use super::{EgressError, Network, Rules, special};

/// Waits for one's turn to talk to a host; an error says why the wait ended otherwise: the wait was called off, or the host is refused meanwhile.
pub type Turn = Arc<dyn Fn(String) -> BoxFuture<'static, Result<(), EgressError>> + Send + Sync>;

/// A host that passed every check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Admitted {
    /// The host as it is written in the address.
    pub host: String,
    /// Where to connect to: every address was checked.
    pub addresses: Vec<SocketAddr>,
    /// Whether the host is one of those that may be private.
    pub private: bool,
}

/// Checks hosts by a policy.
#[derive(Clone)]
pub struct Guard {
    rules: Arc<Rules>,
    network: Arc<dyn Network>,
    turn: Option<Turn>,
}

impl std::fmt::Debug for Guard {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Guard").field("rules", &self.rules).field("network", &self.network).finish_non_exhaustive()
    }
}

impl Guard {
    /// A guard that keeps to a policy.
    #[must_use]
    pub fn new(policy: &EgressPolicy, network: Arc<dyn Network>) -> Self {
        Self { rules: Arc::new(Rules::of(policy)), network, turn: None }
    }

    /// The same with a pace: before each exchange it waits for the host's turn.
    #[must_use]
    pub fn paced(mut self, turn: Turn) -> Self {
        self.turn = Some(turn);
        self
    }

    /// The same without the policy's exceptions: it lets through public addresses only.
    #[must_use]
    pub fn public_only(&self) -> Self {
        Self { rules: Arc::new(self.rules.without_private()), ..self.clone() }
    }

    /// Waits until it is this client's turn to talk to the host.
    ///
    /// # Errors
    /// What ended the wait: it was called off, or the host may not be reached any more (`EGRESS-002`).
    pub async fn turn(&self, url: &Url) -> Result<(), EgressError> {
        let (Some(turn), Some(host)) = (&self.turn, url.host_str()) else { return Ok(()) };
        turn(host.to_owned()).await
    }

    /// Checks the host of an address and resolves it.
    ///
    /// # Errors
    /// `EGRESS-001` to `EGRESS-004`.
    pub async fn admit(&self, url: &Url) -> Result<Admitted, EgressError> {
        let (Some(host), Some(port)) = (url.host(), url.port_or_known_default()) else {
            return Err(EgressError::lasting(Code::UrlRefused, "the address has no host".to_owned()));
        };
        self.rules.admit(&host, port)?;
        let private = self.rules.may_be_private(&host, port);
        let name = host.to_string();
        let found = match host {
            Host::Ipv4(address) => vec![IpAddr::V4(address)],
            Host::Ipv6(address) => vec![IpAddr::V6(address)],
            Host::Domain(domain) => {
                let unresolved = |reason: String| EgressError::passing(Code::NameUnresolved, format!("{name} does not resolve: {reason}"));
                let found = self.network.lookup(domain).await.map_err(|error| unresolved(error.to_string()))?;
                if found.is_empty() {
                    return Err(unresolved("it has no address".to_owned()));
                }
                found
            }
        };
        if !private && let Some((address, what)) = found.iter().find_map(|address| special(*address).map(|what| (address, what))) {
            let place =
                if name.trim_matches(['[', ']']) == address.to_string() { name.clone() } else { format!("{name} is {address}, which") };
            return Err(EgressError::lasting(Code::PrivateAddress, format!("{place} is not a public address ({what})")));
        }
        let addresses = found.into_iter().map(|address| SocketAddr::new(self.network.route(address), port)).collect();
        Ok(Admitted { host: name, addresses, private })
    }
}
