//! How is something fetched from outside? In hops that are checked one by one, within bounds of time, size and redirects.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use baton_domain::egress::EgressPolicy;
use baton_domain::problem::Code;
use bytes::Bytes;
use parking_lot::Mutex;
use reqwest::header::{self, HeaderMap, HeaderValue};
use reqwest::{Method, StatusCode, Url};
use tokio::io::AsyncWriteExt;
use tokio::time::{Instant, timeout, timeout_at};

use super::{Admitted, EgressError, Guard, Network, Rules, SystemNetwork, Turn, builder, shown};

/// What is asked.
#[derive(Debug, Clone)]
pub struct Request {
    /// The method.
    pub method: Method,
    /// The address; see [`Rules::parse`].
    pub url: Url,
    /// Headers. Values marked as sensitive, `Authorization` and `Cookie` are left out once a redirect leads to another origin.
    pub headers: HeaderMap,
    /// The body.
    pub body: Option<Bytes>,
    /// The most bytes of the answer, if fewer than the policy has.
    pub maximum_bytes: Option<u64>,
    /// The most redirects, if fewer than the policy has.
    pub maximum_redirects: Option<u32>,
    /// The most time of the exchange, if less than the policy has.
    pub timeout: Option<Duration>,
}

impl Request {
    /// A plain request for an address.
    #[must_use]
    pub fn get(url: Url) -> Self {
        Self {
            method: Method::GET,
            url,
            headers: HeaderMap::new(),
            body: None,
            maximum_bytes: None,
            maximum_redirects: None,
            timeout: None,
        }
    }
}

/// A redirect that was followed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hop {
    /// Its status.
    pub status: u16,
    /// Where it came from.
    pub url: Url,
}

/// What the host answered. The body is read as it is asked for, within what is left of time and size.
#[derive(Debug)]
pub struct Answer {
    /// The address that answered, after redirects.
    pub url: Url,
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The redirects before.
    pub hops: Vec<Hop>,
    response: reqwest::Response,
    deadline: Instant,
    maximum_bytes: u64,
    taken: u64,
}

/// The addresses that connections may be opened to, by host.
#[derive(Debug, Default)]
struct Pins(Mutex<HashMap<String, Vec<SocketAddr>>>);

#[derive(Debug, Clone)]
struct Resolver(Arc<Pins>);

impl reqwest::dns::Resolve for Resolver {
    fn resolve(&self, name: reqwest::dns::Name) -> reqwest::dns::Resolving {
        let found = self.0.0.lock().get(name.as_str()).cloned();
        Box::pin(async move {
            let addresses = found.ok_or("the host was not admitted")?;
            Ok(Box::new(addresses.into_iter()) as reqwest::dns::Addrs)
        })
    }
}

/// A client and the addresses it may connect to.
#[derive(Debug, Clone)]
struct Pinned {
    http: reqwest::Client,
    pins: Arc<Pins>,
}

#[derive(Debug)]
struct Shared {
    policy: EgressPolicy,
    guard: Guard,
    roots: Vec<reqwest::Certificate>,
    /// The client of public hosts: only public addresses are ever pinned in it.
    public: Pinned,
    /// One for each host and port that may be private, so that no other port of the host is reached by its pins.
    private: Mutex<HashMap<(String, u16), Pinned>>,
}

/// The guarded client. Cloning is cheap; dropping a call ends its exchange.
#[derive(Debug, Clone)]
pub struct EgressClient {
    shared: Arc<Shared>,
}

impl EgressClient {
    /// A client that keeps to a policy and, with a `turn`, to a pace.
    ///
    /// # Errors
    /// `EGRESS-006` if TLS cannot be set up.
    pub fn new(policy: EgressPolicy, turn: Option<Turn>) -> Result<Self, EgressError> {
        Self::within(policy, turn, Arc::new(SystemNetwork), &[])
    }

    /// The same within a network of one's own, trusting further authorities (certificates in PEM).
    ///
    /// # Errors
    /// `EGRESS-006` if TLS cannot be set up or a certificate does not read.
    pub fn within(policy: EgressPolicy, turn: Option<Turn>, network: Arc<dyn Network>, roots: &[&[u8]]) -> Result<Self, EgressError> {
        let mut guard = Guard::new(&policy, network);
        if let Some(turn) = turn {
            guard = guard.paced(turn);
        }
        let roots = roots.iter().map(|pem| reqwest::Certificate::from_pem(pem)).collect::<Result<Vec<_>, _>>();
        let roots = roots.map_err(|error| no_tls(&error))?;
        let public = Pinned::new(&policy, &roots)?;
        Ok(Self { shared: Arc::new(Shared { policy, guard, roots, public, private: Mutex::default() }) })
    }

    /// The policy.
    #[must_use]
    pub fn policy(&self) -> &EgressPolicy {
        &self.shared.policy
    }

