//! How the tests call the gateway: in this process, without a port.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{HeaderMap, Request, StatusCode};
use baton_api::{Gateway, GatewayConfig};
use http_body_util::BodyExt;
use serde_json::Value;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

use crate::fakes::{Script, services, sources};

/// A gateway before scripted services.
pub(crate) struct Bench {
    pub(crate) script: Arc<Script>,
    pub(crate) gateway: Gateway,
    pub(crate) router: Router,
    pub(crate) shutdown: CancellationToken,
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Answered {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) bytes: Vec<u8>,
}

impl Bench {
    pub(crate) fn new() -> Self {
        Self::with(|_| {})
    }

    pub(crate) fn with(change: impl FnOnce(&mut GatewayConfig)) -> Self {
        let script = Arc::new(Script::default());
        let shutdown = CancellationToken::new();
        let mut config = GatewayConfig::new("1.2.3", sources(&script), shutdown.clone());
        change(&mut config);
        let gateway = Gateway::new(services(&script), config);
        Self { router: gateway.router(), script, gateway, shutdown }
    }

    pub(crate) async fn send(&self, request: Request<Body>) -> Answered {
        answer(self.router.clone(), request).await
    }

    /// A request without a body.
    pub(crate) async fn call(&self, method: &str, path: &str, headers: &[(&str, &str)]) -> Answered {
        self.send(request(method, path, headers, Body::empty())).await
    }

    /// A request with a JSON body, as an operator.
    pub(crate) async fn post(&self, path: &str, body: &Value) -> Answered {
        self.post_with(path, body, &[("authorization", "Bearer operator")]).await
    }

    pub(crate) async fn post_with(&self, path: &str, body: &Value, headers: &[(&str, &str)]) -> Answered {
        let headers = [&[("content-type", "application/json")], headers].concat();
        self.send(request("POST", path, &headers, Body::from(body.to_string()))).await
    }

    /// A GET as a viewer.
    pub(crate) async fn get(&self, path: &str) -> Answered {
        self.call("GET", path, &[("authorization", "Bearer viewer")]).await
    }
}

pub(crate) async fn answer(router: Router, request: Request<Body>) -> Answered {
    let response = router.oneshot(request).await.unwrap();
    let (parts, body) = response.into_parts();
    let bytes = body.collect().await.unwrap().to_bytes().to_vec();
    Answered { status: parts.status, headers: parts.headers, bytes }
}

pub(crate) fn request(method: &str, path: &str, headers: &[(&str, &str)], body: Body) -> Request<Body> {
    let mut builder = Request::builder().method(method).uri(path).header("host", "127.0.0.1:3000");
    for (name, value) in headers {
        builder = builder.header(*name, *value);
    }
    let mut request = builder.body(body).unwrap();
    let peer: SocketAddr = "203.0.113.5:4000".parse().unwrap();
    request.extensions_mut().insert(ConnectInfo(peer));
    request
}

impl Answered {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.bytes).unwrap_or(Value::Null)
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes).into_owned()
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map(|value| value.to_str().unwrap()).unwrap_or_default()
    }

    pub(crate) fn cookies(&self) -> Vec<&str> {
        self.headers.get_all("set-cookie").iter().map(|value| value.to_str().unwrap()).collect()
    }

    /// Status and code of a problem, after checking that it is a whole one.
    pub(crate) fn problem(&self) -> (u16, String) {
        assert_eq!(self.header("content-type"), "application/problem+json", "{}", self.text());
        let body = self.json();
        assert_eq!(body["status"], self.status.as_u16());
        assert_eq!(body["type"], format!("/docs/errors/{}", body["code"].as_str().unwrap()));
        assert_eq!(body["request_id"], self.header("x-request-id"), "the id in the body is that of the header");
        assert!(body["detail"].as_str().is_some_and(|detail| !detail.is_empty()));
        (self.status.as_u16(), body["code"].as_str().unwrap().to_owned())
    }

    /// The fields that a problem names.
    pub(crate) fn fields(&self) -> Vec<String> {
        let errors = self.json()["errors"].as_array().cloned().unwrap_or_default();
        errors.iter().map(|error| error["field"].as_str().unwrap().to_owned()).collect()
    }
}
