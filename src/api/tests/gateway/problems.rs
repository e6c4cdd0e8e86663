//! Whether every error leaves as one body with a code, whatever went wrong.

use serde_json::json;

use crate::client::{Bench, request};
use axum::body::Body;

const OPERATOR: (&str, &str) = ("authorization", "Bearer operator");
const JSON: (&str, &str) = ("content-type", "application/json");

fn refused(status: u16, code: &str) -> (u16, String) {
    (status, code.to_owned())
}

#[tokio::test]
async fn bad_bodies_are_told_apart() {
    let bench = Bench::new();
    let send = async |headers: &[(&str, &str)], body: &str| {
        bench.send(request("POST", "/api/v1/tasks", &[&[OPERATOR], headers].concat(), Body::from(body.to_owned()))).await
    };
    assert_eq!(send(&[JSON], "{\"skill\": ").await.problem(), refused(400, "REQUEST-001"));
    assert_eq!(send(&[JSON], "").await.problem(), refused(400, "REQUEST-001"));
    assert_eq!(send(&[], "{}").await.problem(), refused(415, "REQUEST-004"));
    assert_eq!(send(&[("content-type", "text/plain")], "{}").await.problem(), refused(415, "REQUEST-004"));
    assert_eq!(send(&[JSON, ("content-encoding", "gzip")], "{}").await.problem(), refused(415, "REQUEST-004"));
    let missing = send(&[JSON], r#"{"input": {}}"#).await;
    assert_eq!((missing.problem(), missing.fields()), (refused(422, "REQUEST-002"), vec!["/skill".to_owned()]));
    let unknown = send(&[JSON], r#"{"skill": "a.b", "input": {}, "state": "completed"}"#).await;
    assert_eq!((unknown.problem(), unknown.fields()), (refused(422, "REQUEST-002"), vec!["/state".to_owned()]));
    assert_eq!(bench.script.noted(), Vec::<String>::new(), "none of them reached the service");
}

#[tokio::test]
async fn a_limit_below_zero_is_told_apart_from_no_number() {
    let bench = Bench::new();
    let set = async |maximum: &str| {
        let body = format!(r#"{{"scope": "skill", "name": "a.b", "maximum": {maximum}}}"#);
        bench.send(request("PUT", "/api/v1/limits", &[OPERATOR, JSON], Body::from(body))).await
    };
    assert_eq!(set("-1").await.problem(), refused(422, "LIMIT-002"));
    assert_eq!(bench.script.noted(), ["limit skill a.b -1 by operator@example.com"], "the service says what is in range");
    for wrong in ["1.5", "\"1\"", "null", "1e30"] {
        let answer = set(wrong).await;
        assert_eq!((answer.problem(), answer.fields()), (refused(422, "REQUEST-002"), vec!["/maximum".to_owned()]), "{wrong}");
    }
    assert_eq!(bench.script.noted().len(), 1, "none of them reached the service");
}

#[tokio::test]
async fn a_body_over_the_limit_is_refused_and_one_under_it_is_not() {
    let bench = Bench::new();
    let body = |size: usize| json!({"skill": "a.b", "input": {"text": "x".repeat(size)}});
    assert_eq!(bench.post("/api/v1/tasks", &body(1 << 20)).await.problem(), refused(413, "REQUEST-003"));
    assert_eq!(bench.post("/api/v1/tasks", &body((1 << 20) - 100)).await.status, 201);
    let batch = |size: usize| json!({"tasks": [{"skill": "a.b", "input": {"text": "x".repeat(size)}}]});
    assert_eq!(bench.post("/api/v1/tasks/batch", &batch(2 << 20)).await.status, 201, "a batch may be larger");
    assert_eq!(bench.post("/api/v1/tasks/batch", &batch(16 << 20)).await.problem(), refused(413, "REQUEST-003"));
}

#[tokio::test]
async fn bad_queries_and_headers_name_what_is_wrong() {
    let bench = Bench::new();
    for (path, field) in [
        ("/api/v1/tasks?limit=many", "limit"),
        ("/api/v1/tasks?priority=9", "priority"),
        ("/api/v1/tasks?state=queued,gone", "state"),
        ("/api/v1/tasks?agent=me", "agent"),
        ("/api/v1/tasks?run_id=mine", "run_id"),
        ("/api/v1/tasks?parent_id=1", "parent_id"),
        ("/api/v1/tasks?limit=-1", "limit"),
        ("/api/v1/tasks?colour=red", "colour"),
        ("/api/v1/tasks/00000000-0000-0000-0000-000000000028?wait=61", "wait"),
        ("/api/v1/events?since=-1", "since"),
        ("/api/v1/events?topics=a%3Bb", "topics"),
        ("/api/v1/metrics/series?since=yesterday", "since"),
        ("/api/v1/artifacts?task=x", "task"),
    ] {
        let answer = bench.get(path).await;
        assert_eq!((answer.problem(), answer.fields()), (refused(400, "REQUEST-010"), vec![field.to_owned()]), "{path}");
    }
    for key in ["", "with space", "é", &"k".repeat(256)] {
        let body = json!({"skill": "a.b", "input": {}});
        let answer = bench.post_with("/api/v1/tasks", &body, &[OPERATOR, ("idempotency-key", key)]).await;
        assert_eq!(answer.fields(), ["Idempotency-Key"], "{key}");
    }
}

#[tokio::test]
async fn what_cannot_be_an_id_is_answered_like_one_that_does_not_exist() {
    let bench = Bench::new();
    let admin = [("authorization", "Bearer admin"), JSON];
    for (method, path, code) in [
        ("GET", "/api/v1/tasks/nonsense", "TASK-001"),
        ("POST", "/api/v1/tasks/1/cancel", "TASK-001"),
        ("GET", "/api/v1/tasks/%ff%fe", "TASK-001"),
        ("GET", "/api/v1/artifacts/x/content", "ARTIFACT-001"),
        ("DELETE", "/api/v1/artifacts/x", "ARTIFACT-001"),
        ("POST", "/api/v1/agents/x/drain", "AGENT-001"),
        ("POST", "/api/v1/servers/x/drain", "SERVER-007"),
        ("PATCH", "/api/v1/users/x", "USER-001"),
        ("DELETE", "/api/v1/api-keys/x", "KEY-001"),
    ] {
        assert_eq!(bench.call(method, path, &admin).await.problem(), refused(404, code), "{path}");
    }
    assert_eq!(bench.get(&format!("/api/v1/skills/{}", "x".repeat(300))).await.problem(), refused(404, "AGENT-002"));
    assert_eq!(bench.get("/api/v1/tasks/00000000-0000-0000-0000-000000000194").await.problem(), refused(404, "TASK-001"));
}

#[tokio::test]
async fn unknown_addresses_and_methods_are_problems_too() {
    let bench = Bench::new();
    for path in ["/api", "/api/", "/api/v2/tasks", "/api/v1/nothing", "/api/v1/tasks/", "/api/v1/tasks/a/b/c/d", "/api/docs/x"] {
        assert_eq!(bench.call("GET", path, &[]).await.problem(), refused(404, "REQUEST-005"), "{path}");
    }
    let wrong = bench.call("DELETE", "/api/v1/tasks", &[OPERATOR]).await;
    assert_eq!(wrong.problem(), refused(405, "REQUEST-006"));
    let mut allowed: Vec<&str> = wrong.header("allow").split(',').collect();
    allowed.sort_unstable();
    assert_eq!(allowed, ["GET", "HEAD", "POST"]);
}

#[tokio::test]
async fn the_router_merges_with_pages_that_have_a_fallback_of_their_own() {
    let bench = Bench::new();
    let pages = axum::Router::new().route("/", axum::routing::get(|| async { "home" })).fallback(|| async { "no such page" });
    let app = bench.router.clone().merge(bench.gateway.protect_pages(pages));
    let get = async |path: &str| crate::client::answer(app.clone(), request("GET", path, &[], Body::empty())).await;
    assert_eq!(get("/").await.text(), "home");
    assert_eq!(get("/nowhere").await.text(), "no such page");
    assert_eq!(get("/api/v1/nothing").await.problem(), refused(404, "REQUEST-005"));
    assert_eq!(get("/api/").await.problem(), refused(404, "REQUEST-005"));
    assert_eq!(get("/api/v1/health/live").await.status, 200);
}

#[tokio::test]
async fn problems_of_services_pass_with_their_fields_and_retry_after() {
    let bench = Bench::new();
    let submit = async |skill: &str| bench.post("/api/v1/tasks", &json!({"skill": skill, "input": {}})).await;
    let full = submit("test.full").await;
    assert_eq!((full.problem(), full.header("retry-after")), (refused(429, "TASK-006"), "7"));
    let down = submit("test.down").await;
    assert_eq!((down.problem(), down.header("retry-after")), (refused(503, "STORAGE-001"), "1"), "a 503 always says when to return");
    let unknown = submit("test.unknown").await;
    assert_eq!((unknown.problem(), unknown.fields()), (refused(422, "TASK-002"), vec!["/skill".to_owned()]));
}

#[tokio::test]
async fn a_panic_becomes_a_problem_that_tells_nothing_and_the_next_request_is_served() {
    let bench = Bench::new();
    let answer = bench.post("/api/v1/tasks", &json!({"skill": "test.panic", "input": {}})).await;
    assert_eq!(answer.problem(), refused(500, "INTERNAL-001"));
    assert!(!answer.text().contains("secret"), "{}", answer.text());
    assert_eq!(answer.header("x-content-type-options"), "nosniff");
    assert_eq!(bench.get("/api/v1/auth/me").await.status, 200);
}

#[tokio::test(start_paused = true)]
async fn a_request_that_takes_too_long_is_ended() {
    let bench = Bench::new();
    let answer = bench.post("/api/v1/tasks", &json!({"skill": "test.never", "input": {}})).await;
    assert_eq!(answer.problem(), refused(408, "REQUEST-011"));
}

#[tokio::test]
async fn a_request_keeps_a_sane_id_and_gets_one_otherwise() {
    let bench = Bench::new();
    let with = async |id: &str| bench.call("GET", "/api/v1/auth/me", &[OPERATOR, ("x-request-id", id)]).await;
    assert_eq!(with("trace-1:a.b_c").await.header("x-request-id"), "trace-1:a.b_c");
    assert!(bench.script.noted().contains(&"me trace-1:a.b_c by operator@example.com".to_owned()), "the service sees it");
    for bad in ["", "with space", "<script>", &"x".repeat(129)] {
        let answer = with(bad).await;
        assert_ne!(answer.header("x-request-id"), bad);
        assert_eq!(answer.header("x-request-id").len(), 36);
    }
    let refused = bench.call("GET", "/api/v1/tasks", &[("x-request-id", "of-a-problem")]).await;
    assert_eq!(refused.problem().1, "AUTH-001");
    assert_eq!(refused.json()["request_id"], "of-a-problem");
    assert_eq!(refused.header("www-authenticate"), "Bearer");
}

#[tokio::test]
async fn every_answer_carries_the_security_headers() {
    let bench = Bench::with(|config| config.public_origin = Some("https://baton.example.com".into()));
    for path in [
        "/api/v1/health/live",
        "/api/v1/tasks",
        "/api/nothing",
        "/api/docs",
        "/docs/errors/TASK-001",
        "/docs/errors/NOPE",
        "/api/v1/openapi.json",
    ] {
        let answer = bench.call("GET", path, &[]).await;
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(answer.header("x-frame-options"), "DENY", "{path}");
        assert_eq!(answer.header("referrer-policy"), "same-origin", "{path}");
        assert!(answer.header("permissions-policy").contains("camera=()"), "{path}");
        assert_eq!(answer.header("strict-transport-security"), "max-age=31536000", "{path}");
        let policy = answer.header("content-security-policy");
        for part in ["default-src 'none'", "object-src 'none'", "base-uri 'none'", "frame-ancestors 'none'"] {
            assert!(policy.contains(part), "{path}: {policy}");
        }
        assert!(!policy.contains("unsafe-eval") && !policy.contains("script-src 'unsafe-inline'"), "{path}: {policy}");
    }
    assert_eq!(Bench::new().call("GET", "/api/v1/tasks", &[]).await.header("strict-transport-security"), "", "not over http");
    assert_eq!(bench.get("/api/v1/tasks").await.header("cache-control"), "no-store");
}
