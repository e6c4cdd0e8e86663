//! Which tasks are out of reach of all agents that are free, so that a round looks for others behind them?
//!
//! A task may require labels that only busy agents have. It keeps its place; but if such tasks filled all that a round looks at of a class,
//! or the classes of all keys whose turn is next, the others behind them would wait as well, although there is an agent for them. So the
//! labels are remembered that were asked for in vain, and tasks that require just these are left out of what is read, for as long as no
//! agent that has them is free.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use baton_storage::ReadyTask;

/// The most different labels of tasks of a skill that are remembered. Tasks with others are read, whether there is an agent for them or not.
const MOST: usize = 32;

type Labels = Vec<String>;

/// Labels by skill, in an order that is the same each time.
#[derive(Debug, Default)]
pub(crate) struct Reach {
    /// Labels that were asked for in vain.
    known: BTreeMap<String, BTreeSet<Labels>>,
    /// Those of them that no free agent has now.
    out: BTreeMap<String, Arc<BTreeSet<Labels>>>,
    /// Those that one has.
    within: BTreeMap<String, BTreeSet<Labels>>,
}

impl Reach {
    /// Looks at what is out of reach now. `free` says whether an agent would take a task of a skill that requires labels.
    pub(crate) fn look(&mut self, free: impl Fn(&str, &[String]) -> bool) {
        self.out.clear();
        self.within.clear();
        for (skill, known) in &self.known {
            // If nobody could take any task of the skill, it is not for their labels; that it waits must be seen, or it never has its turn on a full host.
            if !free(skill, &[]) {
                self.within.insert(skill.clone(), BTreeSet::new());
                continue;
            }
            let (within, out): (BTreeSet<Labels>, BTreeSet<Labels>) = known.iter().cloned().partition(|labels| free(skill, labels));
            if !within.is_empty() {
                self.within.insert(skill.clone(), within);
            }
            if !out.is_empty() {
                self.out.insert(skill.clone(), Arc::new(out));
            }
        }
    }

    /// Learns everything anew: of some labels there may be no task any more.
    pub(crate) fn forget_all(&mut self) {
        self.known.clear();
    }

    /// Whether an agent would take by now what was out of reach at the last look.
    pub(crate) fn is_outdated(&self, free: impl Fn(&str, &[String]) -> bool) -> bool {
        self.out.iter().any(|(skill, out)| out.iter().any(|labels| free(skill, labels)))
    }

    /// The labels of tasks of a skill that are out of reach.
    pub(crate) fn without(&self, skill: &str) -> Arc<BTreeSet<Labels>> {
        self.out.get(skill).cloned().unwrap_or_default()
    }

    /// Whether nothing of a skill that was once out of reach is within it now: then what was looked at in vain still is in vain.
    pub(crate) fn is_as_known(&self, skill: &str) -> bool {
        !self.within.contains_key(skill)
    }

    /// These tasks, which nobody has refused, were read, as they are within reach. Labels within reach that none of them requires are forgotten; gives their skills, of
    /// which all classes are to be looked at again, since what was in vain need not be any more.
    pub(crate) fn saw<'a>(&mut self, tasks: impl Iterator<Item = &'a ReadyTask> + Clone) -> Vec<String> {
        let mut forgotten = Vec::new();
        for (skill, within) in &self.within {
            let is_seen = |labels: &Labels| tasks.clone().any(|task| task.skill == *skill && task.labels == *labels);
            for labels in within.iter().filter(|labels| !is_seen(labels)) {
                if let Some(known) = self.known.get_mut(skill) {
                    known.remove(labels);
                }
                forgotten.push(skill.clone());
            }
        }
        self.known.retain(|_, known| !known.is_empty());
        forgotten.dedup();
        forgotten
    }

    /// No agent took tasks of these skills with these labels. Says whether that is new of any, although an agent of the skill is free.
    pub(crate) fn learn(&mut self, left: BTreeSet<(String, Labels)>, free: impl Fn(&str, &[String]) -> bool) -> bool {
        let mut is_new = false;
        for (skill, labels) in left {
            if !free(&skill, &[]) || free(&skill, &labels) {
                continue;
            }
            let known = self.known.entry(skill).or_default();
            is_new |= known.len() < MOST && known.insert(labels);
        }
        self.known.retain(|_, known| !known.is_empty());
        is_new
    }
}

