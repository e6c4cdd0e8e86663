//! What all parts of the gateway share, and the layers that the server also puts around pages and server functions.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::middleware::{FromFnLayer, Next, from_fn_with_state};
use axum::response::Response;
use baton_domain::services::Services;
use tokio_util::task::TaskTracker;
use tower_http::catch_panic::CatchPanicLayer;

use crate::config::GatewayConfig;
use crate::middleware::origin::OriginPolicy;
use crate::middleware::rate_limit::Buckets;
use crate::middleware::{authenticate, origin, rate_limit, request_context, security_headers};
use crate::session_cookies::CookieJarPolicy;
use crate::websocket::Connections;
use crate::{problem_response, routes};

/// What a layer of the gateway returns while it works.
pub type LayerFuture = Pin<Box<dyn Future<Output = Response> + Send>>;

/// A layer of the gateway: put it around any router with `Router::layer`.
pub type GatewayLayer = FromFnLayer<LayerFunction, Gateway, (State<Gateway>, Request)>;

type LayerFunction = fn(State<Gateway>, Request, Next) -> LayerFuture;

/// Who is answered, which decides what a failed proof of a browser's session means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Audience {
    /// Programs and the dashboard's calls: the problem is the answer.
    Api,
    /// Pages, and server functions behind them: they go on as nobody, and the stale cookies are cleared.
    Pages,
}

/// The gateway: cheap to clone, shared by everything that answers requests.
#[derive(Clone)]
pub struct Gateway(Arc<Parts>);

/// What the parts of the gateway share; nothing of it is for others.
pub struct Parts {
    pub(crate) services: Services,
    pub(crate) config: GatewayConfig,
    pub(crate) cookies: CookieJarPolicy,
    pub(crate) origins: OriginPolicy,
    pub(crate) requests: Buckets,
    pub(crate) sign_ins: Buckets,
    pub(crate) connections: Connections,
    pub(crate) live_tasks: TaskTracker,
}

impl std::ops::Deref for Gateway {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}

impl std::fmt::Debug for Gateway {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Gateway")
    }
}

impl Gateway {
    /// A gateway before these services.
    #[must_use]
    pub fn new(services: Services, config: GatewayConfig) -> Self {
        let limits = &config.limits;
        let clock = &config.sources.clock;
        Self(Arc::new(Parts {
            cookies: CookieJarPolicy::new(config.is_https(), Arc::clone(clock)),
            origins: OriginPolicy::new(config.public_origin.as_deref()),
            requests: Buckets::new(limits.requests, limits.counted_clients, Arc::clone(clock)),
            sign_ins: Buckets::new(limits.sign_ins, limits.counted_clients, Arc::clone(clock)),
            connections: Connections::new(limits.live_connections, limits.live_connections_each),
            live_tasks: TaskTracker::new(),
            services,
            config,
        }))
    }

    fn layer(&self, function: LayerFunction) -> GatewayLayer {
        from_fn_with_state(self.clone(), function)
    }

    /// Everything under `/api`, and the pages of the error codes under `/docs/errors`. It sets no fallback outside
    /// `/api`, so that it merges with the pages' router. Serve it with connect info, or no address is known.
    pub fn router(&self) -> Router {
        routes::router(self)
    }

    /// The names and attributes of the session's cookies, for whoever else signs people in and out.
    #[must_use]
    pub fn cookies(&self) -> &CookieJarPolicy {
        &self.0.cookies
    }

    /// The outermost layer: gives the request its id, its span and its [`ClientInfo`](baton_domain::services::ClientInfo),
    /// and writes the id into problem bodies.
    pub fn request_context_layer(&self) -> GatewayLayer {
        self.layer(|state, request, next| Box::pin(request_context::run(state, request, next)))
    }

    /// Adds the headers that every answer carries, unless it carries its own: `nosniff`, `Referrer-Policy`, framing,
    /// `Permissions-Policy`, HSTS over https. Pages bring their own `Content-Security-Policy`.
    pub fn security_headers_layer(&self) -> GatewayLayer {
        self.layer(|state, request, next| Box::pin(security_headers::run(state, request, next)))
    }

    /// Turns a panic into `INTERNAL-001`.
    #[must_use]
    pub fn panic_layer(&self) -> CatchPanicLayer<fn(Box<dyn std::any::Any + Send>) -> Response> {
        CatchPanicLayer::custom(problem_response::panicked as fn(Box<dyn std::any::Any + Send>) -> Response)
    }

    /// Refuses what changes state or opens a socket and comes from another site. Leptos has no such check: put it
    /// around `/sfn` too.
    pub fn same_origin_layer(&self) -> GatewayLayer {
        self.layer(|state, request, next| Box::pin(origin::run(state, request, next)))
    }

    /// Finds out who calls, once a request, and puts the [`Caller`](baton_domain::user::Caller) into its extensions.
    /// Needs [`request_context_layer`](Self::request_context_layer) around it.
    pub fn authenticate_layer(&self, audience: Audience) -> GatewayLayer {
        match audience {
            Audience::Api => self.layer(|state, request, next| Box::pin(authenticate::run(state, Audience::Api, request, next))),
            Audience::Pages => self.layer(|state, request, next| Box::pin(authenticate::run(state, Audience::Pages, request, next))),
        }
    }

    /// Counts requests by caller, else by address, and refuses too many. Goes inside the authentication.
    pub fn rate_limit_layer(&self) -> GatewayLayer {
        self.layer(|state, request, next| Box::pin(rate_limit::run(state, request, next)))
    }

    /// Counts sign-ins by address, more strictly.
    pub fn sign_in_limit_layer(&self) -> GatewayLayer {
        self.layer(|state, request, next| Box::pin(rate_limit::run_sign_in(state, request, next)))
    }

    /// All layers that pages and server functions need, in their order: the same that the API has.
    pub fn protect_pages(&self, pages: Router) -> Router {
        pages
            .layer(self.rate_limit_layer())
            .layer(self.authenticate_layer(Audience::Pages))
            .layer(self.same_origin_layer())
            .layer(self.panic_layer())
            .layer(self.security_headers_layer())
            .layer(self.request_context_layer())
    }

    /// Resolves when every live connection has ended; call it after the shutdown token was cancelled.
    pub async fn live_connections_ended(&self) {
        self.0.live_tasks.close();
        self.0.live_tasks.wait().await;
    }
}
