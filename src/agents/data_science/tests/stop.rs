//! Whether the threads of a cancelled attempt end within a second, wherever in its work it is.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use crate::harness::file_id;
use baton_agents_data_science::{ANOMALIES, CHART, DataScience, FORECAST, PROFILE, QUERY, TEST};
use baton_agents_runtime::Agent;
use baton_agents_runtime::carrier::begin_in_process;
use baton_agents_runtime::protocol::{FileRef, FromAgent, Start, ToAgent, VERSION};
use baton_domain::agent::Limits;
use baton_domain::id::{AttemptId, TaskId};
use serde_json::{Value, json};
use uuid::Uuid;

const LIMIT: Duration = Duration::from_secs(1);

fn table(rows: usize) -> String {
    let mut text = "row,group,a,b,c,d,word\n".to_owned();
    let mut state = 88_172_645_463_325_252u64;
    for row in 0..rows {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        let _ = writeln!(
            text,
            "{row},{},{},{}.5,{}.25,{},w{}",
            row % 2,
            state % 10_007,
            state % 1_009,
            state % 100_003,
            state % 13,
            state % 50_000
        );
    }
    text
}

/// Begins an attempt, cancels it at its first sign of having come so far, and waits for the end of its threads: each of them holds an
/// end of the channel that the attempt speaks into. Gives whether it was cancelled before it had ended.
async fn cancelled_at(skill: &str, mut input: Value, path: &Path, stage: f64) -> bool {
    let agent = DataScience::default();
    let size = std::fs::metadata(path).unwrap().len();
    let file = FileRef { path: path.to_owned(), name: "t.csv".to_owned(), media_type: "text/csv".to_owned(), size };
    if skill == QUERY {
        input["tables"] = json!([{"name": "t", "artifact": file_id()}]);
    } else {
        input["artifact"] = json!(file_id());
    }
    let scratch = tempfile::tempdir().unwrap();
    let start = Start {
        protocol: VERSION,
        attempt_id: AttemptId::new(Uuid::from_u128(2)),
        task_id: TaskId::new(Uuid::from_u128(1)),
        attempt: 1,
        agent: agent.card().name,
        skill: skill.to_owned(),
        input,
        artifacts: BTreeMap::from([(file_id(), file)]),
        scratch: scratch.path().to_owned(),
        heartbeat_ms: 1_000,
        limits: Limits::default(),
        depth: 0,
        checkpoint: None,
        egress: None,
        connections: BTreeMap::new(),
    };
    let mut connection = begin_in_process(Arc::new(agent), start);
    loop {
        match tokio::time::timeout(Duration::from_secs(120), connection.from_agent.recv()).await.expect("an attempt that speaks") {
            Some(FromAgent::Progress { fraction, .. }) if fraction >= stage => break,
            Some(FromAgent::Outcome { result, .. }) => {
                assert!(result.is_ok(), "{skill}: {result:?}");
                return false;
            }
            Some(FromAgent::Artifact { request, .. }) => {
                let result = Ok(file_id());
                connection.to_agent.send(ToAgent::Stored { request, result }).await.unwrap();
            }
            Some(_) => {}
            None => return false,
        }
    }
    connection.to_agent.send(ToAgent::Cancel { reason: "a test".to_owned() }).await.unwrap();
    let silence = async { while connection.from_agent.recv().await.is_some() {} };
    assert!(tokio::time::timeout(LIMIT, silence).await.is_ok(), "{skill} at {stage} still works a second after it was cancelled");
    true
}

#[test]
fn threads_end_within_a_second_wherever_they_are() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.csv");
    std::fs::write(&path, table(baton_testkit::scale().of(200_000, 2_000_000))).unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    for (skill, input) in [
        (PROFILE, json!({})),
        (TEST, json!({"test": "mann_whitney", "columns": ["a", "b", "c"], "group": "group"})),
        (ANOMALIES, json!({"columns": ["a", "b", "c"], "method": "isolation_forest"})),
        (FORECAST, json!({"value": "a"})),
        (CHART, json!({"kind": "scatter", "x": "a", "y": ["b"]})),
        (
            QUERY,
            json!({"sql": "SELECT a.word, median(a.b), group_concat(a.c) FROM t a JOIN t b ON a.a = b.a GROUP BY a.word ORDER BY 2, 3"}),
        ),
        (QUERY, json!({"sql": "SELECT * FROM t ORDER BY word || a, b, c LIMIT 5"})),
        // Each match takes far longer than a step of SQLite's machine.
        (
            QUERY,
            json!({"sql": "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100) \
                           SELECT count(*) FROM n WHERE (SELECT group_concat(word) FROM t WHERE row < 3000) || i REGEXP '([a-z0-9]|,)*w([a-z0-9]|,){200}!'"}),
        ),
    ] {
        for stage in [0.01, 0.26, 0.5, 0.6, 0.62, 0.8] {
            runtime.block_on(cancelled_at(skill, input.clone(), &path, stage));
        }
    }
}
