//! What does a fact change? What cannot be counted changes nothing, and it is known why.

use std::collections::{BTreeMap, BTreeSet};

use baton_domain::id::UserId;
use baton_domain::problem::{Code, Problem};
use baton_domain::time::Timestamp;
use baton_voting::{Ballot, Opinion};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::command::Deadline;
use super::conclusion::{By, Outcome, Reason};
use super::fact::{
    BallotGiven, DraftGiven, Fact, Happened, MAXIMUM_FAILURE_BYTES, MAXIMUM_RATIONALE_BYTES, MAXIMUM_WRITTEN_BYTES, PersonAnswer, Said,
    Spent,
};
use super::request::{Order, Request};
use super::state::{CastBallot, Draft, JudgeWord, Proceedings, Stage, Status};
use crate::canonical::canonical_json;
use crate::decision::{Answers, BallotKind};
use crate::lab::{opinion_of, places};
use crate::roster::{VoterId, Who};

/// Why a fact made no difference.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ignored {
    /// It is from somebody who does not vote or was not asked.
    Outsider,
    /// Nobody asked for it.
    NotAsked,
    /// It was answered already.
    Duplicate,
    /// It comes too late.
    Late,
    /// The ballot cannot be counted.
    BallotUnfit,
    /// The answer cannot be compared.
    AnswerUnfit,
    /// A deadline of a stage that is over.
    Stale,
    /// The decision has ended.
    Ended,
}

impl Ignored {
    /// The code by which it is refused.
    #[must_use]
    pub const fn code(self) -> Code {
        match self {
            Self::Outsider => Code::NotAVoter,
            Self::NotAsked | Self::Stale => Code::NotAsked,
            Self::Duplicate => Code::AlreadyVoted,
            Self::Late => Code::VotingClosed,
            Self::BallotUnfit => Code::BallotUnfit,
            Self::AnswerUnfit => Code::AnswerUnfit,
            Self::Ended => Code::DecisionEnded,
        }
    }
}

/// What became of a fact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Receipt {
    /// It made a difference.
    Counted,
    /// It made none.
    Ignored(Ignored, String),
}

impl Receipt {
    /// The problem with which whoever sent it is refused. Whether the fact must be recorded all the same says [`Applied::changed`]. To ask without
    /// recording, apply it to a copy.
    ///
    /// # Errors
    /// If it made no difference.
    pub fn accepted(self) -> Result<(), Problem> {
        match self {
            Self::Counted => Ok(()),
            Self::Ignored(why, detail) => Err(Problem::new(why.code(), detail)),
        }
    }
}

/// What became of a fact, and of the decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Applied {
    /// What whoever sent it is told.
    pub receipt: Receipt,
    /// Whether the decision has changed, and the fact must be recorded: one that does not count itself may have cost something, or come after a deadline
    /// that nobody told of. Facts that changed nothing can be left out of what is replayed; only the numbers of what was ignored differ then.
    pub changed: bool,
}

type Outcomes = Result<(), (Ignored, String)>;

fn no(why: Ignored, detail: impl Into<String>) -> Outcomes {
    Err((why, detail.into()))
}

impl Proceedings {
    /// Takes in what happened, and goes on as far as that leads.
    pub fn apply(&mut self, fact: &Fact) -> Receipt {
        self.take_in(fact).receipt
    }

    /// The same, and whether it must be recorded.
    pub fn take_in(&mut self, fact: &Fact) -> Applied {
        let at = match &fact.what {
            Happened::DeadlinePassed { deadline: Deadline::Decision } => fact.at.max(self.deadline),
            _ => fact.at,
        };
        let stage = self.stage_number;
        self.catch_up(at);
        // That the time of a stage is over is said in time, although the stage was closed because of it.
        let in_time = matches!(fact.what, Happened::DeadlinePassed { deadline: Deadline::Stage(number) } if number == stage);
        let caught_up = self.stage_number != stage;
        let done = if in_time && caught_up { Ok(()) } else { self.take(&fact.what, at) };
        match done {
            Ok(()) => {
                self.settle(at);
                // After the end, its deadline may pass without any difference.
                let timer = matches!(fact.what, Happened::DeadlinePassed { .. });
                Applied { receipt: Receipt::Counted, changed: !timer || self.stage_number != stage }
            }
            Err((why, detail)) => {
                *self.ignored.entry(why).or_default() += 1;
                let paid = fact.what.cost().is_some_and(|(request, spent)| self.pays(&request, why, spent, at));
                Applied { receipt: Receipt::Ignored(why, detail), changed: caught_up || paid }
            }
        }
    }

