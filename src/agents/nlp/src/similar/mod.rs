//! How alike are a text and others: by their words, by what they have word for word, and by what they mean?

mod contract;
pub(crate) mod duplicates;
mod list;
mod minhash;
pub(crate) mod shingles;
pub(crate) mod vectors;

use std::collections::HashMap;

use baton_agents_runtime::{Context, SkillError};
use baton_domain::problem::Code;
use serde::Deserialize;
use serde_json::{Value, json};
use unicode_segmentation::UnicodeSegmentation;

use crate::words::Words;
use crate::{language, text};
pub use contract::{NEAR_DUPLICATES, SIMILARITY};
pub(crate) use contract::{near_duplicates as duplicates_contract, similarity as contract};

/// The most texts that one is compared with.
pub(crate) const MAXIMUM_OTHERS: usize = 500;
/// The most characters of all texts together.
pub(crate) const MAXIMUM_CHARACTERS: usize = 5_000_000;
/// How much of a text an embedding is made of, in characters: what models read at once.
const EMBEDDED: usize = 6_000;
/// The most texts of one call for embeddings.
const BATCH: usize = 64;
/// As much of a text as a result repeats, in characters.
const PREVIEW: usize = 120;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Input {
    text: Option<String>,
    artifact: Option<String>,
    #[serde(default)]
    others: Vec<String>,
    #[serde(default)]
    other_artifacts: Vec<String>,
    #[serde(default)]
    meaning: bool,
}

/// Compares the input's text with others.
pub(crate) async fn perform(context: Context, input: Value) -> Result<Value, SkillError> {
    let input: Input = serde_json::from_value(input).map_err(|error| SkillError::input("input", error))?;
    if input.others.len() + input.other_artifacts.len() == 0 {
        return Err(SkillError::input("others", "give at least one other text or file"));
    }
    if input.others.len() + input.other_artifacts.len() > MAXIMUM_OTHERS {
        return Err(SkillError::new(Code::TooManyTexts, format!("others: at most {MAXIMUM_OTHERS} texts are compared. Send fewer.")));
    }
    let mut texts = vec![text::of(&context, input.text, input.artifact.as_deref()).await?];
    let mut characters = texts[0].len();
    let inline = input.others.into_iter().map(|text| (Some(text), None));
    for (inline, file) in inline.chain(input.other_artifacts.into_iter().map(|file| (None, Some(file)))) {
        let other = text::of(&context, inline, file.as_deref()).await?;
        characters += other.len();
        if characters > MAXIMUM_CHARACTERS {
            return Err(SkillError::new(
                Code::TextTooLong,
                format!("others: more than {MAXIMUM_CHARACTERS} bytes in all texts together. Send fewer or shorter ones."),
            ));
        }
        texts.push(other);
    }
    let meaning = if input.meaning { Some(meanings(&context, &texts).await?) } else { None };
    context.blocking(move |context| compare(context, &texts, meaning)).await
}

/// The cosine of the first text's embedding with each other one's, and the model.
async fn meanings(context: &Context, texts: &[String]) -> Result<(String, Vec<f64>), SkillError> {
    let mut points: Vec<Vec<f32>> = Vec::with_capacity(texts.len());
    let mut model = String::new();
    for batch in texts.chunks(BATCH) {
        let asked = batch.iter().map(|text| text.chars().take(EMBEDDED).collect()).collect();
        let embedded = context.embed(asked).await.map_err(|error| {
            // Words can be compared without any model: whoever has none is told.
            let without = error.code == Code::ModelUnavailable.as_str();
            let message =
                if without { format!("meaning: {} Without `meaning`, words are compared.", error.message) } else { error.message };
            SkillError { message, ..error }
        })?;
        if embedded.vectors.len() != batch.len() {
            let message = format!("{} placed {} of {} texts", embedded.model, embedded.vectors.len(), batch.len());
            return Err(SkillError::new(Code::ModelAnswerInvalid, message));
        }
        points.extend(embedded.vectors);
        model = embedded.model;
        context.progress(0.5 * points.len() as f64 / texts.len() as f64, "asking for embeddings");
        context.check()?;
    }
    let length = |point: &[f32]| point.iter().map(|value| f64::from(*value).powi(2)).sum::<f64>().sqrt();
    let first = points[0].clone();
    if points.iter().any(|point| point.len() != first.len() || point.iter().any(|value| !value.is_finite())) {
        return Err(SkillError::new(Code::ModelAnswerInvalid, format!("the embeddings of {model} differ in dimension or are no numbers")));
    }
    let cosines = points[1..]
        .iter()
        .map(|point| {
            let dot: f64 = first.iter().zip(point).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum();
            let lengths = length(&first) * length(point);
            if lengths > 0.0 { (dot / lengths).clamp(-1.0, 1.0) } else { 0.0 }
        })
        .collect();
    Ok((model, cosines))
}

fn compare(context: &Context, texts: &[String], meaning: Option<(String, Vec<f64>)>) -> Result<Value, SkillError> {
    let _span = context.span("compare");
    let mut counted = Vec::with_capacity(texts.len());
    let mut pieces = Vec::with_capacity(texts.len());
    for (place, text) in texts.iter().enumerate() {
        context.check()?;
        context.progress(0.5 + 0.4 * place as f64 / texts.len() as f64, "reading texts");
        counted.push(stems(text));
        pieces.push(shingles::of(text));
    }
    let weights = vectors::tf_idf(&counted);
    let rounded = |value: f64| (value * 10_000.0).round() / 10_000.0;
    let mut rows: Vec<(f64, Value)> = Vec::with_capacity(texts.len() - 1);
    for place in 1..texts.len() {
        let cosine = vectors::cosine(&weights[0], &weights[place]).clamp(0.0, 1.0);
        let jaccard = shingles::jaccard(&pieces[0], &pieces[place]);
        let mut row = json!({"index": place - 1, "score": rounded(cosine), "words": rounded(cosine), "phrases": rounded(jaccard),
            "text": text::cut(texts[place].trim(), PREVIEW)});
        let mut score = cosine;
        if let Some((_, cosines)) = &meaning {
            score = cosines[place - 1].max(0.0);
            row["meaning"] = json!(rounded(cosines[place - 1]));
            row["score"] = json!(rounded(score));
        }
        rows.push((score, row));
    }
    rows.sort_by(|a, b| b.0.total_cmp(&a.0));
    let mut result = json!({
        "measure": if meaning.is_some() { "meaning" } else { "words" },
        "texts": rows.into_iter().map(|(_, row)| row).collect::<Vec<_>>(),
    });
    if let Some((model, _)) = meaning {
        result["model"] = json!(model);
    }
    context.progress(1.0, "done");
    Ok(result)
}

/// The stems of a text that say something, with how often they occur. All words, if none of them does.
pub(crate) fn stems(text: &str) -> HashMap<String, f64> {
    let words = Words::of(language::detect(text).language);
    stems_by(text, &words)
}

/// The same in a language that is known.
pub(crate) fn stems_by(text: &str, words: &Words) -> HashMap<String, f64> {
    let (mut telling, mut all) = (HashMap::new(), HashMap::new());
    for word in text.unicode_words() {
        let lower = word.to_lowercase();
        let stem = words.stem(&lower);
        if !words.is_stop_word(&lower) {
            *telling.entry(stem.clone()).or_insert(0.0) += 1.0;
        }
        *all.entry(stem).or_insert(0.0) += 1.0;
    }
    if telling.is_empty() { all } else { telling }
}
