//! How does a skill's JSON Schema become form fields, and form text JSON?
//!
//! The dashboard builds its submit form from [`form_fields`]; what the form sends back becomes an input by
//! [`input_from_form`]. Only the shape is made here: ranges, lengths and patterns are checked where every request is
//! checked, in the task service. A schema may say more to the form than JSON Schema has words for:
//!
//! - `"format": "artifact"`: the property takes the id of a stored file, `"x-accept"` says which files fit (as in HTML)
//! - `"format": "connection"`: the property takes the name of a connection, `"x-kinds": ["http"]` says of which kinds
//! - `"x-multiline": true`: the text has several lines
//! - `"x-order": 1`: the place of the field; fields without one follow, those that must be filled in first
//! - `"x-title": true`: its first words may stand in the title of a task that nobody names
//! - `"x-labels": ["One", "Two"]`: what people read for the options of `enum`
//!
//! A list of artifacts takes several files, and a list of small objects has a few [rows](Rows) of fields, whose controls are named
//! `tables/0/name`. What lies deeper is written as JSON.

mod input;
#[cfg(test)]
mod row_tests;
mod rows;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::id::ArtifactId;

pub use input::{draft_from_form, input_from_form, input_from_schema, place_on_form};
pub use rows::{ROOM, Rows, row_key};

/// The most files that one form sends; further ones are stored before, and named by their ids.
pub const MOST_FILES: usize = 100;
/// Texts longer than this get a field of several lines.
const ONE_LINE: u64 = 200;

/// One field of the form.
#[derive(Debug, Clone, PartialEq)]
pub struct FormField {
    /// The property's name.
    pub name: String,
    /// What people read: the schema's `title`, else the name in plain words.
    pub label: String,
    /// What it is for: the schema's `description`.
    pub help: Option<String>,
    /// Whether it must be filled in.
    pub required: bool,
    /// What it holds at first.
    pub default: Option<Value>,
    /// What may be written into it.
    pub kind: FieldKind,
}

/// What may be written into a field.
#[derive(Debug, Clone, PartialEq)]
pub enum FieldKind {
    /// Text.
    Text {
        /// Whether it has several lines.
        multiline: bool,
        /// The most characters.
        max_length: Option<u64>,
    },
    /// A whole number.
    Integer {
        /// The least.
        min: Option<i64>,
        /// The most.
        max: Option<i64>,
    },
    /// A number.
    Number {
        /// The least.
        min: Option<f64>,
        /// The most.
        max: Option<f64>,
    },
    /// Yes or no.
    Boolean,
    /// One of a few.
    Choice(Vec<ChoiceOption>),
    /// The id of a stored file, or a file to store.
    Artifact {
        /// Which files fit, as the `accept` attribute of HTML has it.
        accept: Option<String>,
    },
    /// The ids of stored files, or files to store.
    Artifacts {
        /// Which files fit, as the `accept` attribute of HTML has it.
        accept: Option<String>,
        /// The most of them.
        most: Option<u64>,
    },
    /// The name of a connection.
    Connection {
        /// The kinds that fit; empty for all.
        kinds: Vec<String>,
    },
    /// Texts, one a line.
    List,
    /// A few objects, each with fields of its own; or all of them as JSON.
    Rows(Rows),
    /// Anything else, as JSON.
    Json,
}

/// One of the values to choose from.
#[derive(Debug, Clone, PartialEq)]
pub struct ChoiceOption {
    /// The value in the input.
    pub value: Value,
    /// The value in the form.
    pub text: String,
    /// What people read.
    pub label: String,
}

impl FormField {
    /// The text that stands for `value` in this field; nothing where no text does, as for `null`.
    #[must_use]
    pub fn text_of(&self, value: &Value) -> Option<String> {
        match (&self.kind, value) {
            (_, Value::Null) => None,
            (FieldKind::Choice(options), value) => options.iter().find(|option| option.value == *value).map(|option| option.text.clone()),
            // An example names a shipped file by its path; only an id can stand in the form.
            (FieldKind::Artifact { .. }, value) => value.as_str()?.parse::<ArtifactId>().ok().map(|id| id.to_string()),
            (FieldKind::Artifacts { .. }, Value::Array(items)) => {
                let ids = items.iter().filter_map(|item| item.as_str()?.parse::<ArtifactId>().ok());
                Some(ids.map(|id| id.to_string()).collect::<Vec<_>>().join("\n")).filter(|text| !text.is_empty())
            }
            (FieldKind::Artifacts { .. }, _) => None,
            // What has its place in the rows does not stand beside them once more.
            (FieldKind::Rows(rows), value) if rows.hold(value) => None,
            (FieldKind::List, Value::Array(items)) => {
                let shipped = |item: &&Value| item.as_str().is_some_and(|text| text.starts_with("examples/"));
                let texts: Vec<String> = items.iter().filter(|item| !shipped(item)).map(plain).collect();
                (items.is_empty() || !texts.is_empty()).then(|| texts.join("\n"))
            }
            (FieldKind::Json | FieldKind::Rows(_), value) => serde_json::to_string_pretty(value).ok(),
            (_, value) => Some(plain(value)),
        }
    }

