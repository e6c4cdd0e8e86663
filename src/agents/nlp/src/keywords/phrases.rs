//! Which phrases of a text tell most, in scripts that put spaces between words: the statistics of YAKE.
//!
//! Campos et al. (2020), "YAKE! Keyword extraction from single documents using multiple local features": a word tells
//! more if it stands early, is written with a capital within sentences, is frequent, occurs in many sentences, and
//! does not stand beside ever different words. Forms of a word are counted together by their stem. Greetings stand early and are written
//! with capitals, and would win in every letter: they are left out, unless there is nothing else.

use std::collections::{BTreeMap, HashMap, HashSet};

use baton_agents_runtime::{Context, SkillError};
use unicode_segmentation::UnicodeSegmentation;

use super::Keyword;
use super::courtesies::Courtesies;
use crate::sentences;
use crate::words::Words;

/// One word of the text.
struct Token {
    /// Its stem, as a number.
    stem: u32,
    /// The written word, as a number.
    written: u32,
    stop: bool,
    /// Whether it can be a keyword or part of one: it has a letter.
    telling: bool,
}

/// What is counted of a stem.
#[derive(Default)]
struct Term {
    count: f64,
    capitalized: f64,
    acronym: f64,
    sentences: Vec<u32>,
    left: HashMap<u32, u32>,
    right: HashMap<u32, u32>,
    stop: bool,
}

/// Numbers for texts.
#[derive(Default)]
struct Names {
    numbers: HashMap<String, u32>,
    texts: Vec<String>,
}

impl Names {
    fn number(&mut self, text: &str) -> u32 {
        if let Some(number) = self.numbers.get(text) {
            return *number;
        }
        let number = u32::try_from(self.texts.len()).unwrap_or(u32::MAX);
        self.numbers.insert(text.to_owned(), number);
        self.texts.push(text.to_owned());
        number
    }
}

/// The text as numbers: runs of words without punctuation between them, each with its sentence.
struct Read {
    runs: Vec<(u32, Vec<Token>)>,
    terms: Vec<Term>,
    written: Names,
    sentences: f64,
}

/// A phrase that could be a keyword.
struct Candidate {
    stems: Vec<u32>,
    count: u64,
    /// How often it is written how; the first of equally frequent ways wins.
    forms: BTreeMap<Vec<u32>, u64>,
    first: usize,
}

/// The best keywords, best first.
pub(super) fn keywords(context: &Context, text: &str, words: &Words, count: usize, max_words: usize) -> Result<Vec<Keyword>, SkillError> {
    let found = ranked(context, text, words, (count, max_words), &mut Courtesies::of(words, false))?;
    if !found.is_empty() {
        return Ok(found);
    }
    ranked(context, text, words, (count, max_words), &mut Courtesies::of(words, true))
}

fn ranked(
    context: &Context,
    text: &str,
    words: &Words,
    (count, max_words): (usize, usize),
    courtesies: &mut Courtesies,
) -> Result<Vec<Keyword>, SkillError> {
    let read = read(context, text, words, courtesies)?;
    let weights = weights(&read);
    context.progress(0.6, "weighing phrases");
    let mut candidates: HashMap<Vec<u32>, Candidate> = HashMap::new();
    let mut place = 0;
    for (_, run) in &read.runs {
        context.check()?;
        for start in 0..run.len() {
            for end in start + 1..=run.len().min(start + max_words) {
                place += 1;
                let phrase = &run[start..end];
                let (Some(first), Some(last)) = (phrase.first(), phrase.last()) else { continue };
                if first.stop || last.stop || phrase.iter().any(|token| !token.telling) {
                    continue;
                }
                let stems: Vec<u32> = phrase.iter().map(|token| token.stem).collect();
                let form: Vec<u32> = phrase.iter().map(|token| token.written).collect();
                let candidate =
                    candidates.entry(stems.clone()).or_insert_with(|| Candidate { stems, count: 0, forms: BTreeMap::new(), first: place });
                candidate.count += 1;
                *candidate.forms.entry(form).or_default() += 1;
            }
        }
    }
    let mut ranked: Vec<(f64, &Candidate)> =
        candidates.values().map(|candidate| (badness(candidate, &read, &weights), candidate)).collect();
    ranked.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.first.cmp(&b.1.first)));
    let mut chosen: Vec<(f64, &Candidate)> = Vec::with_capacity(count);
    for (score, candidate) in ranked {
        if chosen.len() == count {
            break;
        }
        if !chosen.iter().any(|(_, better)| says_the_same(better, candidate)) {
            chosen.push((score, candidate));
        }
    }
    let best = chosen.first().map_or(1.0, |(score, _)| *score);
    Ok(chosen
        .into_iter()
        .map(|(score, candidate)| Keyword {
            term: written(candidate, &read.written),
            score: ((best / score).clamp(0.0, 1.0) * 10_000.0).round() / 10_000.0,
            count: candidate.count,
        })
        .collect())
}

