//! Random numbers from a seed, for tests that count what they met, and the time that a thread computes.

#![allow(dead_code, clippy::print_stdout, reason = "not every test draws everything, and times are to be read")]

/// How long this thread has computed, whatever else the machine does: a limit of time must not depend on who else is at work. Nothing where
/// the system does not say.
pub fn computed() -> Option<std::time::Duration> {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    Some(std::time::Duration::from_nanos(text.split(' ').next()?.parse().ok()?))
}

/// Says how long this thread has computed since, and that it is less than so many seconds.
pub fn took(what: &str, since: Option<std::time::Duration>, limit: u64) {
    if let Some((from, to)) = since.zip(computed()) {
        println!("{what}: {:?}", to - from);
        assert!((to - from).as_secs() < limit, "{what}: {:?}", to - from);
    }
}

pub struct Chance(pub u64);

impl Chance {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// One of 0 to `below` - 1.
    pub fn below(&mut self, below: usize) -> usize {
        usize::try_from(self.next() % below as u64).unwrap()
    }

    /// Once in so many times.
    pub fn one_in(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }

    pub fn pick<T: Clone>(&mut self, all: &[T]) -> T {
        all[self.below(all.len())].clone()
    }
}
