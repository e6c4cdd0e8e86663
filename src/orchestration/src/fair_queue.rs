//! Whose turn is it among the fairness keys of one skill? Start-time fair queuing over keys that may have tasks.
//!
//! Each key has a tag, the virtual time at which its next task starts; the lowest goes first, and a task of weight `w` moves its
//! key's tag on by `1/w`. A key that becomes active begins at the present virtual time, so it is neither owed for the time it was
//! away nor behind those that waited (Goyal, Vin and Cheng, "Start-time Fair Queuing", 1996). What is kept is per key, never per
//! task: the tasks and their order within a key are in the store.

use std::cmp::Ordering;
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use baton_domain::task::{DEFAULT_FAIRNESS_WEIGHT, Priority};

/// The most keys of one skill and one priority that a round looks at, as long as nothing was refused: those whose turn is next.
const KEYS_A_ROUND: usize = 64;
/// The most that it looks at beyond these.
const MORE_KEYS: usize = 1_000;
/// The most keys of one skill that are remembered. Those beyond are found in the store as others become empty.
const MAXIMUM_KEYS: usize = 50_000;
const LEVELS: usize = Priority::ALL.len();

/// A fairness key; none is a key of its own.
pub(crate) type Key = Option<Arc<str>>;

/// A point of virtual time.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Tag(f64);

impl Eq for Tag {}

impl PartialOrd for Tag {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Tag {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.total_cmp(&other.0)
    }
}

#[derive(Debug)]
struct Flow {
    tag: f64,
    weight: f64,
    /// Which priorities may have tasks, and how often each was rung for.
    active: [bool; LEVELS],
    rings: [u32; LEVELS],
    /// Whether it has had no turn since it became active.
    is_new: bool,
}

impl Flow {
    fn idle(tag: f64, weight: f64) -> Self {
        Self { tag, weight, active: [false; LEVELS], rings: [0; LEVELS], is_new: false }
    }

    fn is_idle(&self) -> bool {
        !self.active.contains(&true)
    }
}

/// A key whose turn is near.
#[derive(Debug, Clone)]
pub(crate) struct Turn {
    pub(crate) key: Key,
    pub(crate) tag: f64,
    pub(crate) weight: f64,
    /// What to give to [`FairQueue::empty`].
    pub(crate) rings: u32,
    /// How many tasks of it this round could need.
    pub(crate) tasks: u32,
}

/// The keys of one skill.
#[derive(Debug, Default)]
pub(crate) struct FairQueue {
    now: f64,
    flows: HashMap<Key, Flow>,
    /// Active keys by tag, for each priority.
    levels: [BTreeSet<(Tag, Key)>; LEVELS],
    /// Those of them that were looked at in vain, which are kept apart: there may be thousands, and nobody goes over them who leaves them out.
    in_vain: [BTreeSet<(Tag, Key)>; LEVELS],
    /// How many of them have had no turn since they became active.
    newcomers: usize,
}

fn level(priority: Priority) -> usize {
    usize::from(priority.get() - 1)
}

impl FairQueue {
    /// The key may have tasks of this priority; what is known of its weight.
    pub(crate) fn ring(&mut self, key: Option<&str>, priority: Priority, weight: Option<f64>) {
        let level = level(priority);
        let key: Key = key.map(Arc::from);
        if !self.flows.contains_key(&key) {
            if self.flows.len() >= MAXIMUM_KEYS {
                self.forget_idle();
            }
            if self.flows.len() >= MAXIMUM_KEYS {
                return;
            }
        }
        let now = self.now;
        let flow = self.flows.entry(key.clone()).or_insert_with(|| Flow::idle(now, DEFAULT_FAIRNESS_WEIGHT));
        flow.weight = weight.unwrap_or(flow.weight);
        flow.rings[level] = flow.rings[level].wrapping_add(1);
        if flow.is_idle() {
            flow.tag = flow.tag.max(now);
            flow.is_new = true;
            self.newcomers += 1;
        }
        if !flow.active[level] {
            flow.active[level] = true;
            self.levels[level].insert((Tag(flow.tag), key));
        }
    }

    /// How often a key was rung for at this priority, as a [`Turn`] says it.
    pub(crate) fn rings(&self, key: &Key, priority: Priority) -> Option<u32> {
        self.flows.get(key).map(|flow| flow.rings[level(priority)])
    }

    /// Whether no key may have tasks.
    pub(crate) fn is_empty(&self) -> bool {
        self.levels.iter().chain(&self.in_vain).all(BTreeSet::is_empty)
    }

