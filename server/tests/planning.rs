//! Do plans live on the real server: is another way proposed over REST and by itself, also after a kill, and does a model help where it may?

use std::collections::VecDeque;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use crate::harness::cluster::Rest;
use crate::harness::{PATIENCE, Server, data_folder};
use serde_json::{Value, json};

/// Its first step fails for good, and the second does not read it.
const PARTLY: &str = "name: partly
version: 1
steps:
  broken: {uses: diagnostics.fail, with: {times: 9, retryable: false}}
  after: {uses: diagnostics.echo, needs: [broken], with: {message: done}}
";

/// All that it does fails for good, and no rule knows another way.
const HOPELESS: &str = "name: hopeless
version: 1
title: Summarize the note in two sentences
inputs:
  note: {type: string}
steps:
  broken: {uses: diagnostics.fail, with: {times: 9, retryable: false}}
";

/// Status and body.
async fn post(rest: &Rest, path: &str, body: Value) -> (u16, Value) {
    let answer = rest.post(path, &body).await;
    (answer.status().as_u16(), answer.json().await.unwrap())
}

async fn get(rest: &Rest, path: &str) -> Value {
    rest.get(path).await.json().await.unwrap()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("no text: {value}"))
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

async fn run_of(rest: &Rest, id: &str, state: &str) -> Value {
    once(rest, &format!("/runs/{id}"), |run| run["summary"]["state"] == state).await
}

/// A run of a workflow that has failed.
async fn failed(rest: &Rest, document: &str, name: &str, input: Value) -> String {
    assert!(post(rest, "/workflows", json!({"text": document})).await.0 < 300);
    let (_, run) = post(rest, "/runs", json!({"workflow": name, "input": input})).await;
    let id = text(&run["id"]).to_owned();
    run_of(rest, &id, "failed").await;
    id
}

#[tokio::test(flavor = "multi_thread")]
async fn another_way_for_a_failed_step_is_asked_for_over_rest_and_accepted() {
    let folder = data_folder();
    let server = Server::start(folder.path());
    let rest = Rest::of(&server).await;
    let run = failed(&rest, PARTLY, "partly", json!({})).await;
    let answer = rest.post("/replans", &json!({"run": run, "step": "broken"})).await;
    assert_eq!(answer.status(), 201);
    let location = answer.headers()["location"].to_str().unwrap().to_owned();
    let plan: Value = answer.json().await.unwrap();
    let id = text(&plan["summary"]["id"]);
    assert_eq!(location, format!("/api/v1/plans/{id}"));
    assert_eq!((&plan["summary"]["state"], &plan["summary"]["replaces"]), (&json!("proposed"), &json!(run)));
    let (status, accepted) = post(&rest, &format!("/plans/{id}/accept"), json!({})).await;
    assert_eq!((status, &accepted["plan"]["replaces"]), (200, &json!(run)), "{accepted}");
    let second = text(&accepted["run"]["id"]).to_owned();
    assert_ne!(second, run);
    let second = run_of(&rest, &second, "completed").await;
    let steps: Vec<&str> = second["steps"].as_array().unwrap().iter().map(|step| text(&step["id"])).collect();
    assert_eq!(steps, ["after"]);

    let code = async |body: Value| {
        let (status, refused) = post(&rest, "/replans", body).await;
        (status, text(&refused["code"]).to_owned())
    };
    assert_eq!(code(json!({"run": run, "step": "after"})).await, (409, "PLAN-010".to_owned()));
    assert_eq!(code(json!({"run": run, "step": "none"})).await, (409, "PLAN-010".to_owned()));
    let nobody = "0193e0a5-0000-7000-8000-000000000000";
    assert_eq!(code(json!({"run": nobody, "step": "broken"})).await, (404, "WORKFLOW-041".to_owned()));
    let hopeless = failed(&rest, HOPELESS, "hopeless", json!({"note": "x"})).await;
    for use_model in [false, true] {
        let body = json!({"run": hopeless, "step": "broken", "use_model": use_model});
        assert_eq!(code(body).await, (422, "PLAN-011".to_owned()), "there is no model that is able enough");
    }
    assert!(server.terminate());
}