    /// The text of the default.
    #[must_use]
    pub fn default_text(&self) -> Option<String> {
        self.default.as_ref().and_then(|value| self.text_of(value))
    }

    /// Its controls by their names, each with the field that it is a control of: one, or those of all rows besides.
    #[must_use]
    pub fn controls(&self) -> Vec<(String, &Self)> {
        let mut controls = vec![(self.name.clone(), self)];
        if let FieldKind::Rows(rows) = &self.kind {
            controls.extend(rows.controls(&self.name));
        }
        controls
    }

    /// What its controls hold at first, by their names: what is given, else the default.
    #[must_use]
    pub fn texts(&self, given: Option<&Value>) -> Vec<(String, String)> {
        if let FieldKind::Rows(rows) = &self.kind {
            let value = given.filter(|value| !value.is_null()).or(self.default.as_ref());
            let json = value.and_then(|value| self.text_of(value)).map(|text| (self.name.clone(), text));
            return rows.texts(&self.name, value).into_iter().chain(json).collect();
        }
        let text = given.and_then(|value| self.text_of(value)).or_else(|| self.default_text());
        text.map(|text| (self.name.clone(), text)).into_iter().collect()
    }
}

/// What a form for objects of this schema holds before anything is typed, by the names of its controls.
#[must_use]
pub fn form_texts(schema: &Value, values: Option<&Value>) -> BTreeMap<String, String> {
    let given = |field: &FormField| field.texts(values.and_then(|values| values.get(&field.name)));
    form_fields(schema).iter().flat_map(given).collect()
}

/// The fields of a form for objects of this schema, in the order in which to show them. The order does not depend on the
/// order of the properties, which JSON does not keep.
#[must_use]
pub fn form_fields(schema: &Value) -> Vec<FormField> {
    schema.as_object().map_or_else(Vec::new, |schema| fields(schema, false))
}

/// The fields of an object that stands alone or in a row; no row has rows of its own.
fn fields(schema: &Map<String, Value>, in_row: bool) -> Vec<FormField> {
    let Some(properties) = schema.get("properties").and_then(Value::as_object) else {
        return Vec::new();
    };
    let required: Vec<&str> = schema.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect();
    let mut ordered: Vec<((i64, usize, &str), FormField)> = properties
        .iter()
        .map(|(name, property)| {
            let place = required.iter().position(|known| known == name);
            let order = property.get("x-order").and_then(Value::as_i64).unwrap_or(i64::MAX);
            ((order, place.unwrap_or(usize::MAX), name.as_str()), field(name, property, place.is_some(), in_row))
        })
        .collect();
    ordered.sort_by_key(|(place, _)| *place);
    ordered.into_iter().map(|(_, field)| field).collect()
}

fn field(name: &str, property: &Value, required: bool, in_row: bool) -> FormField {
    let text = |key: &str| property.get(key).and_then(Value::as_str).map(str::trim).filter(|text| !text.is_empty());
    let kind = property.as_object().map_or(FieldKind::Json, |property| kind(property, in_row));
    let files = (kind == FieldKind::Json && names_files(property)).then_some("Files stand in it by the ids of their artifacts.");
    let help: Vec<&str> = text("description").into_iter().chain(files).collect();
    FormField {
        name: name.to_owned(),
        label: text("title").map_or_else(|| in_words(name), str::to_owned),
        help: Some(help.join(" ")).filter(|help| !help.is_empty()),
        required,
        default: property.get("default").filter(|value| !value.is_null()).cloned(),
        kind,
    }
}

/// Whether a file is named anywhere in what a schema describes.
fn names_files(schema: &Value) -> bool {
    match schema {
        Value::Object(entries) => is_artifact(entries) || entries.values().any(names_files),
        Value::Array(items) => items.iter().any(names_files),
        _ => false,
    }
}

