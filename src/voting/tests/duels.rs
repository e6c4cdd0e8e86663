//! Do the rules count as a second implementation does where duels tie?
//!
//! The second one shares nothing with the first: it reads levels and no ballots, goes along every chain of victories where the first one has an algorithm
//! for the strongest, and takes options out of a runoff until those that are left have as many votes as one another.

use std::cmp::Ordering;

use baton_voting::{Rule, tally};
use proptest::prelude::*;

use crate::electorate::{Voter, ballots, electorates};

/// By row: the votes that prefer the row's option to the column's.
fn duels(options: usize, voters: &[Voter]) -> Vec<Vec<u32>> {
    let votes = |one: usize, other: usize| {
        voters.iter().filter(|voter| voter.levels[one] < voter.levels[other]).map(|voter| voter.weight).sum::<u32>()
    };
    (0..options).map(|one| (0..options).map(|other| votes(one, other)).collect()).collect()
}

/// By how many votes one beats the other.
fn ahead(duels: &[Vec<u32>], one: usize, other: usize) -> f64 {
    f64::from(duels[one][other]) - f64::from(duels[other][one])
}

fn count(options: impl Iterator<Item = usize>) -> f64 {
    f64::from(u32::try_from(options.count()).unwrap())
}

fn copeland(duels: &[Vec<u32>]) -> Vec<f64> {
    let options = duels.len();
    let won = |one: usize| count((0..options).filter(|other| ahead(duels, one, *other) > 0.0));
    let lost = |one: usize| count((0..options).filter(|other| ahead(duels, one, *other) < 0.0));
    (0..options).map(|one| won(one) - lost(one)).collect()
}

/// The strength of the strongest chain of victories that goes on from the last of these options to another: the best of all chains, each as strong as its
/// weakest victory.
fn strongest(duels: &[Vec<u32>], chain: &mut Vec<usize>, to: usize) -> u32 {
    let from = chain[chain.len() - 1];
    let beaten: Vec<usize> = (0..duels.len()).filter(|next| !chain.contains(next) && ahead(duels, from, *next) > 0.0).collect();
    let mut best = 0;
    for next in beaten {
        let mut strength = duels[from][next];
        if next != to {
            chain.push(next);
            strength = strength.min(strongest(duels, chain, to));
            chain.pop();
        }
        best = best.max(strength);
    }
    best
}

fn schulze(duels: &[Vec<u32>]) -> Vec<f64> {
    let options = duels.len();
    let strength = |from: usize, to: usize| strongest(duels, &mut vec![from], to);
    let beats = |one: usize, other: usize| one != other && strength(one, other) > strength(other, one);
    (0..options).map(|one| -count((0..options).filter(|other| beats(*other, one)))).collect()
}

fn borda(options: usize, voters: &[Voter]) -> Vec<f64> {
    let duel = |voter: &Voter, one: usize, other: usize| match voter.levels[one].cmp(&voter.levels[other]) {
        Ordering::Less => 1.0,
        Ordering::Equal => 0.5,
        Ordering::Greater => 0.0,
    };
    let points = |voter: &Voter, one: usize| (0..options).filter(|other| *other != one).map(|other| duel(voter, one, other)).sum::<f64>();
    (0..options).map(|one| voters.iter().map(|voter| f64::from(voter.weight) * points(voter, one)).sum()).collect()
}

/// Who is left of strict opinions: whoever has the fewest votes leaves, all of those together, while others have more.
fn runoff(options: usize, voters: &[Voter]) -> Vec<usize> {
    let mut left: Vec<usize> = (0..options).collect();
    loop {
        let mut votes = vec![0; options];
        for voter in voters {
            let first = left.iter().copied().min_by_key(|option| voter.levels[*option]).unwrap();
            votes[first] += voter.weight;
        }
        let fewest = left.iter().map(|option| votes[*option]).min().unwrap();
        let more: Vec<usize> = left.iter().copied().filter(|option| votes[*option] > fewest).collect();
        if more.is_empty() {
            return left;
        }
        left = more;
    }
}

/// Holds all that the rules say of duels against the second count.
fn compare(options: usize, voters: &[Voter]) {
    let ballots = ballots(voters);
    let duels = duels(options, voters);
    let rules = [(Rule::Copeland, copeland(&duels)), (Rule::Schulze, schulze(&duels)), (Rule::Borda, borda(options, voters))];
    for (rule, points) in rules {
        let counted = tally(rule, options, &ballots);
        let given: Vec<f64> = counted.points.iter().map(|points| points.get()).collect();
        assert_eq!(given, points, "{rule} of {voters:?}");
        let most = points.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let first: Vec<usize> = (0..options).filter(|option| points[*option] >= most).collect();
        assert_eq!(counted.first(), first, "{rule} of {voters:?}");
        let nearest = match first.as_slice() {
            [winner] if rule != Rule::Borda => {
                Some((0..options).filter(|other| other != winner).map(|other| ahead(&duels, *winner, other)).fold(f64::INFINITY, f64::min))
            }
            _ => None,
        };
        assert_eq!(counted.nearest, nearest, "{rule} of {voters:?}");
    }
}

fn compare_runoff(options: usize, voters: &[Voter]) {
    assert_eq!(tally(Rule::InstantRunoff, options, &ballots(voters)).first(), runoff(options, voters), "{voters:?}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn strict_opinions_of_even_electorates_count_the_same_twice((options, voters) in electorates(true)) {
        compare(options, &voters);
        compare_runoff(options, &voters);
    }

    /// Here a duel may tie that few have an opinion of, and be weaker or stronger than victories.
    #[test]
    fn opinions_with_ties_of_even_electorates_count_the_same_twice((options, voters) in electorates(false)) {
        compare(options, &voters);
    }
}

#[test]
fn every_electorate_of_two_and_of_four_over_three_options_counts_the_same_twice() {
    let orders = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]];
    let mut tied = 0;
    for size in [2_u32, 4] {
        for number in 0..6_usize.pow(size) {
            let order = |voter: u32| orders[number / 6_usize.pow(voter) % 6];
            let voter = |voter: u32| Voter { weight: 1, levels: order(voter).to_vec(), leaves_out: false };
            let voters: Vec<Voter> = (0..size).map(voter).collect();
            compare(3, &voters);
            compare_runoff(3, &voters);
            let duels = duels(3, &voters);
            tied +=
                [(0_usize, 1_usize), (0, 2), (1, 2)].into_iter().filter(|(one, other)| duels[*one][*other] == duels[*other][*one]).count();
        }
    }
    // Of three duels each: one for and one against in 18 of 36 electorates, two and two in 486 of 1,296.
    assert_eq!(tied, 3 * 18 + 3 * 486);
}

/// A duel that ties is no link of a chain, however many votes it has: 0 beats 1 by one vote to none, and that is all that anybody beats.
#[test]
fn a_tied_duel_is_no_victory() {
    let voter = |levels: [usize; 3]| Voter { weight: 1, levels: levels.to_vec(), leaves_out: false };
    let voters = [voter([0, 1, 2]), voter([1, 1, 0])];
    assert_eq!(duels(3, &voters), [[0, 1, 1], [0, 0, 1], [1, 1, 0]]);
    compare(3, &voters);
    assert_eq!(tally(Rule::Schulze, 3, &ballots(&voters)).first(), [0, 2]);
    assert_eq!(tally(Rule::Copeland, 3, &ballots(&voters)).first(), [0]);
}
