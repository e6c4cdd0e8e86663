//! Is it decided? Quorum, ties and thresholds.

use crate::ballot::{Ballot, Opinion, PARTS};
use crate::count::{approval_sums, first_sums};
use crate::rule::{Rule, Threshold};
use crate::runoff::last_votes;
use crate::scale::Scale;
use crate::tally::{Tally, tally_within};

/// How a tie is broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TieBreak {
    /// By what another rule makes of the ballots over the tied options alone.
    Rule(Rule),
    /// By a lot: the same seed draws the same option, in whatever order options and ballots stand.
    Lot(u64),
}

/// When a question is decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Terms {
    /// The rule.
    pub rule: Rule,
    /// What scores go from and to; only score and median read it.
    pub scale: Option<Scale>,
    /// What the first option must have, beside being the first.
    pub threshold: Option<Threshold>,
    /// How many ballots there must be, abstentions included.
    pub quorum: usize,
    /// What breaks ties, one after the other.
    pub tie_breaks: Vec<TieBreak>,
}

impl Terms {
    /// A rule and nothing else.
    #[must_use]
    pub const fn of(rule: Rule) -> Self {
        Self { rule, scale: None, threshold: None, quorum: 0, tie_breaks: Vec::new() }
    }
}

/// What came of the ballots.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// This option.
    Decided(usize),
    /// These tie, and nothing breaks the tie.
    Tied(Vec<usize>),
    /// This option is the first, and has too few votes.
    BelowThreshold {
        /// The option.
        leader: usize,
        /// The votes that put it first.
        votes: f64,
        /// Of so many.
        of: f64,
    },
    /// Too few ballots.
    NoQuorum {
        /// How many there are.
        ballots: usize,
        /// How many there must be.
        needed: usize,
    },
    /// No ballot says anything.
    NoOpinion,
}

/// An outcome and how it came about.
#[derive(Debug, Clone, PartialEq)]
pub struct Verdict {
    /// What came of it.
    pub outcome: Outcome,
    /// What the rule made of the ballots.
    pub tally: Tally,
    /// Each tie-break that was used, with the options it left.
    pub broken_by: Vec<(TieBreak, Vec<usize>)>,
}

/// Decides a question. `keys` names the options, for the lot: the same key has the same luck wherever it stands.
#[must_use]
pub fn decide(keys: &[&str], ballots: &[Ballot], terms: &Terms) -> Verdict {
    let tally = tally_within(terms.rule, terms.scale, keys.len(), ballots);
    if ballots.len() < terms.quorum {
        let outcome = Outcome::NoQuorum { ballots: ballots.len(), needed: terms.quorum };
        return Verdict { outcome, tally, broken_by: Vec::new() };
    }
    let mut tied = tally.first().to_vec();
    let mut broken_by = Vec::new();
    for by in &terms.tie_breaks {
        if tied.len() < 2 {
            break;
        }
        tied = broken(&tied, keys, ballots, *by, terms.scale);
        broken_by.push((*by, tied.clone()));
    }
    let outcome = match tied.as_slice() {
        [] => Outcome::NoOpinion,
        [option] => of_one(*option, keys.len(), ballots, terms),
        _ => Outcome::Tied(tied),
    };
    Verdict { outcome, tally, broken_by }
}

fn of_one(option: usize, options: usize, ballots: &[Ballot], terms: &Terms) -> Outcome {
    let Some(threshold) = terms.threshold else { return Outcome::Decided(option) };
    let (votes, of) = support(option, options, ballots, terms.rule, threshold);
    if threshold.is_met(votes, of) {
        return Outcome::Decided(option);
    }
    Outcome::BelowThreshold { leader: option, votes: votes as f64 / PARTS, of: of as f64 / PARTS }
}

/// The votes behind an option, of so many: its approvals by approval, those of the last round by an instant runoff, and otherwise its first places; of all
/// that say something. One that approves of nothing says nothing. Whose own the option is counts neither for it nor against it. Unanimous is nobody
/// who must be silent about another option, as about an own one: such a ballot counts as if it stood by that one.
pub(crate) fn support(option: usize, options: usize, ballots: &[Ballot], rule: Rule, threshold: Threshold) -> (u128, u128) {
    let sums = match rule {
        Rule::Approval => approval_sums(options, ballots).of,
        // What settles the options of the last round is their votes in it.
        Rule::InstantRunoff => last_votes(options, ballots),
        _ => first_sums(options, ballots).of,
    };
    let votes = sums.get(option).map_or(0, |votes| u128::try_from(*votes).unwrap_or(0));
    let weight = |ballot: &Ballot| u128::from(ballot.weight.0);
    let heard = || ballots.iter().filter(|ballot| ballot.speaks() && !ballot.silent.contains(&option));
    let of = heard().map(weight).sum();
    match threshold {
        Threshold::Unanimity => (votes.min(heard().filter(|ballot| ballot.silent.is_empty()).map(weight).sum()), of),
        _ => (votes, of),
    }
}

