//! Does a person decide what voters could not, over REST on the real server: is the verdict theirs, does what waited go on, and is nobody else heard?

use std::path::Path;
use std::time::{Duration, Instant};

use crate::harness::cluster::Rest;
use crate::harness::{PASSWORD, PATIENCE, Server, data_folder};
use baton_domain::event::Event;
use baton_domain::id::EventSeq;
use baton_domain::user::Principal;
use serde_json::{Value, json};

/// Whoever decides where the others disagree.
const JUDGE: &str = "judge@example.test";

/// Two people vote, a third decides if they disagree, and a step waits for the verdict.
const RELEASE: &str = r#"name: release
version: 1
steps:
  choose:
    decide:
      question: What becomes of the release?
      options: [ship, wait]
      voters: ["first@example.test", "second@example.test"]
      rule: plurality
      escalation: {debate: never, people: [{user: "judge@example.test"}]}
  after: {uses: diagnostics.echo, needs: [choose], with: {message: "${{ steps.choose.output.key }}"}}
outputs: {said: "${{ steps.after.output }}"}
"#;

/// Somebody with a session of their own.
struct Person {
    id: String,
    rest: Rest,
}

impl Person {
    async fn new(admin: &Rest, server: &Server, email: &str, role: &str) -> Self {
        let (status, made) = post(admin, "/users", json!({"email": email, "password": PASSWORD, "role": role})).await;
        assert_eq!(status, 201, "{made}");
        Self { id: text(&made["id"]).to_owned(), rest: Rest::signed_in(server, email, PASSWORD).await }
    }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("no text: {value}"))
}

async fn get(rest: &Rest, path: &str) -> Value {
    rest.get(path).await.json().await.unwrap()
}

/// Status and body.
async fn post(rest: &Rest, path: &str, body: Value) -> (u16, Value) {
    let answer = rest.post(path, &body).await;
    (answer.status().as_u16(), answer.json().await.unwrap())
}

/// Status and code of a refusal.
async fn refused(rest: &Rest, path: &str, body: Value) -> (u16, String) {
    let (status, said) = post(rest, path, body).await;
    (status, said["code"].as_str().unwrap_or_default().to_owned())
}

