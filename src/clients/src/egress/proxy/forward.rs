//! How does a plain request pass through the proxy? On a connection of its own to an address that was checked, its answer within bounds.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use baton_domain::problem::Code;
use bytes::Bytes;
use hyper::body::{Body, Frame, Incoming, SizeHint};
use hyper::header::{self, HeaderMap, HeaderName, HeaderValue};
use hyper::{Request, Response, Uri};
use hyper_util::rt::TokioIo;
use tokio::task::AbortHandle;
use tokio::time::{Instant, Sleep, sleep_until, timeout_at};

use super::{MAXIMUM_HEAD_BYTES, Shared, target};
use crate::egress::{EgressError, Url, shown};

/// Headers that belong to one connection and not to the exchange (RFC 9110, section 7.6.1), and those of proxies.
const HOP: &[&str] = &[
    "connection",
    "proxy-authenticate",
    "proxy-authorization",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "keep-alive",
    "proxy-connection",
];

/// Answers a request in absolute form. An error ends the program's connection.
pub(super) async fn answer(shared: &Arc<Shared>, request: Request<Incoming>) -> Result<Response<Passed>, EgressError> {
    let url = target(&request.uri().to_string())?;
    let result = exchange(shared, request, &url).await;
    if let Err(error) = &result {
        shared.ledger.refuse(&url, false, error.clone());
    }
    result
}

async fn exchange(shared: &Arc<Shared>, mut request: Request<Incoming>, url: &Url) -> Result<Response<Passed>, EgressError> {
    if url.scheme() != "http" {
        return Err(EgressError::lasting(Code::UrlRefused, format!("{}: it belongs into a tunnel", shown(url))));
    }
    let stream = shared.open(url).await?;
    let deadline = Instant::now() + Duration::from_millis(shared.policy.timeout_ms);
    let late = || EgressError::passing(Code::ExchangeTimedOut, format!("{}: no answer in time", shown(url)));
    let broken = |error: &hyper::Error| {
        if error.is_parse() {
            EgressError::lasting(Code::AnswerUnusable, format!("{}: {error}", shown(url)))
        } else {
            EgressError::passing(Code::HostUnreachable, format!("{}: {error}", shown(url)))
        }
    };
    let mut builder = hyper::client::conn::http1::Builder::new();
    builder.max_buf_size(MAXIMUM_HEAD_BYTES).preserve_header_case(true);
    let (mut host, connection) = builder.handshake(TokioIo::new(stream)).await.map_err(|error| broken(&error))?;
    let connection = EndOnDrop(tokio::spawn(async move { drop(connection.await) }).abort_handle());
    let path = url.query().map_or_else(|| url.path().to_owned(), |query| format!("{}?{query}", url.path()));
    *request.uri_mut() = path.parse::<Uri>().map_err(|error| EgressError::lasting(Code::UrlRefused, format!("{}: {error}", shown(url))))?;
    only_exchange(request.headers_mut());
    // The host is the one that was checked, whatever the program writes.
    let name = url
        .port()
        .map_or_else(|| url.host_str().unwrap_or_default().to_owned(), |port| format!("{}:{port}", url.host_str().unwrap_or_default()));
    let name = HeaderValue::try_from(name).map_err(|_| EgressError::lasting(Code::UrlRefused, format!("{}: the host", shown(url))))?;
    request.headers_mut().insert(header::HOST, name);
    let response = timeout_at(deadline, host.send_request(request)).await.map_err(|_| late())?.map_err(|error| broken(&error))?;
    let most = shared.policy.maximum_bytes;
    if let Some(length) = response.body().size_hint().exact().filter(|length| *length > most) {
        return Err(EgressError::lasting(
            Code::AnswerTooLarge,
            format!("{}: the answer has {length} bytes; at most {most} are taken", shown(url)),
        ));
    }
    let mut response = response.map(|body| Passed {
        inner: Some(Inner {
            body,
            url: url.clone(),
            shared: Arc::clone(shared),
            left: most,
            end: Box::pin(sleep_until(deadline)),
            _connection: connection,
        }),
    });
    only_exchange(response.headers_mut());
    Ok(response)
}

/// Leaves out what belongs to the connection.
fn only_exchange(headers: &mut HeaderMap) {
    let named: Vec<HeaderName> = headers
        .get_all(header::CONNECTION)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .filter_map(|name| name.trim().parse().ok())
        .collect();
    for name in &named {
        headers.remove(name);
    }
    for name in HOP {
        headers.remove(*name);
    }
}

#[derive(Debug)]
struct EndOnDrop(AbortHandle);

impl Drop for EndOnDrop {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// The body of an answer as it passes: counted, and cut when its time is over.
#[derive(Debug)]
pub(super) struct Passed {
    inner: Option<Inner>,
}

#[derive(Debug)]
struct Inner {
    body: Incoming,
    url: Url,
    shared: Arc<Shared>,
    left: u64,
    end: Pin<Box<Sleep>>,
    _connection: EndOnDrop,
}

impl Passed {
    /// No body.
    pub(super) const fn nothing() -> Self {
        Self { inner: None }
    }
}

impl Inner {
    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, EgressError>>> {
        if self.end.as_mut().poll(context).is_ready() {
            let message = format!("{}: the answer did not end in time", shown(&self.url));
            return Poll::Ready(Some(Err(EgressError::passing(Code::ExchangeTimedOut, message))));
        }
        let frame = match std::task::ready!(Pin::new(&mut self.body).poll_frame(context)) {
            None => return Poll::Ready(None),
            Some(Ok(frame)) => frame,
            Some(Err(error)) => {
                let error = EgressError::passing(Code::HostUnreachable, format!("{}: {error}", shown(&self.url)));
                return Poll::Ready(Some(Err(error)));
            }
        };
        let length = frame.data_ref().map_or(0, Bytes::len) as u64;
        let most = self.shared.policy.maximum_bytes;
        let taken = self.shared.ledger.take(length).and_then(|()| {
            self.left = self.left.checked_sub(length).ok_or_else(|| {
                EgressError::lasting(Code::AnswerTooLarge, format!("{}: the answer has more than {most} bytes", shown(&self.url)))
            })?;
            Ok(frame)
        });
        Poll::Ready(Some(taken))
    }
}

impl Body for Passed {
    type Data = Bytes;
    type Error = EgressError;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, EgressError>>> {
        let Some(inner) = &mut self.inner else { return Poll::Ready(None) };
        let polled = inner.poll(context);
        if let Poll::Ready(Some(Err(error))) = &polled {
            inner.shared.ledger.refuse(&inner.url, false, error.clone());
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.inner.as_ref().is_none_or(|inner| inner.body.is_end_stream())
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.as_ref().map_or_else(|| SizeHint::with_exact(0), |inner| inner.body.size_hint())
    }
}
