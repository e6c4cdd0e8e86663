//! What becomes of tasks that agents refuse?

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use baton_agents_runtime::protocol::MAXIMUM_REFUSAL_MESSAGE;
use baton_agents_runtime::{Agent, Context, SkillError};
use baton_domain::agent::{AgentCard, CircuitState, Skill};
use baton_domain::event::TopicFilter;
use baton_domain::id::{EventSeq, TaskId};
use baton_domain::model::{ModelNeed, ModelTier};
use baton_domain::task::{Budget, TaskState};
use baton_domain::wire::task::{AttemptOutcome, DependsOn, NewTask, TaskDetail, TaskFilter};
use baton_storage::{EventStore, ModelStore, SpendingScope, Spent};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::sync::Semaphore;

use super::world::{World, card, options, skill};

const SKILL: &str = "choosy.do";
/// Asks the other skill, as a parent does.
const ASK: &str = "choosy.ask";
/// Cannot do without a language model.
const MODEL: &str = "choosy.model";

/// Refuses what names it, and does the rest.
struct Choosy {
    name: &'static str,
    /// Where attempts wait whose input says so.
    gate: Arc<Semaphore>,
}

#[async_trait]
impl Agent for Choosy {
    fn card(&self) -> AgentCard {
        let choosy = Skill { checkpoints: true, ..skill(SKILL, "Choosy", "Is refused by those that its input names.") };
        let skills = vec![
            Skill { name: ASK.into(), ..choosy.clone() },
            Skill { name: MODEL.into(), model: Some(ModelNeed { least: ModelTier::Tiny, optional: false }), ..choosy.clone() },
            choosy,
        ];
        card(self.name, self.name, 2, skills)
    }

    async fn perform(&self, context: Context, skill: &str, input: Value) -> Result<Value, SkillError> {
        if input["waits"] == json!(true) {
            self.gate.acquire().await.unwrap().forget();
        }
        if skill == ASK {
            return context.ask(input["of"].as_str().unwrap_or(SKILL), json!({"refused_by": input["refused_by"]})).await;
        }
        let named = input["refused_by"].as_array().is_some_and(|names| names.contains(&json!(self.name)));
        if !named {
            return Ok(json!({"by": self.name}));
        }
        match input["how"].as_str() {
            Some("late") => {
                context.progress(0.5, "half way");
                Err(SkillError::refuse("LATE", "changed its mind"))
            }
            Some("long") => Err(SkillError::refuse("LONG", "x".repeat(MAXIMUM_REFUSAL_MESSAGE + 1))),
            Some("code") => Err(SkillError::refuse("no code", "has a blank in it")),
            _ => Err(SkillError::refuse(&format!("NOT-FOR-{}", self.name.to_uppercase()), format!("{} does not take it", self.name))),
        }
    }
}

const NAMES: [&str; 2] = ["ann", "bob"];

/// An engine with two agents of the same skill, of which `ann` is asked first.
async fn open(folder: TempDir) -> (World, Arc<Semaphore>) {
    let gate = Arc::new(Semaphore::new(0));
    let agents = NAMES.map(|name| Arc::new(Choosy { name, gate: Arc::clone(&gate) }) as Arc<dyn Agent>);
    (World::open_with(folder, options(), agents.to_vec()).await, gate)
}

async fn world() -> World {
    open(TempDir::with_prefix("baton-refusals-").unwrap()).await.0
}

fn refused_by(names: &[&str]) -> NewTask {
    NewTask::new(SKILL, json!({"refused_by": names}))
}

fn told(task: &TaskDetail) -> Vec<(u32, &str, Option<AttemptOutcome>)> {
    task.attempts.iter().map(|attempt| (attempt.number, attempt.agent.name.as_str(), attempt.outcome)).collect()
}

async fn kinds(world: &World, id: TaskId) -> Vec<String> {
    let subject = format!("task:{id}");
    let page = world.store.events_since(EventSeq(0), &TopicFilter::default(), 10_000).await.unwrap();
    page.items.iter().filter(|event| event.subject == subject).map(|event| event.kind.clone()).collect()
}

async fn set_draining(world: &World, name: &str, draining: bool) {
    let agents = world.engine.agents();
    let id = agents.list(&world.caller).await.unwrap().items.into_iter().find(|agent| agent.name == name).unwrap().id;
    let set = if draining { agents.drain(&world.caller, id).await } else { agents.resume(&world.caller, id).await };
    set.unwrap();
}

