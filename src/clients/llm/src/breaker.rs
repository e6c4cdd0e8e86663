//! When is a model left alone? After failing again and again, for a while; then one call tries whether it is back.

use std::time::Duration;

use parking_lot::Mutex;
use tokio::time::Instant;

/// So many failures in a row open the circuit.
const FAILURES: u32 = 5;
/// How long it stays open.
const REST: Duration = Duration::from_secs(30);

#[derive(Debug, Default)]
struct State {
    failures: u32,
    open_until: Option<Instant>,
}

/// The circuit of one model.
#[derive(Debug, Default)]
pub(crate) struct Breaker(Mutex<State>);

impl Breaker {
    /// Whether a call may be made. After a rest the first caller is let through, and the next ones wait for what comes of it.
    pub(crate) fn lets_through(&self, now: Instant) -> bool {
        let mut state = self.0.lock();
        match state.open_until {
            None => true,
            Some(until) if now < until => false,
            Some(_) => {
                state.open_until = Some(now + REST);
                true
            }
        }
    }

    /// Whether it rests.
    pub(crate) fn rests(&self, now: Instant) -> bool {
        self.0.lock().open_until.is_some_and(|until| now < until)
    }

    /// A call was answered.
    pub(crate) fn succeeded(&self) {
        *self.0.lock() = State::default();
    }

    /// A call failed in a way that says something of the endpoint.
    pub(crate) fn failed(&self, now: Instant) {
        let mut state = self.0.lock();
        state.failures += 1;
        if state.failures >= FAILURES {
            state.open_until = Some(now + REST);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_model_that_fails_rests_and_is_tried_once_before_it_is_trusted() {
        let (breaker, now) = (Breaker::default(), Instant::now());
        for _ in 0..FAILURES {
            assert!(breaker.lets_through(now));
            breaker.failed(now);
        }
        assert!(breaker.rests(now) && !breaker.lets_through(now));
        let later = now + REST;
        assert!(breaker.lets_through(later), "one tries");
        assert!(!breaker.lets_through(later), "the others wait");
        breaker.failed(later);
        assert!(!breaker.lets_through(later + REST / 2));
        assert!(breaker.lets_through(later + REST));
        breaker.succeeded();
        assert!(breaker.lets_through(later) && breaker.lets_through(later));
    }
}
