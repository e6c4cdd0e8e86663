//! Where do rules disagree on the same ballots, and whose ballot made the difference?

use std::collections::BTreeMap;

use baton_voting::{Ballot, pivotal};
use serde::{Deserialize, Serialize};

use super::retally::{BallotBox, Retally};
use crate::decision::DecisionRule;
use crate::roster::VoterId;

/// What one rule makes of the ballots, beside the decision's own.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RuleVerdict {
    /// What it makes of them.
    #[serde(flatten)]
    pub retally: Retally,
    /// Whether it decides for another answer than the decision's own rule, or only one of the two decides.
    pub differs: bool,
}

/// The same ballots by every rule.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Comparison {
    /// The decision's own rule.
    pub own: DecisionRule,
    /// Each rule's verdict.
    pub rules: Vec<RuleVerdict>,
    /// Which rules decide for which answer, by keys.
    pub winners: BTreeMap<String, Vec<DecisionRule>>,
    /// Voters without whose ballot the decision's own rule would have come to something else; none where there are too many ballots to tell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pivotal: Option<Vec<VoterId>>,
}

impl Comparison {
    /// Whether rules that decide do not all decide for the same.
    #[must_use]
    pub fn disagrees(&self) -> bool {
        self.winners.len() > 1
    }
}

/// Counts the ballots by every rule.
#[must_use]
pub fn compare(ballots: &BallotBox) -> Comparison {
    let own = ballots.own();
    let decided = ballots.retally(own).key;
    let mut winners: BTreeMap<String, Vec<DecisionRule>> = BTreeMap::new();
    let rules: Vec<RuleVerdict> = BallotBox::rules()
        .map(|rule| {
            let retally = ballots.retally(rule);
            if let Some(key) = &retally.key {
                winners.entry(key.clone()).or_default().push(rule);
            }
            let differs = retally.key != decided;
            RuleVerdict { retally, differs }
        })
        .collect();
    let cast = ballots.ballots_for(own);
    let counted: Vec<Ballot> = cast.iter().map(|(_, ballot)| ballot.clone()).collect();
    let forms: Vec<&str> = ballots.forms.iter().map(String::as_str).collect();
    let pivotal = pivotal(&forms, &counted, &ballots.terms_for(own))
        .map(|places| places.iter().filter_map(|place| cast.get(*place)).map(|(voter, _)| (*voter).clone()).collect());
    Comparison { own, rules, winners, pivotal }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lab::BoxedBallot;
    use crate::protocol::{Said, Spent};

    fn ballots(rule: DecisionRule, chosen: &[&str]) -> BallotBox {
        let keys: Vec<String> = vec!["a".into(), "b".into(), "c".into()];
        let cast = chosen.iter().enumerate().map(|(voter, key)| BoxedBallot {
            voter: VoterId::named(format!("agent:{voter}")),
            weight: 1_000_000,
            confidence: None,
            corrected: 500_000,
            says: Said::Choice { choice: (*key).to_owned() },
            silent: vec![],
            spent: Spent::default(),
        });
        BallotBox {
            rule,
            threshold: None,
            scale: None,
            quorum: 2,
            tie_break: vec![],
            seed: 1,
            forms: keys.clone(),
            keys,
            ballots: cast.collect(),
        }
    }

    #[test]
    fn it_is_told_where_rules_disagree_and_who_was_pivotal() {
        let close = compare(&ballots(DecisionRule::Plurality, &["a", "a", "b", "c"]));
        let of = |rule: DecisionRule| close.rules.iter().find(|one| one.retally.rule == rule).unwrap();
        assert!(!of(DecisionRule::Borda).differs && of(DecisionRule::Majority).differs && of(DecisionRule::Unanimity).differs);
        assert!(!close.disagrees(), "a majority that is missed decides for nothing else");
        assert_eq!(close.pivotal, Some(vec![VoterId::named("agent:0"), VoterId::named("agent:1")]));
        assert_eq!(close.winners["a"].first(), Some(&DecisionRule::Plurality));
        let clear = compare(&ballots(DecisionRule::Debate, &["a", "a", "a", "b"]));
        assert_eq!((clear.own, clear.pivotal), (DecisionRule::Plurality, Some(vec![])));
    }

    #[test]
    fn a_comparison_is_written_flat() {
        let written = serde_json::to_value(compare(&ballots(DecisionRule::Plurality, &["a", "b"]))).unwrap();
        assert_eq!(written["rules"][0]["missed"], "tie");
        assert_eq!(serde_json::from_value::<Comparison>(written).unwrap(), compare(&ballots(DecisionRule::Plurality, &["a", "b"])));
    }
}
