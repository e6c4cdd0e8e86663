//! What becomes of attempts whose agent keeps its thread?

use std::num::NonZeroUsize;
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use baton_agents_runtime::{Agent, Context, SkillError};
use baton_domain::agent::{AgentCard, Skill};
use baton_domain::task::{RetryPolicy, TaskState, Timeouts};
use baton_domain::wire::task::{AttemptOutcome, NewTask};
use baton_orchestration::EngineOptions;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::world::{World, card, options, quick, skill};

const SKILL: &str = "stubborn.do";

/// What keeps threads until it is opened, at the latest when the test ends.
#[derive(Clone, Default)]
struct Hold(Arc<(Mutex<Holding>, Condvar)>);

#[derive(Default)]
struct Holding {
    open: bool,
    held: usize,
}

impl Hold {
    /// Keeps the thread that calls it.
    fn keep(&self) {
        let (holding, changed) = &*self.0;
        let mut holding = holding.lock().unwrap();
        holding.held += 1;
        while !holding.open {
            holding = changed.wait(holding).unwrap();
        }
        holding.held -= 1;
    }

    fn open(&self) {
        self.0.0.lock().unwrap().open = true;
        self.0.1.notify_all();
    }

    fn close(&self) {
        self.0.0.lock().unwrap().open = false;
    }

    fn held(&self) -> usize {
        self.0.0.lock().unwrap().held
    }
}

/// Opens it, so that a test that fails does not leave threads behind.
struct Opens(Hold);

impl Drop for Opens {
    fn drop(&mut self) {
        self.0.open();
    }
}

/// Keeps its thread in the attempts that its input says, and never lets go by itself.
struct Stubborn(Hold);

#[async_trait]
impl Agent for Stubborn {
    fn card(&self) -> AgentCard {
        let retry = RetryPolicy { maximum_attempts: 4, ..quick() };
        card("stubborn", "Stubborn", 4, vec![Skill { retry, ..skill(SKILL, "Stubborn", "Keeps its thread.") }])
    }

    async fn perform(&self, context: Context, _: &str, input: Value) -> Result<Value, SkillError> {
        context.info("begins", json!({}));
        if u64::from(context.attempt()) <= input["keeps"].as_u64().unwrap_or(0) {
            self.0.keep();
        }
        Ok(json!({"attempt": context.attempt()}))
    }
}

/// An engine whose agents have one thread.
async fn world() -> (World, Hold, Opens) {
    open(EngineOptions { agent_threads: NonZeroUsize::new(1), ..options() }).await
}

async fn open(options: EngineOptions) -> (World, Hold, Opens) {
    let hold = Hold::default();
    let folder = TempDir::with_prefix("baton-threads-").unwrap();
    let world = World::open_with(folder, options, vec![Arc::new(Stubborn(hold.clone()))]).await;
    (world, hold.clone(), Opens(hold))
}

fn keeps(attempts: u32) -> NewTask {
    let timeouts = Timeouts { heartbeat_ms: 300, ..Timeouts::default() };
    NewTask { timeouts, ..NewTask::new(SKILL, json!({"keeps": attempts})) }
}

/// How many slots of the agent's instance are taken.
async fn busy(world: &World) -> u32 {
    let agents = world.engine.agents().list(&world.caller).await.unwrap();
    let id = agents.items.iter().find(|agent| agent.name == "stubborn").unwrap().id;
    agents.standings.iter().find(|standing| standing.agent_id == id).unwrap().instances[0].busy
}