    /// Counts what an answer took that does not count itself, and says whether that is anything new. An answer that could not be read is followed by
    /// another one, and both are paid; of what is told about a request that is over, the most that was told is.
    fn pays(&mut self, request: &Request, why: Ignored, spent: Spent, at: Timestamp) -> bool {
        let Some(asked) = self.requests.get_mut(request) else { return false };
        let more = match asked.status {
            Status::Pending if matches!(why, Ignored::BallotUnfit | Ignored::AnswerUnfit) => spent,
            Status::Pending => return false,
            _ => spent.beyond(asked.spent),
        };
        asked.spent = asked.spent.plus(more);
        self.spent = self.spent.plus(more);
        let first = asked.status == Status::Withdrawn && asked.back_at.is_none();
        if first {
            asked.back_at = Some(at);
        }
        first || more != Spent::default()
    }

    fn take(&mut self, what: &Happened, at: Timestamp) -> Outcomes {
        match what {
            Happened::DraftArrived { voter, round, draft, spent } => self.draft(voter, *round, draft, *spent, at),
            Happened::ClustersArrived { round, groups, spent } => self.clustered(*round, groups, *spent, at),
            Happened::BallotArrived { voter, round, ballot, spent } => self.ballot(voter, *round, ballot, *spent, at),
            Happened::ArgumentArrived { voter, argument, spent } => self.argument(voter, argument, *spent, at),
            Happened::SynthesisArrived { answer, spent } => {
                self.expected(&Request::Synthesis)?;
                if answer.is_null() || answer.as_str().is_some_and(|text| text.trim().is_empty()) {
                    return no(Ignored::AnswerUnfit, "The answer is empty.");
                }
                sized(answer)?;
                self.answered(&Request::Synthesis, *spent, at);
                self.synthesis = Some(answer.clone());
                Ok(())
            }
            Happened::JudgeAnswered { order, choice, rationale, spent } => {
                self.judged(*order, choice.as_deref(), rationale.as_deref(), *spent, at)
            }
            Happened::PersonAnswered { user_id, answer, comment } => self.person(*user_id, answer, comment.as_deref(), at),
            Happened::Failed { request, code, spent } => {
                if self.stage == Stage::Ended && *request == Request::Person {
                    return no(Ignored::Ended, "The decision has ended; people may still decide it.");
                }
                self.expected(request)?;
                self.closed(request, Status::Failed { code: cut_to(code, MAXIMUM_FAILURE_BYTES) }, *spent, at);
                Ok(())
            }
            Happened::VoterDied { voter } => self.died(voter, at),
            Happened::DeadlinePassed { deadline: Deadline::Decision } => Ok(()),
            Happened::DeadlinePassed { deadline: Deadline::Stage(number) } => {
                if self.stage == Stage::Ended || *number != self.stage_number {
                    return no(Ignored::Stale, "There is no such stage, or it is over.");
                }
                if at < self.stage_deadline {
                    return no(Ignored::Stale, "That stage has time yet.");
                }
                self.close(Reason::StageTimedOut, at);
                Ok(())
            }
            Happened::BudgetSpent => {
                if self.stage == Stage::Ended {
                    return no(Ignored::Ended, "The decision has ended.");
                }
                self.no_more_models();
                Ok(())
            }
            Happened::Cancelled { reason } => {
                let open = self.conclusion.as_ref().is_none_or(|conclusion| conclusion.outcome == Outcome::Escalated);
                if !open {
                    return no(Ignored::Ended, "The decision has ended.");
                }
                self.conclude(Outcome::Cancelled, None, Reason::Cancelled, None, at);
                if let (Some(conclusion), false) = (&mut self.conclusion, reason.trim().is_empty()) {
                    conclusion.comment = Some(cut(reason.trim()));
                }
                Ok(())
            }
        }
    }

