//! What do all named settings have in common? Their names, addresses, and secrets that go to no host they were not given for.

use baton_domain::ports::Sealer;
use baton_domain::problem::{Code, Problem};
use baton_domain::wire::auth::Secret;
use baton_storage::{SettingsRecord, StoreError};
use url::{Host, Url};

/// Whether a name can stand in inputs and addresses.
pub(crate) fn is_name(name: &str, longest: usize) -> bool {
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    (1..=longest).contains(&name.len()) && name.chars().all(fits)
}

/// The base address of an HTTP API.
///
/// # Errors
/// What is wrong with it, and what to do.
pub(crate) fn http_address(text: &str, longest: usize, private: bool, has_secret: bool) -> Result<Url, String> {
    if text.len() > longest {
        return Err(format!("the address has {} bytes; at most {longest} are allowed", text.len()));
    }
    let url = Url::parse(text).map_err(|error| format!("this is no address ({error}); write it as https://api.example.com/v1"))?;
    if !matches!(url.scheme(), "https" | "http") {
        return Err(format!("the scheme {} is not supported; use https or http", url.scheme()));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("the address must not hold a user or a password; give them as the secret".to_owned());
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err("the address must end with its path, without ? and #".to_owned());
    }
    if !private && is_private(&url) {
        return Err("the host has a private address; an administrator can allow it with `private`".to_owned());
    }
    if url.scheme() == "http" && has_secret && !private {
        return Err("a secret would travel unencrypted; use https".to_owned());
    }
    Ok(url)
}

/// Whether the host is an address of this machine or network as it stands. What names resolve to is looked at when they are used.
fn is_private(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => {
            address.is_private() || address.is_loopback() || address.is_link_local() || address.is_unspecified() || address.is_broadcast()
        }
        Some(Host::Ipv6(address)) => {
            address.is_loopback() || address.is_unspecified() || address.is_unique_local() || address.is_unicast_link_local()
        }
        Some(Host::Domain(name)) => {
            let name = name.trim_end_matches('.');
            name.eq_ignore_ascii_case("localhost") || name.to_ascii_lowercase().ends_with(".localhost")
        }
        None => true,
    }
}

/// Where a sealed secret belongs.
pub(crate) fn place(record: &SettingsRecord) -> String {
    format!("{}:{}", record.kind.as_str(), record.id)
}

/// The secret that a record has from now on: the new one, none, or the stored one if it still goes to where it was given for.
///
/// # Errors
/// If there is a stored one that would go elsewhere, and if a new one cannot be sealed.
pub(crate) fn next_secret(
    sealer: &dyn Sealer,
    place: &str,
    given: Option<&Secret>,
    stored: Option<&SettingsRecord>,
    same_target: bool,
    refused: impl Fn(&str) -> Problem,
) -> Result<Option<Vec<u8>>, Problem> {
    match given {
        Some(Secret(text)) if text.is_empty() => Ok(None),
        Some(Secret(text)) => sealer.seal(place, text).map(Some).map_err(|error| Problem::new(Code::Internal, error)),
        None => match stored.and_then(|stored| stored.secret.clone()) {
            Some(_) if !same_target => Err(refused("the stored secret was given for another address; give it again")),
            kept => Ok(kept),
        },
    }
}

/// Whether two addresses are the same place: what a secret was given for.
pub(crate) fn same_origin(one: &str, other: &str) -> bool {
    match (Url::parse(one), Url::parse(other)) {
        (Ok(one), Ok(other)) => {
            one.scheme() == other.scheme() && one.host() == other.host() && one.port_or_known_default() == other.port_or_known_default()
        }
        _ => one == other,
    }
}

/// A conflict of names as the given problem, everything else as it is.
pub(crate) fn taken(error: StoreError, problem: Problem) -> Problem {
    if matches!(error, StoreError::Conflict(_)) { problem } else { error.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_refused_that_would_leak_or_reach_inside() {
        let check = |text: &str, private, secret| http_address(text, 100, private, secret).map(|url| url.to_string());
        assert_eq!(check("https://api.example.com/v1", false, true), Ok("https://api.example.com/v1".to_owned()));
        assert!(check("http://api.example.com/v1", false, false).is_ok());
        for (text, private, secret) in [
            ("api.example.com", false, false),
            ("ftp://api.example.com", false, false),
            ("https://user:word@api.example.com", false, false),
            ("https://api.example.com/?a=b", false, false),
            ("https://api.example.com/#a", false, false),
            ("http://api.example.com/v1", false, true),
            ("http://127.0.0.1:8080", false, false),
            ("http://0x7f.1", false, false),
            ("http://[::1]/", false, false),
            ("http://10.0.0.1/", false, false),
            ("http://localhost./", false, false),
            ("http://x.localhost/", false, false),
            ("file:///etc/passwd", true, false),
            (&format!("https://example.com/{}", "a".repeat(100)), false, false),
        ] {
            assert!(check(text, private, secret).is_err(), "{text}");
        }
        assert!(check("http://127.0.0.1:8080", true, true).is_ok());
    }

    #[test]
    fn a_secret_stays_with_its_origin() {
        assert!(same_origin("https://a.example/v1", "https://a.example:443/v2"));
        assert!(!same_origin("https://a.example", "http://a.example"));
        assert!(!same_origin("https://a.example", "https://b.example"));
        assert!(!same_origin("https://a.example", "https://a.example:444"));
    }
}
