//! What does the contract say of named settings and their sealed secrets?

use baton_domain::id::DEFAULT_PROJECT;
use baton_storage::{SettingsKind, SettingsRecord, StoreError};
use serde_json::json;
use uuid::Uuid;

use crate::World;
use crate::make::{at, person};

fn record(world: &World, kind: SettingsKind, name: &str) -> SettingsRecord {
    SettingsRecord {
        kind,
        id: world.id(),
        project: DEFAULT_PROJECT,
        name: name.to_owned(),
        settings: json!({"base_url": "https://api.example.test/v1", "allowed_skills": ["web_automation.*"]}),
        secret: Some(vec![0, 1, 2, 255]),
        created_at: at(0),
        updated_at: at(0),
        updated_by: person().label().to_owned(),
    }
}

async fn insert(world: &World, kind: SettingsKind, name: &str) -> SettingsRecord {
    let record = record(world, kind, name);
    world.store.insert_settings(record.clone(), person()).await.unwrap();
    record
}

pub async fn settings_read_back_as_they_were_given_by_name(world: &World) {
    let second = insert(world, SettingsKind::Connection, "weather").await;
    let first = insert(world, SettingsKind::Connection, "Accounts").await;
    insert(world, SettingsKind::Model, "gpt").await;
    assert_eq!(world.store.settings(SettingsKind::Connection, DEFAULT_PROJECT).await.unwrap(), [first, second]);
}

pub async fn a_name_is_taken_once_for_each_kind(world: &World) {
    let taken = insert(world, SettingsKind::Connection, "a").await;
    let again = record(world, SettingsKind::Connection, "a");
    assert!(matches!(world.store.insert_settings(again, person()).await, Err(StoreError::Conflict(_))));
    insert(world, SettingsKind::Model, "a").await;
    let mut other = insert(world, SettingsKind::Connection, "b").await;
    other.name = "a".to_owned();
    assert!(matches!(world.store.update_settings(other.clone(), person()).await, Err(StoreError::Conflict(_))));
    let thief = SettingsRecord { name: "c".to_owned(), ..taken.clone() };
    assert!(matches!(world.store.insert_settings(thief, person()).await, Err(StoreError::Conflict(_))));
    other.name = "b".to_owned();
    assert_eq!(world.store.settings(SettingsKind::Connection, DEFAULT_PROJECT).await.unwrap(), [taken, other]);
}

pub async fn a_change_keeps_when_they_were_made(world: &World) {
    let made = insert(world, SettingsKind::Connection, "a").await;
    let changed = SettingsRecord {
        name: "b".to_owned(),
        settings: json!({"kind": "http"}),
        secret: None,
        created_at: at(77),
        updated_at: at(500),
        updated_by: "eve@example.test".to_owned(),
        ..made.clone()
    };
    assert!(world.store.update_settings(changed.clone(), person()).await.unwrap());
    let expected = SettingsRecord { created_at: made.created_at, ..changed.clone() };
    assert_eq!(world.store.settings(SettingsKind::Connection, DEFAULT_PROJECT).await.unwrap(), [expected]);
    let other_kind = SettingsRecord { kind: SettingsKind::Model, ..changed.clone() };
    assert!(!world.store.update_settings(other_kind, person()).await.unwrap());
    assert!(!world.store.update_settings(SettingsRecord { id: world.id(), ..changed }, person()).await.unwrap());
}

pub async fn settings_have_their_events_without_the_secret(world: &World) {
    let made = insert(world, SettingsKind::Connection, "a").await;
    assert!(world.store.update_settings(SettingsRecord { secret: None, ..made.clone() }, person()).await.unwrap());
    let remove = |id: Uuid| world.store.remove_settings(SettingsKind::Connection, id, person(), at(9));
    assert!(remove(made.id).await.unwrap());
    assert!(!remove(made.id).await.unwrap(), "there is none any more");
    let told = world.since(0).await;
    let kinds: Vec<&str> = told.iter().map(|event| event.kind.as_str()).collect();
    assert_eq!(kinds, ["connection.created", "connection.changed", "connection.removed"]);
    assert_eq!((told[0].subject.clone(), &told[0].actor), (format!("connection:{}", made.id), &person()));
    let data = |secret: bool| json!({"id": made.id, "name": "a", "settings": made.settings, "has_secret": secret});
    assert_eq!((told[0].data.value(), told[1].data.value()), (data(true), data(false)));
    assert_eq!(world.store.settings(SettingsKind::Connection, DEFAULT_PROJECT).await.unwrap(), []);
}

pub async fn each_kind_is_kept_apart_and_reads_back(world: &World) {
    use SettingsKind::{Budget, Connection, Egress, Model};
    let mut made = Vec::new();
    for kind in [Connection, Model, Budget, Egress] {
        made.push(insert(world, kind, "rules").await);
    }
    for record in &made {
        assert_eq!(world.store.settings(record.kind, DEFAULT_PROJECT).await.unwrap(), std::slice::from_ref(record), "{record:?}");
    }
    let kinds: Vec<String> = world.since(0).await.into_iter().map(|event| event.kind).collect();
    assert_eq!(kinds, ["connection.created", "model.created", "budget.created", "egress.created"]);
}
