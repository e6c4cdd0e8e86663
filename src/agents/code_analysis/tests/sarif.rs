//! Does every SARIF file keep to what the standard (OASIS SARIF 2.1.0, and its JSON schema) demands of the parts that are written?

use std::collections::BTreeSet;
use std::sync::{Arc, LazyLock};

use crate::harness::{Ended, Setting, perform, perform_on_file, run_in, violations};
use baton_agents_code_analysis::{CodeAnalysis, DEPENDENCIES, SECRETS, SECURITY_AUDIT};
use baton_agents_runtime::Agent;
use serde_json::{Value, json};

/// The schema that comes with the standard.
static SCHEMA: LazyLock<Value> = LazyLock::new(|| serde_json::from_str(include_str!("sarif/sarif-schema-2.1.0.json")).unwrap());

/// What is wrong, with where it stands.
#[derive(Default)]
struct Faults(Vec<String>);

impl Faults {
    fn demand(&mut self, holds: bool, at: &str, what: &str) {
        if !holds {
            self.0.push(format!("{at}: {what}"));
        }
    }

    /// An object with these members and perhaps those, and with no others: the standard's schema allows none.
    fn members(&mut self, value: &Value, at: &str, needed: &[&str], allowed: &[&str]) {
        let Some(members) = value.as_object() else { return self.demand(false, at, "is no object") };
        for name in needed {
            self.demand(members.contains_key(*name), at, &format!("lacks {name}"));
        }
        for name in members.keys() {
            self.demand(needed.contains(&name.as_str()) || allowed.contains(&name.as_str()), at, &format!("has {name}"));
        }
    }

    fn text(&mut self, value: &Value, at: &str) {
        self.demand(value.is_string(), at, "is no text");
    }

    fn one_of(&mut self, value: &Value, at: &str, known: &[&str]) {
        self.demand(value.as_str().is_some_and(|value| known.contains(&value)), at, &format!("{value} is none of {known:?}"));
    }

    fn each(&mut self, value: &Value, at: &str, mut check: impl FnMut(&mut Self, &Value, &str)) {
        let Some(items) = value.as_array() else { return self.demand(false, at, "is no list") };
        for (place, item) in items.iter().enumerate() {
            check(self, item, &format!("{at}[{place}]"));
        }
    }

    fn message(&mut self, value: &Value, at: &str) {
        self.members(value, at, &["text"], &["markdown", "properties"]);
        self.text(&value["text"], at);
    }
}

const LEVELS: [&str; 4] = ["none", "note", "warning", "error"];

fn faults(log: &Value) -> Vec<String> {
    let mut faults = Faults::default();
    faults.members(log, "log", &["version", "runs"], &["$schema", "properties"]);
    faults.demand(log["version"] == "2.1.0", "version", "is not 2.1.0");
    faults.each(&log["runs"], "runs", |faults, run, at| {
        faults.members(run, at, &["tool"], &["results", "columnKind", "properties"]);
        faults.one_of(&run["columnKind"], at, &["utf16CodeUnits", "unicodeCodePoints"]);
        let driver = &run["tool"]["driver"];
        faults.members(&run["tool"], at, &["driver"], &["properties"]);
        faults.members(driver, at, &["name"], &["version", "semanticVersion", "informationUri", "rules", "properties"]);
        faults.text(&driver["name"], at);
        faults.text(&driver["version"], at);
        faults.each(&driver["rules"], "rules", rule);
        let rules: Vec<&Value> = driver["rules"].as_array().into_iter().flatten().collect();
        let ids: BTreeSet<&str> = rules.iter().filter_map(|rule| rule["id"].as_str()).collect();
        faults.demand(ids.len() == rules.len(), "rules", "has one twice");
        faults.each(&run["results"], "results", |faults, value, at| result(faults, value, at, &rules));
    });
    faults.0.extend(violations(&SCHEMA, log));
    faults.0
}

fn rule(faults: &mut Faults, rule: &Value, at: &str) {
    let texts = ["shortDescription", "fullDescription", "help"];
    faults.members(rule, at, &["id"], &[&["name", "helpUri", "defaultConfiguration", "properties"], texts.as_slice()].concat());
    faults.demand(rule["id"].as_str().is_some_and(|id| !id.is_empty()), at, "has no id");
    faults.text(&rule["name"], at);
    for name in texts {
        faults.message(&rule[name], &format!("{at}.{name}"));
        // Where they are shown in lists, an empty one is as none.
        faults.demand(rule[name]["text"] != "", at, &format!("{name} is empty"));
    }
    faults.members(&rule["defaultConfiguration"], at, &[], &["level", "enabled", "rank"]);
    faults.one_of(&rule["defaultConfiguration"]["level"], at, &LEVELS);
    let properties = &rule["properties"];
    let tags: Vec<&Value> = properties["tags"].as_array().into_iter().flatten().collect();
    let unique: BTreeSet<&str> = tags.iter().filter_map(|tag| tag.as_str()).collect();
    faults.demand(unique.len() == tags.len(), at, &format!("tags are no texts, or one is there twice: {tags:?}"));
    // As GitHub reads it: a number in a text.
    let score = properties.get("security-severity").map(|score| score.as_str().and_then(|score| score.parse::<f64>().ok()));
    faults.demand(score.is_none_or(|score| score.is_some_and(|score| (0.0..=10.0).contains(&score))), at, "security-severity is no score");
}

