//! Do language models serve tasks on the real server: the one inside the process where no other is, and one behind an API, whose answer is seen
//! while it is written and whose call ends with its task?

use std::path::PathBuf;
use std::time::{Duration, Instant};

use crate::harness::cluster::Rest;
use crate::harness::model_api::ModelApi;
use crate::harness::{PATIENCE, Server, closing_after, data_folder};
use crate::sockets::{Socket, connect, frame};
use baton_domain::task::TaskState;
use baton_domain::wire::assistance::SkillSuggestions;
use baton_domain::wire::model::{LOCAL_MODEL, ModelCallView, ModelList, ModelState};
use baton_domain::wire::task::{NewTask, TaskDetail};
use baton_local_model::archive::SMOLLM2;
use serde_json::{Value, json};

/// Submits a task; gives its identifier.
async fn submit(rest: &Rest, skill: &str, input: Value) -> String {
    let answer = rest.post("/tasks", &json!({"skill": skill, "input": input})).await;
    assert!(answer.status().is_success(), "{skill}: {}", answer.status());
    let task: Value = answer.json().await.unwrap();
    task["id"].as_str().unwrap().to_owned()
}

/// The task once it has ended, or after half a minute.
async fn ended(rest: &Rest, id: &str) -> TaskDetail {
    rest.get(&format!("/tasks/{id}?wait=30")).await.json().await.unwrap()
}

async fn cancel(rest: &Rest, id: &str) {
    assert!(rest.post(&format!("/tasks/{id}/cancel"), &json!({})).await.status().is_success());
}

