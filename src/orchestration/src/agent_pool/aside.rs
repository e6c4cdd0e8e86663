//! Which attempts gave their place back while they wait for others, and who of them gets one again next?
//!
//! A place is a slot of an instance with the processors that the attempt was promised. Its memory it keeps: the process is still there. Those that
//! want a place again have it before any new task: what is free is left for them from the moment in which they ask, in the order in which they
//! ask. Processors are left only for those that have a slot for their return, or the host would stand idle for attempts that could not begin
//! with them. They come back to their own instance, whatever has become of that, or to another one with a free slot.

use std::collections::{BTreeSet, VecDeque};

use tokio::sync::oneshot;

use super::host::{HostLedger, Share};
use super::state::{Carried, State};
use crate::load_balancer::{AgentNumber, Balancer};

/// The most attempts of an agent that have given their places back at once. Further ones keep theirs while they wait: each that begins instead
/// is another attempt that is alive.
pub(super) const MOST_ASIDE: u32 = 4_096;

/// An attempt that wants a place again.
struct Returning {
    turn: u64,
    agent: AgentNumber,
    /// Where it was.
    instance: u32,
    share: Share,
    /// Told in which instance its place is.
    granted: oneshot::Sender<u32>,
}

/// Those that want their places again, first come first.
#[derive(Default)]
pub(super) struct Queue {
    turns: u64,
    waiting: VecDeque<Returning>,
}

impl Queue {
    fn of(&self, agent: AgentNumber) -> u32 {
        u32::try_from(self.waiting.iter().filter(|waiting| waiting.agent == agent).count()).unwrap_or(u32::MAX)
    }

    /// Tells the balancer how many attempts an agent may have with what its instances have and what is left for those that return: they
    /// count among its attempts, so that nothing is free while one of them waits for a slot.
    pub(super) fn settle(&self, balancer: &mut Balancer, agent: AgentNumber, carried: &Carried) {
        let claimed = carried.busy().saturating_add(self.of(agent));
        balancer.set_slots(agent, carried.counted().max(claimed));
    }

    /// Gives places to those that wait for one, as far as there are any, and says anew which processors are left for the others.
    pub(super) fn serve(&mut self, balancer: &mut Balancer, all: &mut [Carried], host: &mut HostLedger) {
        // The agents of which somebody waits for nothing but processors: who came later takes neither these nor the slot from under it.
        let mut short = BTreeSet::<AgentNumber>::new();
        host.want_nothing();
        let mut at = 0;
        while let Some(Returning { agent, instance, share, .. }) = self.waiting.get(at) {
            let (agent, own, share) = (*agent, *instance, *share);
            let place = if short.contains(&agent) { None } else { all.get(agent as usize).and_then(|carried| carried.place(own)) };
            let Some(place) = place else {
                at += 1;
                continue;
            };
            if (!short.is_empty() && share.computes()) || !host.take_back(share) {
                host.want_back(share);
                short.insert(agent);
                at += 1;
                continue;
            }
            let Some(next) = self.waiting.remove(at) else { return };
            if let Some(carried) = all.get_mut(agent as usize) {
                carried.return_to(own, place);
                self.settle(balancer, agent, carried);
            }
            // It listens: one that no longer wants its place leaves the queue before it goes.
            let _ = next.granted.send(place);
        }
    }
}

impl State {
    /// An attempt waits for others: its slot and its processors come back. Gives whether they did; not if too many have done so, or they
    /// keep too much memory.
    pub(super) fn step_aside(&mut self, agent: AgentNumber, instance: u32, share: Share) -> bool {
        let Some(carried) = self.carried.get_mut(agent as usize) else { return false };
        if carried.aside() >= MOST_ASIDE || !self.host.may_wait(share) {
            return false;
        }
        let Some(found) = carried.instance(instance) else { return false };
        found.busy = found.busy.saturating_sub(1);
        found.aside += 1;
        self.host.set_aside(share);
        self.balancer.give_back(agent);
        self.freed(agent);
        true
    }

    /// Such an attempt wants a place again. Gives its turn, and what tells it in which instance its place is.
    pub(super) fn want_back(&mut self, agent: AgentNumber, instance: u32, share: Share) -> (u64, oneshot::Receiver<u32>) {
        let (granted, receive) = oneshot::channel();
        self.returning.turns += 1;
        let turn = self.returning.turns;
        self.balancer.want_back(agent);
        self.returning.waiting.push_back(Returning { turn, agent, instance, share, granted });
        self.freed(agent);
        (turn, receive)
    }

    /// How many attempts of an agent do not count among those that it has: they gave their places back and want none again yet.
    pub(super) fn aside(&self, agent: AgentNumber) -> u32 {
        let aside = self.carried.get(agent as usize).map_or(0, Carried::aside);
        aside.saturating_sub(self.returning.of(agent))
    }

    /// An attempt is over that had given its place back.
    pub(super) fn end_aside(&mut self, agent: AgentNumber, instance: u32, share: Share) {
        self.host.give_back_memory(share);
        if let Some(carried) = self.carried.get_mut(agent as usize) {
            carried.leave_aside(instance);
        }
        self.freed(agent);
    }

    /// An attempt is over that waited for a place with this turn.
    pub(super) fn end_returning(&mut self, turn: u64) {
        let Some(at) = self.returning.waiting.iter().position(|waiting| waiting.turn == turn) else { return };
        let Some(Returning { agent, instance, share, .. }) = self.returning.waiting.remove(at) else { return };
        self.balancer.give_back(agent);
        self.end_aside(agent, instance, share);
    }

    /// Something of an agent or of the host may have become free: those that return come first. Who changes what is free calls this last,
    /// or what is left for those that return is counted by what was before.
    pub(super) fn freed(&mut self, agent: AgentNumber) {
        self.serve();
        if let Some(carried) = self.carried.get(agent as usize) {
            self.returning.settle(&mut self.balancer, agent, carried);
        }
    }

    /// Gives places to those that wait for one.
    pub(super) fn serve(&mut self) {
        self.returning.serve(&mut self.balancer, &mut self.carried, &mut self.host);
    }
}
