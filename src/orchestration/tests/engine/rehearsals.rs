//! Does an agent do again what it did, with the lines that it is given and nothing outside, and is nothing of it stored?

use std::sync::Arc;
use std::time::Duration;

use baton_domain::id::{ArtifactId, EventSeq};
use baton_domain::model::{Embedded, FinishReason, ModelAnswer, ModelRequest, Usage};
use baton_domain::ports::{Prompter, RecordedTask, Rehearsed, StoredAgain};
use baton_domain::wire::task::{Failure, NewTask, TaskDetail};
use baton_storage::{ArtifactStore, EventStore};
use serde_json::{Value, json};

use super::world::{SCRIPTED, World};

/// The lines of one task: a file, a child, a model.
#[derive(Default)]
struct Lines {
    file: Option<(String, ArtifactId)>,
    given: Option<Value>,
    said: Option<String>,
}

impl Prompter for Lines {
    fn complete(&self, _: &ModelRequest) -> Option<Result<ModelAnswer, Failure>> {
        let text = self.said.clone()?;
        let (finish, usage) = (FinishReason::Stop, Usage::default());
        Some(Ok(ModelAnswer { model: "m".to_owned(), text, json: None, tool_calls: Vec::new(), finish, usage, cached: false }))
    }

    fn embed(&self, _: &[String]) -> Option<Result<Embedded, Failure>> {
        None
    }

    fn ask(&self, skill: &str, input: &Value) -> Option<Result<Value, Failure>> {
        assert_eq!((skill, input), ("diagnostics.echo", &json!({"message": "from the child"})));
        self.given.clone().map(Ok)
    }

    fn stored(&self, file: &StoredAgain) -> Option<ArtifactId> {
        assert_eq!((file.name.as_str(), file.media_type.as_str(), file.size), ("note.txt", "text/plain", 4));
        self.file.as_ref().filter(|(sha256, _)| *sha256 == file.sha256).map(|(_, id)| *id)
    }
}

fn recorded(task: &TaskDetail, time: Duration) -> RecordedTask {
    let attempt = task.attempts.last().expect("an attempt");
    RecordedTask {
        task: task.summary.id,
        attempt_id: attempt.id,
        attempt: attempt.number,
        depth: 0,
        agent: attempt.agent.name.clone(),
        skill: task.summary.skill.clone(),
        input: task.input.clone(),
        time,
    }
}

async fn again(world: &World, task: &TaskDetail, lines: Lines) -> Rehearsed {
    world.engine.rehearsals().rehearse(recorded(task, Duration::from_secs(20)), Arc::new(lines)).await.unwrap()
}

async fn did(world: &World, what: &str) -> TaskDetail {
    world.run(NewTask::new(SCRIPTED, json!({"do": what}))).await
}

#[tokio::test]
async fn what_an_agent_did_it_does_again_and_nothing_is_stored() {
    let world = World::new().await;
    let (store, ask) = (did(&world, "store").await, did(&world, "ask").await);
    let artifact = &store.artifacts[0];
    let artifacts = world.store.artifacts(None, None, 100).await.unwrap().items.len();
    let head = world.store.events_since(EventSeq(0), &Default::default(), 10_000).await.unwrap().items.len();

    let lines = Lines { file: Some((artifact.sha256.clone(), artifact.id)), ..Lines::default() };
    assert_eq!(again(&world, &store, lines).await, Rehearsed::Ended(Ok(store.result.clone().unwrap())));
    let given = ask.result.as_ref().unwrap()["answer"].clone();
    let lines = Lines { given: Some(given), ..Lines::default() };
    assert_eq!(again(&world, &ask, lines).await, Rehearsed::Ended(Ok(ask.result.clone().unwrap())));
    // Another file, and another skill's answer, than there are.
    assert_eq!(again(&world, &store, Lines::default()).await, Rehearsed::Unprompted);
    assert_eq!(again(&world, &ask, Lines::default()).await, Rehearsed::Unprompted);

    assert_eq!(world.store.artifacts(None, None, 100).await.unwrap().items.len(), artifacts);
    assert_eq!(world.store.events_since(EventSeq(0), &Default::default(), 10_000).await.unwrap().items.len(), head);
    let left: Vec<_> = std::fs::read_dir(world.folder.path().join("scratch")).unwrap().collect();
    assert!(left.is_empty(), "{left:?}");
}

#[tokio::test]
async fn an_agent_reads_its_files_again_and_is_answered_as_a_model_was() {
    let world = World::new().await;
    let store = did(&world, "store").await;
    let read = world.run(NewTask::new(SCRIPTED, json!({"file": store.artifacts[0].id}))).await;
    assert_eq!(again(&world, &read, Lines::default()).await, Rehearsed::Ended(Ok(json!({"text": "kept"}))));
    // There is no model here: what it would have answered is what the lines say.
    let refused = did(&world, "complete").await;
    let lines = Lines { said: Some("hello to you".to_owned()), ..Lines::default() };
    assert_eq!(again(&world, &refused, lines).await, Rehearsed::Ended(Ok(json!({"model": "m", "text": "hello to you"}))));

    world.store.delete_artifact(store.artifacts[0].id, baton_domain::user::Principal::System, world.sources.clock.now()).await.unwrap();
    let gone = world.engine.rehearsals().rehearse(recorded(&read, Duration::from_secs(20)), Arc::new(Lines::default())).await;
    assert_eq!(gone.unwrap_err().code, "REPLAY-008");
}

#[tokio::test]
async fn failures_come_again_and_time_is_bounded() {
    let world = World::new().await;
    for what in ["panic", "wrong", "large"] {
        let task = did(&world, what).await;
        let recorded = task.summary.failure.clone().unwrap();
        let Rehearsed::Ended(Err(failure)) = again(&world, &task, Lines::default()).await else { panic!("{what} did not fail") };
        assert_eq!((&failure.code, &failure.message), (&recorded.code, &recorded.message), "{what}");
    }
    let mut hangs = did(&world, "panic").await;
    hangs.input = json!({"do": "hang"});
    let stopped =
        world.engine.rehearsals().rehearse(recorded(&hangs, Duration::from_millis(50)), Arc::new(Lines::default())).await.unwrap();
    assert!(matches!(stopped, Rehearsed::Stopped(_)), "{stopped:?}");
}

#[tokio::test]
async fn what_reaches_outside_is_not_done_again() {
    let world = World::new().await;
    let stage = world.engine.rehearsals();
    assert_eq!(stage.apart("scripted", SCRIPTED, &json!({"do": "store"}), false), None);
    let apart = |agent: &str, skill: &str, input: &Value, first| stage.apart(agent, skill, input, first).unwrap_or_default();
    assert!(apart("nobody", SCRIPTED, &json!({}), true).contains("no agent nobody"));
    assert!(apart("scripted", SCRIPTED, &json!({"connection": "shop"}), true).contains("the connection shop"));
    assert!(apart("scripted", super::world::STEPS, &json!({}), false).contains("checkpoint"));
    assert_eq!(stage.apart("scripted", super::world::STEPS, &json!({}), true), None);
}
