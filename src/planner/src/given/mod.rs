//! What is a goal given? Inputs by name and kind, with what is known of their form, never with what is in them.

mod columns;
mod form;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

pub use self::columns::columns_of;
use self::columns::{columns_of_page, columns_of_records};
pub(crate) use self::form::{Form, form_of};

/// The most inputs of a goal.
pub const MAXIMUM_INPUTS: usize = 50;
/// How much of a table is read to learn its columns.
pub const SAMPLE_BYTES: usize = 64 << 10;
/// The most columns that are learnt of a table.
pub const MAXIMUM_COLUMNS: usize = 200;
/// How many values of a column are told apart; one with more is no grouping.
const MAXIMUM_LEVELS: usize = 12;

/// The kind of an input.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GivenKind {
    /// A stored file.
    Artifact,
    /// A text.
    Text,
    /// A number.
    Number,
    /// Any JSON value.
    Json,
    /// An address of the web.
    Url,
    /// The name of a connection.
    Connection,
}

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ColumnKind {
    /// Numbers.
    Number,
    /// Dates or times, or years.
    Time,
    /// Few texts, which classify rows.
    Group,
    /// Texts.
    Text,
}

/// A column of a table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// What it holds, as far as the beginning of the table tells.
    pub kind: ColumnKind,
    /// How many different values it has there, up to a few; 0 for many.
    pub levels: usize,
    /// Those values, so that a goal can speak of them. Rules look at them; no model is shown them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub values: Vec<String>,
    /// Whether each row has another value there, so that a row is known by it.
    #[serde(default, skip_serializing_if = "is_false")]
    pub unique: bool,
    /// Whether it holds whole sentences.
    #[serde(default, skip_serializing_if = "is_false")]
    pub prose: bool,
    /// Of times, the last two, so that a goal can speak of what comes after them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub latest: Vec<String>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for it")]
const fn is_false(value: &bool) -> bool {
    !*value
}

impl Column {
    /// A column of which only name and kind are known.
    #[must_use]
    pub fn new(name: impl Into<String>, kind: ColumnKind) -> Self {
        Self { name: name.into(), kind, levels: 0, values: Vec::new(), unique: false, prose: false, latest: Vec::new() }
    }
}

/// What a value of JSON is, without what it says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Shape {
    /// A single value of the input's kind.
    #[default]
    Single,
    /// A list of texts.
    Texts,
    /// A list of addresses.
    Addresses,
    /// A list of artifacts.
    Artifacts,
    /// A list of numbers.
    Numbers,
    /// A list of objects.
    Records,
    /// An object.
    Object,
    /// Any other list.
    List,
}

/// An input of a goal.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Given {
    /// Its name.
    pub name: String,
    /// Its kind.
    pub kind: GivenKind,
    /// The content type of an artifact.
    #[serde(default)]
    pub media_type: Option<String>,
    /// The file's name of an artifact.
    #[serde(default)]
    pub file: Option<String>,
    /// Whether it is one value or a list.
    #[serde(default)]
    pub shape: Shape,
    /// The columns of a table, or the properties of records, where they are known.
    #[serde(default)]
    pub columns: Vec<Column>,
    /// What a template leaves open, by the names of what is to be filled in; empty where it is none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub gaps: Vec<String>,
    /// The address that it is, so that a goal that states the same speaks of it.
    #[serde(default, skip_serializing)]
    pub address: Option<String>,
}

impl Given {
    /// An input of which only the kind is known.
    #[must_use]
    pub fn new(name: impl Into<String>, kind: GivenKind) -> Self {
        Self {
            name: name.into(),
            kind,
            media_type: None,
            file: None,
            shape: Shape::Single,
            columns: Vec::new(),
            gaps: Vec::new(),
            address: None,
        }
    }

    /// An input with the form that its value has.
    #[must_use]
    pub fn with_value(mut self, value: &Value) -> Self {
        self.shape = shape_of(self.kind, value);
        if self.kind == GivenKind::Url {
            self.address = value.as_str().map(str::to_owned);
        }
        if let (Shape::Records, Some(rows)) = (self.shape, value.as_array()) {
            self.columns = columns_of_records(rows);
        }
        self
    }

    /// An input with the columns that the beginning of its file has.
    #[must_use]
    pub fn with_sample(mut self, bytes: &[u8]) -> Self {
        let begins = |mark: u8| bytes.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&mark);
        self.columns = match form_of(self.media_type.as_deref(), self.file.as_deref()) {
            Form::Table => columns_of(bytes),
            Form::Page => columns_of_page(&String::from_utf8_lossy(&bytes[..bytes.len().min(SAMPLE_BYTES)])),
            // Of JSON, only records have columns.
            Form::Data if begins(b'[') || begins(b'{') => columns_of(bytes),
            _ => Vec::new(),
        };
        if matches!(form_of(self.media_type.as_deref(), self.file.as_deref()), Form::Prose | Form::Page | Form::Unknown) {
            self.gaps = gaps(&String::from_utf8_lossy(&bytes[..bytes.len().min(SAMPLE_BYTES)]));
        }
        self
    }

    /// The JSON Schema of the workflow's input.
    #[must_use]
    pub fn schema(&self) -> Value {
        let artifact = || json!({"type": "string", "format": "artifact"});
        match (self.kind, self.shape) {
            (GivenKind::Artifact, Shape::Single) => artifact(),
            (GivenKind::Artifact, _) | (_, Shape::Artifacts) => json!({"type": "array", "items": artifact()}),
            (_, Shape::Texts | Shape::Addresses) => json!({"type": "array", "items": {"type": "string"}}),
            (_, Shape::Numbers) => json!({"type": "array", "items": {"type": "number"}}),
            (_, Shape::Records) => json!({"type": "array", "items": {"type": "object"}}),
            (_, Shape::List) => json!({"type": "array"}),
            (_, Shape::Object) => json!({"type": "object"}),
            (GivenKind::Text | GivenKind::Url, _) => json!({"type": "string"}),
            (GivenKind::Number, _) => json!({"type": "number"}),
            (GivenKind::Connection, _) => json!({"type": "string", "format": "connection"}),
            (GivenKind::Json, _) => json!({}),
        }
    }
}

fn is_address(text: &str) -> bool {
    text.starts_with("http://") || text.starts_with("https://")
}

fn shape_of(kind: GivenKind, value: &Value) -> Shape {
    match value {
        Value::Object(_) => Shape::Object,
        Value::Array(items) if items.is_empty() => Shape::List,
        Value::Array(items) => {
            let all = |test: &dyn Fn(&Value) -> bool| items.iter().all(test);
            if kind == GivenKind::Artifact {
                Shape::Artifacts
            } else if all(&|item| item.as_str().is_some_and(is_address)) {
                Shape::Addresses
            } else if all(&Value::is_string) {
                Shape::Texts
            } else if all(&Value::is_number) {
                Shape::Numbers
            } else if all(&Value::is_object) {
                Shape::Records
            } else {
                Shape::List
            }
        }
        _ => Shape::Single,
    }
}

/// What stands in double braces: the gaps of a template.
fn gaps(text: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for part in text.split("{{").skip(1).take(MAXIMUM_COLUMNS) {
        let Some((inner, _)) = part.split_once("}}") else { continue };
        let name: String = inner.trim().chars().take_while(|letter| letter.is_alphanumeric() || matches!(letter, '_' | '.')).collect();
        if !name.is_empty() && !found.contains(&name) {
            found.push(name);
        }
    }
    found
}
