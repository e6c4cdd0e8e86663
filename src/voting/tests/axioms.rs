//! Do the rules keep what is proved of them, and break what they are known to break?

use baton_voting::{
    Ballot, Opinion, Outcome, Rule, Scale, Terms, Threshold, TieBreak, Weight, can_be_caught, decide, pivotal, tally, tally_within,
};
use proptest::prelude::*;

fn ranking(order: &[usize]) -> Ballot {
    Ballot::of(Opinion::Ranking(order.iter().map(|option| vec![*option]).collect()))
}

/// Strict rankings of all options, with weights.
fn profiles() -> impl Strategy<Value = (usize, Vec<Ballot>)> {
    (2_usize..6).prop_flat_map(|options| {
        let order = Just((0..options).collect::<Vec<_>>()).prop_shuffle();
        let weight = prop_oneof![3 => Just(1.0), 1 => 0.1_f64..3.0];
        let ballot = (order, weight).prop_map(|(order, weight)| Ballot { weight: Weight::new(weight).unwrap(), ..ranking(&order) });
        (Just(options), prop::collection::vec(ballot, 1..12))
    })
}

/// Ballots of every kind.
fn mixtures() -> impl Strategy<Value = (usize, Vec<Ballot>)> {
    (1_usize..6).prop_flat_map(|options| {
        let order = Just((0..options).collect::<Vec<_>>()).prop_shuffle();
        let ranked = (order.clone(), prop::collection::vec(any::<bool>(), options), 0..=options).prop_map(|(order, joins, kept)| {
            let mut places: Vec<Vec<usize>> = Vec::new();
            for (option, joins) in order.into_iter().zip(joins).take(kept) {
                match places.last_mut() {
                    Some(place) if joins => place.push(option),
                    _ => places.push(vec![option]),
                }
            }
            Opinion::Ranking(places)
        });
        let opinion = prop_oneof![
            (0..options).prop_map(Opinion::Choice),
            (order, 0..=options).prop_map(|(order, kept)| Opinion::Approvals(order.into_iter().take(kept).collect())),
            ranked,
            prop::collection::vec(prop::option::of(-5.0_f64..5.0), options).prop_map(Opinion::Scores),
            Just(Opinion::Abstention),
        ];
        let ballot = (opinion, 0.1_f64..3.0).prop_map(|(opinion, weight)| Ballot::new(Weight::new(weight).unwrap(), opinion));
        (Just(options), prop::collection::vec(ballot, 0..12))
    })
}

/// The option that beats every other one, if there is one.
fn condorcet(options: usize, ballots: &[Ballot]) -> Option<usize> {
    let prefers = |ballot: &Ballot, one: usize, other: usize| match &ballot.opinion {
        Opinion::Ranking(places) => {
            places.iter().position(|place| place.contains(&one)) < places.iter().position(|place| place.contains(&other))
        }
        _ => false,
    };
    (0..options).find(|one| {
        (0..options).filter(|other| other != one).all(|other| {
            let weight =
                |one, other| ballots.iter().filter(|ballot| prefers(ballot, one, other)).map(|ballot| ballot.weight.get()).sum::<f64>();
            weight(*one, other) > weight(other, *one) + 1e-9
        })
    })
}

fn renamed(ballot: &Ballot, names: &[usize]) -> Ballot {
    let name = |option: &usize| names[*option];
    let opinion = match &ballot.opinion {
        Opinion::Choice(option) => Opinion::Choice(name(option)),
        Opinion::Approvals(options) => Opinion::Approvals(options.iter().map(name).collect()),
        Opinion::Ranking(places) => Opinion::Ranking(places.iter().map(|place| place.iter().map(name).collect()).collect()),
        Opinion::Scores(scores) => {
            let mut turned = vec![None; scores.len()];
            for (option, score) in scores.iter().enumerate() {
                turned[names[option]] = *score;
            }
            Opinion::Scores(turned)
        }
        Opinion::Abstention => Opinion::Abstention,
    };
    Ballot { weight: ballot.weight, opinion, silent: ballot.silent.iter().map(name).collect() }
}

