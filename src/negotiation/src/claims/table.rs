//! Who holds what, and who waits for whom? The claims as they stand, and their rows.

use std::collections::{BTreeMap, BTreeSet};

use baton_domain::problem::{Code, Problem};
use baton_domain::time::Timestamp;
use serde::{Deserialize, Serialize};

use super::name::{Holder, Resource};
use super::terms::{Fence, Held, Mode, Place, Policy, Waiting};

/// The most claims of all holders together, held and waited for.
pub const MAXIMUM_CLAIMS: usize = 20_000;
/// The most claims of one holder, held and waited for.
pub const MAXIMUM_CLAIMS_PER_HOLDER: usize = 64;
/// The most claims on one name, held and waited for.
pub const MAXIMUM_CLAIMS_PER_NAME: usize = 1_000;

/// The numbers that only grow, of all resources together.
///
/// One fence for all, and not one for each, so that the fences of `path:a` and of `path:a/b` can be told apart by age, and so that nothing
/// must be kept of a resource that nobody claims.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Head {
    /// The last fence that was given.
    pub fence: Fence,
    /// The last number in a queue that was given.
    pub number: i64,
}

/// What a row says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Entry {
    /// The claim is held.
    Held(Held),
    /// The claim is waited for. Who shares a resource and waits to have it alone has one row of each.
    Waiting(Waiting),
}

/// A claim as it is stored. Its key is the resource, the holder, and whether it is held.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    /// On what.
    pub resource: Resource,
    /// Whose.
    pub holder: Holder,
    /// What it is.
    pub entry: Entry,
}

/// A row's key: on what, whose, and whether it is held.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct RowKey {
    /// On what.
    pub resource: Resource,
    /// Whose.
    pub holder: Holder,
    /// Held, or waited for.
    pub held: bool,
}

/// What is to be stored after a command, all in one transaction.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Delta {
    /// The numbers.
    pub head: Head,
    /// Rows that are new or changed.
    pub put: Vec<Row>,
    /// Rows that are gone.
    pub removed: Vec<RowKey>,
}

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Claimed {
    pub(super) holders: BTreeMap<Holder, Held>,
    pub(super) waiters: BTreeMap<Place, (Holder, Waiting)>,
}

/// The claims of one project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claims {
    pub(super) policy: Policy,
    pub(super) head: Head,
    resources: BTreeMap<Resource, Claimed>,
    held: BTreeMap<Holder, BTreeSet<Resource>>,
    waits: BTreeMap<Holder, BTreeMap<Resource, Place>>,
    /// When leases run out and when waiting does.
    leases: BTreeSet<(Timestamp, Resource, Holder)>,
    patience: BTreeSet<(Timestamp, Resource, Holder)>,
    total: usize,
}

impl Claims {
    /// No claims.
    #[must_use]
    pub fn new(policy: Policy) -> Self {
        Self {
            policy,
            head: Head::default(),
            resources: BTreeMap::new(),
            held: BTreeMap::new(),
            waits: BTreeMap::new(),
            leases: BTreeSet::new(),
            patience: BTreeSet::new(),
            total: 0,
        }
    }

