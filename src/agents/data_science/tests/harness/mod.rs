//! How a test runs one attempt of an agent in this process and keeps everything it said.

#![allow(
    dead_code,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    unreachable_pub,
    reason = "tests; each test file uses a part of it"
)]

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use baton_agents_runtime::Agent;
use baton_agents_runtime::carrier::begin_in_process;
use baton_agents_runtime::protocol::{Cited, FileRef, FromAgent, Memory, Start, ToAgent, VERSION};
use baton_domain::agent::{Limits, Skill};
use baton_domain::connection::ConnectionGrant;
use baton_domain::egress::EgressPolicy;
use baton_domain::id::{ArtifactId, AttemptId, TaskId};
use baton_domain::model::{Embedded, ModelAnswer, ModelRequest};
use baton_domain::problem::Code;
use baton_domain::wire::task::Failure;
use serde_json::Value;
use uuid::Uuid;

/// What an attempt said.
pub struct Ended {
    pub result: Result<Value, Failure>,
    pub logs: Vec<String>,
    pub spans: Vec<String>,
    pub progress: Vec<f64>,
    /// What was shown of answers while they were written.
    pub written: Vec<String>,
    /// Name, content type and content of what it stored.
    pub stored: Vec<(String, String, Vec<u8>)>,
    /// The keys under which it asked what earlier tasks left.
    pub recalled: Vec<String>,
    /// Key, value and file of what it left for later ones.
    pub remembered: Vec<(String, Value, Option<ArtifactId>)>,
}

impl Ended {
    pub fn value(self) -> Value {
        self.result.unwrap_or_else(|failure| panic!("{}: {}", failure.code, failure.message))
    }

    pub fn code(&self) -> &str {
        match &self.result {
            Ok(value) => panic!("it succeeded: {value}"),
            Err(failure) => &failure.code,
        }
    }

    pub fn message(&self) -> &str {
        match &self.result {
            Ok(value) => panic!("it succeeded: {value}"),
            Err(failure) => &failure.message,
        }
    }
}

/// The artifact that stands for the file of an input.
pub fn file_id() -> ArtifactId {
    ArtifactId::new(Uuid::from_u128(0xf11e))
}

pub fn skill_of(agent: &dyn Agent, name: &str) -> Skill {
    agent.card().skills.into_iter().find(|skill| skill.name == name).expect("the agent has the skill")
}

/// The first violations of a schema.
pub fn violations(schema: &Value, value: &Value) -> Vec<String> {
    let validator = jsonschema::validator_for(schema).expect("a valid schema");
    validator.iter_errors(value).take(5).map(|error| format!("{}: {error}", error.instance_path())).collect()
}

/// Where the files of the examples lie.
pub fn shipped(path: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../..").join(path)
}

/// Skill and input of the demo's tasks whose skill begins so.
pub fn demo(family: &str) -> Vec<(String, Value)> {
    let demo: Value = serde_json::from_slice(&std::fs::read(shipped("examples/demo.json")).unwrap()).unwrap();
    let tasks = demo["tasks"].as_array().unwrap();
    let of = |task: &Value| (task["skill"].as_str().unwrap().to_owned(), task["input"].clone());
    tasks.iter().map(of).filter(|(skill, _)| skill.starts_with(family)).collect()
}

/// Runs a skill on an input whose `artifact` is this file.
pub fn perform_on_file(agent: impl Agent + 'static, skill: &str, mut input: Value, name: &str, content: &[u8]) -> Ended {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("input");
    std::fs::write(&path, content).unwrap();
    input["artifact"] = serde_json::json!(file_id());
    let file = FileRef { path, name: name.to_owned(), media_type: "application/octet-stream".to_owned(), size: content.len() as u64 };
    run(Arc::new(agent), skill, input, BTreeMap::from([(file_id(), file)]))
}

/// Runs a skill on an input that may name shipped files in the place of artifacts: its `artifact`, or any text that begins so.
pub fn perform(agent: impl Agent + 'static, skill: &str, mut input: Value) -> Ended {
    let mut artifacts = BTreeMap::new();
    take_shipped(&mut input, &mut artifacts);
    run(Arc::new(agent), skill, input, artifacts)
}

