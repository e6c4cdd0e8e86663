//! How a text feels: the rules of VADER over its lexicon, for each sentence and for the whole.

mod lexicon;
mod rules;

use baton_agents_runtime::{Context, SkillError};
use baton_domain::problem::Code;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{language, sentences, text};
use rules::Scores;

/// The most sentences that a result lists; all of them count.
const LISTED: usize = 1_000;
/// The longest sentence that a result repeats, in characters; the rest is cut.
const SENTENCE: usize = 300;
/// Texts of up to so many sentences are scored in one piece, as VADER was made for; longer ones by the mean of their
/// sentences, as its authors advise, because a sum over many sentences only ever says "very".
const ONE_PIECE: usize = 3;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Input {
    text: Option<String>,
    artifact: Option<String>,
}

/// How one sentence feels.
#[derive(Debug, Clone, PartialEq, Serialize)]
struct Sentence {
    text: String,
    compound: f64,
    label: &'static str,
}

/// Scores the input's text.
pub(crate) async fn perform(context: Context, input: Value) -> Result<Value, SkillError> {
    let input: Input = serde_json::from_value(input).map_err(|error| SkillError::input("input", error))?;
    let text = text::of(&context, input.text, input.artifact.as_deref()).await?;
    context.blocking(move |context| analyze(context, &text)).await
}

fn analyze(context: &Context, text: &str) -> Result<Value, SkillError> {
    let _span = context.span("score");
    let detected = language::detect(text);
    if detected.reliable && detected.language != "en" {
        let message = format!("the text is in {}; sentiment is known for English only. Translate it first.", detected.name);
        return Err(SkillError::new(Code::LanguageUnsupported, message));
    }
    let sentences = sentences::split(text);
    let mut scores = Vec::with_capacity(sentences.len());
    for (place, sentence) in sentences.iter().enumerate() {
        if place.is_multiple_of(256) {
            context.check()?;
            context.progress(place as f64 / sentences.len() as f64, "scoring sentences");
        }
        scores.push(Scores::of(sentence));
    }
    let whole = if sentences.len() <= ONE_PIECE { Scores::of(text) } else { Scores::mean(&scores) };
    let listed: Vec<Sentence> = sentences
        .iter()
        .zip(&scores)
        .take(LISTED)
        .map(|(sentence, scores)| Sentence { text: text::cut(sentence, SENTENCE), compound: scores.compound, label: scores.label() })
        .collect();
    if sentences.len() > LISTED {
        context.warn(format!("the result lists the first {LISTED} of {} sentences", sentences.len()), Value::Null);
    }
    context.progress(1.0, "done");
    context.info(format!("the text is {}", whole.label()), json!({"compound": whole.compound, "sentences": sentences.len()}));
    Ok(json!({
        "compound": whole.compound,
        "label": whole.label(),
        "positive": whole.positive,
        "neutral": whole.neutral,
        "negative": whole.negative,
        "sentences": listed
    }))
}
