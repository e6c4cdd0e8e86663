use axum::{http::{header, Method}, routing::{get, post}, Router};
use std::time::Duration;
use tower_http::cors::{AllowOrigin, CorsLayer};

async fn me() -> &'static str {
    "{}"
}

async fn transfer() -> &'static str {
    "ok"
}

fn cors() -> CorsLayer {
    CorsLayer::new()
        .allow_origin(AllowOrigin::mirror_request())
        .allow_methods([Method::GET, Method::POST, Method::DELETE])
        .allow_headers([header::CONTENT_TYPE, header::AUTHORIZATION])
        .allow_credentials(true)
        .max_age(Duration::from_secs(3600))
}

pub fn app() -> Router {
    Router::new()
        .route("/me", get(me))
        .route("/transfer", post(transfer))
        .layer(cors())
}

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let listener = tokio::net::TcpListener::bind("0.0.0.0:8080").await?;
    axum::serve(listener, app()).await
}
