//! Does who must not speak of an option, as of its own, count neither for it nor against it?

use baton_voting::{
    Ballot, Opinion, Outcome, Rule, Scale, Terms, Threshold, TieBreak, Weight, can_be_caught, decide, pivotal, tally, tally_within,
};
use proptest::prelude::*;

/// What a voter thinks of all options; a ballot says as much of it as it may.
#[derive(Debug, Clone)]
struct Mind {
    weight: Weight,
    /// Whole numbers from 0 to 4, so that some tie.
    scores: Vec<u32>,
    silent: Vec<usize>,
}

#[derive(Debug, Clone, Copy)]
enum Kind {
    Choice,
    Approvals,
    Ranking,
    Scores,
}

const KINDS: [Kind; 4] = [Kind::Choice, Kind::Approvals, Kind::Ranking, Kind::Scores];

impl Mind {
    fn ballot(&self, kind: Kind) -> Ballot {
        let may = |option: &usize| !self.silent.contains(option);
        let mut order: Vec<usize> = (0..self.scores.len()).filter(may).collect();
        order.sort_by_key(|option| (std::cmp::Reverse(self.scores[*option]), *option));
        let opinion = match (kind, order.first()) {
            (_, None) => Opinion::Abstention,
            (Kind::Choice, Some(first)) => Opinion::Choice(*first),
            (Kind::Approvals, _) => Opinion::Approvals(order.into_iter().filter(|option| self.scores[*option] >= 2).collect()),
            (Kind::Ranking, _) => {
                let mut places: Vec<Vec<usize>> = Vec::new();
                for option in order {
                    match places.last_mut() {
                        Some(place) if self.scores[place[0]] == self.scores[option] => place.push(option),
                        _ => places.push(vec![option]),
                    }
                }
                Opinion::Ranking(places)
            }
            (Kind::Scores, _) => {
                Opinion::Scores((0..self.scores.len()).map(|option| may(&option).then(|| f64::from(self.scores[option]))).collect())
            }
        };
        Ballot::new(self.weight, opinion).without(self.silent.clone())
    }
}

fn five() -> Scale {
    Scale::new(0.0, 4.0).unwrap()
}

fn weights() -> impl Strategy<Value = Weight> {
    prop_oneof![3 => Just(1.0), 1 => 0.1_f64..3.0].prop_map(|weight| Weight::new(weight).unwrap())
}

/// Options of which a voter must be silent: none, its own, or several.
fn silences(options: usize) -> impl Strategy<Value = Vec<usize>> {
    prop_oneof![
        2 => Just(vec![]),
        3 => (0..options).prop_map(|own| vec![own]),
        1 => prop::collection::btree_set(0..options, 0..=options).prop_map(|own| own.into_iter().collect()),
    ]
}

fn minds(voters: std::ops::Range<usize>) -> impl Strategy<Value = (usize, Vec<Mind>)> {
    (2_usize..6).prop_flat_map(move |options| {
        let mind = (weights(), prop::collection::vec(0_u32..5, options), silences(options));
        let mind = mind.prop_map(|(weight, scores, silent)| Mind { weight, scores, silent });
        (Just(options), prop::collection::vec(mind, voters.clone()))
    })
}

fn ballots(minds: &[Mind], kind: Kind) -> Vec<Ballot> {
    minds.iter().map(|mind| mind.ballot(kind)).collect()
}

fn first(rule: Rule, options: usize, ballots: &[Ballot]) -> Vec<usize> {
    tally_within(rule, Some(five()), options, ballots).first().to_vec()
}

/// What tells an option from the others, whatever the ballots weigh together: a share of all.
fn share(rule: Rule, options: usize, ballots: &[Ballot], option: usize) -> f64 {
    let tally = tally_within(rule, Some(five()), options, ballots);
    let points = tally.points[option].get();
    if matches!(rule, Rule::Copeland | Rule::Median) { points } else { points / tally.weight }
}

