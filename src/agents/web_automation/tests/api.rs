//! Whether `api_call` and `api_send` use an API with its secret, keep to its address, end every list, and never show the secret.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::harness::{Ended, Setting, run_in, skill_of};
use crate::web::{answer, serve_with, target};
use baton_agents_web_automation::{API_CALL, API_SEND, MAXIMUM_RECORD_COLUMNS, WATCH, WebAutomation};
use baton_domain::connection::{AuthKind, ConnectionGrant, ConnectionKind};
use baton_domain::egress::EgressPolicy;
use serde_json::{Value, json};

const SECRET: &str = "us\"er:pass w+rd";

fn grant(port: u16, auth: AuthKind) -> ConnectionGrant {
    let auth_name = Some(if auth == AuthKind::Header { "X-Key" } else { "key" }.to_owned());
    let base_url = format!("http://127.0.0.1:{port}/v1");
    ConnectionGrant {
        name: "api".to_owned(),
        kind: ConnectionKind::Http,
        base_url,
        auth,
        auth_name,
        secret: Some(SECRET.to_owned()),
        private: true,
    }
}

fn run(skill: &str, grant: ConnectionGrant, mut input: Value) -> Ended {
    input["connection"] = json!("api");
    let connections = BTreeMap::from([("api".to_owned(), grant)]);
    let setting = Setting { egress: Some(EgressPolicy::default()), connections, ..Setting::default() };
    let ended = run_in(setting, Arc::new(WebAutomation::default()), skill, input);
    let files = ended.stored.iter().map(|(name, _, bytes)| format!("{name} {}", String::from_utf8_lossy(bytes))).collect::<String>();
    let said = format!("{:?} {:?} {files}", ended.result, ended.logs);
    for secret in [SECRET, "pass w+rd", "pass+w%2Brd", "pass%20w%2Brd", "dXMiZXI6cGFzcyB3K3Jk", "us\\\"er:pass"] {
        assert!(!said.contains(secret), "{secret}: {said}");
    }
    ended
}

fn call(port: u16, input: Value) -> Ended {
    run(API_CALL, grant(port, AuthKind::None), input)
}

/// Answers with JSON for each path and query.
fn json_of(respond: impl Fn(&str) -> Value + Send + Sync + 'static) -> u16 {
    serve_with(move |head, _| match respond(target(head)) {
        Value::Null => answer("404 Not Found", "", b""),
        value => answer("200 OK", "Content-Type: application/json\r\n", value.to_string().as_bytes()),
    })
}

fn parameter(target: &str, name: &str) -> Option<u64> {
    target.split_once('?')?.1.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('=')?.parse().ok())
}

#[test]
fn one_answer_is_data_records_text_or_a_file() {
    let port = serve_with(|head, _| match target(head) {
        "/v1/one" => answer("200 OK", "Content-Type: application/json\r\n", b"{\"a\": {\"b\": [1, 2]}}"),
        "/v1/text" => answer("200 OK", "Content-Type: text/plain; charset=iso-8859-1\r\n", b"caf\xe9"),
        "/v1/file" => answer("200 OK", "Content-Type: application/pdf\r\n", b"%PDF-1.4"),
        "/v1/none" => answer("204 No Content", "", b""),
        "/v1/cut" => answer("200 OK", "Content-Type: application/json\r\n", b"{\"a\": [1, 2"),
        "/v1/q?a=x+y&b=1&b=true" => answer("200 OK", "Set-Cookie: session=1\r\nX-Total: 7\r\n", b"[1]"),
        other => answer("404 Not Found", "", other.as_bytes()),
    });
    assert_eq!(call(port, json!({"path": "one"})).value()["data"], json!({"a": {"b": [1, 2]}}));
    assert_eq!(call(port, json!({"path": "/one", "select": "a.b[1]"})).value()["data"], json!(2));
    let picked = call(port, json!({"path": "/one", "select": "$.a.b[*]"})).value();
    assert_eq!((&picked["records"], &picked["count"]), (&json!([1, 2]), &json!(2)));
    assert_eq!(call(port, json!({"path": "text"})).value()["text"], "café");
    assert_eq!(call(port, json!({"path": "file"})).stored[0].2, b"%PDF-1.4");
    assert_eq!(call(port, json!({"path": "none"})).value()["status"], 204);
    let query = call(port, json!({"path": "q", "query": {"a": "x y", "b": [1, true]}})).value();
    assert_eq!((&query["headers"]["x-total"], query["headers"].get("set-cookie")), (&json!("7"), None));
    assert_eq!(call(port, json!({"path": "one", "method": "HEAD"})).value()["status"], 200);
    for (input, code) in [
        (json!({"path": "cut"}), "WEB-013"),
        (json!({"path": "text", "select": "a"}), "WEB-013"),
        (json!({"path": "one", "select": "abs(a)"}), "WEB-013"),
        (json!({"path": "one", "select": "a["}), "TASK-003"),
        (json!({"path": "one", "select": "$.a["}), "TASK-003"),
        (json!({"path": "one", "method": "HEAD", "select": "a"}), "TASK-003"),
        (json!({"path": "one", "headers": {"Authorization": "x"}}), "TASK-003"),
        (json!({"path": "other"}), "EGRESS-012"),
    ] {
        assert_eq!(call(port, input.clone()).code(), code, "{input}");
    }
}

