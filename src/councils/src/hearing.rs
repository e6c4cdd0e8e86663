//! What did an agent say? The end of its task becomes a fact; what does not fit becomes a failure with its code, so that nobody waits for it.

use std::collections::{BTreeMap, BTreeSet};

use baton_decisions::canonical;
use baton_decisions::decision::{BallotKind, Scores};
use baton_decisions::protocol::{Action, BallotGiven, Choice, DraftGiven, Entry, Happened, Request, Said, Spent, Status};
use baton_domain::problem::Code;
use baton_domain::task::TaskState;
use baton_domain::wire::decision::DecisionTask;
use baton_domain::wire::task::TaskDetail;
use serde_json::Value;

use crate::asking::{ABSTAIN, NO_ANSWER, places};
use crate::council::{Council, Way};

/// What was heard that cannot be counted.
pub(crate) type Unfit = Code;

/// What the end of a task tells, with what it spent.
pub(crate) fn heard(council: &Council, request: &Request, way: Way, task: &TaskDetail, spent: Spent) -> Happened {
    let failed = |code: &str| Happened::Failed { request: request.clone(), code: code.to_owned(), spent };
    let pending = council.proceedings.requests.get(request).is_some_and(|asked| asked.status == Status::Pending);
    if !pending {
        // It is only paid for.
        return failed(Code::VotingClosed.as_str());
    }
    let Some(result) = task.result.as_ref().filter(|_| task.summary.state == TaskState::Completed) else {
        let code = task.summary.failure.as_ref().map_or_else(|| task.summary.state.as_str().to_owned(), |failure| failure.code.clone());
        return failed(&code);
    };
    said(council, request, way, result, spent).unwrap_or_else(|code| failed(code.as_str()))
}

fn said(council: &Council, request: &Request, way: Way, result: &Value, spent: Spent) -> Result<Happened, Unfit> {
    let action = council.proceedings.ask(request).ok_or(Code::NotAsked)?;
    let words = || match result.get("json") {
        Some(value) => Ok(value.clone()),
        // A model that knows no shapes may still have kept to it.
        None => result.get("text").and_then(Value::as_str).and_then(|text| serde_json::from_str(text).ok()).ok_or(Code::AnswerUnfit),
    };
    match (action, way) {
        (Action::AskDraft { voter, round, .. }, Way::Skill) => {
            let (answer, confidence, rationale) = by_skill(task_of(council)?, result)?;
            Ok(Happened::DraftArrived { voter, round, draft: DraftGiven { answer, confidence, rationale }, spent })
        }
        (Action::AskDraft { voter, round, .. }, Way::Words) => {
            let said = words()?;
            let answer = said.get("answer").cloned().ok_or(Code::AnswerUnfit)?;
            let draft = DraftGiven { answer, confidence: confidence(said.get("confidence")), rationale: text(said.get("rationale")) };
            Ok(Happened::DraftArrived { voter, round, draft, spent })
        }
        (Action::AskBallot { voter, round, reads, scale, entries, .. }, Way::Skill) => {
            let (answer, confidence, rationale) = by_skill(task_of(council)?, result)?;
            let says = of_keys(&answer, &council.proceedings.choices, &entries, reads, scale)?;
            Ok(Happened::BallotArrived { voter, round, ballot: BallotGiven { says, confidence, rationale }, spent })
        }
        (Action::AskBallot { voter, round, reads, .. }, Way::Words) => {
            let said = words()?;
            let says = of_words(&said, reads)?;
            let ballot = BallotGiven { says, confidence: confidence(said.get("confidence")), rationale: text(said.get("argument")) };
            Ok(Happened::BallotArrived { voter, round, ballot, spent })
        }
        (Action::AskArgument { voter, .. }, _) => {
            let argument = text(words()?.get("argument")).ok_or(Code::AnswerUnfit)?;
            Ok(Happened::ArgumentArrived { voter, argument, spent })
        }
        (Action::AskClusters { round, answers }, _) => {
            let by_label: BTreeMap<String, _> = places(&answers).collect();
            let mut seen = BTreeSet::new();
            let mut groups = Vec::new();
            for group in words()?.get("groups").and_then(Value::as_array).ok_or(Code::AnswerUnfit)? {
                let labels = group.as_array().ok_or(Code::AnswerUnfit)?.iter().filter_map(Value::as_str);
                // A model repeats itself; the first group counts.
                let found = labels.filter_map(|label| by_label.get(label.trim())).filter(|voter| seen.insert((**voter).clone()));
                groups.push(found.map(|voter| (*voter).clone()).collect());
            }
            Ok(Happened::ClustersArrived { round, groups, spent })
        }
        (Action::AskSynthesis { .. }, _) => {
            let answer = words()?.get("answer").cloned().ok_or(Code::AnswerUnfit)?;
            Ok(Happened::SynthesisArrived { answer, spent })
        }
        (Action::AskJudge { order, .. }, _) => {
            let said = words()?;
            let choice = said.get("choice").and_then(Value::as_str).ok_or(Code::AnswerUnfit)?.trim().to_owned();
            let choice = (choice != NO_ANSWER).then_some(choice);
            Ok(Happened::JudgeAnswered { order, choice, rationale: text(said.get("argument")), spent })
        }
        _ => Err(Code::NotAsked),
    }
}

