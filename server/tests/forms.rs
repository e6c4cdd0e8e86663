//! Do the forms of pages send what they say: the terms of a task, a batch, what a topic keeps and how a subscription is served?

use baton_domain::schema::MOST_FILES;
use baton_domain::topic::{DeliveryPolicy, Retention};
use baton_domain::wire::topic::{SubscriptionList, TopicView};
use reqwest::header::{COOKIE, SET_COOKIE};
use reqwest::{Client, StatusCode};
use serde_json::{Value, json};

use crate::harness::{EMAIL, PASSWORD, Server, data_folder};

/// A browser that is signed in as the administrator.
struct Browser {
    server: Server,
    client: Client,
    cookies: String,
    _folder: tempfile::TempDir,
}

impl Browser {
    async fn new() -> Self {
        let folder = data_folder();
        let server = Server::start(folder.path());
        let client = baton_clients::egress::client().unwrap();
        let login = json!({"email": EMAIL, "password": PASSWORD});
        let answer = client.post(format!("{}/api/v1/auth/login", server.url)).json(&login).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK);
        let set = answer.headers().get_all(SET_COOKIE).iter();
        let cookies: Vec<String> = set.map(|value| value.to_str().unwrap().split(';').next().unwrap().to_owned()).collect();
        Self { server, client, cookies: cookies.join("; "), _folder: folder }
    }

    async fn post(&self, path: &str, content_type: &str, body: String) -> (StatusCode, Value) {
        let request = self.client.post(format!("{}{path}", self.server.url)).header(COOKIE, &self.cookies);
        let request = request.header("origin", &self.server.url).header("content-type", content_type);
        let answer = request.body(body).send().await.unwrap();
        (answer.status(), answer.json().await.unwrap())
    }

    /// Sends a plain form.
    async fn form(&self, function: &str, fields: &[(&str, &str)]) -> (StatusCode, Value) {
        let fields: Vec<String> = fields.iter().map(|(name, value)| format!("{name}={}", encoded(value))).collect();
        self.post(&format!("/sfn/{function}"), "application/x-www-form-urlencoded", fields.join("&")).await
    }

    /// Sends a form that could hold files.
    async fn parts(&self, function: &str, fields: &[(&str, &str)]) -> (StatusCode, Value) {
        self.with_files(function, fields, &[]).await
    }

    /// Sends a form with files: each with the name of its field, its own name and its content.
    async fn with_files(&self, function: &str, fields: &[(&str, &str)], files: &[(&str, &str, &str)]) -> (StatusCode, Value) {
        let part = |(name, value): &(&str, &str)| format!("--parts\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
        let file = |(name, file, content): &(&str, &str, &str)| {
            let kind = "Content-Type: application/octet-stream";
            format!("--parts\r\nContent-Disposition: form-data; name=\"{name}\"; filename=\"{file}\"\r\n{kind}\r\n\r\n{content}\r\n")
        };
        let parts = fields.iter().map(part).chain(files.iter().map(file));
        let body = parts.collect::<String>() + "--parts--\r\n";
        self.post(&format!("/sfn/{function}"), "multipart/form-data; boundary=parts", body).await
    }

    async fn rest(&self, path: &str, body: Value) {
        let (status, answer) = self.post(&format!("/api/v1{path}"), "application/json", body.to_string()).await;
        assert!(status.is_success(), "{path}: {answer}");
    }

    async fn read<T: serde::de::DeserializeOwned>(&self, path: &str) -> T {
        let request = self.client.get(format!("{}/api/v1{path}", self.server.url)).header(COOKIE, &self.cookies);
        request.send().await.unwrap().json().await.unwrap()
    }

    /// The ids of the stored files, the newest first.
    async fn artifacts(&self) -> Vec<String> {
        let all: Value = self.read("/artifacts").await;
        all["items"].as_array().unwrap().iter().map(|file| file["id"].as_str().unwrap().to_owned()).collect()
    }

    /// The task that a form submitted, once it has ended.
    async fn ended(&self, task: &Value) -> Value {
        self.read(&format!("/tasks/{}?wait=30", task["id"].as_str().unwrap())).await
    }

    async fn retention(&self, topic: &str) -> Retention {
        self.read::<TopicView>(&format!("/topics/{topic}")).await.retention
    }

    async fn policy(&self, name: &str) -> DeliveryPolicy {
        let list: SubscriptionList = self.read("/subscriptions").await;
        list.items.into_iter().find(|one| one.name.as_str() == name).unwrap().policy
    }
}

