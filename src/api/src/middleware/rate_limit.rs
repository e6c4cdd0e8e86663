//! How much one client may ask: a token bucket each, by user or key, else by address.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use baton_domain::ports::Clock;
use baton_domain::problem::{Code, Problem};
use baton_domain::services::ClientInfo;
use baton_domain::time::Timestamp;
use baton_domain::user::{Caller, Principal};
use parking_lot::Mutex;

use crate::config::Rate;
use crate::gateway::Gateway;
use crate::problem_response::Failure;

/// Who is counted.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum ClientKey {
    /// A user or key, by its tag.
    Principal(String),
    /// An address; of IPv6 the network that one customer gets.
    Address(IpAddr),
    /// All whose address is not known, and all for whom there is no room.
    Others,
}

impl std::fmt::Display for ClientKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Principal(tag) => f.write_str(tag),
            Self::Address(address) => address.fmt(f),
            Self::Others => f.write_str("others"),
        }
    }
}

impl ClientKey {
    pub(crate) fn address(client: &ClientInfo) -> Self {
        match client.address {
            Some(IpAddr::V6(address)) => {
                let [a, b, c, d, ..] = address.segments();
                Self::Address(IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0)))
            }
            Some(address) => Self::Address(address),
            None => Self::Others,
        }
    }

    fn of(request: &Request) -> Self {
        match request.extensions().get::<Caller>() {
            Some(caller) if caller.principal != Principal::Anonymous => Self::Principal(caller.principal.tag()),
            _ => request.extensions().get::<ClientInfo>().map_or(Self::Others, Self::address),
        }
    }
}

struct Bucket {
    tokens: f64,
    at: Timestamp,
}

/// The buckets of all clients; at most so many, and one more for all the others.
pub(crate) struct Buckets {
    rate: Rate,
    most: usize,
    clock: Arc<dyn Clock>,
    buckets: Mutex<HashMap<ClientKey, Bucket>>,
}

impl Buckets {
    pub(crate) fn new(rate: Rate, most: usize, clock: Arc<dyn Clock>) -> Self {
        let rate = Rate { per_second: rate.per_second.max(1), burst: rate.burst.max(1) };
        Self { rate, most: most.max(1), clock, buckets: Mutex::new(HashMap::new()) }
    }

    /// Takes one token, or says after how many seconds there is one.
    pub(crate) fn take(&self, key: &ClientKey) -> Result<(), u64> {
        let now = self.clock.now();
        let mut buckets = self.buckets.lock();
        let mut key = key;
        if !buckets.contains_key(key) && buckets.len() >= self.most {
            // A full bucket says nothing that a new one would not.
            let full = f64::from(self.rate.burst);
            buckets.retain(|_, bucket| self.refilled(bucket, now) < full);
            if buckets.len() >= self.most {
                key = &ClientKey::Others;
            }
        }
        let bucket = buckets.entry(key.clone()).or_insert_with(|| Bucket { tokens: f64::from(self.rate.burst), at: now });
        bucket.tokens = self.refilled(bucket, now);
        bucket.at = now;
        if bucket.tokens >= 1.0 {
            bucket.tokens -= 1.0;
            return Ok(());
        }
        let missing = (1.0 - bucket.tokens) / f64::from(self.rate.per_second);
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "at most a second")]
        Err(missing.ceil().max(1.0) as u64)
    }

    fn refilled(&self, bucket: &Bucket, now: Timestamp) -> f64 {
        let gained = now.since(bucket.at).as_secs_f64() * f64::from(self.rate.per_second);
        (bucket.tokens + gained).min(f64::from(self.rate.burst))
    }
}

pub(crate) fn refusal(seconds: u64) -> Failure {
    Failure(Problem::new(Code::TooManyRequests, format!("Wait {seconds} s, then send fewer at a time.")).retry_after(seconds))
}