/// A goal over so many pages, each of which takes two steps.
fn over_pages(pages: usize, use_model: bool) -> Value {
    let goal: Vec<String> = (0..pages).map(|page| format!("Summarize page{page}.")).collect();
    let given = |page: usize| (format!("page{page}"), json!({"kind": "url", "value": format!("https://example.org/{page}")}));
    let inputs: serde_json::Map<String, Value> = (0..pages).map(given).collect();
    json!({"goal": goal.join(" "), "inputs": inputs, "use_model": use_model})
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_of_too_many_steps_is_refused_and_no_part_of_it_proposed() {
    let folder = data_folder();
    let server = Server::start(folder.path());
    let rest = Rest::of(&server).await;
    let (status, plan) = post(&rest, "/plans", over_pages(30, false)).await;
    assert_eq!((status, &plan["summary"]["steps"]), (201, &json!(60)), "{plan}");
    for use_model in [false, true] {
        let (status, refused) = post(&rest, "/plans", over_pages(31, use_model)).await;
        assert_eq!((status, &refused["code"]), (422, &json!("PLAN-006")), "{refused}");
    }
    assert_eq!(get(&rest, "/plans").await["items"].as_array().unwrap().len(), 1);
    assert!(server.terminate());
}

/// A plan that is to be planned anew by itself, whose run reads a page that no agent may; accepted.
async fn accepted(rest: &Rest) -> String {
    let goal = json!({
        "goal": "Summarize the page and find its keywords, then write a report.",
        "inputs": {"page": {"kind": "url", "value": "http://127.0.0.1:9/nothing"}}, "replan": true
    });
    let (status, plan) = post(rest, "/plans", goal).await;
    assert_eq!((status, &plan["summary"]["replan"]), (201, &json!(true)), "{plan}");
    let id = text(&plan["summary"]["id"]).to_owned();
    assert_eq!(post(rest, &format!("/plans/{id}/accept"), json!({})).await.0, 200);
    id
}

/// The plan that was proposed in place of one, once it is; with all plans and runs that there are then.
async fn proposed_instead(rest: &Rest, plan: &str) -> Value {
    let old = once(rest, &format!("/plans/{plan}"), |plan| plan["summary"]["another_way"].is_string()).await;
    let other = get(rest, &format!("/plans/{}", text(&old["summary"]["another_way"]))).await;
    assert_eq!((&other["summary"]["replaces"], &other["summary"]["state"]), (&old["summary"]["run"], &json!("proposed")));
    assert_eq!(other["problems"], json!([]), "{other}");
    let (plans, runs) = (get(rest, "/plans").await, get(rest, "/runs").await);
    assert_eq!((plans["items"].as_array().unwrap().len(), runs["items"].as_array().unwrap().len()), (2, 1), "nothing runs unaccepted");
    other
}

#[tokio::test(flavor = "multi_thread")]
async fn another_way_is_proposed_by_itself_and_nothing_runs_unaccepted() {
    let folder = data_folder();
    let server = Server::start(folder.path());
    let rest = Rest::of(&server).await;
    let plan = accepted(&rest).await;
    let other = proposed_instead(&rest, &plan).await;
    assert!(text(&other["text"]).contains("web_automation.render"), "{other}");
    assert_eq!((&other["summary"]["created_by"], &other["summary"]["replan"]), (&json!("Baton"), &json!(true)));
    let id = text(&other["summary"]["id"]);
    // Whoever accepted the first plan is told of it, until it is decided on.
    let told = |list: &Value| -> Vec<Value> {
        list["items"].as_array().unwrap().iter().filter(|row| row["kind"] == "plan.proposed").cloned().collect()
    };
    let rows = told(&once(&rest, "/notifications", |list| !told(list).is_empty()).await);
    assert_eq!((rows.len(), text(&rows[0]["link"])), (1, format!("/plans/{id}").as_str()), "{rows:?}");
    assert!(rows[0]["settled_at"].is_null(), "{rows:?}");
    assert_eq!(post(&rest, &format!("/plans/{id}/refuse"), json!({"why": "No browser."})).await.0, 200);
    once(&rest, "/notifications", |list| told(list).iter().all(|row| !row["settled_at"].is_null())).await;
    assert!(server.terminate());
}

#[tokio::test(flavor = "multi_thread")]
async fn another_way_is_proposed_once_after_a_kill_as_well() {
    let folder = data_folder();
    let server = Server::start(folder.path());
    let rest = Rest::of(&server).await;
    let plan = accepted(&rest).await;
    server.kill();
    let server = Server::start(folder.path());
    proposed_instead(&rest.at(&server), &plan).await;
    // And not again by the next one.
    server.kill();
    let server = Server::start(folder.path());
    proposed_instead(&rest.at(&server), &plan).await;
    assert!(server.terminate());
}

/// A model that answers by script, the last answer again and again, and remembers what it was asked.
struct Model {
    url: String,
    asked: Arc<Mutex<Vec<Value>>>,
    answers: Arc<Mutex<VecDeque<Value>>>,
}

impl Model {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/v1", listener.local_addr().unwrap());
        let (asked, answers) = (Arc::new(Mutex::new(Vec::new())), Arc::new(Mutex::new(VecDeque::new())));
        let (told, script) = (Arc::clone(&asked), Arc::clone(&answers));
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                answer(&mut stream.unwrap(), &told, &script);
            }
        });
        Self { url, asked, answers }
    }

    fn says(&self, answers: &[Value]) {
        *self.answers.lock().unwrap() = answers.iter().cloned().collect();
    }

    /// How often it was asked since this was asked last, and all that it was told.
    fn was_asked(&self) -> (usize, String) {
        let asked = std::mem::take(&mut *self.asked.lock().unwrap());
        (asked.len(), Value::Array(asked).to_string())
    }
}

