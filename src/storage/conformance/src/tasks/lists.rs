//! How are tasks listed, filtered, counted, and found to need an artifact?

use baton_domain::id::{AgentId, ArtifactId, TaskId};
use baton_domain::task::{Priority, TaskState};
use baton_domain::wire::task::TaskFilter;
use baton_storage::TaskQuery;
use serde_json::json;
use uuid::Uuid;

use crate::World;
use crate::make::{agent, at};

async fn found(world: &World, filter: TaskFilter) -> Vec<TaskId> {
    let query = TaskQuery { filter, before: None, limit: 99 };
    world.store.tasks(&query).await.unwrap().items.into_iter().map(|task| task.id).collect()
}

pub async fn a_list_has_the_newest_first_with_what_lists_show(world: &World) {
    let (old, new) = (world.queued().await, world.running().await.task.summary.id);
    let page = world.store.tasks(&TaskQuery { limit: 9, ..TaskQuery::default() }).await.unwrap();
    assert_eq!(page.items, [world.record(new).await.summary, world.record(old).await.summary]);
    assert_eq!(page.as_of.0, world.head().await);
}

pub async fn pages_follow_one_another_without_gap_or_repeat(world: &World) {
    let batch: Vec<_> = (0..23).map(|_| world.new_task()).collect();
    let mut wanted: Vec<TaskId> = batch.iter().map(|new| new.task.summary.id).collect();
    wanted.reverse();
    world.store.insert_tasks(batch, None).await.unwrap();
    let (mut before, mut seen) = (None, Vec::new());
    loop {
        let page = world.store.tasks(&TaskQuery { before, limit: 5, ..TaskQuery::default() }).await.unwrap();
        assert!(page.items.len() <= 5);
        let Some(last) = page.items.last() else { break };
        before = Some(last.id);
        seen.extend(page.items.iter().map(|task| task.id));
        // What is added while somebody reads does not move what comes after.
        world.queued().await;
    }
    assert_eq!(seen, wanted);
}

pub async fn cursor_and_limit_of_the_filter_are_not_looked_at(world: &World) {
    world.queued().await;
    world.queued().await;
    let filter = TaskFilter { cursor: Some("anything".to_owned()), limit: Some(1), ..TaskFilter::default() };
    assert_eq!(found(world, filter).await.len(), 2);
}

pub async fn a_list_can_be_of_some_states(world: &World) {
    for &state in TaskState::ALL {
        world.in_state(state).await;
    }
    for &state in TaskState::ALL {
        let page = found(world, TaskFilter { states: vec![state], ..TaskFilter::default() }).await;
        assert_eq!(page.len(), 1, "{state}");
        assert_eq!(world.record(page[0]).await.summary.state, state);
    }
    let ended = TaskState::ALL.iter().copied().filter(|state| state.is_terminal()).collect();
    assert_eq!(found(world, TaskFilter { states: ended, ..TaskFilter::default() }).await.len(), 5);
}

pub async fn a_list_can_be_of_a_skill_or_a_family(world: &World) {
    let mut ids = Vec::new();
    for skill in ["nlp.sentiment", "nlp.keywords", "nlp_two.x", "nlpx.y", "code.audit"] {
        ids.push(world.insert_with(|task| skill.clone_into(&mut task.summary.skill)).await);
    }
    let of = async |skill: &str| found(world, TaskFilter { skill: Some(skill.to_owned()), ..TaskFilter::default() }).await;
    assert_eq!(of("nlp.sentiment").await, [ids[0]]);
    assert_eq!(of("nlp").await, [ids[1], ids[0]]);
    assert_eq!(of("code").await, [ids[4]]);
    assert_eq!((of("nlp.").await, of("nl").await, of("nlp.sentimen").await, of("NLP").await), (vec![], vec![], vec![], vec![]));
}

pub async fn a_list_can_be_of_a_priority(world: &World) {
    let urgent = world.insert_with(|task| task.summary.priority = Priority::new(1).unwrap()).await;
    world.queued().await;
    assert_eq!(found(world, TaskFilter { priority: Some(Priority::new(1).unwrap()), ..TaskFilter::default() }).await, [urgent]);
}

pub async fn a_list_can_be_of_an_agent(world: &World) {
    let running = world.running().await;
    let ended = world.running().await;
    world.store.complete(World::completion(&ended, at(300))).await.unwrap();
    world.queued().await;
    let of = async |id| found(world, TaskFilter { agent: Some(id), ..TaskFilter::default() }).await;
    assert_eq!(of(agent().id).await, [ended.task.summary.id, running.task.summary.id]);
    assert_eq!(of(AgentId::new(world.id())).await, []);
}

