//! Which stage follows which, and why?

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use baton_domain::id::UserId;
use baton_domain::time::Timestamp;
use baton_voting::{MAXIMUM_OPTIONS, Outcome as Counted};
use serde_json::Value;

use super::conclusion::{By, Conclusion, Dissent, Outcome, Reason, Step};
use super::fact::{Said, Spent};
use super::request::{Order, Request};
use super::state::{Asked, Proceedings, Stage, Status};
use crate::canonical::Canonicalisation;
use crate::decision::{Answers, Debate, DecisionRule, MAXIMUM_CANDIDATES, Otherwise};
use crate::lab::margin_share;
use crate::roster::{VoterId, Who};

/// The key, the form and the answer that was chosen.
type Chosen = (Option<String>, Option<String>, Value);

impl Proceedings {
    /// The first stage.
    pub(super) fn begin(&mut self, at: Timestamp) {
        if self.decision().is_free() {
            self.enter(Stage::Drafting, Reason::Opened, at);
        } else if self.roster().voters.is_empty() {
            self.candidates = self.choices.iter().map(|choice| choice.key.clone()).take(MAXIMUM_CANDIDATES).collect();
            self.enter(Stage::Judging, Reason::JudgeByRule, at);
        } else {
            self.enter(Stage::Balloting, Reason::Opened, at);
        }
        self.settle(at);
    }

    /// Closes stages until one is still waiting for somebody.
    pub(super) fn settle(&mut self, at: Timestamp) {
        while self.stage != Stage::Ended {
            if !self.requests.values().any(|asked| asked.status == Status::Pending) {
                self.close(Reason::AllAnswered, at);
            } else if self.is_out_of_reach() {
                self.close(Reason::OutOfReach, at);
            } else {
                return;
            }
        }
    }

    /// Closes what should have been closed by now.
    pub(super) fn catch_up(&mut self, at: Timestamp) {
        while self.stage != Stage::Ended && at >= self.stage_deadline {
            self.close(if at >= self.deadline { Reason::DeadlinePassed } else { Reason::StageTimedOut }, at);
            self.settle(at);
        }
    }

    /// Begins a stage, if there is time for it.
    fn enter(&mut self, stage: Stage, why: Reason, at: Timestamp) {
        if at >= self.deadline {
            return self.finish(at);
        }
        let requests = self.requests_of(stage);
        self.stage = stage;
        self.stage_number += 1;
        // People have all the time that is left.
        self.stage_deadline = if stage == Stage::AskingPerson { self.deadline } else { self.deadline.min(at.plus(self.stage_length())) };
        self.story.push(Step { at, stage, why, asked: requests.len() });
        for request in requests {
            self.requests.insert(request, Asked { at, status: Status::Pending, back_at: None, spent: Spent::default() });
        }
    }

    fn requests_of(&self, stage: Stage) -> Vec<Request> {
        let round = self.round;
        let voters = || self.roster().voters.keys().filter(|voter| self.may_ask(voter)).cloned();
        match stage {
            Stage::Drafting => voters().map(|voter| Request::Draft(round, voter)).collect(),
            Stage::Balloting => voters().map(|voter| Request::Ballot(round, voter)).collect(),
            Stage::Arguing => voters().filter(|voter| self.speaks(voter)).map(Request::Argument).collect(),
            Stage::Clustering => vec![Request::Clusters(round)],
            Stage::Synthesising => vec![Request::Synthesis],
            Stage::Judging => vec![Request::Judge(Order::Forward), Request::Judge(Order::Backward)],
            Stage::AskingPerson => vec![Request::Person],
            Stage::Ended => Vec::new(),
        }
    }

    /// Whether a voter is there and may be asked.
    fn may_ask(&self, voter: &VoterId) -> bool {
        let person = self.roster().voters.get(voter).is_some_and(|voter| matches!(voter.who, Who::Person { .. }));
        !self.gone.contains(voter) && (person || !self.budget_spent)
    }

    /// Whether a voter has said anything.
    fn speaks(&self, voter: &VoterId) -> bool {
        if self.drafts_are_votes() {
            return self.drafts.iter().any(|drafts| drafts.contains_key(voter));
        }
        Self::standing(&self.ballots).get(voter).is_some_and(|ballot| ballot.says != Said::Abstention)
    }