/// What a subscriber of a task sees next of a text that is being written.
async fn written(socket: &mut Socket) -> String {
    loop {
        let frame = frame(socket).await;
        if let (Some("progress"), Some(text)) = (frame["kind"].as_str(), frame["written"].as_str()) {
            return text.to_owned();
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_model_writes_is_seen_while_it_writes_it() {
    let folder = data_folder();
    let server = Server::start(folder.path());
    let rest = Rest::of(&server).await;
    let mut model = ModelApi::configured(&rest, "slow").await;
    let id = submit(&rest, "prompt.answer", json!({"instructions": "Tell a story.", "input": "The sea."})).await;
    let mut asked = model.asked().await;
    assert_eq!(asked.body["stream"], true, "{}", asked.body);
    let mut socket = connect(&server, &rest, &format!("task:{id}")).await;
    let mut events = rest.get(&format!("/events/stream?topics=task:{id}")).await;
    // That it is open is the first thing that it says.
    events.chunk().await.unwrap().unwrap();
    asked.begin();
    let mut seen = Vec::new();
    for piece in ["Once ", "upon ", "a time"] {
        // The next is written when this one was seen: each arrives before there is a result.
        asked.piece(piece);
        seen.push(written(&mut socket).await);
    }
    assert_eq!(seen, ["Once ", "Once upon ", "Once upon a time"]);
    let mut heard = String::new();
    while !heard.contains(r#""written":"Once upon a time""#) {
        let more = events.chunk().await.unwrap().expect("a stream that goes on");
        heard.push_str(&String::from_utf8_lossy(&more));
    }
    let open: TaskDetail = rest.get(&format!("/tasks/{id}")).await.json().await.unwrap();
    assert_eq!((open.summary.state, open.result), (TaskState::Running, None));
    for part in ["/logs", "/trace", "/model-calls"] {
        let stored = rest.get(&format!("/tasks/{id}{part}")).await.text().await.unwrap();
        assert!(!stored.contains("Once"), "of what is being written nothing is stored: {part}: {stored}");
    }
    asked.end();
    let done = ended(&rest, &id).await;
    let result = done.result.unwrap_or_else(|| panic!("{:?}", done.summary.failure));
    assert_eq!((&result["text"], &result["model"]), (&json!("Once upon a time"), &json!("slow")));
    assert!(server.terminate());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_task_asked_a_model_is_told_by_both_doors() {
    let folder = data_folder();
    let server = Server::start(folder.path());
    let rest = Rest::of(&server).await;
    let mut model = ModelApi::configured(&rest, "able").await;
    let id = submit(&rest, "prompt.answer", json!({"instructions": "Name a colour.", "input": "The sea at noon."})).await;
    let mut asked = model.asked().await;
    asked.begin();
    asked.piece("Blue.");
    asked.used(1_200, 34);
    asked.end();
    assert_eq!(ended(&rest, &id).await.summary.state, TaskState::Completed);

    let answer = rest.function("models/calls", &json!({"task": id})).await;
    assert_eq!(answer.status(), 200);
    let calls: Vec<ModelCallView> = answer.json().await.unwrap();
    let [call] = calls.as_slice() else { panic!("one question, one call: {calls:?}") };
    assert_eq!((call.model.as_str(), call.failure.as_deref(), call.cached), ("able", None, false));
    assert_eq!((call.usage.prompt_tokens, call.usage.completion_tokens), (1_200, 34));
    assert!(call.request.contains("The sea at noon.") && call.answer.contains("Blue."), "{call:?}");
    let by_rest: Vec<ModelCallView> = rest.get(&format!("/tasks/{id}/model-calls")).await.json().await.unwrap();
    assert_eq!(by_rest, calls);

    // Of a task that asked nothing there is nothing, which is what its page shows.
    let silent = submit(&rest, "diagnostics.echo", json!({})).await;
    ended(&rest, &silent).await;
    let none: Vec<ModelCallView> = rest.function("models/calls", &json!({"task": silent})).await.json().await.unwrap();
    assert_eq!(none, []);
    assert!(server.terminate());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_task_that_is_cancelled_leaves_the_model_that_it_asked() {
    let folder = data_folder();
    let server = Server::start(folder.path());
    let rest = Rest::of(&server).await;
    let mut model = ModelApi::configured(&rest, "endless").await;
    let text = "The ferry to the island was late. It was late because of the fog. The fog lifted at noon, and the ferry sailed.";
    for (skill, input) in [
        ("prompt.answer", json!({"instructions": "Answer.", "input": "Why?"})),
        ("prompt.answer", json!({"instructions": "Answer.", "input": "Why?", "schema": {"type": "object"}})),
        ("documentation.draft", json!({"brief": text, "words": 40, "language": "en"})),
        ("documentation.rewrite", json!({"text": text})),
        ("code_analysis.explain", json!({"source": "fn main() {\n    println!(\"hello\");\n}\n", "language": "rust"})),
        ("nlp.summarize", json!({"text": text, "mode": "abstractive"})),
    ] {
        let id = submit(&rest, skill, input).await;
        let asked = model.asked().await;
        let began = Instant::now();
        cancel(&rest, &id).await;
        let left = asked.left().await.duration_since(began);
        let task = ended(&rest, &id).await;
        assert_eq!(task.summary.state, TaskState::Canceled, "{skill}");
        assert!(left < Duration::from_secs(1) && began.elapsed() < Duration::from_secs(1), "{skill}: {left:?}, {:?}", began.elapsed());
    }
    assert!(server.terminate());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_task_that_takes_too_long_leaves_the_model_that_it_asked_within_a_second_of_its_deadline() {
    const DEADLINE: Duration = Duration::from_secs(2);
    let folder = data_folder();
    let server = Server::start(folder.path());
    let (api, rest) = (server.api().await, Rest::of(&server).await);
    let mut model = ModelApi::configured(&rest, "endless").await;
    let text = "The ferry to the island was late. It was late because of the fog. The fog lifted at noon, and the ferry sailed.";
    let tasks = vec![
        NewTask::new("prompt.answer", json!({"instructions": "Answer.", "input": "Why?"})),
        NewTask::new("prompt.answer", json!({"instructions": "Answer.", "input": "Why?", "schema": {"type": "object"}})),
        NewTask::new("documentation.draft", json!({"brief": text, "words": 40, "language": "en"})),
    ];
    let ids = api.submit_batch(tasks.into_iter().map(|task| closing_after(DEADLINE, task)).collect()).await.unwrap().ids;
    let mut calls = Vec::new();
    for _ in &ids {
        let asked = model.asked().await;
        // Its attempt has begun by now, so its deadline comes at the latest so long after this.
        calls.push((Instant::now(), tokio::spawn(asked.left())));
    }
    for (asked_at, left) in calls {
        let took = left.await.unwrap().duration_since(asked_at);
        assert!(took < DEADLINE + Duration::from_secs(1), "the call went on for {took:?}");
    }
    for id in &ids {
        let task = ended(&rest, &id.to_string()).await;
        let code = task.summary.failure.map(|failure| failure.code);
        assert_eq!((task.summary.state, code.as_deref()), (TaskState::TimedOut, Some("ATTEMPT-002")), "{}", task.summary.skill);
    }
    assert!(server.terminate());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_able_model_chooses_among_skills_and_says_why_a_task_failed() {
    let folder = data_folder();
    let server = Server::start(folder.path());
    let (api, rest) = (server.api().await, Rest::of(&server).await);
    let mut model = ModelApi::configured(&rest, "able").await;
    let wish = "Which language is this review in, and is it angry or happy?";
    let by_words: SkillSuggestions = rest.post("/skills/suggestions", &json!({"text": wish})).await.json().await.unwrap();
    let second = by_words.items[1].skill.clone();
    let choose = async {
        let asked = model.asked().await;
        assert!(asked.body["messages"].to_string().contains(wish), "{}", asked.body);
        asked.answer(&json!({"skill": second, "reason": "It does what they want."}).to_string());
    };
    let asked = json!({"text": wish, "with_model": true});
    let (answer, ()) = tokio::join!(rest.post("/skills/suggestions", &asked), choose);
    let chosen: SkillSuggestions = answer.json().await.unwrap();
    assert_eq!((chosen.items[0].skill.as_str(), chosen.chosen_by.as_deref()), (second.as_str(), Some("able")));
    assert_eq!((chosen.reason.as_deref(), chosen.items.len()), (Some("It does what they want."), by_words.items.len()));
    assert_ne!(by_words.items[0].skill, second, "by words another one came first");

    let ragged = api.upload("ragged.csv", "text/csv", b"a,b\n1,2\n3\n".to_vec()).await.unwrap().id;
    let failed = api.run(&NewTask::new("data_science.profile", json!({"artifact": ragged})), PATIENCE).await.unwrap();
    let message = failed.summary.failure.unwrap().message;
    let asked: Value = rest.post(&format!("/tasks/{}/analysis", failed.summary.id), &json!({})).await.json().await.unwrap();
    let question = model.asked().await;
    assert!(question.body["messages"].to_string().contains("F1 ("), "the facts are numbered: {}", question.body);
    let said =
        json!({"likely_cause": format!("The cause: {message}"), "next_step": "Correct the table and run the task again.", "facts": ["F1"]});
    question.answer(&said.to_string());
    let analysis = ended(&rest, asked["id"].as_str().unwrap()).await.result.unwrap();
    assert_eq!((&analysis["judged_by"], &analysis["likely_cause"]), (&json!("able"), &said["likely_cause"]), "{analysis}");
    assert_eq!((&analysis["next_step"], &analysis["facts"][0]["fact"]), (&said["next_step"], &json!("F1")));
    assert!(server.terminate());
}

/// Whether the model inside the process has its weights here. Where it has none, the set-up must have said that they cannot be had.
async fn has_weights(rest: &Rest) -> bool {
    let models: ModelList = rest.get("/models").await.json().await.unwrap();
    let local = models.items.iter().find(|model| model.name == LOCAL_MODEL).expect("it is listed");
    if local.state == ModelState::Ready {
        return true;
    }
    let from = |name: &str| std::env::var_os(name).map(PathBuf::from);
    let cache = from("XDG_CACHE_HOME").or_else(|| Some(from("HOME")?.join(".cache")));
    let folder = from("BATON_MODELS_DIR").or_else(|| Some(cache?.join("baton/models"))).expect("a folder of the user's");
    let note = folder.join(format!("{}.left-out", SMOLLM2.file));
    assert!(
        note.is_file(),
        "the model inside the process has no weights: `scripts/setup.sh test` fetches them, or notes why not in {note:?}"
    );
    eprintln!("SKIPPED: the set-up could not fetch the weights of the model inside the process, as it says in {}", note.display());
    false
}

/// Processor time that a process has used, in seconds.
#[cfg(target_os = "linux")]
fn used(pid: u32) -> f64 {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    // After the name, which may hold anything: user and system time are the twelfth and thirteenth, in hundredths.
    let fields: Vec<&str> = stat.rsplit_once(')').unwrap().1.split_whitespace().collect();
    fields[11..13].iter().map(|ticks| ticks.parse::<f64>().unwrap() / 100.0).sum()
}

/// How long after this a process began to rest: to use less than a seventh of a core.
#[cfg(target_os = "linux")]
async fn rests_after(pid: u32, began: Instant) -> Duration {
    loop {
        let (before, from) = (used(pid), Instant::now());
        // What is measured is what is used in this time.
        tokio::time::sleep(Duration::from_millis(200)).await;
        if (used(pid) - before) / from.elapsed().as_secs_f64() < 0.15 {
            return from.duration_since(began);
        }
        assert!(began.elapsed() < PATIENCE, "it never rests");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn where_no_model_is_configured_the_one_inside_the_process_answers_and_is_named() {
    let folder = data_folder();
    let server = Server::start(folder.path());
    let (api, rest) = (server.api().await, Rest::of(&server).await);
    if !has_weights(&rest).await {
        return;
    }
    let input = json!({"instructions": "Answer in one short sentence.", "input": "Why is the sky blue?", "maximum_tokens": 24});
    let task = api.run(&NewTask::new("prompt.answer", input), PATIENCE).await.unwrap();
    let result = task.result.unwrap_or_else(|| panic!("{:?}", task.summary.failure));
    assert_eq!(result["model"], LOCAL_MODEL, "{result}");
    assert!(result["text"].as_str().unwrap().split_whitespace().count() > 2 && result["tokens"].as_u64().unwrap() > 10, "{result}");
    let calls: Vec<ModelCallView> = rest.get(&format!("/tasks/{}/model-calls", task.summary.id)).await.json().await.unwrap();
    assert_eq!((calls.len(), calls[0].model.as_str(), calls[0].failure.as_deref()), (1, LOCAL_MODEL, None));
    // It keeps to schemas by itself.
    let schema = json!({"type": "object", "properties": {"mood": {"enum": ["happy", "angry"]}}, "required": ["mood"], "additionalProperties": false});
    let input =
        json!({"instructions": "Say how the customer feels.", "input": "It came two weeks late.", "schema": schema, "maximum_tokens": 40});
    let task = api.run(&NewTask::new("prompt.answer", input), PATIENCE).await.unwrap();
    let result = task.result.unwrap_or_else(|| panic!("{:?}", task.summary.failure));
    assert!(["happy", "angry"].iter().any(|mood| result["json"]["mood"] == *mood) && result["model"] == LOCAL_MODEL, "{result}");
    assert!(server.terminate());
}

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn a_task_that_is_cancelled_stops_the_model_inside_the_process() {
    let folder = data_folder();
    let server = Server::start(folder.path());
    let (api, rest) = (server.api().await, Rest::of(&server).await);
    if !has_weights(&rest).await {
        return;
    }
    let long = json!({"instructions": "Write a long story with many chapters.", "input": "A ferry and the sea.", "maximum_tokens": 3_000});
    let id = submit(&rest, "prompt.answer", long).await;
    let mut socket = connect(&server, &rest, &format!("task:{id}")).await;
    // It has begun to write, and has much to write yet.
    written(&mut socket).await;
    let began = Instant::now();
    cancel(&rest, &id).await;
    let rests = rests_after(server.pid(), began);
    let (task, rested) = tokio::join!(ended(&rest, &id), rests);
    assert_eq!(task.summary.state, TaskState::Canceled);
    assert!(task.result.is_none() && task.attempts.iter().all(|attempt| attempt.ended_at.is_some()), "{:?}", task.attempts);
    assert!(rested < Duration::from_secs(1), "the generation went on for {rested:?}");
    // Its only place is free for the next.
    let short = json!({"instructions": "Answer with one word.", "input": "Are you there?", "maximum_tokens": 4});
    let next = api.run(&NewTask::new("prompt.answer", short), PATIENCE).await.unwrap();
    assert_eq!(next.summary.state, TaskState::Completed, "{:?}", next.summary.failure);
    assert!(server.terminate());
}