fn take_shipped(input: &mut Value, artifacts: &mut BTreeMap<ArtifactId, FileRef>) {
    match input {
        Value::Array(items) => items.iter_mut().for_each(|item| take_shipped(item, artifacts)),
        Value::Object(fields) => fields.values_mut().for_each(|field| take_shipped(field, artifacts)),
        Value::String(named) if named.starts_with("examples/") => {
            let path = shipped(named);
            let size = std::fs::metadata(&path).unwrap_or_else(|error| panic!("{named}: {error}")).len();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            // The first has the usual number.
            let id = ArtifactId::new(Uuid::from_u128(file_id().as_uuid().as_u128() + artifacts.len() as u128));
            artifacts.insert(id, FileRef { path, name, media_type: "text/plain".to_owned(), size });
            *input = serde_json::json!(id);
        }
        _ => {}
    }
}

/// A model that a test plays: it is asked, and it answers.
pub type PlayedModel = Box<dyn FnMut(ModelRequest) -> Result<ModelAnswer, Failure> + Send>;

/// The same for embeddings: a point for each text.
pub type PlayedEmbedder = Box<dyn FnMut(Vec<String>) -> Result<Embedded, Failure> + Send>;

/// What an attempt finds around it.
#[derive(Default)]
pub struct Setting {
    pub artifacts: BTreeMap<ArtifactId, FileRef>,
    /// Where it may reach out to.
    pub egress: Option<EgressPolicy>,
    pub connections: BTreeMap<String, ConnectionGrant>,
    pub checkpoint: Option<Value>,
    /// What earlier tasks left, under whatever key.
    pub memory: Option<Memory>,
    /// Without one, every call ends with `MODEL-001`.
    pub model: Option<PlayedModel>,
    pub embedder: Option<PlayedEmbedder>,
    /// What other tasks came to: as a whole, from which a pointer takes its part.
    pub results: BTreeMap<TaskId, Cited>,
}

impl Setting {
    /// Adds a file with this content; gives the identifier that names it in the input. `folder` must outlive the attempt.
    pub fn file(&mut self, folder: &Path, name: &str, content: &[u8]) -> ArtifactId {
        let number = self.artifacts.len();
        let id = ArtifactId::new(Uuid::from_u128(0xf11e + number as u128));
        let path = folder.join(format!("input-{number}"));
        std::fs::write(&path, content).unwrap();
        let media_type = "application/octet-stream".to_owned();
        self.artifacts.insert(id, FileRef { path, name: name.to_owned(), media_type, size: content.len() as u64 });
        id
    }
}

/// Runs an attempt to its end. Input and result are held against the skill's schemas.
pub fn run(agent: Arc<dyn Agent>, skill: &str, input: Value, artifacts: BTreeMap<ArtifactId, FileRef>) -> Ended {
    run_in(Setting { artifacts, ..Setting::default() }, agent, skill, input)
}

/// The same with everything that an attempt may find around it.
pub fn run_in(setting: Setting, agent: Arc<dyn Agent>, skill: &str, input: Value) -> Ended {
    let contract = skill_of(agent.as_ref(), skill);
    let wrong = violations(&contract.input_schema, &input);
    assert!(wrong.is_empty(), "the input does not fit the input schema of {skill}: {wrong:?}");
    let ended = attempt(setting, agent, skill, input);
    if let Ok(value) = &ended.result {
        let wrong = violations(&contract.output_schema, value);
        assert!(wrong.is_empty(), "the result does not fit the output schema of {skill}: {wrong:?}");
        let size = serde_json::to_vec(value).unwrap().len() as u64;
        assert!(size <= contract.limits.result_bytes, "the result of {skill} has {size} bytes");
    }
    ended
}

/// What a host answers to one who cites.
fn cited(
    results: &BTreeMap<TaskId, Cited>,
    artifacts: &BTreeMap<ArtifactId, FileRef>,
    task: TaskId,
    pointer: Option<&str>,
) -> Result<Cited, Failure> {
    let refused = |code: Code| Failure { code: code.as_str().to_owned(), message: "refused".to_owned(), retryable: false };
    let mut cited = results.get(&task).cloned().ok_or_else(|| refused(Code::NoSuchTask))?;
    cited.value = match pointer {
        None => Value::Null,
        Some(pointer) => cited.value.pointer(pointer).cloned().ok_or_else(|| refused(Code::InputRejected))?,
    };
    cited.file = cited.value.as_str().and_then(|text| artifacts.get(&text.parse::<ArtifactId>().ok()?).cloned());
    Ok(cited)
}

