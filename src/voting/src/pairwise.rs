//! Who is preferred to whom? The matrix of pairwise preferences, and the rules that go by it.

use crate::ballot::Ballot;
use crate::heard::projected;
use crate::tally::Points;

/// How much prefers each option to each other one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Pairwise {
    options: usize,
    /// By row: the votes that prefer the row's option to the column's.
    votes: Vec<u64>,
    /// What all ballots weigh that say anything.
    all: i128,
    /// By row: what those weigh that may not speak of the row's option or of the column's; empty where all may speak of everything.
    deaf: Vec<u64>,
}

impl Pairwise {
    pub(crate) fn of(options: usize, ballots: &[Ballot]) -> Self {
        let mut votes = vec![0_u64; options * options];
        let (mut order, mut ends): (Vec<usize>, Vec<usize>) = (Vec::with_capacity(options), Vec::with_capacity(options));
        let mut named = vec![false; options];
        let (mut all, mut deaf) = (0, Vec::new());
        for ballot in ballots {
            ballot.write(options, &mut order, &mut ends);
            if order.is_empty() {
                continue;
            }
            all += i128::from(ballot.weight.0);
            if !ballot.silent.is_empty() {
                deaf.resize(options * options, 0);
                leave_out(options, ballot, &mut deaf);
            }
            if order.len() < options {
                // What was left out ties for the last place: it is worse than all that was named.
                named.fill(false);
                for option in order.iter().chain(&ballot.silent) {
                    if let Some(named) = named.get_mut(*option) {
                        *named = true;
                    }
                }
                order.extend(named.iter().enumerate().filter(|(_, named)| !**named).map(|(option, _)| option));
            }
            let mut begin = 0;
            for end in &ends {
                let (place, below) = (order.get(begin..*end).unwrap_or_default(), order.get(*end..).unwrap_or_default());
                for option in place {
                    if let Some(row) = votes.get_mut(option * options..(option + 1) * options) {
                        for other in below {
                            if let Some(cell) = row.get_mut(*other) {
                                *cell += ballot.weight.0;
                            }
                        }
                    }
                }
                begin = *end;
            }
        }
        Self { options, votes, all, deaf }
    }

    /// Votes about two options, as many of all as they are of those that may speak of both.
    fn projected(&self, one: usize, other: usize, votes: i128) -> i128 {
        let deaf = self.deaf.get(one * self.options + other).copied().unwrap_or(0);
        projected(votes, self.all - i128::from(deaf), self.all)
    }

    /// The votes that prefer one to the other, of those that may speak of both.
    pub(crate) fn votes(&self, one: usize, other: usize) -> u64 {
        self.votes.get(one * self.options + other).copied().unwrap_or(0)
    }

    /// By how many votes an option beats the one that comes nearest to it, if all could speak of both; below 0 if it is beaten.
    pub(crate) fn nearest(&self, one: usize) -> Option<i128> {
        let ahead = |other: usize| i128::from(self.votes(one, other)) - i128::from(self.votes(other, one));
        let ahead = |other: usize| self.projected(one, other, ahead(other));
        (0..self.options).filter(|other| *other != one).map(ahead).min()
    }

    pub(crate) fn options(&self) -> usize {
        self.options
    }
}

/// Adds a ballot to those that may not speak of its silent options.
fn leave_out(options: usize, ballot: &Ballot, deaf: &mut [u64]) {
    for one in &ballot.silent {
        for other in (0..options).filter(|other| other != one) {
            // Of two silent ones each comes as the first once.
            let cells = [Some((*one, other)), (!ballot.silent.contains(&other)).then_some((other, *one))];
            for (row, column) in cells.into_iter().flatten() {
                if let Some(cell) = deaf.get_mut(row * options + column) {
                    *cell += ballot.weight.0;
                }
            }
        }
    }
}

/// Victories less defeats.
pub(crate) fn copeland(pairs: &Pairwise) -> Vec<Points> {
    let options = pairs.options();
    (0..options)
        .map(|one| {
            let duel = |other: usize| match pairs.votes(one, other).cmp(&pairs.votes(other, one)) {
                std::cmp::Ordering::Greater => 1,
                std::cmp::Ordering::Equal => 0,
                std::cmp::Ordering::Less => -1,
            };
            Points::of((0..options).filter(|other| *other != one).map(duel).sum(), 1)
        })
        .collect()
}

/// By how many others each option is beaten, counted below zero: others that have a stronger chain of victories to it than it has back.
/// Chains by the algorithm of Floyd and Warshall, as Schulze gives it.
pub(crate) fn schulze(pairs: &Pairwise) -> Vec<Points> {
    let options = pairs.options();
    let mut strength = vec![0_i128; options * options];
    for one in 0..options {
        for other in 0..options {
            let (with, against) = (pairs.votes(one, other), pairs.votes(other, one));
            if one != other
                && with > against
                && let Some(cell) = strength.get_mut(one * options + other)
            {
                *cell = pairs.projected(one, other, i128::from(with));
            }
        }
    }
    for via in 0..options {
        let through: Vec<i128> = strength.get(via * options..(via + 1) * options).unwrap_or_default().to_vec();
        for one in (0..options).filter(|one| *one != via) {
            let Some(row) = strength.get_mut(one * options..(one + 1) * options) else { continue };
            let to_via = row.get(via).copied().unwrap_or(0);
            if to_via == 0 {
                continue;
            }
            for (other, (cell, from_via)) in row.iter_mut().zip(&through).enumerate() {
                if other != one {
                    *cell = (*cell).max(to_via.min(*from_via));
                }
            }
        }
    }
    let at = |one: usize, other: usize| strength.get(one * options + other).copied().unwrap_or(0);
    (0..options)
        .map(|one| {
            let beaten = (0..options).filter(|other| *other != one && at(*other, one) > at(one, *other)).count();
            // The relation is transitive: whom one beats is beaten by more than oneself.
            Points::of(-i128::try_from(beaten).unwrap_or(i128::MAX), 1)
        })
        .collect()
}
