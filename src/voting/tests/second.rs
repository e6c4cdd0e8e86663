//! Does every rule count as a second implementation does, where ballots of all kinds have weights and ties?
//!
//! The second one is as plain as the rules are told: it makes places of what a ballot says, compares each option with each by them, and looks for chains of
//! victories by leaving out the weak ones. It counts in millionths. Weights are multiples of 60 of them, so that a vote that several share has no rest.

use std::cmp::Ordering;
use std::collections::BTreeSet;

use baton_voting::{Ballot, Opinion, Rule, Scale, Tally, Weight, tally, tally_within};
use proptest::prelude::*;

use crate::electorate::levels;

/// What one is in millionths.
const ONE: i128 = 1_000_000;
/// Half a point, of which all scores here are multiples.
const HALF: i128 = 500_000;

/// A ballot as the second count reads it.
struct Voice {
    weight: i128,
    /// What it names, the best first, those that tie together.
    places: Vec<Vec<usize>>,
    /// The scores that it gave, if it gave any.
    scores: Option<Vec<Option<i128>>>,
}

impl Voice {
    fn of(ballot: &Ballot) -> Option<Self> {
        let mut scores = None;
        let places = match &ballot.opinion {
            Opinion::Choice(option) => vec![vec![*option]],
            Opinion::Approvals(options) => vec![options.clone()],
            Opinion::Ranking(places) => places.clone(),
            Opinion::Scores(given) => {
                let given: Vec<Option<i128>> = given.iter().map(|score| score.map(|score| (score * 2.0) as i128 * HALF)).collect();
                let marks: BTreeSet<i128> = given.iter().flatten().copied().collect();
                let having = |mark: &i128| (0..given.len()).filter(|option| given[*option] == Some(*mark)).collect::<Vec<usize>>();
                let places = marks.iter().rev().map(having).collect();
                scores = Some(given);
                places
            }
            Opinion::Abstention => Vec::new(),
        };
        let places: Vec<Vec<usize>> = places.into_iter().filter(|place: &Vec<usize>| !place.is_empty()).collect();
        (!places.is_empty()).then(|| Self { weight: i128::from(ballot.weight.millionths()), places, scores })
    }

    /// In which place an option is; what is not named is in the last.
    fn place(&self, option: usize) -> usize {
        self.places.iter().position(|place| place.contains(&option)).unwrap_or(self.places.len())
    }

    /// What it gives an option.
    fn score(&self, option: usize, least: i128, rest: i128, best: i128) -> i128 {
        match &self.scores {
            Some(scores) => scores[option].unwrap_or(least),
            None if self.places[0].contains(&option) => best,
            None => rest,
        }
    }
}

/// A second count: what each option has, and what settles equal ones.
type Count = Vec<(i128, i128)>;

fn plain(values: impl Iterator<Item = i128>) -> Count {
    values.map(|value| (value, 0)).collect()
}

fn plurality(options: usize, voices: &[Voice]) -> Count {
    let part = |voice: &Voice, option: usize| {
        let first = &voice.places[0];
        if first.contains(&option) { voice.weight / i128::try_from(first.len()).unwrap() } else { 0 }
    };
    plain((0..options).map(|option| voices.iter().map(|voice| part(voice, option)).sum()))
}

fn approval(options: usize, voices: &[Voice]) -> Count {
    plain((0..options).map(|option| voices.iter().filter(|voice| voice.places[0].contains(&option)).map(|voice| voice.weight).sum()))
}

/// In halves of a point.
fn borda(options: usize, voices: &[Voice]) -> Count {
    let duel = |voice: &Voice, one: usize, other: usize| match voice.place(one).cmp(&voice.place(other)) {
        Ordering::Less => 2,
        Ordering::Equal => 1,
        Ordering::Greater => 0,
    };
    let points = |voice: &Voice, one: usize| (0..options).filter(|other| *other != one).map(|other| duel(voice, one, other)).sum::<i128>();
    plain((0..options).map(|one| voices.iter().map(|voice| voice.weight * points(voice, one)).sum()))
}

/// By row: what prefers the row's option to the column's.
fn duels(options: usize, voices: &[Voice]) -> Vec<Vec<i128>> {
    let votes = |one: usize, other: usize| {
        voices.iter().filter(|voice| voice.place(one) < voice.place(other)).map(|voice| voice.weight).sum::<i128>()
    };
    (0..options).map(|one| (0..options).map(|other| votes(one, other)).collect()).collect()
}

fn copeland(duels: &[Vec<i128>]) -> Count {
    let options = duels.len();
    plain((0..options).map(|one| (0..options).map(|other| (duels[one][other] - duels[other][one]).signum()).sum()))
}

/// Whether a chain of victories of at least this strength leads from one to another.
fn leads(duels: &[Vec<i128>], strength: i128, from: usize, to: usize) -> bool {
    let (mut reached, mut ahead) = (BTreeSet::from([from]), vec![from]);
    while let Some(one) = ahead.pop() {
        let beaten = (0..duels.len()).filter(|other| duels[one][*other] > duels[*other][one] && duels[one][*other] >= strength);
        ahead.extend(beaten.filter(|other| reached.insert(*other)));
    }
    from != to && reached.contains(&to)
}

