//! Which runs does this server go on with, and what has it heard of them?

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};

use baton_domain::id::{DecisionId, RunId, TaskId};
use baton_domain::time::Timestamp;
use parking_lot::Mutex;

use crate::live::Live;
use crate::runs::Runs;
use crate::turn::MAXIMUM_RUN_BYTES;

/// Something that was heard of a run. What is lost of it is looked up again; what the run above asks for is given again by its commands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Mail {
    /// A task may have ended.
    Task(TaskId),
    /// A run that it began may have ended.
    Run(RunId),
    /// A decision may have ended.
    Decision(DecisionId),
    /// Anything may have ended.
    Look,
    /// The run above pauses.
    Pause,
    /// The run above goes on.
    Resume,
    /// The run above stops this one.
    Cancel,
}

impl Mail {
    /// Whether it says what is to be done, and not only where to look.
    pub(crate) const fn steers(&self) -> bool {
        matches!(self, Self::Pause | Self::Resume | Self::Cancel)
    }
}

/// A run that another server has written meanwhile.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Left {
    /// What the other one had written when this one came.
    pub version: i64,
    /// Until when the run is left to it.
    pub until: Timestamp,
}

/// The most bytes, as JSON, of what the runs have given that a server holds in memory: two of the largest ones.
pub(crate) const MAXIMUM_LOADED_BYTES: usize = 2 * MAXIMUM_RUN_BYTES;
/// What a run takes at least, however little it has given.
const LEAST_BYTES: usize = 16 << 10;

/// The place of a run that this server goes on with.
#[derive(Debug)]
pub(crate) struct Slot {
    pub id: RunId,
    /// The run, if it is in memory. Whoever changes it holds this.
    pub live: tokio::sync::Mutex<Option<Box<Live>>>,
    pub mail: Mutex<Vec<Mail>>,
    /// Whether it is among those to be gone on with.
    pub queued: AtomicBool,
    /// When it was last used, as the server counts.
    pub used: AtomicU64,
    /// The bytes that the run takes in memory; 0 while it is not there.
    pub bytes: AtomicUsize,
    /// Whether it is left to another server for a while.
    pub left: Mutex<Option<Left>>,
    /// When all that it has begun was last looked up.
    pub checked: Mutex<Option<Timestamp>>,
}

impl Slot {
    /// Puts a run, as it is stored, into its place.
    pub(crate) fn put(&self, place: &mut Option<Box<Live>>, live: Box<Live>) {
        self.bytes.store(live.bytes.saturating_add(LEAST_BYTES), Ordering::Relaxed);
        *place = Some(live);
    }

    /// Takes a run out of its place: whatever goes wrong with it then, it is loaded again.
    pub(crate) fn take(&self, place: &mut Option<Box<Live>>) -> Option<Box<Live>> {
        self.bytes.store(0, Ordering::Relaxed);
        place.take()
    }
}

impl Runs {
    /// The place of a run; a new one if it has none.
    pub(crate) fn slot(&self, id: RunId) -> Arc<Slot> {
        let used = self.next_use();
        let mut slots = self.slots.lock();
        let slot = slots.entry(id).or_insert_with(|| {
            Arc::new(Slot {
                id,
                live: tokio::sync::Mutex::new(None),
                mail: Mutex::new(Vec::new()),
                queued: AtomicBool::new(false),
                used: AtomicU64::new(used),
                bytes: AtomicUsize::new(0),
                left: Mutex::default(),
                checked: Mutex::default(),
            })
        });
        slot.used.store(used, Ordering::Relaxed);
        Arc::clone(slot)
    }

    /// A use of a run is later than all those before.
    pub(crate) fn next_use(&self) -> u64 {
        self.count.fetch_add(1, Ordering::Relaxed)
    }

    pub(crate) fn known(&self, id: RunId) -> Option<Arc<Slot>> {
        self.slots.lock().get(&id).map(Arc::clone)
    }

    /// Whether a place is that of its run; whoever holds it keeps it so.
    pub(crate) fn is_known(&self, slot: &Arc<Slot>) -> bool {
        self.slots.lock().get(&slot.id).is_some_and(|known| Arc::ptr_eq(known, slot))
    }

    /// Leaves a run to others, unless something has come for it. Whoever calls this holds the run.
    pub(crate) fn leave(&self, slot: &Slot) {
        let mut slots = self.slots.lock();
        if slot.mail.lock().is_empty() {
            slots.remove(&slot.id);
        }
    }

    /// Has a run gone on with soon.
    pub(crate) fn ring(&self, slot: &Slot) {
        if !slot.queued.swap(true, Ordering::AcqRel) {
            self.rung.lock().push_back(slot.id);
            self.bell.notify_one();
        }
    }

    /// Hands something to a run, whether it is gone on with here or not.
    pub(crate) fn send(&self, id: RunId, mail: Mail) {
        while !self.tell_known(id, mail.clone()) {
            self.slot(id);
        }
    }

    /// Hands something to a run that is gone on with here; gives whether it is.
    pub(crate) fn tell_known(&self, id: RunId, mail: Mail) -> bool {
        let slot = {
            // While nobody can leave it.
            let slots = self.slots.lock();
            let Some(slot) = slots.get(&id) else {
                return false;
            };
            slot.mail.lock().push(mail);
            Arc::clone(slot)
        };
        self.ring(&slot);
        true
    }

    /// Has a run gone on with at an instant.
    pub(crate) fn later(&self, id: RunId, at: Timestamp) {
        self.later.lock().insert((at, id));
        self.bell.notify_one();
    }

    /// Puts the runs out of memory that were not used for longest, as far as there are too many or they are too large.
    pub(crate) fn make_room(&self, most: usize) {
        let mut loaded: Vec<(u64, usize, Arc<Slot>)> = Vec::new();
        for slot in self.slots.lock().values() {
            let bytes = slot.bytes.load(Ordering::Relaxed);
            if bytes > 0 {
                loaded.push((slot.used.load(Ordering::Relaxed), bytes, Arc::clone(slot)));
            }
        }
        let mut count = loaded.len();
        let mut held: usize = loaded.iter().map(|(_, bytes, _)| *bytes).fold(0, usize::saturating_add);
        if count <= most && held <= MAXIMUM_LOADED_BYTES {
            return;
        }
        loaded.sort_by_key(|(used, _, _)| *used);
        for (_, bytes, slot) in loaded {
            if count <= most && held <= MAXIMUM_LOADED_BYTES {
                break;
            }
            let Ok(mut place) = slot.live.try_lock() else {
                continue;
            };
            // What is under way is looked up when the run is loaded again; what is not stored yet stays.
            if place.as_ref().is_none_or(|live| live.todo.is_empty() && live.facts.is_empty() && live.unsaved.is_empty()) {
                drop(slot.take(&mut place));
                count -= 1;
                held = held.saturating_sub(bytes);
            }
        }
    }
}
