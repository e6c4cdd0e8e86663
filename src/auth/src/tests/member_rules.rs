//! Who may manage members and keys, what is never allowed, and what is recorded?

use baton_domain::id::{ApiKeyId, UserId};
use baton_domain::services::{AuthService, MemberService};
use baton_domain::user::Principal;
use baton_domain::wire::auth::{NewApiKey, UserChange};

use super::*;

fn role(role: Role) -> UserChange {
    UserChange { role: Some(role), active: None }
}

fn active(active: bool) -> UserChange {
    UserChange { role: None, active: Some(active) }
}

/// Calls every operation as this caller, and gives the codes.
async fn every_operation(world: &World, caller: &Caller) -> Vec<(&'static str, String)> {
    let nobody = UserId::new(Uuid::from_u128(1));
    let new = NewUser {
        email: format!("{}@example.com", Uuid::from_u128(world.clock.now().as_millis().unsigned_abs().into())),
        password: secret(PASSWORD),
        role: Role::Viewer,
    };
    let key = NewApiKey { name: "build server".to_owned(), role: Role::Operator };
    vec![
        ("user.list", code(world.auth.users(caller).await)),
        ("user.create", code(world.auth.create_user(caller, new).await)),
        ("user.change", code(world.auth.change_user(caller, nobody, role(Role::Admin)).await)),
        ("key.list", code(world.auth.api_keys(caller).await)),
        ("key.create", code(world.auth.create_api_key(caller, key).await)),
        ("key.revoke", code(world.auth.revoke_api_key(caller, ApiKeyId::new(Uuid::from_u128(1))).await)),
    ]
}

#[tokio::test]
async fn only_administrators_manage_and_every_refusal_is_recorded() {
    let (world, tokens) = World::with_ada().await;
    let ada = world.caller(&tokens).await;
    let mut callers = vec![(Caller::anonymous(), "AUTH-001")];
    for (email, role) in [("op@example.com", Role::Operator), ("view@example.com", Role::Viewer)] {
        world.add(&ada, email, role).await;
        let session = world.login("192.0.2.2", email, PASSWORD).await.unwrap();
        callers.push((world.caller(&session).await, "AUTH-005"));
        let key = world.auth.create_api_key(&ada, NewApiKey { name: email.to_owned(), role }).await.unwrap();
        callers.push((world.bearer(&key.secret).await.unwrap().caller, "AUTH-005"));
    }
    for (caller, refusal) in callers {
        let before = world.record().await.len();
        for (operation, code) in every_operation(&world, &caller).await {
            assert_eq!(code, refusal, "{operation} as {caller:?}");
        }
        let rows = world.record().await.split_off(before);
        let recorded: Vec<&str> = rows.iter().map(|row| row.action.as_str()).collect();
        assert_eq!(recorded, ["user.list", "user.create", "user.change", "key.list", "key.create", "key.revoke"]);
        let as_refused =
            |row: &Recorded| !row.allowed && row.code.as_deref() == Some(refusal) && row.principal_tag == caller.principal.tag();
        assert!(rows.iter().all(as_refused), "{rows:?}");
    }
    for caller in [ada, Caller::system()] {
        let codes: Vec<String> = every_operation(&world, &caller).await.into_iter().map(|(_, code)| code).collect();
        assert_eq!(codes, ["accepted", "accepted", "USER-001", "accepted", "accepted", "KEY-001"]);
        world.clock.advance(seconds(1));
    }
}

#[tokio::test]
async fn nobody_in_particular_cannot_fill_the_record() {
    let (world, _) = World::with_ada().await;
    for _ in 0..50 {
        every_operation(&world, &Caller::anonymous()).await;
    }
    let refused = world.record().await.iter().filter(|row| !row.allowed).count();
    assert_eq!(refused, 60);
    world.clock.advance(seconds(60));
    every_operation(&world, &Caller::anonymous()).await;
    assert_eq!(world.record().await.iter().filter(|row| !row.allowed).count(), 66);
}

#[tokio::test]
async fn a_new_member_can_sign_in_with_their_role() {
    let (world, tokens) = World::with_ada().await;
    let ada = world.caller(&tokens).await;
    let bob = world.add(&ada, " Bob@Example.com", Role::Operator).await;
    assert_eq!((bob.email.as_str(), bob.role, bob.active, bob.last_login_at), ("bob@example.com", Role::Operator, true, None));
    let session = world.login("192.0.2.2", "bob@example.com", PASSWORD).await.unwrap();
    assert_eq!(world.caller(&session).await.role, Some(Role::Operator));
    let listed = world.auth.users(&ada).await.unwrap().items;
    assert_eq!(listed.iter().map(|user| user.email.as_str()).collect::<Vec<_>>(), [ADA, "bob@example.com"]);
    assert_eq!(listed[1].last_login_at, Some(world.clock.now()));
}

