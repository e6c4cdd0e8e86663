//! How is an OpenAPI document read, and how are its references followed?

use baton_agents_runtime::SkillError;
use baton_domain::problem::Code;
use serde_json::Value;

/// How many references may lead to one another.
const REFERENCES: usize = 20;

/// An OpenAPI document of version 3.
pub(super) struct Document {
    pub(super) root: Value,
}

fn invalid(message: impl std::fmt::Display) -> SkillError {
    SkillError::new(Code::ApiDocumentInvalid, format!("document: {message}"))
}

/// Reads JSON, or YAML with bounds on what its aliases unfold to.
pub(super) fn read(text: &str) -> Result<Document, SkillError> {
    let root: Value = if text.trim_start().starts_with('{') {
        serde_json::from_str(text).map_err(|error| invalid(format!("it is no JSON: {error}. Correct it there.")))?
    } else {
        serde_saphyr::from_str(text).map_err(|error| {
            let said: String = error.to_string().lines().next().unwrap_or_default().chars().take(300).collect();
            invalid(format!("it is neither JSON nor YAML: {said}. Correct it there."))
        })?
    };
    if root["swagger"].is_string() {
        return Err(invalid("it is of version 2 (Swagger). Convert it to OpenAPI 3 first."));
    }
    let version = root["openapi"].as_str().map(str::to_owned).or_else(|| root["openapi"].as_f64().map(|version| version.to_string()));
    if !version.as_ref().is_some_and(|version| version.starts_with('3')) {
        return Err(invalid("it has no field `openapi` that begins with 3. Send an OpenAPI 3 document."));
    }
    if !root["paths"].is_object() && !root["webhooks"].is_object() && !root["components"].is_object() {
        return Err(invalid("it has no `paths`, `webhooks` or `components`. Send the whole document."));
    }
    Ok(Document { root })
}

impl Document {
    /// What a value says, if it only refers to it.
    pub(super) fn follow<'a>(&'a self, value: &'a Value) -> &'a Value {
        let mut value = value;
        for _ in 0..REFERENCES {
            let Some(reference) = value["$ref"].as_str() else { return value };
            let Some(target) = reference.strip_prefix('#').and_then(|pointer| self.root.pointer(pointer)) else { return value };
            value = target;
        }
        &Value::Null
    }
}

/// The last part of a reference, by which its schema is known.
pub(super) fn name_of(reference: &str) -> &str {
    reference.rsplit('/').next().unwrap_or(reference)
}
