//! What can be read from a page, as contracts.

use baton_domain::agent::{Family, Isolation, Limits, Needs, Skill};
use baton_domain::task::RetryPolicy;
use serde_json::{Value, json};

use crate::extract::{MAXIMUM_FIELDS, MAXIMUM_RECORDS};
use crate::links::MAXIMUM_LINKS;
use crate::page;
use crate::tables::{MAXIMUM_COLUMNS, MAXIMUM_TABLES};

/// The skill that extracts records by selectors.
pub const EXTRACT: &str = "web_automation.extract";
/// The skill that lists a page's links.
pub const LINKS: &str = "web_automation.links";
/// The skill that reads a page's tables.
pub const TABLES: &str = "web_automation.tables";
/// The skill that reads a page's article.
pub const ARTICLE: &str = "web_automation.article";

const DIALECT: &str = "https://json-schema.org/draft/2020-12/schema";

pub(crate) fn skill(name: &str, title: &str, description: &str, schemas: (Value, Value), examples: Vec<Value>) -> Skill {
    Skill {
        name: name.to_owned(),
        title: title.to_owned(),
        description: description.to_owned(),
        family: Family::WebAutomation,
        input_schema: schemas.0,
        output_schema: schemas.1,
        examples,
        result_kind: "structured".to_owned(),
        idempotent: true,
        destructive: false,
        // It parses what strangers wrote: a page may cost far more time and memory than its size says.
        isolation: Isolation::Process,
        checkpoints: false,
        limits: Limits { memory_bytes: 2 << 30, cpu_seconds: 60, ..Limits::default() },
        retry: RetryPolicy::default(),
        needs: Needs { cpu_millicores: 500, memory_mib: 256, model: None },
        model: None,
        network: true,
        version: "1.0.0".to_owned(),
    }
}

/// The input of a skill that reads a page: where it is from, and properties of its own.
pub(crate) fn input(title: &str, own: Value, required: &[&str]) -> Value {
    let mut properties = page::properties();
    if let (Some(all), Value::Object(own)) = (properties.as_object_mut(), own) {
        all.extend(own);
    }
    json!({
        "$schema": DIALECT, "title": title, "type": "object", "properties": properties, "required": required,
        "oneOf": page::one_source(), "additionalProperties": false
    })
}

/// A closed object.
pub(crate) fn output(title: &str, properties: Value, required: &[&str]) -> Value {
    json!({
        "$schema": DIALECT, "title": title, "type": "object", "properties": properties, "required": required,
        "additionalProperties": false
    })
}

fn scope(order: u32, description: &str) -> Value {
    json!({"type": "string", "title": "Scope", "minLength": 1, "maxLength": 1000, "x-order": order, "description": description})
}

