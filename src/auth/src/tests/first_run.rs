//! Who can create the first administrator? Whoever has the code, once.

use baton_domain::services::AuthService;

use super::*;

async fn first_run(world: &World, address: &str, code: &str, email: &str, password: &str) -> Result<Tokens, Problem> {
    let request = FirstRun { code: secret(code), email: email.to_owned(), password: secret(password) };
    world.auth.first_run(&from(address), request).await
}

#[tokio::test]
async fn the_code_creates_the_administrator_and_signs_in() {
    let world = World::empty().await;
    assert!(world.auth.first_run_status().await.unwrap().needed);
    let printed = world.auth.setup_code().await.unwrap().unwrap();
    let tokens = first_run(&world, "192.0.2.1", &printed.to_lowercase(), " Ada@Example.com", PASSWORD).await.unwrap();
    let me = world.auth.me(&world.caller(&tokens).await).await.unwrap();
    assert_eq!((me.principal.label(), me.role), (ADA, Role::Admin));
    assert!(!world.auth.first_run_status().await.unwrap().needed);
    assert_eq!(world.auth.setup_code().await.unwrap(), None);
    let record: Vec<_> = world.record().await.into_iter().map(|row| (row.action, row.allowed)).collect();
    assert_eq!(record, [("auth.first_run".to_owned(), true), ("auth.login".to_owned(), true)]);
    assert!(world.login("192.0.2.1", ADA, PASSWORD).await.is_ok());
}

#[tokio::test]
async fn the_code_is_good_once() {
    let world = World::empty().await;
    let printed = world.auth.setup_code().await.unwrap().unwrap();
    first_run(&world, "192.0.2.1", &printed, ADA, PASSWORD).await.unwrap();
    assert_eq!(code(first_run(&world, "192.0.2.66", &printed, "eve@example.com", PASSWORD).await), "AUTH-008");
    assert_eq!(world.store_users().await, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_at_once_one_becomes_the_administrator() {
    let world = Arc::new(World::empty().await);
    let printed = world.auth.setup_code().await.unwrap().unwrap();
    let tries: Vec<_> = (0..8)
        .map(|number| {
            let (world, printed) = (Arc::clone(&world), printed.clone());
            let email = format!("user{number}@example.com");
            tokio::spawn(async move { code(first_run(&world, "192.0.2.1", &printed, &email, PASSWORD).await) })
        })
        .collect();
    let mut accepted = 0;
    for answer in tries {
        match answer.await.unwrap().as_str() {
            "accepted" => accepted += 1,
            other => assert_eq!(other, "AUTH-008"),
        }
    }
    assert_eq!((accepted, world.store_users().await), (1, 1));
}

#[tokio::test]
async fn a_wrong_code_is_refused_recorded_and_soon_locked() {
    let world = World::empty().await;
    for _ in 0..7 {
        assert_eq!(code(first_run(&world, "192.0.2.66", "0000-0000-0000", ADA, PASSWORD).await), "AUTH-007");
    }
    let row = world.last_record().await;
    assert_eq!(
        (row.action.as_str(), row.code.as_deref(), row.address.as_deref()),
        ("auth.first_run", Some("AUTH-007"), Some("192.0.2.66"))
    );
    let printed = world.auth.setup_code().await.unwrap().unwrap();
    let locked = first_run(&world, "192.0.2.66", &printed, ADA, PASSWORD).await.unwrap_err();
    assert_eq!((locked.code.as_str(), locked.retry_after), ("AUTH-006", Some(60)));
    assert!(first_run(&world, "192.0.2.1", &printed, ADA, PASSWORD).await.is_ok(), "the owner elsewhere must get in");
}

#[tokio::test]
async fn wrong_fields_are_named_together_and_only_to_whoever_has_the_code() {
    let world = World::empty().await;
    assert_eq!(code(first_run(&world, "192.0.2.1", "0000-0000-0000", "nobody", "short").await), "AUTH-007");
    let printed = world.auth.setup_code().await.unwrap().unwrap();
    let problem = first_run(&world, "192.0.2.1", &printed, "nobody", "short").await.unwrap_err();
    let fields: Vec<&str> = problem.errors.iter().map(|error| error.field.as_str()).collect();
    assert_eq!((problem.code.as_str(), fields), ("REQUEST-002", vec!["/email", "/password"]));
    assert!(first_run(&world, "192.0.2.1", &printed, ADA, PASSWORD).await.is_ok());
}

#[tokio::test]
async fn the_configuration_creates_the_administrator_only_while_there_is_no_user() {
    let world = World::empty().await;
    assert_eq!(code(world.auth.create_first_admin(ADA, &secret("password1")).await), "REQUEST-002");
    assert!(world.auth.create_first_admin("Ada@example.com", &secret(PASSWORD)).await.unwrap());
    assert_eq!(world.last_record().await.principal_tag, "system");
    assert!(!world.auth.create_first_admin("eve@example.com", &secret(PASSWORD)).await.unwrap());
    assert!(!world.auth.create_first_admin("eve@example.com", &secret("password1")).await.unwrap());
    assert!(world.login("192.0.2.1", ADA, PASSWORD).await.is_ok());
}

impl World {
    async fn store_users(&self) -> usize {
        baton_storage::IdentityStore::users(&*self.store).await.unwrap().len()
    }
}
