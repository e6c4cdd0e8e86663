//! How a test serves pages and runs a skill that may reach them.

#![allow(dead_code, clippy::unwrap_used, unreachable_pub, reason = "tests; each test file uses a part of it")]

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;

use baton_agents_web_automation::WebAutomation;
use baton_domain::egress::EgressPolicy;
use serde_json::{Value, json};

use crate::harness::{Ended, Setting, run_in};

/// Answers each path with these bytes of HTTP, for as long as the test runs; gives the port.
pub fn serve(pages: Vec<(&'static str, Vec<u8>)>) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut head = Vec::new();
            let mut byte = [0];
            while !head.ends_with(b"\r\n\r\n") && stream.read(&mut byte).unwrap_or(0) == 1 {
                head.push(byte[0]);
            }
            let head = String::from_utf8_lossy(&head).into_owned();
            let path = head.split(' ').nth(1).unwrap_or("/");
            let none = answer("404 Not Found", "", b"none");
            let _ = stream.write_all(pages.iter().find(|(known, _)| *known == path).map_or(&none, |(_, page)| page));
        }
    });
    port
}

/// Answers each request, whose head and body it gets, with what `respond` says; each connection on a thread of its own. Gives the port.
pub fn serve_with(respond: impl Fn(&str, &str) -> Vec<u8> + Send + Sync + 'static) -> u16 {
    serve_streams(move |head, body, stream| {
        let _ = stream.write_all(&respond(head, body));
    })
}

/// The same for answers that are written piece by piece.
pub fn serve_streams(respond: impl Fn(&str, &str, &mut TcpStream) + Send + Sync + 'static) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let respond = Arc::new(respond);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let respond = Arc::clone(&respond);
            std::thread::spawn(move || {
                let mut head = Vec::new();
                let mut byte = [0];
                while !head.ends_with(b"\r\n\r\n") && stream.read(&mut byte).unwrap_or(0) == 1 {
                    head.push(byte[0]);
                }
                let head = String::from_utf8_lossy(&head).into_owned();
                let length = head.lines().find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length: ")?.parse().ok());
                let mut body = vec![0; length.unwrap_or(0)];
                let _ = stream.read_exact(&mut body);
                respond(&head, &String::from_utf8_lossy(&body), &mut stream);
            });
        }
    });
    port
}

/// The target of a request.
pub fn target(head: &str) -> &str {
    head.split(' ').nth(1).unwrap_or("/")
}

pub fn answer(status: &str, headers: &str, body: &[u8]) -> Vec<u8> {
    let mut bytes = format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n{headers}\r\n", body.len()).into_bytes();
    bytes.extend_from_slice(body);
    bytes
}

/// Runs a skill on a page that a local server has.
pub fn on_page(skill: &str, html: &str, mut input: Value) -> (Ended, u16) {
    let port = serve(vec![("/shop/page", answer("200 OK", "Content-Type: text/html; charset=utf-8\r\n", html.as_bytes()))]);
    input["url"] = json!(format!("http://127.0.0.1:{port}/shop/page"));
    let egress = EgressPolicy { private_hosts: vec![format!("127.0.0.1:{port}")], ..EgressPolicy::default() };
    (run_in(Setting { egress: Some(egress), ..Setting::default() }, Arc::new(WebAutomation::default()), skill, input), port)
}

/// Runs a skill on what a local server has at this path.
pub fn on_port(skill: &str, port: u16, path: &str, mut input: Value) -> Ended {
    input["url"] = json!(format!("http://127.0.0.1:{port}{path}"));
    let egress = EgressPolicy { private_hosts: vec![format!("127.0.0.1:{port}")], ..EgressPolicy::default() };
    run_in(Setting { egress: Some(egress), ..Setting::default() }, Arc::new(WebAutomation::default()), skill, input)
}

/// Runs a skill on a stored page.
pub fn on_file(skill: &str, html: &[u8], input: Value) -> Ended {
    crate::harness::perform_on_file(WebAutomation::default(), skill, input, "page.html", html)
}
