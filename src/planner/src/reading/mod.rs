//! What does a goal ask for? Its sentences, the capabilities that they ask for, and the conditions on them.

mod conditions;
mod parts;
mod unknown;

use baton_domain::problem::Code;

use self::conditions::DOING;
pub(crate) use self::parts::Part;
use crate::cues;
use crate::given::Given;
use crate::refusal::Refusal;
use crate::scene::Scene;
use crate::spelling;
use crate::words::{Kind, Token, tokens};

/// The most characters of a goal.
pub const MAXIMUM_GOAL: usize = 4_000;

/// The most things that a goal may ask for.
pub const MAXIMUM_INTENTS: usize = 40;

/// Something that a goal asks for.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Intent {
    pub(crate) capability: &'static str,
    pub(crate) weight: f64,
    /// Its sentence: the first token, and the one after the last.
    pub(crate) sentence: (usize, usize),
    /// The words that ask for it.
    pub(crate) cue: (usize, usize),
    /// The words that are about it.
    pub(crate) region: (usize, usize),
    /// Its condition, by its number among the conditions.
    pub(crate) condition: Option<usize>,
}

/// A condition: its words, and whether it is meant the other way round.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Condition {
    pub(crate) span: (usize, usize),
    pub(crate) negated: bool,
}

/// A goal as it is read.
#[derive(Debug, Clone)]
pub(crate) struct Reading {
    pub(crate) goal: String,
    pub(crate) tokens: Vec<Token>,
    pub(crate) scene: Scene,
    pub(crate) intents: Vec<Intent>,
    pub(crate) conditions: Vec<Condition>,
    /// Parts that begin with a verb and that no rule knows.
    pub(crate) unknown: Vec<(usize, usize)>,
    /// Whether its parts were judged as a whole, and not by single words.
    pub(crate) judged: bool,
}

/// Reads a goal.
///
/// # Errors
/// `PLAN-001` if it says nothing or too much.
pub(crate) fn read(goal: &str, given: &[Given]) -> Result<Reading, Refusal> {
    let wrong =
        |message: &str| Refusal::new(Code::GoalUnreadable, "", message, "Say in a sentence or two what is to be done with which inputs.");
    if goal.trim().is_empty() {
        return Err(wrong("the goal is empty"));
    }
    if goal.chars().count() > MAXIMUM_GOAL {
        return Err(wrong(&format!("the goal has more than {MAXIMUM_GOAL} characters")));
    }
    let mut tokens = tokens(goal);
    spelling::mend(&mut tokens, given);
    let scene = Scene::of(given, &tokens);
    let mut reading =
        Reading { goal: goal.to_owned(), tokens, scene, intents: Vec::new(), conditions: Vec::new(), unknown: Vec::new(), judged: false };
    let mut last_condition = None;
    for sentence in sentences(&reading.tokens) {
        reading.sentence(sentence, &mut last_condition);
    }
    if reading.intents.is_empty() {
        // What is asked for has nothing to be done with: said so by whoever looks for it.
        let mut last_condition = None;
        reading.conditions.clear();
        reading.unknown.clear();
        let scene = std::mem::take(&mut reading.scene);
        for sentence in sentences(&reading.tokens) {
            reading.sentence(sentence, &mut last_condition);
        }
        reading.scene = scene;
    }
    if reading.intents.len() > MAXIMUM_INTENTS {
        return Err(wrong(&format!("the goal asks for more than {MAXIMUM_INTENTS} things")));
    }
    Ok(reading)
}

/// The sentences of a goal: the first token of each, and the one after its last.
pub(crate) fn sentences(tokens: &[Token]) -> Vec<(usize, usize)> {
    let mut found = Vec::new();
    let mut from = 0;
    for (place, token) in tokens.iter().enumerate() {
        // An abbreviation ends no sentence: a capital or the end has to follow.
        let ends = match token.kind {
            Kind::Mark('.') => {
                tokens.get(place + 1).is_none_or(|next| next.start > token.end && !next.text.starts_with(char::is_lowercase))
            }
            Kind::Mark(mark) => matches!(mark, ';' | '!' | '?' | '\n' | '•'),
            _ => false,
        };
        if ends {
            if place > from {
                found.push((from, place));
            }
            from = place + 1;
        }
    }
    if from < tokens.len() {
        found.push((from, tokens.len()));
    }
    found
}

impl Reading {
    /// The words of a part of the goal as they are written.
    pub(crate) fn text(&self, (from, to): (usize, usize)) -> String {
        match (self.tokens.get(from), self.tokens.get(to.saturating_sub(1))) {
            (Some(first), Some(last)) if from < to => self.goal[first.start..last.end].to_owned(),
            _ => String::new(),
        }
    }

    pub(crate) fn slice(&self, (from, to): (usize, usize)) -> &[Token] {
        self.tokens.get(from..to).unwrap_or_default()
    }

