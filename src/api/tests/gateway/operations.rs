//! Whether operations answer with the right status, headers and body, and hand over what they were given.

use std::sync::atomic::Ordering;

use serde_json::json;

use crate::client::Bench;

const TASK: &str = "00000000-0000-0000-0000-000000000028";

#[tokio::test]
async fn a_new_task_answers_201_with_its_address() {
    let bench = Bench::new();
    let body = json!({"skill": "nlp.sentiment", "input": {"text": "fine"}});
    let headers = [("authorization", "Bearer key"), ("idempotency-key", "abc-1")];
    let answer = bench.post_with("/api/v1/tasks", &body, &headers).await;
    assert_eq!(answer.status, 201);
    assert_eq!(answer.header("location"), format!("/api/v1/tasks/{TASK}"));
    assert_eq!((&answer.json()["id"], &answer.json()["state"]), (&json!(TASK), &json!("queued")));
    assert_eq!(bench.script.noted(), ["submit nlp.sentiment key=abc-1 by robot"]);
}

#[tokio::test]
async fn waiting_on_create_gives_everything_about_the_task() {
    let bench = Bench::new();
    let answer = bench.post("/api/v1/tasks?wait=2.5", &json!({"skill": "nlp.sentiment", "input": {}})).await;
    assert_eq!(answer.status, 201);
    assert_eq!(answer.json()["summary"]["state"], "completed");
    assert_eq!(answer.json()["result"], json!({"score": 1}));
    assert_eq!(bench.script.noted()[1], "get wait=Some(2.5s) by operator@example.com");
    let waited = bench.get(&format!("/api/v1/tasks/{TASK}?wait=60")).await;
    assert_eq!(waited.status, 200);
    assert_eq!(bench.script.noted()[2], "get wait=Some(60s) by viewer@example.com");
}

#[tokio::test]
async fn a_batch_and_a_rerun_take_an_idempotency_key() {
    let bench = Bench::new();
    let tasks: Vec<_> = (0..1_000).map(|n| json!({"skill": "a.b", "input": {"n": n}})).collect();
    let headers = [("authorization", "Bearer operator"), ("idempotency-key", "k")];
    let batch = bench.post_with("/api/v1/tasks/batch", &json!({"tasks": tasks}), &headers).await;
    assert_eq!((batch.status.as_u16(), batch.json()["ids"].as_array().unwrap().len()), (201, 1_000));
    let rerun = bench.call("POST", &format!("/api/v1/tasks/{TASK}/rerun"), &headers).await;
    assert_eq!((rerun.status.as_u16(), rerun.header("location")), (201, "/api/v1/tasks/00000000-0000-0000-0000-000000000029"));
    let operator = "by operator@example.com";
    assert_eq!(bench.script.noted(), [format!("submit_batch 1000 key=k {operator}"), format!("rerun {TASK} key=k {operator}")]);
}

