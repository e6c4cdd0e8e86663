//! Is a refresh token good for one use, and does a second use end the session, unless two tabs raced?

use baton_domain::services::AuthService;

use super::*;

fn token(tokens: &Tokens) -> Secret {
    tokens.refresh_token.clone().expect("a refresh token")
}

#[tokio::test]
async fn a_refresh_gives_the_next_token_and_moves_the_end() {
    let (world, first) = World::with_ada().await;
    world.clock.advance(seconds(3600));
    let second = world.refresh(&token(&first)).await.unwrap();
    assert_ne!(token(&first), token(&second));
    assert_ne!(first.access_token, second.access_token);
    assert_eq!(second.refresh_expires_at.since(first.refresh_expires_at), seconds(3600));
    assert!(world.bearer(&second.access_token).await.is_ok());
    assert!(world.refresh(&token(&second)).await.is_ok());
}

#[tokio::test]
async fn a_token_used_again_after_the_grace_ends_the_session_and_is_recorded() {
    let (world, first) = World::with_ada().await;
    let second = world.refresh(&token(&first)).await.unwrap();
    world.clock.advance(Duration::from_millis(10_001));
    assert!(world.bearer(&second.access_token).await.is_ok());
    assert_eq!(code(world.refresh(&token(&first)).await), "AUTH-009");
    assert_eq!(code(world.bearer(&second.access_token).await), "AUTH-009", "the session must be over at once");
    assert_eq!(code(world.refresh(&token(&second)).await), "AUTH-009");
    let row = world.last_record().await;
    assert_eq!((row.action.as_str(), row.allowed, row.code.as_deref()), ("auth.refresh_reuse", false, Some("AUTH-009")));
    assert_eq!(row.address.as_deref(), Some("192.0.2.1"));
}

#[tokio::test]
async fn other_sessions_of_the_same_person_go_on() {
    let (world, first) = World::with_ada().await;
    let other = world.login("192.0.2.2", ADA, PASSWORD).await.unwrap();
    world.refresh(&token(&first)).await.unwrap();
    world.clock.advance(seconds(11));
    assert_eq!(code(world.refresh(&token(&first)).await), "AUTH-009");
    assert!(world.bearer(&other.access_token).await.is_ok());
    assert!(world.refresh(&token(&other)).await.is_ok());
}

#[tokio::test]
async fn within_the_grace_a_second_tab_gets_access_and_no_token_but_the_one_already_given() {
    let (world, first) = World::with_ada().await;
    let second = world.refresh(&token(&first)).await.unwrap();
    world.clock.advance(seconds(10));
    let tab = world.refresh(&token(&first)).await.unwrap();
    assert!(world.bearer(&tab.access_token).await.is_ok());
    assert_eq!(tab.refresh_token, second.refresh_token, "a chain of its own would outlive the theft of a token");
    assert!(world.refresh(&token(&second)).await.is_ok());
}

#[tokio::test]
async fn after_a_restart_a_second_tab_gets_access_only() {
    let (world, first) = World::with_ada().await;
    world.refresh(&token(&first)).await.unwrap();
    let key = TokenKey::parse(&hex::encode(KEY)).unwrap();
    let restarted =
        AuthOptions::default().build_with(Arc::clone(&world.store) as Arc<dyn Store>, sources(&world.clock), &key, CHEAP).unwrap();
    let tab = restarted.refresh(&from("192.0.2.1"), token(&first)).await.unwrap();
    assert_eq!(tab.refresh_token, None);
    assert!(world.bearer(&tab.access_token).await.is_ok());
}

#[tokio::test]
async fn a_browser_that_never_got_the_next_token_is_not_taken_for_a_thief() {
    let (world, first) = World::with_ada().await;
    let _lost = world.refresh(&token(&first)).await.unwrap();
    world.clock.advance(seconds(1));
    let again = world.refresh(&token(&first)).await.unwrap();
    world.clock.advance(seconds(500));
    assert!(world.refresh(&token(&again)).await.is_ok());
}

