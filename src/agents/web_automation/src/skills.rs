//! What the web agent can do, as contracts.

use baton_clients::egress::MAXIMUM_URL_BYTES;
use baton_domain::agent::{Family, Isolation, Limits, Needs, Skill};
use baton_domain::task::RetryPolicy;
use serde_json::{Value, json};

use crate::{api, browser, crawl, page_skills, parse, watch};

/// The skill that fetches an address.
pub const FETCH: &str = "web_automation.fetch";

const DIALECT: &str = "https://json-schema.org/draft/2020-12/schema";

/// All skills.
pub(crate) fn all() -> Vec<Skill> {
    vec![
        fetch(),
        page_skills::extract(),
        page_skills::links(),
        page_skills::tables(),
        page_skills::article(),
        api::api_call(),
        api::api_send(),
        parse::contract(),
        watch::contract(),
        crawl::contract(),
        browser::render_skill(),
        browser::screenshot_skill(),
    ]
}

fn fetch() -> Skill {
    Skill {
        name: FETCH.to_owned(),
        title: "Fetch an address".to_owned(),
        description: "Fetches an http or https address with its headers and redirects. Text stands in the result, larger or other content \
                      becomes an artifact."
            .to_owned(),
        family: Family::WebAutomation,
        input_schema: fetch_input(),
        output_schema: fetch_output(),
        examples: vec![
            json!({"url": "https://example.org/"}),
            json!({"url": "https://www.rfc-editor.org/rfc/rfc9309.txt", "keep": "artifact"}),
            json!({"url": "https://example.org/", "method": "HEAD", "fail_on_error_status": false}),
        ],
        result_kind: "structured".to_owned(),
        idempotent: true,
        destructive: false,
        // It reads bytes and parses nothing but their encoding.
        isolation: Isolation::Task,
        checkpoints: false,
        limits: Limits::default(),
        retry: RetryPolicy::default(),
        needs: Needs { cpu_millicores: 100, memory_mib: 64, model: None },
        model: None,
        network: true,
        version: "1.0.0".to_owned(),
    }
}

fn fetch_input() -> Value {
    json!({
        "$schema": DIALECT,
        "title": "Fetch an address",
        "type": "object",
        "properties": {
            "url": {
                "type": "string", "title": "Address", "minLength": 1, "maxLength": MAXIMUM_URL_BYTES, "x-order": 1, "x-title": true,
                "description": "An http or https address without user name and password."
            },
            "method": {
                "enum": ["GET", "HEAD"], "title": "Method", "default": "GET", "x-order": 2,
                "description": "HEAD asks for the headers only."
            },
            "keep": {
                "enum": ["auto", "text", "artifact"], "title": "Keep", "default": "auto", "x-order": 3,
                "description": "Where the content goes: text up to 256 KB into the result and anything else into an artifact (auto), only \
                                into the result, or always into an artifact."
            },
            "headers": {
                "type": "object", "title": "Headers", "maxProperties": 20, "x-order": 4,
                "propertyNames": {"maxLength": 100}, "additionalProperties": {"type": "string", "maxLength": 2048},
                "description": "Further headers, as Accept-Language. Credentials belong into a connection."
            },
            "maximum_bytes": {
                "type": "integer", "title": "Most bytes", "minimum": 1, "x-order": 5,
                "description": "Refuses a larger answer; the installation's own limit holds in any case."
            },
            "fail_on_error_status": {
                "type": "boolean", "title": "Fail on an error status", "default": true, "x-order": 6,
                "description": "Whether a status of 400 or more fails the task; else it is a result like any other."
            }
        },
        "required": ["url"],
        "additionalProperties": false
    })
}

fn fetch_output() -> Value {
    let status = json!({"type": "integer", "title": "Status", "minimum": 100, "maximum": 599});
    json!({
        "$schema": DIALECT,
        "title": "What an address answered",
        "type": "object",
        "properties": {
            "url": {"type": "string", "title": "Address", "description": "The one that answered, after redirects.", "x-order": 1},
            "status": {"type": "integer", "title": "Status", "minimum": 100, "maximum": 599, "x-order": 2},
            "kind": {
                "enum": ["html", "xml", "json", "pdf", "zip", "mail", "text", "image", "binary"], "title": "Kind", "x-order": 3,
                "description": "What the bytes are, whatever the declared type says."
            },
            "content_type": {"type": "string", "title": "Declared type", "x-order": 4},
            "bytes": {"type": "integer", "title": "Bytes", "minimum": 0, "x-order": 5},
            "artifact": {"type": "string", "format": "artifact", "title": "File", "x-render": "artifact", "x-order": 6},
            "text": {"type": "string", "title": "Text", "x-render": "text", "x-order": 7},
            "truncated": {"type": "boolean", "title": "Text was cut", "x-order": 8},
            "redirects": {
                "type": "array", "title": "Redirects", "x-order": 9,
                "items": {
                    "type": "object",
                    "properties": {"status": status, "url": {"type": "string", "title": "Address"}},
                    "required": ["status", "url"],
                    "additionalProperties": false
                }
            },
            "headers": {"type": "object", "title": "Headers", "additionalProperties": {"type": "string"}, "x-order": 10}
        },
        "required": ["url", "status", "kind", "bytes", "redirects", "headers"],
        "additionalProperties": false
    })
}
