//! Do runs, decisions and claims outlive the server that carried them, where two share one PostgreSQL? Killed, not asked.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use crate::harness::cluster::{Cluster, Ledger, Rest};
use crate::harness::{PASSWORD, PATIENCE, Server};
use baton_domain::id::{EventSeq, TaskId};
use baton_domain::task::TaskState;
use baton_testkit::scale;
use serde_json::{Value, json};

/// A lease that is lost soon.
const LEASE_MILLIS: u64 = 3_000;
/// How long a run may take whose server was killed: another one leaves it to that one for half a minute.
const ELSEWHERE: Duration = Duration::from_secs(120);
/// Who agrees: whoever began a run may not. They vote, too.
const OTHER: &str = "other@example.test";
/// A third person, who votes.
const THIRD: &str = "third@example.test";

/// A list, an approval, other workflows and a decision.
fn across() -> String {
    let again = "retry: {maximum_attempts: 20, quarantine_after: 20}";
    format!(
        "name: across
version: 1
steps:
  each: {{uses: diagnostics.sleep, {again}, foreach: {{items: '${{{{ range(6) }}}}', concurrency: 3}}, with: {{milliseconds: 900}}}}
  agree: {{uses: diagnostics.echo, {again}, needs: [each], approve: true, with: {{message: '${{{{ text(length(steps.each.output)) }}}}'}}}}
  sub: {{uses: 'workflow:within', foreach: '${{{{ range(2) }}}}', needs: [agree]}}
  choose: {{uses: diagnostics.sleep, with: {{milliseconds: 900}}, decide: {{voters: 2, rule: plurality}}, needs: [sub]}}
  last: {{uses: diagnostics.echo, {again}, needs: [choose], with: {{message: '${{{{ text(length(steps.each.output)) }}}}'}}}}
outputs: {{last: '${{{{ steps.last.output }}}}'}}
"
    )
}

/// What it refers to.
const WITHIN: &str = "name: within
version: 1
steps:
  a: {uses: diagnostics.sleep, retry: {maximum_attempts: 20, quarantine_after: 20}, with: {milliseconds: 900}}
  b: {uses: diagnostics.echo, retry: {maximum_attempts: 20, quarantine_after: 20}, needs: [a], with: {message: b}}
";

/// The tasks of one run: of the list, what was agreed to, two for each of two others, the voters, the last.
const TASKS: usize = 6 + 1 + 2 * 2 + 2 + 1;

async fn get(rest: &Rest, path: &str) -> Value {
    rest.get(path).await.json().await.unwrap()
}

/// Status and body, of which there may be none.
async fn post(rest: &Rest, path: &str, body: Value) -> (u16, Value) {
    let answer = rest.post(path, &body).await;
    let status = answer.status().as_u16();
    (status, serde_json::from_str(&answer.text().await.unwrap()).unwrap_or_default())
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("no text: {value}"))
}

/// Somebody else at this server, with what an operator may.
async fn person(admin: &Rest, server: &Server, email: &str) -> Rest {
    let (status, made) = post(admin, "/users", json!({"email": email, "password": PASSWORD, "role": "operator"})).await;
    assert_eq!(status, 201, "{made}");
    Rest::signed_in(server, email, PASSWORD).await
}

