//! Do tasks that only a busy agent could take keep their places without holding up those that another one could?

use std::sync::Arc;

use async_trait::async_trait;
use baton_agents_runtime::{Agent, Context, SkillError};
use baton_domain::agent::AgentCard;
use baton_domain::id::TaskId;
use baton_domain::task::TaskState;
use baton_domain::time::Timestamp;
use baton_domain::wire::task::{NewBatch, NewTask};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::sync::Semaphore;

use super::world::{World, card, options, skill};

const SKILL: &str = "labelled.do";
const LABEL: &str = "rare";

/// One of two agents with the same skill.
struct Labelled {
    name: &'static str,
    label: Option<&'static str>,
    slots: u32,
    /// Where attempts wait whose input says so.
    gate: Arc<Semaphore>,
}

#[async_trait]
impl Agent for Labelled {
    fn card(&self) -> AgentCard {
        let labels = self.label.map(str::to_owned).into_iter().collect();
        AgentCard { labels, ..card(self.name, self.name, self.slots, vec![skill(SKILL, "Labelled", "Says who did it.")]) }
    }

    async fn perform(&self, _context: Context, _skill: &str, input: Value) -> Result<Value, SkillError> {
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
    let gate = Arc::new(Semaphore::new(0));
    let agent = |name, label, slots| Arc::new(Labelled { name, label, slots, gate: Arc::clone(&gate) }) as Arc<dyn Agent>;
    let agents = vec![agent("with", Some(LABEL), 1), agent("without", None, 2)];
    let world = World::open_with(TempDir::with_prefix("baton-labels-").unwrap(), options(), agents).await;
    let held = world.submit(NewTask { input: json!({"waits": true}), ..rare() }).await.unwrap();
    world.reaches(held, TaskState::Running).await;
    (world, gate, held)
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
