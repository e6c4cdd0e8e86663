//! Whether the proxy lets through what the guarded client would, and nothing else, within its bounds.

use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use baton_clients::egress::{EgressClient, EgressProxy, MAXIMUM_HEAD_BYTES, Network, ProxyBounds, Turn};
use baton_domain::egress::EgressPolicy;
use baton_domain::problem::Code;
use futures::future::BoxFuture;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

const PUBLIC: IpAddr = IpAddr::V4(Ipv4Addr::new(93, 184, 216, 34));
const LOOPBACK: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
const BOUNDS: ProxyBounds = ProxyBounds { bytes: 1 << 20, exchanges: 50, private: true };

/// Names and what they answer, one answer a lookup; the last one stays.
#[derive(Debug)]
struct World {
    names: HashMap<&'static str, Vec<IpAddr>>,
    lookups: AtomicUsize,
}

impl Network for World {
    fn lookup(&self, host: &str) -> BoxFuture<'static, io::Result<Vec<IpAddr>>> {
        let turn = self.lookups.fetch_add(1, Ordering::Relaxed);
        let answer = self.names.get(host).map(|answers| vec![answers[turn.min(answers.len() - 1)]]);
        Box::pin(async move { answer.ok_or_else(|| io::Error::other("no such name")) })
    }

    fn route(&self, address: IpAddr) -> IpAddr {
        if address == PUBLIC { LOOPBACK } else { address }
    }
}

fn client(policy: EgressPolicy, turn: Option<Turn>, names: &[(&'static str, &[IpAddr])]) -> EgressClient {
    let names = names.iter().map(|(name, answers)| (*name, answers.to_vec())).collect();
    EgressClient::within(policy, turn, Arc::new(World { names, lookups: AtomicUsize::new(0) }), &[]).unwrap()
}

fn usual() -> EgressClient {
    let policy =
        EgressPolicy { timeout_ms: 2_000, maximum_bytes: 100_000, deny: vec!["denied.test".to_owned()], ..EgressPolicy::default() };
    let names: &[(&str, &[IpAddr])] = &[("public.test", &[PUBLIC]), ("denied.test", &[PUBLIC]), ("local.test", &[LOOPBACK])];
    client(policy, None, names)
}

/// Answers each connection's first request with what `answer` makes of it; whatever comes after it is counted.
async fn serve(answer: impl Fn(&str) -> Vec<u8> + Send + Sync + 'static) -> (u16, Arc<AtomicUsize>) {
    let listener = TcpListener::bind((LOOPBACK, 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let (asked, answer) = (Arc::new(AtomicUsize::new(0)), Arc::new(answer));
    let counted = Arc::clone(&asked);
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let (answer, asked) = (Arc::clone(&answer), Arc::clone(&counted));
            tokio::spawn(async move {
                asked.fetch_add(1, Ordering::SeqCst);
                let mut head = Vec::new();
                while !head.ends_with(b"\r\n\r\n") {
                    head.push(stream.read_u8().await?);
                }
                stream.write_all(&answer(&String::from_utf8(head).unwrap())).await?;
                // It does not end the connection by itself.
                let mut rest = Vec::new();
                stream.read_to_end(&mut rest).await?;
                io::Result::Ok(())
            });
        }
    });
    (port, asked)
}

fn plain(body: &str) -> Vec<u8> {
    format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: keep-alive\r\nX-Own: 1\r\n\r\n{body}", body.len()).into_bytes()
}

fn credentials(proxy: &EgressProxy) -> String {
    let (user, secret) = proxy.credentials();
    format!("Proxy-Authorization: Basic {}\r\n", STANDARD.encode(format!("{user}:{secret}")))
}

/// What the proxy answers to this, until it closes or says nothing for a moment.
async fn says(address: SocketAddr, request: &str) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut said = Vec::new();
    let mut piece = [0; 4096];
    while let Ok(Ok(length @ 1..)) = tokio::time::timeout(Duration::from_millis(1_500), stream.read(&mut piece)).await {
        said.extend_from_slice(&piece[..length]);
    }
    String::from_utf8_lossy(&said).into_owned()
}