    /// Ends the stage: what is still pending is not awaited any more.
    pub(super) fn close(&mut self, why: Reason, at: Timestamp) {
        self.withdraw();
        // Between stages: within one, who comes first would else decide who is heard.
        let (limit, spent) = (self.decision().budget, self.spent);
        let over = limit.tokens.is_some_and(|tokens| spent.tokens >= tokens) || limit.cost.is_some_and(|cost| spent.cost() >= cost);
        self.budget_spent |= over;
        match self.stage {
            Stage::Drafting => {
                let method = match &self.decision().answers {
                    Answers::Free { canonical } => canonical.clone(),
                    Answers::Options { .. } => Canonicalisation::default(),
                };
                let drafts = Self::standing(&self.drafts);
                let differ = drafts.values().any(|draft| drafts.values().next().is_some_and(|first| first.form != draft.form));
                self.clusters = None;
                if method == Canonicalisation::Clustered && differ && at < self.deadline && !self.budget_spent {
                    self.enter(Stage::Clustering, Reason::AnswersDiffer, at);
                } else {
                    self.with_groups(why, at);
                }
            }
            // Without an answer the same texts are the same, and nothing else.
            Stage::Clustering => self.with_groups(why, at),
            Stage::Balloting => self.count(why, at),
            Stage::Arguing => {
                if self.arguments.is_empty() && self.missed != Some(Reason::NoQuorum) {
                    let missed = self.missed.unwrap_or(Reason::Tie);
                    return if missed == Reason::DebateByRule { self.count(why, at) } else { self.go_on(missed, at) };
                }
                self.round = 2;
                self.drafts.push(BTreeMap::new());
                self.ballots.push(BTreeMap::new());
                let stage = if self.drafts_are_votes() { Stage::Drafting } else { Stage::Balloting };
                self.enter(stage, Reason::ArgumentsHeard, at);
            }
            Stage::Synthesising => match self.synthesis.clone() {
                Some(answer) => {
                    self.conclude(Outcome::Decided, Some(By::Synthesis), Reason::Synthesised, Some((None, None, answer)), at);
                }
                None => self.go_on(Reason::SynthesisFailed, at),
            },
            Stage::Judging => self.hear_judge(at),
            Stage::AskingPerson => self.go_on(Reason::PersonSilent, at),
            Stage::Ended => {}
        }
    }

    fn withdraw(&mut self) {
        for asked in self.requests.values_mut().filter(|asked| asked.status == Status::Pending) {
            asked.status = Status::Withdrawn;
        }
    }

    /// Goes on with answers in groups.
    fn with_groups(&mut self, why: Reason, at: Timestamp) {
        self.choices = self.grouped();
        let vote = self.decision().rule.counts() && !self.drafts_are_votes();
        if vote && self.choices.len() > 1 {
            self.keep_what_is_voted_on();
            self.enter(Stage::Balloting, Reason::AnswersDiffer, at);
        } else {
            self.count(why, at);
        }
    }

    /// A ballot has at most [`MAXIMUM_OPTIONS`] answers: those that most gave, and of those that as many gave by lot.
    fn keep_what_is_voted_on(&mut self) {
        if self.choices.len() <= MAXIMUM_OPTIONS {
            return;
        }
        let mut by_authors: BTreeMap<Reverse<usize>, Vec<usize>> = BTreeMap::new();
        for (place, choice) in self.choices.iter().enumerate() {
            by_authors.entry(Reverse(choice.authors.len())).or_default().push(place);
        }
        let order: Vec<Vec<usize>> = by_authors.into_values().collect();
        let kept: BTreeSet<String> = self.first_of(&order, MAXIMUM_OPTIONS, "ballot").into_iter().collect();
        self.left_out = self.choices.len() - kept.len();
        self.choices.retain(|choice| kept.contains(&choice.key));
    }

