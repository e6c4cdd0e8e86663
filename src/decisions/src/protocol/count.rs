//! What do the ballots say so far, and can anything still change that?

use std::collections::{BTreeMap, BTreeSet};

use baton_voting::{Ballot, Opinion, Scale, Terms, Verdict, Weight, can_be_caught, decide};
use serde::{Deserialize, Serialize};

use super::conclusion::Reason;
use super::fact::{Said, Spent};
use super::form::seed_of;
use super::request::Request;
use super::state::{CastBallot, Choice, Draft, Proceedings, Stage, Status};
use crate::canonical::{Canonicalisation, merged};
use crate::decision::{Answers, BallotSource, DecisionRule};
use crate::lab::{BallotBox, BoxedBallot, margin_share, opinion_of, places};
use crate::roster::VoterId;

/// A count, and what it came to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Count {
    /// Of which round.
    pub round: u8,
    /// The keys from the first to the last, those that tie together.
    pub order: Vec<Vec<String>>,
    /// What each has by the rule, in the order of the choices.
    pub points: Vec<f64>,
    /// How many ballots said something.
    pub counted: usize,
    /// How many abstained.
    pub abstained: usize,
    /// What the counted ones weigh together.
    pub weight: f64,
    /// How far the first is ahead, as a share of what it could be.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub margin: Option<f64>,
    /// Which tie-breaks were used, with the keys that each left.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub broken_by: Vec<(String, Vec<String>)>,
    /// What it came to.
    pub result: Reason,
}

impl Proceedings {
    /// Whether drafts are the votes.
    pub(super) fn drafts_are_votes(&self) -> bool {
        self.decision().is_free() && self.decision().ballot_source() == BallotSource::Drafts
    }

    /// Whether drafts are counted, be it because there are no ballots.
    fn drafts_are_counted(&self) -> bool {
        let decision = self.decision();
        decision.is_free() && (self.drafts_are_votes() || !decision.rule.counts() || self.choices.len() < 2)
    }

    /// When it is decided.
    pub(super) fn terms(&self) -> Terms {
        let decision = self.decision();
        Terms {
            rule: decision.rule.counted_by(),
            scale: self.scale(),
            threshold: decision.rule.threshold(decision.threshold),
            quorum: self.roster().quorum,
            tie_breaks: decision.tie_break.iter().map(|breaker| breaker.with(seed_of(self.opening.seed, "lot"))).collect(),
        }
    }

    pub(super) fn scale(&self) -> Option<Scale> {
        self.decision().scores().and_then(|scale| Scale::new(scale.least, scale.most).ok())
    }

    fn canonical(&self) -> Canonicalisation {
        match &self.decision().answers {
            Answers::Free { canonical } => canonical.clone(),
            Answers::Options { .. } => Canonicalisation::default(),
        }
    }

    /// The groups of the standing drafts.
    pub(super) fn grouped(&self) -> Vec<Choice> {
        let drafts = Self::standing(&self.drafts);
        let voters: Vec<&VoterId> = drafts.keys().copied().collect();
        let forms: Vec<&str> = drafts.values().map(|draft| draft.form.as_str()).collect();
        let place_of = |voter: &VoterId| voters.binary_search(&voter).ok();
        let found = self.clusters.as_ref().and_then(|groups| {
            let groups: Vec<Vec<usize>> = groups.iter().map(|group| group.iter().filter_map(place_of).collect()).collect();
            merged(&forms, &groups)
        });
        let by = self.canonical();
        let groups = found.unwrap_or_else(|| by.groups(&forms));
        let of = |place: &usize| voters.get(*place).and_then(|voter| drafts.get(voter));
        let numbers = matches!(by, Canonicalisation::Number { .. });
        groups
            .iter()
            .enumerate()
            .filter_map(|(number, group)| {
                let members: Vec<&Draft> = group.iter().filter_map(|place| of(place).copied()).collect();
                // Of numbers the middle one, and of two middle ones the smaller; else what most say.
                let chosen = if numbers { members.get((members.len() - 1) / 2).copied() } else { commonest(&members) }?;
                Some(Choice {
                    key: format!("g{}", number + 1),
                    form: chosen.form.clone(),
                    answer: chosen.answer.clone(),
                    description: None,
                    authors: group.iter().filter_map(|place| voters.get(*place).map(|voter| (*voter).clone())).collect(),
                })
            })
            .collect()
    }

