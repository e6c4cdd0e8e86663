//! What is to be done now? Everything that a state asks for, under names that never change.

use baton_domain::time::Timestamp;
use serde_json::Value;

use super::apply::shown;
use super::command::{Action, Argument, Candidate, Command, Deadline, Entry};
use super::conclusion::{Conclusion, Outcome};
use super::form::{ARGUMENTS_PER_CANDIDATE, seed_of, shuffle};
use super::request::{Order, Request};
use super::state::{Choice, Proceedings, Stage, Status};
use crate::roster::VoterId;

/// What is to be done, before it is written out.
enum Todo<'a> {
    Ask(&'a Request),
    Withdraw(&'a Request),
    Conclude(&'a Conclusion),
    SetDeadline(Deadline, Timestamp),
}

impl Proceedings {
    /// All that is to be done, and all that was to be done and needs to be undone. Whoever carries commands out remembers their names, and may
    /// forget them: the same request asked twice is answered twice, and counts once.
    #[must_use]
    pub fn commands(&self) -> Vec<Command> {
        self.commands_unless(|_| false)
    }

    /// The same without those whose names are known to have been carried out: with a thousand voters the others are not made at all.
    #[must_use]
    pub fn commands_unless(&self, done: impl Fn(&str) -> bool) -> Vec<Command> {
        self.commands_one_by_one(done).collect()
    }

    /// The same, each made when it is asked for: a thousand ballots of two hundred long answers are more than a machine has room for at once.
    pub fn commands_one_by_one(&self, done: impl Fn(&str) -> bool) -> impl Iterator<Item = Command> {
        let id = self.opening.id;
        let of_requests = self.requests.iter().filter_map(move |(request, asked)| match asked.status {
            Status::Pending if *request == Request::Person && self.asked_in_vain() => {
                Some((format!("{id}/{request}/escalated"), Todo::Ask(request)))
            }
            Status::Pending => Some((format!("{id}/{request}"), Todo::Ask(request))),
            // Who has answered by now needs not be told.
            Status::Withdrawn if asked.back_at.is_none() => Some((format!("{id}/withdraw/{request}"), Todo::Withdraw(request))),
            _ => None,
        });
        let ended = self.stage == Stage::Ended;
        let end = self.conclusion.iter().filter(move |_| ended);
        let end = end.map(move |conclusion| (format!("{id}/conclude/{}", conclusion.outcome.as_str()), Todo::Conclude(conclusion)));
        let deadlines = [(Deadline::Stage(self.stage_number), self.stage_deadline), (Deadline::Decision, self.deadline)];
        let deadlines = deadlines.into_iter().filter(move |_| !ended);
        let deadlines = deadlines.map(move |(deadline, at)| (format!("{id}/deadline/{deadline}"), Todo::SetDeadline(deadline, at)));
        let todo = of_requests.chain(end).chain(deadlines);
        todo.filter(move |(id, _)| !done(id)).filter_map(|(id, todo)| Some(Command { id, action: self.action(todo)? }))
    }

    /// Whether people were asked in time, in vain, before they are asked without a deadline.
    fn asked_in_vain(&self) -> bool {
        self.stage == Stage::Ended && self.story.iter().any(|step| step.stage == Stage::AskingPerson)
    }

    fn action(&self, todo: Todo<'_>) -> Option<Action> {
        Some(match todo {
            Todo::Ask(request) => return self.ask(request),
            Todo::Withdraw(request) => Action::Withdraw { request: request.clone() },
            Todo::Conclude(conclusion) => Action::Conclude { conclusion: Box::new(conclusion.clone()) },
            Todo::SetDeadline(deadline, at) => Action::SetDeadline { deadline, at },
        })
    }

    /// What a request asks, whether it is still awaited or not.
    #[must_use]
    pub fn ask(&self, request: &Request) -> Option<Action> {
        let others = |round: u8, voter: &VoterId| -> Vec<Argument> {
            if round < 2 { Vec::new() } else { self.arguments_for(round, voter).into_iter().map(Argument).collect() }
        };
        Some(match request {
            Request::Draft(round, voter) => Action::AskDraft { voter: voter.clone(), round: *round, arguments: others(*round, voter) },
            Request::Clusters(round) => {
                let drafts = Self::standing(&self.drafts);
                let answers = drafts.into_iter().map(|(voter, draft)| (voter.clone(), draft.answer.clone())).collect();
                Action::AskClusters { round: *round, answers }
            }
            Request::Ballot(round, voter) => {
                let entry = |(label, choice): (String, &Choice)| Entry {
                    label,
                    answer: choice.answer.clone(),
                    description: choice.description.clone(),
                };
                Action::AskBallot {
                    voter: voter.clone(),
                    round: *round,
                    reads: self.decision().rule.reads(),
                    scale: self.decision().scores(),
                    entries: self.ballot_entries(*round, voter).into_iter().map(entry).collect(),
                    arguments: others(*round, voter),
                }
            }
            Request::Argument(voter) => {
                Action::AskArgument { voter: voter.clone(), answer: self.answer_of(voter), rationale: self.rationale(voter) }
            }
            Request::Synthesis => {
                let mut shown: Vec<&Choice> = self.choices.iter().collect();
                shuffle(&mut shown, seed_of(self.opening.seed, "synthesis"));
                let labelled = shown.into_iter().enumerate().map(|(place, choice)| (super::form::label(place), choice));
                Action::AskSynthesis { seat: self.roster().synthesizer.clone()?, candidates: self.candidates_of(labelled) }
            }
            Request::Judge(order) => self.judge(*order)?,
            Request::Person => Action::AskPerson {
                people: self.roster().people.iter().copied().collect(),
                choices: self.choices.iter().map(|choice| choice.key.clone()).collect(),
            },
        })
    }

    fn judge(&self, order: Order) -> Option<Action> {
        let candidates = self.candidates_of(self.judge_entries(order).into_iter());
        Some(Action::AskJudge { seat: self.roster().judge.clone()?, order, candidates })
    }

    fn candidates_of<'a>(&self, labelled: impl Iterator<Item = (String, &'a Choice)>) -> Vec<Candidate> {
        let ballots = self.counted_ballots();
        labelled
            .map(|(label, choice)| {
                let place = self.choices.iter().position(|other| other.key == choice.key);
                let speaks = |ballot: &baton_voting::Ballot| place.is_some_and(|place| ballot.top().contains(&place));
                let mut arguments: Vec<String> =
                    ballots.iter().filter(|(_, ballot)| speaks(ballot)).filter_map(|(voter, _)| self.rationale(voter)).collect();
                arguments.sort_unstable();
                arguments.dedup();
                shuffle(&mut arguments, seed_of(self.opening.seed, &format!("candidate/{}", choice.form)));
                arguments.truncate(ARGUMENTS_PER_CANDIDATE);
                Candidate { label, answer: choice.answer.clone(), description: choice.description.clone(), arguments }
            })
            .collect()
    }

    /// What a voter has answered so far, in its own words or by keys.
    fn answer_of(&self, voter: &VoterId) -> Value {
        let ballot = Self::standing(&self.ballots).get(voter).map(|ballot| shown(&ballot.says));
        let draft = || Self::standing(&self.drafts).get(voter).map(|draft| draft.answer.clone());
        ballot.or_else(draft).unwrap_or_default()
    }

    /// Whether people may still decide although it has ended.
    #[must_use]
    pub fn awaits_people(&self) -> bool {
        self.conclusion.as_ref().is_some_and(|conclusion| conclusion.outcome == Outcome::Escalated)
    }
}
