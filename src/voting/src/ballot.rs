//! What does a voter say, and can it be counted?

use std::fmt;

use crate::scale::Scale;

/// The most options that a question may be asked with, and that rules compare each with each: Schulze's takes the cube of their number.
pub const MAXIMUM_OPTIONS: usize = 200;
/// The most options that can be counted at all: as many as there are voters who each give an answer of their own.
pub const MAXIMUM_ANSWERS: usize = 1_000;
/// The largest weight: a million voters.
const MAXIMUM_WEIGHT: u64 = 1_000_000_000_000;
/// The largest score, and the least below zero.
pub(crate) const MAXIMUM_SCORE: f64 = 1_000_000.0;
/// How many parts a weight and a score are counted in.
pub(crate) const PARTS: f64 = 1_000_000.0;

/// How much a voter counts, in millionths: exact sums are the same in every order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Weight(pub(crate) u64);

impl Weight {
    /// One voter, one vote.
    pub const ONE: Self = Self(1_000_000);

    /// A weight above zero, to the next millionth.
    ///
    /// # Errors
    /// [`BallotError::Weight`] for what is no number, not above zero, or above a million.
    pub fn new(weight: f64) -> Result<Self, BallotError> {
        let parts = (weight * PARTS).round();
        if parts.is_finite() && parts >= 1.0 && parts <= MAXIMUM_WEIGHT as f64 { Ok(Self(parts as u64)) } else { Err(BallotError::Weight) }
    }

    /// This weight times a share of 0 to 1, as a confidence; never nothing.
    ///
    /// # Errors
    /// [`BallotError::Weight`] for a share outside 0 to 1.
    pub fn times(self, share: f64) -> Result<Self, BallotError> {
        if !(0.0..=1.0).contains(&share) {
            return Err(BallotError::Weight);
        }
        let parts = u128::from(self.0) * (share * PARTS).round() as u128 / 1_000_000;
        Ok(Self(u64::try_from(parts).unwrap_or(u64::MAX).max(1)))
    }

    /// A weight in millionths of a voter, from 1 to a million voters.
    ///
    /// # Errors
    /// [`BallotError::Weight`] for anything else.
    pub const fn from_millionths(parts: u64) -> Result<Self, BallotError> {
        if parts >= 1 && parts <= MAXIMUM_WEIGHT { Ok(Self(parts)) } else { Err(BallotError::Weight) }
    }

    /// In millionths of a voter.
    #[must_use]
    pub const fn millionths(self) -> u64 {
        self.0
    }

    /// As a number of voters.
    #[must_use]
    pub fn get(self) -> f64 {
        self.0 as f64 / PARTS
    }
}

/// What one voter thinks of the options, which are numbered from 0.
#[derive(Debug, Clone, PartialEq)]
pub enum Opinion {
    /// One option.
    Choice(usize),
    /// The options that are good enough.
    Approvals(Vec<usize>),
    /// The options from the best to the worst, those that are as good as one another together. What is left out ties for the last place.
    Ranking(Vec<Vec<usize>>),
    /// A score for each option, or none for one without an opinion.
    Scores(Vec<Option<f64>>),
    /// No opinion. It counts for the quorum and for nothing else.
    Abstention,
}

/// A ballot.
#[derive(Debug, Clone, PartialEq)]
pub struct Ballot {
    /// How much it counts.
    pub weight: Weight,
    /// What it says.
    pub opinion: Opinion,
    /// Of which options it must say nothing, as of its voter's own. It counts in no comparison with them, neither for them nor for the others.
    pub silent: Vec<usize>,
}

/// Why a ballot cannot be counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BallotError {
    /// It names an option that there is not.
    Option(usize),
    /// It names an option twice.
    Twice(usize),
    /// It names an option that it must say nothing of.
    Silent(usize),
    /// It has scores for more or fewer options than there are.
    Scores,
    /// A score is no number, or beyond a million.
    Score(usize),
    /// A score lies outside the question's scale.
    OutsideScale(usize),
    /// A scale that does not go from one number up to another.
    Scale,
    /// There are more than [`MAXIMUM_ANSWERS`].
    TooManyOptions,
    /// Its weight is no number above zero, or beyond a million.
    Weight,
}

