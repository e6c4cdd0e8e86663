//! Under which condition does a sentence ask for something?

use super::{Condition, Reading};
use crate::words::Kind;

/// Verbs that begin what is done under a condition that no comma ends.
pub(super) const DOING: &[&str] = &[
    "draw",
    "write",
    "make",
    "create",
    "summarize",
    "summarise",
    "translate",
    "plot",
    "forecast",
    "run",
    "do",
    "give",
    "show",
    "list",
    "find",
    "produce",
    "generate",
    "prepare",
    "extract",
    "fetch",
    "download",
    "report",
    "compute",
    "train",
    "test",
    "check",
    "classify",
    "render",
    "fill",
    "put",
    "collect",
    "build",
    "chart",
    "condense",
    "shorten",
    "audit",
    "scan",
    "look",
    "get",
    "read",
    "tell",
    "please",
    "send",
];

/// What follows an `if` that is politeness or a supposition, and no condition: "if you can", "if we go on like this".
const POLITE: &[&[&str]] = &[
    &["you", "can"],
    &["you", "could"],
    &["you", "would"],
    &["you", "like"],
    &["you", "may"],
    &["you", "please"],
    &["you", "have"],
    &["you", "don"],
    &["you", "wouldn"],
    &["you", "want"],
    &["you", "get"],
    &["you", "ask"],
    &["you", "think"],
    &["you", "know"],
    &["you", "need"],
    &["possible"],
    &["at", "all"],
    &["need"],
    &["necessary"],
    &["needed"],
    &["that", "works"],
    &["that", "helps"],
    &["that", "is", "ok"],
    &["that", "s"],
    &["it", "helps"],
    &["it", "isn"],
    &["it", "s", "not"],
    &["it", "works"],
    &["i", "may"],
    &["i", "might"],
    &["i"],
    &["only"],
    &["there", "s", "time"],
    &["there", "is", "time"],
    &["nothing", "changes"],
    &["nothing", "else"],
    &["we", "keep"],
    &["we", "go"],
    &["we", "carry"],
    &["we", "continue"],
    &["we", "did"],
    &["we", "stay"],
    &["things", "go"],
    &["things", "keep"],
    &["things", "carry"],
    &["things", "stay"],
    &["things", "continue"],
    &["it", "goes"],
    &["it", "keeps"],
    &["it", "continues"],
    &["it", "carries"],
    &["this", "goes"],
    &["this", "keeps"],
    &["this", "continues"],
    &["this", "carries"],
    &["the", "trend"],
    &["all", "goes"],
    &["everything", "stays"],
    &["anything"],
    &["so", "desired"],
];

impl Reading {
    /// Whether an `if` at a place is politeness or a supposition.
    fn is_polite(&self, place: usize) -> bool {
        let after: Vec<&str> =
            self.tokens[place + 1..].iter().filter(|token| !token.is_mark()).take(3).map(|token| token.lower.as_str()).collect();
        self.tokens[place].is("if") && POLITE.iter().any(|words| after.starts_with(words))
    }

    /// The condition of a sentence: its number, its words, and whether what it is on comes after it.
    pub(super) fn condition(&mut self, from: usize, to: usize, last: &mut Option<usize>) -> Option<(usize, (usize, usize), bool)> {
        let word = |place: usize| self.tokens.get(place).map(|token| token.lower.as_str()).unwrap_or_default();
        for place in from..to {
            if self.tokens[place].is_any(&["otherwise", "else"])
                || (word(place) == "if" && word(place + 1) == "not" && place + 3 >= from && place < from + 3)
            {
                let negated = last
                    .and_then(|number| self.conditions.get(number))
                    .map(|known| Condition { span: known.span, negated: !known.negated });
                if let Some(negated) = negated {
                    self.conditions.push(negated);
                    let end = if word(place) == "if" { place + 2 } else { place + 1 };
                    return Some((self.conditions.len() - 1, (place, end), true));
                }
            }
            // "Is that so? If not, what is there?": what is asked after a question is found out in any case.
            if word(place) == "if" && ["not", "no"].contains(&word(place + 1)) && last.is_none() && word(place + 2) == "," {
                continue;
            }
            let before = place.checked_sub(1).filter(|before| *before >= from).map(&word).unwrap_or_default();
            let asks =
                ["me", "check", "see", "out", "test", "know", "whether", "us", "determine", "as", "even", "tell", "say"].contains(&before);
            let opens = match word(place) {
                "if" | "unless" => !asks && !self.is_polite(place),
                // "When I open it": a story.
                "when" | "whenever" => {
                    place <= from + 1
                        && !["i", "we", "he", "she", "they", "you", "people", "will", "is", "was", "did", "does"].contains(&word(place + 1))
                }
                "case" => before == "in" && word(place + 1) != "of",
                "provided" => true,
                _ => false,
            };
            if !opens {
                continue;
            }
            let end = (place + 1..to).find(|end| {
                let token = &self.tokens[*end];
                let acts = token.is_any(DOING) && *end >= place + 4 && !self.tokens[*end - 1].is_any(&["to", "the", "a", "not"]);
                matches!(token.kind, Kind::Mark(',' | ':' | '–' | '—')) || token.is("then") || acts
            });
            // A condition that ends the sentence is on what stands before it.
            let prefix = end.is_some();
            let end = end.unwrap_or(to);
            self.conditions.push(Condition { span: (place + 1, end), negated: self.tokens[place].is("unless") });
            let number = self.conditions.len() - 1;
            *last = Some(number);
            return Some((number, (place, end), prefix));
        }
        None
    }
}