/// The options that a tie-break leaves of those that tie.
fn broken(tied: &[usize], keys: &[&str], ballots: &[Ballot], by: TieBreak, scale: Option<Scale>) -> Vec<usize> {
    match by {
        // It says nothing of more options than it counts.
        TieBreak::Rule(rule) if tied.len() > rule.most_options() => tied.to_vec(),
        TieBreak::Rule(rule) => {
            let among: Vec<Ballot> = ballots.iter().map(|ballot| restricted(ballot, tied)).collect();
            let tally = tally_within(rule, scale, tied.len(), &among);
            let first: Vec<usize> = tally.first().iter().filter_map(|place| tied.get(*place).copied()).collect();
            if first.is_empty() { tied.to_vec() } else { first }
        }
        TieBreak::Lot(seed) => {
            let luck = |option: &usize| {
                let key = keys.get(*option).copied().unwrap_or_default();
                (mixed(seed ^ hashed(key)), key)
            };
            tied.iter().copied().min_by(|one, other| luck(one).cmp(&luck(other))).into_iter().collect()
        }
    }
}

/// A ballot over some of the options only, which are numbered anew.
fn restricted(ballot: &Ballot, options: &[usize]) -> Ballot {
    let place_of = |option: &usize| options.iter().position(|kept| kept == option);
    let opinion = match &ballot.opinion {
        Opinion::Choice(option) => place_of(option).map_or(Opinion::Abstention, Opinion::Choice),
        Opinion::Approvals(approved) => Opinion::Approvals(approved.iter().filter_map(place_of).collect()),
        Opinion::Ranking(places) => Opinion::Ranking(
            places.iter().map(|place| place.iter().filter_map(place_of).collect()).filter(|place: &Vec<usize>| !place.is_empty()).collect(),
        ),
        Opinion::Scores(scores) => Opinion::Scores(options.iter().map(|option| scores.get(*option).copied().flatten()).collect()),
        Opinion::Abstention => Opinion::Abstention,
    };
    Ballot { weight: ballot.weight, opinion, silent: ballot.silent.iter().filter_map(place_of).collect() }
}

