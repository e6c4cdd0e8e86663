//! How do people open decisions, vote and answer by plain forms, with scripts and without?

#![expect(clippy::too_many_arguments, reason = "the server macro makes each field of a form an argument")]

use std::collections::BTreeMap;

use baton_domain::id::DecisionId;
use baton_domain::wire::decision::DecisionSummary;
use leptos::prelude::server;
use leptos::server_fn::codec::PostUrl;

#[cfg(feature = "ssr")]
use super::serve;
use super::{Called, Json};

/// Opens a decision from the form of its page: `options` one a line, `key: label | description`; `agents` how often each answers, by its id; `persons` by their
/// addresses, one a line, `address: weight`; `weight` of `skill`, `role` and each agent; `terms` what decisions have besides, by the form's names.
///
/// # Errors
/// As [`DecisionService::open`](baton_domain::services::DecisionService::open); `REQUEST-002` for a field that is no number, or says nothing
/// with what else is chosen.
#[server(name = OpenDecisionForm, endpoint = "/decisions/open_form", input = PostUrl, output = Json)]
pub async fn open_form(
    question: String,
    #[server(default)] context: String,
    #[server(default)] options: String,
    rule: String,
    #[server(default)] skill: String,
    #[server(default)] count: String,
    #[server(default)] agents: BTreeMap<String, String>,
    #[server(default)] role: String,
    #[server(default)] persons: String,
    #[server(default)] weight: BTreeMap<String, String>,
    #[server(default)] deadline_minutes: String,
    #[server(default)] quorum: String,
    #[server(default)] threshold: String,
    #[server(default)] judge: String,
    #[server(default)] people: String,
    #[server(default)] terms: BTreeMap<String, String>,
) -> Called<DecisionSummary> {
    let form = super::opening::Opening {
        question,
        context,
        options,
        rule,
        skill,
        count,
        agents,
        role,
        persons,
        weight,
        deadline_minutes,
        quorum,
        threshold,
        judge,
        people,
        terms,
    };
    let asked = serve::answer(form.read())?;
    let opened = serve::services()?.decisions.open_step(&serve::caller(), asked.step.clone(), None).await;
    let opened = serve::answer(opened.map_err(|problem| asked.in_its_words(problem)))?;
    serve::go(&format!("/decisions/{}", opened.id));
    Ok(opened)
}

/// Votes from the form of a decision's page. `kind` is `choice`, `approvals`, `ranking`, `scores`, `abstention`, `draft` or `argument`; `entry` holds by
/// labels what was ticked, the places or the scores.
///
/// # Errors
/// As [`DecisionService::vote`](baton_domain::services::DecisionService::vote); `REQUEST-002` for a field that is no number.
#[server(name = VoteForm, endpoint = "/decisions/vote_form", input = PostUrl, output = Json)]
pub async fn vote_form(
    id: DecisionId,
    kind: String,
    #[server(default)] round: String,
    #[server(default)] choice: String,
    #[server(default)] entry: BTreeMap<String, String>,
    #[server(default)] text: String,
    #[server(default)] confidence: String,
    #[server(default)] rationale: String,
) -> Called<DecisionSummary> {
    let form = reading::Voting { kind, round, choice, entry, text, confidence, rationale };
    let vote = serve::answer(form.vote())?;
    let voted = serve::answer(serve::services()?.decisions.vote(&serve::caller(), id, vote).await)?;
    serve::go_back();
    Ok(voted)
}

/// Ends a decision that nobody needs any more, from its page.
///
/// # Errors
/// As [`DecisionService::cancel`](baton_domain::services::DecisionService::cancel).
#[server(name = EndDecision, endpoint = "/decisions/cancel_form", input = PostUrl, output = Json)]
pub async fn cancel_form(id: DecisionId, #[server(default)] reason: String) -> Called<DecisionSummary> {
    let why = baton_domain::wire::decision::CancelDecision { reason: super::typed::filled(&reason) };
    let ended = serve::answer(serve::services()?.decisions.cancel(&serve::caller(), id, why).await)?;
    serve::go_back();
    Ok(ended)
}

/// Records what a person found right after a decision had ended, from its page; without a key, that no answer was.
///
/// # Errors
/// As [`DecisionService::judge_later`](baton_domain::services::DecisionService::judge_later).
#[server(name = JudgeForm, endpoint = "/decisions/judge_form", input = PostUrl, output = Json)]
pub async fn judge_form(id: DecisionId, #[server(default)] key: String, #[server(default)] comment: String) -> Called<DecisionSummary> {
    let verdict = baton_domain::wire::decision::LaterVerdict { key: super::typed::filled(&key), comment: super::typed::filled(&comment) };
    let judged = serve::answer(serve::services()?.decisions.judge_later(&serve::caller(), id, verdict).await)?;
    serve::go_back();
    Ok(judged)
}

