//! How is a JSON Schema told in words and in a table?

use serde_json::Value;

use super::document::{Document, name_of};
use super::reference::code;
use crate::template::escape_markdown;

/// Deeper properties are told by their type alone.
const DEPTH: usize = 4;
/// The most rows of a schema's table.
const ROWS: usize = 300;

/// A type in words: `array of Pet`, `string (date-time)`. Schemas with a name are links to their place.
pub(super) fn kind(document: &Document, schema: &Value, depth: usize) -> String {
    if let Some(reference) = schema["$ref"].as_str() {
        let name = name_of(reference);
        if reference.starts_with("#/components/schemas/") {
            return format!("[{}](#schema-{})", escape_markdown(name), super::reference::anchor(name));
        }
        return kind_within(document, document.follow(schema), depth);
    }
    kind_within(document, schema, depth)
}

fn kind_within(document: &Document, schema: &Value, depth: usize) -> String {
    if depth > DEPTH {
        return "…".to_owned();
    }
    for (keyword, word) in [("oneOf", " or "), ("anyOf", " or "), ("allOf", " and ")] {
        if let Some(parts) = schema[keyword].as_array().filter(|parts| !parts.is_empty()) {
            let all: Vec<String> = parts.iter().take(10).map(|part| kind(document, part, depth + 1)).collect();
            return all.join(word);
        }
    }
    if !schema["const"].is_null() {
        return code(&schema["const"].to_string());
    }
    let names: Vec<&str> = match &schema["type"] {
        Value::String(name) => vec![name],
        Value::Array(names) => names.iter().filter_map(Value::as_str).collect(),
        _ if schema["properties"].is_object() => vec!["object"],
        _ if !schema["items"].is_null() => vec!["array"],
        _ => vec!["any"],
    };
    let told: Vec<String> = names
        .iter()
        .map(|name| match (*name, schema["format"].as_str()) {
            ("array", _) => format!("array of {}", kind(document, &schema["items"], depth + 1)),
            ("object", _) if schema["additionalProperties"].is_object() && !schema["properties"].is_object() => {
                format!("map of {}", kind(document, &schema["additionalProperties"], depth + 1))
            }
            (name, Some(format)) => format!("{} ({})", escape_markdown(name), escape_markdown(format)),
            (name, None) => escape_markdown(name),
        })
        .collect();
    let nullable = if schema["nullable"] == true { " or null" } else { "" };
    format!("{}{nullable}", told.join(" or "))
}

/// What a schema allows beyond its type.
pub(super) fn bounds(schema: &Value) -> String {
    let mut told = Vec::new();
    if let Some(values) = schema["enum"].as_array() {
        let all: Vec<String> =
            values.iter().take(20).map(|value| code(&value.as_str().map_or_else(|| value.to_string(), str::to_owned))).collect();
        told.push(format!("one of {}{}", all.join(", "), if values.len() > 20 { ", …" } else { "" }));
    }
    for (keyword, words) in [
        ("minimum", "at least"),
        ("exclusiveMinimum", "more than"),
        ("maximum", "at most"),
        ("exclusiveMaximum", "less than"),
        ("minLength", "at least … characters"),
        ("maxLength", "at most … characters"),
        ("minItems", "at least … items"),
        ("maxItems", "at most … items"),
    ] {
        if let Some(number) = schema[keyword].as_f64() {
            told.push(if words.contains('…') { words.replace('…', &number.to_string()) } else { format!("{words} {number}") });
        }
    }
    if let Some(pattern) = schema["pattern"].as_str() {
        told.push(format!("matches {}", code(pattern)));
    }
    if !schema["default"].is_null() {
        told.push(format!("default {}", code(&schema["default"].to_string())));
    }
    told.join("; ")
}

/// A row for each property: its place, its type, whether it must be there, what it means.
pub(super) fn rows(document: &Document, schema: &Value) -> Vec<[String; 4]> {
    let mut rows = Vec::new();
    collect(document, schema, "", 0, &mut rows);
    rows
}

fn collect(document: &Document, schema: &Value, place: &str, depth: usize, rows: &mut Vec<[String; 4]>) {
    if depth > DEPTH {
        return;
    }
    for part in schema["allOf"].as_array().into_iter().flatten() {
        collect(document, document.follow(part), place, depth + 1, rows);
    }
    let required: Vec<&str> = schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    for (name, property) in schema["properties"].as_object().into_iter().flatten() {
        if rows.len() >= ROWS {
            return;
        }
        let path = if place.is_empty() { name.clone() } else { format!("{place}.{name}") };
        let must = if required.contains(&name.as_str()) { "yes" } else { "" };
        let told = document.follow(property);
        let parts = [super::reference::line(&told["description"]), bounds(told)];
        let meaning = parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ");
        let deprecated = if told["deprecated"] == true { " *(deprecated)*" } else { "" };
        rows.push([code(&path), kind(document, property, 0), must.to_owned(), format!("{meaning}{deprecated}")]);
        // Schemas with names are told at their own place.
        if property["$ref"].is_null() {
            collect(document, property, &path, depth + 1, rows);
            if property["items"]["$ref"].is_null() {
                collect(document, &property["items"], &format!("{path}[]"), depth + 1, rows);
            }
        }
    }
}
