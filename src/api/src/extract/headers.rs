//! Which headers of a request mean something to handlers.

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use axum::http::HeaderMap;
use axum::http::header::ORIGIN;
use axum::http::request::Parts;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use baton_domain::problem::Problem;

use crate::problem_response::Failure;

const IDEMPOTENCY_KEY: &str = "idempotency-key";
const LONGEST_IDEMPOTENCY_KEY: usize = 255;
const SHA256_BYTES: usize = 32;

/// The `Idempotency-Key` of a request that creates something.
pub(crate) struct IdempotencyKey(pub(crate) Option<String>);

impl<S: Send + Sync> FromRequestParts<S> for IdempotencyKey {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Failure> {
        let Some(value) = parts.headers.get(IDEMPOTENCY_KEY) else { return Ok(Self(None)) };
        let fits = |bytes: &[u8]| (1..=LONGEST_IDEMPOTENCY_KEY).contains(&bytes.len()) && bytes.iter().all(u8::is_ascii_graphic);
        match value.to_str() {
            Ok(key) if fits(key.as_bytes()) => Ok(Self(Some(key.to_owned()))),
            _ => Err(Problem::invalid_field("Idempotency-Key", "Use 1 to 255 visible ASCII characters, as of a UUID.").into()),
        }
    }
}

/// Whether a browser sends the request; programs send neither of the two headers.
pub(crate) struct Browser(pub(crate) bool);

impl<S: Send + Sync> FromRequestParts<S> for Browser {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Infallible> {
        Ok(Self(parts.headers.contains_key("sec-fetch-site") || parts.headers.contains_key(ORIGIN)))
    }
}

/// The SHA-256 that the sender promises, in hexadecimal: from `X-Content-SHA256`, else from `Content-Digest` (RFC 9530).
pub(crate) fn content_hash(headers: &HeaderMap) -> Result<Option<String>, Problem> {
    if let Some(value) = headers.get("x-content-sha256") {
        let text = value.to_str().unwrap_or_default().trim().to_ascii_lowercase();
        return match hex::decode(&text) {
            Ok(bytes) if bytes.len() == SHA256_BYTES => Ok(Some(text)),
            _ => Err(Problem::invalid_field("X-Content-SHA256", "Write the SHA-256 as 64 hexadecimal digits.")),
        };
    }
    let Some(value) = headers.get("content-digest") else { return Ok(None) };
    let invalid = || Problem::invalid_field("Content-Digest", "Write it as sha-256=:<base64>: (RFC 9530).");
    let members = value.to_str().map_err(|_| invalid())?.split(',').map(str::trim);
    // Digests by other algorithms may stand beside it; they are not looked at.
    let Some(digest) = members.filter_map(|member| member.strip_prefix("sha-256=")).next() else { return Ok(None) };
    let encoded = digest.strip_prefix(':').and_then(|rest| rest.strip_suffix(':')).ok_or_else(invalid)?;
    let bytes = STANDARD.decode(encoded).map_err(|_| invalid())?;
    if bytes.len() == SHA256_BYTES { Ok(Some(hex::encode(bytes))) } else { Err(invalid()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::{HeaderName, HeaderValue};

    fn hash(name: &'static str, value: &'static str) -> Result<Option<String>, String> {
        let mut headers = HeaderMap::new();
        headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
        content_hash(&headers).map_err(|problem| problem.code)
    }

    #[test]
    fn a_promised_hash_is_read_from_either_header() {
        // The SHA-256 of nothing.
        let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(hash("x-content-sha256", "E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B855"), Ok(Some(empty.into())));
        let digest = "sha-512=:AAAA:, sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=:";
        assert_eq!(hash("content-digest", digest), Ok(Some(empty.into())));
        assert_eq!(hash("content-digest", "md5=:AAAA:"), Ok(None));
        assert_eq!(hash("content-digest", "sha-256=47DE"), Err("REQUEST-002".into()));
        assert_eq!(hash("x-content-sha256", "abc"), Err("REQUEST-002".into()));
    }
}
