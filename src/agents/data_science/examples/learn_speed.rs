//! How long a random forest of 100 trees and a logistic regression take on 100,000 rows of 20 columns, printed as JSON lines.
//!
//! `cargo run --release -p baton-agents-data-science --example learn_speed`, on one core with `taskset -c 0` before it.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout, clippy::disallowed_methods, reason = "a measurement")]

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::Arc;

use baton_agents_data_science::{DataScience, TRAIN};
use baton_agents_runtime::carrier::begin_in_process;
use baton_agents_runtime::protocol::{FileRef, FromAgent, Start, ToAgent, VERSION};
use baton_domain::agent::Limits;
use baton_domain::id::{ArtifactId, AttemptId, TaskId};
use serde_json::json;
use uuid::Uuid;

const ROWS: usize = 100_000;
const COLUMNS: usize = 20;

/// Twenty columns of chance of which five decide between two classes, with noise.
fn table() -> String {
    let mut state = 88_172_645_463_325_252u64;
    let mut next = move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 11) as f64 / (1u64 << 53) as f64 - 0.5
    };
    let mut text = (0..COLUMNS).map(|column| format!("x{column},")).collect::<String>() + "y\n";
    for _ in 0..ROWS {
        let row: Vec<f64> = (0..COLUMNS).map(|_| next()).collect();
        row.iter().for_each(|value| {
            let _ = write!(text, "{value:.6},");
        });
        let score = row[0] + row[1] - row[2] + 2.0 * row[3] * row[4] + 0.5 * next();
        text.push_str(if score > 0.0 { "yes\n" } else { "no\n" });
    }
    text
}

fn main() {
    let folder = std::env::temp_dir().join(format!("baton-learn-speed-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let path = folder.join("table.csv");
    let text = table();
    std::fs::write(&path, &text).unwrap();
    let id = ArtifactId::new(Uuid::from_u128(1));
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    for method in [
        json!({"method": "random_forest", "trees": 100, "folds": 0}),
        json!({"method": "random_forest", "trees": 100}),
        json!({"method": "logistic", "folds": 0}),
        json!({"method": "logistic"}),
    ] {
        let mut input = method.clone();
        (input["artifact"], input["target"]) = (json!(id), json!("y"));
        let file = FileRef { path: path.clone(), name: "table.csv".to_owned(), media_type: "text/csv".to_owned(), size: text.len() as u64 };
        let start = Start {
            protocol: VERSION,
            attempt_id: AttemptId::new(Uuid::from_u128(2)),
            task_id: TaskId::new(Uuid::from_u128(3)),
            attempt: 1,
            agent: "data-science".to_owned(),
            skill: TRAIN.to_owned(),
            input,
            artifacts: BTreeMap::from([(id, file)]),
            scratch: folder.join("scratch"),
            heartbeat_ms: 1_000,
            limits: Limits::default(),
            depth: 0,
            checkpoint: None,
            egress: None,
            connections: BTreeMap::new(),
        };
        let began = std::time::Instant::now();
        let (result, bytes) = runtime.block_on(async {
            let mut connection = begin_in_process(Arc::new(DataScience::default()), start);
            let mut bytes = 0;
            loop {
                match connection.from_agent.recv().await.expect("an outcome before the end") {
                    FromAgent::Artifact { request, file, .. } => {
                        bytes = std::fs::metadata(folder.join("scratch").join(file)).unwrap().len();
                        connection.to_agent.send(ToAgent::Stored { request, result: Ok(id) }).await.unwrap();
                    }
                    FromAgent::Outcome { result, .. } => return (result.expect("it trains"), bytes),
                    _ => {}
                }
            }
        });
        let seconds = began.elapsed().as_secs_f64();
        let accuracy = &result["metrics"][1]["accuracy"];
        println!(
            "{}",
            json!({"input": method, "rows": ROWS, "columns": COLUMNS, "seconds": seconds, "model_bytes": bytes, "accuracy": accuracy})
        );
    }
    let _ = std::fs::remove_dir_all(&folder);
}
