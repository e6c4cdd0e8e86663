//! What does a rule make of the ballots?

use std::cmp::Reverse;

use crate::ballot::{Ballot, PARTS};
use crate::count::{approvals, borda, first_places, scores};
use crate::grades::median;
use crate::pairwise::{Pairwise, copeland, schulze};
use crate::rule::Rule;
use crate::runoff::instant_runoff;
use crate::scale::Scale;

/// What an option has by a rule. Only points of the same rule can be compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Points {
    pub(crate) value: i128,
    /// Settles equal values, where the rule has a second measure.
    pub(crate) second: i128,
    /// What one is in `value`.
    pub(crate) unit: i64,
}

impl Points {
    /// As people read it: votes, points, victories less defeats, a median.
    #[must_use]
    pub fn get(self) -> f64 {
        self.value as f64 / self.unit as f64
    }

    pub(crate) const fn of(value: i128, unit: i64) -> Self {
        Self { value, second: 0, unit }
    }
}

/// A round of an instant runoff.
#[derive(Debug, Clone, PartialEq)]
pub struct Round {
    /// The votes of each option that was still there.
    pub votes: Vec<(usize, f64)>,
    /// Which left.
    pub leaving: Vec<usize>,
}

/// What a rule makes of some ballots.
#[derive(Debug, Clone, PartialEq)]
pub struct Tally {
    /// The rule.
    pub rule: Rule,
    /// What each option has.
    pub points: Vec<Points>,
    /// The options from the first to the last, those that tie together.
    pub order: Vec<Vec<usize>>,
    /// The rounds of an instant runoff; empty for other rules.
    pub rounds: Vec<Round>,
    /// How many votes more prefer the first option to the other that comes nearest to it than the other way round; below 0 if more are against it. Where
    /// some may not speak of one of the two, as many of all as of those that may.
    /// Only for rules that compare each with each, and a first option that does not tie.
    pub nearest: Option<f64>,
    /// How many ballots said something.
    pub counted: usize,
    /// How many abstained.
    pub abstained: usize,
    /// What the counted ballots weigh together, in voters.
    pub weight: f64,
}

impl Tally {
    /// The options that the rule puts first: one, several that tie, or none if no ballot said anything.
    #[must_use]
    pub fn first(&self) -> &[usize] {
        if self.counted == 0 { &[] } else { self.order.first().map_or(&[], Vec::as_slice) }
    }

    /// How far the first is ahead of the next, as people read it; 0 for a tie, none with a single option. In the rule's points, and where those are
    /// equal in what settles them: the votes of an instant runoff's last round, the gauges of equal medians.
    #[must_use]
    pub fn margin(&self) -> Option<f64> {
        if self.first().len() > 1 {
            return Some(0.0);
        }
        let first = self.points.get(*self.first().first()?)?;
        let next = self.points.get(*self.order.get(1)?.first()?)?;
        Some(if first.value == next.value { (first.second - next.second) as f64 / PARTS } else { first.get() - next.get() })
    }
}

/// Counts ballots over so many options by a rule. Ballots that [`Ballot::check`] refuses must have been left out before; what they name
/// beyond the options is not counted.
#[must_use]
pub fn tally(rule: Rule, options: usize, ballots: &[Ballot]) -> Tally {
    tally_within(rule, None, options, ballots)
}

/// The same where scores have a scale; only score and median read it.
#[must_use]
pub fn tally_within(rule: Rule, scale: Option<Scale>, options: usize, ballots: &[Ballot]) -> Tally {
    let mut rounds = Vec::new();
    let each_with_each = matches!(rule, Rule::Copeland | Rule::Schulze);
    let pairs = if each_with_each { Pairwise::of(options, ballots) } else { Pairwise::default() };
    let points = match rule {
        Rule::Plurality => first_places(options, ballots),
        Rule::Approval => approvals(options, ballots),
        Rule::Borda => borda(options, ballots),
        Rule::InstantRunoff => instant_runoff(options, ballots, &mut rounds),
        Rule::Copeland => copeland(&pairs),
        Rule::Schulze => schulze(&pairs),
        Rule::Score => scores(options, ballots, scale),
        Rule::Median => median(options, ballots, scale),
    };
    let said = ballots.iter().filter(|ballot| ballot.speaks());
    let (counted, weight) = said.fold((0, 0), |(count, weight), ballot| (count + 1, weight + u128::from(ballot.weight.0)));
    let order = ordered(&points);
    let nearest = order.first().filter(|first| first.len() == 1).and_then(|first| pairs.nearest(*first.first()?));
    let nearest = nearest.map(|votes| votes as f64 / PARTS);
    Tally { rule, order, points, rounds, nearest, counted, abstained: ballots.len() - counted, weight: weight as f64 / PARTS }
}

/// Options by their points, the most first.
fn ordered(points: &[Points]) -> Vec<Vec<usize>> {
    let mut options: Vec<usize> = (0..points.len()).collect();
    options.sort_by_key(|option| (Reverse(points.get(*option).copied()), *option));
    let mut order: Vec<Vec<usize>> = Vec::new();
    for option in options {
        match order.last_mut() {
            Some(place) if place.first().and_then(|first| points.get(*first)) == points.get(option) => place.push(option),
            _ => order.push(vec![option]),
        }
    }
    order
}