#[cfg(test)]
mod tests {
    use baton_domain::id::TaskId;
    use baton_domain::task::Priority;
    use uuid::Uuid;

    use super::*;

    const SKILL: &str = "a";

    fn labels(name: &str) -> Labels {
        vec![name.to_owned()]
    }

    fn left(names: &[&str]) -> BTreeSet<(String, Labels)> {
        names.iter().map(|name| (SKILL.to_owned(), labels(name))).collect()
    }

    fn task(name: &str) -> ReadyTask {
        let (id, skill, priority) = (TaskId::new(Uuid::nil()), SKILL.to_owned(), Priority::default());
        ReadyTask { id, skill, fairness_key: None, priority, labels: labels(name), rank: 0 }
    }

    /// An agent with these labels is free.
    fn with(names: &'static [&'static str]) -> impl Fn(&str, &[String]) -> bool + Copy {
        move |skill, labels| skill == SKILL && labels.iter().all(|label| names.contains(&label.as_str()))
    }

    #[test]
    fn labels_are_left_out_for_as_long_as_no_agent_that_has_them_is_free() {
        let mut reach = Reach::default();
        assert!(reach.learn(left(&["x", "y", "z"]), with(&["z"])));
        assert!(!reach.learn(left(&["x"]), with(&["z"])), "it is known");
        reach.look(with(&[]));
        assert_eq!(*reach.without(SKILL), BTreeSet::from([labels("x"), labels("y")]));
        assert!(reach.is_as_known(SKILL) && reach.without("b").is_empty());
        assert!(!reach.is_outdated(with(&["z"])) && reach.is_outdated(with(&["y"])));
        reach.look(with(&["y"]));
        assert_eq!(*reach.without(SKILL), BTreeSet::from([labels("x")]));
        assert!(!reach.is_as_known(SKILL));
        // Such tasks are there: they may be out of reach again at once.
        assert_eq!(reach.saw([task("y")].iter()), Vec::<String>::new());
        reach.look(with(&[]));
        assert_eq!(reach.without(SKILL).len(), 2);
        reach.look(with(&["y"]));
        assert_eq!(reach.saw([task("w")].iter()), [SKILL]);
        reach.look(with(&[]));
        assert_eq!(*reach.without(SKILL), BTreeSet::from([labels("x")]), "no task requires the other any more");
    }

    #[test]
    fn nothing_is_out_of_reach_while_no_agent_of_the_skill_is_free() {
        let mut reach = Reach::default();
        assert!(!reach.learn(left(&["x"]), |_, _| false));
        assert!(reach.learn(left(&["x"]), with(&[])));
        reach.look(|_, _| false);
        assert!(reach.without(SKILL).is_empty() && !reach.is_as_known(SKILL), "it is seen to wait");
        assert_eq!(reach.saw([].iter()), Vec::<String>::new());
        reach.look(with(&[]));
        assert_eq!(reach.without(SKILL).len(), 1, "it is known as before");
        reach.forget_all();
        reach.look(with(&[]));
        assert!(reach.without(SKILL).is_empty());
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let mut reach = Reach::default();
        let many: Vec<String> = (0..=MOST).map(|number| format!("{number:03}")).collect();
        assert!(reach.learn(left(&many.iter().map(String::as_str).collect::<Vec<_>>()), with(&[])));
        reach.look(with(&[]));
        assert_eq!(reach.without(SKILL).len(), MOST);
        assert!(!reach.learn(left(&["new"]), with(&[])));
    }
}