impl fmt::Display for BallotError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Option(option) => write!(f, "there is no option {option}"),
            Self::Twice(option) => write!(f, "option {option} is named twice"),
            Self::Silent(option) => write!(f, "nothing may be said of option {option} on this ballot"),
            Self::Scores => f.write_str("give each option a score, or null"),
            Self::Score(option) => write!(f, "the score of option {option} is no number from -1,000,000 to 1,000,000"),
            Self::OutsideScale(option) => write!(f, "the score of option {option} lies outside the question's scale"),
            Self::Scale => f.write_str("a scale goes from one number up to a greater one, from -1,000,000 to 1,000,000"),
            Self::TooManyOptions => write!(f, "at most {MAXIMUM_ANSWERS} answers can be counted"),
            Self::Weight => f.write_str("a weight is a number above 0 and at most 1,000,000; a confidence one from 0 to 1"),
        }
    }
}

impl std::error::Error for BallotError {}

impl Ballot {
    /// A ballot of one vote.
    #[must_use]
    pub const fn of(opinion: Opinion) -> Self {
        Self::new(Weight::ONE, opinion)
    }

    /// A ballot that may speak of all options.
    #[must_use]
    pub const fn new(weight: Weight, opinion: Opinion) -> Self {
        Self { weight, opinion, silent: Vec::new() }
    }

    /// The same where nothing may be said of some options.
    #[must_use]
    pub fn without(self, silent: Vec<usize>) -> Self {
        Self { silent, ..self }
    }

