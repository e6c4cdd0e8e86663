//! Where may an attempt reach out to? What it is told when it begins; the guarded client keeps to it.

use serde::{Deserialize, Serialize};

use crate::wire::egress::{EgressBounds, EgressRules};

/// What attempts may reach on the network. Private, link-local, loopback and other special addresses are refused wherever they
/// turn up (resolution, redirects), unless the very host is in `private_hosts`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct EgressPolicy {
    /// The only hosts that may be reached; empty for all public ones. `example.org` is that host, `*.example.org` those below it.
    pub allow: Vec<String>,
    /// A second list of the only hosts: a host must be on both. Empty for no second one.
    pub also_allow: Vec<String>,
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
    /// The fewest milliseconds between two exchanges of one server's agents with one host; servers do not wait for one another.
    pub per_host_interval_ms: u64,
}

impl Default for EgressPolicy {
    fn default() -> Self {
        Self {
            allow: Vec::new(),
            also_allow: Vec::new(),
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

impl EgressPolicy {
    /// The same within rules that an administrator set: more is denied, fewer hosts are allowed, limits are at most what they were.
    #[must_use]
    pub fn narrowed(mut self, rules: &EgressRules) -> Self {
        self.also_allow.clone_from(&rules.allow);
        self.deny.extend(rules.deny.iter().cloned());
        self.maximum_bytes = rules.maximum_bytes.map_or(self.maximum_bytes, |most| most.min(self.maximum_bytes));
        self.timeout_ms = rules.timeout_ms.map_or(self.timeout_ms, |most| most.min(self.timeout_ms));
        self.maximum_redirects = rules.maximum_redirects.map_or(self.maximum_redirects, |most| most.min(self.maximum_redirects));
        self
    }

    /// What of it is shown to who operates.
    #[must_use]
    pub fn bounds(&self) -> EgressBounds {
        EgressBounds {
            allow: self.allow.clone(),
            deny: self.deny.clone(),
            private_hosts: self.private_hosts.clone(),
            maximum_bytes: self.maximum_bytes,
            timeout_ms: self.timeout_ms,
            maximum_redirects: self.maximum_redirects,
            per_host_interval_ms: self.per_host_interval_ms,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_narrow_a_policy_and_never_loosen_it() {
        let own = |text: &str| vec![text.to_owned()];
        let started = EgressPolicy { allow: own("a.example"), deny: own("b.example"), maximum_redirects: 2, ..EgressPolicy::default() };
        let wider = EgressRules {
            allow: own("c.example"),
            deny: own("d.example"),
            maximum_bytes: Some(1 << 30),
            timeout_ms: Some(500_000),
            maximum_redirects: Some(20),
        };
        let narrowed = started.clone().narrowed(&wider);
        assert_eq!((&narrowed.allow, &narrowed.also_allow), (&own("a.example"), &own("c.example")));
        assert_eq!(narrowed.deny, ["b.example", "d.example"]);
        assert_eq!((narrowed.maximum_bytes, narrowed.timeout_ms, narrowed.maximum_redirects), (32 << 20, 30_000, 2));
        let smaller = EgressRules { maximum_bytes: Some(5), timeout_ms: Some(6), maximum_redirects: Some(0), ..EgressRules::default() };
        let narrowed = started.clone().narrowed(&smaller);
        assert_eq!((narrowed.maximum_bytes, narrowed.timeout_ms, narrowed.maximum_redirects), (5, 6, 0));
        assert_eq!(started.clone().narrowed(&EgressRules::default()), started);
    }
}
