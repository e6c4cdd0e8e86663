//! What the skills that use a browser take and give, as contracts.

use baton_clients::egress::MAXIMUM_URL_BYTES;
use baton_domain::agent::{Family, Isolation, Limits, Needs, Skill};
use baton_domain::task::RetryPolicy;
use serde_json::{Value, json};

use super::visit::MAXIMUM_WAIT_SECONDS;
use crate::page_skills::output;

/// The skill that gives a page as its scripts have made it.
pub const RENDER: &str = "web_automation.render";
/// The skill that takes a picture of a page.
pub const SCREENSHOT: &str = "web_automation.screenshot";

fn skill(name: &str, title: &str, description: &str, schemas: (Value, Value), examples: Vec<Value>) -> Skill {
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
        // What strangers wrote is read by the browser's own processes, which are killed with the task; a child of ours with
        // a bound on address space could not start them.
        isolation: Isolation::Task,
        checkpoints: false,
        limits: Limits::default(),
        retry: RetryPolicy::default(),
        needs: Needs { cpu_millicores: 1_000, memory_mib: 512, model: None },
        model: None,
        network: true,
        version: "1.0.0".to_owned(),
    }
}

fn input(title: &str, own: Value) -> Value {
    let mut properties = json!({
        "url": {
            "type": "string", "title": "Address", "minLength": 1, "maxLength": MAXIMUM_URL_BYTES, "x-order": 1, "x-title": true,
            "description": "The page's http or https address."
        },
        "wait_for": {
            "enum": ["network_idle", "load"], "title": "Wait for", "default": "network_idle", "x-order": 20,
            "description": "Until nothing was under way for half a second after loading (network_idle), or only until it is loaded (load)."
        },
        "wait_selector": {
            "type": "string", "title": "Wait for an element", "minLength": 1, "maxLength": 1000, "x-order": 21,
            "description": "A CSS selector that must match before the page is ready; the task fails if it does not in time."
        },
        "wait_seconds": {
            "type": "integer", "title": "Longest wait (s)", "minimum": 1, "maximum": MAXIMUM_WAIT_SECONDS, "default": 20, "x-order": 22
        },
        "if_late": {
            "enum": ["take", "fail"], "title": "If it is not ready in time", "default": "take", "x-order": 23,
            "description": "Stop its scripts and take it as it is, or fail."
        },
        "extra_wait_ms": {
            "type": "integer", "title": "Further wait (ms)", "minimum": 0, "maximum": 10_000, "default": 0, "x-order": 24,
            "description": "For animations after the page is ready."
        },
        "fail_on_error_status": {
            "type": "boolean", "title": "Fail on an error status", "default": true, "x-order": 25,
            "description": "Whether a status of 400 or more fails the task; else the page is taken like any other."
        },
        "viewport": {
            "type": "object", "title": "Window", "x-order": 30,
            "properties": {
                "width": {"type": "integer", "title": "Width (px)", "minimum": 100, "maximum": 4000, "x-order": 1},
                "height": {"type": "integer", "title": "Height (px)", "minimum": 100, "maximum": 4000, "x-order": 2}
            },
            "required": ["width", "height"],
            "additionalProperties": false,
            "default": {"width": 1280, "height": 800}
        },
        "dark": {"type": "boolean", "title": "Dark mode", "default": false, "x-order": 31}
    });
    if let (Some(all), Value::Object(own)) = (properties.as_object_mut(), own) {
        all.extend(own);
    }
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema", "title": title, "type": "object", "properties": properties,
        "required": ["url"], "additionalProperties": false
    })
}

fn count(title: &str, order: u32) -> Value {
    json!({"type": "integer", "title": title, "minimum": 0, "x-order": order})
}

fn fact(title: &str, order: u32) -> Value {
    json!({"type": "string", "title": title, "x-order": order})
}

fn flag(title: &str, order: u32) -> Value {
    json!({"type": "boolean", "title": title, "x-order": order})
}

fn status(order: u32) -> Value {
    json!({"type": "integer", "title": "Status", "minimum": 100, "maximum": 599, "x-order": order})
}

fn rows(title: &str, order: u32, properties: Value, required: &[&str]) -> Value {
    let row = json!({"type": "object", "properties": properties, "required": required, "additionalProperties": false});
    json!({"type": "array", "title": title, "x-render": "table", "items": row, "x-order": order})
}

