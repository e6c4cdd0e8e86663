//! Do tasks that only a busy agent could take keep their places without holding up those that another one could?

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use baton_agents_runtime::{Agent, Context, SkillError};
use baton_domain::agent::AgentCard;
use baton_domain::id::TaskId;
use baton_domain::task::{Priority, TaskState};
use baton_domain::time::Timestamp;
use baton_domain::wire::task::{NewBatch, NewTask};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::sync::Semaphore;

use super::turns::beginnings;
use super::world::{World, card, options, skill};

const SKILL: &str = "labelled.do";
const LABEL: &str = "rare";

/// One of several agents with the same skill.
struct Labelled {
    name: &'static str,
    labels: Vec<String>,
    slots: u32,
    /// Where attempts wait whose input says so.
    gate: Arc<Semaphore>,
}

#[async_trait]
impl Agent for Labelled {
    fn card(&self) -> AgentCard {
        AgentCard {
            labels: self.labels.clone(),
            ..card(self.name, self.name, self.slots, vec![skill(SKILL, "Labelled", "Says who did it.")])
        }
    }

    async fn perform(&self, _context: Context, _skill: &str, input: Value) -> Result<Value, SkillError> {
        if input["refused_by"] == json!(self.name) {
            return Err(SkillError::refuse("NOT-FOR-ME", "is left to the other one"));
        }
        if input["waits"] == json!(true) {
            self.gate.acquire().await.unwrap().forget();
        }
        Ok(json!({"by": self.name}))
    }
}

fn rare() -> NewTask {
    NewTask { labels: vec![LABEL.to_owned()], ..NewTask::new(SKILL, json!({})) }
}

/// An engine with an agent that has the label, whose only slot is taken until the gate opens, and one without it.
async fn world() -> (World, Arc<Semaphore>, TaskId) {
    let (world, gate) = open(Vec::new()).await;
    let held = is_held(&world, rare()).await;
    (world, gate, held)
}

/// An engine with an agent that has the label and one slot, one without it that has two, and these.
async fn open(more: Vec<Arc<dyn Agent>>) -> (World, Arc<Semaphore>) {
    let gate = Arc::new(Semaphore::new(0));
    let mut agents = vec![agent("with", &[LABEL.to_owned()], 1, &gate), agent("without", &[], 2, &gate)];
    agents.extend(more);
    (World::open_with(TempDir::with_prefix("baton-labels-").unwrap(), options(), agents).await, gate)
}

fn agent(name: &'static str, labels: &[String], slots: u32, gate: &Arc<Semaphore>) -> Arc<dyn Agent> {
    Arc::new(Labelled { name, labels: labels.to_vec(), slots, gate: Arc::clone(gate) })
}

/// The task runs, and waits for the gate of its agent.
async fn is_held(world: &World, task: NewTask) -> TaskId {
    let held = world.submit(NewTask { input: json!({"waits": true}), ..task }).await.unwrap();
    world.reaches(held, TaskState::Running).await;
    held
}

/// An engine with two more agents that have these labels and one slot each: `ann`, whose gate this is, and `bob`, who takes no work. No time
/// passes: what is known to be out of reach is not forgotten for its age.
async fn with_two_more(labels: &[String]) -> (World, Arc<Semaphore>, Arc<Semaphore>) {
    let of_ann = Arc::new(Semaphore::new(0));
    let (world, gate) = open(vec![agent("ann", labels, 1, &of_ann), agent("bob", labels, 1, &of_ann)]).await;
    world.clock.stop();
    let agents = world.engine.agents();
    let bob = agents.list(&world.caller).await.unwrap().items.into_iter().find(|agent| agent.name == "bob").unwrap().id;
    agents.drain(&world.caller, bob).await.unwrap();
    (world, gate, of_ann)
}

/// What nobody does but `bob`, once it was `ann`'s turn.
fn for_bob(label: &str) -> NewTask {
    NewTask { labels: vec![label.to_owned()], ..NewTask::new(SKILL, json!({"refused_by": "ann"})) }
}

