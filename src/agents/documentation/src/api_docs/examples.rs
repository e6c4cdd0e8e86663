//! What does a value of a schema look like?

use serde_json::{Map, Value, json};

use super::document::Document;

/// Deeper values are left out.
const DEPTH: usize = 6;
/// The most properties of an object that are shown.
const PROPERTIES: usize = 40;

/// The example that a media type or a schema gives, else one made of the schema.
pub(super) fn of_content(document: &Document, content: &Value) -> Value {
    if !content["example"].is_null() {
        return content["example"].clone();
    }
    if let Some(example) = content["examples"].as_object().and_then(|examples| examples.values().next()) {
        let value = &document.follow(example)["value"];
        if !value.is_null() {
            return value.clone();
        }
    }
    of_schema(document, &content["schema"], 0)
}

fn of_schema(document: &Document, schema: &Value, depth: usize) -> Value {
    let schema = document.follow(schema);
    for given in [&schema["example"], &schema["examples"][0], &schema["const"], &schema["default"], &schema["enum"][0]] {
        if !given.is_null() {
            return given.clone();
        }
    }
    if depth > DEPTH {
        return Value::Null;
    }
    if let Some(parts) = schema["allOf"].as_array() {
        let mut all = Map::new();
        for part in parts {
            if let Value::Object(fields) = of_schema(document, part, depth + 1) {
                all.extend(fields);
            }
        }
        all.extend(fields(document, schema, depth));
        return Value::Object(all);
    }
    for choice in ["oneOf", "anyOf"] {
        if let Some(first) = schema[choice].as_array().and_then(|parts| parts.first()) {
            return of_schema(document, first, depth + 1);
        }
    }
    let kind = schema["type"].as_str().or_else(|| schema["type"][0].as_str());
    match kind {
        Some("string") => json!(text(schema["format"].as_str())),
        Some("integer") => schema["minimum"].as_i64().map_or_else(|| json!(1), |least| json!(least)),
        Some("number") => schema["minimum"].as_f64().map_or_else(|| json!(1.5), |least| json!(least)),
        Some("boolean") => json!(true),
        Some("array") => json!([of_schema(document, &schema["items"], depth + 1)]),
        Some("object") => Value::Object(fields(document, schema, depth)),
        None if schema["properties"].is_object() => Value::Object(fields(document, schema, depth)),
        _ => Value::Null,
    }
}

fn fields(document: &Document, schema: &Value, depth: usize) -> Map<String, Value> {
    let properties = schema["properties"].as_object().into_iter().flatten().take(PROPERTIES);
    properties.map(|(name, property)| (name.clone(), of_schema(document, property, depth + 1))).collect()
}

fn text(format: Option<&str>) -> &'static str {
    match format {
        Some("date") => "2026-05-03",
        Some("date-time") => "2026-05-03T14:00:00Z",
        Some("email") => "person@example.org",
        Some("uri" | "url") => "https://example.org",
        Some("uuid") => "123e4567-e89b-12d3-a456-426614174000",
        Some("ipv4") => "192.0.2.1",
        _ => "text",
    }
}
