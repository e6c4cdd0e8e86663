//! What is lost when Redis restarts, forgets everything, or is away? Nothing. How long is the outage? A few seconds; 60 at full scale.

use std::sync::Arc;
use std::time::Duration;

use baton_bus::RedisCarrierOptions;
use baton_bus::carrier::{Carrier, Relay};
use baton_domain::topic::TopicKind;
use baton_testkit::{PostgresServer, RedisServer, Scale, scale};
use futures::StreamExt;

use super::delivery::consume;
use super::world::{Server, caller, on, quick, within};

const MESSAGES: usize = 600;

async fn redis(server: &RedisServer, name: &str) -> Arc<dyn Carrier> {
    Arc::new(RedisCarrierOptions::new(server.url(), name).start().unwrap())
}

async fn connected(carriers: &[Arc<dyn Carrier>]) {
    for _ in 0..1_000 {
        if carriers.iter().all(|carrier| carrier.is_connected()) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("Redis is not reached");
}

/// Two servers on one database and one Redis.
async fn two(redis_server: &RedisServer) -> [Server; 2] {
    let url = PostgresServer::shared().unwrap().new_database().unwrap();
    let carriers = [redis(redis_server, "a").await, redis(redis_server, "b").await];
    connected(&carriers).await;
    let [a, b] = carriers;
    let servers = [on(&url, Arc::clone(&a)).await, on(&url, Arc::clone(&b)).await];
    for (server, carrier) in servers.iter().zip([a, b]) {
        let relay = Relay::new(carrier);
        server.bus.relay_to(Arc::clone(&relay));
        tokio::spawn(relay.run(Arc::clone(&server.bus), |_| ()));
    }
    servers
}

/// Publishes on one server and consumes on both, while `trouble` happens to Redis.
async fn lost_none(trouble: impl FnOnce(RedisServer) -> Option<RedisServer> + Send + 'static, publish_for: Duration) {
    let redis_server = RedisServer::start().unwrap();
    let servers = two(&redis_server).await;
    servers[0].declare("orders.created", TopicKind::Durable).await;
    servers[0].subscribe("billing", "orders.>", quick()).await;
    let publisher = servers[0].clone();
    let publishing = tokio::spawn(async move {
        for n in 0..MESSAGES {
            publisher.publish("orders.created", n).await;
            tokio::time::sleep(publish_for / u32::try_from(MESSAGES).unwrap()).await;
        }
    });
    let trouble = tokio::task::spawn_blocking(move || trouble(redis_server));
    let done = consume(&servers, "billing", MESSAGES, publish_for + Duration::from_secs(60)).await;
    publishing.await.unwrap();
    drop(trouble.await.unwrap());
    assert_eq!(done.keys().copied().collect::<Vec<_>>(), (0..MESSAGES).collect::<Vec<_>>(), "lost 0");
    assert!(done.values().all(|times| *times == 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restart_loses_nothing() {
    let trouble = |server: RedisServer| {
        std::thread::sleep(Duration::from_millis(700));
        server.crash();
        server.resume().unwrap();
        Some(server)
    };
    lost_none(trouble, Duration::from_secs(3)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn flushall_loses_nothing() {
    let trouble = |server: RedisServer| {
        for _ in 0..5 {
            std::thread::sleep(Duration::from_millis(400));
            server.flush().unwrap();
        }
        Some(server)
    };
    lost_none(trouble, Duration::from_secs(3)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_outage_loses_nothing() {
    let away = if scale() == Scale::Full { Duration::from_secs(60) } else { Duration::from_secs(3) };
    let trouble = move |server: RedisServer| {
        std::thread::sleep(Duration::from_millis(500));
        server.crash();
        std::thread::sleep(away);
        server.resume().unwrap();
        Some(server)
    };
    Box::pin(lost_none(trouble, away + Duration::from_secs(1))).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_ephemeral_message_is_heard_on_the_other_server() {
    let redis_server = RedisServer::start().unwrap();
    let [a, b] = two(&redis_server).await;
    a.declare("news", TopicKind::Ephemeral).await;
    let mut heard = b.topics.listen(&caller(), "news").await.unwrap();
    // Nothing says when a listener is in place: messages are sent until one is heard.
    let first = within(Duration::from_secs(10), async {
        loop {
            a.publish("news", 7).await;
            if let Ok(message) = tokio::time::timeout(Duration::from_millis(100), heard.next()).await {
                return message.unwrap();
            }
        }
    })
    .await;
    assert_eq!(first.payload, Some(serde_json::json!({"n": 7})));
}
