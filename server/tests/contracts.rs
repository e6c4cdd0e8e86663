//! Does a contract that nobody takes end so, over REST, with why? It is what the page of `CONTRACT-005` tells of.

use std::time::{Duration, Instant};

use crate::harness::cluster::Rest;
use crate::harness::{PATIENCE, Server, data_folder};
use serde_json::{Value, json};

/// A contract once it is over.
async fn over(rest: &Rest, call: Value) -> Value {
    let answer = rest.post("/contracts", &call).await;
    assert_eq!(answer.status(), 201);
    let called: Value = answer.json().await.unwrap();
    let id = called["id"].as_str().unwrap().to_owned();
    let began = Instant::now();
    loop {
        let shown: Value = rest.get(&format!("/contracts/{id}")).await.json().await.unwrap();
        if !["called", "awarded", "accepted"].contains(&shown["contract"]["state"].as_str().unwrap()) {
            return shown;
        }
        assert!(began.elapsed() < PATIENCE, "{shown}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_contract_that_nobody_takes_or_does_says_why() {
    let folder = data_folder();
    let server = Server::start(folder.path());
    let rest = Rest::of(&server).await;

    // Nobody meets the needs.
    let work = json!({"skill": "diagnostics.echo", "input": {"message": "x"}});
    let shown = over(&rest, json!({"work": work, "required": ["gpu"]})).await;
    assert_eq!((&shown["contract"]["state"], &shown["contract"]["bids"]), (&json!("nobody"), &json!(0)), "{shown}");
    assert_eq!(shown["bids"], json!([{"bidder": "agent:diagnostics", "refusal": "It lacks gpu."}]), "{shown}");
    assert_eq!((&shown["awards"], &shown["result"]), (&json!([]), &Value::Null), "{shown}");

    // Whoever bade failed.
    let work = json!({"skill": "diagnostics.fail", "input": {"times": 9, "retryable": false}});
    let shown = over(&rest, json!({"work": work})).await;
    assert_eq!((&shown["contract"]["state"], &shown["contract"]["winner"]), (&json!("nobody"), &Value::Null), "{shown}");
    let awards = shown["awards"].as_array().unwrap();
    let why = awards[0]["withdrawn"].as_str().unwrap();
    assert!(awards.len() == 1 && why.starts_with("Failed: ") && awards[0]["task"].is_string(), "{shown}");

    // What the code says is what happened.
    let http = baton_clients::egress::client().unwrap();
    let page = http.get(format!("{}/docs/errors/CONTRACT-005", server.url)).send().await.unwrap();
    assert_eq!(page.status(), 200);
    assert!(page.text().await.unwrap().contains("Nobody takes the contract"));
    assert!(server.terminate());
}
