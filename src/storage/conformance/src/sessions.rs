//! What does the contract say of sessions and their refresh tokens?

use baton_domain::id::{SessionId, UserId};
use baton_domain::user::Role;
use baton_storage::{NewSession, RefreshTokenRecord, SessionRecord, StoreError, UserRecord};

use crate::World;
use crate::make::at;
use crate::users;

/// A session until 10 s, with this first token.
async fn begin(world: &World, user: &UserRecord, token: u8) -> SessionId {
    let id = SessionId::new(world.id());
    let new = NewSession { id, user: user.id, created_at: at(100), expires_at: at(10_000), token_hash: [token; 32] };
    world.store.insert_session(new, world.audit_row()).await.unwrap();
    id
}

async fn ada(world: &World) -> UserRecord {
    users::insert(world, "ada@x.test", Role::Admin).await
}

async fn rotate(world: &World, old: u8, new: u8, now: i64) -> Result<bool, StoreError> {
    world.store.rotate_refresh_token([old; 32], [new; 32], at(now), at(now + 10_000)).await
}

pub async fn a_session_begins_with_its_token_and_is_a_sign_in(world: &World) {
    let user = ada(world).await;
    let id = begin(world, &user, 1).await;
    let user = UserRecord { last_login_at: Some(at(100)), ..user };
    let session = SessionRecord { id, user: user.clone(), created_at: at(100), expires_at: at(10_000), revoked_at: None };
    assert_eq!(world.store.session(id).await.unwrap().as_ref(), Some(&session));
    assert_eq!(world.store.user(user.id).await.unwrap(), Some(user));
    let token = world.store.refresh_token([1; 32]).await.unwrap();
    assert_eq!(token, Some(RefreshTokenRecord { session, used_at: None }));
}

pub async fn what_was_never_stored_is_absent(world: &World) {
    assert_eq!(world.store.session(SessionId::new(world.id())).await.unwrap(), None);
    assert_eq!(world.store.refresh_token([1; 32]).await.unwrap(), None);
}

pub async fn a_session_of_nobody_is_refused(world: &World) {
    let id = SessionId::new(world.id());
    let new = NewSession { id, user: UserId::new(world.id()), created_at: at(0), expires_at: at(9), token_hash: [1; 32] };
    assert!(world.store.insert_session(new, world.audit_row()).await.is_err());
    assert_eq!((world.store.session(id).await.unwrap(), world.store.refresh_token([1; 32]).await.unwrap()), (None, None));
}

pub async fn a_session_with_a_token_that_is_taken_is_refused_whole(world: &World) {
    let user = ada(world).await;
    begin(world, &user, 1).await;
    let id = SessionId::new(world.id());
    let new = NewSession { id, user: user.id, created_at: at(999), expires_at: at(10_000), token_hash: [1; 32] };
    assert!(matches!(world.store.insert_session(new, world.audit_row()).await, Err(StoreError::Conflict(_))));
    assert_eq!(world.store.session(id).await.unwrap(), None);
    assert_eq!(world.store.user(user.id).await.unwrap().unwrap().last_login_at, Some(at(100)));
}

pub async fn a_token_is_exchanged_for_the_next_and_moves_the_end(world: &World) {
    let id = begin(world, &ada(world).await, 1).await;
    assert!(rotate(world, 1, 2, 500).await.unwrap());
    let (old, new) =
        (world.store.refresh_token([1; 32]).await.unwrap().unwrap(), world.store.refresh_token([2; 32]).await.unwrap().unwrap());
    assert_eq!((old.used_at, new.used_at, new.session.id), (Some(at(500)), None, id));
    assert_eq!((new.session.expires_at, old.session), (at(10_500), new.session));
    assert!(rotate(world, 2, 3, 10_400).await.unwrap(), "the session lives on past its first end");
}

pub async fn a_used_token_is_exchanged_no_more(world: &World) {
    begin(world, &ada(world).await, 1).await;
    assert!(rotate(world, 1, 2, 500).await.unwrap());
    assert!(!rotate(world, 1, 3, 600).await.unwrap());
    assert_eq!(world.store.refresh_token([3; 32]).await.unwrap(), None);
    let old = world.store.refresh_token([1; 32]).await.unwrap().unwrap();
    assert_eq!((old.used_at, old.session.expires_at), (Some(at(500)), at(10_500)), "the second attempt left no trace");
}

