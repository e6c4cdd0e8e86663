//! How does the text of a form become the input of a skill?

use std::collections::BTreeMap;

use serde_json::{Map, Number, Value};

use super::{ChoiceOption, FieldKind, FormField, form_fields};
use crate::agent::Skill;
use crate::id::ArtifactId;
use crate::problem::{Code, FieldError, Problem};

/// The most options that an error lists.
const OPTIONS_NAMED: usize = 20;

/// Makes the input of `skill` from the text of a form, property by property. Empty fields are left out, and all fields
/// that are wrong are named at once.
///
/// # Errors
/// `TASK-003` with a field error at `/input/<name>` for each field that is missing, unknown or not of its kind.
pub fn input_from_form(skill: &Skill, values: &BTreeMap<String, String>) -> Result<Value, Problem> {
    input_from_schema(&skill.input_schema, &skill.name, values)
}

/// Makes an object of `schema` from the text of a form, as [`input_from_form`] does; `about` names in messages what the schema belongs to.
///
/// # Errors
/// As [`input_from_form`].
pub fn input_from_schema(schema: &Value, about: &str, values: &BTreeMap<String, String>) -> Result<Value, Problem> {
    let fields = form_fields(schema);
    let mut input = Map::new();
    let mut errors: Vec<FieldError> = Vec::new();

    for field in &fields {
        let text = values.get(&field.name).filter(|text| !text.trim().is_empty());
        match text.map(|text| read(field, text)) {
            Some(Ok(value)) => {
                input.insert(field.name.clone(), value);
            }
            Some(Err(message)) => errors.push(FieldError { field: pointer(&field.name), message }),
            None if field.required => errors.push(FieldError { field: pointer(&field.name), message: missing(field) }),
            None => {}
        }
    }
    for name in values.keys().filter(|name| !fields.iter().any(|field| field.name == **name)) {
        let message = format!("{about} has no field of this name. Remove it.");
        errors.push(FieldError { field: pointer(name), message });
    }

    if errors.is_empty() {
        return Ok(Value::Object(input));
    }
    let count = errors.len();
    let detail = format!("Correct the {} and send the form again.", if count == 1 { "field" } else { "fields" });
    Err(Problem { errors, ..Problem::new(Code::InputRejected, detail) })
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
            Err(_) => Err("This is not the id of an artifact. Choose a file, or copy the id of one that is stored.".to_owned()),
        },
        FieldKind::Connection { .. } => Ok(Value::String(trimmed.to_owned())),
        FieldKind::List => Ok(as_typed(text).lines().map(str::trim).filter(|line| !line.is_empty()).map(Value::from).collect()),
        FieldKind::Json => serde_json::from_str(trimmed).map_err(|error| format!("Write valid JSON; this is not: {error}.")),
    }
}

/// A browser sends the line breaks of a text as CR LF, whatever was typed or pasted.
fn as_typed(text: &str) -> String {
    text.replace("\r\n", "\n")
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
    format!("/input/{}", name.replace('~', "~0").replace('/', "~1"))
}
