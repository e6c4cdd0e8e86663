//! Who can sign in, and who has to wait?

use baton_domain::services::{AuthService, MemberService};
use baton_domain::wire::auth::UserChange;

use super::*;

#[tokio::test]
async fn the_right_password_signs_in_whatever_the_case_of_the_address() {
    let (world, _) = World::with_ada().await;
    let tokens = world.login("192.0.2.1", " ADA@Example.com", PASSWORD).await.unwrap();
    assert!(world.bearer(&tokens.access_token).await.is_ok());
    let row = world.last_record().await;
    assert_eq!((row.action.as_str(), row.allowed, row.address.as_deref()), ("auth.login", true, Some("192.0.2.1")));
    assert!(row.principal_tag.starts_with("user:"));
}

#[tokio::test]
async fn every_wrong_sign_in_looks_the_same() {
    let (world, tokens) = World::with_ada().await;
    let ada = world.caller(&tokens).await;
    let bob = world.add(&ada, "bob@example.com", Role::Viewer).await;
    world.auth.change_user(&ada, bob.id, UserChange { role: None, active: Some(false) }).await.unwrap();
    let long = "x".repeat(1 << 20);
    let mut problems = Vec::new();
    for (index, (email, password)) in [
        (ADA, "many small green turtle"),
        (ADA, ""),
        (ADA, long.as_str()),
        ("nobody@example.com", PASSWORD),
        ("no address", PASSWORD),
        (long.as_str(), PASSWORD),
        ("bob@example.com", PASSWORD),
    ]
    .into_iter()
    .enumerate()
    {
        problems.push(world.login(&format!("192.0.2.{}", 10 + index), email, password).await.unwrap_err());
        let row = world.last_record().await;
        assert_eq!((row.action.as_str(), row.allowed, row.code.as_deref()), ("auth.login", false, Some("AUTH-002")));
        assert_eq!(row.target.is_some(), email == ADA || email == "bob@example.com", "only a known account is named");
    }
    assert!(problems.iter().all(|problem| *problem == problems[0]), "{problems:?}");
}

#[tokio::test]
async fn a_thousand_wrong_passwords_from_one_address_meet_the_ladder_and_the_owner_elsewhere_signs_in() {
    let (world, _) = World::with_ada().await;
    let (mut wrong, mut locked) = (0, 0);
    for _ in 0..1000 {
        let problem = world.login("192.0.2.66", ADA, "wrong password").await.unwrap_err();
        match problem.code.as_str() {
            "AUTH-002" => wrong += 1,
            "AUTH-006" => {
                locked += 1;
                assert!(problem.retry_after.is_some_and(|seconds| (1..=60).contains(&seconds)));
            }
            other => panic!("{other}"),
        }
    }
    assert_eq!((wrong, locked), (7, 993));
    assert_eq!(code(world.login("192.0.2.66", ADA, PASSWORD).await), "AUTH-006", "also with the right password");
    assert!(world.login("192.0.2.1", ADA, PASSWORD).await.is_ok());
    let refusals = world.record().await.into_iter().filter(|row| !row.allowed).count();
    assert_eq!(refusals, 8, "seven failures and the first refusal of the wait");
    world.clock.advance(seconds(60));
    assert!(world.login("192.0.2.66", ADA, PASSWORD).await.is_ok());
}

#[tokio::test]
async fn trying_a_thousand_accounts_from_one_address_is_stopped() {
    let (world, _) = World::with_ada().await;
    let mut tried = 0;
    for number in 0..1000 {
        if code(world.login("192.0.2.66", &format!("user{number}@example.com"), "wrong password").await) == "AUTH-002" {
            tried += 1;
        }
    }
    assert_eq!(tried, 7);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn tries_at_once_count_as_many_as_tries_one_by_one() {
    let (world, _) = World::with_ada().await;
    let world = Arc::new(world);
    let tries: Vec<_> = (0..40)
        .map(|_| {
            let world = Arc::clone(&world);
            tokio::spawn(async move { code(world.login("192.0.2.66", ADA, "wrong password").await) })
        })
        .collect();
    let mut wrong = 0;
    for answer in tries {
        wrong += usize::from(answer.await.unwrap() == "AUTH-002");
    }
    // Two hash at once, so one may be on its way when the seventh failure is counted.
    assert!((7..=8).contains(&wrong), "{wrong} passwords were tried");
}

#[tokio::test]
async fn a_caller_without_credentials_has_nothing_to_ask() {
    let (world, _) = World::with_ada().await;
    assert_eq!(code(world.auth.me(&Caller::anonymous()).await), "AUTH-001");
    assert_eq!(code(world.auth.logout(&Caller::anonymous()).await), "AUTH-001");
}
