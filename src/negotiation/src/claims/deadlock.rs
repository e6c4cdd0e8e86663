//! Who waits for whom in a circle, and who gives way?
//!
//! A holder waits for all of its requests, so a circle in the graph of who waits for whom is a deadlock, and there is none without a circle
//! (Coffman, Elphick and Shoshani, 1971). The graph is searched whenever somebody begins to wait: nothing else adds an edge that can close a
//! circle. A release only takes edges away, and who is granted a claim is waited for by those only who waited for it in the queue before.

use std::cmp::Reverse;
use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::name::{Holder, HolderKind, Resource};
use super::table::{self, Claims};
use super::terms::{Mode, Place, Standing, VictimRule};

impl Claims {
    /// A shortest circle through a holder: each waits for the next, and the last for the first.
    #[must_use]
    pub fn circle_through(&self, holder: &Holder) -> Option<Vec<Holder>> {
        let mut from: BTreeMap<Holder, Holder> = BTreeMap::new();
        let mut queue = VecDeque::from([*holder]);
        // How far each queue was looked through: who stands further ahead waits for nobody who was not met, but perhaps for the one sought.
        let mut looked_through: BTreeMap<(&Resource, Mode), Place> = BTreeMap::new();
        while let Some(at) = queue.pop_front() {
            let (_, wanted) = self.of(&at);
            for (resource, waiting) in wanted.into_iter().filter_map(|resource| Some((resource, self.waiting(resource, &at)?))) {
                if at != *holder && self.is_blocked_by(resource, waiting.mode, waiting.place, holder) {
                    let mut circle = vec![at];
                    while let Some(before) = circle.last().filter(|last| *last != holder).and_then(|last| from.get(last)) {
                        circle.push(*before);
                    }
                    circle.reverse();
                    return Some(circle);
                }
                let seen = |mode| looked_through.get(&(resource, mode)).is_some_and(|until| *until >= waiting.place);
                if seen(Mode::Exclusive) || seen(waiting.mode) {
                    continue;
                }
                looked_through.insert((resource, waiting.mode), waiting.place);
                for next in self.blockers(resource, &at, waiting.mode, waiting.place) {
                    if let Entry::Vacant(entry) = from.entry(next) {
                        entry.insert(at);
                        queue.push_back(next);
                    }
                }
            }
        }
        None
    }

    /// A circle, if there is any: what must not be after a command. For checks; commands find theirs as they arise.
    #[must_use]
    pub fn deadlock(&self) -> Option<Vec<Holder>> {
        let waiting: BTreeSet<Holder> =
            self.rows().filter(|row| matches!(row.entry, table::Entry::Waiting(_))).map(|row| row.holder).collect();
        waiting.iter().find_map(|holder| self.circle_through(holder))
    }

    /// Who of a circle gives way, and its place there.
    pub(super) fn victim(&self, circle: &[Holder], rule: VictimRule) -> Option<(usize, Holder)> {
        let key = |holder: &Holder| {
            let standing = self.standing(holder);
            let begun = standing.map(|standing| Reverse(standing.begun_at));
            let by_rule: i64 = match rule {
                VictimRule::Youngest => 0,
                VictimRule::LowestPriority => standing.map_or(0, |standing| -i64::from(standing.priority.get())),
                VictimRule::LeastWork => standing.map_or(0, |standing| i64::try_from(standing.work).unwrap_or(i64::MAX)),
                VictimRule::FewestClaims => i64::try_from(self.of(holder).0.len()).unwrap_or(i64::MAX),
            };
            (holder.kind == HolderKind::Person, by_rule, begun, Reverse(*holder))
        };
        circle.iter().enumerate().min_by_key(|(_, holder)| key(holder)).map(|(at, holder)| (at, *holder))
    }

    /// What the newest of a holder's requests says of it.
    fn standing(&self, holder: &Holder) -> Option<Standing> {
        let (_, wanted) = self.of(holder);
        let newest = wanted.into_iter().filter_map(|resource| self.waiting(resource, holder)).max_by_key(|waiting| waiting.place.number);
        newest.map(|waiting| waiting.standing)
    }
}
