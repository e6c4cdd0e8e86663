//! How are many seeds run? On every core, each world on one thread.
#![allow(dead_code, unreachable_pub, reason = "each test file uses its part")]

use std::fmt;
use std::ops::Range;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use baton_simulation::{MessageCounts, Outcome, PlantedBug, run};
use tempfile::TempDir;

/// How a seed is run again.
const AGAIN: &str = "cargo test --release -p baton-simulation --test suite no_seed -- --nocapture";

/// What came of many seeds.
#[derive(Default)]
pub struct Report {
    pub seeds: u64,
    pub tasks: u64,
    pub events: u64,
    pub messages: MessageCounts,
    /// The longest that a task waited beside a free place, and where.
    pub beside: (Duration, u64),
    /// Seeds whose servers were spared something: a blow that fell where it met nobody.
    pub spared: Vec<String>,
    /// What did not hold, by seed.
    pub broken: Vec<String>,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} seeds, {} tasks queued, {} events, {} seeds broken", self.seeds, self.tasks, self.events, self.broken.len())?;
        writeln!(f, "{:?}", self.messages)?;
        writeln!(f, "the longest wait beside a free place was {:?}, in seed {}", self.beside.0, self.beside.1)?;
        self.broken.iter().take(10).try_for_each(|line| writeln!(f, "{line}"))
    }
}

/// Runs seeds on every core and hands each outcome over as it comes; `more` says whether to go on.
pub fn each(seeds: Range<u64>, bug: Option<PlantedBug>, more: impl Fn(Outcome) -> bool + Sync) {
    let folder = TempDir::with_prefix("baton-simulation-").unwrap();
    let next = AtomicU64::new(seeds.start);
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    std::thread::scope(|scope| {
        for thread in 0..threads {
            let (folder, next, more) = (folder.path().join(thread.to_string()), &next, &more);
            scope.spawn(move || {
                loop {
                    let seed = next.fetch_add(1, Ordering::SeqCst);
                    if seed >= seeds.end || !more(run(seed, bug, &folder).unwrap()) {
                        next.store(u64::MAX / 2, Ordering::SeqCst);
                        return;
                    }
                }
            });
        }
    });
}

/// The one seed that is to be run again, with its trace.
#[expect(clippy::disallowed_methods, reason = "test runs are configured by their environment")]
pub fn wanted_seed() -> Option<u64> {
    std::env::var("BATON_SIMULATION_SEED").ok()?.parse().ok()
}

/// Runs all of these seeds.
pub fn all(seeds: Range<u64>, bug: Option<PlantedBug>) -> Report {
    let report = Mutex::new(Report::default());
    each(seeds, bug, |outcome| {
        let mut report = report.lock().unwrap();
        report.seeds += 1;
        report.tasks += outcome.tasks;
        report.events += outcome.events;
        report.messages += outcome.messages;
        report.beside = report.beside.max((outcome.beside, outcome.seed));
        if !outcome.blows.has_all() {
            report.spared.push(format!("seed {}: {:?}", outcome.seed, outcome.blows));
        }
        if !outcome.violations.is_empty() {
            let what: Vec<String> = outcome.violations.iter().take(5).map(ToString::to_string).collect();
            let seed = outcome.seed;
            report.broken.push(format!("seed {seed}: {AGAIN}, with BATON_SIMULATION_SEED={seed}\n    {}", what.join("\n    ")));
        }
        true
    });
    report.into_inner().unwrap()
}
