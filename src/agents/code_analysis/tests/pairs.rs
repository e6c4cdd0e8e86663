//! Whether each security rule finds what it is for and leaves alone what is near it.
//!
//! `pairs/LANGUAGE.txt` has for each rule a source that it must find something in (`=== rule`) and one that is the same but safe, in
//! which the audit must have nothing of severity warning or error (`--- safe`).

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::disallowed_methods, reason = "tests")]

#[path = "../../data_science/tests/harness/mod.rs"]
mod harness;

use baton_agents_code_analysis::{CodeAnalysis, SECURITY_AUDIT};
use harness::perform;
use serde_json::{Value, json};

struct Pair {
    rule: String,
    vulnerable: String,
    safe: String,
}

fn pairs(text: &str) -> Vec<Pair> {
    text.split("\n=== ")
        .skip(1)
        .map(|part| {
            let (rule, rest) = part.split_once('\n').unwrap();
            let (vulnerable, safe) = rest.split_once("\n--- safe\n").unwrap();
            Pair { rule: rule.trim().to_owned(), vulnerable: vulnerable.to_owned(), safe: safe.to_owned() }
        })
        .collect()
}

fn found(source: &str, language: &str) -> Vec<(String, String)> {
    let result = perform(CodeAnalysis::default(), SECURITY_AUDIT, json!({"source": source, "language": language})).value();
    let text = |one: &Value, name: &str| one[name].as_str().unwrap().to_owned();
    result["findings"].as_array().unwrap().iter().map(|one| (text(one, "rule"), text(one, "severity"))).collect()
}

fn check(language: &str, text: &str) {
    let pairs = pairs(text);
    assert!(pairs.len() >= 5, "{}", pairs.len());
    let mut wrong = Vec::new();
    for pair in &pairs {
        let bad = found(&pair.vulnerable, language);
        if !bad.iter().any(|(rule, _)| *rule == pair.rule) {
            wrong.push(format!("{} is not found, but {bad:?}:\n{}", pair.rule, pair.vulnerable));
        }
        let blamed: Vec<_> = found(&pair.safe, language).into_iter().filter(|(_, severity)| severity != "info").collect();
        if !blamed.is_empty() {
            wrong.push(format!("{}: {blamed:?} in the safe source:\n{}", pair.rule, pair.safe));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn python_rules_tell_weak_from_safe() {
    check("python", include_str!("pairs/python.txt"));
}

#[test]
fn javascript_rules_tell_weak_from_safe() {
    check("javascript", include_str!("pairs/javascript.txt"));
}

#[test]
fn typescript_rules_tell_weak_from_safe() {
    check("typescript", include_str!("pairs/typescript.txt"));
}