pub async fn an_unknown_token_is_not_exchanged(world: &World) {
    begin(world, &ada(world).await, 1).await;
    assert!(!rotate(world, 7, 8, 500).await.unwrap());
    assert_eq!(world.store.refresh_token([8; 32]).await.unwrap(), None);
}

pub async fn the_token_of_an_ended_session_is_not_exchanged(world: &World) {
    let user = ada(world).await;
    let revoked = begin(world, &user, 1).await;
    begin(world, &user, 2).await;
    world.store.revoke_session(revoked, at(300), world.audit_row()).await.unwrap();
    assert!(!rotate(world, 1, 3, 400).await.unwrap(), "revoked");
    assert!(!rotate(world, 2, 4, 10_000).await.unwrap(), "expired");
    assert!(rotate(world, 2, 4, 9_999).await.unwrap());
}

pub async fn a_next_token_that_is_taken_leaves_the_old_one_valid(world: &World) {
    let user = ada(world).await;
    begin(world, &user, 1).await;
    begin(world, &user, 2).await;
    assert!(matches!(rotate(world, 1, 2, 500).await, Err(StoreError::Conflict(_))));
    assert_eq!(world.store.refresh_token([1; 32]).await.unwrap().unwrap().used_at, None);
    assert!(rotate(world, 1, 3, 600).await.unwrap());
}

pub async fn of_many_who_exchange_one_token_one_succeeds(world: &World) {
    begin(world, &ada(world).await, 1).await;
    let tries = (10..30).map(|new| rotate(world, 1, new, 500));
    let answers: Vec<bool> = futures::future::join_all(tries).await.into_iter().map(Result::unwrap).collect();
    assert_eq!(answers.iter().filter(|done| **done).count(), 1);
    for (done, new) in answers.iter().zip(10..) {
        assert_eq!(world.store.refresh_token([new; 32]).await.unwrap().is_some(), *done);
    }
}

pub async fn ending_a_session_twice_does_no_harm(world: &World) {
    let id = begin(world, &ada(world).await, 1).await;
    for now in [300, 400] {
        world.store.revoke_session(id, at(now), world.audit_row()).await.unwrap();
    }
    assert_eq!(world.store.session(id).await.unwrap().unwrap().revoked_at, Some(at(300)));
    world.store.revoke_session(SessionId::new(world.id()), at(500), world.audit_row()).await.unwrap();
}

pub async fn a_session_shows_its_user_as_they_are_now(world: &World) {
    ada(world).await;
    let bob = users::insert(world, "bob@x.test", Role::Viewer).await;
    let id = begin(world, &bob, 1).await;
    world.store.change_user(bob.id, Role::Operator, true, at(500), world.audit_row()).await.unwrap();
    assert_eq!(world.store.session(id).await.unwrap().unwrap().user.role, Role::Operator);
    assert_eq!(world.store.refresh_token([1; 32]).await.unwrap().unwrap().session.user.role, Role::Operator);
}

pub async fn sessions_that_ended_long_ago_are_forgotten_with_their_tokens(world: &World) {
    let user = ada(world).await;
    let (revoked, expired, live) = (begin(world, &user, 1).await, begin(world, &user, 2).await, begin(world, &user, 3).await);
    world.store.revoke_session(revoked, at(300), world.audit_row()).await.unwrap();
    assert!(rotate(world, 3, 4, 9_000).await.unwrap());
    assert_eq!(world.store.forget_sessions(at(300)).await.unwrap(), 0, "what ended just then did not end before");
    assert_eq!(world.store.forget_sessions(at(301)).await.unwrap(), 1);
    assert_eq!(world.store.forget_sessions(at(10_000)).await.unwrap(), 0);
    assert_eq!(world.store.forget_sessions(at(10_001)).await.unwrap(), 1);
    for (id, tokens, stays) in [(revoked, vec![1], false), (expired, vec![2], false), (live, vec![3, 4], true)] {
        assert_eq!(world.store.session(id).await.unwrap().is_some(), stays);
        for token in tokens {
            assert_eq!(world.store.refresh_token([token; 32]).await.unwrap().is_some(), stays, "token {token}");
        }
    }
    assert!(world.store.user(user.id).await.unwrap().is_some());
}