    /// What checks the hosts.
    #[must_use]
    pub fn guard(&self) -> &Guard {
        &self.shared.guard
    }

    /// Asks, follows redirects, and answers once the headers are there. A status of 400 or more is an answer like any other.
    ///
    /// # Errors
    /// `EGRESS-001` to `EGRESS-009` and `EGRESS-011`.
    pub async fn send(&self, request: Request) -> Result<Answer, EgressError> {
        let policy = &self.shared.policy;
        let Request { mut method, url, mut headers, mut body, maximum_bytes, maximum_redirects, timeout: most } = request;
        let mut left = Duration::from_millis(policy.timeout_ms).min(most.unwrap_or(Duration::MAX));
        let maximum_bytes = policy.maximum_bytes.min(maximum_bytes.unwrap_or(u64::MAX));
        let maximum_redirects = policy.maximum_redirects.min(maximum_redirects.unwrap_or(u32::MAX)) as usize;
        let mut url = Rules::check(url)?;
        let mut hops: Vec<Hop> = Vec::new();
        loop {
            // Waiting for a turn takes nothing of the exchange's own time.
            self.shared.guard.turn(&url).await?;
            let began = Instant::now();
            let late = || EgressError::passing(Code::ExchangeTimedOut, format!("{}: no answer in time", shown(&url)));
            let hop = self.hop(&method, &url, &headers, body.as_ref());
            let response = timeout(left, hop).await.map_err(|_| late())??;
            left = left.saturating_sub(began.elapsed());
            let status = response.status();
            let Some(next) = redirect(&response, &url)? else {
                let length = response.content_length();
                if let Some(length) = length.filter(|length| *length > maximum_bytes && method != Method::HEAD) {
                    return Err(too_large(&url, maximum_bytes, Some(length)));
                }
                let headers = response.headers().clone();
                let deadline = Instant::now() + left;
                return Ok(Answer { url, status, headers, hops, response, deadline, maximum_bytes, taken: 0 });
            };
            let before = std::mem::replace(&mut url, Rules::check(next)?);
            if url.origin() != before.origin() {
                keep_to_origin(&mut headers);
            }
            hops.push(Hop { status: status.as_u16(), url: before });
            if hops.len() > maximum_redirects {
                let message = format!("{}: more than {maximum_redirects} redirects", shown(&url));
                return Err(EgressError::lasting(Code::TooManyRedirects, message));
            }
            // As browsers do: whoever posted reads the answer elsewhere with GET, unless the status says to repeat the request.
            let to_get = match status {
                StatusCode::SEE_OTHER => method != Method::HEAD,
                StatusCode::MOVED_PERMANENTLY | StatusCode::FOUND => method == Method::POST,
                _ => false,
            };
            if to_get {
                method = Method::GET;
                body = None;
                for name in [header::CONTENT_TYPE, header::CONTENT_LENGTH, header::CONTENT_ENCODING] {
                    headers.remove(name);
                }
            }
            if method == Method::GET && hops.iter().any(|hop| hop.url == url) {
                return Err(EgressError::lasting(Code::TooManyRedirects, format!("{}: the redirects go in a circle", shown(&url))));
            }
        }
    }

    async fn hop(&self, method: &Method, url: &Url, headers: &HeaderMap, body: Option<&Bytes>) -> Result<reqwest::Response, EgressError> {
        let admitted = self.shared.guard.admit(url).await?;
        let http = self.pinned(admitted, url)?;
        let mut request = http.request(method.clone(), url.clone()).headers(headers.clone());
        if let Some(body) = body {
            request = request.body(body.clone());
        }
        // A connection from the pool is fine: its address was checked when it was opened.
        request.send().await.map_err(|error| EgressError::of(&error, &shown(url)))
    }

    fn pinned(&self, admitted: Admitted, url: &Url) -> Result<reqwest::Client, EgressError> {
        let shared = &self.shared;
        let pinned = if admitted.private {
            let key = (admitted.host.clone(), url.port_or_known_default().unwrap_or_default());
            let mut private = shared.private.lock();
            match private.get(&key) {
                Some(pinned) => pinned.clone(),
                None => private.entry(key).or_insert(Pinned::new(&shared.policy, &shared.roots)?).clone(),
            }
        } else {
            shared.public.clone()
        };
        pinned.pins.0.lock().insert(admitted.host, admitted.addresses);
        Ok(pinned.http)
    }
}

impl Pinned {
    fn new(policy: &EgressPolicy, roots: &[reqwest::Certificate]) -> Result<Self, EgressError> {
        let pins = Arc::new(Pins::default());
        let http = builder()
            // A proxy of the environment would resolve names by itself.
            .no_proxy()
            .referer(false)
            .user_agent(policy.user_agent.as_str())
            .dns_resolver(Resolver(Arc::clone(&pins)))
            .tls_certs_merge(roots.iter().cloned())
            .pool_max_idle_per_host(2)
            .build()
            .map_err(|error| no_tls(&error))?;
        Ok(Self { http, pins })
    }
}

