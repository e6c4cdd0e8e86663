//! May this address be asked for at all? Its form, its host by the lists of the policy, its port.

use baton_domain::egress::EgressPolicy;
use baton_domain::problem::Code;
use reqwest::Url;
use url::Host;

use super::EgressError;

/// The longest address, in bytes.
pub const MAXIMUM_URL_BYTES: usize = 8 << 10;

/// Ports of other protocols, which a request in HTTP could be made to speak to. Source: WHATWG Fetch, "bad ports".
const BAD_PORTS: &[u16] = &[
    1, 7, 9, 11, 13, 15, 17, 19, 20, 21, 22, 23, 25, 37, 42, 43, 53, 69, 77, 79, 87, 95, 101, 102, 103, 104, 109, 110, 111, 113, 115, 117,
    119, 123, 135, 137, 139, 143, 161, 179, 389, 427, 465, 512, 513, 514, 515, 526, 530, 531, 532, 540, 548, 554, 556, 563, 587, 601, 636,
    989, 990, 993, 995, 1719, 1720, 1723, 2049, 3659, 4045, 4190, 5060, 5061, 6000, 6566, 6665, 6666, 6667, 6668, 6669, 6679, 6697, 10080,
];

/// A host of a list: itself, or all those below it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Pattern {
    host: String,
    below: bool,
    port: Option<u16>,
}

impl Pattern {
    /// Reads `host`, `*.host`, each perhaps with `:port`. What does not read matches nothing.
    fn read(text: &str) -> Option<Self> {
        let text = text.trim();
        let (below, text) = text.strip_prefix("*.").map_or((false, text), |rest| (true, rest));
        let (host, port) = match text.rsplit_once(':') {
            // An IPv6 address without brackets has colons of its own.
            Some((host, port)) if !host.contains(':') || host.ends_with(']') => (host, Some(port.parse().ok()?)),
            _ => (text, None),
        };
        Some(Self { host: canonical(host)?, below, port })
    }

    fn matches(&self, host: &str, port: u16) -> bool {
        let named = if self.below {
            host.strip_suffix(self.host.as_str()).is_some_and(|rest| rest.len() > 1 && rest.ends_with('.'))
        } else {
            host == self.host
        };
        named && self.port.is_none_or(|only| only == port)
    }
}

/// A host as the lists compare it: ASCII (IDN as `xn--…`), lower case, no trailing dot, addresses in their shortest form, without brackets.
fn canonical(host: &str) -> Option<String> {
    let host = host.trim_end_matches('.');
    let host = if host.contains(':') && !host.starts_with('[') { format!("[{host}]") } else { host.to_owned() };
    Some(bare(&Host::parse(&host).ok()?))
}

fn bare(host: &Host<impl AsRef<str>>) -> String {
    match host {
        Host::Domain(name) => name.as_ref().trim_end_matches('.').to_ascii_lowercase(),
        Host::Ipv4(address) => address.to_string(),
        Host::Ipv6(address) => address.to_string(),
    }
}

/// An address for messages and logs: without query, fragment and credentials.
#[must_use]
pub fn shown(url: &Url) -> String {
    let mut url = url.clone();
    url.set_query(None);
    url.set_fragment(None);
    let _ = url.set_username("");
    let _ = url.set_password(None);
    url.into()
}

/// The lists of a policy, ready to be asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rules {
    allow: Vec<Pattern>,
    /// Whether the policy has an allow list at all: one whose entries are all unreadable must not allow everything.
    only_allowed: bool,
    /// The second list, which holds as well.
    also: Vec<Pattern>,
    only_also: bool,
    deny: Vec<Pattern>,
    private: Vec<Pattern>,
}

impl Rules {
    /// The rules of a policy.
    #[must_use]
    pub fn of(policy: &EgressPolicy) -> Self {
        let read = |list: &[String]| list.iter().filter_map(|text| Pattern::read(text)).collect();
        Self {
            allow: read(&policy.allow),
            only_allowed: !policy.allow.is_empty(),
            also: read(&policy.also_allow),
            only_also: !policy.also_allow.is_empty(),
            deny: read(&policy.deny),
            private: read(&policy.private_hosts),
        }
    }

    /// The address in its one form, if its form is acceptable.
    ///
    /// # Errors
    /// `EGRESS-001`.
    pub fn parse(text: &str) -> Result<Url, EgressError> {
        if text.len() > MAXIMUM_URL_BYTES {
            return Err(EgressError::lasting(Code::UrlRefused, format!("the address has more than {MAXIMUM_URL_BYTES} bytes")));
        }
        let url = Url::parse(text.trim())
            .map_err(|error| EgressError::lasting(Code::UrlRefused, format!("the address does not parse: {error}")))?;
        Self::check(url)
    }

    /// The same for one that has been parsed, as a redirect's.
    ///
    /// # Errors
    /// `EGRESS-001`.
    pub fn check(mut url: Url) -> Result<Url, EgressError> {
        let refuse = |message: String| Err(EgressError::lasting(Code::UrlRefused, message));
        if url.as_str().len() > MAXIMUM_URL_BYTES {
            return refuse(format!("the address has more than {MAXIMUM_URL_BYTES} bytes"));
        }
        if !matches!(url.scheme(), "http" | "https") {
            return refuse(format!("{}: addresses are not fetched, only http and https ones", url.scheme()));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return refuse(format!("{} carries a user name or password; use a connection for them", shown(&url)));
        }
        let Some(Host::Domain(name)) = url.host() else {
            return Self::check_port(url);
        };
        let plain = name.trim_end_matches('.').to_owned();
        if plain.is_empty() {
            return refuse("the address has no host".to_owned());
        }
        if plain.len() != name.len() && url.set_host(Some(&plain)).is_err() {
            return refuse("the host is not acceptable".to_owned());
        }
        Self::check_port(url)
    }

    fn check_port(url: Url) -> Result<Url, EgressError> {
        match url.port_or_known_default() {
            Some(port) if BAD_PORTS.contains(&port) => {
                Err(EgressError::lasting(Code::UrlRefused, format!("port {port} belongs to another protocol than HTTP")))
            }
            Some(0) | None => Err(EgressError::lasting(Code::UrlRefused, "the address has no port".to_owned())),
            Some(_) => Ok(url),
        }
    }

    /// Whether the lists let this host be reached.
    ///
    /// # Errors
    /// `EGRESS-002`.
    pub fn admit(&self, host: &Host<impl AsRef<str>>, port: u16) -> Result<(), EgressError> {
        let host = bare(host);
        let matches = |list: &[Pattern]| list.iter().any(|pattern| pattern.matches(&host, port));
        if matches(&self.deny) {
            return Err(EgressError::lasting(Code::HostRefused, format!("{host} is among the denied hosts")));
        }
        if (self.only_allowed && !matches(&self.allow)) || (self.only_also && !matches(&self.also)) {
            return Err(EgressError::lasting(Code::HostRefused, format!("{host} is not among the allowed hosts")));
        }
        Ok(())
    }

    /// The same without exceptions: no host may have a private address.
    #[must_use]
    pub fn without_private(&self) -> Self {
        Self { private: Vec::new(), ..self.clone() }
    }

    /// Whether this host may have a private address.
    #[must_use]
    pub fn may_be_private(&self, host: &Host<impl AsRef<str>>, port: u16) -> bool {
        let host = bare(host);
        self.private.iter().any(|pattern| pattern.matches(&host, port))
    }
}
