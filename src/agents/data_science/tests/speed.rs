//! How long a profile of 100,000 rows and 20 columns takes, and one of a million rows: printed as JSON lines.
//!
//! `make chaos` runs it at its full size: `BATON_TEST_SCALE=full cargo test --release -p baton-agents-data-science --test speed -- --nocapture`

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "tests; it measures time"
)]

mod harness;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::sync::Arc;

use baton_agents_data_science::{DataScience, PROFILE};
use baton_agents_runtime::protocol::FileRef;
use harness::{file_id, run};
use serde_json::json;

/// Twelve numeric columns, some with gaps, and eight of other types.
fn table(rows: u32, out: &mut impl std::io::Write) {
    let mut state = 88_172_645_463_325_252u64;
    let mut next = move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    };
    let names: Vec<String> = (0..20).map(|column| format!("c{column}")).collect();
    writeln!(out, "{}", names.join(",")).unwrap();
    let mut text = String::new();
    for row in 0..rows {
        text.clear();
        for _ in 0..8 {
            let _ = write!(text, "{:.4},", (next() % 1_000_000) as f64 / 997.0);
        }
        for _ in 0..4 {
            let value = next() % 10_000;
            if value < 500 {
                text.push(',')
            } else {
                let _ = write!(text, "{value},");
            }
        }
        let _ = writeln!(
            text,
            "{row},{},{},2024-{:02}-{:02},city {},{:x},{},note {}",
            next() % 2 == 0,
            ["red", "green", "blue"][(next() % 3) as usize],
            next() % 12 + 1,
            next() % 28 + 1,
            next() % 500,
            next() % 50_000,
            next() % 7,
            next() % 1_000
        );
        out.write_all(text.as_bytes()).unwrap();
    }
}

fn measure(rows: u32) {
    // Never whole in memory, whose peak is looked at.
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("speed.csv");
    let mut out = BufWriter::new(File::create(&path).unwrap());
    table(rows, &mut out);
    out.flush().unwrap();
    let size = std::fs::metadata(&path).unwrap().len();
    let file = FileRef { path, name: "speed.csv".to_owned(), media_type: "text/csv".to_owned(), size };
    let began = std::time::Instant::now();
    let artifacts = BTreeMap::from([(file_id(), file)]);
    let result = run(Arc::new(DataScience::default()), PROFILE, json!({"artifact": file_id()}), artifacts).value();
    let seconds = began.elapsed().as_secs_f64();
    assert_eq!((result["rows"].as_u64(), result["columns"].as_array().unwrap().len()), (Some(u64::from(rows)), 20));
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or("").trim().to_owned();
    println!("{}", json!({"rows": rows, "columns": 20, "bytes": size, "seconds": seconds, "peak_of_test_process": peak}));
}

#[test]
fn a_wide_table_is_described_whole() {
    for (usual, full) in [(1_000, 100_000), (2_000, 1_000_000)] {
        measure(u32::try_from(baton_testkit::scale().of(usual, full)).unwrap());
    }
}
