//! Does a cache do what caches do? One suite in memory and on a real Redis; and what happens when that is away.
#![allow(clippy::disallowed_methods, clippy::unwrap_used, reason = "tests")]

use std::sync::Arc;
use std::time::Duration;

use baton_domain::ports::Clock;
use baton_domain::time::Timestamp;
use baton_storage_cache::{Cache, CacheError, FallbackCache, MAXIMUM_KEY_BYTES, MAXIMUM_VALUE_BYTES, MemoryCache, RedisCacheOptions};
use baton_testkit::{Authority, RedisServer};

struct Real;

impl Clock for Real {
    fn now(&self) -> Timestamp {
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
        Timestamp::from_millis(i64::try_from(since.as_millis()).unwrap())
    }
}

const HOUR: Duration = Duration::from_secs(3_600);

async fn a_value_is_kept_for_its_time(cache: &dyn Cache) {
    assert_eq!(cache.get("a").await.unwrap(), None);
    cache.put("a", b"one\0\xff".to_vec(), HOUR).await.unwrap();
    assert_eq!(cache.get("a").await.unwrap(), Some(b"one\0\xff".to_vec()));
    cache.put("a", b"two".to_vec(), Duration::from_millis(50)).await.unwrap();
    assert_eq!(cache.get("a").await.unwrap(), Some(b"two".to_vec()));
    tokio::time::sleep(Duration::from_millis(120)).await;
    assert_eq!(cache.get("a").await.unwrap(), None);
}

async fn a_removed_value_is_gone(cache: &dyn Cache) {
    cache.put("a", b"one".to_vec(), HOUR).await.unwrap();
    cache.remove("a").await.unwrap();
    cache.remove("a").await.unwrap();
    assert_eq!(cache.get("a").await.unwrap(), None);
    cache.put("a", b"one".to_vec(), HOUR).await.unwrap();
    cache.put("a", b"two".to_vec(), Duration::ZERO).await.unwrap();
    assert_eq!(cache.get("a").await.unwrap(), None, "no time at all removes");
}

async fn what_is_too_large_is_not_kept(cache: &dyn Cache) {
    cache.put("a", b"one".to_vec(), HOUR).await.unwrap();
    cache.put("a", vec![0; MAXIMUM_VALUE_BYTES + 1], HOUR).await.unwrap();
    assert_eq!(cache.get("a").await.unwrap(), None, "nor what it would have replaced");
    cache.put("a", vec![7; MAXIMUM_VALUE_BYTES], HOUR).await.unwrap();
    assert_eq!(cache.get("a").await.unwrap().map(|value| value.len()), Some(MAXIMUM_VALUE_BYTES));
    let long = "k".repeat(MAXIMUM_KEY_BYTES + 1);
    cache.put(&long, b"x".to_vec(), HOUR).await.unwrap();
    assert_eq!(cache.get(&long).await.unwrap(), None);
    assert_eq!(cache.count(&long, 3, HOUR).await.unwrap().count, 3);
    assert_eq!(cache.count(&long, 3, HOUR).await.unwrap().count, 3);
}

async fn a_counter_counts_within_its_window(cache: &dyn Cache) {
    let window = Duration::from_millis(300);
    let first = cache.count("c", 2, window).await.unwrap();
    assert_eq!(first.count, 2);
    assert!(first.resets_in <= window && first.resets_in > Duration::from_millis(100), "{first:?}");
    let second = cache.count("c", 3, HOUR).await.unwrap();
    assert_eq!(second.count, 5);
    assert!(second.resets_in <= window, "the window is that of the first count");
    assert_eq!(cache.count("other", 1, window).await.unwrap().count, 1);
    tokio::time::sleep(Duration::from_millis(400)).await;
    assert_eq!(cache.count("c", 1, window).await.unwrap().count, 1, "then it begins anew");
}

async fn counters_and_values_are_apart(cache: &dyn Cache) {
    cache.count("both", 1, HOUR).await.unwrap();
    assert_eq!(cache.get("both").await.unwrap(), None);
}

async fn many_count_as_one(cache: &dyn Cache) {
    for _ in 0..100 {
        cache.count("c", 1, HOUR).await.unwrap();
    }
    assert_eq!(cache.count("c", 0, HOUR).await.unwrap().count, 100);
}

macro_rules! on_both {
    ($($case:ident,)+) => {
        mod in_memory {
            $(#[tokio::test] async fn $case() { super::$case(&super::MemoryCache::new(100, std::sync::Arc::new(super::Real))).await; })+
        }
        mod on_redis {
            $(#[tokio::test] async fn $case() {
                let server = super::RedisServer::start().unwrap();
                super::$case(&super::RedisCacheOptions::new(server.url()).open().unwrap()).await;
            })+
        }
    };
}

