//! Which of the given labels fits a text?
//!
//! By rules first: naive Bayes where each label has enough examples, the nearest centroid where each has one, else the words of the
//! labels' names, descriptions and keywords. A model is asked where that leaves doubt, or where the input wants one. Without any
//! evidence the answer is no label, never a guess.

mod contract;
mod model;
mod rules;

use std::collections::HashSet;

use baton_agents_runtime::{Context, SkillError};
use baton_domain::problem::Code;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::text;
pub use contract::CLASSIFY;
pub(crate) use contract::classify as contract;

/// The most labels.
pub(crate) const MAXIMUM_LABELS: usize = 50;
/// The most examples of a label.
pub(crate) const MAXIMUM_EXAMPLES: usize = 200;
/// From this confidence on the rules' answer stands without a model.
pub(crate) const SURE: f64 = 0.75;

/// A label as the input gives it.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Label {
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) description: String,
    #[serde(default)]
    pub(crate) keywords: Vec<String>,
    #[serde(default)]
    pub(crate) examples: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Input {
    text: Option<String>,
    artifact: Option<String>,
    labels: Vec<Label>,
    #[serde(default = "auto")]
    method: String,
}

fn auto() -> String {
    "auto".to_owned()
}

/// Gives the input's text its label.
pub(crate) async fn perform(context: Context, input: Value) -> Result<Value, SkillError> {
    let input: Input = serde_json::from_value(input).map_err(|error| SkillError::input("input", error))?;
    check(&input.labels)?;
    let text = text::of(&context, input.text, input.artifact.as_deref()).await?;
    let labels = input.labels;
    let judged = {
        let (text, labels) = (text.clone(), labels.clone());
        context.blocking(move |context| rules::judge(context, &text, &labels)).await?
    };
    context.progress(0.3, "judged by rules");
    let mut result = json!({
        "label": judged.label().map(|place| labels[place].name.clone()),
        "confidence": rounded(judged.confidence()),
        "method": judged.method,
        "scores": judged.rows(&labels),
    });
    let wanted = match input.method.as_str() {
        "rules" => false,
        "model" => true,
        _ => judged.confidence() < SURE,
    };
    if wanted {
        match model::judge(&context, &text, &labels).await {
            Ok(verdict) => {
                // A model that contradicts rules which are sure is believed less.
                let disputed = judged.confidence() >= SURE && judged.label() != verdict.label;
                let confidence = if disputed { verdict.confidence.min(0.5) } else { verdict.confidence };
                result["label"] = json!(verdict.label.map(|place| labels[place].name.clone()));
                result["confidence"] = json!(rounded(confidence));
                result["method"] = json!("model");
                result["model"] = json!(verdict.model);
                result["evidence"] = json!(verdict.evidence);
            }
            // Without a model the rules' answer is all there is; the result says so.
            Err(error)
                if input.method == "auto"
                    && [Code::ModelUnavailable, Code::ModelTooSmall].iter().any(|code| code.as_str() == error.code) =>
            {
                context.info("no model is able enough; the answer is by rules alone", json!({"code": error.code}));
                result["note"] = json!("No model that is able enough can be had; the answer is by rules alone.");
            }
            Err(error) => return Err(error),
        }
    }
    context.progress(1.0, "done");
    context.info(format!("the label is {}", result["label"]), json!({"method": result["method"], "confidence": result["confidence"]}));
    Ok(result)
}

fn check(labels: &[Label]) -> Result<(), SkillError> {
    if labels.len() > MAXIMUM_LABELS {
        return Err(SkillError::new(Code::TooManyTexts, format!("labels: at most {MAXIMUM_LABELS}. Group some of them.")));
    }
    if labels.len() < 2 {
        return Err(SkillError::input("labels", "give at least two"));
    }
    let mut names = HashSet::new();
    for label in labels {
        let name = label.name.trim().to_lowercase();
        if name.is_empty() || !names.insert(name) {
            return Err(SkillError::input("labels", format!("the name `{}` is blank or given twice", text::cut(&label.name, 60))));
        }
    }
    Ok(())
}

fn rounded(value: f64) -> f64 {
    (value.clamp(0.0, 1.0) * 10_000.0).round() / 10_000.0
}