fn attempt(setting: Setting, agent: Arc<dyn Agent>, skill: &str, input: Value) -> Ended {
    let Setting { artifacts, egress, connections, checkpoint, memory, mut model, mut embedder, results } = setting;
    let scratch = tempfile::tempdir().unwrap();
    let start = Start {
        protocol: VERSION,
        attempt_id: AttemptId::new(Uuid::from_u128(2)),
        task_id: TaskId::new(Uuid::from_u128(1)),
        attempt: 1,
        agent: agent.card().name,
        skill: skill.to_owned(),
        input,
        artifacts: artifacts.clone(),
        scratch: scratch.path().to_owned(),
        heartbeat_ms: 1_000,
        limits: Limits::default(),
        depth: 0,
        checkpoint,
        egress,
        connections,
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        let mut connection = begin_in_process(agent, start);
        let mut ended = Ended {
            result: Ok(Value::Null),
            logs: vec![],
            spans: vec![],
            progress: vec![],
            written: vec![],
            stored: vec![],
            recalled: vec![],
            remembered: vec![],
        };
        loop {
            let next = tokio::time::timeout(Duration::from_secs(120), connection.from_agent.recv()).await;
            match next.expect("an attempt that ends").expect("an outcome before the end") {
                FromAgent::Log { message, .. } => ended.logs.push(message),
                FromAgent::Progress { fraction, written, .. } => {
                    ended.progress.push(fraction);
                    ended.written.extend(written);
                }
                FromAgent::Span { name, .. } => ended.spans.push(name),
                FromAgent::Artifact { request, file, name, media_type } => {
                    ended.stored.push((name, media_type, std::fs::read(scratch.path().join(file)).unwrap()));
                    let result = Ok(ArtifactId::new(Uuid::from_u128(0xa000 + u128::from(request))));
                    connection.to_agent.send(ToAgent::Stored { request, result }).await.unwrap();
                }
                FromAgent::Complete { request, call, stream } => {
                    let none =
                        || Failure { code: Code::ModelUnavailable.as_str().to_owned(), message: "none".to_owned(), retryable: false };
                    let result = model.as_mut().map_or_else(|| Err(none()), |model| model(*call)).map(Box::new);
                    if let (true, Ok(answer)) = (stream, &result) {
                        for text in answer.text.split_inclusive(' ').map(str::to_owned) {
                            connection.to_agent.send(ToAgent::Written { request, text }).await.unwrap();
                        }
                    }
                    connection.to_agent.send(ToAgent::Completed { request, result }).await.unwrap();
                }
                FromAgent::Embed { request, texts } => {
                    let none =
                        || Failure { code: Code::ModelUnavailable.as_str().to_owned(), message: "none".to_owned(), retryable: false };
                    let result = embedder.as_mut().map_or_else(|| Err(none()), |embedder| embedder(texts));
                    connection.to_agent.send(ToAgent::Embedded { request, result }).await.unwrap();
                }
                FromAgent::Cite { request, task, pointer } => {
                    let result = cited(&results, &artifacts, task, pointer.as_deref()).map(Box::new);
                    connection.to_agent.send(ToAgent::Cited { request, result }).await.unwrap();
                }
                FromAgent::Permit { request, .. } => connection.to_agent.send(ToAgent::Permitted { request }).await.unwrap(),
                FromAgent::Checkpoint { request, .. } => {
                    connection.to_agent.send(ToAgent::Checkpointed { request, result: Ok(()) }).await.unwrap();
                }
                FromAgent::Recall { request, key } => {
                    ended.recalled.push(key);
                    connection.to_agent.send(ToAgent::Recalled { request, result: Ok(memory.clone()) }).await.unwrap();
                }
                FromAgent::Remember { request, key, value, artifact } => {
                    ended.remembered.push((key, value, artifact));
                    connection.to_agent.send(ToAgent::Remembered { request, result: Ok(true) }).await.unwrap();
                }
                FromAgent::Outcome { result, .. } => {
                    ended.result = result;
                    break;
                }
                FromAgent::Refused { code, message } => panic!("refused with {code}: {message}"),
                FromAgent::Started
                | FromAgent::Heartbeat
                | FromAgent::Ask { .. }
                | FromAgent::Publish { .. }
                | FromAgent::Subscribe { .. }
                | FromAgent::Unsubscribe { .. }
                | FromAgent::Pull { .. }
                | FromAgent::Acknowledge { .. }
                | FromAgent::RefuseDeliveries { .. }
                | FromAgent::Claim { .. }
                | FromAgent::RenewClaims { .. }
                | FromAgent::ReleaseClaims { .. }
                | FromAgent::PutVersion { .. } => {}
            }
        }
        ended
    })
}
