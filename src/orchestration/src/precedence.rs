//! Several servers look at the same queue: which of its first tasks does this one leave to those before it, and for how long?
//!
//! If all began at the first task, all but one would come too late. So a server begins further back the more others come before it, and
//! the tasks before that are theirs. But they may never take them: they may not carry the agents, or have all slots in long attempts. So
//! each kind of task is watched, by what it wants of an agent. If the task that stood first of its kind is still there after this server's
//! patience, those before do not take the kind, and from then on it is given out here in its own place in the order. The further back a
//! server is, the more patient it is, so that several do not begin with it at once. As soon as another server takes one of its tasks from
//! under this one's hands, the kind is left to the others again, for longer than the last time.

use std::collections::HashMap;
use std::time::Duration;

use baton_domain::id::TaskId;
use baton_domain::time::Timestamp;
use baton_storage::ReadyTask;

/// How long a task may stand first before a server is believed to leave it to those behind; a round takes a few milliseconds.
const PATIENCE: Duration = Duration::from_millis(50);
/// How long at most, after others took from under this server's hands again and again.
const LONGEST_PATIENCE: Duration = Duration::from_millis(800);
/// The most kinds that are watched; beyond, those that no task is of now are forgotten.
const KINDS: usize = 1_024;

/// What a task wants of an agent.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Kind {
    pub(crate) skill: String,
    pub(crate) labels: Vec<String>,
}

impl Kind {
    fn of(task: &ReadyTask) -> Self {
        Self { skill: task.skill.clone(), labels: task.labels.clone() }
    }
}

/// What is known of a kind.
#[derive(Debug)]
struct Stand {
    /// The task that stood first, and since when.
    first: TaskId,
    since: Timestamp,
    patience: Duration,
    /// Since when its tasks are given out here in their own places.
    own: Option<Timestamp>,
}

/// What one round sees of a kind.
struct Seen {
    first: TaskId,
    watched: Option<TaskId>,
    /// Whether the task that is watched is still there.
    stands: bool,
}

/// Which kinds those before this server leave alone.
#[derive(Debug, Default)]
pub(crate) struct Precedence {
    kinds: HashMap<Kind, Stand>,
}

impl Precedence {
    /// The tasks in the order in which this server goes through them. `before` is how many servers come before it, `slots` how many tasks
    /// each of them could take.
    pub(crate) fn order(&mut self, ready: Vec<ReadyTask>, before: u32, slots: u32, now: Timestamp) -> Vec<ReadyTask> {
        if before == 0 || ready.is_empty() {
            return ready;
        }
        let own = self.own(&ready, before, now);
        let mut others: Vec<usize> = own.iter().enumerate().filter(|(_, own)| !**own).map(|(index, _)| index).collect();
        if others.is_empty() {
            return ready;
        }
        let further_back = (before as usize).saturating_mul(slots as usize) % others.len();
        others.rotate_left(further_back);
        let mut others = others.into_iter();
        let places = own.iter().enumerate().filter_map(|(index, own)| if *own { Some(index) } else { others.next() });
        let places: Vec<usize> = places.collect();
        let mut ready: Vec<Option<ReadyTask>> = ready.into_iter().map(Some).collect();
        places.into_iter().filter_map(|index| ready.get_mut(index).and_then(Option::take)).collect()
    }

    /// Other servers took tasks of these kinds that this one was about to begin.
    pub(crate) fn lost<'a>(&mut self, kinds: impl IntoIterator<Item = &'a Kind>, now: Timestamp) {
        for kind in kinds {
            let Some(stand) = self.kinds.get_mut(kind) else { continue };
            let Some(own) = stand.own.take() else { continue };
            // What went well for long was no mistake.
            let again = now.since(own) < LONGEST_PATIENCE;
            stand.patience = if again { (stand.patience * 2).min(LONGEST_PATIENCE) } else { PATIENCE };
            stand.since = now;
        }
    }

    /// Which of the tasks are given out in their own places.
    fn own(&mut self, ready: &[ReadyTask], before: u32, now: Timestamp) -> Vec<bool> {
        let mut seen: HashMap<(&str, &[String]), Seen> = HashMap::new();
        for task in ready {
            let of_kind = seen.entry((task.skill.as_str(), task.labels.as_slice())).or_insert_with(|| {
                let watched = self.kinds.get(&Kind::of(task)).map(|stand| stand.first);
                Seen { first: task.id, watched, stands: false }
            });
            // Others may come before it by now; it was its turn and still is.
            of_kind.stands |= of_kind.watched == Some(task.id);
        }
        if self.kinds.len() > KINDS {
            self.kinds.retain(|kind, _| seen.contains_key(&(kind.skill.as_str(), kind.labels.as_slice())));
        }
        let own: HashMap<(&str, &[String]), bool> =
            seen.into_iter().map(|(kind, seen)| (kind, self.watch(kind, &seen, before, now))).collect();
        ready.iter().map(|task| own.get(&(task.skill.as_str(), task.labels.as_slice())).copied().unwrap_or_default()).collect()
    }

    /// Whether a kind's tasks are given out in their own places, now that this was seen of it.
    fn watch(&mut self, (skill, labels): (&str, &[String]), seen: &Seen, before: u32, now: Timestamp) -> bool {
        let kind = Kind { skill: skill.to_owned(), labels: labels.to_vec() };
        let new = Stand { first: seen.first, since: now, patience: PATIENCE, own: None };
        let stand = self.kinds.entry(kind).or_insert(new);
        if stand.own.is_none() {
            if !seen.stands {
                (stand.first, stand.since) = (seen.first, now);
            } else if now.since(stand.since) >= stand.patience + PATIENCE * before.saturating_sub(1) {
                stand.own = Some(now);
            }
        }
        stand.own.is_some()
    }
}

#[cfg(test)]
#[path = "precedence_tests.rs"]
mod tests;
