//! Which tasks at the head of a class can no agent take that is free, so that a round looks at those behind them?
//!
//! A task may want labels that only agents have that are busy, or may have been refused by all but those. It keeps its place; but if such tasks
//! fill all that a round looks at of a class, the others behind them would wait as well, although there is an agent for them. So what was
//! looked at in vain is passed over: the next round begins behind it. It is looked at again as soon as an agent could take any of it, and
//! from time to time, since what is remembered may have changed on another server.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use baton_domain::id::TaskId;
use baton_storage::QueueClass;

use crate::task_manager::refusals::Refused;

/// The most classes of which tasks are passed over; of more, a round begins at the first.
const CLASSES: usize = 16_384;
/// The most different wants that are remembered, each of which is asked for before each round.
const WANTS: usize = 32;

/// What a task wants of an agent, and which agents are out of the question.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Want {
    pub(crate) skill: String,
    pub(crate) labels: Vec<String>,
    pub(crate) refused: Option<Refused>,
}

/// Different wants, in an order that is the same each time.
pub(crate) type Wants = BTreeSet<Arc<Want>>;

/// How far a class was looked at in vain.
#[derive(Debug)]
struct Head {
    /// The place of the last task.
    after: (i64, TaskId),
    /// Whether there was no task behind it.
    is_all: bool,
    /// What the tasks want.
    wants: Wants,
}

/// What is passed over.
#[derive(Debug, Default)]
pub(crate) struct PassedOver {
    heads: HashMap<QueueClass, Head>,
    /// What the tasks want, and perhaps more that some wanted before.
    wants: Wants,
}

impl PassedOver {
    /// Whether nothing is.
    pub(crate) fn is_empty(&self) -> bool {
        self.heads.is_empty()
    }

    /// Behind which place of a class the next look begins; none is its beginning.
    pub(crate) fn after(&self, class: &QueueClass) -> Option<(i64, TaskId)> {
        self.heads.get(class).map(|head| head.after)
    }

    /// Whether all tasks of a class are passed over.
    pub(crate) fn is_all(&self, class: &QueueClass) -> bool {
        self.heads.get(class).is_some_and(|head| head.is_all)
    }

    /// The tasks of a class up to this place, which want this, are passed over from now on. Says whether they are: there is a bound to what is
    /// remembered.
    pub(crate) fn pass(&mut self, class: QueueClass, after: (i64, TaskId), is_all: bool, wants: Wants) -> bool {
        let is_known = self.heads.contains_key(&class);
        if (!is_known && self.heads.len() >= CLASSES) || !self.has_room_for(&wants) {
            return false;
        }
        self.wants.extend(wants.iter().cloned());
        let head = self.heads.entry(class).or_insert_with(|| Head { after, is_all, wants: Wants::new() });
        head.wants.extend(wants);
        (head.after, head.is_all) = (after, is_all);
        true
    }

    fn has_room_for(&mut self, wants: &Wants) -> bool {
        if self.wants.union(wants).count() > WANTS {
            self.wants = self.heads.values().flat_map(|head| head.wants.iter().cloned()).collect();
        }
        self.wants.union(wants).count() <= WANTS
    }

    /// A look behind what is passed over of a class found nothing.
    pub(crate) fn nothing_behind(&mut self, class: &QueueClass) {
        if let Some(head) = self.heads.get_mut(class) {
            head.is_all = true;
        }
    }

    /// There may be another task at the end of a class.
    pub(crate) fn added(&mut self, class: &QueueClass) {
        if let Some(head) = self.heads.get_mut(class) {
            head.is_all = false;
        }
    }

    /// There may be another task anywhere in a class.
    pub(crate) fn forget(&mut self, class: &QueueClass) {
        self.heads.remove(class);
    }

    /// There may be others anywhere.
    pub(crate) fn forget_all(&mut self) {
        self.heads.clear();
        self.wants.clear();
    }

    /// What the tasks want that are passed over.
    pub(crate) fn wants(&self) -> Wants {
        if self.heads.is_empty() { Wants::new() } else { self.wants.clone() }
    }

    /// An agent could take a task that wants one of these.
    pub(crate) fn found(&mut self, wants: &Wants) {
        self.heads.retain(|_, head| head.wants.is_disjoint(wants));
        self.wants.retain(|want| !wants.contains(want));
    }
}

#[cfg(test)]
mod tests {
    use baton_domain::task::Priority;
    use uuid::Uuid;

    use super::*;

    fn class(key: u32) -> QueueClass {
        QueueClass { skill: "a".to_owned(), fairness_key: Some(key.to_string()), priority: Priority::default() }
    }

    fn wants(labels: impl IntoIterator<Item = usize>) -> Wants {
        let want = |label: usize| Arc::new(Want { skill: "a".to_owned(), labels: vec![label.to_string()], refused: None });
        labels.into_iter().map(want).collect()
    }

    fn place(rank: i64) -> (i64, TaskId) {
        (rank, TaskId::new(Uuid::nil()))
    }

    #[test]
    fn a_class_is_looked_at_from_its_beginning_again_once_an_agent_could_take_any_of_its_tasks() {
        let mut passed = PassedOver::default();
        assert!(passed.pass(class(1), place(5), false, wants([1])));
        assert!(passed.pass(class(1), place(9), false, wants([2])));
        assert!(passed.pass(class(2), place(7), true, wants([3])));
        assert_eq!((passed.after(&class(1)), passed.after(&class(2)), passed.after(&class(3))), (Some(place(9)), Some(place(7)), None));
        // The first part of a class counts as much as the last.
        passed.found(&wants([1]));
        assert_eq!((passed.after(&class(1)), passed.after(&class(2))), (None, Some(place(7))));
        passed.found(&wants([3]));
        assert!(passed.is_empty() && passed.wants().is_empty());
    }

    #[test]
    fn a_class_of_which_all_is_passed_over_is_looked_at_when_another_comes() {
        let mut passed = PassedOver::default();
        passed.pass(class(1), place(5), true, wants([1]));
        assert!(passed.is_all(&class(1)));
        passed.added(&class(1));
        assert_eq!((passed.is_all(&class(1)), passed.after(&class(1))), (false, Some(place(5))));
        passed.nothing_behind(&class(1));
        assert!(passed.is_all(&class(1)));
        passed.forget(&class(1));
        assert_eq!(passed.after(&class(1)), None);
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let mut passed = PassedOver::default();
        assert!(passed.pass(class(0), place(1), false, wants(0..WANTS)));
        assert!(passed.pass(class(1), place(1), false, wants([0])), "it is known");
        assert!(!passed.pass(class(2), place(1), false, wants([WANTS])));
        assert_eq!(passed.after(&class(2)), None);
        passed.forget(&class(0));
        assert!(passed.pass(class(2), place(1), false, wants([WANTS])), "nobody wants the others any more");
        passed.forget_all();
        let most = u32::try_from(CLASSES).unwrap();
        assert!((0..most).all(|key| passed.pass(class(key), place(1), false, wants([0]))));
        assert!(!passed.pass(class(most), place(1), false, wants([0])));
        assert!(passed.pass(class(0), place(2), false, wants([0])), "what is known moves on");
    }
}
