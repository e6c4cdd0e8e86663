//! Where may ready tasks be, and whose turn is it? So that a round of the dispatcher asks the store only for what it needs.
//!
//! What is known comes from insertions, from the ends of waits, and from looks into the store at the start and from time to time.
//! It may be wrong: a class that is believed to hold tasks is found empty, one that is not known of is found by the next look.

use std::collections::{BTreeMap, HashSet};
use std::sync::atomic::{AtomicBool, Ordering};

use baton_domain::task::Priority;
use baton_domain::wire::limit::LimitScope;
use baton_domain::wire::task::TaskSummary;
use baton_storage::{QueueClass, TaskRecord};
use parking_lot::Mutex;
use tokio::sync::Notify;

use crate::fair_queue::{FairQueue, Key, Turn};

/// Tasks of one class that a round could need.
#[derive(Debug, Clone)]
pub(crate) struct Lane {
    pub(crate) skill: String,
    pub(crate) priority: Priority,
    pub(crate) turn: Turn,
    /// What [`Backlog::in_vain`] compares.
    pub(crate) again: u64,
}

impl Lane {
    /// The class as the store knows it.
    pub(crate) fn class(&self) -> QueueClass {
        QueueClass { skill: self.skill.clone(), fairness_key: self.turn.key.as_deref().map(str::to_owned), priority: self.priority }
    }
}

/// A turn that a new task has without waiting for it.
#[derive(Debug)]
pub(crate) struct TurnTaken {
    skill: String,
    key: Key,
    weight: f64,
    is_counted: bool,
}

#[derive(Debug, Default)]
struct Known {
    queues: BTreeMap<String, FairQueue>,
    /// Where the last look into the store ended, if it did not reach the end.
    look_on: Option<QueueClass>,
    limited: HashSet<(LimitScope, String)>,
    /// Skills, keys, or both together whose concurrency limit was found to leave no room.
    held: HashSet<(Option<String>, Option<String>)>,
    /// How often all classes that were looked at in vain were to be looked at again.
    again: u64,
}

/// The doorbell of the queues. A ring that is lost costs the time until the next look, or until all is looked at again if its class was
/// looked at in vain, and nothing else.
#[derive(Debug)]
pub(crate) struct Backlog {
    known: Mutex<Known>,
    /// Whether the store should be looked into.
    look: AtomicBool,
    /// Whether any class waits for room under a limit.
    holds: AtomicBool,
    /// Rung with every ring.
    pub(crate) rung: Notify,
    /// Rung when something is due that no clock says.
    pub(crate) due: Notify,
    /// Rung when something may be due that can wait a moment for more of its kind.
    pub(crate) due_soon: Notify,
}

impl Default for Backlog {
    fn default() -> Self {
        let (known, holds) = (Mutex::default(), AtomicBool::new(false));
        Self { known, look: AtomicBool::new(true), holds, rung: Notify::new(), due: Notify::new(), due_soon: Notify::new() }
    }
}

impl Backlog {
    /// Tasks of these classes may be ready; each with the weight of its newest task.
    pub(crate) fn ring(&self, classes: &[(QueueClass, f64)]) {
        let mut known = self.known.lock();
        for (class, weight) in classes {
            known.ring(class, Some(*weight));
        }
        drop(known);
        self.rung.notify_one();
    }

    /// Another server says that a task of this class may be ready; with which weight, it does not say.
    pub(crate) fn ring_one(&self, class: &QueueClass) {
        self.known.lock().ring(class, None);
        self.rung.notify_one();
    }

    /// This task may be ready.
    pub(crate) fn ring_for(&self, task: &TaskRecord) {
        let TaskSummary { skill, fairness_key, priority, .. } = &task.summary;
        let class = QueueClass { skill: skill.clone(), fairness_key: fairness_key.clone(), priority: *priority };
        self.known.lock().ring(&class, Some(task.fairness_weight));
        self.rung.notify_one();
    }

    /// Tasks of any class may be ready: the store is looked into.
    pub(crate) fn ring_all(&self) {
        self.look.store(true, Ordering::Release);
        self.rung.notify_one();
    }

    /// Whether the store should be looked into, and after which class; asking answers the ring.
    pub(crate) fn look_after(&self) -> Option<Option<QueueClass>> {
        self.look.swap(false, Ordering::AcqRel).then(|| self.known.lock().look_on.take())
    }