pub(crate) fn render() -> Skill {
    let redirects = rows("Redirects", 10, json!({"status": count("Status", 1), "url": fact("Address", 2)}), &["status", "url"]);
    let console = rows(
        "Console",
        20,
        json!({
            "level": {"enum": ["error", "warning", "info"], "title": "Level", "x-order": 1},
            "text": fact("Message", 2), "place": fact("Place", 3)
        }),
        &["level", "text"],
    );
    let requests = rows(
        "Requests",
        22,
        json!({
            "url": fact("Address", 1), "method": fact("Method", 2), "kind": fact("Kind", 3), "status": status(4),
            "bytes": count("Bytes", 5), "failure": fact("Failure", 6), "refused": fact("Refused, because", 7)
        }),
        &["url", "method", "kind", "bytes"],
    );
    let dialogs = json!({"type": "array", "title": "Dialogs", "items": {"type": "string"}, "x-order": 21});
    let result = json!({
        "url": {"type": "string", "title": "Address", "description": "The one that the window shows in the end.", "x-order": 1},
        "status": status(2),
        "title": fact("Title", 3),
        "language": fact("Language", 4),
        "content_type": fact("Content type", 5),
        "ready": flag("Was ready in time", 6),
        "milliseconds": count("Time (ms)", 7),
        "elements": count("Elements", 8),
        "artifact": {"type": "string", "format": "artifact", "title": "HTML after scripts", "x-render": "artifact", "x-order": 9},
        "redirects": redirects,
        "request_count": count("Requests", 11),
        "failed_count": count("Requests that failed", 12),
        "refused_count": count("Requests that were refused", 13),
        "bytes": count("Bytes received", 14),
        "error_count": count("Errors on the console", 15),
        "dialog_count": count("Dialogs", 16),
        "popups": count("Windows it tried to open", 17),
        "downloads": count("Downloads it tried to begin", 18),
        "text": {"type": "string", "title": "Text", "x-render": "text", "x-order": 19},
        "truncated": flag("Text was cut", 19),
        "text_artifact": {"type": "string", "format": "artifact", "title": "Whole text", "x-render": "artifact", "x-order": 19},
        "console": console,
        "dialogs": dialogs,
        "requests": requests,
        "html": {"type": "string", "title": "HTML", "x-render": "code", "x-language": "html", "x-order": 23}
    });
    let required = [
        "url",
        "title",
        "ready",
        "milliseconds",
        "elements",
        "artifact",
        "redirects",
        "request_count",
        "failed_count",
        "refused_count",
        "bytes",
        "error_count",
        "dialog_count",
        "popups",
        "downloads",
        "text",
        "truncated",
        "console",
        "dialogs",
        "requests",
    ];
    skill(
        RENDER,
        "Render a page",
        "Opens a page in a browser and gives its HTML and text after its scripts have run, with its requests and console. The HTML is an \
         artifact that the other skills read. Needs Chromium on the machine.",
        (input("Render a page", json!({})), output("A page after its scripts", result, &required)),
        vec![
            json!({"url": "https://example.org/"}),
            json!({"url": "https://example.org/app", "wait_selector": "main .loaded", "wait_seconds": 30}),
            json!({"url": "https://example.org/", "wait_for": "load", "if_late": "fail", "viewport": {"width": 390, "height": 844}}),
        ],
    )
}

pub(crate) fn screenshot() -> Skill {
    let own = json!({
        "format": {
            "enum": ["png", "jpeg", "pdf"], "title": "Format", "default": "png", "x-order": 2,
            "description": "A picture, or the page as it is printed."
        },
        "full_page": {
            "type": "boolean", "title": "Whole page", "default": false, "x-order": 3,
            "description": "Not only the window; at most 16,384 pixels high and 50 million in all."
        },
        "selector": {
            "type": "string", "title": "Element", "minLength": 1, "maxLength": 1000, "x-order": 4,
            "description": "A CSS selector: only the first element that matches."
        },
        "scale": {
            "type": "number", "title": "Pixels per CSS pixel", "minimum": 0.5, "maximum": 4, "default": 1, "x-order": 5,
            "description": "2 is a screen of high density."
        },
        "paper": {"enum": ["a4", "letter"], "title": "Paper", "default": "a4", "x-order": 6, "description": "For PDF."},
        "landscape": {"type": "boolean", "title": "Landscape", "default": false, "x-order": 7, "description": "For PDF."}
    });
    let result = json!({
        "url": fact("Address", 1),
        "status": status(2),
        "title": fact("Title", 3),
        "picture": {"type": "string", "format": "artifact", "title": "Picture", "x-render": "image", "x-order": 4},
        "document": {"type": "string", "format": "artifact", "title": "PDF", "x-render": "artifact", "x-order": 5},
        "width": count("Width (px)", 6),
        "height": count("Height (px)", 7),
        "truncated": flag("Was cut to the bounds", 8),
        "size": count("Bytes", 9),
        "ready": flag("Was ready in time", 10),
        "milliseconds": count("Time (ms)", 11),
        "request_count": count("Requests", 12),
        "refused_count": count("Requests that were refused", 13),
        "error_count": count("Errors on the console", 14)
    });
    let required = ["url", "title", "size", "ready", "milliseconds", "request_count", "refused_count", "error_count"];
    skill(
        SCREENSHOT,
        "Take a picture of a page",
        "Opens a page in a browser and takes a picture of the window, the whole page or one element, or prints it as PDF. Needs Chromium on \
         the machine.",
        (input("Take a picture of a page", own), output("A picture of a page", result, &required)),
        vec![
            json!({"url": "https://example.org/"}),
            json!({"url": "https://example.org/", "full_page": true, "scale": 2, "dark": true}),
            json!({"url": "https://example.org/", "selector": "h1"}),
            json!({"url": "https://example.org/", "format": "pdf", "paper": "letter"}),
        ],
    )
}
