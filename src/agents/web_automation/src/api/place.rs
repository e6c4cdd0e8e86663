//! Which addresses belong to a connection? Those of its origin, below its path, however they are written.

use std::collections::BTreeMap;

use baton_agents_runtime::SkillError;
use baton_clients::egress::{Rules, Url, shown};
use baton_domain::connection::{ConnectionGrant, ConnectionKind};
use baton_domain::problem::Code;
use serde_json::Value;

use super::secret::is_own_parameter;

/// How often a path is decoded before it is looked at: servers behind one another may each decode it once.
const DECODINGS: usize = 5;

/// Where a connection's API is.
pub(crate) fn base(grant: &ConnectionGrant) -> Result<Url, SkillError> {
    if grant.kind != ConnectionKind::Http {
        return Err(SkillError::input("connection", format!("{} leads to a database, not to an HTTP API", grant.name)));
    }
    let unreadable = |_| SkillError::new(Code::InvalidConnection, format!("connection: the address of {} does not read", grant.name));
    let mut base = Rules::parse(&grant.base_url).map_err(unreadable)?;
    base.set_fragment(None);
    Ok(base)
}

/// The address of a path below the base, with a query.
pub(crate) fn address(grant: &ConnectionGrant, base: &Url, path: &str, query: &[(String, String)]) -> Result<Url, SkillError> {
    let refuse = |what: &str| Err(SkillError::input("path", format!("{what}; give a plain path below the connection's address")));
    if path.contains(['?', '#']) {
        return refuse("it has a query or a fragment, which has a field of its own");
    }
    if !is_plain(path) {
        return refuse("it has empty, dotted or encoded parts that could lead elsewhere");
    }
    let mut url = base.clone();
    let path = path.trim_start_matches('/');
    if !path.is_empty() {
        url.set_path(&format!("{}/{path}", base.path().trim_end_matches('/')));
    }
    if let Some((name, _)) = query.iter().find(|(name, _)| is_own_parameter(grant, name)) {
        return Err(SkillError::input("query", format!("{name} is the connection's own parameter; leave it out")));
    }
    with_query(&mut url, query);
    if is_within(base, &url) { Ok(url) } else { refuse("it leaves the connection's address") }
}

/// The parameters of an input as pairs: a list gives its name several times.
pub(crate) fn parameters(field: &str, given: BTreeMap<String, Value>) -> Result<Vec<(String, String)>, SkillError> {
    let mut pairs = Vec::new();
    for (name, value) in given {
        let values = match value {
            Value::Array(values) => values,
            value => vec![value],
        };
        for value in values {
            let text = match value {
                Value::String(text) => text,
                Value::Number(number) => number.to_string(),
                Value::Bool(value) => value.to_string(),
                _ => return Err(SkillError::input(field, format!("{name} must be a text, a number, true or false, or a list of them"))),
            };
            pairs.push((name.clone(), text));
        }
    }
    Ok(pairs)
}

/// Sets parameters of a query; those that it has already are replaced.
pub(crate) fn with_query(url: &mut Url, parameters: &[(String, String)]) {
    if parameters.is_empty() {
        return;
    }
    let kept = url.query_pairs().filter(|(name, _)| !parameters.iter().any(|(new, _)| new == name));
    let kept: Vec<(String, String)> = kept.map(|(name, value)| (name.into_owned(), value.into_owned())).collect();
    url.query_pairs_mut().clear().extend_pairs(kept).extend_pairs(parameters);
}

/// The address that an answer names as the next one, if the connection covers it.
pub(crate) fn next(base: &Url, current: &Url, named: &str) -> Result<Url, SkillError> {
    let leaves = |place: String| {
        SkillError::new(
            Code::OutsideConnection,
            format!("the answer names {place} as its next page, which is not below the connection's address"),
        )
    };
    let mut url = current.join(named.trim()).map_err(|_| leaves("something that is no address".to_owned()))?;
    url.set_fragment(None);
    let url = Rules::check(url).map_err(|error| SkillError::new(Code::OutsideConnection, format!("the next page: {}", error.message)))?;
    if is_within(base, &url) { Ok(url) } else { Err(leaves(shown(&url))) }
}

fn is_within(base: &Url, url: &Url) -> bool {
    let root = base.path().trim_end_matches('/');
    let below = url.path().strip_prefix(root);
    base.origin() == url.origin() && below.is_some_and(|rest| (rest.is_empty() || rest.starts_with('/')) && is_plain(rest))
}

/// Whether a path has no part that a server might read as a step up, a root, or the end of a text.
fn is_plain(path: &str) -> bool {
    let mut bytes = path.as_bytes().to_vec();
    for _ in 0..DECODINGS {
        if bytes.iter().any(|byte| byte.is_ascii_control() || *byte == b'\\') {
            return false;
        }
        let slashes = bytes.iter().filter(|byte| **byte == b'/').count();
        let first = usize::from(bytes.first() == Some(&b'/'));
        let parts: Vec<&[u8]> = bytes[first..].split(|byte| *byte == b'/').collect();
        // A slash at the very end is no empty part.
        let inner = parts.len().saturating_sub(1);
        let empty = parts.iter().take(inner).any(|part| part.is_empty());
        // Some servers cut parameters off: `..;x`.
        let name = |part: &[u8]| part.split(|byte| *byte == b';').next().unwrap_or_default().to_vec();
        if empty || parts.iter().any(|part| matches!(name(part).as_slice(), b"." | b"..")) {
            return false;
        }
        let decoded = decoded(&bytes);
        if decoded == bytes {
            return true;
        }
        if decoded.iter().filter(|byte| **byte == b'/').count() != slashes {
            return false;
        }
        bytes = decoded;
    }
    false
}

fn decoded(bytes: &[u8]) -> Vec<u8> {
    let digit = |at: usize| bytes.get(at).and_then(|byte| char::from(*byte).to_digit(16));
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        match (byte, digit(at + 1), digit(at + 2)) {
            (b'%', Some(high), Some(low)) => {
                out.push(u8::try_from(high * 16 + low).unwrap_or_default());
                at += 3;
            }
            _ => {
                out.push(*byte);
                at += 1;
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn parts_that_lead_elsewhere_are_seen_in_every_spelling() {
        for path in [
            "..",
            "a/..",
            "../a",
            "a/./b",
            "%2e%2e/a",
            "a/%2E%2e",
            "a%2fb",
            "%252e%252e",
            "a%252fb",
            "..;x/a",
            "a//b",
            "//host/a",
            "\\a",
            "%5ca",
            "a%00",
            "a\nb",
            "%0d%0ax",
            "http://host/a",
            "%25252e.",
        ] {
            assert!(!is_plain(path), "{path}");
        }
        for path in ["", "/", "a", "/a/b/", "a%20b", "a.b/..c", "a;b=1", "100%", "%zz", "é", "a:b@c"] {
            assert!(is_plain(path), "{path}");
        }
    }

    proptest! {
        #[test]
        fn what_is_taken_lies_below_the_base(path in "[a-z./%25eE\\\\;:@ ]{0,20}") {
            let grant: ConnectionGrant = serde_json::from_value(serde_json::json!({
                "name": "a", "kind": "http", "base_url": "https://example.org/api/v1", "auth": "none"
            })).expect("a grant");
            let base = base(&grant).expect("a base");
            if let Ok(url) = address(&grant, &base, &path, &[]) {
                prop_assert_eq!(url.origin(), base.origin());
                prop_assert!(url.path() == "/api/v1" || url.path().starts_with("/api/v1/"), "{}", url);
                prop_assert!(url.path().split('/').all(|part| part != ".."), "{}", url);
            }
        }
    }
}
