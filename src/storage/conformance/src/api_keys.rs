//! What does the contract say of API keys?

use baton_domain::id::ApiKeyId;
use baton_domain::user::Role;
use baton_storage::{ApiKeyRecord, StoreError};

use crate::World;
use crate::make::at;

async fn insert(world: &World, name: &str) -> ApiKeyRecord {
    let key = ApiKeyRecord {
        id: ApiKeyId::new(world.id()),
        name: name.to_owned(),
        role: Role::Operator,
        secret_hash: [7; 32],
        created_at: at(0),
        created_by: "ada@example.test".to_owned(),
        last_used_at: None,
        revoked_at: None,
    };
    world.store.insert_api_key(key.clone(), world.audit_row()).await.unwrap();
    key
}

pub async fn a_key_reads_back_as_it_was_given(world: &World) {
    let key = insert(world, "ci").await;
    assert_eq!(world.store.api_key(key.id).await.unwrap(), Some(key));
    assert_eq!(world.store.api_key(ApiKeyId::new(world.id())).await.unwrap(), None);
}

pub async fn two_keys_may_have_one_name_but_not_one_identifier(world: &World) {
    let (old, new) = (insert(world, "ci").await, insert(world, "ci").await);
    let thief = ApiKeyRecord { role: Role::Admin, ..old.clone() };
    assert!(matches!(world.store.insert_api_key(thief, world.audit_row()).await, Err(StoreError::Conflict(_))));
    assert_eq!(world.store.api_keys().await.unwrap(), [new, old]);
}

pub async fn keys_are_listed_the_newest_first_until_they_are_revoked(world: &World) {
    let (old, middle, new) = (insert(world, "old").await, insert(world, "middle").await, insert(world, "new").await);
    assert!(world.store.revoke_api_key(middle.id, at(500), world.audit_row()).await.unwrap());
    assert_eq!(world.store.api_keys().await.unwrap(), [new, old]);
    assert_eq!(world.store.api_key(middle.id).await.unwrap().unwrap().revoked_at, Some(at(500)));
}

pub async fn a_key_is_revoked_once(world: &World) {
    let key = insert(world, "ci").await;
    assert!(world.store.revoke_api_key(key.id, at(500), world.audit_row()).await.unwrap());
    assert!(!world.store.revoke_api_key(key.id, at(600), world.audit_row()).await.unwrap());
    assert_eq!(world.store.api_key(key.id).await.unwrap().unwrap().revoked_at, Some(at(500)));
    assert!(!world.store.revoke_api_key(ApiKeyId::new(world.id()), at(600), world.audit_row()).await.unwrap());
}

pub async fn the_last_use_of_a_key_is_kept(world: &World) {
    let (used, unused) = (insert(world, "used").await, insert(world, "unused").await);
    for now in [60_000, 120_000] {
        world.store.touch_api_key(used.id, at(now)).await.unwrap();
        assert_eq!(world.store.api_key(used.id).await.unwrap().unwrap().last_used_at, Some(at(now)));
    }
    assert_eq!(world.store.api_key(unused.id).await.unwrap().unwrap().last_used_at, None);
    world.store.touch_api_key(ApiKeyId::new(world.id()), at(1)).await.unwrap();
}
