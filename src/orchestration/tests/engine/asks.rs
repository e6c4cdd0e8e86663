//! Do attempts that wait for what they asked of other skills leave their places to others, and come back to them?

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use baton_agents_runtime::{Agent, Context, SkillError};
use baton_domain::agent::{AgentCard, Family, InstanceRange, Skill};
use baton_domain::id::TaskId;
use baton_domain::task::{RetryPolicy, TaskState, Timeouts};
use baton_domain::wire::limit::{LimitScope, NewLimit};
use baton_domain::wire::task::{AttemptOutcome, NewTask, TaskDetail};
use baton_domain::wire::trace::Level;
use baton_orchestration::EngineOptions;
use baton_storage::{TaskStore, TraceStore};
use futures::future::join_all;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::sync::{Barrier, Semaphore};

use super::world::{World, options, quick, skill};

const ASKER: &str = "asker.do";
const HELPER: &str = "helper.do";

/// Where the attempts of an agent work.
struct Floor {
    working: AtomicUsize,
    most: AtomicUsize,
    /// Who began to work, or went on with its answers.
    came: Mutex<Vec<String>>,
    /// Lets those through that wait for the test.
    gate: Semaphore,
    /// Where two meet.
    meeting: Barrier,
}

impl Floor {
    fn new() -> Arc<Self> {
        let (working, most) = (AtomicUsize::new(0), AtomicUsize::new(0));
        Arc::new(Self { working, most, came: Mutex::default(), gate: Semaphore::new(0), meeting: Barrier::new(2) })
    }

    fn enter(self: &Arc<Self>, who: String) -> Works {
        let now = self.working.fetch_add(1, Ordering::SeqCst) + 1;
        self.most.fetch_max(now, Ordering::SeqCst);
        self.came.lock().unwrap().push(who);
        Works(Arc::clone(self))
    }

    /// The most that worked at once.
    fn most(&self) -> usize {
        self.most.load(Ordering::SeqCst)
    }

    fn came(&self) -> Vec<String> {
        self.came.lock().unwrap().clone()
    }
}

/// One that works, until this is dropped.
struct Works(Arc<Floor>);

impl Drop for Works {
    fn drop(&mut self) {
        self.0.working.fetch_sub(1, Ordering::SeqCst);
    }
}

/// Meets another one, waits for the test, and asks, as far as its input says so. What it asks later it asks once it has met the test.
struct Asker {
    name: &'static str,
    slots: u32,
    floor: Arc<Floor>,
}

#[async_trait]
impl Agent for Asker {
    fn card(&self) -> AgentCard {
        let skill =
            Skill { retry: RetryPolicy { maximum_attempts: 1, ..quick() }, ..skill(&format!("{}.do", self.name), "Asks", "Asks others.") };
        AgentCard {
            name: self.name.into(),
            title: self.name.into(),
            description: "For tests.".into(),
            family: Family::Custom,
            skills: vec![skill],
            labels: vec![],
            slots: self.slots,
            instances: InstanceRange::default(),
            cost_micros: 0,
            version: "1.0.0".to_owned(),
        }
    }

    async fn perform(&self, context: Context, _: &str, input: Value) -> Result<Value, SkillError> {
        let name = input["name"].as_str().unwrap_or_default();
        let works = self.floor.enter(name.to_owned());
        if input["meets"] == true {
            self.floor.meeting.wait().await;
        }
        if input["waits"] == true {
            self.floor.gate.acquire().await.map_err(|_| SkillError::internal("the test is over"))?.forget();
        }
        let asks: Vec<Value> = input["asks"].as_array().cloned().unwrap_or_default();
        if asks.is_empty() {
            return Ok(json!({}));
        }
        drop(works);
        let of = input["of"].as_str().unwrap_or(ASKER);
        let (context, meeting) = (&context, &self.floor.meeting);
        let asked = asks.into_iter().map(|ask| async move {
            if ask["later"] == true {
                meeting.wait().await;
            }
            let skill = ask["to"].as_str().unwrap_or(of).to_owned();
            context.ask(&skill, ask).await
        });
        let answers = join_all(asked).await;
        let _works = self.floor.enter(format!("{name} again"));
        let answered = answers.into_iter().filter(Result::is_ok).count();
        Ok(json!({"answers": answered}))
    }
}

