//! How does the text of a form become the input of a skill?

use std::collections::BTreeMap;

use serde_json::{Map, Number, Value};

use super::rows::below;
use super::{ChoiceOption, FieldKind, FormField, Rows, form_fields, row_key};
use crate::agent::Skill;
use crate::id::ArtifactId;
use crate::problem::{Code, FieldError, Problem};

/// The most options that an error lists.
const OPTIONS_NAMED: usize = 20;
/// What is said of a text that names no artifact.
const NO_ID: &str = "This is not the id of an artifact. Choose a file, or copy the id of one that is stored.";

/// Makes the input of `skill` from the text of a form, property by property. Empty fields are left out, and all fields
/// that are wrong are named at once.
///
/// # Errors
/// `TASK-003` with a field error at `/input/<name>` (in a row at `/input/<list>/<row>/<name>`, as the rows stand on the form) for each field that is missing,
/// unknown or not of its kind.
pub fn input_from_form(skill: &Skill, values: &BTreeMap<String, String>) -> Result<Value, Problem> {
    input_from_schema(&skill.input_schema, &skill.name, values)
}

/// Makes an object of `schema` from the text of a form, as [`input_from_form`] does; `about` names in messages what the schema belongs to.
///
/// # Errors
/// As [`input_from_form`].
pub fn input_from_schema(schema: &Value, about: &str, values: &BTreeMap<String, String>) -> Result<Value, Problem> {
    let fields = form_fields(schema);
    let mut form = Form { values, errors: Vec::new() };
    let input = form.object(&fields, "", "/input");
    let mut errors = form.errors;
    for name in values.keys().filter(|name| !fields.iter().any(|field| has(field, name))) {
        let message = format!("{about} has no field of this name. Remove it.");
        // What was meant for a row that there is not stands where that row would.
        let in_rows = |field: &FormField| matches!(field.kind, FieldKind::Rows(_)) && below(&field.name, name).is_some();
        let field = if fields.iter().any(in_rows) { format!("/input/{name}") } else { pointer(name) };
        errors.push(FieldError { field, message });
    }

    if errors.is_empty() {
        return Ok(Value::Object(input));
    }
    let count = errors.len();
    let detail = format!("Correct the {} and send the form again.", if count == 1 { "field" } else { "fields" });
    Err(Problem { errors, ..Problem::new(Code::InputRejected, detail) })
}

/// The input as far as a form is filled in: what is missing is left out, and what is wrong stands in it as it was typed.
#[must_use]
pub fn draft_from_form(skill: &Skill, values: &BTreeMap<String, String>) -> Value {
    let mut form = Form { values, errors: Vec::new() };
    Value::Object(form.object(&form_fields(&skill.input_schema), "", "/input"))
}

/// Where on the form stands what stands at `place` in the input that was made of it: rows that are left empty are left out of the input, so that those behind
/// them have other numbers there.
#[must_use]
pub fn place_on_form(schema: &Value, values: &BTreeMap<String, String>, place: &str) -> String {
    let found = form_fields(schema).iter().find_map(|field| {
        let FieldKind::Rows(rows) = &field.kind else { return None };
        let list = pointer(&field.name);
        let rest = below(&list, place)?;
        let index = rest.split('/').next()?;
        let row = rows.filled(&field.name, values).get(index.parse::<usize>().ok()?).copied()?;
        Some(format!("{list}/{row}{}", &rest[index.len()..]))
    });
    found.unwrap_or_else(|| place.to_owned())
}

/// Whether one of the field's controls has this name.
fn has(field: &FormField, name: &str) -> bool {
    field.name == name || matches!(&field.kind, FieldKind::Rows(rows) if rows.have(&field.name, name))
}

/// What stands in the controls, and what is wrong with it.
struct Form<'a> {
    values: &'a BTreeMap<String, String>,
    errors: Vec<FieldError>,
}

