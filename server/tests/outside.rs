//! Is an API used through a connection that was made over REST, with its secret nowhere to be seen, and what is left where there is no model?

use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};

use crate::harness::cluster::Rest;
use crate::harness::{EMAIL, PASSWORD, PATIENCE, Server, binary, command, data_folder};
use baton_domain::task::TaskState;
use baton_domain::wire::assistance::SkillSuggestions;
use baton_domain::wire::connection::ConnectionView;
use baton_domain::wire::task::{NewTask, TaskDetail};
use serde_json::{Value, json};

const SECRET: &str = "k7Qd-planted-secret-0xT4";

/// An API that answers with what it was asked, its address, and what it heard.
fn api() -> (String, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let heard = Arc::new(Mutex::new(Vec::new()));
    let told = Arc::clone(&heard);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let (mut head, mut piece) = (Vec::new(), [0; 4_096]);
            while !head.windows(4).any(|end| end == b"\r\n\r\n") {
                match stream.read(&mut piece) {
                    Ok(read @ 1..) => head.extend_from_slice(&piece[..read]),
                    _ => break,
                }
            }
            let head = String::from_utf8_lossy(&head).into_owned();
            let body = json!({"you_said": head}).to_string();
            told.lock().unwrap().push(head);
            let length = body.len();
            let _ = write!(
                stream,
                "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}"
            );
        }
    });
    (address, heard)
}

