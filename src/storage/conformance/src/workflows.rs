//! What does the contract say of workflows and their versions?

use baton_domain::event::{NewEvent, Payload};
use baton_domain::id::{DEFAULT_PROJECT, EventSeq, ProjectId};
use baton_storage::{StoreError, WorkflowRecord, WorkflowStored};
use futures::future::join_all;
use serde_json::json;
use uuid::Uuid;

use crate::World;
use crate::make::{at, person};

const MANY: u32 = 100;

/// A version with this text, and its hash made of that.
pub(crate) fn version(name: &str, text: &str) -> WorkflowRecord {
    WorkflowRecord {
        project: DEFAULT_PROJECT,
        name: name.to_owned(),
        version: 77,
        text: text.to_owned(),
        hash: format!("hash of {text}"),
        summary: json!({"title": name, "steps": text.len()}),
        created_at: at(5),
        created_by: person().label().to_owned(),
        retired: true,
    }
}

fn event(name: &str, kind: &str) -> NewEvent {
    let (kind, subject) = (kind.to_owned(), format!("workflow:{name}"));
    NewEvent { at: at(5), project: DEFAULT_PROJECT, kind, subject, actor: person(), data: Payload::of(&json!({"name": name})).unwrap() }
}

pub(crate) async fn store(world: &World, name: &str, text: &str, seen: Option<u32>, maximum: u32) -> WorkflowStored {
    world.store.store_workflow(version(name, text), seen, maximum, vec![event(name, "workflow.stored")]).await.unwrap()
}

pub(crate) async fn retire(world: &World, name: &str) -> bool {
    world.store.retire_workflow(DEFAULT_PROJECT, name, vec![event(name, "workflow.retired")]).await.unwrap()
}

async fn read(world: &World, name: &str, version: Option<u32>) -> Option<WorkflowRecord> {
    world.store.workflow(DEFAULT_PROJECT, name, version).await.unwrap()
}

async fn names(world: &World) -> Vec<String> {
    let (listed, _) = world.store.workflows(DEFAULT_PROJECT, None, 1_000).await.unwrap();
    listed.into_iter().map(|record| record.name).collect()
}

fn stored(name: &str, text: &str, number: u32, retired: bool) -> WorkflowRecord {
    WorkflowRecord { version: number, retired, ..version(name, text) }
}

fn listed(name: &str, text: &str, number: u32) -> WorkflowRecord {
    WorkflowRecord { text: String::new(), ..stored(name, text, number, false) }
}

pub async fn a_workflow_reads_back_in_every_version(world: &World) {
    assert_eq!(store(world, "orders", "steps: []", Some(0), MANY).await, WorkflowStored::Stored(1));
    assert_eq!(store(world, "orders", "steps: [a]\n", Some(1), MANY).await, WorkflowStored::Stored(2));
    assert_eq!(store(world, "orders", "steps: [a, b]", None, MANY).await, WorkflowStored::Stored(3));
    assert_eq!(read(world, "orders", Some(1)).await, Some(stored("orders", "steps: []", 1, false)));
    assert_eq!(read(world, "orders", Some(2)).await, Some(stored("orders", "steps: [a]\n", 2, false)));
    assert_eq!(read(world, "orders", None).await, Some(stored("orders", "steps: [a, b]", 3, false)));
    assert_eq!((read(world, "orders", Some(0)).await, read(world, "orders", Some(4)).await), (None, None));
    assert_eq!((read(world, "Orders", None).await, read(world, "other", Some(1)).await), (None, None));
    let elsewhere = ProjectId::new(Uuid::from_u128(99));
    assert_eq!(world.store.workflow(elsewhere, "orders", None).await.unwrap(), None);
    assert_eq!(world.kinds_since(0).await, ["workflow.stored"; 3]);
}

