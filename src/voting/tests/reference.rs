//! Do the rules choose as independent implementations do, on 10,000 random profiles?

use baton_voting::{Ballot, Opinion, Rule, tally};

const ALPHABET: &[u8] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz+/";
/// Made by `reference/make.py` with `pref_voting` and votelib.
const WINNERS: &str = include_str!("reference/winners.txt");
const PROFILES: u64 = 10_000;

/// `SplitMix64`.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((z ^ (z >> 31)) % bound as u64).unwrap()
    }
}

struct Profile {
    options: usize,
    rankings: Vec<Ballot>,
    grades: Vec<Ballot>,
    approvals: Vec<Ballot>,
}

fn profile(number: u64) -> Profile {
    let mut draw = Numbers(number);
    let options = 2 + draw.below(5);
    let voters = 1 + 2 * draw.below(8);
    let mut made = Profile { options, rankings: vec![], grades: vec![], approvals: vec![] };
    for _ in 0..voters {
        let mut order: Vec<usize> = (0..options).collect();
        for place in (1..options).rev() {
            order.swap(place, draw.below(place + 1));
        }
        made.rankings.push(Ballot::of(Opinion::Ranking(order.into_iter().map(|option| vec![option]).collect())));
        let grades: Vec<usize> = (0..options).map(|_| draw.below(6)).collect();
        made.approvals.push(Ballot::of(Opinion::Approvals((0..options).filter(|option| grades[*option] >= 3).collect())));
        made.grades.push(Ballot::of(Opinion::Scores(grades.into_iter().map(|grade| Some(grade as f64)).collect())));
    }
    made
}

#[test]
fn winners_are_those_of_other_programs() {
    let mut rules = 0;
    for line in WINNERS.lines() {
        let (name, marks) = line.split_once(' ').unwrap();
        let rule = Rule::parse(name).unwrap();
        assert_eq!(marks.len() as u64, PROFILES);
        for (number, mark) in (0..PROFILES).zip(marks.bytes()) {
            let profile = profile(number);
            let ballots = match rule {
                Rule::Score | Rule::Median => &profile.grades,
                Rule::Approval => &profile.approvals,
                _ => &profile.rankings,
            };
            let counted = tally(rule, profile.options, ballots);
            let ours = counted.order[0].iter().fold(0, |bits, option| bits | (1 << option));
            let theirs = ALPHABET.iter().position(|letter| *letter == mark).unwrap();
            assert_eq!(ours, theirs, "{rule} on profile {number}: {:?}", counted.points);
        }
        rules += 1;
    }
    assert_eq!(rules, Rule::ALL.len());
}
