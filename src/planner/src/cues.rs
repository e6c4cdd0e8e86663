//! By which words is a capability asked for?

use std::sync::LazyLock;

use crate::lexicon;
use crate::scene::Scene;
use crate::words::{Kind, Token};

/// What can be asked for, each done by one of some skills.
#[derive(Debug)]
pub(crate) struct Capability {
    /// Its name: also the first part of its steps' ids.
    pub(crate) name: String,
    cues: Vec<Cue>,
}

#[derive(Debug)]
struct Cue {
    /// Each a choice of stems; an empty one is a gap.
    words: Vec<Vec<String>>,
    weight: f64,
    /// What has to be there for the words to mean this, as `code`; empty where they always do.
    guard: &'static str,
}

/// A place where a capability is asked for.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Found {
    pub(crate) capability: &'static str,
    /// The tokens: the first, and the one after the last.
    pub(crate) from: usize,
    pub(crate) to: usize,
    pub(crate) weight: f64,
}

/// How many tokens a gap may have.
const GAP: usize = 5;

static CAPABILITIES: LazyLock<Vec<Capability>> =
    LazyLock::new(|| read(concat!(include_str!("cues.txt"), "\n", include_str!("frames.txt"))));

/// What no skill does, whoever asks for it in whatever words.
static REFUSALS: LazyLock<Vec<Capability>> = LazyLock::new(|| read(include_str!("refusals.txt")));

/// Lines of `name: cue | cue`, or `name@guard: cue | cue`; lines that begin with a space go on. A cue is words with `/` between choices, `..`
/// for a gap of some words, `@name` for any word of a group, `=word` for a word in just this form, and may begin with its weight and `*`.
fn read(text: &'static str) -> Vec<Capability> {
    let mut found: Vec<Capability> = Vec::new();
    let mut guard = "";
    for line in text.lines().filter(|line| !line.starts_with('#') && !line.trim().is_empty()) {
        let body = match line.split_once(':') {
            Some((name, body)) if !line.starts_with(' ') => {
                let (name, condition) = name.trim().split_once('@').unwrap_or((name.trim(), ""));
                guard = condition;
                found.push(Capability { name: name.to_owned(), cues: Vec::new() });
                body
            }
            _ => line,
        };
        let cues = body.split('|').map(str::trim).filter(|cue| !cue.is_empty()).map(|text| cue(text, guard));
        if let Some(last) = found.last_mut() {
            last.cues.extend(cues);
        }
    }
    found
}

fn cue(text: &str, guard: &'static str) -> Cue {
    let (weight, words) = match text.split_once('*') {
        Some((weight, words)) => (weight.trim().parse().ok(), words),
        None => (None, text),
    };
    let words: Vec<Vec<String>> =
        words.split_whitespace().map(|word| if word == ".." { Vec::new() } else { word.split('/').flat_map(choices).collect() }).collect();
    #[expect(clippy::cast_precision_loss, reason = "a few words")]
    let usual = words.iter().filter(|word| !word.is_empty()).count() as f64;
    Cue { words, weight: weight.unwrap_or(usual), guard }
}

fn choices(text: &str) -> Vec<String> {
    text.strip_prefix('@').map_or_else(|| vec![lexicon::form(text)], |name| lexicon::group(name).to_vec())
}

/// The places where capabilities are asked for, in order, none over another: the weightier one stays, then the longer.
pub(crate) fn find(tokens: &[Token], from: usize, to: usize, scene: &Scene) -> Vec<Found> {
    let mut all = places(&CAPABILITIES, tokens, from, to, |capability, guard| scene.has(guard) && scene.offers(capability));
    all.retain(|found| !is_wish(tokens, found.from));
    kept(all)
}

/// The same, whatever is there to work on: what cannot be done for want of something to do it with.
pub(crate) fn find_anywhere(tokens: &[Token], from: usize, to: usize) -> Vec<Found> {
    kept(places(&CAPABILITIES, tokens, from, to, |_, guard| guard.is_empty()))
}