#[test]
fn the_secret_is_sent_in_its_way_and_never_shown() {
    let port = serve_with(|head, _| {
        let said = json!({"head": head, "deep": [{SECRET: format!("<{SECRET}>")}]});
        match target(head).split('?').next().unwrap() {
            "/v1/echo" => answer("200 OK", &format!("X-Echo: {SECRET}\r\n"), said.to_string().as_bytes()),
            "/v1/text" => answer("200 OK", "Content-Type: text/plain\r\n", head.as_bytes()),
            "/v1/file" => answer("200 OK", "", format!("\0\x01{SECRET}").as_bytes()),
            "/v1/moved" => answer("302 Found", "Location: /v2/?key=x\r\n", b""),
            _ => answer("500 Broken", "Content-Type: application/json\r\n", said.to_string().as_bytes()),
        }
    });
    for (auth, mark) in [
        (AuthKind::Bearer, "authorization: Bearer [secret]"),
        (AuthKind::Basic, "authorization: Basic [secret]"),
        (AuthKind::Header, "x-key: [secret]"),
        (AuthKind::Query, "/v1/echo?a=1&key=[secret] HTTP"),
    ] {
        let of = |path: &str| run(API_CALL, grant(port, auth), json!({"path": path, "query": {"a": "1"}}));
        let echo = of("echo").value();
        assert!(echo["data"]["head"].as_str().unwrap().contains(mark), "{auth:?}: {echo}");
        assert_eq!(echo["data"]["deep"], json!([{"[secret]": "<[secret]>"}]));
        assert_eq!(echo["headers"]["x-echo"], "[secret]");
        assert!(of("text").value()["text"].as_str().unwrap().contains("[secret]"));
        assert_eq!(of("file").code(), "WEB-013");
        assert_eq!(of("moved").code(), "WEB-014");
        let failed = of("fail");
        assert_eq!((failed.code(), failed.result.as_ref().unwrap_err().retryable), ("EGRESS-012", true));
        assert!(failed.message().contains("[secret]"), "{}", failed.message());
    }
    // What the connection sets, nobody else sets.
    for (auth, input) in [
        (AuthKind::Header, json!({"headers": {"x-KEY": "mine"}})),
        (AuthKind::Query, json!({"query": {"key": "mine"}})),
        (AuthKind::Query, json!({"pagination": {"kind": "page", "parameter": "key"}})),
    ] {
        assert_eq!(run(API_CALL, grant(port, auth), input).code(), "TASK-003");
    }
    let without = ConnectionGrant { secret: None, ..grant(port, AuthKind::Bearer) };
    assert_eq!(run(API_CALL, without, json!({})).code(), "CONNECTION-003");
}

