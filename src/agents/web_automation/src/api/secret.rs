//! How is a connection's secret sent, and how is it kept out of everything that is shown?

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use baton_agents_runtime::SkillError;
use baton_clients::egress::{Request, header};
use baton_domain::connection::{AuthKind, ConnectionGrant};
use baton_domain::problem::Code;
use serde_json::Value;

/// What stands where something repeats the secret.
pub(crate) const HIDDEN: &str = "[secret]";

/// Puts `[secret]` in place of a connection's secret, in all spellings in which an exchange carries it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Hider {
    /// Longest first: one may hold another.
    needles: Vec<String>,
}

impl Hider {
    pub(crate) fn of(grant: &ConnectionGrant) -> Self {
        let mut needles = Vec::new();
        if let Some(secret) = grant.secret.as_deref() {
            needles.push(secret.to_owned());
            needles.push(form_urlencoded::byte_serialize(secret.as_bytes()).collect::<String>());
            if grant.auth == AuthKind::Basic {
                needles.push(STANDARD.encode(secret));
                // A service that greets its user by name gives nothing away; one that repeats the password does.
                needles.extend(secret.split_once(':').map(|(_, password)| password.to_owned()));
            }
        }
        let plus: Vec<String> = needles.iter().filter(|needle| needle.contains('+')).map(|needle| needle.replace('+', "%20")).collect();
        needles.extend(plus);
        // As a text within JSON has it.
        let escaped: Vec<String> = needles.iter().map(|needle| Value::from(needle.as_str()).to_string()).collect();
        needles.extend(escaped.iter().map(|text| text[1..text.len() - 1].to_owned()));
        needles.retain(|needle| !needle.is_empty());
        needles.sort_by(|one, two| two.len().cmp(&one.len()).then_with(|| one.cmp(two)));
        needles.dedup();
        Self { needles }
    }

    pub(crate) fn text(&self, text: &str) -> String {
        self.needles.iter().fold(text.to_owned(), |text, needle| if text.contains(needle) { text.replace(needle, HIDDEN) } else { text })
    }

    pub(crate) fn value(&self, value: Value) -> Value {
        if self.needles.is_empty() {
            return value;
        }
        match value {
            Value::String(text) => Value::String(self.text(&text)),
            Value::Array(items) => items.into_iter().map(|item| self.value(item)).collect(),
            Value::Object(map) => map.into_iter().map(|(name, value)| (self.text(&name), self.value(value))).collect(),
            // A secret of digits may come back as a number.
            Value::Number(number) if self.needles.contains(&number.to_string()) => Value::from(HIDDEN),
            other => other,
        }
    }

    /// Whether bytes that are no text hold the secret.
    pub(crate) fn is_within(&self, bytes: &[u8]) -> bool {
        self.needles.iter().any(|needle| bytes.windows(needle.len()).any(|window| window == needle.as_bytes()))
    }

    pub(crate) fn error(&self, mut error: SkillError) -> SkillError {
        error.message = self.text(&error.message);
        error
    }
}

/// Whether a header belongs to the connection: nobody else may set it.
pub(crate) fn is_own_header(grant: &ConnectionGrant, name: &str) -> bool {
    grant.auth == AuthKind::Header && grant.auth_name.as_deref().is_some_and(|own| own.eq_ignore_ascii_case(name))
}

/// Whether a query parameter belongs to the connection.
pub(crate) fn is_own_parameter(grant: &ConnectionGrant, name: &str) -> bool {
    grant.auth == AuthKind::Query && grant.auth_name.as_deref() == Some(name)
}

/// Adds the proof of identity to a request.
pub(crate) fn authenticate(grant: &ConnectionGrant, request: &mut Request) -> Result<(), SkillError> {
    let wrong = |what: &str| SkillError::new(Code::InvalidConnection, format!("connection: {} {what}; change it", grant.name));
    let secret = || grant.secret.as_deref().ok_or_else(|| wrong("has no secret"));
    let name = || grant.auth_name.as_deref().ok_or_else(|| wrong("does not say which header or parameter carries its secret"));
    let (name, value) = match grant.auth {
        AuthKind::None => return Ok(()),
        AuthKind::Query => {
            let (name, secret) = (name()?, secret()?);
            let others = request.url.query_pairs().filter(|(key, _)| key != name);
            let others: Vec<(String, String)> = others.map(|(key, value)| (key.into_owned(), value.into_owned())).collect();
            request.url.query_pairs_mut().clear().extend_pairs(others).append_pair(name, secret);
            return Ok(());
        }
        AuthKind::Bearer => (header::AUTHORIZATION, format!("Bearer {}", secret()?)),
        AuthKind::Basic => (header::AUTHORIZATION, format!("Basic {}", STANDARD.encode(secret()?))),
        AuthKind::Header => (name()?.parse().map_err(|_| wrong("has a header whose name no header can have"))?, secret()?.to_owned()),
    };
    let mut value = header::HeaderValue::from_str(&value).map_err(|_| wrong("has a secret with characters that no header has"))?;
    value.set_sensitive(true);
    request.headers.insert(name, value);
    Ok(())
}
