//! How fast may a model be asked? So many calls at the same time, and so many in any minute.

use std::collections::VecDeque;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::Instant;

const MINUTE: Duration = Duration::from_secs(60);

/// The pace of one model.
#[derive(Debug)]
pub(crate) struct Pace {
    at_once: Semaphore,
    per_minute: usize,
    /// When the calls of the last minute began or will begin.
    begun: Mutex<VecDeque<Instant>>,
}

impl Pace {
    pub(crate) fn new(at_once: u32, per_minute: u32) -> Self {
        Self { at_once: Semaphore::new(at_once.max(1) as usize), per_minute: per_minute.max(1) as usize, begun: Mutex::default() }
    }

    /// Waits for its turn; the call is over when the permit is dropped.
    pub(crate) async fn turn(&self) -> Option<SemaphorePermit<'_>> {
        let permit = self.at_once.acquire().await.ok()?;
        tokio::time::sleep_until(self.reserve(Instant::now())).await;
        Some(permit)
    }

    /// Waits for room among the calls at the same time, without another place in the minute: for a call that had its turn and could not be made yet.
    pub(crate) async fn again(&self) -> Option<SemaphorePermit<'_>> {
        self.at_once.acquire().await.ok()
    }

    fn reserve(&self, now: Instant) -> Instant {
        let mut begun = self.begun.lock();
        while begun.front().is_some_and(|first| *first + MINUTE <= now) {
            begun.pop_front();
        }
        // The place in the line decides: whoever comes when the minute is full begins a minute after the one so many places before.
        let at = if begun.len() < self.per_minute { now } else { (begun[begun.len() - self.per_minute] + MINUTE).max(now) };
        begun.push_back(at);
        at
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn no_minute_has_more_calls_than_allowed() {
        let (pace, start) = (Pace::new(100, 3), Instant::now());
        let mut began = Vec::new();
        for _ in 0..10 {
            drop(pace.turn().await);
            began.push(Instant::now() - start);
        }
        for (place, at) in began.iter().enumerate() {
            let within = began[place..].iter().filter(|later| **later - *at < MINUTE).count();
            assert!(within <= 3, "{began:?}");
        }
        assert_eq!(began[9], MINUTE * 3);
    }

    #[tokio::test(start_paused = true)]
    async fn so_many_calls_run_at_the_same_time_and_no_more() {
        let pace = Pace::new(2, 1_000);
        let (_one, two) = (pace.turn().await, pace.turn().await);
        assert!(tokio::time::timeout(Duration::from_secs(1), pace.turn()).await.is_err());
        drop(two);
        assert!(tokio::time::timeout(Duration::from_secs(1), pace.turn()).await.is_ok());
    }
}