impl Answer {
    /// A header's value as text, if there is one that is text.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// The content type as declared.
    #[must_use]
    pub fn content_type(&self) -> Option<&str> {
        self.header(header::CONTENT_TYPE.as_str())
    }

    /// How long the host asks to be left alone: `Retry-After` in seconds, or as a date, counted from the answer's own `Date`.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        let text = self.header(header::RETRY_AFTER.as_str())?.trim();
        if let Ok(seconds) = text.parse() {
            return Some(Duration::from_secs(seconds));
        }
        let until = httpdate::parse_http_date(text).ok()?;
        let now = httpdate::parse_http_date(self.header(header::DATE.as_str())?).ok()?;
        Some(until.duration_since(now).unwrap_or_default())
    }

    /// The next piece of the body, decompressed; `None` at its end.
    ///
    /// # Errors
    /// `EGRESS-007` when the time is over, `EGRESS-008` when there is too much of it, `EGRESS-005` if it is cut, `EGRESS-011` if its
    /// compression is broken.
    pub async fn chunk(&mut self) -> Result<Option<Bytes>, EgressError> {
        let late = || EgressError::passing(Code::ExchangeTimedOut, format!("{}: the answer did not end in time", shown(&self.url)));
        let chunk = timeout_at(self.deadline, self.response.chunk()).await.map_err(|_| late())?;
        let chunk = chunk.map_err(|error| EgressError::of(&error, &shown(&self.url)))?;
        if let Some(chunk) = &chunk {
            self.taken += chunk.len() as u64;
            if self.taken > self.maximum_bytes {
                return Err(too_large(&self.url, self.maximum_bytes, None));
            }
        }
        Ok(chunk)
    }

    /// The whole body in memory.
    ///
    /// # Errors
    /// As [`chunk`](Self::chunk).
    pub async fn bytes(&mut self) -> Result<Vec<u8>, EgressError> {
        let mut bytes = Vec::new();
        while let Some(chunk) = self.chunk().await? {
            bytes.extend_from_slice(&chunk);
        }
        Ok(bytes)
    }

    /// Writes the body to a file and gives its length; memory holds a piece at a time. A file that could not be finished is removed.
    ///
    /// # Errors
    /// As [`chunk`](Self::chunk); `INTERNAL-001` if the file cannot be written.
    pub async fn save(&mut self, path: &Path) -> Result<u64, EgressError> {
        let cannot = |error| EgressError::passing(Code::Internal, format!("cannot write {}: {error}", path.display()));
        let mut file = tokio::fs::File::create(path).await.map_err(cannot)?;
        let written = async {
            let mut length = 0;
            while let Some(chunk) = self.chunk().await? {
                file.write_all(&chunk).await.map_err(cannot)?;
                length += chunk.len() as u64;
            }
            file.flush().await.map_err(cannot)?;
            Ok(length)
        }
        .await;
        if written.is_err() {
            let _ = tokio::fs::remove_file(path).await;
        }
        written
    }
}

/// Where an answer redirects to; `None` if it is no redirect.
fn redirect(response: &reqwest::Response, url: &Url) -> Result<Option<Url>, EgressError> {
    if !matches!(response.status().as_u16(), 301 | 302 | 303 | 307 | 308) {
        return Ok(None);
    }
    let Some(location) = response.headers().get(header::LOCATION) else { return Ok(None) };
    let broken = || EgressError::lasting(Code::AnswerUnusable, format!("{}: it redirects to something that is no address", shown(url)));
    // Some servers send UTF-8 in headers.
    let location = std::str::from_utf8(location.as_bytes()).map_err(|_| broken())?;
    let mut next = url.join(location).map_err(|_| broken())?;
    if next.fragment().is_none() {
        next.set_fragment(url.fragment());
    }
    Ok(Some(next))
}

/// Leaves out what another origin must not see.
fn keep_to_origin(headers: &mut HeaderMap) {
    for name in [header::AUTHORIZATION, header::COOKIE, header::PROXY_AUTHORIZATION] {
        headers.remove(name);
    }
    let secret: Vec<header::HeaderName> =
        headers.iter().filter(|(_, value)| HeaderValue::is_sensitive(value)).map(|(name, _)| name.clone()).collect();
    for name in secret {
        headers.remove(name);
    }
}

fn too_large(url: &Url, maximum: u64, length: Option<u64>) -> EgressError {
    let has = length.map_or_else(|| "more".to_owned(), |length| length.to_string());
    EgressError::lasting(Code::AnswerTooLarge, format!("{}: the answer has {has} bytes; at most {maximum} are taken", shown(url)))
}

fn no_tls(error: &reqwest::Error) -> EgressError {
    EgressError::lasting(Code::TlsRefused, format!("TLS cannot be set up: {error}"))
}
