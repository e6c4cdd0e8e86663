//! What the skill that reads documents promises.

use baton_domain::agent::{Limits, Skill};
use serde_json::json;

use crate::page_skills::{output, skill};

/// The skill that reads documents.
pub const PARSE: &str = "web_automation.parse";

pub(crate) fn parse() -> Skill {
    let length = baton_clients::egress::MAXIMUM_URL_BYTES;
    let mut input = output(
        "Read a document",
        json!({
            "url": {
                "type": "string", "title": "Address", "minLength": 1, "maxLength": length, "x-order": 1, "x-title": true,
                "description": "The document's http or https address; or give an artifact."
            },
            "artifact": {
                "type": "string", "format": "artifact", "title": "File", "x-order": 2,
                "description": "A stored document of up to 32 MiB; or give an address."
            },
            "base_url": {
                "type": "string", "title": "Base address", "minLength": 1, "maxLength": length, "x-order": 3,
                "description": "Where the document of an artifact is from: relative links are joined to it."
            },
            "kind": {
                "enum": ["auto", "feed", "page", "pdf", "docx", "mail"], "title": "Kind", "default": "auto", "x-order": 10,
                "x-labels": ["What it is", "Feed (RSS, Atom, JSON Feed)", "Page (JSON-LD, microdata)", "PDF", "Word (.docx)", "E-mail (.eml)"],
                "description": "Fails if the document is of another kind than this."
            },
            "save": {
                "enum": ["auto", "ndjson", "csv"], "title": "Keep records as a file", "default": "auto", "x-order": 11,
                "x-labels": ["JSON lines, if there are many", "JSON lines", "CSV"]
            }
        }),
        &[],
    );
    input["oneOf"] = crate::page::one_source();
    let count = |title: &str, order: u32| json!({"type": "integer", "title": title, "minimum": 0, "x-order": order});
    let artifact =
        |title: &str, order: u32| json!({"type": "string", "format": "artifact", "title": title, "x-render": "artifact", "x-order": order});
    let file = json!({
        "type": "object", "additionalProperties": false, "required": ["name", "type", "bytes", "artifact"],
        "properties": {
            "name": {"type": "string", "title": "Name", "x-order": 1},
            "type": {"type": "string", "title": "Type", "x-order": 2},
            "bytes": count("Bytes", 3),
            "artifact": artifact("File", 4)
        }
    });
    let result = json!({
        "url": {"type": "string", "title": "Address", "x-order": 1},
        "kind": {"enum": ["feed", "page", "pdf", "docx", "mail"], "title": "Kind", "x-order": 2},
        "title": {"type": "string", "title": "Title", "x-order": 3},
        "facts": {"type": "object", "title": "Facts", "x-order": 4, "description": "What the document says of itself."},
        "bytes": count("Bytes", 5),
        "length": count("Characters of text", 6),
        "count": count("Records", 7),
        "truncated": {"type": "boolean", "title": "Only the first records are shown", "x-order": 8},
        "artifact": artifact("All records", 9),
        "records": {
            "type": "array", "title": "Records", "items": {"type": "object"}, "x-order": 10,
            "description": "Entries of a feed, items of a page's structured data, pages of a PDF, paragraphs and rows of a Word document, attachments."
        },
        "markdown": {"type": "string", "title": "Text", "x-render": "markdown", "x-order": 11},
        "markdown_file": artifact("Whole text in Markdown", 12),
        "text": {"type": "string", "title": "Plain text", "x-render": "text", "x-order": 13},
        "text_file": artifact("Whole plain text", 14),
        "files": {"type": "array", "title": "Files within", "x-render": "table", "items": file, "x-order": 15},
        "notes": {"type": "array", "title": "Notes", "items": {"type": "string"}, "x-order": 16}
    });
    let skill = skill(
        PARSE,
        "Read a document",
        "Reads a feed, the structured data of a page, a PDF, a Word document or an e-mail as text and records. Its content says which it is.",
        (input, output("What a document says", result, &["kind", "bytes", "facts", "count", "truncated", "records", "files", "notes"])),
        vec![
            json!({"url": "https://example.org/feed.xml"}),
            json!({"url": "https://example.org/reports/2026.pdf", "kind": "pdf"}),
            json!({"url": "https://example.org/products/7", "save": "csv"}),
        ],
    );
    Skill { limits: Limits { memory_bytes: 3 << 30, cpu_seconds: 120, ..Limits::default() }, ..skill }
}
