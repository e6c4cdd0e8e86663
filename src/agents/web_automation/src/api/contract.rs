//! What the skills that use APIs promise.

use baton_domain::agent::Skill;
use baton_domain::task::RetryPolicy;
use serde_json::{Value, json};

use super::call::{MAXIMUM_API_PAGES, MAXIMUM_API_RECORDS, MAXIMUM_API_SECONDS};
use super::select::MAXIMUM_EXPRESSION_BYTES;
use crate::page_skills::{output, skill};

/// The skill that reads an API of a connection.
pub const API_CALL: &str = "web_automation.api_call";
/// The skill that tells an API of a connection something.
pub const API_SEND: &str = "web_automation.api_send";

/// Where and how both skills ask.
fn place() -> Value {
    let plain = json!({"type": ["string", "number", "boolean"], "maxLength": 2000});
    json!({
        "connection": {
            "type": "string", "format": "connection", "x-kinds": ["http"], "title": "Connection", "minLength": 1, "maxLength": 100, "x-order": 1,
            "description": "Where the API is, with its secret."
        },
        "path": {
            "type": "string", "title": "Path", "maxLength": 2000, "default": "", "x-order": 3,
            "description": "Below the connection's address, as /orders/7, without a query."
        },
        "query": {
            "type": "object", "title": "Query", "maxProperties": 50, "propertyNames": {"maxLength": 100}, "x-order": 4,
            "additionalProperties": {"anyOf": [plain, {"type": "array", "maxItems": 100, "items": plain}]},
            "description": "Parameters; a list gives its name several times."
        },
        "headers": {
            "type": "object", "title": "Headers", "maxProperties": 20, "propertyNames": {"maxLength": 100}, "x-order": 7,
            "additionalProperties": {"type": "string", "maxLength": 2048},
            "description": "Further headers; those that prove an identity come from the connection."
        },
        "select": {
            "type": "string", "title": "Select", "minLength": 1, "maxLength": MAXIMUM_EXPRESSION_BYTES, "x-order": 8,
            "description": "What of the answer is wanted: JSONPath, as $.items[*].id, or JMESPath, as items[].{id: id, name: name}."
        },
        "fail_on_error_status": {
            "type": "boolean", "title": "Fail on an error status", "default": true, "x-order": 20,
            "description": "Whether a status of 400 or more fails the task; else it is a result like any other. Pages of a list always fail."
        }
    })
}

fn input(title: &str, own: Value, required: &[&str]) -> Value {
    let mut properties = place();
    if let (Some(all), Value::Object(own)) = (properties.as_object_mut(), own) {
        all.extend(own);
    }
    output(title, properties, required)
}

/// What both skills answer.
fn answer() -> Value {
    let count = |title: &str, order: u32| json!({"type": "integer", "title": title, "minimum": 0, "x-order": order});
    json!({
        "url": {"type": "string", "title": "Address", "x-order": 1},
        "status": count("Status", 3),
        "bytes": count("Bytes", 4),
        "count": count("Records", 7),
        "truncated": {"type": "boolean", "title": "Only the beginning is shown", "x-order": 8},
        "artifact": {"type": "string", "format": "artifact", "title": "All of it", "x-render": "artifact", "x-order": 9},
        "data": {"title": "Data", "x-render": "json", "x-order": 10},
        "text": {"type": "string", "title": "Text", "x-render": "text", "x-order": 11},
        "records": {"type": "array", "title": "Records", "x-order": 12},
        "headers": {"type": "object", "title": "Headers", "additionalProperties": {"type": "string"}, "x-order": 20}
    })
}

fn with(mut all: Value, own: Value) -> Value {
    if let (Some(all), Value::Object(own)) = (all.as_object_mut(), own) {
        all.extend(own);
    }
    all
}

