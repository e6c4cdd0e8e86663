use base64::engine::general_purpose::STANDARD;
use base64::Engine;
use hyper::header::{self, HeaderMap, HeaderValue};
use hyper::{Request, Response, StatusCode};
use http_body_util::Empty;
use hyper::body::{Bytes, Incoming};
use sha1::{Digest, Sha1};

const GUID: &[u8] = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HandshakeError {
    Version,
    Key,
    Upgrade,
    Origin,
}

pub struct Acceptor {
    origins: Vec<HeaderValue>,
}

fn derive_accept(key: &[u8]) -> String {
    let mut sha = Sha1::new();
    sha.update(key);
    sha.update(GUID);
    STANDARD.encode(sha.finalize())
}

fn contains_token(headers: &HeaderMap, name: header::HeaderName, token: &str) -> bool {
    headers
        .get_all(name)
        .iter()
        .filter_map(|v| v.to_str().ok())
        .flat_map(|v| v.split(','))
        .any(|t| t.trim().eq_ignore_ascii_case(token))
}

impl Acceptor {
    pub fn new(origins: Vec<HeaderValue>) -> Self {
        Acceptor { origins }
    }

    fn validate<'a>(&self, headers: &'a HeaderMap) -> Result<&'a HeaderValue, HandshakeError> {
        if !contains_token(headers, header::CONNECTION, "upgrade")
            || !contains_token(headers, header::UPGRADE, "websocket")
        {
            return Err(HandshakeError::Upgrade);
        }
        if headers.get(header::SEC_WEBSOCKET_VERSION).map(|v| v.as_bytes()) != Some(b"13") {
            return Err(HandshakeError::Version);
        }
        let origin = headers.get(header::ORIGIN).ok_or(HandshakeError::Origin)?;
        if !self.origins.contains(origin) {
            return Err(HandshakeError::Origin);
        }
        let key = headers.get(header::SEC_WEBSOCKET_KEY).ok_or(HandshakeError::Key)?;
        match STANDARD.decode(key.as_bytes()) {
            Ok(raw) if raw.len() == 16 => Ok(key),
            _ => Err(HandshakeError::Key),
        }
    }

    pub fn accept(&self, req: &Request<Incoming>) -> Response<Empty<Bytes>> {
        let mut response = Response::new(Empty::new());
        match self.validate(req.headers()) {
            Ok(key) => {
                let accept = derive_accept(key.as_bytes());
                *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
                let h = response.headers_mut();
                h.insert(header::CONNECTION, HeaderValue::from_static("Upgrade"));
                h.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
                if let Ok(v) = HeaderValue::from_str(&accept) {
                    h.insert(header::SEC_WEBSOCKET_ACCEPT, v);
                }
            }
            Err(e) => {
                tracing::debug!("handshake rejected: {e:?}");
                *response.status_mut() = StatusCode::BAD_REQUEST;
            }
        }
        response
    }
}