    /// The claims that were stored.
    ///
    /// # Errors
    /// [`Code::Internal`] for rows that no commands can have led to: a key twice, numbers above the head's, or two holders that exclude one another.
    pub fn load(policy: Policy, head: Head, rows: impl IntoIterator<Item = Row>) -> Result<Self, Problem> {
        let mut claims = Self { head, ..Self::new(policy) };
        let broken = |row: &str, what: &str| Problem::new(Code::Internal, format!("The stored claims are broken: {row} {what}."));
        for Row { resource, holder, entry } in rows {
            let row = format!("{holder} on {resource}");
            let (twice, number_known) = match &entry {
                Entry::Held(held) => (claims.held(&resource, &holder).is_some(), held.fence <= head.fence),
                Entry::Waiting(waiting) => {
                    let taken = claims.resources.get(&resource).is_some_and(|claimed| claimed.waiters.contains_key(&waiting.place));
                    (taken || claims.waiting(&resource, &holder).is_some(), waiting.place.number <= head.number)
                }
            };
            if twice || !number_known {
                return Err(broken(&row, if twice { "is there twice" } else { "has a number that was never given" }));
            }
            match entry {
                Entry::Held(held) => {
                    if !claims.holding_against(&resource, &holder, held.mode).is_empty() {
                        return Err(broken(&row, "excludes another holder"));
                    }
                    claims.put_held(&resource, holder, held);
                }
                Entry::Waiting(waiting) => claims.put_waiting(&resource, holder, waiting),
            }
        }
        Ok(claims)
    }

    /// The numbers as they stand.
    #[must_use]
    pub fn head(&self) -> Head {
        self.head
    }

    /// All claims, by resource; held ones first, then those that wait in their order.
    pub fn rows(&self) -> impl Iterator<Item = Row> {
        self.resources.iter().flat_map(|(resource, claimed)| {
            let held = claimed.holders.iter().map(|(holder, held)| (*holder, Entry::Held(held.clone())));
            let waiting = claimed.waiters.values().map(|(holder, waiting)| (*holder, Entry::Waiting(waiting.clone())));
            held.chain(waiting).map(|(holder, entry)| Row { resource: resource.clone(), holder, entry })
        })
    }

    /// How many claims there are, held and waited for.
    #[must_use]
    pub fn count(&self) -> usize {
        self.total
    }

    /// When something happens by itself: the next lease that runs out, or the next that waits no longer.
    #[must_use]
    pub fn next_tick(&self) -> Option<Timestamp> {
        [&self.leases, &self.patience].into_iter().filter_map(|ends| ends.first().map(|(at, _, _)| *at)).min()
    }

    /// A claim that is held.
    #[must_use]
    pub fn held(&self, resource: &Resource, holder: &Holder) -> Option<&Held> {
        self.resources.get(resource)?.holders.get(holder)
    }

    /// Who holds a claim with this number on a resource, or on what is above it.
    #[must_use]
    pub fn holder_of(&self, resource: &Resource, fence: Fence) -> Option<Holder> {
        let at = |name: &str| {
            let mut holders = self.resources.get(name)?.holders.iter();
            holders.find(|(_, held)| held.fence == fence).map(|(holder, _)| *holder)
        };
        resource.above().chain([resource.as_str()]).find_map(at)
    }

    /// A claim that is waited for.
    #[must_use]
    pub fn waiting(&self, resource: &Resource, holder: &Holder) -> Option<&Waiting> {
        let place = self.waits.get(holder)?.get(resource)?;
        self.resources.get(resource)?.waiters.get(place).map(|(_, waiting)| waiting)
    }

    /// Whom a request waits for, directly: those who hold what excludes it, and those before it in the queue whom it may not overtake.
    #[must_use]
    pub fn behind(&self, resource: &Resource, holder: &Holder) -> BTreeSet<Holder> {
        self.waiting(resource, holder).map(|waiting| self.blockers(resource, holder, waiting.mode, waiting.place)).unwrap_or_default()
    }

    /// Whom a holder waits for, directly, by any of its requests.
    #[must_use]
    pub fn waits_for(&self, holder: &Holder) -> BTreeSet<Holder> {
        let wanted = self.waits.get(holder).into_iter().flatten();
        wanted.flat_map(|(resource, _)| self.behind(resource, holder)).collect()
    }

    /// What a holder has, and what it waits for.
    #[must_use]
    pub fn of(&self, holder: &Holder) -> (Vec<&Resource>, Vec<&Resource>) {
        let held = self.held.get(holder).map(|held| held.iter().collect()).unwrap_or_default();
        (held, self.waits.get(holder).map(|waits| waits.keys().collect()).unwrap_or_default())
    }

