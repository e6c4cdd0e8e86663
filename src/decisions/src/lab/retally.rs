//! What would the same ballots have come to by another rule? Counted again, without asking anybody.

use std::collections::HashMap;

use baton_voting::{Ballot, Opinion, Outcome, Rule, Scale, Tally, Terms, Verdict, Weight, decide};
use serde::{Deserialize, Serialize};

use crate::decision::{DecisionRule, Scores, TieBreaker};
use crate::protocol::{Said, Spent};
use crate::roster::VoterId;

/// A ballot as it is stored, with what other rules than the decision's own read of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BoxedBallot {
    /// Whose.
    pub voter: VoterId,
    /// How much the voter counts, in millionths.
    pub weight: u64,
    /// How sure it was, as it said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confidence: Option<f64>,
    /// What that was worth by its record, in millionths.
    pub corrected: u64,
    /// What it says, by keys.
    pub says: Said,
    /// The keys of the answers that did not stand on it, as its voter's own: it counts in no comparison with them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub silent: Vec<String>,
    /// What everything took that the voter was asked.
    #[serde(default)]
    pub spent: Spent,
}

/// The ballots of a decision and all that is needed to count them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BallotBox {
    /// By which rule it was decided.
    pub rule: DecisionRule,
    /// What share the first must have, if one was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub threshold: Option<f64>,
    /// What scores go from and to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scale: Option<Scores>,
    /// How many had to take part.
    pub quorum: usize,
    /// What breaks ties.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tie_break: Vec<TieBreaker>,
    /// Where lots are drawn from.
    pub seed: u64,
    /// The keys of the answers.
    pub keys: Vec<String>,
    /// What names the answers for ever, in the same order: lots are drawn by it.
    pub forms: Vec<String>,
    /// The ballots.
    pub ballots: Vec<BoxedBallot>,
}

/// What some ballots come to by a rule.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Retally {
    /// The rule.
    pub rule: DecisionRule,
    /// The key of the answer that it decides for, if it does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// The keys from the first to the last, those that tie together.
    pub order: Vec<Vec<String>>,
    /// What each has by the rule, in the order of the keys.
    pub points: Vec<f64>,
    /// How far the first is ahead, as a share of what it could be.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub margin: Option<f64>,
    /// How many ballots said something.
    pub counted: usize,
    /// How many abstained.
    pub abstained: usize,
    /// What kept it from deciding, if it does not: `no_quorum`, `no_opinion`, `tie` or `below_threshold`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub missed: Option<String>,
    /// Whether the ballots say all that the rule reads: a choice is a poor ranking.
    pub complete: bool,
}

/// Where each key stands.
pub(crate) fn places<'a>(keys: impl IntoIterator<Item = &'a str>) -> HashMap<&'a str, usize> {
    keys.into_iter().enumerate().map(|(place, key)| (key, place)).collect()
}

/// A ballot's opinion over these keys; none if it names another one.
#[must_use]
pub(crate) fn opinion_of(says: &Said, keys: &HashMap<&str, usize>) -> Option<Opinion> {
    let place = |key: &String| keys.get(key.as_str()).copied();
    Some(match says {
        Said::Choice { choice } => Opinion::Choice(place(choice)?),
        Said::Approvals { choices } => Opinion::Approvals(choices.iter().map(place).collect::<Option<_>>()?),
        Said::Ranking { places } => {
            Opinion::Ranking(places.iter().map(|names| names.iter().map(place).collect::<Option<_>>()).collect::<Option<_>>()?)
        }
        Said::Scores { scores } => {
            let mut by_place = vec![None; keys.len()];
            for (key, score) in scores {
                *by_place.get_mut(place(key)?)? = Some(*score);
            }
            Opinion::Scores(by_place)
        }
        Said::Abstention => Opinion::Abstention,
    })
}

impl BallotBox {
    /// The rules that ballots can be counted by: all but those where one agent decides; a debate is the vote after it.
    pub fn rules() -> impl Iterator<Item = DecisionRule> {
        DecisionRule::ALL.iter().copied().filter(|rule| rule.counts() && *rule != DecisionRule::Debate)
    }

