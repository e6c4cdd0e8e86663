//! Are the skills that are shipped those that workflows and plans are tested with, and do the examples of workflows run on them?

use std::time::{Duration, Instant};

use crate::harness::cluster::Rest;
use crate::harness::{PATIENCE, Server, data_folder, repository};
use baton_clients::baton_api::BatonApi;
use baton_domain::schema::{FieldKind, form_fields};
use serde_json::{Map, Value, json};

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("no text: {value}"))
}

async fn get(rest: &Rest, path: &str) -> Value {
    rest.get(path).await.json().await.unwrap()
}

/// Without what people read: titles, descriptions and hints; `named` where keys are names of properties.
fn plain(schema: &Value, named: bool) -> Value {
    match schema {
        Value::Array(items) => items.iter().map(|item| plain(item, false)).collect(),
        Value::Object(fields) => {
            let read = |key: &str| !named && (["title", "description", "$schema", "$id"].contains(&key) || key.starts_with("x-"));
            let kept = fields.iter().filter(|(key, _)| !read(key)).map(|(key, value)| {
                let literal = !named && ["enum", "const", "default", "required"].contains(&key.as_str());
                let inner = || plain(value, !named && ["properties", "$defs"].contains(&key.as_str()));
                (key.clone(), if literal { value.clone() } else { inner() })
            });
            Value::Object(kept.collect::<Map<String, Value>>())
        }
        other => other.clone(),
    }
}

/// What the tests of workflows know of a skill.
fn of_workflows(skill: &Value) -> Value {
    json!({
        "name": skill["name"], "examples": skill["examples"], "input": plain(&skill["input_schema"], false),
        "output": plain(&skill["output_schema"], false)
    })
}

/// What plans look at of a skill; its tests know more of it.
fn of_plans(skill: &Value) -> Value {
    let keys = ["name", "title", "description", "input_schema", "output_schema", "idempotent", "destructive", "network", "model"];
    Value::Object(keys.iter().filter_map(|key| Some(((*key).to_owned(), skill.get(*key)?.clone()))).collect())
}

/// Rows as they stand in a snapshot, one a line.
fn rows(skills: &[Value]) -> String {
    let lines: Vec<String> = skills.iter().map(Value::to_string).collect();
    format!("[\n{}\n]\n", lines.join(",\n"))
}

/// Holds a snapshot against what is shipped; where they differ, what is shipped lies beside as it should be.
fn same(snapshot: &str, shipped: &[Value], shown: fn(&Value) -> Value, kept: fn(&Value) -> Value) {
    let path = repository().join(snapshot);
    let known: Vec<Value> = serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
    let name = |skill: &Value| text(&skill["name"]).to_owned();
    let of = |skills: &[Value], name: &str| skills.iter().find(|skill| skill["name"] == name).map(shown);
    let mut names: Vec<String> = shipped.iter().chain(&known).map(name).collect();
    names.sort();
    names.dedup();
    let kept_rows: Vec<Value> = shipped.iter().map(kept).collect();
    let differ: Vec<&String> = names.iter().filter(|name| of(&kept_rows, name.as_str()) != of(&known, name.as_str())).collect();
    if differ.is_empty() {
        return;
    }
    let fresh = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join(snapshot.replace('/', "-"));
    std::fs::write(&fresh, rows(&kept_rows)).unwrap();
    panic!("{snapshot} is not what is shipped: {differ:?}. Put {} in its place, and run what is tested with it.", fresh.display());
}

#[tokio::test(flavor = "multi_thread")]
async fn workflows_and_plans_are_tested_with_the_skills_that_are_shipped() {
    let folder = data_folder();
    let server = Server::start(folder.path());
    let rest = Rest::of(&server).await;
    let listed = get(&rest, "/skills").await;
    let mut shipped = listed.as_array().unwrap().clone();
    shipped.sort_by_key(|skill| text(&skill["name"]).to_owned());
    assert!(shipped.len() >= 45);
    same("src/workflow/tests/catalogue/skills.json", &shipped, Value::clone, of_workflows);
    shipped.retain(|skill| !text(&skill["name"]).starts_with("diagnostics."));
    same("src/planner/tests/catalogue/skills.json", &shipped, of_plans, Value::clone);
    assert!(server.terminate());
}

