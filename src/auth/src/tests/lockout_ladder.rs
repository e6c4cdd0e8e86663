//! Does the lock-out follow its ladder, and whom does it touch?

#![allow(clippy::unwrap_used, reason = "tests")]

use proptest::prelude::*;

use super::*;
use crate::tests::{TestClock, seconds};

fn try_at(email: &str, address: &str) -> Attempt {
    Attempt::sign_in(Some(email), Some(address.parse().unwrap()))
}

fn lockout() -> (Lockout, Arc<TestClock>) {
    let clock = TestClock::new();
    (Lockout::new(Arc::clone(&clock) as Arc<dyn Clock>), clock)
}

/// Fails as soon as it may, again and again, and gives the waits met on the way: after how many failures, how long.
fn waits_of(attempt: &Attempt, failures: u32) -> Vec<(u32, u64)> {
    let (lockout, clock) = lockout();
    let mut waits = Vec::new();
    for failed in 1..=failures {
        lockout.failed(attempt);
        if let Err(locked) = lockout.check(attempt) {
            waits.push((failed, locked.retry_after));
            clock.advance(seconds(locked.retry_after - 1));
            assert!(lockout.check(attempt).is_err(), "a second too early");
            clock.advance(seconds(1));
            assert_eq!(lockout.check(attempt), Ok(()));
        }
    }
    waits
}

#[test]
fn the_waits_grow_with_the_failures() {
    let day = 24 * 60 * 60;
    let ladder = [(7, 60), (10, 600), (15, 900), (20, 3600), (25, day)];
    assert_eq!(waits_of(&try_at("ada@example.com", "192.0.2.1"), 25), ladder);
    // A whole day without a failure is over then, so the count begins anew.
    assert_eq!(waits_of(&try_at("ada@example.com", "192.0.2.1"), 31).len(), 5);
}

#[test]
fn a_stranger_does_not_lock_the_owner_out_elsewhere() {
    let (lockout, _) = lockout();
    for _ in 0..1000 {
        lockout.failed(&try_at("ada@example.com", "192.0.2.66"));
    }
    assert!(lockout.check(&try_at("ada@example.com", "192.0.2.66")).is_err());
    assert_eq!(lockout.check(&try_at("ada@example.com", "192.0.2.1")), Ok(()));
}

#[test]
fn trying_many_accounts_from_one_address_counts_together() {
    let (lockout, _) = lockout();
    for number in 0..7 {
        let attempt = try_at(&format!("user{number}@example.com"), "192.0.2.66");
        assert_eq!(lockout.check(&attempt), Ok(()));
        lockout.failed(&attempt);
    }
    assert!(lockout.check(&try_at("user8@example.com", "192.0.2.66")).is_err());
}

#[test]
fn a_success_forgets_the_own_failures_and_no_others() {
    let (lockout, _) = lockout();
    for _ in 0..5 {
        lockout.failed(&try_at("victim@example.com", "192.0.2.66"));
        lockout.succeeded(&try_at("own@example.com", "192.0.2.66"));
    }
    for _ in 0..20 {
        lockout.failed(&try_at("typist@example.com", "192.0.2.66"));
        assert_eq!(lockout.check(&try_at("typist@example.com", "192.0.2.66")), Ok(()));
        lockout.succeeded(&try_at("typist@example.com", "192.0.2.66"));
    }
    lockout.failed(&try_at("victim@example.com", "192.0.2.66"));
    lockout.failed(&try_at("victim@example.com", "192.0.2.66"));
    assert!(lockout.check(&try_at("own@example.com", "192.0.2.66")).is_err());
}

#[test]
fn addresses_of_one_machine_count_as_one() {
    let (lockout, _) = lockout();
    for number in 0..7 {
        lockout.failed(&try_at("ada@example.com", &format!("2001:db8:1:2::{number}")));
    }
    assert!(lockout.check(&try_at("ada@example.com", "2001:db8:1:2:ffff::1")).is_err());
    assert_eq!(lockout.check(&try_at("ada@example.com", "2001:db8:1:3::1")), Ok(()));
    for _ in 0..7 {
        lockout.failed(&try_at("ada@example.com", "::ffff:192.0.2.7"));
    }
    assert!(lockout.check(&try_at("ada@example.com", "192.0.2.7")).is_err());
}

#[test]
fn a_wait_is_recorded_once() {
    let (lockout, clock) = lockout();
    let attempt = try_at("ada@example.com", "192.0.2.1");
    for _ in 0..7 {
        lockout.failed(&attempt);
    }
    assert!(lockout.check(&attempt).unwrap_err().is_first);
    assert!(!lockout.check(&attempt).unwrap_err().is_first);
    clock.advance(seconds(60));
    for _ in 0..3 {
        lockout.failed(&attempt);
    }
    assert!(lockout.check(&attempt).unwrap_err().is_first);
}

#[test]
fn the_counts_are_bounded_and_a_flood_does_not_free_whoever_waits() {
    let (lockout, _) = lockout();
    let attacker = try_at("ada@example.com", "192.0.2.66");
    for _ in 0..7 {
        lockout.failed(&attacker);
    }
    for number in 0..u32::try_from(MAXIMUM_COUNTS).unwrap() + 500 {
        let address = std::net::Ipv4Addr::from_bits(0x0a00_0000 + number).to_string();
        lockout.failed(&try_at(&format!("user{number}@example.com"), &address));
    }
    let counts = lockout.counts.lock();
    assert_eq!((counts.pairs.len(), counts.origins.len()), (MAXIMUM_COUNTS, MAXIMUM_COUNTS));
    drop(counts);
    assert!(lockout.check(&attacker).is_err());
}

proptest! {
    #[test]
    fn nobody_gets_more_tries_than_the_ladder_gives(pauses in prop::collection::vec(0u64..4000, 1..200)) {
        let (lockout, clock) = lockout();
        let begin = clock.now();
        let (attacker, owner) = (try_at("ada@example.com", "192.0.2.66"), try_at("ada@example.com", "192.0.2.1"));
        let mut tries = 0;
        for pause in pauses {
            if clock.now().since(begin) >= FORGET_AFTER {
                break;
            }
            if lockout.check(&attacker).is_ok() {
                tries += 1;
                lockout.failed(&attacker);
            }
            prop_assert_eq!(lockout.check(&owner), Ok(()));
            clock.advance(seconds(pause));
        }
        prop_assert!(tries <= 25, "{} tries in a day", tries);
    }
}