/// The rules by which an option's points depend on what is said of that option alone, and of its duels.
const APART: [Rule; 4] = [Rule::Score, Rule::Median, Rule::Borda, Rule::Copeland];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn what_all_prefer_wins_whoever_wrote_it(
        (options, weights, authors) in (2_usize..6).prop_flat_map(|options| {
            (Just(options), prop::collection::vec(weights(), 2..9), prop::collection::vec(silences(options), 9))
        }),
        best in any::<prop::sample::Index>(),
    ) {
        // All think the same: one is good, and the others are not, some less than others.
        let best = best.index(options);
        let scores: Vec<u32> = (0..options).map(|option| if option == best { 4 } else { u32::try_from(option % 2).unwrap() }).collect();
        let minds: Vec<Mind> = weights.iter().zip(authors).map(|(weight, silent)| Mind { weight: *weight, scores: scores.clone(), silent }).collect();
        let both = |other: usize| minds.iter().any(|mind| !mind.silent.contains(&best) && !mind.silent.contains(&other));
        // Where nobody may compare two, nobody has said which is better.
        if (0..options).any(|other| other != best && !both(other)) {
            return Ok(());
        }
        for rule in Rule::ALL {
            for kind in KINDS {
                prop_assert_eq!(first(rule, options, &ballots(&minds, kind)), vec![best], "{} of {:?}", rule, kind);
            }
        }
    }

    #[test]
    fn an_option_is_as_well_off_as_if_its_author_had_no_ballot((options, minds) in minds(1..9), which in any::<prop::sample::Index>()) {
        let author = which.index(minds.len());
        let mut others = minds.clone();
        let own = others.remove(author).silent;
        for rule in APART {
            let (with, without) = (ballots(&minds, Kind::Scores), ballots(&others, Kind::Scores));
            for option in own.iter().copied() {
                // Where others have said nothing at all there is no share.
                if tally(rule, options, &without).counted > 0 {
                    let (one, other) = (share(rule, options, &with, option), share(rule, options, &without, option));
                    prop_assert!((one - other).abs() < 1e-5, "{rule}: option {option} has {one} with its author's ballot, {other} without");
                }
            }
        }
    }

    #[test]
    fn who_wrote_what_changes_nothing_but_what_is_left_out((options, minds) in minds(1..9), one in any::<prop::sample::Index>(), other in any::<prop::sample::Index>()) {
        // Whatever somebody thinks of what it must not speak of: the verdict is the same.
        let mut others = minds.clone();
        for mind in &mut others {
            for option in mind.silent.clone() {
                mind.scores[option] = 4 - mind.scores[option];
            }
        }
        // Two who think and weigh the same may have written one another's answers.
        let mut same = minds.clone();
        let (one, other) = (one.index(minds.len()), other.index(minds.len()));
        same[other] = Mind { silent: same[other].silent.clone(), ..same[one].clone() };
        let mut swapped = same.clone();
        swapped[one].silent = same[other].silent.clone();
        swapped[other].silent = same[one].silent.clone();
        for rule in Rule::ALL {
            for kind in KINDS {
                prop_assert_eq!(tally(rule, options, &ballots(&minds, kind)), tally(rule, options, &ballots(&others, kind)), "{}", rule);
                prop_assert_eq!(tally(rule, options, &ballots(&same, kind)), tally(rule, options, &ballots(&swapped, kind)), "{}", rule);
            }
        }
    }

    #[test]
    fn no_option_is_treated_better_for_its_number_or_ballots_for_their_order(
        (options, minds, names) in minds(0..9).prop_flat_map(|(options, minds)| (Just(options), Just(minds), Just((0..options).collect::<Vec<_>>()).prop_shuffle()))
    ) {
        let mut turned: Vec<Mind> = minds.iter().map(|mind| {
            let mut scores = vec![0; options];
            (0..options).for_each(|option| scores[names[option]] = mind.scores[option]);
            Mind { weight: mind.weight, scores, silent: mind.silent.iter().map(|option| names[*option]).collect() }
        }).collect();
        turned.reverse();
        for rule in Rule::ALL {
            // A choice among equals is by their number: rankings and scores say that they are equal.
            for kind in [Kind::Approvals, Kind::Ranking, Kind::Scores] {
                let (before, after) = (tally(rule, options, &ballots(&minds, kind)), tally(rule, options, &ballots(&turned, kind)));
                for (points, name) in before.points.iter().zip(&names) {
                    prop_assert_eq!(points, &after.points[*name], "{} of {:?}", rule, kind);
                }
            }
        }
    }

    #[test]
    fn who_cannot_be_caught_is_not_whoever_is_silent((options, minds) in minds(1..9), coming in minds(0..4)) {
        let coming: Vec<Mind> = coming.1.into_iter().map(|mut mind| {
            mind.scores.resize(options, 0);
            mind.silent.retain(|option| *option < options);
            mind
        }).collect();
        let to_come: Vec<Weight> = coming.iter().map(|mind| mind.weight).collect();
        for rule in Rule::ALL {
            let kind = match rule {
                Rule::Plurality => Kind::Choice,
                Rule::Approval => Kind::Approvals,
                Rule::Score | Rule::Median => Kind::Scores,
                _ => Kind::Ranking,
            };
            for threshold in [None, Some(Threshold::Majority), Some(Threshold::Unanimity)] {
                let terms = Terms { scale: Some(five()), threshold, ..Terms::of(rule) };
                let keys = ["a", "b", "c", "d", "e"];
                let outcome = |ballots: &[Ballot]| decide(&keys[..options], ballots, &terms).outcome;
                let now = ballots(&minds, kind);
                if can_be_caught(&terms, options, &now, &to_come) {
                    continue;
                }
                let before = outcome(&now);
                let worst = |rival: usize, speaks: bool| -> Vec<Ballot> {
                    let turned = coming.iter().map(|mind| {
                        let scores = (0..options).map(|option| if option == rival { 4 } else { 0 }).collect();
                        let silent = if speaks { vec![] } else { mind.silent.iter().copied().filter(|option| *option != rival).collect() };
                        Mind { weight: mind.weight, scores, silent }.ballot(kind)
                    });
                    now.iter().cloned().chain(turned).collect()
                };
                let as_they_think: Vec<Ballot> = now.iter().cloned().chain(ballots(&coming, kind)).collect();
                prop_assert_eq!(outcome(&as_they_think), before.clone(), "{}", rule);
                for rival in 0..options {
                    for speaks in [true, false] {
                        prop_assert_eq!(outcome(&worst(rival, speaks)), before.clone(), "{}, for {}", rule, rival);
                    }
                }
            }
        }
    }
}

