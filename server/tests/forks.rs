//! Does a fork of a run of shipped agents part from its source at the changed step and nowhere before?

use std::time::{Duration, Instant};

use reqwest::Client;
use serde_json::{Value, json};

use crate::harness::{EMAIL, PASSWORD, PATIENCE, Server, data_folder};

/// Two steps beside one another, and two that follow one of them.
const MOODS: &str = "
name: moods
version: 1
inputs: {texts: {type: array, items: {type: string}}, about: {type: string}}
steps:
  words: {uses: nlp.keywords, with: {text: '${{ inputs.about }}'}}
  rate: {uses: nlp.sentiment, foreach: '${{ inputs.texts }}', with: {text: '${{ item }}'}}
  language: {uses: nlp.detect_language, with: {text: '${{ join(inputs.texts, \" \") }}'}, needs: [rate]}
  summary: {uses: nlp.summarize, with: {text: '${{ inputs.about }}', sentences: 1}, needs: [language]}
outputs: {words: '${{ steps.words.output }}', rated: '${{ steps.rate.output }}'}
";
const ABOUT: &str = "The committee met on Tuesday. It talked about the new library for an hour. The library will open in spring, and the town is glad of it.";

struct Rest {
    http: Client,
    url: String,
    token: String,
}

impl Rest {
    async fn of(server: &Server) -> Self {
        let http = baton_clients::egress::client().unwrap();
        let body = json!({"email": EMAIL, "password": PASSWORD});
        let answer: Value = http.post(format!("{}/api/v1/auth/login", server.url)).json(&body).send().await.unwrap().json().await.unwrap();
        Self { http, url: server.url.clone(), token: answer["access_token"].as_str().unwrap().to_owned() }
    }

    async fn post(&self, path: &str, body: Value) -> (u16, Value) {
        let sent = self.http.post(format!("{}/api/v1/{path}", self.url)).bearer_auth(&self.token).json(&body).send().await.unwrap();
        (sent.status().as_u16(), sent.json().await.unwrap())
    }

    async fn get(&self, path: &str) -> Value {
        let sent = self.http.get(format!("{}/api/v1/{path}", self.url)).bearer_auth(&self.token).send().await.unwrap();
        sent.json().await.unwrap()
    }

    /// The run once it has completed.
    async fn completed(&self, id: &str) -> Value {
        let begun = Instant::now();
        loop {
            let run = self.get(&format!("runs/{id}")).await;
            match run["summary"]["state"].as_str().unwrap() {
                "completed" => return run,
                "running" if begun.elapsed() < PATIENCE => tokio::time::sleep(Duration::from_millis(50)).await,
                state => panic!("it is {state}: {run:#}"),
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fork_parts_at_the_changed_step_and_nowhere_before() {
    let folder = data_folder();
    let server = Server::start(folder.path());
    let rest = Rest::of(&server).await;
    assert_eq!(rest.post("workflows", json!({"text": MOODS})).await.0, 201);
    let input = json!({"texts": ["What a fine day.", "This is terrible.", "It is a table."], "about": ABOUT});
    let (status, run) = rest.post("runs", json!({"workflow": "moods", "input": input})).await;
    assert_eq!(status, 201, "{run}");
    let source = run["id"].as_str().unwrap().to_owned();
    let first = rest.completed(&source).await;

    let draft = rest.get(&format!("runs/{source}/steps/rate/fork")).await;
    assert_eq!(draft["input"][1], json!({"text": "This is terrible."}), "{draft}");
    // A list of two does not fit three items, and a number is no text.
    let (status, refused) =
        rest.post(&format!("runs/{source}/fork"), json!({"step": "rate", "input": [{"text": "a"}, {"text": "b"}]})).await;
    assert_eq!((status, refused["code"].as_str()), (422, Some("WORKFLOW-047")), "{refused}");
    let numbers = json!({"step": "rate", "input": [{"text": 1}, {"text": "b"}, {"text": "c"}]});
    let (_, refused) = rest.post(&format!("runs/{source}/fork"), numbers).await;
    assert_eq!(refused["errors"][0]["field"], "/input/0/text", "{refused}");

    let mut changed = draft["input"].clone();
    changed[1] = json!({"text": "This is wonderful, and I love it."});
    let (status, fork) = rest.post(&format!("runs/{source}/fork"), json!({"step": "rate", "input": changed, "title": "Kinder"})).await;
    assert_eq!(
        (status, fork["title"].as_str(), fork["forked_from"]["run"].as_str()),
        (201, Some("Kinder"), Some(source.as_str())),
        "{fork}"
    );
    let fork = fork["id"].as_str().unwrap().to_owned();
    let second = rest.completed(&fork).await;
    assert_eq!(second["outputs"]["words"], first["outputs"]["words"]);
    assert_ne!(second["outputs"]["rated"][1], first["outputs"]["rated"][1]);
    assert_eq!(second["steps"][0]["copied_from"], json!(source));
    assert_eq!(second["steps"][0]["item"]["task"], first["steps"][0]["item"]["task"], "it was not done again");
    // Three texts, the language and the summary.
    assert_eq!(second["summary"]["tasks"], 5);

    let diff = rest.get(&format!("runs/{source}/diff?with={fork}")).await;
    assert_eq!(diff["first"]["step"], "rate[1]", "{diff:#}");
    assert_eq!((&diff["first"]["what"], &diff["first"]["places"][0]["pointer"]), (&json!("input"), &json!("/text")), "{diff:#}");
    assert_eq!(diff["further"], json!([]), "{diff:#}");
    // The same again parts nowhere, although it was done again.
    let (_, same) = rest.post(&format!("runs/{source}/fork"), json!({"step": "rate", "input": draft["input"]})).await;
    let same = same["id"].as_str().unwrap().to_owned();
    rest.completed(&same).await;
    let diff = rest.get(&format!("runs/{source}/diff?with={same}")).await;
    assert_eq!((&diff["first"], &diff["differing"]), (&Value::Null, &json!(0)), "{diff:#}");
    assert!(server.terminate());
}