    /// Whether it can be counted where there are so many options.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn check(&self, options: usize) -> Result<(), BallotError> {
        if options > MAXIMUM_ANSWERS {
            return Err(BallotError::TooManyOptions);
        }
        let mut seen = vec![false; options];
        let mut name = |option: usize| match seen.get_mut(option) {
            None => Err(BallotError::Option(option)),
            Some(true) => Err(BallotError::Twice(option)),
            Some(seen) => {
                *seen = true;
                Ok(())
            }
        };
        self.silent.iter().try_for_each(|option| name(*option))?;
        let silent = &self.silent;
        let mut name = |option: usize| if silent.contains(&option) { Err(BallotError::Silent(option)) } else { name(option) };
        match &self.opinion {
            Opinion::Choice(option) => name(*option),
            Opinion::Approvals(options) => options.iter().try_for_each(|option| name(*option)),
            Opinion::Ranking(places) => places.iter().flatten().try_for_each(|option| name(*option)),
            Opinion::Scores(scores) => {
                if scores.len() != options {
                    return Err(BallotError::Scores);
                }
                if let Some(option) = silent.iter().find(|option| scores.get(**option).copied().flatten().is_some()) {
                    return Err(BallotError::Silent(*option));
                }
                let wrong = scores.iter().position(|score| score.is_some_and(|score| !score.is_finite() || score.abs() > MAXIMUM_SCORE));
                wrong.map_or(Ok(()), |option| Err(BallotError::Score(option)))
            }
            Opinion::Abstention => Ok(()),
        }
    }

    /// The same where scores have a scale.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn check_within(&self, options: usize, scale: Option<Scale>) -> Result<(), BallotError> {
        self.check(options)?;
        let (Some(scale), Opinion::Scores(scores)) = (scale, &self.opinion) else { return Ok(()) };
        let outside = scores.iter().position(|score| score.is_some_and(|score| !scale.contains(score)));
        outside.map_or(Ok(()), |option| Err(BallotError::OutsideScale(option)))
    }

    /// Whether it says anything.
    pub(crate) fn speaks(&self) -> bool {
        match &self.opinion {
            Opinion::Choice(_) => true,
            Opinion::Approvals(options) => !options.is_empty(),
            Opinion::Ranking(places) => places.iter().any(|place| !place.is_empty()),
            Opinion::Scores(scores) => scores.iter().any(Option::is_some),
            Opinion::Abstention => false,
        }
    }

    /// Whether there is no other option that it must be silent about, as its voter's own. An abstention stands by nothing else.
    #[must_use]
    pub fn stands_by(&self, option: usize) -> bool {
        !self.speaks() || self.silent.iter().all(|own| *own == option)
    }

    /// Whether it could compare: one that may speak of a single option puts that first whatever its voter thinks.
    pub(crate) fn compares(&self, options: usize) -> bool {
        self.silent.is_empty() || options.saturating_sub(self.silent.len()) > 1
    }

    /// Whether it says something of an option by itself, without comparing.
    pub(crate) const fn rates(&self) -> bool {
        matches!(self.opinion, Opinion::Approvals(_) | Opinion::Scores(_))
    }

    /// What it puts first, one option or several that tie; empty if it says nothing.
    #[must_use]
    pub fn top(&self) -> Vec<usize> {
        self.first(&mut Vec::new()).to_vec()
    }

    /// What it puts first, one option or several that tie; empty if it says nothing. `first` is room to use again.
    pub(crate) fn first<'a>(&'a self, first: &'a mut Vec<usize>) -> &'a [usize] {
        match &self.opinion {
            Opinion::Choice(option) => std::slice::from_ref(option),
            Opinion::Approvals(options) => options,
            Opinion::Ranking(places) => places.iter().find(|place| !place.is_empty()).map_or(&[], Vec::as_slice),
            Opinion::Scores(scores) => {
                first.clear();
                let best = scores.iter().flatten().map(|score| parts(*score)).max();
                first.extend(
                    scores.iter().enumerate().filter(|(_, score)| score.map(parts) == best && score.is_some()).map(|(option, _)| option),
                );
                first
            }
            Opinion::Abstention => &[],
        }
    }

    /// Puts its options into `order`, the best first, and into `ends` where each place ends: those between two ends are as good as one another.
    /// What it does not speak of, or what there is not, is left out. The room is used again from ballot to ballot: there may be many.
    pub(crate) fn write(&self, options: usize, order: &mut Vec<usize>, ends: &mut Vec<usize>) {
        order.clear();
        ends.clear();
        let mut place = |names: &[usize]| {
            let before = order.len();
            order.extend(names.iter().copied().filter(|option| *option < options));
            if order.len() > before {
                ends.push(order.len());
            }
        };
        match &self.opinion {
            Opinion::Choice(option) => place(std::slice::from_ref(option)),
            Opinion::Approvals(options) => place(options),
            Opinion::Ranking(places) => places.iter().for_each(|names| place(names)),
            Opinion::Scores(scores) => {
                let mut scored: Vec<(std::cmp::Reverse<i64>, usize)> = scores
                    .iter()
                    .take(options)
                    .enumerate()
                    .filter_map(|(option, score)| Some((std::cmp::Reverse(parts((*score)?)), option)))
                    .collect();
                scored.sort_unstable();
                ends.extend(
                    scored
                        .windows(2)
                        .enumerate()
                        .filter(|(_, pair)| pair.first().map(|one| one.0) != pair.last().map(|one| one.0))
                        .map(|(at, _)| at + 1),
                );
                order.extend(scored.into_iter().map(|(_, option)| option));
                if !order.is_empty() {
                    ends.push(order.len());
                }
            }
            Opinion::Abstention => {}
        }
    }
}