    /// Whether an answer to this is awaited.
    fn expected(&self, request: &Request) -> Outcomes {
        if let Some(voter) = request.voter()
            && !self.roster().voters.contains_key(voter)
        {
            return no(Ignored::Outsider, format!("`{voter}` does not vote in this decision."));
        }
        let ended = self.stage == Stage::Ended;
        let Some(asked) = self.requests.get(request) else {
            return if ended {
                no(Ignored::Ended, "The decision has ended.")
            } else {
                no(Ignored::NotAsked, format!("`{request}` is not what is asked now."))
            };
        };
        match asked.status {
            Status::Pending => Ok(()),
            Status::Failed { .. } | Status::Gone => no(Ignored::Late, "This was given up."),
            Status::Answered => no(Ignored::Duplicate, "This was answered already; the first answer stands."),
            Status::Withdrawn if asked.back_at.is_some() => no(Ignored::Duplicate, "This came before, and was too late then."),
            Status::Withdrawn => no(Ignored::Late, "The stage that asked for this is over."),
        }
    }

    fn answered(&mut self, request: &Request, spent: Spent, at: Timestamp) {
        self.closed(request, Status::Answered, spent, at);
    }

    fn closed(&mut self, request: &Request, status: Status, spent: Spent, at: Timestamp) {
        if let Some(asked) = self.requests.get_mut(request) {
            asked.status = status;
            asked.back_at = Some(at);
            asked.spent = asked.spent.plus(spent);
            self.spent = self.spent.plus(spent);
        }
    }

    fn draft(&mut self, voter: &VoterId, round: u8, given: &DraftGiven, spent: Spent, at: Timestamp) -> Outcomes {
        let request = Request::Draft(round, voter.clone());
        self.expected(&request)?;
        sized(&given.answer)?;
        let Answers::Free { canonical } = &self.decision().answers else {
            return no(Ignored::NotAsked, "The answers are given.");
        };
        let form = canonical.form(&given.answer).map_err(|unfit| (Ignored::AnswerUnfit, unfit.to_string()))?;
        let confidence = confidence(given.confidence)?;
        let draft = Draft { answer: given.answer.clone(), form, confidence, rationale: given.rationale.as_deref().map(cut) };
        self.answered(&request, spent, at);
        if let Some(drafts) = self.drafts.get_mut(usize::from(round).saturating_sub(1)) {
            drafts.insert(voter.clone(), draft);
        }
        Ok(())
    }

    fn clustered(&mut self, round: u8, groups: &[Vec<VoterId>], spent: Spent, at: Timestamp) -> Outcomes {
        let request = Request::Clusters(round);
        self.expected(&request)?;
        let drafts = Self::standing(&self.drafts);
        let mut seen = BTreeSet::new();
        for voter in groups.iter().flatten() {
            if !drafts.contains_key(voter) {
                return no(Ignored::AnswerUnfit, format!("There is no answer of `{voter}`."));
            }
            if !seen.insert(voter) {
                return no(Ignored::AnswerUnfit, format!("The answer of `{voter}` stands in two groups."));
            }
        }
        self.answered(&request, spent, at);
        self.clusters = Some(groups.iter().filter(|group| !group.is_empty()).cloned().collect());
        Ok(())
    }

    fn ballot(&mut self, voter: &VoterId, round: u8, given: &BallotGiven, spent: Spent, at: Timestamp) -> Outcomes {
        let request = Request::Ballot(round, voter.clone());
        self.expected(&request)?;
        let confidence = confidence(given.confidence)?;
        let says = self.by_keys(round, voter, &given.says)?;
        let ballot = CastBallot { says, confidence, rationale: given.rationale.as_deref().map(cut) };
        self.answered(&request, spent, at);
        if let Some(ballots) = self.ballots.get_mut(usize::from(round).saturating_sub(1)) {
            ballots.insert(voter.clone(), ballot);
        }
        Ok(())
    }

