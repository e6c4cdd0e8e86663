//! How does TLS pass through the proxy? In a tunnel to an address that was checked, as long as bytes flow and none are too many.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use baton_domain::problem::Code;
use hyper::body::Incoming;
use hyper::upgrade::OnUpgrade;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::forward::Passed;
use super::{Shared, target};
use crate::egress::{EgressError, Url, shown};

/// How much is passed on at a time.
const PIECE_BYTES: usize = 16 << 10;

/// Answers `CONNECT host:port`.
pub(super) async fn answer(shared: &Arc<Shared>, request: Request<Incoming>) -> Result<Response<Passed>, Infallible> {
    let mut answer = Response::new(Passed::nothing());
    let Some(authority) = request.uri().authority().cloned() else {
        *answer.status_mut() = StatusCode::BAD_REQUEST;
        return Ok(answer);
    };
    let url = match target(&format!("https://{authority}/")) {
        Ok(url) => url,
        Err(_) => {
            *answer.status_mut() = StatusCode::BAD_REQUEST;
            return Ok(answer);
        }
    };
    match shared.open(&url).await {
        Ok(host) => {
            let upgrade = hyper::upgrade::on(request);
            let passing = Arc::clone(shared);
            shared.spawn(async move {
                if let Err(error) = pass(&passing, upgrade, host, &url).await {
                    passing.ledger.refuse(&url, true, error);
                }
            });
        }
        Err(error) => {
            shared.ledger.refuse(&url, true, error);
            *answer.status_mut() = StatusCode::FORBIDDEN;
        }
    }
    Ok(answer)
}

/// Passes bytes both ways until either side ends, nothing has come for the policy's time, or the proxy's bytes are used up.
async fn pass(shared: &Shared, upgrade: OnUpgrade, host: TcpStream, url: &Url) -> Result<(), EgressError> {
    // The program may have gone before its tunnel was there.
    let Ok(upgraded) = upgrade.await else { return Ok(()) };
    let (mut from_program, mut to_program) = tokio::io::split(TokioIo::new(upgraded));
    let (mut from_host, mut to_host) = host.into_split();
    let quiet = Duration::from_millis(shared.policy.timeout_ms);
    let up = async {
        // A program that sends nothing may wait for the host: only the other direction ends by silence.
        copy(&mut from_program, &mut to_host, None, |_| Ok(())).await
    };
    let down = copy(&mut from_host, &mut to_program, Some((quiet, url)), |bytes| shared.ledger.take(bytes));
    tokio::select! {
        result = up => result,
        result = down => result,
    }
}

async fn copy(
    from: &mut (impl AsyncRead + Unpin),
    to: &mut (impl AsyncWrite + Unpin),
    quiet: Option<(Duration, &Url)>,
    mut count: impl FnMut(u64) -> Result<(), EgressError>,
) -> Result<(), EgressError> {
    let mut piece = vec![0; PIECE_BYTES];
    loop {
        let read = from.read(&mut piece);
        let read = match quiet {
            Some((limit, url)) => timeout(limit, read).await.map_err(|_| {
                EgressError::passing(Code::ExchangeTimedOut, format!("{}: the tunnel was quiet for {} ms", shown(url), limit.as_millis()))
            })?,
            None => read.await,
        };
        let Ok(length @ 1..) = read else { return Ok(()) };
        count(length as u64)?;
        if to.write_all(&piece[..length]).await.is_err() || to.flush().await.is_err() {
            return Ok(());
        }
    }
}
