//! What may agents reach on the network?

use baton_domain::egress::EgressPolicy;

/// The settings of what agents may reach.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct EgressConfig {
    /// The only hosts that agents may reach, separated by commas; all public ones if empty. `*.example.org` is every host below it.
    #[arg(long, env = "BATON_EGRESS_ALLOW", value_delimiter = ',', value_parser = host)]
    pub(crate) egress_allow: Vec<String>,
    /// Hosts that agents may not reach, also if they are allowed.
    #[arg(long, env = "BATON_EGRESS_DENY", value_delimiter = ',', value_parser = host)]
    pub(crate) egress_deny: Vec<String>,
    /// Hosts that agents may reach although their addresses are private (`name` or `name:port`).
    #[arg(long, env = "BATON_EGRESS_PRIVATE_HOSTS", value_delimiter = ',', value_parser = host)]
    pub(crate) egress_private_hosts: Vec<String>,
    /// Milliseconds between two exchanges of a server's agents with one host.
    #[arg(long, env = "BATON_EGRESS_INTERVAL_MILLIS", default_value_t = EgressPolicy::default().per_host_interval_ms, value_parser = clap::value_parser!(u64).range(0..=600_000))]
    pub(crate) egress_interval_millis: u64,
}

fn host(text: &str) -> Result<String, String> {
    let text = text.trim();
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | '*' | ':' | '[' | ']');
    if (1..=255).contains(&text.len()) && text.chars().all(fits) {
        return Ok(text.to_ascii_lowercase());
    }
    Err("write a host as example.org, *.example.org or 10.0.0.7:8080".to_owned())
}

impl EgressConfig {
    /// The policy.
    pub(crate) fn policy(&self) -> EgressPolicy {
        EgressPolicy {
            allow: self.egress_allow.clone(),
            deny: self.egress_deny.clone(),
            private_hosts: self.egress_private_hosts.clone(),
            per_host_interval_ms: self.egress_interval_millis,
            ..EgressPolicy::default()
        }
    }
}
