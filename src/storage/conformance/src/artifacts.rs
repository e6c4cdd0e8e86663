//! What does the contract say of artifacts?

use baton_domain::id::{ArtifactId, ProjectId, TaskId};
use baton_domain::user::Principal;
use baton_domain::wire::artifact::ArtifactView;
use baton_storage::StoreError;
use uuid::Uuid;

use crate::World;
use crate::make::{at, person};

async fn insert(world: &World, change: impl FnOnce(&mut ArtifactView)) -> ArtifactView {
    let mut artifact = world.artifact_view();
    change(&mut artifact);
    world.store.insert_artifact(artifact.clone(), person()).await.unwrap();
    artifact
}

pub async fn an_artifact_reads_back_as_it_was_given(world: &World) {
    let task = world.queued().await;
    let artifact = insert(world, |artifact| artifact.task_id = Some(task)).await;
    assert_eq!(world.store.artifact(artifact.id).await.unwrap().as_ref(), Some(&artifact));
    assert_eq!(world.rows(task).await.artifacts, [artifact]);
    assert_eq!(world.store.artifact(ArtifactId::new(world.id())).await.unwrap(), None);
}

pub async fn storing_and_deleting_have_their_events(world: &World) {
    let artifact = insert(world, |artifact| artifact.created_at = at(7)).await;
    world.store.delete_artifact(artifact.id, Principal::System, at(9)).await.unwrap();
    let events = world.since(0).await;
    let told: Vec<_> = events.iter().map(|event| (event.kind.as_str(), event.at, event.actor.clone())).collect();
    assert_eq!(told, [("artifact.stored", at(7), person()), ("artifact.deleted", at(9), Principal::System)]);
    for event in &events {
        assert_eq!(
            (&event.subject, &event.data.value()),
            (&format!("artifact:{}", artifact.id), &serde_json::to_value(&artifact).unwrap())
        );
    }
}

pub async fn an_identifier_that_is_taken_stores_nothing(world: &World) {
    let artifact = insert(world, |_| {}).await;
    let before = world.image().await;
    let second = ArtifactView { name: "other.csv".to_owned(), ..artifact };
    assert!(matches!(world.store.insert_artifact(second, person()).await, Err(StoreError::Conflict(_))));
    assert_eq!(world.image().await, before);
}

pub async fn an_artifact_of_a_project_that_does_not_exist_is_refused(world: &World) {
    let lost = ArtifactView { project_id: ProjectId::new(Uuid::from_u128(77)), ..world.artifact_view() };
    assert!(world.store.insert_artifact(lost.clone(), person()).await.is_err());
    assert_eq!((world.store.artifact(lost.id).await.unwrap(), world.head().await), (None, 0));
}

pub async fn lists_have_the_newest_first_page_by_page(world: &World) {
    let mut wanted = Vec::new();
    for _ in 0..5 {
        wanted.insert(0, insert(world, |_| {}).await);
    }
    let first = world.store.artifacts(None, None, 3).await.unwrap();
    assert_eq!((first.items.as_slice(), first.as_of.0), (&wanted[..3], 5));
    let second = world.store.artifacts(None, Some(first.items[2].id), 3).await.unwrap();
    assert_eq!(second.items, wanted[3..]);
    assert_eq!(world.store.artifacts(None, Some(wanted[4].id), 3).await.unwrap().items, []);
}

pub async fn a_list_can_be_of_what_a_task_stored(world: &World) {
    let (task, other) = (world.queued().await, world.queued().await);
    let old = insert(world, |artifact| artifact.task_id = Some(task)).await;
    insert(world, |artifact| artifact.task_id = Some(other)).await;
    insert(world, |_| {}).await;
    let new = insert(world, |artifact| artifact.task_id = Some(task)).await;
    assert_eq!(world.store.artifacts(Some(task), None, 9).await.unwrap().items, [new.clone(), old.clone()]);
    assert_eq!(world.store.artifacts(Some(task), Some(new.id), 9).await.unwrap().items, std::slice::from_ref(&old));
    assert_eq!(world.store.artifacts(Some(TaskId::new(world.id())), None, 9).await.unwrap().items, []);
    assert_eq!(world.rows(task).await.artifacts, [old, new], "with its task, the oldest first");
}

pub async fn a_blob_can_go_with_the_last_artifact_of_its_content(world: &World) {
    let (one, other) = (insert(world, |_| {}).await, insert(world, |_| {}).await);
    let unlike = insert(world, |artifact| artifact.sha256 = "cd".repeat(32)).await;
    assert_eq!(world.store.delete_artifact(one.id, person(), at(5)).await.unwrap(), Some(None));
    assert_eq!(world.store.delete_artifact(unlike.id, person(), at(5)).await.unwrap(), Some(Some(unlike.sha256)));
    assert_eq!(world.store.delete_artifact(other.id, person(), at(5)).await.unwrap(), Some(Some(other.sha256)));
    assert_eq!(world.store.artifacts(None, None, 9).await.unwrap().items, []);
}

pub async fn deleting_twice_finds_nothing_and_tells_nothing(world: &World) {
    let artifact = insert(world, |_| {}).await;
    world.store.delete_artifact(artifact.id, person(), at(5)).await.unwrap();
    let head = world.head().await;
    assert_eq!(world.store.delete_artifact(artifact.id, person(), at(6)).await.unwrap(), None);
    assert_eq!((world.store.artifact(artifact.id).await.unwrap(), world.head().await), (None, head));
}