struct Place {
    world: World,
    asker: Arc<Floor>,
    helper: Arc<Floor>,
}

impl Place {
    /// An asker of so many slots, and a helper of one.
    async fn new(slots: u32, options: EngineOptions) -> Self {
        let (asker, helper) = (Floor::new(), Floor::new());
        let agents: Vec<Arc<dyn Agent>> = vec![
            Arc::new(Asker { name: "asker", slots, floor: Arc::clone(&asker) }),
            Arc::new(Asker { name: "helper", slots: 1, floor: Arc::clone(&helper) }),
        ];
        let world = World::open_with(TempDir::with_prefix("baton-asks-").unwrap(), options, agents).await;
        Self { world, asker, helper }
    }

    async fn submit(&self, input: Value) -> TaskId {
        self.world.submit(NewTask::new(ASKER, input)).await.unwrap()
    }

    /// How many attempts the asker is said to have, and how many slots of its instance are taken.
    async fn shown(&self) -> (u32, u32) {
        let agents = self.world.engine.agents().list(&self.world.caller).await.unwrap();
        let asker = agents.items.iter().find(|agent| agent.name == "asker").unwrap();
        (asker.busy, agents.standings.iter().find(|standing| standing.agent_id == asker.id).unwrap().instances[0].busy)
    }

    async fn busy(&self) -> u32 {
        self.shown().await.1
    }

    async fn state(&self, id: TaskId) -> TaskState {
        self.world.tasks().get(&self.world.caller, id, None).await.unwrap().summary.state
    }