fn is_artifact(property: &Map<String, Value>) -> bool {
    property.get("format").and_then(Value::as_str) == Some("artifact")
}

fn kind(property: &Map<String, Value>, in_row: bool) -> FieldKind {
    if let Some(options) = property.get("enum").and_then(Value::as_array) {
        return FieldKind::Choice(choices(options, property.get("x-labels").and_then(Value::as_array)));
    }
    if let Some(only) = property.get("const") {
        return FieldKind::Choice(choices(std::slice::from_ref(only), None));
    }
    match type_of(property) {
        Some("string") if is_artifact(property) => FieldKind::Artifact { accept: property.get("x-accept").and_then(accept) },
        Some("string") if property.get("format").and_then(Value::as_str) == Some("connection") => {
            let kinds = property.get("x-kinds").and_then(Value::as_array).into_iter().flatten();
            FieldKind::Connection { kinds: kinds.filter_map(Value::as_str).map(str::to_owned).collect() }
        }
        Some("string") => {
            let max_length = property.get("maxLength").and_then(Value::as_u64);
            let multiline = property.get("x-multiline").and_then(Value::as_bool);
            FieldKind::Text { multiline: multiline.unwrap_or(max_length.is_some_and(|length| length > ONE_LINE)), max_length }
        }
        Some("integer") => {
            let bound = |inclusive: &str, exclusive: &str, inwards: i64| {
                let whole = |key: &str| property.get(key).and_then(Value::as_i64);
                whole(inclusive).or_else(|| whole(exclusive).and_then(|bound| bound.checked_add(inwards)))
            };
            FieldKind::Integer { min: bound("minimum", "exclusiveMinimum", 1), max: bound("maximum", "exclusiveMaximum", -1) }
        }
        Some("number") => {
            let bound =
                |inclusive: &str, exclusive: &str| property.get(inclusive).or_else(|| property.get(exclusive)).and_then(Value::as_f64);
            FieldKind::Number { min: bound("minimum", "exclusiveMinimum"), max: bound("maximum", "exclusiveMaximum") }
        }
        Some("boolean") => FieldKind::Boolean,
        Some("array") => property.get("items").and_then(Value::as_object).map_or(FieldKind::Json, |items| list(property, items, in_row)),
        _ => FieldKind::Json,
    }
}

fn list(property: &Map<String, Value>, items: &Map<String, Value>, in_row: bool) -> FieldKind {
    let most = property.get("maxItems").and_then(Value::as_u64);
    if is_plain_text(items) {
        return FieldKind::List;
    }
    if type_of(items) == Some("string") && is_artifact(items) && !items.contains_key("enum") {
        return FieldKind::Artifacts { accept: items.get("x-accept").and_then(accept), most };
    }
    let rows = if in_row { None } else { Rows::of(items, most) };
    rows.map_or(FieldKind::Json, FieldKind::Rows)
}

/// The one type of the property, `null` aside.
fn type_of(property: &Map<String, Value>) -> Option<&str> {
    match property.get("type")? {
        Value::String(name) => Some(name),
        Value::Array(names) => {
            let mut others = names.iter().filter_map(Value::as_str).filter(|name| *name != "null");
            others.next().filter(|_| others.next().is_none())
        }
        _ => None,
    }
}

fn is_plain_text(items: &Map<String, Value>) -> bool {
    type_of(items) == Some("string") && !items.contains_key("enum") && !items.contains_key("format")
}

fn choices(options: &[Value], labels: Option<&Vec<Value>>) -> Vec<ChoiceOption> {
    // As JSON the text "1" and the number 1 differ, so JSON it is where not all are texts.
    let all_text = options.iter().all(Value::is_string);
    let label = |index: usize| labels.and_then(|labels| labels.get(index)).and_then(Value::as_str);
    options
        .iter()
        .enumerate()
        .map(|(index, value)| ChoiceOption {
            value: value.clone(),
            text: if all_text { plain(value) } else { value.to_string() },
            label: label(index).map_or_else(|| plain(value), str::to_owned),
        })
        .collect()
}

fn accept(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Array(items) => Some(items.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(",")),
        _ => None,
    }
}

/// A text as it is, anything else as JSON.
fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// `max_sentences` as people would write it: `Max sentences`.
fn in_words(name: &str) -> String {
    let spaced = name.replace(['_', '-'], " ");
    let mut letters = spaced.trim().chars();
    letters.next().map_or_else(|| name.to_owned(), |first| first.to_uppercase().chain(letters).collect())
}
