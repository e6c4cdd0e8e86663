//! How many notifications wait for the person? Asked anew a moment after each event that may have changed it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU32, Ordering};
use std::time::Duration;

use baton_domain::id::EventSeq;
use baton_domain::wire::notification::{UnreadCount, tells};
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::{Live, Notice, Refresh};
use crate::server_fns::notifications;

/// How long after an event is asked: the rows are made meanwhile, and what comes together is asked for together.
const WAIT: Duration = Duration::from_millis(400);
/// How often is asked again while the answer does not take the event into account yet.
const TRIES: u32 = 8;
/// How long after the page it is followed: by then the page itself says from where the tab's socket begins.
const LATER: Duration = Duration::from_secs(1);
/// How long after a change it is said aloud, so that many are said as one.
const SAID_AFTER: Duration = Duration::from_secs(3);

/// The count, as every part of the page finds it.
#[derive(Clone, Debug, Default)]
pub struct Unread {
    answer: ArcRwSignal<Option<UnreadCount>>,
    changes: ArcRwSignal<u32>,
    said: ArcRwSignal<Option<u32>>,
    inner: Arc<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    /// The last event that may have changed it.
    heard: AtomicI64,
    tries: AtomicU32,
    /// Whether what is known is what a list said.
    read_with: AtomicBool,
    asking: Refresh,
    saying: Refresh,
}

/// The person's count.
#[must_use]
pub fn use_unread() -> Unread {
    use_context::<Unread>().unwrap_or_default()
}

impl Unread {
    /// How many wait; 0 while that is not known.
    #[must_use]
    pub fn count(&self) -> u32 {
        self.answer.get().map_or(0, |answer| answer.unread)
    }

    /// A number that changes when the list should be read anew.
    #[must_use]
    pub fn changes(&self) -> ArcRwSignal<u32> {
        self.changes.clone()
    }

    /// How many wait, where that is worth saying aloud: more than before.
    #[must_use]
    pub fn said(&self) -> ArcRwSignal<Option<u32>> {
        self.said.clone()
    }

    /// Keeps it true from now on. Call it in an effect, once.
    pub fn start(&self, live: &Live) {
        self.ask();
        self.follow(live.clone());
    }

    /// What a list that was just read says. What came since is a change, also where it came before anything was asked here.
    pub fn read_with(&self, list: UnreadCount) {
        match self.answer.get_untracked() {
            None => {
                self.inner.read_with.store(true, Ordering::Relaxed);
                self.answer.set(Some(list));
            }
            Some(known) if known.as_of > list.as_of && known.unread != list.unread => self.changes.update(|changes| *changes += 1),
            Some(_) => {}
        }
    }

    /// What is known otherwise, as after marking some.
    pub fn know(&self, unread: u32) {
        self.answer.update(|answer| {
            if let Some(answer) = answer {
                answer.unread = unread;
            }
        });
    }

    /// One was seen by following it: the page that marks it is gone before it hears what the count is then.
    pub fn followed_one(&self) {
        self.answer.update(|answer| {
            if let Some(answer) = answer {
                answer.unread = answer.unread.saturating_sub(1);
            }
        });
    }

    fn follow(&self, live: Live) {
        let unread = self.clone();
        set_timeout(
            move || {
                if !live.begun() {
                    return unread.follow(live);
                }
                let since = unread.answer.get_untracked().map_or(EventSeq(0), |answer| answer.as_of);
                live.follow(since, None, move |notice| match notice {
                    Notice::Event(event) if tells(&event.kind) => {
                        unread.inner.heard.store(event.seq.0, Ordering::Relaxed);
                        unread.soon(TRIES);
                    }
                    Notice::Stale => unread.soon(0),
                    Notice::Event(_) | Notice::Transient(_) => {}
                });
            },
            LATER,
        );
    }

    fn soon(&self, tries: u32) {
        self.inner.tries.store(tries, Ordering::Relaxed);
        let unread = self.clone();
        self.inner.asking.after(WAIT, move || unread.ask());
    }

    fn ask(&self) {
        let unread = self.clone();
        spawn_local(async move {
            // A failure leaves what is shown; the connection's state says why.
            if let Ok(answer) = notifications::unread().await {
                unread.take(answer);
            }
        });
    }

    fn take(&self, answer: UnreadCount) {
        let before = self.answer.get_untracked();
        // Answers may overtake one another; what an older one says is not true any more.
        let is_older = before.is_some_and(|before| before.as_of > answer.as_of);
        if before != Some(answer) && !is_older {
            self.answer.set(Some(answer));
            if let Some(before) = before {
                // What a list was read with is on it already.
                if !self.inner.read_with.swap(false, Ordering::Relaxed) || answer.unread != before.unread {
                    self.changes.update(|changes| *changes += 1);
                }
                if answer.unread > before.unread {
                    let unread = self.clone();
                    let say = move || unread.said.set(unread.answer.get_untracked().map(|answer| answer.unread));
                    self.inner.saying.after(SAID_AFTER, say);
                }
            }
        }
        let tries = self.inner.tries.load(Ordering::Relaxed);
        if tries > 0 && answer.as_of.0 < self.inner.heard.load(Ordering::Relaxed) {
            self.soon(tries - 1);
        }
    }
}
