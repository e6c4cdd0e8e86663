//! Whether a page in the browser reaches only what the policy lets it, however it asks; and whether nothing of the browser outlives its task.

use std::collections::{BTreeMap, HashMap};
use std::io::{self, Read, Write};
use std::net::{IpAddr, Ipv4Addr, TcpStream};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use crate::harness::{Ended, Setting, run_in};
use crate::site::{Secret, answer, html, no_browser, policy, render, serve, serve_by, visit};
use async_trait::async_trait;
use baton_agents_runtime::carrier::begin_in_process;
use baton_agents_runtime::protocol::{FromAgent, Start, ToAgent, VERSION};
use baton_agents_runtime::{Agent, Context, SkillError};
use baton_agents_web_automation::{RENDER, WebAutomation, browse};
use baton_clients::egress::{EgressClient, Network};
use baton_domain::agent::{AgentCard, Limits};
use baton_domain::egress::EgressPolicy;
use baton_domain::id::{AttemptId, TaskId};
use futures::future::BoxFuture;
use serde_json::{Value, json};
use uuid::Uuid;

const PUBLIC: IpAddr = IpAddr::V4(Ipv4Addr::new(93, 184, 216, 34));
const LOOPBACK: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

/// Spellings of the loopback address, as browsers take them, and other addresses that no page may reach.
fn hosts(port: u16) -> Vec<String> {
    let names = ["127.0.0.1", "2130706433", "0x7f000001", "017700000001", "127.1", "[::1]", "[::ffff:127.0.0.1]", "0.0.0.0", "localhost"];
    let mut hosts: Vec<String> = names.iter().map(|name| format!("{name}:{port}")).collect();
    hosts.extend(
        ["169.254.169.254", "10.0.0.1", "192.168.1.1", "172.16.0.1", "[fd00::1]", "[fe80::1]", "[64:ff9b::7f00:1]"].map(str::to_owned),
    );
    hosts
}

#[test]
fn an_address_that_may_not_be_fetched_may_not_be_rendered() {
    if no_browser() {
        return;
    }
    let secret = Secret::new();
    let agent = || Arc::new(WebAutomation::default());
    let with = |url: &str| run_in(Setting { egress: Some(policy(1)), ..Setting::default() }, agent(), RENDER, json!({"url": url}));
    for host in hosts(secret.port) {
        assert_eq!(with(&format!("http://{host}/")).code(), "EGRESS-003", "{host}");
    }
    for url in [
        "file:///etc/passwd",
        "chrome://version",
        "view-source:http://example.org/",
        "ftp://example.org/",
        "javascript:1",
        "data:text/html,x",
        "about:blank",
        "http://a:b@example.org/",
        "http://example.org:25/",
        "none",
    ] {
        assert_eq!(with(url).code(), "EGRESS-001", "{url}");
    }
    let denied = EgressPolicy { deny: vec!["127.0.0.1".to_owned()], ..policy(secret.port) };
    assert_eq!(visit(denied, RENDER, secret.port, "/", json!({})).code(), "EGRESS-002");
    let without = run_in(Setting::default(), agent(), RENDER, json!({"url": "http://example.org/"}));
    assert_eq!(without.code(), "EGRESS-010");
    assert_eq!(secret.visits(), 0);
}

