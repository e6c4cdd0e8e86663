//! Is anything lost when the server is killed in the middle? Every acknowledged task completes, and completes once.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::disallowed_methods, unreachable_pub, reason = "tests")]

mod harness;

use std::collections::HashMap;
use std::time::{Duration, Instant};

use baton_clients::baton_api::BatonApi;
use baton_domain::id::{EventSeq, TaskId};
use baton_domain::invariants::{TaskFacts, check_task};
use baton_domain::task::TaskState;
use baton_domain::wire::task::{NewTask, TaskSummary};
use baton_testkit::{SeededChance, scale};
use harness::{PATIENCE, Server, data_folder};
use serde_json::json;

/// What the events say of each task, gathered as the log grows.
#[derive(Default)]
struct Ledger {
    since: EventSeq,
    tasks: HashMap<TaskId, (Vec<TaskState>, TaskSummary)>,
}

impl Ledger {
    /// Reads on; says how many tasks have ended.
    async fn read(&mut self, api: &BatonApi) -> usize {
        loop {
            let page = api.events(self.since, "task").await.expect("events");
            for event in page.items {
                assert!(event.seq > self.since, "the sequence goes back at {}", event.seq);
                let task: TaskSummary = event.data.read().expect("a task");
                let Some(state) = event.kind.strip_prefix("task.").and_then(TaskState::parse) else { continue };
                let entry = self.tasks.entry(task.id).or_insert_with(|| (Vec::new(), task.clone()));
                entry.0.push(state);
                entry.1 = task;
            }
            self.since = page.next_since;
            if !page.more {
                return self.tasks.values().filter(|(_, task)| task.state.is_terminal()).count();
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_again_and_again_the_server_loses_no_task_and_completes_none_twice() {
    let (count, kills) = (scale().of(2_000, 10_000), scale().of(4, 20));
    let folder = data_folder();
    let chance = SeededChance::new(7);
    let mut server = Server::start(folder.path());
    let mut api = server.api().await;
    let mut ledger = Ledger::default();
    let mut acknowledged = Vec::new();
    let (mut killed, mut in_the_middle) = (0, 0);
    let began = Instant::now();
    while acknowledged.len() < count || ledger.read(&api).await < count {
        assert!(began.elapsed() < PATIENCE * 10, "{} of {count} ended", ledger.read(&api).await);
        if acknowledged.len() < count {
            let tasks = (0..(count / kills).min(count - acknowledged.len()))
                .map(|index| NewTask::new("diagnostics.echo", json!({"message": index.to_string()})));
            // Only what was acknowledged counts; a batch that the kill cut off may be stored or not.
            acknowledged.extend(api.submit_batch(tasks.collect()).await.expect("a batch").ids);
        }
        // Spread over the run: one kill for each share of the tasks that has gone in.
        if killed < kills && acknowledged.len() * kills >= count * killed {
            tokio::time::sleep(Duration::from_millis(chance.bits() % 20)).await;
            in_the_middle += usize::from(ledger.read(&api).await < acknowledged.len());
            server.kill();
            killed += 1;
            server = Server::start(folder.path());
            api = server.api().await;
        }
    }
    assert_eq!(killed, kills);
    assert!(in_the_middle * 4 >= kills, "only {in_the_middle} of {kills} kills met work that was not done");
    for id in &acknowledged {
        let (history, task) = ledger.tasks.get(id).unwrap_or_else(|| panic!("{id} is lost"));
        assert_eq!(task.state, TaskState::Completed, "{id}: {:?} {history:?}", task.failure);
        assert_eq!(history.iter().filter(|state| state.is_terminal()).count(), 1, "{id} ended twice");
        let facts = TaskFacts {
            id: *id,
            state: task.state,
            has_lease_holder: false,
            attempt: task.attempt,
            maximum_attempts: task.maximum_attempts,
            history: history.clone(),
        };
        assert_eq!(check_task(&facts), []);
    }
    assert!(server.terminate());
}
