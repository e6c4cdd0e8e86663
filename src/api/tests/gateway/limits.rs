//! Whether the gateway keeps its bounds: requests, sign-ins, and whom it believes about addresses.

use std::time::Duration;

use baton_api::Rate;
use serde_json::json;

use crate::client::Bench;

#[tokio::test]
async fn a_client_over_its_rate_gets_429_and_the_others_do_not() {
    let bench = Bench::with(|config| config.limits.requests = Rate { per_second: 1, burst: 3 });
    for _ in 0..3 {
        assert_eq!(bench.get("/api/v1/auth/me").await.status, 200);
    }
    let refused = bench.get("/api/v1/auth/me").await;
    assert_eq!((refused.problem(), refused.header("retry-after")), ((429, "REQUEST-007".to_owned()), "1"));
    assert_eq!(bench.call("GET", "/api/v1/auth/me", &[("authorization", "Bearer admin")]).await.status, 200);
    bench.script.pass(Duration::from_secs(1));
    assert_eq!(bench.get("/api/v1/auth/me").await.status, 200);
}

#[tokio::test]
async fn guessing_tokens_is_counted_by_address() {
    let bench = Bench::with(|config| config.limits.requests = Rate { per_second: 1, burst: 5 });
    let mut codes = Vec::new();
    for guess in 0..8 {
        codes.push(bench.call("GET", "/api/v1/tasks", &[("authorization", &format!("Bearer {guess}"))]).await.problem().1);
    }
    assert_eq!(codes.iter().filter(|code| *code == "AUTH-004").count(), 5);
    assert_eq!(codes.iter().filter(|code| *code == "REQUEST-007").count(), 3);
}

#[tokio::test]
async fn sign_ins_are_counted_more_strictly() {
    let bench = Bench::new();
    let wrong = json!({"email": "ada@example.com", "password": "guess"});
    let mut refused = 0;
    for _ in 0..60 {
        refused += u32::from(bench.post_with("/api/v1/auth/login", &wrong, &[]).await.status == 429);
    }
    assert_eq!(refused, 10);
    let locked = json!({"email": "ada@example.com", "password": "locked"});
    bench.script.pass(Duration::from_secs(10));
    let answer = bench.post_with("/api/v1/auth/login", &locked, &[]).await;
    assert_eq!((answer.problem(), answer.header("retry-after")), ((429, "AUTH-006".to_owned()), "60"));
}

#[tokio::test]
async fn ten_thousand_tasks_in_batches_are_within_a_keys_rate() {
    let bench = Bench::new();
    let tasks: Vec<_> = (0..1_000).map(|n| json!({"skill": "a.b", "input": {"n": n}})).collect();
    for _ in 0..10 {
        let answer = bench.post_with("/api/v1/tasks/batch", &json!({"tasks": tasks}), &[("authorization", "Bearer key")]).await;
        assert_eq!(answer.status, 201);
    }
}

#[tokio::test]
async fn an_address_is_believed_only_from_a_trusted_proxy() {
    let forged = [("x-forwarded-for", "198.51.100.7")];
    let login = json!({"email": "ada@example.com", "password": "right"});
    let direct = Bench::new();
    direct.post_with("/api/v1/auth/login", &login, &forged).await;
    let address = |bench: &Bench| bench.script.clients.lock()[0].address.map(|address| address.to_string());
    assert_eq!(address(&direct).as_deref(), Some("203.0.113.5"));
    let proxied = Bench::with(|config| config.trusted_proxies = vec!["203.0.113.0/24".parse().unwrap()]);
    proxied.post_with("/api/v1/auth/login", &login, &forged).await;
    assert_eq!(address(&proxied).as_deref(), Some("198.51.100.7"));
    assert!(proxied.script.clients.lock()[0].request_id.is_some());
}
