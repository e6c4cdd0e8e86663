//! Which option has the best median? Majority judgment: the lower weighted median of the scores, and among equal medians the majority gauge.

use crate::ballot::Ballot;
use crate::count::{VOTE, grades};
use crate::scale::Scale;
use crate::tally::Points;

/// Medians and gauges. The gauge of a median is the share of scores above it if that is larger than the share below, and otherwise the share
/// below, which counts against it (Balinski and Laraki, 2007).
pub(crate) fn median(options: usize, ballots: &[Ballot], scale: Option<Scale>) -> Vec<Points> {
    let mut columns: Vec<Vec<(i64, u64)>> = vec![Vec::with_capacity(ballots.len()); options];
    for (weight, scores) in grades(options, ballots, scale) {
        for (column, score) in columns.iter_mut().zip(scores) {
            column.push((score, weight));
        }
    }
    columns
        .into_iter()
        .map(|mut column| {
            column.sort_unstable();
            let total: i128 = column.iter().map(|(_, weight)| i128::from(*weight)).sum();
            let mut below = 0;
            let median = column
                .iter()
                .find(|(_, weight)| {
                    below += i128::from(*weight);
                    below * 2 >= total
                })
                .map_or(0, |(score, _)| *score);
            let sum = |fits: fn(&i64, &i64) -> bool| -> i128 {
                column.iter().filter(|(score, _)| fits(score, &median)).map(|(_, weight)| i128::from(*weight)).sum()
            };
            let (above, under) = (sum(|score, median| score > median), sum(|score, median| score < median));
            Points { value: i128::from(median), second: if above > under { above } else { -under }, unit: VOTE }
        })
        .collect()
}
