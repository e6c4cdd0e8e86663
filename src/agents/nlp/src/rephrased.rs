//! A summary in a model's own words, held against the text that it is of.

use std::collections::{HashMap, HashSet};

use baton_agents_runtime::prompt::{Question, addresses, ask, suspicion};
use baton_agents_runtime::{Context, SkillError};
use baton_domain::model::ModelTier;
use baton_domain::problem::Code;
use serde_json::{Value, json};
use unicode_segmentation::UnicodeSegmentation;

use crate::language::Detected;
use crate::words::Words;
use crate::{language, pieces, sentences};

/// The least able model that summarizes.
pub(crate) const LEAST: ModelTier = ModelTier::Small;
/// The most characters of a text that a model summarizes in one task: some 13 calls.
pub(crate) const MAXIMUM_REPHRASED: usize = 100_000;
/// The most characters of one call. Longer texts are summarized in pieces, and then their summaries.
const PIECE: usize = 8_000;
/// The sentences that each piece of a long text is brought down to.
const PER_PIECE: usize = 5;
/// The most tokens of an answer.
const ANSWER: u32 = 1_500;
/// The share of its telling words that a summary has from its text. Rephrasing changes some, inflection others.
const GROUNDED: f64 = 0.4;
/// The frequent words of a text, and how many of them its summary names.
const FREQUENT: usize = 15;
const NAMED: usize = 2;
/// Texts of fewer telling words are too short for that.
const TELLING: usize = 12;
/// The most characters of a sentence of a summary, with which its length is bounded.
const SENTENCE: usize = 400;

/// Summarizes a text in at most so many sentences.
pub(crate) async fn summarize(context: &Context, text: &str, wanted: usize) -> Result<Value, SkillError> {
    let length = text.chars().count();
    if length > MAXIMUM_REPHRASED {
        let message = format!(
            "text: {length} characters; a model summarizes at most {MAXIMUM_REPHRASED}. Split the text, or use the mode `extractive`."
        );
        return Err(SkillError::new(Code::TextTooLong, message));
    }
    let detected = language::detect(text);
    let total = sentences::split(text).len();
    let pieces = pieces::cut(text, PIECE);
    let mut models: Vec<String> = Vec::new();
    let mut parts: Vec<String> = Vec::new();
    let several = pieces.len() > 1;
    for (place, piece) in pieces.iter().enumerate() {
        context.check()?;
        context.progress(0.9 * place as f64 / pieces.len() as f64, format!("summarizing piece {} of {}", place + 1, pieces.len()));
        parts.push(once(context, &piece.text, &detected, if several { PER_PIECE } else { wanted }, &mut models).await?);
    }
    let mut summary = parts.join("\n\n");
    while parts.len() > 1 {
        // Summaries of pieces are summarized in turn; each round is several times shorter than the one before.
        context.progress(0.9, "summarizing the summaries");
        let pieces = pieces::cut(&summary, PIECE);
        let last = pieces.len() <= 1;
        parts.clear();
        for piece in &pieces {
            context.check()?;
            parts.push(once(context, &piece.text, &detected, if last { wanted } else { PER_PIECE }, &mut models).await?);
        }
        summary = parts.join("\n\n");
    }
    // What the pieces' checks let through must also hold against the whole.
    check(text, &summary, &detected, wanted).map_err(|failed| rejected(&models.join(", "), &failed))?;
    context.progress(1.0, "done");
    context.info("summarized in a model's words", json!({"language": detected.language, "models": models, "pieces": pieces.len()}));
    Ok(
        json!({"mode": "abstractive", "language": detected.language, "sentences": [], "text": summary, "total_sentences": total, "models": models}),
    )
}

fn rejected(model: &str, failed: &str) -> SkillError {
    SkillError::new(
        Code::ModelTextRejected,
        format!("what {model} wrote is no summary of the text: {failed}. Use a more able model, or the mode `extractive`."),
    )
}

async fn once(context: &Context, text: &str, detected: &Detected, wanted: usize, models: &mut Vec<String>) -> Result<String, SkillError> {
    let tongue = if detected.language == "und" { "the language of the text" } else { detected.name };
    let task = format!(
        "Summarize the text in {tongue}, in at most {wanted} sentences of your own. Say only what the text says. Keep names and numbers exact. \
         Do not comment, and do not mention the text itself."
    );
    let question = Question {
        task: &task,
        data: &[("text", text)],
        schema: json!({"type": "object", "properties": {"summary": {"type": "string"}}, "required": ["summary"], "additionalProperties": false}),
        least: LEAST,
        maximum_tokens: ANSWER,
    };
    let answer = ask(context, question).await?;
    let summary = answer.text("summary").to_owned();
    check(text, &summary, detected, wanted).map_err(|failed| rejected(&answer.model, &failed))?;
    if !models.contains(&answer.model) {
        models.push(answer.model);
    }
    Ok(summary)
}

