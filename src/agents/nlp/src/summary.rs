//! Which sentences say what a text says: the most central ones, in their order.
//!
//! LexRank (Erkan and Radev, 2004): sentences are as alike as their words, weighted by how rare these are, and one is
//! central if it is like many central ones. Early sentences count a little more, headings less, and one that repeats
//! a chosen one is passed over (maximal marginal relevance).

use std::collections::HashMap;

use baton_agents_runtime::{Context, SkillError};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use unicode_segmentation::UnicodeSegmentation;

use crate::words::Words;
use crate::{language, rephrased, sentences, text};

/// The most sentences that are compared with one another; of a longer text those most like the whole are taken.
const COMPARED: usize = 1_200;
/// The longest sentence that a result repeats, in characters; the rest is cut.
const SENTENCE: usize = 2_000;
/// From this likeness on sentences are neighbours.
const ALIKE: f64 = 0.1;
/// How much of a sentence's rank comes from its neighbours.
const DAMPING: f64 = 0.85;
/// How much its rank and how much its newness count when a sentence is chosen.
const RELEVANCE: f64 = 0.7;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Input {
    text: Option<String>,
    artifact: Option<String>,
    #[serde(default = "three")]
    sentences: usize,
    #[serde(default)]
    mode: Mode,
}

/// Whose sentences a summary is made of.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Mode {
    /// The text's own.
    #[default]
    Extractive,
    /// A model's.
    Abstractive,
}

fn three() -> usize {
    3
}

/// A sentence of a summary.
#[derive(Debug, Clone, PartialEq, Serialize)]
struct Chosen {
    /// Its place in the text; the first sentence is 0.
    index: usize,
    text: String,
    /// How central it is; 1 for the most central one.
    score: f64,
}

/// A sentence as a direction: stems and their weights, of length 1, by stem.
type Direction = Vec<(u32, f64)>;

/// Summarizes the input's text.
pub(crate) async fn perform(context: Context, input: Value) -> Result<Value, SkillError> {
    let input: Input = serde_json::from_value(input).map_err(|error| SkillError::input("input", error))?;
    let text = text::of(&context, input.text, input.artifact.as_deref()).await?;
    let wanted = input.sentences.clamp(1, 20);
    match input.mode {
        Mode::Extractive => context.blocking(move |context| summarize(context, &text, wanted)).await,
        Mode::Abstractive => rephrased::summarize(&context, &text, wanted).await,
    }
}

fn summarize(context: &Context, text: &str, wanted: usize) -> Result<Value, SkillError> {
    let detected = language::detect(text);
    let sentences = {
        let _span = context.span("split");
        sentences::split(text)
    };
    let words = Words::of(detected.language);
    let (places, directions) = {
        let _span = context.span("weigh");
        nearest(directions(context, &sentences, &words)?)
    };
    let _span = context.span("rank");
    let ranks = rank(context, &places, &directions, &sentences)?;
    let chosen = choose(&places, &directions, &ranks, &sentences, wanted);
    context.progress(1.0, "done");
    context.info(format!("chose {} of {} sentences", chosen.len(), sentences.len()), json!({"language": detected.language}));
    // Scripts without spaces between words have none between sentences.
    let space = if matches!(detected.language, "zh" | "ja") { "" } else { " " };
    let summary = chosen.iter().map(|sentence| sentence.text.as_str()).collect::<Vec<_>>().join(space);
    Ok(
        json!({"mode": "extractive", "language": detected.language, "sentences": chosen, "text": summary, "total_sentences": sentences.len()}),
    )
}

/// Each sentence as a direction in the space of stems (tf-idf).
fn directions(context: &Context, sentences: &[String], words: &Words) -> Result<Vec<Direction>, SkillError> {
    let mut numbers: HashMap<String, u32> = HashMap::new();
    let mut occurrences: Vec<f64> = Vec::new();
    let mut counted: Vec<HashMap<u32, f64>> = Vec::with_capacity(sentences.len());
    for (place, sentence) in sentences.iter().enumerate() {
        if place.is_multiple_of(128) {
            context.check()?;
            context.progress(0.4 * place as f64 / sentences.len() as f64, "reading sentences");
        }
        let mut counts: HashMap<u32, f64> = HashMap::new();
        for word in sentence.unicode_words() {
            let lower = word.to_lowercase();
            if words.is_stop_word(&lower) {
                continue;
            }
            let next = u32::try_from(numbers.len()).unwrap_or(u32::MAX);
            let number = *numbers.entry(words.stem(&lower)).or_insert(next);
            if number as usize == occurrences.len() {
                occurrences.push(0.0);
            }
            *counts.entry(number).or_default() += 1.0;
        }
        for number in counts.keys() {
            occurrences[*number as usize] += 1.0;
        }
        counted.push(counts);
    }
    let total = sentences.len() as f64;
    Ok(counted
        .into_iter()
        .map(|counts| {
            let mut direction: Direction =
                counts.into_iter().map(|(number, count)| (number, count * (1.0 + (total / occurrences[number as usize]).ln()))).collect();
            // A fixed order, so that sums and with them results are the same on every run.
            direction.sort_unstable_by_key(|(number, _)| *number);
            normalize(&mut direction);
            direction
        })
        .collect())
}

fn normalize(direction: &mut Direction) {
    let length = direction.iter().map(|(_, weight)| weight * weight).sum::<f64>().sqrt();
    if length > 0.0 {
        direction.iter_mut().for_each(|(_, weight)| *weight /= length);
    }
}

