//! Is a kept answer ever older than what ended the session?

#![allow(clippy::unwrap_used, reason = "tests")]

use uuid::Uuid;

use super::*;
use crate::tests::{TestClock, seconds};

fn session(number: u128, user: u128, expires_at: Timestamp) -> LiveSession {
    LiveSession {
        id: SessionId::new(Uuid::from_u128(number)),
        user: UserId::new(Uuid::from_u128(user)),
        email: "ada@example.com".to_owned(),
        role: Role::Viewer,
        expires_at,
    }
}

fn cache() -> (SessionCache, Arc<TestClock>) {
    let clock = TestClock::new();
    (SessionCache::new(Arc::clone(&clock) as Arc<dyn Clock>), clock)
}

fn keep(cache: &SessionCache, clock: &TestClock, session: &LiveSession) {
    let asked = cache.find(session.id).unwrap_err();
    cache.keep(session.clone(), asked, clock.now());
}

#[test]
fn an_answer_is_believed_for_two_seconds_and_never_beyond_the_sessions_end() {
    let (cache, clock) = cache();
    let long = session(1, 1, clock.now().plus(seconds(60)));
    let short = session(2, 1, clock.now().plus(seconds(1)));
    keep(&cache, &clock, &long);
    keep(&cache, &clock, &short);
    clock.advance(seconds(1));
    assert_eq!(cache.find(long.id).unwrap(), long);
    assert!(cache.find(short.id).is_err());
    clock.advance(seconds(1));
    assert!(cache.find(long.id).is_err());
}

#[test]
fn a_clock_that_is_set_back_makes_an_answer_old() {
    let (cache, clock) = cache();
    let one = session(1, 1, clock.now().plus(seconds(60)));
    keep(&cache, &clock, &one);
    clock.set_back(seconds(3600));
    assert!(cache.find(one.id).is_err());
}

#[test]
fn what_is_forgotten_is_gone_for_that_session_or_that_user_only() {
    let (cache, clock) = cache();
    let end = clock.now().plus(seconds(60));
    let (one, two, three) = (session(1, 1, end), session(2, 1, end), session(3, 2, end));
    for session in [&one, &two, &three] {
        keep(&cache, &clock, session);
    }
    cache.forget(one.id);
    assert!(cache.find(one.id).is_err() && cache.find(two.id).is_ok());
    cache.forget_user(two.user);
    assert!(cache.find(two.id).is_err() && cache.find(three.id).is_ok());
}

#[test]
fn an_answer_that_was_asked_for_before_the_end_does_not_come_in_after_it() {
    let (cache, clock) = cache();
    let one = session(1, 1, clock.now().plus(seconds(60)));
    let asked = cache.find(one.id).unwrap_err();
    cache.forget(one.id);
    cache.keep(one.clone(), asked, clock.now());
    assert!(cache.find(one.id).is_err());
}

#[test]
fn the_answers_are_bounded() {
    let (cache, clock) = cache();
    let end = clock.now().plus(seconds(60));
    for number in 0..u128::try_from(MAXIMUM_ANSWERS).unwrap() + 10 {
        keep(&cache, &clock, &session(number, number, end));
    }
    assert_eq!(cache.answers.lock().sessions.len(), MAXIMUM_ANSWERS);
    clock.advance(seconds(2));
    keep(&cache, &clock, &session(u128::MAX, 1, end));
    assert_eq!(cache.answers.lock().sessions.len(), 1);
}
