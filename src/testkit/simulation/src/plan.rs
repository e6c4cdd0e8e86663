//! What does a seed decide? How many servers there are, how bad their links are, and what befalls them when.

use std::time::Duration;

use baton_testkit::SeededChance;

/// Draws numbers from a seed.
pub(crate) trait Draw {
    /// A number from `low` to `high`, both included.
    fn within(&self, low: u64, high: u64) -> u64;

    /// Whether something happens that happens this many times in a thousand.
    fn happens(&self, per_mille: u64) -> bool {
        self.within(0, 999) < per_mille
    }

    /// Milliseconds from `low` to `high`.
    fn millis(&self, low: u64, high: u64) -> Duration {
        Duration::from_millis(self.within(low, high))
    }

    /// One of several.
    fn one_of<'a, T>(&self, several: &'a [T]) -> Option<&'a T> {
        let last = several.len().checked_sub(1)?;
        several.get(usize::try_from(self.within(0, last as u64)).unwrap_or(0))
    }
}

impl Draw for SeededChance {
    fn within(&self, low: u64, high: u64) -> u64 {
        low + self.bits() % (high - low + 1)
    }
}

/// How bad the links are.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Weather {
    /// Calls to the store that are lost, and answers of it; times in a thousand.
    pub(crate) lost_calls: u64,
    /// Writes that arrive twice.
    pub(crate) repeated: u64,
    /// Rings of the doorbell that are lost.
    pub(crate) lost_rings: u64,
    /// Requests of clients that are lost, and answers to them.
    pub(crate) lost_requests: u64,
    /// The longest way of a message, in milliseconds; the shortest is 5 or less.
    pub(crate) longest_way_ms: u64,
}

/// Which ways a partition closes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cut {
    /// Both.
    Both,
    /// Calls arrive and answers do not.
    Answers,
}

/// Something that befalls a server.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Blow {
    /// Everything of it stops for ever; another incarnation starts later.
    Crash,
    /// It stands still, as with SIGSTOP, and goes on later.
    Pause,
    /// It and the store do not hear one another for a while.
    Partition(Cut),
    /// It is told to stop, and starts again.
    Restart,
}

/// A blow with its time.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Fate {
    pub(crate) at: Duration,
    pub(crate) server: usize,
    pub(crate) blow: Blow,
    pub(crate) lasts: Duration,
}

/// A world, as its seed decides it.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) servers: usize,
    pub(crate) clients: usize,
    /// Tasks that clients ask for; what agents ask for and what is run again comes on top.
    pub(crate) tasks: u64,
    pub(crate) weather: Weather,
    /// In the order of their times.
    pub(crate) fates: Vec<Fate>,
}

impl Plan {
    pub(crate) fn of(seed: u64) -> Self {
        let chance = SeededChance::new(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0x5eed);
        let servers = usize::try_from(chance.within(2, 6)).unwrap_or(2);
        let weather = Weather {
            lost_calls: chance.within(5, 50),
            repeated: chance.within(5, 30),
            lost_rings: chance.within(50, 200),
            lost_requests: chance.within(50, 200),
            longest_way_ms: chance.within(20, 100),
        };
        let mut fates = Vec::new();
        let cut = if chance.happens(500) { Cut::Both } else { Cut::Answers };
        // Each world has one of each. Short blows are survived with the lease, long ones cost it.
        for (blow, lasts) in [
            (Blow::Crash, chance.millis(200, 9_000)),
            (Blow::Pause, chance.millis(500, 16_000)),
            (Blow::Partition(cut), chance.millis(500, 14_000)),
            (Blow::Restart, chance.millis(100, 2_000)),
        ] {
            let server = usize::try_from(chance.within(0, servers as u64 - 1)).unwrap_or(0);
            fates.push(Fate { at: chance.millis(1_500, 16_000), server, blow, lasts });
        }
        // One server cannot crash while it is told to stop: there would be no one left to tell.
        if fates[3].server == fates[0].server {
            fates[3].server = (fates[0].server + 1) % servers;
        }
        fates.sort_by_key(|fate| fate.at);
        Self { servers, clients: usize::try_from(chance.within(2, 4)).unwrap_or(2), tasks: chance.within(200, 240), weather, fates }
    }
}
