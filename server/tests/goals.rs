//! Are goals in plain words planned by rules, accepted as they are, run on the real server, and do their results come out right?
//!
//! The goals, and what is to come out, were written by people who had not seen the planner (`src/planner/tests/goals`). In short some of two folders; in full
//! all that are in view.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::harness::cluster::Rest;
use crate::harness::{Server, data_folder, plain_command, repository};
use baton_clients::baton_api::BatonApi;
use baton_testkit::{Scale, scale};
use futures::StreamExt as _;
use serde_json::{Value, json};

/// How long a goal's run may take.
const PATIENCE: Duration = Duration::from_secs(120);
/// How many goals are run at once.
const AT_ONCE: usize = 4;
/// The folders with how many of their twenty do not come out right (`docs/bars.md`), and how many of these cannot be done and are not refused.
const FOLDERS: [(&str, usize, usize); 6] =
    [("others", 0, 0), ("tune", 0, 0), ("held", 0, 0), ("held2", 0, 0), ("held3", 2, 0), ("more", 4, 1)];

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("no text: {value}"))
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

/// Serves what goals want to be served; gives its address.
fn site(pages: BTreeMap<String, PathBuf>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut lines = BufReader::new(stream.try_clone().unwrap()).lines().map_while(Result::ok);
            let asked = lines.next().unwrap_or_default();
            // The rest of what was sent is read, or the connection would be cut.
            let _ = lines.take_while(|line| !line.is_empty()).count();
            let path = asked.split(' ').nth(1).unwrap_or_default().split('?').next().unwrap_or_default();
            let body = pages.get(path.trim_start_matches('/')).map(|file| std::fs::read(file).unwrap());
            let status = if body.is_some() { "200 OK" } else { "404 Not Found" };
            let kind = if path.ends_with(".html") { "text/html; charset=utf-8" } else { "application/octet-stream" };
            let body = if asked.starts_with("HEAD") { Vec::new() } else { body.unwrap_or_default() };
            let length = body.len();
            let head = format!("HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n");
            let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(&body));
        }
    });
    url
}

/// What a pointer leads to: `*` is every child, `**` the value and all below it.
fn reached<'a>(document: &'a Value, pointer: &str) -> Vec<&'a Value> {
    let children = |value: &'a Value| -> Vec<&'a Value> {
        match value {
            Value::Array(items) => items.iter().collect(),
            Value::Object(fields) => fields.values().collect(),
            _ => Vec::new(),
        }
    };
    let mut now = vec![document];
    for part in pointer.split('/').skip(1) {
        let part = part.replace("~1", "/").replace("~0", "~");
        now = match part.as_str() {
            "*" => now.into_iter().flat_map(children).collect(),
            "**" => {
                let (mut all, mut open) = (Vec::new(), now);
                while let Some(value) = open.pop() {
                    open.extend(children(value));
                    all.push(value);
                }
                all
            }
            name => now
                .into_iter()
                .filter_map(|value| match value {
                    Value::Array(items) => name.parse::<usize>().ok().and_then(|place| items.get(place)),
                    other => other.get(name),
                })
                .collect(),
        };
    }
    now
}

fn holds(value: &Value, check: &Value) -> bool {
    if let Some(any) = check["any_of"].as_array() {
        return any.iter().any(|check| holds(value, check));
    }
    let tolerance = check["tolerance"].as_f64().unwrap_or(1e-9);
    if let Some(wanted) = check.get("equals") {
        return match (value.as_f64(), wanted.as_f64()) {
            (Some(value), Some(wanted)) => (value - wanted).abs() <= tolerance,
            _ => value == wanted,
        };
    }
    if let Some(least) = check["at_least"].as_f64() {
        return value.as_f64().is_some_and(|value| value >= least - tolerance);
    }
    if let Some(most) = check["at_most"].as_f64() {
        return value.as_f64().is_some_and(|value| value <= most + tolerance);
    }
    if let Some(word) = check["contains_text"].as_str() {
        // Whatever the case; a backslash of Markdown does not count.
        return value.as_str().is_some_and(|said| said.replace('\\', "").to_lowercase().contains(&word.to_lowercase()));
    }
    let least = check["length_at_least"].as_u64().unwrap_or_else(|| panic!("no comparison in {check}"));
    let length = match value {
        Value::String(said) => said.chars().count(),
        Value::Array(items) => items.len(),
        Value::Object(fields) => fields.len(),
        _ => return false,
    };
    length as u64 >= least
}