pub async fn a_workflow_of_a_project_that_does_not_exist_is_refused(world: &World) {
    let record = WorkflowRecord { project: ProjectId::new(Uuid::from_u128(99)), ..version("a", "x") };
    let answer = world.store.store_workflow(record, None, MANY, vec![event("a", "workflow.stored")]).await;
    assert!(matches!(answer, Err(StoreError::Unavailable(_))));
    assert_eq!(world.head().await, 0);
}

pub async fn a_version_that_says_the_same_is_not_stored(world: &World) {
    store(world, "a", "one", Some(0), MANY).await;
    store(world, "a", "two", Some(1), MANY).await;
    for seen in [Some(2), Some(1), Some(0), None] {
        assert_eq!(store(world, "a", "two", seen, 0).await, WorkflowStored::Same(2), "a request that is sent again is no conflict");
    }
    assert_eq!(world.head().await, 2);
    assert_eq!(store(world, "a", "one", Some(2), MANY).await, WorkflowStored::Stored(3), "only the newest counts");
}

pub async fn a_version_that_stands_on_an_old_one_is_refused(world: &World) {
    assert_eq!(store(world, "a", "one", Some(1), MANY).await, WorkflowStored::Stale(0));
    store(world, "a", "one", Some(0), MANY).await;
    store(world, "a", "two", Some(1), MANY).await;
    for seen in [0, 1, 3] {
        assert_eq!(store(world, "a", "three", Some(seen), MANY).await, WorkflowStored::Stale(2));
    }
    assert_eq!((read(world, "a", None).await.unwrap().text.as_str(), world.head().await), ("two", 2));
}

pub async fn no_more_workflows_are_in_use_than_allowed(world: &World) {
    store(world, "a", "one", Some(0), 2).await;
    store(world, "b", "one", Some(0), 2).await;
    assert_eq!(store(world, "c", "one", Some(0), 2).await, WorkflowStored::TooMany);
    assert_eq!(store(world, "a", "two", Some(1), 2).await, WorkflowStored::Stored(2), "a version is no workflow more");
    assert!(retire(world, "a").await);
    assert_eq!(store(world, "c", "one", None, 2).await, WorkflowStored::Stored(1));
    assert_eq!(store(world, "a", "three", None, 2).await, WorkflowStored::TooMany, "one that comes back needs room");
    assert_eq!(store(world, "a", "three", Some(1), 2).await, WorkflowStored::Stale(2));
    assert_eq!(names(world).await, ["b", "c"]);
    assert_eq!(world.head().await, 5);
}

pub async fn a_retired_workflow_keeps_its_versions_and_can_come_back(world: &World) {
    store(world, "a", "one", Some(0), MANY).await;
    store(world, "a", "two", Some(1), MANY).await;
    assert!(!retire(world, "b").await);
    assert!(retire(world, "a").await);
    assert!(!retire(world, "a").await, "it is retired already");
    assert_eq!(names(world).await, [] as [&str; 0]);
    assert_eq!(read(world, "a", Some(1)).await, Some(stored("a", "one", 1, true)));
    assert_eq!(read(world, "a", None).await, Some(stored("a", "two", 2, true)));
    assert_eq!(store(world, "a", "three", Some(1), MANY).await, WorkflowStored::Stale(2));
    assert_eq!(store(world, "a", "two", Some(2), MANY).await, WorkflowStored::Stored(3), "though it says the same");
    assert_eq!(read(world, "a", Some(1)).await, Some(stored("a", "one", 1, false)));
    assert!(retire(world, "a").await);
    assert_eq!(store(world, "a", "four", Some(0), MANY).await, WorkflowStored::Stored(4), "as a new one");
    assert_eq!(names(world).await, ["a"]);
    let told = world.kinds_since(0).await;
    let (stored, retired) = ("workflow.stored", "workflow.retired");
    assert_eq!(told, [stored, stored, retired, stored, retired, stored]);
}

