//! Of which parts is a goal made, and what does each ask for, judged as a whole and not by single words?

use super::{Condition, Intent, Reading, sentences};
use crate::asking::{self, IMPOSSIBLE, NOTHING, softmax};
use crate::cues::{self, Found};
use crate::words::{Kind, Token};

/// A part of a sentence with the chances of what it asks for, in the order of `asking::names`.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Part {
    pub(crate) sentence: (usize, usize),
    pub(crate) span: (usize, usize),
    pub(crate) condition: Option<usize>,
    pub(crate) chances: Vec<f32>,
    /// Whether it looks like a remark and not like a question or an order.
    pub(crate) tells: bool,
}

/// How much the whole goal says of each part.
const WHOLE: f32 = 0.35;
/// How much a word that rules know by heart adds.
const CUE: f32 = 0.9;
/// How much one capability can gain by such words.
const CUES: f32 = 2.7;
/// What a sentence loses for each part beyond the first into which it is taken apart.
const APART: f32 = 0.12;
/// The most pieces of a sentence that are weighed.
const PIECES: usize = 8;
/// The least chance with which a part asks for something.
const SURE: f32 = 0.4;
/// The least chance with which a remark does.
const CLEAR: f32 = 0.65;

impl Part {
    /// The likeliest of what it asks for, with its chance.
    pub(crate) fn best(&self) -> (&'static str, f32) {
        self.ranked().first().copied().unwrap_or((NOTHING, 0.0))
    }

    /// All that it may ask for, the likeliest first.
    pub(crate) fn ranked(&self) -> Vec<(&'static str, f32)> {
        let mut all: Vec<(&'static str, f32)> = asking::names().iter().copied().zip(self.chances.iter().copied()).collect();
        all.sort_by(|one, other| other.1.total_cmp(&one.1).then(one.0.cmp(other.0)));
        all
    }

    pub(crate) fn chance(&self, name: &str) -> f32 {
        asking::names().iter().position(|known| *known == name).and_then(|place| self.chances.get(place).copied()).unwrap_or(0.0)
    }

    /// The same as something that is asked for.
    fn intent(&self, capability: &'static str, chance: f32) -> Intent {
        Intent {
            capability,
            weight: 2.0 + f64::from(chance),
            sentence: self.sentence,
            cue: self.span,
            region: self.span,
            condition: self.condition,
        }
    }
}

/// What the parts of a goal are judged with.
struct Judge<'a> {
    tokens: &'a [Token],
    cues: Vec<Found>,
    /// Parts of which rules say that no skill does them.
    unknown: &'a [(usize, usize)],
    whole: Vec<f32>,
    /// What is ruled out or in by what is given.
    given: Vec<f32>,
}

impl Reading {
    /// The same goal, read part by part by what it is likely to ask for: its conditions, and its parts in their order.
    pub(crate) fn parts(&self) -> (Self, Vec<Part>) {
        let mut reading = Self {
            goal: self.goal.clone(),
            tokens: self.tokens.clone(),
            scene: self.scene.clone(),
            intents: Vec::new(),
            conditions: Vec::new(),
            unknown: Vec::new(),
            judged: true,
        };
        let all: Vec<(usize, usize)> = sentences(&self.tokens);
        let judge = Judge {
            tokens: &self.tokens,
            cues: self.cues(),
            unknown: &self.unknown,
            whole: centred(asking::judge(&self.tokens)),
            given: asking::names().iter().map(|name| self.scene.favours(name)).collect(),
        };
        let mut parts = Vec::new();
        let mut last = None;
        for (from, to) in all {
            let text = reading.text((from, to)).to_lowercase();
            if text.contains("do nothing") || text.contains("nothing else") || text.contains("leave it at that") {
                continue;
            }
            for (span, condition) in reading.regions(from, to, &mut last) {
                parts.extend(judge.taken_apart((from, to), span, condition));
            }
        }
        (reading, parts)
    }