    /// Takes the next turn for a new task of this key and priority, with this weight, if that is whose turn it is: none of another priority waits, the
    /// key has none that do and has had no more than any other, and no other key waits for its first turn. Says whether the turn was counted, which it is
    /// if any key may have tasks.
    pub(crate) fn take_turn(&mut self, key: &Key, priority: Priority, weight: f64) -> Option<bool> {
        let level = level(priority);
        let waiting = || self.levels.iter().chain(&self.in_vain).enumerate().filter(|(_, keys)| !keys.is_empty());
        if self.newcomers > 0 || waiting().any(|(other, _)| other % LEVELS != level) {
            return None;
        }
        let lowest = waiting().filter_map(|(_, keys)| keys.first()).map(|(Tag(tag), _)| *tag).min_by(f64::total_cmp);
        let Some(lowest) = lowest else { return Some(false) };
        if !self.flows.contains_key(key) && self.flows.len() >= MAXIMUM_KEYS {
            self.forget_idle();
            if self.flows.len() >= MAXIMUM_KEYS {
                // What it may have waiting is not known.
                return None;
            }
        }
        let now = self.now;
        let tag = match self.flows.get_mut(key) {
            Some(flow) if flow.is_idle() => {
                flow.tag = flow.tag.max(now);
                flow.tag
            }
            Some(_) => return None,
            None => now,
        };
        if tag > lowest {
            return None;
        }
        self.served(key, 1, weight);
        Some(true)
    }

    /// The task for which a turn was taken, and counted, did not begin.
    pub(crate) fn give_back(&mut self, key: &Key, weight: f64) {
        let Some(flow) = self.flows.get_mut(key) else { return };
        let before = Tag(flow.tag);
        flow.tag -= 1.0 / weight;
        self.moved(key, before);
    }

    /// The key had a turn that came to nothing: it is no newcomer any more.
    pub(crate) fn had_turn(&mut self, key: &Key) {
        if self.flows.get_mut(key).is_some_and(|flow| std::mem::take(&mut flow.is_new)) {
            self.newcomers -= 1;
        }
    }

    /// Whether any key may have tasks that are as urgent as this, not counting those that are looked at in vain.
    pub(crate) fn is_as_urgent(&self, priority: Priority) -> bool {
        self.levels[..=level(priority)].iter().any(|keys| !keys.is_empty())
    }

    /// A look that began at `rings` found no task of this key and priority. Does nothing if it was rung for meanwhile.
    pub(crate) fn empty(&mut self, key: &Key, priority: Priority, rings: u32) {
        let level = level(priority);
        let Some(flow) = self.flows.get_mut(key) else { return };
        if flow.rings[level] != rings || !flow.active[level] {
            return;
        }
        flow.active[level] = false;
        let place = (Tag(flow.tag), key.clone());
        if !self.levels[level].remove(&place) {
            self.in_vain[level].remove(&place);
        }
        if flow.is_idle() && std::mem::take(&mut flow.is_new) {
            self.newcomers -= 1;
        }
        // An idle key is remembered for as long as it has had more than its share.
        if flow.is_idle() && flow.tag <= self.now {
            self.flows.remove(key);
        }
    }

    fn forget_idle(&mut self) {
        let now = self.now;
        self.flows.retain(|_, flow| !flow.is_idle() || flow.tag > now);
        if self.flows.len() >= MAXIMUM_KEYS {
            self.flows.retain(|_, flow| !flow.is_idle());
        }
    }

    /// What a key has at this priority is looked at in vain. Says whether that is new.
    pub(crate) fn set_aside(&mut self, key: &Key, priority: Priority) -> bool {
        let level = level(priority);
        self.had_turn(key);
        let Some(flow) = self.flows.get(key) else { return false };
        let place = (Tag(flow.tag), key.clone());
        let is_new = self.levels[level].remove(&place);
        if is_new {
            self.in_vain[level].insert(place);
        }
        is_new
    }

    /// What a key has at this priority is looked at again.
    pub(crate) fn bring_back(&mut self, key: Option<&str>, priority: Priority) {
        let level = level(priority);
        if self.in_vain[level].is_empty() {
            return;
        }
        let key: Key = key.map(Arc::from);
        let Some(flow) = self.flows.get(&key) else { return };
        let place = (Tag(flow.tag), key);
        if self.in_vain[level].remove(&place) {
            self.levels[level].insert(place);
        }
    }

    /// All keys are looked at again.
    pub(crate) fn bring_all_back(&mut self) {
        for (keys, in_vain) in self.levels.iter_mut().zip(&mut self.in_vain) {
            keys.append(in_vain);
        }
    }