#[test]
fn a_page_cannot_lead_its_window_to_a_private_address() {
    if no_browser() {
        return;
    }
    let secret = Secret::new();
    let port = secret.port;
    let site = serve_by(move |path, stream| {
        let (how, to) = path.trim_start_matches('/').split_once('/').unwrap_or_default();
        let to = to.replace("PORT", &port.to_string());
        let page = match how {
            "http" => answer("302 Found", &format!("Location: {to}\r\n"), b""),
            "meta" => html(&format!("<meta http-equiv=refresh content='0; url={to}'>")),
            "script" => html(&format!("<script>location.href = '{to}'</script>")),
            _ => answer("404 Not Found", "", b""),
        };
        let _ = stream.write_all(&page);
    });
    for (how, to) in [
        ("http", "http://127.0.0.1:PORT/"),
        ("http", "http://2130706433:PORT/"),
        ("http", "//localhost:PORT/"),
        ("meta", "http://0x7f000001:PORT/"),
        ("meta", "http://169.254.169.254/latest/meta-data/"),
        ("script", "http://[::1]:PORT/"),
        ("script", "https://127.0.0.1:PORT/"),
        ("script", "http://10.0.0.1/"),
    ] {
        let ended = render(site, &format!("/{how}/{to}"), json!({}));
        assert_eq!(ended.code(), "EGRESS-003", "{how} {to}: {}", ended.message());
    }
    assert_eq!(render(site, "/http/file:///etc/passwd", json!({})).code(), "EGRESS-001");
    // Scripts and refreshes to other schemes lead nowhere.
    for (how, to) in [
        ("script", "file:///etc/passwd"),
        ("meta", "file:///etc/passwd"),
        ("script", "chrome://version"),
        ("script", "view-source:http://127.0.0.1:PORT/"),
    ] {
        let result = render(site, &format!("/{how}/{to}"), json!({})).value();
        assert!(
            !result.to_string().contains("root:") && result["url"].as_str().unwrap().starts_with("http://127.0.0.1"),
            "{to}: {}",
            result["url"]
        );
    }
    assert_eq!(secret.visits(), 0);
}

#[test]
fn nothing_within_a_page_reaches_a_private_address_or_a_file() {
    if no_browser() {
        return;
    }
    let secret = Secret::new();
    let port = secret.port;
    let mut page = String::from(
        "<body><p id=log></p><iframe src='file:///etc/passwd'></iframe><link rel=stylesheet href='file:///etc/passwd'>\
         <embed src='file:///etc/passwd'><object data='file:///etc/passwd'></object><iframe src='view-source:file:///etc/passwd'></iframe>\
         <iframe src='chrome://version'></iframe>",
    );
    for host in hosts(port) {
        page.push_str(&format!(
            "<iframe src='http://{host}/frame'></iframe><img src='http://{host}/img'><script src='http://{host}/script'></script>\
             <link rel=preconnect href='http://{host}/'><link rel=dns-prefetch href='//{host}'><link rel=prefetch href='http://{host}/pre'>"
        ));
    }
    let list = json!(hosts(port)).to_string();
    page.push_str(&format!(
        "<script>const hosts = {list}; let got = 0; const seen = (t) => {{ got++; log.textContent += t }}; \
         for (const h of hosts) {{ fetch('http://' + h + '/fetch').then(r => r.text()).then(seen).catch(() => 0); \
         fetch('https://' + h + '/fetch', {{mode: 'no-cors'}}).then(() => seen('tls')).catch(() => 0); \
         const x = new XMLHttpRequest(); x.open('GET', 'http://' + h + '/xhr'); x.onload = () => seen(x.responseText); x.send(); \
         navigator.sendBeacon('http://' + h + '/beacon', 'x'); \
         try {{ const w = new WebSocket('ws://' + h + '/ws'); w.onopen = () => seen('ws') }} catch (e) {{}} \
         try {{ const w = new WebSocket('wss://' + h + '/ws'); w.onopen = () => seen('wss') }} catch (e) {{}} \
         try {{ const e = new EventSource('http://' + h + '/es'); e.onopen = () => seen('es') }} catch (e) {{}} \
         try {{ const t = new WebTransport('https://' + h + '/wt'); t.ready.then(() => seen('wt')).catch(() => 0); t.closed.catch(() => 0) }} catch (e) {{}} }} \
         fetch('file:///etc/passwd').then(r => r.text()).then(seen).catch(() => 0); \
         const worker = new Worker(URL.createObjectURL(new Blob([`for (const h of ${{JSON.stringify(hosts)}}) {{ \
         fetch('http://' + h + '/worker').then(r => r.text()).then(t => postMessage(t)).catch(() => 0); }}`]))); worker.onmessage = (m) => seen(m.data); \
         navigator.serviceWorker && navigator.serviceWorker.register('/sw.js').catch(() => 0); \
         const peer = new RTCPeerConnection({{iceServers: hosts.slice(0, 9).flatMap(h => [{{urls: 'stun:' + h}}, \
         {{urls: 'turn:' + h + '?transport=udp', username: 'u', credential: 'c'}}, {{urls: 'turn:' + h + '?transport=tcp', username: 'u', credential: 'c'}}])}}); \
         const found = []; peer.onicecandidate = (e) => e.candidate && found.push(e.candidate.candidate); peer.createDataChannel('x'); \
         peer.createOffer().then((o) => peer.setLocalDescription(o)); \
         setTimeout(() => {{ const p = document.createElement('p'); p.id = 'end'; p.textContent = 'got ' + got + ' candidates ' + found.join(';'); document.body.append(p) }}, 4000); \
         </script>"
    ));
    let worker = format!("for (const h of {list}) fetch('http://' + h + '/sw').catch(() => 0)");
    let site = serve(vec![
        ("/", html(&page)),
        ("/sw.js", answer("200 OK", "Content-Type: text/javascript\r\n", worker.as_bytes())),
        ("/favicon.ico", answer("200 OK", "", b"")),
    ]);
    let result = render(site, "/", json!({"wait_for": "load", "wait_selector": "#end", "wait_seconds": 60})).value();
    let text = result["text"].as_str().unwrap();
    assert!(text.contains("got 0 candidates"), "{text}");
    for address in ["192.168.", "10.", "172.", "127.0.0.1", ".local"] {
        assert!(!text.contains(address), "the page learned an address of this machine: {text}");
    }
    assert_eq!(secret.visits(), 0, "{text}");
    let whole = result.to_string();
    assert!(!whole.contains("root:x") && !whole.contains("TOP-SECRET"));
    assert!(result["refused_count"].as_u64().unwrap() > 50, "{}", result["refused_count"]);
    let refused = result["requests"].as_array().unwrap().iter().filter_map(|one| one["refused"].as_str());
    assert!(refused.clone().any(|reason| reason.starts_with("EGRESS-003: ")), "{:?}", refused.collect::<Vec<_>>());
}