#[test]
fn nothing_leaves_the_connection() {
    let port = serve_with(|head, _| {
        let next = match target(head) {
            "/v1/host" => "http://127.0.0.1:9/v1/b",
            "/v1/up" => "/v2/b",
            "/v1/climb" => "/v1/%2e%2e/v2",
            "/v1/hidden" => "/v1/a%2f..%2f..%2fv2",
            "/v1/scheme" => "file:///etc/passwd",
            _ => "/v12/b",
        };
        answer("200 OK", &format!("Link: <{next}>; rel=next\r\n"), format!("{{\"next\": \"{next}\", \"items\": [1]}}").as_bytes())
    });
    for path in ["host", "up", "climb", "hidden", "scheme", "prefix"] {
        for paging in [json!({"kind": "link"}), json!({"kind": "cursor", "from": "next"})] {
            assert_eq!(call(port, json!({"path": path, "select": "items", "pagination": paging})).code(), "WEB-014", "{path}");
        }
    }
    for path in
        ["../v2", "a/../../v2", "%2e%2e/v2", "a%2F..", "..\\v2", "x?y", "x#y", "a\nb", "./a", "//127.0.0.1:9/", "http://127.0.0.1:9/"]
    {
        let ended = call(port, json!({"path": path}));
        assert!(ended.code() == "TASK-003" && ended.message().starts_with("path: "), "{path}: {}", ended.message());
    }
    // Without the administrator's word the host may not be a private one, and never another port of it.
    let public = ConnectionGrant { private: false, ..grant(port, AuthKind::None) };
    assert_eq!(run(API_CALL, public, json!({})).code(), "EGRESS-003");
    let database = ConnectionGrant { kind: ConnectionKind::Postgres, ..grant(port, AuthKind::None) };
    assert_eq!(run(API_CALL, database, json!({})).code(), "TASK-003");
    let unknown = run_in(Setting::default(), Arc::new(WebAutomation::default()), API_CALL, json!({"connection": "other"}));
    assert_eq!(unknown.code(), "CONNECTION-001");
}

#[test]
fn every_kind_of_list_is_read_to_its_end() {
    // 25 records; never more than 10 on a page, whatever is asked for.
    let of = |start: u64, size: u64| (start..25.min(start + size.min(10))).map(|id| json!({"id": id})).collect::<Vec<_>>();
    let port = json_of(move |target| {
        let size = parameter(target, "size").unwrap_or(10);
        if let Some(page) = parameter(target, "page") {
            let items = of((page - 1) * size.min(10), size);
            return if items.is_empty() && target.contains("/strict") { Value::Null } else { json!({"items": items}) };
        }
        if let Some(offset) = parameter(target, "offset") {
            return json!({"items": of(offset, size)});
        }
        let at = parameter(target, "after").unwrap_or(0);
        let next = (at + 10 < 25).then_some(at + 10);
        let address = next.map(|next| format!("/v1/list?after={next}"));
        json!({"items": of(at, 10), "next": next, "links": {"next": address}})
    });
    for paging in [
        json!({"kind": "page", "size": 10, "size_parameter": "size"}),
        json!({"kind": "page", "size": 100, "size_parameter": "size"}),
        json!({"kind": "page"}),
        json!({"kind": "offset", "size": 7, "size_parameter": "size"}),
        json!({"kind": "offset", "size": 100, "size_parameter": "size"}),
        json!({"kind": "cursor", "parameter": "after", "from": "$.next"}),
        json!({"kind": "cursor", "from": "links.next"}),
    ] {
        for path in ["list", "strict"] {
            let result = call(port, json!({"path": path, "select": "items", "pagination": paging})).value();
            let ids: Vec<u64> = result["records"].as_array().unwrap().iter().map(|record| record["id"].as_u64().unwrap()).collect();
            assert_eq!((ids, &result["stopped"]), ((0..25).collect(), &json!("end")), "{paging}");
        }
    }
    let some = call(port, json!({"path": "list", "select": "items", "pagination": {"kind": "page"}, "maximum_pages": 2})).value();
    assert_eq!((&some["count"], &some["stopped"]), (&json!(20), &json!("pages")));
    let some = call(port, json!({"path": "list", "select": "items", "pagination": {"kind": "page"}, "maximum_records": 15})).value();
    assert_eq!((&some["count"], &some["stopped"]), (&json!(15), &json!("records")));
    assert_eq!(call(port, json!({"pagination": {"kind": "cursor"}})).code(), "TASK-003");
    assert_eq!(call(port, json!({"path": "list", "pagination": {"kind": "cursor", "from": "items"}})).code(), "WEB-013");
}