#[tokio::test]
async fn a_wrong_or_taken_address_and_a_bad_password_are_refused() {
    let (world, tokens) = World::with_ada().await;
    let ada = world.caller(&tokens).await;
    let new = |email: &str, password: &str| NewUser { email: email.to_owned(), password: secret(password), role: Role::Viewer };
    for (email, password, expected) in [
        ("ADA@example.com", PASSWORD, "USER-002"),
        ("bob", PASSWORD, "REQUEST-002"),
        ("bob@example.com", "1234567", "REQUEST-002"),
        ("bob@example.com", "Password1", "REQUEST-002"),
        ("bobandalice@example.com", "BobAndAlice@example.com", "REQUEST-002"),
    ] {
        assert_eq!(code(world.auth.create_user(&ada, new(email, password)).await), expected, "{email}");
        assert_eq!(world.last_record().await.code.as_deref(), Some(expected));
    }
    assert_eq!(world.auth.users(&ada).await.unwrap().items.len(), 1);
}

#[tokio::test]
async fn a_changed_role_holds_for_the_very_next_request() {
    let (world, tokens) = World::with_ada().await;
    let ada = world.caller(&tokens).await;
    let bob = world.add(&ada, "bob@example.com", Role::Admin).await;
    let session = world.login("192.0.2.2", "bob@example.com", PASSWORD).await.unwrap();
    assert_eq!(world.caller(&session).await.role, Some(Role::Admin));
    let open = world.caller(&session).await;
    let changed = world.auth.change_user(&ada, bob.id, role(Role::Viewer)).await.unwrap();
    assert_eq!(changed.role, Role::Viewer);
    let caller = world.caller(&session).await;
    assert_eq!(caller.role, Some(Role::Viewer));
    assert_eq!(
        world.auth.still_valid(&open).await.unwrap().caller.role,
        Some(Role::Viewer),
        "nor does an open connection keep the old one"
    );
    assert_eq!(code(world.auth.users(&caller).await), "AUTH-005");
}

#[tokio::test]
async fn a_deactivated_member_is_out_at_once_and_stays_signed_out() {
    let (world, tokens) = World::with_ada().await;
    let ada = world.caller(&tokens).await;
    let bob = world.add(&ada, "bob@example.com", Role::Viewer).await;
    let session = world.login("192.0.2.2", "bob@example.com", PASSWORD).await.unwrap();
    let caller = world.caller(&session).await;
    assert!(!world.auth.change_user(&ada, bob.id, active(false)).await.unwrap().active);
    for answer in [
        code(world.bearer(&session.access_token).await),
        code(world.refresh(session.refresh_token.as_ref().unwrap()).await),
        code(world.cookies(Some(&session.access_token), session.refresh_token.as_ref()).await),
        code(world.auth.still_valid(&caller).await),
    ] {
        assert_eq!(answer, "AUTH-009");
    }
    assert_eq!(code(world.login("192.0.2.2", "bob@example.com", PASSWORD).await), "AUTH-002");
    world.auth.change_user(&ada, bob.id, active(true)).await.unwrap();
    assert_eq!(code(world.bearer(&session.access_token).await), "AUTH-009", "old sessions do not come back");
    assert!(world.login("192.0.2.2", "bob@example.com", PASSWORD).await.is_ok());
}

#[tokio::test]
async fn the_last_administrator_stays() {
    let (world, tokens) = World::with_ada().await;
    let ada = world.caller(&tokens).await;
    let Principal::User { id, .. } = ada.principal.clone() else { panic!("Ada is a person") };
    for change in [role(Role::Operator), active(false)] {
        assert_eq!(code(world.auth.change_user(&ada, id, change).await), "USER-003");
    }
    assert_eq!(world.caller(&tokens).await.role, Some(Role::Admin));
    let bob = world.add(&ada, "bob@example.com", Role::Admin).await;
    world.auth.change_user(&ada, bob.id, active(false)).await.unwrap();
    assert_eq!(code(world.auth.change_user(&ada, id, role(Role::Viewer)).await), "USER-003", "a switched off one does not count");
    world.auth.change_user(&ada, bob.id, active(true)).await.unwrap();
    assert!(world.auth.change_user(&ada, id, role(Role::Viewer)).await.is_ok());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_administrators_cannot_remove_each_other_at_once() {
    for _ in 0..10 {
        let (world, tokens) = World::with_ada().await;
        let ada = world.caller(&tokens).await;
        let Principal::User { id: ada_id, .. } = ada.principal.clone() else { panic!("Ada is a person") };
        let bob = world.add(&ada, "bob@example.com", Role::Admin).await;
        let (one, two) = tokio::join!(
            world.auth.change_user(&ada, bob.id, role(Role::Viewer)),
            world.auth.change_user(&ada, ada_id, role(Role::Viewer)),
        );
        let mut codes = [code(one), code(two)];
        codes.sort();
        assert_eq!(codes, ["USER-003", "accepted"]);
    }
}

#[tokio::test]
async fn a_change_of_nothing_changes_and_records_nothing() {
    let (world, tokens) = World::with_ada().await;
    let ada = world.caller(&tokens).await;
    let bob = world.add(&ada, "bob@example.com", Role::Viewer).await;
    let before = world.record().await.len();
    let same = world.auth.change_user(&ada, bob.id, UserChange::default()).await.unwrap();
    assert_eq!(same, bob);
    assert_eq!(world.record().await.len(), before);
}