/// The agent in a network that the test plays: names, and where public addresses lead.
#[derive(Debug)]
struct Played {
    names: HashMap<&'static str, Vec<Vec<IpAddr>>>,
    lookups: AtomicUsize,
}

impl Network for Played {
    fn lookup(&self, host: &str) -> BoxFuture<'static, io::Result<Vec<IpAddr>>> {
        let turn = self.lookups.fetch_add(1, Ordering::SeqCst);
        let answer = self.names.get(host).map(|answers| answers[turn.min(answers.len() - 1)].clone());
        Box::pin(async move { answer.ok_or_else(|| io::Error::other("no such name")) })
    }

    fn route(&self, address: IpAddr) -> IpAddr {
        if address == PUBLIC { LOOPBACK } else { address }
    }
}

struct Playing(Arc<Played>);

#[async_trait]
impl Agent for Playing {
    fn card(&self) -> AgentCard {
        WebAutomation::default().card()
    }

    async fn perform(&self, context: Context, skill: &str, input: Value) -> Result<Value, SkillError> {
        let network: Arc<dyn Network> = Arc::<Played>::clone(&self.0);
        let client = EgressClient::within(context.egress().unwrap().clone(), None, network, &[]).unwrap();
        browse(context, client, skill, input).await
    }
}

fn in_network(names: &[(&'static str, &[&[IpAddr]])], url: String) -> Ended {
    with_exceptions(Vec::new(), names, url)
}

fn with_exceptions(private_hosts: Vec<String>, names: &[(&'static str, &[&[IpAddr]])], url: String) -> Ended {
    let egress = EgressPolicy { private_hosts, ..EgressPolicy::default() };
    let names = names.iter().map(|(name, answers)| (*name, answers.iter().map(|answer| answer.to_vec()).collect())).collect();
    let agent = Playing(Arc::new(Played { names, lookups: AtomicUsize::new(0) }));
    run_in(Setting { egress: Some(egress), ..Setting::default() }, Arc::new(agent), RENDER, json!({"url": url}))
}

#[test]
fn a_name_that_changes_its_answer_gains_nothing() {
    if no_browser() {
        return;
    }
    let secret = Secret::new();
    let site = serve(vec![("/", html("<p>public</p>")), ("/favicon.ico", answer("200 OK", "", b""))]);
    let url = |port: u16| format!("http://rebinding.test:{port}/");
    // Public when it is looked at, private when it is gone to.
    assert_eq!(in_network(&[("rebinding.test", &[&[PUBLIC], &[LOOPBACK]])], url(secret.port)).code(), "EGRESS-003");
    assert_eq!(in_network(&[("rebinding.test", &[&[PUBLIC, LOOPBACK]])], url(secret.port)).code(), "EGRESS-003");
    // The page is public; what it asks for is the same name, private by then.
    let page = format!(
        "<body><script>fetch('http://rebinding.test:{}/').then(r => r.text()).then(t => document.body.append(t), () => document.body.append('refused'))</script>",
        secret.port
    );
    let first = serve(vec![("/", html(&page)), ("/favicon.ico", answer("200 OK", "", b""))]);
    let result = in_network(&[("rebinding.test", &[&[PUBLIC], &[PUBLIC], &[LOOPBACK]])], url(first)).value();
    assert_eq!(result["text"], "refused");
    assert_eq!(secret.visits(), 0);
    assert_eq!(in_network(&[("rebinding.test", &[&[PUBLIC]])], url(site)).value()["text"], "public");
    assert_eq!(in_network(&[], url(site)).code(), "EGRESS-004");
}

#[test]
fn a_public_page_cannot_use_the_exceptions_for_private_hosts() {
    if no_browser() {
        return;
    }
    let inner = Secret::new();
    let script = format!(
        "<body><script>fetch('http://127.0.0.1:{}/').then(r => r.text()).then(t => document.body.append(t), () => \
         document.body.append('refused'))</script>",
        inner.port
    );
    let site = serve(vec![("/", html(&script)), ("/favicon.ico", answer("200 OK", "", b""))]);
    let exceptions = || vec![format!("127.0.0.1:{}", inner.port), format!("127.0.0.1:{site}")];
    let public = with_exceptions(exceptions(), &[("public.test", &[&[PUBLIC]])], format!("http://public.test:{site}/"));
    assert_eq!((public.value()["text"].as_str().unwrap(), inner.visits()), ("refused", 0));
    let within = with_exceptions(exceptions(), &[], format!("http://127.0.0.1:{site}/"));
    assert_eq!((within.value()["text"].as_str().unwrap(), inner.visits()), ("TOP-SECRET", 1));
}

#[test]
fn no_other_program_may_use_the_proxy() {
    if no_browser() {
        return;
    }
    let (send, ports) = std::sync::mpsc::channel();
    let site = serve_by(move |path, stream| {
        if path == "/" {
            // The other end of this connection is the proxy's process; its listening port is among those of this process.
            let _ = stream.write_all(&html("<p>page</p><img src=/wait>"));
        } else if path == "/wait" {
            send.send(()).unwrap();
            std::thread::sleep(Duration::from_secs(4));
            let _ = stream.write_all(&answer("200 OK", "", b""));
        }
    });
    let rendering = std::thread::spawn(move || render(site, "/", json!({"wait_seconds": 8})));
    ports.recv_timeout(Duration::from_secs(60)).unwrap();
    let mut refused = 0;
    for port in proxy_ports() {
        // Some may be of other tests, and gone by now.
        let Ok(mut stream) = TcpStream::connect(("127.0.0.1", port)) else { continue };
        let request = format!("GET http://127.0.0.1:{site}/stolen HTTP/1.1\r\nHost: x\r\nProxy-Authorization: Basic YmF0b246eA==\r\n\r\n");
        stream.write_all(request.as_bytes()).unwrap();
        let mut start = [0; 12];
        if stream.read_exact(&mut start).is_ok() {
            assert_eq!(&start, b"HTTP/1.1 407");
            refused += 1;
        }
    }
    assert!(refused > 0);
    assert_eq!(rendering.join().unwrap().value()["ready"], true);
}

#[test]
fn a_certificate_that_does_not_fit_is_refused() {
    if no_browser() {
        return;
    }
    let made = rcgen::generate_simple_self_signed(vec!["127.0.0.1".to_owned()]).unwrap();
    let key = rustls::pki_types::PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
    let config = rustls::ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key)
        .unwrap();
    let config = Arc::new(config);
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let (mut stream, mut session) = (stream.unwrap(), rustls::ServerConnection::new(Arc::clone(&config)).unwrap());
            let _ = rustls::Stream::new(&mut session, &mut stream).write_all(&html("<p>sealed"));
        }
    });
    let with = |egress| {
        let url = json!({"url": format!("https://127.0.0.1:{port}/")});
        run_in(Setting { egress: Some(egress), ..Setting::default() }, Arc::new(WebAutomation::default()), RENDER, url)
    };
    let ended = with(policy(port));
    assert_eq!(ended.code(), "EGRESS-006", "{}", ended.message());
    assert_eq!(with(policy(1)).code(), "EGRESS-003");
}