/// The lists of objects that people fill in row by row.
const IN_ROWS: [&str; 7] = [
    "data_science.query/tables",
    "documentation.report/sections",
    "documentation.report/sources",
    "nlp.classify/labels",
    "operations.choose_skill/candidates",
    "operations.task_analysis/facts",
    "web_automation.extract/fields",
];

/// The lists that people write as JSON: of a few words to choose from.
const AS_JSON: [&str; 2] = ["documentation.render/files", "documentation.report/formats"];

#[tokio::test(flavor = "multi_thread")]
async fn the_lists_of_shipped_skills_stand_on_their_forms_as_they_did() {
    let folder = data_folder();
    let server = Server::start(folder.path());
    let listed = get(&Rest::of(&server).await, "/skills").await;
    let (mut in_rows, mut as_json) = (Vec::new(), Vec::new());
    for skill in listed.as_array().unwrap() {
        let (name, schema) = (text(&skill["name"]), &skill["input_schema"]);
        if name.starts_with("diagnostics.") {
            continue;
        }
        for field in form_fields(schema) {
            let place = format!("{name}/{}", field.name);
            let is_list = schema["properties"][&field.name].get("items").is_some();
            match field.kind {
                FieldKind::Rows(_) => in_rows.push(place),
                FieldKind::Json if is_list => as_json.push(place),
                _ => {}
            }
        }
    }
    in_rows.sort();
    as_json.sort();
    assert_eq!(in_rows, IN_ROWS, "a row has room for so many fields only (src/domain/src/schema/rows.rs)");
    assert_eq!(as_json, AS_JSON);
    assert!(server.terminate());
}

/// Stores the examples of workflows, those that others use first.
async fn store_examples(rest: &Rest) -> usize {
    let files = std::fs::read_dir(repository().join("examples/workflows")).unwrap().map(|entry| entry.unwrap().path());
    let mut documents: Vec<String> = files
        .filter(|path| path.extension().is_some_and(|ending| ending == "yaml"))
        .map(|path| std::fs::read_to_string(path).unwrap())
        .collect();
    documents.sort_by_key(|document| document.contains("uses: workflow:"));
    for document in &documents {
        let answer = rest.post("/workflows", &json!({"text": document})).await;
        assert!(answer.status().is_success(), "{}\n{document}", answer.text().await.unwrap());
    }
    documents.len()
}

/// Begins a run of an example; gives its id.
async fn begin(rest: &Rest, workflow: &str, input: Value) -> String {
    let begun: Value = rest.post("/runs", &json!({"workflow": workflow, "input": input})).await.json().await.unwrap();
    begun["id"].as_str().unwrap_or_else(|| panic!("{workflow}: {begun}")).to_owned()
}

