//! How are pages, server functions and static files served? Behind the same layers as the API.

use std::path::Path;
use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::header::{CACHE_CONTROL, COOKIE, HeaderValue};
use axum::http::request::Parts as RequestParts;
use axum::http::{HeaderMap, Uri};
use axum::routing::{MethodFilter, MethodRouter, any, on};
use baton_api::{CookieJarPolicy, Failure, Gateway};
use baton_app::{App, SessionCookies, pkg_path, shell};
use baton_domain::problem::{Code, Problem};
use baton_domain::services::{CallerContext, ClientInfo, Credential, Services};
use baton_domain::user::Caller;
use baton_domain::wire::auth::{Secret, Tokens};
use leptos::config::LeptosOptions;
use leptos::prelude::{provide_context, use_context};
use leptos::server_fn::axum::server_fn_paths;
use leptos_axum::{
    AxumRouteListing, LeptosRoutes, file_and_error_handler_with_context, generate_route_list_with_exclusions,
    handle_server_fns_with_context,
};
use tower_http::services::ServeDir;
use tower_http::set_header::SetResponseHeaderLayer;

/// What carries a hash of its content in its name may be kept for ever.
const IMMUTABLE: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");
/// What keeps its name is asked for again, and mostly not sent again.
const REVALIDATED: HeaderValue = HeaderValue::from_static("public, max-age=3600, must-revalidate");

/// What nobody is known for yet; REST counts the same three.
const SIGN_IN: [&str; 3] = ["/sfn/auth/login", "/sfn/auth/first_run", "/sfn/auth/refresh"];

/// Where a form submits a batch of tasks.
const BATCH: &str = "/sfn/tasks/submit_batch";
/// How long that form may be, in bytes, as REST. A form writes many bytes as `%xx`, so its tasks may be a third of that.
const BATCH_FORM_BYTES: usize = 16 << 20;

/// The cookies of the gateway, as the dashboard wants them.
struct Cookies {
    policy: CookieJarPolicy,
    secure: bool,
}

impl SessionCookies for Cookies {
    fn set(&self, tokens: &Tokens) -> Vec<String> {
        self.policy.set(tokens)
    }

    fn clear(&self) -> Vec<String> {
        self.policy.clear()
    }

    fn refresh_token(&self, cookies: &str) -> Option<Secret> {
        let mut headers = HeaderMap::new();
        headers.insert(COOKIE, HeaderValue::from_str(cookies).ok()?);
        match self.policy.read(&headers)? {
            Credential::Cookies { refresh, .. } => refresh,
            Credential::Bearer(_) => None,
        }
    }

    fn secure(&self) -> bool {
        self.secure
    }
}

/// The whole router: API, pages, server functions, static files.
pub(crate) fn router(gateway: &Gateway, services: &Services, site: &Path, secure: bool) -> Router {
    let options = LeptosOptions::builder()
        .output_name("baton")
        .site_root(site.to_string_lossy().into_owned())
        .site_pkg_dir("pkg")
        .hash_files(true)
        .build();
    let cookies: Arc<dyn SessionCookies> = Arc::new(Cookies { policy: gateway.cookies().clone(), secure });
    let context = context(services.clone(), cookies);
    let (for_functions, for_fallback, for_pages) = (context.clone(), context.clone(), context);
    let document = options.clone();
    let pkg = pkg_path(&options);
    let pages = Router::new()
        .merge(functions(gateway, for_functions))
        .leptos_routes_with_context(&options, page_routes(), for_pages, move || shell(document.clone()))
        .fallback(file_and_error_handler_with_context::<LeptosOptions, _>(for_fallback, shell))
        .with_state(options);
    let folder = |name: &str| ServeDir::new(site.join(name)).precompressed_br().precompressed_gzip();
    let files = Router::new()
        .nest_service(
            pkg,
            tower::ServiceBuilder::new().layer(SetResponseHeaderLayer::overriding(CACHE_CONTROL, IMMUTABLE)).service(folder("pkg")),
        )
        .nest_service(
            "/vendor",
            tower::ServiceBuilder::new().layer(SetResponseHeaderLayer::overriding(CACHE_CONTROL, REVALIDATED)).service(folder("vendor")),
        )
        .layer(gateway.security_headers_layer());
    gateway.router().merge(files).merge(gateway.protect_pages(pages))
}

/// The pages alone: Leptos would give the server functions routes of its own.
fn page_routes() -> Vec<AxumRouteListing> {
    let functions = server_fn_paths().map(|(path, _)| path.to_owned()).collect();
    generate_route_list_with_exclusions(App, Some(functions))
}

/// The server functions, each at its own address. Those by which callers become known are counted as their REST operations are.
fn functions(gateway: &Gateway, context: impl Fn() + Clone + Send + Sync + 'static) -> Router<LeptosOptions> {
    let (mut plain, mut counted) = (Router::new(), Router::new());
    for (path, method) in server_fn_paths() {
        let context = context.clone();
        let handler = move |request| handle_server_fns_with_context(context.clone(), request);
        let Ok(method) = MethodFilter::try_from(method) else { continue };
        let router = if SIGN_IN.contains(&path) { &mut counted } else { &mut plain };
        let route: MethodRouter<LeptosOptions> = on(method, handler);
        let route = if path == BATCH { route.layer(DefaultBodyLimit::max(BATCH_FORM_BYTES)) } else { route };
        *router = std::mem::take(router).route(path, route);
    }
    plain
        .merge(counted.layer(gateway.sign_in_limit_layer()))
        .route("/sfn/{*unknown}", any(no_such_function))
        .method_not_allowed_fallback(baton_api::method_not_allowed)
}

async fn no_such_function(uri: Uri) -> Failure {
    let path: String = uri.path().chars().take(200).collect();
    Failure(Problem::new(Code::NoSuchRoute, format!("{path} is no server function. Reload the page: it may be older than the server.")))
}

/// What every page and every server function finds in its context.
fn context(services: Services, cookies: Arc<dyn SessionCookies>) -> impl Fn() + Clone + Send + Sync + 'static {
    move || {
        provide_context(services.clone());
        provide_context(Arc::clone(&cookies));
        if let Some(request) = use_context::<RequestParts>() {
            let caller = request.extensions.get::<Caller>().cloned().unwrap_or_else(Caller::anonymous);
            provide_context(CallerContext(caller));
            provide_context(request.extensions.get::<ClientInfo>().cloned().unwrap_or_default());
        }
    }
}