#[tokio::test]
async fn a_task_that_one_refuses_goes_to_another_and_nobody_is_blamed() {
    let world = world().await;
    let task = world.run(refused_by(&["ann"])).await;
    assert_eq!((task.summary.state, task.result.clone()), (TaskState::Completed, Some(json!({"by": "bob"}))));
    assert_eq!(told(&task), [(1, "ann", Some(AttemptOutcome::Refused)), (1, "bob", Some(AttemptOutcome::Completed))]);
    let refusal = task.attempts[0].failure.as_ref().unwrap();
    assert_eq!((refusal.code.as_str(), refusal.message.as_str()), ("NOT-FOR-ANN", "ann does not take it"));
    let fell = |reason: &str| task.attempts[1].explanation.rejected.iter().find(|fell| fell.reason == reason).map(|fell| fell.count);
    assert_eq!((fell("refused"), fell("skill")), (Some(1), Some(2)));
    assert_eq!(task.attempts[1].explanation.candidates.len(), 1);
    let reasons: Vec<_> =
        task.timeline.iter().filter(|entry| entry.state == TaskState::Queued).map(|entry| entry.reason.as_deref()).collect();
    assert_eq!(reasons, [Some("submitted"), Some("refused")]);
    let agents = world.engine.agents().list(&world.caller).await.unwrap();
    let ann = agents.items.iter().find(|agent| agent.name == "ann").unwrap();
    let standing = agents.standings.iter().find(|standing| standing.agent_id == ann.id).unwrap();
    assert_eq!((ann.completed, ann.failed, standing.circuit.state, standing.circuit.consecutive_failures), (0, 0, CircuitState::Closed, 0));
    // The refusal was of this task; the next is asked of whose turn it is.
    assert_eq!(world.run(refused_by(&[])).await.attempts[0].agent.name, "ann");
}

#[tokio::test]
async fn a_task_that_all_refuse_is_rejected_and_whoever_waits_for_it_hears_that() {
    let world = world().await;
    set_draining(&world, "bob", true).await;
    let id = world.submit(refused_by(&NAMES)).await.unwrap();
    let dependent = world.submit(NewTask { depends_on: vec![DependsOn::Task(id)], ..refused_by(&[]) }).await.unwrap();
    set_draining(&world, "bob", false).await;
    let task = world.ended(id).await;
    assert_eq!(told(&task), [(1, "ann", Some(AttemptOutcome::Refused)), (1, "bob", Some(AttemptOutcome::Refused))]);
    let failure = task.summary.failure.as_ref().unwrap();
    assert_eq!((task.summary.state, failure.code.as_str(), failure.retryable), (TaskState::Rejected, "NOT-FOR-BOB", false));
    assert_eq!((task.summary.reason.as_deref(), task.summary.attempt), (Some("NOT-FOR-BOB"), 1));
    assert!(task.summary.finished_at.is_some());
    let kinds = kinds(&world, id).await;
    assert_eq!(kinds.iter().filter(|kind| *kind == "task.rejected").count(), 1);
    assert_eq!(kinds.last().map(String::as_str), Some("task.rejected"));
    let dependent = world.ended(dependent).await;
    assert_eq!(
        (dependent.summary.state, dependent.summary.failure.map(|failure| failure.code).as_deref()),
        (TaskState::Failed, Some("TASK-010"))
    );
    // The agent that asked for it is told why there is no answer.
    let parent = world.run(NewTask::new(ASK, json!({"refused_by": NAMES}))).await;
    assert_eq!(parent.summary.state, TaskState::Failed);
    assert!(parent.summary.failure.unwrap().code.starts_with("NOT-FOR-"));
    // A task that needs a label has only those to ask that have it.
    let only = NewTask { labels: vec!["agent:ann".into()], ..refused_by(&["ann"]) };
    let task = world.run(only).await;
    assert_eq!((task.summary.state, told(&task)), (TaskState::Rejected, vec![(1, "ann", Some(AttemptOutcome::Refused))]));
}