/// All say 9 of the first, 8 of the second and nothing of the third; the first is the first voter's, the second that of two, the third the last one's.
fn all_prefer_the_first() -> Vec<Ballot> {
    let scores = |silent: Option<usize>| {
        let score = |option: usize| (silent != Some(option)).then(|| [9.0, 8.0, 0.0][option]);
        Ballot::of(Opinion::Scores((0..3).map(score).collect())).without(silent.into_iter().collect())
    };
    vec![scores(Some(0)), scores(None), scores(None), scores(Some(2))]
}

#[test]
fn no_vote_for_oneself_is_no_vote_against_oneself() {
    let scale = Scale::new(0.0, 10.0).unwrap();
    for rule in Rule::ALL {
        let tally = tally_within(rule, Some(scale), 3, &all_prefer_the_first());
        assert_eq!(tally.first(), [0], "{rule}: {:?}", tally.points);
    }
    let points =
        |rule| tally_within(rule, Some(scale), 3, &all_prefer_the_first()).points.iter().map(|points| points.get()).collect::<Vec<_>>();
    // The mean of three as often as there are ballots; all its duels of as many as there were; every duel is its.
    assert_eq!(points(Rule::Score), [36.0, 32.0, 0.0]);
    assert_eq!(points(Rule::Median), [9.0, 8.0, 0.0]);
    assert_eq!(points(Rule::Copeland), [2.0, 0.0, -2.0]);
    // 8 duels: the first won its 5; the second 4 of 7, of which it lost three to the first; the third none.
    assert_eq!(points(Rule::Borda)[0], 8.0);
    assert_eq!(tally_within(Rule::Schulze, Some(scale), 3, &all_prefer_the_first()).nearest, Some(4.0));
    assert_eq!(pivotal(&["a", "b", "c"], &all_prefer_the_first(), &Terms { scale: Some(scale), ..Terms::of(Rule::Score) }), Some(vec![]));
}

