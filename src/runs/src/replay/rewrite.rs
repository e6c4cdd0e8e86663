//! What differs from one run to the next although nothing else does, and what stands for it?
//!
//! Identifiers of runs, tasks and artifacts, and when a run began. An artifact is its content: `artifact:SHA-256`. Texts that only look like such an
//! identifier stay as they are.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};
use uuid::Uuid;

/// How long an identifier is as text.
const LENGTH: usize = 36;
/// Where its hyphens are.
const HYPHENS: [usize; 4] = [8, 13, 18, 23];

/// Says what stands for what.
#[derive(Debug, Default)]
pub(crate) struct Rewriter {
    known: BTreeMap<Uuid, String>,
    /// Whole pieces of text, as the instant at which a run began.
    texts: Vec<(String, String)>,
}

impl Rewriter {
    pub(crate) fn know(&mut self, id: Uuid, name: impl Into<String>) {
        self.known.entry(id).or_insert_with(|| name.into());
    }

    pub(crate) fn knows(&self, id: &Uuid) -> bool {
        self.known.contains_key(id)
    }

    pub(crate) fn text(&mut self, text: String, name: impl Into<String>) {
        if !self.texts.iter().any(|(known, _)| *known == text) {
            self.texts.push((text, name.into()));
        }
    }

    /// The same with what is known rewritten. Names of members are left alone, unless they are identifiers.
    pub(crate) fn rewritten(&self, value: Value) -> Value {
        match value {
            Value::String(text) => Value::String(self.of_text(text)),
            Value::Array(items) => items.into_iter().map(|item| self.rewritten(item)).collect(),
            Value::Object(members) => {
                let members = members.into_iter().map(|(name, value)| (self.of_text(name), self.rewritten(value)));
                Value::Object(members.collect::<Map<_, _>>())
            }
            other => other,
        }
    }

    fn of_text(&self, mut text: String) -> String {
        for (known, name) in &self.texts {
            if text.contains(known.as_str()) {
                text = text.replace(known.as_str(), name);
            }
        }
        let mut written = String::new();
        let mut from = 0;
        for (at, id) in identifiers(&text) {
            if let Some(name) = self.known.get(&id) {
                written.push_str(text.get(from..at).unwrap_or_default());
                written.push_str(name);
                from = at + LENGTH;
            }
        }
        if from == 0 {
            return text;
        }
        written.push_str(text.get(from..).unwrap_or_default());
        written
    }
}

/// The identifiers in a text, with their places; they do not overlap.
fn identifiers(text: &str) -> Vec<(usize, Uuid)> {
    let bytes = text.as_bytes();
    let mut found = Vec::new();
    let mut at = 0;
    while at + LENGTH <= bytes.len() {
        let window = &bytes[at..at + LENGTH];
        let well_formed =
            window.iter().enumerate().all(|(place, byte)| if HYPHENS.contains(&place) { *byte == b'-' } else { byte.is_ascii_hexdigit() });
        let id = if well_formed { text.get(at..at + LENGTH).and_then(|text| Uuid::try_parse(text).ok()) } else { None };
        match id {
            Some(id) => {
                found.push((at, id));
                at += LENGTH;
            }
            None => at += 1,
        }
    }
    found
}

/// All identifiers in a value.
pub(crate) fn identifiers_in(value: &Value, found: &mut BTreeSet<Uuid>) {
    match value {
        Value::String(text) => found.extend(identifiers(text).into_iter().map(|(_, id)| id)),
        Value::Array(items) => items.iter().for_each(|item| identifiers_in(item, found)),
        Value::Object(members) => {
            for (name, value) in members {
                found.extend(identifiers(name).into_iter().map(|(_, id)| id));
                identifiers_in(value, found);
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const ONE: &str = "0193e0a5-0000-7000-8000-000000000001";
    const OTHER: &str = "0193e0a5-0000-7000-8000-000000000002";

    fn id(text: &str) -> Uuid {
        Uuid::try_parse(text).unwrap()
    }

    #[test]
    fn what_is_known_is_rewritten_wherever_it_stands() {
        let mut rewriter = Rewriter::default();
        rewriter.know(id(ONE), "artifact:ab");
        rewriter.text("2026-01-02T03:04:05.678Z".to_owned(), "(began)");
        let value = json!({
            "file": ONE, "link": format!("ü/artifacts/{ONE}/content?x={OTHER}"), "many": [ONE, 1, null], ONE: {"at": "2026-01-02T03:04:05.678Z"},
            "upper": ONE.to_uppercase(), "almost": &ONE[1..]
        });
        let expected = json!({
            "file": "artifact:ab", "link": format!("ü/artifacts/artifact:ab/content?x={OTHER}"), "many": ["artifact:ab", 1, null],
            "artifact:ab": {"at": "(began)"}, "upper": "artifact:ab", "almost": &ONE[1..]
        });
        assert_eq!(rewriter.rewritten(value), expected);
    }

    #[test]
    fn identifiers_are_found_in_names_and_values() {
        let mut found = BTreeSet::new();
        identifiers_in(&json!({ONE: [format!("a{OTHER}b")]}), &mut found);
        assert_eq!(found, BTreeSet::from([id(ONE), id(OTHER)]));
        assert!(identifiers("é").is_empty());
    }
}
