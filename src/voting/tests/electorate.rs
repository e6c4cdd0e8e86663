//! Who votes, as the tests that count a second time see it: a level for each option, and no ballot.

use baton_voting::{Ballot, Opinion, Weight};
use proptest::prelude::*;

/// The most voters of [`electorates`].
pub const MOST_VOTERS: usize = 12;

/// A voter with an opinion of every option.
#[derive(Debug, Clone)]
pub struct Voter {
    /// In whole votes.
    pub weight: u32,
    /// By option; the least is the best, and equal ones tie.
    pub levels: Vec<usize>,
    /// Whether the ballot does not name the last place, which says the same.
    pub leaves_out: bool,
}

impl Voter {
    /// What the voter hands in.
    pub fn ballot(&self) -> Ballot {
        let mut levels = self.levels.clone();
        levels.sort_unstable();
        levels.dedup();
        let place = |level: &usize| (0..self.levels.len()).filter(|option| self.levels[*option] == *level).collect::<Vec<_>>();
        let mut places: Vec<Vec<usize>> = levels.iter().map(place).collect();
        if self.leaves_out && places.len() > 1 {
            places.pop();
        }
        Ballot::new(Weight::new(f64::from(self.weight)).unwrap(), Opinion::Ranking(places))
    }

    /// Whoever thinks the opposite: of the two of them every duel ties.
    pub fn mirrored(&self) -> Self {
        let most = self.levels.iter().max().copied().unwrap_or(0);
        Self { levels: self.levels.iter().map(|level| most - level).collect(), ..self.clone() }
    }
}

/// What the voters hand in.
pub fn ballots(voters: &[Voter]) -> Vec<Ballot> {
    voters.iter().map(Voter::ballot).collect()
}

/// The levels of so many options, each of its own or some the same.
pub fn levels(options: usize, strict: bool) -> BoxedStrategy<Vec<usize>> {
    if strict { Just((0..options).collect::<Vec<_>>()).prop_shuffle().boxed() } else { prop::collection::vec(0..options, options).boxed() }
}

/// An even number of voters over 2 to 5 options, half of them beside somebody who thinks the opposite, so that many duels tie.
pub fn electorates(strict: bool) -> impl Strategy<Value = (usize, Vec<Voter>)> {
    (2_usize..6).prop_flat_map(move |options| {
        let voter = (1_u32..3, levels(options, strict), any::<bool>());
        let voter = voter.prop_map(move |(weight, levels, leaves_out)| Voter { weight, levels, leaves_out: leaves_out && !strict });
        let voter = voter.boxed();
        let pairs = prop::collection::vec((voter.clone(), voter, any::<bool>()), 1..=MOST_VOTERS / 2);
        let pair = |(one, other, opposed): (Voter, Voter, bool)| {
            let second = if opposed { one.mirrored() } else { other };
            [one, second]
        };
        (Just(options), pairs.prop_map(move |pairs| pairs.into_iter().flat_map(pair).collect::<Vec<Voter>>()))
    })
}
