//! Does it change who wins if an option comes with others that everybody places next to it?
//!
//! Independence of clones (Tideman, 1987): Schulze's rule has it, also where duels tie; the instant runoff has it as long as nobody who has votes leaves
//! together with another. That plurality, Borda and Copeland break it is held by examples.

use baton_voting::{Ballot, Opinion, Rule, Tally, tally};
use proptest::prelude::*;

use crate::electorate::{MOST_VOTERS, Voter, ballots, electorates, levels};

/// The most options that one becomes.
const CLONES: usize = 3;

/// The same voters where an option has become several: the others stand at the end. Everybody places them where the one stood, in an order of their own, or as
/// one where it tied with another option.
fn cloned(voters: &[Voter], chosen: usize, more: usize, orders: &[Vec<usize>]) -> Vec<Voter> {
    let one = |(voter, order): (&Voter, &Vec<usize>)| {
        let place = voter.levels[chosen];
        let alone = voter.levels.iter().filter(|level| **level == place).count() == 1;
        let clone = |number: usize| place * CLONES + if alone { order[number] } else { 0 };
        let mut levels: Vec<usize> = voter.levels.iter().map(|level| level * CLONES).collect();
        levels[chosen] = clone(0);
        levels.extend((1..=more).map(clone));
        Voter { levels, ..voter.clone() }
    };
    voters.iter().zip(orders).map(one).collect()
}

/// The first ones, all clones as the one that they were made of.
fn first(counted: &Tally, options: usize, chosen: usize) -> Vec<usize> {
    let mut first: Vec<usize> = counted.first().iter().map(|option| if *option < options { *option } else { chosen }).collect();
    first.sort_unstable();
    first.dedup();
    first
}

/// Whether it matters that a runoff takes those who tie for the fewest votes out together: with no votes it does not.
fn ties(counted: &Tally) -> bool {
    let with_votes =
        |leaving: &[usize], votes: &[(usize, f64)]| votes.iter().any(|(option, votes)| leaving.contains(option) && *votes > 0.0);
    counted.first().len() > 1 || counted.rounds.iter().any(|round| round.leaving.len() > 1 && with_votes(&round.leaving, &round.votes))
}

fn orders(strict: bool) -> impl Strategy<Value = Vec<Vec<usize>>> {
    prop::collection::vec(levels(CLONES, strict), MOST_VOTERS)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn clones_change_nothing_by_schulze_s_rule(
        (options, voters) in electorates(false),
        which in any::<prop::sample::Index>(),
        more in 1..CLONES,
        orders in orders(false),
    ) {
        let chosen = which.index(options);
        let before = tally(Rule::Schulze, options, &ballots(&voters));
        let after = tally(Rule::Schulze, options + more, &ballots(&cloned(&voters, chosen, more, &orders)));
        prop_assert_eq!(first(&after, options, chosen), before.first().to_vec(), "{} of {:?}", chosen, voters);
    }

    #[test]
    fn clones_change_nothing_by_the_instant_runoff_where_nothing_ties(
        (options, voters) in electorates(true),
        weights in prop::collection::vec(1_u32..1_000, MOST_VOTERS),
        which in any::<prop::sample::Index>(),
        more in 1..CLONES,
        orders in orders(true),
    ) {
        // So that ties are rare.
        let voters: Vec<Voter> = voters.iter().zip(&weights).map(|(voter, weight)| Voter { weight: *weight, ..voter.clone() }).collect();
        let chosen = which.index(options);
        let before = tally(Rule::InstantRunoff, options, &ballots(&voters));
        let after = tally(Rule::InstantRunoff, options + more, &ballots(&cloned(&voters, chosen, more, &orders)));
        if ties(&before) || ties(&after) {
            return Ok(());
        }
        prop_assert_eq!(first(&after, options, chosen), before.first().to_vec(), "{} of {:?}", chosen, voters);
    }
}

fn many(count: usize, order: &[usize]) -> impl Iterator<Item = Ballot> {
    std::iter::repeat_n(Ballot::of(Opinion::Ranking(order.iter().map(|option| vec![*option]).collect())), count)
}

fn winners(rule: Rule, options: usize, ballots: &[Ballot]) -> Vec<usize> {
    tally(rule, options, ballots).first().to_vec()
}

/// By Borda's rule a clone helps: three of five prefer 0 to 1, and 1 wins as soon as there is a 2 that all place right behind it.
#[test]
fn borda_is_known_to_be_won_by_teams() {
    let before: Vec<Ballot> = many(3, &[0, 1]).chain(many(2, &[1, 0])).collect();
    let after: Vec<Ballot> = many(3, &[0, 1, 2]).chain(many(2, &[1, 2, 0])).collect();
    assert_eq!((winners(Rule::Borda, 2, &before), winners(Rule::Borda, 3, &after)), (vec![0], vec![1]));
    for rule in [Rule::Schulze, Rule::Copeland, Rule::InstantRunoff, Rule::Plurality] {
        assert_eq!((winners(rule, 2, &before), winners(rule, 3, &after)), (vec![0], vec![0]), "{rule}");
    }
}

/// By plurality a clone hurts: five of nine prefer 1 to 0, and 0 wins as soon as two of the five put a clone of 1 first.
#[test]
fn plurality_is_known_to_be_lost_by_splitting() {
    let before: Vec<Ballot> = many(4, &[0, 1]).chain(many(5, &[1, 0])).collect();
    let after: Vec<Ballot> = many(4, &[0, 1, 2]).chain(many(3, &[1, 2, 0])).chain(many(2, &[2, 1, 0])).collect();
    assert_eq!((winners(Rule::Plurality, 2, &before), winners(Rule::Plurality, 3, &after)), (vec![1], vec![0]));
    for rule in [Rule::Schulze, Rule::Copeland, Rule::InstantRunoff, Rule::Borda] {
        assert_eq!((winners(rule, 2, &before), winners(rule, 3, &after)), (vec![1], vec![1]), "{rule}");
    }
}

/// By Copeland's rule a clone of a third option tells two apart: on a circle all three tie, and a clone of 1 takes 2 out, which both of them beat.
#[test]
fn copeland_is_known_to_be_changed_by_a_crowd() {
    let before: Vec<Ballot> = many(1, &[0, 1, 2]).chain(many(1, &[1, 2, 0])).chain(many(1, &[2, 0, 1])).collect();
    let after: Vec<Ballot> = many(1, &[0, 1, 3, 2]).chain(many(1, &[1, 3, 2, 0])).chain(many(1, &[2, 0, 1, 3])).collect();
    assert_eq!((winners(Rule::Copeland, 3, &before), winners(Rule::Copeland, 4, &after)), (vec![0, 1, 2], vec![0, 1]));
    assert_eq!((winners(Rule::Schulze, 3, &before), winners(Rule::Schulze, 4, &after)), (vec![0, 1, 2], vec![0, 1, 2]));
}