/// As a browser writes a field's value.
fn encoded(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
    text.bytes().map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}

/// The places that a problem names.
fn places(problem: &Value) -> Vec<&str> {
    problem["errors"].as_array().unwrap().iter().map(|error| error["field"].as_str().unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_task_runs_on_the_terms_of_its_form() {
    let browser = Browser::new().await;
    let fields = [
        ("skill", "diagnostics.echo"),
        ("input[message]", "on terms"),
        ("run_at", "2099-01-31T08:30"),
        ("labels", "native"),
        ("retry_maximum_attempts", "7"),
        ("retry_non_retryable", "http_503, mine"),
        ("retry_jitter", "none"),
        ("retry_quarantine_after", "9"),
        ("heartbeat_ms", "1234"),
        ("schedule_to_close_ms", ""),
        ("fairness_key", "tenant-7"),
        ("budget_tokens", "1000"),
    ];
    // More than a year ahead: what the service refuses stands at the field's place.
    let (status, problem) = browser.parts("tasks/submit_form", &fields).await;
    assert_eq!((status, places(&problem)), (StatusCode::UNPROCESSABLE_ENTITY, vec!["/run_at"]));

    let fields = fields.map(|(name, value)| if name == "run_at" { (name, "") } else { (name, value) });
    let (status, task) = browser.parts("tasks/submit_form", &fields).await;
    assert_eq!(status, StatusCode::OK, "{task}");
    let detail: Value = browser.read(&format!("/tasks/{}", task["id"].as_str().unwrap())).await;
    assert_eq!(detail["retry"]["maximum_attempts"], 7);
    assert_eq!(detail["retry"]["non_retryable"], json!(["http_503", "mine"]));
    assert_eq!(detail["retry"]["jitter"], "none");
    assert_eq!(detail["retry"]["quarantine_after"], 9);
    assert_eq!(detail["retry"]["initial_interval_ms"], 1_000, "as the skill has it");
    assert_eq!(detail["timeouts"], json!({"start_to_close_ms": 300_000, "heartbeat_ms": 1_234}));
    assert_eq!(detail["summary"]["labels"], json!(["native"]));
    assert_eq!(detail["summary"]["fairness_key"], "tenant-7");
    assert_eq!(detail["budget"]["tokens"], 1_000);

    let wrong = [("skill", "diagnostics.echo"), ("retry_jitter", "some")];
    let (_, problem) = browser.parts("tasks/submit_form", &wrong).await;
    assert_eq!(places(&problem), ["/retry/jitter"]);
    let wrong = [("skill", "diagnostics.echo"), ("labels", "nobody-has-this")];
    let (_, problem) = browser.parts("tasks/submit_form", &wrong).await;
    assert_eq!((problem["code"].as_str(), places(&problem)), (Some("TASK-011"), vec!["/labels"]));
}

#[tokio::test(flavor = "multi_thread")]
async fn files_in_the_rows_of_a_list_become_its_objects() {
    let browser = Browser::new().await;
    let long = "b".repeat(61);
    // The second row is left as it was.
    let fields = |second: &'static str, name: &'static str| {
        [
            ("skill", "data_science.query"),
            ("input[sql]", "SELECT a.x, b.y FROM a JOIN b USING (id)"),
            ("input[tables/0/name]", "a"),
            ("input[tables/0/header]", "true"),
            ("input[tables/1/header]", "true"),
            ("input[tables/1/name]", ""),
            (second, name),
            ("input[tables/2/header]", "true"),
        ]
    };
    let first = ("file[tables/0/artifact]", "a.csv", "id,x\n1,10\n2,20\n");
    let second = ("file[tables/2/artifact]", "b.csv", "id,y\n2,7\n");

    let (status, problem) = browser.with_files("tasks/submit_form", &fields("input[tables/2/name]", "b"), &[first]).await;
    assert_eq!((status, places(&problem)), (StatusCode::UNPROCESSABLE_ENTITY, vec!["/input/tables/2/artifact"]));
    let (_, problem) = browser.with_files("tasks/submit_form", &fields("input[tables/8/name]", "b"), &[first]).await;
    assert_eq!(places(&problem), ["/input/tables/8/name"]);
    // What the service refuses in the second object stands in the third row.
    let mut too_long = fields("input[tables/2/name]", "b").map(|(name, value)| (name, value.to_owned()));
    too_long[6].1 = long;
    let too_long: Vec<(&str, &str)> = too_long.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let (_, problem) = browser.with_files("tasks/submit_form", &too_long, &[first, second]).await;
    assert_eq!((problem["code"].as_str(), places(&problem)), (Some("TASK-003"), vec!["/input/tables/2/name"]));
    assert_eq!(browser.artifacts().await, Vec::<String>::new(), "of what was refused nothing is stored");

    let (status, task) = browser.with_files("tasks/submit_form", &fields("input[tables/2/name]", "b"), &[first, second]).await;
    assert_eq!(status, StatusCode::OK, "{task}");
    let detail = browser.ended(&task).await;
    assert_eq!(detail["result"]["result"]["rows"], json!([[20, 7]]), "{detail}");
    let tables: Vec<(&str, &str)> = detail["input"]["tables"]
        .as_array()
        .unwrap()
        .iter()
        .map(|table| (table["name"].as_str().unwrap(), table["artifact"].as_str().unwrap()))
        .collect();
    assert_eq!(tables.iter().map(|(name, _)| *name).collect::<Vec<_>>(), ["a", "b"]);
    let stored = browser.artifacts().await;
    assert!(tables.iter().all(|(_, id)| stored.iter().any(|stored| stored == id)), "{stored:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn several_files_follow_the_ids_that_were_typed_and_their_number_is_bounded() {
    let browser = Browser::new().await;
    let skill = ("skill", "nlp.near_duplicates");
    let text = |number: usize| {
        format!("The parcel arrived {number} days late, the box was damaged, and nobody at the shop would say why that was so.")
    };
    let texts: Vec<String> = (0..=MOST_FILES).map(text).collect();
    let many: Vec<(&str, &str, &str)> = texts.iter().map(|text| ("files[artifacts]", "one.txt", text.as_str())).collect();
    let (_, problem) = browser.with_files("tasks/submit_form", &[skill], &many).await;
    assert_eq!((problem["code"].as_str(), places(&problem)), (Some("REQUEST-002"), vec!["/input/artifacts"]));
    assert_eq!(browser.artifacts().await, Vec::<String>::new(), "of what was refused nothing is stored");
    let (_, problem) = browser.with_files("tasks/submit_form", &[skill, ("input[artifacts]", "no id")], &many[..2]).await;
    assert_eq!(places(&problem), ["/input/artifacts/0"]);

    let (status, first) = browser.with_files("tasks/submit_form", &[skill], &many[..2]).await;
    assert_eq!(status, StatusCode::OK, "{first}");
    let first = browser.ended(&first).await;
    assert_eq!((first["summary"]["state"].as_str(), first["result"]["summary"]["texts"].as_u64()), (Some("completed"), Some(2)), "{first}");
    let known = first["input"]["artifacts"][1].as_str().unwrap().to_owned();

    let typed = format!("\r\n {known}\r\n");
    let (status, again) = browser.with_files("tasks/submit_form", &[skill, ("input[artifacts]", &typed)], &many[2..4]).await;
    assert_eq!(status, StatusCode::OK, "{again}");
    let again = browser.ended(&again).await;
    let given = again["input"]["artifacts"].as_array().unwrap();
    assert_eq!((given.len(), given[0].as_str()), (3, Some(known.as_str())));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_is_accepted_from_its_text_or_refused_with_the_place_of_what_is_wrong() {
    let browser = Browser::new().await;
    let batch = |last: Value| json!([{"skill": "diagnostics.echo", "input": {}, "ref": "first"}, last]).to_string();
    let refused = [
        (json!({"skill": "diagnostics.echo", "input": {}, "priority": 9}), "REQUEST-002", "/tasks/1/priority"),
        (json!({"skill": "diagnostics.sleep", "input": {"milliseconds": -5}}), "TASK-003", "/tasks/1/input/milliseconds"),
        (json!({"skill": "no.such", "input": {}}), "TASK-002", "/tasks/1/skill"),
    ];
    for (last, code, place) in refused {
        let (_, problem) = browser.form("tasks/submit_batch", &[("tasks", &batch(last))]).await;
        assert_eq!((problem["code"].as_str(), places(&problem)), (Some(code), vec![place]), "{problem}");
    }
    let (status, accepted) = browser
        .form("tasks/submit_batch", &[("tasks", &batch(json!({"skill": "diagnostics.echo", "input": {}, "depends_on": ["first"]})))])
        .await;
    assert_eq!(status, StatusCode::OK, "{accepted}");
    let ids: Vec<&str> = accepted["ids"].as_array().unwrap().iter().map(|id| id.as_str().unwrap()).collect();
    let last: Value = browser.read(&format!("/tasks/{}?wait=30", ids[1])).await;
    assert_eq!((last["summary"]["state"].as_str(), last["depends_on"][0]["id"].as_str()), (Some("completed"), Some(ids[0])));
    let all: Value = browser.read("/tasks").await;
    assert_eq!(all["items"].as_array().unwrap().len(), 2, "of what was refused nothing is stored");
}

#[tokio::test(flavor = "multi_thread")]
async fn as_many_tasks_fit_into_the_form_as_into_a_batch() {
    let browser = Browser::new().await;
    // Longer than the two megabytes that other functions take.
    let task = json!({"skill": "diagnostics.echo", "input": {"message": "wordy ".repeat(400)}});
    let tasks = Value::Array(vec![task; 1_000]).to_string();
    assert!(tasks.len() > 2 << 20, "{}", tasks.len());
    let (status, accepted) = browser.form("tasks/submit_batch", &[("tasks", &tasks)]).await;
    assert_eq!(status, StatusCode::OK, "{accepted}");
    assert_eq!(accepted["ids"].as_array().map(Vec::len), Some(1_000));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_topic_that_is_declared_again_keeps_what_the_form_leaves_empty() {
    let browser = Browser::new().await;
    let stored = Retention { maximum_age_seconds: 86_400, maximum_messages: 7 };
    browser.rest("/topics", json!({"name": "kept.long", "kind": "durable", "retention": stored})).await;
    let topic = [("name", "kept.long"), ("kind", "durable")];
    let (status, answer) = browser.form("topics/declare", &topic).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    assert_eq!(browser.retention("kept.long").await, stored);

    browser.form("topics/declare", &[&topic[..], &[("maximum_age_seconds", ""), ("maximum_messages", "9")]].concat()).await;
    assert_eq!(browser.retention("kept.long").await, Retention { maximum_messages: 9, ..stored });
    for wrong in ["1", "soon"] {
        let (_, problem) = browser.form("topics/declare", &[&topic[..], &[("maximum_age_seconds", wrong)]].concat()).await;
        assert_eq!(places(&problem), ["/retention/maximum_age_seconds"], "{problem}");
    }
    assert_eq!(browser.retention("kept.long").await, Retention { maximum_messages: 9, ..stored });

    browser.form("topics/declare", &[("name", "quite.new"), ("kind", "durable")]).await;
    assert_eq!(browser.retention("quite.new").await, Retention::default());

    let message = [("name", "kept.long"), ("payload", "once"), ("key", "one")];
    let repeated = [browser.form("topics/publish", &message).await.1, browser.form("topics/publish", &message).await.1];
    assert_eq!(repeated.map(|published| published["repeated"].as_bool()), [Some(false), Some(true)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_subscription_that_is_made_again_keeps_what_the_form_leaves_empty() {
    let browser = Browser::new().await;
    let stored = DeliveryPolicy { ack_deadline_ms: 5_000, maximum_deliveries: 2, backoff_initial_ms: 3, ..DeliveryPolicy::default() };
    browser.rest("/subscriptions", json!({"name": "strict", "pattern": "strict.>", "policy": stored})).await;
    let subscription = [("name", "strict"), ("pattern", "strict.>")];
    let (status, answer) = browser.form("topics/subscribe", &subscription).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    assert_eq!(browser.policy("strict").await, stored);

    let fields = [("ack_deadline_ms", ""), ("maximum_deliveries", "4"), ("maximum_in_flight", "5"), ("backoff_maximum_ms", "6")];
    browser.form("topics/subscribe", &[&subscription[..], &fields[..]].concat()).await;
    let expected = DeliveryPolicy { maximum_deliveries: 4, maximum_in_flight: 5, backoff_maximum_ms: 6, ..stored };
    assert_eq!(browser.policy("strict").await, expected);
    let (_, problem) = browser.form("topics/subscribe", &[&subscription[..], &[("maximum_deliveries", "101")]].concat()).await;
    assert_eq!(places(&problem), ["/policy/maximum_deliveries"], "{problem}");
    assert_eq!(browser.policy("strict").await, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_decision_is_opened_with_all_that_its_form_says() {
    let browser = Browser::new().await;
    let email = format!("{EMAIL}: 2.5");
    let fields = [
        ("question", "Ship it?"),
        ("options", "yes: It goes out\nno"),
        ("rule", "score"),
        ("role", ""),
        ("persons", email.as_str()),
        ("deadline_minutes", "1.5"),
        ("quorum", "1"),
        ("judge", ""),
        ("terms[scale_most]", "5"),
        ("terms[tie_first]", "borda"),
        ("terms[tie_second]", "lot"),
        ("terms[minimum_margin]", "0.1"),
        ("terms[tokens]", "2000"),
        ("terms[debate]", "never"),
        ("terms[otherwise]", "option"),
        ("terms[otherwise_key]", "no"),
        ("terms[people_named]", EMAIL),
    ];
    let (status, opened) = browser.form("decisions/open_form", &fields).await;
    assert_eq!(status, StatusCode::OK, "{opened}");
    let detail: Value = browser.read(&format!("/decisions/{}", opened["id"].as_str().unwrap())).await;
    let request = &detail["request"];
    assert_eq!(request["electorate"][0]["weight"], 2.5);
    assert_eq!(request["electorate"][0]["user_id"], request["escalation"]["people"][0]["user_id"], "both are the administrator");
    assert_eq!((&request["deadline_seconds"], &request["quorum"]), (&json!(90), &json!(1)));
    assert_eq!((&request["scale"], &request["tie_break"]), (&json!({"least": 0.0, "most": 5.0}), &json!(["borda", "lot"])));
    assert_eq!((&request["minimum_margin"], &request["budget"]), (&json!(0.1), &json!({"tokens": 2_000})));
    assert_eq!(request["escalation"]["otherwise"], json!({"kind": "option", "key": "no"}));

    for (change, code, place) in [
        (("rule", "plurality"), "DECISION-009", "scale_least"),
        (("persons", "nobody@example.test"), "DECISION-004", "persons, nobody@example.test"),
        (("terms[tie_second]", "coin"), "DECISION-002", "tie_second"),
        (("terms[otherwise_key]", "maybe"), "DECISION-008", "otherwise_key"),
        (("terms[tokens]", "many"), "REQUEST-002", "tokens"),
        (("judge", "prompt.answer"), "", ""),
    ] {
        let changed = fields.map(|field| if field.0 == change.0 { change } else { field });
        let (status, problem) = browser.form("decisions/open_form", &changed).await;
        if code.is_empty() {
            assert_eq!(status, StatusCode::OK, "{problem}");
        } else {
            assert_eq!((problem["code"].as_str(), places(&problem)), (Some(code), vec![place]), "{change:?}: {problem}");
        }
    }
}