/// A run once it is so.
async fn once(rest: &Rest, run: &str, within: Duration, is: impl Fn(&Value) -> bool) -> Value {
    let began = Instant::now();
    loop {
        let found = get(rest, &format!("/runs/{run}")).await;
        if is(&found) {
            return found;
        }
        assert!(began.elapsed() < within, "{found}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

fn state<'a>(run: &'a Value, step: &str) -> &'a str {
    let steps = run["steps"].as_array().unwrap();
    text(&steps.iter().find(|found| found["id"] == step).unwrap()["state"])
}

/// The only approval of a run that is open.
async fn open_approval(rest: &Rest, run: &str) -> Value {
    let began = Instant::now();
    loop {
        let open = get(rest, "/approvals?open=true").await;
        let mut of_run: Vec<&Value> = open["items"].as_array().unwrap().iter().filter(|approval| approval["run"] == run).collect();
        assert!(of_run.len() <= 1, "{open}");
        if let Some(found) = of_run.pop() {
            return found.clone();
        }
        assert!(began.elapsed() < ELSEWHERE, "nobody is asked");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// How often each of what is to happen once has happened, by kind and subject.
async fn told(server: &Server) -> BTreeMap<(String, String), usize> {
    let (api, mut told, mut since) = (server.api().await, BTreeMap::new(), EventSeq(0));
    loop {
        let page = api.events(since, "").await.expect("events");
        for event in page.items {
            let once = ["run.started", "run.completed", "approval.requested", "approval.decided", "decision.opened", "decision.ended"];
            if once.contains(&event.kind.as_str()) {
                *told.entry((event.kind.clone(), event.subject.clone())).or_default() += 1;
            }
        }
        since = page.next_since;
        if !page.more {
            return told;
        }
    }
}

/// Where the server that carries the run is killed.
#[derive(Debug, Clone, Copy, PartialEq)]
enum At {
    List,
    Approval,
    Decision,
    OtherWorkflow,
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_goes_on_at_the_other_server_after_the_one_that_carried_it_was_killed() {
    let mut cluster = Cluster::new(LEASE_MILLIS);
    let two = cluster.server("two");
    let admin = Rest::of(&two).await;
    let other = person(&admin, &two, OTHER).await;
    for document in [WITHIN.to_owned(), across()] {
        let (status, stored) = post(&admin, "/workflows", json!({"text": document})).await;
        assert!(status < 300, "{stored}");
    }
    // In short, one where much is under way, and one where nothing is.
    let places = [At::List, At::Approval, At::Decision, At::OtherWorkflow];
    let places = &places[..scale().of(2, places.len())];
    for (round, at) in places.iter().enumerate() {
        let one = cluster.server(&format!("one-{round}"));
        if *at == At::List {
            // All that is under way is at the one that is killed.
            admin.change("two", "drain").await;
        }
        let (status, begun) = post(&admin.at(&one), "/runs", json!({"workflow": "across", "input": {}})).await;
        assert_eq!(status, 201, "{begun}");
        let run = text(&begun["id"]).to_owned();
        let mut approval = None;
        if *at != At::List {
            let open = open_approval(&other, &run).await;
            if *at == At::Approval {
                approval = Some(open);
            } else {
                let path = format!("/approvals/{}/approve", text(&open["id"]));
                assert_eq!(post(&other.at(&one), &path, json!({"hash": open["hash"]})).await.0, 200);
                let step = if *at == At::Decision { "choose" } else { "sub" };
                once(&admin, &run, PATIENCE, |run| state(run, step) == "running").await;
            }
        } else {
            once(&admin, &run, PATIENCE, |run| state(run, "each") == "running").await;
            cluster.runs_on(&format!("one-{round}"), 1).await;
        }
        one.kill();
        if *at == At::List {
            admin.change("two", "resume").await;
        }
        if matches!(at, At::List | At::Approval) {
            let open = match approval {
                Some(open) => open,
                None => open_approval(&other, &run).await,
            };
            let path = format!("/approvals/{}/approve", text(&open["id"]));
            let (status, agreed) = post(&other, &path, json!({"hash": open["hash"]})).await;
            assert_eq!(status, 200, "{at:?}: {agreed}");
        }
        let ended =
            once(&admin, &run, ELSEWHERE, |run| ["completed", "failed", "canceled"].contains(&text(&run["summary"]["state"]))).await;
        for step in ["each", "agree", "sub", "choose", "last"] {
            assert_eq!(state(&ended, step), "completed", "{at:?}: {ended}");
        }
        assert_eq!(ended["outputs"]["last"]["message"], "6", "{at:?}: {ended}");
    }

    let rounds = places.len();
    let (api, mut ledger) = (two.api().await, Ledger::default());
    ledger.ended(&api, rounds * TASKS, PATIENCE).await;
    let all: Vec<TaskId> = ledger.tasks.keys().copied().collect();
    assert_eq!(all.len(), rounds * TASKS, "each is there once");
    ledger.holds(&all);
    let told = told(&two).await;
    assert!(told.values().all(|times| *times == 1), "{told:?}");
    let count = |kind: &str| told.keys().filter(|(found, _)| found == kind).count();
    assert_eq!((count("run.started"), count("run.completed")), (rounds * 3, rounds * 3), "{told:?}");
    assert_eq!((count("approval.requested"), count("approval.decided")), (rounds, rounds), "{told:?}");
    assert!(two.terminate());
}

/// Opens a decision of two people, and gives its id.
async fn put_to_people(rest: &Rest) -> String {
    let question = json!({
        "question": "What becomes of the release?",
        "answers": {"kind": "options", "options": [{"key": "ship"}, {"key": "wait"}]},
        "electorate": [{"kind": "role", "role": "operator"}], "rule": "plurality"
    });
    let (status, opened) = post(rest, "/decisions", question).await;
    assert_eq!(status, 201, "{opened}");
    text(&opened["id"]).to_owned()
}

/// Votes for the release, as whoever is asked; gives what the server answered.
async fn vote(rest: &Rest, decision: &str) -> (u16, Value) {
    let began = Instant::now();
    let entries = loop {
        let found = get(rest, &format!("/decisions/{decision}")).await;
        if let Some(entries) = found["yours"]["entries"].as_array() {
            break entries.clone();
        }
        assert!(began.elapsed() < PATIENCE, "they are not asked: {found}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    };
    let entry = entries.iter().find(|entry| entry["answer"].to_string().contains("ship")).unwrap_or_else(|| panic!("{entries:?}"));
    post(rest, &format!("/decisions/{decision}/vote"), json!({"kind": "choice", "choice": entry["label"]})).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_decision_ends_once_at_the_other_server_when_one_is_killed_between_two_votes() {
    let mut cluster = Cluster::new(LEASE_MILLIS);
    let (one, two) = (cluster.server("one"), cluster.server("two"));
    let admin = Rest::of(&one).await;
    let (other, third) = (person(&admin, &one, OTHER).await, person(&admin, &one, THIRD).await);
    let decision = put_to_people(&admin).await;
    let (status, voted) = vote(&other, &decision).await;
    assert_eq!(status, 200, "{voted}");
    // Several agents do a task meanwhile, at the server that is killed.
    admin.change("two", "drain").await;
    let several = json!({"skill": "diagnostics.sleep", "input": {"milliseconds": 2_000}, "decide": {"voters": {"samples": 3}}});
    let (_, task) = post(&admin, "/tasks", several).await;
    cluster.runs_on("one", 1).await;
    one.kill();

    let (admin, other, third) = (admin.at(&two), other.at(&two), third.at(&two));
    admin.change("two", "resume").await;
    // The vote that was given counts, and counts once.
    let found = get(&other, &format!("/decisions/{decision}")).await;
    assert_eq!((&found["summary"]["state"], &found["summary"]["answered"]), (&json!("open"), &json!(1)), "{found}");
    assert!(found["yours"].is_null(), "they are not asked again: {found}");
    let (status, voted) = vote(&third, &decision).await;
    assert_eq!(status, 200, "{voted}");
    let began = Instant::now();
    let ended = loop {
        let found = get(&admin, &format!("/decisions/{decision}")).await;
        if found["summary"]["state"] != "open" {
            break found;
        }
        assert!(began.elapsed() < PATIENCE, "{found}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    };
    assert_eq!((&ended["summary"]["state"], &ended["summary"]["verdict"]["key"]), (&json!("decided"), &json!("ship")), "{ended}");
    assert_eq!(ended["ballots"].as_array().unwrap().len(), 2, "{ended}");

    let path = format!("/tasks/{}", text(&task["id"]));
    let began = Instant::now();
    let done = loop {
        let found = get(&admin, &path).await;
        if TaskState::parse(text(&found["summary"]["state"])).is_some_and(TaskState::is_terminal) {
            break found;
        }
        assert!(began.elapsed() < ELSEWHERE, "{found}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    };
    assert_eq!((&done["summary"]["state"], &done["decide"]["agreed"]), (&json!("completed"), &json!(true)), "{done}");
    assert_eq!(done["decide"]["voters"].as_array().unwrap().len(), 3);
    let told = told(&two).await;
    assert!(told.values().all(|times| *times == 1), "{told:?}");
    assert_eq!(told.keys().filter(|(kind, _)| kind == "decision.ended").count(), 1, "voters that agree open none: {told:?}");
    assert!(two.terminate());
}

/// What is claimed.
const RESOURCE: &str = "path:harvest/2026";

#[tokio::test(flavor = "multi_thread")]
async fn a_claim_and_its_fence_hold_at_every_server_and_a_stale_one_at_none() {
    let mut cluster = Cluster::new(LEASE_MILLIS);
    let (one, two) = (cluster.server("one"), cluster.server("two"));
    let admin = Rest::of(&one).await;
    let other = person(&admin, &one, OTHER).await.at(&two);
    let wanted = |lease_ms: u64, wait_ms: u64| json!({"wanted": [{"resource": RESOURCE, "mode": "exclusive"}], "lease_ms": lease_ms, "wait_ms": wait_ms});
    let fence = |claimed: &Value| claimed["claims"][0]["fence"].as_i64().unwrap_or_else(|| panic!("no fence: {claimed}"));
    let shown = |fence: i64| json!({"resource": format!("{RESOURCE}/q1.csv"), "fence": fence});
    let check = async |rest: &Rest, fence: i64| {
        let (status, said) = post(rest, "/claims/check", shown(fence)).await;
        (status, said["code"].as_str().unwrap_or_default().to_owned())
    };
    let (holds, lost) = ((200, String::new()), (409, "CLAIM-001".to_owned()));

    let (status, claimed) = post(&admin, "/claims", wanted(8_000, 0)).await;
    assert_eq!((status, &claimed["complete"]), (200, &json!(true)), "{claimed}");
    let first = fence(&claimed);
    assert_eq!((check(&admin, first).await, check(&other, first).await), (holds.clone(), holds.clone()));
    let (status, refused) = post(&other, "/claims", wanted(60_000, 0)).await;
    assert_eq!((status, text(&refused["code"])), (409, "CLAIM-008"), "{refused}");

    // Its holder cannot renew it while its server is gone: the lease runs out, and whoever waits at the other one has it.
    one.kill();
    let (status, claimed) = post(&other, "/claims?wait=40", wanted(60_000, 50_000)).await;
    assert_eq!((status, &claimed["complete"]), (200, &json!(true)), "{claimed}");
    let second = fence(&claimed);
    assert!(second > first, "{second} after {first}");
    let three = cluster.server("three");
    let late = admin.at(&three);
    for rest in [&other, &late] {
        assert_eq!((check(rest, first).await, check(rest, second).await), (lost.clone(), holds.clone()));
    }
    let (status, refused) = post(&late, "/claims/renew", json!({"claims": [{"resource": RESOURCE, "fence": first}]})).await;
    assert_eq!((status, text(&refused["code"])), (409, "CLAIM-001"), "{refused}");

    // Given back at one server, it is had at another.
    let given_back = json!({"claims": [{"resource": RESOURCE, "fence": second}]});
    assert_eq!(post(&other.at(&three), "/claims/release", given_back).await.0, 204);
    let (_, claimed) = post(&late, "/claims", wanted(60_000, 0)).await;
    let third = fence(&claimed);
    assert!(third > second, "{third} after {second}");
    assert_eq!((check(&other, second).await, check(&other, third).await), (lost, holds));
    assert!(three.terminate() && two.terminate());
}
