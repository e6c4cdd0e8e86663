//! How do the skills do on thousands of real files: does each end, how fast, and what do they find?
//!
//! `cargo run --release -p baton-agents-code-analysis --example real_sources -- FOLDER [FILES_A_LANGUAGE] [SAMPLE]`. The folder is what
//! `src/agents/code_analysis/bench/fetch.sh` made. Files are packed into zip files of 200, as a user would send them; every skill that needs no
//! model reads each. SAMPLE findings, evenly spaced over all rules, are written out to be judged.

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
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use baton_agents_code_analysis::{BEST_PRACTICES, CodeAnalysis, METRICS, PERFORMANCE_REVIEW, SECRETS, SECURITY_AUDIT};
use serde_json::{Value, json};

const BATCH: usize = 200;

fn main() {
    let mut arguments = std::env::args().skip(1);
    let folder = PathBuf::from(arguments.next().expect("a folder"));
    let most: usize = arguments.next().map_or(1_500, |text| text.parse().expect("a number"));
    let sample: usize = arguments.next().map_or(0, |text| text.parse().expect("a number"));
    let languages = [
        ("rust", &["rs"][..]),
        ("python", &["py"]),
        ("javascript", &["js", "mjs", "cjs"]),
        ("typescript", &["ts", "tsx"]),
        ("go", &["go"]),
        ("java", &["java"]),
    ];
    let mut all = Vec::new();
    collect(&folder, &mut all);
    all.sort();
    let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut total = 0;
    for (language, extensions) in languages {
        let own: Vec<&PathBuf> =
            all.iter().filter(|path| path.extension().is_some_and(|extension| extensions.iter().any(|one| extension == *one))).collect();
        // Evenly from all packages.
        let step = (own.len() as f64 / most as f64).max(1.0);
        let chosen: Vec<&PathBuf> = (0..most.min(own.len())).map(|place| own[(place as f64 * step) as usize]).collect();
        total += chosen.len();
        let mut bytes = 0;
        let mut times: BTreeMap<&str, Duration> = BTreeMap::new();
        let (mut read, mut left_out, mut notes): (u64, BTreeMap<String, u64>, Vec<String>) = (0, BTreeMap::new(), Vec::new());
        let mut slow = Vec::new();
        for batch in chosen.chunks(BATCH) {
            let packed = pack(batch, &folder, &mut bytes);
            for skill in [METRICS, SECURITY_AUDIT, PERFORMANCE_REVIEW, BEST_PRACTICES, SECRETS] {
                let began = Instant::now();
                let ended = harness::perform_on_file(CodeAnalysis::default(), skill, json!({}), "batch.zip", &packed);
                *times.entry(skill).or_default() += began.elapsed();
                slow.extend(ended.logs.iter().filter(|line| line.contains(" took ")).map(|line| format!("{skill}: {line}")));
                let value = match ended.result {
                    Ok(value) => value,
                    Err(failure) => {
                        println!("FAILED {skill} on {language}: {} {}", failure.code, failure.message);
                        continue;
                    }
                };
                notes.extend(
                    value["notes"]
                        .as_array()
                        .into_iter()
                        .flatten()
                        .filter_map(Value::as_str)
                        .filter(|note| !note.contains("The result lists"))
                        .map(|note| format!("{skill}: {note}")),
                );
                if skill == SECURITY_AUDIT {
                    read += value["summary"]["files"].as_u64().unwrap_or(0);
                    for one in value["skipped"].as_array().into_iter().flatten() {
                        let reason: String =
                            one["reason"].as_str().unwrap_or("").chars().filter(|character| !character.is_ascii_digit()).take(40).collect();
                        *left_out.entry(reason).or_default() += 1;
                    }
                }
                if skill != METRICS {
                    for one in value["findings"].as_array().into_iter().flatten() {
                        let text = format!(
                            "{} [{} {}] {}:{} {}",
                            one["rule"].as_str().unwrap_or(""),
                            one["severity"].as_str().unwrap_or(""),
                            one["confidence"].as_str().unwrap_or(""),
                            one["file"].as_str().unwrap_or(""),
                            one["line"],
                            one["snippet"].as_str().unwrap_or("")
                        );
                        found.entry(one["rule"].as_str().unwrap_or("").to_owned()).or_default().push(text);
                    }
                }
            }
        }
        println!("{language}: {} files of {} ({:.1} MB), {read} read; left out: {left_out:?}", chosen.len(), own.len(), bytes as f64 / 1e6);
        for (skill, time) in &times {
            println!("  {skill}: {:.1} s, {:.0} files/s", time.as_secs_f64(), chosen.len() as f64 / time.as_secs_f64());
        }
        slow.sort();
        for line in slow.iter().chain(&notes).take(20) {
            println!("  {line}");
        }
    }
    println!("{total} files; peak memory {}", peak());
    println!("findings by rule:");
    let mut rules: Vec<(&String, &Vec<String>)> = found.iter().collect();
    rules.sort_by_key(|(_, all)| std::cmp::Reverse(all.len()));
    for (rule, all) in &rules {
        println!("  {} {rule}", all.len());
    }
    // In turn one of each rule, so that rare rules are judged as well.
    let mut round = 0;
    let mut shown = 0;
    while shown < sample && rules.iter().any(|(_, all)| all.len() > round) {
        for (_, all) in rules.iter().filter(|(_, all)| all.len() > round) {
            if shown < sample {
                println!("? {}", all[(all.len() / 2 + round * 7) % all.len()]);
                shown += 1;
            }
        }
        round += 1;
    }
}

fn collect(folder: &Path, into: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap().filter_map(Result::ok) {
        let kind = entry.file_type().unwrap();
        if kind.is_dir() {
            collect(&entry.path(), into);
        } else if kind.is_file() {
            into.push(entry.path());
        }
    }
}

fn pack(files: &[&PathBuf], folder: &Path, bytes: &mut u64) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for path in files {
        let content = std::fs::read(path).unwrap();
        *bytes += content.len() as u64;
        // A folder of that name is left out by the skills, but here it is what the package has.
        let name = path.strip_prefix(folder).unwrap().to_string_lossy().replace("node_modules", "modules");
        writer.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
        writer.write_all(&content).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

fn peak() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    status.lines().find(|line| line.starts_with("VmHWM")).unwrap_or("unknown").trim_start_matches("VmHWM:").trim().to_owned()
}
