//! What may agents reach on the network?

use baton_domain::egress::EgressPolicy;
use baton_domain::wire::egress::{BYTES, REDIRECTS, TIMEOUT_MS};

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
    /// Bytes of the largest answer that agents take, after decompression. Administrators can set less for a project.
    #[arg(long, env = "BATON_EGRESS_MAXIMUM_BYTES", default_value_t = EgressPolicy::default().maximum_bytes, value_parser = clap::value_parser!(u64).range(BYTES.0..=BYTES.1))]
    pub(crate) egress_maximum_bytes: u64,
    /// Milliseconds that one exchange of agents may take, redirects included. Administrators can set less for a project.
    #[arg(long, env = "BATON_EGRESS_TIMEOUT_MILLIS", default_value_t = EgressPolicy::default().timeout_ms, value_parser = clap::value_parser!(u64).range(TIMEOUT_MS.0..=TIMEOUT_MS.1))]
    pub(crate) egress_timeout_millis: u64,
    /// Redirects that agents follow at most. Administrators can set fewer for a project.
    #[arg(long, env = "BATON_EGRESS_MAXIMUM_REDIRECTS", default_value_t = EgressPolicy::default().maximum_redirects, value_parser = clap::value_parser!(u32).range(i64::from(REDIRECTS.0)..=i64::from(REDIRECTS.1)))]
    pub(crate) egress_maximum_redirects: u32,
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
            maximum_bytes: self.egress_maximum_bytes,
            timeout_ms: self.egress_timeout_millis,
            maximum_redirects: self.egress_maximum_redirects,
            ..EgressPolicy::default()
        }
    }
}
