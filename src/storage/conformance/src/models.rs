//! What does the contract say of calls of models, and of what they spend?

use baton_domain::id::{AttemptId, DEFAULT_PROJECT, TaskId};
use baton_domain::model::Usage;
use baton_domain::wire::model::ModelUsage;
use baton_storage::{ModelCallRecord, SpendingScope, Spent, StoreError};
use futures::future::join_all;

use crate::World;
use crate::make::at;

fn call(world: &World, task: TaskId, now: i64) -> ModelCallRecord {
    ModelCallRecord {
        id: world.id(),
        project: DEFAULT_PROJECT,
        task,
        attempt: AttemptId::new(world.id()),
        model: "gpt".to_owned(),
        at: at(now),
        duration_ms: 12,
        usage: Usage { prompt_tokens: 100, completion_tokens: 20, cost_micros: 3 },
        cached: false,
        failure: None,
        request_key: None,
        request: "{\"messages\":[]}".to_owned(),
        answer: "{\"text\":\"héllo\"}".to_owned(),
    }
}

fn scope(name: &str, tokens: Option<u64>, cost_micros: Option<u64>) -> SpendingScope {
    SpendingScope { name: name.to_owned(), tokens, cost_micros }
}

const fn spent(tokens: u64, cost_micros: u64) -> Spent {
    Spent { tokens, cost_micros }
}

pub async fn the_calls_of_a_task_come_in_their_order(world: &World) {
    let (task, other) = (TaskId::new(world.id()), TaskId::new(world.id()));
    let (late, early) = (call(world, task, 20), call(world, task, 10));
    let failed = ModelCallRecord { failure: Some("MODEL-004".to_owned()), cached: true, ..call(world, task, 30) };
    for call in [late.clone(), early.clone(), failed.clone(), call(world, other, 5)] {
        world.store.record_model_call(call).await.unwrap();
    }
    assert_eq!(world.store.model_calls(task, 10).await.unwrap(), [early.clone(), late.clone(), failed]);
    assert_eq!(world.store.model_calls(task, 2).await.unwrap(), [early.clone(), late]);
    assert!(matches!(world.store.record_model_call(early).await, Err(StoreError::Conflict(_))));
}

pub async fn the_newest_answer_to_a_request_is_remembered_for_a_while(world: &World) {
    let task = TaskId::new(world.id());
    for (now, key, answer) in [(10, Some("k"), "first"), (30, Some("k"), "second"), (40, Some("other"), "third"), (50, None, "fourth")] {
        let call = ModelCallRecord { request_key: key.map(str::to_owned), answer: answer.to_owned(), ..call(world, task, now) };
        world.store.record_model_call(call).await.unwrap();
    }
    assert_eq!(world.store.remembered_answer("k", at(0)).await.unwrap().as_deref(), Some("second"));
    assert_eq!(world.store.remembered_answer("k", at(30)).await.unwrap().as_deref(), Some("second"));
    assert_eq!(world.store.remembered_answer("k", at(31)).await.unwrap(), None);
    assert_eq!(world.store.remembered_answer("nothing", at(0)).await.unwrap(), None);
}

pub async fn what_models_took_is_added_up_for_each(world: &World) {
    let task = TaskId::new(world.id());
    let failed = ModelCallRecord { failure: Some("MODEL-004".to_owned()), usage: Usage::default(), ..call(world, task, 30) };
    let cached = ModelCallRecord { cached: true, usage: Usage::default(), ..call(world, task, 40) };
    let other = ModelCallRecord { model: "local".to_owned(), ..call(world, task, 50) };
    for call in [call(world, task, 1), call(world, task, 20), failed, cached, other] {
        world.store.record_model_call(call).await.unwrap();
    }
    let usage = world.store.model_usage(DEFAULT_PROJECT, at(10)).await.unwrap();
    let total = Usage { prompt_tokens: 100, completion_tokens: 20, cost_micros: 3 };
    assert_eq!(usage.get("gpt"), Some(&ModelUsage { answered: 2, cached: 1, failed: 1, total }));
    assert_eq!(usage.get("local"), Some(&ModelUsage { answered: 1, cached: 0, failed: 0, total }));
    assert_eq!(usage.len(), 2);
}

