//! Which skills may have tasks that are ready? So that a round of the dispatcher reads only queues that can hold something.

use std::collections::HashMap;

use parking_lot::Mutex;
use tokio::sync::Notify;

/// What was last seen of the queue of a skill.
#[derive(Debug, Default)]
struct Seen {
    /// Grows whenever a task of the skill may have become ready.
    rings: u64,
    /// Nothing was ready when `rings` stood where it stands.
    empty: bool,
}

/// The doorbell of the queues. A ring that is lost costs the time until the dispatcher looks everywhere, and nothing else.
#[derive(Debug, Default)]
pub(crate) struct Backlog {
    seen: Mutex<HashMap<String, Seen>>,
    /// Rung with every ring.
    pub(crate) rung: Notify,
}

impl Backlog {
    /// Tasks of this skill may be ready.
    pub(crate) fn ring(&self, skill: &str) {
        let mut seen = self.seen.lock();
        match seen.get_mut(skill) {
            Some(seen) => wake(seen),
            None => wake(seen.entry(skill.to_owned()).or_default()),
        }
        drop(seen);
        self.rung.notify_one();
    }

    /// Tasks of any skill may be ready.
    pub(crate) fn ring_all(&self) {
        self.seen.lock().values_mut().for_each(wake);
        self.rung.notify_one();
    }

    /// Those of the skills whose queues may hold something, each with what to give to [`empty`](Self::empty).
    pub(crate) fn worth_a_look(&self, skills: Vec<String>) -> Vec<(String, u64)> {
        let seen = self.seen.lock();
        let rings = |skill: &String| match seen.get(skill) {
            Some(seen) if seen.empty => None,
            seen => Some(seen.map_or(0, |seen| seen.rings)),
        };
        skills.into_iter().filter_map(|skill| rings(&skill).map(|rings| (skill, rings))).collect()
    }

    /// Whether the last look at the queue of a skill found nothing, and nobody rang since.
    pub(crate) fn is_empty(&self, skill: &str) -> bool {
        self.seen.lock().get(skill).is_some_and(|seen| seen.empty)
    }

    /// A look at the queue of a skill, begun at `rings`, found nothing. Does nothing if it was rung for meanwhile.
    pub(crate) fn empty(&self, skill: String, rings: u64) {
        let mut seen = self.seen.lock();
        let seen = seen.entry(skill).or_default();
        seen.empty |= seen.rings == rings;
    }
}

fn wake(seen: &mut Seen) {
    seen.rings += 1;
    seen.empty = false;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_queue_found_empty_is_left_alone_until_it_is_rung_for() {
        let backlog = Backlog::default();
        let look = || backlog.worth_a_look(vec!["a".to_owned(), "b".to_owned()]);
        assert_eq!(look(), [("a".to_owned(), 0), ("b".to_owned(), 0)]);
        backlog.empty("a".to_owned(), 0);
        assert_eq!(look(), [("b".to_owned(), 0)]);
        backlog.ring("a");
        assert_eq!(look(), [("a".to_owned(), 1), ("b".to_owned(), 0)]);
    }

    #[test]
    fn a_ring_during_the_look_is_not_lost() {
        let backlog = Backlog::default();
        let before = backlog.worth_a_look(vec!["a".to_owned()]);
        backlog.ring("a");
        for (skill, rings) in before {
            backlog.empty(skill, rings);
        }
        assert_eq!(backlog.worth_a_look(vec!["a".to_owned()]), [("a".to_owned(), 1)]);
        backlog.empty("a".to_owned(), 1);
        backlog.ring_all();
        assert_eq!(backlog.worth_a_look(vec!["a".to_owned()]).len(), 1);
    }
}
