//! Do the terms of a document's decisions hold together? Whoever holds decisions is asked before a run has to.

use baton_domain::problem::{Code, Problem};
use baton_domain::services::Answer;
use baton_domain::user::Caller;
use baton_workflow::document::{Action, Decide, Step};
use baton_workflow::{Catalogue, DocumentProblem, Workflow};
use serde_json::{Value, json};

use crate::decisions::DecisionDraft;
use crate::parts::Parts;

/// What is wrong with the decisions of a document. Of a step whose skill nobody has only that is told, elsewhere.
pub(crate) async fn wrong(
    parts: &Parts,
    caller: &Caller,
    document: &Workflow,
    catalogue: &(dyn Catalogue + Sync),
) -> Answer<Vec<DocumentProblem>> {
    let Some(decisions) = &parts.decisions else {
        return Ok(Vec::new());
    };
    let asking: Vec<(&Step, &Decide)> = document
        .steps
        .iter()
        .filter(|step| skill_of(step).is_none_or(|skill| catalogue.skill(skill).is_some()))
        .filter_map(|step| Some((step, step.decide.as_ref()?)))
        .collect();
    if asking.is_empty() {
        return Ok(Vec::new());
    }
    let drafts = asking.iter().map(|(step, decide)| draft(step, decide)).collect();
    let found = decisions.check(caller, drafts).await?;
    let mut problems = Vec::new();
    for ((step, decide), problem) in asking.into_iter().zip(found) {
        if let Some(problem) = problem {
            problems.extend(told(step, decide, &problem));
        }
    }
    Ok(problems)
}

fn skill_of(step: &Step) -> Option<&str> {
    match &step.action {
        Action::Skill(skill) => Some(&skill.name),
        _ => None,
    }
}

fn draft(step: &Step, decide: &Decide) -> DecisionDraft {
    // What a run says is not known yet: something that will do stands for it.
    let question = decide.question.as_ref().map(|question| match question.fixed() {
        Some(Value::String(text)) => text,
        Some(other) => other.to_string(),
        None => "?".to_owned(),
    });
    let options = decide.options.as_ref().map(|options| options.fixed().unwrap_or_else(|| json!(["1", "2"])));
    DecisionDraft {
        skill: skill_of(step).map(str::to_owned),
        question,
        options,
        voters: decide.voters.clone(),
        rule: decide.rule.clone(),
        quorum: decide.quorum,
        deadline: decide.deadline.map(|deadline| deadline.as_std()),
        more: decide.more.clone(),
    }
}

/// What is wrong with a step's terms, each where it stands in the document.
fn told(step: &Step, decide: &Decide, problem: &Problem) -> Vec<DocumentProblem> {
    let said_by_a_run = decide.options.as_ref().is_some_and(|options| options.fixed().is_none());
    let elsewhere = |field: &str| said_by_a_run && ["/options", "/escalation/otherwise"].iter().any(|hidden| field.starts_with(hidden));
    let one = |field: &str, message: &str| {
        // The voters have two names.
        let field = match field.strip_prefix("/voters") {
            Some(rest) if !decide.places.contains_key("/voters") => format!("/electorate{rest}"),
            _ => field.to_owned(),
        };
        let message = message.trim_end_matches('.').to_owned();
        let advice = format!("Write terms of a decision that can be held now; see {} in docs/errors.", problem.code);
        DocumentProblem {
            code: Code::WorkflowWrongValue,
            at: decide.place(&field),
            path: format!("{}/decide{field}", step.path),
            message,
            advice,
        }
    };
    if problem.errors.is_empty() {
        return vec![one("", &problem.detail)];
    }
    problem.errors.iter().filter(|error| !elsewhere(&error.field)).map(|error| one(&error.field, &error.message)).collect()
}
