//! Do several agents do a task as its body asks, over REST, and does it end the same when the server is killed meanwhile?

use crate::harness;

use std::time::{Duration, Instant};

use crate::harness::cluster::Rest;
use crate::harness::model_api::ModelApi;
use crate::harness::{PATIENCE, Server};
use baton_domain::task::TaskState;
use baton_domain::wire::decision::{DecisionDetail, DecisionState};
use baton_domain::wire::task::TaskDetail;
use serde_json::{Value, json};

async fn submit(rest: &Rest, body: Value) -> Value {
    rest.post("/tasks", &body).await.json().await.unwrap()
}

async fn ended(rest: &Rest, accepted: &Value) -> TaskDetail {
    let id = accepted["id"].as_str().unwrap_or_else(|| panic!("{accepted}"));
    let began = Instant::now();
    loop {
        let task: TaskDetail = rest.get(&format!("/tasks/{id}")).await.json().await.unwrap();
        if task.summary.state.is_terminal() {
            return task;
        }
        assert!(began.elapsed() < PATIENCE, "{id} never ended: {:?}", task.summary);
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn several_do_a_task_and_agree() {
    let folder = harness::data_folder();
    let server = Server::start(folder.path());
    let rest = Rest::of(&server).await;
    let several = |decide: Value| json!({"skill": "nlp.sentiment", "input": {"text": "The people were kind."}, "decide": decide});
    let accepted = submit(&rest, several(json!({"voters": {"samples": 3}, "rule": "majority"}))).await;
    assert_eq!((&accepted["state"], &accepted["wait_kind"]), (&json!("waiting"), &json!("decision")), "{accepted}");
    let task = ended(&rest, &accepted).await;
    assert_eq!(task.summary.state, TaskState::Completed, "{:?}", task.summary.failure);
    let vote = task.decide.unwrap();
    assert_eq!((vote.agreed, vote.voters.len(), task.summary.decision_id), (Some(true), 3, None));
    assert!(vote.voters.iter().all(|voter| voter.answer.is_some()));

    // Each voter's own task has an answer that is too large to be shown with the others.
    let large = json!({"skill": "diagnostics.echo", "input": {"message": "a".repeat(5_000)}, "decide": {"voters": {"samples": 2}}});
    let vote = ended(&rest, &submit(&rest, large).await).await.decide.unwrap();
    assert_eq!((vote.agreed, vote.voters.iter().any(|voter| voter.answer.is_some())), (Some(true), false));

    let task = ended(&rest, &submit(&rest, several(json!({"voters": 2, "answer": "/no_such_part"}))).await).await;
    assert_eq!((task.summary.state, task.summary.failure.unwrap().code.as_str()), (TaskState::Failed, "DECISION-032"));

    let refused = submit(&rest, several(json!({"voters": 3, "rule": "dice"}))).await;
    assert_eq!((&refused["code"], &refused["errors"][0]["field"]), (&json!("DECISION-008"), &json!("/decide/rule")), "{refused}");
    let refused = submit(&rest, several(json!({"voters": 3, "options": ["a", "b"]}))).await;
    assert!(refused["code"].as_str().unwrap().starts_with("REQUEST-"), "the options are what the skill gives: {refused}");
    assert!(server.terminate());
}

/// A task that a model does several times, each time anew, whose moods are compared.
fn moods(decide: &Value) -> Value {
    let schema = json!({"type": "object", "properties": {"mood": {"type": "string"}}, "required": ["mood"]});
    let input = json!({
        "instructions": "Say how the customer feels.", "input": "It came two weeks late.", "schema": schema, "temperature": 0.7
    });
    let mut decide = decide.clone();
    decide["answer"] = json!("/json/mood");
    json!({"skill": "prompt.answer", "input": input, "decide": decide})
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_that_differ_open_a_decision_whose_verdict_is_the_result() {
    let folder = harness::data_folder();
    let server = Server::start(folder.path());
    let rest = Rest::of(&server).await;
    let mut model = ModelApi::configured(&rest, "moody").await;
    let accepted = submit(&rest, moods(&json!({"voters": {"samples": 3}, "early_stop": false}))).await;
    for mood in ["angry", "happy", "angry"] {
        model.asked().await.answer(&json!({"mood": mood}).to_string());
    }
    let task = ended(&rest, &accepted).await;
    assert_eq!(task.summary.state, TaskState::Completed, "{:?}", task.summary.failure);
    let (vote, result) = (task.decide.unwrap(), task.result.unwrap());
    assert_eq!((vote.agreed, &result["json"]["mood"]), (Some(false), &json!("angry")), "{result}");
    let mut results = Vec::new();
    for voter in &vote.voters {
        let own: TaskDetail = rest.get(&format!("/tasks/{}", voter.task_id)).await.json().await.unwrap();
        results.push(own.result.unwrap());
    }
    assert!(results.contains(&result), "the whole of what a voter gave: {result} of {results:?}");

    let id = task.summary.decision_id.expect("nobody but the answers has opened it");
    let decision: DecisionDetail = rest.get(&format!("/decisions/{id}")).await.json().await.unwrap();
    assert_eq!((decision.summary.state, decision.summary.task_id), (DecisionState::Decided, Some(task.summary.id)));
    assert_eq!((decision.drafts.len(), decision.dissent.len()), (3, 1), "{:?}", decision.drafts);
    let verdict = decision.summary.verdict.unwrap();
    assert_eq!((verdict.answer, verdict.by.as_deref()), (Some(json!("angry")), Some("vote")));
    assert!(server.terminate());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_answers_do_not_decide_waits_for_a_person_or_is_refused_as_the_terms_say() {
    let folder = harness::data_folder();
    let server = Server::start(folder.path());
    let rest = Rest::of(&server).await;
    let mut model = ModelApi::configured(&rest, "torn").await;
    let refuses = json!({"debate": "never", "otherwise": {"kind": "refuse"}});
    let refused = submit(&rest, moods(&json!({"voters": {"samples": 2}, "escalation": refuses}))).await;
    for mood in ["angry", "happy"] {
        model.asked().await.answer(&json!({"mood": mood}).to_string());
    }
    let refused = ended(&rest, &refused).await;
    let failure = refused.summary.failure.unwrap_or_else(|| panic!("{:?}", refused.result));
    assert_eq!((refused.summary.state, failure.code.as_str()), (TaskState::Failed, "DECISION-030"), "{failure:?}");

    let accepted = submit(&rest, moods(&json!({"voters": {"samples": 2}, "escalation": {"debate": "never"}}))).await;
    for mood in ["angry", "happy"] {
        model.asked().await.answer(&json!({"mood": mood}).to_string());
    }
    let began = Instant::now();
    let id = loop {
        let task: TaskDetail = rest.get(&format!("/tasks/{}", accepted["id"].as_str().unwrap())).await.json().await.unwrap();
        assert_eq!(task.summary.state, TaskState::Waiting, "{:?}", task.summary.failure);
        if let Some(id) = task.summary.decision_id {
            let decision: Value = rest.get(&format!("/decisions/{id}")).await.json().await.unwrap();
            if decision["summary"]["state"] == "escalated" {
                break id;
            }
        }
        assert!(began.elapsed() < PATIENCE, "no person is asked");
        tokio::time::sleep(Duration::from_millis(20)).await;
    };
    // A person may know better than all of them.
    let answer = rest.post(&format!("/decisions/{id}/answer"), &json!({"kind": "answer", "answer": "calm"})).await;
    assert!(answer.status().is_success(), "{}", answer.text().await.unwrap());
    let task = ended(&rest, &accepted).await;
    assert_eq!(task.summary.state, TaskState::Completed, "{:?}", task.summary.failure);
    assert_eq!(task.result, Some(json!({"json": {"mood": "calm"}})), "in the form of a result");
    assert!(server.terminate());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_in_a_process_of_its_own_has_several_do_what_it_asks_for() {
    let folder = harness::data_folder();
    let server = Server::start(folder.path());
    let rest = Rest::of(&server).await;
    let asks = |decide: Value| {
        let input = json!({"skill": "nlp.sentiment", "input": {"text": "The people were kind."}, "decide": decide});
        json!({"skill": "diagnostics.ask", "input": input})
    };
    let parent = ended(&rest, &submit(&rest, asks(json!({"voters": {"samples": 3}, "rule": "majority"}))).await).await;
    assert_eq!(parent.summary.state, TaskState::Completed, "{:?}", parent.summary.failure);
    let below: Value = rest.get(&format!("/tasks?parent_id={}", parent.summary.id)).await.json().await.unwrap();
    let child = ended(&rest, &below["items"][0]).await;
    assert_eq!((child.decide.unwrap().agreed, below["items"].as_array().unwrap().len()), (Some(true), 1));
    assert_eq!(Some(&parent.result.unwrap()["answer"]), child.result.as_ref());

    let refused = ended(&rest, &submit(&rest, asks(json!({"voters": 3, "rule": "dice"}))).await).await;
    assert_eq!((refused.summary.state, refused.summary.failure.unwrap().code.as_str()), (TaskState::Failed, "DECISION-008"));
    assert!(server.terminate());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_killed_meanwhile_changes_nothing_about_the_end() {
    let folder = harness::data_folder();
    let server = Server::start(folder.path());
    let rest = Rest::of(&server).await;
    let body = json!({"skill": "diagnostics.sleep", "input": {"milliseconds": 1_000}, "decide": {"voters": {"samples": 3}}});
    let accepted = submit(&rest, body).await;
    server.kill();
    let server = Server::start(folder.path());
    let task = ended(&rest.at(&server), &accepted).await;
    assert_eq!(task.summary.state, TaskState::Completed, "{:?}", task.summary.failure);
    assert_eq!(task.decide.unwrap().agreed, Some(true));
    assert!(server.terminate());
}
