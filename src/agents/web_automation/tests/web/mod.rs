//! How a test serves pages and runs a skill that may reach them.

#![allow(dead_code, clippy::unwrap_used, unreachable_pub, reason = "tests; each test file uses a part of it")]

use std::io::{Read, Write};
use std::net::TcpListener;
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

/// Runs a skill on a stored page.
pub fn on_file(skill: &str, html: &[u8], input: Value) -> Ended {
    crate::harness::perform_on_file(WebAutomation::default(), skill, input, "page.html", html)
}
