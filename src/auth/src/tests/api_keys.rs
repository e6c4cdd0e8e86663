//! Do API keys open what they should, for as long as they should?

use baton_domain::services::{AuthService, MemberService};
use baton_domain::wire::auth::{CreatedApiKey, NewApiKey};

use super::*;

async fn key(world: &World, ada: &Caller, name: &str) -> CreatedApiKey {
    world.auth.create_api_key(ada, NewApiKey { name: name.to_owned(), role: Role::Operator }).await.unwrap()
}

#[tokio::test]
async fn a_key_calls_with_its_own_role_and_name() {
    let (world, tokens) = World::with_ada().await;
    let ada = world.caller(&tokens).await;
    let made = key(&world, &ada, " build server ").await;
    assert!(made.secret.0.starts_with(&format!("bk_{}_", made.key.id.as_uuid().simple())));
    let caller = world.bearer(&made.secret).await.unwrap().caller;
    assert_eq!((caller.principal.label(), caller.role, caller.session), ("build server", Some(Role::Operator), None));
    assert_eq!(world.auth.me(&caller).await.unwrap().role, Role::Operator);
    assert_eq!(code(world.auth.logout(&caller).await), "AUTH-001");
    let row = world.record().await.into_iter().find(|row| row.action == "key.create").unwrap();
    assert_eq!((row.allowed, row.target), (true, Some(format!("key:{}", made.key.id))));
}

#[tokio::test]
async fn a_revoked_key_is_refused_at_once() {
    let (world, tokens) = World::with_ada().await;
    let ada = world.caller(&tokens).await;
    let made = key(&world, &ada, "build server").await;
    let caller = world.bearer(&made.secret).await.unwrap().caller;
    let still = world.auth.still_valid(&caller).await.unwrap();
    assert_eq!((still.caller, still.valid_until.is_some()), (caller.clone(), true));
    world.auth.revoke_api_key(&ada, made.key.id).await.unwrap();
    assert_eq!(code(world.bearer(&made.secret).await), "AUTH-004");
    assert_eq!(code(world.auth.still_valid(&caller).await), "AUTH-009");
    assert!(world.auth.api_keys(&ada).await.unwrap().items.is_empty());
    assert_eq!(code(world.auth.revoke_api_key(&ada, made.key.id).await), "KEY-001");
    let done = world.record().await.into_iter().filter(|row| row.action == "key.revoke").map(|row| row.allowed).collect::<Vec<_>>();
    assert_eq!(done, [true, false]);
}

#[tokio::test]
async fn a_secret_opens_only_its_own_key() {
    let (world, tokens) = World::with_ada().await;
    let ada = world.caller(&tokens).await;
    let (one, two) = (key(&world, &ada, "one").await.secret.0, key(&world, &ada, "two").await.secret.0);
    let crossed = format!("{}{}", &one[..36], &two[36..]);
    let unknown = format!("bk_{}{}", Uuid::from_u128(0xdead).simple(), &two[35..]);
    for wrong in [crossed, unknown, "bk_".to_owned(), format!("bk_{}", "x".repeat(2 << 20)), one[..one.len() - 1].to_owned()] {
        assert_eq!(code(world.bearer(&secret(&wrong)).await), "AUTH-004");
    }
    assert!(world.bearer(&secret(&one)).await.is_ok());
}

#[tokio::test]
async fn the_last_use_is_kept_to_the_minute() {
    let (world, tokens) = World::with_ada().await;
    let ada = world.caller(&tokens).await;
    let made = key(&world, &ada, "build server").await;
    let last_use = async || world.auth.api_keys(&ada).await.unwrap().items[0].last_used_at;
    assert_eq!(last_use().await, None);
    world.bearer(&made.secret).await.unwrap();
    let first = last_use().await.unwrap();
    assert_eq!(first.as_millis() % 60_000, 0);
    assert!(world.clock.now().since(first) < seconds(60));
    world.clock.advance(seconds(120));
    world.bearer(&made.secret).await.unwrap();
    assert_eq!(last_use().await.unwrap().since(first), seconds(120));
}

#[tokio::test]
async fn a_key_needs_a_name_that_can_be_read() {
    let (world, tokens) = World::with_ada().await;
    let ada = world.caller(&tokens).await;
    for name in ["", "   ", "a\nb", &"x".repeat(101), &"x".repeat(1 << 20)] {
        let new = NewApiKey { name: name.to_owned(), role: Role::Viewer };
        let problem = world.auth.create_api_key(&ada, new).await.unwrap_err();
        assert_eq!((problem.code.as_str(), problem.errors[0].field.as_str()), ("REQUEST-002", "/name"));
    }
    key(&world, &ada, &"é".repeat(100)).await;
    let keys = world.auth.api_keys(&ada).await.unwrap().items;
    assert_eq!((keys.len(), keys[0].created_by.as_str()), (1, ADA));
}
