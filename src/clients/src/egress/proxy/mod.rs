//! How does another program, a browser, reach out under the same rules? Through a proxy on a loopback port that is the guarded client.
//!
//! Plain requests are forwarded one by one; for `CONNECT` a tunnel is opened, in which the program speaks TLS with the host itself. Either way
//! the proxy resolves the name, checks it as [`Guard`] does, and connects to the very addresses that were checked. A secret of
//! its own keeps other programs of the machine out.

mod forward;
mod ledger;
mod tunnel;

use std::convert::Infallible;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use baton_domain::egress::EgressPolicy;
use baton_domain::problem::Code;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use parking_lot::Mutex;
use subtle::ConstantTimeEq;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::timeout;

use self::forward::Passed;
use self::ledger::Ledger;
pub use self::ledger::{Refusal, Traffic};
use super::{Admitted, CONNECT, EgressClient, EgressError, Guard, Rules, Url, shown};

/// Connections that the program may hold at once; browsers open 32 to a proxy.
pub const MAXIMUM_CONNECTIONS: usize = 128;
/// How many bytes the head of a request or an answer may have. It is looked at after each read, so a longer one may pass by that much.
pub const MAXIMUM_HEAD_BYTES: usize = 64 << 10;
/// The name under which the proxy expects its secret.
const USER: &str = "baton";

/// What may pass through a proxy in all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProxyBounds {
    /// The most bytes that hosts send.
    pub bytes: u64,
    /// The most exchanges and tunnels.
    pub exchanges: u64,
    /// Whether hosts that the policy lets be private may be reached.
    pub private: bool,
}

/// A proxy that keeps to the policy of a client. Dropping it ends all that passes through it.
#[derive(Debug)]
pub struct EgressProxy {
    address: SocketAddr,
    secret: String,
    shared: Arc<Shared>,
    accepting: JoinHandle<()>,
}

#[derive(Debug)]
struct Shared {
    policy: EgressPolicy,
    guard: Guard,
    ledger: Ledger,
    expected: String,
    /// Everything that runs for the proxy, so that it ends with it.
    tasks: Mutex<JoinSet<()>>,
}

impl EgressProxy {
    /// Opens a proxy on a free loopback port.
    ///
    /// # Errors
    /// `INTERNAL-001`, which may pass, if there is no port or no randomness.
    pub async fn open(client: &EgressClient, bounds: ProxyBounds) -> Result<Self, EgressError> {
        let cannot = |error: String| EgressError::passing(Code::Internal, format!("the proxy does not open: {error}"));
        let mut random = [0_u8; 32];
        getrandom::fill(&mut random).map_err(|error| cannot(error.to_string()))?;
        let secret = URL_SAFE_NO_PAD.encode(random);
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.map_err(|error| cannot(error.to_string()))?;
        let address = listener.local_addr().map_err(|error| cannot(error.to_string()))?;
        let shared = Arc::new(Shared {
            policy: client.policy().clone(),
            guard: if bounds.private { client.guard().clone() } else { client.guard().public_only() },
            ledger: Ledger::new(bounds),
            expected: format!("Basic {}", STANDARD.encode(format!("{USER}:{secret}"))),
            tasks: Mutex::default(),
        });
        let accepting = tokio::spawn(accept(listener, Arc::clone(&shared)));
        Ok(Self { address, secret, shared, accepting })
    }

    /// Where it listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// User name and password that it asks for (`Basic`).
    #[must_use]
    pub fn credentials(&self) -> (&'static str, &str) {
        (USER, &self.secret)
    }

    /// What passed until now, and what was refused.
    #[must_use]
    pub fn traffic(&self) -> Traffic {
        self.shared.ledger.traffic()
    }

    /// The bound of the proxy itself that was reached, if one was.
    #[must_use]
    pub fn over(&self) -> Option<EgressError> {
        self.shared.ledger.over()
    }