/// A run that has completed.
async fn completed(rest: &Rest, run: &str) -> Value {
    let began = Instant::now();
    loop {
        let found = get(rest, &format!("/runs/{run}")).await;
        match text(&found["summary"]["state"]) {
            "completed" => return found,
            "failed" | "canceled" => panic!("{found}"),
            _ => assert!(began.elapsed() < PATIENCE * 2, "{found}"),
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

async fn upload(api: &BatonApi, name: &str, media_type: &str, content: &str) -> Value {
    json!(api.upload(name, media_type, content.as_bytes().to_vec()).await.unwrap().id)
}

/// Twenty-four months without anything odd in them.
fn months() -> String {
    let rows = (0..24).map(|month| format!("{}-{:02},{}\n", 2024 + month / 12, month % 12 + 1, 100 + month));
    format!("month,turnover\n{}", rows.collect::<String>())
}

#[tokio::test(flavor = "multi_thread")]
async fn examples_of_workflows_are_stored_and_those_that_need_nothing_from_outside_run() {
    let folder = data_folder();
    let server = Server::start(folder.path());
    let (rest, api) = (Rest::of(&server).await, server.api().await);
    assert_eq!(store_examples(&rest).await, 7);
    let reviews = json!(["What a fine day, I love it.", "It came two weeks late, and it was broken. Terrible.", "It is a parcel."]);
    let letter = upload(
        &api,
        "letter.html",
        "text/html",
        "<html><body><article><h1>Harvest</h1><p>The harvest was good this year. The barns are full. \
        Nobody had expected it after the dry spring.</p></article></body></html>",
    )
    .await;
    let table = upload(&api, "turnover.csv", "text/csv", &months()).await;
    let source = upload(&api, "cart.py", "text/x-python", "def total(items):\n    return sum(item.price for item in items)\n").await;

    let triage = begin(&rest, "ticket-triage", json!({"tickets": ["I was charged twice, I want a refund.", "Thanks, great work!"]})).await;
    let mood = begin(&rest, "review-sentiment", json!({"reviews": reviews})).await;
    let digest = begin(&rest, "document-digest", json!({"files": [letter], "sentences": 1})).await;
    let month = begin(&rest, "monthly-review", json!({"files": [letter], "reviews": reviews})).await;
    let forecast = begin(&rest, "sales-forecast", json!({"table": table, "value": "turnover", "horizon": 3})).await;
    let review = begin(&rest, "code-review", json!({"source": source})).await;

    let mood = completed(&rest, &mood).await;
    assert_eq!(mood["outputs"]["mood"].as_array().unwrap().len(), 3, "{mood}");
    assert!(mood["outputs"]["mood"][0].as_f64() > mood["outputs"]["mood"][1].as_f64(), "{mood}");
    let digest = completed(&rest, &digest).await;
    assert!(!text(&digest["outputs"]["texts"][0]).is_empty(), "{digest}");
    let month = completed(&rest, &month).await;
    let forecast = completed(&rest, &forecast).await;
    for (run, report) in [(&mood, "report"), (&digest, "report"), (&month, "report"), (&forecast, "report"), (&forecast, "table")] {
        let stored = get(&rest, &format!("/artifacts/{}", text(&run["outputs"][report]))).await;
        assert!(stored["size"].as_u64().is_some_and(|size| size > 0), "{stored}");
    }

    // Somebody agrees that the report goes out: not whoever began it.
    let (email, password) = ("reader@example.test", "a long password for one 1");
    let made = rest.post("/users", &json!({"email": email, "password": password, "role": "operator"})).await;
    assert_eq!(made.status(), 201);
    let reader = Rest::signed_in(&server, email, password).await;
    let began = Instant::now();
    let open = loop {
        let open = get(&reader, "/approvals?open=true").await;
        if let Some(found) = open["items"].as_array().unwrap().iter().find(|approval| approval["run"] == review.as_str()) {
            break found.clone();
        }
        assert!(began.elapsed() < PATIENCE, "{}", get(&rest, &format!("/runs/{review}")).await);
        tokio::time::sleep(Duration::from_millis(50)).await;
    };
    let agreed = reader.post(&format!("/approvals/{}/approve", text(&open["id"])), &json!({"hash": open["hash"]})).await;
    assert_eq!(agreed.status(), 200);
    let review = completed(&rest, &review).await;
    assert!(review["outputs"]["findings"].is_number() && review["outputs"]["report"].is_string(), "{review}");

    // The help desk gives the all-clear while the rest cools down.
    let told = rest.post(&format!("/runs/{triage}/signals"), &json!({"name": "cleared", "payload": {"by": "the help desk"}})).await;
    assert!(told.status().is_success(), "{}", told.text().await.unwrap());
    let triage = completed(&rest, &triage).await;
    assert_eq!(triage["outputs"]["labels"], json!(["billing", "praise"]), "{triage}");
    assert!(server.terminate());
}