/// FNV-1a, 64 bits (Fowler, Noll and Vo).
fn hashed(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

/// The last step of SplitMix64 (Steele, Lea and Flood, 2014): neighbouring seeds give unlike numbers.
fn mixed(seed: u64) -> u64 {
    let seed = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let seed = (seed ^ (seed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let seed = (seed ^ (seed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    seed ^ (seed >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn choices(chosen: &[usize]) -> Vec<Ballot> {
        chosen.iter().map(|option| Ballot::of(Opinion::Choice(*option))).collect()
    }

    const KEYS: [&str; 3] = ["yes", "no", "later"];

    #[test]
    fn quorum_comes_before_all_and_counts_abstentions() {
        let terms = Terms { quorum: 3, ..Terms::of(Rule::Plurality) };
        let mut ballots = choices(&[0, 0]);
        assert_eq!(decide(&KEYS, &ballots, &terms).outcome, Outcome::NoQuorum { ballots: 2, needed: 3 });
        ballots.push(Ballot::of(Opinion::Abstention));
        assert_eq!(decide(&KEYS, &ballots, &terms).outcome, Outcome::Decided(0));
    }

    #[test]
    fn thresholds_are_of_what_was_counted() {
        let outcome = |threshold, ballots: &[Ballot]| {
            decide(&KEYS, ballots, &Terms { threshold: Some(threshold), ..Terms::of(Rule::Plurality) }).outcome
        };
        let half = choices(&[0, 0, 1, 2]);
        assert_eq!(outcome(Threshold::Majority, &half), Outcome::BelowThreshold { leader: 0, votes: 2.0, of: 4.0 });
        let mut more = choices(&[0, 0, 1]);
        more.push(Ballot::of(Opinion::Abstention));
        assert_eq!(outcome(Threshold::Majority, &more), Outcome::Decided(0), "who abstains is not counted");
        let share = |share: f64| Threshold::supermajority(share).unwrap_or(Threshold::Unanimity);
        assert_eq!(outcome(share(2.0 / 3.0), &choices(&[0, 0, 1])), Outcome::Decided(0), "two of three are two thirds");
        assert_eq!(outcome(share(0.67), &choices(&[0, 0, 1])), Outcome::BelowThreshold { leader: 0, votes: 2.0, of: 3.0 });
        assert_eq!(outcome(Threshold::Unanimity, &choices(&[1, 1])), Outcome::Decided(1));
        assert_eq!(outcome(Threshold::Unanimity, &choices(&[1, 1, 0])), Outcome::BelowThreshold { leader: 1, votes: 2.0, of: 3.0 });
        assert_eq!((Threshold::supermajority(0.5), Threshold::supermajority(1.1), Threshold::supermajority(f64::NAN)), (None, None, None));
    }

    #[test]
    fn a_threshold_counts_what_the_rule_counts() {
        let outcome =
            |rule, ballots: &[Ballot]| decide(&KEYS, ballots, &Terms { threshold: Some(Threshold::Majority), ..Terms::of(rule) }).outcome;
        let approve = |options: &[usize]| Ballot::of(Opinion::Approvals(options.to_vec()));
        assert_eq!(outcome(Rule::Approval, &[approve(&[0, 1]), approve(&[0, 2]), approve(&[0])]), Outcome::Decided(0));
        let rank = |order: &[usize]| Ballot::of(Opinion::Ranking(order.iter().map(|option| vec![*option]).collect()));
        // 2 leaves first, and its friends bring 1 above the half.
        let ballots = [rank(&[0, 1]), rank(&[0, 1]), rank(&[1, 0]), rank(&[1, 0]), rank(&[2, 1])];
        assert_eq!(outcome(Rule::InstantRunoff, &ballots), Outcome::Decided(1));
        // One whose ballot ends is still counted.
        let ballots = [rank(&[0]), rank(&[0]), rank(&[1]), rank(&[2])];
        assert_eq!(outcome(Rule::InstantRunoff, &ballots), Outcome::BelowThreshold { leader: 0, votes: 2.0, of: 4.0 });
    }

    #[test]
    fn ties_are_broken_in_turn_and_a_lot_always_ends_them() {
        let ballots = choices(&[0, 1]);
        assert_eq!(decide(&KEYS, &ballots, &Terms::of(Rule::Plurality)).outcome, Outcome::Tied(vec![0, 1]));
        let terms = Terms { tie_breaks: vec![TieBreak::Rule(Rule::Borda), TieBreak::Lot(7)], ..Terms::of(Rule::Plurality) };
        let verdict = decide(&KEYS, &ballots, &terms);
        assert!(matches!(verdict.outcome, Outcome::Decided(0 | 1)));
        assert_eq!(verdict.broken_by.len(), 2);
        // In the other order the options have the same luck.
        let turned = decide(&["no", "yes", "later"], &ballots, &terms);
        let name = |verdict: &Verdict, keys: [&'static str; 3]| match verdict.outcome {
            Outcome::Decided(option) => keys[option],
            _ => "nothing",
        };
        assert_eq!(name(&verdict, KEYS), name(&turned, ["no", "yes", "later"]));
        let drawn: std::collections::BTreeSet<&str> = (0..50)
            .map(|seed| {
                name(&decide(&KEYS, &ballots, &Terms { tie_breaks: vec![TieBreak::Lot(seed)], ..Terms::of(Rule::Plurality) }), KEYS)
            })
            .collect();
        assert_eq!(drawn.len(), 2, "every option has a chance");
    }

    #[test]
    fn a_rule_breaks_a_tie_over_the_tied_options_alone() {
        // 0 and 1 tie; without 2, which splits its friends' votes, 1 is preferred.
        let rank = |order: [usize; 3]| Ballot::of(Opinion::Ranking(order.iter().map(|option| vec![*option]).collect()));
        let ballots = [rank([0, 1, 2]), rank([0, 1, 2]), rank([1, 0, 2]), rank([1, 0, 2]), rank([2, 1, 0])];
        let terms = Terms { tie_breaks: vec![TieBreak::Rule(Rule::Plurality)], ..Terms::of(Rule::Plurality) };
        assert_eq!(decide(&KEYS, &ballots, &terms).outcome, Outcome::Decided(1));
    }

    #[test]
    fn nothing_said_is_nothing_decided() {
        for rule in Rule::ALL {
            let terms = Terms { tie_breaks: vec![TieBreak::Lot(1)], ..Terms::of(rule) };
            assert_eq!(decide(&KEYS, &[], &terms).outcome, Outcome::NoOpinion, "{rule}");
            assert_eq!(decide(&KEYS, &[Ballot::of(Opinion::Abstention)], &terms).outcome, Outcome::NoOpinion, "{rule}");
        }
    }
}