    /// The places where words that rules know by heart ask for something.
    pub(crate) fn cues(&self) -> Vec<Found> {
        sentences(&self.tokens).into_iter().flat_map(|(from, to)| cues::find(&self.tokens, from, to, &self.scene)).collect()
    }

    /// The regions of a sentence that its condition is on and those that it is not on, without the condition's own words.
    fn regions(&mut self, from: usize, to: usize, last: &mut Option<usize>) -> Vec<((usize, usize), Option<usize>)> {
        let Some((number, (start, end), prefix)) = self.condition(from, to, last) else { return vec![((from, to), None)] };
        let otherwise = (end..to).find(|place| self.tokens[*place].is_any(&["otherwise", "else"]));
        let mut found = Vec::new();
        if !prefix {
            found.push(((from, start), Some(number)));
            return found;
        }
        // "Only if": the words before it are none of what is done.
        if start > from + 2 {
            found.push(((from, start), None));
        }
        match otherwise {
            Some(place) => {
                let span = self.conditions[number].span;
                let negated = !self.conditions[number].negated;
                self.conditions.push(Condition { span, negated });
                found.push(((end, place), Some(number)));
                found.push(((place + 1, to), Some(self.conditions.len() - 1)));
            }
            None => found.push(((end, to), Some(number))),
        }
        found.retain(|((from, to), _)| from < to);
        found
    }

    /// What the parts ask for; one of them may be read as its second best.
    pub(crate) fn asked_by(mut self, parts: &[Part], instead: Option<(usize, &'static str)>) -> Self {
        let mut found: Vec<Intent> = Vec::new();
        for (place, part) in parts.iter().enumerate() {
            let (name, chance) = match instead {
                Some((other, name)) if other == place => (name, part.chance(name).max(SURE)),
                _ => part.best(),
            };
            // What is only told, and asked for elsewhere, is told of that.
            if part.tells && name != IMPOSSIBLE && parts.iter().any(|other| !other.tells && other.best().0 == name) {
                continue;
            }
            // What only tells something has to be clearer to ask for it.
            let least = if part.tells { CLEAR } else { SURE };
            if name == NOTHING || chance < least {
                continue;
            }
            if name == IMPOSSIBLE {
                self.unknown.push(part.span);
                continue;
            }
            let intent = part.intent(name, chance);
            // What needs saying only once is taken where it is said most clearly.
            let again = found.iter_mut().find(|other| {
                other.capability == name && other.condition == intent.condition && !matches!(name, "query" | "chart" | "extract" | "fetch")
            });
            match again {
                Some(other) if other.weight < intent.weight => *other = intent,
                Some(_) => {}
                None => found.push(intent),
            }
        }
        if found.is_empty() && self.unknown.is_empty() {
            // Nothing is clear: then the goal as a whole asks for what its clearest part may ask for.
            let likeliest = parts
                .iter()
                .flat_map(|part| {
                    part.ranked().into_iter().filter(|(name, _)| *name != NOTHING).take(1).map(move |(name, chance)| (part, name, chance))
                })
                .max_by(|one, other| one.2.total_cmp(&other.2));
            if let Some((part, name, chance)) = likeliest {
                if name == IMPOSSIBLE {
                    self.unknown.push(part.span);
                } else {
                    found.push(part.intent(name, chance));
                }
            }
        }
        found.sort_by_key(|intent| intent.region.0);
        self.intents = found;
        self
    }
}

impl Judge<'_> {
    /// The chances of what some words ask for.
    fn chances(&self, from: usize, to: usize, sentence: (usize, usize)) -> Vec<f32> {
        let words = &self.tokens[from..to];
        let mut sums = asking::judge(words);
        let asks = self.asks(from, to, sentence);
        for (place, name) in asking::names().iter().enumerate() {
            sums[place] += WHOLE * self.whole[place] + self.given[place];
            let known: f32 = self
                .cues
                .iter()
                .filter(|cue| cue.capability == *name && cue.from >= from && cue.to <= to)
                .map(|cue| {
                    #[expect(clippy::cast_possible_truncation, reason = "a weight of a few")]
                    let weight = cue.weight as f32;
                    CUE * weight.min(2.0)
                })
                .sum();
            sums[place] += known.min(CUES);
            if *name == NOTHING {
                sums[place] -= asks + WHOLE * self.whole[place];
                if words.iter().filter(|token| !token.is_mark()).count() < 3 {
                    sums[place] += 0.8;
                }
                if is_declined(words) {
                    sums[place] += 5.0;
                }
            } else if *name == IMPOSSIBLE && self.unknown.iter().any(|(begin, end)| *begin < to && *end > from) {
                sums[place] += 2.5;
            }
        }
        softmax(&sums)
    }

