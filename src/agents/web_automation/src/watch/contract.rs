//! What the skill that watches promises.

use baton_domain::agent::Skill;
use serde_json::json;

use super::lines::MAXIMUM_PATTERNS;
use crate::api::MAXIMUM_EXPRESSION_BYTES;
use crate::page_skills::{output, skill};

/// The skill that says what changed since last time.
pub const WATCH: &str = "web_automation.watch";

pub(crate) fn watch() -> Skill {
    let length = baton_clients::egress::MAXIMUM_URL_BYTES;
    let texts = |title: &str, most: usize, longest: usize, order: u32, description: &str| {
        json!({
            "type": "array", "title": title, "maxItems": most, "items": {"type": "string", "minLength": 1, "maxLength": longest},
            "x-order": order, "description": description
        })
    };
    let mut input = output(
        "See what changed",
        json!({
            "url": {
                "type": "string", "title": "Address", "minLength": 1, "maxLength": length, "x-order": 1, "x-title": true,
                "description": "An http or https address of a page, a text or JSON; or use a connection."
            },
            "connection": {
                "type": "string", "format": "connection", "x-kinds": ["http"], "title": "Connection", "minLength": 1, "maxLength": 100, "x-order": 2,
                "description": "Watches an API with its secret."
            },
            "path": {"type": "string", "title": "Path", "maxLength": 2000, "default": "", "x-order": 3, "description": "Below the connection's address."},
            "query": {
                "type": "object", "title": "Query", "maxProperties": 50, "propertyNames": {"maxLength": 100}, "x-order": 4,
                "additionalProperties": {"type": ["string", "number", "boolean"], "maxLength": 2000}
            },
            "selector": {
                "type": "string", "title": "Selector", "minLength": 1, "maxLength": 1000, "x-order": 5,
                "description": "Of a page, only the text of the elements that fit this CSS selector."
            },
            "select": {
                "type": "string", "title": "Select", "minLength": 1, "maxLength": MAXIMUM_EXPRESSION_BYTES, "x-order": 6,
                "description": "Of JSON, only what this JSONPath ($…) or JMESPath expression picks."
            },
            "ignore_selectors": texts("Ignored elements", 50, 1000, 7, "CSS selectors of elements whose changes do not count, as .advertisement."),
            "ignore_patterns": texts(
                "Ignored patterns", MAXIMUM_PATTERNS, 500, 8,
                "Regular expressions; what fits is taken out of each line, as \\d+ views."
            ),
            "since": {
                "type": "string", "format": "artifact", "title": "Since", "x-order": 9,
                "description": "The state that an earlier result of this watch gave. Without one, the state counts that your last task with the same question or the same name left."
            },
            "name": {
                "type": "string", "title": "Name", "minLength": 1, "maxLength": 100, "x-order": 10,
                "description": "Under which the state is remembered; by default, by what is asked. Different names watch the same apart."
            }
        }),
        &[],
    );
    input["oneOf"] = json!([{"required": ["url"]}, {"required": ["connection"]}]);
    let count = |title: &str, order: u32| json!({"type": "integer", "title": title, "minimum": 0, "x-order": order});
    let text = |title: &str, order: u32| json!({"type": "string", "title": title, "x-render": "text", "x-order": order});
    let change = json!({
        "type": "object", "additionalProperties": false, "required": ["kind", "line", "before", "after"],
        "properties": {
            "kind": {"enum": ["added", "removed", "changed"], "title": "Kind", "x-order": 1},
            "line": count("Line", 2),
            "before": text("Before", 3),
            "after": text("After", 4)
        }
    });
    let result = json!({
        "url": {"type": "string", "title": "Address", "x-order": 1},
        "state": {
            "enum": ["first", "unchanged", "changed"], "title": "State", "x-order": 2,
            "description": "`first` without an earlier state."
        },
        "status": {"type": "integer", "title": "Status", "x-order": 3, "description": "304: the host itself said that nothing changed."},
        "lines": count("Lines watched", 4),
        "added": count("Lines added", 5),
        "removed": count("Lines removed", 6),
        "similarity": {"type": "number", "title": "Similarity", "minimum": 0, "maximum": 1, "x-render": "share", "x-order": 7},
        "changes": {"type": "array", "title": "Changes", "x-render": "table", "items": change, "x-order": 8},
        "diff": {"type": "string", "title": "Difference", "x-render": "code", "x-language": "diff", "x-order": 9},
        "truncated": {"type": "boolean", "title": "There are more changes than shown", "x-order": 10},
        "artifact": {
            "type": "string", "format": "artifact", "title": "State for the next time", "x-render": "artifact", "x-order": 11,
            "description": "Remembered for your next task that asks the same; as `since` it stands for what is remembered."
        }
    });
    skill(
        WATCH,
        "See what changed",
        "Says what changed at an address since your last look: in the text of a page or a part of it, or in an API's answer.",
        (input, output("What changed", result, &["url", "state", "status", "lines", "artifact"])),
        vec![
            json!({"url": "https://example.org/news"}),
            json!({
                "url": "https://example.org/shop/7", "selector": ".price, .stock", "ignore_selectors": [".sponsored"],
                "ignore_patterns": ["\\d+ people are looking"]
            }),
            json!({"connection": "shop", "path": "/orders", "select": "items[].{id: id, state: state}"}),
        ],
    )
}