    pub(super) fn on(&self, resource: &Resource) -> Option<&Claimed> {
        self.resources.get(resource)
    }

    /// Everything that is claimed and has something in common with a name.
    fn overlapping<'a>(&'a self, resource: &'a Resource) -> impl Iterator<Item = (&'a Resource, &'a Claimed)> {
        let above = resource.above().filter_map(|name| self.resources.get_key_value(name));
        let (from, to) = resource.beneath();
        let beneath = self.resources.range::<str, _>((std::ops::Bound::Included(from.as_str()), std::ops::Bound::Excluded(to.as_str())));
        above.chain(self.resources.get_key_value(resource)).chain(beneath)
    }

    /// Who holds what excludes this.
    pub(super) fn holding_against(&self, resource: &Resource, holder: &Holder, mode: Mode) -> BTreeSet<Holder> {
        let held = self.overlapping(resource).flat_map(|(_, claimed)| &claimed.holders);
        held.filter(|(other, held)| *other != holder && !mode.goes_with(held.mode)).map(|(other, _)| *other).collect()
    }

    /// Whether nothing stands against granting this from this place; what [`blockers`](Self::blockers) says, without naming them.
    pub(super) fn is_free(&self, resource: &Resource, holder: &Holder, mode: Mode, place: Place) -> bool {
        self.overlapping(resource).all(|(_, claimed)| {
            claimed.holders.iter().all(|(other, held)| other == holder || mode.goes_with(held.mode))
                && claimed.waiters.range(..place).all(|(_, (other, waiting))| other == holder || mode.goes_with(waiting.mode))
        })
    }

    pub(super) fn blockers(&self, resource: &Resource, holder: &Holder, mode: Mode, place: Place) -> BTreeSet<Holder> {
        let mut blockers = self.holding_against(resource, holder, mode);
        for (_, claimed) in self.overlapping(resource) {
            let ahead = claimed.waiters.range(..place).filter(|(_, (other, waiting))| other != holder && !mode.goes_with(waiting.mode));
            blockers.extend(ahead.map(|(_, (other, _))| *other));
        }
        blockers
    }

    /// Whether one holder in particular is among the [`blockers`](Self::blockers), asked of its few claims instead of the long queue.
    pub(super) fn is_blocked_by(&self, resource: &Resource, mode: Mode, place: Place, other: &Holder) -> bool {
        let mut held = self.held.get(other).into_iter().flatten().filter(|theirs| theirs.overlaps(resource));
        let holds = held.any(|theirs| self.held(theirs, other).is_some_and(|held| !mode.goes_with(held.mode)));
        let mut ahead =
            self.waits.get(other).into_iter().flatten().filter(|(theirs, before)| **before < place && theirs.overlaps(resource));
        holds || ahead.any(|(theirs, _)| self.waiting(theirs, other).is_some_and(|waiting| !mode.goes_with(waiting.mode)))
    }

    /// Whether a holder has what covers this already.
    pub(super) fn covers(&self, resource: &Resource, holder: &Holder, mode: Mode) -> bool {
        let at =
            |name: &str| self.resources.get(name).and_then(|claimed| claimed.holders.get(holder)).is_some_and(|held| held.mode >= mode);
        resource.above().any(at) || at(resource.as_str())
    }

    /// Whether a holder has anything in common with this.
    pub(super) fn has_part(&self, resource: &Resource, holder: &Holder) -> bool {
        self.held.get(holder).is_some_and(|held| held.iter().any(|other| other.overlaps(resource)))
    }

    /// Those that wait for something that overlaps one of these, in their order.
    pub(super) fn queue(&self, freed: &BTreeSet<Resource>) -> Vec<(Place, Resource, Holder)> {
        let mut queue: BTreeSet<(Place, Resource, Holder)> = BTreeSet::new();
        let mut seen: BTreeSet<&Resource> = BTreeSet::new();
        for name in freed {
            for (resource, claimed) in self.overlapping(name) {
                // Many may be freed beneath one name that many wait for.
                if claimed.waiters.is_empty() || !seen.insert(resource) {
                    continue;
                }
                queue.extend(claimed.waiters.iter().map(|(place, (holder, _))| (*place, resource.clone(), *holder)));
            }
        }
        queue.into_iter().collect()
    }

    /// All that wait for something that overlaps this.
    pub(super) fn waiting_on<'a>(&'a self, resource: &'a Resource) -> impl Iterator<Item = (&'a Holder, &'a Waiting)> {
        self.overlapping(resource).flat_map(|(_, claimed)| claimed.waiters.values().map(|(holder, waiting)| (holder, waiting)))
    }

    /// When the next lease runs out.
    pub(super) fn next_lease(&self) -> Option<Timestamp> {
        self.leases.first().map(|(at, _, _)| *at)
    }

    /// When the next waits no longer.
    pub(super) fn next_patience(&self) -> Option<Timestamp> {
        self.patience.first().map(|(at, _, _)| *at)
    }

    /// The first lease that has run out by now.
    pub(super) fn lapsed(&self, now: Timestamp) -> Option<(Resource, Holder)> {
        self.leases.first().filter(|(at, _, _)| *at <= now).map(|(_, resource, holder)| (resource.clone(), *holder))
    }

    /// The first that waits no longer by now.
    pub(super) fn out_of_patience(&self, now: Timestamp) -> Option<(Resource, Holder)> {
        self.patience.first().filter(|(at, _, _)| *at <= now).map(|(_, resource, holder)| (resource.clone(), *holder))
    }

    pub(super) fn put_held(&mut self, resource: &Resource, holder: Holder, held: Held) {
        self.take_held(resource, &holder);
        self.leases.insert((held.expires_at, resource.clone(), holder));
        self.held.entry(holder).or_default().insert(resource.clone());
        self.resources.entry(resource.clone()).or_default().holders.insert(holder, held);
        self.total += 1;
    }

    pub(super) fn take_held(&mut self, resource: &Resource, holder: &Holder) -> Option<Held> {
        let claimed = self.resources.get_mut(resource)?;
        let held = claimed.holders.remove(holder)?;
        if claimed.holders.is_empty() && claimed.waiters.is_empty() {
            self.resources.remove(resource);
        }
        self.leases.remove(&(held.expires_at, resource.clone(), *holder));
        if let Some(of_holder) = self.held.get_mut(holder) {
            of_holder.remove(resource);
            if of_holder.is_empty() {
                self.held.remove(holder);
            }
        }
        self.total -= 1;
        Some(held)
    }

    pub(super) fn put_waiting(&mut self, resource: &Resource, holder: Holder, waiting: Waiting) {
        self.take_waiting(resource, &holder);
        if let Some(until) = waiting.until {
            self.patience.insert((until, resource.clone(), holder));
        }
        self.waits.entry(holder).or_default().insert(resource.clone(), waiting.place);
        self.resources.entry(resource.clone()).or_default().waiters.insert(waiting.place, (holder, waiting));
        self.total += 1;
    }

    pub(super) fn take_waiting(&mut self, resource: &Resource, holder: &Holder) -> Option<Waiting> {
        let of_holder = self.waits.get_mut(holder)?;
        let place = of_holder.remove(resource)?;
        if of_holder.is_empty() {
            self.waits.remove(holder);
        }
        let claimed = self.resources.get_mut(resource)?;
        let (_, waiting) = claimed.waiters.remove(&place)?;
        if claimed.holders.is_empty() && claimed.waiters.is_empty() {
            self.resources.remove(resource);
        }
        if let Some(until) = waiting.until {
            self.patience.remove(&(until, resource.clone(), *holder));
        }
        self.total -= 1;
        Some(waiting)
    }
}