pub(crate) fn api_call() -> Skill {
    let pagination = json!({
        "type": "object", "title": "Pages", "x-order": 10, "additionalProperties": false, "required": ["kind"],
        "properties": {
            "kind": {
                "enum": ["none", "link", "page", "offset", "cursor"], "title": "Kind", "default": "none", "x-order": 1,
                "x-labels": ["One answer", "Header Link", "Page number", "Offset", "Cursor or address in the answer"],
                "description": "How the API leads from one page of a list to the next."
            },
            "parameter": {
                "type": "string", "title": "Parameter", "minLength": 1, "maxLength": 100, "x-order": 2,
                "description": "The query parameter of page number, offset or cursor; page or offset if not given. Without one, a cursor is the address of the next page."
            },
            "start": {"type": "integer", "title": "Start", "minimum": 0, "maximum": 1_000_000_000, "x-order": 3, "description": "The first page's number (1 if not given) or offset (0)."},
            "size_parameter": {"type": "string", "title": "Parameter of the size", "minLength": 1, "maxLength": 100, "x-order": 4, "description": "As limit or per_page."},
            "size": {"type": "integer", "title": "Records of a page", "minimum": 1, "maximum": 10_000, "x-order": 5},
            "from": {
                "type": "string", "title": "Cursor in the answer", "minLength": 1, "maxLength": MAXIMUM_EXPRESSION_BYTES, "x-order": 6,
                "description": "Where the answer holds it, as $.meta.next_cursor."
            }
        }
    });
    let own = json!({
        "method": {"enum": ["GET", "HEAD"], "title": "Method", "default": "GET", "x-order": 2},
        "pagination": pagination,
        "maximum_pages": {"type": "integer", "title": "Most pages", "minimum": 1, "maximum": MAXIMUM_API_PAGES, "default": 10, "x-order": 11},
        "maximum_records": {"type": "integer", "title": "Most records", "minimum": 1, "maximum": MAXIMUM_API_RECORDS, "default": 10_000, "x-order": 12},
        "maximum_seconds": {
            "type": "integer", "title": "Most seconds", "minimum": 1, "maximum": MAXIMUM_API_SECONDS, "default": 120, "x-order": 13,
            "description": "Asks for no further page after that; what was read until then is the result."
        },
        "save": {
            "enum": ["auto", "ndjson", "csv"], "title": "Keep as a file", "default": "auto", "x-order": 14,
            "x-labels": ["JSON lines, if there are many records", "JSON lines", "CSV"]
        }
    });
    let result = with(
        answer(),
        json!({
            "pages": {"type": "integer", "title": "Pages", "minimum": 0, "x-order": 5},
            "stopped": {
                "enum": ["end", "pages", "records", "bytes", "time", "repeated"], "title": "Stopped by", "x-order": 6,
                "description": "`end`: there is no more. Else the bound that was reached, or a page that came again."
            }
        }),
    );
    let mut skill = skill(
        API_CALL,
        "Read an API",
        "Reads an HTTP API of a connection with its secret: one answer or a list page by page, picked from by JSONPath or JMESPath.",
        (
            input("Read an API", own, &["connection"]),
            output("What an API answered", result, &["url", "status", "bytes", "pages", "stopped", "headers"]),
        ),
        vec![
            json!({"connection": "shop", "path": "/orders/7"}),
            json!({
                "connection": "shop", "path": "/orders", "query": {"state": "open"}, "select": "items[].{id: id, total: total}",
                "pagination": {"kind": "cursor", "parameter": "cursor", "from": "$.next_cursor"}, "maximum_pages": 50, "save": "csv"
            }),
            json!({
                "connection": "code", "path": "/repos/baton/issues", "query": {"labels": ["bug", "open"]},
                "pagination": {"kind": "link", "size_parameter": "per_page", "size": 100}
            }),
        ],
    );
    skill.limits.cpu_seconds = 300;
    skill
}

pub(crate) fn api_send() -> Skill {
    let own = json!({
        "method": {"enum": ["POST", "PUT", "PATCH", "DELETE"], "title": "Method", "x-order": 2},
        "json": {"title": "JSON", "x-order": 5, "description": "The body: any JSON, up to 1 MiB; or give a form."},
        "form": {
            "type": "object", "title": "Form", "maxProperties": 200, "propertyNames": {"maxLength": 200}, "x-order": 6,
            "description": "The body as a form's fields."
        }
    });
    let result = with(answer(), json!({"method": {"type": "string", "title": "Method", "x-order": 2}}));
    let skill = skill(
        API_SEND,
        "Tell an API something",
        "Sends one request that may change something to an HTTP API of a connection: creates, replaces, changes or deletes. It is sent once: \
         it is tried again only if the API said that it did not take it.",
        (
            input("Tell an API something", own, &["connection", "method"]),
            output("What an API answered", result, &["url", "method", "status", "bytes", "headers"]),
        ),
        vec![
            json!({"connection": "shop", "method": "POST", "path": "/orders", "json": {"article": "A-7", "amount": 2}, "headers": {"Idempotency-Key": "7f3c"}, "select": "id"}),
            json!({"connection": "shop", "method": "DELETE", "path": "/orders/7", "fail_on_error_status": false}),
            json!({"connection": "chat", "method": "POST", "path": "/messages", "form": {"room": "alerts", "text": "The disk is full."}}),
        ],
    );
    // A worker that is lost may have sent it.
    Skill { idempotent: false, destructive: true, retry: RetryPolicy { quarantine_after: 1, ..RetryPolicy::default() }, ..skill }
}