pub async fn spending_never_passes_a_limit_and_is_all_or_nothing(world: &World) {
    let both = || vec![scope("project:1", Some(100), None), scope("task:1", Some(30), Some(10))];
    let spend = |scopes, more| world.store.spend(scopes, more, at(1));
    assert_eq!(spend(both(), spent(30, 4)).await.unwrap(), None);
    assert_eq!(spend(both(), spent(1, 0)).await.unwrap().as_deref(), Some("task:1"));
    assert_eq!(spend(both(), spent(0, 7)).await.unwrap().as_deref(), Some("task:1"), "money is counted too");
    assert_eq!(world.store.spent("project:1").await.unwrap(), spent(30, 4), "what was refused was added nowhere");
    assert_eq!(spend(vec![scope("project:1", Some(100), None)], spent(70, 999)).await.unwrap(), None, "a limit may be reached");
    assert_eq!(spend(vec![scope("project:1", Some(100), None)], spent(1, 0)).await.unwrap().as_deref(), Some("project:1"));
    assert_eq!(spend(vec![scope("free", None, None)], spent(u64::from(u32::MAX), 5)).await.unwrap(), None);
    assert_eq!(world.store.spent("nowhere").await.unwrap(), Spent::default());
}

pub async fn what_was_set_aside_is_settled_to_what_it_came_to(world: &World) {
    let names = || vec!["project:1".to_owned(), "task:1".to_owned()];
    let both = || vec![scope("project:1", Some(100), Some(100)), scope("task:1", Some(50), None)];
    world.store.spend(both(), spent(50, 40), at(1)).await.unwrap();
    world.store.settle_spending(names(), spent(50, 40), spent(20, 10), at(2)).await.unwrap();
    assert_eq!(world.store.spent("task:1").await.unwrap(), spent(20, 10));
    assert_eq!(world.store.spend(both(), spent(30, 0), at(3)).await.unwrap(), None);
    world.store.settle_spending(names(), spent(1_000, 1_000), spent(0, 0), at(4)).await.unwrap();
    assert_eq!(world.store.spent("project:1").await.unwrap(), Spent::default(), "it never falls below nothing");
}

pub async fn many_who_spend_at_once_keep_to_the_budget_together(world: &World) {
    let racing = (0..50).map(|number| {
        let scopes = vec![scope("project:1", Some(1_000), None), scope(&format!("task:{number}"), None, None)];
        world.store.spend(scopes, spent(90, 1), at(1))
    });
    let allowed = join_all(racing).await.into_iter().filter(|answer| answer.as_ref().unwrap().is_none()).count();
    assert_eq!(allowed, 11);
    assert_eq!(world.store.spent("project:1").await.unwrap(), spent(990, 11));
}

pub async fn old_calls_and_old_spending_are_forgotten(world: &World) {
    let task = TaskId::new(world.id());
    for now in [10, 20, 30] {
        world.store.record_model_call(call(world, task, now)).await.unwrap();
    }
    world.store.spend(vec![scope("old", None, None)], spent(5, 5), at(10)).await.unwrap();
    world.store.spend(vec![scope("new", None, None)], spent(5, 5), at(30)).await.unwrap();
    assert_eq!(world.store.forget_model_calls(at(25), 1).await.unwrap(), 1);
    assert_eq!(world.store.forget_model_calls(at(25), 10).await.unwrap(), 1);
    assert_eq!(world.store.forget_model_calls(at(25), 10).await.unwrap(), 0);
    assert_eq!(world.store.model_calls(task, 10).await.unwrap().len(), 1);
    assert_eq!((world.store.spent("old").await.unwrap(), world.store.spent("new").await.unwrap()), (Spent::default(), spent(5, 5)));
}