/// The places that ask for what no skill does.
pub(crate) fn find_refused(tokens: &[Token], from: usize, to: usize) -> Vec<Found> {
    kept(places(&REFUSALS, tokens, from, to, |_, _| true))
}

fn places(known: &'static [Capability], tokens: &[Token], from: usize, to: usize, may: impl Fn(&str, &str) -> bool) -> Vec<Found> {
    let mut all = Vec::new();
    for capability in known {
        for cue in capability.cues.iter().filter(|cue| may(&capability.name, cue.guard)) {
            for at in from..to {
                if let Some(end) = matches(&cue.words, tokens, at, to) {
                    all.push(Found { capability: capability.name.as_str(), from: at, to: end, weight: cue.weight });
                }
            }
        }
    }
    all
}

/// "I'd like this in German", "we would love to see": a wish, and no opinion.
fn is_wish(tokens: &[Token], place: usize) -> bool {
    let wishes = tokens.get(place).is_some_and(|token| token.is_any(&["like", "love"]));
    let wanted = place.checked_sub(1).and_then(|before| tokens.get(before)).is_some_and(|token| token.is_any(&["d", "would", "should"]));
    wishes && (wanted || tokens.get(place + 1).is_some_and(|token| token.is("to")))
}

fn kept(mut all: Vec<Found>) -> Vec<Found> {
    all.sort_by(|one, other| {
        let length = |found: &Found| found.to - found.from;
        other.weight.total_cmp(&one.weight).then(length(one).cmp(&length(other))).then(one.from.cmp(&other.from))
    });
    let mut kept: Vec<Found> = Vec::new();
    for found in all {
        if kept.iter().all(|other| found.to <= other.from || other.to <= found.from) {
            kept.push(found);
        }
    }
    kept.sort_by_key(|found| found.from);
    kept
}

/// Where a cue that begins at a place ends.
fn matches(words: &[Vec<String>], tokens: &[Token], at: usize, to: usize) -> Option<usize> {
    let Some((first, rest)) = words.split_first() else { return Some(at) };
    if first.is_empty() {
        for skipped in 0..=GAP {
            let from = at + skipped;
            if skipped > 0 && tokens.get(from - 1).is_none_or(|token| matches!(token.kind, Kind::Mark('.' | ';' | '!' | '?' | '\n'))) {
                return None;
            }
            if let Some(end) = matches(rest, tokens, from, to) {
                return Some(end);
            }
        }
        return None;
    }
    // Dashes within a word are none.
    let mut place = at;
    while place < to && tokens.get(place).is_some_and(|token| matches!(token.kind, Kind::Mark('-' | '‑' | '\''))) && place > 0 {
        place += 1;
    }
    let token = tokens.get(place).filter(|_| place < to)?;
    if token.kind != Kind::Word || !first.iter().any(|choice| lexicon::fits(choice, token)) {
        return None;
    }
    matches(rest, tokens, place + 1, to)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic, reason = "tests")]
mod tests {
    use super::*;
    use crate::words::tokens;

    fn names(text: &str) -> Vec<&'static str> {
        let tokens = tokens(text);
        find(&tokens, 0, tokens.len(), &Scene::default()).into_iter().map(|found| found.capability).collect()
    }

    #[test]
    fn capabilities_are_found_in_the_order_of_the_goal() {
        assert_eq!(names("Fetch the page, extract the article and summarize it"), ["fetch", "article", "summarize"]);
        assert_eq!(names("near-duplicates among the tickets"), ["near_duplicates"]);
        assert_eq!(names("summary statistics of the table"), ["profile"]);
        assert_eq!(names("zymurgy"), Vec::<&str>::new());
    }

    #[test]
    fn a_wish_is_no_opinion() {
        let tokens = tokens("I'd like this at noon. They like this.");
        let likes: Vec<bool> = (0..tokens.len()).filter(|place| tokens[*place].is("like")).map(|place| is_wish(&tokens, place)).collect();
        assert_eq!(likes, [true, false]);
    }
}