    /// Takes the next turn for a new task of this class, with this weight: if none of its skill is believed to wait, or if it is its key's turn, as
    /// [`FairQueue::take_turn`] says, and no other skill has tasks waiting that are as urgent.
    pub(crate) fn take_turn(&self, skill: &str, key: Option<&str>, priority: Priority, weight: f64) -> Option<TurnTaken> {
        if self.look.load(Ordering::Acquire) {
            return None;
        }
        let mut known = self.known.lock();
        if known.look_on.is_some() {
            return None;
        }
        let of_others = known.queues.iter().any(|(other, queue)| other != skill && queue.is_as_urgent(priority));
        let key = key.map(Into::into);
        let is_counted = match known.queues.get_mut(skill) {
            None => false,
            Some(queue) if of_others && !queue.is_empty() => return None,
            Some(queue) => queue.take_turn(&key, priority, weight)?,
        };
        Some(TurnTaken { skill: skill.to_owned(), key, weight, is_counted })
    }

    /// The task for which this turn was taken did not begin.
    pub(crate) fn give_back(&self, turn: &TurnTaken) {
        if turn.is_counted {
            self.known.lock().queue(&turn.skill).give_back(&turn.key, turn.weight);
        }
    }

    /// What a look found: the classes, whether there are more, and which limits there are.
    pub(crate) fn looked(&self, classes: Vec<QueueClass>, more: bool, limited: HashSet<(LimitScope, String)>) {
        let mut known = self.known.lock();
        for class in &classes {
            known.queue(&class.skill).ring(class.fairness_key.as_deref(), class.priority, None);
        }
        known.look_on = classes.into_iter().next_back().filter(|_| more);
        known.limited = limited;
        known.held.clear();
        self.holds.store(false, Ordering::Release);
    }

    /// The classes of these skills from which the next tasks could come: for each skill and priority enough for `tasks` of them, although so
    /// many are `refused`, which [`FairQueue::turns`] says more of. Without those that are looked at in vain, if it is a skill to skip them for.
    pub(crate) fn lanes(&self, skills: &[String], tasks: u32, refused: usize, skip: impl Fn(&str) -> bool) -> Vec<Lane> {
        let known = self.known.lock();
        let mut lanes = Vec::new();
        for skill in skills {
            let Some(queue) = known.queues.get(skill) else { continue };
            let held = |key: &Key| !known.held.is_empty() && known.holds(skill, key.as_deref());
            let skips = skip(skill);
            for priority in Priority::ALL {
                let turns =
                    if skips { queue.turns(priority, tasks, refused, held) } else { queue.turns_of_all(priority, tasks, refused, held) };
                lanes.extend(turns.into_iter().map(|turn| Lane { skill: skill.clone(), priority, turn, again: known.again }));
            }
        }
        lanes
    }

    /// A look at a class, begun when the lane was made, found nothing but tasks that no free agent can take. Says whether it is left alone now.
    pub(crate) fn in_vain(&self, lane: &Lane) -> bool {
        let mut known = self.known.lock();
        let again = known.again;
        let Some(queue) = known.queues.get_mut(&lane.skill) else { return false };
        // Rung for meanwhile, it may hold another one.
        if queue.rings(&lane.turn.key, lane.priority) != Some(lane.turn.rings) || again != lane.again {
            return false;
        }
        queue.set_aside(&lane.turn.key, lane.priority)
    }

    /// All classes of a skill are looked at again.
    pub(crate) fn look_again(&self, skill: &str) {
        let mut known = self.known.lock();
        known.again += 1;
        if let Some(queue) = known.queues.get_mut(skill) {
            queue.bring_all_back();
        }
    }

    /// All classes are looked at again.
    pub(crate) fn look_again_at_all(&self) {
        let mut known = self.known.lock();
        known.again += 1;
        known.queues.values_mut().for_each(FairQueue::bring_all_back);
    }

    /// A look at a class, begun when the lane was made, found no task.
    pub(crate) fn empty(&self, lane: &Lane) {
        self.known.lock().queue(&lane.skill).empty(&lane.turn.key, lane.priority, lane.turn.rings);
    }

    /// So many tasks of a key began, with this weight.
    pub(crate) fn served(&self, skill: &str, key: Option<&str>, tasks: u32, weight: f64) {
        self.known.lock().queue(skill).served(&key.map(Into::into), tasks, weight);
    }