/// A score as it is counted.
pub(crate) fn parts(score: f64) -> i64 {
    (score * PARTS).round() as i64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_counted_is_told() {
        let check = |opinion| Ballot::of(opinion).check(3);
        assert_eq!(check(Opinion::Choice(3)), Err(BallotError::Option(3)));
        assert_eq!(check(Opinion::Approvals(vec![0, 1, 0])), Err(BallotError::Twice(0)));
        assert_eq!(check(Opinion::Ranking(vec![vec![0], vec![2, 0]])), Err(BallotError::Twice(0)));
        assert_eq!(check(Opinion::Scores(vec![None])), Err(BallotError::Scores));
        assert_eq!(check(Opinion::Scores(vec![None, Some(f64::NAN), None])), Err(BallotError::Score(1)));
        assert_eq!(check(Opinion::Scores(vec![None, None, Some(2e6)])), Err(BallotError::Score(2)));
        assert_eq!(check(Opinion::Ranking(vec![vec![2], vec![0, 1]])), Ok(()));
        assert_eq!(check(Opinion::Abstention), Ok(()));
        let of_others = |opinion, silent: &[usize]| Ballot::of(opinion).without(silent.to_vec()).check(3);
        assert_eq!(of_others(Opinion::Choice(1), &[1]), Err(BallotError::Silent(1)));
        assert_eq!(of_others(Opinion::Ranking(vec![vec![0], vec![2, 1]]), &[1]), Err(BallotError::Silent(1)));
        assert_eq!(of_others(Opinion::Scores(vec![None, Some(1.0), None]), &[0, 1]), Err(BallotError::Silent(1)));
        assert_eq!(of_others(Opinion::Scores(vec![Some(1.0), None, None]), &[1]), Ok(()));
        assert_eq!(
            (of_others(Opinion::Abstention, &[3]), of_others(Opinion::Abstention, &[1, 1])),
            (Err(BallotError::Option(3)), Err(BallotError::Twice(1)))
        );
        let within = |score| Ballot::of(Opinion::Scores(vec![None, Some(score)])).check_within(2, Scale::new(0.0, 5.0).ok());
        assert_eq!((within(5.0), within(5.5)), (Ok(()), Err(BallotError::OutsideScale(1))));
        assert_eq!(Ballot::of(Opinion::Abstention).check(MAXIMUM_ANSWERS), Ok(()));
        assert_eq!(Ballot::of(Opinion::Abstention).check(MAXIMUM_ANSWERS + 1), Err(BallotError::TooManyOptions));
    }

    #[test]
    fn weights_are_numbers_above_zero() {
        for wrong in [0.0, -1.0, f64::NAN, f64::INFINITY, 1e-9, 2e6] {
            assert_eq!(Weight::new(wrong), Err(BallotError::Weight), "{wrong}");
        }
        assert_eq!(Weight::new(1.0), Ok(Weight::ONE));
        assert_eq!(Weight::new(0.25).map(Weight::get), Ok(0.25));
        assert_eq!(Weight::from_millionths(250_000), Weight::new(0.25));
        assert_eq!(
            (Weight::from_millionths(0), Weight::from_millionths(MAXIMUM_WEIGHT + 1)),
            (Err(BallotError::Weight), Err(BallotError::Weight))
        );
        assert_eq!(Weight::ONE.times(0.5).map(Weight::get), Ok(0.5));
        assert_eq!(Weight::ONE.times(0.0), Ok(Weight(1)), "somebody who is not sure at all has still voted");
        assert_eq!((Weight::ONE.times(1.5), Weight::ONE.times(f64::NAN)), (Err(BallotError::Weight), Err(BallotError::Weight)));
    }

    #[test]
    fn scores_rank() {
        let written = |opinion: Opinion| {
            let (mut order, mut ends) = (vec![9], vec![9]);
            Ballot::of(opinion).write(4, &mut order, &mut ends);
            (order, ends)
        };
        assert_eq!(written(Opinion::Scores(vec![Some(1.0), None, Some(3.0), Some(1.0)])), (vec![2, 0, 3], vec![1, 3]));
        assert_eq!(written(Opinion::Ranking(vec![vec![3, 0], vec![], vec![7], vec![1]])), (vec![3, 0, 1], vec![2, 3]));
        assert_eq!(written(Opinion::Approvals(vec![])), (vec![], vec![]));
        let scores = Ballot::of(Opinion::Scores(vec![None, Some(2.0), Some(2.0), Some(-1.0)]));
        assert_eq!(scores.first(&mut Vec::new()), [1, 2]);
        assert!(scores.speaks() && !Ballot::of(Opinion::Scores(vec![None, None])).speaks());
        assert_eq!(Ballot::of(Opinion::Scores(vec![None, None])).first(&mut Vec::new()), [0; 0]);
    }
}