#[test]
fn links_of_the_header_are_followed() {
    let port = serve_with(|head, _| {
        let page = parameter(target(head), "page").unwrap_or(1);
        let link = if page < 3 { format!("Link: <list?page={}>; rel=\"next\"\r\n", page + 1) } else { String::new() };
        answer("200 OK", &link, format!("[{page}]").as_bytes())
    });
    let result = call(port, json!({"path": "list", "pagination": {"kind": "link"}})).value();
    assert_eq!((&result["records"], &result["pages"], &result["stopped"]), (&json!([1, 2, 3]), &json!(3), &json!("end")));
}

#[test]
fn lists_without_an_end_are_ended() {
    // The last page again and again; a cursor that goes in a circle; ever new pages.
    let port = json_of(|target| match parameter(target, "n").unwrap_or(0) {
        n if target.contains("/clamp") => json!({"items": [n.min(2)], "next": n + 1}),
        n if target.contains("/circle") => json!({"items": [n], "next": (n + 1) % 3}),
        n => json!({"items": vec!["x".repeat(1000); 1000], "n": n, "next": n + 1}),
    });
    let of = |path: &str, more: Value| {
        let mut input =
            json!({"path": path, "query": {"n": 0}, "select": "items", "pagination": {"kind": "cursor", "parameter": "n", "from": "next"}});
        input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        call(port, input).value()
    };
    let clamp = of("clamp", json!({}));
    assert_eq!((&clamp["records"], &clamp["stopped"]), (&json!([0, 1, 2]), &json!("repeated")));
    let circle = of("circle", json!({}));
    assert_eq!((&circle["records"], &circle["stopped"]), (&json!([0, 1, 2]), &json!("repeated")));
    let slow = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&slow);
    let stuck = serve_with(move |_, _| {
        if count.fetch_add(1, Ordering::SeqCst) > 0 {
            std::thread::sleep(std::time::Duration::from_secs(20));
        }
        answer("200 OK", "Link: </v1/next>; rel=next\r\n", b"[1]")
    });
    let result = call(stuck, json!({"pagination": {"kind": "link"}, "maximum_seconds": 1})).value();
    assert_eq!((&result["stopped"], &result["count"]), (&json!("time"), &json!(1)));
    assert_eq!(call(stuck, json!({"pagination": {"kind": "link"}, "maximum_seconds": 1})).code(), "EGRESS-007");
}

#[test]
fn the_bound_on_bytes_holds() {
    let page = format!("[\"{}\"]", "x".repeat(12 << 20));
    let count = Arc::new(AtomicUsize::new(0));
    let asked = Arc::clone(&count);
    let port = serve_with(move |_, _| {
        let number = asked.fetch_add(1, Ordering::SeqCst);
        answer("200 OK", &format!("Link: </v1/{number}>; rel=next\r\n"), page.replacen('x', &number.to_string(), 1).as_bytes())
    });
    let ended = call(port, json!({"pagination": {"kind": "link"}, "maximum_pages": 1000}));
    assert_eq!(ended.stored[0].1, "application/x-ndjson");
    assert_eq!(ended.value()["stopped"], "bytes");
    assert_eq!(count.load(Ordering::SeqCst), 6);
    let large = serve_with(|_, _| answer("200 OK", "", &vec![b' '; 17 << 20]));
    assert_eq!(call(large, json!({})).code(), "EGRESS-008");
}

