//! What administrators narrow of where agents may reach out to, and how that is shown.

use serde::{Deserialize, Serialize};

use crate::time::Timestamp;

/// The most hosts of one list.
pub const MAXIMUM_HOSTS: usize = 200;
/// The longest host of a list, in bytes.
pub const MAXIMUM_HOST: usize = 253;
/// Bounds of the limit of an answer's bytes: 1 KiB to 1 GiB.
pub const BYTES: (u64, u64) = (1 << 10, 1 << 30);
/// Bounds of the limit of an exchange's time, in milliseconds: 100 to 600,000.
pub const TIMEOUT_MS: (u64, u64) = (100, 600_000);
/// Bounds of the limit of redirects.
pub const REDIRECTS: (u32, u32) = (0, 20);

/// What a project's agents may reach, within what the servers were started with. Nothing here opens what a server's own settings close.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields, default)]
pub struct EgressRules {
    /// The only hosts that may be reached; empty for all that the servers allow. `example.org` is that host, `*.example.org` those below it.
    pub allow: Vec<String>,
    /// Hosts that may not be reached, also if they are allowed; written alike.
    pub deny: Vec<String>,
    /// The most bytes of an answer, after decompression: 1,024 to 1,073,741,824, and no more than the servers take.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(minimum = 1024, maximum = 1_073_741_824))]
    pub maximum_bytes: Option<u64>,
    /// The most milliseconds of one exchange, redirects included: 100 to 600,000, and no more than the servers take.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(minimum = 100, maximum = 600_000))]
    pub timeout_ms: Option<u64>,
    /// The most redirects that are followed: 0 to 20, and no more than the servers take.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(minimum = 0, maximum = 20))]
    pub maximum_redirects: Option<u32>,
}

/// Whether a host is what a pattern names. Both are in the form that [`EgressRules`] are stored in: lower case, ASCII, without port, dot at the end
/// and brackets.
fn names(pattern: &str, host: &str) -> bool {
    match pattern.strip_prefix("*.") {
        Some(above) => host.strip_suffix(above).is_some_and(|rest| rest.len() > 1 && rest.ends_with('.')),
        None => pattern == host,
    }
}

impl EgressRules {
    /// Why a host may not be reached, if the rules say so. The host as addresses carry it, with or without brackets.
    #[must_use]
    pub fn refusal(&self, host: &str) -> Option<String> {
        let host = host.trim_matches(['[', ']']).trim_end_matches('.').to_ascii_lowercase();
        if self.deny.iter().any(|pattern| names(pattern, &host)) {
            return Some(format!("{host} is among the denied hosts"));
        }
        if !self.allow.is_empty() && !self.allow.iter().any(|pattern| names(pattern, &host)) {
            return Some(format!("{host} is not among the allowed hosts"));
        }
        None
    }
}

/// What a server was started with; nothing of it is loosened by [`EgressRules`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct EgressBounds {
    /// The only hosts; empty for all public ones.
    pub allow: Vec<String>,
    /// Hosts that are refused.
    pub deny: Vec<String>,
    /// Hosts that may be reached although their addresses are private.
    pub private_hosts: Vec<String>,
    /// The most bytes of an answer.
    pub maximum_bytes: u64,
    /// The most milliseconds of one exchange.
    pub timeout_ms: u64,
    /// The most redirects.
    pub maximum_redirects: u32,
    /// The fewest milliseconds between two exchanges with one host.
    pub per_host_interval_ms: u64,
}

/// The rules as they are shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct EgressView {
    /// What is set for the project.
    pub rules: EgressRules,
    /// What the server that answers was started with. Another may have been started otherwise; each keeps to its own.
    pub bounds: EgressBounds,
    /// When the rules were last set; never, if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub updated_at: Option<Timestamp>,
    /// By whom, as people read it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub updated_by: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(allow: &[&str], deny: &[&str]) -> EgressRules {
        let own = |list: &[&str]| list.iter().map(|&text| text.to_owned()).collect();
        EgressRules { allow: own(allow), deny: own(deny), ..EgressRules::default() }
    }

    #[test]
    fn a_denied_host_is_refused_also_if_it_is_allowed() {
        let rules = rules(&["*.example.org", "example.net", "::1"], &["bad.example.org"]);
        for host in ["a.example.org", "a.b.example.org", "A.Example.Org.", "example.net", "[::1]"] {
            assert_eq!(rules.refusal(host), None, "{host}");
        }
        for host in ["bad.example.org", "BAD.example.org.", "example.org", "badexample.org", "a.example.net", "other.test", ".example.org"]
        {
            assert!(rules.refusal(host).is_some(), "{host}");
        }
    }

    #[test]
    fn without_an_allow_list_all_is_allowed_that_is_not_denied() {
        let rules = rules(&[], &["*.example.org"]);
        assert_eq!(rules.refusal("example.org"), None);
        assert_eq!(rules.refusal("x.example.org").as_deref(), Some("x.example.org is among the denied hosts"));
        assert_eq!(EgressRules::default().refusal("example.org"), None);
    }
}