    /// Counts, and concludes or goes on.
    fn count(&mut self, why: Reason, at: Timestamp) {
        let verdict = self.verdict();
        let margin = margin_share(&verdict.tally, self.choices.len(), self.scale());
        self.candidates = self.before_judge(&verdict);
        let rule = self.decision().rule;
        // Who could not stand by an answer of its own has not agreed to another one.
        let agree = verdict.tally.points.iter().filter(|points| points.get() > 0.0).count() == 1
            && rule.counted_by() == baton_voting::Rule::Plurality
            && verdict.tally.first().first().is_some_and(|first| self.counted_ballots().iter().all(|(_, ballot)| ballot.stands_by(*first)));
        let missed = match &verdict.outcome {
            Counted::NoQuorum { .. } => Some(Reason::NoQuorum),
            Counted::NoOpinion => Some(Reason::NoOpinion),
            _ if rule == DecisionRule::Judge && self.choices.len() > 1 => Some(Reason::JudgeByRule),
            _ if rule == DecisionRule::Synthesis && self.choices.len() > 1 => Some(Reason::SynthesisByRule),
            Counted::Tied(_) => Some(Reason::Tie),
            Counted::BelowThreshold { .. } => Some(Reason::BelowThreshold),
            Counted::Decided(_) => {
                let near = self.decision().minimum_margin.is_some_and(|least| margin.is_some_and(|margin| margin < least));
                near.then_some(Reason::MarginMissed)
            }
        };
        let debates = rule == DecisionRule::Debate && !agree && matches!(missed, None | Some(Reason::Tie)) && self.can_debate();
        let missed = if debates { Some(Reason::DebateByRule) } else { missed };
        let decided = match why {
            _ if agree => Reason::AllAgree,
            Reason::OutOfReach => Reason::OutOfReach,
            _ => Reason::RuleDecided,
        };
        self.note(&verdict, missed.unwrap_or(decided));
        match (missed, &verdict.outcome) {
            (None, Counted::Decided(option)) => {
                let by = if verdict.broken_by.is_empty() { By::Vote } else { By::TieBreak };
                let chosen =
                    self.choices.get(*option).map(|choice| (Some(choice.key.clone()), Some(choice.form.clone()), choice.answer.clone()));
                self.missed = None;
                self.conclude(Outcome::Decided, Some(by), decided, chosen, at);
            }
            (Some(Reason::JudgeByRule), _) => {
                self.candidates = self.first_of(&verdict.tally.order, MAXIMUM_CANDIDATES, "candidates");
                self.go_on(Reason::JudgeByRule, at);
            }
            (Some(Reason::SynthesisByRule), _) => {
                if self.roster().synthesizer.is_some() && !self.budget_spent {
                    self.enter(Stage::Synthesising, Reason::SynthesisByRule, at);
                } else {
                    self.go_on(Reason::SynthesisFailed, at);
                }
            }
            (missed, _) => self.go_on(missed.unwrap_or(Reason::NoOpinion), at),
        }
    }

    /// What a judge is to choose from: what ties, or the first and those next to it; all where the ballots say nothing. Where those are more than a judge
    /// is shown, those with more votes come first, and of those with as many it is drawn.
    fn before_judge(&self, verdict: &baton_voting::Verdict) -> Vec<String> {
        let order = &verdict.tally.order;
        match &verdict.outcome {
            Counted::Tied(tied) => self.first_of(std::slice::from_ref(tied), MAXIMUM_CANDIDATES, "candidates"),
            Counted::NoQuorum { .. } | Counted::NoOpinion => self.first_of(order, MAXIMUM_CANDIDATES, "candidates"),
            _ => self.first_of(order.get(..2).unwrap_or(order), MAXIMUM_CANDIDATES, "candidates"),
        }
    }

    fn can_debate(&self) -> bool {
        let decision = self.decision();
        let wanted = decision.escalation.debate == Debate::IfMissed || decision.rule == DecisionRule::Debate;
        let living = self.roster().voters.keys().filter(|voter| self.may_ask(voter)).count();
        let speaking = self.roster().voters.keys().any(|voter| self.may_ask(voter) && self.speaks(voter));
        wanted && decision.rule.counts() && !self.debated && !self.budget_spent && living > 1 && speaking
    }

    /// The next step where the ballots did not decide: a debate, the judge, a person, the end.
    fn go_on(&mut self, why: Reason, at: Timestamp) {
        // What kept the ballots from deciding is remembered, not what the judge said after.
        let of_ballots = !matches!(why, Reason::JudgeInconsistent | Reason::JudgeFailed | Reason::PersonSilent);
        if of_ballots || self.missed.is_none() {
            self.missed = Some(why);
        }
        let asked = |stage: Stage| self.story.iter().any(|step| step.stage == stage);
        if at >= self.deadline {
            self.finish(at);
        } else if of_ballots && why != Reason::JudgeByRule && self.can_debate() {
            self.debated = true;
            self.enter(Stage::Arguing, why, at);
        } else if of_ballots && self.roster().judge.is_some() && self.candidates.len() > 1 && !self.budget_spent && !asked(Stage::Judging) {
            self.enter(Stage::Judging, why, at);
        } else if !self.roster().people.is_empty() && !asked(Stage::AskingPerson) {
            self.enter(Stage::AskingPerson, why, at);
        } else {
            self.finish(at);
        }
    }

