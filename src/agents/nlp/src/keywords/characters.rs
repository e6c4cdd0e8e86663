//! Which words of a Chinese or Japanese text tell most: runs of characters that come back.
//!
//! Without spaces between words their boundaries are found by counting: a run of characters that occurs several times
//! and is no part of a longer one that occurs as often is taken for a word.

use std::collections::{HashMap, HashSet};

use baton_agents_runtime::{Context, SkillError};

use super::Keyword;

/// The shortest and the longest run, in characters.
const LENGTHS: std::ops::RangeInclusive<usize> = 2..=6;
/// Characters that join others and stand in no word worth naming.
const JOINING: &str = "的了和是在有不之与及或为以其而于这那也就都但并所被把从对由上下中等个一二三四五六七八九十何";

/// The best keywords, best first.
pub(super) fn keywords(context: &Context, text: &str, count: usize) -> Result<Vec<Keyword>, SkillError> {
    let runs = runs(text);
    let mut counts: HashMap<&[char], u64> = HashMap::new();
    for (place, run) in runs.iter().enumerate() {
        if place.is_multiple_of(256) {
            context.check()?;
            context.progress(0.8 * place as f64 / runs.len() as f64, "counting characters");
        }
        for length in LENGTHS {
            for window in run.windows(length) {
                *counts.entry(window).or_default() += 1;
            }
        }
    }
    counts.retain(|_, count| *count > 1);
    // A part that occurs hardly more often than the whole is no word of its own.
    let mut parts: HashSet<&[char]> = HashSet::new();
    for (whole, count) in &counts {
        for length in *LENGTHS.start()..whole.len() {
            for part in whole.windows(length) {
                if counts.get(part).is_some_and(|alone| *alone * 3 <= *count * 4) {
                    parts.insert(part);
                }
            }
        }
    }
    let weight = |run: &[char], count: u64| count as f64 * (run.len() as f64).sqrt();
    let mut ranked: Vec<(f64, &[char], u64)> =
        counts.iter().filter(|(run, _)| !parts.contains(*run)).map(|(run, count)| (weight(run, *count), *run, *count)).collect();
    ranked.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(b.1)));
    ranked.truncate(count);
    let best = ranked.first().map_or(1.0, |(weight, _, _)| *weight);
    Ok(ranked
        .into_iter()
        .map(|(weight, run, count)| Keyword { term: run.iter().collect(), score: (weight / best * 10_000.0).round() / 10_000.0, count })
        .collect())
}

/// Runs of characters of one kind, Han or katakana, without joining ones. Hiragana is grammar and ends a run.
fn runs(text: &str) -> Vec<Vec<char>> {
    let mut runs: Vec<Vec<char>> = Vec::new();
    let (mut open, mut kind) = (Vec::new(), 0);
    for character in text.chars() {
        let next = match character {
            _ if JOINING.contains(character) => 0,
            '\u{4e00}'..='\u{9fff}' | '\u{3400}'..='\u{4dbf}' | '々' => 1,
            'ァ'..='ヺ' | 'ー' => 2,
            _ => 0,
        };
        if next != kind && open.len() > 1 {
            runs.push(std::mem::take(&mut open));
        }
        if next != kind {
            open.clear();
        }
        if next != 0 {
            open.push(character);
        }
        kind = next;
    }
    if open.len() > 1 {
        runs.push(open);
    }
    runs
}