    /// Why the last exchange with this address, or the last tunnel to its host, was refused or failed.
    #[must_use]
    pub fn refusal(&self, url: &Url) -> Option<EgressError> {
        self.shared.ledger.refusal(url)
    }
}

impl Drop for EgressProxy {
    fn drop(&mut self) {
        self.accepting.abort();
        self.shared.tasks.lock().abort_all();
    }
}

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    let room = Arc::new(Semaphore::new(MAXIMUM_CONNECTIONS));
    loop {
        let Ok(permit) = Arc::clone(&room).acquire_owned().await else { return };
        // Out of file descriptors, for a moment: the next one may come in.
        let Ok((stream, _)) = listener.accept().await else {
            tokio::time::sleep(Duration::from_millis(10)).await;
            continue;
        };
        let serving = Arc::clone(&shared);
        shared.spawn(async move {
            let answering = Arc::clone(&serving);
            let service = service_fn(move |request| answer(Arc::clone(&answering), request));
            let mut builder = hyper::server::conn::http1::Builder::new();
            builder.max_buf_size(MAXIMUM_HEAD_BYTES).preserve_header_case(true);
            // What is refused ends its connection without an answer: to the program the host is not there.
            let _ = builder.serve_connection(TokioIo::new(stream), service).with_upgrades().await;
            drop(permit);
        });
    }
}

async fn answer(shared: Arc<Shared>, request: Request<Incoming>) -> Result<Response<Passed>, EgressError> {
    let given = request.headers().get(hyper::header::PROXY_AUTHORIZATION).map(hyper::header::HeaderValue::as_bytes);
    if !bool::from(given.unwrap_or_default().ct_eq(shared.expected.as_bytes())) {
        let mut refused = Response::new(Passed::nothing());
        *refused.status_mut() = StatusCode::PROXY_AUTHENTICATION_REQUIRED;
        refused.headers_mut().insert(hyper::header::PROXY_AUTHENTICATE, hyper::header::HeaderValue::from_static("Basic realm=\"baton\""));
        return Ok(refused);
    }
    if request.method() == Method::CONNECT {
        return Ok(tunnel::answer(&shared, request).await.unwrap_or_else(|never: Infallible| match never {}));
    }
    forward::answer(&shared, request).await
}

impl Shared {
    /// Runs something that ends with the proxy at the latest.
    fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        let mut tasks = self.tasks.lock();
        while tasks.try_join_next().is_some() {}
        tasks.spawn(task);
    }

    /// A connection to the host of an address, by all the rules.
    async fn open(&self, url: &Url) -> Result<TcpStream, EgressError> {
        self.ledger.begin()?;
        let limit = CONNECT.min(Duration::from_millis(self.policy.timeout_ms));
        let late = || EgressError::passing(Code::ExchangeTimedOut, format!("{}: the connection did not come up in time", shown(url)));
        let admitted = timeout(limit, self.guard.admit(url)).await.map_err(|_| late())??;
        // What is refused takes nobody's turn. A page asks its hosts for many things at once: it takes its turn with each
        // host once, and all that it asks of the host waits for that.
        let turn = self.ledger.turn(&admitted.host);
        turn.get_or_try_init(|| self.guard.turn(url)).await?;
        timeout(limit, connect(&admitted, url)).await.map_err(|_| late())?
    }
}

async fn connect(admitted: &Admitted, url: &Url) -> Result<TcpStream, EgressError> {
    let mut last = None;
    for address in &admitted.addresses {
        match TcpStream::connect(address).await {
            Ok(stream) => {
                let _ = stream.set_nodelay(true);
                return Ok(stream);
            }
            Err(error) => last = Some(error),
        }
    }
    let reason = last.map_or_else(|| "it has no address".to_owned(), |error| error.to_string());
    Err(EgressError::passing(Code::HostUnreachable, format!("{}: {reason}", shown(url))))
}

/// The address that a request names, if it is one that may be fetched.
fn target(text: &str) -> Result<Url, EgressError> {
    Rules::parse(text)
}
