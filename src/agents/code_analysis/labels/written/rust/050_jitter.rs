use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};
use std::time::Duration;

pub struct Backoff {
    rng: SmallRng,
    base: Duration,
    max: Duration,
    attempt: u32,
}

impl Backoff {
    pub fn new(base: Duration, max: Duration, seed: u64) -> Self {
        Self { rng: SmallRng::seed_from_u64(seed), base, max, attempt: 0 }
    }

    pub fn next_delay(&mut self) -> Duration {
        let factor = 2u32.saturating_pow(self.attempt.min(16));
        let ceiling = self.base.saturating_mul(factor).min(self.max);
        self.attempt = self.attempt.saturating_add(1);
        let millis = ceiling.as_millis().min(u64::MAX as u128) as u64;
        Duration::from_millis(self.rng.gen_range(millis / 2..=millis))
    }

    pub fn reset(&mut self) {
        self.attempt = 0;
    }
}

pub fn retry<T, E>(mut backoff: Backoff, attempts: u32, mut op: impl FnMut() -> Result<T, E>) -> Result<T, E> {
    let mut tried = 0;
    loop {
        match op() {
            Ok(v) => return Ok(v),
            Err(e) if tried + 1 >= attempts => return Err(e),
            Err(_) => {
                tried += 1;
                std::thread::sleep(backoff.next_delay());
            }
        }
    }
}