    fn sentence(&mut self, (from, to): (usize, usize), last_condition: &mut Option<usize>) {
        let text = self.text((from, to)).to_lowercase();
        if text.contains("do nothing") || text.contains("nothing else") || text.contains("leave it at that") {
            return;
        }
        let condition = self.condition(from, to, last_condition);
        // "If A, B, otherwise C" in one sentence.
        let otherwise = condition.and_then(|(number, (_, end), _)| {
            let place = (end..to).find(|place| self.tokens[*place].is_any(&["otherwise", "else"]))?;
            let known = self.conditions.get(number)?;
            let negated = Condition { span: known.span, negated: !known.negated };
            self.conditions.push(negated);
            Some((place, self.conditions.len() - 1))
        });
        let mut all = cues::find(&self.tokens, from, to, &self.scene);
        if all.is_empty() {
            // An order that nothing is there for is not passed over: it is refused where it is planned.
            all = cues::find_anywhere(&self.tokens, from, to);
            all.retain(|found| found.weight >= 1.0 && self.is_order(found, from));
        }
        let found: Vec<cues::Found> = all
            .into_iter()
            .filter(|found| condition.is_none_or(|(_, (start, end), _)| found.to <= start || found.from >= end))
            .filter(|found| !self.is_reference(found, from))
            .filter(|found| !parts::is_declined(&self.tokens[self.piece_start(found.from, from)..found.to]))
            .collect();
        let mut starts: Vec<usize> = found.iter().map(|found| self.piece_start(found.from, from)).collect();
        if let Some(first) = starts.first_mut() {
            *first = from;
        }
        for (place, one) in found.iter().enumerate() {
            let end = starts.get(place + 1).copied().unwrap_or(to).max(one.to);
            let start = starts[place].min(one.from);
            let applies =
                condition.filter(
                    |(_, span, prefix)| if *prefix { one.from >= span.1 } else { one.to <= span.0 && !self.another_part(one.to, span.0) },
                );
            let applies = match otherwise {
                Some((place, number)) if one.from > place => Some((number, (place, place), true)),
                _ => applies,
            };
            self.intents.push(Intent {
                capability: one.capability,
                weight: one.weight,
                sentence: (from, to),
                cue: (one.from, one.to),
                region: (start, end),
                condition: applies.map(|(number, ..)| number),
            });
        }
        self.unknown_parts(from, to, &found);
    }

    /// Whether a condition at the end of a sentence is about a later part than this.
    fn another_part(&self, from: usize, to: usize) -> bool {
        let between = self.slice((from, to));
        between
            .iter()
            .enumerate()
            .any(|(place, token)| token.is_any(&["and", "then"]) && between.get(place + 1).is_some_and(|next| next.is_any(DOING)))
    }

    /// A noun that speaks of what is there already asks for nothing: `of the summary`, `the report.pdf`.
    fn is_reference(&self, found: &cues::Found, from: usize) -> bool {
        let known = self.intents.iter().any(|intent| intent.capability == found.capability);
        let before = found.from.checked_sub(1).filter(|place| *place >= from).map(|place| &self.tokens[place]);
        known
            && found.to - found.from == 1
            && before.is_some_and(|token| token.is_any(&["the", "those", "these", "that", "this", "its", "their", "such"]))
    }

    /// Whether a place is an order by itself: the first verb of its part.
    fn is_order(&self, found: &cues::Found, from: usize) -> bool {
        let start = self.piece_start(found.from, from);
        self.tokens[start..found.from].iter().all(|token| token.is_any(unknown::LEADING) || token.is_mark())
            && !matches!(found.capability, "report" | "note" | "render" | "query" | "profile" | "test")
    }

    /// Where the part of a sentence begins in which a place lies: after the last comma or conjunction.
    fn piece_start(&self, place: usize, from: usize) -> usize {
        (from..place)
            .rev()
            .find(|before| {
                let token = &self.tokens[*before];
                token.is_any(&["and", "then"]) || matches!(token.kind, Kind::Mark(',' | ':' | ';'))
            })
            .map_or(from, |before| before + 1)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic, reason = "tests")]
mod tests {
    use super::*;

    fn shown(goal: &str) -> Vec<(&'static str, Option<usize>)> {
        read(goal, &[]).unwrap().intents.into_iter().map(|intent| (intent.capability, intent.condition)).collect()
    }

    #[test]
    fn conditions_are_on_what_they_stand_with() {
        assert_eq!(
            shown("Rate the sentiment. If it is negative, summarize the text; otherwise find the keywords."),
            [("sentiment", None), ("summarize", Some(0)), ("keywords", Some(1))]
        );
        assert_eq!(shown("Summarize the text if it has more than 500 words."), [("summarize", Some(0))]);
        let reading = read("Test column a by b, and only if the difference is significant draw a boxplot of a.", &[]).unwrap();
        assert_eq!(reading.intents.last().map(|intent| (intent.capability, intent.condition)), Some(("chart", Some(0))));
        assert_eq!(reading.text(reading.conditions[0].span), "the difference is significant");
    }

    #[test]
    fn what_reaches_outside_is_told_apart() {
        assert_eq!(read("Summarize the text and send it to the board.", &[]).unwrap().unknown.len(), 1);
        assert_eq!(read("Summarize the text and send me the result.", &[]).unwrap().unknown.len(), 0);
    }

    #[test]
    fn empty_and_endless_goals_are_refused() {
        assert_eq!(read("  ", &[]).unwrap_err().code, Code::GoalUnreadable);
        assert_eq!(read(&"word ".repeat(2_000), &[]).unwrap_err().code, Code::GoalUnreadable);
        assert_eq!(read(&"summarize. ".repeat(60), &[]).unwrap_err().code, Code::GoalUnreadable);
    }
}
