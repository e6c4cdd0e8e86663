//! Which copies does `metrics` find in a folder? As JSON, to be held against another tool's (`src/agents/code_analysis/bench/agreement.py`).
//!
//! `cargo run --release -p baton-agents-code-analysis --example copies -- FOLDER [LEAST_TOKENS]`

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

use std::io::Write;
use std::path::{Path, PathBuf};

use baton_agents_code_analysis::{CodeAnalysis, METRICS};
use serde_json::{Value, json};

fn main() {
    let mut arguments = std::env::args().skip(1);
    let folder = PathBuf::from(arguments.next().expect("a folder"));
    let least: u64 = arguments.next().map_or(50, |text| text.parse().expect("a number"));
    let mut files = Vec::new();
    collect(&folder, &mut files);
    files.sort();
    let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for path in &files {
        writer.start_file(path.strip_prefix(&folder).unwrap().to_string_lossy(), zip::write::SimpleFileOptions::default()).unwrap();
        writer.write_all(&std::fs::read(path).unwrap()).unwrap();
    }
    let bytes = writer.finish().unwrap().into_inner();
    let ended = harness::perform_on_file(CodeAnalysis::default(), METRICS, json!({"least_tokens": least}), "folder.zip", &bytes);
    // The file has all copies where the result has only a part.
    let whole = ended.stored.first().map(|(_, _, bytes)| serde_json::from_slice::<Value>(bytes).unwrap());
    let result = whole.unwrap_or_else(|| ended.value());
    println!("{}", json!({"lines": result["lines"], "duplication": result["duplication"]}));
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
