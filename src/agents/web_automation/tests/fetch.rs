//! Whether `web_automation.fetch` gives what a server answered, and a code for what it may not or cannot fetch.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::Arc;

use crate::harness::{Ended, Setting, run_in, violations};
use baton_agents_runtime::Agent;
use baton_agents_web_automation::{FETCH, MAXIMUM_INLINE_BYTES, WebAutomation, decode};
use baton_domain::egress::EgressPolicy;
use proptest::prelude::*;
use serde_json::{Value, json};

/// Serves each path with these bytes of HTTP, for as long as the test runs; gives the port.
fn serve(pages: Vec<(&'static str, Vec<u8>)>) -> u16 {
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
            let echo = answer("200 OK", "Content-Type: text/plain\r\n", head.as_bytes());
            let page = pages.iter().find(|(known, _)| *known == path).map_or(&none, |(_, page)| page);
            let _ = stream.write_all(if path == "/echo" { &echo } else { page });
        }
    });
    port
}

fn answer(status: &str, headers: &str, body: &[u8]) -> Vec<u8> {
    let mut bytes = format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n{headers}\r\n", body.len()).into_bytes();
    bytes.extend_from_slice(body);
    bytes
}

fn fetch(port: u16, input: Value) -> Ended {
    let egress = EgressPolicy { private_hosts: vec![format!("127.0.0.1:{port}")], ..EgressPolicy::default() };
    run_in(Setting { egress: Some(egress), ..Setting::default() }, Arc::new(WebAutomation::default()), FETCH, input)
}

fn on(port: u16, path: &str) -> Ended {
    fetch(port, json!({"url": format!("http://127.0.0.1:{port}{path}")}))
}

#[test]
fn the_contract_is_sound() {
    for skill in WebAutomation::default().card().skills {
        for example in &skill.examples {
            assert_eq!(violations(&skill.input_schema, example), Vec::<String>::new());
        }
        assert!(skill.network && skill.name.starts_with("web_automation."));
    }
}

#[test]
fn text_stands_in_the_result() {
    let port = serve(vec![
        ("/latin", answer("200 OK", "Content-Type: text/html; charset=ISO-8859-1\r\nX-Own: a\r\nX-Own: b\r\n", b"<p>caf\xe9")),
        ("/moved", answer("301 Moved", "Location: /latin\r\n", b"")),
    ]);
    let result = on(port, "/moved").value();
    assert_eq!((&result["text"], &result["kind"], &result["status"]), (&json!("<p>café"), &json!("html"), &json!(200)));
    assert_eq!(result["redirects"], json!([{"status": 301, "url": format!("http://127.0.0.1:{port}/moved")}]));
    assert_eq!((&result["headers"]["x-own"], &result["truncated"]), (&json!("a\nb"), &json!(false)));
    assert!(result.get("artifact").is_none());
}

#[test]
fn other_and_large_content_becomes_an_artifact() {
    let long = "é".repeat(MAXIMUM_INLINE_BYTES);
    let port = serve(vec![
        ("/a/picture.png", answer("200 OK", "Content-Type: text/html\r\n", b"\x89PNG\r\n\x1a\n0000")),
        ("/long.txt", answer("200 OK", "Content-Type: text/plain\r\n", long.as_bytes())),
    ]);
    let picture = on(port, "/a/picture.png");
    assert_eq!((picture.stored[0].0.as_str(), picture.stored[0].2.as_slice()), ("picture.png", &b"\x89PNG\r\n\x1a\n0000"[..]));
    let picture = picture.value();
    assert_eq!(picture["kind"], "image");
    assert!(picture["artifact"].is_string() && picture.get("text").is_none());
    let text = on(port, "/long.txt");
    assert_eq!(text.stored[0].2, long.as_bytes());
    let text = text.value();
    assert_eq!((text["truncated"].as_bool(), text["text"].as_str().unwrap().len()), (Some(true), MAXIMUM_INLINE_BYTES));
    let kept = fetch(port, json!({"url": format!("http://127.0.0.1:{port}/long.txt"), "keep": "text"}));
    assert!(kept.stored.is_empty());
}

