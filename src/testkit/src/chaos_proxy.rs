//! How does a test make a network misbehave? With a TCP proxy that cuts, resets, delays, or swallows what goes through it.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};

/// Bytes that are passed on at once.
const CHUNK: usize = 16 << 10;
/// How long the port is tried for again when the proxy listens anew.
const REBIND: (u32, Duration) = (200, Duration::from_millis(10));

/// What becomes of bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Passage {
    /// They pass.
    Open,
    /// They are held back, both ways or only those of the server; connections stay open and new ones are taken.
    Held {
        /// Those of the client, too.
        both: bool,
    },
    /// There is no way: connections end and new ones are refused.
    Cut,
}

#[derive(Debug, Clone, Copy)]
struct Weather {
    passage: Passage,
    delay: Duration,
    /// Grows with every reset.
    resets: u64,
}

impl Weather {
    fn holds(self, way: Way) -> bool {
        match self.passage {
            Passage::Open => false,
            Passage::Held { both } => both || way == Way::ToClient,
            Passage::Cut => true,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    ToServer,
    ToClient,
}

/// A proxy before one server. Dropping it ends its connections.
#[derive(Debug)]
pub struct ChaosProxy {
    address: SocketAddr,
    weather: watch::Sender<Weather>,
    open: Arc<AtomicUsize>,
    accepting: JoinHandle<()>,
}

impl ChaosProxy {
    /// Listens on a free port of this machine and passes everything on to `upstream`.
    ///
    /// # Errors
    /// If no port can be had.
    pub async fn start(upstream: SocketAddr) -> io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        let (weather, seen) = watch::channel(Weather { passage: Passage::Open, delay: Duration::ZERO, resets: 0 });
        let open = Arc::new(AtomicUsize::new(0));
        let accepting = tokio::spawn(accept(listener, address, upstream, seen, Arc::clone(&open)));
        Ok(Self { address, weather, open, accepting })
    }

    /// Where clients connect to.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// How many connections go through it now.
    #[must_use]
    pub fn connections(&self) -> usize {
        self.open.load(Ordering::SeqCst)
    }

    /// Ends all connections in an orderly way and refuses new ones, as a server that is stopped does.
    pub fn cut(&self) {
        self.weather.send_modify(|weather| weather.passage = Passage::Cut);
    }

    /// Aborts all connections (RST), as a crashed peer or a firewall does. New ones go through.
    pub fn reset(&self) {
        self.weather.send_modify(|weather| weather.resets += 1);
    }

    /// Passes nothing on in either direction, while connections stay open: a cable that was pulled.
    pub fn black_hole(&self) {
        self.weather.send_modify(|weather| weather.passage = Passage::Held { both: true });
    }

    /// Passes requests on and holds answers back: what was asked is done, and nobody hears of it.
    pub fn hold_answers(&self) {
        self.weather.send_modify(|weather| weather.passage = Passage::Held { both: false });
    }

    /// Passes every chunk on this much later.
    pub fn delay(&self, delay: Duration) {
        self.weather.send_modify(|weather| weather.delay = delay);
    }

    /// All is well again: no delay, and what was held back goes on its way.
    pub fn resume(&self) {
        self.weather.send_modify(|weather| {
            weather.passage = Passage::Open;
            weather.delay = Duration::ZERO;
        });
    }
}

impl Drop for ChaosProxy {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn accept(
    listener: TcpListener,
    address: SocketAddr,
    upstream: SocketAddr,
    mut weather: watch::Receiver<Weather>,
    open: Arc<AtomicUsize>,
) {
    // Dropped with this task, which aborts the connections.
    let mut connections = JoinSet::new();
    let mut listener = Some(listener);
    loop {
        if weather.borrow_and_update().passage == Passage::Cut {
            // Without a listener, the system itself refuses.
            listener = None;
        } else if listener.is_none() {
            listener = rebind(address).await;
        }
        tokio::select! {
            biased;
            changed = weather.changed() => if changed.is_err() {
                return;
            },
            Some(_) = connections.join_next() => {}
            accepted = next(listener.as_ref()) => {
                let Ok((client, _)) = accepted else { continue };
                let (weather, open) = (weather.clone(), Counted::new(&open));
                connections.spawn(async move {
                    let _open = open;
                    connect(client, upstream, weather).await;
                });
            }
        }
    }
}

async fn next(listener: Option<&TcpListener>) -> io::Result<(TcpStream, SocketAddr)> {
    match listener {
        Some(listener) => listener.accept().await,
        None => std::future::pending().await,
    }
}

/// The same port again; somebody may hold it for a moment.
async fn rebind(address: SocketAddr) -> Option<TcpListener> {
    for _ in 0..REBIND.0 {
        if let Ok(listener) = TcpListener::bind(address).await {
            return Some(listener);
        }
        tokio::time::sleep(REBIND.1).await;
    }
    None
}

/// Counts a connection while it is there.
struct Counted(Arc<AtomicUsize>);

impl Counted {
    fn new(open: &Arc<AtomicUsize>) -> Self {
        open.fetch_add(1, Ordering::SeqCst);
        Self(Arc::clone(open))
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

/// How a connection ended.
#[derive(PartialEq, Eq)]
enum End {
    Closed,
    Reset,
}

async fn connect(mut client: TcpStream, upstream: SocketAddr, mut weather: watch::Receiver<Weather>) {
    let resets = weather.borrow().resets;
    // A connection that is made while nothing passes is taken and hears nothing.
    let server = tokio::select! {
        biased;
        end = ended(weather.clone(), resets) => Err(end),
        server = async { passable(&mut weather, Way::ToServer).await; TcpStream::connect(upstream).await } => server.map_err(|_| End::Reset),
    };
    let mut server = match server {
        Ok(server) => server,
        Err(end) => return close(&client, None, &end),
    };
    let end = {
        let (client_reads, client_writes) = client.split();
        let (server_reads, server_writes) = server.split();
        let both = async {
            tokio::join!(
                pass_on(client_reads, server_writes, Way::ToServer, weather.clone()),
                pass_on(server_reads, client_writes, Way::ToClient, weather.clone())
            )
        };
        tokio::select! {
            biased;
            end = ended(weather.clone(), resets) => end,
            (one, other) = both => if one.is_ok() && other.is_ok() { End::Closed } else { End::Reset },
        }
    };
    close(&client, Some(&server), &end);
}

fn close(client: &TcpStream, server: Option<&TcpStream>, end: &End) {
    if *end == End::Reset {
        for stream in [Some(client), server].into_iter().flatten() {
            // Without it, an end with nothing unread is an orderly one.
            let _ = stream.set_zero_linger();
        }
    }
}

/// Returns when the weather ends a connection.
async fn ended(mut weather: watch::Receiver<Weather>, resets: u64) -> End {
    match weather.wait_for(|weather| weather.passage == Passage::Cut || weather.resets != resets).await {
        Ok(weather) if weather.passage != Passage::Cut => End::Reset,
        _ => End::Closed,
    }
}

/// Returns when bytes may pass in this direction.
async fn passable(weather: &mut watch::Receiver<Weather>, way: Way) {
    // An error means that the proxy is gone, and this connection with it.
    let _ = weather.wait_for(|weather| !weather.holds(way)).await;
}

async fn pass_on(
    mut from: impl AsyncReadExt + Unpin,
    mut to: impl AsyncWriteExt + Unpin,
    way: Way,
    mut weather: watch::Receiver<Weather>,
) -> io::Result<()> {
    let mut chunk = vec![0; CHUNK];
    loop {
        let read = from.read(&mut chunk).await?;
        let delay = weather.borrow().delay;
        if !delay.is_zero() {
            tokio::time::sleep(delay).await;
        }
        // As TCP does: what could not pass is sent again, and arrives when there is a way.
        passable(&mut weather, way).await;
        if read == 0 {
            return to.shutdown().await;
        }
        to.write_all(&chunk[..read]).await?;
    }
}
