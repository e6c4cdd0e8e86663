//! Whether the guarded client keeps its bounds against real servers: names that lie, redirects, floods, drips and bad certificates.

use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use baton_clients::egress::{Answer, EgressClient, EgressError, Method, Network, Request, Rules, header};
use baton_domain::egress::EgressPolicy;
use baton_domain::problem::Code;
use futures::future::BoxFuture;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// A public address that the test's network leads to this machine.
const PUBLIC: IpAddr = IpAddr::V4(Ipv4Addr::new(93, 184, 216, 34));
const LOOPBACK: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

/// Names and what they answer, one answer a lookup; the last one stays.
#[derive(Debug, Default)]
struct World {
    names: HashMap<String, Vec<Vec<IpAddr>>>,
    lookups: AtomicUsize,
}

impl World {
    fn of(names: &[(&str, &[&[IpAddr]])]) -> Arc<Self> {
        let names =
            names.iter().map(|(name, answers)| ((*name).to_owned(), answers.iter().map(|answer| answer.to_vec()).collect())).collect();
        Arc::new(Self { names, lookups: AtomicUsize::new(0) })
    }
}

impl Network for World {
    fn lookup(&self, host: &str) -> BoxFuture<'static, io::Result<Vec<IpAddr>>> {
        let turn = self.lookups.fetch_add(1, Ordering::Relaxed);
        let answer = self.names.get(host).map(|answers| answers[turn.min(answers.len() - 1)].clone());
        Box::pin(async move { answer.ok_or_else(|| io::Error::other("no such name")) })
    }

    fn route(&self, address: IpAddr) -> IpAddr {
        if address == PUBLIC { LOOPBACK } else { address }
    }
}

/// Serves each connection with what `answer` writes to the head of a request; gives the port.
async fn serve<F, R>(answer: F) -> u16
where
    F: Fn(String, TcpStream) -> R + Clone + Send + 'static,
    R: Future<Output = io::Result<()>> + Send,
{
    let listener = TcpListener::bind(SocketAddr::new(LOOPBACK, 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let answer = answer.clone();
            tokio::spawn(async move {
                let mut head = Vec::new();
                while !head.ends_with(b"\r\n\r\n") {
                    head.push(stream.read_u8().await?);
                }
                answer(String::from_utf8(head).unwrap(), stream).await
            });
        }
    });
    port
}