/// Ports in the command lines of browsers of this test program.
fn proxy_ports() -> Vec<u16> {
    let mut ports: Vec<u16> = command_lines()
        .iter()
        .filter_map(|(_, line)| {
            line.split("--proxy-server=http://baton-proxy.invalid:").nth(1)?.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
        })
        .collect();
    ports.sort_unstable();
    ports.dedup();
    ports
}

fn command_lines() -> Vec<(u32, String)> {
    let pids = std::fs::read_dir("/proc").unwrap().flatten().filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    pids.filter_map(|pid| Some((pid, String::from_utf8_lossy(&std::fs::read(format!("/proc/{pid}/cmdline")).ok()?).into_owned()))).collect()
}

/// Processes that live in an attempt's folder, whatever their kind: all inherit its environment.
fn living(scratch: &Path) -> Vec<u32> {
    let wanted = scratch.to_str().unwrap();
    let lives = |pid: &u32| {
        let environment = std::fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
        let line = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        String::from_utf8_lossy(&environment).contains(wanted) || String::from_utf8_lossy(&line).contains(wanted)
    };
    let own = std::process::id();
    command_lines().into_iter().map(|(pid, _)| pid).filter(|pid| *pid != own).filter(lives).collect()
}

fn until(limit: Duration, what: impl Fn() -> bool) -> Duration {
    let began = Instant::now();
    while !what() {
        assert!(began.elapsed() < limit, "it did not happen within {limit:?}");
        std::thread::sleep(Duration::from_millis(5));
    }
    began.elapsed()
}

