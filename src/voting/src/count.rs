//! How are first places, approvals, points and scores counted?

use crate::ballot::{Ballot, Opinion, parts};
use crate::heard::Heard;
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

/// What options have in whole, and what those weigh that were heard about each.
#[derive(Debug, Clone)]
pub(crate) struct Sums {
    pub(crate) of: Vec<i128>,
    pub(crate) heard: Heard,
}

impl Sums {
    fn points(&self, unit: i64) -> Vec<Points> {
        self.of.iter().enumerate().map(|(option, sum)| Points::of(self.heard.projected(option, *sum), unit)).collect()
    }
}

/// The votes that each option has as first; a vote for several is parted among them, to the millionth.
pub(crate) fn first_places(options: usize, ballots: &[Ballot]) -> Vec<Points> {
    first_sums(options, ballots).points(VOTE)
}

/// The same without those that may not speak.
pub(crate) fn first_sums(options: usize, ballots: &[Ballot]) -> Sums {
    let (mut sums, mut room) = (vec![0; options], Vec::new());
    for ballot in ballots.iter().filter(|ballot| ballot.compares(options)) {
        let first = ballot.first(&mut room);
        let part = i128::from(ballot.weight.0) / i128::try_from(first.len().max(1)).unwrap_or(1);
        first.iter().for_each(|option| add(&mut sums, *option, part));
    }
    Sums { of: sums, heard: Heard::of(options, ballots, |ballot| ballot.compares(options)) }
}

/// How many approve of each option.
pub(crate) fn approvals(options: usize, ballots: &[Ballot]) -> Vec<Points> {
    approval_sums(options, ballots).points(VOTE)
}

/// The same without those that may not speak.
pub(crate) fn approval_sums(options: usize, ballots: &[Ballot]) -> Sums {
    let counts = |ballot: &Ballot| matches!(ballot.opinion, Opinion::Approvals(_)) || ballot.compares(options);
    let (mut sums, mut room) = (vec![0; options], Vec::new());
    for ballot in ballots.iter().filter(|ballot| counts(ballot)) {
        ballot.first(&mut room).iter().for_each(|option| add(&mut sums, *option, i128::from(ballot.weight.0)));
    }
    Sums { of: sums, heard: Heard::of(options, ballots, counts) }
}

/// Borda's points, twice so that shared places are whole.
pub(crate) fn borda(options: usize, ballots: &[Ballot]) -> Vec<Points> {
    borda_sums(options, ballots).points(2 * VOTE)
}

/// The duels that each option wins, of those that it is heard in, each weighed and twice. An option's points are its share of its duels, of as
/// many as there were if everybody spoke of everything.
pub(crate) fn borda_sums(options: usize, ballots: &[Ballot]) -> Sums {
    let mut sums = vec![0; options];
    let mut named = vec![false; options];
    let (mut order, mut ends) = (Vec::with_capacity(options), Vec::with_capacity(options));
    let (mut all, mut counted, mut deaf) = (0_i128, 0_i128, vec![0_i128; options]);
    for ballot in ballots {
        ballot.write(options, &mut order, &mut ends);
        if order.is_empty() {
            continue;
        }
        let weight = i128::from(ballot.weight.0);
        let spoken = options.saturating_sub(ballot.silent.len());
        let duels = weight * doubled(spoken.saturating_sub(1), 1);
        all += weight * doubled(options.saturating_sub(1), 1);
        counted += duels;
        named.fill(false);
        for option in &ballot.silent {
            add(&mut deaf, *option, duels);
            if let Some(named) = named.get_mut(*option) {
                *named = true;
            }
        }
        let (mut begin, mut below) = (0, spoken);
        for end in &ends {
            let place = order.get(begin..*end).unwrap_or_default();
            below = below.saturating_sub(place.len());
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
    Sums { of: sums, heard: Heard { all, of: deaf.into_iter().map(|deaf| counted - deaf).collect() } }
}

/// Twice the points of each of some options that share a place above `below` others.
fn doubled(below: usize, sharing: usize) -> i128 {
    i128::try_from(2 * below + sharing.saturating_sub(1)).unwrap_or(i128::MAX)
}

/// Sums of scores; an option that a voter gives none has the scale's least, or without a scale the least that anybody gave. Ballots of other kinds
/// give the scale's most, or 1, to what they put first and the least, or 0, to the rest. Where some may not speak of an option, it has the mean of
/// those who may, as often as there are ballots; where nobody may, the least.
pub(crate) fn scores(options: usize, ballots: &[Ballot], scale: Option<Scale>) -> Vec<Points> {
    let sums = score_sums(options, ballots, scale);
    let least = i128::from(least(ballots, scale));
    let mut points = sums.points(VOTE * VOTE);
    for (points, heard) in points.iter_mut().zip(&sums.heard.of) {
        if *heard == 0 {
            points.value = least * sums.heard.all;
        }
    }
    points
}

/// The same without those that may not speak.
pub(crate) fn score_sums(options: usize, ballots: &[Ballot], scale: Option<Scale>) -> Sums {
    let mut sums = vec![0; options];
    for (ballot, scores) in grades(options, ballots, scale) {
        let weight = i128::from(ballot.weight.0);
        for (sum, score) in sums.iter_mut().zip(&scores) {
            *sum += weight * i128::from(*score);
        }
        for option in &ballot.silent {
            add(&mut sums, *option, -weight * i128::from(scores.get(*option).copied().unwrap_or(0)));
        }
    }
    Sums { of: sums, heard: Heard::of(options, ballots, |ballot| is_graded(ballot, options)) }
}

/// Whether a ballot gives grades: one that may speak of a single option must say which, not only that it is the first.
pub(crate) fn is_graded(ballot: &Ballot, options: usize) -> bool {
    ballot.rates() || ballot.compares(options)
}

/// What an option has of a ballot that has no opinion about it.
pub(crate) fn least(ballots: &[Ballot], scale: Option<Scale>) -> i64 {
    if let Some(scale) = scale {
        return scale.least;
    }
    let scored = |ballot: &Ballot| match &ballot.opinion {
        Opinion::Scores(scores) => scores.iter().flatten().map(|score| parts(*score)).min(),
        _ => None,
    };
    let least = ballots.iter().filter_map(scored).min().unwrap_or(0);
    // Ballots of other kinds give 0.
    let others = ballots.iter().any(|ballot| ballot.speaks() && !matches!(ballot.opinion, Opinion::Scores(_)));
    if others { least.min(0) } else { least }
}

/// What each ballot that says something gives each option, in millionths; of what it must be silent about too, which is not to be counted.
pub(crate) fn grades(options: usize, ballots: &[Ballot], scale: Option<Scale>) -> impl Iterator<Item = (&Ballot, Vec<i64>)> {
    let least = least(ballots, scale);
    // What others give for what they do not put first, and for what they do.
    let (rest, best) = scale.map_or((0, VOTE), |scale| (scale.least, scale.most));
    ballots.iter().filter(move |ballot| ballot.speaks() && is_graded(ballot, options)).map(move |ballot| {
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
        (ballot, row)
    })
}