/// The files below a folder that hold these bytes.
fn holding(folder: &Path, bytes: &[u8], found: &mut Vec<String>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            holding(&path, bytes, found);
        } else if std::fs::read(&path).is_ok_and(|content| content.windows(bytes.len()).any(|window| window == bytes)) {
            found.push(path.display().to_string());
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_api_is_asked_with_the_secret_of_a_connection_which_is_in_no_answer_file_or_log() {
    let (address, heard) = api();
    let (folder, aside) = (data_folder(), data_folder());
    let log = aside.path().join("log");
    let mut start = Command::new(binary());
    start.args(["serve", "--listen", "127.0.0.1:0", "--log", "debug", "--data"]).arg(folder.path());
    start.env("BATON_ADMIN_EMAIL", EMAIL).env("BATON_ADMIN_PASSWORD", PASSWORD);
    start.stdin(Stdio::null()).stderr(std::fs::File::create(&log).unwrap());
    let server = Server::start_with(start);
    let (client, rest) = (server.api().await, Rest::of(&server).await);

    let mut answers = Vec::new();
    let made = [("shop", json!({"auth": "header", "auth_name": "X-Shop-Key"})), ("desk", json!({"auth": "bearer"}))];
    for (name, auth) in &made {
        let mut settings = json!({
            "kind": "http", "base_url": format!("http://{address}/v1"), "private": true, "allowed_skills": ["web_automation.api_call"]
        });
        settings.as_object_mut().unwrap().extend(auth.as_object().unwrap().clone());
        let answer = rest.post("/connections", &json!({"name": name, "settings": settings, "secret": SECRET})).await;
        assert_eq!(answer.status(), 201);
        let text = answer.text().await.unwrap();
        let view: ConnectionView = serde_json::from_str(&text).unwrap();
        assert!(view.has_secret);
        answers.push((format!("made {name}"), text));
        answers.push((format!("read {name}"), rest.get(&format!("/connections/{}", view.id)).await.text().await.unwrap()));
    }
    answers.push(("listed".to_owned(), rest.get("/connections").await.text().await.unwrap()));

    for ((name, _), sent) in made.iter().zip([format!("x-shop-key: {SECRET}"), format!("authorization: Bearer {SECRET}")]) {
        let input = json!({"connection": name, "path": "orders/7", "query": {"open": true}});
        let task = client.run(&NewTask::new("web_automation.api_call", input), PATIENCE).await.unwrap();
        assert_eq!((task.summary.state, task.attempts.len()), (TaskState::Completed, 1), "{:?}", task.summary.failure);
        let asked = heard.lock().unwrap().pop().unwrap();
        assert!(heard.lock().unwrap().is_empty(), "it was asked once");
        assert!(asked.starts_with("GET /v1/orders/7?open=true HTTP/1.1\r\n"), "{asked}");
        assert!(asked.lines().any(|line| line == sent), "{asked}");
        // The API sent it back; what is shown of it is a mark.
        let shown = task.result.unwrap()["data"]["you_said"].as_str().unwrap().to_owned();
        assert!(shown.contains("[secret]"), "{shown}");
        for part in ["", "/attempts", "/logs", "/trace"] {
            let path = format!("/tasks/{}{part}", task.summary.id);
            let answer = rest.get(&path).await;
            assert_eq!(answer.status(), 200, "{path}");
            answers.push((path, answer.text().await.unwrap()));
        }
    }
    for path in ["/events?limit=1000", "/tasks", "/agents", "/metrics/overview"] {
        let answer = rest.get(path).await;
        assert_eq!(answer.status(), 200, "{path}");
        answers.push((path.to_owned(), answer.text().await.unwrap()));
    }
    for (path, answer) in &answers {
        assert!(!answer.contains(SECRET), "{path}: {answer}");
    }
    assert!(server.terminate());
    let mut found = Vec::new();
    holding(folder.path(), SECRET.as_bytes(), &mut found);
    assert_eq!(found, Vec::<String>::new(), "it lies there as it was given");
    let log = std::fs::read_to_string(log).unwrap();
    assert!(!log.is_empty() && !log.contains(SECRET), "{log}");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_any_model_what_needs_one_is_refused_and_all_else_works() {
    let folder = data_folder();
    let nowhere = folder.path().join("no/weights.gguf");
    let server = Server::start_with(command(folder.path(), &["--local-model", nowhere.to_str().unwrap()]));
    let (api, rest) = (server.api().await, Rest::of(&server).await);
    assert_eq!(rest.get("/health/ready").await.status(), 200);
    let models: Value = rest.get("/models").await.json().await.unwrap();
    assert!(models.to_string().contains("\"missing\""), "{models}");

    let needs = NewTask::new("prompt.answer", json!({"instructions": "Answer in one short sentence.", "input": "Why is the sky blue?"}));
    let refused = api.run(&needs, PATIENCE).await.unwrap();
    let failure = refused.summary.failure.unwrap();
    assert_eq!((refused.summary.state, failure.code.as_str()), (TaskState::Failed, "MODEL-001"), "{}", failure.message);
    assert_eq!((refused.attempts.len(), failure.retryable), (1, false), "weights do not come by themselves");

    let table = api.upload("towns.csv", "text/csv", b"town,people\nNantes,323204\nTours,136463\n".to_vec()).await.unwrap().id;
    let without = [
        ("diagnostics.echo", json!({"message": "hello"})),
        ("nlp.sentiment", json!({"text": "A fine day."})),
        ("nlp.summarize", json!({"text": "The ferry was late. It was late because of the fog. The fog lifted at noon."})),
        (
            "nlp.classify",
            json!({"text": "The invoice is wrong.", "labels": [{"name": "billing", "keywords": ["invoice"]}, {"name": "travel", "keywords": ["ferry"]}]}),
        ),
        ("data_science.profile", json!({"artifact": table})),
        ("code_analysis.metrics", json!({"source": "fn main() {}", "language": "rust"})),
        ("documentation.render", json!({"template": "Hello {{ name }}", "data": {"name": "you"}})),
    ];
    for (skill, input) in without {
        let task = api.run(&NewTask::new(skill, input), PATIENCE).await.unwrap();
        assert_eq!(task.summary.state, TaskState::Completed, "{skill}: {:?}", task.summary.failure);
    }
    // What a model only betters does without, and says why.
    let wish = json!({"text": "How do people feel?", "with_model": true});
    let found: SkillSuggestions = rest.post("/skills/suggestions", &wish).await.json().await.unwrap();
    assert_eq!(found.items.first().map(|item| item.skill.as_str()), Some("nlp.sentiment"));
    assert!(found.chosen_by.is_none() && found.reason.as_ref().is_some_and(|why| why.starts_with("MODEL-001:")), "{:?}", found.reason);
    let asked: Value = rest.post(&format!("/tasks/{}/analysis", refused.summary.id), &json!({})).await.json().await.unwrap();
    let analysis: TaskDetail = rest.get(&format!("/tasks/{}?wait=30", asked["id"].as_str().unwrap())).await.json().await.unwrap();
    let result = analysis.result.unwrap();
    assert_eq!((&result["code"], &result["judged_by"]), (&json!("MODEL-001"), &json!("rules")), "{result}");
    assert!(server.terminate());
}
