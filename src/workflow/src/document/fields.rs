//! How are the keys of a map read so that none is overlooked and every wrong one is told?

use baton_domain::problem::Code;
use serde_json::{Map, Value};

use super::duration::{Duration, MAXIMUM_DURATION};
use super::{MAXIMUM_NAMES, Reference};
use crate::expression::Template;
use crate::problem::{Position, Problems, below, suggestion};
use crate::source::{Key, Node, NodeValue};

/// What is read of one document.
pub(super) struct Reader<'a> {
    pub(super) text: &'a str,
    pub(super) problems: Problems,
}

/// The keys of one map.
pub(super) struct Fields<'n> {
    pub(super) at: Position,
    pub(super) path: String,
    entries: &'n [(Key, Node)],
}

impl Reader<'_> {
    pub(super) fn wrong(&mut self, at: Position, path: impl Into<String>, message: impl Into<String>, advice: impl Into<String>) {
        self.problems.add(Code::WorkflowWrongValue, at, path, message, advice);
    }

    pub(super) fn contradiction(&mut self, at: Position, path: impl Into<String>, message: impl Into<String>, advice: impl Into<String>) {
        self.problems.add(Code::WorkflowContradiction, at, path, message, advice);
    }

    /// A map whose keys are all known. `elsewhere` says where a key belongs that is known at another place.
    pub(super) fn fields<'n>(&mut self, node: &'n Node, path: &str, known: &[&str], elsewhere: &[(&str, &str)]) -> Option<Fields<'n>> {
        let fields = self.open_fields(node, path)?;
        for (key, _) in fields.entries {
            if !known.contains(&key.text.as_str()) {
                let advice = match elsewhere.iter().find(|(name, _)| *name == key.text) {
                    Some((_, advice)) => (*advice).to_owned(),
                    None => suggestion(&key.text, known.iter().copied(), || format!("Keys here are {}.", known.join(", "))),
                };
                let message = format!("the key `{}` is not known here", key.text);
                self.problems.add(Code::WorkflowUnknownKey, key.at, below(path, &key.text), message, advice);
            }
        }
        Some(fields)
    }

    /// A map of any keys.
    pub(super) fn open_fields<'n>(&mut self, node: &'n Node, path: &str) -> Option<Fields<'n>> {
        match &node.value {
            NodeValue::Map(entries) => Some(Fields { at: node.at, path: path.to_owned(), entries }),
            _ => {
                self.expected(node, path, "a map of keys and values");
                None
            }
        }
    }

    pub(super) fn expected(&mut self, node: &Node, path: &str, wanted: &str) {
        self.wrong(node.at, path, format!("{} stands where {wanted} is expected", node.kind()), format!("Write {wanted}."));
    }

    pub(super) fn text(&mut self, node: &Node, path: &str, most: usize) -> Option<String> {
        match &node.value {
            NodeValue::Text(text) if !text.trim().is_empty() && text.chars().count() <= most => Some(text.clone()),
            NodeValue::Text(_) => {
                self.wrong(node.at, path, format!("the text is empty or has more than {most} characters"), "Write another text.");
                None
            }
            _ => {
                self.expected(node, path, "a text");
                None
            }
        }
    }

    pub(super) fn boolean(&mut self, node: &Node, path: &str) -> Option<bool> {
        match node.value {
            NodeValue::Boolean(value) => Some(value),
            _ => {
                self.expected(node, path, "true or false");
                None
            }
        }
    }

    pub(super) fn whole(&mut self, node: &Node, path: &str, least: u64, most: u64) -> Option<u64> {
        let value = match &node.value {
            NodeValue::Number(number) => number.as_u64().filter(|value| (least..=most).contains(value)),
            _ => None,
        };
        if value.is_none() {
            self.expected(node, path, &format!("a whole number from {least} to {most}"));
        }
        value
    }

    pub(super) fn number(&mut self, node: &Node, path: &str, least: f64, most: f64) -> Option<f64> {
        let value = match &node.value {
            NodeValue::Number(number) => number.as_f64().filter(|value| (least..=most).contains(value)),
            _ => None,
        };
        if value.is_none() {
            self.expected(node, path, &format!("a number from {least} to {most}"));
        }
        value
    }

    pub(super) fn duration(&mut self, node: &Node, path: &str, zero: bool) -> Option<Duration> {
        let value = match &node.value {
            NodeValue::Text(text) => Duration::parse(text),
            NodeValue::Number(number) => number.as_u64().and_then(|seconds| seconds.checked_mul(1_000)).map(Duration::from_millis),
            _ => None,
        };
        let value = value.filter(|value| *value <= MAXIMUM_DURATION && (zero || value.as_millis() > 0));
        if value.is_none() {
            self.expected(node, path, &format!("a span of time up to {MAXIMUM_DURATION}, as 30s, 5m or 1h30m,"));
        }
        value
    }

    /// One text or a list of texts.
    pub(super) fn names(&mut self, node: &Node, path: &str) -> Vec<Reference> {
        let nodes = match &node.value {
            NodeValue::List(items) => items.as_slice(),
            _ => std::slice::from_ref(node),
        };
        if nodes.len() > MAXIMUM_NAMES {
            self.wrong(node.at, path, format!("the list has more than {MAXIMUM_NAMES} names"), "Shorten it.");
        }
        let mut names: Vec<Reference> = Vec::new();
        for (index, item) in nodes.iter().take(MAXIMUM_NAMES).enumerate() {
            let path = if matches!(node.value, NodeValue::List(_)) { below(path, index) } else { path.to_owned() };
            if let Some(name) = self.text(item, &path, 200) {
                if names.iter().any(|known| known.name == name) {
                    self.wrong(item.at, path, format!("`{name}` is there twice"), "Remove one of the two.");
                } else {
                    names.push(Reference { name, at: item.at });
                }
            }
        }
        names
    }

    /// One of a few words.
    pub(super) fn word(&mut self, node: &Node, path: &str, words: &[&'static str]) -> Option<&'static str> {
        if let NodeValue::Text(text) = &node.value {
            if let Some(word) = words.iter().find(|word| *word == text) {
                return Some(word);
            }
            let advice = suggestion(text, words.iter().copied(), || format!("Write one of {}.", words.join(", ")));
            self.wrong(node.at, path, format!("`{text}` is not one of the words here"), advice);
        } else {
            self.expected(node, path, &format!("one of {}", words.join(", ")));
        }
        None
    }

    pub(super) fn template(&mut self, node: &Node, path: &str) -> Template {
        Template::read(node, self.text, path, &mut self.problems)
    }

    /// A JSON Schema: an object, or the name of a type.
    pub(super) fn schema(&mut self, node: &Node, path: &str) -> Option<Map<String, Value>> {
        const TYPES: [&str; 7] = ["string", "integer", "number", "boolean", "array", "object", "null"];
        match &node.value {
            NodeValue::Text(_) => {
                let name = self.word(node, path, &TYPES)?;
                Some(Map::from_iter([("type".to_owned(), Value::from(name))]))
            }
            NodeValue::Map(entries) => {
                if let Some((_, kind)) = entries.iter().find(|(key, _)| key.text == "type") {
                    let named: &[Node] = match &kind.value {
                        NodeValue::List(items) => items,
                        _ => std::slice::from_ref(kind),
                    };
                    for name in named {
                        self.word(name, &below(path, "type"), &TYPES);
                    }
                }
                match node.to_json() {
                    Value::Object(map) => Some(map),
                    _ => None,
                }
            }
            _ => {
                self.expected(node, path, "a JSON Schema or the name of a type");
                None
            }
        }
    }
}

impl<'n> Fields<'n> {
    /// The value of a key and its path.
    pub(super) fn get(&self, key: &str) -> Option<(&'n Node, String)> {
        self.entry(key).map(|(_, node)| (node, below(&self.path, key)))
    }

    pub(super) fn entry(&self, key: &str) -> Option<(&'n Key, &'n Node)> {
        self.entries.iter().find(|(known, _)| known.text == key).map(|(key, node)| (key, node))
    }

    pub(super) fn has(&self, key: &str) -> bool {
        self.entry(key).is_some()
    }

    /// Where a key stands; where the map does if it has none.
    pub(super) fn place(&self, key: &str) -> Position {
        self.entry(key).map_or(self.at, |(key, _)| key.at)
    }

    pub(super) fn entries(&self) -> impl Iterator<Item = (&'n Key, &'n Node, String)> {
        let path = self.path.clone();
        self.entries.iter().map(move |(key, node)| (key, node, below(&path, &key.text)))
    }
}
