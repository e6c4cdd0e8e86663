//! What does the contract say of users?

use baton_domain::id::UserId;
use baton_domain::user::Role;
use baton_storage::{NewSession, StoreError, UserRecord};

use crate::World;
use crate::make::at;

pub(crate) fn user(world: &World, email: &str, role: Role) -> UserRecord {
    UserRecord {
        id: UserId::new(world.id()),
        email: email.to_owned(),
        password_hash: "$argon2id$v=19$m=1,t=1,p=1$c2FsdA$aGFzaA".to_owned(),
        role,
        active: true,
        created_at: at(0),
        last_login_at: None,
    }
}

pub(crate) async fn insert(world: &World, email: &str, role: Role) -> UserRecord {
    let user = user(world, email, role);
    assert!(world.store.insert_user(user.clone(), false, world.audit_row()).await.unwrap());
    user
}

async fn change(world: &World, user: &UserRecord, role: Role, active: bool) -> bool {
    world.store.change_user(user.id, role, active, at(500), world.audit_row()).await.unwrap()
}

pub async fn a_user_reads_back_by_identifier_and_address(world: &World) {
    let ada = insert(world, "ada@example.test", Role::Operator).await;
    assert_eq!(world.store.user(ada.id).await.unwrap().as_ref(), Some(&ada));
    assert_eq!(world.store.user_by_email("ada@example.test").await.unwrap(), Some(ada));
    assert_eq!(world.store.user_by_email("nobody@example.test").await.unwrap(), None);
    assert_eq!(world.store.user_by_email("Ada@example.test").await.unwrap(), None, "callers give lower case");
    assert_eq!(world.store.user(UserId::new(world.id())).await.unwrap(), None);
}

pub async fn users_come_by_address(world: &World) {
    for email in ["b@x.test", "a-z@x.test", "a@x.test", "a1@x.test"] {
        insert(world, email, Role::Viewer).await;
    }
    let emails: Vec<String> = world.store.users().await.unwrap().into_iter().map(|user| user.email).collect();
    assert_eq!(emails, ["a-z@x.test", "a1@x.test", "a@x.test", "b@x.test"]);
}

pub async fn the_first_user_is_added_only_once(world: &World) {
    assert!(!world.store.has_users().await.unwrap());
    let (first, second) = (user(world, "a@x.test", Role::Admin), user(world, "b@x.test", Role::Admin));
    assert!(world.store.insert_user(first, true, world.audit_row()).await.unwrap());
    assert!(world.store.has_users().await.unwrap());
    assert!(!world.store.insert_user(second.clone(), true, world.audit_row()).await.unwrap());
    assert_eq!((world.store.user(second.id).await.unwrap(), world.store.users().await.unwrap().len()), (None, 1));
}

pub async fn an_address_is_taken_once(world: &World) {
    let ada = insert(world, "ada@example.test", Role::Admin).await;
    let second = user(world, &ada.email, Role::Viewer);
    assert!(matches!(world.store.insert_user(second.clone(), false, world.audit_row()).await, Err(StoreError::Conflict(_))));
    assert_eq!(world.store.users().await.unwrap(), [ada]);
}

pub async fn a_user_whose_audit_row_cannot_be_stored_is_not_stored(world: &World) {
    let row = world.audit_row();
    world.store.audit(vec![row.clone()]).await.unwrap();
    let ada = user(world, "ada@example.test", Role::Admin);
    assert!(world.store.insert_user(ada.clone(), false, row.clone()).await.is_err());
    assert_eq!(world.store.users().await.unwrap(), []);
    let ada = insert(world, "ada@example.test", Role::Admin).await;
    assert!(world.store.change_user(ada.id, Role::Admin, true, at(5), row.clone()).await.is_err());
    insert(world, "bob@example.test", Role::Admin).await;
    assert!(world.store.change_user(ada.id, Role::Viewer, false, at(5), row).await.is_err());
    assert_eq!(world.store.user(ada.id).await.unwrap(), Some(ada));
}

pub async fn the_last_active_administrator_stays(world: &World) {
    let ada = insert(world, "ada@x.test", Role::Admin).await;
    let bob = insert(world, "bob@x.test", Role::Operator).await;
    assert!(!change(world, &ada, Role::Operator, true).await);
    assert!(!change(world, &ada, Role::Admin, false).await);
    assert_eq!(world.store.user(ada.id).await.unwrap().as_ref(), Some(&ada));
    assert!(change(world, &bob, Role::Admin, false).await);
    assert!(!change(world, &ada, Role::Viewer, true).await, "an administrator who may not sign in does not count");
    assert!(change(world, &bob, Role::Admin, true).await);
    assert!(change(world, &ada, Role::Viewer, true).await);
    assert!(!change(world, &bob, Role::Viewer, true).await);
}

pub async fn a_change_sets_role_and_whether_they_may_sign_in(world: &World) {
    insert(world, "ada@x.test", Role::Admin).await;
    let bob = insert(world, "bob@x.test", Role::Viewer).await;
    assert!(change(world, &bob, Role::Operator, true).await);
    assert!(change(world, &bob, Role::Operator, false).await);
    let after = world.store.user(bob.id).await.unwrap();
    assert_eq!(after, Some(UserRecord { role: Role::Operator, active: false, ..bob }));
}

pub async fn deactivation_ends_the_sessions_of_that_user_only(world: &World) {
    let ada = insert(world, "ada@x.test", Role::Admin).await;
    let bob = insert(world, "bob@x.test", Role::Viewer).await;
    let mut sessions = Vec::new();
    for (user, token) in [(&ada, 1), (&bob, 2), (&bob, 3)] {
        let id = baton_domain::id::SessionId::new(world.id());
        let new = NewSession { id, user: user.id, created_at: at(0), expires_at: at(9_000), token_hash: [token; 32] };
        world.store.insert_session(new, world.audit_row()).await.unwrap();
        sessions.push(id);
    }
    world.store.revoke_session(sessions[2], at(100), world.audit_row()).await.unwrap();
    assert!(change(world, &bob, Role::Operator, true).await);
    assert_eq!(world.store.session(sessions[1]).await.unwrap().unwrap().revoked_at, None, "another role ends none");
    assert!(change(world, &bob, Role::Operator, false).await);
    let mut ends = Vec::new();
    for id in sessions {
        ends.push(world.store.session(id).await.unwrap().unwrap().revoked_at);
    }
    assert_eq!(ends, [None, Some(at(500)), Some(at(100))]);
    assert!(!world.store.rotate_refresh_token([2; 32], [9; 32], at(600), at(9_000)).await.unwrap());
}