pub async fn text_is_found_in_title_skill_and_identifier(world: &World) {
    let mut new = world.new_task();
    new.task.summary.id = TaskId::new(Uuid::from_u128(0xabcd_ef01_2345_7000_8000_0000_0000_0001));
    new.task.summary.title = "Quarterly Report, 100% of_it".to_owned();
    new.task.summary.skill = "docs.fill".to_owned();
    let wanted = world.insert(new).await;
    world.queued().await;
    let with = async |text: &str| found(world, TaskFilter { text: Some(text.to_owned()), ..TaskFilter::default() }).await;
    for text in ["quarterly", "LY REP", "100%", "of_it", "docs.f", "DOCS", "abcdef01", "abcdef01-2345-7", "ABCDEF"] {
        assert_eq!(with(text).await, [wanted], "{text}");
    }
    for text in ["100_", "of%", "bcdef", "nothing like it", "' OR 1=1"] {
        assert_eq!(with(text).await, [], "{text}");
    }
    assert_eq!(with("").await.len(), 2);
}

pub async fn filters_add_up(world: &World) {
    let id = world.insert_with(|task| task.summary.priority = Priority::new(2).unwrap()).await;
    world.queued().await;
    let filter = TaskFilter {
        states: vec![TaskState::Queued],
        skill: Some("nlp".to_owned()),
        priority: Some(Priority::new(2).unwrap()),
        text: Some("feel".to_owned()),
        ..TaskFilter::default()
    };
    assert_eq!(found(world, filter.clone()).await, [id]);
    assert_eq!(found(world, TaskFilter { states: vec![TaskState::Paused], ..filter.clone() }).await, []);
    assert_eq!(found(world, TaskFilter { agent: Some(agent().id), ..filter }).await, []);
}

pub async fn states_without_tasks_are_not_counted(world: &World) {
    assert_eq!(world.store.state_counts().await.unwrap().0, []);
    for _ in 0..2 {
        world.in_state(TaskState::Failed).await;
    }
    world.queued().await;
    let (mut counts, as_of) = world.store.state_counts().await.unwrap();
    counts.sort_by_key(|entry| entry.state);
    let counts: Vec<_> = counts.into_iter().map(|entry| (entry.state, entry.count)).collect();
    assert_eq!((counts, as_of.0), (vec![(TaskState::Queued, 1), (TaskState::Failed, 2)], world.head().await));
}

pub async fn an_artifact_is_in_use_while_a_live_task_names_it(world: &World) {
    for &state in TaskState::ALL {
        let artifact = ArtifactId::new(world.id());
        let mut new = world.new_task();
        new.input = json!({"tables": [{"from": artifact.to_string()}]});
        let id = world.insert(new).await;
        assert!(world.store.artifact_in_use(artifact).await.unwrap());
        let change = |from, trigger| {
            baton_storage::Advance::new(id, baton_storage::Guard::State(from), trigger, baton_domain::user::Principal::System, at(200))
        };
        use baton_domain::task::Trigger;
        let trigger = match state {
            TaskState::Queued => continue,
            TaskState::Waiting => Trigger::Hold,
            TaskState::Assigned => Trigger::Assign,
            TaskState::Paused => Trigger::Pause,
            TaskState::Canceled => Trigger::Cancel,
            TaskState::Rejected => Trigger::Reject,
            TaskState::TimedOut => Trigger::TimeOut,
            TaskState::Running | TaskState::Completed | TaskState::Failed => {
                world.begin(id, at(100)).await;
                match state {
                    TaskState::Completed => drop(world.applied(change(TaskState::Running, Trigger::Complete)).await),
                    TaskState::Failed => drop(world.applied(change(TaskState::Running, Trigger::Fail)).await),
                    _ => {}
                }
                assert_eq!(world.store.artifact_in_use(artifact).await.unwrap(), !state.is_terminal(), "{state}");
                continue;
            }
        };
        world.applied(change(TaskState::Queued, trigger)).await;
        assert_eq!(world.store.artifact_in_use(artifact).await.unwrap(), !state.is_terminal(), "{state}");
    }
    assert!(!world.store.artifact_in_use(ArtifactId::new(world.id())).await.unwrap());
}
