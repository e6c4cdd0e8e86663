//! Do two servers on one Redis count a client together, and does what a Redis forgets stay as it was?

use crate::harness;

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::harness::cluster::{Rest, TOKEN_KEY};
use crate::harness::{EMAIL, PASSWORD, Server, binary};
use baton_testkit::{PostgresServer, RedisServer};
use serde_json::{Value, json};

/// What one client may ask a second, and what it may send at once: twice as much. The shared window is as long as the burst takes.
const PER_SECOND: u64 = 60;
const TOGETHER: u64 = PER_SECOND * 2;

/// A server on this database and this Redis.
fn server(name: &str, folder: &tempfile::TempDir, database: &str, redis: &RedisServer) -> Server {
    let mut start = Command::new(binary());
    start
        .args(["serve", "--listen", "127.0.0.1:0", "--log", "warn", "--name", name, "--database", database, "--redis", &redis.url()])
        .args(["--requests-per-second", &PER_SECOND.to_string(), "--data"])
        .arg(folder.path())
        .env("BATON_ADMIN_EMAIL", EMAIL)
        .env("BATON_ADMIN_PASSWORD", PASSWORD)
        .env("BATON_TOKEN_KEY", TOKEN_KEY)
        .stdin(Stdio::null());
    Server::start_with(start)
}

fn redis() -> RedisServer {
    RedisServer::start().expect("a Redis")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_gets_its_limit_of_all_servers_together_and_not_of_each() {
    let (redis, folders) = (redis(), [harness::data_folder(), harness::data_folder()]);
    let url = PostgresServer::shared().expect("a PostgreSQL").new_database().unwrap();
    let (one, two) = (server("one", &folders[0], &url, &redis), server("two", &folders[1], &url, &redis));
    let here = Rest::of(&one).await;
    let there = here.at(&two);
    // The first request opens the window of two seconds; all of one window are counted, on whatever machine.
    let (mut allowed, mut refused) = ([0u64; 2], [0u64; 2]);
    let began = Instant::now();
    for number in 0..TOGETHER * 2 {
        let (index, door) = if number % 2 == 0 { (0, &here) } else { (1, &there) };
        let answer = door.get("/auth/me").await;
        match answer.status().as_u16() {
            200 => allowed[index] += 1,
            429 => {
                assert!(answer.headers().contains_key("retry-after"));
                assert_eq!(answer.json::<Value>().await.unwrap()["code"], "REQUEST-007");
                refused[index] += 1;
            }
            other => panic!("{other}"),
        }
    }
    let windows = 1 + began.elapsed().as_secs() / 2;
    let all = allowed[0] + allowed[1];
    assert!(all <= TOGETHER * windows, "{allowed:?} of {windows} windows, {refused:?} refused");
    if windows == 1 {
        assert_eq!(all, TOGETHER, "and all of it: {allowed:?}");
        assert!(refused[0] > 0 && refused[1] > 0, "both servers refuse: {refused:?}");
    }
    assert!(two.terminate() && one.terminate());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_was_revoked_stays_so_when_redis_forgets_everything() {
    let (redis, folders) = (redis(), [harness::data_folder(), harness::data_folder()]);
    let url = PostgresServer::shared().expect("a PostgreSQL").new_database().unwrap();
    let (one, two) = (server("one", &folders[0], &url, &redis), server("two", &folders[1], &url, &redis));
    let (here, other) = (Rest::of(&one).await, Rest::of(&one).await);
    let there = here.at(&two);
    for door in [&here, &there] {
        assert_eq!(door.get("/auth/me").await.status(), 200);
    }
    assert!(here.post("/auth/logout", &json!({})).await.status().is_success());
    redis.flush().unwrap();
    assert_eq!(here.get("/auth/me").await.status(), 401, "where it was revoked, at once");
    // Another server believes what it read for two seconds at most; then never again.
    let began = Instant::now();
    while there.get("/auth/me").await.status() != 401 {
        assert!(began.elapsed() < Duration::from_secs(4), "it is still believed");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    redis.flush().unwrap();
    for _ in 0..10 {
        for door in [&here, &there] {
            assert_eq!(door.get("/auth/me").await.status(), 401, "it is believed again");
        }
        tokio::time::sleep(Duration::from_millis(250)).await;
    }
    assert_eq!(other.get("/auth/me").await.status(), 200, "another session of the same person goes on");
    assert!(two.terminate() && one.terminate());
}