pub async fn a_version_is_found_by_its_hash(world: &World) {
    for text in ["one", "two", "one", "three"] {
        store(world, "a", text, None, MANY).await;
    }
    store(world, "b", "four", None, MANY).await;
    let find = async |text: &str| world.store.workflow_by_hash(DEFAULT_PROJECT, "a", &format!("hash of {text}")).await.unwrap();
    assert_eq!(find("one").await, Some(stored("a", "one", 3, false)), "the newest of those");
    assert_eq!(find("two").await, Some(stored("a", "two", 2, false)));
    assert_eq!(find("four").await, None);
}

pub async fn workflows_are_listed_by_the_bytes_of_their_names(world: &World) {
    let all = ["10", "9", "B", "a", "a b", "a-b", "ab", "ä"];
    for name in all.iter().rev() {
        store(world, name, "one", None, MANY).await;
    }
    store(world, "a", "two", None, MANY).await;
    store(world, "b", "one", None, MANY).await;
    retire(world, "b").await;
    let (page, as_of) = world.store.workflows(DEFAULT_PROJECT, None, 5).await.unwrap();
    let first = [listed("10", "one", 1), listed("9", "one", 1), listed("B", "one", 1), listed("a", "two", 2), listed("a b", "one", 1)];
    assert_eq!((page.as_slice(), as_of), (first.as_slice(), EventSeq(11)));
    let (page, _) = world.store.workflows(DEFAULT_PROJECT, Some("a b"), 5).await.unwrap();
    assert_eq!(page, [listed("a-b", "one", 1), listed("ab", "one", 1), listed("ä", "one", 1)]);
    assert_eq!(world.store.workflows(ProjectId::new(Uuid::from_u128(99)), None, 5).await.unwrap().0, []);
}

pub async fn the_versions_of_a_workflow_are_paged_from_the_newest(world: &World) {
    for text in ["one", "two", "three", "four"] {
        store(world, "a", text, None, MANY).await;
    }
    store(world, "b", "other", None, MANY).await;
    let page = async |before, limit| world.store.workflow_versions(DEFAULT_PROJECT, "a", before, limit).await.unwrap();
    assert_eq!(page(None, 2).await, [listed("a", "four", 4), listed("a", "three", 3)]);
    assert_eq!(page(Some(3), 9).await, [listed("a", "two", 2), listed("a", "one", 1)]);
    assert_eq!(page(Some(1), 9).await, []);
    assert_eq!(world.store.workflow_versions(DEFAULT_PROJECT, "c", None, 9).await.unwrap(), []);
}

pub async fn of_many_who_store_on_one_version_one_succeeds(world: &World) {
    for seen in 0..4 {
        let texts: Vec<String> = (0..20).map(|index| format!("{seen} by {index}")).collect();
        let answers = join_all(texts.iter().map(|text| store(world, "a", text, Some(seen), MANY))).await;
        let winner = answers.iter().position(|answer| *answer == WorkflowStored::Stored(seen + 1)).expect("one is stored");
        for (index, answer) in answers.iter().enumerate().filter(|(index, _)| *index != winner) {
            assert_eq!(*answer, WorkflowStored::Stale(seen + 1), "number {index}");
        }
        assert_eq!(read(world, "a", None).await.unwrap().text, texts[winner]);
    }
    assert_eq!(world.head().await, 4);
}

pub async fn of_many_new_workflows_no_more_are_stored_than_allowed(world: &World) {
    let wanted: Vec<String> = (0..30).map(|index| format!("w{index:02}")).collect();
    let answers = join_all(wanted.iter().map(|name| store(world, name, "one", Some(0), 7))).await;
    assert_eq!(answers.iter().filter(|answer| **answer == WorkflowStored::Stored(1)).count(), 7);
    assert_eq!(answers.iter().filter(|answer| **answer == WorkflowStored::TooMany).count(), 23);
    assert_eq!((names(world).await.len(), world.head().await), (7, 7));
}
