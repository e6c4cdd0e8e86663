//! By which labels are texts sorted, and which words speak for each?

use baton_domain::problem::Code;
use serde_json::{Value as Json, json};

use super::{Builder, Planned, topics};
use crate::draft::{expression, literal};
use crate::given::{GivenKind, Shape};
use crate::refusal::Refusal;
use crate::words::{Kind, Token, name_stems};

impl Builder<'_> {
    /// The labels to sort by: an input, quotations, or a list after `into`, `as` or a colon.
    pub(super) fn labels_of(&self, sentence: &[Token]) -> Planned<Json> {
        let called = [
            "label",
            "labels",
            "categories",
            "category",
            "classes",
            "teams",
            "departments",
            "topics",
            "team",
            "department",
            "queues",
            "queue",
            "folders",
            "themes",
        ];
        let input = self.given.iter().find(|given| {
            let stems = name_stems(&given.name);
            matches!(given.shape, Shape::Texts | Shape::Records)
                && called.iter().any(|word| stems == name_stems(word) || stems.last() == name_stems(word).last())
        });
        if let Some(given) = input {
            let expr = format!("inputs.{}", given.name);
            return Ok(if given.shape == Shape::Records { expression(&expr) } else { return self.labels_of_texts(&expr) });
        }
        if self.given.iter().any(|given| {
            given.kind == GivenKind::Json
                && given.shape == Shape::Object
                && called.iter().any(|word| name_stems(&given.name) == name_stems(word))
        }) {
            return Err(self.missing("the list of labels", "Give it as a list of texts, or of objects with `name` and `keywords`."));
        }
        // Records with names and keywords are labels, whatever they are called.
        if let Some(given) = self.given.iter().find(|given| {
            given.shape == Shape::Records
                && given.columns.iter().any(|column| column.name == "name")
                && given.columns.iter().any(|column| ["keywords", "examples", "description"].contains(&column.name.as_str()))
        }) {
            return Ok(expression(&format!("inputs.{}", given.name)));
        }
        let names = self.listed(sentence);
        if names.len() < 2 {
            return Err(self.missing("the list of labels", "Say the labels in quotation marks, or give them as an input `labels`."));
        }
        Ok(Json::Array(
            names
                .into_iter()
                .map(|(name, keywords)| label(&name, &if keywords.is_empty() { self.speaking_for(&name) } else { keywords }))
                .collect(),
        ))
    }

    fn labels_of_texts(&self, expr: &str) -> Planned<Json> {
        // Objects cannot be made by expressions, so a list of texts is no list of labels.
        Err(Refusal::new(
            Code::GoalInputMissing,
            self.clause(),
            format!("labels are needed as objects, and `{expr}` is a list of texts"),
            "Give each label as `{\"name\": …, \"keywords\": […]}`, or say the labels in the goal.",
        ))
    }

    /// What is listed as labels, each with the words that speak for it: `billing (invoice, refund), technical (crash, error) or praise`.
    fn listed(&self, sentence: &[Token]) -> Vec<(String, Vec<String>)> {
        let plain_quotes = sentence.iter().filter(|token| token.kind == Kind::Quoted).count();
        let from = sentence
            .iter()
            .position(|token| {
                token.is_any(&["into", "as", "either", "labels", "label", "categories", "classes", "topics", "to"])
                    || token.kind == Kind::Mark(':')
            })
            .map_or(0, |place| place + 1);
        // "Filed under billing, shipping or warranty".
        let under = sentence.iter().rposition(|token| token.is_any(&["under", "among", "between"])).map(|place| place + 1);
        let several = |place: &usize| sentence[*place..].iter().any(|token| token.is_any(&["or", "and"]));
        let from = under.filter(|place| several(place) && !sentence.iter().any(|token| token.is("into"))).unwrap_or(from);
        let from = sentence.iter().rposition(|token| token.kind == Kind::Mark(':')).map_or(from, |place| place + 1);
        // "One of our four queues - billing, delivery, returns".
        let dash = sentence
            .iter()
            .enumerate()
            .skip(from)
            .position(|(place, token)| {
                matches!(token.kind, Kind::Mark('-' | '–' | '—'))
                    && place > 0
                    && sentence[place - 1].end < token.start
                    && sentence.get(place + 1).is_some_and(|next| next.start > token.end)
            })
            .map(|place| place + from + 1);
        let from = dash.unwrap_or(from);
        let mut found: Vec<(String, Vec<String>)> = Vec::new();
        let (mut name, mut words, mut inside) = (Vec::<&str>::new(), Vec::<String>::new(), false);
        let mut word = Vec::<&str>::new();
        let skip = [
            "the",
            "a",
            "an",
            "labels",
            "label",
            "categories",
            "category",
            "following",
            "three",
            "classes",
            "class",
            "four",
            "of",
            "these",
            "two",
            "topics",
            "either",
            "groups",
            "if",
            "words",
            "keywords",
            "like",
            "such",
            "as",
            "our",
            "one",
            "queues",
            "queue",
            "folders",
            "boxes",
            "piles",
            "teams",
            "departments",
            "desks",
            "five",
            "headings",
            "either",
            "them",
            "is",
            "it",
            "for",
            "about",
        ];
        for token in sentence.get(from..).unwrap_or_default() {
            let separates = token.is_any(&["and", "or"]) || matches!(token.kind, Kind::Mark(',' | '/' | '.'));
            match token.kind {
                Kind::Mark('(') => inside = true,
                Kind::Mark(')') => {
                    if !word.is_empty() {
                        words.push(word.join(" "));
                    }
                    word.clear();
                    inside = false;
                }
                _ if inside && separates => {
                    if !word.is_empty() {
                        words.push(word.join(" "));
                    }
                    word.clear();
                }
                _ if inside && !token.is_mark() && !skip.contains(&token.lower.as_str()) => word.push(&token.text),
                _ if inside => {}
                _ if separates => {
                    if !name.is_empty() {
                        found.push((name.join(" "), std::mem::take(&mut words)));
                    }
                    name.clear();
                }
                Kind::Quoted => name = vec![&token.text],
                Kind::Word if plain_quotes < 2 && name.len() < 4 && !skip.contains(&token.lower.as_str()) && !token.is("number") => {
                    name.push(&token.text)
                }
                _ => {}
            }
        }
        if !name.is_empty() {
            found.push((name.join(" "), words));
        }
        found
    }

    /// Words that another sentence says of a label: "Billing tickets speak of invoices, refunds and charges".
    fn speaking_for(&self, name: &str) -> Vec<String> {
        let stems = name_stems(name);
        let parts = self.reading.tokens.split(|token| matches!(token.kind, Kind::Mark('.' | ';' | '\n' | '?' | '!')));
        for part in parts {
            let starts = part.iter().take(3).any(|token| stems.contains(&token.stem));
            let Some(at) = part.iter().position(|token| {
                token.is_any(&["of", "about", "mention", "mentions", "like", "words", "contain", "contains", "means", "covers", "includes"])
                    || token.kind == Kind::Mark(':')
            }) else {
                continue;
            };
            if !starts || at < 1 {
                continue;
            }
            let words: Vec<String> = part[at + 1..]
                .iter()
                .filter(|token| {
                    matches!(token.kind, Kind::Word | Kind::Quoted)
                        && !token.is_any(&["and", "or", "the", "a", "words", "like", "such", "as", "about"])
                })
                .map(|token| token.lower.clone())
                .collect();
            if !words.is_empty() {
                return words;
            }
        }
        Vec::new()
    }
}

/// A label with the words that speak for it: its own, unless others are given.
fn label(name: &str, keywords: &[String]) -> Json {
    let mut words: Vec<Json> = keywords.iter().map(|word| literal(word)).collect();
    if words.is_empty() {
        words = name.to_lowercase().split_whitespace().filter(|word| word.len() > 2).map(literal).collect();
        words.extend(topics::of(name).iter().map(|word| literal(word)));
    }
    if words.is_empty() {
        return json!({"name": literal(name)});
    }
    json!({"name": literal(name), "keywords": words})
}
