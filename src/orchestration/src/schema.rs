//! Does a value fit a skill's JSON Schema, and which artifacts does it name?

use std::sync::OnceLock;

use baton_domain::id::ArtifactId;
use baton_domain::problem::FieldError;
use jsonschema::Validator;
use serde_json::Value;

/// The most errors that one answer names.
const MAXIMUM_ERRORS: usize = 20;
/// How deep a schema is searched for artifacts.
const MAXIMUM_DEPTH: usize = 16;

/// A schema that is known to compile. What it compiles to is made when a value first comes: for all skills together that is megabytes, and most servers use a
/// few of them.
#[derive(Debug)]
pub(crate) struct Schema {
    validator: OnceLock<Option<Validator>>,
    schema: Value,
}

impl Schema {
    /// Compiles a schema; it may not refer to anything outside itself.
    pub(crate) fn compile(schema: &Value) -> Result<Self, String> {
        jsonschema::draft202012::new(schema).map_err(|error| error.to_string())?;
        Ok(Self { validator: OnceLock::new(), schema: schema.clone() })
    }

    /// There is one, for it compiled before.
    fn validator(&self) -> Option<&Validator> {
        self.validator.get_or_init(|| jsonschema::draft202012::new(&self.schema).ok()).as_ref()
    }

    /// What does not fit, each with its place below `prefix`.
    pub(crate) fn errors(&self, prefix: &str, value: &Value) -> Vec<FieldError> {
        let Some(validator) = self.validator() else {
            return vec![FieldError { field: prefix.to_owned(), message: "the skill's schema cannot be read".to_owned() }];
        };
        validator
            .iter_errors(value)
            .take(MAXIMUM_ERRORS)
            .map(|error| FieldError { field: format!("{prefix}{}", error.instance_path()), message: error.to_string() })
            .collect()
    }

    /// Whether a value fits.
    pub(crate) fn fits(&self, value: &Value) -> bool {
        self.validator().is_some_and(|validator| validator.is_valid(value))
    }

    /// The places and texts of the values that the schema calls artifacts.
    pub(crate) fn artifacts<'v>(&self, value: &'v Value) -> Vec<(String, &'v str)> {
        self.of_format("artifact", value)
    }

    /// The places and texts of the values that the schema calls connections.
    pub(crate) fn connections<'v>(&self, value: &'v Value) -> Vec<(String, &'v str)> {
        self.of_format("connection", value)
    }

    fn of_format<'v>(&self, format: &str, value: &'v Value) -> Vec<(String, &'v str)> {
        let mut found = Vec::new();
        collect(&self.schema, format, value, "/input", 0, &mut found);
        found
    }
}

fn collect<'v>(schema: &Value, format: &str, value: &'v Value, place: &str, depth: usize, found: &mut Vec<(String, &'v str)>) {
    if depth > MAXIMUM_DEPTH {
        return;
    }
    if schema["format"] == format
        && let Some(text) = value.as_str()
    {
        found.push((place.to_owned(), text));
    }
    if let (Some(properties), Some(fields)) = (schema["properties"].as_object(), value.as_object()) {
        for (name, schema) in properties {
            if let Some(value) = fields.get(name) {
                collect(schema, format, value, &format!("{place}/{name}"), depth + 1, found);
            }
        }
    }
    if let (Some(_), Some(items)) = (schema.get("items"), value.as_array()) {
        for (index, value) in items.iter().enumerate() {
            collect(&schema["items"], format, value, &format!("{place}/{index}"), depth + 1, found);
        }
    }
}

/// The identifiers among the texts; a text that is none is left out, since the schema check names it.
pub(crate) fn artifact_ids(found: &[(String, &str)]) -> Vec<ArtifactId> {
    found.iter().filter_map(|(_, text)| text.parse().ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_wrong_field_is_named_by_its_place() {
        let schema = Schema::compile(&json!({
            "type": "object", "properties": {"text": {"type": "string", "maxLength": 3}}, "required": ["text"], "additionalProperties": false
        }))
        .unwrap();
        let fields = |value| schema.errors("/input", &value).into_iter().map(|error| error.field).collect::<Vec<_>>();
        assert!(fields(json!({"text": "abc"})).is_empty());
        assert_eq!(fields(json!({"text": "abcd"})), ["/input/text"]);
        assert_eq!(fields(json!({})), ["/input"]);
    }

    #[test]
    fn artifacts_are_found_where_the_schema_says() {
        let schema = Schema::compile(&json!({"type": "object", "properties": {
            "table": {"type": "string", "format": "artifact"}, "more": {"type": "array", "items": {"type": "string", "format": "artifact"}}
        }}))
        .unwrap();
        let value = json!({"table": "a", "more": ["b", "c"], "other": "d"});
        let found = schema.artifacts(&value);
        assert_eq!(
            found.iter().map(|(place, text)| (place.as_str(), *text)).collect::<Vec<_>>(),
            [("/input/more/0", "b"), ("/input/more/1", "c"), ("/input/table", "a")]
        );
    }
}