#[test]
fn an_error_status_fails_unless_it_is_wanted() {
    let port = serve(vec![("/busy", answer("429 Slow down", "Retry-After: 3\r\n", b""))]);
    let missing = on(port, "/none");
    assert_eq!((missing.code(), missing.result.as_ref().unwrap_err().retryable), ("EGRESS-012", false));
    let busy = on(port, "/busy");
    assert_eq!((busy.code(), busy.result.as_ref().unwrap_err().retryable), ("EGRESS-012", true));
    let wanted = fetch(port, json!({"url": format!("http://127.0.0.1:{port}/none"), "fail_on_error_status": false})).value();
    assert_eq!((&wanted["status"], &wanted["text"]), (&json!(404), &json!("none")));
}

#[test]
fn headers_are_sent_and_credentials_are_not_taken() {
    let port = serve(vec![]);
    let url = format!("http://127.0.0.1:{port}/echo");
    let result = fetch(port, json!({"url": url, "headers": {"Accept-Language": "pt"}})).value();
    let text = result["text"].as_str().unwrap();
    assert!(text.contains("accept-language: pt") && text.contains("user-agent: Baton/"), "{text}");
    for name in ["Authorization", "cookie", "Host", "transfer-encoding", "a b", "x\r\ny"] {
        let ended = fetch(port, json!({"url": url, "headers": {name: "x"}}));
        assert_eq!(ended.code(), "TASK-003", "{name}");
        assert!(ended.message().starts_with("headers: "), "{}", ended.message());
    }
}

#[test]
fn what_may_not_be_fetched_has_its_code() {
    let other = serve(vec![("/", answer("200 OK", "", b"secret"))]);
    let port = serve(vec![
        ("/inside", answer("302 Found", &format!("Location: http://localhost:{other}/\r\n"), b"")),
        ("/file", answer("302 Found", "Location: file:///etc/passwd\r\n", b"")),
        ("/loop", answer("302 Found", "Location: /loop\r\n", b"")),
        ("/large", answer("200 OK", "", &[b'x'; 2000])),
    ]);
    for (path, code) in [("/inside", "EGRESS-003"), ("/file", "EGRESS-001"), ("/loop", "EGRESS-009")] {
        assert_eq!(on(port, path).code(), code, "{path}");
    }
    for (url, code) in [
        (format!("http://127.0.0.1:{other}/"), "EGRESS-003"),
        (format!("http://2130706433:{other}/"), "EGRESS-003"),
        ("http://169.254.169.254/latest/meta-data/".to_owned(), "EGRESS-003"),
        ("http://[::1]/".to_owned(), "EGRESS-003"),
        ("file:///etc/passwd".to_owned(), "EGRESS-001"),
        ("http://a:b@example.org/".to_owned(), "EGRESS-001"),
        ("no address".to_owned(), "EGRESS-001"),
    ] {
        assert_eq!(fetch(port, json!({"url": url})).code(), code, "{url}");
    }
    assert_eq!(fetch(port, json!({"url": format!("http://127.0.0.1:{port}/large"), "maximum_bytes": 1000})).code(), "EGRESS-008");
    let without = run_in(Setting::default(), Arc::new(WebAutomation::default()), FETCH, json!({"url": "http://example.org/"}));
    assert_eq!(without.code(), "EGRESS-010");
}

#[test]
fn texts_are_read_in_their_encoding() {
    for (declared, bytes, text) in [
        (None, &b"\xef\xbb\xbfabc"[..], "abc"),
        (None, b"\xff\xfea\0b\0", "ab"),
        (Some("text/html; charset=windows-1251"), b"\xcf\xf0", "Пр"),
        (None, b"<meta charset='shift_jis'>\x83\x65", "<meta charset='shift_jis'>テ"),
        (None, "é".as_bytes(), "é"),
        (None, b"\xe9!", "é!"),
        (None, b"<?xml version='1.0' encoding='iso-8859-2'?>\xb1", "<?xml version='1.0' encoding='iso-8859-2'?>ą"),
        (Some("text/html; charset=\"utf-8\""), "<meta charset=latin1>é".as_bytes(), "<meta charset=latin1>é"),
        (None, "<meta charset=utf-16>é".as_bytes(), "<meta charset=utf-16>é"),
    ] {
        assert_eq!(decode(declared, bytes), text);
    }
}

proptest! {
    #[test]
    fn utf8_is_always_read_as_it_is(text in "[^\u{feff}<]{0,60}") {
        prop_assert_eq!(decode(None, text.as_bytes()), text.clone());
        prop_assert_eq!(decode(Some("text/plain; charset=utf-8"), text.as_bytes()), text);
    }

    #[test]
    fn no_bytes_make_the_decoder_panic(bytes in proptest::collection::vec(any::<u8>(), 0..80)) {
        let _ = decode(None, &bytes);
    }
}
