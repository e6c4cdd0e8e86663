//! How many weak files do the security rules find, and how many clean ones do they blame?
//!
//! `cargo run --release -p baton-agents-code-analysis --example security_rules -- DIR [--list] [--own FILE] [--exclude ID,ID]`. DIR has a
//! `manifest.json`: an array of `{file, language, label: vulnerable|clean, cwe: ["CWE-89"], lines}`, files named from DIR.
//!
//! A vulnerable file is found if the audit has a finding in it of one of its CWEs, or of one that is its direct parent or child in MITRE's
//! research view (the pairs in `FAMILY`). A clean file is blamed if the audit has any finding in it of severity `warning` or `error`, which
//! SARIF and most tools call medium and high. Recall is found of vulnerable, precision is found of found and blamed.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a measurement"
)]

#[path = "../../data_science/tests/harness/mod.rs"]
mod harness;

use std::collections::BTreeMap;
use std::path::PathBuf;

use baton_agents_code_analysis::{CodeAnalysis, SECURITY_AUDIT};
use serde::Deserialize;
use serde_json::{Value, json};

/// Child and parent, from MITRE's research view (CWE-1000, version 4.15).
const FAMILY: &[(u32, u32)] = &[
    (78, 77),
    (88, 77),
    (77, 74),
    (564, 89),
    (89, 943),
    (90, 943),
    (943, 74),
    (79, 74),
    (80, 79),
    (83, 79),
    (87, 79),
    (91, 74),
    (643, 91),
    (652, 91),
    (93, 74),
    (113, 93),
    (94, 74),
    (95, 94),
    (96, 94),
    (1336, 94),
    (94, 913),
    (470, 913),
    (502, 913),
    (915, 913),
    (1321, 915),
    (117, 116),
    (23, 22),
    (36, 22),
    (22, 706),
    (98, 706),
    (328, 327),
    (916, 328),
    (759, 916),
    (760, 916),
    (1240, 327),
    (780, 327),
    (330, 693),
    (338, 330),
    (331, 330),
    (335, 330),
    (336, 335),
    (337, 335),
    (340, 330),
    (329, 1204),
    (1204, 330),
    (296, 295),
    (297, 295),
    (298, 295),
    (299, 295),
    (295, 287),
    (259, 798),
    (321, 798),
    (798, 1391),
    (614, 319),
    (319, 311),
    (312, 311),
    (1004, 732),
    (276, 732),
    (277, 732),
    (279, 732),
    (281, 732),
    (378, 377),
    (379, 377),
    (1333, 407),
    (407, 405),
    (405, 400),
    (770, 400),
    (789, 770),
    (409, 405),
    (776, 405),
    (190, 682),
    (191, 682),
    (680, 190),
    (197, 681),
    (787, 119),
    (125, 119),
    (120, 119),
    (825, 119),
    (824, 119),
    (822, 119),
    (416, 825),
    (415, 825),
    (476, 754),
    (366, 362),
    (367, 362),
    (364, 362),
    (347, 345),
    (352, 345),
    (346, 345),
    (942, 863),
    (208, 203),
    (203, 200),
    (209, 200),
    (201, 200),
    (497, 200),
    (538, 200),
    (532, 538),
    (306, 287),
    (307, 287),
    (601, 610),
    (384, 610),
    (611, 610),
    (918, 441),
    (215, 200),
    (117, 74),
    (256, 522),
    (257, 522),
    (522, 287),
    (843, 704),
    (681, 704),
    (704, 664),
];

#[derive(Deserialize)]
struct Labelled {
    file: String,
    language: String,
    label: String,
    #[serde(default)]
    cwe: Vec<String>,
    #[serde(default)]
    lines: Vec<u64>,
}

#[derive(Default)]
struct Count {
    vulnerable: u32,
    found: u32,
    at_line: u32,
    loud: u32,
    clean: u32,
    blamed: u32,
}

impl Count {
    fn line(&self) -> String {
        let part = |of: u32, all: u32| if all == 0 { "    -".to_owned() } else { format!("{:.3}", f64::from(of) / f64::from(all)) };
        format!(
            "{:>4} of {:>4} found ({} at the labelled line, {} as warning or error), {:>3} of {:>4} clean blamed; recall {}, precision {}",
            self.found,
            self.vulnerable,
            self.at_line,
            self.loud,
            self.blamed,
            self.clean,
            part(self.found, self.vulnerable),
            part(self.found, self.found + self.blamed)
        )
    }
}

fn number(cwe: &str) -> u32 {
    cwe.trim_start_matches("CWE-").parse().unwrap_or(0)
}

fn related(one: u32, other: u32) -> bool {
    one == other || FAMILY.contains(&(one, other)) || FAMILY.contains(&(other, one))
}