#[tokio::test]
async fn a_list_takes_filters_and_links_to_its_next_page() {
    let bench = Bench::new();
    *bench.script.next_cursor.lock() = Some("n+/=".into());
    let answer = bench.get("/api/v1/tasks?state=queued,running&skill=nlp&priority=2&text=a%20b&limit=10&cursor=old").await;
    assert_eq!(answer.json()["as_of"], 7);
    let link = answer.header("link");
    assert_eq!(link, "</api/v1/tasks?state=queued%2Crunning&skill=nlp&priority=2&text=a+b&limit=10&cursor=n%2B%2F%3D>; rel=\"next\"");
    let noted = bench.script.noted();
    assert!(noted[0].contains(r#""states":["queued","running"],"skill":"nlp","priority":2"#), "{}", noted[0]);
    assert!(noted[0].contains(r#""text":"a b","labels":[]"#), "{}", noted[0]);
    assert!(noted[0].contains(r#""cursor":"old","limit":10"#), "{}", noted[0]);
    bench.get(&format!("/api/v1/tasks?run_id={TASK}")).await;
    bench.get(&format!("/api/v1/tasks?parent_id={TASK}")).await;
    let of =
        |line: usize, run: &str, parent: &str| bench.script.noted()[line].contains(&format!(r#""run_id":{run},"parent_id":{parent},"#));
    let (one, none) = (format!("{TASK:?}"), "null");
    assert!(of(1, &one, none) && of(2, none, &one), "{:?}", bench.script.noted());
    let next = link.trim_start_matches('<').split('>').next().unwrap();
    bench.get(next).await;
    assert!(bench.script.noted()[3].contains(r#""cursor":"n+/=""#), "the link works");
    *bench.script.next_cursor.lock() = None;
    assert!(!bench.get("/api/v1/tasks").await.header("link").contains("next"), "the last page has none");
}

#[tokio::test]
async fn members_and_keys_are_created_with_an_address() {
    let bench = Bench::new();
    let admin = [("authorization", "Bearer admin")];
    let user = json!({"email": "grace@example.com", "password": "a long one", "role": "operator"});
    let answer = bench.post_with("/api/v1/users", &user, &admin).await;
    assert_eq!((answer.status.as_u16(), answer.header("location")), (201, "/api/v1/users/00000000-0000-0000-0000-000000000005"));
    let key = bench.post_with("/api/v1/api-keys", &json!({"name": "robot", "role": "viewer"}), &admin).await;
    assert_eq!((key.status.as_u16(), &key.json()["secret"]), (201, &json!("shown once")));
    let revoked = bench.call("DELETE", "/api/v1/api-keys/00000000-0000-0000-0000-000000000009", &admin).await;
    assert_eq!((revoked.status.as_u16(), revoked.bytes.len()), (204, 0));
}

#[tokio::test]
async fn readiness_is_503_with_its_checks() {
    let bench = Bench::new();
    assert_eq!(bench.call("GET", "/api/v1/health/ready", &[]).await.status, 200);
    bench.script.unready.store(true, Ordering::SeqCst);
    let answer = bench.call("GET", "/api/v1/health/ready", &[]).await;
    assert_eq!((answer.status.as_u16(), answer.header("retry-after")), (503, "1"));
    assert_eq!(answer.json()["checks"][0]["name"], "storage");
    assert_eq!(bench.call("GET", "/api/v1/health/live", &[]).await.status, 200);
}

#[tokio::test]
async fn nobody_is_refused_before_a_body_is_read() {
    let bench = Bench::new();
    for operation in baton_api::operations() {
        let path = operation.path.replace("{id}", TASK).replace("{name}", "nlp.sentiment");
        let answer = bench.call(operation.method, &path, &[]).await;
        match operation.permission {
            Some(_) => assert_eq!(answer.problem(), (401, "AUTH-001".to_owned()), "{} {path}", operation.method),
            None => assert_ne!(answer.json()["code"], "AUTH-001", "{} {path}", operation.method),
        }
    }
    assert_eq!(bench.script.noted(), Vec::<String>::new());
}

#[tokio::test]
async fn a_role_that_is_too_weak_is_refused_by_the_service_behind_every_operation() {
    let bench = Bench::new();
    for operation in baton_api::operations().iter().filter(|op| !["GET"].contains(&op.method) && op.permission.is_some()) {
        let path = operation
            .path
            .replace("{id}", TASK)
            .replace("{name}", "orders")
            .replace("/artifacts", "/artifacts?name=a")
            .replace("?name=a/", "/");
        let path = match operation.operation_id.as_str() {
            "remove_limit" => format!("{path}?scope=skill&name=a"),
            "test_model" => format!("{path}?model=a"),
            _ => path,
        };
        let example = baton_api::openapi();
        let example = serde_json::to_value(&example).unwrap();
        let method = operation.method.to_lowercase();
        let body = example["paths"][&operation.path][method]["requestBody"]["content"]["application/json"]["example"].to_string();
        let headers = [("authorization", "Bearer viewer"), ("content-type", "application/json")];
        let answer = bench.send(crate::client::request(operation.method, &path, &headers, body.into())).await;
        match operation.permission {
            Some(baton_domain::user::Permission::Read) | None => assert!(answer.status.is_success(), "{path}: {}", answer.status),
            Some(_) => assert_eq!(answer.problem(), (403, "AUTH-005".to_owned()), "{} {path}", operation.method),
        }
    }
}

#[tokio::test]
async fn a_token_that_does_not_hold_is_refused_everywhere_it_counts() {
    let bench = Bench::new();
    for (value, code) in [
        ("Bearer expired", "AUTH-003"),
        ("Bearer forged", "AUTH-004"),
        ("Basic YTpi", "AUTH-004"),
        ("Bearer", "AUTH-004"),
        ("Bearer  ", "AUTH-004"),
        (&format!("Bearer {}", "x".repeat(2 << 20)), "AUTH-004"),
    ] {
        let answer = bench.call("GET", "/api/v1/tasks", &[("authorization", value), ("cookie", "baton_access=good")]).await;
        assert_eq!(answer.problem(), (401, code.to_owned()), "no cookie makes up for a wrong token");
    }
}