async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    for _ in 0..2_000 {
        if holds().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    panic!("{what} never came");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_attempt_whose_agent_keeps_the_thread_ends_and_its_slot_stays_taken_until_it_lets_go() {
    let (world, hold, _opens) = world().await;
    let task = world.run(keeps(2)).await;
    assert_eq!((task.summary.state, task.result), (TaskState::Completed, Some(json!({"attempt": 3}))));
    let ends: Vec<_> = task.attempts.iter().map(|attempt| (attempt.number, attempt.outcome)).collect();
    assert_eq!(ends, [(1, Some(AttemptOutcome::TimedOut)), (2, Some(AttemptOutcome::TimedOut)), (3, Some(AttemptOutcome::Completed))]);
    for attempt in &task.attempts[..2] {
        assert_eq!(attempt.failure.as_ref().map(|failure| failure.code.as_str()), Some("ATTEMPT-003"));
    }
    until("the end of the third", async || world.engine.running() == 0 && busy(&world).await <= 2).await;
    assert_eq!((hold.held(), busy(&world).await), (2, 2), "those that keep their threads keep their slots");
    // What others do goes on meanwhile.
    assert_eq!(world.run(NewTask::new("diagnostics.echo", json!({"message": "still here"}))).await.summary.state, TaskState::Completed);
    hold.open();
    until("the slots", async || busy(&world).await == 0).await;
    assert_eq!(hold.held(), 0);
    let scratch = world.folder.path().join("scratch");
    assert_eq!(std::fs::read_dir(scratch).unwrap().count(), 0, "scratch folders are removed");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn an_agent_that_keeps_a_thread_of_the_server_gets_others_from_then_on() {
    let (world, hold, _opens) = open(EngineOptions { heart_thread: true, ..options() }).await;
    // More than the server has threads: only the first one may be one of those.
    for attempts in [4, 3] {
        let retry = RetryPolicy { maximum_attempts: 5, ..quick() };
        let task = world.run(NewTask { retry: Some(retry), labels: vec!["agent:stubborn".into()], ..keeps(attempts - 1) }).await;
        assert_eq!((task.summary.state, task.attempts.len()), (TaskState::Completed, attempts as usize));
        let ends = task.attempts.iter().filter(|attempt| attempt.outcome == Some(AttemptOutcome::TimedOut)).count();
        assert_eq!(ends, attempts as usize - 1);
        let echo = world.run(NewTask::new("diagnostics.echo", json!({"message": "still here"}))).await;
        assert_eq!(echo.summary.state, TaskState::Completed);
        if attempts == 4 {
            assert_eq!(hold.held(), 3);
            hold.open();
            until("the slots", async || busy(&world).await == 0 && hold.held() == 0).await;
            hold.close();
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_last_attempt_that_keeps_its_thread_ends_the_task() {
    let (world, _hold, _opens) = world().await;
    let once = NewTask { retry: Some(RetryPolicy { maximum_attempts: 1, ..quick() }), ..keeps(1) };
    let task = world.run(once).await;
    assert_eq!(
        (task.summary.state, task.summary.failure.map(|failure| failure.code).as_deref()),
        (TaskState::TimedOut, Some("ATTEMPT-003"))
    );
    let timeouts = Timeouts { start_to_close_ms: 200, ..Timeouts::default() };
    let once = NewTask { retry: Some(RetryPolicy { maximum_attempts: 1, ..quick() }), timeouts, ..keeps(1) };
    let task = world.run(once).await;
    assert_eq!(
        (task.summary.state, task.summary.failure.map(|failure| failure.code).as_deref()),
        (TaskState::TimedOut, Some("ATTEMPT-002"))
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn cancelling_and_stopping_do_not_wait_for_a_thread_that_is_kept() {
    let (world, hold, _opens) = world().await;
    let patient = || NewTask::new(SKILL, json!({"keeps": 9}));
    let id = world.submit(patient()).await.unwrap();
    until("the first", async || hold.held() == 1).await;
    let asked = Instant::now();
    world.tasks().cancel(&world.caller, id).await.unwrap();
    assert_eq!(world.ended(id).await.summary.state, TaskState::Canceled);
    assert!(asked.elapsed() < Duration::from_secs(2), "it took {:?}", asked.elapsed());

    let id = world.submit(patient()).await.unwrap();
    until("the second", async || hold.held() == 2).await;
    let tasks = world.tasks();
    let stopping = Instant::now();
    world.engine.stop().await;
    assert!(stopping.elapsed() < Duration::from_secs(3), "it took {:?}", stopping.elapsed());
    let task = tasks.get(&world.caller, id, None).await.unwrap();
    assert_eq!((task.summary.state, task.attempts[0].outcome), (TaskState::Queued, Some(AttemptOutcome::HandedBack)));
    assert_eq!(hold.held(), 2, "nothing took the threads away");
}
