//! In which order, and under which labels, does each see the answers? Drawn from the seed, so that it is the same after a crash.

use std::collections::{BTreeSet, HashMap};

use baton_domain::id::AgentId;

use super::request::Order;
use super::state::{Choice, Proceedings};
use crate::roster::{VoterId, Who};

/// The most arguments that one voter is shown, and that a judge is shown for one answer.
pub(super) const MAXIMUM_ARGUMENTS: usize = 20;
/// The most that a judge is shown for one answer: their number says nothing of the votes.
pub(super) const ARGUMENTS_PER_CANDIDATE: usize = 3;

/// `A` to `Z`, then `AA`, `AB` and so on.
pub(super) fn label(mut place: usize) -> String {
    let mut letters = Vec::new();
    loop {
        letters.push(char::from(b'A' + u8::try_from(place % 26).unwrap_or(0)));
        match (place / 26).checked_sub(1) {
            Some(above) => place = above,
            None => break,
        }
    }
    letters.iter().rev().collect()
}

/// A seed of its own for each purpose: FNV-1a (Fowler, Noll and Vo) of its name, mixed with the decision's seed.
pub(super) fn seed_of(seed: u64, purpose: &str) -> u64 {
    let hash = purpose.bytes().fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    hash ^ seed.rotate_left(32)
}

/// Shuffles (Fisher and Yates) with numbers of `SplitMix64` (Steele, Lea and Flood, 2014).
pub(super) fn shuffle<T>(items: &mut [T], mut seed: u64) {
    let mut next = || {
        seed = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (seed ^ (seed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    };
    for place in (1..items.len()).rev() {
        let bound = place as u64 + 1;
        items.swap(place, usize::try_from(next() % bound).unwrap_or(0));
    }
}

/// Somebody who answers, once or several times.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Author {
    Agent(AgentId),
    Voter(VoterId),
}

/// The places of the answers that each author found alone.
#[derive(Debug)]
pub(super) struct OwnAnswers {
    of: HashMap<Author, Vec<usize>>,
}

impl OwnAnswers {
    /// The places of those of which a voter's ballot says nothing.
    pub(super) fn of(&self, proceedings: &Proceedings, voter: &VoterId) -> Vec<usize> {
        let Some(own) = self.of.get(&proceedings.author(voter)) else { return Vec::new() };
        if own.len() < proceedings.choices.len() {
            return own.clone();
        }
        let alone = |choice: &Choice| choice.authors.len() == 1 && choice.authors.contains(voter);
        own.iter().copied().filter(|place| proceedings.choices.get(*place).is_some_and(alone)).collect()
    }
}

impl Proceedings {
    /// What stands on a voter's ballot, label by label: all answers but those that are its alone. Samples of one agent are one author, for it would
    /// vote for itself else; but where that leaves nothing, as with the samples of one agent alone, each leaves out only its own.
    pub(super) fn ballot_entries(&self, round: u8, voter: &VoterId) -> Vec<(String, &Choice)> {
        let left_out: BTreeSet<usize> = self.own_answers().of(self, voter).into_iter().collect();
        let mut shown: Vec<&Choice> =
            self.choices.iter().enumerate().filter(|(place, _)| !left_out.contains(place)).map(|(_, choice)| choice).collect();
        // Where options stand in the request makes no difference.
        shown.sort_by(|one, other| one.form.cmp(&other.form));
        shuffle(&mut shown, seed_of(self.opening.seed, &format!("ballot/{round}/{voter}")));
        shown.into_iter().enumerate().map(|(place, choice)| (label(place), choice)).collect()
    }

    /// Who answered what alone. Looked up once for all ballots: there may be a thousand of them, and two hundred answers.
    pub(super) fn own_answers(&self) -> OwnAnswers {
        let mut of: HashMap<Author, Vec<usize>> = HashMap::new();
        for (place, choice) in self.choices.iter().enumerate() {
            let mut authors = choice.authors.iter().map(|voter| self.author(voter));
            if let Some(first) = authors.next()
                && authors.all(|author| author == first)
            {
                of.entry(first).or_default().push(place);
            }
        }
        OwnAnswers { of }
    }

    /// Samples of one agent are one author.
    fn author(&self, voter: &VoterId) -> Author {
        match self.roster().voters.get(voter).map(|voter| &voter.who) {
            Some(Who::Agent { agent_id, .. }) => Author::Agent(*agent_id),
            _ => Author::Voter(voter.clone()),
        }
    }

    /// The keys of at most so many choices: place after place, and of those that share one by lot.
    pub(super) fn first_of(&self, order: &[Vec<usize>], most: usize, purpose: &str) -> Vec<String> {
        let mut keys = Vec::new();
        for place in order {
            let mut sharing: Vec<&Choice> = place.iter().filter_map(|choice| self.choices.get(*choice)).collect();
            sharing.sort_by(|one, other| one.form.cmp(&other.form));
            shuffle(&mut sharing, seed_of(self.opening.seed, purpose));
            keys.extend(sharing.into_iter().map(|choice| choice.key.clone()).take(most.saturating_sub(keys.len())));
        }
        keys
    }

    /// What is before the judge, label by label.
    pub(super) fn judge_entries(&self, order: Order) -> Vec<(String, &Choice)> {
        let mut shown: Vec<&Choice> = self.candidates.iter().filter_map(|key| self.choice(key)).collect();
        shown.sort_by(|one, other| one.form.cmp(&other.form));
        shuffle(&mut shown, seed_of(self.opening.seed, "judge"));
        if order == Order::Backward {
            shown.reverse();
        }
        shown.into_iter().enumerate().map(|(place, choice)| (label(place), choice)).collect()
    }

    /// Arguments of others, without names, in an order that is drawn.
    pub(super) fn arguments_for(&self, round: u8, voter: &VoterId) -> Vec<String> {
        let mut said: Vec<String> =
            self.arguments.iter().filter(|(other, _)| *other != voter).map(|(_, argument)| argument.clone()).collect();
        said.sort_unstable();
        said.dedup();
        shuffle(&mut said, seed_of(self.opening.seed, &format!("arguments/{round}/{voter}")));
        said.truncate(MAXIMUM_ARGUMENTS);
        said
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_go_on_after_z() {
        assert_eq!([0, 25, 26, 51, 52, 701, 702].map(label), ["A", "Z", "AA", "AZ", "BA", "ZZ", "AAA"]);
    }

    #[test]
    fn every_order_comes_about_as_often() {
        let mut counts = std::collections::BTreeMap::new();
        for seed in 0..6_000 {
            let mut items = [0, 1, 2];
            shuffle(&mut items, seed_of(seed, "ballot/1/agent:x"));
            *counts.entry(items).or_insert(0) += 1;
        }
        assert!(counts.len() == 6 && counts.values().all(|count| (850..1_150).contains(count)), "{counts:?}");
    }
}