fn result(faults: &mut Faults, result: &Value, at: &str, rules: &[&Value]) {
    let known = ["ruleId", "ruleIndex", "level", "kind", "locations", "partialFingerprints", "fingerprints", "suppressions", "properties"];
    faults.members(result, at, &["message"], &known);
    faults.message(&result["message"], at);
    faults.one_of(&result["level"], at, &LEVELS);
    let rule = result["ruleIndex"].as_u64().and_then(|place| rules.get(place as usize));
    faults.demand(rule.is_some_and(|rule| rule["id"] == result["ruleId"]), at, "ruleIndex is not that of ruleId");
    faults.demand(result["locations"].as_array().is_some_and(|all| !all.is_empty()), at, "has no location");
    faults.each(&result["locations"], at, |faults, location, at| {
        let place = &location["physicalLocation"];
        faults.members(location, at, &["physicalLocation"], &["id", "message", "logicalLocations", "properties"]);
        faults.members(place, at, &["artifactLocation"], &["region", "contextRegion", "properties"]);
        faults.members(&place["artifactLocation"], at, &["uri"], &["uriBaseId", "index"]);
        faults.demand(
            place["artifactLocation"]["uri"].as_str().is_some_and(is_reference),
            at,
            &format!("{} is no reference", place["artifactLocation"]),
        );
        region(faults, &place["region"], at);
    });
    let prints = result["partialFingerprints"].as_object();
    faults.demand(
        prints.is_some_and(|all| all.values().all(|print| print.as_str().is_some_and(|print| !print.is_empty()))),
        at,
        "has no fingerprint",
    );
    if let Some(suppressions) = result.get("suppressions") {
        faults.each(suppressions, at, |faults, one, at| {
            faults.members(one, at, &["kind"], &["status", "justification", "location", "guid"]);
            faults.one_of(&one["kind"], at, &["inSource", "external"]);
        });
    }
}

fn region(faults: &mut Faults, region: &Value, at: &str) {
    faults.members(region, at, &["startLine"], &["startColumn", "endLine", "endColumn", "snippet", "properties"]);
    let number = |name: &str| region[name].as_u64().unwrap_or(0);
    for name in ["startLine", "startColumn", "endLine", "endColumn"] {
        faults.demand(number(name) >= 1, at, &format!("{name} is {}", region[name]));
    }
    faults.demand(number("endLine") >= number("startLine"), at, "ends on a line before its first");
    let backwards = number("endLine") == number("startLine") && number("endColumn") < number("startColumn");
    faults.demand(!backwards, at, "ends before it begins");
    faults.members(&region["snippet"], at, &[], &["text", "rendered"]);
    faults.text(&region["snippet"]["text"], at);
}

/// A relative reference (RFC 3986): of a file within what was read, and not above it.
fn is_reference(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~/%!$&'()*+,;=@".contains(&byte);
    let escapes = text.split('%').skip(1).all(|rest| rest.len() >= 2 && rest.bytes().take(2).all(|byte| byte.is_ascii_hexdigit()));
    !text.is_empty() && text.bytes().all(allowed) && escapes && !text.starts_with('/') && !text.split('/').any(|part| part == "..")
}

/// The SARIF files of a run.
fn logs(ended: &Ended) -> Vec<Value> {
    let of = |(name, media_type, content): &(String, String, Vec<u8>)| {
        name.ends_with(".sarif").then(|| {
            assert_eq!(media_type, "application/sarif+json");
            serde_json::from_slice(content).unwrap()
        })
    };
    ended.stored.iter().filter_map(of).collect()
}

fn results(log: &Value) -> usize {
    log["runs"][0]["results"].as_array().map_or(0, Vec::len)
}

#[test]
fn the_file_of_every_skill_keeps_to_the_standard() {
    let skills = CodeAnalysis::default().card().skills;
    let writing: Vec<_> = skills.iter().filter(|skill| skill.output_schema["properties"].get("sarif").is_some()).collect();
    assert_eq!(writing.len(), 5, "{:?}", writing.iter().map(|skill| &skill.name).collect::<Vec<_>>());
    for skill in writing {
        let mut told = 0;
        for example in &skill.examples {
            let ended = perform(CodeAnalysis::default(), &skill.name, example.clone());
            let logs = logs(&ended);
            assert_eq!(logs.len(), 1, "{}", skill.name);
            told += results(&logs[0]);
            assert_eq!(faults(&logs[0]), Vec::<String>::new(), "{} {example}", skill.name);
        }
        assert!(told > 0, "{}: a file without results shows nothing", skill.name);
    }
}