impl<'a> Form<'a> {
    /// What stands in a control, if it was filled in.
    fn text(&self, key: &str) -> Option<&'a str> {
        self.values.get(key).map(String::as_str).filter(|text| !text.trim().is_empty())
    }

    fn wrong(&mut self, place: String, message: impl Into<String>) {
        self.errors.push(FieldError { field: place, message: message.into() });
    }

    /// The object of these fields, whose controls' names begin with `before`, and which stands at `place`.
    fn object(&mut self, fields: &[FormField], before: &str, place: &str) -> Map<String, Value> {
        let mut object = Map::new();
        for field in fields {
            let (key, place) = (format!("{before}{}", field.name), format!("{place}/{}", escaped(&field.name)));
            let value = match &field.kind {
                FieldKind::Rows(rows) => self.rows(field, rows, &key, &place),
                _ => self.text(&key).map(|text| self.value(field, text, &place)),
            };
            match value {
                Some(value) => {
                    object.insert(field.name.clone(), value);
                }
                None if field.required => self.wrong(place, missing(field)),
                None => {}
            }
        }
        object
    }

    /// The objects of the rows that were filled in, or those that were written as JSON.
    fn rows(&mut self, field: &FormField, rows: &Rows, key: &str, place: &str) -> Option<Value> {
        let filled = rows.filled(key, self.values);
        match self.text(key) {
            Some(text) if filled.is_empty() => return Some(self.value(field, text, place)),
            Some(_) => self.wrong(place.to_owned(), "Fill in the rows, or write JSON; empty one of them."),
            None if filled.is_empty() => return None,
            None => {}
        }
        let mut items = Vec::new();
        for row in filled {
            items.push(Value::Object(self.object(&rows.fields, &row_key(key, row, ""), &format!("{place}/{row}"))));
        }
        Some(Value::Array(items))
    }

    fn value(&mut self, field: &FormField, text: &str, place: &str) -> Value {
        if matches!(field.kind, FieldKind::Artifacts { .. }) {
            return self.files(text, place);
        }
        read(field, text).unwrap_or_else(|message| {
            self.wrong(place.to_owned(), message);
            Value::from(text)
        })
    }

    /// The ids of files, one a line.
    fn files(&mut self, text: &str, place: &str) -> Value {
        let mut ids = Vec::new();
        for (at, line) in lines(text).enumerate() {
            let id = line.parse::<ArtifactId>().map(|id| id.to_string());
            ids.push(Value::from(id.unwrap_or_else(|_| {
                self.wrong(format!("{place}/{at}"), NO_ID);
                line.to_owned()
            })));
        }
        Value::Array(ids)
    }
}

fn read(field: &FormField, text: &str) -> Result<Value, String> {
    let trimmed = text.trim();
    match &field.kind {
        FieldKind::Text { .. } => Ok(Value::String(as_typed(text))),
        FieldKind::Integer { .. } => whole(trimmed).map(Value::Number).ok_or_else(|| "Write a whole number, as 5.".to_owned()),
        FieldKind::Number { .. } => number(trimmed).map(Value::Number).ok_or_else(|| "Write a number, as 0.5.".to_owned()),
        FieldKind::Boolean => match trimmed {
            "true" | "on" => Ok(Value::Bool(true)),
            "false" | "off" => Ok(Value::Bool(false)),
            _ => Err("Choose yes or no.".to_owned()),
        },
        FieldKind::Choice(options) => {
            // The exact text first: an option may begin or end with a space.
            let chosen = options.iter().find(|option| option.text == text).or_else(|| options.iter().find(|option| option.text == trimmed));
            chosen.map(|option| option.value.clone()).ok_or_else(|| one_of(options))
        }
        FieldKind::Artifact { .. } => match trimmed.parse::<ArtifactId>() {
            Ok(id) => Ok(Value::String(id.to_string())),
            Err(_) => Err(NO_ID.to_owned()),
        },
        FieldKind::Connection { .. } => Ok(Value::String(trimmed.to_owned())),
        FieldKind::List | FieldKind::Artifacts { .. } => Ok(lines(&as_typed(text)).map(Value::from).collect()),
        FieldKind::Json | FieldKind::Rows(_) => {
            serde_json::from_str(trimmed).map_err(|error| format!("Write valid JSON; this is not: {error}."))
        }
    }
}

/// A browser sends the line breaks of a text as CR LF, whatever was typed or pasted.
fn as_typed(text: &str) -> String {
    text.replace("\r\n", "\n")
}

/// The lines that are not empty.
fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.lines().map(str::trim).filter(|line| !line.is_empty())
}

fn whole(text: &str) -> Option<Number> {
    text.parse::<i64>().map(Number::from).or_else(|_| text.parse::<u64>().map(Number::from)).ok()
}

/// Whole numbers stay whole, so that 5 does not become 5.0; no infinity, and nothing that is not a number.
fn number(text: &str) -> Option<Number> {
    whole(text).or_else(|| text.parse::<f64>().ok().and_then(Number::from_f64))
}

fn missing(field: &FormField) -> String {
    match field.kind {
        FieldKind::Artifact { .. } => "Choose a file, or give the id of an artifact that is stored.".to_owned(),
        FieldKind::Boolean | FieldKind::Choice(_) => "Choose one.".to_owned(),
        _ => "Fill this in.".to_owned(),
    }
}

fn one_of(options: &[ChoiceOption]) -> String {
    let named: Vec<&str> = options.iter().take(OPTIONS_NAMED).map(|option| option.text.as_str()).collect();
    let more = if options.len() > OPTIONS_NAMED { ", …" } else { "" };
    format!("Choose one of {}{more}.", named.join(", "))
}

/// The field as a JSON Pointer into the request.
fn pointer(name: &str) -> String {
    format!("/input/{}", escaped(name))
}

/// A name as a part of a JSON Pointer.
fn escaped(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}