    /// How much a voter counts, with what it says of its confidence if the rule reads that.
    fn weight(&self, voter: &VoterId, confidence: Option<f64>) -> Option<Weight> {
        let voter = self.roster().voters.get(voter)?;
        let weight = Weight::from_millionths(voter.weight).ok()?;
        if self.decision().rule != DecisionRule::ConfidenceWeighted {
            return Some(weight);
        }
        weight.times(voter.calibration.corrected(confidence)).ok()
    }

    /// The ballots as they are counted now, by their voters.
    pub(super) fn counted_ballots(&self) -> Vec<(VoterId, Ballot)> {
        if !self.drafts_are_counted() {
            let keys = places(self.choices.iter().map(|choice| choice.key.as_str()));
            let own = self.own_answers();
            let of = |(voter, cast): (&VoterId, &CastBallot)| {
                let ballot = Ballot::new(self.weight(voter, cast.confidence)?, opinion_of(&cast.says, &keys)?);
                Some((voter.clone(), ballot.without(own.of(self, voter))))
            };
            return Self::standing(&self.ballots).into_iter().filter_map(of).collect();
        }
        let drafts = Self::standing(&self.drafts);
        let mut ballots: Vec<(VoterId, Ballot)> = Vec::with_capacity(drafts.len());
        for (place, choice) in self.choices.iter().enumerate() {
            for voter in &choice.authors {
                let confidence = drafts.get(voter).and_then(|draft| draft.confidence);
                if let Some(weight) = self.weight(voter, confidence) {
                    ballots.push((voter.clone(), Ballot::new(weight, Opinion::Choice(place))));
                }
            }
        }
        ballots.sort_by(|one, other| one.0.cmp(&other.0));
        ballots
    }

    /// What the ballots come to now.
    pub(super) fn verdict(&self) -> Verdict {
        let keys: Vec<&str> = self.choices.iter().map(|choice| choice.form.as_str()).collect();
        let ballots: Vec<Ballot> = self.counted_ballots().into_iter().map(|(_, ballot)| ballot).collect();
        decide(&keys, &ballots, &self.terms())
    }

    /// Stores a count.
    pub(super) fn note(&mut self, verdict: &Verdict, result: Reason) {
        let keys = |options: &[usize]| -> Vec<String> {
            options.iter().filter_map(|option| self.choices.get(*option)).map(|choice| choice.key.clone()).collect()
        };
        let tally = &verdict.tally;
        let broken_by = verdict.broken_by.iter().zip(&self.decision().tie_break);
        let count = Count {
            round: self.round,
            order: tally.order.iter().map(|place| keys(place)).collect(),
            points: tally.points.iter().map(|points| storable(points.get())).collect(),
            counted: tally.counted,
            abstained: tally.abstained,
            weight: storable(tally.weight),
            margin: margin_share(tally, self.choices.len(), self.scale()).map(storable),
            broken_by: broken_by.map(|((_, left), breaker)| (breaker.to_string(), keys(left))).collect(),
            result,
        };
        self.counts.push(count);
    }

    /// Whether nothing that is still to come in this stage can change the answer.
    pub(super) fn is_out_of_reach(&self) -> bool {
        let decision = self.decision();
        let voting = match self.stage {
            Stage::Drafting => self.drafts_are_votes() && self.canonical().is_rigid(),
            Stage::Balloting => true,
            _ => false,
        };
        let debates_first = decision.rule == DecisionRule::Debate && !self.debated;
        if !voting || !decision.early_stop || decision.minimum_margin.is_some() || !decision.rule.counts() || debates_first {
            return false;
        }
        let pending: BTreeSet<&VoterId> = self
            .requests
            .iter()
            .filter(|(request, asked)| asked.status == Status::Pending && matches!(request, Request::Draft(..) | Request::Ballot(..)))
            .filter_map(|(request, _)| request.voter())
            .collect();
        // As much as they could count.
        let most = |voter: &&VoterId| self.roster().voters.get(*voter).and_then(|voter| Weight::from_millionths(voter.weight).ok());
        let to_come: Vec<Weight> = pending.iter().filter_map(most).collect();
        // In a second round, the word of somebody who is asked again may still change.
        let (options, ballots) = if self.stage == Stage::Drafting {
            let drafts = Self::standing(&self.drafts);
            let heard: Vec<(&VoterId, &Draft)> = drafts.into_iter().filter(|(voter, _)| !pending.contains(voter)).collect();
            let mut forms: Vec<&str> = heard.iter().map(|(_, draft)| draft.form.as_str()).collect();
            forms.sort_unstable();
            forms.dedup();
            let ballots: Vec<Ballot> = heard
                .iter()
                .filter_map(|(voter, draft)| {
                    let choice = forms.binary_search(&draft.form.as_str()).ok()?;
                    Some(Ballot::new(self.weight(voter, draft.confidence)?, Opinion::Choice(choice)))
                })
                .collect();
            // Those to come may all give an answer that nobody has given yet.
            (forms.len() + 1, ballots)
        } else {
            let ballots = self.counted_ballots().into_iter().filter(|(voter, _)| !pending.contains(voter));
            (self.choices.len(), ballots.map(|(_, ballot)| ballot).collect())
        };
        // Nobody is out of reach while less has been counted than is to come; that is cheaper to see.
        let sum = |weights: &mut dyn Iterator<Item = Weight>| weights.map(|weight| u128::from(weight.millionths())).sum::<u128>();
        if sum(&mut ballots.iter().map(|ballot| ballot.weight)) <= sum(&mut to_come.iter().copied()) {
            return false;
        }
        !can_be_caught(&self.terms(), options, &ballots, &to_come)
    }