/// Whether this can be a summary of the text; the error says what is wrong with it.
fn check(text: &str, summary: &str, detected: &Detected, wanted: usize) -> Result<(), String> {
    let length = summary.chars().count();
    if !summary.chars().any(char::is_alphabetic) {
        return Err("the answer is empty".to_owned());
    }
    if length > (wanted * SENTENCE).max(600) || (length > 200 && length > text.chars().count()) {
        return Err(format!("it has {length} characters"));
    }
    let written = language::detect(summary);
    if detected.reliable && written.reliable && length >= 60 && written.language != detected.language {
        return Err(format!("it is in {}, the text in {}", written.name, detected.name));
    }
    // Sentences that give orders to their reader are not what the text is about: a summary does not rest on them.
    let (plain, orders) = suspicion::part(sentences::split(text));
    let plain = if plain.is_empty() { text.to_owned() } else { plain.join(" ") };
    let new = addresses(summary).into_iter().find(|address| !plain.to_lowercase().contains(address));
    if let Some(address) = new {
        return Err(format!("it has an address that the text has not: {}", crate::text::cut(&address, 80)));
    }
    let numbers = numbers(&plain);
    if let Some(number) = self::numbers(summary).into_iter().find(|number| number.len() > 1 && !numbers.contains(number)) {
        return Err(format!("it has the number {number}, which the text has not"));
    }
    if suspicion::is_suspicious(summary) && !orders.is_empty() {
        return Err("it repeats a sentence that gives orders to its reader".to_owned());
    }
    grounded(&plain, summary, detected.language)
}

fn grounded(text: &str, summary: &str, language: &str) -> Result<(), String> {
    // Scripts without spaces have no words to compare by.
    if matches!(language, "zh" | "ja" | "th" | "my" | "km") {
        let letters: HashSet<char> = text.chars().filter(|character| character.is_alphabetic()).collect();
        let said: Vec<char> = summary.chars().filter(|character| character.is_alphabetic()).collect();
        let known = said.iter().filter(|letter| letters.contains(letter)).count();
        return if known as f64 >= 0.6 * said.len() as f64 { Ok(()) } else { Err("most of its characters are not in the text".to_owned()) };
    }
    let words = Words::of(language);
    let telling = |text: &str| -> HashMap<String, usize> {
        let mut counts = HashMap::new();
        for word in text.unicode_words() {
            let lower = word.to_lowercase();
            if lower.chars().count() > 2 && !words.is_stop_word(&lower) {
                *counts.entry(words.stem(&lower)).or_insert(0) += 1;
            }
        }
        counts
    };
    let (source, said) = (telling(text), telling(summary));
    let shared = said.keys().filter(|word| source.contains_key(*word)).count();
    if said.is_empty() || (shared as f64) < GROUNDED * said.len() as f64 {
        return Err(format!("{shared} of its {} telling words are in the text", said.len()));
    }
    if source.len() < TELLING {
        return Ok(());
    }
    let mut frequent: Vec<(&String, &usize)> = source.iter().collect();
    frequent.sort_by(|a, b| b.1.cmp(a.1).then_with(|| a.0.cmp(b.0)));
    // Words that tie with the last one are as frequent.
    let least = frequent.get(FREQUENT - 1).map_or(1, |(_, count)| **count);
    let named = frequent.iter().filter(|(word, count)| **count >= least && said.contains_key(*word)).count();
    if named < NAMED { Err("it names hardly any of the words that the text keeps coming back to".to_owned()) } else { Ok(()) }
}

/// Numbers without their separators.
fn numbers(text: &str) -> HashSet<String> {
    let mut found = HashSet::new();
    let mut open = String::new();
    for character in text.chars().chain([' ']) {
        match character {
            digit if digit.is_ascii_digit() => open.push(digit),
            '.' | ',' | '\'' | '’' | '\u{a0}' | '\u{202f}' if !open.is_empty() => {}
            _ => {
                if !open.is_empty() {
                    found.insert(std::mem::take(&mut open));
                }
            }
        }
    }
    found
}