fn sorted(options: &[usize]) -> Vec<usize> {
    let mut options = options.to_vec();
    options.sort_unstable();
    options
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn whoever_most_put_first_wins_by_the_rules_that_promise_it((options, ballots) in profiles()) {
        let total: f64 = ballots.iter().map(|ballot| ballot.weight.get()).sum();
        let first = |option: usize| ballots.iter().filter(|ballot| matches!(&ballot.opinion, Opinion::Ranking(places) if places[0][0] == option)).map(|ballot| ballot.weight.get()).sum::<f64>();
        if let Some(favourite) = (0..options).find(|option| first(*option) > total / 2.0 + 1e-6) {
            for rule in [Rule::Plurality, Rule::InstantRunoff, Rule::Copeland, Rule::Schulze] {
                prop_assert_eq!(tally(rule, options, &ballots).first().to_vec(), vec![favourite], "{}", rule);
            }
            let terms = Terms { threshold: Some(Threshold::Majority), ..Terms::of(Rule::Plurality) };
            let keys: Vec<String> = (0..options).map(|option| option.to_string()).collect();
            let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
            prop_assert_eq!(decide(&keys, &ballots, &terms).outcome, Outcome::Decided(favourite));
        }
    }

    #[test]
    fn whoever_beats_everybody_wins_by_the_rules_that_promise_it((options, ballots) in profiles()) {
        if let Some(winner) = condorcet(options, &ballots) {
            for rule in [Rule::Copeland, Rule::Schulze] {
                prop_assert_eq!(tally(rule, options, &ballots).first().to_vec(), vec![winner], "{}", rule);
            }
        }
    }

    #[test]
    fn more_support_never_hurts_by_the_rules_that_promise_it((options, ballots) in profiles(), which in any::<prop::sample::Index>()) {
        for rule in [Rule::Borda, Rule::Plurality, Rule::Approval, Rule::Schulze] {
            let before = tally(rule, options, &ballots);
            let &[winner] = before.first() else { continue };
            let mut after = ballots.clone();
            let ballot = &mut after[which.index(ballots.len())];
            if let Opinion::Ranking(places) = &mut ballot.opinion {
                let at = places.iter().position(|place| place == &vec![winner]).unwrap();
                if at > 0 {
                    places.swap(at, at - 1);
                }
            }
            prop_assert_eq!(tally(rule, options, &after).first().to_vec(), vec![winner], "{}", rule);
        }
    }

    /// Approval reads no more of a ranking than who is first: it is held against ballots that approve of several.
    #[test]
    fn who_is_approved_by_one_more_never_loses_by_it(
        (options, given) in (2_usize..6).prop_flat_map(|options| {
            let ballot = (prop::collection::vec(any::<bool>(), options), 1_u32..4);
            (Just(options), prop::collection::vec(ballot, 1..12))
        }),
        which in any::<prop::sample::Index>(),
        beside in any::<prop::sample::Index>(),
    ) {
        let ballots = |given: &[(Vec<bool>, u32)]| -> Vec<Ballot> {
            let opinion = |approved: &[bool]| Opinion::Approvals((0..options).filter(|option| approved[*option]).collect());
            given.iter().map(|(approved, weight)| Ballot::new(Weight::new(f64::from(*weight)).unwrap(), opinion(approved))).collect()
        };
        let before = tally(Rule::Approval, options, &ballots(&given));
        for winner in before.first().to_vec() {
            let mut lifted = given.clone();
            let place = which.index(given.len());
            lifted[place].0[winner] = true;
            let after = tally(Rule::Approval, options, &ballots(&lifted));
            prop_assert!(after.first().contains(&winner), "one more approves of it");
            if !given[place].0[winner] {
                prop_assert_eq!(after.first().to_vec(), vec![winner], "and it is ahead of those with which it tied");
            }
            // To take back what another one was given does not hurt it either.
            let other = beside.index(options);
            if other != winner {
                lifted[place].0[other] = false;
                prop_assert!(tally(Rule::Approval, options, &ballots(&lifted)).first().contains(&winner), "one less approves of another");
            }
        }
    }

    #[test]
    fn the_order_of_ballots_changes_nothing((options, ballots) in mixtures(), seed in any::<u64>()) {
        let mut shuffled: Vec<(u64, Ballot)> = ballots.iter().enumerate().map(|(place, ballot)| (seed.wrapping_mul(place as u64 * 2 + 1).rotate_left(17), ballot.clone())).collect();
        shuffled.sort_by_key(|(key, _)| *key);
        let shuffled: Vec<Ballot> = shuffled.into_iter().map(|(_, ballot)| ballot).collect();
        for rule in Rule::ALL {
            prop_assert_eq!(tally(rule, options, &shuffled), tally(rule, options, &ballots), "{}", rule);
        }
    }

    #[test]
    fn no_option_is_treated_better_for_its_number(
        (options, ballots, names) in mixtures().prop_flat_map(|(options, ballots)| (Just(options), Just(ballots), Just((0..options).collect::<Vec<_>>()).prop_shuffle()))
    ) {
        let turned: Vec<Ballot> = ballots.iter().map(|ballot| renamed(ballot, &names)).collect();
        for rule in Rule::ALL {
            let before: Vec<Vec<usize>> = tally(rule, options, &ballots).order.iter().map(|place| sorted(&place.iter().map(|option| names[*option]).collect::<Vec<_>>())).collect();
            let after: Vec<Vec<usize>> = tally(rule, options, &turned).order.iter().map(|place| sorted(place)).collect();
            prop_assert_eq!(before, after, "{}", rule);
        }
    }

    #[test]
    fn every_option_has_its_place_and_a_lot_always_decides((options, ballots) in mixtures(), seed in any::<u64>()) {
        let keys: Vec<String> = (0..options).map(|option| format!("option {option}")).collect();
        let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
        for rule in Rule::ALL {
            let counted = tally(rule, options, &ballots);
            prop_assert_eq!(sorted(&counted.order.concat()), (0..options).collect::<Vec<_>>());
            prop_assert_eq!(counted.counted + counted.abstained, ballots.len());
            let terms = Terms { tie_breaks: vec![TieBreak::Lot(seed)], ..Terms::of(rule) };
            let verdict = decide(&keys, &ballots, &terms);
            prop_assert_eq!(&verdict, &decide(&keys, &ballots, &terms));
            match verdict.outcome {
                Outcome::Decided(option) => prop_assert!(counted.first().contains(&option)),
                Outcome::NoOpinion => prop_assert_eq!(counted.counted, 0),
                other => prop_assert!(false, "{other:?}"),
            }
        }
    }

    #[test]
    fn who_cannot_be_caught_is_not((options, ballots) in profiles(), more in prop::collection::vec((any::<prop::sample::Index>(), any::<u64>()), 0..4)) {
        for rule in Rule::ALL {
            let to_come: Vec<Weight> = more.iter().map(|_| Weight::ONE).collect();
            if can_be_caught(&Terms::of(rule), options, &ballots, &to_come) {
                continue;
            }
            let leader = tally(rule, options, &ballots).first().to_vec();
            // Whatever comes, and the worst of it: everybody who is still to vote puts one rival first and the leader last.
            for rival in (0..options).filter(|option| *option != leader[0]) {
                let mut all = ballots.clone();
                for (_, seed) in &more {
                    let mut order: Vec<usize> = (0..options).filter(|option| *option != leader[0] && *option != rival).collect();
                    order.sort_by_key(|option| seed.rotate_left(*option as u32 * 7));
                    order.insert(0, rival);
                    order.push(leader[0]);
                    all.push(ranking(&order));
                }
                prop_assert_eq!(tally(rule, options, &all).first().to_vec(), leader.clone(), "{}", rule);
            }
        }
    }

    #[test]
    fn a_pivotal_ballot_makes_the_difference((options, ballots) in profiles()) {
        let keys: Vec<String> = (0..options).map(|option| option.to_string()).collect();
        let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
        let terms = Terms { tie_breaks: vec![TieBreak::Lot(3)], ..Terms::of(Rule::Borda) };
        let all = decide(&keys, &ballots, &terms).outcome;
        let found = pivotal(&keys, &ballots, &terms).unwrap();
        for place in 0..ballots.len() {
            let mut rest = ballots.clone();
            rest.remove(place);
            prop_assert_eq!(decide(&keys, &rest, &terms).outcome != all, found.contains(&place));
        }
    }
}