    /// The store left a task out that it could have begun. If a limit can be why, its class is left alone until something under
    /// the limit ends or the store is looked into; otherwise the store is looked into now. Says whether a limit can be why.
    pub(crate) fn left_out(&self, skill: &str, key: Option<&str>) -> bool {
        let mut known = self.known.lock();
        if let Some(queue) = known.queues.get_mut(skill) {
            queue.had_turn(&key.map(Into::into));
        }
        let of_skill = known.limited.contains(&(LimitScope::Skill, skill.to_owned())).then(|| skill.to_owned());
        let of_key = key.filter(|key| known.limited.contains(&(LimitScope::FairnessKey, (*key).to_owned()))).map(str::to_owned);
        if of_skill.is_none() && of_key.is_none() {
            drop(known);
            self.look.store(true, Ordering::Release);
            return false;
        }
        known.held.insert((of_skill, of_key));
        self.holds.store(true, Ordering::Release);
        true
    }

    /// Whether a concurrency limit counts the attempts of tasks with these, as far as the last look found.
    pub(crate) fn is_limited(&self, skill: &str, key: Option<&str>) -> bool {
        let known = self.known.lock();
        let limits = |scope: LimitScope, name: &str| known.limited.contains(&(scope, name.to_owned()));
        limits(LimitScope::Skill, skill) || key.is_some_and(|key| limits(LimitScope::FairnessKey, key))
    }

    /// An attempt of a task with these has ended.
    pub(crate) fn freed(&self, skill: &str, key: Option<&str>) {
        if !self.holds.load(Ordering::Acquire) {
            return;
        }
        let mut known = self.known.lock();
        let held = known.held.len();
        known.held.retain(|(of_skill, of_key)| of_skill.as_deref() != Some(skill) && (of_key.is_none() || of_key.as_deref() != key));
        if known.held.len() < held {
            self.holds.store(!known.held.is_empty(), Ordering::Release);
            self.rung.notify_one();
        }
    }
}

impl Known {
    fn ring(&mut self, class: &QueueClass, weight: Option<f64>) {
        let queue = self.queue(&class.skill);
        queue.ring(class.fairness_key.as_deref(), class.priority, weight);
        queue.bring_back(class.fairness_key.as_deref(), class.priority);
    }

    fn queue(&mut self, skill: &str) -> &mut FairQueue {
        if !self.queues.contains_key(skill) {
            self.queues.insert(skill.to_owned(), FairQueue::default());
        }
        self.queues.entry(skill.to_owned()).or_default()
    }

