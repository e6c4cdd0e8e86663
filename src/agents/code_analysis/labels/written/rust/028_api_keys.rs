use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};
use std::collections::HashSet;
use std::time::{SystemTime, UNIX_EPOCH};

const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

pub struct KeyIssuer {
    rng: SmallRng,
    issued: HashSet<String>,
}

impl KeyIssuer {
    pub fn new() -> Self {
        let seed = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .map(|d| d.as_secs())
            .unwrap_or(0);
        Self {
            rng: SmallRng::seed_from_u64(seed),
            issued: HashSet::new(),
        }
    }

    pub fn issue(&mut self) -> String {
        loop {
            let key: String = (0..40)
                .map(|_| ALPHABET[self.rng.gen_range(0..ALPHABET.len())] as char)
                .collect();
            if self.issued.insert(key.clone()) {
                return format!("ak_{key}");
            }
        }
    }

    pub fn is_valid(&self, key: &str) -> bool {
        key.strip_prefix("ak_").map_or(false, |k| self.issued.contains(k))
    }
}