#[test]
fn many_records_become_a_file() {
    let port = json_of(|_| (0..20_000).map(|n| json!({"n": n, "name": format!("number, \"{n}\""), "deep": {"a": [n]}})).collect());
    let lines = call(port, json!({}));
    let (name, kind, bytes) = &lines.stored[0];
    assert_eq!((name.as_str(), kind.as_str()), ("records.ndjson", "application/x-ndjson"));
    let records: Vec<Value> = String::from_utf8_lossy(bytes).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!((records.len(), &records[19_999]["name"]), (20_000, &json!("number, \"19999\"")));
    let result = lines.value();
    assert_eq!((&result["count"], &result["truncated"]), (&json!(20_000), &json!(true)));
    let table = call(port, json!({"save": "csv"}));
    let text = String::from_utf8_lossy(&table.stored[0].2).into_owned();
    assert_eq!(text.lines().next(), Some("deep,n,name"));
    assert_eq!(text.lines().last(), Some("\"{\"\"a\"\":[19999]}\",19999,\"number, \"\"19999\"\"\""));
}

#[test]
fn a_table_has_a_bound_on_its_columns() {
    let port =
        json_of(|_| json!([(0..MAXIMUM_RECORD_COLUMNS + 5).map(|n| (format!("c{n:04}"), json!(n))).collect::<serde_json::Map<_, _>>(), 7]));
    let table = call(port, json!({"save": "csv"}));
    let text = String::from_utf8_lossy(&table.stored[0].2).into_owned();
    assert_eq!(text.lines().next().unwrap().split(',').count(), MAXIMUM_RECORD_COLUMNS);
}

#[test]
fn what_is_sent_arrives_once() {
    let port = serve_with(|head, body| match target(head) {
        "/v1/busy" => answer("503 Busy", "Retry-After: 2\r\n", b""),
        "/v1/broken" => answer("500 Broken", "", b""),
        "/v1/cut" => b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{".to_vec(),
        "/v1/list" => answer("201 Created", "", b"[{\"id\": 7}]"),
        _ => answer("200 OK", "Content-Type: application/json\r\n", json!({"head": head, "body": body}).to_string().as_bytes()),
    });
    let send = |input: Value| run(API_SEND, grant(port, AuthKind::Bearer), input);
    let result = send(json!({"method": "POST", "path": "a", "json": {"x": [1, null]}, "headers": {"Idempotency-Key": "k"}})).value();
    let head = result["data"]["head"].as_str().unwrap();
    assert!(
        head.starts_with("POST /v1/a HTTP") && head.contains("content-type: application/json") && head.contains("idempotency-key: k"),
        "{head}"
    );
    assert_eq!(result["data"]["body"], "{\"x\":[1,null]}");
    let result = send(json!({"method": "PUT", "form": {"a b": "c&d", "n": 2}, "select": "body"})).value();
    assert_eq!(result["data"], "a+b=c%26d&n=2");
    assert_eq!(send(json!({"method": "POST", "json": null, "select": "body"})).value()["data"], "null");
    assert!(send(json!({"method": "DELETE", "path": "a/7"})).value()["data"]["head"].as_str().unwrap().starts_with("DELETE /v1/a/7 HTTP"));
    assert_eq!(send(json!({"method": "PATCH", "path": "list", "select": "[0].id"})).value()["data"], 7);
    assert_eq!(send(json!({"method": "PATCH", "path": "list"})).value()["data"], json!([{"id": 7}]));
    for (path, code, again) in [("busy", "EGRESS-012", true), ("broken", "EGRESS-012", false), ("cut", "EGRESS-005", false)] {
        let ended = send(json!({"method": "POST", "path": path}));
        assert_eq!((ended.code(), ended.result.as_ref().unwrap_err().retryable), (code, again), "{path}: {}", ended.message());
    }
    assert_eq!(send(json!({"method": "POST", "json": 1, "form": {}})).code(), "TASK-003");
    assert_eq!(send(json!({"method": "POST", "json": "x".repeat(2 << 20)})).code(), "TASK-003");
    // The port belongs to another protocol.
    assert_eq!(run(API_SEND, grant(9, AuthKind::None), json!({"method": "POST"})).code(), "CONNECTION-003");
}

#[test]
fn forms_offer_no_databases() {
    for skill in [API_CALL, API_SEND, WATCH] {
        let schema = skill_of(&WebAutomation::default(), skill).input_schema;
        assert_eq!(schema["properties"]["connection"]["x-kinds"], json!([ConnectionKind::Http.as_str()]), "{skill}");
    }
}