    /// How much some words look like a question or an order, and not like a remark.
    fn asks(&self, from: usize, to: usize, sentence: (usize, usize)) -> f32 {
        let question = self.tokens.get(sentence.1).is_some_and(|token| token.kind == Kind::Mark('?'));
        let Some(first) = self.tokens[from..to].iter().find(|token| !token.is_mark()) else { return -1.0 };
        let wishes = self.tokens[from..to].windows(2).any(|pair| {
            pair[0].is_any(&["i", "we", "d", "please", "you"]) && pair[1].is_any(&["need", "want", "would", "like", "please", "wonder"])
                || pair[0].is_any(&["tell", "show", "give"]) && pair[1].is_any(&["me", "us"])
        }) || self.tokens[from..to].iter().any(|token| token.is("please"));
        let asking = first.is_any(&[
            "which", "what", "who", "whose", "how", "where", "when", "why", "is", "are", "do", "does", "did", "can", "could", "will",
            "has", "have", "tell", "give", "show", "make", "find", "list", "put", "write", "check", "draw",
        ]);
        let second = self.tokens[from..to].iter().filter(|token| !token.is_mark()).nth(1);
        let named = !asking
            && second.is_some_and(|token| token.is_any(&["is", "are", "was", "were", "holds", "contains", "has", "have", "goes", "go"]));
        let telling = named
            || first.is_any(&[
                "the", "i", "we", "my", "our", "he", "she", "they", "it", "this", "these", "those", "some", "there", "because", "since",
                "so", "a", "one", "that",
            ]);
        f32::from(i8::from(question)) * 1.0 + f32::from(i8::from(wishes || asking)) * 0.8
            - f32::from(i8::from(telling && !question && !wishes)) * 1.0
    }

    /// A region as the parts into which it falls best.
    fn taken_apart(&self, sentence: (usize, usize), (from, to): (usize, usize), condition: Option<usize>) -> Vec<Part> {
        let ends = self.pieces(from, to);
        let starts: Vec<usize> = std::iter::once(from).chain(ends.iter().copied()).collect();
        let count = ends.len();
        #[expect(clippy::cast_precision_loss, reason = "a few thousand words at most")]
        let length = |from: usize, to: usize| (to - from) as f32;
        let pieces: Vec<Vec<f32>> = (0..count).map(|piece| self.chances(starts[piece], starts[piece + 1], sentence)).collect();
        // The best way to read the first so many pieces: its worth, and where its last part begins.
        let mut best: Vec<(f32, usize, Vec<f32>)> = vec![(0.0, 0, Vec::new())];
        for until in 1..=count {
            let mut choice: Option<(f32, usize, Vec<f32>)> = None;
            for begin in 0..until {
                let lengths: Vec<f32> = (begin..until).map(|piece| length(starts[piece], starts[piece + 1])).collect();
                let sums = if until - begin == 1 {
                    pieces[begin].iter().map(|chance| chance.max(f32::MIN_POSITIVE).ln()).collect()
                } else {
                    together(&self.chances(starts[begin], starts[until], sentence), &pieces[begin..until], &lengths)
                };
                let most = sums.iter().copied().fold(f32::NEG_INFINITY, f32::max);
                let worth = best[begin].0 + most * length(starts[begin], starts[until]) / length(from, to).max(1.0)
                    - if begin == 0 { 0.0 } else { APART };
                if choice.as_ref().is_none_or(|(known, ..)| worth > *known) {
                    choice = Some((worth, begin, softmax(&sums)));
                }
            }
            best.push(choice.unwrap_or((f32::NEG_INFINITY, 0, Vec::new())));
        }
        let mut parts = Vec::new();
        let mut until = count;
        while until > 0 {
            let (_, begin, chances) = best[until].clone();
            let tells = self.asks(starts[begin], starts[until], sentence) < 0.0;
            parts.push(Part { sentence, span: (starts[begin], starts[until]), condition, chances, tells });
            until = begin;
        }
        parts.reverse();
        parts
    }