#[test]
fn a_lead_that_nothing_can_change_is_seen() {
    let many = |count: usize, order: &[usize]| std::iter::repeat_n(ranking(order), count);
    let ballots: Vec<Ballot> = many(6, &[0, 1, 2]).chain(many(1, &[1, 0, 2])).collect();
    let caught = |terms: &Terms, count: usize| can_be_caught(terms, 3, &ballots, &vec![Weight::ONE; count]);
    for rule in [Rule::Plurality, Rule::Approval, Rule::InstantRunoff, Rule::Copeland, Rule::Schulze] {
        assert!(!caught(&Terms::of(rule), 4), "{rule}: 6 to 1 with 4 to come");
        assert!(caught(&Terms::of(rule), 5), "{rule}: 6 to 1 with 5 to come");
    }
    // 13 points to 8: a ballot changes that by 2 at most.
    assert!(!caught(&Terms::of(Rule::Borda), 2) && caught(&Terms::of(Rule::Borda), 3));
    for rule in Rule::ALL {
        assert!(!caught(&Terms::of(rule), 0), "{rule}: nothing is to come");
    }
    // Who leads for good may still miss a quorum or a threshold.
    assert!(caught(&Terms { quorum: 8, ..Terms::of(Rule::Plurality) }, 1));
    assert!(caught(&Terms { threshold: Some(Threshold::Majority), ..Terms::of(Rule::Copeland) }, 5));
    assert!(!caught(&Terms { threshold: Some(Threshold::Majority), ..Terms::of(Rule::Copeland) }, 4));
}