/// Waits until `ann` has refused it.
async fn is_refused(world: &World, id: TaskId) {
    for _ in 0..2_000 {
        let task = world.tasks().get(&world.caller, id, None).await.unwrap();
        if task.summary.state == TaskState::Queued && !task.attempts.is_empty() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    panic!("{id} was never refused");
}

async fn submit(world: &World, tasks: Vec<NewTask>) -> Vec<TaskId> {
    world.tasks().submit_batch(&world.caller, NewBatch { tasks }, None).await.unwrap().ids
}

/// They are done by this agent; gives when each began.
async fn are_done(world: &World, tasks: &[TaskId], by: &str) -> Vec<Timestamp> {
    let mut began = Vec::new();
    for id in tasks {
        let task = world.ended(*id).await;
        assert_eq!((task.summary.state, task.result), (TaskState::Completed, Some(json!({"by": by}))));
        began.extend(task.summary.started_at);
    }
    began
}

async fn all_are_queued(world: &World, tasks: &[TaskId]) {
    for id in tasks {
        assert_eq!(world.tasks().get(&world.caller, *id, None).await.unwrap().summary.state, TaskState::Queued);
    }
}

#[tokio::test]
async fn tasks_that_wait_for_a_label_hold_up_none_behind_them() {
    let (world, gate, held) = world().await;
    // More than a round looks at.
    let wait = submit(&world, vec![rare(); 600]).await;
    for _ in 0..2 {
        let others = submit(&world, vec![NewTask::new(SKILL, json!({})); 40]).await;
        are_done(&world, &others, "without").await;
    }
    all_are_queued(&world, &wait).await;
    gate.add_permits(1);
    world.ended(held).await;
    let began = are_done(&world, &wait, "with").await;
    assert!(began.len() == 600 && began.is_sorted(), "they kept their places");
    world.stop().await;
}

#[tokio::test]
async fn keys_whose_tasks_wait_for_a_label_hold_up_no_other_key() {
    let (world, gate, held) = world().await;
    let of = |key: usize, task: NewTask| NewTask { fairness_key: Some(format!("key {key:03}")), ..task };
    // More keys than a round looks at, and their turn never passes.
    let wait = submit(&world, (0..150).map(|key| of(key, rare())).collect()).await;
    let others = submit(&world, (150..160).map(|key| of(key, NewTask::new(SKILL, json!({})))).collect()).await;
    are_done(&world, &others, "without").await;
    // One that comes later, behind one that waits.
    let late = world.submit(of(7, NewTask::new(SKILL, json!({})))).await.unwrap();
    are_done(&world, &[late], "without").await;
    all_are_queued(&world, &wait).await;
    gate.add_permits(1);
    world.ended(held).await;
    are_done(&world, &wait, "with").await;
    world.stop().await;
}

#[tokio::test]
async fn a_key_that_has_nothing_is_owed_no_turns_while_a_label_is_out_of_reach() {
    let (world, gate, held) = world().await;
    world.clock.stop();
    let of = |key: &str| NewTask { fairness_key: Some(key.to_owned()), ..NewTask::new(SKILL, json!({})) };
    let wait = submit(&world, vec![rare()]).await;
    // It had one turn, and then nothing while the other had many.
    for (key, count) in [("away", 1), ("there", 200)] {
        let tasks = submit(&world, vec![of(key); count]).await;
        are_done(&world, &tasks, "without").await;
    }
    let both = submit(&world, [vec![of("away"); 30], vec![of("there"); 30]].concat()).await;
    are_done(&world, &both, "without").await;
    let order: Vec<String> = beginnings(&world).await.into_iter().filter(|key| !key.is_empty()).skip(201).take(20).collect();
    let away = order.iter().filter(|key| *key == "away").count();
    assert!((5..=15).contains(&away), "they take turns: {order:?}");
    all_are_queued(&world, &wait).await;
    gate.add_permits(1);
    world.ended(held).await;
    world.stop().await;
}

#[tokio::test]
async fn a_refused_task_within_reach_does_not_bring_keys_back_that_wait_for_another_label() {
    const SHARED: &str = "shared";
    let (world, gate, of_ann) = with_two_more(&[SHARED.to_owned()]).await;
    let held = is_held(&world, rare()).await;
    let busy = is_held(&world, NewTask { labels: vec![SHARED.to_owned()], ..rare() }).await;
    // Its class is looked at in each round, whatever keys there are.
    let refused = world.submit(NewTask { priority: Priority::ALL[0], ..for_bob(SHARED) }).await.unwrap();
    // What is behind it began, so its label has been asked for in vain.
    let behind = submit(&world, vec![NewTask::new(SKILL, json!({}))]).await;
    are_done(&world, &behind, "without").await;
    of_ann.add_permits(1);
    world.ended(busy).await;
    is_refused(&world, refused).await;
    let of = |key: usize, task: NewTask| NewTask { fairness_key: Some(format!("key {key:03}")), ..task };
    let wait = submit(&world, (0..150).map(|key| of(key, rare())).collect()).await;
    let others = submit(&world, (150..160).map(|key| of(key, NewTask::new(SKILL, json!({})))).collect()).await;
    // By `ann`, who is free, or by the one without a label.
    for id in others {
        assert_eq!(world.ended(id).await.summary.state, TaskState::Completed);
    }
    all_are_queued(&world, &wait).await;
    all_are_queued(&world, &[refused]).await;
    gate.add_permits(1);
    world.ended(held).await;
    are_done(&world, &wait, "with").await;
    world.stop().await;
}

#[tokio::test]
async fn labels_of_refused_tasks_take_no_room_among_those_that_are_out_of_reach() {
    // One more than are remembered of a skill.
    let labels: Vec<String> = (0..33).map(|number| format!("shared {number:02}")).collect();
    let (world, gate, of_ann) = with_two_more(&labels).await;
    let held = is_held(&world, rare()).await;
    let mut refused = Vec::new();
    for label in &labels {
        let id = world.submit(for_bob(label)).await.unwrap();
        is_refused(&world, id).await;
        refused.push(id);
    }
    let busy = is_held(&world, NewTask { labels: vec!["agent:ann".to_owned()], ..rare() }).await;
    // What is behind them began, so they have been looked at since.
    let behind = submit(&world, vec![NewTask::new(SKILL, json!({}))]).await;
    are_done(&world, &behind, "without").await;
    let wait = submit(&world, vec![rare(); 600]).await;
    let others = submit(&world, vec![NewTask::new(SKILL, json!({})); 40]).await;
    are_done(&world, &others, "without").await;
    all_are_queued(&world, &wait).await;
    all_are_queued(&world, &refused).await;
    gate.add_permits(1);
    of_ann.add_permits(1);
    world.ended(held).await;
    world.ended(busy).await;
    world.stop().await;
}