    /// The ballots as a rule counts them. What cannot be counted is left out.
    #[must_use]
    pub fn ballots_for(&self, rule: DecisionRule) -> Vec<(&VoterId, Ballot)> {
        let confident = DecisionRule::ConfidenceWeighted;
        // Beside a rule that weighs, plurality is one voter, one vote; else the weights belong to the question.
        let keys = places(self.keys.iter().map(String::as_str));
        let heads = rule == DecisionRule::Plurality && matches!(self.rule, DecisionRule::Weighted | DecisionRule::ConfidenceWeighted);
        self.ballots
            .iter()
            .filter_map(|boxed| {
                let weight = if heads { Weight::ONE } else { Weight::from_millionths(boxed.weight).ok()? };
                let weight =
                    if rule == confident { weight.times(boxed.corrected.min(1_000_000) as f64 / 1_000_000.0).ok()? } else { weight };
                let silent = boxed.silent.iter().map(|key| keys.get(key.as_str()).copied()).collect::<Option<_>>()?;
                let ballot = Ballot::new(weight, opinion_of(&boxed.says, &keys)?).without(silent);
                ballot.check(self.keys.len()).ok()?;
                Some((&boxed.voter, ballot))
            })
            .collect()
    }

    /// The rule that the ballots were counted by: a debate ends in a vote, and so begin a judge's and a synthesis.
    #[must_use]
    pub fn own(&self) -> DecisionRule {
        if self.rule == DecisionRule::Debate || !self.rule.counts() { DecisionRule::Plurality } else { self.rule }
    }

    /// When it is decided by a rule. The threshold that was asked for belongs to the decision's own rule.
    #[must_use]
    pub fn terms_for(&self, rule: DecisionRule) -> Terms {
        let share = if rule == self.rule || rule == self.own() { self.threshold } else { None };
        Terms {
            rule: rule.counted_by(),
            scale: self.scale(),
            threshold: rule.threshold(share),
            quorum: self.quorum,
            tie_breaks: self.tie_break.iter().map(|breaker| breaker.with(self.seed)).collect(),
        }
    }

    pub(crate) fn scale(&self) -> Option<Scale> {
        self.scale.and_then(|scale| Scale::new(scale.least, scale.most).ok())
    }

    /// What the ballots come to by a rule. More keys than the rule counts ([`Rule::most_options`]) come to nothing.
    #[must_use]
    pub fn verdict(&self, rule: DecisionRule) -> Verdict {
        let forms: Vec<&str> = self.forms.iter().map(String::as_str).collect();
        let ballots: Vec<Ballot> = self.ballots_for(rule).into_iter().map(|(_, ballot)| ballot).collect();
        let known = if self.keys.len() <= rule.counted_by().most_options() { forms.as_slice() } else { &[] };
        decide(known, &ballots, &self.terms_for(rule))
    }

    /// The same, to be shown.
    #[must_use]
    pub fn retally(&self, rule: DecisionRule) -> Retally {
        let verdict = self.verdict(rule);
        let name = |place: &usize| self.keys.get(*place).cloned();
        let (key, missed) = match &verdict.outcome {
            Outcome::Decided(option) => (name(option), None),
            Outcome::Tied(_) => (None, Some("tie")),
            Outcome::BelowThreshold { .. } => (None, Some("below_threshold")),
            Outcome::NoQuorum { .. } => (None, Some("no_quorum")),
            Outcome::NoOpinion => (None, Some("no_opinion")),
        };
        let tally = &verdict.tally;
        Retally {
            rule,
            key,
            order: tally.order.iter().map(|place| place.iter().filter_map(name).collect()).collect(),
            points: tally.points.iter().map(|points| points.get()).collect(),
            margin: margin_share(tally, self.keys.len(), self.scale()),
            counted: tally.counted,
            abstained: tally.abstained,
            missed: missed.map(str::to_owned),
            complete: self.is_complete_for(rule),
        }
    }

