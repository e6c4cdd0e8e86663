//! Does health say what is broken, and does the tracer show what was stored of a task?

use std::sync::Arc;

use crate::real_store::{RealStore, at};
use baton_domain::id::{AttemptId, SpanId, TaskId};
use baton_domain::services::{HealthService, TraceService};
use baton_domain::user::Caller;
use baton_domain::wire::trace::{Level, LogQuery};
use baton_observability::{DebugTracer, HealthMonitor, HealthOptions, Heartbeat};
use baton_storage::{NewError, NewLogLine, NewSpan, TraceBatch, TraceStore};
use uuid::Uuid;

fn monitor(real: &RealStore, change: impl FnOnce(&mut HealthOptions)) -> (HealthMonitor, Heartbeat) {
    let mut options = HealthOptions::new("0.1.0", real.folder.path());
    change(&mut options);
    let heartbeat = Heartbeat::new(real.clock.clone());
    (HealthMonitor::new(Arc::new(real.store.clone()), heartbeat.clone(), real.clock.clone(), options), heartbeat)
}

async fn broken(monitor: &HealthMonitor) -> Vec<String> {
    let health = monitor.ready().await.unwrap();
    assert_eq!(health.ok, health.checks.iter().all(|check| check.ok));
    assert_eq!(health.checks.len(), 3);
    health.checks.into_iter().filter(|check| !check.ok).map(|check| check.name).collect()
}

#[tokio::test]
async fn the_engine_is_ready_only_while_its_heart_beats() {
    let real = RealStore::open().await;
    let (monitor, heartbeat) = monitor(&real, |_| {});
    assert_eq!(broken(&monitor).await, ["engine"]);
    heartbeat.beat();
    assert!(broken(&monitor).await.is_empty());
    real.clock.set(10_000);
    assert!(broken(&monitor).await.is_empty());
    real.clock.set(10_001);
    assert_eq!(broken(&monitor).await, ["engine"]);
}

#[tokio::test]
async fn storage_that_is_closed_and_a_full_disk_are_seen_and_the_process_still_lives() {
    let real = RealStore::open().await;
    let (monitor, heartbeat) = monitor(&real, |options| options.minimum_free = u64::MAX);
    heartbeat.beat();
    assert_eq!(broken(&monitor).await, ["disk"]);
    real.store.close().await;
    assert_eq!(broken(&monitor).await, ["storage", "disk"]);
    let live = monitor.live().await.unwrap();
    assert!(live.ok && live.version == "0.1.0" && live.checks.is_empty());
}

#[tokio::test]
async fn a_data_folder_that_is_gone_is_seen_and_not_named() {
    let real = RealStore::open().await;
    let (monitor, heartbeat) = monitor(&real, |options| options.data_folder = "/no/such/folder".into());
    heartbeat.beat();
    assert_eq!(broken(&monitor).await, ["disk"]);
    assert!(!format!("{:?}", monitor.ready().await.unwrap()).contains("/no/such"));
}

fn line(level: Level, message: &str) -> NewLogLine {
    NewLogLine { at: at(1), level, message: message.to_owned(), fields: serde_json::Value::Null }
}

async fn traced(real: &RealStore) -> TaskId {
    let task = real.insert_task().await;
    let mut logs: Vec<NewLogLine> = (0..600).map(|index| line(Level::Debug, &format!("line {index}"))).collect();
    logs.push(line(Level::Warn, "almost"));
    logs.push(line(Level::Error, "failed"));
    let span = NewSpan {
        id: SpanId::new(Uuid::new_v4()),
        parent: None,
        name: "attempt".to_owned(),
        started_at: at(1),
        duration_us: 5,
        ok: false,
        attributes: serde_json::Value::Null,
    };
    let error = NewError { at: at(1), code: "DATA-001".to_owned(), message: "ragged".to_owned(), retryable: false };
    let batch = TraceBatch { task, attempt: AttemptId::new(Uuid::new_v4()), logs, spans: vec![span], errors: vec![error] };
    real.store.append_trace(batch).await.unwrap();
    task
}

#[tokio::test]
async fn log_pages_follow_one_another_and_keep_to_the_level() {
    let real = RealStore::open().await;
    let task = traced(&real).await;
    let tracer = DebugTracer::new(Arc::new(real.store.clone()), Arc::new(real.store.clone()));
    let caller = Caller::system();
    let first = tracer.logs(&caller, task, LogQuery::default()).await.unwrap();
    assert_eq!((first.items.len(), first.items[0].message.as_str()), (500, "line 0"));
    let rest = tracer.logs(&caller, task, LogQuery { after: Some(first.after), ..LogQuery::default() }).await.unwrap();
    assert_eq!((rest.items.len(), rest.items[0].message.as_str()), (102, "line 500"));
    let end = tracer.logs(&caller, task, LogQuery { after: Some(rest.after), ..LogQuery::default() }).await.unwrap();
    assert_eq!((end.items.len(), end.after), (0, rest.after));
    let loud = tracer.logs(&caller, task, LogQuery { level: Some(Level::Warn), ..LogQuery::default() }).await.unwrap();
    assert_eq!(loud.items.iter().map(|line| line.message.as_str()).collect::<Vec<_>>(), ["almost", "failed"]);
    let all = tracer.logs(&caller, task, LogQuery { limit: Some(5_000), ..LogQuery::default() }).await.unwrap();
    assert_eq!(all.items.len(), 602);
}

#[tokio::test]
async fn a_trace_has_the_spans_and_the_coded_errors() {
    let real = RealStore::open().await;
    let task = traced(&real).await;
    let tracer = DebugTracer::new(Arc::new(real.store.clone()), Arc::new(real.store.clone()));
    let trace = tracer.trace(&Caller::system(), task).await.unwrap();
    assert_eq!((trace.task_id, trace.spans[0].name.as_str(), trace.errors[0].code.as_str()), (task, "attempt", "DATA-001"));
}

#[tokio::test]
async fn wrong_questions_get_their_codes() {
    let real = RealStore::open().await;
    let task = real.insert_task().await;
    let tracer = DebugTracer::new(Arc::new(real.store.clone()), Arc::new(real.store.clone()));
    let unknown = TaskId::new(Uuid::new_v4());
    let (caller, nobody) = (Caller::system(), Caller::anonymous());
    let query = LogQuery::default();
    assert_eq!(tracer.logs(&caller, unknown, query).await.unwrap_err().code, "TASK-001");
    assert_eq!(tracer.trace(&caller, unknown).await.unwrap_err().code, "TASK-001");
    assert_eq!(tracer.logs(&nobody, task, query).await.unwrap_err().code, "AUTH-001");
    assert_eq!(tracer.trace(&nobody, task).await.unwrap_err().code, "AUTH-001");
    for wrong in [LogQuery { limit: Some(0), ..query }, LogQuery { limit: Some(5_001), ..query }, LogQuery { after: Some(-1), ..query }] {
        assert_eq!(tracer.logs(&caller, task, wrong).await.unwrap_err().code, "REQUEST-010");
    }
}
