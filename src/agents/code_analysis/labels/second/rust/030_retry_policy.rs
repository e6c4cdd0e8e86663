use std::future::Future;
use std::time::Duration;

use rand::rngs::SmallRng;
use rand::seq::SliceRandom;
use rand::{Rng, SeedableRng};
use tokio::time::sleep;

#[derive(Debug, Clone)]
pub struct RetryPolicy {
    pub attempts: u32,
    pub base: Duration,
    pub max: Duration,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        RetryPolicy {
            attempts: 5,
            base: Duration::from_millis(100),
            max: Duration::from_secs(10),
        }
    }
}

pub struct Retrier {
    policy: RetryPolicy,
    rng: SmallRng,
}

impl Retrier {
    pub fn new(policy: RetryPolicy, seed: u64) -> Self {
        Retrier { policy, rng: SmallRng::seed_from_u64(seed) }
    }

    fn delay(&mut self, attempt: u32) -> Duration {
        let exp = self.policy.base.saturating_mul(1 << attempt.min(16));
        let cap = exp.min(self.policy.max);
        cap.mul_f64(self.rng.gen_range(0.5..1.0))
    }

    pub fn shuffle_endpoints(&mut self, endpoints: &mut [String]) {
        endpoints.shuffle(&mut self.rng);
    }

    pub async fn run<T, E, F, Fut>(&mut self, mut op: F) -> Result<T, E>
    where
        F: FnMut(u32) -> Fut,
        Fut: Future<Output = Result<T, E>>,
        E: std::fmt::Display,
    {
        let mut attempt = 0;
        loop {
            match op(attempt).await {
                Ok(v) => return Ok(v),
                Err(e) if attempt + 1 >= self.policy.attempts => return Err(e),
                Err(e) => {
                    let wait = self.delay(attempt);
                    tracing::debug!(attempt, ?wait, "retrying: {e}");
                    sleep(wait).await;
                    attempt += 1;
                }
            }
        }
    }
}