/// One, or each of several.
fn each(value: &Value) -> Vec<&str> {
    value.as_str().map_or_else(|| list(value).iter().map(text).collect(), |one| vec![one])
}

/// The checks that do not hold, and the skills that ran although they must not.
fn failed_checks(expect: &Value, outputs: &[(String, Value)]) -> Vec<Value> {
    let fails = |check: &&Value| {
        let skills = each(&check["skill"]);
        let of: Vec<&Value> = outputs
            .iter()
            .filter(|(skill, _)| skills.contains(&"*") || skills.contains(&skill.as_str()))
            .map(|(_, output)| output)
            .collect();
        if check["if_ran"] == true && of.is_empty() {
            return false;
        }
        let right =
            |output: &&&Value| each(&check["pointer"]).iter().any(|to| reached(output, to).into_iter().any(|value| holds(value, check)));
        (of.iter().filter(right).count() as u64) < check["outputs_at_least"].as_u64().unwrap_or(1)
    };
    let mut wrong: Vec<Value> = list(&expect["result"]).iter().filter(fails).cloned().collect();
    wrong.extend(list(&expect["not_run"]).iter().filter(|skill| outputs.iter().any(|(ran, _)| ran == text(skill))).cloned());
    wrong
}

/// Whether a goal was refused by who plans it. Every other code says that the server failed or the request was wrong, and nothing of the goal.
fn is_refusal(code: &str) -> bool {
    code.starts_with("PLAN-")
}

/// How a request was turned away.
#[derive(Debug)]
struct Denied {
    code: String,
    words: String,
}

/// Goals of one sort, and those of them that came out right.
#[derive(Debug, Default)]
struct Share {
    right: usize,
    of: usize,
}

/// What came of the goals of a folder.
#[derive(Debug, Default)]
struct Tried {
    /// Those that can be done, planned and run with the right result.
    done: Share,
    /// Those that cannot, refused with a code.
    refused: Share,
    /// Why the others did not come out right.
    wrong: Vec<String>,
}

/// A server that goals are given to, with the site that they speak of.
struct Desk {
    folder: PathBuf,
    site: String,
    api: BatonApi,
    rest: Rest,
}

impl Desk {
    fn filled(&self, value: &Value) -> Value {
        serde_json::from_str(&value.to_string().replace("{{site}}", &self.site)).unwrap()
    }

    async fn get(&self, path: &str) -> Value {
        self.rest.get(path).await.json().await.unwrap()
    }

    async fn post(&self, path: &str, body: Value) -> Result<Value, Denied> {
        let answer = self.rest.post(path, &body).await;
        let status = answer.status();
        let said: Value = answer.json().await.unwrap();
        if status.is_success() {
            return Ok(said);
        }
        let code = said["code"].as_str().unwrap_or_default().to_owned();
        Err(Denied { words: format!("{path}: {status} {code} {}", said["detail"]), code })
    }

    async fn upload(&self, file: &Value, media_type: &Value) -> Value {
        let path = self.folder.join(text(file));
        let name = path.file_name().unwrap().to_str().unwrap();
        json!(self.api.upload(name, text(media_type), std::fs::read(&path).unwrap()).await.unwrap().id)
    }