    fn is_complete_for(&self, rule: DecisionRule) -> bool {
        use crate::decision::BallotKind::{Approvals, Choice, Ranking, Scores};
        self.ballots.iter().all(|boxed| match (&boxed.says, rule.reads()) {
            (Said::Abstention, _) | (_, Choice) | (Said::Scores { .. }, Ranking | Scores) => true,
            (Said::Approvals { .. }, reads) => reads == Approvals,
            (Said::Ranking { .. }, reads) => reads == Ranking,
            // Of two, who puts one first has said everything but how much.
            (Said::Choice { .. }, reads) => reads == Ranking && self.keys.len() == 2,
            (Said::Scores { .. }, Approvals) => false,
        })
    }
}

/// How far the first is ahead in the last round of an instant runoff in which more than one stood: of several weak ones that leave together, that is
/// the round before the last.
fn last_round(tally: &Tally) -> Option<f64> {
    let first = *tally.first().first()?;
    let round = tally.rounds.iter().rev().find(|round| round.votes.len() > 1)?;
    let of_first = round.votes.iter().find(|(option, _)| *option == first)?.1;
    let next = round.votes.iter().filter(|(option, _)| *option != first).map(|(_, votes)| *votes).fold(0.0, f64::max);
    Some(of_first - next)
}

