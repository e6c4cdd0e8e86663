//! Does a run end the same however often its server is killed? Fifty steps with a list, an approval, a decision and other workflows, on the
//! real binary: each of its tasks is there once, and what was agreed to is agreed to once.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, Instant};

use crate::harness::ledger::Ledger;
use crate::harness::{EMAIL, PASSWORD, PATIENCE, Server, command, data_folder};
use baton_domain::id::{EventSeq, TaskId};
use baton_storage::fault_points::FaultPoint;
use baton_testkit::{SeededChance, scale};
use serde_json::{Value, json};

/// Who agrees: whoever began the run may not.
const OTHER: &str = "approver@example.test";

/// A task that three workers in a row died with is set aside, which is right, and not what is tried here.
const AGAIN: &str = "retry: {maximum_attempts: 20, quarantine_after: 20}";

/// What others refer to.
fn inner() -> String {
    format!(
        "name: inner\nversion: 1\nsteps:\n  a: {{uses: diagnostics.echo, {AGAIN}, with: {{message: a}}}}\n  b: {{uses: diagnostics.echo, {AGAIN}, with: {{message: b}}, needs: [a]}}\n"
    )
}

/// Fifty steps.
fn fifty() -> String {
    let mut text = "name: fifty\nversion: 1\nsteps:\n".to_owned();
    for step in 0..45 {
        let needs = if step < 5 { String::new() } else { format!(", needs: [s{}]", step - 5) };
        text.push_str(&format!("  s{step}: {{uses: diagnostics.echo, {AGAIN}, with: {{message: 's{step}'}}{needs}}}\n"));
    }
    text.push_str("  each: {uses: diagnostics.echo, AGAIN, foreach: {items: '${{ range(7) }}', concurrency: 3}, with: {message: '${{ text(item) }}'}, needs: [s10]}\n");
    text.push_str("  agree: {uses: diagnostics.echo, AGAIN, with: {message: '${{ text(length(steps.each.output)) }}'}, approve: true}\n");
    text.push_str("  sub: {uses: 'workflow:inner', foreach: '${{ range(2) }}', needs: [agree]}\n");
    text.push_str("  choose: {uses: nlp.sentiment, with: {text: 'A fine day.'}, decide: {voters: 2, rule: plurality}, needs: [sub]}\n");
    text.push_str("  last: {uses: diagnostics.echo, AGAIN, needs: [choose, s44], with: {message: '${{ steps.choose.output.label }}'}}\n");
    text.push_str("outputs: {last: '${{ steps.last.output }}', items: '${{ steps.each.output }}'}\n");
    text.replace("AGAIN", AGAIN)
}

/// Two people at one server, which may die at any moment.
struct People {
    http: reqwest::Client,
    url: String,
    requester: String,
    approver: String,
}

impl People {
    async fn sign_in(server: &Server) -> Option<Self> {
        let http = baton_clients::egress::client().expect("a client");
        let mut people = Self { http, url: server.url.clone(), requester: String::new(), approver: String::new() };
        people.requester = people.token(EMAIL).await?;
        people.approver = people.token(OTHER).await?;
        Some(people)
    }

    async fn token(&self, email: &str) -> Option<String> {
        let answer = self.send("", "auth/login", Some(json!({"email": email, "password": PASSWORD})), "").await?;
        answer["access_token"].as_str().map(str::to_owned)
    }

    /// The body of the answer, whatever its status; nothing if nobody answers.
    async fn send(&self, token: &str, path: &str, body: Option<Value>, key: &str) -> Option<Value> {
        let url = format!("{}/api/v1/{path}", self.url);
        let request = match body {
            Some(body) => self.http.post(url).json(&body),
            None => self.http.get(url),
        };
        let request = if token.is_empty() { request } else { request.bearer_auth(token) };
        let request = if key.is_empty() { request } else { request.header("idempotency-key", key) };
        let answer = request.timeout(Duration::from_secs(20)).send().await.ok()?;
        // An answer that breaks off is none.
        let text = answer.text().await.ok()?;
        Some(serde_json::from_str(&text).unwrap_or_default())
    }