    fn holds(&self, skill: &str, key: Option<&str>) -> bool {
        self.held.iter().any(|(of_skill, of_key)| {
            of_skill.as_deref().is_none_or(|held| held == skill) && of_key.as_deref().is_none_or(|held| Some(held) == key)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn class(key: Option<&str>) -> QueueClass {
        QueueClass { skill: "a".to_owned(), fairness_key: key.map(str::to_owned), priority: Priority::default() }
    }

    fn keys(backlog: &Backlog) -> Vec<Option<String>> {
        backlog.lanes(&["a".to_owned()], 9, 0, |_| true).iter().map(|lane| lane.class().fairness_key).collect()
    }

    #[test]
    fn a_class_found_empty_is_left_alone_until_it_is_rung_for() {
        let backlog = Backlog::default();
        assert_eq!(backlog.look_after(), Some(None), "at the start the store is looked into");
        assert_eq!(backlog.look_after(), None);
        assert!(keys(&backlog).is_empty());
        backlog.looked(vec![class(None)], false, HashSet::new());
        let lane = backlog.lanes(&["a".to_owned()], 9, 0, |_| true).remove(0);
        backlog.empty(&lane);
        assert!(keys(&backlog).is_empty());
        backlog.ring(&[(class(None), 1.0)]);
        assert_eq!(keys(&backlog), [None]);
    }

    #[test]
    fn a_class_looked_at_in_vain_is_left_alone_until_it_is_rung_for_or_all_are_looked_at() {
        let backlog = Backlog::default();
        let skills = ["a".to_owned()];
        backlog.ring(&[(class(None), 1.0), (class(Some("x")), 1.0)]);
        let lane = backlog.lanes(&skills, 9, 0, |_| true).remove(0);
        assert!(backlog.in_vain(&lane));
        assert!(!backlog.in_vain(&lane), "it is already");
        assert_eq!(keys(&backlog), [Some("x".to_owned())]);
        assert_eq!(backlog.lanes(&skills, 9, 0, |_| false).len(), 2, "an agent may take one now");
        backlog.ring_one(&class(None));
        assert_eq!(keys(&backlog).len(), 2);
        assert!(!backlog.in_vain(&lane), "it was rung for since");
        assert!(backlog.in_vain(&backlog.lanes(&skills, 9, 0, |_| true)[0]));
        backlog.look_again("b");
        assert_eq!(keys(&backlog).len(), 1);
        let lane = backlog.lanes(&skills, 9, 0, |_| true).remove(0);
        backlog.look_again("a");
        assert_eq!(keys(&backlog).len(), 2);
        assert!(!backlog.in_vain(&lane), "it is to be looked at again since");
    }

    #[test]
    fn a_turn_is_taken_where_nobody_is_owed_one_and_given_back_if_nothing_began() {
        let (backlog, all) = (Backlog::default(), Priority::default());
        assert!(backlog.take_turn("a", None, all, 1.0).is_none(), "what a look would find is not known");
        backlog.look_after();
        assert!(backlog.take_turn("a", None, all, 1.0).is_some(), "its queue is empty");
        backlog.ring(&[(class(None), 1.0), (class(Some("x")), 1.0)]);
        let take_turn = |key| backlog.take_turn("a", key, all, 0.5);
        assert!(take_turn(Some("x")).is_none() && take_turn(Some("y")).is_none(), "the two had no turn yet");
        backlog.served("a", None, 1, 1.0);
        backlog.served("a", Some("x"), 1, 1.0);
        let turn = take_turn(Some("y")).unwrap();
        assert!(take_turn(Some("y")).is_none(), "it has had more than the others by now");
        backlog.give_back(&turn);
        assert!(take_turn(Some("y")).is_some(), "it did not begin");
        backlog.ring(&[(QueueClass { skill: "b".to_owned(), ..class(None) }, 1.0)]);
        assert!(take_turn(Some("z")).is_none(), "another skill has tasks that are as urgent");
        assert!(backlog.take_turn("c", None, all, 1.0).is_some(), "its own queue is empty");
    }

    #[test]
    fn a_look_that_did_not_reach_the_end_goes_on() {
        let backlog = Backlog::default();
        backlog.look_after();
        backlog.looked(vec![class(None), class(Some("x"))], true, HashSet::new());
        backlog.ring_all();
        assert_eq!(backlog.look_after(), Some(Some(class(Some("x")))));
        backlog.looked(Vec::new(), false, HashSet::new());
        backlog.ring_all();
        assert_eq!(backlog.look_after(), Some(None));
    }

    #[test]
    fn a_limit_counts_the_tasks_of_its_skill_or_key() {
        let backlog = Backlog::default();
        assert!(!backlog.is_limited("a", Some("x")));
        backlog.looked(Vec::new(), false, HashSet::from([(LimitScope::Skill, "a".to_owned()), (LimitScope::FairnessKey, "x".to_owned())]));
        assert!(backlog.is_limited("a", None) && backlog.is_limited("b", Some("x")));
        assert!(!backlog.is_limited("b", Some("a")) && !backlog.is_limited("x", None));
        backlog.looked(Vec::new(), false, HashSet::new());
        assert!(!backlog.is_limited("a", Some("x")));
    }

    #[test]
    fn a_class_without_room_waits_for_an_end_under_its_limit_and_holds_up_no_other() {
        let backlog = Backlog::default();
        backlog.look_after();
        let limited = HashSet::from([(LimitScope::FairnessKey, "x".to_owned())]);
        backlog.looked(vec![class(None), class(Some("x"))], false, limited);
        backlog.left_out("a", Some("x"));
        assert_eq!(keys(&backlog), [None]);
        backlog.freed("a", Some("y"));
        backlog.freed("a", None);
        assert_eq!(keys(&backlog), [None]);
        backlog.freed("b", Some("x"));
        assert_eq!(keys(&backlog).len(), 2);
        assert_eq!(backlog.look_after(), None);
        backlog.left_out("a", None);
        assert_eq!(backlog.look_after(), Some(None), "whatever it was, it is looked at");
    }
}
