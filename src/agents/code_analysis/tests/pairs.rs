//! Are weak sources told from sound ones that look like them?
//!
//! A file of `tests/pairs` has sources, each after a line `=== TITLE`. Of a title that begins with weaknesses (`CWE-89`), the audit must tell
//! one of these; of a title that is the name of a rule, that rule. In a source whose title begins with `clean`, and in one after a line
//! `--- safe`, it must have nothing of severity warning or error.

use baton_agents_code_analysis::{CodeAnalysis, SECURITY_AUDIT};
use serde_json::{Value, json};

use crate::harness::perform;

fn found(source: &str, language: &str) -> Vec<Value> {
    let value = perform(CodeAnalysis::default(), SECURITY_AUDIT, json!({"source": source, "language": language})).value();
    value["findings"].as_array().unwrap().clone()
}

/// What must be told of a source.
enum Title<'a> {
    Weaknesses(Vec<&'a str>),
    Rule(&'a str),
    Sound,
}

impl<'a> Title<'a> {
    fn of(title: &'a str) -> Self {
        let weaknesses: Vec<&str> = title.split_whitespace().take_while(|word| word.starts_with("CWE-")).collect();
        if title.split_whitespace().next() == Some("clean") {
            Self::Sound
        } else if weaknesses.is_empty() {
            Self::Rule(title.trim())
        } else {
            Self::Weaknesses(weaknesses)
        }
    }

    fn is_told(&self, finding: &Value) -> bool {
        match self {
            Self::Weaknesses(all) => finding["cwe"].as_array().unwrap().iter().any(|cwe| all.contains(&cwe.as_str().unwrap())),
            Self::Rule(rule) => finding["rule"] == *rule,
            Self::Sound => false,
        }
    }
}

fn hold(language: &str, text: &str, least_weak: usize, least_sound: usize) {
    let (mut weak, mut sound, mut wrong) = (0, 0, Vec::new());
    for part in text.split("\n=== ").skip(1) {
        let (title, sources) = part.split_once('\n').unwrap();
        let (first, second) = sources.split_once("\n--- safe\n").map_or((sources, None), |(first, second)| (first, Some(second)));
        let kind = Title::of(title);
        let mut safe = second;
        if let Title::Sound = kind {
            safe = Some(first);
        } else {
            weak += 1;
            let findings = found(first, language);
            if !findings.iter().any(|finding| kind.is_told(finding)) {
                wrong.push(format!("{title}: not found, but {:?}:\n{first}", told(&findings)));
            }
        }
        if let Some(source) = safe {
            sound += 1;
            let mut findings = found(source, language);
            findings.retain(|finding| finding["severity"] != "info");
            if !findings.is_empty() {
                wrong.push(format!("{title}: {:?} in the sound source:\n{source}", told(&findings)));
            }
        }
    }
    assert!(weak >= least_weak && sound >= least_sound, "{language}: {weak} weak and {sound} sound sources");
    assert!(wrong.is_empty(), "{language}:\n{}", wrong.join("\n"));
}

fn told(findings: &[Value]) -> Vec<String> {
    findings.iter().map(|one| format!("{} {}", one["rule"], one["severity"])).collect()
}

#[test]
fn go() {
    hold("go", include_str!("pairs/go.txt"), 50, 15);
}

#[test]
fn rust() {
    hold("rust", include_str!("pairs/rust.txt"), 50, 15);
}

#[test]
fn java() {
    hold("java", include_str!("pairs/java.txt"), 50, 15);
}

#[test]
fn python() {
    hold("python", include_str!("pairs/python.txt"), 28, 28);
}

#[test]
fn javascript() {
    hold("javascript", include_str!("pairs/javascript.txt"), 24, 24);
}

#[test]
fn typescript() {
    hold("typescript", include_str!("pairs/typescript.txt"), 5, 5);
}
