//! How are tasks listed, filtered, counted, and found to need an artifact?

use baton_domain::id::{AgentId, ArtifactId, RunId, TaskId};
use baton_domain::task::{Priority, TaskState, Trigger};
use baton_domain::user::Principal;
use baton_domain::wire::task::{Failure, TaskFilter};
use baton_storage::{Advance, Guard, JournalKind, JournalWrite, NewTaskRecord, TaskQuery};
use serde_json::json;
use uuid::Uuid;

use crate::World;
use crate::dice::Dice;
use crate::journals::{new as new_journal, open, turn, written};
use crate::make::{agent, at, states};

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
    for state in states() {
        world.in_state(state).await;
    }
    for state in states() {
        let page = found(world, TaskFilter { states: vec![state], ..TaskFilter::default() }).await;
        assert_eq!(page.len(), 1, "{state}");
        assert_eq!(world.record(page[0]).await.summary.state, state);
    }
    let ended = states().filter(|state| state.is_terminal()).collect();
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

pub async fn a_list_can_be_of_a_run(world: &World) {
    let run = RunId::new(world.id());
    let first = world.insert_with(|task| task.summary.run_id = Some(run)).await;
    world.insert_with(|task| task.summary.run_id = Some(RunId::new(world.id()))).await;
    world.queued().await;
    // One of a batch keeps its own.
    let batch = [Some(run), None].map(|run_id| world.task_with(|task| task.summary.run_id = run_id));
    let last = batch[0].task.summary.id;
    world.store.insert_tasks(batch.to_vec(), None).await.unwrap();
    let of = async |run| found(world, TaskFilter { run_id: Some(run), ..TaskFilter::default() }).await;
    assert_eq!(of(run).await, [last, first]);
    assert_eq!(of(RunId::new(world.id())).await, []);
    // It stays what it is part of, whatever becomes of it.
    let begun = world.begin(first, at(100)).await;
    world.store.complete(World::completion(&begun, at(200))).await.unwrap();
    assert_eq!(of(run).await, [last, first]);
    assert_eq!(world.record(first).await.summary.run_id, Some(run));
}