/// Takes a token here, then counts with the other servers, if there are any: a client gets a burst in the time that its rate
/// makes one, on all of them together.
async fn take(gateway: &Gateway, buckets: &Buckets, what: &str, key: &ClientKey) -> Result<(), u64> {
    buckets.take(key)?;
    let Some(shared) = &gateway.config.shared else { return Ok(()) };
    let Rate { per_second, burst } = buckets.rate;
    let window = Duration::from_secs(u64::from(burst.div_ceil(per_second)));
    let allowed = u64::from(per_second) * window.as_secs();
    let counted = shared.0.count(&format!("limit:{what}:{key}"), window).await;
    if counted <= allowed { Ok(()) } else { Err(window.as_secs()) }
}

/// Counts what a signed-in caller sends over an open connection, as the request that it would be by itself.
pub(crate) async fn count(gateway: &Gateway, caller: &Caller) -> Result<(), Problem> {
    let key = ClientKey::Principal(caller.principal.tag());
    take(gateway, &gateway.requests, "requests", &key).await.map_err(|seconds| refusal(seconds).0)
}

pub(crate) async fn run(State(gateway): State<Gateway>, request: Request, next: Next) -> Response {
    match take(&gateway, &gateway.requests, "requests", &ClientKey::of(&request)).await {
        Ok(()) => next.run(request).await,
        Err(seconds) => refusal(seconds).into_response(),
    }
}

pub(crate) async fn run_sign_in(State(gateway): State<Gateway>, request: Request, next: Next) -> Response {
    match take(&gateway, &gateway.sign_ins, "sign-ins", &ClientKey::of(&request)).await {
        Ok(()) => next.run(request).await,
        Err(seconds) => refusal(seconds).into_response(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicI64, Ordering};

    struct HandClock(AtomicI64);

    impl Clock for HandClock {
        fn now(&self) -> Timestamp {
            Timestamp::from_millis(self.0.load(Ordering::SeqCst))
        }
    }

    fn buckets(per_second: u32, burst: u32, most: usize) -> (Buckets, Arc<HandClock>) {
        let clock = Arc::new(HandClock(AtomicI64::new(0)));
        (Buckets::new(Rate { per_second, burst }, most, Arc::clone(&clock) as Arc<dyn Clock>), clock)
    }

    fn user(name: &str) -> ClientKey {
        ClientKey::Principal(name.to_owned())
    }

    #[test]
    fn a_client_gets_its_burst_then_its_rate() {
        let (buckets, clock) = buckets(10, 3, 100);
        assert_eq!((0..4).map(|_| buckets.take(&user("a"))).collect::<Vec<_>>(), [Ok(()), Ok(()), Ok(()), Err(1)]);
        assert_eq!(buckets.take(&user("b")), Ok(()), "another client has its own bucket");
        clock.0.fetch_add(100, Ordering::SeqCst);
        assert_eq!(buckets.take(&user("a")), Ok(()));
        assert_eq!(buckets.take(&user("a")), Err(1));
        clock.0.fetch_add(i64::try_from(Duration::from_secs(3600).as_millis()).unwrap(), Ordering::SeqCst);
        assert_eq!((0..4).filter(|_| buckets.take(&user("a")).is_ok()).count(), 3, "an hour saves up no more than a burst");
    }

    #[test]
    fn many_clients_take_no_more_memory_than_the_bound() {
        let (buckets, clock) = buckets(1, 2, 10);
        for client in 0..1_000 {
            let _ = buckets.take(&user(&client.to_string()));
        }
        assert!(buckets.buckets.lock().len() <= 11);
        assert_eq!(buckets.take(&user("late")), Err(1), "those without a bucket share one");
        clock.0.fetch_add(10_000, Ordering::SeqCst);
        assert_eq!(buckets.take(&user("late")), Ok(()), "idle clients make room");
    }

    #[test]
    fn one_customer_of_an_ipv6_provider_is_one_client() {
        let key = |text: &str| ClientKey::address(&ClientInfo { address: text.parse().ok(), request_id: None });
        assert_eq!(key("2001:db8:1:2::1"), key("2001:db8:1:2:ffff::9"));
        assert_ne!(key("2001:db8:1:2::1"), key("2001:db8:1:3::1"));
    }
}
