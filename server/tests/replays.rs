//! Do runs that the real server recorded come to the same again where no socket can be opened? Agents of several families, a model, a list, another workflow, an
//! approval; every example of every skill that stays inside; and what is planted into the stored rows is found.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Output};
use std::time::{Duration, Instant};

use crate::harness::{EMAIL, PASSWORD, PATIENCE, Server, binary, data_folder, repository};
use baton_testkit::scale;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

/// Who agrees: whoever began the run may not.
const OTHER: &str = "approver@example.test";

const INNER: &str = "
name: inner
version: 1
inputs: {text: string}
steps:
  words: {uses: nlp.keywords, with: {text: '${{ inputs.text }}'}}
  answer:
    uses: prompt.answer
    with: {instructions: 'Answer in one line.', input: '${{ inputs.text }}', samples: 2, temperature: 0.7}
    needs: [words]
outputs: {answer: '${{ steps.answer.output.text }}', words: '${{ steps.words.output }}'}
";

const MIXED: &str = "
name: mixed
version: 1
inputs: {n: integer, texts: {type: array, items: {type: string}}, table: {type: string, format: artifact}}
steps:
  moods:
    uses: nlp.sentiment
    foreach: {items: '${{ inputs.texts }}', as: one, concurrency: 3}
    with: {text: '${{ one }}'}
  profile: {uses: data_science.profile, with: {artifact: '${{ inputs.table }}'}}
  sub: {uses: 'workflow:inner', with: {text: '${{ default(inputs.texts[0], text(0)) }}'}, needs: [moods]}
  report:
    uses: documentation.report
    with:
      title: Report ${{ inputs.n }}
      sections: [{title: Answer, markdown: '${{ steps.sub.output.answer }}'}]
    approve: {message: 'Write report ${{ inputs.n }}?', expires: 1h}
outputs: {moods: '${{ steps.moods.output }}', profile: '${{ steps.profile.output }}', report: '${{ steps.report.output }}'}
";

/// An OpenAI-compatible model that says what it was asked backwards, and where it listens.
async fn model() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("its address");
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                let mut bytes = Vec::new();
                let mut piece = [0; 4_096];
                let request: Value = loop {
                    let Ok(read @ 1..) = stream.read(&mut piece).await else { return };
                    bytes.extend_from_slice(&piece[..read]);
                    let text = String::from_utf8_lossy(&bytes);
                    let body = text.split_once("\r\n\r\n").map(|(_, body)| body.to_owned()).unwrap_or_default();
                    if let Ok(request) = serde_json::from_str(&body) {
                        break request;
                    }
                };
                let asked =
                    request["messages"].as_array().and_then(|all| all.last()?["content"].as_str().map(str::to_owned)).unwrap_or_default();
                let said: String = format!("{asked} ({})", request["seed"]).chars().rev().collect();
                let answer = json!({
                    "id": "x", "object": "chat.completion", "created": 1, "model": "backwards",
                    "choices": [{"index": 0, "message": {"role": "assistant", "content": said}, "finish_reason": "stop"}],
                    "usage": {"prompt_tokens": 5, "completion_tokens": 7, "total_tokens": 12}
                })
                .to_string();
                let head = format!(
                    "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
                    answer.len()
                );
                let _ = stream.write_all(format!("{head}{answer}").as_bytes()).await;
                let _ = stream.shutdown().await;
            });
        }
    });
    format!("http://{address}/v1")
}

/// Two people at one server.
struct People {
    http: reqwest::Client,
    url: String,
    requester: String,
    approver: String,
}

impl People {
    async fn of(server: &Server) -> Self {
        let http = baton_clients::egress::client().expect("a client");
        let mut people = Self { http, url: server.url.clone(), requester: String::new(), approver: String::new() };
        people.requester = people.token(EMAIL).await;
        let new = json!({"email": OTHER, "password": PASSWORD, "role": "operator"});
        people.post("users", new).await;
        people.approver = people.token(OTHER).await;
        people
    }

    async fn token(&self, email: &str) -> String {
        let answer = self.send("", "auth/login", Some(json!({"email": email, "password": PASSWORD}))).await;
        answer["access_token"].as_str().unwrap_or_else(|| panic!("{answer}")).to_owned()
    }

    async fn send(&self, token: &str, path: &str, body: Option<Value>) -> Value {
        let url = format!("{}/api/v1/{path}", self.url);
        let request = match body {
            Some(body) => self.http.post(url).json(&body),
            None => self.http.get(url),
        };
        let request = if token.is_empty() { request } else { request.bearer_auth(token) };
        let answer = request.timeout(Duration::from_secs(90)).send().await.expect("an answer");
        answer.json().await.unwrap_or_default()
    }

    async fn post(&self, path: &str, body: Value) -> Value {
        self.send(&self.requester, path, Some(body)).await
    }

    async fn get(&self, path: &str) -> Value {
        self.send(&self.requester, path, None).await
    }

    /// Begins a run and gives its id.
    async fn begin(&self, workflow: &str, input: Value) -> String {
        let begun = self.post("runs", json!({"workflow": workflow, "input": input})).await;
        begun["id"].as_str().unwrap_or_else(|| panic!("{begun}")).to_owned()
    }

