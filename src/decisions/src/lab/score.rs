//! Which rules and which voters agreed with what people said later?

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::record::{Observation, Record};
use super::retally::{BallotBox, opinion_of, places};
use crate::decision::DecisionRule;

/// The ballots of a decision, and the answer that a person later found right.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Judged {
    /// The ballots.
    pub ballots: BallotBox,
    /// The key of the right answer; one that was not voted on makes every answer wrong.
    pub right: String,
}

/// A share of some cases, with the interval in which it lies with 95 % confidence (Wilson, 1927).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Share {
    /// How many.
    pub count: u64,
    /// Of how many.
    pub of: u64,
    /// The share.
    pub share: f64,
    /// Its lower bound.
    pub low: f64,
    /// Its upper bound.
    pub high: f64,
}

impl Share {
    /// So many of so many.
    #[must_use]
    pub fn new(count: u64, of: u64) -> Self {
        /// The normal quantile of 97.5 %.
        const Z: f64 = 1.959_963_984_540_054;
        if of == 0 {
            return Self { count, of, share: 0.0, low: 0.0, high: 1.0 };
        }
        let (number, share) = (of as f64, count as f64 / of as f64);
        let middle = share + Z * Z / (2.0 * number);
        let spread = Z * (share * (1.0 - share) / number + Z * Z / (4.0 * number * number)).sqrt();
        let all = 1.0 + Z * Z / number;
        Self { count, of, share, low: ((middle - spread) / all).max(0.0), high: ((middle + spread) / all).min(1.0) }
    }
}

/// How a rule would have done.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct RuleScore {
    /// The rule.
    pub rule: DecisionRule,
    /// Of all decisions, those in which it decides for the right answer.
    pub right: Share,
    /// Of all decisions, those in which it decides at all.
    pub decided: Share,
}

/// Holds every rule against later verdicts, the best first.
#[must_use]
pub fn score_rules(judged: &[Judged]) -> Vec<RuleScore> {
    let of = judged.len() as u64;
    let mut scores: Vec<RuleScore> = BallotBox::rules()
        .map(|rule| {
            let (mut right, mut decided) = (0, 0);
            for one in judged {
                if let Some(key) = one.ballots.retally(rule).key {
                    decided += 1;
                    right += u64::from(key == one.right);
                }
            }
            RuleScore { rule, right: Share::new(right, of), decided: Share::new(decided, of) }
        })
        .collect();
    scores.sort_by_key(|score| (std::cmp::Reverse(score.right.count), score.rule));
    scores
}

/// Holds every voter against later verdicts: an agent's samples together, people by themselves. Who puts several answers first, or says nothing,
/// has not answered.
#[must_use]
pub fn score_voters(judged: &[Judged]) -> BTreeMap<String, Record> {
    let mut records: BTreeMap<String, Record> = BTreeMap::new();
    for one in judged {
        let keys = places(one.ballots.keys.iter().map(String::as_str));
        for ballot in &one.ballots.ballots {
            let Some(opinion) = opinion_of(&ballot.says, &keys) else { continue };
            let top = baton_voting::Ballot::of(opinion).top();
            let &[first] = top.as_slice() else { continue };
            let right = one.ballots.keys.get(first) == Some(&one.right);
            let voter = ballot.voter.as_str();
            let agent = voter.split_once('#').map_or(voter, |(agent, _)| agent);
            records.entry(agent.to_owned()).or_default().add(&Observation { right, confidence: ballot.confidence, spent: ballot.spent });
        }
    }
    records
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lab::BoxedBallot;
    use crate::protocol::{Said, Spent};
    use crate::roster::VoterId;

    fn judged(chosen: &[(&str, &str)], right: &str) -> Judged {
        let keys: Vec<String> = vec!["a".into(), "b".into(), "c".into()];
        let cast = chosen.iter().map(|(voter, key)| BoxedBallot {
            voter: VoterId::named(*voter),
            weight: 1_000_000,
            confidence: Some(0.75),
            corrected: 500_000,
            says: if key.is_empty() { Said::Abstention } else { Said::Choice { choice: (*key).to_owned() } },
            silent: vec![],
            spent: Spent { tokens: 10, cost_millionths: 5 },
        });
        let ballots = BallotBox {
            rule: DecisionRule::Plurality,
            threshold: None,
            scale: None,
            quorum: 0,
            tie_break: vec![],
            seed: 1,
            forms: keys.clone(),
            keys,
            ballots: cast.collect(),
        };
        Judged { ballots, right: right.to_owned() }
    }

    #[test]
    fn rules_are_held_against_people() {
        let cases = [judged(&[("x", "a"), ("y", "a"), ("z", "b"), ("w", "c")], "a"), judged(&[("x", "a"), ("y", "a"), ("z", "a")], "b")];
        let scores = score_rules(&cases);
        let of = |rule: DecisionRule| scores.iter().find(|score| score.rule == rule).unwrap();
        assert_eq!((of(DecisionRule::Plurality).right.count, of(DecisionRule::Plurality).decided.count), (1, 2));
        assert_eq!((of(DecisionRule::Majority).right.count, of(DecisionRule::Majority).decided.count), (0, 1));
        assert_eq!(scores[0].right.count, 1, "the best first");
    }

    #[test]
    fn voters_are_held_against_people_samples_together() {
        let cases =
            [judged(&[("agent:1", "a"), ("agent:1#2", "b"), ("user:2", "")], "a"), judged(&[("agent:1", "c"), ("user:2", "c")], "c")];
        let records = score_voters(&cases);
        assert_eq!((records["agent:1"].answers, records["agent:1"].right, records["agent:1"].spent.tokens), (3, 2, 30));
        assert_eq!((records["user:2"].answers, records["user:2"].right), (1, 1), "an abstention is no answer");
        assert!(records["agent:1"].brier().is_some());
    }

    #[test]
    fn intervals_are_wilson_s() {
        // Wilson's interval for 8 of 10 is 0.490 to 0.943 (Brown, Cai and DasGupta, 2001, give the formula).
        let share = Share::new(8, 10);
        assert!((share.low - 0.4902).abs() < 1e-4 && (share.high - 0.9433).abs() < 1e-4, "{share:?}");
        assert_eq!((Share::new(0, 0).low, Share::new(0, 0).high), (0.0, 1.0));
    }
}
