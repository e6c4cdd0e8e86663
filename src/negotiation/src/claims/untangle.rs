//! How is a circle undone at the least cost: by another order of a queue, or by one who gives way?
//!
//! An edge of the graph of who waits for whom is hard if a claim that is held stands behind it, and soft if only the order of a queue does. A circle
//! of hard edges costs somebody a request. Where no such circle is left, an order of the queues without any circle exists (any order in
//! which nobody comes before those it waits for by hard edges), and it is found by turning one soft edge after the other.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::engine::Work;
use super::name::{Holder, Resource};
use super::table::Claims;
use super::terms::{Fence, Loss, Mode, Notice, Place};

/// Who must stay behind whom, as was settled while a command is carried out.
type Settled = BTreeMap<Holder, BTreeSet<Holder>>;

impl Claims {
    /// Whom a holder waits for because they hold what excludes its requests.
    fn waits_for_holders(&self, holder: &Holder) -> BTreeSet<Holder> {
        let (_, wanted) = self.of(holder);
        let requests = wanted.into_iter().filter_map(|resource| Some((resource, self.waiting(resource, holder)?)));
        requests.flat_map(|(resource, waiting)| self.holding_against(resource, holder, waiting.mode)).collect()
    }

    /// Everybody whom a holder waits for in the end by what is held and by what is settled, and how each was met.
    fn needs(&self, holder: &Holder, settled: &Settled) -> BTreeMap<Holder, Holder> {
        let mut met = BTreeMap::new();
        let mut queue = VecDeque::from([*holder]);
        while let Some(at) = queue.pop_front() {
            for next in self.waits_for_holders(&at).into_iter().chain(settled.get(&at).into_iter().flatten().copied()) {
                if let std::collections::btree_map::Entry::Vacant(entry) = met.entry(next) {
                    entry.insert(at);
                    queue.push_back(next);
                }
            }
        }
        met
    }

    /// Whether granting this would close a circle of claims: somebody who waits for it is waited for.
    pub(super) fn would_close_a_circle(&self, resource: &Resource, holder: &Holder, mode: Mode) -> bool {
        if self.of(holder).1.is_empty() {
            return false;
        }
        let needs = self.needs(holder, &Settled::new());
        self.waiting_on(resource).any(|(other, theirs)| needs.contains_key(other) && other != holder && !mode.goes_with(theirs.mode))
    }

    /// A shortest circle through a holder in which each waits for what the next holds.
    fn hard_circle_through(&self, holder: &Holder) -> Option<Vec<Holder>> {
        let met = self.needs(holder, &Settled::new());
        let mut circle = vec![*met.get(holder)?];
        while let Some(before) = circle.last().filter(|last| *last != holder).and_then(|last| met.get(last)) {
            circle.push(*before);
        }
        circle.reverse();
        Some(circle)
    }
}

