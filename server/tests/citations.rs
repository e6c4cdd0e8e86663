//! Does a report on the real server show and cite what other tasks came to, and say which it cannot cite?

use crate::harness;

use std::time::Duration;

use crate::harness::Server;
use crate::harness::cluster::Rest;
use baton_domain::time::Timestamp;
use baton_domain::wire::task::TaskDetail;
use serde_json::{Value, json};

async fn start(rest: &Rest, task: Value) -> String {
    let task: Value = rest.post("/tasks", &task).await.json().await.unwrap();
    task["id"].as_str().unwrap_or_else(|| panic!("{task}")).to_owned()
}

async fn ended(rest: &Rest, id: &str) -> TaskDetail {
    rest.get(&format!("/tasks/{id}?wait=60")).await.json().await.unwrap()
}

/// The report of one section, written in a child process.
fn report(task: &str, pointer: &str) -> Value {
    let section = json!({"title": "What was said", "task": task, "pointer": pointer});
    json!({"skill": "documentation.report", "input": {"title": "Minutes", "sections": [section], "formats": ["markdown", "html"]}})
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_shows_what_a_task_came_to_and_leads_to_it() {
    let folder = harness::data_folder();
    let server = Server::start(folder.path());
    let rest = Rest::of(&server).await;
    let said = start(&rest, json!({"skill": "diagnostics.echo", "input": {"message": "we agreed"}})).await;
    assert!(ended(&rest, &said).await.result.is_some());
    let id = start(&rest, report(&said, "/message")).await;
    let task = ended(&rest, &id).await;
    let result = task.result.unwrap_or_else(|| panic!("{:?}", task.summary.failure));
    let text = result["markdown"].as_str().unwrap();
    assert!(text.contains("we agreed") && text.contains(&format!("(/tasks/{said})")), "{text}");
    let place = result["sources"][0]["place"].as_str().unwrap();
    assert!(place.contains("diagnostics.echo by diagnostics 1.") && place.contains(&said), "{place}");
    assert_eq!(result["sources"][0]["task"], json!(said));

    // One that has not ended is refused by name of the field; who depends on it waits for it.
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    let later = Timestamp::from_millis(i64::try_from(now.as_millis()).unwrap()).plus(Duration::from_secs(3_600));
    let waiting = start(&rest, json!({"skill": "diagnostics.echo", "input": {}, "run_at": later})).await;
    let early = start(&rest, report(&waiting, "")).await;
    let slow = start(&rest, json!({"skill": "diagnostics.sleep", "input": {"milliseconds": 500}})).await;
    let mut after = report(&slow, "");
    after["depends_on"] = json!([slow]);
    let after = start(&rest, after).await;
    let failure = ended(&rest, &early).await.summary.failure.unwrap();
    assert_eq!(failure.code, "TASK-013", "{}", failure.message);
    assert!(failure.message.starts_with("sections/0/task: "), "{}", failure.message);
    let task = ended(&rest, &after).await;
    assert!(task.result.is_some(), "{:?}", task.summary.failure);
    assert!(server.terminate());
}