    /// The goal's inputs, its files stored and its connections made.
    async fn inputs(&self, goal: &Value) -> Value {
        let mut inputs = json!({});
        for (name, given) in goal["inputs"].as_object().unwrap() {
            let value = match (text(&given["kind"]), given["files"].as_array()) {
                ("artifact", Some(files)) => {
                    let mut ids = Vec::new();
                    for file in files {
                        ids.push(self.upload(file, &given["media_type"]).await);
                    }
                    Value::Array(ids)
                }
                ("artifact", None) => self.upload(&given["file"], &given["media_type"]).await,
                _ => self.filled(&given["value"]),
            };
            if given["kind"] == "connection" {
                self.post("/connections", json!({"name": value, "settings": self.filled(&given["settings"])})).await.unwrap();
            }
            inputs[name] = json!({"kind": given["kind"], "value": value});
        }
        inputs
    }

    /// What completed steps gave, each item of a list on its own, and what the run gave.
    async fn outputs(&self, run: &Value) -> Vec<(String, Value)> {
        let mut found = Vec::new();
        for step in list(&run["steps"]).iter().filter(|step| step["uses"].is_string()) {
            let items = self.get(&format!("/runs/{}/steps/{}/items", text(&run["summary"]["id"]), text(&step["id"]))).await;
            for item in list(&items["items"]).iter().filter(|item| item["state"] == "completed") {
                let output = match (&item["output"], item["task"].as_str()) {
                    (Value::Null, Some(task)) => self.get(&format!("/tasks/{task}")).await["result"].clone(),
                    (output, _) => output.clone(),
                };
                found.push((text(&step["uses"]).to_owned(), output));
            }
        }
        found.push(("$outputs".to_owned(), run["outputs"].clone()));
        found
    }