#[tokio::test]
async fn a_refusal_that_comes_late_or_is_none_is_a_failure_of_the_agent() {
    for (how, said) in [("late", "after it had begun"), ("long", "bytes"), ("code", "a code that is none")] {
        let world = world().await;
        let task = world.run(NewTask::new(SKILL, json!({"refused_by": NAMES, "how": how}))).await;
        assert_eq!(told(&task), [(1, "ann", Some(AttemptOutcome::Failed))], "{how}");
        let failure = task.summary.failure.unwrap();
        assert_eq!((task.summary.state, failure.code.as_str()), (TaskState::Failed, "ATTEMPT-004"), "{how}");
        assert!(failure.message.contains(said) && failure.message.len() < 300, "{how}: {}", failure.message);
        // What the attempt says of its agent is counted a moment after the task's end is stored.
        let mut blamed = (0, 0);
        for _ in 0..2_000 {
            let agents = world.engine.agents().list(&world.caller).await.unwrap();
            let ann = agents.items.iter().find(|agent| agent.name == "ann").unwrap();
            let standing = agents.standings.iter().find(|standing| standing.agent_id == ann.id).unwrap();
            blamed = (ann.failed, standing.circuit.consecutive_failures);
            if blamed == (1, 1) {
                break;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        assert_eq!(blamed, (1, 1), "{how}: it is blamed");
    }
}

#[tokio::test]
async fn a_refused_task_waits_for_who_is_left_and_holds_up_nobody() {
    let world = world().await;
    set_draining(&world, "bob", true).await;
    // More than one look into the queue finds for these agents.
    let mut waiting = Vec::new();
    for _ in 0..40 {
        waiting.push(world.submit(refused_by(&["ann"])).await.unwrap());
    }
    let behind = world.run(refused_by(&[])).await;
    assert_eq!((behind.summary.state, behind.attempts[0].agent.name.as_str()), (TaskState::Completed, "ann"));
    for id in &waiting {
        let task = loop {
            let task = world.tasks().get(&world.caller, *id, None).await.unwrap();
            if task.summary.reason.as_deref() == Some("refused") {
                break task;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        };
        let held: BTreeSet<_> = task.held_up.iter().map(|fell| (fell.reason.as_str(), fell.count)).collect();
        assert_eq!(held, BTreeSet::from([("skill", 2), ("refused", 1), ("draining", 1)]));
    }
    // Nobody is asked twice.
    let rounds = world.tasks().get(&world.caller, waiting[0], None).await.unwrap().attempts.len();
    assert_eq!(rounds, 1);
    set_draining(&world, "bob", false).await;
    for id in waiting {
        let task = world.ended(id).await;
        assert_eq!(told(&task), [(1, "ann", Some(AttemptOutcome::Refused)), (1, "bob", Some(AttemptOutcome::Completed))]);
    }
    let filter = TaskFilter { states: vec![TaskState::Rejected], ..TaskFilter::default() };
    assert!(world.tasks().list(&world.caller, filter).await.unwrap().items.is_empty());
}

/// Waits until a task is back in the queue for the so manieth time.
async fn refused_so_often(world: &World, id: TaskId, count: usize) -> TaskDetail {
    for _ in 0..2_000 {
        let task = world.tasks().get(&world.caller, id, None).await.unwrap();
        if task.summary.state == TaskState::Queued && task.attempts.len() == count {
            return task;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    panic!("{id} was never refused {count} times");
}

#[tokio::test]
async fn a_refused_task_keeps_its_turn_and_holds_up_no_other_key() {
    let world = world().await;
    set_draining(&world, "bob", true).await;
    let of = |key: &str, task: NewTask| NewTask { fairness_key: Some(key.to_owned()), ..task };
    let refused = world.submit(of("one", refused_by(&["ann"]))).await.unwrap();
    refused_so_often(&world, refused, 1).await;
    // More than a round looks at, while it is always the turn of the first key.
    let mut others = Vec::new();
    for _ in 0..100 {
        others.push(world.submit(of("other", refused_by(&[]))).await.unwrap());
    }
    for id in others {
        assert_eq!(world.ended(id).await.summary.state, TaskState::Completed);
    }
    set_draining(&world, "bob", false).await;
    assert_eq!(told(&world.ended(refused).await).len(), 2);
}

#[tokio::test]
async fn an_engine_that_has_forgotten_asks_again_but_not_without_end() {
    let first = world().await;
    set_draining(&first, "bob", true).await;
    let id = first.submit(refused_by(&["ann"])).await.unwrap();
    refused_so_often(&first, id, 1).await;
    let (second, _) = open(first.stop().await).await;
    let task = refused_so_often(&second, id, 2).await;
    assert!(told(&task).iter().all(|told| *told == (1, "ann", Some(AttemptOutcome::Refused))));
    // Who asks the same one again does so ever more rarely.
    let pause = task.summary.not_before.unwrap().since(task.attempts[1].ended_at.unwrap());
    assert_eq!(pause, Duration::from_secs(1));
    second.clock.advance(Duration::from_secs(2));
    set_draining(&second, "bob", false).await;
    let task = second.ended(id).await;
    assert_eq!((task.summary.state, told(&task).len(), told(&task)[2].1), (TaskState::Completed, 3, "bob"));
}

#[tokio::test]
async fn an_engine_learns_from_the_attempts_who_refused_before_it_was_there() {
    let first = world().await;
    set_draining(&first, "bob", true).await;
    let id = first.submit(refused_by(&NAMES)).await.unwrap();
    refused_so_often(&first, id, 1).await;
    set_draining(&first, "ann", true).await;
    let (second, _) = open(first.stop().await).await;
    set_draining(&second, "bob", false).await;
    let task = second.ended(id).await;
    assert_eq!(task.summary.state, TaskState::Rejected);
    assert_eq!(told(&task), [(1, "ann", Some(AttemptOutcome::Refused)), (1, "bob", Some(AttemptOutcome::Refused))]);
}

#[tokio::test]
async fn a_task_that_was_to_pause_when_the_last_one_refused_is_rejected_once_it_goes_on() {
    let (world, gate) = open(TempDir::with_prefix("baton-refusals-").unwrap()).await;
    let input = json!({"refused_by": ["ann"], "waits": true});
    let id = world.submit(NewTask { labels: vec!["agent:ann".into()], ..NewTask::new(SKILL, input) }).await.unwrap();
    world.reaches(id, TaskState::Running).await;
    world.tasks().pause(&world.caller, id).await.unwrap();
    gate.add_permits(1);
    world.reaches(id, TaskState::Paused).await;
    world.tasks().resume(&world.caller, id).await.unwrap();
    let task = world.ended(id).await;
    assert_eq!((task.summary.state, told(&task).len()), (TaskState::Rejected, 1));
}

#[tokio::test]
async fn a_task_that_was_to_be_cancelled_when_it_was_refused_is_cancelled() {
    let (world, gate) = open(TempDir::with_prefix("baton-refusals-").unwrap()).await;
    let id = world.submit(NewTask::new(SKILL, json!({"refused_by": NAMES, "waits": true}))).await.unwrap();
    world.reaches(id, TaskState::Running).await;
    world.tasks().cancel(&world.caller, id).await.unwrap();
    gate.add_permits(2);
    assert_eq!(world.ended(id).await.summary.state, TaskState::Canceled);
}

#[tokio::test]
async fn what_needs_a_model_does_not_begin_when_the_task_above_has_spent_its_budget() {
    for (spent, state, code) in [(9, TaskState::Completed, None), (10, TaskState::Failed, Some("MODEL-005"))] {
        let (world, gate) = open(TempDir::with_prefix("baton-refusals-").unwrap()).await;
        let budget = Some(Budget { tokens: Some(10), cost: None });
        let id = world.submit(NewTask { budget, ..NewTask::new(ASK, json!({"of": MODEL, "waits": true})) }).await.unwrap();
        world.reaches(id, TaskState::Running).await;
        let scope = SpendingScope { name: format!("task:{id}"), tokens: None, cost_micros: None };
        let refused = world.store.spend(vec![scope], Spent { tokens: spent, cost_micros: 0 }, world.sources.clock.now()).await.unwrap();
        assert_eq!(refused, None);
        gate.add_permits(1);
        let parent = world.ended(id).await.summary;
        assert_eq!((parent.state, parent.failure.map(|failure| failure.code).as_deref()), (state, code), "{spent} of 10 are spent");
        let filter = TaskFilter { skill: Some(MODEL.to_owned()), ..TaskFilter::default() };
        let child = world.tasks().list(&world.caller, filter).await.unwrap().items.remove(0);
        let child = world.ended(child.id).await;
        if code.is_some() {
            assert_eq!((child.summary.state, child.summary.reason.as_deref()), (TaskState::Rejected, Some("MODEL-005")));
            assert_eq!(child.attempts.iter().map(|attempt| attempt.outcome).collect::<Vec<_>>(), [Some(AttemptOutcome::Refused)]);
        } else {
            assert_eq!(child.summary.state, TaskState::Completed);
        }
    }
}