/// Serves fixed answers by path; a path that is missing is 404.
async fn pages(pages: Vec<(&'static str, String)>) -> u16 {
    let pages: Arc<HashMap<&str, String>> = Arc::new(pages.into_iter().collect());
    serve(move |head, mut stream| {
        let pages = Arc::clone(&pages);
        async move {
            let path = head.split(' ').nth(1).unwrap();
            let missing = plain("404 Not Found", "", "missing");
            stream.write_all(pages.get(path).unwrap_or(&missing).as_bytes()).await
        }
    })
    .await
}

fn plain(status: &str, headers: &str, body: &str) -> String {
    format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n{headers}\r\n{body}", body.len())
}

fn to(location: &str) -> String {
    plain("302 Found", &format!("Location: {location}\r\n"), "")
}

fn policy() -> EgressPolicy {
    EgressPolicy { timeout_ms: 2_000, maximum_bytes: 1 << 20, ..EgressPolicy::default() }
}

fn client(policy: EgressPolicy, world: Arc<World>) -> EgressClient {
    EgressClient::within(policy, None, world, &[]).unwrap()
}

async fn get(client: &EgressClient, url: &str) -> Result<Answer, EgressError> {
    client.send(Request::get(Rules::parse(url)?)).await
}

async fn text(client: &EgressClient, url: &str) -> Result<String, EgressError> {
    let bytes = get(client, url).await?.bytes().await?;
    Ok(String::from_utf8(bytes).unwrap())
}

fn code(result: Result<impl Sized, EgressError>) -> Code {
    match result {
        Ok(_) => panic!("it succeeded"),
        Err(error) => error.code,
    }
}

#[tokio::test]
async fn a_public_page_is_read() {
    let port = pages(vec![("/a?b=1", plain("200 OK", "Content-Type: text/plain\r\n", "hello"))]).await;
    let client = client(policy(), World::of(&[("public.test", &[&[PUBLIC]])]));
    assert_eq!(text(&client, &format!("http://public.test:{port}/a?b=1#c")).await.unwrap(), "hello");
    assert_eq!(get(&client, &format!("http://PUBLIC.test.:{port}/none")).await.unwrap().status, 404);
    assert_eq!(code(get(&client, "http://unknown.test/").await), Code::NameUnresolved);
}

#[tokio::test]
async fn private_addresses_are_refused_before_anything_is_sent() {
    let asked = Arc::new(AtomicUsize::new(0));
    let seen = Arc::clone(&asked);
    let port = serve(move |_, mut stream| {
        seen.fetch_add(1, Ordering::Relaxed);
        async move { stream.write_all(plain("200 OK", "", "secret").as_bytes()).await }
    })
    .await;
    let mixed: &[IpAddr] = &[PUBLIC, LOOPBACK];
    let world = World::of(&[
        ("local.test", &[&[LOOPBACK]]),
        ("mixed.test", &[mixed]),
        ("mapped.test", &[&[IpAddr::V6(Ipv4Addr::LOCALHOST.to_ipv6_mapped())]]),
        ("localhost", &[&[LOOPBACK]]),
    ]);
    let client = client(policy(), world);
    for host in [
        "127.0.0.1",
        "2130706433",
        "0x7f000001",
        "017700000001",
        "127.1",
        "127.0.0.1.",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "[::]",
        "0.0.0.0",
        "0",
        "[64:ff9b::7f00:1]",
        "[2002:7f00:1::]",
        "localhost",
        "localhost.",
        "LOCALHOST",
        "local.test",
        "mixed.test",
        "mapped.test",
        "①②⑦.0.0.1",
    ] {
        assert_eq!(code(get(&client, &format!("http://{host}:{port}/")).await), Code::PrivateAddress, "{host}");
    }
    assert_eq!(asked.load(Ordering::Relaxed), 0);
}

#[tokio::test]
async fn redirects_are_held_to_the_same_rules() {
    let private = pages(vec![("/", plain("200 OK", "", "secret"))]).await;
    let port = pages(vec![
        ("/literal", to(&format!("http://127.0.0.1:{private}/"))),
        ("/decimal", to(&format!("http://2130706433:{private}/"))),
        ("/name", to(&format!("//local.test:{private}/"))),
        ("/file", to("file:///etc/passwd")),
        ("/user", to("http://a:b@public.test/")),
        ("/denied", to("http://denied.test/")),
        ("/port", to("http://public.test:25/")),
        ("/loop", to("/loop2")),
        ("/loop2", to("/loop")),
        ("/one", to("/two")),
        ("/two", to("three")),
        ("/three", plain("200 OK", "", "there")),
    ])
    .await;
    let world = World::of(&[("public.test", &[&[PUBLIC]]), ("local.test", &[&[LOOPBACK]]), ("denied.test", &[&[PUBLIC]])]);
    let client = client(EgressPolicy { deny: vec!["denied.test".to_owned()], ..policy() }, world);
    for (path, expected) in [
        ("literal", Code::PrivateAddress),
        ("decimal", Code::PrivateAddress),
        ("name", Code::PrivateAddress),
        ("file", Code::UrlRefused),
        ("user", Code::UrlRefused),
        ("denied", Code::HostRefused),
        ("port", Code::UrlRefused),
        ("loop", Code::TooManyRedirects),
    ] {
        assert_eq!(code(get(&client, &format!("http://public.test:{port}/{path}")).await), expected, "{path}");
    }
    let mut answer = get(&client, &format!("http://public.test:{port}/one")).await.unwrap();
    assert_eq!((answer.hops.len(), answer.url.path()), (2, "/three"));
    assert_eq!(answer.bytes().await.unwrap(), b"there");
}

#[tokio::test]
async fn redirects_without_end_are_cut() {
    let count = Arc::new(AtomicUsize::new(0));
    let seen = Arc::clone(&count);
    let port = serve(move |_, mut stream| {
        let turn = seen.fetch_add(1, Ordering::Relaxed);
        async move { stream.write_all(to(&format!("/{turn}")).as_bytes()).await }
    })
    .await;
    let client = client(policy(), World::of(&[("public.test", &[&[PUBLIC]])]));
    assert_eq!(code(get(&client, &format!("http://public.test:{port}/start")).await), Code::TooManyRedirects);
    assert_eq!(count.load(Ordering::Relaxed), 6, "the first request and five redirects");
}

#[tokio::test]
async fn a_name_that_changes_its_answer_gains_nothing() {
    let port = pages(vec![("/", plain("200 OK", "", "public"))]).await;
    let world = World::of(&[("rebind.test", &[&[PUBLIC], &[LOOPBACK]])]);
    let client = client(policy(), Arc::clone(&world) as Arc<World>);
    // The first exchange goes to the checked address with one lookup; were there a second one, it would be private.
    assert_eq!(text(&client, &format!("http://rebind.test:{port}/")).await.unwrap(), "public");
    assert_eq!(world.lookups.load(Ordering::Relaxed), 1);
    assert_eq!(code(get(&client, &format!("http://rebind.test:{port}/")).await), Code::PrivateAddress);
}

#[tokio::test]
async fn a_private_host_is_reached_on_its_port_only() {
    let (one, other) = (pages(vec![("/", plain("200 OK", "", "one"))]).await, pages(vec![("/", plain("200 OK", "", "other"))]).await);
    let private_hosts = vec![format!("wiki.test:{one}")];
    let client = client(EgressPolicy { private_hosts, ..policy() }, World::of(&[("wiki.test", &[&[LOOPBACK]])]));
    assert_eq!(text(&client, &format!("http://wiki.test:{one}/")).await.unwrap(), "one");
    assert_eq!(code(get(&client, &format!("http://wiki.test:{other}/")).await), Code::PrivateAddress);
    assert_eq!(code(get(&client, &format!("http://127.0.0.1:{one}/")).await), Code::PrivateAddress);
}

#[tokio::test]
async fn endless_slow_and_silent_answers_are_cut() {
    let endless = serve(|_, mut stream| async move {
        stream.write_all(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n").await?;
        loop {
            stream.write_all(&[b'x'; 4096]).await?;
        }
    })
    .await;
    let drip = serve(|_, mut stream| async move {
        stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n").await?;
        loop {
            stream.write_all(b"x").await?;
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    })
    .await;
    let silent = serve(|_, stream| async move {
        let _open = stream;
        std::future::pending().await
    })
    .await;
    let declared = serve(|_, mut stream| async move {
        stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n").await?;
        std::future::pending().await
    })
    .await;
    let client = client(EgressPolicy { timeout_ms: 500, ..policy() }, World::of(&[("public.test", &[&[PUBLIC]])]));
    let began = tokio::time::Instant::now();
    assert_eq!(code(text(&client, &format!("http://public.test:{drip}/")).await), Code::ExchangeTimedOut);
    assert_eq!(code(text(&client, &format!("http://public.test:{silent}/")).await), Code::ExchangeTimedOut);
    assert_eq!(code(text(&client, &format!("http://public.test:{declared}/")).await), Code::AnswerTooLarge);
    assert!(began.elapsed() < Duration::from_secs(3), "{:?}", began.elapsed());
    let roomy = self::client(EgressPolicy { timeout_ms: 20_000, ..policy() }, World::of(&[("public.test", &[&[PUBLIC]])]));
    assert_eq!(code(text(&roomy, &format!("http://public.test:{endless}/")).await), Code::AnswerTooLarge);
    // A file that could not be finished is not left behind.
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("page");
    let saved = get(&roomy, &format!("http://public.test:{endless}/")).await.unwrap().save(&path).await;
    assert_eq!(code(saved), Code::AnswerTooLarge);
    assert!(!path.exists());
}

#[tokio::test]
async fn size_counts_after_decompression() {
    // 64 MiB of zeros, gzip in gzip's own bytes: made by Python, `gzip.compress(bytes(64 << 20), 9, mtime=0)`.
    let bomb: &'static [u8] = include_bytes!("reference/zeros-64m.gz");
    assert!(bomb.len() < 70_000);
    let port = serve(move |_, mut stream| async move {
        stream.write_all(format!("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {}\r\n\r\n", bomb.len()).as_bytes()).await?;
        stream.write_all(bomb).await
    })
    .await;
    let broken = pages(vec![("/", plain("200 OK", "Content-Encoding: gzip\r\n", "this is no gzip at all"))]).await;
    let client = client(EgressPolicy { timeout_ms: 20_000, ..policy() }, World::of(&[("public.test", &[&[PUBLIC]])]));
    assert_eq!(code(text(&client, &format!("http://public.test:{port}/")).await), Code::AnswerTooLarge);
    assert_eq!(code(text(&client, &format!("http://public.test:{broken}/")).await), Code::AnswerUnusable);
}

#[tokio::test]
async fn what_is_no_http_has_its_code() {
    let port = serve(|_, mut stream| async move { stream.write_all(b"SSH-2.0-OpenSSH_9.2\r\n\r\n").await }).await;
    let cut = serve(|_, mut stream| async move { stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc").await }).await;
    let client = client(policy(), World::of(&[("public.test", &[&[PUBLIC]])]));
    assert_eq!(code(get(&client, &format!("http://public.test:{port}/")).await), Code::AnswerUnusable);
    let error = text(&client, &format!("http://public.test:{cut}/")).await.unwrap_err();
    assert_eq!((error.code, error.passing), (Code::HostUnreachable, true));
    let closed = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port();
    assert_eq!(code(get(&client, &format!("http://public.test:{closed}/")).await), Code::HostUnreachable);
}

/// A server that speaks TLS with a certificate for `name`; gives its port and the certificate.
async fn secure(name: &str) -> (u16, String) {
    let made = rcgen::generate_simple_self_signed(vec![name.to_owned()]).unwrap();
    let pem = made.cert.pem();
    let key = rustls::pki_types::PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key)
        .unwrap();
    let acceptor = tokio_rustls::TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                let mut stream = acceptor.accept(stream).await?;
                let mut head = Vec::new();
                while !head.ends_with(b"\r\n\r\n") {
                    head.push(stream.read_u8().await?);
                }
                stream.write_all(plain("200 OK", "", "sealed").as_bytes()).await?;
                stream.shutdown().await
            });
        }
    });
    (port, pem)
}