    /// Begins the run, or finds it, and sees it through. Nothing if the server dies before its end.
    async fn through(&self) -> Option<Value> {
        let begun = self.send(&self.requester, "runs", Some(json!({"workflow": "fifty", "input": {}})), "once").await?;
        let id = begun["id"].as_str().unwrap_or_else(|| panic!("{begun}"));
        let began = Instant::now();
        loop {
            let run = self.send(&self.requester, &format!("runs/{id}"), None, "").await?;
            if ["completed", "failed", "canceled"].iter().any(|state| run["summary"]["state"] == *state) {
                return Some(run);
            }
            assert!(began.elapsed() < PATIENCE, "{run}");
            let open = self.send(&self.approver, "approvals?open=true", None, "").await?;
            for approval in open["items"].as_array().into_iter().flatten() {
                let path = format!("approvals/{}/approve", approval["id"].as_str().unwrap_or_default());
                // It may be given already, and the list not know it yet.
                self.send(&self.approver, &path, Some(json!({"hash": approval["hash"]})), "").await?;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

/// A folder on which the workflows are stored and both people are known.
async fn prepare(folder: &Path) {
    let server = Server::start(folder);
    let http = baton_clients::egress::client().expect("a client");
    let people = People { http, url: server.url.clone(), requester: String::new(), approver: String::new() };
    let admin = people.token(EMAIL).await.expect("signed in");
    let new = json!({"email": OTHER, "password": PASSWORD, "role": "operator"});
    let made = people.send(&admin, "users", Some(new), "").await.expect("an answer");
    assert_eq!(made["email"], OTHER, "{made}");
    for text in [inner(), fifty()] {
        let stored = people.send(&admin, "workflows", Some(json!({"text": text})), "").await.expect("an answer");
        assert!(stored["version"].is_number() || stored["name"].is_string(), "{stored}");
    }
    assert!(server.terminate());
}

/// Everything about an end that must be the same, however it came about.
#[derive(Debug, PartialEq)]
struct End {
    steps: Vec<(String, String)>,
    outputs: Value,
    /// How many tasks have which title.
    tasks: BTreeMap<String, usize>,
    /// How often what happened that is to happen once.
    told: BTreeMap<String, usize>,
}

async fn end_of(server: &Server, run: &Value) -> End {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let steps = run["steps"].as_array().expect("steps").iter().map(|step| (text(&step["id"]), text(&step["state"]))).collect();
    let api = server.api().await;
    let mut ledger = Ledger::default();
    let began = Instant::now();
    while ledger.read(&api).await < ledger.tasks.len() {
        assert!(began.elapsed() < PATIENCE, "a task of a run that has ended goes on");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let all: Vec<TaskId> = ledger.tasks.keys().copied().collect();
    ledger.check(&all);
    let mut tasks = BTreeMap::new();
    for (_, task) in ledger.tasks.values() {
        *tasks.entry(task.title.clone()).or_default() += 1;
    }
    let mut told = BTreeMap::new();
    let mut since = EventSeq(0);
    loop {
        let page = api.events(since, "").await.expect("events");
        for event in page.items.iter().filter(|event| ["run.", "approval.", "decision."].iter().any(|kind| event.kind.starts_with(kind))) {
            if ["started", "completed", "failed", "requested", "decided", "opened", "ended"].iter().any(|what| event.kind.ends_with(what)) {
                *told.entry(event.kind.clone()).or_default() += 1;
            }
        }
        since = page.next_since;
        if !page.more {
            break;
        }
    }
    End { steps, outputs: run["outputs"].clone(), tasks, told }
}

/// How it ends when nothing happens to the server.
async fn undisturbed() -> End {
    let folder = data_folder();
    prepare(folder.path()).await;
    let server = Server::start(folder.path());
    let run = People::sign_in(&server).await.expect("signed in").through().await.expect("it ends");
    let end = end_of(&server, &run).await;
    assert!(server.terminate());
    end
}

/// One life of the server, in which the run is seen on until it dies. Gives whether the run has ended before that.
async fn life(folder: &Path, die_at: &str) -> bool {
    let Some(server) = Server::try_start_with(command(folder, &["--die-at", die_at])) else { return false };
    match People::sign_in(&server).await {
        Some(people) => people.through().await.is_some(),
        None => false,
    }
}

/// How it has ended, as a server says that lives.
async fn afterwards(folder: &Path) -> End {
    let server = Server::start(folder);
    let run = People::sign_in(&server).await.expect("signed in").through().await.expect("it has ended");
    let end = end_of(&server, &run).await;
    assert!(server.terminate());
    end
}

/// Each life ends at the first boundary that it comes to, so that together they die at every one. What is not stored comes again in the next life: there it
/// is each second one, or nothing would ever be stored.
#[tokio::test(flavor = "multi_thread")]
async fn a_run_whose_server_is_killed_at_every_boundary_of_its_steps_ends_the_same() {
    let expected = undisturbed().await;
    for (point, arrival) in [(FaultPoint::AfterTurn, 1), (FaultPoint::BeforeTurn, 2), (FaultPoint::AfterCommands, 2)] {
        let folder = data_folder();
        prepare(folder.path()).await;
        let (mut deaths, die_at) = (0, format!("{point}:{arrival}"));
        // In short the first boundaries are enough; then it is left to live.
        while deaths < scale().of(4, 2_000) && !life(folder.path(), &die_at).await {
            deaths += 1;
        }
        assert_eq!(afterwards(folder.path()).await, expected, "{point}, {deaths} deaths");
        eprintln!("{point}: {deaths} deaths");
        // Steps side by side end in one turn: the longest way through the run has this many at least.
        assert!(deaths >= scale().of(4, 15), "{point}: only {deaths} deaths");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_of_fifty_steps_ends_the_same_however_often_its_server_dies() {
    let expected = undisturbed().await;
    assert_eq!(expected.steps.len(), 50);
    assert!(expected.steps.iter().all(|(_, state)| state == "completed"), "{expected:?}");
    assert_eq!(expected.tasks.values().sum::<usize>(), 45 + 7 + 1 + 4 + 2 + 1, "{:?}", expected.tasks);
    assert_eq!((expected.told["run.started"], expected.told["run.completed"]), (3, 3));
    let chance = SeededChance::new(50);
    let points =
        [FaultPoint::AfterCommit, FaultPoint::BeforeCommit, FaultPoint::AfterClaim, FaultPoint::AfterEffect, FaultPoint::AfterOutcome];
    let mut deaths = 0;
    for round in 0..scale().of(1, 30) {
        let folder = data_folder();
        prepare(folder.path()).await;
        let mut lives = 0;
        loop {
            let point = points[lives % scale().of(2, points.len())];
            // A start makes some commits of its own; each life does a little of the run.
            let first = if matches!(point, FaultPoint::AfterCommit | FaultPoint::BeforeCommit) { 16 } else { 1 };
            let die_at = format!("{point}:{}", first + chance.bits() % if scale().of(0, 1) == 0 { 24 } else { 12 });
            lives += 1;
            assert!(lives < 500, "the run does not get on: {die_at}");
            if life(folder.path(), &die_at).await {
                break;
            }
            deaths += 1;
        }
        assert_eq!(afterwards(folder.path()).await, expected, "round {round}, {deaths} deaths so far");
    }
    eprintln!("{deaths} deaths");
    assert!(deaths >= scale().of(5, 200), "only {deaths} deaths");
}