fn read(context: &Context, text: &str, words: &Words, courtesies: &mut Courtesies) -> Result<Read, SkillError> {
    let sentences = sentences::split(text);
    let mut read = Read { runs: Vec::new(), terms: Vec::new(), written: Names::default(), sentences: sentences.len() as f64 };
    let mut stems = Names::default();
    for (number, sentence) in sentences.iter().enumerate() {
        if number.is_multiple_of(128) {
            context.check()?;
            context.progress(0.5 * number as f64 / sentences.len() as f64, "reading words");
        }
        if is_numbered_heading(sentence) || courtesies.is_signature(sentence.unicode_words().count(), sentences.len() - number - 1) {
            continue;
        }
        let number = u32::try_from(number).unwrap_or(u32::MAX);
        let mut run: Vec<&str> = Vec::new();
        let mut begun = false;
        let mut pieces = sentence.split_word_bounds().peekable();
        while let Some(piece) = pieces.next() {
            let word = piece.chars().any(char::is_alphanumeric);
            let joins = piece.trim().is_empty() || matches!(piece, "-" | "‐" | "’" | "'");
            if word {
                run.push(piece);
            }
            let last = pieces.peek().is_none();
            if run.is_empty() || (!last && (word || joins)) {
                continue;
            }
            let ended = if word || joins { None } else { piece.chars().next() };
            if !courtesies.is_formula(&run, number, ended) {
                read.take_in(&run, (number, begun), &mut stems, words, courtesies);
            }
            begun = true;
            run.clear();
        }
    }
    Ok(read)
}

impl Read {
    /// Counts the words of a run, which may stand within a sentence that has begun.
    fn take_in(&mut self, run: &[&str], (sentence, begun): (u32, bool), stems: &mut Names, words: &Words, courtesies: &Courtesies) {
        let mut begun = begun;
        let mut tokens: Vec<Token> = Vec::with_capacity(run.len());
        for piece in run {
            let split = words.elided(piece).unwrap_or(0);
            let (elided, rest) = piece.split_at(split);
            for (piece, elided) in [(elided, true), (rest, false)] {
                if piece.is_empty() {
                    continue;
                }
                // However an apostrophe is written, the word is the same.
                let lower = piece.to_lowercase().replace('’', "'");
                let stop = elided || words.is_stop_word(&lower) || courtesies.is_word(&lower) || lower.chars().nth(1).is_none();
                let stem = stems.number(&words.stem(&lower));
                if stem as usize == self.terms.len() {
                    self.terms.push(Term { stop: true, ..Term::default() });
                }
                let term = &mut self.terms[stem as usize];
                term.count += 1.0;
                term.stop &= stop;
                if term.sentences.last() != Some(&sentence) {
                    term.sentences.push(sentence);
                }
                let capital = piece.chars().next().is_some_and(char::is_uppercase);
                let acronym =
                    piece.chars().nth(1).is_some() && piece.chars().all(|character| character.is_uppercase() || character.is_numeric());
                term.acronym += f64::from(u8::from(acronym));
                term.capitalized += f64::from(u8::from(capital && begun));
                if let Some(before) = tokens.last() {
                    let before = before.stem;
                    *self.terms[stem as usize].left.entry(before).or_default() += 1;
                    *self.terms[before as usize].right.entry(stem).or_default() += 1;
                }
                begun = true;
                tokens.push(Token { stem, written: self.written.number(piece), stop, telling: piece.chars().any(char::is_alphabetic) });
            }
        }
        self.runs.push((sentence, tokens));
    }
}

/// Whether a sentence is one like `Article 12`, whose word says how a text is divided and not what it is about.
fn is_numbered_heading(sentence: &str) -> bool {
    let mut words = sentence.unicode_words();
    let (first, second, third) = (words.next(), words.next(), words.next());
    let number = |word: Option<&str>| word.is_some_and(|word| word.chars().all(char::is_numeric));
    third.is_none() && (number(first) || number(second)) && !sentence.ends_with(['.', '!', '?'])
}