#[tokio::test]
async fn certificates_must_fit() {
    let world = || World::of(&[("public.test", &[&[PUBLIC]]), ("other.test", &[&[PUBLIC]])]);
    let (port, pem) = secure("public.test").await;
    let unknown = client(policy(), world());
    assert_eq!(code(get(&unknown, &format!("https://public.test:{port}/")).await), Code::TlsRefused);
    let trusting = EgressClient::within(policy(), None, world(), &[pem.as_bytes()]).unwrap();
    assert_eq!(text(&trusting, &format!("https://public.test:{port}/")).await.unwrap(), "sealed");
    assert_eq!(code(get(&trusting, &format!("https://other.test:{port}/")).await), Code::TlsRefused);
}

#[tokio::test]
async fn secrets_stay_with_their_origin() {
    let echo = serve(|head, mut stream| async move { stream.write_all(plain("200 OK", "", &head).as_bytes()).await }).await;
    let port = pages(vec![("/", to(&format!("http://other.test:{echo}/")))]).await;
    let client = client(policy(), World::of(&[("public.test", &[&[PUBLIC]]), ("other.test", &[&[PUBLIC]])]));
    let mut request = Request::get(Rules::parse(&format!("http://public.test:{port}/")).unwrap());
    request.method = Method::POST;
    request.body = Some("payload".into());
    request.headers.insert(header::AUTHORIZATION, "Bearer s3cret".parse().unwrap());
    let mut own: header::HeaderValue = "s3cret".parse().unwrap();
    own.set_sensitive(true);
    request.headers.insert("x-api-key", own);
    request.headers.insert("x-plain", "kept".parse().unwrap());
    let mut answer = client.send(request).await.unwrap();
    let head = String::from_utf8(answer.bytes().await.unwrap()).unwrap();
    assert!(head.starts_with("GET / HTTP/1.1") && head.contains("x-plain: kept"), "{head}");
    assert!(!head.contains("s3cret") && !head.to_lowercase().contains("referer"), "{head}");
}