async fn get(proxy: &EgressProxy, url: &str) -> String {
    says(proxy.address(), &format!("GET {url} HTTP/1.1\r\nHost: other.test\r\n{}Connection: close\r\n\r\n", credentials(proxy))).await
}

async fn connect(proxy: &EgressProxy, authority: &str) -> String {
    says(proxy.address(), &format!("CONNECT {authority} HTTP/1.1\r\nHost: {authority}\r\n{}\r\nGET / HTTP/1.1\r\n\r\n", credentials(proxy)))
        .await
}

#[tokio::test]
async fn only_whoever_knows_the_secret_may_use_it() {
    let (port, asked) = serve(|_| plain("hello")).await;
    let proxy = EgressProxy::open(&usual(), BOUNDS).await.unwrap();
    let (user, secret) = proxy.credentials();
    assert!(secret.len() >= 40 && proxy.address().ip().is_loopback());
    let wrong = STANDARD.encode(format!("{user}:{}x", &secret[1..]));
    for header in [String::new(), "Proxy-Authorization: Basic\r\n".to_owned(), format!("Proxy-Authorization: Basic {wrong}\r\n")] {
        for line in [format!("GET http://public.test:{port}/"), format!("CONNECT public.test:{port}")] {
            let said = says(proxy.address(), &format!("{line} HTTP/1.1\r\nHost: x\r\n{header}\r\n")).await;
            assert!(said.starts_with("HTTP/1.1 407 ") && said.to_ascii_lowercase().contains("proxy-authenticate: basic"), "{said}");
        }
    }
    assert_eq!(asked.load(Ordering::SeqCst), 0);
    let other = EgressProxy::open(&usual(), BOUNDS).await.unwrap();
    assert_ne!(other.credentials().1, secret);
}

#[tokio::test]
async fn plain_requests_and_tunnels_pass() {
    let (port, _) = serve(plain).await;
    let proxy = EgressProxy::open(&usual(), BOUNDS).await.unwrap();
    let said = get(&proxy, &format!("http://public.test:{port}/a?b=%20c#d")).await;
    assert!(said.starts_with("HTTP/1.1 200 OK\r\n") && said.contains("X-Own: 1"), "{said}");
    // The host hears of the request, not of the proxy, and the name that was checked.
    assert!(said.contains("GET /a?b=%20c HTTP/1.1\r\n") && said.contains(&format!("public.test:{port}\r\n")), "{said}");
    assert!(!said.contains("other.test") && !said.to_ascii_lowercase().contains("proxy-"), "{said}");
    let said = connect(&proxy, &format!("public.test:{port}")).await;
    assert!(said.starts_with("HTTP/1.1 200 OK\r\n") && said.contains("GET / HTTP/1.1\r\n"), "{said}");
    let traffic = proxy.traffic();
    assert_eq!((traffic.exchanges, traffic.refused, traffic.over), (2, 0, None));
    assert!(traffic.bytes > 50, "{}", traffic.bytes);
}