pub async fn a_list_can_be_of_the_children_of_a_task(world: &World) {
    let parent = world.queued().await;
    assert!(!world.rows(parent).await.has_children);
    let first = world.insert_with(|task| task.summary.parent_id = Some(parent)).await;
    let last = world.insert_with(|task| task.summary.parent_id = Some(parent)).await;
    let below = world.insert_with(|task| task.summary.parent_id = Some(first)).await;
    // Ended ones too.
    let begun = world.begin(first, at(100)).await;
    world.store.complete(World::completion(&begun, at(200))).await.unwrap();
    let of = async |parent| found(world, TaskFilter { parent_id: Some(parent), ..TaskFilter::default() }).await;
    assert_eq!((of(parent).await, of(first).await, of(last).await), (vec![last, first], vec![below], vec![]));
    let have = [world.rows(parent).await, world.rows(first).await, world.rows(last).await].map(|rows| rows.has_children);
    assert_eq!(have, [true, true, false]);
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

pub async fn only_ascii_letters_are_folded(world: &World) {
    let id = world.insert_with(|task| "Größe ÄRGER %_".clone_into(&mut task.summary.title)).await;
    let with = async |text: &str| found(world, TaskFilter { text: Some(text.to_owned()), ..TaskFilter::default() }).await;
    for text in ["größe", "GRößE", "rGER", "%_"] {
        assert_eq!(with(text).await, [id], "{text}");
    }
    for text in ["GRÖSSE", "ärger", "GRÖßE"] {
        assert_eq!(with(text).await, [], "{text}");
    }
}

pub async fn a_list_can_be_of_labels(world: &World) {
    let mut ids = Vec::new();
    for labels in [&["gpu", "eu"][..], &["gpu"], &[], &["a\",\"gpu"], &["gpu\\"]] {
        ids.push(world.insert_with(|task| task.summary.labels = labels.iter().map(|label| (*label).to_owned()).collect()).await);
    }
    let with = async |labels: &[&str]| {
        found(world, TaskFilter { labels: labels.iter().map(|label| (*label).to_owned()).collect(), ..TaskFilter::default() }).await
    };
    assert_eq!(with(&["gpu"]).await, [ids[1], ids[0]]);
    assert_eq!(with(&["gpu", "eu"]).await, [ids[0]]);
    assert_eq!(with(&["a\",\"gpu"]).await, [ids[3]]);
    assert_eq!(with(&["gp"]).await, []);
}

pub async fn a_list_can_be_of_a_fairness_key(world: &World) {
    let mut ids = Vec::new();
    for key in [Some("a"), None, Some("A"), Some("b")] {
        ids.push(world.insert_with(|task| task.summary.fairness_key = key.map(str::to_owned)).await);
    }
    let of = async |key: &str| found(world, TaskFilter { fairness_key: Some(key.to_owned()), ..TaskFilter::default() }).await;
    assert_eq!((of("a").await, of("").await), (vec![ids[0]], vec![]));
}

pub async fn a_list_can_be_of_a_failure(world: &World) {
    let mut ids = Vec::new();
    for code in ["ATTEMPT-001", "MINE"] {
        let begun = world.running().await;
        let failure = Failure { code: code.to_owned(), message: "\"MINE\" \0".to_owned(), retryable: false };
        let fail = Advance::new(begun.task.summary.id, Guard::Lease(begun.task.lease), Trigger::Fail, Principal::System, at(200));
        ids.push(world.applied(Advance { failure: Some(failure), ..fail }).await.summary.id);
    }
    world.queued().await;
    let of = async |code: &str| found(world, TaskFilter { code: Some(code.to_owned()), ..TaskFilter::default() }).await;
    assert_eq!((of("MINE").await, of("ATTEMPT-001").await, of("").await), (vec![ids[1]], vec![ids[0]], vec![]));
}

pub async fn a_list_can_be_of_a_span_of_time(world: &World) {
    let mut ids = Vec::new();
    for created in [100, 200, 300] {
        ids.push(world.insert_with(|task| task.summary.created_at = at(created)).await);
    }
    let of = async |from: Option<i64>, before: Option<i64>| {
        let filter = TaskFilter { created_from: from.map(at), created_before: before.map(at), ..TaskFilter::default() };
        found(world, filter).await
    };
    assert_eq!((of(Some(200), None).await, of(None, Some(200)).await), (vec![ids[2], ids[1]], vec![ids[0]]));
    assert_eq!((of(Some(200), Some(300)).await, of(Some(301), None).await), (vec![ids[1]], vec![]));
}

pub async fn a_list_holds_exactly_what_the_filter_admits(world: &World) {
    let mut dice = Dice(20_261);
    for _ in 0..60 {
        world.insert(random_task(world, &mut dice)).await;
    }
    let all = world.store.tasks(&TaskQuery { limit: 999, ..TaskQuery::default() }).await.unwrap().items;
    for _ in 0..400 {
        let filter = random_filter(&mut dice);
        let wanted: Vec<TaskId> = all.iter().filter(|task| filter.admits(task)).map(|task| task.id).collect();
        let query = TaskQuery { filter, before: None, limit: 999 };
        let listed: Vec<TaskId> = world.store.tasks(&query).await.unwrap().items.into_iter().map(|task| task.id).collect();
        assert_eq!(listed, wanted, "{:?}", query.filter);
    }
}

const TEXTS: &[&str] = &["", "a", "A", "ä", "Ä", "%", "_", "nlp", "nlp.a", "NLP.A", "0190", "-", "--", "\\", "'", "\"", "a-b"];

fn random_task(world: &World, dice: &mut Dice) -> NewTaskRecord {
    let mut text = |longest: usize| (0..dice.roll(longest)).filter_map(|_| dice.pick(TEXTS).copied()).collect::<String>();
    let (title, skill, key) = (text(4), format!("{}.{}", ["nlp", "a", ""][text(3).len() % 3], text(2)), text(2));
    let labels: Vec<String> = [text(3), text(2)].into_iter().filter(|label| !label.is_empty()).collect();
    let failure = Some(Failure { code: text(3), message: text(3), retryable: false }).filter(|_| dice.sometimes());
    world.task_with(|task| {
        task.summary.title = title;
        task.summary.skill = skill;
        task.summary.labels = labels;
        task.summary.fairness_key = Some(key).filter(|key| !key.is_empty());
        task.summary.priority = Priority::new(u8::try_from(dice.roll(5) + 1).unwrap()).unwrap();
        task.summary.created_at = at(i64::try_from(dice.roll(5)).unwrap());
        task.summary.run_id = some_id(dice).map(RunId::new);
        task.summary.parent_id = some_id(dice).map(TaskId::new);
        if failure.is_some() {
            task.summary.state = TaskState::Rejected;
            task.summary.finished_at = Some(at(9));
            task.summary.failure = failure;
        }
    })
}

/// One of few, or none.
fn some_id(dice: &mut Dice) -> Option<Uuid> {
    [None, None, Some(Uuid::from_u128(1)), Some(Uuid::from_u128(2))][dice.roll(4)]
}

fn random_filter(dice: &mut Dice) -> TaskFilter {
    let mut text = |longest: usize| -> Option<String> {
        let wanted = dice.roll(3) == 0;
        let text = (0..dice.roll(longest)).filter_map(|_| dice.pick(TEXTS).copied()).collect();
        wanted.then_some(text)
    };
    let (skill, search, code, key) = (text(3), text(3), text(3), text(2));
    let labels = text(3).into_iter().collect();
    let instant = |dice: &mut Dice| Some(at(i64::try_from(dice.roll(6)).unwrap())).filter(|_| dice.sometimes());
    TaskFilter {
        states: dice.pick(TaskState::ALL).copied().into_iter().filter(|_| dice.roll(6) == 0).collect(),
        skill,
        priority: Priority::new(u8::try_from(dice.roll(5) + 1).unwrap()).ok().filter(|_| dice.sometimes()),
        run_id: some_id(dice).map(RunId::new).filter(|_| dice.sometimes()),
        parent_id: some_id(dice).map(TaskId::new).filter(|_| dice.sometimes()),
        text: search,
        labels,
        fairness_key: key,
        code,
        created_from: instant(dice),
        created_before: instant(dice),
        ..TaskFilter::default()
    }
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

pub async fn an_artifact_is_in_use_while_a_line_or_an_open_conflict_stands_on_it(world: &World) {
    let in_use = async |artifact: ArtifactId| world.store.artifact_in_use(artifact).await.unwrap();
    let [newest, change, other] = [(); 3].map(|()| ArtifactId::new(world.id()));
    let mut line = new_journal(world, JournalKind::Line, "notes.txt");
    line.head.summary = json!({"newest": {"artifact": newest.to_string()}});
    let line = open(world, line).await;
    let mut conflict = new_journal(world, JournalKind::Conflict, "notes.txt");
    conflict.opening = json!({"theirs": change.to_string()});
    let conflict = open(world, conflict).await;
    // What another journal names is not held by it.
    let mut run = new_journal(world, JournalKind::Run, "orders");
    run.opening = json!({"input": other.to_string()});
    open(world, run).await;
    assert_eq!([in_use(newest).await, in_use(change).await, in_use(other).await], [true, true, false]);
    written(world, JournalWrite { summary: Some(json!({"newest": {"artifact": other.to_string()}})), ..turn(&line, 1) }).await;
    written(world, JournalWrite { live: false, ..turn(&conflict, 1) }).await;
    assert_eq!([in_use(newest).await, in_use(change).await, in_use(other).await], [false, false, true]);
}

pub async fn an_artifact_is_in_use_while_a_live_task_names_it(world: &World) {
    for state in states() {
        let artifact = ArtifactId::new(world.id());
        let mut new = world.new_task();
        new.input = json!({"tables": [{"from": artifact.to_string()}]});
        let id = world.insert(new).await;
        assert!(world.store.artifact_in_use(artifact).await.unwrap());
        let change = |from, trigger| Advance::new(id, Guard::State(from), trigger, Principal::System, at(200));
        let trigger = match state {
            TaskState::Queued => continue,
            TaskState::Waiting => Trigger::Hold,
            TaskState::Paused => Trigger::Pause,
            TaskState::Canceled => Trigger::Cancel,
            TaskState::Rejected => Trigger::Reject,
            TaskState::TimedOut => Trigger::TimeOut,
            TaskState::Assigned | TaskState::Running | TaskState::Completed | TaskState::Failed => {
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