    /// A ballot with the keys that its labels stand for, if it can be counted.
    fn by_keys(&self, round: u8, voter: &VoterId, says: &Said) -> Result<Said, (Ignored, String)> {
        let reads = self.decision().rule.reads();
        let kind = match says {
            Said::Choice { .. } => Some(BallotKind::Choice),
            Said::Approvals { .. } => Some(BallotKind::Approvals),
            Said::Ranking { .. } => Some(BallotKind::Ranking),
            Said::Scores { .. } => Some(BallotKind::Scores),
            Said::Abstention => None,
        };
        if kind.is_some_and(|kind| kind != reads) {
            return Err((Ignored::BallotUnfit, format!("The rule `{}` reads `{reads}`.", self.decision().rule)));
        }
        let entries = self.ballot_entries(round, voter);
        let keys: BTreeMap<&str, &str> = entries.iter().map(|(label, choice)| (label.as_str(), choice.key.as_str())).collect();
        let key = |label: &String| -> Result<String, (Ignored, String)> {
            let found = keys.get(label.trim()).copied();
            found.map(str::to_owned).ok_or_else(|| (Ignored::BallotUnfit, format!("There is no answer `{label}` on the ballot.")))
        };
        let said = match says {
            Said::Choice { choice } => Said::Choice { choice: key(choice)? },
            Said::Approvals { choices } => Said::Approvals { choices: choices.iter().map(key).collect::<Result<_, _>>()? },
            Said::Ranking { places } => {
                let place = |labels: &Vec<String>| labels.iter().map(key).collect::<Result<_, _>>();
                Said::Ranking { places: places.iter().filter(|place| !place.is_empty()).map(place).collect::<Result<_, _>>()? }
            }
            Said::Scores { scores } => {
                let mut by_key = BTreeMap::new();
                for (label, score) in scores {
                    if by_key.insert(key(label)?, (score * 1_000_000.0).round() / 1_000_000.0).is_some() {
                        return Err((Ignored::BallotUnfit, format!("`{label}` stands on the ballot twice.")));
                    }
                }
                Said::Scores { scores: by_key }
            }
            Said::Abstention => Said::Abstention,
        };
        let known = places(self.choices.iter().map(|choice| choice.key.as_str()));
        let opinion = opinion_of(&said, &known).unwrap_or(Opinion::Abstention);
        let fits = Ballot::of(opinion).check_within(self.choices.len(), self.scale());
        fits.map_err(|_| match reads {
            BallotKind::Scores => (Ignored::BallotUnfit, "A score is a number on the question's scale.".to_owned()),
            _ => (Ignored::BallotUnfit, "An answer stands on the ballot twice.".to_owned()),
        })?;
        Ok(said)
    }

    fn argument(&mut self, voter: &VoterId, argument: &str, spent: Spent, at: Timestamp) -> Outcomes {
        let request = Request::Argument(voter.clone());
        self.expected(&request)?;
        self.answered(&request, spent, at);
        let argument = cut(argument.trim());
        if !argument.is_empty() {
            self.arguments.insert(voter.clone(), argument);
        }
        Ok(())
    }

    fn judged(&mut self, order: Order, choice: Option<&str>, rationale: Option<&str>, spent: Spent, at: Timestamp) -> Outcomes {
        let request = Request::Judge(order);
        self.expected(&request)?;
        let entries = self.judge_entries(order);
        let key = match choice {
            None => None,
            Some(label) => match entries.iter().find(|(known, _)| known == label.trim()) {
                Some((_, choice)) => Some(choice.key.clone()),
                None => return no(Ignored::BallotUnfit, format!("There is no answer `{label}` before the judge.")),
            },
        };
        self.answered(&request, spent, at);
        self.judge_words.insert(order, JudgeWord { key, rationale: rationale.map(cut) });
        Ok(())
    }