/// Of a long text the sentences most like its centre, by their places in the text.
fn nearest(directions: Vec<Direction>) -> (Vec<usize>, Vec<Direction>) {
    if directions.len() <= COMPARED {
        return ((0..directions.len()).collect(), directions);
    }
    let mut centre: HashMap<u32, f64> = HashMap::new();
    for (number, weight) in directions.iter().flatten() {
        *centre.entry(*number).or_default() += weight;
    }
    let mut likeness: Vec<(f64, usize)> = directions
        .iter()
        .enumerate()
        .map(|(place, direction)| {
            (direction.iter().map(|(number, weight)| weight * centre.get(number).copied().unwrap_or(0.0)).sum(), place)
        })
        .collect();
    likeness.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    let mut places: Vec<usize> = likeness.into_iter().take(COMPARED).map(|(_, place)| place).collect();
    places.sort_unstable();
    let kept = places.iter().map(|place| directions[*place].clone()).collect();
    (places, kept)
}

/// The cosine of two directions.
fn likeness(left: &Direction, right: &Direction) -> f64 {
    let (mut sum, mut at) = (0.0, 0);
    for (number, weight) in left {
        while at < right.len() && right[at].0 < *number {
            at += 1;
        }
        if at < right.len() && right[at].0 == *number {
            sum += weight * right[at].1;
        }
    }
    sum
}

/// How central each sentence is; 1 for the most central one.
fn rank(context: &Context, places: &[usize], directions: &[Direction], sentences: &[String]) -> Result<Vec<f64>, SkillError> {
    let count = directions.len();
    let mut neighbours: Vec<Vec<(usize, f64)>> = vec![Vec::new(); count];
    for first in 0..count {
        if first.is_multiple_of(32) {
            context.check()?;
            context.progress(0.4 + 0.5 * first as f64 / count as f64, "comparing sentences");
        }
        for second in first + 1..count {
            let alike = likeness(&directions[first], &directions[second]);
            if alike >= ALIKE {
                neighbours[first].push((second, alike));
                neighbours[second].push((first, alike));
            }
        }
    }
    let outgoing: Vec<f64> = neighbours.iter().map(|list| list.iter().map(|(_, alike)| alike).sum()).collect();
    let mut ranks = vec![1.0 / count.max(1) as f64; count];
    for _ in 0..60 {
        context.check()?;
        let next: Vec<f64> = neighbours
            .iter()
            .map(|list| {
                let incoming: f64 = list.iter().map(|(other, alike)| ranks[*other] * alike / outgoing[*other]).sum();
                (1.0 - DAMPING) / count as f64 + DAMPING * incoming
            })
            .collect();
        let moved: f64 = next.iter().zip(&ranks).map(|(next, rank)| (next - rank).abs()).sum();
        ranks = next;
        if moved < 1e-9 {
            break;
        }
    }
    let total = sentences.len() as f64;
    for (rank, place) in ranks.iter_mut().zip(places) {
        // Up to a quarter more for the beginning.
        let early = 1.0 + 0.25 * (-(*place as f64) / (0.1 * total).max(1.0)).exp();
        *rank *= early * substance(&sentences[*place]);
    }
    let most = ranks.iter().copied().fold(f64::MIN_POSITIVE, f64::max);
    ranks.iter_mut().for_each(|rank| *rank /= most);
    Ok(ranks)
}

/// Less than 1 for what is hardly a sentence: a heading, an exclamation.
fn substance(sentence: &str) -> f64 {
    let characters = sentence.chars().filter(|character| character.is_alphanumeric()).count();
    // Han writes in a character what others write in a word.
    let words = if sentence.chars().any(|character| matches!(character, '\u{3040}'..='\u{9fff}')) {
        characters / 2
    } else {
        sentence.unicode_words().count()
    };
    let closed =
        sentence.trim_end_matches(['"', '”', '’', '»', ')', '」']).ends_with(['.', '!', '?', '…', '。', '！', '？', ';', '؟', '।']);
    let length = match words {
        0..=3 => 0.3,
        4..=6 => 0.7,
        _ => 1.0,
    };
    if closed { length } else { length * 0.6 }
}

/// The sentences of the summary, in their order.
fn choose(places: &[usize], directions: &[Direction], ranks: &[f64], sentences: &[String], wanted: usize) -> Vec<Chosen> {
    let mut chosen: Vec<usize> = Vec::with_capacity(wanted);
    let mut repeats = vec![0.0f64; ranks.len()];
    while chosen.len() < wanted.min(ranks.len()) {
        let value = |at: usize| RELEVANCE * ranks[at] - (1.0 - RELEVANCE) * repeats[at];
        let Some(best) = (0..ranks.len()).filter(|at| !chosen.contains(at)).max_by(|a, b| value(*a).total_cmp(&value(*b)).then(b.cmp(a)))
        else {
            break;
        };
        for (at, repeated) in repeats.iter_mut().enumerate() {
            *repeated = repeated.max(likeness(&directions[best], &directions[at]));
        }
        chosen.push(best);
    }
    chosen.sort_unstable();
    chosen
        .into_iter()
        .map(|at| Chosen {
            index: places[at],
            text: text::cut(&sentences[places[at]], SENTENCE),
            score: (ranks[at] * 10_000.0).round() / 10_000.0,
        })
        .collect()
}
