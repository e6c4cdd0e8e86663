//! Which runs does this server go on with, and what has it heard of them?

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use baton_domain::id::{DecisionId, RunId, TaskId};
use baton_domain::time::Timestamp;
use parking_lot::Mutex;

use crate::live::Live;
use crate::runs::Runs;

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
}

impl Runs {
    /// The place of a run; a new one if it has none.
    pub(crate) fn slot(&self, id: RunId) -> Arc<Slot> {
        let used = self.count.fetch_add(1, Ordering::Relaxed);
        let mut slots = self.slots.lock();
        let slot = slots.entry(id).or_insert_with(|| {
            Arc::new(Slot {
                id,
                live: tokio::sync::Mutex::new(None),
                mail: Mutex::new(Vec::new()),
                queued: AtomicBool::new(false),
                used: AtomicU64::new(used),
            })
        });
        slot.used.store(used, Ordering::Relaxed);
        Arc::clone(slot)
    }

    pub(crate) fn known(&self, id: RunId) -> Option<Arc<Slot>> {
        self.slots.lock().get(&id).map(Arc::clone)
    }

    /// Leaves a run to others, unless something has come for it.
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
        let slot = self.slot(id);
        slot.mail.lock().push(mail);
        self.ring(&slot);
    }

    /// Has a run gone on with at an instant.
    pub(crate) fn later(&self, id: RunId, at: Timestamp) {
        self.later.lock().insert((at, id));
        self.bell.notify_one();
    }

    /// Puts runs out of memory that were not used for long, as far as there are too many.
    pub(crate) fn make_room(&self, most: usize) {
        let mut loaded: Vec<(u64, Arc<Slot>)> = {
            let slots = self.slots.lock();
            if slots.len() <= most {
                return;
            }
            slots.values().map(|slot| (slot.used.load(Ordering::Relaxed), Arc::clone(slot))).collect()
        };
        loaded.sort_by_key(|(used, _)| *used);
        let mut over = loaded.len().saturating_sub(most);
        for (_, slot) in loaded {
            if over == 0 {
                break;
            }
            let Ok(mut live) = slot.live.try_lock() else {
                continue;
            };
            // What is under way is looked up when the run is loaded again; what is not stored yet stays.
            if live.as_ref().is_none_or(|live| live.todo.is_empty() && live.facts.is_empty() && live.unsaved.is_empty()) {
                *live = None;
                over -= 1;
            }
        }
    }
}