    /// Where the pieces of a region end: at commas, dashes and conjunctions, if enough is said between them.
    fn pieces(&self, from: usize, to: usize) -> Vec<usize> {
        let mut ends = Vec::new();
        let mut begin = from;
        let mut depth = 0_i32;
        for place in from..to {
            let token = &self.tokens[place];
            match token.kind {
                Kind::Mark('(') => depth += 1,
                Kind::Mark(')') => depth -= 1,
                _ => {}
            }
            // What stands in brackets belongs to what it stands in.
            if depth > 0 {
                continue;
            }
            let splits = token.is_any(&["and", "then", "but", "plus"]) || matches!(token.kind, Kind::Mark(',' | '–' | '—'));
            let said = |from: usize, to: usize| self.tokens[from..to].iter().filter(|token| !token.is_mark()).count();
            if splits && said(begin, place) >= 3 && said(place, to) >= 3 && ends.len() + 1 < PIECES {
                ends.push(place);
                begin = place;
            }
        }
        ends.push(to);
        ends
    }
}

/// What several pieces ask for if they are one part, as logarithms: what they say as a whole, and that none of them asks for something else.
fn together(whole: &[f32], pieces: &[Vec<f32>], lengths: &[f32]) -> Vec<f32> {
    let nothing = asking::names().iter().position(|name| *name == NOTHING);
    let all: f32 = lengths.iter().sum();
    whole
        .iter()
        .enumerate()
        .map(|(place, chance)| {
            let apart: f32 = pieces
                .iter()
                .zip(lengths)
                .map(|(piece, length)| {
                    let idle = nothing.and_then(|nothing| piece.get(nothing)).copied().unwrap_or_default();
                    piece[place].max(0.8 * idle).max(0.02).ln() * length / all
                })
                .sum();
            0.5 * chance.max(f32::MIN_POSITIVE).ln() + 0.5 * apart
        })
        .collect()
}

/// "I don't need it translated": what is not wanted.
pub(super) fn is_declined(words: &[Token]) -> bool {
    let words: Vec<&Token> = words.iter().filter(|token| !token.is_mark()).take(8).collect();
    words.windows(3).any(|three| {
        (three[0].is_any(&["don", "doesn", "needn", "won", "wouldn"])
            && three[1].is("t")
            && three[2].is_any(&["need", "want", "have", "bother", "worry", "care", "like"]))
            || (three[0].is_any(&["no", "not"]) && three[1].is_any(&["need", "necessary"]) && three[2].is_any(&["to", "for", "that"]))
            || (three[0].is("do") && three[1].is("not") && three[2].is_any(&["need", "want", "bother", "worry"]))
    })
}

/// Sums around their mean, so that they speak for some and against others.
fn centred(sums: Vec<f32>) -> Vec<f32> {
    #[expect(clippy::cast_precision_loss, reason = "a few dozen names")]
    let mean = sums.iter().sum::<f32>() / sums.len().max(1) as f32;
    sums.into_iter().map(|sum| sum - mean).collect()
}