#[test]
fn odd_names_lines_and_columns_keep_to_the_standard() {
    let secret = "api_key = \"q7Zk2Vx9Lm4Tp8Rw1Ys6\"";
    let hidden = format!("é = 1; {secret}  # baton:ignore secret-assignment\n{secret}\n{}{secret}", "ü; ".repeat(20_000));
    for name in ["ä b#c?.py", "%41.py", "a:b.py", "[x].py"] {
        let ended = perform_on_file(CodeAnalysis::default(), SECRETS, json!({}), name, hidden.as_bytes());
        let log = logs(&ended).remove(0);
        assert_eq!((faults(&log), results(&log)), (vec![], 3), "{name}");
        let last = &log["runs"][0]["results"];
        assert!(last.as_array().unwrap().iter().any(|one| one.get("suppressions").is_some()), "{last}");
    }
    let eval = b"import os\nfrom flask import request\ndef f():\n    os.system('ls ' +\n        request.args['x'])\n";
    for (skill, content) in [(SECURITY_AUDIT, eval.as_slice()), (SECURITY_AUDIT, b"x = 1\n".as_slice())] {
        let ended = perform_on_file(CodeAnalysis::default(), skill, json!({}), "a.py", content);
        assert_eq!(faults(&logs(&ended)[0]), Vec::<String>::new());
    }
    // An advisory without a summary, and with a weakness named twice.
    let folder = tempfile::tempdir().unwrap();
    let mut setting = Setting::default();
    let lock = setting.file(folder.path(), "requirements.txt", b"bad==1.9\n");
    let advisory = json!({
        "id": "TEST-1", "database_specific": {"severity": "HIGH", "cwe_ids": ["CWE-79", "CWE-79"]},
        "affected": [{"package": {"ecosystem": "PyPI", "name": "bad"}, "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}]}]}]
    });
    let advisory = setting.file(folder.path(), "a.json", advisory.to_string().as_bytes());
    let input = json!({"artifacts": [lock], "advisories": [advisory]});
    let log = logs(&run_in(setting, Arc::new(CodeAnalysis::default()), DEPENDENCIES, input)).remove(0);
    assert_eq!((faults(&log), results(&log)), (vec![], 1), "{log:#}");
}

#[test]
fn what_breaks_the_standard_is_seen() {
    let ended = perform_on_file(CodeAnalysis::default(), SECRETS, json!({}), "a.py", b"api_key = \"q7Zk2Vx9Lm4Tp8Rw1Ys6\"\n");
    let log = logs(&ended).remove(0);
    assert_eq!(faults(&log), Vec::<String>::new());
    // What the schema says, and what only the standard's text says, or those who show such files.
    let text = [
        "/runs/0/results/0/ruleIndex",
        "/runs/0/tool/driver/rules/0/properties/security-severity",
        "/runs/0/results/0/locations/0/physicalLocation/region/endColumn",
        "/runs/0/results/0/partialFingerprints",
    ];
    for (pointer, value) in [
        ("/version", json!("2.0.0")),
        ("/runs/0/tool/driver/name", json!(1)),
        ("/runs/0/columnKind", json!("bytes")),
        ("/runs/0/tool/driver/rules/0/defaultConfiguration/level", json!("info")),
        ("/runs/0/tool/driver/rules/0/properties/tags", json!(["a", "a"])),
        ("/runs/0/tool/driver/rules/0/properties/security-severity", json!(8.5)),
        ("/runs/0/results/0/level", json!("critical")),
        ("/runs/0/results/0/ruleIndex", json!(1)),
        ("/runs/0/results/0/message", json!({})),
        ("/runs/0/results/0/locations/0/physicalLocation/artifactLocation/uri", json!("a b.py")),
        ("/runs/0/results/0/locations/0/physicalLocation/region/startLine", json!(0)),
        ("/runs/0/results/0/locations/0/physicalLocation/region/endColumn", json!(1)),
        ("/runs/0/results/0/locations/0/physicalLocation/region/snippet", json!("text")),
        ("/runs/0/results/0/partialFingerprints", json!({"batonFinding/v1": ""})),
    ] {
        let mut broken = log.clone();
        *broken.pointer_mut(pointer).unwrap_or_else(|| panic!("{pointer} is not written")) = value;
        assert!(!faults(&broken).is_empty(), "{pointer}");
        // Formats of addresses are younger than the dialect of the schema.
        if !pointer.ends_with("/uri") {
            assert_eq!(violations(&SCHEMA, &broken).is_empty(), text.contains(&pointer), "{pointer}");
        }
    }
}
