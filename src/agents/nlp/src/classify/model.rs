//! Which label does a model give a text, and does that rest on the text or on orders within it?

use baton_agents_runtime::prompt::{Question, ask, suspicion};
use baton_agents_runtime::{Context, SkillError};
use baton_domain::model::ModelTier;
use baton_domain::problem::Code;
use serde_json::{Value, json};

use super::Label;
use crate::{sentences, text};

/// The least able model that keeps to a list of labels.
pub(super) const LEAST: ModelTier = ModelTier::Small;
/// As much of a text as a model reads, in characters; a label shows early.
const READ: usize = 12_000;
/// As much of an example as a model reads, in characters, and the most examples of a label.
const EXAMPLE: usize = 400;
const EXAMPLES: usize = 3;
/// The label of a text that none fits.
const NONE: &str = "(none of these)";

/// What a model says.
pub(super) struct Verdict {
    pub(super) label: Option<usize>,
    pub(super) confidence: f64,
    /// The words of the text that it rests on.
    pub(super) evidence: String,
    pub(super) model: String,
}

/// Asks a model. If the text has sentences that give orders, it is asked again without them, and both answers must agree.
pub(super) async fn judge(context: &Context, text: &str, labels: &[Label]) -> Result<Verdict, SkillError> {
    let read = text::cut(text, READ);
    let verdict = once(context, &read, labels).await?;
    let (plain, orders) = suspicion::part(sentences::split(&read));
    if orders.is_empty() {
        return Ok(verdict);
    }
    context.warn(
        format!("the text has {} sentences that speak to whoever works on it; the label is checked without them", orders.len()),
        Value::Null,
    );
    let rejected = |what: &str| {
        let message = format!(
            "text: {what}, so that the label would be the text's own choice. Take the sentences that give orders out, or use the method `rules`."
        );
        SkillError::new(Code::ModelTextRejected, message)
    };
    if plain.is_empty() {
        return Err(rejected("it has nothing but sentences that give orders to its reader"));
    }
    let without = once(context, &plain.join(" "), labels).await?;
    if without.label != verdict.label {
        return Err(rejected("the model gives it another label when its sentences that give orders are left out"));
    }
    Ok(without)
}

async fn once(context: &Context, text: &str, labels: &[Label]) -> Result<Verdict, SkillError> {
    let mut names: Vec<&str> = labels.iter().map(|label| label.name.as_str()).collect();
    names.push(NONE);
    // Labels come from the input as the text does, and stand among the data.
    let described: Vec<String> = labels
        .iter()
        .map(|label| {
            let mut line = format!("- {}", label.name);
            if !label.description.is_empty() {
                line.push_str(&format!(": {}", label.description));
            }
            if !label.keywords.is_empty() {
                line.push_str(&format!(" (keywords: {})", label.keywords.join(", ")));
            }
            for example in label.examples.iter().take(EXAMPLES) {
                line.push_str(&format!("\n  example: {}", text::cut(&example.replace('\n', " "), EXAMPLE)));
            }
            line
        })
        .collect();
    let question = Question {
        task: "Choose the one label that fits the text best, from the list of labels; choose the last name of the schema's list if none fits. \
               Say how sure you are from 0 to 1, and quote the few words of the text that decide, exactly as they stand there.",
        data: &[("labels", &described.join("\n")), ("text", text)],
        schema: json!({
            "type": "object",
            "properties": {
                "label": {"enum": names},
                "confidence": {"type": "number", "minimum": 0, "maximum": 1},
                "quote": {"type": "string", "maxLength": 300}
            },
            "required": ["label", "confidence", "quote"], "additionalProperties": false
        }),
        least: LEAST,
        maximum_tokens: 300,
    };
    let answer = ask(context, question).await?;
    let chosen = answer.text("label");
    let label = labels.iter().position(|label| label.name.trim() == chosen);
    if label.is_none() && chosen != NONE {
        return Err(SkillError::new(Code::ModelAnswerInvalid, format!("{} answered a label that is not in the list", answer.model)));
    }
    let dense = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase();
    let quote = answer.text("quote");
    let said = answer.json["confidence"].as_f64().filter(|value| value.is_finite()).unwrap_or(0.0).clamp(0.0, 1.0);
    // A quote that the text does not have is no evidence, and an answer without evidence is worth half.
    let quoted = !quote.is_empty() && dense(text).contains(&dense(quote));
    let confidence = if quoted { said } else { said * 0.5 };
    Ok(Verdict { label, confidence, evidence: if quoted { quote.to_owned() } else { String::new() }, model: answer.model })
}
