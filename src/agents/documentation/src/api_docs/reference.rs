//! In which order does a reference tell an interface: what it is, its operations by tag, its schemas?

use std::fmt::Write;

use baton_agents_runtime::SkillError;
use baton_domain::problem::Code;
use serde_json::Value;

use super::document::Document;
use super::{MAXIMUM_OPERATIONS, examples, schema};
use crate::template::escape_markdown;

const METHODS: [&str; 8] = ["get", "post", "put", "patch", "delete", "head", "options", "trace"];
/// Examples of more lines are left out.
const EXAMPLE_LINES: usize = 80;

/// A reference.
#[derive(Debug)]
pub(super) struct Written {
    pub(super) title: String,
    pub(super) version: String,
    pub(super) markdown: String,
    pub(super) operations: usize,
    pub(super) schemas: usize,
    pub(super) notes: Vec<String>,
}

struct Operation<'a> {
    method: &'a str,
    path: &'a str,
    value: &'a Value,
    /// What all operations of its path have.
    shared: &'a Value,
    tag: String,
}

pub(super) fn write(
    document: &Document,
    title: Option<&str>,
    tags: &[String],
    step: &dyn Fn() -> Result<(), SkillError>,
) -> Result<Written, SkillError> {
    let root = &document.root;
    let title = title.map_or_else(|| plain(&root["info"]["title"], "API reference"), str::to_owned);
    let version = plain(&root["info"]["version"], "");
    let mut operations = operations(document);
    let all = operations.len();
    if !tags.is_empty() {
        operations.retain(|operation| tags.contains(&operation.tag));
        if operations.is_empty() {
            return Err(SkillError::input("tags", "no operation has one of these tags; leave `tags` out to see all"));
        }
    }
    if operations.len() > MAXIMUM_OPERATIONS {
        let message =
            format!("document: it has {} operations; at most {MAXIMUM_OPERATIONS} are told. Choose some by their tags.", operations.len());
        return Err(SkillError::new(Code::DocumentTooLarge, message));
    }
    let schemas = root["components"]["schemas"].as_object();
    let count = schemas.map_or(0, serde_json::Map::len);
    if operations.is_empty() && count == 0 {
        return Err(SkillError::new(Code::NothingToDocument, "document: it has neither operations nor schemas. Send the whole document."));
    }
    let mut notes = Vec::new();
    if operations.len() < all {
        notes.push(format!("{} of {all} operations have the chosen tags.", operations.len()));
    }
    let mut text = format!("# {}\n", escape_markdown(&title));
    // Writing to a String cannot fail.
    if !version.is_empty() {
        let _ = write!(text, "\nVersion {}\n", escape_markdown(&version));
    }
    paragraph(&mut text, &root["info"]["description"]);
    servers(&mut text, root);
    let mut names: Vec<&str> = operations.iter().map(|operation| operation.tag.as_str()).collect();
    names.sort_by_key(|name| tag_place(root, name));
    names.dedup();
    for name in names {
        let _ = write!(text, "\n## {}\n", escape_markdown(if name.is_empty() { "Operations" } else { name }));
        let about = root["tags"].as_array().into_iter().flatten().find(|tag| tag["name"] == name);
        paragraph(&mut text, about.map_or(&Value::Null, |tag| &tag["description"]));
        for operation in operations.iter().filter(|operation| operation.tag == name) {
            step()?;
            tell(&mut text, document, operation);
        }
    }
    if let Some(schemas) = schemas.filter(|schemas| !schemas.is_empty()) {
        text.push_str("\n## Schemas\n");
        for (name, schema) in schemas {
            step()?;
            let _ = write!(text, "\n### Schema {}\n", escape_markdown(name));
            paragraph(&mut text, &schema["description"]);
            table(&mut text, document, schema);
        }
    }
    Ok(Written { title, version, markdown: text, operations: operations.len(), schemas: count, notes })
}

fn operations(document: &Document) -> Vec<Operation<'_>> {
    let mut all = Vec::new();
    for part in ["paths", "webhooks"] {
        for (path, item) in document.root[part].as_object().into_iter().flatten() {
            let item = document.follow(item);
            for method in METHODS {
                let value = &item[method];
                if value.is_object() {
                    let tag = plain(&value["tags"][0], if part == "webhooks" { "Webhooks" } else { "" });
                    all.push(Operation { method, path, value, shared: item, tag });
                }
            }
        }
    }
    all
}

fn tag_place(root: &Value, name: &str) -> (usize, String) {
    let tags = root["tags"].as_array().map(Vec::as_slice).unwrap_or_default();
    (tags.iter().position(|tag| tag["name"] == name).unwrap_or(tags.len()), name.to_owned())
}

fn servers(text: &mut String, root: &Value) {
    let servers = root["servers"].as_array().map(Vec::as_slice).unwrap_or_default();
    if servers.is_empty() {
        return;
    }
    text.push_str("\n**Servers**\n\n");
    for server in servers.iter().take(20) {
        let _ = writeln!(text, "- {} {}", code(&plain(&server["url"], "/")), line(&server["description"]));
    }
}

