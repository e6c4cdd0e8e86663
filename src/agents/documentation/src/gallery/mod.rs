//! Which templates come with Baton, and what data does each want?
//!
//! A template is two files in `gallery/`: the template itself, and a JSON file with its title, its description, the schema of its
//! data and an example.

mod list;

use std::sync::LazyLock;

use baton_agents_runtime::SkillError;
use baton_domain::problem::Code;
use serde::Deserialize;
use serde_json::Value;

use crate::template::Format;

/// The most errors in data that are named at once.
const ERRORS_NAMED: usize = 5;

/// A template of the gallery.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) name: &'static str,
    pub(crate) template: &'static str,
    pub(crate) title: String,
    pub(crate) description: String,
    pub(crate) format: Format,
    /// JSON Schema of the data.
    pub(crate) schema: Value,
    pub(crate) example: Value,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct About {
    title: String,
    description: String,
    format: Format,
    schema: Value,
    example: Value,
}

static ENTRIES: LazyLock<Vec<Entry>> =
    LazyLock::new(|| list::FILES.iter().filter_map(|(name, template, about)| read(name, template, about)).collect());

/// A test holds that every file can be read.
fn read(name: &'static str, template: &'static str, about: &str) -> Option<Entry> {
    let about: About = serde_json::from_str(about).ok()?;
    let About { title, description, format, schema, example } = about;
    Some(Entry { name, template, title, description, format, schema, example })
}

/// The template of this name.
pub(crate) fn find(name: &str) -> Option<&'static Entry> {
    ENTRIES.iter().find(|entry| entry.name == name)
}

/// The names of all.
pub(crate) fn names() -> Vec<&'static str> {
    ENTRIES.iter().map(|entry| entry.name).collect()
}

/// The titles of all, in the order of their names.
pub(crate) fn titles() -> Vec<&'static str> {
    ENTRIES.iter().map(|entry| entry.title.as_str()).collect()
}

/// What each is for and which data it wants, in a line each.
pub(crate) fn described() -> String {
    ENTRIES
        .iter()
        .map(|entry| format!("{}: {} Data: {}.", entry.title, entry.description, fields(&entry.schema)))
        .collect::<Vec<_>>()
        .join("\n")
}

fn fields(schema: &Value) -> String {
    let required: Vec<&str> = schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let all = schema["properties"].as_object().into_iter().flatten();
    let mut named: Vec<(u64, String)> = all
        .map(|(name, property)| {
            let mark = if required.contains(&name.as_str()) { "" } else { "?" };
            (property["x-order"].as_u64().unwrap_or(u64::MAX), format!("{name}{mark}"))
        })
        .collect();
    named.sort();
    named.into_iter().map(|(_, name)| name).collect::<Vec<_>>().join(", ")
}

/// Holds data against a template's schema.
///
/// # Errors
/// `DOC-004` with the fields that are wrong.
pub(crate) fn check(entry: &Entry, data: &Value) -> Result<(), SkillError> {
    let validator = jsonschema::validator_for(&entry.schema)
        .map_err(|error| SkillError::internal(format!("the schema of {} cannot be read: {error}", entry.name)))?;
    let wrong: Vec<String> = validator
        .iter_errors(data)
        .take(ERRORS_NAMED)
        .map(|error| match error.instance_path().to_string() {
            path if path.is_empty() => error.to_string(),
            path => format!("{path}: {error}"),
        })
        .collect();
    if wrong.is_empty() {
        return Ok(());
    }
    let message = format!("data: {}. {} wants {}; a ? marks what may be left out.", wrong.join("; "), entry.name, fields(&entry.schema));
    Err(SkillError::new(Code::TemplateDataInvalid, message))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_template_can_be_read_and_its_example_fits() {
        assert_eq!(ENTRIES.len(), list::FILES.len());
        assert!(ENTRIES.len() >= 10);
        for entry in ENTRIES.iter() {
            check(entry, &entry.example).unwrap_or_else(|error| panic!("{}: {error}", entry.name));
            assert!(entry.description.ends_with('.') && !entry.title.is_empty(), "{}", entry.name);
            for (name, property) in entry.schema["properties"].as_object().expect("properties") {
                assert!(property["title"].is_string() && property["x-order"].is_u64(), "{}: {name}", entry.name);
            }
        }
    }
}
