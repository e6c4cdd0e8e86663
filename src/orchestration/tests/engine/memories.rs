//! Does a task find what the last one of its skill left, and only what counts?

use std::sync::Arc;

use async_trait::async_trait;
use baton_agents_runtime::{Agent, Context, SkillError};
use baton_domain::agent::AgentCard;
use baton_domain::id::{ArtifactId, TaskId, UserId};
use baton_domain::problem::Code;
use baton_domain::task::TaskState;
use baton_domain::user::{Caller, Principal};
use baton_domain::wire::task::NewTask;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::sync::Semaphore;
use uuid::Uuid;

use super::world::{World, card, options, skill};

const KEEP: &str = "keeping.keep";

/// Says what it found, and leaves what it is given.
struct Keeping {
    through: Arc<Semaphore>,
    recalled: Arc<Semaphore>,
}

#[async_trait]
impl Agent for Keeping {
    fn card(&self) -> AgentCard {
        card("keeping", "Keeping", 4, vec![skill(KEEP, "Keep", "Says what was left, and leaves something.")])
    }

    async fn perform(&self, context: Context, _: &str, input: Value) -> Result<Value, SkillError> {
        let key = input["key"].as_str().unwrap_or("key");
        let found = if input["blindly"] == true { None } else { context.recall(key).await? };
        if input["waits"] == true {
            self.recalled.add_permits(1);
            let _through = self.through.acquire().await.map_err(|error| SkillError::internal(error.to_string()))?;
        }
        let text = match found.as_ref().and_then(|memory| memory.file.as_ref()) {
            Some(file) => Some(tokio::fs::read_to_string(&file.path).await.map_err(|error| SkillError::internal(error.to_string()))?),
            None => None,
        };
        let artifact = match (input["text"].as_str(), input["artifact"].as_str()) {
            (Some(text), _) => Some(context.store("left.txt", "text/plain", text.as_bytes()).await?),
            (None, Some(id)) => id.parse::<ArtifactId>().ok(),
            (None, None) => None,
        };
        let kept = context.remember(key, input["leaves"].clone(), artifact).await?;
        if input["fails"] == true || (input["fails"] == "once" && context.attempt() == 1) {
            let message = "after it has written";
            return Err(if input["fails"] == true { SkillError::internal(message) } else { SkillError::passing(Code::Internal, message) });
        }
        Ok(json!({"found": found.map(|memory| memory.value), "text": text, "kept": kept, "artifact": artifact}))
    }
}

struct Place {
    world: World,
    through: Arc<Semaphore>,
    recalled: Arc<Semaphore>,
}

impl Place {
    async fn new() -> Self {
        let (through, recalled) = (Arc::new(Semaphore::new(0)), Arc::new(Semaphore::new(0)));
        let agent = Arc::new(Keeping { through: Arc::clone(&through), recalled: Arc::clone(&recalled) });
        let world = World::open_with(TempDir::with_prefix("baton-engine-").unwrap(), options(), vec![agent]).await;
        Self { world, through, recalled }
    }

    /// The result of a task with this input, which completes.
    async fn keep(&self, input: Value) -> Value {
        let ended = self.world.run(NewTask::new(KEEP, input)).await;
        ended.result.unwrap_or_else(|| panic!("{:?}", ended.summary.failure))
    }

    async fn submit(&self, input: Value) -> TaskId {
        self.world.submit(NewTask::new(KEEP, input)).await.unwrap()
    }
}

