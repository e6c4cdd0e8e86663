//! Does every row that was handed over reach the audit table, whatever storage does meanwhile?

use std::sync::Arc;
use std::sync::atomic::Ordering;

use crate::real_store::{RealStore, Unreliable};
use baton_domain::problem::{Code, Problem};
use baton_domain::user::Caller;
use baton_observability::Auditor;
use tokio_util::sync::CancellationToken;

#[tokio::test]
async fn what_was_asked_and_refused_is_stored_at_shutdown_at_the_latest() {
    let real = RealStore::open().await;
    let (auditor, writer) = Auditor::new(Arc::new(real.store.clone()), real.sources());
    let shutdown = CancellationToken::new();
    let writing = tokio::spawn(writer.run(shutdown.clone()));
    let refusal = Problem::new(Code::Forbidden, "The role viewer does not include this.");
    let caller = Caller { request_id: Some("request-1".to_owned()), ..Caller::anonymous() };
    auditor.record(&caller, "task.cancel", Some("task:1"), Err(&refusal));
    auditor.record(&Caller::system(), "task.list", None, Ok(()));
    shutdown.cancel();
    writing.await.unwrap();
    let expected = [
        ("anonymous", "task.cancel", Some("task:1"), false, Some("AUTH-005"), Some("request-1")),
        ("system", "task.list", None, true, None, None),
    ];
    let rows = real.audit_rows().await;
    let found: Vec<_> =
        rows.iter().map(|row| (row.0.as_str(), row.1.as_str(), row.2.as_deref(), row.3, row.4.as_deref(), row.5.as_deref())).collect();
    assert_eq!(found, expected);
}

#[tokio::test]
async fn rows_are_stored_without_a_shutdown_and_the_writer_ends_with_its_last_handle() {
    let real = RealStore::open().await;
    let (auditor, writer) = Auditor::new(Arc::new(real.store.clone()), real.sources());
    let writing = tokio::spawn(writer.run(CancellationToken::new()));
    for _ in 0..600 {
        auditor.record(&Caller::system(), "task.get", None, Ok(()));
    }
    drop(auditor);
    writing.await.unwrap();
    assert_eq!(real.audit_rows().await.len(), 600);
}

#[tokio::test]
async fn rows_wait_while_storage_fails_and_are_stored_once_it_answers() {
    let real = RealStore::open().await;
    let unreliable = Arc::new(Unreliable::new(real.store.clone(), 2));
    let (auditor, writer) = Auditor::new(unreliable.clone(), real.sources());
    auditor.record(&Caller::system(), "task.get", None, Ok(()));
    drop(auditor);
    writer.run(CancellationToken::new()).await;
    assert_eq!(unreliable.failures_left.load(Ordering::SeqCst), 0);
    assert_eq!(real.audit_rows().await.len(), 1);
}

#[tokio::test]
async fn recording_never_waits_even_when_nobody_writes() {
    let real = RealStore::open().await;
    let (auditor, writer) = Auditor::new(Arc::new(real.store.clone()), real.sources());
    for _ in 0..5_000 {
        auditor.record(&Caller::system(), "task.get", None, Ok(()));
    }
    drop(auditor);
    writer.run(CancellationToken::new()).await;
    // The queue's bound; the others stand in the server's log.
    assert_eq!(real.audit_rows().await.len(), 4_096);
}