/// How far the first is ahead of the next, as a share of what it could be ahead at most: 0 for a tie, 1 if all are for it. Rules that compare each
/// with each say it by the votes between the first and the one that comes nearest to it, 0 where that one beats it; an instant runoff by the votes of its last
/// round; Borda by points, of half as many points a vote as there are options. None where there is only one option or the rule's points have no bound.
#[must_use]
pub fn margin_share(tally: &Tally, options: usize, scale: Option<Scale>) -> Option<f64> {
    let margin = tally.margin()?;
    if margin == 0.0 || tally.weight == 0.0 {
        return Some(0.0);
    }
    let margin = match tally.rule {
        Rule::Copeland | Rule::Schulze => tally.nearest?,
        Rule::InstantRunoff => last_round(tally)?,
        _ => margin,
    };
    let span = scale.map(|scale| scale.most() - scale.least());
    let first_two = || {
        let first = tally.points.get(*tally.order.first()?.first()?)?;
        let next = tally.points.get(*tally.order.get(1)?.first()?)?;
        Some((first.get(), next.get()))
    };
    let most = match tally.rule {
        Rule::Plurality | Rule::Approval | Rule::InstantRunoff | Rule::Copeland | Rule::Schulze => tally.weight,
        // Where all put it first, the others have half of what is below the first place on average, and the next of them at least that.
        Rule::Borda => tally.weight * options as f64 / 2.0,
        Rule::Score => tally.weight * span?,
        // Equal medians differ by their gauges, which are votes.
        Rule::Median => match first_two()? {
            (one, other) if one == other => 2.0 * tally.weight,
            _ => span?,
        },
    };
    (most > 0.0).then(|| (margin / most).clamp(0.0, 1.0))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn boxed(voter: usize, says: Said) -> BoxedBallot {
        let voter = VoterId::named(format!("agent:{voter}"));
        BoxedBallot { voter, weight: 1_000_000, confidence: None, corrected: 500_000, says, silent: vec![], spent: Spent::default() }
    }

    fn ranking(order: &[&str]) -> Said {
        Said::Ranking { places: order.iter().map(|key| vec![(*key).to_owned()]).collect() }
    }

    pub(crate) fn tennessee() -> BallotBox {
        let keys: Vec<String> = ["memphis", "nashville", "chattanooga", "knoxville"].map(str::to_owned).to_vec();
        let rows: [(usize, [&str; 4]); 4] = [
            (42, ["memphis", "nashville", "chattanooga", "knoxville"]),
            (26, ["nashville", "chattanooga", "knoxville", "memphis"]),
            (15, ["chattanooga", "knoxville", "nashville", "memphis"]),
            (17, ["knoxville", "chattanooga", "nashville", "memphis"]),
        ];
        let ballots = rows.iter().flat_map(|(count, order)| std::iter::repeat_n(ranking(order), *count));
        BallotBox {
            rule: DecisionRule::Borda,
            threshold: None,
            scale: None,
            quorum: 51,
            tie_break: vec![],
            seed: 1,
            forms: keys.clone(),
            keys,
            ballots: ballots.enumerate().map(|(voter, says)| boxed(voter, says)).collect(),
        }
    }

    #[test]
    fn the_capital_of_tennessee_depends_on_the_rule() {
        let ballots = tennessee();
        let winner = |rule| ballots.retally(rule).key;
        assert_eq!(winner(DecisionRule::Plurality).as_deref(), Some("memphis"));
        assert_eq!(winner(DecisionRule::InstantRunoff).as_deref(), Some("knoxville"));
        for rule in [DecisionRule::Borda, DecisionRule::Copeland, DecisionRule::Schulze] {
            assert_eq!(winner(rule).as_deref(), Some("nashville"), "{rule}");
        }
        let majority = ballots.retally(DecisionRule::Majority);
        assert_eq!((majority.key, majority.missed.as_deref()), (None, Some("below_threshold")));
        assert!(ballots.retally(DecisionRule::Borda).complete && !ballots.retally(DecisionRule::Score).complete);
    }

    #[test]
    fn margins_are_shares_of_what_they_could_be() {
        let ballots = tennessee();
        let margin = |rule| ballots.retally(rule).margin.unwrap();
        for (rule, wanted) in [
            (DecisionRule::Plurality, 0.16),
            // 194 points to 173, of 200: who all put first is two points a vote above the average of the other three.
            (DecisionRule::Borda, 21.0 / 200.0),
            // Nearest to Nashville comes Memphis: 58 to 42.
            (DecisionRule::Copeland, 0.16),
            (DecisionRule::Schulze, 0.16),
            (DecisionRule::InstantRunoff, 0.16),
        ] {
            assert!((margin(rule) - wanted).abs() < 1e-9, "{rule}: {}", margin(rule));
        }
        let mut all = tennessee();
        all.ballots.truncate(42);
        all.quorum = 0;
        for rule in BallotBox::rules().filter(|rule| !matches!(rule, DecisionRule::Score | DecisionRule::Median | DecisionRule::Borda)) {
            let margin = all.retally(rule).margin.unwrap();
            assert!(margin > 0.3 && margin <= 1.0, "{rule}: {margin}");
        }
        let scores = |one: f64, other: f64| Said::Scores { scores: BTreeMap::from([("a".to_owned(), one), ("b".to_owned(), other)]) };
        let scored = BallotBox {
            rule: DecisionRule::Score,
            scale: Some(Scores { least: 0.0, most: 4.0 }),
            keys: vec!["a".into(), "b".into()],
            forms: vec!["a".into(), "b".into()],
            quorum: 0,
            ballots: vec![boxed(0, scores(4.0, 0.0)), boxed(1, scores(2.0, 2.0))],
            ..tennessee()
        };
        assert_eq!(scored.retally(DecisionRule::Score).margin, Some(0.5));
        assert_eq!(scored.retally(DecisionRule::Median).margin, Some(0.5));
    }

    #[test]
    fn confidence_and_weights_are_read_by_the_rules_that_read_them() {
        let choice = |key: &str| Said::Choice { choice: key.to_owned() };
        let mut ballots = BallotBox {
            rule: DecisionRule::Weighted,
            quorum: 0,
            ballots: vec![boxed(0, choice("memphis")), boxed(1, choice("memphis")), boxed(2, choice("knoxville"))],
            ..tennessee()
        };
        ballots.ballots[2].weight = 2_500_000;
        ballots.ballots[2].corrected = 300_000;
        let winner = |rule| ballots.retally(rule).key.unwrap_or_default();
        assert_eq!(winner(DecisionRule::Weighted), "knoxville");
        assert_eq!(winner(DecisionRule::Plurality), "memphis");
        assert_eq!(winner(DecisionRule::ConfidenceWeighted), "memphis", "0.75 against 0.5 twice");
    }
}