fn tell(text: &mut String, document: &Document, operation: &Operation<'_>) {
    let value = operation.value;
    let _ = write!(text, "\n### {} {}\n", operation.method.to_uppercase(), code(operation.path));
    let summary = line(&value["summary"]);
    if !summary.is_empty() {
        let _ = write!(text, "\n**{summary}**\n");
    }
    if value["deprecated"] == true {
        text.push_str("\n*Deprecated.*\n");
    }
    paragraph(text, &value["description"]);
    let mut parameters: Vec<&Value> = Vec::new();
    for parameter in [value, operation.shared].into_iter().flat_map(|from| from["parameters"].as_array().into_iter().flatten()) {
        let parameter = document.follow(parameter);
        // What an operation says of a parameter counts more than what its path says.
        if !parameters.iter().any(|known| known["name"] == parameter["name"] && known["in"] == parameter["in"]) {
            parameters.push(parameter);
        }
    }
    if !parameters.is_empty() {
        text.push_str("\n| Parameter | In | Type | Required | Meaning |\n| --- | --- | --- | --- | --- |\n");
        for parameter in parameters {
            let of = if parameter["schema"].is_null() { parameter } else { &parameter["schema"] };
            let parts = [line(&parameter["description"]), schema::bounds(document.follow(of))];
            let meaning = parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ");
            let must = if parameter["required"] == true { "yes" } else { "" };
            let cells =
                [code(&plain(&parameter["name"], "")), line(&parameter["in"]), schema::kind(document, of, 0), must.to_owned(), meaning];
            let _ = writeln!(text, "| {} |", cells.join(" | "));
        }
    }
    let body = document.follow(&value["requestBody"]);
    if body.is_object() {
        let must = if body["required"] == true { " (required)" } else { "" };
        let _ = write!(text, "\n**Request body**{must} {}\n", line(&body["description"]));
        content(text, document, &body["content"]);
    }
    let responses = value["responses"].as_object();
    if responses.is_some_and(|responses| !responses.is_empty()) {
        text.push_str("\n**Responses**\n");
    }
    for (status, response) in responses.into_iter().flatten() {
        let response = document.follow(response);
        let _ = write!(text, "\n{}: {}\n", code(status), line(&response["description"]));
        content(text, document, &response["content"]);
    }
}

fn content(text: &mut String, document: &Document, content: &Value) {
    for (media_type, of) in content.as_object().into_iter().flatten().take(3) {
        let _ = write!(text, "\n{}: {}\n", code(media_type), schema::kind(document, &of["schema"], 0));
        if of["schema"]["$ref"].is_null() {
            table(text, document, &of["schema"]);
        }
        let example = examples::of_content(document, of);
        let written = serde_json::to_string_pretty(&example).unwrap_or_default();
        if !example.is_null() && media_type.contains("json") && written.lines().count() <= EXAMPLE_LINES && !written.contains("````") {
            let _ = write!(text, "\n````json\n{written}\n````\n");
        }
    }
}

fn table(text: &mut String, document: &Document, of: &Value) {
    let rows = schema::rows(document, of);
    if rows.is_empty() {
        let bounds = schema::bounds(of);
        if of.is_object() && (!bounds.is_empty() || of["$ref"].is_null()) {
            let _ = write!(text, "\nType: {} {bounds}\n", schema::kind(document, of, 0));
        }
        return;
    }
    text.push_str("\n| Property | Type | Required | Meaning |\n| --- | --- | --- | --- |\n");
    for cells in rows {
        let _ = writeln!(text, "| {} |", cells.join(" | "));
    }
}

/// A description, which OpenAPI writes in Markdown. Its headings stand below those of the reference.
fn paragraph(text: &mut String, description: &Value) {
    let Some(description) = description.as_str().filter(|description| !description.trim().is_empty()) else { return };
    text.push('\n');
    for row in description.trim().lines() {
        let _ = writeln!(text, "{}", if row.starts_with('#') { format!("####{}", row.trim_start_matches('#')) } else { row.to_owned() });
    }
}

fn plain(value: &Value, fallback: &str) -> String {
    match value {
        Value::String(text) => text.split_whitespace().collect::<Vec<_>>().join(" "),
        Value::Number(number) => number.to_string(),
        _ => fallback.to_owned(),
    }
}

/// A description within a line or a cell.
pub(super) fn line(value: &Value) -> String {
    escape_markdown(&plain(value, ""))
}

/// Text as code within a line or a cell.
pub(super) fn code(text: &str) -> String {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ").replace('|', "\\|");
    if text.contains('`') { format!("`` {text} ``").replace("`````", "") } else { format!("`{text}`") }
}

/// A name as the end of an address.
pub(super) fn anchor(name: &str) -> String {
    name.chars().map(|character| if character.is_alphanumeric() { character.to_ascii_lowercase() } else { '-' }).collect()
}