    /// Why a goal did not come out right.
    async fn wrong(&self, goal: &Value) -> Option<String> {
        let wanted = goal["expect"]["planned"] == true;
        let body = json!({"goal": self.filled(&goal["goal"]), "inputs": self.inputs(goal).await});
        let plan = match self.post("/plans", body).await {
            Ok(_) if !wanted => return Some("planned, though it cannot be done".to_owned()),
            Ok(plan) => plan,
            Err(denied) if !wanted && is_refusal(&denied.code) => return None,
            Err(denied) => return Some(denied.words),
        };
        let accepted = match self.post(&format!("/plans/{}/accept", text(&plan["summary"]["id"])), json!({})).await {
            Ok(accepted) => accepted,
            Err(denied) => return Some(denied.words),
        };
        let began = Instant::now();
        let run = loop {
            let run = self.get(&format!("/runs/{}", text(&accepted["run"]["id"]))).await;
            if ["completed", "failed", "canceled"].contains(&text(&run["summary"]["state"])) || began.elapsed() > PATIENCE {
                break run;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        };
        let used: Vec<&str> = list(&run["steps"]).iter().filter_map(|step| step["uses"].as_str()).collect();
        let expect = &goal["expect"];
        let mut missing: Vec<&Value> = list(&expect["skills_all"]).iter().filter(|skill| !used.contains(&text(skill))).collect();
        missing.extend(list(&expect["skills_any"]).iter().filter(|any| !list(any).iter().any(|skill| used.contains(&text(skill)))));
        let failed = failed_checks(expect, &self.outputs(&run).await);
        let state = text(&run["summary"]["state"]);
        let right = state == "completed" && missing.is_empty() && failed.is_empty();
        (!right).then(|| format!("{state}, {used:?}, missing {missing:?}, failed {failed:?}"))
    }
}

/// The goals of a folder, in the order of their numbers.
fn goals(folder: &Path) -> Vec<Value> {
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<PathBuf> = files.filter(|path| path.extension().is_some_and(|ending| ending == "json")).collect();
    files.sort();
    files.iter().map(|path| serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()).collect()
}

/// What comes of some goals of a folder.
async fn tried(name: &str, every: usize) -> Tried {
    let folder = repository().join("src/planner/tests/goals").join(name);
    let all = goals(&folder);
    assert_eq!(all.len(), 20, "{name}");
    let served = all.iter().filter_map(|goal| goal["site"].as_object()).flatten();
    let site = site(served.map(|(path, file)| (path.clone(), folder.join(text(file)))).collect());
    let data = data_folder();
    let server = Server::start_with(plain_command(data.path(), &["--egress-private-hosts", "127.0.0.1"]));
    let desk = Desk { folder, site, api: server.api().await, rest: Rest::of(&server).await };
    let chosen: Vec<&Value> = all.iter().step_by(every).collect();
    let desk = &desk;
    let judged = futures::stream::iter(chosen.iter().copied()).map(|goal| async move { (goal, desk.wrong(goal).await) });
    let judged: Vec<(&Value, Option<String>)> = judged.buffer_unordered(AT_ONCE).collect().await;
    assert!(server.terminate());
    let mut tried = Tried::default();
    for (goal, wrong) in judged {
        let share = if goal["expect"]["planned"] == true { &mut tried.done } else { &mut tried.refused };
        share.of += 1;
        share.right += usize::from(wrong.is_none());
        tried.wrong.extend(wrong.map(|why| format!("{}: {why}", text(&goal["id"]))));
    }
    assert_eq!(tried.done.of + tried.refused.of, chosen.len(), "{name}");
    tried
}

#[tokio::test(flavor = "multi_thread")]
async fn goals_are_planned_accepted_and_run_and_their_results_are_right() {
    let full = scale() == Scale::Full;
    let (folders, every) = if full { (&FOLDERS[..], 1) } else { (&FOLDERS[..2], 2) };
    for (name, may_be_wrong, may_be_planned) in folders {
        let Tried { done, refused, wrong } = tried(name, every).await;
        let said = format!(
            "{name}: {} of {} planned and run with the right result, {} of {} refused with a code\n{}",
            done.right,
            done.of,
            refused.right,
            refused.of,
            wrong.join("\n")
        );
        eprintln!("{said}");
        assert!(done.of > 0 && refused.of > 0, "goals of both sorts are tried: {said}");
        assert!(refused.right + may_be_planned >= refused.of, "too many are not refused: {said}");
        assert!(done.right + may_be_wrong >= done.of, "too many have no right result: {said}");
        assert!(wrong.len() <= *may_be_wrong, "{said}");
    }
}

/// A server that is broken or busy has refused no goal.
#[test]
fn only_a_code_of_the_planner_is_a_refusal() {
    assert!(is_refusal("PLAN-002") && is_refusal("PLAN-005"));
    for code in ["INTERNAL-001", "LIMIT-001", "REQUEST-002", "ARTIFACT-001", "AUTH-001", ""] {
        assert!(!is_refusal(code), "{code}");
    }
}

/// A check that holds whatever comes out would check nothing.
#[test]
fn checks_of_results_can_fail() {
    let outputs = [("nlp.summarize".to_owned(), json!({"text": "The Heat\\-pump", "parts": [{"n": 3}, {"n": 5}]}))];
    let check = |result: Value| failed_checks(&json!({"result": [result]}), &outputs).is_empty();
    assert!(check(json!({"skill": "nlp.summarize", "pointer": "/text", "contains_text": "heat-pump"})));
    assert!(!check(json!({"skill": "nlp.summarize", "pointer": "/text", "contains_text": "stove"})));
    assert!(!check(json!({"skill": "nlp.keywords", "pointer": "/text", "contains_text": "heat"})));
    assert!(check(json!({"skill": "nlp.keywords", "pointer": "/text", "contains_text": "heat", "if_ran": true})));
    assert!(check(json!({"skill": "*", "pointer": ["/none", "/parts/*/n"], "equals": 5.001, "tolerance": 0.01})));
    assert!(!check(json!({"skill": "*", "pointer": "/parts/0/n", "equals": 5})));
    assert!(check(json!({"skill": "*", "pointer": "/**", "any_of": [{"at_least": 9}, {"at_most": 3}]})));
    assert!(!check(json!({"skill": "*", "pointer": "/parts", "length_at_least": 3})));
    assert!(!check(json!({"skill": "*", "pointer": "/parts/*", "length_at_least": 1, "outputs_at_least": 2})), "of one output");
    assert_eq!(failed_checks(&json!({"not_run": ["nlp.summarize"]}), &outputs), [json!("nlp.summarize")]);
}