fn answer(stream: &mut TcpStream, told: &Mutex<Vec<Value>>, script: &Mutex<VecDeque<Value>>) {
    let (mut heard, mut piece) = (Vec::new(), [0; 4_096]);
    let body = loop {
        let Ok(read @ 1..) = stream.read(&mut piece) else { return };
        heard.extend_from_slice(&piece[..read]);
        let Some(end) = heard.windows(4).position(|end| end == b"\r\n\r\n") else { continue };
        let head = String::from_utf8_lossy(&heard[..end]).to_lowercase();
        let length = head.lines().find_map(|line| line.strip_prefix("content-length:")).map_or(0, |length| length.trim().parse().unwrap());
        if heard.len() >= end + 4 + length {
            break serde_json::from_slice::<Value>(&heard[end + 4..]).unwrap_or_default();
        }
    };
    let mut script = script.lock().unwrap();
    let next = if script.len() > 1 { script.pop_front() } else { script.front().cloned() }.unwrap_or_default();
    let streams = body["stream"] == true;
    told.lock().unwrap().push(body);
    let said = json!({"content": next.to_string()});
    let usage = json!({"prompt_tokens": 100, "completion_tokens": 50});
    let (kind, body) = if streams {
        let piece = json!({"choices": [{"delta": said, "finish_reason": "stop"}], "usage": usage});
        ("text/event-stream", format!("data: {piece}\n\ndata: [DONE]\n\n"))
    } else {
        ("application/json", json!({"choices": [{"message": said, "finish_reason": "stop"}], "usage": usage}).to_string())
    };
    let length = body.len();
    let _ = write!(stream, "HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}");
}