    /// The keys whose turns come next at this priority, each with how many of the next `tasks` turns it would have if it had as many
    /// tasks; not those that are looked at in vain. `skip` leaves others out.
    ///
    /// So many tasks are `refused`: they wait for the one agent that is left, and their keys keep turns that nobody takes. All turns would
    /// come to be theirs, so as many more keys are looked at, and none of them gets less than its part of the tasks.
    pub(crate) fn turns(&self, priority: Priority, tasks: u32, refused: usize, skip: impl Fn(&Key) -> bool) -> Vec<Turn> {
        let level = level(priority);
        shared_out(self.first(&self.levels[level], level, refused, skip), tasks, refused)
    }

    /// The same, with those that are looked at in vain.
    pub(crate) fn turns_of_all(&self, priority: Priority, tasks: u32, refused: usize, skip: impl Fn(&Key) -> bool) -> Vec<Turn> {
        let level = level(priority);
        let mut turns = self.first(&self.levels[level], level, refused, &skip);
        turns.extend(self.first(&self.in_vain[level], level, refused, &skip));
        turns.sort_by(|one, other| one.tag.total_cmp(&other.tag).then_with(|| one.key.cmp(&other.key)));
        turns.truncate(keys(refused));
        shared_out(turns, tasks, refused)
    }

    /// The first of these keys, with no turns yet.
    fn first(&self, places: &BTreeSet<(Tag, Key)>, level: usize, refused: usize, skip: impl Fn(&Key) -> bool) -> Vec<Turn> {
        let known = |key: &Key| {
            let flow = self.flows.get(key)?;
            Some(Turn { key: key.clone(), tag: flow.tag, weight: flow.weight, rings: flow.rings[level], tasks: 0 })
        };
        places.iter().filter(|(_, key)| !skip(key)).filter_map(|(_, key)| known(key)).take(keys(refused)).collect()
    }

    /// So many tasks of the key began, with this weight.
    pub(crate) fn served(&mut self, key: &Key, tasks: u32, weight: f64) {
        if !self.flows.contains_key(key) && self.flows.len() >= MAXIMUM_KEYS {
            return;
        }
        // It may have been found empty, and been forgotten, before it was known here that its last task began.
        let now = self.now;
        let flow = self.flows.entry(key.clone()).or_insert_with(|| Flow::idle(now, weight));
        if std::mem::take(&mut flow.is_new) {
            self.newcomers -= 1;
        }
        let before = Tag(flow.tag);
        flow.weight = weight;
        flow.tag += f64::from(tasks) / weight;
        // The virtual time is the start of the last task that began.
        self.now = self.now.max(flow.tag - 1.0 / weight);
        self.moved(key, before);
    }

    /// A key's tag was another one before.
    fn moved(&mut self, key: &Key, before: Tag) {
        let Some(flow) = self.flows.get(key) else { return };
        let after = Tag(flow.tag);
        for (level, _) in flow.active.iter().enumerate().filter(|(_, active)| **active) {
            for keys in [&mut self.levels[level], &mut self.in_vain[level]] {
                if keys.remove(&(before, key.clone())) {
                    keys.insert((after, key.clone()));
                }
            }
        }
    }
}

/// How many keys are looked at when so many tasks are refused.
fn keys(refused: usize) -> usize {
    KEYS_A_ROUND + refused.min(MORE_KEYS)
}

/// Gives the next `tasks` turns to keys that are in the order of their tags; those that get none are left out.
fn shared_out(mut turns: Vec<Turn>, tasks: u32, refused: usize) -> Vec<Turn> {
    if let [only] = turns.as_mut_slice() {
        only.tasks = tasks;
        return turns;
    }
    let mut tags: Vec<f64> = turns.iter().map(|turn| turn.tag).collect();
    for _ in 0..tasks {
        let Some(next) = lowest(&tags) else { break };
        tags[next] += 1.0 / turns[next].weight;
        turns[next].tasks += 1;
    }
    if refused > 0 && tasks > 0 {
        let part = tasks.checked_div(u32::try_from(turns.len()).unwrap_or(u32::MAX)).unwrap_or_default().max(1);
        turns.iter_mut().for_each(|turn| turn.tasks = turn.tasks.max(part));
    }
    turns.retain(|turn| turn.tasks > 0);
    turns
}

/// The first of the lowest.
pub(crate) fn lowest(tags: &[f64]) -> Option<usize> {
    (0..tags.len()).min_by(|one, other| tags[*one].total_cmp(&tags[*other]))
}

#[cfg(test)]
#[path = "fair_queue_tests.rs"]
mod tests;