/// How little each stem tells; the less the better.
fn weights(read: &Read) -> Vec<f64> {
    let counts: Vec<f64> = read.terms.iter().filter(|term| !term.stop).map(|term| term.count).collect();
    let total = counts.len().max(1) as f64;
    let mean = counts.iter().sum::<f64>() / total;
    let deviation = (counts.iter().map(|count| (count - mean).powi(2)).sum::<f64>() / total).sqrt();
    let most = read.terms.iter().map(|term| term.count).fold(1.0, f64::max);
    let variety = |side: &HashMap<u32, u32>| {
        let all: u32 = side.values().sum();
        if all == 0 { 0.0 } else { side.len() as f64 / f64::from(all) }
    };
    read.terms
        .iter()
        .map(|term| {
            let casing = term.acronym.max(term.capitalized) / (1.0 + term.count.ln());
            let middle = term.sentences.get(term.sentences.len() / 2).copied().unwrap_or(0);
            // YAKE takes the logarithm alone, which is next to nothing for the first sentence: in a short text its
            // words would always win.
            let position = 0.5 + (3.0 + f64::from(middle)).ln().ln();
            let frequency = term.count / (mean + deviation).max(f64::MIN_POSITIVE);
            let related = 1.0 + (variety(&term.left) + variety(&term.right)) * term.count / most;
            let spread = term.sentences.len() as f64 / read.sentences.max(1.0);
            related * position / (casing + frequency / related + spread / related).max(f64::MIN_POSITIVE)
        })
        .collect()
}

/// How little a phrase tells: the product of its words over their sum and its count. A stop word within counts by how
/// often its neighbours stand beside it.
fn badness(candidate: &Candidate, read: &Read, weights: &[f64]) -> f64 {
    let (mut product, mut sum) = (1.0, 0.0);
    for (place, stem) in candidate.stems.iter().enumerate() {
        let term = &read.terms[*stem as usize];
        if !term.stop {
            product *= weights[*stem as usize];
            sum += weights[*stem as usize];
            continue;
        }
        let beside = |left: u32, right: u32| {
            let count = read.terms[left as usize].right.get(&right).copied().unwrap_or(0);
            f64::from(count) / read.terms[left as usize].count.max(1.0)
        };
        let before = place.checked_sub(1).map_or(0.0, |before| beside(candidate.stems[before], *stem));
        let after = candidate.stems.get(place + 1).map_or(0.0, |after| beside(*stem, *after));
        let bound = (before * after).clamp(0.0, 1.0);
        product *= 1.0 + (1.0 - bound);
        sum -= 1.0 - bound;
    }
    let divisor = candidate.count as f64 * (1.0 + sum);
    if divisor <= 0.0 {
        return f64::MAX;
    }
    // Words that stand together once may do so by chance, the more so around a word that says nothing.
    let once = candidate.count == 1 && candidate.stems.len() > 1;
    let bridged = candidate.stems.iter().any(|stem| read.terms[*stem as usize].stop);
    let chance = match (once, bridged) {
        (false, _) => 1.0,
        (true, false) => 3.0,
        (true, true) => 30.0,
    };
    chance * product / divisor
}

/// Whether a phrase adds nothing to a better one: it is part of it and mostly stands there, or holds it and is rare.
fn says_the_same(better: &Candidate, other: &Candidate) -> bool {
    let within = |part: &[u32], whole: &[u32]| part.len() < whole.len() && whole.windows(part.len()).any(|window| window == part);
    if within(&other.stems, &better.stems) {
        return other.count < 2 * better.count;
    }
    if within(&better.stems, &other.stems) {
        return other.count < 2 || 4 * other.count < better.count;
    }
    let (first, second): (HashSet<&u32>, HashSet<&u32>) = (better.stems.iter().collect(), other.stems.iter().collect());
    first == second
}

/// The phrase as it is mostly written.
fn written(candidate: &Candidate, names: &Names) -> String {
    let form = candidate.forms.iter().max_by(|a, b| a.1.cmp(b.1).then(b.0.cmp(a.0))).map(|(form, _)| form.as_slice()).unwrap_or_default();
    let mut text = String::new();
    for number in form {
        // What has lost its vowel stands before the next word without a space: `chef d'équipe`.
        if !text.is_empty() && !text.ends_with(['\'', '’']) {
            text.push(' ');
        }
        text.push_str(&names.texts[*number as usize]);
    }
    text
}