/// Decides what was escalated, from the form of a decision's page. `kind` is `choice`, `answer` or `refuse`.
///
/// # Errors
/// As [`DecisionService::answer`](baton_domain::services::DecisionService::answer).
#[server(name = AnswerForm, endpoint = "/decisions/answer_form", input = PostUrl, output = Json)]
pub async fn answer_form(
    id: DecisionId,
    kind: String,
    #[server(default)] key: String,
    #[server(default)] answer: String,
    #[server(default)] comment: String,
) -> Called<DecisionSummary> {
    let verdict = serve::answer(reading::verdict(&kind, key, &answer, comment))?;
    let answered = serve::answer(serve::services()?.decisions.answer(&serve::caller(), id, verdict).await)?;
    serve::go_back();
    Ok(answered)
}

#[cfg(feature = "ssr")]
mod reading {
    use std::collections::BTreeMap;

    use baton_domain::problem::Problem;
    use baton_domain::services::Answer;
    use baton_domain::wire::decision::{DecisionVote, PersonChoice, PersonVerdict, VoteSays};
    use serde_json::Value;

    use crate::server_fns::typed::{filled, number};

    pub(super) struct Voting {
        pub(super) kind: String,
        pub(super) round: String,
        pub(super) choice: String,
        pub(super) entry: BTreeMap<String, String>,
        pub(super) text: String,
        pub(super) confidence: String,
        pub(super) rationale: String,
    }

    impl Voting {
        pub(super) fn vote(self) -> Answer<DecisionVote> {
            let said = self.entry.iter().filter_map(|(label, text)| Some((label.clone(), filled(text)?)));
            let says = match self.kind.as_str() {
                "draft" => VoteSays::Draft { answer: written(&self.text) },
                "argument" => VoteSays::Argument { argument: self.text.replace("\r\n", "\n").trim().to_owned() },
                "choice" if self.choice.is_empty() => return Err(Problem::invalid_field("choice", "Choose one of the answers.")),
                "choice" => VoteSays::Choice { choice: self.choice },
                "approvals" => VoteSays::Approvals { choices: said.map(|(label, _)| label).collect() },
                "ranking" => VoteSays::Ranking { places: places(said)? },
                "scores" => {
                    let scores = said.map(|(label, text)| Ok((label, number("entry", &text)?.unwrap_or_default())));
                    VoteSays::Scores { scores: scores.collect::<Answer<_>>()? }
                }
                "abstention" => VoteSays::Abstention,
                _ => return Err(Problem::invalid_field("kind", "There is no such vote. Reload the page.")),
            };
            Ok(DecisionVote {
                says,
                confidence: number("confidence", &self.confidence)?,
                rationale: filled(&self.rationale),
                round: number("round", &self.round)?,
            })
        }
    }

    /// The labels place after place; those with the same number together.
    fn places(said: impl Iterator<Item = (String, String)>) -> Answer<Vec<Vec<String>>> {
        let mut by_place: BTreeMap<u32, Vec<String>> = BTreeMap::new();
        for (label, text) in said {
            if let Some(place) = number("entry", &text)? {
                by_place.entry(place).or_default().push(label);
            }
        }
        Ok(by_place.into_values().collect())
    }

    pub(super) fn verdict(kind: &str, key: String, answer: &str, comment: String) -> Answer<PersonVerdict> {
        let answer = match kind {
            "choice" if key.is_empty() => return Err(Problem::invalid_field("key", "Choose one of the answers.")),
            "choice" => PersonChoice::Choice { key },
            "answer" if answer.trim().is_empty() => return Err(Problem::invalid_field("answer", "Write the answer.")),
            "answer" => PersonChoice::Answer { answer: written(answer) },
            "refuse" => PersonChoice::Refuse,
            _ => return Err(Problem::invalid_field("kind", "There is no such verdict. Reload the page.")),
        };
        Ok(PersonVerdict { answer, comment: filled(&comment) })
    }

    /// What was written, as JSON if it is some, else as text.
    fn written(text: &str) -> Value {
        let text = text.replace("\r\n", "\n");
        serde_json::from_str(text.trim()).unwrap_or_else(|_| Value::from(text.trim()))
    }

    #[cfg(test)]
    mod tests {
        #![allow(clippy::unwrap_used, reason = "tests")]

        use super::*;

        fn voting(kind: &str, entry: &[(&str, &str)]) -> Voting {
            Voting {
                kind: kind.to_owned(),
                round: "1".to_owned(),
                choice: String::new(),
                entry: entry.iter().map(|(label, text)| ((*label).to_owned(), (*text).to_owned())).collect(),
                text: String::new(),
                confidence: "0.8".to_owned(),
                rationale: " ".to_owned(),
            }
        }

        #[test]
        fn places_are_put_in_order_and_equals_stay_together() {
            let vote = voting("ranking", &[("A", "2"), ("B", "1"), ("C", "2"), ("D", "")]).vote().unwrap();
            let texts = |places: &[&[&str]]| -> Vec<Vec<String>> {
                places.iter().map(|place| place.iter().map(|label| (*label).to_owned()).collect()).collect()
            };
            assert_eq!(vote.says, VoteSays::Ranking { places: texts(&[&["B"], &["A", "C"]]) });
            assert_eq!((vote.round, vote.confidence, vote.rationale), (Some(1), Some(0.8), None));
        }

        #[test]
        fn what_is_no_number_names_its_field() {
            let problem = voting("scores", &[("A", "much")]).vote().unwrap_err();
            assert_eq!(problem.errors[0].field, "entry");
        }
    }
}
