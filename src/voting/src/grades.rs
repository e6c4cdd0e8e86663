//! Which option has the best median? Majority judgment: the lower weighted median of the scores, and among equal medians the majority gauge.

use crate::ballot::Ballot;
use crate::count::{VOTE, grades, least};
use crate::heard::projected;
use crate::scale::Scale;
use crate::tally::Points;

/// What those say of one option who may speak of it.
#[derive(Debug, Clone)]
pub(crate) struct Column {
    /// Scores, the least first, with what they weigh.
    scores: Vec<(i64, u64)>,
    /// What all weigh together.
    total: i128,
    /// The median where nobody may speak of it.
    least: i64,
}

/// The scores of each option.
pub(crate) fn columns(options: usize, ballots: &[Ballot], scale: Option<Scale>) -> Vec<Column> {
    let least = least(ballots, scale);
    let mut columns: Vec<Vec<(i64, u64)>> = vec![Vec::with_capacity(ballots.len()); options];
    for (ballot, scores) in grades(options, ballots, scale) {
        for (column, score) in columns.iter_mut().zip(scores) {
            column.push((score, ballot.weight.0));
        }
        for option in &ballot.silent {
            columns.get_mut(*option).map(Vec::pop);
        }
    }
    let sorted = |mut scores: Vec<(i64, u64)>| {
        scores.sort_unstable();
        let total = scores.iter().map(|(_, weight)| i128::from(*weight)).sum();
        Column { scores, total, least }
    };
    columns.into_iter().map(sorted).collect()
}

/// What all ballots weigh that say anything.
pub(crate) fn weight_of_all(ballots: &[Ballot]) -> i128 {
    ballots.iter().filter(|ballot| ballot.speaks()).map(|ballot| i128::from(ballot.weight.0)).sum()
}

impl Column {
    /// The median and its gauge, of so much in all, where so much more gives it a score. The gauge of a median is the share of scores above it if that
    /// is larger than the share below, and otherwise the share below, which counts against it (Balinski and Laraki, 2007).
    pub(crate) fn points(&self, more: Option<(i64, i128)>, all: i128) -> Points {
        let (extra, weight) = more.unwrap_or((self.least, 0));
        let total = self.total + weight;
        let mut under = 0;
        let mut median = None;
        // The scores in their order, with what is more in its place.
        let place = self.scores.partition_point(|(score, _)| *score < extra);
        let (before, after) = self.scores.split_at(place);
        let of = |(score, weight): &(i64, u64)| (*score, i128::from(*weight));
        let each = || before.iter().map(of).chain((weight > 0).then_some((extra, weight))).chain(after.iter().map(of));
        for (score, weight) in each() {
            under += weight;
            if under * 2 >= total {
                median = Some(score);
                break;
            }
        }
        let median = median.unwrap_or(self.least);
        let (mut above, mut below) = (0, 0);
        for (score, weight) in each() {
            if score > median {
                above += weight;
            } else if score < median {
                below += weight;
            }
        }
        let gauge = if above > below { above } else { -below };
        Points { value: i128::from(median), second: projected(gauge, total, all), unit: VOTE }
    }
}

/// Medians and gauges.
pub(crate) fn median(options: usize, ballots: &[Ballot], scale: Option<Scale>) -> Vec<Points> {
    let all = weight_of_all(ballots);
    columns(options, ballots, scale).iter().map(|column| column.points(None, all)).collect()
}