pub(crate) fn extract() -> Skill {
    let field = json!({
        "type": "object",
        "properties": {
            "name": {"type": "string", "title": "Name", "minLength": 1, "maxLength": 100, "x-order": 1},
            "selector": {
                "type": "string", "title": "Selector", "minLength": 1, "maxLength": 1000, "x-order": 2,
                "description": "A CSS selector within the scope; without it, the scope's element itself is read."
            },
            "attribute": {
                "type": "string", "title": "Attribute", "minLength": 1, "maxLength": 100, "x-order": 3,
                "description": "Reads this attribute instead of the text; an address is read from href or src by itself."
            },
            "type": {
                "enum": ["text", "number", "url"], "title": "Type", "default": "text", "x-order": 4,
                "description": "A number is the first in the text; an address is made absolute."
            },
            "list": {"type": "boolean", "title": "All matches", "default": false, "x-order": 5, "description": "All matches as a list, not the first."},
            "required": {
                "type": "boolean", "title": "Required", "default": false, "x-order": 6,
                "description": "Leaves out records without it; fails if no record has it."
            },
            "decimal": {
                "enum": [".", ","], "title": "Decimal sign", "default": ".", "x-order": 7,
                "description": "What stands before the fraction of a number; the other sign groups its digits."
            }
        },
        "required": ["name"],
        "additionalProperties": false
    });
    let own = json!({
        "scope": scope(10, "A CSS selector of the elements that make a record each; without it, the whole page is one record."),
        "fields": {"type": "array", "title": "Fields", "minItems": 1, "maxItems": MAXIMUM_FIELDS, "items": field, "x-order": 11},
        "maximum_records": {
            "type": "integer", "title": "Most records", "minimum": 1, "maximum": MAXIMUM_RECORDS, "default": 1000, "x-order": 12
        }
    });
    let result = json!({
        "url": {"type": "string", "title": "Address", "description": "The one that answered, after redirects.", "x-order": 1},
        "count": {"type": "integer", "title": "Records", "minimum": 0, "x-order": 2},
        "matched": {"type": "integer", "title": "Elements that the scope found", "minimum": 0, "x-order": 3},
        "skipped": {"type": "integer", "title": "Left out for a missing required field", "minimum": 0, "x-order": 4},
        "unread": {"type": "integer", "title": "Values that are not of their type", "minimum": 0, "x-order": 5},
        "truncated": {"type": "boolean", "title": "Only the first records are shown", "x-order": 6},
        "artifact": {"type": "string", "format": "artifact", "title": "All records", "x-render": "artifact", "x-order": 7},
        "records": {"type": "array", "title": "Records", "x-render": "table", "items": {"type": "object"}, "x-order": 8}
    });
    skill(
        EXTRACT,
        "Extract records",
        "Reads records from a page by CSS selectors: texts, numbers, addresses, one or many of each.",
        (
            input("Extract records", own, &["fields"]),
            output("Records of a page", result, &["count", "matched", "skipped", "unread", "truncated", "records"]),
        ),
        vec![
            json!({"url": "https://example.org/", "fields": [{"name": "heading", "selector": "h1", "required": true}]}),
            json!({
                "url": "https://example.org/shop", "scope": "li.product",
                "fields": [
                    {"name": "title", "selector": "h2", "required": true},
                    {"name": "price", "selector": ".price", "type": "number", "decimal": ","},
                    {"name": "link", "selector": "a", "type": "url"},
                    {"name": "tags", "selector": ".tag", "list": true}
                ]
            }),
        ],
    )
}

pub(crate) fn links() -> Skill {
    let own = json!({
        "kind": {
            "enum": ["all", "internal", "external"], "title": "Kind", "default": "all", "x-order": 10,
            "description": "Internal links lead to the page's own host."
        },
        "scope": scope(11, "A CSS selector: only links within such elements."),
        "maximum_links": {"type": "integer", "title": "Most links", "minimum": 1, "maximum": MAXIMUM_LINKS, "default": 1000, "x-order": 12}
    });
    let link = json!({
        "type": "object",
        "properties": {
            "text": {"type": "string", "title": "Text", "x-order": 1},
            "url": {"type": "string", "title": "Address", "x-order": 2},
            "rel": {"type": "string", "title": "Relation", "x-order": 3},
            "kind": {"enum": ["internal", "external"], "title": "Kind", "x-order": 4}
        },
        "required": ["text", "url", "rel", "kind"],
        "additionalProperties": false
    });
    let result = json!({
        "url": {"type": "string", "title": "Address", "x-order": 1},
        "count": {"type": "integer", "title": "Links", "minimum": 0, "x-order": 2},
        "unusable": {"type": "integer", "title": "Links that lead to no page", "minimum": 0, "x-order": 3},
        "truncated": {"type": "boolean", "title": "Only the first links are shown", "x-order": 4},
        "links": {"type": "array", "title": "Links", "x-render": "table", "items": link, "x-order": 5}
    });
    skill(
        LINKS,
        "List links",
        "Lists the links of a page with text, absolute address and relation, and tells those of its own host from others.",
        (input("List links", own, &[]), output("Links of a page", result, &["count", "unusable", "truncated", "links"])),
        vec![json!({"url": "https://example.org/"}), json!({"url": "https://example.org/", "kind": "external", "scope": "main"})],
    )
}