#[tokio::test]
async fn a_task_finds_what_the_last_one_left_with_its_file() {
    let place = Place::new().await;
    let first = place.keep(json!({"leaves": {"n": 1}, "text": "one"})).await;
    assert_eq!((&first["found"], &first["kept"]), (&Value::Null, &json!(true)));
    let second = place.keep(json!({"leaves": {"n": 2}})).await;
    assert_eq!((&second["found"], &second["text"]), (&json!({"n": 1}), &json!("one")));
    let third = place.keep(json!({"leaves": 3, "text": "three"})).await;
    assert_eq!((&third["found"], &third["text"]), (&json!({"n": 2}), &Value::Null));
    assert_eq!(place.keep(json!({"key": "other", "leaves": 4})).await["found"], Value::Null);
    // A file that somebody deleted takes with it what was left.
    let artifact = third["artifact"].as_str().unwrap().parse().unwrap();
    place.world.engine.artifacts().delete(&place.world.caller, artifact).await.unwrap();
    let fourth = place.keep(json!({"leaves": 5})).await;
    assert_eq!((&fourth["found"], &fourth["kept"]), (&Value::Null, &json!(true)));
    assert_eq!(place.keep(json!({"leaves": 6})).await["found"], 5);
}

#[tokio::test]
async fn what_a_task_left_that_did_not_complete_does_not_count() {
    let place = Place::new().await;
    place.keep(json!({"leaves": 1})).await;
    let failed = place.world.run(NewTask::new(KEEP, json!({"leaves": 2, "fails": true}))).await;
    assert_eq!(failed.summary.state, TaskState::Failed);
    // Nor does what an earlier attempt of the same task left.
    let again = place.world.run(NewTask::new(KEEP, json!({"leaves": 3, "fails": "once"}))).await;
    assert_eq!((again.attempts.len(), &again.result.unwrap()["found"]), (2, &json!(1)));
    assert_eq!(place.keep(json!({"leaves": 4})).await["found"], 3);
}

#[tokio::test]
async fn each_who_submits_has_a_memory_of_their_own() {
    let place = Place::new().await;
    place.keep(json!({"leaves": 1})).await;
    let eve = Principal::User { id: UserId::new(Uuid::from_u128(7)), email: "eve@example.test".into() };
    let eve = Caller { principal: eve, ..place.world.caller.clone() };
    let submitted = place.world.tasks().submit(&eve, NewTask::new(KEEP, json!({"leaves": 2})), None).await.unwrap();
    assert_eq!(place.world.ended(submitted.id).await.result.unwrap()["found"], Value::Null);
    assert_eq!(place.keep(json!({"leaves": 3})).await["found"], 1);
}

#[tokio::test]
async fn of_two_who_look_at_once_one_is_remembered() {
    let place = Place::new().await;
    let (one, other) = (place.submit(json!({"leaves": 1, "waits": true})).await, place.submit(json!({"leaves": 2, "waits": true})).await);
    let _both = place.recalled.acquire_many(2).await.unwrap();
    place.through.add_permits(2);
    let (one, other) = (place.world.ended(one).await.result.unwrap(), place.world.ended(other).await.result.unwrap());
    assert_ne!(one["kept"], other["kept"], "one of them was faster");
    let faster = if one["kept"] == true { 1 } else { 2 };
    assert_eq!(place.keep(json!({"leaves": 3})).await["found"], faster);
}

#[tokio::test]
async fn what_is_out_of_bounds_has_its_code_and_is_not_remembered() {
    let place = Place::new().await;
    let foreign = place.keep(json!({"leaves": 1, "text": "of another task"})).await["artifact"].clone();
    for (input, code) in [
        (json!({"key": "", "leaves": 2}), "ATTEMPT-005"),
        (json!({"key": "x".repeat(201), "leaves": 2}), "ATTEMPT-005"),
        (json!({"leaves": "x".repeat(4 << 10)}), "ATTEMPT-005"),
        (json!({"leaves": 2, "blindly": true}), "ATTEMPT-004"),
        (json!({"leaves": 2, "artifact": foreign}), "ATTEMPT-004"),
    ] {
        let failure = place.world.run(NewTask::new(KEEP, input.clone())).await.summary.failure.unwrap();
        assert_eq!(failure.code, code, "{input}: {}", failure.message);
    }
    assert_eq!(place.keep(json!({"key": "x".repeat(200), "leaves": "x".repeat(4_000)})).await["kept"], true);
    assert_eq!(place.keep(json!({"leaves": 3})).await["found"], 1);
}