/// A plan as the model writes it, with one step of a skill.
fn one_step(skill: &str) -> Value {
    let with = json!({"text": "${{ inputs.note }}", "sentences": 2});
    json!({"title": "In short", "steps": [{"id": "short", "uses": skill, "why": "it is asked for", "with": with}], "outputs": {}})
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_plans_what_rules_cannot_where_it_is_wanted_and_able_and_through_a_task() {
    let folder = data_folder();
    let server = Server::start(folder.path());
    let rest = Rest::of(&server).await;
    let model = Model::start();
    model.says(&[one_step("nlp.summarize")]);
    let goal = |use_model: bool| {
        let note = json!({"kind": "text", "value": "PLANTED. The plant was closed. The workers were told on Monday."});
        json!({"goal": "Summarize the note and send it to the board.", "inputs": {"note": note}, "use_model": use_model})
    };
    // The same words with something else beside them, so that no answer is remembered.
    let another = || {
        let mut goal = goal(true);
        goal["inputs"]["limit"] = json!({"kind": "number", "value": 5});
        goal
    };
    let settings = |tier: &str, enabled: bool| {
        let capabilities = json!({"streaming": true, "json_schema": true, "tools": false, "embeddings": false});
        let settings = json!({
            "base_url": model.url, "model": "m", "tier": tier, "context_tokens": 64_000, "private": true, "enabled": enabled,
            "capabilities": capabilities
        });
        json!({"name": "planner", "settings": settings})
    };
    let code = async |use_model: bool| text(&post(&rest, "/plans", goal(use_model)).await.1["code"]).to_owned();
    // One that is not able enough, and one that is switched off, are not asked: what the rules say holds.
    let (status, made) = post(&rest, "/models", settings("small", true)).await;
    assert_eq!(status, 201, "{made}");
    let id = text(&made["id"]).to_owned();
    let change = async |body: Value| assert!(rest.put(&format!("/models/{id}"), &body).await.status().is_success());
    assert_eq!(code(true).await, "PLAN-002");
    change(settings("medium", false)).await;
    assert_eq!(code(true).await, "PLAN-002");
    change(settings("medium", true)).await;
    assert_eq!(code(false).await, "PLAN-002", "nor one that is not wanted");
    assert_eq!(model.was_asked().0, 0);

    // What does not hold together is given back.
    model.says(&[one_step("acme.magic"), one_step("nlp.summarize")]);
    let (status, plan) = post(&rest, "/plans", goal(true)).await;
    assert_eq!((status, &plan["summary"]["by_model"], &plan["summary"]["state"]), (201, &json!(true), &json!("proposed")), "{plan}");
    let (asked, told) = model.was_asked();
    assert_eq!(asked, 2);
    assert!(told.contains("none of the skills") && !told.contains("PLANTED"), "{told}");
    let tasks = get(&rest, "/tasks").await;
    let asking: Vec<&Value> = tasks["items"].as_array().unwrap().iter().filter(|task| task["skill"] == "prompt.answer").collect();
    assert!(asking.len() == 2 && asking.iter().all(|task| task["title"] == "A plan" && task["state"] == "completed"), "{tasks}");
    let (_, accepted) = post(&rest, &format!("/plans/{}/accept", text(&plan["summary"]["id"])), json!({})).await;
    run_of(&rest, text(&accepted["run"]["id"]), "completed").await;
    // What never does is refused, and nothing of it kept.
    model.says(&[one_step("acme.magic")]);
    assert_eq!(post(&rest, "/plans", another()).await.1["code"], "PLAN-008");
    assert_eq!(model.was_asked().0, 3);
    assert_eq!(get(&rest, "/plans").await["items"].as_array().unwrap().len(), 1);

    // Nor is another way for what failed one, unless it is allowed.
    let run = failed(&rest, HOPELESS, "hopeless", json!({"note": "PLANTED. It was closed. They were told."})).await;
    model.says(&[one_step("nlp.summarize")]);
    let again = |use_model: bool| json!({"run": run, "step": "broken", "use_model": use_model});
    assert_eq!(post(&rest, "/replans", again(false)).await.0, 422);
    let (status, other) = post(&rest, "/replans", again(true)).await;
    assert_eq!((status, &other["summary"]["by_model"], &other["summary"]["replaces"]), (201, &json!(true), &json!(run)), "{other}");
    let (asked, told) = model.was_asked();
    assert!(asked == 1 && told.contains("failed for good") && !told.contains("PLANTED"), "{told}");
    let (_, accepted) = post(&rest, &format!("/plans/{}/accept", text(&other["summary"]["id"])), json!({})).await;
    run_of(&rest, text(&accepted["run"]["id"]), "completed").await;
    assert!(server.terminate());
}
