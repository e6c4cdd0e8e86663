//! What do all parts of a simulated world share?

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use baton_bus::carrier::{InProcessHub, POLL};
use baton_domain::ports::{Chance, Clock, IdSource, Sources};
use baton_domain::time::Timestamp;
use baton_storage_memory::{MemoryStore, PlantedBug};
use baton_testkit::SeededChance;
use parking_lot::Mutex;
use tokio::time::Instant;

use crate::blows::BlowCounts;
use crate::host::Host;
use crate::ledger::Ledger;
use crate::messages::Messages;
use crate::plan::Plan;
use crate::sources::{SimulatedClock, SimulatedIds};
use crate::trace::Trace;

/// How far apart servers' ideas of the store's clock are at most, in milliseconds.
pub(crate) const SKEW_MS: i64 = 50;

/// The world of one seed.
pub(crate) struct World {
    pub(crate) seed: u64,
    pub(crate) plan: Plan,
    pub(crate) store: MemoryStore,
    pub(crate) bug: Option<PlantedBug>,
    pub(crate) trace: Trace,
    pub(crate) ledger: Ledger,
    pub(crate) messages: Mutex<Messages>,
    /// What befell servers and took effect.
    pub(crate) blows: Mutex<BlowCounts>,
    /// Which servers worked since when, or no longer did.
    worked: Mutex<Vec<(Timestamp, usize, bool)>>,
    /// The longest that a task waited beside a free place.
    pub(crate) beside: Mutex<Duration>,
    /// The rings of what carries between servers; whoever takes an entry has a poll's time to finish it.
    pub(crate) rings: Arc<InProcessHub>,
    /// The servers, in their present incarnations.
    pub(crate) hosts: Mutex<Vec<Arc<Host>>>,
    /// Held while a server starts: its folders are real, and two that make theirs at once could come in any order.
    pub(crate) starting: tokio::sync::Mutex<()>,
    /// Where servers have their folders; nothing is ever written there.
    pub(crate) folder: PathBuf,
    ids: Arc<SimulatedIds>,
    began: Instant,
    /// Calls that were lost to a partition, or their answers.
    cut_off: AtomicU64,
    /// Set once nothing is asked for any more.
    closing: AtomicBool,
    /// Set once everything has come to rest.
    rested: AtomicBool,
}

impl World {
    pub(crate) fn new(seed: u64, plan: Plan, store: MemoryStore, bug: Option<PlantedBug>, folder: PathBuf, keep_trace: bool) -> Self {
        Self {
            seed,
            plan,
            store,
            bug,
            trace: Trace::new(keep_trace),
            ledger: Ledger::default(),
            messages: Mutex::default(),
            blows: Mutex::default(),
            worked: Mutex::default(),
            beside: Mutex::default(),
            rings: InProcessHub::new(POLL),
            hosts: Mutex::default(),
            starting: tokio::sync::Mutex::default(),
            folder,
            ids: Arc::default(),
            began: Instant::now(),
            cut_off: AtomicU64::new(0),
            closing: AtomicBool::new(false),
            rested: AtomicBool::new(false),
        }
    }

    /// Chance for one purpose: what one part draws changes nothing for another.
    pub(crate) fn chance(&self, purpose: u64) -> SeededChance {
        let mixed = SeededChance::new(self.seed ^ purpose.wrapping_mul(0xd6e8_feb8_6659_fd93));
        SeededChance::new(mixed.bits())
    }

    /// The true time.
    pub(crate) fn clock(&self) -> SimulatedClock {
        SimulatedClock { began: self.began, skew_ms: 0 }
    }

    /// What a server's engine stands on.
    pub(crate) fn sources(&self, server: usize, incarnation: usize) -> Sources {
        let chance = self.chance(purpose(1, server, incarnation));
        let skew_ms = i64::try_from(chance.bits() % (2 * SKEW_MS.unsigned_abs() + 1)).unwrap_or(0) - SKEW_MS;
        let clock: Arc<dyn Clock> = Arc::new(SimulatedClock { began: self.began, skew_ms });
        Sources { clock, ids: Arc::clone(&self.ids) as Arc<dyn IdSource>, chance: Arc::new(chance) as Arc<dyn Chance> }
    }

    /// A server's present incarnation.
    pub(crate) fn host(&self, server: usize) -> Option<Arc<Host>> {
        self.hosts.lock().get(server).cloned()
    }

    /// Notes whether a server works now; to be called whenever that may have changed.
    pub(crate) fn look_at(&self, server: usize) {
        self.note_works(server, self.host(server).is_some_and(|host| host.works()));
    }

    /// Notes whether a server works from now on.
    pub(crate) fn note_works(&self, server: usize, works: bool) {
        self.worked.lock().push((self.clock().now(), server, works));
    }

    /// Which servers worked since when, or no longer did, in the order of time.
    pub(crate) fn worked(&self) -> Vec<(Timestamp, usize, bool)> {
        self.worked.lock().clone()
    }

    /// Counts a call that was lost to a partition.
    pub(crate) fn cut_one_off(&self) {
        self.cut_off.fetch_add(1, Ordering::SeqCst);
    }

    /// How many were lost until now.
    pub(crate) fn cut_off(&self) -> u64 {
        self.cut_off.load(Ordering::SeqCst)
    }

    pub(crate) fn close(&self) {
        self.closing.store(true, Ordering::SeqCst);
    }

    /// Whether nothing is asked for any more.
    pub(crate) fn closing(&self) -> bool {
        self.closing.load(Ordering::SeqCst)
    }

    pub(crate) fn rest(&self) {
        self.rested.store(true, Ordering::SeqCst);
    }

    /// Whether everything has come to rest.
    pub(crate) fn rested(&self) -> bool {
        self.rested.load(Ordering::SeqCst)
    }
}

/// A number for a purpose, an index and a turn.
pub(crate) const fn purpose(kind: u64, index: usize, turn: usize) -> u64 {
    kind * 1_000_000 + index as u64 * 1_000 + turn as u64
}
