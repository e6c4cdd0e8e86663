//! How findings are written as SARIF 2.1.0.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::engine::Found;
use crate::engine::rule::Confidence;
use crate::rules::Severity;

/// The media type of SARIF.
pub(crate) const MEDIA_TYPE: &str = "application/sarif+json";

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Info => "note",
        Severity::Warning => "warning",
        Severity::Error => "error",
    }
}

/// GitHub's scale from 0 to 10.
fn score(severity: Severity) -> &'static str {
    match severity {
        Severity::Info => "3.0",
        Severity::Warning => "5.5",
        Severity::Error => "8.5",
    }
}

fn precision(confidence: Confidence) -> &'static str {
    match confidence {
        Confidence::Low => "low",
        Confidence::Medium => "medium",
        Confidence::High => "high",
    }
}

/// A log with one run. What a comment in the source suppresses is in it, marked as such.
pub(crate) fn log(found: &[Found], suppressed: &[Found]) -> Value {
    let mut rules: BTreeMap<&str, Value> = BTreeMap::new();
    for one in found.iter().chain(suppressed) {
        rules.entry(&one.rule).or_insert_with(|| {
            // The standard wants no tag twice; an advisory may name a weakness twice.
            let weaknesses: BTreeSet<&String> = one.cwe.iter().collect();
            let tags: Vec<String> = weaknesses
                .into_iter()
                .map(|cwe| format!("external/cwe/{}", cwe.to_ascii_lowercase()))
                .chain((!one.cwe.is_empty()).then(|| "security".to_owned()))
                .collect();
            let mut properties = json!({"tags": tags, "precision": precision(one.confidence)});
            if !one.cwe.is_empty() {
                properties["security-severity"] = json!(score(one.severity));
            }
            json!({
                "id": one.rule,
                "name": one.title,
                "shortDescription": {"text": one.title},
                "fullDescription": {"text": one.message},
                "help": {"text": one.advice},
                "defaultConfiguration": {"level": level(one.severity)},
                "properties": properties
            })
        });
    }
    let places: BTreeMap<&str, usize> = rules.keys().enumerate().map(|(place, id)| (*id, place)).collect();
    let result = |one: &Found, hidden: bool| {
        let mut result = json!({
            "ruleId": one.rule,
            "ruleIndex": places.get(one.rule.as_str()).copied().unwrap_or(0),
            "level": level(one.severity),
            "message": {"text": format!("{} {}", one.message, one.advice)},
            "locations": [{"physicalLocation": {
                "artifactLocation": {"uri": address(&one.file)},
                "region": {"startLine": one.line, "startColumn": one.column, "endLine": one.end_line, "endColumn": one.end_column, "snippet": {"text": one.snippet}}
            }}],
            "partialFingerprints": {"batonFinding/v1": one.fingerprint}
        });
        if hidden {
            result["suppressions"] = json!([{"kind": "inSource"}]);
        }
        result
    };
    let results: Vec<Value> = found.iter().map(|one| result(one, false)).chain(suppressed.iter().map(|one| result(one, true))).collect();
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {"name": "Baton", "version": env!("CARGO_PKG_VERSION"), "rules": rules.into_values().collect::<Vec<_>>()}},
            "columnKind": "unicodeCodePoints",
            "results": results
        }]
    })
}

/// A file's name as a relative reference (RFC 3986).
fn address(name: &str) -> String {
    let mut address = String::with_capacity(name.len());
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'-' | b'.' | b'_' | b'~') {
            address.push(char::from(byte));
        } else {
            address.push_str(&format!("%{byte:02X}"));
        }
    }
    address
}
