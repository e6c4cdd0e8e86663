//! How a test serves a site to a real browser, and watches what else is reached.

#![allow(dead_code, clippy::unwrap_used, unreachable_pub, clippy::print_stderr, reason = "tests; each test file uses a part of it")]

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use baton_agents_web_automation::{RENDER, WebAutomation, browser_program};
use baton_domain::egress::EgressPolicy;
use serde_json::{Value, json};

use crate::harness::{Ended, Setting, run_in};

/// Whether there is a browser; says so if not, and the test has nothing to look at.
pub fn no_browser() -> bool {
    let missing = browser_program().is_none();
    if missing {
        eprintln!("SKIPPED: no Chromium is installed on this machine");
    }
    missing
}

/// Serves each path with these bytes of HTTP; gives the port.
pub fn serve(pages: Vec<(&str, Vec<u8>)>) -> u16 {
    let pages: Vec<(String, Vec<u8>)> = pages.into_iter().map(|(path, bytes)| (path.to_owned(), bytes)).collect();
    serve_by(move |path, stream| {
        let none = answer("404 Not Found", "", b"none");
        let page = pages.iter().find(|(known, _)| *known == path).map_or(&none, |(_, page)| page);
        let _ = stream.write_all(page);
    })
}

/// Serves each connection on a thread of its own.
pub fn serve_by(respond: impl Fn(&str, &mut TcpStream) + Send + Sync + 'static) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let respond = Arc::new(respond);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let (mut stream, respond) = (stream.unwrap(), Arc::clone(&respond));
            std::thread::spawn(move || {
                let head = head(&mut stream);
                respond(head.split(' ').nth(1).unwrap_or("/"), &mut stream);
            });
        }
    });
    port
}

pub fn head(stream: &mut TcpStream) -> String {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") && stream.read(&mut byte).unwrap_or(0) == 1 {
        head.push(byte[0]);
    }
    String::from_utf8_lossy(&head).into_owned()
}

pub fn answer(status: &str, headers: &str, body: &[u8]) -> Vec<u8> {
    let mut bytes = format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n{headers}\r\n", body.len()).into_bytes();
    bytes.extend_from_slice(body);
    bytes
}

pub fn html(body: &str) -> Vec<u8> {
    answer("200 OK", "Content-Type: text/html; charset=utf-8\r\n", body.as_bytes())
}

/// A place that must not be reached: counts who comes, by TCP and by UDP.
pub struct Secret {
    pub port: u16,
    visits: Arc<AtomicUsize>,
}

impl Secret {
    pub fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let visits = Arc::new(AtomicUsize::new(0));
        let (by_tcp, by_udp) = (Arc::clone(&visits), Arc::clone(&visits));
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                by_tcp.fetch_add(1, Ordering::SeqCst);
                let mut stream = stream.unwrap();
                std::thread::spawn(move || {
                    stream.set_read_timeout(Some(std::time::Duration::from_secs(2))).unwrap();
                    head(&mut stream);
                    let _ = stream.write_all(&answer("200 OK", "Access-Control-Allow-Origin: *\r\n", b"TOP-SECRET"));
                });
            }
        });
        if let Ok(socket) = UdpSocket::bind(("127.0.0.1", port)) {
            std::thread::spawn(move || {
                let mut bytes = [0; 2048];
                while socket.recv_from(&mut bytes).is_ok() {
                    by_udp.fetch_add(1, Ordering::SeqCst);
                }
            });
        }
        Self { port, visits }
    }

    pub fn visits(&self) -> usize {
        self.visits.load(Ordering::SeqCst)
    }
}

pub fn policy(port: u16) -> EgressPolicy {
    EgressPolicy { private_hosts: vec![format!("127.0.0.1:{port}")], per_host_interval_ms: 0, ..EgressPolicy::default() }
}

/// Renders a path of the local site.
pub fn render(port: u16, path: &str, input: Value) -> Ended {
    visit(policy(port), RENDER, port, path, input)
}

pub fn visit(egress: EgressPolicy, skill: &str, port: u16, path: &str, mut input: Value) -> Ended {
    input["url"] = json!(format!("http://127.0.0.1:{port}{path}"));
    run_in(Setting { egress: Some(egress), ..Setting::default() }, Arc::new(WebAutomation::default()), skill, input)
}
