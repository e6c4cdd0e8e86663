//! How does an attempt hold its place, give it back for a while, and get it again?

use std::sync::Arc;

use tokio::sync::oneshot;

use super::AgentPool;
use super::host::Share;
use crate::load_balancer::AgentNumber;

/// Where an attempt stands with its place.
#[derive(Debug)]
enum Standing {
    /// It has it.
    Here,
    /// It gave it back while it waits for others.
    Aside,
    /// It wants one again. It may have one already, which it learns from this.
    Returning { turn: u64, granted: oneshot::Receiver<u32> },
}

/// What an attempt has of an agent and of the host: a slot and processors, which it may give back for a while, and memory. Whichever of it
/// there is when this is dropped is given back then, once.
pub(crate) struct SlotGuard {
    pool: Arc<AgentPool>,
    pub(super) agent: AgentNumber,
    /// The instance in which it has its slot, or had it last.
    pub(super) instance: u32,
    share: Share,
    standing: Standing,
}

impl SlotGuard {
    /// What was taken of a pool.
    pub(super) const fn new(pool: Arc<AgentPool>, agent: AgentNumber, instance: u32, share: Share) -> Self {
        Self { pool, agent, instance, share, standing: Standing::Here }
    }

    /// Whether the attempt has its place, as far as it knows.
    pub(crate) const fn is_here(&self) -> bool {
        matches!(self.standing, Standing::Here)
    }

    /// Whether it stands in line for a place, or has one that it has not heard of.
    pub(crate) const fn returns(&self) -> bool {
        matches!(self.standing, Standing::Returning { .. })
    }

    /// Whether a place is counted for it, also one that it was given and has not heard of.
    #[cfg(test)]
    pub(super) fn has_place(&self) -> bool {
        match &self.standing {
            Standing::Here => true,
            Standing::Aside => false,
            Standing::Returning { granted, .. } => !granted.is_empty(),
        }
    }

    /// Gives back the slot and the processors while the attempt does nothing but wait for others. Its memory stays taken. Gives whether it
    /// did: it keeps its place if too many attempts of its agent wait like that, or if those that do would keep more than half of the host's
    /// memory.
    pub(crate) fn step_aside(&mut self) -> bool {
        if !self.is_here() || !self.pool.state.lock().step_aside(self.agent, self.instance, self.share) {
            return false;
        }
        self.standing = Standing::Aside;
        self.pool.capacity_freed.notify_one();
        true
    }

    /// Wants the place again and returns when the attempt has it: before any new task, in the order in which attempts ask. Who drops this
    /// call keeps the turn for the next.
    pub(crate) async fn come_back(&mut self) {
        loop {
            match &mut self.standing {
                Standing::Here => return,
                Standing::Aside => {
                    let (turn, granted) = self.pool.state.lock().want_back(self.agent, self.instance, self.share);
                    self.standing = Standing::Returning { turn, granted };
                }
                Standing::Returning { granted, .. } => match granted.await {
                    Ok(instance) => {
                        self.instance = instance;
                        self.standing = Standing::Here;
                    }
                    // Nobody answers any more; it has to ask again.
                    Err(_) => self.standing = Standing::Aside,
                },
            }
        }
    }
}

impl Drop for SlotGuard {
    fn drop(&mut self) {
        let mut state = self.pool.state.lock();
        match &mut self.standing {
            Standing::Here => state.give_back(self.agent, self.instance, self.share),
            Standing::Aside => state.end_aside(self.agent, self.instance, self.share),
            // Places are given under the same lock: it has one, or it is still in the queue.
            Standing::Returning { turn, granted } => match granted.try_recv() {
                Ok(instance) => state.give_back(self.agent, instance, self.share),
                Err(_) => state.end_returning(*turn),
            },
        }
        drop(state);
        self.pool.capacity_freed.notify_one();
    }
}
