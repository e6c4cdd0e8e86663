//! Which label do the words of a text speak for?

use std::collections::HashMap;

use baton_agents_runtime::{Context, SkillError};
use serde_json::{Value, json};

use super::{Label, rounded};
use crate::similar::{stems_by, vectors};
use crate::words::Words;
use crate::{language, text};

/// Each label needs so many examples for naive Bayes to have something to count.
const EXAMPLES: usize = 3;
/// A word of a name or keyword counts as much as so many words of a description.
const NAMED: f64 = 3.0;
/// The words that a score names as its reasons.
const REASONS: usize = 5;
/// The most words of a text that judge it, the most frequent first. A longer text says no more.
const WORDS: usize = 5_000;

/// What the rules say.
pub(super) struct Judged {
    pub(super) method: &'static str,
    /// A share for each label; they add up to 1, or are all 0 without any evidence.
    pub(super) shares: Vec<f64>,
    /// How much evidence there is, 0 to 1: what the shares are worth.
    strength: f64,
    /// The words that spoke for each label.
    reasons: Vec<Vec<String>>,
}

impl Judged {
    fn best(&self) -> Option<usize> {
        (0..self.shares.len()).max_by(|a, b| self.shares[*a].total_cmp(&self.shares[*b]).then(b.cmp(a)))
    }

    /// The label, if one has more for it than all others.
    pub(super) fn label(&self) -> Option<usize> {
        let best = self.best()?;
        let tied = self.shares.iter().filter(|share| (**share - self.shares[best]).abs() < 1e-9).count() > 1;
        (self.shares[best] > 0.0 && !tied).then_some(best)
    }

    /// How sure: the share of the best label, weakened by how little evidence there is.
    pub(super) fn confidence(&self) -> f64 {
        self.label().map_or(0.0, |best| self.shares[best] * self.strength)
    }

    pub(super) fn rows(&self, labels: &[Label]) -> Vec<Value> {
        let mut rows: Vec<(f64, Value)> = labels
            .iter()
            .zip(&self.shares)
            .zip(&self.reasons)
            .map(|((label, share), reasons)| (*share, json!({"label": label.name, "score": rounded(*share), "words": reasons.join(", ")})))
            .collect();
        rows.sort_by(|a, b| b.0.total_cmp(&a.0));
        rows.into_iter().map(|(_, row)| row).collect()
    }
}

type Counts = HashMap<String, f64>;