fn schulze(duels: &[Vec<i128>]) -> Count {
    let options = duels.len();
    let strengths: BTreeSet<i128> = duels.iter().flatten().copied().filter(|votes| *votes > 0).collect();
    let strongest =
        |from: usize, to: usize| strengths.iter().rev().copied().find(|strength| leads(duels, *strength, from, to)).unwrap_or(0);
    let beaten = |one: usize| (0..options).filter(|other| strongest(*other, one) > strongest(one, *other)).count();
    plain((0..options).map(|one| -i128::try_from(beaten(one)).unwrap()))
}

/// By option: what each voice gives it, with what the voice weighs.
fn marks(options: usize, voices: &[Voice], scale: Option<(i128, i128)>) -> Vec<Vec<(i128, i128)>> {
    let given = voices.iter().flat_map(|voice| voice.scores.iter().flatten().flatten().copied());
    // A ballot of another kind gives nothing to what it does not put first.
    let nothing = voices.iter().any(|voice| voice.scores.is_none()).then_some(0);
    let (least, rest, best) = match scale {
        Some((least, most)) => (least, least, most),
        None => (given.chain(nothing).min().unwrap_or(0), 0, ONE),
    };
    (0..options).map(|option| voices.iter().map(|voice| (voice.score(option, least, rest, best), voice.weight)).collect()).collect()
}

fn score(marks: &[Vec<(i128, i128)>]) -> Count {
    plain(marks.iter().map(|marks| marks.iter().map(|(mark, weight)| mark * weight).sum()))
}

/// The mark with less than half of the weight under it, and no more than half over it; then what is over it, or if that is not more what is under it.
fn median(marks: &[Vec<(i128, i128)>]) -> Count {
    let of = |marks: &Vec<(i128, i128)>| {
        let weight = |is: &dyn Fn(i128) -> bool| marks.iter().filter(|(mark, _)| is(*mark)).map(|(_, weight)| weight).sum::<i128>();
        let all = weight(&|_| true);
        let is_median = |middle: i128| 2 * weight(&|mark| mark < middle) < all && 2 * weight(&|mark| mark > middle) <= all;
        let middle = marks.iter().map(|(mark, _)| *mark).find(|mark| is_median(*mark)).unwrap();
        let (over, under) = (weight(&|mark| mark > middle), weight(&|mark| mark < middle));
        (middle, if over > under { over } else { -under })
    };
    marks.iter().map(of).collect()
}

/// A round of a runoff: the votes of each option that was left, and who left then.
type Counted = (Vec<(usize, i128)>, Vec<usize>);

/// The rounds of a runoff that goes on until those that are left are all alike: the votes, and who leaves.
fn runoff(options: usize, voices: &[Voice]) -> Vec<Counted> {
    let mut left: Vec<usize> = (0..options).collect();
    let mut rounds = Vec::new();
    loop {
        let mut votes: Vec<(usize, i128)> = left.iter().map(|option| (*option, 0)).collect();
        for voice in voices {
            let mut standing = voice.places.iter().map(|place| place.iter().filter(|option| left.contains(option)).collect::<Vec<_>>());
            let Some(first) = standing.find(|first| !first.is_empty()) else { continue };
            for (option, votes) in &mut votes {
                if first.contains(&&*option) {
                    *votes += voice.weight / i128::try_from(first.len()).unwrap();
                }
            }
        }
        let fewest = votes.iter().map(|(_, votes)| *votes).min().unwrap();
        let (stay, leave): (Vec<_>, Vec<_>) = votes.iter().copied().partition(|(_, votes)| *votes > fewest);
        rounds.push((votes, leave.iter().map(|(option, _)| *option).collect()));
        if stay.is_empty() {
            return rounds;
        }
        left = stay.iter().map(|(option, _)| *option).collect();
    }
}

/// Holds a tally against a second count: what each option has, in this unit, and the whole order.
fn same(counted: &Tally, count: &[(i128, i128)], unit: i128, of: &[Ballot]) {
    let given: Vec<f64> = counted.points.iter().map(|points| points.get()).collect();
    let points: Vec<f64> = count.iter().map(|(value, _)| *value as f64 / unit as f64).collect();
    assert_eq!(given, points, "{} of {of:?}", counted.rule);
    let values: BTreeSet<(i128, i128)> = count.iter().copied().collect();
    let having = |value: &(i128, i128)| (0..count.len()).filter(|option| count[*option] == *value).collect::<Vec<usize>>();
    let order: Vec<Vec<usize>> = values.iter().rev().map(having).collect();
    assert_eq!(counted.order, order, "{} of {of:?}", counted.rule);
}