fn start(scratch: &Path, url: String, egress: EgressPolicy) -> Start {
    Start {
        protocol: VERSION,
        attempt_id: AttemptId::new(Uuid::from_u128(2)),
        task_id: TaskId::new(Uuid::from_u128(1)),
        attempt: 1,
        agent: WebAutomation::default().card().name,
        skill: RENDER.to_owned(),
        input: json!({"url": url, "wait_seconds": 100}),
        artifacts: BTreeMap::new(),
        scratch: scratch.to_owned(),
        heartbeat_ms: 1_000,
        limits: Limits::default(),
        depth: 0,
        checkpoint: None,
        egress: Some(egress),
        connections: BTreeMap::new(),
    }
}

/// A page that keeps its browser busy for good.
fn busy_site() -> u16 {
    serve(vec![("/", html("<script>while (true) {}</script>"))])
}

#[test]
fn a_cancelled_task_leaves_nothing_of_its_browser_behind() {
    if no_browser() {
        return;
    }
    let site = busy_site();
    for by_word in [true, false] {
        let scratch = tempfile::tempdir().unwrap();
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let took = runtime.block_on(async {
            let begin = start(scratch.path(), format!("http://127.0.0.1:{site}/"), policy(site));
            let mut connection = begin_in_process(Arc::new(WebAutomation::default()), begin);
            loop {
                match connection.from_agent.recv().await.unwrap() {
                    FromAgent::Permit { request, .. } => connection.to_agent.send(ToAgent::Permitted { request }).await.unwrap(),
                    FromAgent::Progress { message, .. } if message.starts_with("visiting") => break,
                    FromAgent::Outcome { result, .. } => panic!("{result:?}"),
                    _ => {}
                }
            }
            tokio::time::timeout(Duration::from_millis(500), async {
                while let Some(message) = connection.from_agent.recv().await {
                    if let FromAgent::Permit { request, .. } = message {
                        connection.to_agent.send(ToAgent::Permitted { request }).await.unwrap();
                    }
                }
            })
            .await
            .unwrap_err();
            assert!(living(scratch.path()).len() > 3);
            if by_word {
                connection.to_agent.send(ToAgent::Cancel { reason: "test".to_owned() }).await.unwrap();
            } else {
                drop(connection);
            }
            let path = scratch.path().to_owned();
            tokio::task::spawn_blocking(move || until(Duration::from_secs(10), || living(&path).is_empty())).await.unwrap()
        });
        eprintln!("gone after {took:?}");
        assert!(took < Duration::from_secs(1), "{took:?}");
        until(Duration::from_secs(2), || std::fs::read_dir(scratch.path()).unwrap().next().is_none());
    }
}