pub(crate) fn tables() -> Skill {
    let count = |title: &str, order: u32| json!({"type": "integer", "title": title, "minimum": 0, "x-order": order});
    let own = json!({
        "selector": {
            "type": "string", "title": "Selector", "minLength": 1, "maxLength": 1000, "default": "table", "x-order": 10,
            "description": "A CSS selector of the tables that are wanted."
        },
        "minimum_rows": {
            "type": "integer", "title": "Fewest rows", "minimum": 0, "maximum": 1000, "default": 1, "x-order": 11,
            "description": "Leaves out tables with fewer rows below their header."
        },
        "minimum_columns": {
            "type": "integer", "title": "Fewest columns", "minimum": 1, "maximum": MAXIMUM_COLUMNS, "default": 2, "x-order": 12
        },
        "maximum_tables": {"type": "integer", "title": "Most tables", "minimum": 1, "maximum": MAXIMUM_TABLES, "default": 20, "x-order": 13}
    });
    let strings = json!({"type": "array", "items": {"type": "string"}});
    let preview = json!({
        "type": "object", "title": "Preview", "x-render": "table", "x-order": 7,
        "description": "The first 20 rows and 30 columns.",
        "properties": {"columns": strings, "rows": {"type": "array", "items": strings}},
        "required": ["columns", "rows"],
        "additionalProperties": false
    });
    let table = json!({
        "type": "object",
        "properties": {
            "number": count("Number", 1),
            "caption": {"type": "string", "title": "Caption", "x-order": 2},
            "rows": count("Rows", 3),
            "columns": count("Columns", 4),
            "header": {"type": "boolean", "title": "Has a header", "x-order": 5},
            "truncated": {"type": "boolean", "title": "Rows or columns were left out", "x-order": 6},
            "preview": preview,
            "artifact": {"type": "string", "format": "artifact", "title": "CSV", "x-render": "artifact", "x-order": 8}
        },
        "required": ["number", "rows", "columns", "header", "truncated", "artifact"],
        "additionalProperties": false
    });
    let result = json!({
        "url": {"type": "string", "title": "Address", "x-order": 1},
        "count": count("Tables", 2),
        "truncated": {"type": "boolean", "title": "There are more tables", "x-order": 3},
        "tables": {"type": "array", "title": "Tables", "items": table, "x-order": 4}
    });
    skill(
        TABLES,
        "Read tables",
        "Reads the tables of a page as CSV; cells that span rows or columns stand in each of them.",
        (input("Read tables", own, &[]), output("Tables of a page", result, &["count", "truncated", "tables"])),
        vec![
            json!({"url": "https://example.org/"}),
            json!({"url": "https://example.org/", "selector": "table.wikitable", "minimum_rows": 5}),
        ],
    )
}

pub(crate) fn article() -> Skill {
    let fact = |title: &str, order: u32| json!({"type": "string", "title": title, "x-order": order});
    let result = json!({
        "url": fact("Address", 1),
        "title": fact("Title", 2),
        "byline": fact("Byline", 3),
        "site": fact("Site", 4),
        "published": fact("Published", 5),
        "modified": fact("Modified", 6),
        "language": fact("Language", 7),
        "length": {"type": "integer", "title": "Characters", "minimum": 0, "x-order": 8},
        "image": fact("Picture's address", 9),
        "excerpt": {"type": "string", "title": "Excerpt", "x-render": "text", "x-order": 10},
        "text": {"type": "string", "title": "Text", "x-render": "text", "x-order": 11},
        "truncated": {"type": "boolean", "title": "Text was cut", "x-order": 12},
        "artifact": {"type": "string", "format": "artifact", "title": "Whole text", "x-render": "artifact", "x-order": 13}
    });
    let own = json!({
        "format": {
            "type": "string", "title": "Form of the text", "enum": ["plain", "markdown"], "default": "plain", "x-order": 10,
            "description": "Markdown keeps headings, lists, tables and code marked; both keep them in order."
        }
    });
    skill(
        ARTICLE,
        "Read an article",
        "Finds the article of a page without navigation and advertisements: title, byline, date, excerpt and text, also as Markdown.",
        (input("Read an article", own, &[]), output("An article", result, &["length", "text", "truncated"])),
        vec![json!({"url": "https://example.org/news/1"}), json!({"url": "https://example.org/news/1", "format": "markdown"})],
    )
}
