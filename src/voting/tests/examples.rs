//! Do the rules give what is published of worked examples?

use baton_voting::{Ballot, Opinion, Rule, tally};

fn many(count: usize, order: &str) -> impl Iterator<Item = Ballot> {
    let places = order.bytes().map(|letter| vec![usize::from(letter - b'A')]).collect();
    std::iter::repeat_n(Ballot::of(Opinion::Ranking(places)), count)
}

fn points(rule: Rule, options: usize, ballots: &[Ballot]) -> Vec<f64> {
    tally(rule, options, ballots).points.into_iter().map(|points| points.get()).collect()
}

/// Where the capital of Tennessee shall be (Wikipedia: "Borda count", "Condorcet method"): Memphis, Nashville, Chattanooga, Knoxville.
fn tennessee() -> Vec<Ballot> {
    many(42, "ABCD").chain(many(26, "BCDA")).chain(many(15, "CDBA")).chain(many(17, "DCBA")).collect()
}

#[test]
fn tennessee_chooses_by_every_rule_as_is_published() {
    let first = |rule| tally(rule, 4, &tennessee()).first().to_vec();
    assert_eq!(points(Rule::Plurality, 4, &tennessee()), [42.0, 26.0, 15.0, 17.0]);
    assert_eq!(points(Rule::Borda, 4, &tennessee()), [126.0, 194.0, 173.0, 107.0]);
    assert_eq!((first(Rule::Borda), first(Rule::Copeland), first(Rule::Schulze)), (vec![1], vec![1], vec![1]));
    assert_eq!(first(Rule::InstantRunoff), [3]);
    let rounds = tally(Rule::InstantRunoff, 4, &tennessee()).rounds;
    assert_eq!(rounds.iter().map(|round| round.leaving.clone()).collect::<Vec<_>>(), [vec![2], vec![1], vec![]]);
    assert_eq!(rounds[2].votes, [(0, 42.0), (3, 58.0)]);
}

/// Schulze's first example with 45 voters: E wins, and the order is E, A, C, B, D (Schulze 2011, section 3; Wikipedia "Schulze method").
#[test]
fn schulze_s_own_example_has_his_order() {
    let ballots: Vec<Ballot> = many(5, "ACBED")
        .chain(many(5, "ADECB"))
        .chain(many(8, "BEDAC"))
        .chain(many(3, "CABED"))
        .chain(many(7, "CAEBD"))
        .chain(many(2, "CBADE"))
        .chain(many(7, "DCEBA"))
        .chain(many(8, "EBADC"))
        .collect();
    assert_eq!(tally(Rule::Schulze, 5, &ballots).order, [vec![4], vec![0], vec![2], vec![1], vec![3]]);
}

/// The instant runoff of the four corners (Wikipedia "Copeland's method"): with the votes of Tennessee, Nashville wins all three duels.
#[test]
fn copeland_counts_victories_less_defeats() {
    assert_eq!(points(Rule::Copeland, 4, &tennessee()), [-3.0, 3.0, 1.0, -1.0]);
    let circle: Vec<Ballot> = many(1, "ABC").chain(many(1, "BCA")).chain(many(1, "CAB")).collect();
    assert_eq!(tally(Rule::Copeland, 3, &circle).first(), [0, 1, 2]);
    assert_eq!(tally(Rule::Schulze, 3, &circle).first(), [0, 1, 2]);
}

/// Majority judgment on Tennessee (Wikipedia "Highest median voting rules" and "Majority judgment"): grades by distance; Nashville wins.
#[test]
fn the_median_of_grades_chooses_nashville() {
    let grades = |count: usize, scores: [f64; 4]| {
        std::iter::repeat_n(Ballot::of(Opinion::Scores(scores.iter().map(|score| Some(*score)).collect())), count)
    };
    // Excellent 3, good 2, fair 1, poor 0.
    let ballots: Vec<Ballot> = grades(42, [3.0, 1.0, 0.0, 0.0])
        .chain(grades(26, [0.0, 3.0, 1.0, 1.0]))
        .chain(grades(15, [0.0, 1.0, 3.0, 2.0]))
        .chain(grades(17, [0.0, 1.0, 2.0, 3.0]))
        .collect();
    let counted = tally(Rule::Median, 4, &ballots);
    assert_eq!(counted.first(), [1]);
    assert_eq!(points(Rule::Median, 4, &ballots), [0.0, 1.0, 1.0, 1.0]);
    assert_eq!(points(Rule::Score, 4, &ballots), [126.0, 152.0, 105.0, 107.0]);
}

#[test]
fn what_ties_or_is_left_out_shares() {
    let tied = Ballot::of(Opinion::Ranking(vec![vec![0, 1], vec![2]]));
    assert_eq!(points(Rule::Borda, 4, std::slice::from_ref(&tied)), [2.5, 2.5, 1.0, 0.0]);
    assert_eq!(points(Rule::Plurality, 4, std::slice::from_ref(&tied)), [0.5, 0.5, 0.0, 0.0]);
    assert_eq!(points(Rule::Approval, 4, std::slice::from_ref(&tied)), [1.0, 1.0, 0.0, 0.0]);
    assert_eq!(points(Rule::Borda, 4, &[Ballot::of(Opinion::Choice(2))]), [1.0, 1.0, 3.0, 1.0]);
    let scores = [Ballot::of(Opinion::Scores(vec![Some(2.0), None])), Ballot::of(Opinion::Scores(vec![Some(1.0), Some(3.0)]))];
    assert_eq!(points(Rule::Score, 2, &scores), [3.0, 4.0], "no opinion is the least score given");
}