/// The other half of the next test: the process that is killed.
#[test]
#[ignore = "run by the test below, in a process of its own"]
fn a_process_that_renders_for_ever() {
    let Some(file) = std::fs::read_dir(std::env::temp_dir()).unwrap().flatten().map(|entry| entry.path()).find(|path| {
        path.file_name().is_some_and(|name| name.to_string_lossy() == format!("baton-render-{}", std::os::unix::process::parent_id()))
    }) else {
        return;
    };
    let said: Value = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
    let port = u16::try_from(said["port"].as_u64().unwrap()).unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        let begin = start(Path::new(said["scratch"].as_str().unwrap()), format!("http://127.0.0.1:{port}/"), policy(port));
        let mut connection = begin_in_process(Arc::new(WebAutomation::default()), begin);
        while let Some(message) = connection.from_agent.recv().await {
            if let FromAgent::Permit { request, .. } = message {
                connection.to_agent.send(ToAgent::Permitted { request }).await.unwrap();
            }
        }
    });
}

#[test]
fn the_browser_ends_with_a_server_that_is_killed() {
    if no_browser() {
        return;
    }
    let (secret, scratch) = (busy_site(), tempfile::tempdir().unwrap());
    let told = std::env::temp_dir().join(format!("baton-render-{}", std::process::id()));
    std::fs::write(&told, json!({"port": secret, "scratch": scratch.path()}).to_string()).unwrap();
    let mut child = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "render_safety::a_process_that_renders_for_ever", "--ignored", "--test-threads=1"])
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null())
        .spawn()
        .unwrap();
    // The browser, its zygotes, and a page.
    until(Duration::from_secs(60), || living(scratch.path()).len() > 6);
    child.kill().unwrap();
    child.wait().unwrap();
    let took = until(Duration::from_secs(10), || living(scratch.path()).is_empty());
    std::fs::remove_file(told).unwrap();
    eprintln!("gone after {took:?}");
    assert!(took < Duration::from_secs(1), "{took:?}");
}
