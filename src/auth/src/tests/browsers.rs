//! Does a browser's session go on by itself, and only its own?

use baton_domain::services::AuthService;

use super::*;

#[tokio::test]
async fn without_cookies_a_browser_is_nobody() {
    let (world, _) = World::with_ada().await;
    for answer in [world.cookies(None, None).await.unwrap(), world.auth.authenticate(&from("192.0.2.1"), None).await.unwrap()] {
        assert_eq!((answer.caller.role, answer.valid_until, answer.renewed), (None, None, None));
        assert_eq!(answer.caller.request_id.as_deref(), Some("request-1"));
    }
}

#[tokio::test]
async fn a_session_is_renewed_when_less_than_a_fifth_of_its_access_is_left() {
    let (world, tokens) = World::with_ada().await;
    let (access, refresh) = (Some(&tokens.access_token), tokens.refresh_token.as_ref());
    world.clock.advance(seconds(480));
    assert_eq!(world.cookies(access, refresh).await.unwrap().renewed, None);
    world.clock.advance(seconds(1));
    assert_eq!(world.cookies(access, None).await.unwrap().renewed, None);
    let renewed = world.cookies(access, refresh).await.unwrap().renewed.expect("fresh tokens");
    assert_eq!(renewed.access_expires_at.since(world.clock.now()), seconds(600));
    assert!(renewed.refresh_token.is_some());
}

#[tokio::test]
async fn an_expired_or_missing_access_cookie_is_renewed_and_without_refresh_says_so() {
    let (world, tokens) = World::with_ada().await;
    world.clock.advance(seconds(601));
    assert_eq!(code(world.cookies(Some(&tokens.access_token), None).await), "AUTH-003");
    let first = world.cookies(Some(&tokens.access_token), tokens.refresh_token.as_ref()).await.unwrap();
    assert_eq!(first.caller.principal.label(), ADA);
    let renewed = first.renewed.expect("fresh tokens");
    let second = world.cookies(None, renewed.refresh_token.as_ref()).await.unwrap();
    assert!(second.renewed.is_some());
}

#[tokio::test]
async fn a_renewal_that_was_lost_within_the_grace_does_not_end_the_session() {
    let (world, tokens) = World::with_ada().await;
    let (access, refresh) = (Some(&tokens.access_token), tokens.refresh_token.as_ref());
    world.clock.advance(seconds(590));
    let _lost = world.cookies(access, refresh).await.unwrap();
    let again = world.cookies(access, refresh).await.unwrap().renewed.unwrap();
    world.clock.advance(seconds(595));
    assert!(world.cookies(Some(&again.access_token), again.refresh_token.as_ref()).await.unwrap().renewed.is_some());
}

#[tokio::test]
async fn a_stolen_refresh_cookie_used_later_ends_the_session_even_while_access_is_good() {
    let (world, tokens) = World::with_ada().await;
    world.refresh(tokens.refresh_token.as_ref().unwrap()).await.unwrap();
    world.clock.advance(seconds(500));
    assert_eq!(code(world.cookies(Some(&tokens.access_token), tokens.refresh_token.as_ref()).await), "AUTH-009");
}

#[tokio::test]
async fn an_invalid_access_cookie_is_refused_whatever_comes_with_it() {
    let (world, tokens) = World::with_ada().await;
    let forged = secret("eyJ0eXAiOiJKV1QiLCJhbGciOiJub25lIn0.e30.");
    assert_eq!(code(world.cookies(Some(&forged), tokens.refresh_token.as_ref()).await), "AUTH-004");
}

#[tokio::test]
async fn a_planted_refresh_cookie_does_not_switch_a_browser_to_another_account() {
    let (world, tokens) = World::with_ada().await;
    let ada = world.caller(&tokens).await;
    world.add(&ada, "eve@example.com", Role::Viewer).await;
    let eve = world.login("192.0.2.66", "eve@example.com", PASSWORD).await.unwrap();
    world.clock.advance(seconds(590));
    let near_the_end = world.cookies(Some(&tokens.access_token), eve.refresh_token.as_ref()).await.unwrap();
    assert_eq!((near_the_end.caller.principal.label(), near_the_end.renewed), (ADA, None));
    world.clock.advance(seconds(20));
    assert_eq!(code(world.cookies(Some(&tokens.access_token), eve.refresh_token.as_ref()).await), "AUTH-004");
}

#[tokio::test]
async fn a_renewal_gives_the_role_of_now() {
    let (world, tokens) = World::with_ada().await;
    let ada = world.caller(&tokens).await;
    let bob = world.add(&ada, "bob@example.com", Role::Operator).await;
    let session = world.login("192.0.2.2", "bob@example.com", PASSWORD).await.unwrap();
    world.clock.advance(seconds(601));
    let change = baton_domain::wire::auth::UserChange { role: Some(Role::Viewer), active: None };
    world.auth.change_user(&ada, bob.id, change).await.unwrap();
    let answer = world.cookies(None, session.refresh_token.as_ref()).await.unwrap();
    assert_eq!(answer.caller.role, Some(Role::Viewer));
    assert_eq!(answer.renewed.unwrap().me.role, Role::Viewer);
}
