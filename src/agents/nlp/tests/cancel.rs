//! Whether a cancelled attempt stops its work within a second: the channel to the host closes when its last thread is gone.

use crate::harness;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use baton_agents_nlp::{ANALYZE, CLASSIFY, NEAR_DUPLICATES, Nlp, SUMMARIZE, TRANSLATE};
use baton_agents_runtime::carrier::begin_in_process;
use baton_agents_runtime::protocol::{FileRef, FromAgent, Start, ToAgent, VERSION};
use baton_domain::agent::Limits;
use baton_domain::id::{AttemptId, TaskId};
use serde_json::{Value, json};
use uuid::Uuid;

/// Begins, waits for the message at which to cancel, cancels, and waits for the end.
fn stops(skill: &str, mut input: Value, content: Option<&[u8]>, at: impl Fn(&FromAgent) -> bool) {
    let folder = tempfile::tempdir().unwrap();
    let mut artifacts = BTreeMap::new();
    if let Some(content) = content {
        let path = folder.path().join("input");
        std::fs::write(&path, content).unwrap();
        let file = FileRef { path, name: "t.txt".to_owned(), media_type: "text/plain".to_owned(), size: content.len() as u64 };
        artifacts.insert(harness::file_id(), file);
        input["artifact"] = json!(harness::file_id());
    }
    let start = Start {
        protocol: VERSION,
        attempt_id: AttemptId::new(Uuid::from_u128(2)),
        task_id: TaskId::new(Uuid::from_u128(1)),
        attempt: 1,
        agent: "nlp".to_owned(),
        skill: skill.to_owned(),
        input,
        artifacts,
        scratch: folder.path().join("scratch"),
        heartbeat_ms: 1_000,
        limits: Limits::default(),
        depth: 0,
        checkpoint: None,
        egress: None,
        connections: BTreeMap::new(),
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        let mut connection = begin_in_process(Arc::new(Nlp::default()), start);
        loop {
            let message =
                tokio::time::timeout(Duration::from_secs(60), connection.from_agent.recv()).await.unwrap().expect("work that goes on");
            assert!(!matches!(message, FromAgent::Outcome { .. }), "{skill} ended before it was cancelled: {message:?}");
            if at(&message) {
                break;
            }
        }
        connection.to_agent.send(ToAgent::Cancel { reason: "a test".to_owned() }).await.unwrap();
        let end = async { while connection.from_agent.recv().await.is_some() {} };
        tokio::time::timeout(Duration::from_secs(1), end).await.unwrap_or_else(|_| panic!("{skill} goes on after it was cancelled"));
    });
}

#[test]
fn reading_five_megabytes_stops() {
    let text = "Ann wrote 12 letters to ann@example.org on 3 March 2024, and nobody answered. ".repeat((5 << 20) / 80);
    stops(ANALYZE, json!({}), Some(text.as_bytes()), |message| matches!(message, FromAgent::Progress { .. }));
}

#[test]
fn comparing_many_texts_stops() {
    let lines: String =
        (0..100_000).map(|number| format!("the line {} has words {} and {}\n", number % 977, number % 31, number)).collect();
    let signatures = |message: &FromAgent| matches!(message, FromAgent::Progress { fraction, .. } if *fraction > 0.3);
    stops(NEAR_DUPLICATES, json!({"format": "lines", "threshold": 0.5}), Some(lines.as_bytes()), signatures);
}

#[test]
fn waiting_for_a_model_that_hangs_stops() {
    let asked = |message: &FromAgent| matches!(message, FromAgent::Complete { .. });
    let text = "The harbour was rebuilt in the spring, and the whole town came to see it.";
    stops(TRANSLATE, json!({"text": text, "target": "de"}), None, asked);
    stops(SUMMARIZE, json!({"text": text, "mode": "abstractive"}), None, asked);
    stops(CLASSIFY, json!({"text": text, "labels": [{"name": "a"}, {"name": "b"}], "method": "model"}), None, asked);
}