/// What stands at a path once it is as it should be.
async fn once(rest: &Rest, path: &str, is: impl Fn(&Value) -> bool) -> Value {
    let began = Instant::now();
    loop {
        let value = get(rest, path).await;
        if is(&value) {
            return value;
        }
        assert!(began.elapsed() < PATIENCE, "{path}: {value}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Votes as soon as the person is asked.
async fn vote(person: &Person, decision: &str, answer: &str) {
    let asked = once(&person.rest, decision, |found| found["yours"]["entries"].is_array()).await;
    let entries = asked["yours"]["entries"].as_array().unwrap();
    let entry = entries.iter().find(|entry| entry["answer"].to_string().contains(answer)).unwrap_or_else(|| panic!("{asked}"));
    let (status, voted) = post(&person.rest, &format!("{decision}/vote"), json!({"kind": "choice", "choice": entry["label"]})).await;
    assert_eq!(status, 200, "{voted}");
}

/// The decision once the person is asked for the verdict.
async fn asked(person: &Person, decision: &str) -> Value {
    once(&person.rest, decision, |found| found["yours"]["kind"] == "verdict").await
}

fn takes(key: &str) -> Value {
    json!({"kind": "choice", "key": key, "comment": "The tests are red."})
}

/// All that the log says of a subject.
async fn told(server: &Server, subject: &str) -> Vec<Event> {
    let (api, mut told, mut since) = (server.api().await, Vec::new(), EventSeq(0));
    loop {
        let page = api.events(since, "").await.expect("events");
        told.extend(page.items.into_iter().filter(|event| event.subject == subject));
        since = page.next_since;
        if !page.more {
            return told;
        }
    }
}

/// Who was refused a verdict on this, as the audit record has it, and with which code.
fn refusals(folder: &Path, subject: &str) -> Vec<(String, String)> {
    let sql = rusqlite::Connection::open(folder.join("baton.db")).unwrap();
    let find = "SELECT principal_tag, code FROM audit WHERE action = 'decision.answer' AND target = ?1 AND NOT allowed ORDER BY 1, 2";
    let mut statement = sql.prepare(find).unwrap();
    let rows = statement.query_map([subject], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
    rows.map(Result::unwrap).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_it_was_escalated_to_decides_and_the_step_that_waited_goes_on() {
    let folder = data_folder();
    let server = Server::start(folder.path());
    let admin = Rest::of(&server).await;
    let first = Person::new(&admin, &server, "first@example.test", "operator").await;
    let second = Person::new(&admin, &server, "second@example.test", "operator").await;
    let judge = Person::new(&admin, &server, JUDGE, "operator").await;
    let outsider = Person::new(&admin, &server, "outsider@example.test", "operator").await;
    let viewer = Person::new(&admin, &server, "viewer@example.test", "viewer").await;
    let (status, stored) = post(&admin, "/workflows", json!({"text": RELEASE})).await;
    assert!(status < 300, "{stored}");
    let (status, begun) = post(&admin, "/runs", json!({"workflow": "release", "input": {}})).await;
    assert!(status < 300, "{begun}");
    let run = format!("/runs/{}", text(&begun["id"]));
    let list = once(&admin, "/decisions", |list| list["items"].as_array().is_some_and(|items| items.len() == 1)).await;
    let id = text(&list["items"][0]["id"]).to_owned();
    let (decision, answer, subject) = (format!("/decisions/{id}"), format!("/decisions/{id}/answer"), format!("decision:{id}"));

    // Nobody decides for voters who still vote.
    assert_eq!(refused(&judge.rest, &answer, takes("ship")).await, (409, "DECISION-024".to_owned()));
    vote(&first, &decision, "ship").await;
    vote(&second, &decision, "wait").await;
    let waits = asked(&judge, &decision).await;
    assert_eq!((&waits["summary"]["stage"], &waits["summary"]["people"]), (&json!("asking_person"), &json!([judge.id])), "{waits}");
    assert_eq!(waits["yours"]["choices"].as_array().map(Vec::len), Some(2), "{waits}");
    let tells = |list: &Value| list["items"].as_array().unwrap().iter().any(|row| row["kind"] == "decision.escalated");
    let bell = once(&judge.rest, "/notifications?unread=true", tells).await;
    assert!(bell["items"].as_array().unwrap().iter().any(|row| row["link"] == decision.as_str()), "{bell}");

    // Voters, whoever began the run and whoever else may work: none of them was named.
    for other in [&outsider.rest, &first.rest, &admin] {
        assert!(get(other, &decision).await["yours"].is_null());
        assert_eq!(refused(other, &answer, takes("ship")).await, (403, "DECISION-020".to_owned()));
    }
    assert_eq!(refused(&viewer.rest, &answer, takes("ship")).await, (403, "AUTH-005".to_owned()));
    assert_eq!(refused(&judge.rest, &answer, takes("perhaps")).await, (422, "DECISION-025".to_owned()));
    let still = get(&admin, &run).await;
    let states: Vec<&str> = still["steps"].as_array().unwrap().iter().map(|step| text(&step["state"])).collect();
    assert!(states[0] != "completed" && states[1] == "pending", "{still}");

    let (status, decided) = post(&judge.rest, &answer, takes("wait")).await;
    assert_eq!((status, &decided["state"]), (200, &json!("decided")), "{decided}");
    let verdict = &decided["verdict"];
    assert_eq!((&verdict["by"], &verdict["person"], &verdict["key"]), (&json!("person"), &json!(judge.id), &json!("wait")), "{decided}");
    assert_eq!((&verdict["comment"], &verdict["missed"]), (&json!("The tests are red."), &json!("tie")), "{decided}");
    let done = once(&admin, &run, |run| run["summary"]["state"] != "running").await;
    assert_eq!((&done["summary"]["state"], &done["outputs"]), (&json!("completed"), &json!({"said": {"message": "wait"}})), "{done}");
    assert_eq!(refused(&judge.rest, &answer, takes("ship")).await, (409, "DECISION-026".to_owned()));
    once(&judge.rest, "/notifications?unread=true", |list| !tells(list)).await;

    let told = told(&server, &subject).await;
    let once_each: Vec<&Event> = told.iter().filter(|event| event.kind != "decision.changed").collect();
    let kinds: Vec<&str> = once_each.iter().map(|event| event.kind.as_str()).collect();
    assert_eq!(kinds, ["decision.opened", "decision.escalated", "decision.decided", "decision.ended"]);
    assert_eq!(once_each[1].data.value()["people"], json!([judge.id]));
    // The event of a change is its audit record: it says whose verdict it is.
    for event in &once_each[2..] {
        assert!(matches!(&event.actor, Principal::User { id, email } if id.to_string() == judge.id && email == JUDGE), "{event:?}");
        assert_eq!(event.data.value()["verdict"]["person"], json!(judge.id));
    }
    let me = get(&admin, "/auth/me").await;
    assert!(server.terminate());

    let denied = |id: &str, code: &str| (format!("user:{id}"), code.to_owned());
    let mut expected = vec![
        denied(&outsider.id, "DECISION-020"),
        denied(&first.id, "DECISION-020"),
        denied(text(&me["principal"]["id"]), "DECISION-020"),
        denied(&viewer.id, "AUTH-005"),
    ];
    expected.sort();
    assert_eq!(refusals(folder.path(), &subject), expected, "who was refused is remembered, and who was merely wrong is not");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_task_whose_voters_differ_completes_with_the_result_that_a_person_chose() {
    let folder = data_folder();
    let server = Server::start(folder.path());
    let admin = Rest::of(&server).await;
    let judge = Person::new(&admin, &server, JUDGE, "operator").await;
    let outsider = Person::new(&admin, &server, "outsider@example.test", "operator").await;
    // Each voter takes another message, so that their answers differ.
    for (path, body) in [
        ("/topics", json!({"name": "orders.created", "kind": "durable"})),
        ("/subscriptions", json!({"name": "billing", "pattern": "orders.*"})),
        ("/topics/orders.created/messages", json!({"payload": {"from": "north"}})),
        ("/topics/orders.created/messages", json!({"payload": {"from": "south"}})),
    ] {
        let (status, made) = post(&admin, path, body).await;
        assert!(status < 300, "{path}: {made}");
    }
    let decide = json!({
        "voters": {"samples": 2}, "answer": "/deliveries/0/message/payload/from",
        "escalation": {"debate": "never", "people": [{"user": JUDGE}]}
    });
    let body = json!({"skill": "diagnostics.consume", "input": {"subscription": "billing", "seconds": 20}, "decide": decide});
    let (status, accepted) = post(&admin, "/tasks", body).await;
    assert!(status < 300, "{accepted}");
    let task = format!("/tasks/{}", text(&accepted["id"]));
    let waiting = once(&admin, &task, |task| task["summary"]["decision_id"].is_string()).await;
    let decision = format!("/decisions/{}", text(&waiting["summary"]["decision_id"]));
    let open = asked(&judge, &decision).await;
    assert_eq!(get(&admin, &task).await["summary"]["state"], "waiting", "a person is asked, and it waits for them");
    let answer = format!("{decision}/answer");
    let choices = open["choices"].as_array().unwrap();
    let south = choices.iter().find(|choice| choice["answer"] == "south").unwrap_or_else(|| panic!("{open}"));
    assert_eq!(refused(&outsider.rest, &answer, takes(text(&south["key"]))).await, (403, "DECISION-020".to_owned()));
    let (status, decided) = post(&judge.rest, &answer, takes(text(&south["key"]))).await;
    assert_eq!((status, &decided["verdict"]["person"]), (200, &json!(judge.id)), "{decided}");

    let done = once(&admin, &task, |task| task["summary"]["state"] != "waiting").await;
    assert_eq!((&done["summary"]["state"], &done["decide"]["agreed"]), (&json!("completed"), &json!(false)), "{done}");
    let voters = done["decide"]["voters"].as_array().unwrap();
    let voter = voters.iter().find(|voter| voter["answer"] == "south").unwrap_or_else(|| panic!("{done}"));
    let theirs = get(&admin, &format!("/tasks/{}", text(&voter["task_id"]))).await;
    assert_eq!(done["result"], theirs["result"], "the whole result of the voter whose answer was chosen");
    assert_eq!(done["result"]["deliveries"][0]["message"]["payload"], json!({"from": "south"}));
    assert!(server.terminate());
}