on_both! {
    a_value_is_kept_for_its_time,
    a_removed_value_is_gone,
    what_is_too_large_is_not_kept,
    a_counter_counts_within_its_window,
    many_count_as_one,
}

#[tokio::test]
async fn on_redis_counters_and_values_are_apart() {
    let server = RedisServer::start().unwrap();
    counters_and_values_are_apart(&RedisCacheOptions::new(server.url()).open().unwrap()).await;
}

#[tokio::test]
async fn memory_keeps_what_is_used_and_no_more_than_its_bound() {
    let cache = MemoryCache::new(10, Arc::new(Real));
    for n in 0..10 {
        cache.put(&n.to_string(), vec![n], HOUR).await.unwrap();
    }
    assert!(cache.get("0").await.unwrap().is_some(), "used just now");
    for n in 10..15 {
        cache.put(&n.to_string(), vec![n], HOUR).await.unwrap();
    }
    assert_eq!(cache.len(), 10);
    assert!(cache.get("0").await.unwrap().is_some());
    for gone in 1..6 {
        assert_eq!(cache.get(&gone.to_string()).await.unwrap(), None, "{gone}");
    }
}

#[tokio::test]
async fn servers_share_what_redis_has() {
    let server = RedisServer::start().unwrap();
    let open = || RedisCacheOptions::new(server.url()).open().unwrap();
    let (one, two) = (open(), open());
    one.put("a", b"x".to_vec(), HOUR).await.unwrap();
    assert_eq!(two.get("a").await.unwrap(), Some(b"x".to_vec()));
    one.count("c", 4, HOUR).await.unwrap();
    assert_eq!(two.count("c", 1, HOUR).await.unwrap().count, 5);
}

#[tokio::test]
async fn while_redis_is_away_nothing_is_refused() {
    let server = RedisServer::start().unwrap();
    let shared = Arc::new(RedisCacheOptions::new(server.url()).open().unwrap());
    let cache = FallbackCache::new(shared.clone(), 100, Arc::new(Real));
    cache.put("a", b"x".to_vec(), HOUR).await.unwrap();
    assert!(cache.is_shared());
    server.crash();
    assert!(matches!(shared.get("a").await, Err(CacheError::Unavailable(_))));
    assert_eq!(cache.get("a").await.unwrap(), Some(b"x".to_vec()), "from its own");
    assert_eq!((cache.count("c", 2, HOUR).await.unwrap().count, cache.is_shared()), (2, false));
    cache.remove("a").await.unwrap();
    assert_eq!(cache.get("a").await.unwrap(), None);
    server.resume().unwrap();
    for _ in 0..500 {
        cache.put("b", b"y".to_vec(), HOUR).await.unwrap();
        if cache.is_shared() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(shared.get("b").await.unwrap(), Some(b"y".to_vec()), "and Redis is used again");
}

#[tokio::test]
async fn over_tls_a_redis_is_believed_that_proves_who_it_is_and_no_other() {
    let (server, [authority, stranger]) = RedisServer::start_with_tls().unwrap();
    let url = server.tls_url().unwrap();
    let open = |url: &str, authority: &Authority| {
        let pem = std::fs::read(authority.certificate()).unwrap();
        RedisCacheOptions { authority: Some(pem), ..RedisCacheOptions::new(url) }.open().unwrap()
    };
    let right = open(&url, &authority);
    right.put("a", b"x".to_vec(), HOUR).await.unwrap();
    assert_eq!(right.get("a").await.unwrap(), Some(b"x".to_vec()));
    let plain = RedisCacheOptions::new(server.url()).open().unwrap();
    assert_eq!(plain.get("a").await.unwrap(), Some(b"x".to_vec()), "it is the same Redis");

    refused("another authority", &open(&url, &stranger), "invalid peer certificate").await;
    refused("an authority of the system's", &RedisCacheOptions::new(url.as_str()).open().unwrap(), "UnknownIssuer").await;
    refused("another name", &open(&url.replace("127.0.0.1", "localhost"), &authority), "not valid for name").await;
    server.let_certificate_expire().unwrap();
    refused("an expired certificate", &open(&url, &authority), "expired").await;
}

/// It gives nothing, and for this reason: that Redis is away for another would prove nothing.
async fn refused(what: &str, cache: &dyn Cache, because: &str) {
    let answer = cache.get("a").await;
    assert!(matches!(&answer, Err(CacheError::Unavailable(reason)) if reason.contains(because)), "{what}: {answer:?}");
}

#[test]
fn an_address_that_is_none_is_refused() {
    assert_eq!(RedisCacheOptions::new("rediss://host/#insecure").open().map(drop), Err(CacheError::InvalidAddress));
    assert_eq!(RedisCacheOptions::new("nonsense").open().map(drop), Err(CacheError::InvalidAddress));
}
