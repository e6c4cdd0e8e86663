//! How does a server start, and how does it stop?

use std::io::Write;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use baton_domain::problem::Code;
use baton_orchestration::Claims;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

use crate::config::ServeConfig;
use crate::data_folder::DataFolder;
use crate::start_error::StartError;
use crate::wiring::Parts;
use crate::{site, sources};

/// How long requests may go on once the server stops.
const LAST_REQUESTS: Duration = Duration::from_secs(5);

/// Runs a server until it is told to stop.
pub(crate) async fn run(config: ServeConfig) -> Result<(), StartError> {
    let sources = sources::system();
    baton_observability::server_log::install(&config.log.options(), Arc::clone(&sources.clock))
        .map_err(|error| StartError::new(Code::ConfigurationInvalid, error.to_string()))?;
    config.faults.arm();
    // The port first: whoever starts a second server by mistake learns of it at once.
    let listener = bind(config.bind.listen).await?;
    let folder = DataFolder::take(&config.data.data)?;
    let parts = Parts::start(&config, &folder, sources).await?;
    let code = first_administrator(&config, &parts).await?;
    let site_root = config.site.root();
    if !site_root.join("pkg").is_dir() {
        tracing::warn!(folder = %site_root.display(), "the dashboard's files are missing; only the API answers. Build with make serve");
    }
    let secure = config.bind.public_origin.as_deref().is_some_and(|origin| origin.starts_with("https://"));
    let router = site::router(&parts.gateway, &parts.services, &site_root, secure);
    let address = listener.local_addr().map_err(|error| StartError::new(Code::PortOccupied, error.to_string()))?;
    announce(address, &config, code.as_deref());
    let served = serve(listener, router, parts.live.clone(), parts.claims()).await;
    parts.stop().await;
    tracing::info!("stopped");
    drop(folder);
    served
}

async fn bind(address: SocketAddr) -> Result<TcpListener, StartError> {
    TcpListener::bind(address).await.map_err(|error| {
        let advice = match error.kind() {
            std::io::ErrorKind::AddrInUse => "Another program listens there; stop it, or name another address with --listen.",
            std::io::ErrorKind::PermissionDenied => "Ports below 1024 need more rights; name another with --listen.",
            _ => "Name another address with --listen.",
        };
        StartError::new(Code::PortOccupied, format!("{address}: {error}. {advice}"))
    })
}

/// Makes the first administrator from the settings; else gives the one-time code, while there is no user.
async fn first_administrator(config: &ServeConfig, parts: &Parts) -> Result<Option<String>, StartError> {
    if let (Some(email), Some(password)) = (&config.admin.admin_email, &config.admin.admin_password)
        && parts.auth.create_first_admin(email, password).await?
    {
        tracing::info!(%email, "the first administrator was made");
    }
    Ok(parts.auth.setup_code().await?)
}

/// Says where the server is, for people and for the programs that started it.
fn announce(address: SocketAddr, config: &ServeConfig, code: Option<&str>) {
    let origin = config.bind.public_origin.clone().unwrap_or_else(|| format!("http://{address}"));
    let mut text = format!("Baton listens on {origin}\n");
    if let Some(code) = code {
        text.push_str(&format!("One-time code for the first administrator: {code}\nOpen {origin}/first-run and type it there.\n"));
    }
    let mut out = std::io::stdout().lock();
    // A closed standard output is no reason not to serve.
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}

async fn serve(listener: TcpListener, router: Router, live: CancellationToken, claims: Claims) -> Result<(), StartError> {
    let stop = CancellationToken::new();
    let stopping = stop.clone();
    let signals = listen_for_signals()?;
    tokio::spawn(async move {
        signals.await;
        tracing::info!("stopping");
        claims.end();
        // Live connections end first: they would hold the server up for ever.
        live.cancel();
        stopping.cancel();
    });
    let service = router.into_make_service_with_connect_info::<SocketAddr>();
    let graceful = stop.clone();
    let serving = axum::serve(listener, service).with_graceful_shutdown(async move { graceful.cancelled().await });
    tokio::select! {
        result = serving => result.map_err(|error| StartError::new(Code::Internal, error.to_string())),
        () = async { stop.cancelled().await; tokio::time::sleep(LAST_REQUESTS).await } => Ok(()),
    }
}

pub(crate) fn listen_for_signals() -> Result<impl Future<Output = ()>, StartError> {
    let failed = |error: std::io::Error| StartError::new(Code::Internal, format!("signals cannot be listened to: {error}"));
    let (mut interrupt, mut terminate) =
        (signal(SignalKind::interrupt()).map_err(failed)?, signal(SignalKind::terminate()).map_err(failed)?);
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}