fn task_of(council: &Council) -> Result<&DecisionTask, Unfit> {
    council.beginning.request.task.as_ref().ok_or(Code::AnswerUnfit)
}

/// What a skill's result says: the answer, how sure the agent is, and why.
pub(crate) fn by_skill(task: &DecisionTask, result: &Value) -> Result<(Value, Option<f64>, Option<String>), Unfit> {
    let at = |pointer: &Option<String>| pointer.as_deref().and_then(|pointer| result.pointer(pointer));
    let answer = result.pointer(task.answer.as_deref().unwrap_or_default()).cloned().ok_or(Code::AnswerUnfit)?;
    Ok((answer, confidence(at(&task.confidence)), text(at(&task.rationale))))
}

fn confidence(value: Option<&Value>) -> Option<f64> {
    value.and_then(Value::as_f64).filter(|confidence| (0.0..=1.0).contains(confidence))
}

fn text(value: Option<&Value>) -> Option<String> {
    value.and_then(Value::as_str).map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned)
}

/// The label under which an option stands on a ballot: a skill knows its key, or what it is called.
fn label_of(named: &Value, choices: &[Choice], entries: &[Entry]) -> Result<String, Unfit> {
    let wanted = match named {
        Value::String(text) => canonical::text(text, true),
        Value::Number(_) | Value::Bool(_) => named.to_string(),
        _ => return Err(Code::BallotUnfit),
    };
    let same = |text: &str| canonical::text(text, true) == wanted;
    let by_key = choices.iter().find(|choice| same(&choice.key));
    let by_name = || choices.iter().find(|choice| choice.answer.as_str().is_some_and(same));
    let choice = by_key.or_else(by_name).ok_or(Code::BallotUnfit)?;
    let found = entries.iter().find(|entry| entry.answer == choice.answer && entry.description == choice.description);
    found.map(|entry| entry.label.clone()).ok_or(Code::BallotUnfit)
}

/// A ballot from a skill's result: one key, several from the best to the worst, or scores by keys.
fn of_keys(answer: &Value, choices: &[Choice], entries: &[Entry], reads: BallotKind, scale: Option<Scores>) -> Result<Said, Unfit> {
    let label = |value: &Value| label_of(value, choices, entries);
    if answer.is_null() {
        return Ok(Said::Abstention);
    }
    let several = |list: &[Value]| list.iter().map(label).collect::<Result<Vec<String>, Unfit>>();
    Ok(match (reads, answer) {
        (BallotKind::Choice, one) => Said::Choice { choice: label(one)? },
        (BallotKind::Approvals, Value::Array(list)) => Said::Approvals { choices: several(list)? },
        (BallotKind::Approvals, one) => Said::Approvals { choices: vec![label(one)?] },
        (BallotKind::Ranking, Value::Array(list)) => {
            Said::Ranking { places: several(list)?.into_iter().map(|label| vec![label]).collect() }
        }
        (BallotKind::Ranking, one) => Said::Ranking { places: vec![vec![label(one)?]] },
        (BallotKind::Scores, Value::Object(scores)) => {
            let one = |(key, score): (&String, &Value)| Ok((label(&Value::String(key.clone()))?, score.as_f64().ok_or(Code::BallotUnfit)?));
            Said::Scores { scores: scores.iter().map(one).collect::<Result<_, Unfit>>()? }
        }
        (BallotKind::Scores, one) => Said::Scores { scores: BTreeMap::from([(label(one)?, scale.unwrap_or_default().most)]) },
    })
}

/// A ballot as a model words it.
fn of_words(said: &Value, reads: BallotKind) -> Result<Said, Unfit> {
    let list = |name: &str| -> Result<Vec<String>, Unfit> {
        let labels = said.get(name).and_then(Value::as_array).ok_or(Code::BallotUnfit)?;
        let mut seen = BTreeSet::new();
        let texts = labels.iter().filter_map(Value::as_str).map(|label| label.trim().to_owned());
        // A model repeats itself; the first place counts.
        Ok(texts.filter(|label| seen.insert(label.clone())).collect())
    };
    Ok(match reads {
        BallotKind::Choice => match said.get("choice").and_then(Value::as_str).ok_or(Code::BallotUnfit)?.trim() {
            ABSTAIN => Said::Abstention,
            label => Said::Choice { choice: label.to_owned() },
        },
        BallotKind::Approvals => match list("choices")? {
            none if none.is_empty() => Said::Abstention,
            choices => Said::Approvals { choices },
        },
        BallotKind::Ranking => match list("ranking")? {
            none if none.is_empty() => Said::Abstention,
            labels => Said::Ranking { places: labels.into_iter().map(|label| vec![label]).collect() },
        },
        BallotKind::Scores => {
            let scores = said.get("scores").and_then(Value::as_object).ok_or(Code::BallotUnfit)?;
            let one = |(label, score): (&String, &Value)| Ok((label.clone(), score.as_f64().ok_or(Code::BallotUnfit)?));
            Said::Scores { scores: scores.iter().map(one).collect::<Result<_, Unfit>>()? }
        }
    })
}
