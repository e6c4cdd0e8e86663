//! What a text is about: its most telling words and phrases.

mod characters;
mod courtesies;
mod phrases;

use baton_agents_runtime::{Context, SkillError};
use baton_domain::problem::Code;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::words::Words;
use crate::{language, text};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Input {
    text: Option<String>,
    artifact: Option<String>,
    #[serde(default = "ten")]
    count: usize,
    #[serde(default = "three")]
    max_words: usize,
}

fn ten() -> usize {
    10
}

fn three() -> usize {
    3
}

/// A telling word or phrase.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Keyword {
    /// As it is mostly written in the text.
    pub(crate) term: String,
    /// 1 for the most telling one, the others in proportion.
    pub(crate) score: f64,
    /// How often it occurs.
    pub(crate) count: u64,
}

/// Finds the keywords of the input's text.
pub(crate) async fn perform(context: Context, input: Value) -> Result<Value, SkillError> {
    let input: Input = serde_json::from_value(input).map_err(|error| SkillError::input("input", error))?;
    let text = text::of(&context, input.text, input.artifact.as_deref()).await?;
    let (count, max_words) = (input.count.clamp(1, 50), input.max_words.clamp(1, 4));
    context.blocking(move |context| find(context, &text, count, max_words)).await
}

fn find(context: &Context, text: &str, count: usize, max_words: usize) -> Result<Value, SkillError> {
    let detected = {
        let _span = context.span("detect");
        language::detect(text)
    };
    let _span = context.span("extract");
    let keywords = if matches!(detected.language, "zh" | "ja") {
        characters::keywords(context, text, count)?
    } else {
        // Nothing to go by, as for a list of numbers: English does no harm.
        let code = if detected.language == "und" { "en" } else { detected.language };
        let words = Words::of(code);
        if !words.has_stop_words() && detected.reliable {
            let message = format!("the text is in {}, for which there is no list of words that say nothing.", detected.name);
            return Err(SkillError::new(Code::LanguageUnsupported, message));
        }
        phrases::keywords(context, text, &words, count, max_words)?
    };
    context.progress(1.0, "done");
    context.info(format!("found {} keywords", keywords.len()), json!({"language": detected.language}));
    Ok(json!({"language": detected.language, "keywords": keywords}))
}
