//! Who has to wait after failed sign-ins? Whoever fails too often: an account seen from one address, and an address.
//!
//! Failures are counted per account *and* address, and per address over all accounts. A stranger who keeps failing for
//! somebody's account locks that account for the stranger's address only; its owner, elsewhere, still signs in. A
//! success forgets the failures of that account from that address, also in the address's count, so that people who share an
//! address do not pay for one another's typing errors, while somebody who tries many accounts cannot clear the count by
//! signing in to one of their own. Counts live in memory: a restart forgets them.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::hash::Hash;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::Arc;
use std::time::Duration;

use baton_domain::ports::Clock;
use baton_domain::time::Timestamp;
use parking_lot::Mutex;

/// Counts kept of each kind. One takes some 400 bytes.
const MAXIMUM_COUNTS: usize = 10_000;
/// After this long without a failure a count is forgotten.
const FORGET_AFTER: Duration = Duration::from_secs(24 * 60 * 60);

/// How long to wait after so many failures; in between, another try is free.
const fn wait_after(failures: u32) -> Option<Duration> {
    let seconds = match failures {
        7 => 60,
        10 => 10 * 60,
        15 => 15 * 60,
        20 => 60 * 60,
        25.. => 24 * 60 * 60,
        _ => return None,
    };
    Some(Duration::from_secs(seconds))
}

/// One try, as it is counted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Attempt {
    account: String,
    origin: Origin,
}

/// An address as far as it tells machines apart; the same for all that are unknown.
type Origin = Option<IpAddr>;

impl Attempt {
    /// To sign in to the account with this address (normalised; empty if it is none).
    pub(crate) fn sign_in(email: Option<&str>, address: Option<IpAddr>) -> Self {
        Self { account: email.unwrap_or_default().to_owned(), origin: address.map(machine) }
    }

    /// To guess the one-time code. No account has this name, for it has no `@`.
    pub(crate) fn setup(address: Option<IpAddr>) -> Self {
        Self { account: "setup".to_owned(), origin: address.map(machine) }
    }
}

/// One customer usually has a whole /64 of IPv6, so addresses in it count as one.
fn machine(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() & !u128::from(u64::MAX))),
        v4 @ IpAddr::V4(_) => v4,
    }
}

/// A try that must wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Locked {
    /// Seconds, at least 1.
    pub(crate) retry_after: u64,
    /// Whether it is the first to hear of this wait; only that one is recorded.
    pub(crate) is_first: bool,
}

#[derive(Debug, Clone, Copy)]
struct Count {
    failures: u32,
    last: Timestamp,
    until: Option<Timestamp>,
    told: bool,
}

#[derive(Default)]
struct Counts {
    pairs: HashMap<Attempt, Count>,
    origins: HashMap<Origin, Count>,
}

/// Counts failures and says who must wait.
pub(crate) struct Lockout {
    clock: Arc<dyn Clock>,
    counts: Mutex<Counts>,
}

impl std::fmt::Debug for Lockout {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Lockout")
    }
}

impl Hash for Attempt {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.account.hash(state);
        self.origin.hash(state);
    }
}

impl Lockout {
    pub(crate) fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock, counts: Mutex::new(Counts::default()) }
    }

    /// Whether this try may be made now.
    pub(crate) fn check(&self, attempt: &Attempt) -> Result<(), Locked> {
        let now = self.clock.now();
        let mut counts = self.counts.lock();
        let pair = counts.pairs.get_mut(attempt).and_then(|count| count.wait(now));
        let origin = counts.origins.get_mut(&attempt.origin).and_then(|count| count.wait(now));
        match (pair, origin) {
            (None, None) => Ok(()),
            (Some(one), None) | (None, Some(one)) => Err(one),
            (Some(one), Some(other)) => {
                Err(Locked { retry_after: one.retry_after.max(other.retry_after), is_first: one.is_first || other.is_first })
            }
        }
    }

    /// Counts a failure.
    pub(crate) fn failed(&self, attempt: &Attempt) {
        let now = self.clock.now();
        let counts = &mut *self.counts.lock();
        count(&mut counts.pairs, attempt.clone(), now);
        count(&mut counts.origins, attempt.origin, now);
    }

    /// Forgets the failures of this account from this address.
    pub(crate) fn succeeded(&self, attempt: &Attempt) {
        let counts = &mut *self.counts.lock();
        let Some(pair) = counts.pairs.remove(attempt) else { return };
        if let Entry::Occupied(mut origin) = counts.origins.entry(attempt.origin) {
            let count = origin.get_mut();
            count.failures = count.failures.saturating_sub(pair.failures);
            if count.failures == 0 {
                origin.remove();
            }
        }
    }
}

impl Count {
    fn wait(&mut self, now: Timestamp) -> Option<Locked> {
        let until = self.until.filter(|until| *until > now)?;
        let is_first = !std::mem::replace(&mut self.told, true);
        let seconds = until.since(now).as_millis().div_ceil(1000);
        Some(Locked { retry_after: u64::try_from(seconds).unwrap_or(u64::MAX), is_first })
    }

    fn is_over(&self, now: Timestamp) -> bool {
        now.since(self.last) >= FORGET_AFTER && self.until.is_none_or(|until| until <= now)
    }
}

fn count<K: Eq + Hash + Clone>(counts: &mut HashMap<K, Count>, key: K, now: Timestamp) {
    if counts.get(&key).is_some_and(|count| count.is_over(now)) {
        counts.remove(&key);
    }
    if counts.len() >= MAXIMUM_COUNTS && !counts.contains_key(&key) {
        make_room(counts, now);
    }
    let count = counts.entry(key).or_insert(Count { failures: 0, last: now, until: None, told: false });
    count.failures = count.failures.saturating_add(1);
    count.last = now;
    if let Some(wait) = wait_after(count.failures) {
        count.until = Some(now.plus(wait));
        count.told = false;
    }
}

/// Forgets what is over; if nothing is, whoever failed least and longest ago. Whoever has to wait is forgotten last.
fn make_room<K: Eq + Hash + Clone>(counts: &mut HashMap<K, Count>, now: Timestamp) {
    counts.retain(|_, count| !count.is_over(now));
    if counts.len() < MAXIMUM_COUNTS {
        return;
    }
    let least = counts.iter().min_by_key(|(_, count)| (count.until.filter(|until| *until > now), count.failures, count.last));
    if let Some(key) = least.map(|(key, _)| key.clone()) {
        counts.remove(&key);
    }
}

#[cfg(test)]
#[path = "tests/lockout_ladder.rs"]
mod tests;
