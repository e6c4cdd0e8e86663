//! How are first places, approvals, points and scores counted?

use crate::ballot::{Ballot, Opinion, parts};
use crate::scale::Scale;
use crate::tally::Points;

/// What one vote is in the sums.
pub(crate) const VOTE: i64 = 1_000_000;

/// Adds to an option that there is.
fn add(sums: &mut [i128], option: usize, value: i128) {
    if let Some(sum) = sums.get_mut(option) {
        *sum += value;
    }
}

fn points(sums: Vec<i128>, unit: i64) -> Vec<Points> {
    sums.into_iter().map(|sum| Points::of(sum, unit)).collect()
}

/// The votes that each option has as first; a vote for several is parted among them, to the millionth.
pub(crate) fn first_places(options: usize, ballots: &[Ballot]) -> Vec<Points> {
    let (mut sums, mut room) = (vec![0; options], Vec::new());
    for ballot in ballots {
        let first = ballot.first(&mut room);
        let part = i128::from(ballot.weight.0) / i128::try_from(first.len().max(1)).unwrap_or(1);
        first.iter().for_each(|option| add(&mut sums, *option, part));
    }
    points(sums, VOTE)
}

/// How many approve of each option.
pub(crate) fn approvals(options: usize, ballots: &[Ballot]) -> Vec<Points> {
    let (mut sums, mut room) = (vec![0; options], Vec::new());
    for ballot in ballots {
        ballot.first(&mut room).iter().for_each(|option| add(&mut sums, *option, i128::from(ballot.weight.0)));
    }
    points(sums, VOTE)
}

/// Borda's points, twice so that shared places are whole.
pub(crate) fn borda(options: usize, ballots: &[Ballot]) -> Vec<Points> {
    let mut sums = vec![0; options];
    let mut named = vec![false; options];
    let (mut order, mut ends) = (Vec::with_capacity(options), Vec::with_capacity(options));
    for ballot in ballots {
        ballot.write(options, &mut order, &mut ends);
        if order.is_empty() {
            continue;
        }
        let weight = i128::from(ballot.weight.0);
        named.fill(false);
        let (mut begin, mut below) = (0, options);
        for end in &ends {
            let place = order.get(begin..*end).unwrap_or_default();
            below -= place.len();
            let each = weight * doubled(below, place.len());
            for option in place {
                add(&mut sums, *option, each);
                if let Some(named) = named.get_mut(*option) {
                    *named = true;
                }
            }
            begin = *end;
        }
        // What was left out ties for the last place.
        if below > 0 {
            let each = weight * doubled(0, below);
            for (option, _) in named.iter().enumerate().filter(|(_, named)| !**named) {
                add(&mut sums, option, each);
            }
        }
    }
    points(sums, 2 * VOTE)
}

/// Twice the points of each of some options that share a place above `below` others.
fn doubled(below: usize, sharing: usize) -> i128 {
    i128::try_from(2 * below + sharing.saturating_sub(1)).unwrap_or(i128::MAX)
}

/// Sums of scores; an option that a voter gives none has the scale's least, or without a scale the least that anybody gave. Ballots of other kinds
/// give the scale's most, or 1, to what they put first and the least, or 0, to the rest.
pub(crate) fn scores(options: usize, ballots: &[Ballot], scale: Option<Scale>) -> Vec<Points> {
    let mut sums = vec![0; options];
    for (weight, scores) in grades(options, ballots, scale) {
        for (sum, score) in sums.iter_mut().zip(scores) {
            *sum += i128::from(weight) * i128::from(score);
        }
    }
    points(sums, VOTE * VOTE)
}

/// What each ballot that says something gives each option, in millionths, with the ballot's weight.
pub(crate) fn grades(options: usize, ballots: &[Ballot], scale: Option<Scale>) -> impl Iterator<Item = (u64, Vec<i64>)> {
    let scored = |ballot: &Ballot| match &ballot.opinion {
        Opinion::Scores(scores) => scores.iter().flatten().map(|score| parts(*score)).min(),
        _ => None,
    };
    let mut least = ballots.iter().filter_map(scored).min().unwrap_or(0);
    if ballots.iter().any(|ballot| ballot.speaks() && !matches!(ballot.opinion, Opinion::Scores(_))) {
        // Ballots of other kinds give 0.
        least = least.min(0);
    }
    // What others give for what they do not put first, and for what they do.
    let (rest, best) = scale.map_or((0, VOTE), |scale| (scale.least, scale.most));
    let least = scale.map_or(least, |scale| scale.least);
    ballots.iter().filter(|ballot| ballot.speaks()).map(move |ballot| {
        let mut row = vec![rest; options];
        if let Opinion::Scores(scores) = &ballot.opinion {
            row.fill(least);
            for (cell, score) in row.iter_mut().zip(scores) {
                *cell = score.map_or(least, parts);
            }
        } else {
            for option in ballot.first(&mut Vec::new()) {
                if let Some(cell) = row.get_mut(*option) {
                    *cell = best;
                }
            }
        }
        (ballot.weight.0, row)
    })
}