#[tokio::test]
async fn every_hop_waits_for_the_turn_of_its_host() {
    let port = pages(vec![("/a", to("/b")), ("/b", plain("200 OK", "", "b"))]).await;
    let turns = Arc::new(AtomicUsize::new(0));
    let seen = Arc::clone(&turns);
    let turn: baton_clients::egress::Turn = Arc::new(move |host| {
        assert_eq!(host, "public.test");
        seen.fetch_add(1, Ordering::Relaxed);
        Box::pin(async { Ok(()) })
    });
    let world = World::of(&[("public.test", &[&[PUBLIC]])]);
    let client = EgressClient::within(policy(), Some(turn), world, &[]).unwrap();
    assert_eq!(text(&client, &format!("http://public.test:{port}/a")).await.unwrap(), "b");
    assert_eq!(turns.load(Ordering::Relaxed), 2);
}

#[tokio::test]
async fn a_host_that_is_refused_meanwhile_is_not_asked() {
    let (port, asked) = (pages(vec![("/a", to("/b")), ("/b", plain("200 OK", "", "b"))]).await, Arc::new(AtomicUsize::new(0)));
    let turns = Arc::clone(&asked);
    let turn: baton_clients::egress::Turn = Arc::new(move |host| {
        let first = turns.fetch_add(1, Ordering::Relaxed) == 0;
        let refused = EgressError { code: Code::HostRefused, message: format!("{host} is denied"), passing: false };
        Box::pin(async move { if first { Ok(()) } else { Err(refused) } })
    });
    let world = World::of(&[("public.test", &[&[PUBLIC]])]);
    let client = EgressClient::within(policy(), Some(turn), world, &[]).unwrap();
    let error = get(&client, &format!("http://public.test:{port}/a")).await.unwrap_err();
    assert_eq!((error.code, error.passing), (Code::HostRefused, false), "the second hop: {error}");
    assert_eq!(asked.load(Ordering::Relaxed), 2);
}

