//! Are weak sources told from sound ones that look like them? Each source of `tests/pairs` is held against the security rules.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::disallowed_methods, reason = "tests")]

#[path = "../../data_science/tests/harness/mod.rs"]
mod harness;

use baton_agents_code_analysis::{CodeAnalysis, SECURITY_AUDIT};
use harness::perform;
use serde_json::json;

/// Titles and sources of a file of pairs.
fn pairs(text: &str) -> impl Iterator<Item = (&str, &str)> {
    text.split("\n=== ").skip(1).filter_map(|part| part.split_once('\n'))
}

fn hold(language: &str, text: &str) {
    let (mut weak, mut sound, mut wrong) = (0, 0, Vec::new());
    for (title, source) in pairs(text) {
        let found = perform(CodeAnalysis::default(), SECURITY_AUDIT, json!({"source": source, "language": language})).value();
        let findings = found["findings"].as_array().unwrap();
        let told: Vec<String> = findings.iter().map(|one| format!("{} {}", one["rule"], one["severity"])).collect();
        let weaknesses: Vec<&str> = title.split_whitespace().take_while(|word| word.starts_with("CWE-")).collect();
        let good = if weaknesses.is_empty() {
            sound += 1;
            findings.iter().all(|one| one["severity"] == "info")
        } else {
            weak += 1;
            findings.iter().any(|one| one["cwe"].as_array().unwrap().iter().any(|cwe| weaknesses.contains(&cwe.as_str().unwrap())))
        };
        if !good {
            wrong.push(format!("{title}: {told:?}"));
        }
    }
    assert!(weak >= 50 && sound >= 15, "{language}: {weak} weak and {sound} sound sources");
    assert!(wrong.is_empty(), "{language}:\n{}", wrong.join("\n"));
}

#[test]
fn go() {
    hold("go", include_str!("pairs/go.txt"));
}

#[test]
fn rust() {
    hold("rust", include_str!("pairs/rust.txt"));
}

#[test]
fn java() {
    hold("java", include_str!("pairs/java.txt"));
}
