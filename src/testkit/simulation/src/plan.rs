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

impl Fate {
    const fn ends(&self) -> Duration {
        self.at.saturating_add(self.lasts)
    }
}

/// Within this time a server calls the store, whatever there is to do: it keeps its leases and says that it is there.
const CALLS: Duration = Duration::from_millis(2_500);
/// How long a server takes to stop in order.
const STOPS: Duration = Duration::from_secs(5);

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
        let cut = if chance.happens(500) { Cut::Both } else { Cut::Answers };
        let fate = |blow, lasts| Fate {
            at: chance.millis(1_500, 16_000),
            server: usize::try_from(chance.within(0, servers as u64 - 1)).unwrap_or(0),
            blow,
            lasts,
        };
        // Each world has one of each. Short blows are survived with the lease, long ones cost it.
        let crash = fate(Blow::Crash, chance.millis(200, 9_000));
        let mut pause = fate(Blow::Pause, chance.millis(500, 16_000));
        let mut partition = fate(Blow::Partition(cut), chance.millis(2_500, 14_000));
        let mut restart = fate(Blow::Restart, chance.millis(100, 2_000));
        // And each of each takes effect: what has crashed or stopped cannot stand still, and one that crashes leaves no one to be told to stop.
        if pause.server == crash.server {
            pause.server = (pause.server + 1) % servers;
        }
        while restart.server == crash.server || (restart.server == pause.server && servers > 2) {
            restart.server = (restart.server + 1) % servers;
        }
        if restart.server == pause.server && restart.at < pause.ends() {
            restart.at = pause.ends() + chance.millis(10, 500);
        }
        partition.lasts = seen(&partition, [&crash, &pause, &restart]).saturating_sub(partition.at);
        let mut fates = vec![crash, pause, partition, restart];
        fates.sort_by_key(|fate| fate.at);
        Self { servers, clients: usize::try_from(chance.within(2, 4)).unwrap_or(2), tasks: chance.within(200, 240), weather, fates }
    }
}

/// When a partition ends: not before its server has called anybody, which one that has crashed, stands still or has stopped does not.
fn seen(partition: &Fate, mut others: [&Fate; 3]) -> Duration {
    others.sort_by_key(|other| other.at);
    let mut ends = partition.ends();
    for other in others.into_iter().filter(|other| other.server == partition.server) {
        let back = if matches!(other.blow, Blow::Restart) { other.ends() + STOPS } else { other.ends() };
        if other.at < partition.at + CALLS && partition.at < back {
            ends = ends.max(back + CALLS);
        }
    }
    ends
}

#[cfg(test)]
mod tests {
    #![allow(clippy::panic, reason = "tests")]

    use super::*;

    #[test]
    fn in_no_world_does_a_blow_fall_on_what_another_has_taken_away() {
        for seed in 0..20_000 {
            let plan = Plan::of(seed);
            let of = |wanted: fn(Blow) -> bool| {
                let mut found = plan.fates.iter().filter(|fate| wanted(fate.blow));
                (found.next().copied(), found.next().is_none())
            };
            let (Some(crash), true) = of(|blow| matches!(blow, Blow::Crash)) else { panic!("seed {seed}: no crash") };
            let (Some(pause), true) = of(|blow| matches!(blow, Blow::Pause)) else { panic!("seed {seed}: no pause") };
            let (Some(partition), true) = of(|blow| matches!(blow, Blow::Partition(_))) else { panic!("seed {seed}: no partition") };
            let (Some(restart), true) = of(|blow| matches!(blow, Blow::Restart)) else { panic!("seed {seed}: no restart") };
            assert!(pause.server != crash.server && restart.server != crash.server, "seed {seed}");
            assert!(pause.server != restart.server || pause.ends() < restart.at, "seed {seed}");
            for other in [crash, pause, restart].into_iter().filter(|other| other.server == partition.server) {
                let (before, after) = (other.at.saturating_sub(partition.at), partition.ends().saturating_sub(other.ends()));
                assert!(before >= CALLS || after >= CALLS, "seed {seed}: {partition:?} is hidden by {other:?}");
            }
        }
    }
}
