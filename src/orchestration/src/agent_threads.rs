//! On which threads do agents work that live in the server's own process? On threads of their own, if the server wants that.
//!
//! Nothing can take a thread from an agent that keeps it: one that computes or waits without ever letting go. Among the server's own threads
//! that would cost the server one for each, and what waits on that thread its turn; so they have a runtime apart. When all threads of it are
//! kept, those that come later get another one, a few times; beyond that they fall silent and end by their deadlines.

use std::io;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::runtime::{Builder, Handle, Runtime};

use crate::engine::Shared;

/// The most runtimes at once.
const MOST_RUNTIMES: usize = 4;
/// How often runtimes are woken. Of threads that have nothing to do, only one watches the time for all; if an agent keeps just that one, the
/// others have to be told to take over.
const WAKES_EVERY: Duration = Duration::from_millis(500);

/// A runtime, and how many of its threads are kept by agents whose attempts have ended.
#[derive(Debug)]
struct Threads {
    runtime: Runtime,
    kept: usize,
}

/// The threads of the agents in this process.
#[derive(Debug)]
pub(crate) struct AgentThreads {
    /// How many each runtime has; without it, agents work on the runtime that they are begun on.
    each: Option<NonZeroUsize>,
    runtimes: Mutex<Vec<Threads>>,
}

impl AgentThreads {
    /// So many threads, or those that everything else works on.
    pub(crate) fn new(each: Option<NonZeroUsize>) -> io::Result<Self> {
        let first = each.map(threads).transpose()?;
        Ok(Self { each, runtimes: Mutex::new(first.into_iter().collect()) })
    }

    /// Where an attempt that begins now works.
    pub(crate) fn place(self: &Arc<Self>) -> Place {
        let mut runtimes = self.runtimes.lock();
        let number = self.each.and_then(|each| {
            let free = runtimes.iter().position(|threads| threads.kept < each.get());
            free.or_else(|| {
                if (1..MOST_RUNTIMES).contains(&runtimes.len()) {
                    match threads(each) {
                        Ok(more) => runtimes.push(more),
                        Err(error) => tracing::warn!(%error, "agents keep all their threads, and there are no others"),
                    }
                }
                runtimes.len().checked_sub(1)
            })
        });
        let handle =
            number.and_then(|number| runtimes.get(number)).map_or_else(Handle::current, |threads| threads.runtime.handle().clone());
        Place { threads: Arc::clone(self), number, handle }
    }

    /// Wakes what may sleep beside work that waits.
    fn wake(&self) {
        for threads in self.runtimes.lock().iter() {
            drop(threads.runtime.spawn(async {}));
        }
    }

    /// Ends them. Threads that are kept end when they come back, or with the process.
    pub(crate) fn close(&self) {
        for threads in self.runtimes.lock().drain(..) {
            threads.runtime.shutdown_background();
        }
    }
}

impl Drop for AgentThreads {
    fn drop(&mut self) {
        self.close();
    }
}

fn threads(each: NonZeroUsize) -> io::Result<Threads> {
    let runtime = Builder::new_multi_thread().worker_threads(each.get()).thread_name("baton-agents").enable_all().build()?;
    Ok(Threads { runtime, kept: 0 })
}

/// Where an attempt works.
#[derive(Debug)]
pub(crate) struct Place {
    threads: Arc<AgentThreads>,
    number: Option<usize>,
    pub(crate) handle: Handle,
}

impl Place {
    /// The attempt has ended, and its agent keeps the thread until the answer to this is dropped.
    pub(crate) fn keep(self) -> KeptThread {
        self.count(|kept| kept + 1);
        KeptThread(self)
    }

    fn count(&self, change: impl FnOnce(usize) -> usize) {
        let mut runtimes = self.threads.runtimes.lock();
        if let Some(threads) = self.number.and_then(|number| runtimes.get_mut(number)) {
            threads.kept = change(threads.kept);
        }
    }
}

/// A thread that an agent keeps.
#[derive(Debug)]
pub(crate) struct KeptThread(Place);

impl Drop for KeptThread {
    fn drop(&mut self) {
        self.0.count(|kept| kept.saturating_sub(1));
    }
}

/// Sees to it that agents on threads of their own keep time, until the engine stops.
pub(crate) async fn run(shared: Arc<Shared>) {
    while shared.threads.each.is_some() {
        tokio::select! {
            biased;
            // Running attempts get their time to end.
            () = async { shared.stop.cancelled().await; shared.attempts.wait().await; } => return,
            () = tokio::time::sleep(WAKES_EVERY) => shared.threads.wake(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn who_comes_when_all_threads_are_kept_gets_others_but_not_without_end() {
        let threads = Arc::new(AgentThreads::new(NonZeroUsize::new(2)).unwrap());
        let mut kept: Vec<KeptThread> = Vec::new();
        let mut numbers = Vec::new();
        for _ in 0..2 * MOST_RUNTIMES + 3 {
            let place = threads.place();
            numbers.push(place.number.unwrap());
            kept.push(place.keep());
        }
        assert_eq!(numbers, [0, 0, 1, 1, 2, 2, 3, 3, 3, 3, 3]);
        drop(kept.remove(1));
        assert_eq!(threads.place().number, Some(0), "the one that came back");
        threads.close();
        assert_eq!(threads.place().number, None);
    }

    #[tokio::test]
    async fn without_threads_of_their_own_agents_work_where_they_begin() {
        let threads = Arc::new(AgentThreads::new(None).unwrap());
        let place = threads.place();
        assert_eq!((place.number, place.handle.id()), (None, Handle::current().id()));
        drop(place.keep());
    }
}