/// Judges a text.
pub(super) fn judge(context: &Context, text: &str, labels: &[Label]) -> Result<Judged, SkillError> {
    let _span = context.span("rules");
    // The labels' texts are read as the text's language reads: its stems must meet theirs.
    let words = Words::of(language::detect(text).language);
    let mut counts = stems_by(text, &words);
    if counts.len() > WORDS {
        let mut most: Vec<(String, f64)> = counts.into_iter().collect();
        most.sort_by(|a, b| b.1.total_cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        most.truncate(WORDS);
        counts = most.into_iter().collect();
    }
    context.check()?;
    let mut examples: Vec<Vec<Counts>> = Vec::with_capacity(labels.len());
    for label in labels {
        context.check()?;
        examples
            .push(label.examples.iter().filter(|example| !example.trim().is_empty()).map(|example| stems_by(example, &words)).collect());
    }
    let fewest = examples.iter().map(Vec::len).min().unwrap_or(0);
    Ok(if fewest >= EXAMPLES {
        bayes(&counts, &examples)
    } else if fewest >= 1 {
        centroids(&counts, &examples)
    } else {
        lexical(&counts, labels, &examples, &words)
    })
}

/// How much of the text's words the labels know: one of five is enough to judge by.
fn known_share(counts: &Counts, known: impl Fn(&str) -> bool) -> f64 {
    let all: f64 = counts.values().sum();
    let met: f64 = counts.iter().filter(|(word, _)| known(word)).map(|(_, count)| count).sum();
    if all > 0.0 { (met / all * 5.0).min(1.0) } else { 0.0 }
}

/// Multinomial naive Bayes with add-one smoothing. Words that no example has are passed over.
fn bayes(counts: &Counts, examples: &[Vec<Counts>]) -> Judged {
    let posteriors = posteriors(counts, examples);
    let totals = totals(examples);
    let known = |word: &str| totals.iter().any(|total| total.contains_key(word));
    let strength = known_share(counts, known);
    let shares = if strength > 0.0 { posteriors } else { vec![0.0; examples.len()] };
    Judged { method: "naive_bayes", shares, strength, reasons: reasons(counts, &totals) }
}

fn totals(examples: &[Vec<Counts>]) -> Vec<Counts> {
    examples
        .iter()
        .map(|examples| {
            let mut total = Counts::new();
            for (word, count) in examples.iter().flatten() {
                *total.entry(word.clone()).or_default() += count;
            }
            total
        })
        .collect()
}

fn posteriors(counts: &Counts, examples: &[Vec<Counts>]) -> Vec<f64> {
    let totals = totals(examples);
    let vocabulary: std::collections::HashSet<&String> = totals.iter().flat_map(HashMap::keys).collect();
    let all: f64 = examples.iter().map(Vec::len).sum::<usize>() as f64;
    let mut known: Vec<(&String, f64)> =
        counts.iter().filter(|(word, _)| vocabulary.contains(word)).map(|(word, count)| (word, *count)).collect();
    // A fixed order, so that sums are the same on every run.
    known.sort_by(|a, b| a.0.cmp(b.0));
    let scores: Vec<f64> = totals
        .iter()
        .zip(examples)
        .map(|(total, examples)| {
            let size = total.values().sum::<f64>() + vocabulary.len() as f64;
            let likelihood = |(word, count): &(&String, f64)| count * ((total.get(*word).copied().unwrap_or(0.0) + 1.0) / size).ln();
            (examples.len() as f64 / all).ln() + known.iter().map(likelihood).sum::<f64>()
        })
        .collect();
    let most = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let exponents: Vec<f64> = scores.iter().map(|score| (score - most).exp()).collect();
    let sum: f64 = exponents.iter().sum();
    exponents.into_iter().map(|value| value / sum).collect()
}

/// The cosine with the mean of each label's examples.
fn centroids(counts: &Counts, examples: &[Vec<Counts>]) -> Judged {
    let mut texts: Vec<Counts> = examples.iter().flatten().cloned().collect();
    texts.push(counts.clone());
    let mut directions = vectors::tf_idf(&texts);
    let text = directions.pop().unwrap_or_default();
    let mut next = directions.into_iter();
    let cosines: Vec<f64> = examples
        .iter()
        .map(|examples| {
            let mut sum: std::collections::BTreeMap<u32, f64> = std::collections::BTreeMap::new();
            for (number, weight) in next.by_ref().take(examples.len()).flatten() {
                *sum.entry(number).or_default() += weight;
            }
            let mut centroid: vectors::Direction = sum.into_iter().collect();
            vectors::normalize(&mut centroid);
            vectors::cosine(&text, &centroid)
        })
        .collect();
    let most = cosines.iter().copied().fold(0.0, f64::max);
    let sum: f64 = cosines.iter().sum();
    let shares = cosines.iter().map(|cosine| if sum > 0.0 { cosine / sum } else { 0.0 }).collect();
    // A cosine of 0.25 is a clear likeness between short texts.
    Judged { method: "nearest_centroid", shares, strength: (most * 4.0).min(1.0), reasons: reasons(counts, &totals(examples)) }
}

/// The words that a text shares with a label's name, keywords, description and examples; a word of several labels counts less.
fn lexical(counts: &Counts, labels: &[Label], examples: &[Vec<Counts>], words: &Words) -> Judged {
    let profiles: Vec<Counts> = labels
        .iter()
        .zip(examples)
        .map(|(label, examples)| {
            let mut profile = Counts::new();
            let mut add = |text: &str, weight: f64| {
                for word in stems_by(text, words).into_keys() {
                    let known = profile.entry(word).or_default();
                    *known = known.max(weight);
                }
            };
            add(&label.description, 1.0);
            // Names are often written as identifiers: `billing_question`.
            add(&label.name.replace(['_', '-', '/'], " "), NAMED);
            label.keywords.iter().for_each(|keyword| add(keyword, NAMED));
            for word in examples.iter().flat_map(HashMap::keys) {
                profile.entry(word.clone()).or_insert(1.0);
            }
            profile
        })
        .collect();
    let among = |word: &str| profiles.iter().filter(|profile| profile.contains_key(word)).count() as f64;
    let scores: Vec<f64> = profiles
        .iter()
        .map(|profile| {
            let mut shared: Vec<(&String, f64)> = counts
                .iter()
                .filter_map(|(word, count)| Some((word, profile.get(word)? * (1.0 + count.ln()) / among(word).powi(2))))
                .collect();
            shared.sort_by(|a, b| a.0.cmp(b.0));
            shared.iter().map(|(_, weight)| weight).sum()
        })
        .collect();
    let sum: f64 = scores.iter().sum();
    let most = scores.iter().copied().fold(0.0, f64::max);
    let shares = scores.iter().map(|score| if sum > 0.0 { score / sum } else { 0.0 }).collect();
    // Two words of the names or keywords are as much as such rules can know; one alone is worth half.
    Judged { method: "lexical", shares, strength: (most / (2.0 * NAMED)).min(1.0) * 0.9, reasons: reasons(counts, &profiles) }
}

/// The words of the text that each label has more of than the others.
fn reasons(counts: &Counts, profiles: &[Counts]) -> Vec<Vec<String>> {
    profiles
        .iter()
        .enumerate()
        .map(|(place, profile)| {
            let mut shared: Vec<(f64, &String)> = counts
                .iter()
                .filter_map(|(word, count)| {
                    let own = *profile.get(word)?;
                    let others = profiles
                        .iter()
                        .enumerate()
                        .filter(|(other, _)| *other != place)
                        .filter_map(|(_, other)| other.get(word))
                        .sum::<f64>();
                    Some((count * own / (own + others), word))
                })
                .collect();
            shared.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(b.1)));
            shared.into_iter().take(REASONS).map(|(_, word)| text::cut(word, 40)).collect()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn posteriors_agree_with_the_reference() {
        let data: Value = serde_json::from_str(include_str!("../../tests/reference/vectors.json")).unwrap();
        let count = |text: &Value| {
            let mut counts = Counts::new();
            text.as_str().unwrap().split(' ').for_each(|word| *counts.entry(word.to_owned()).or_insert(0.0) += 1.0);
            counts
        };
        let texts: Vec<_> = data["texts"].as_array().unwrap().iter().map(count).collect();
        let mut examples = vec![Vec::new(); 3];
        for (text, label) in texts.iter().zip(data["labels"].as_array().unwrap()) {
            examples[label.as_u64().unwrap() as usize].push(text.clone());
        }
        let mut compared = 0;
        for (text, expected) in texts[18..].iter().zip(data["posteriors"].as_array().unwrap()) {
            for (label, posterior) in posteriors(text, &examples).into_iter().enumerate() {
                let expected = expected[label].as_f64().unwrap();
                assert!((posterior - expected).abs() <= 1e-9 * expected.max(1e-6) + 1e-12, "{posterior} for {expected}");
                compared += 1;
            }
        }
        assert_eq!(compared, 18);
    }
}
