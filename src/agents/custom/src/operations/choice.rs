//! Which of some skills fits what somebody wants done, as a model sees it?

use baton_agents_runtime::prompt::{Question, ask};
use baton_agents_runtime::{Context, SkillError};
use baton_domain::problem::Code;
use baton_domain::wire::assistance::SkillChoice;
use serde::Deserialize;
use serde_json::{Value, json};

use super::contract::LEAST;

/// What a model answers if nothing fits.
const NONE: &str = "none";
/// The most tokens of a model's answer.
const ANSWER_TOKENS: u32 = 200;

const INSTRUCTIONS: &str = "Somebody wants something done. You are given their words and a list of skills that a system has. Choose the one skill that does \
what they want, or none if no skill does. Give the reason in one short sentence.";

#[derive(Debug, Deserialize)]
struct Answer {
    skill: String,
    reason: String,
}

/// Chooses a skill.
pub(super) async fn perform(context: Context, input: Value) -> Result<Value, SkillError> {
    let asked: SkillChoice = serde_json::from_value(input).map_err(|error| SkillError::input("input", error))?;
    let names: Vec<&str> = asked.candidates.iter().map(|skill| skill.name.as_str()).chain([NONE]).collect();
    let schema = json!({
        "type": "object",
        "properties": {"skill": {"enum": names}, "reason": {"type": "string", "minLength": 1, "maxLength": 300}},
        "required": ["skill", "reason"],
        "additionalProperties": false
    });
    let list: Vec<String> =
        asked.candidates.iter().map(|skill| format!("- {}: {}. {}", skill.name, skill.title, skill.description)).collect();
    let list = format!("{}\n- {NONE}: no skill does this", list.join("\n"));
    let question = Question {
        task: INSTRUCTIONS,
        data: &[("skills", &list), ("what they want", &asked.text)],
        schema,
        least: LEAST,
        maximum_tokens: ANSWER_TOKENS,
    };
    context.progress(0.1, "asking the model");
    let answer = ask(&context, question).await?;
    let read: Answer = serde_json::from_value(answer.json)
        .map_err(|_| SkillError::new(Code::ModelAnswerInvalid, format!("{} chose nothing", answer.model)))?;
    let mut result = json!({"reason": read.reason, "model": answer.model});
    if asked.candidates.iter().any(|skill| skill.name == read.skill) {
        result["skill"] = json!(read.skill);
    }
    Ok(result)
}