    fn hear_judge(&mut self, at: Timestamp) {
        let word = |order: Order| self.judge_words.get(&order).map(|word| word.key.clone());
        match (word(Order::Forward), word(Order::Backward)) {
            (Some(Some(one)), Some(Some(other))) if one == other => {
                let chosen = self.choice(&one).map(|choice| (Some(one.clone()), Some(choice.form.clone()), choice.answer.clone()));
                self.conclude(Outcome::Decided, Some(By::Judge), Reason::JudgeConsistent, chosen, at);
            }
            (Some(_), Some(_)) => self.go_on(Reason::JudgeInconsistent, at),
            _ => self.go_on(Reason::JudgeFailed, at),
        }
    }

    /// Ends without an answer of the voters, the judge or a person.
    fn finish(&mut self, at: Timestamp) {
        let why = if at >= self.deadline { Reason::DeadlinePassed } else { Reason::NobodyLeft };
        match self.decision().escalation.otherwise.clone() {
            Otherwise::Escalate => self.conclude(Outcome::Escalated, None, why, None, at),
            Otherwise::Refuse => self.conclude(Outcome::Refused, None, why, None, at),
            Otherwise::Option { key } => {
                let chosen = self.choice(&key).map(|choice| (Some(key.clone()), Some(choice.form.clone()), choice.answer.clone()));
                self.conclude(Outcome::Decided, Some(By::Default), why, chosen, at);
            }
        }
    }

    /// Ends.
    pub(super) fn conclude(&mut self, outcome: Outcome, by: Option<By>, why: Reason, chosen: Option<Chosen>, at: Timestamp) {
        self.withdraw();
        let (key, form, answer) = chosen.map_or((None, None, None), |(key, form, answer)| (key, form, Some(answer)));
        // A timer that rings late makes nothing late: what did not come by the deadline was not counted.
        let at = if by == Some(By::Person) || outcome == Outcome::Cancelled { at } else { at.min(self.deadline) };
        let dissent = key.as_deref().map(|key| self.dissent(key)).unwrap_or_default();
        self.conclusion = Some(Conclusion {
            outcome,
            by,
            why,
            missed: self.missed,
            key,
            form,
            answer,
            margin: self.counts.last().and_then(|count| count.margin),
            dissent,
            person: None,
            comment: None,
            rounds: self.round,
            at,
            spent: self.spent,
        });
        self.stage = Stage::Ended;
        self.stage_number += 1;
        let asked = usize::from(outcome == Outcome::Escalated);
        self.story.push(Step { at, stage: Stage::Ended, why, asked });
        if outcome == Outcome::Escalated {
            let asked = Asked { at, status: Status::Pending, back_at: None, spent: Spent::default() };
            self.requests.insert(Request::Person, asked);
        }
    }

    /// Which person decided.
    pub(super) fn decided_by(&mut self, user: UserId, comment: Option<String>) {
        if let Some(conclusion) = &mut self.conclusion {
            conclusion.person = Some(user);
            conclusion.comment = comment;
        }
    }

    /// Who put something else first.
    fn dissent(&self, chosen: &str) -> Vec<Dissent> {
        let ballots = self.counted_ballots();
        let key = |place: &usize| self.choices.get(*place).map(|choice| choice.key.clone());
        ballots
            .iter()
            .filter_map(|(voter, ballot)| {
                let first: Vec<String> = ballot.top().iter().filter_map(key).collect();
                let differs = !first.is_empty() && !first.iter().any(|key| key == chosen);
                differs.then(|| Dissent { voter: voter.clone(), first, rationale: self.rationale(voter) })
            })
            .collect()
    }

    /// What a voter said last for its answer.
    pub(super) fn rationale(&self, voter: &VoterId) -> Option<String> {
        let of_ballot = Self::standing(&self.ballots).get(voter).and_then(|ballot| ballot.rationale.clone());
        of_ballot
            .or_else(|| self.arguments.get(voter).cloned())
            .or_else(|| Self::standing(&self.drafts).get(voter).and_then(|draft| draft.rationale.clone()))
    }
}