#[tokio::test]
async fn what_the_client_would_refuse_is_refused() {
    let (port, asked) = serve(|_| plain("secret")).await;
    for (host, code) in [
        ("127.0.0.1", Code::PrivateAddress),
        ("2130706433", Code::PrivateAddress),
        ("0x7f000001", Code::PrivateAddress),
        ("[::1]", Code::PrivateAddress),
        ("[::ffff:127.0.0.1]", Code::PrivateAddress),
        ("localhost.local.test", Code::NameUnresolved),
        ("local.test", Code::PrivateAddress),
        ("LOCAL.test", Code::PrivateAddress),
        ("denied.test", Code::HostRefused),
        ("unknown.test", Code::NameUnresolved),
    ] {
        let proxy = EgressProxy::open(&usual(), BOUNDS).await.unwrap();
        // To the program, the host is not there.
        assert_eq!(get(&proxy, &format!("http://{host}:{port}/")).await, "", "{host}");
        let last = proxy.traffic().refusals.last().unwrap().clone();
        assert_eq!((last.error.code, last.tunnel), (code, false), "{host}");
        let said = connect(&proxy, &format!("{host}:{port}")).await;
        assert!(said.starts_with("HTTP/1.1 403 ") && !said.contains("secret"), "{host}: {said}");
        let last = proxy.traffic().refusals.last().unwrap().clone();
        assert_eq!((last.error.code, last.tunnel), (code, true), "{host}");
        assert_eq!(proxy.refusal(&format!("https://{host}:{port}/path").parse().unwrap()).unwrap().code, code);
    }
    let proxy = EgressProxy::open(&usual(), BOUNDS).await.unwrap();
    for line in [
        "CONNECT public.test:25",
        "CONNECT public.test",
        "GET https://public.test/",
        "GET ftp://public.test/",
        "GET /",
        "GET http://public.test:22/",
    ] {
        let said = says(proxy.address(), &format!("{line} HTTP/1.1\r\nHost: public.test\r\n{}\r\n", credentials(&proxy))).await;
        assert!(said.is_empty() || said.starts_with("HTTP/1.1 4"), "{line}: {said}");
    }
    assert_eq!(asked.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn the_address_that_was_checked_is_the_one_that_is_connected_to() {
    let (port, asked) = serve(|_| plain("secret")).await;
    let rebinding = client(EgressPolicy { timeout_ms: 2_000, ..EgressPolicy::default() }, None, &[("rebinding.test", &[PUBLIC, LOOPBACK])]);
    let proxy = EgressProxy::open(&rebinding, BOUNDS).await.unwrap();
    assert!(get(&proxy, &format!("http://rebinding.test:{port}/")).await.ends_with("secret"));
    assert_eq!(get(&proxy, &format!("http://rebinding.test:{port}/")).await, "");
    assert_eq!(asked.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn exceptions_hold_only_where_they_are_wanted() {
    let (port, _) = serve(plain).await;
    let policy = EgressPolicy { private_hosts: vec![format!("127.0.0.1:{port}")], ..EgressPolicy::default() };
    let client = client(policy, None, &[]);
    let url = format!("http://127.0.0.1:{port}/");
    let proxy = EgressProxy::open(&client, BOUNDS).await.unwrap();
    assert!(get(&proxy, &url).await.starts_with("HTTP/1.1 200"));
    let proxy = EgressProxy::open(&client, ProxyBounds { private: false, ..BOUNDS }).await.unwrap();
    assert_eq!(get(&proxy, &url).await, "");
    assert_eq!(proxy.refusal(&url.parse().unwrap()).unwrap().code, Code::PrivateAddress);
}

#[tokio::test]
async fn a_second_request_on_a_connection_goes_to_its_own_host() {
    let (one, _) = serve(|_| plain("one")).await;
    let (two, _) = serve(|_| plain("two")).await;
    let proxy = EgressProxy::open(&usual(), BOUNDS).await.unwrap();
    let request = |port: u16| format!("GET http://public.test:{port}/ HTTP/1.1\r\nHost: x\r\n{}\r\n", credentials(&proxy));
    let said = says(proxy.address(), &format!("{}{}", request(one), request(two))).await;
    assert!(said.contains("one") && said.ends_with("two"), "{said}");
}

#[tokio::test]
async fn answers_are_bounded_in_size_and_time() {
    let (port, _) = serve(|head| match head.split(' ').nth(1).unwrap() {
        "/declared" => plain(&"x".repeat(200_000)),
        "/chunked" => {
            let chunk = format!("{:x}\r\n{}\r\n", 50_000, "x".repeat(50_000));
            format!("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{}0\r\n\r\n", chunk.repeat(4)).into_bytes()
        }
        "/slow" => b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc".to_vec(),
        "/malformed" => b"SSH-2.0-server\r\n\r\n".to_vec(),
        "/headers" => format!("HTTP/1.1 200 OK\r\nX: {}\r\n\r\n", "x".repeat(4 * MAXIMUM_HEAD_BYTES)).into_bytes(),
        _ => Vec::new(),
    })
    .await;
    let client =
        client(EgressPolicy { timeout_ms: 700, maximum_bytes: 100_000, ..EgressPolicy::default() }, None, &[("public.test", &[PUBLIC])]);
    let proxy = EgressProxy::open(&client, BOUNDS).await.unwrap();
    for (path, code) in [
        ("/declared", Code::AnswerTooLarge),
        ("/chunked", Code::AnswerTooLarge),
        ("/slow", Code::ExchangeTimedOut),
        ("/malformed", Code::AnswerUnusable),
        ("/headers", Code::AnswerUnusable),
        ("/silent", Code::ExchangeTimedOut),
    ] {
        let url = format!("http://public.test:{port}{path}");
        let said = get(&proxy, &url).await;
        assert!(said.len() < 110_000, "{path}");
        assert_eq!(proxy.refusal(&url.parse().unwrap()).map(|error| error.code), Some(code), "{path}: {said}");
    }
    // A tunnel ends when nothing has come for the time.
    assert!(connect(&proxy, &format!("public.test:{port}")).await.starts_with("HTTP/1.1 200"));
    let quiet = proxy.refusal(&format!("https://public.test:{port}/").parse().unwrap()).unwrap();
    assert_eq!(quiet.code, Code::ExchangeTimedOut);
}

#[tokio::test]
async fn a_proxy_has_bounds_of_its_own() {
    let (port, asked) = serve(|_| plain(&"x".repeat(60_000))).await;
    let bounds = ProxyBounds { bytes: 100_000, exchanges: 3, private: true };
    let proxy = EgressProxy::open(&usual(), bounds).await.unwrap();
    assert!(get(&proxy, &format!("http://public.test:{port}/")).await.len() > 60_000);
    assert_eq!(proxy.traffic().over, None);
    let said = connect(&proxy, &format!("public.test:{port}")).await;
    assert!(said.len() < 41_000, "{}", said.len());
    let over = proxy.traffic().over.unwrap();
    assert!(over.message.contains("100000 bytes"), "{over}");
    assert!(connect(&proxy, &format!("public.test:{port}")).await.len() < 100);
    assert!(connect(&proxy, &format!("public.test:{port}")).await.starts_with("HTTP/1.1 403"));
    assert_eq!(asked.load(Ordering::SeqCst), 3);
}

#[tokio::test]
async fn each_host_gets_its_turn_once() {
    let (port, _) = serve(|_| plain("hello")).await;
    let turns = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&turns);
    let turn: Turn = Arc::new(move |host| {
        assert_eq!(host, "public.test");
        counted.fetch_add(1, Ordering::SeqCst);
        Box::pin(async { Ok(()) })
    });
    let client = client(EgressPolicy::default(), Some(turn), &[("public.test", &[PUBLIC])]);
    let proxy = EgressProxy::open(&client, BOUNDS).await.unwrap();
    for _ in 0..3 {
        assert!(get(&proxy, &format!("http://public.test:{port}/")).await.ends_with("hello"));
    }
    assert_eq!(turns.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_dropped_proxy_ends_what_passes_through_it() {
    let (port, _) = serve(|_| plain("hello")).await;
    let proxy = EgressProxy::open(&usual(), BOUNDS).await.unwrap();
    let mut stream = TcpStream::connect(proxy.address()).await.unwrap();
    let head = format!("CONNECT public.test:{port} HTTP/1.1\r\nHost: x\r\n{}\r\n", credentials(&proxy));
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut said = [0; 15];
    stream.read_exact(&mut said).await.unwrap();
    let address = proxy.address();
    drop(proxy);
    let mut rest = Vec::new();
    let ended = tokio::time::timeout(Duration::from_secs(1), stream.read_to_end(&mut rest)).await;
    assert!(ended.is_ok(), "the tunnel is still open");
    let refused = tokio::time::timeout(Duration::from_secs(1), async {
        while TcpStream::connect(address).await.is_ok() {
            tokio::task::yield_now().await;
        }
    });
    assert!(refused.await.is_ok(), "the port is still open");
}