#[tokio::test]
async fn the_grace_does_not_reach_two_steps_back_for_ever() {
    let (world, first) = World::with_ada().await;
    let second = world.refresh(&token(&first)).await.unwrap();
    world.clock.advance(seconds(6));
    let third = world.refresh(&token(&second)).await.unwrap();
    world.clock.advance(seconds(5));
    assert_eq!(code(world.refresh(&token(&first)).await), "AUTH-009");
    assert_eq!(code(world.refresh(&token(&third)).await), "AUTH-009");
}

#[tokio::test]
async fn a_clock_that_is_set_back_does_not_stretch_the_grace() {
    let (world, first) = World::with_ada().await;
    world.refresh(&token(&first)).await.unwrap();
    world.clock.set_back(seconds(3600));
    assert_eq!(code(world.refresh(&token(&first)).await), "AUTH-009");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_tabs_that_race_one_rotates_and_all_go_on() {
    let (world, mut tokens) = World::with_ada().await;
    let world = Arc::new(world);
    for _ in 0..20 {
        let tabs: Vec<_> = (0..8)
            .map(|_| {
                let (world, token) = (Arc::clone(&world), token(&tokens));
                tokio::spawn(async move { world.refresh(&token).await.unwrap() })
            })
            .collect();
        let mut next = Vec::new();
        for tab in tabs {
            let tab = tab.await.unwrap();
            assert!(world.bearer(&tab.access_token).await.is_ok());
            next.extend(tab.refresh_token.clone().map(|token| (token.0, tab)));
        }
        assert!(!next.is_empty() && next.iter().all(|(token, _)| *token == next[0].0), "the session forked");
        world.clock.advance(seconds(60));
        tokens = next.remove(0).1;
    }
    assert!(world.record().await.iter().all(|row| row.action != "auth.refresh_reuse"));
}

#[tokio::test]
async fn a_session_ends_when_it_is_idle_and_at_last_in_any_case() {
    let day = seconds(24 * 60 * 60);
    let (world, idle) = World::with_ada().await;
    world.clock.advance(14 * day);
    assert_eq!(code(world.refresh(&token(&idle)).await), "AUTH-009");

    let mut tokens = world.login("192.0.2.1", ADA, PASSWORD).await.unwrap();
    let began = world.clock.now();
    for _ in 0..6 {
        world.clock.advance(13 * day);
        tokens = world.refresh(&token(&tokens)).await.unwrap();
    }
    assert_eq!(tokens.refresh_expires_at.since(began), 90 * day);
    world.clock.advance(12 * day - seconds(30));
    let last = world.refresh(&token(&tokens)).await.unwrap();
    assert!(last.access_expires_at <= last.refresh_expires_at, "an access token must not outlive its session");
    world.clock.advance(seconds(30));
    assert_eq!(code(world.refresh(&token(&last)).await), "AUTH-009");
}

#[tokio::test]
async fn what_is_no_refresh_token_is_refused() {
    let (world, tokens) = World::with_ada().await;
    for text in [String::new(), "A".repeat(43), "A".repeat(2 << 20), tokens.access_token.0] {
        assert_eq!(code(world.refresh(&secret(&text)).await), "AUTH-004", "{} characters", text.len());
    }
}

#[tokio::test]
async fn ended_sessions_are_forgotten_after_a_month() {
    let (world, tokens) = World::with_ada().await;
    let caller = world.caller(&tokens).await;
    world.auth.logout(&caller).await.unwrap();
    world.clock.advance(seconds(29 * 24 * 60 * 60));
    assert_eq!(world.auth.forget_ended_sessions().await.unwrap(), 0);
    world.clock.advance(seconds(2 * 24 * 60 * 60));
    assert!(world.auth.forget_ended_sessions().await.unwrap() > 0);
}
