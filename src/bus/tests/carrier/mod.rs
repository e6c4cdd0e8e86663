//! Does a carrier do what carriers do? One suite, run in one process and on a real Redis.
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use baton_bus::carrier::{Carrier, Heard, InProcessHub, RedisCarrierOptions};
use baton_testkit::{Authority, RedisServer};
use tokio::sync::broadcast;

/// How long a member has for an entry in these cases.
const PATIENCE: Duration = Duration::from_millis(300);
/// Longer than anything here takes.
const LONG: Duration = Duration::from_secs(10);

type Members = [Arc<dyn Carrier>; 3];

async fn until(what: &str, holds: impl Fn() -> bool) {
    for _ in 0..1_000 {
        if holds() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("not within ten seconds: {what}");
}

async fn payload(heard: &mut broadcast::Receiver<Heard>) -> Vec<u8> {
    loop {
        match tokio::time::timeout(LONG, heard.recv()).await.unwrap().unwrap() {
            Heard::Payload(bytes) => return bytes.to_vec(),
            Heard::Ring(_) | Heard::Gap => {}
        }
    }
}

fn bytes(text: &str) -> Arc<[u8]> {
    text.as_bytes().into()
}

async fn a_broadcast_reaches_all_others_in_order([a, b, c]: Members) {
    let (mut own, mut at_b, mut at_c) = (a.listen(), b.listen(), c.listen());
    for n in 0..100 {
        a.broadcast(bytes(&n.to_string()));
    }
    b.broadcast(bytes("from b"));
    for heard in [&mut at_b, &mut at_c] {
        let mut numbers = Vec::new();
        while numbers.len() < 100 {
            let text = String::from_utf8(payload(heard).await).unwrap();
            numbers.extend(text.parse::<u32>().ok());
        }
        assert_eq!(numbers, (0..100).collect::<Vec<_>>());
    }
    assert_eq!(payload(&mut own).await, b"from b", "nobody hears itself");
}

async fn an_entry_goes_to_one_member([a, b, c]: Members) {
    for n in 0..60 {
        a.put("jobs", bytes(&n.to_string()));
    }
    let members = [a, b, c];
    let mut taken = Vec::new();
    while taken.len() < 60 {
        for member in &members {
            let entries = member.take("jobs", 5, Duration::from_millis(50)).await;
            member.finish("jobs", &entries).await;
            taken.extend(entries.into_iter().map(|entry| String::from_utf8(entry.payload.to_vec()).unwrap()));
        }
    }
    assert_eq!(taken.len(), 60, "each once");
    assert_eq!(taken.iter().collect::<BTreeSet<_>>().len(), 60);
}

async fn whoever_waits_is_rung([a, b, _]: Members) {
    let waiting = tokio::spawn(async move { b.take("quiet", 1, LONG).await });
    tokio::time::sleep(Duration::from_millis(100)).await;
    a.put("quiet", bytes("now"));
    let entries = tokio::time::timeout(Duration::from_secs(5), waiting).await.unwrap().unwrap();
    assert_eq!(&*entries[0].payload, b"now");
}

async fn what_a_member_does_not_finish_goes_to_another([a, b, _]: Members) {
    a.put("lost", bytes("one"));
    let taken = a.take("lost", 1, LONG).await;
    assert_eq!(taken.len(), 1);
    assert_eq!(b.take("lost", 1, Duration::ZERO).await, [], "a has its time");
    let again = b.take("lost", 1, LONG).await;
    assert_eq!(again, taken, "then it is b's");
    b.finish("lost", &again).await;
    tokio::time::sleep(PATIENCE * 2).await;
    assert_eq!(a.take("lost", 1, Duration::ZERO).await, []);
}

async fn rings_are_apart([a, b, _]: Members) {
    a.put("x", bytes("for x"));
    a.put("y", bytes("for y"));
    assert_eq!(&*b.take("y", 9, LONG).await[0].payload, b"for y");
    assert_eq!(&*b.take("x", 9, LONG).await[0].payload, b"for x");
    assert_eq!(b.take("z", 9, Duration::ZERO).await, []);
}

fn in_process() -> Members {
    let hub = InProcessHub::new(PATIENCE);
    [Arc::new(hub.join()), Arc::new(hub.join()), Arc::new(hub.join())]
}

async fn over_redis(server: &RedisServer) -> Members {
    let member = |name: &str| {
        let options = RedisCarrierOptions { patience: PATIENCE, ..RedisCarrierOptions::new(server.url(), name) };
        Arc::new(options.start().unwrap()) as Arc<dyn Carrier>
    };
    let members = [member("a"), member("b"), member("c")];
    until("all are connected", || members.iter().all(|member| member.is_connected())).await;
    members
}

macro_rules! on_both {
    ($($case:ident,)+) => {
        mod in_one_process {
            $(#[tokio::test] async fn $case() { super::$case(super::in_process()).await; })+
        }
        mod on_redis {
            $(#[tokio::test(flavor = "multi_thread")] async fn $case() {
                let server = super::RedisServer::start().unwrap();
                super::$case(super::over_redis(&server).await).await;
            })+
        }
    };
}

on_both! {
    a_broadcast_reaches_all_others_in_order,
    an_entry_goes_to_one_member,
    whoever_waits_is_rung,
    what_a_member_does_not_finish_goes_to_another,
    rings_are_apart,
}

#[tokio::test(flavor = "multi_thread")]
async fn it_comes_back_after_a_restart_and_says_so() {
    let server = RedisServer::start().unwrap();
    let [a, b, _c] = over_redis(&server).await;
    a.put("jobs", bytes("before"));
    assert_eq!(b.take("jobs", 1, LONG).await.len(), 1);
    let mut heard = b.listen();
    server.crash();
    until("the loss is noticed", || !a.is_connected() && !b.is_connected()).await;
    a.broadcast(bytes("nobody hears this"));
    assert_eq!(b.take("jobs", 1, Duration::from_millis(100)).await, [], "it answers, with nothing");
    server.resume().unwrap();
    until("both are back", || a.is_connected() && b.is_connected()).await;
    loop {
        match tokio::time::timeout(LONG, heard.recv()).await.unwrap().unwrap() {
            Heard::Gap => break,
            other => assert_eq!(other, Heard::Gap),
        }
    }
    // The connection that sends comes back by itself, with the first that is lost on it.
    let mut taken = Vec::new();
    for _ in 0..50 {
        a.put("jobs", bytes("after"));
        taken = b.take("jobs", 1, Duration::from_millis(200)).await;
        if !taken.is_empty() {
            break;
        }
    }
    assert_eq!(&*taken[0].payload, b"after");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redis_that_forgot_everything_is_set_up_again() {
    let server = RedisServer::start().unwrap();
    let [a, b, _] = over_redis(&server).await;
    a.put("jobs", bytes("before"));
    assert_eq!(b.take("jobs", 1, LONG).await.len(), 1);
    server.flush().unwrap();
    a.put("jobs", bytes("after"));
    assert_eq!(&*b.take("jobs", 1, LONG).await[0].payload, b"after");
}

#[tokio::test(flavor = "multi_thread")]
async fn over_tls_the_right_redis_is_reached_and_one_that_cannot_prove_who_it_is_is_not() {
    let (server, [authority, stranger]) = tokio::task::spawn_blocking(RedisServer::start_with_tls).await.unwrap().unwrap();
    let url = server.tls_url().unwrap();
    let member = |name: &str, url: &str, authority: &Authority| {
        let pem = std::fs::read(authority.certificate()).unwrap();
        RedisCarrierOptions { authority: Some(pem), ..RedisCarrierOptions::new(url, name) }.start().unwrap()
    };
    let wrong = [
        ("another authority", member("x", &url, &stranger)),
        ("another name", member("y", &url.replace("127.0.0.1", "localhost"), &authority)),
        ("an authority of the system's", RedisCarrierOptions::new(url.as_str(), "z").start().unwrap()),
    ];
    let [a, b] = ["a", "b"].map(|name| member(name, &url, &authority));
    until("both are connected", || a.is_connected() && b.is_connected()).await;
    a.put("jobs", bytes("over TLS"));
    assert_eq!(&*b.take("jobs", 1, LONG).await[0].payload, b"over TLS");

    // Members that are let in are so by now; and no entry reaches those that are not.
    a.put("jobs", bytes("not for them"));
    for (what, carrier) in &wrong {
        assert_eq!(carrier.take("jobs", 1, Duration::from_millis(300)).await, [], "{what}");
        assert!(!carrier.is_connected(), "{what}");
    }
    assert_eq!(&*b.take("jobs", 1, LONG).await[0].payload, b"not for them");

    let server = tokio::task::spawn_blocking(move || server.let_certificate_expire().map(|()| server)).await.unwrap().unwrap();
    // It answers without TLS, so it is there; whoever asks for proof does not go to it.
    let plain = RedisCarrierOptions::new(server.url(), "plain").start().unwrap();
    until("it is back", || plain.is_connected()).await;
    let late = member("late", &url, &authority);
    assert_eq!(late.take("jobs", 1, Duration::from_secs(1)).await, []);
    assert!(![&a, &b, &late].iter().any(|carrier| carrier.is_connected()), "an expired certificate");
}

#[tokio::test]
async fn without_a_redis_nothing_hangs() {
    let carrier = RedisCarrierOptions::new("redis://127.0.0.1:1", "alone").start().unwrap();
    for _ in 0..20_000 {
        carrier.broadcast(bytes("x"));
        carrier.put("jobs", bytes("x"));
    }
    assert!(!carrier.is_connected());
    assert_eq!(carrier.take("jobs", 1, Duration::from_millis(50)).await, []);
}

#[test]
fn an_address_that_is_none_is_refused() {
    for url in ["", "redis", "http://host", "redis://", "rediss://host/#insecure"] {
        assert!(RedisCarrierOptions::new(url, "a").start().is_err(), "{url}");
    }
    for (url, authority) in [("redis://host", ""), ("rediss://host", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")] {
        let options = RedisCarrierOptions { authority: Some(authority.into()), ..RedisCarrierOptions::new(url, "a") };
        assert!(options.start().is_err(), "{url} with an authority that it has no use for, or that is none");
    }
}
