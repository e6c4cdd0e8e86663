//! Do agents claim what is shared, store versions under their claims, and no longer once they have lost them? On the real engine, with the agent in
//! a child process.

use crate::harness;

use std::time::Instant;

use crate::harness::cluster::Rest;
use crate::harness::{PATIENCE, Server};
use baton_domain::task::TaskState;
use baton_domain::wire::claim::{ClaimList, Claimed};
use baton_domain::wire::conflict::LineDetail;
use baton_domain::wire::task::TaskDetail;
use serde_json::{Value, json};

const LINE: &str = "notes/harvest.txt";
const THING: &str = "line:notes/harvest.txt";

async fn start(rest: &Rest, input: Value) -> String {
    let task: Value = rest.post("/tasks", &json!({"skill": "diagnostics.claim", "input": input})).await.json().await.unwrap();
    task["id"].as_str().unwrap_or_else(|| panic!("{task}")).to_owned()
}

async fn ended(rest: &Rest, id: &str) -> TaskDetail {
    let task: TaskDetail = rest.get(&format!("/tasks/{id}?wait=60")).await.json().await.unwrap();
    assert!(task.summary.state.is_terminal(), "{:?}", task.summary);
    task
}

async fn claims(rest: &Rest) -> ClaimList {
    rest.get("/claims").await.json().await.unwrap()
}

/// Waits until the agent holds its claim; gives the holder.
async fn holds(rest: &Rest) -> String {
    let began = Instant::now();
    loop {
        if let [claim] = &claims(rest).await.items[..]
            && claim.fence.is_some()
        {
            return claim.holder.clone();
        }
        assert!(began.elapsed() < PATIENCE, "nothing was ever claimed");
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_stores_a_version_under_its_claim_which_ends_with_the_attempt() {
    let folder = harness::data_folder();
    let server = Server::start(folder.path());
    let rest = Rest::of(&server).await;
    let task = start(&rest, json!({"resource": THING, "line": LINE, "content": "Twelve boxes."})).await;
    let task = ended(&rest, &task).await;
    assert_eq!(task.summary.state, TaskState::Completed, "{:?}", task.summary.failure);
    let result = task.result.unwrap();
    assert_eq!((&result["put"]["outcome"], &result["put"]["version"]["number"]), (&json!("stored"), &json!(1)), "{result}");
    assert!(claims(&rest).await.items.is_empty(), "given back");

    // One that holds on keeps others out, until it is cancelled.
    let task = start(&rest, json!({"resource": THING, "until_lost": true})).await;
    let holder = holds(&rest).await;
    assert!(holder.starts_with("attempt:"), "{holder}");
    let wanted = json!({"wanted": [{"resource": THING, "mode": "exclusive"}]});
    let busy: Value = rest.post("/claims", &wanted).await.json().await.unwrap();
    assert_eq!(busy["code"], "CLAIM-008", "{busy}");
    rest.post(&format!("/tasks/{task}/cancel"), &json!({})).await;
    assert_eq!(ended(&rest, &task).await.summary.state, TaskState::Canceled);
    let free: Claimed = rest.post("/claims", &wanted).await.json().await.unwrap();
    assert!(free.complete);
    assert!(server.terminate());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_that_lost_its_claim_stores_nothing() {
    let folder = harness::data_folder();
    let server = Server::start(folder.path());
    let rest = Rest::of(&server).await;
    let task = start(&rest, json!({"resource": THING, "until_lost": true, "line": LINE, "content": "Too late."})).await;
    let holder = holds(&rest).await;
    let broken = rest.post("/claims/break", &json!({"resource": THING, "holder": holder, "because": "For the test."})).await;
    assert!(broken.status().is_success(), "{}", broken.text().await.unwrap());
    let task = ended(&rest, &task).await;
    assert_eq!((task.summary.state, task.summary.failure.unwrap().code.as_str()), (TaskState::Failed, "CLAIM-001"));
    let line: Value = rest.get("/lines/notes%2Fharvest.txt").await.json().await.unwrap();
    assert_eq!(line["code"], "CONFLICT-008", "{line}");

    // Somebody else's fence is as good as theirs: a version is stored over REST under it, and refused under the lost one.
    let claimed: Claimed = rest.post("/claims", &json!({"wanted": [{"resource": THING, "mode": "exclusive"}]})).await.json().await.unwrap();
    let fence = claimed.claims[0].fence.unwrap();
    let task = start(&rest, json!({"resource": "path:other", "line": LINE, "content": "Not its thing."})).await;
    let task = ended(&rest, &task).await;
    assert_eq!(task.summary.failure.unwrap().code.as_str(), "CLAIM-001", "a claim on something else");
    let artifact = task.artifacts[0].id;
    let put = |fence: i64| json!({"artifact": artifact, "fence": fence});
    let refused: Value = rest.post("/lines/notes%2Fharvest.txt/versions", &put(fence - 1)).await.json().await.unwrap();
    assert_eq!(refused["code"], "CLAIM-001", "{refused}");
    let stored: Value = rest.post("/lines/notes%2Fharvest.txt/versions", &put(fence)).await.json().await.unwrap();
    assert_eq!(stored["outcome"], "stored", "{stored}");
    let line: LineDetail = rest.get("/lines/notes%2Fharvest.txt").await.json().await.unwrap();
    assert_eq!(line.line.newest.number, 1);
    assert!(server.terminate());
}