#[test]
fn a_ballot_that_says_nothing_changes_nothing() {
    let scores = |one: Option<f64>, other: Option<f64>| Ballot::of(Opinion::Scores(vec![one, other]));
    let ballots = vec![scores(Some(3.0), None), scores(Some(3.0), Some(4.0))];
    for silent in [Opinion::Abstention, Opinion::Approvals(vec![]), Opinion::Ranking(vec![]), Opinion::Scores(vec![None, None])] {
        let with: Vec<Ballot> = ballots.iter().cloned().chain([Ballot::of(silent)]).collect();
        for rule in Rule::ALL {
            assert_eq!(tally(rule, 2, &with).points, tally(rule, 2, &ballots).points, "{rule}");
        }
    }
}

#[test]
fn margins_say_how_close_it_was() {
    let many = |count: usize, order: &[usize]| std::iter::repeat_n(ranking(order), count);
    let ballots: Vec<Ballot> = many(58, &[0, 1]).chain(many(42, &[1, 0])).collect();
    assert_eq!(tally(Rule::InstantRunoff, 2, &ballots).margin(), Some(16.0));
    assert_eq!(tally(Rule::Plurality, 2, &ballots).margin(), Some(16.0));
    assert_eq!(tally(Rule::Plurality, 2, &ballots[57..59]).margin(), Some(0.0));
}