    fn person(&mut self, user: UserId, answer: &PersonAnswer, comment: Option<&str>, at: Timestamp) -> Outcomes {
        let escalated = self.conclusion.as_ref().is_some_and(|conclusion| conclusion.outcome == Outcome::Escalated);
        if self.stage == Stage::Ended && !escalated {
            return no(Ignored::Ended, "The decision has ended.");
        }
        if !(escalated || self.stage == Stage::AskingPerson) {
            return no(Ignored::NotAsked, "People are not asked yet: the voters are.");
        }
        let people = &self.roster().people;
        if !people.is_empty() && !people.contains(&user) {
            return no(Ignored::Outsider, "You are not among those who are asked.");
        }
        let chosen = match answer {
            PersonAnswer::Choice { key } => match self.choice(key) {
                Some(choice) => Some((Some(choice.key.clone()), Some(choice.form.clone()), choice.answer.clone())),
                None => return no(Ignored::AnswerUnfit, format!("There is no answer `{key}`.")),
            },
            PersonAnswer::Answer { answer } => match &self.decision().answers {
                Answers::Free { canonical } => {
                    sized(answer)?;
                    let form = canonical.form(answer).map_err(|unfit| (Ignored::AnswerUnfit, unfit.to_string()))?;
                    let same = self.choices.iter().find(|choice| choice.form == form);
                    Some((same.map(|choice| choice.key.clone()), Some(form), answer.clone()))
                }
                Answers::Options { .. } => return no(Ignored::AnswerUnfit, "Choose one of the options, by its key."),
            },
            PersonAnswer::Refuse => None,
        };
        self.answered(&Request::Person, Spent::default(), at);
        match chosen {
            Some(chosen) => self.conclude(Outcome::Decided, Some(By::Person), Reason::PersonDecided, Some(chosen), at),
            None => self.conclude(Outcome::Refused, Some(By::Person), Reason::PersonRefused, None, at),
        }
        self.decided_by(user, comment.map(cut));
        Ok(())
    }

    fn died(&mut self, voter: &VoterId, at: Timestamp) -> Outcomes {
        if !self.roster().voters.contains_key(voter) {
            return no(Ignored::Outsider, format!("`{voter}` does not vote in this decision."));
        }
        if self.stage == Stage::Ended {
            return no(Ignored::Ended, "The decision has ended.");
        }
        if !self.gone.insert(voter.clone()) {
            return no(Ignored::Duplicate, "This is known.");
        }
        for (request, asked) in &mut self.requests {
            if request.voter() == Some(voter) && asked.status == Status::Pending {
                asked.status = Status::Gone;
                asked.back_at = Some(at);
            }
        }
        Ok(())
    }

    /// Takes back what models were asked. People who vote may go on.
    fn no_more_models(&mut self) {
        self.budget_spent = true;
        let person = |request: &Request| match request.voter() {
            Some(voter) => self.opening.roster.voters.get(voter).is_some_and(|voter| matches!(voter.who, Who::Person { .. })),
            None => *request == Request::Person,
        };
        for (request, asked) in &mut self.requests {
            if asked.status == Status::Pending && !person(request) {
                asked.status = Status::Withdrawn;
            }
        }
    }
}

/// A confidence to the millionth, so that it is the same when it was stored and read.
fn confidence(given: Option<f64>) -> Result<Option<f64>, (Ignored, String)> {
    match given {
        Some(confidence) if !(0.0..=1.0).contains(&confidence) => {
            Err((Ignored::BallotUnfit, "A confidence is a number from 0 to 1.".to_owned()))
        }
        given => Ok(given.map(|confidence| (confidence * 1_000_000.0).round() / 1_000_000.0)),
    }
}

/// Whether an answer is short enough to be kept as it was written, spaces and what its form leaves out included.
fn sized(answer: &Value) -> Outcomes {
    if answer.to_string().len() > MAXIMUM_WRITTEN_BYTES {
        return no(Ignored::AnswerUnfit, format!("The answer is longer than {MAXIMUM_WRITTEN_BYTES} bytes as JSON: give a shorter one."));
    }
    Ok(())
}

/// As much of a text as is kept.
fn cut(text: &str) -> String {
    cut_to(text, MAXIMUM_RATIONALE_BYTES)
}

fn cut_to(text: &str, most: usize) -> String {
    let mut end = text.len().min(most);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or_default().to_owned()
}

/// A ballot as a value that a voter can be shown again.
pub(super) fn shown(says: &Said) -> Value {
    serde_json::from_str(&canonical_json(&serde_json::to_value(says).unwrap_or_default())).unwrap_or_default()
}