/// Who is first must be whom the last round leaves; the rounds must be the same, until the first count stops because one has more than half.
fn same_runoff(counted: &Tally, rounds: &[Counted], of: &[Ballot]) {
    let last = rounds.last().unwrap();
    assert_eq!(counted.first(), last.1, "{of:?}");
    assert!(!counted.rounds.is_empty() && counted.rounds.len() <= rounds.len(), "{of:?}");
    let stops = counted.rounds.len() - 1;
    for (number, (round, (votes, leave))) in counted.rounds.iter().zip(rounds).enumerate() {
        let votes: Vec<(usize, f64)> = votes.iter().map(|(option, votes)| (*option, *votes as f64 / ONE as f64)).collect();
        assert_eq!(round.votes, votes, "round {number} of {of:?}");
        if number < stops {
            assert_eq!(&round.leaving, leave, "round {number} of {of:?}");
        }
    }
}

fn compare(options: usize, ballots: &[Ballot]) {
    let voices: Vec<Voice> = ballots.iter().filter_map(Voice::of).collect();
    if voices.is_empty() {
        Rule::ALL.into_iter().for_each(|rule| assert_eq!(tally(rule, options, ballots).first(), [0; 0], "{rule}"));
        return;
    }
    let duels = duels(options, &voices);
    for rule in Rule::ALL {
        let counted = tally(rule, options, ballots);
        assert_eq!((counted.counted, counted.abstained), (voices.len(), ballots.len() - voices.len()), "{rule} of {ballots:?}");
        match rule {
            Rule::Plurality => same(&counted, &plurality(options, &voices), ONE, ballots),
            Rule::Approval => same(&counted, &approval(options, &voices), ONE, ballots),
            Rule::Borda => same(&counted, &borda(options, &voices), 2 * ONE, ballots),
            Rule::InstantRunoff => same_runoff(&counted, &runoff(options, &voices), ballots),
            Rule::Copeland => same(&counted, &copeland(&duels), 1, ballots),
            Rule::Schulze => same(&counted, &schulze(&duels), 1, ballots),
            Rule::Score => same(&counted, &score(&marks(options, &voices, None)), ONE * ONE, ballots),
            Rule::Median => same(&counted, &median(&marks(options, &voices, None)), ONE, ballots),
        }
    }
    // All scores here are of this scale.
    let scale = Scale::new(-1.0, 2.0).unwrap();
    let marks = marks(options, &voices, Some((-ONE, 2 * ONE)));
    same(&tally_within(Rule::Score, Some(scale), options, ballots), &score(&marks), ONE * ONE, ballots);
    same(&tally_within(Rule::Median, Some(scale), options, ballots), &median(&marks), ONE, ballots);
}

/// The options by their levels, without the last places.
fn places(levels: &[usize], kept: usize) -> Vec<Vec<usize>> {
    let known: BTreeSet<usize> = levels.iter().copied().collect();
    let having = |level: &usize| (0..levels.len()).filter(|option| levels[*option] == *level).collect::<Vec<usize>>();
    known.iter().take(kept).map(having).collect()
}

/// Ballots of every kind over 2 to 6 options. Most weights are of the few that add up to one another; others are odd.
fn profiles() -> impl Strategy<Value = (usize, Vec<Ballot>)> {
    (2_usize..7).prop_flat_map(|options| {
        let opinion = prop_oneof![
            2 => (0..options).prop_map(Opinion::Choice),
            2 => prop::sample::subsequence((0..options).collect::<Vec<_>>(), 0..=options).prop_map(Opinion::Approvals),
            5 => (levels(options, false), 0..=options).prop_map(|(levels, kept)| Opinion::Ranking(places(&levels, kept))),
            3 => prop::collection::vec(prop::option::of((-2_i32..5).prop_map(|halves| f64::from(halves) / 2.0)), options)
                .prop_map(Opinion::Scores),
            1 => Just(Opinion::Abstention),
        ];
        let parts = prop_oneof![3 => (1_u64..4).prop_map(|halves| halves * 500_040), 1 => (1_u64..50_000).prop_map(|parts| parts * 60)];
        let ballot = (opinion, parts).prop_map(|(opinion, parts)| Ballot::new(Weight::from_millionths(parts).unwrap(), opinion));
        (Just(options), prop::collection::vec(ballot, 0..10))
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn weighted_ballots_of_all_kinds_with_ties_count_the_same_twice((options, ballots) in profiles()) {
        compare(options, &ballots);
    }
}

/// Half a vote and half a vote are one, and a vote that two share is half a vote for each.
#[test]
fn parts_of_votes_tie_with_whole_ones() {
    let of = |parts: u64, opinion: Opinion| Ballot::new(Weight::from_millionths(parts).unwrap(), opinion);
    let ballots = [
        of(500_040, Opinion::Choice(0)),
        of(1_000_080, Opinion::Choice(1)),
        of(1_000_080, Opinion::Ranking(vec![vec![0, 2]])),
        of(500_040, Opinion::Choice(2)),
    ];
    compare(3, &ballots);
    for rule in [Rule::Plurality, Rule::InstantRunoff] {
        assert_eq!(tally(rule, 3, &ballots).order, [vec![0, 1, 2]], "{rule}");
    }
    assert_eq!(tally(Rule::Approval, 3, &ballots).order, [vec![0, 2], vec![1]]);
}