#[test]
fn what_the_rules_are_known_to_break_they_break() {
    let many = |count: usize, order: &[usize]| std::iter::repeat_n(ranking(order), count);
    // Borda breaks the majority criterion: three of five put 0 first.
    let ballots: Vec<Ballot> = many(3, &[0, 1, 2]).chain(many(2, &[1, 2, 0])).collect();
    assert_eq!((tally(Rule::Plurality, 3, &ballots).first(), tally(Rule::Borda, 3, &ballots).first()), (&[0][..], &[1][..]));
    // Plurality and the instant runoff break Condorcet's: 1 beats each of the others and wins by neither.
    let ballots: Vec<Ballot> = many(4, &[0, 1, 2]).chain(many(3, &[2, 1, 0])).chain(many(2, &[1, 0, 2])).collect();
    assert_eq!(condorcet(3, &ballots), Some(1));
    assert_eq!((tally(Rule::Plurality, 3, &ballots).first(), tally(Rule::InstantRunoff, 3, &ballots).first()), (&[0][..], &[0][..]));
    assert_eq!(tally(Rule::Schulze, 3, &ballots).first(), &[1]);
    // The instant runoff breaks monotonicity: two who come to put the winner first make it lose (Fishburn and Brams' kind of example).
    let before: Vec<Ballot> = many(39, &[0, 1, 2]).chain(many(35, &[1, 2, 0])).chain(many(26, &[2, 0, 1])).collect();
    assert_eq!(tally(Rule::InstantRunoff, 3, &before).first(), &[0]);
    let after: Vec<Ballot> = many(49, &[0, 1, 2]).chain(many(25, &[1, 2, 0])).chain(many(26, &[2, 0, 1])).collect();
    assert_eq!(tally(Rule::InstantRunoff, 3, &after).first(), &[2]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn who_cannot_be_caught_on_a_scale_is_not(
        (options, given) in (2_usize..5).prop_flat_map(|options| {
            let scores = prop::collection::vec(prop::option::weighted(0.9, 0_u32..=4), options);
            (Just(options), prop::collection::vec((scores, 1_u32..4), 1..9))
        }),
        coming in prop::collection::vec((prop::collection::vec(prop::option::weighted(0.9, 0_u32..=4), 4), 1_u32..4, any::<bool>()), 0..4),
    ) {
        let scale = Scale::new(0.0, 4.0).unwrap();
        let ballot = |scores: &[Option<u32>], weight: u32| {
            let scores = scores.iter().take(options).map(|score| score.map(f64::from)).collect();
            Ballot::new(Weight::new(f64::from(weight)).unwrap(), Opinion::Scores(scores))
        };
        let ballots: Vec<Ballot> = given.iter().map(|(scores, weight)| ballot(scores, *weight)).collect();
        let to_come: Vec<Weight> = coming.iter().map(|(_, weight, _)| Weight::new(f64::from(*weight)).unwrap()).collect();
        for rule in [Rule::Score, Rule::Median] {
            let terms = Terms { scale: Some(scale), ..Terms::of(rule) };
            if can_be_caught(&terms, options, &ballots, &to_come) {
                continue;
            }
            let leader = tally_within(rule, Some(scale), options, &ballots).first().to_vec();
            // Nothing is to come of those who tie, or have said nothing.
            if leader.len() != 1 {
                prop_assert!(coming.is_empty());
                continue;
            }
            // Some of those who are still to vote do, and say anything.
            let mut all = ballots.clone();
            all.extend(coming.iter().filter(|(_, _, votes)| *votes).map(|(scores, weight, _)| ballot(scores, *weight)));
            prop_assert_eq!(tally_within(rule, Some(scale), options, &all).first().to_vec(), leader.clone(), "{}", rule);
            // And the worst of it.
            for rival in (0..options).filter(|option| *option != leader[0]) {
                let mut all = ballots.clone();
                let worst: Vec<Option<u32>> = (0..options).map(|option| Some(if option == rival { 4 } else { 0 })).collect();
                all.extend(coming.iter().map(|(_, weight, _)| ballot(&worst, *weight)));
                prop_assert_eq!(tally_within(rule, Some(scale), options, &all).first().to_vec(), leader.clone(), "{}", rule);
            }
        }
    }
}

#[test]
fn a_scale_says_what_no_opinion_is_and_when_it_is_over() {
    let scores = |one: Option<f64>, other: Option<f64>| Ballot::of(Opinion::Scores(vec![one, other]));
    // Without a scale the missing score is 3, the least that was given; on a scale from 0 it is 0.
    let ballots = [scores(Some(3.0), None), scores(Some(4.0), Some(4.5))];
    assert_eq!(tally(Rule::Score, 2, &ballots).first(), [1]);
    let scale = Scale::new(0.0, 5.0).unwrap();
    assert_eq!(tally_within(Rule::Score, Some(scale), 2, &ballots).first(), [0]);
    assert_eq!(tally_within(Rule::Score, Some(scale), 2, &[Ballot::of(Opinion::Choice(1))]).points[1].get(), 5.0);
    // 20 to 4: a ballot of 0 to 5 changes that by 5 at most.
    let ballots = vec![scores(Some(5.0), Some(1.0)); 4];
    for (rule, enough) in [(Rule::Score, 3), (Rule::Median, 3)] {
        let terms = Terms { scale: Some(scale), ..Terms::of(rule) };
        assert!(!can_be_caught(&terms, 2, &ballots, &vec![Weight::ONE; enough]), "{rule}");
        assert!(can_be_caught(&terms, 2, &ballots, &[Weight::ONE; 4]), "{rule}");
        assert!(can_be_caught(&Terms::of(rule), 2, &ballots, &[Weight::ONE]), "{rule}: without a scale nothing is known");
    }
}