#[test]
fn who_may_speak_of_one_answer_alone_chooses_nothing() {
    let choice = |option: usize, silent: &[usize]| Ballot::of(Opinion::Choice(option)).without(silent.to_vec());
    let outcome = |ballots: &[Ballot], threshold| decide(&["x", "y"], ballots, &Terms { threshold, ..Terms::of(Rule::Plurality) }).outcome;
    // Two found the first answer, one the other, which has the first alone on its ballot.
    let dissent = [choice(0, &[]), choice(0, &[]), choice(0, &[1])];
    assert_eq!(outcome(&dissent, Some(Threshold::Unanimity)), Outcome::BelowThreshold { leader: 0, votes: 2.0, of: 3.0 });
    assert_eq!(outcome(&dissent, Some(Threshold::Majority)), Outcome::Decided(0));
    // Whom the others join: the author counts neither for it nor against it.
    let convinced = [choice(1, &[]), choice(1, &[]), choice(0, &[1])];
    assert_eq!(outcome(&convinced, Some(Threshold::Unanimity)), Outcome::Decided(1));
    // Who each has only the other's answer before it says nothing.
    let each = [choice(1, &[0]), choice(0, &[1])];
    assert_eq!(outcome(&each, None), Outcome::Tied(vec![0, 1]));
    let torn = [choice(1, &[]), choice(0, &[]), choice(0, &[1])];
    assert_eq!(outcome(&torn, None), Outcome::Tied(vec![0, 1]));
    // It still rates: a score needs nothing to compare with.
    let score = |scores: [Option<f64>; 2], silent: &[usize]| Ballot::of(Opinion::Scores(scores.to_vec())).without(silent.to_vec());
    let rated = [score([Some(3.0), None], &[1]), score([None, Some(4.0)], &[0])];
    assert_eq!(tally_within(Rule::Score, Some(five()), 2, &rated).first(), [1]);
}

#[test]
fn a_majority_is_one_of_those_who_may_choose() {
    let choice = |option: usize, silent: usize| Ballot::of(Opinion::Choice(option)).without(vec![silent]);
    // Each has an answer of its own, and all others choose the first.
    let ballots = [choice(1, 0), choice(0, 1), choice(0, 2)];
    let outcome =
        |threshold| decide(&["x", "y", "z"], &ballots, &Terms { threshold: Some(threshold), ..Terms::of(Rule::Plurality) }).outcome;
    assert_eq!(outcome(Threshold::Majority), Outcome::Decided(0));
    assert_eq!(outcome(Threshold::supermajority(1.0).unwrap()), Outcome::Decided(0));
    // They had others of their own: that is not unanimous.
    assert_eq!(outcome(Threshold::Unanimity), Outcome::BelowThreshold { leader: 0, votes: 0.0, of: 2.0 });
}

#[test]
fn a_tie_is_broken_by_those_who_may_speak_of_what_ties() {
    let rank = |order: &[usize], silent: &[usize]| {
        Ballot::of(Opinion::Ranking(order.iter().map(|option| vec![*option]).collect())).without(silent.to_vec())
    };
    // 0 and 2 tie for the first places; between the two alone, the author of 2 says nothing.
    let ballots = [rank(&[0, 1], &[2]), rank(&[2, 0, 1], &[]), rank(&[2, 1, 0], &[]), rank(&[0, 2, 1], &[]), rank(&[1, 2, 0], &[])];
    let terms = Terms { tie_breaks: vec![TieBreak::Rule(Rule::Copeland)], ..Terms::of(Rule::Copeland) };
    assert_eq!(decide(&["a", "b", "c"], &ballots, &terms).outcome, Outcome::Decided(2));
    let runoff = tally(Rule::InstantRunoff, 3, &ballots);
    assert_eq!(runoff.first(), [2], "{:?}", runoff.rounds);
}
