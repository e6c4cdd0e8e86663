//! Why did a task fail, and what helps? By the rules of its error code first, then in a model's words, which must name the facts they rest on.

use std::collections::BTreeSet;
use std::time::Duration;

use baton_agents_runtime::prompt::{Material, Question, ask};
use baton_agents_runtime::{Context, SkillError};
use baton_domain::wire::assistance::{Fact, FailureFacts};
use serde::Deserialize;
use serde_json::{Value, json};

use super::contract::LEAST;
use super::no_model;

/// The most tokens of a model's answer.
const ANSWER_TOKENS: u32 = 500;
/// How long a model is waited for; far less than the attempt may take, or what the rules say would be lost with it.
const PATIENCE: Duration = Duration::from_secs(90);
/// The most facts that the rules quote.
const QUOTED: usize = 6;

const INSTRUCTIONS: &str = "You help the operator of a system that runs tasks. A task failed. You are given numbered facts about it: what its log, its \
attempts and its errors say. Say what most likely caused the failure and what the operator \
should do next, in plain and short sentences. Use nothing but the facts, and name the numbers of those that your answer rests on. If they do not tell the \
cause, say so.";

/// What an analysis says.
struct Judgement {
    cause: String,
    step: String,
    facts: Vec<usize>,
    by: String,
}

/// What a model answers.
#[derive(Debug, Deserialize)]
struct Answer {
    likely_cause: String,
    next_step: String,
    facts: Vec<String>,
}

/// Analyses a failure.
pub(super) async fn perform(context: Context, input: Value) -> Result<Value, SkillError> {
    let facts: FailureFacts = serde_json::from_value(input).map_err(|error| SkillError::input("input", error))?;
    let by_rules = by_rules(&facts);
    context.progress(0.1, "asking a model");
    let judgement = match tokio::time::timeout(PATIENCE, by_model(&context, &facts)).await {
        Err(_) => {
            context.warn(format!("the model did not answer within {} seconds", PATIENCE.as_secs()), Value::Null);
            None
        }
        Ok(Ok(judgement)) => judgement,
        // What the rules say stands without a model, and must not fail for one that does.
        Ok(Err(error)) if error.code.starts_with("MODEL-") => {
            let words = if no_model(&error) { "there is no model that could say more" } else { "the model's answer could not be used" };
            context.info(words, json!({"code": error.code, "message": error.message}));
            None
        }
        Ok(Err(error)) => return Err(error),
    };
    context.progress(1.0, "done");
    let documented = baton_error_pages::page(&facts.failure.code);
    let judgement = judgement.unwrap_or(by_rules);
    let quoted: Vec<Value> = judgement
        .facts
        .iter()
        .filter_map(|place| facts.facts.get(*place).map(|fact| json!({"fact": number(*place), "source": fact.source, "text": fact.text})))
        .collect();
    let mut result = json!({
        "task": facts.task.id,
        "what_failed": what_failed(&facts),
        "likely_cause": judgement.cause,
        "next_step": judgement.step,
        "facts": quoted,
        "judged_by": judgement.by,
        "code": facts.failure.code,
    });
    if let Some(page) = documented {
        result["documentation"] = json!(format!("**{}.** {}\n\n**What to do.** {}", page.title, page.cause, page.action));
    }
    Ok(result)
}

fn what_failed(facts: &FailureFacts) -> String {
    let FailureFacts { task, failure, .. } = facts;
    let attempts =
        if task.maximum_attempts > 1 { format!(" in attempt {} of {}", task.attempt, task.maximum_attempts) } else { String::new() };
    format!("“{}” ({}) ended as {}{attempts}: {} ({})", task.title, task.skill, task.state, failure.message, failure.code)
}

