//! On which threads do agents work that live in the server's own process? Among everything else, until one keeps its thread.
//!
//! Nothing can take a thread from an agent that keeps it: one that computes or waits without ever letting go. Among the server's own threads
//! that costs the server one for each. So an agent that did it once works on threads apart from then on; or all agents do from the start, if
//! the server wants that, which costs every attempt two ways between threads. When all threads of a runtime apart are kept, those that come
//! later get another one, a few times; beyond that they fall silent and end by their deadlines.

use std::collections::BTreeSet;
use std::io;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::runtime::{Builder, Handle, Runtime};
use tokio::task::JoinHandle;

use crate::engine::Shared;

/// The most runtimes at once.
const MOST_RUNTIMES: usize = 4;
/// How many threads a runtime has for agents that kept one of the server's.
const FOR_STUBBORN: NonZeroUsize = NonZeroUsize::MIN.saturating_add(1);
/// How often runtimes are woken. Of threads that have nothing to do, only one watches the time for all; if it gets work and an agent keeps it,
/// the others have to be told to take over.
pub(crate) const WAKES_EVERY: Duration = Duration::from_millis(500);

/// A runtime, and how many of its threads are kept by agents whose attempts have ended.
#[derive(Debug)]
struct Threads {
    runtime: Runtime,
    kept: usize,
    /// The last that was to wake it.
    waking: Option<JoinHandle<()>>,
}

/// The threads of the agents in this process.
#[derive(Debug)]
pub(crate) struct AgentThreads {
    /// How many each runtime has that all agents work on; without it, they work on the runtime that they are begun on.
    each: Option<NonZeroUsize>,
    runtimes: Mutex<Runtimes>,
}

#[derive(Debug, Default)]
struct Runtimes {
    apart: Vec<Threads>,
    /// The agents that kept a thread.
    stubborn: BTreeSet<String>,
    closed: bool,
}

impl AgentThreads {
    /// So many threads, or those that everything else works on.
    pub(crate) fn new(each: Option<NonZeroUsize>) -> io::Result<Self> {
        let apart = each.map(threads).transpose()?.into_iter().collect();
        Ok(Self { each, runtimes: Mutex::new(Runtimes { apart, ..Runtimes::default() }) })
    }

    /// Where an attempt of this agent works that begins now.
    pub(crate) fn place(self: &Arc<Self>, agent: &str) -> Place {
        let mut runtimes = self.runtimes.lock();
        let number = if self.each.is_some() || runtimes.stubborn.contains(agent) { runtimes.free(self.each()) } else { None };
        let found = number.and_then(|number| runtimes.apart.get(number));
        let handle = found.map_or_else(Handle::current, |threads| threads.runtime.handle().clone());
        Place { threads: Arc::clone(self), number, handle }
    }

    fn each(&self) -> NonZeroUsize {
        self.each.unwrap_or(FOR_STUBBORN)
    }

    /// Wakes what may sleep beside work that waits.
    fn wake(&self) {
        for threads in &mut self.runtimes.lock().apart {
            // One that nobody has come to yet is enough: they would pile up.
            if threads.waking.as_ref().is_none_or(JoinHandle::is_finished) {
                threads.waking = Some(threads.runtime.spawn(async {}));
            }
        }
    }

    /// Ends them. Threads that are kept end when they come back, or with the process.
    pub(crate) fn close(&self) {
        let mut runtimes = self.runtimes.lock();
        runtimes.closed = true;
        for threads in runtimes.apart.drain(..) {
            threads.runtime.shutdown_background();
        }
    }
}

impl Runtimes {
    /// The number of one with a thread that nobody keeps; else of the last one.
    fn free(&mut self, each: NonZeroUsize) -> Option<usize> {
        let free = self.apart.iter().position(|threads| threads.kept < each.get());
        if free.is_none() && !self.closed && self.apart.len() < MOST_RUNTIMES {
            match threads(each) {
                Ok(more) => self.apart.push(more),
                Err(error) => tracing::warn!(%error, "agents keep all their threads, and there are no others"),
            }
        }
        free.or_else(|| self.apart.len().checked_sub(1))
    }
}

impl Drop for AgentThreads {
    fn drop(&mut self) {
        self.close();
    }
}

fn threads(each: NonZeroUsize) -> io::Result<Threads> {
    let runtime = Builder::new_multi_thread().worker_threads(each.get()).thread_name("baton-agents").enable_all().build()?;
    Ok(Threads { runtime, kept: 0, waking: None })
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
    pub(crate) fn keep(self, agent: &str) -> KeptThread {
        self.count(|kept| kept + 1);
        self.threads.runtimes.lock().stubborn.insert(agent.to_owned());
        KeptThread(self)
    }

    fn count(&self, change: impl FnOnce(usize) -> usize) {
        let mut runtimes = self.threads.runtimes.lock();
        if let Some(threads) = self.number.and_then(|number| runtimes.apart.get_mut(number)) {
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
    loop {
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
            let place = threads.place("ann");
            numbers.push(place.number.unwrap());
            kept.push(place.keep("ann"));
        }
        assert_eq!(numbers, [0, 0, 1, 1, 2, 2, 3, 3, 3, 3, 3]);
        drop(kept.remove(1));
        assert_eq!(threads.place("bob").number, Some(0), "the one that came back");
        threads.close();
        assert_eq!(threads.place("ann").number, None);
    }

    #[tokio::test]
    async fn agents_work_where_they_begin_until_they_keep_a_thread() {
        let threads = Arc::new(AgentThreads::new(None).unwrap());
        let place = threads.place("ann");
        assert_eq!((place.number, place.handle.id()), (None, Handle::current().id()));
        drop(place.keep("ann"));
        assert_eq!((threads.place("ann").number, threads.place("bob").number), (Some(0), None));
        assert_ne!(threads.place("ann").handle.id(), Handle::current().id());
    }
}