    /// Waits until all these runs have ended, and agrees to what they ask.
    async fn see_through(&self, ids: &[String]) {
        let began = Instant::now();
        for id in ids {
            loop {
                let run = self.get(&format!("runs/{id}")).await;
                if ["completed", "failed", "canceled"].iter().any(|state| run["summary"]["state"] == *state) {
                    assert_eq!(run["summary"]["state"], "completed", "{run}");
                    break;
                }
                assert!(began.elapsed() < PATIENCE * 20, "{run}");
                let open = self.send(&self.approver, "approvals?open=true&limit=500", None).await;
                for approval in open["items"].as_array().into_iter().flatten() {
                    let path = format!("approvals/{}/approve", approval["id"].as_str().unwrap_or_default());
                    self.send(&self.approver, &path, Some(json!({"hash": approval["hash"]}))).await;
                }
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
    }
}

/// A command that runs where there is no network at all, not even to this machine. It says so if that cannot be had.
fn without_sockets(program: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new("unshare");
    command.args(["--user", "--map-root-user", "--net", program]).args(arguments);
    command
}

/// Replays everything in a folder, and gives the reports.
fn replay_all(folder: &Path) -> (bool, Vec<Value>) {
    let folder = folder.to_str().expect("text");
    let Output { status, stdout, stderr } =
        without_sockets(binary(), &["replay", "--all", "--json", "--data", folder]).output().expect("unshare runs");
    let lines = String::from_utf8(stdout).expect("text");
    let reports: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).expect("a report")).collect();
    assert!(!reports.is_empty(), "{}", String::from_utf8_lossy(&stderr));
    (status.success(), reports)
}

/// Looks whether sockets are really forbidden there: a listener of this machine must not be reached.
async fn sockets_are_forbidden() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("its address").port().to_string();
    let reach = format!("exec 3<>/dev/tcp/127.0.0.1/{port}");
    assert!(Command::new("bash").args(["-c", &reach]).status().expect("bash runs").success(), "the listener listens");
    let can = without_sockets("true", &[]).output();
    let can = can.is_ok_and(|output| output.status.success());
    assert!(
        can,
        "this machine does not let a process give up its network (unshare --user --net): that runs replay without sockets was NOT shown here"
    );
    let reached = without_sockets("bash", &["-c", &reach]).stderr(std::process::Stdio::null()).status().expect("bash runs").success();
    assert!(!reached, "a process without a network reaches this machine");
}

/// The shipped files that examples name.
fn files_in(value: &Value, files: &mut BTreeMap<String, String>) {
    match value {
        Value::String(text) if text.starts_with("examples/") => drop(files.insert(text.clone(), String::new())),
        Value::Array(items) => items.iter().for_each(|item| files_in(item, files)),
        Value::Object(members) => members.values().for_each(|value| files_in(value, files)),
        _ => {}
    }
}

/// The same with the artifacts of these files in their places.
fn with_files(value: &Value, files: &BTreeMap<String, String>) -> Value {
    match value {
        Value::String(text) => json!(files.get(text).unwrap_or(text)),
        Value::Array(items) => items.iter().map(|item| with_files(item, files)).collect(),
        Value::Object(members) => {
            members.iter().map(|(name, value)| (name.clone(), with_files(value, files))).collect::<serde_json::Map<_, _>>().into()
        }
        other => other.clone(),
    }
}

/// A workflow of every example of every skill that stays inside, and its input.
fn gallery(skills: &Value, files: &BTreeMap<String, String>) -> (String, Value, usize) {
    let mut text = "name: gallery\nversion: 1\ninputs: {given: {type: array}}\nsteps:\n".to_owned();
    let mut given = Vec::new();
    for skill in skills.as_array().into_iter().flatten() {
        let name = skill["name"].as_str().unwrap_or_default();
        let schema = skill["input_schema"].to_string();
        let outside = skill["network"] == true || schema.contains("\"connection\"");
        if outside || name.starts_with("diagnostics.") || name.starts_with("operations.") || skill["checkpoints"] == true {
            continue;
        }
        for example in skill["examples"].as_array().into_iter().flatten() {
            let place = given.len();
            let members = example
                .as_object()
                .into_iter()
                .flatten()
                .map(|(member, _)| format!("{member}: '${{{{ inputs.given[{place}].{member} }}}}'"));
            let with = members.collect::<Vec<_>>().join(", ");
            text.push_str(&format!("  s{place}: {{uses: {name}, with: {{{with}}}, on_failure: continue}}\n"));
            given.push(with_files(example, files));
        }
    }
    let count = given.len();
    (text, json!({"given": given}), count)
}

