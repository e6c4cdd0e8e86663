//! What does the text of a document hold, value by value, and where does each stand?

mod yaml;

use std::ops::Range;

use serde_json::{Map, Number, Value};

use crate::problem::Position;

pub(crate) use yaml::read;
pub use yaml::{MAXIMUM_BYTES, MAXIMUM_DEPTH, MAXIMUM_NODES, MAXIMUM_UNFOLDED_BYTES};

/// A value of the document with its place.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Node {
    pub(crate) at: Position,
    pub(crate) value: NodeValue,
    /// Where it stands in the text, in bytes.
    pub(crate) source: Range<usize>,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum NodeValue {
    Null,
    Boolean(bool),
    Number(Number),
    Text(String),
    List(Vec<Node>),
    Map(Vec<(Key, Node)>),
}

/// A key of a map with its place.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Key {
    pub(crate) at: Position,
    pub(crate) text: String,
}

impl Node {
    /// The value without places.
    pub(crate) fn to_json(&self) -> Value {
        match &self.value {
            NodeValue::Null => Value::Null,
            NodeValue::Boolean(value) => Value::Bool(*value),
            NodeValue::Number(value) => Value::Number(value.clone()),
            NodeValue::Text(value) => Value::String(value.clone()),
            NodeValue::List(items) => items.iter().map(Self::to_json).collect(),
            NodeValue::Map(entries) => {
                Value::Object(entries.iter().map(|(key, value)| (key.text.clone(), value.to_json())).collect::<Map<_, _>>())
            }
        }
    }

    /// What people call a value of this kind.
    pub(crate) fn kind(&self) -> &'static str {
        match &self.value {
            NodeValue::Null => "nothing",
            NodeValue::Boolean(_) => "true or false",
            NodeValue::Number(_) => "a number",
            NodeValue::Text(_) => "a text",
            NodeValue::List(_) => "a list",
            NodeValue::Map(_) => "a map",
        }
    }

    /// JSON in the order of the document: two documents with the same text here mean the same, whatever their comments and notation.
    pub(crate) fn canonical(&self, out: &mut String) {
        match &self.value {
            NodeValue::List(items) => {
                out.push('[');
                for (index, item) in items.iter().enumerate() {
                    if index > 0 {
                        out.push(',');
                    }
                    item.canonical(out);
                }
                out.push(']');
            }
            NodeValue::Map(entries) => {
                out.push('{');
                for (index, (key, value)) in entries.iter().enumerate() {
                    if index > 0 {
                        out.push(',');
                    }
                    out.push_str(&Value::from(key.text.as_str()).to_string());
                    out.push(':');
                    value.canonical(out);
                }
                out.push('}');
            }
            _ => out.push_str(&self.to_json().to_string()),
        }
    }
}
