//! Whose turn is it when the host is full? So that work that needs much does not wait for ever behind work that needs little.
//!
//! A skill that was refused for lack of room, and is still asked for, waits. Once it has waited long enough the others that take
//! something of the host are held back until it was served: what runs ends, and the room adds up.

use std::collections::HashMap;
use std::time::Duration;

use baton_domain::time::Timestamp;

/// How long a skill waits before the others are held back for it.
const PATIENCE: Duration = Duration::from_secs(30);
/// After how long without being asked for it no longer waits.
const FORGOTTEN: Duration = Duration::from_secs(5);
/// How often it is asked whether there is work of a skill that the host has no room for.
const ASKS_EVERY: Duration = Duration::from_secs(1);

#[derive(Debug)]
struct Waiting {
    skill: String,
    since: Timestamp,
    seen: Timestamp,
}

/// The skill that waits, and who was asked when.
#[derive(Debug, Default)]
pub(super) struct Turns {
    waiting: Option<Waiting>,
    asked: HashMap<String, Timestamp>,
}

impl Turns {
    /// The host had no room for a task of this skill.
    pub(super) fn refused(&mut self, skill: &str, now: Timestamp) {
        match &mut self.waiting {
            Some(waiting) if waiting.skill == skill => waiting.seen = now,
            // Who waits already goes first.
            Some(waiting) if now.since(waiting.seen) <= FORGOTTEN => {}
            _ => self.waiting = Some(Waiting { skill: skill.to_owned(), since: now, seen: now }),
        }
    }

    /// A task of this skill got its room.
    pub(super) fn served(&mut self, skill: &str) {
        if self.waiting.as_ref().is_some_and(|waiting| waiting.skill == skill) {
            self.waiting = None;
        }
    }

    /// Whether a skill that takes something of the host has to let another go first.
    pub(super) fn holds_back(&self, skill: &str, now: Timestamp) -> bool {
        self.waiting
            .as_ref()
            .is_some_and(|waiting| waiting.skill != skill && now.since(waiting.since) >= PATIENCE && now.since(waiting.seen) <= FORGOTTEN)
    }

    /// Whether it is time to ask whether there is work of this skill, for which there is no room now.
    pub(super) fn is_worth_asking(&mut self, skill: &str, now: Timestamp) -> bool {
        match self.asked.get_mut(skill) {
            Some(asked) if now.since(*asked) < ASKS_EVERY => false,
            Some(asked) => {
                *asked = now;
                true
            }
            None => {
                self.asked.insert(skill.to_owned(), now);
                true
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_millis(seconds * 1_000)
    }

    #[test]
    fn the_others_are_held_back_for_who_waited_long_until_it_is_served() {
        let mut turns = Turns::default();
        for second in 0..30 {
            assert!(!turns.holds_back("small", at(second)), "{second}");
            turns.refused("large", at(second));
            turns.refused("other", at(second));
        }
        assert!(turns.holds_back("small", at(30)) && !turns.holds_back("large", at(30)));
        turns.served("small");
        assert!(turns.holds_back("small", at(30)), "that was not its turn");
        turns.served("large");
        assert!(!turns.holds_back("small", at(30)));
    }

    #[test]
    fn who_is_no_longer_asked_for_holds_nobody_back() {
        let mut turns = Turns::default();
        turns.refused("large", at(0));
        turns.refused("large", at(31));
        assert!(turns.holds_back("small", at(36)));
        assert!(!turns.holds_back("small", at(37)));
        turns.refused("other", at(37));
        assert!(!turns.holds_back("small", at(38)), "the next begins to wait");
    }

    #[test]
    fn asking_is_rare() {
        let mut turns = Turns::default();
        let asked: Vec<bool> = (0..5).map(|half| turns.is_worth_asking("large", Timestamp::from_millis(half * 500))).collect();
        assert_eq!(asked, [true, false, true, false, true]);
    }
}