#[tokio::test]
async fn a_dropped_exchange_closes_its_connection_at_once() {
    let (say, mut gone) = tokio::sync::mpsc::channel(1);
    let port = serve(move |_, mut stream| {
        let say = say.clone();
        async move {
            say.send("asked").await.unwrap();
            let mut rest = Vec::new();
            let _ = stream.read_to_end(&mut rest).await;
            say.send("gone").await.unwrap();
            Ok(())
        }
    })
    .await;
    let client = client(EgressPolicy { timeout_ms: 60_000, ..policy() }, World::of(&[("public.test", &[&[PUBLIC]])]));
    let exchange = tokio::spawn(async move { get(&client, &format!("http://public.test:{port}/")).await.map(|_| ()) });
    assert_eq!(gone.recv().await, Some("asked"));
    exchange.abort();
    assert_eq!(tokio::time::timeout(Duration::from_secs(1), gone.recv()).await.unwrap(), Some("gone"));
}

#[tokio::test]
async fn a_host_says_when_to_come_back() {
    let port = pages(vec![
        ("/seconds", plain("429 Too Many Requests", "Retry-After: 7\r\n", "")),
        ("/date", plain("503 No", "Retry-After: Sun, 06 Nov 1994 08:50:37 GMT\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\n", "")),
        ("/never", plain("503 No", "Retry-After: soon\r\n", "")),
    ])
    .await;
    let client = client(policy(), World::of(&[("public.test", &[&[PUBLIC]])]));
    for (path, after) in [("seconds", Some(7)), ("date", Some(60)), ("never", None)] {
        let answer = get(&client, &format!("http://public.test:{port}/{path}")).await.unwrap();
        assert_eq!(answer.retry_after(), after.map(Duration::from_secs), "{path}");
    }
}