    /// The child of a task, once it runs.
    async fn child(&self, parent: TaskId) -> TaskId {
        for _ in 0..2_000 {
            if let [child] = self.world.store.live_children(parent, 10).await.unwrap()[..] {
                self.world.reaches(child, TaskState::Running).await;
                return child;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        panic!("{parent} never had a child");
    }

    /// Waits until so many children of a task have not ended.
    async fn has_children(&self, parent: TaskId, count: usize) {
        for _ in 0..2_000 {
            if self.world.store.live_children(parent, 100).await.unwrap().len() == count {
                return;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        panic!("{parent} never had {count} children");
    }

    /// What the log of a task says.
    async fn lines(&self, id: TaskId) -> Vec<String> {
        let lines = self.world.store.log_lines(id, 0, Level::Debug, 100).await.unwrap();
        lines.into_iter().map(|line| line.message).collect()
    }

    /// Waits until the log of a task says this.
    async fn says(&self, id: TaskId, text: &str) {
        for _ in 0..2_000 {
            if self.lines(id).await.iter().any(|line| line == text) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        panic!("{id} never said {text:?}");
    }

    /// Whether nothing is taken any more: all slots come back, and a task goes through.
    async fn is_left_as_it_was(&self) {
        for _ in 0..2_000 {
            if self.busy().await == 0 {
                let last = self.world.run(NewTask::new(ASKER, json!({"name": "last"}))).await;
                assert_eq!(last.summary.state, TaskState::Completed);
                return;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        panic!("some slot never came back");
    }

    /// A parent that waits for its place: its child, of the helper, has ended, and somebody else has the asker's only slot.
    async fn one_that_returns(&self, timeouts: Timeouts) -> (TaskId, TaskId) {
        let asks = json!({"name": "parent", "of": HELPER, "asks": [{"waits": true}]});
        let parent = self.world.submit(NewTask { timeouts, ..NewTask::new(ASKER, asks) }).await.unwrap();
        let child = self.child(parent).await;
        let other = self.submit(json!({"name": "other", "waits": true})).await;
        self.world.reaches(other, TaskState::Running).await;
        assert_eq!((self.shown().await, self.state(parent).await), ((1, 1), TaskState::Running), "the store knows nothing of it");
        self.helper.gate.add_permits(1);
        assert_eq!(self.world.ended(child).await.summary.state, TaskState::Completed);
        (parent, other)
    }
}

#[tokio::test]
async fn attempts_that_ask_their_own_agent_do_not_wait_for_one_another() {
    let place = Place::new(2, options()).await;
    let mut parents = Vec::new();
    for name in ["one", "two"] {
        parents.push(place.submit(json!({"name": name, "meets": true, "asks": [{"name": "child"}]})).await);
    }
    for parent in parents {
        let task = place.world.ended(parent).await;
        assert_eq!((task.summary.state, task.result), (TaskState::Completed, Some(json!({"answers": 1}))));
        assert_eq!(place.lines(parent).await, ["gives its place back while it waits", "has its place again"]);
    }
    assert_eq!(place.asker.most(), 2, "never more than it has slots");
    place.is_left_as_it_was().await;
}

#[tokio::test]
async fn who_waits_for_several_does_not_keep_the_others_from_their_place() {
    let place = Place::new(1, options()).await;
    let parent = place.submit(json!({"name": "parent", "asks": vec![json!({"name": "child"}); 5]})).await;
    let task = place.world.ended(parent).await;
    assert_eq!((task.summary.state, task.result), (TaskState::Completed, Some(json!({"answers": 5}))));
    assert_eq!(place.asker.most(), 1);
    place.is_left_as_it_was().await;
}

#[tokio::test]
async fn one_ask_too_many_and_one_that_nobody_could_do_are_refused_and_hold_up_no_other() {
    let place = Place::new(1, options()).await;
    let parent = place.submit(json!({"name": "parent", "asks": vec![json!({"name": "child", "waits": true}); 17]})).await;
    // None of them ends before the last was asked for.
    place.has_children(parent, 16).await;
    place.asker.gate.add_permits(16);
    assert_eq!(place.world.ended(parent).await.result, Some(json!({"answers": 16})));
    let parent = place.submit(json!({"name": "parent", "of": "nobody.does", "asks": [{}]})).await;
    assert_eq!(place.world.ended(parent).await.result, Some(json!({"answers": 0})));
    let lines = place.lines(parent).await;
    assert!(lines.is_empty(), "it kept its place: {lines:?}");
    place.is_left_as_it_was().await;
}

#[tokio::test]
async fn a_refusal_waits_for_the_place_as_any_answer_does() {
    let place = Place::new(1, options()).await;
    let asks = json!([{"waits": true}, {"later": true, "to": "nobody.does"}]);
    let parent = place.submit(json!({"name": "parent", "of": HELPER, "asks": asks})).await;
    place.child(parent).await;
    let other = place.submit(json!({"name": "other", "waits": true})).await;
    // Which has what was the parent's.
    place.world.reaches(other, TaskState::Running).await;
    place.asker.meeting.wait().await;
    place.asker.gate.add_permits(1);
    assert_eq!(place.world.ended(other).await.summary.state, TaskState::Completed);
    // Its child has not ended: it is the refusal that it comes back for.
    place.says(parent, "has its place again").await;
    place.helper.gate.add_permits(1);
    let task = place.world.ended(parent).await;
    assert_eq!((task.summary.state, task.result), (TaskState::Completed, Some(json!({"answers": 1}))));
    assert_eq!(place.asker.most(), 1);
    place.is_left_as_it_was().await;
}

#[tokio::test]
async fn under_a_concurrency_limit_the_place_is_kept() {
    let place = Place::new(1, options()).await;
    let limit = NewLimit { scope: LimitScope::Skill, name: ASKER.to_owned(), maximum: 2 };
    place.world.engine.limits().set(&place.world.caller, limit).await.unwrap();
    // By its end the limit has been looked at, which setting it asked for.
    place.world.run(NewTask::new(ASKER, json!({"name": "first"}))).await;
    let parent = place.submit(json!({"name": "parent", "of": HELPER, "asks": [{"waits": true}]})).await;
    place.child(parent).await;
    place.helper.gate.add_permits(1);
    assert_eq!(place.world.ended(parent).await.result, Some(json!({"answers": 1})));
    let lines = place.lines(parent).await;
    assert!(lines.is_empty(), "{lines:?}");
    place.is_left_as_it_was().await;
}

#[tokio::test]
async fn what_is_waited_for_goes_before_what_was_queued_with_the_one_that_waits() {
    let place = Place::new(1, options()).await;
    let parent = place.submit(json!({"name": "parent", "waits": true, "asks": [{"name": "child", "waits": true}]})).await;
    place.world.reaches(parent, TaskState::Running).await;
    for number in 0..3 {
        place.submit(json!({"name": format!("queued {number}")})).await;
    }
    place.asker.gate.add_permits(1);
    let child = place.child(parent).await;
    let urgent = |task: TaskDetail| task.summary.priority.get();
    place.asker.gate.add_permits(1);
    assert_eq!((urgent(place.world.ended(parent).await), urgent(place.world.ended(child).await)), (3, 2));
    let came = place.asker.came();
    assert_eq!(came[..2], ["parent", "child"], "{came:?}");
    place.is_left_as_it_was().await;
}

#[tokio::test]
async fn cancelling_a_parent_ends_its_child_at_once_and_frees_what_both_had() {
    // Nothing is swept while this test lasts.
    let place = Place::new(1, EngineOptions { sweep: Duration::from_secs(3_600), ..options() }).await;
    let parent = place.submit(json!({"name": "parent", "asks": [{"name": "child", "waits": true}]})).await;
    let child = place.child(parent).await;
    assert_eq!(place.busy().await, 1, "the child has what was its parent's");
    let tasks = place.world.tasks();
    tasks.cancel(&place.world.caller, parent).await.unwrap();
    let asked = tasks.get(&place.world.caller, child, None).await.unwrap().summary;
    assert!(asked.cancel_requested_at.is_some() || asked.state.is_terminal(), "it was asked together with its parent");
    for id in [parent, child] {
        let task = place.world.ended(id).await;
        assert_eq!((task.summary.state, task.attempts[0].outcome), (TaskState::Canceled, Some(AttemptOutcome::Canceled)));
    }
    place.is_left_as_it_was().await;
}

#[tokio::test]
async fn who_returns_has_its_place_before_tasks_that_were_queued() {
    const QUEUED: usize = 20;
    let place = Place::new(1, options()).await;
    let (parent, _) = place.one_that_returns(Timeouts::default()).await;
    for number in 0..QUEUED {
        place.submit(json!({"name": format!("queued {number}"), "waits": true})).await;
    }
    place.asker.gate.add_permits(QUEUED + 1);
    let task = place.world.ended(parent).await;
    assert_eq!((task.summary.state, task.result), (TaskState::Completed, Some(json!({"answers": 1}))));
    let came = place.asker.came();
    let at = came.iter().position(|who| who == "parent again").unwrap();
    // Behind itself, the other one, and at most those that were quicker than the news of its child's end.
    assert!(at < QUEUED / 2, "{came:?}");
    assert_eq!(place.asker.most(), 1);
}

#[tokio::test]
async fn cancelling_one_that_waits_for_its_place_takes_it_from_nobody() {
    let place = Place::new(1, options()).await;
    let (parent, other) = place.one_that_returns(Timeouts::default()).await;
    place.world.tasks().cancel(&place.world.caller, parent).await.unwrap();
    assert_eq!(place.world.ended(parent).await.summary.state, TaskState::Canceled);
    assert_eq!(place.busy().await, 1);
    place.asker.gate.add_permits(1);
    assert_eq!(place.world.ended(other).await.summary.state, TaskState::Completed);
    assert!(!place.asker.came().contains(&"parent again".to_owned()));
    place.is_left_as_it_was().await;
}

#[tokio::test]
async fn the_time_of_an_attempt_also_ends_its_wait_for_its_place() {
    let place = Place::new(1, options()).await;
    let (parent, other) = place.one_that_returns(Timeouts { start_to_close_ms: 10_000, ..Timeouts::default() }).await;
    let task = place.world.ended(parent).await;
    assert_eq!(
        (task.summary.state, task.summary.failure.map(|failure| failure.code).as_deref()),
        (TaskState::TimedOut, Some("ATTEMPT-002"))
    );
    place.asker.gate.add_permits(1);
    assert_eq!(place.world.ended(other).await.summary.state, TaskState::Completed);
    place.is_left_as_it_was().await;
}

#[tokio::test]
async fn a_server_that_stops_hands_back_what_waits_for_its_place() {
    let place = Place::new(1, options()).await;
    let (parent, other) = place.one_that_returns(Timeouts::default()).await;
    let tasks = place.world.tasks();
    place.world.engine.stop().await;
    for id in [parent, other] {
        let task = tasks.get(&place.world.caller, id, None).await.unwrap();
        assert_eq!((task.summary.state, task.attempts[0].outcome), (TaskState::Queued, Some(AttemptOutcome::HandedBack)));
    }
}