    /// The ballots and all that is needed to count them again, by any rule.
    #[must_use]
    pub fn ballot_box(&self) -> BallotBox {
        let decision = self.decision();
        BallotBox {
            rule: decision.rule,
            threshold: decision.threshold,
            scale: decision.scores(),
            quorum: self.roster().quorum,
            tie_break: decision.tie_break.clone(),
            seed: seed_of(self.opening.seed, "lot"),
            keys: self.choices.iter().map(|choice| choice.key.clone()).collect(),
            forms: self.choices.iter().map(|choice| choice.form.clone()).collect(),
            ballots: self.boxed(),
        }
    }

    fn boxed(&self) -> Vec<BoxedBallot> {
        let counted = self.drafts_are_counted();
        let own = (!counted).then(|| self.own_answers());
        let said: Vec<(&VoterId, Said, Option<f64>)> = if counted {
            let drafts = Self::standing(&self.drafts);
            let of = |choice: &Choice| Said::Choice { choice: choice.key.clone() };
            let authors = self.choices.iter().flat_map(|choice| choice.authors.iter().map(move |voter| (voter, of(choice))));
            authors.map(|(voter, says)| (voter, says, drafts.get(voter).and_then(|draft| draft.confidence))).collect()
        } else {
            let cast = Self::standing(&self.ballots).into_iter();
            cast.map(|(voter, ballot)| (voter, ballot.says.clone(), ballot.confidence)).collect()
        };
        let mut spent: BTreeMap<&VoterId, Spent> = BTreeMap::new();
        for (request, asked) in &self.requests {
            if let Some(voter) = request.voter() {
                let sum = spent.entry(voter).or_default();
                *sum = sum.plus(asked.spent);
            }
        }
        let mut boxed: Vec<BoxedBallot> = said
            .into_iter()
            .filter_map(|(id, says, confidence)| {
                let voter = self.roster().voters.get(id)?;
                let corrected = (voter.calibration.corrected(confidence) * 1_000_000.0).round() as u64;
                let spent = spent.get(id).copied().unwrap_or_default();
                let silent = own.as_ref().map(|own| own.of(self, id)).unwrap_or_default();
                let silent = silent.iter().filter_map(|place| self.choices.get(*place)).map(|choice| choice.key.clone()).collect();
                Some(BoxedBallot { voter: id.clone(), weight: voter.weight, confidence, corrected, says, silent, spent })
            })
            .collect();
        boxed.sort_by(|one, other| one.voter.cmp(&other.voter));
        boxed
    }
}

/// A number to the millionth. JSON's reader may miss the last digit of longer ones, and what was stored is to be what is read.
fn storable(number: f64) -> f64 {
    (number * 1_000_000.0).round() / 1_000_000.0
}

/// The answer that most gave; of several the one whose form and text come first.
fn commonest<'a>(members: &[&'a Draft]) -> Option<&'a Draft> {
    let mut counts: BTreeMap<(&str, String), (usize, &'a Draft)> = BTreeMap::new();
    for member in members {
        counts.entry((member.form.as_str(), member.answer.to_string())).or_insert((0, member)).0 += 1;
    }
    let mut best: Option<(usize, &Draft)> = None;
    for (count, draft) in counts.into_values() {
        if best.is_none_or(|(most, _)| count > most) {
            best = Some((count, draft));
        }
    }
    best.map(|(_, draft)| draft)
}
