//! When data that events only hint at is read anew: once, a while after the first event, however many came.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use leptos::prelude::set_timeout;

/// A reading that is due at most once at a time.
#[derive(Clone, Default, Debug)]
pub struct Refresh {
    due: Arc<AtomicBool>,
}

impl Refresh {
    /// Runs `read` after `wait`, unless it is due already.
    pub fn after(&self, wait: Duration, read: impl FnOnce() + 'static) {
        if self.due.swap(true, Ordering::Relaxed) {
            return;
        }
        let due = self.due.clone();
        set_timeout(
            move || {
                due.store(false, Ordering::Relaxed);
                read();
            },
            wait,
        );
    }
}

/// Readings that follow one another: one that is asked for while another runs starts when that one has ended.
#[derive(Clone, Default, Debug)]
pub struct OneAtATime {
    running: Arc<AtomicBool>,
    again: Arc<AtomicBool>,
}

impl OneAtATime {
    /// Whether to start now. If not, [`ended`](Self::ended) says to start again.
    #[must_use]
    pub fn start(&self) -> bool {
        if self.running.swap(true, Ordering::Relaxed) {
            self.again.store(true, Ordering::Relaxed);
            return false;
        }
        true
    }

    /// A reading has ended; whether another was asked for meanwhile.
    #[must_use]
    pub fn ended(&self) -> bool {
        self.running.store(false, Ordering::Relaxed);
        self.again.swap(false, Ordering::Relaxed)
    }
}