fn main() {
    let mut arguments = std::env::args().skip(1);
    let folder = PathBuf::from(arguments.next().expect("a folder with manifest.json"));
    let (mut list, mut own, mut exclude) = (false, None, Vec::new());
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--list" => list = true,
            "--own" => own = Some(std::fs::read_to_string(arguments.next().expect("a file of rules")).unwrap()),
            "--exclude" => exclude = arguments.next().expect("names of rules").split(',').map(str::to_owned).collect(),
            other => panic!("{other} is not known"),
        }
    }
    let manifest: Vec<Labelled> = serde_json::from_slice(&std::fs::read(folder.join("manifest.json")).unwrap()).unwrap();
    let mut languages: BTreeMap<String, Count> = BTreeMap::new();
    let mut weaknesses: BTreeMap<u32, Count> = BTreeMap::new();
    let mut rules: BTreeMap<String, (u32, u32, u32)> = BTreeMap::new();
    let mut all = Count::default();
    for labelled in &manifest {
        let path = folder.join(&labelled.file);
        let content = std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let mut input = json!({"exclude": exclude});
        if let Some(own) = &own {
            input["rules"] = json!(own);
        }
        let ended = harness::perform_on_file(CodeAnalysis::default(), SECURITY_AUDIT, input, &name, &content);
        let found = match &ended.result {
            Ok(value) => value["findings"].as_array().cloned().unwrap_or_default(),
            Err(failure) => {
                println!("not read: {} {} {}", labelled.file, failure.code, failure.message);
                Vec::new()
            }
        };
        let told =
            |one: &Value| format!("{} {}:{}", one["rule"].as_str().unwrap_or(""), one["severity"].as_str().unwrap_or(""), one["line"]);
        let language = languages.entry(labelled.language.clone()).or_default();
        if labelled.label == "vulnerable" {
            let wanted: Vec<u32> = labelled.cwe.iter().map(|cwe| number(cwe)).collect();
            let hits: Vec<&Value> = found
                .iter()
                .filter(|one| {
                    one["cwe"]
                        .as_array()
                        .into_iter()
                        .flatten()
                        .any(|cwe| wanted.iter().any(|wanted| related(number(cwe.as_str().unwrap_or("")), *wanted)))
                })
                .collect();
            let at_line = hits.iter().any(|one| labelled.lines.iter().any(|line| one["line"].as_u64().unwrap_or(0).abs_diff(*line) <= 3));
            let weakness = weaknesses.entry(wanted.first().copied().unwrap_or(0)).or_default();
            for count in [language, weakness, &mut all] {
                count.vulnerable += 1;
                count.found += u32::from(!hits.is_empty());
                count.at_line += u32::from(at_line);
                count.loud += u32::from(hits.iter().any(|one| one["severity"] != "info"));
            }
            for rule in names(&hits) {
                rules.entry(rule).or_default().0 += 1;
            }
            let others: Vec<&Value> = found.iter().filter(|one| !hits.iter().any(|hit| hit["fingerprint"] == one["fingerprint"])).collect();
            for rule in names(&others) {
                rules.entry(rule).or_default().2 += 1;
            }
            if list && hits.is_empty() {
                println!(
                    "missed {} {:?} lines {:?}; had {:?}",
                    labelled.file,
                    labelled.cwe,
                    labelled.lines,
                    found.iter().map(told).collect::<Vec<_>>()
                );
            }
        } else {
            let wrong: Vec<&Value> = found.iter().filter(|one| one["severity"] != "info").collect();
            for count in [language, &mut all] {
                count.clean += 1;
                count.blamed += u32::from(!wrong.is_empty());
            }
            for rule in names(&wrong) {
                rules.entry(rule).or_default().1 += 1;
            }
            if list && !wrong.is_empty() {
                println!("blamed {}: {:?}", labelled.file, wrong.iter().map(|one| told(one)).collect::<Vec<_>>());
            }
        }
    }
    println!("by language:");
    for (language, count) in &languages {
        println!("  {language:<12} {}", count.line());
    }
    println!("  {:<12} {}", "all", all.line());
    println!("by CWE of the vulnerable files:");
    for (cwe, count) in &weaknesses {
        println!("  CWE-{cwe:<6} {:>3} of {:>3} found", count.found, count.vulnerable);
    }
    println!("by rule: vulnerable files found, clean files blamed, vulnerable files with another weakness:");
    for (rule, (found, blamed, other)) in &rules {
        println!("  {rule:<34} {found:>3} {blamed:>3} {other:>3}");
    }
}

fn names(findings: &[&Value]) -> Vec<String> {
    let mut names: Vec<String> = findings.iter().filter_map(|one| one["rule"].as_str().map(str::to_owned)).collect();
    names.sort();
    names.dedup();
    names
}