#[tokio::test(flavor = "multi_thread")]
async fn recorded_runs_come_to_the_same_without_any_socket_and_what_is_planted_is_found() {
    sockets_are_forbidden().await;
    let folder = data_folder();
    let server = Server::start(folder.path());
    let people = People::of(&server).await;
    let settings = json!({"base_url": model().await, "model": "backwards", "tier": "medium", "private": true});
    let made = people.post("models", json!({"name": "backwards", "settings": settings})).await;
    assert_eq!(made["name"], "backwards", "{made}");
    let skills = people.get("skills").await;
    let (mut files, api) = (BTreeMap::new(), server.api().await);
    skills.as_array().into_iter().flatten().for_each(|skill| files_in(&skill["examples"], &mut files));
    for (name, artifact) in &mut files {
        let path = repository().join(name);
        let bytes = std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let file = path.file_name().and_then(|name| name.to_str()).expect("a name");
        let media_type = match path.extension().and_then(|ending| ending.to_str()) {
            Some("csv") => "text/csv",
            Some("json") => "application/json",
            _ => "application/octet-stream",
        };
        *artifact = api.upload(file, media_type, bytes).await.expect("stored").id.to_string();
    }
    let (gallery, given, examples) = gallery(&skills, &files);
    assert!(examples > 20, "only {examples} examples: {skills}");
    for text in [INNER, MIXED, &gallery] {
        let stored = people.post("workflows", json!({"text": text})).await;
        assert!(stored["version"].is_number(), "{stored}");
    }
    let rows: String = (0..40).map(|row| format!("{row},{},{}\n", row * row % 17, f64::from(row) / 3.0)).collect();
    let table = api.upload("table.csv", "text/csv", format!("a,b,c\n{rows}").into_bytes()).await.expect("stored").id;
    let count = scale().of(10, 99);
    let mut ids = vec![people.begin("gallery", given).await];
    for n in 0..count {
        let texts: Vec<String> = (0..3).map(|one| format!("Text {one} of run {n}: the food was great, but the wait was awful.")).collect();
        ids.push(people.begin("mixed", json!({"n": n, "texts": texts, "table": table})).await);
    }
    people.see_through(&ids).await;
    // Over REST, while the server runs.
    let report = people.post(&format!("runs/{}/replay", ids[1]), json!({})).await;
    assert_eq!((&report["equal"], report["calls"].as_u64() > Some(0)), (&json!(true), true), "{report}");
    let recording = people.get(&format!("runs/{}/recording", ids[1])).await;
    assert!(recording["steps"].as_array().is_some_and(|steps| steps.len() > 10), "{recording}");
    assert!(server.terminate());

    let (all, reports) = replay_all(folder.path());
    let parted: Vec<&Value> = reports.iter().filter(|report| report["equal"] != true).collect();
    assert!(all && parted.is_empty(), "{parted:#?}");
    assert_eq!(reports.len(), ids.len());
    let sum = |name: &str| reports.iter().filter_map(|report| report[name].as_u64()).sum::<u64>();
    println!(
        "{} runs, {} steps, {} tasks done again, {} calls answered, {} taken: all the same without sockets",
        reports.len(),
        sum("steps"),
        sum("rehearsed"),
        sum("calls"),
        sum("taken_count")
    );
    assert!(sum("rehearsed") >= (examples + count * 7) as u64 * 9 / 10);

    // What is altered in the stored rows is found at its step, and nowhere else.
    let planted = [
        ("UPDATE model_calls SET answer = replace(answer, ')1( ', ')1(!') WHERE task_id = ?1", "prompt.answer", "sub/answer"),
        ("UPDATE tasks SET result = json_set(result, '$.planted', 1) WHERE id = ?1", "data_science.profile", "profile"),
        ("UPDATE tasks SET input = json_set(input, '$.text', 'planted') WHERE id = ?1", "nlp.keywords", "sub/words"),
    ];
    let (file, aside) = (folder.path().join("baton.db"), folder.path().join("aside.db"));
    let open = || rusqlite::Connection::open(&file).expect("the database");
    open().execute("VACUUM INTO ?1", [aside.to_str().expect("text")]).expect("a copy");
    for (change, skill, step) in planted {
        let database = open();
        // Of the workflows of this test, not of the gallery.
        let find = "SELECT id FROM tasks WHERE skill = ?1 AND fairness_key LIKE 'run:%' AND fairness_key <> ?2 ORDER BY id LIMIT 1";
        let gallery_run = format!("run:{}", ids[0]);
        let id: Vec<u8> = database.query_row(find, rusqlite::params![skill, gallery_run], |row| row.get(0)).expect("a task");
        assert!(database.execute(change, rusqlite::params![id]).expect("changed") > 0, "{change}");
        drop(database);
        let (all, reports) = replay_all(folder.path());
        let parted: Vec<&Value> = reports.iter().filter(|report| report["equal"] != true).collect();
        assert!(!all && parted.len() == 1, "{skill}: {parted:#?}");
        assert_eq!(parted[0]["divergence"]["step"], step, "{parted:#?}");
        assert!(parted[0]["divergence"]["differences"].as_array().is_some_and(|found| !found.is_empty()), "{parted:#?}");
        for ending in ["", "-wal", "-shm"] {
            let _ = std::fs::remove_file(folder.path().join(format!("baton.db{ending}")));
        }
        std::fs::copy(&aside, &file).expect("as it was");
    }
    let (all, _) = replay_all(folder.path());
    assert!(all, "as it was, all is the same again");
}