/// What the code's page says, and what the attempts have in common.
fn by_rules(facts: &FailureFacts) -> Judgement {
    let failure = &facts.failure;
    let codes: BTreeSet<&str> = facts.facts.iter().filter_map(|fact| fact.code.as_deref()).collect();
    let attempts = facts.facts.iter().filter(|fact| fact.code.is_some()).count();
    let mut cause = match baton_error_pages::page(&failure.code) {
        Some(page) => plain(page.cause),
        None => format!("The agent gave up with a code of its own, {}: {}", failure.code, failure.message),
    };
    if attempts > 1 && codes.len() == 1 {
        let words = if failure.retryable { "it has not passed in the meantime" } else { "another one as it stands will hardly help" };
        cause.push_str(&format!(" The {attempts} attempts that failed did so alike: {words}."));
    } else if codes.len() > 1 {
        let list: Vec<&str> = codes.into_iter().collect();
        cause.push_str(&format!(" The attempts failed in different ways: {}.", list.join(", ")));
    }
    let step = match baton_error_pages::page(&failure.code) {
        Some(page) => plain(page.action),
        None if failure.retryable => "Run the task again later; if it fails again, look at its log around the error.".to_owned(),
        None => "Look at the task's log around the error, change what it complains about, and run the task again.".to_owned(),
    };
    let telling = |fact: &&(usize, &Fact)| fact.1.text.contains(&failure.code) || fact.1.code.is_some() || fact.1.grave;
    let quoted = facts.facts.iter().enumerate().collect::<Vec<_>>().iter().filter(telling).map(|(place, _)| *place).take(QUOTED).collect();
    Judgement { cause, step, facts: quoted, by: "rules".to_owned() }
}

/// What a model makes of the facts; nothing if it names no fact that there is.
async fn by_model(context: &Context, facts: &FailureFacts) -> Result<Option<Judgement>, SkillError> {
    let numbers: Vec<String> = (0..facts.facts.len()).map(number).collect();
    if numbers.is_empty() {
        return Ok(None);
    }
    let schema = json!({
        "type": "object",
        "properties": {
            "likely_cause": {"type": "string", "minLength": 1, "maxLength": 600},
            "next_step": {"type": "string", "minLength": 1, "maxLength": 600},
            "facts": {"type": "array", "items": {"enum": numbers}, "minItems": 1, "maxItems": QUOTED}
        },
        "required": ["likely_cause", "next_step", "facts"],
        "additionalProperties": false
    });
    let mut failure = vec![what_failed(facts)];
    if let Some(page) = baton_error_pages::page(&facts.failure.code) {
        failure.push(format!("What the documentation says of {}: {} {}", facts.failure.code, plain(page.cause), plain(page.action)));
    }
    // As JSON: a line break within a fact does not begin another one.
    let listed: Vec<String> =
        facts.facts.iter().enumerate().map(|(place, fact)| format!("{} ({}): {}", number(place), fact.source, json!(fact.text))).collect();
    let failure = failure.join("\n");
    let question = Question {
        task: INSTRUCTIONS,
        data: &[("failure", &failure), ("facts", &listed.join("\n"))],
        schema,
        least: LEAST,
        maximum_tokens: ANSWER_TOKENS,
    };
    let answer = ask(context, question).await?;
    let Ok(read) = serde_json::from_value::<Answer>(answer.json) else { return Ok(None) };
    let mut named: Vec<usize> = read.facts.iter().filter_map(|name| numbers.iter().position(|number| number == name)).collect();
    named.sort_unstable();
    named.dedup();
    if named.is_empty() {
        return Ok(None);
    }
    if let Err(why) = rests_on_facts(facts, &failure, &named, &[&read.likely_cause, &read.next_step]) {
        context.warn(format!("what {} says of the failure is not taken: {why}", answer.model), Value::Null);
        return Ok(None);
    }
    Ok(Some(Judgement { cause: read.likely_cause, step: read.next_step, facts: named, by: answer.model }))
}

/// Whether an answer rests on what the facts say of the failure, and not on what one of them orders; the error says what is wrong.
fn rests_on_facts(facts: &FailureFacts, failure: &str, named: &[usize], said: &[&str]) -> Result<(), &'static str> {
    let texts: Vec<Material> = facts.facts.iter().map(|fact| Material::guarded(&fact.text)).collect();
    if named.iter().all(|place| texts.get(*place).is_some_and(|text| text.plain().split_whitespace().next().is_none())) {
        return Err("all facts that it names speak to whoever reads them");
    }
    let mut all = Material::default();
    all.add(failure);
    for text in texts {
        all.join(text);
    }
    if said.iter().any(|text| all.repeats_an_order(text)) {
        return Err("it says what a fact orders it to say");
    }
    let said = said.join("\n");
    if all.strange_address(&said).is_some() {
        return Err("it has an address that no fact has");
    }
    if all.shared(&said).0 == 0 { Err("it has no word in common with the facts") } else { Ok(()) }
}

/// What a fact is called.
fn number(place: usize) -> String {
    format!("F{}", place + 1)
}

/// Markdown of an error's page as running text.
fn plain(markdown: &str) -> String {
    let text: String = markdown.split_whitespace().collect::<Vec<_>>().join(" ");
    text.replace('`', "")
}