impl Work<'_> {
    /// Breaks every circle, all of which go through a holder that has just begun to wait or was just granted something. Returns the one in which
    /// it gave way itself. Each turn takes a request out of the queues, or settles for one more pair who goes first, so it ends.
    pub(super) fn break_deadlocks(&mut self, from: Holder) -> Vec<Holder> {
        let mut own = Vec::new();
        let mut freed = BTreeSet::new();
        while let Some(circle) = self.claims.hard_circle_through(&from) {
            match self.sacrifice(&circle, &mut freed) {
                Some(victim) if victim == from => own = circle,
                Some(_) => {}
                None => break,
            }
        }
        let mut settled = Settled::new();
        let mut advanced = BTreeSet::new();
        let mut suspects = vec![from];
        while let Some(suspect) = suspects.pop() {
            while let Some(circle) = self.claims.circle_through(&suspect) {
                let Some((holder, next)) = self.to_turn(&circle, &settled) else { break };
                let settled_anew = settled.entry(next).or_default().insert(holder);
                let needs = self.claims.needs(&holder, &settled);
                let before = advanced.len();
                while let Some(resource) = self.go_before(&holder, &next, &needs, &mut freed) {
                    advanced.insert((resource, holder));
                }
                if advanced.len() == before && !settled_anew {
                    break;
                }
                // Whoever went ahead is waited for by those it went before, which may close another circle.
                suspects.extend(needs.into_keys().filter(|other| *other != holder));
                suspects.push(holder);
            }
        }
        // Only now: what is granted while a circle is left might close it for good.
        self.serve(&freed, &advanced);
        own
    }

    /// The first pair of a circle of which one waits for the next by the order of a queue alone, and does not need it otherwise.
    fn to_turn(&self, circle: &[Holder], settled: &Settled) -> Option<(Holder, Holder)> {
        let mut pairs = circle.iter().zip(circle.iter().cycle().skip(1));
        pairs.find(|(holder, next)| !self.claims.needs(holder, settled).contains_key(*next)).map(|(holder, next)| (*holder, *next))
    }

    /// Puts a request of a holder before one of another that excludes it, together with those between the two whom it needs. All
    /// others move back by as much and keep their order. Returns the request's resource; nothing if none is behind.
    ///
    /// What may be free for somebody by that is added to `freed`.
    fn go_before(
        &mut self,
        holder: &Holder,
        next: &Holder,
        needs: &BTreeMap<Holder, Holder>,
        freed: &mut BTreeSet<Resource>,
    ) -> Option<Resource> {
        let (_, wanted) = self.claims.of(holder);
        let (resource, waiting) = wanted
            .into_iter()
            .filter_map(|resource| Some((resource, self.claims.waiting(resource, holder)?)))
            .find(|(resource, waiting)| self.claims.is_blocked_by(resource, waiting.mode, waiting.place, next))?;
        let (resource, mode, until) = (resource.clone(), waiting.mode, waiting.place);
        let ahead = self.claims.waiting_on(&resource).filter(|(other, theirs)| *other == next && !mode.goes_with(theirs.mode));
        let from = ahead.map(|(_, theirs)| theirs.place).min().filter(|from| *from < until)?;
        // Names that have anything in common lie beneath one and the same first part, so nothing else can tell the difference.
        let root = resource.above().next().map_or_else(|| Ok(resource.clone()), Resource::parse).ok()?;
        let between = self.claims.queue(&BTreeSet::from([root])).into_iter().filter(|(place, _, _)| (from..=until).contains(place));
        let between: Vec<(Place, Resource, Holder)> = between.collect();
        let (first, then): (Vec<_>, Vec<_>) = between.iter().partition(|(_, _, other)| other == holder || needs.contains_key(other));
        let mut moved = Vec::with_capacity(between.len());
        for ((place, _, _), (before, resource, other)) in between.iter().zip(first.into_iter().chain(then)) {
            if place != before
                && let Some(waiting) = self.take_waiting(resource, other)
            {
                moved.push((resource.clone(), *other, super::terms::Waiting { place: *place, ..waiting }));
            }
        }
        let places = moved.iter().map(|(resource, other, waiting)| (resource.clone(), *other, waiting.place)).collect();
        freed.extend(moved.iter().map(|(resource, _, _)| resource.clone()));
        for (resource, other, waiting) in moved {
            self.claims.put_waiting(&resource, other, waiting);
        }
        self.notices.push(Notice::Reordered { holder: *holder, resource: resource.clone(), before: *next, places });
        Some(resource)
    }

    fn sacrifice(&mut self, circle: &[Holder], freed: &mut BTreeSet<Resource>) -> Option<Holder> {
        let policy = self.claims.policy;
        let (at, victim) = self.claims.victim(circle, policy.rule)?;
        let next = circle.get((at + 1) % circle.len()).copied()?;
        let (_, wanted) = self.claims.of(&victim);
        let blocked = |resource: &&Resource| {
            let waiting = self.claims.waiting(resource, &victim);
            waiting.is_some_and(|waiting| self.claims.holding_against(resource, &victim, waiting.mode).contains(&next))
        };
        let given_up: Vec<Resource> = wanted.into_iter().filter(blocked).cloned().collect();
        if given_up.is_empty() {
            return None;
        }
        let revoked: Vec<(Resource, Fence)> = match policy.loss {
            Loss::Everything => {
                let (stripped, revoked) = self.strip(&victim);
                freed.extend(stripped);
                revoked
            }
            Loss::Request => {
                for resource in &given_up {
                    self.take_waiting(resource, &victim);
                }
                freed.extend(given_up.iter().cloned());
                Vec::new()
            }
        };
        self.notices.push(Notice::Victim { holder: victim, resources: given_up, circle: circle.to_vec(), rule: policy.rule, revoked });
        Some(victim)
    }
}
