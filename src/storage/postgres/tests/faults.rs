//! What is left of a group of writes when the process dies around its commit? All of it or nothing, and nothing is answered in between.

use std::os::unix::process::ExitStatusExt;
use std::process::{Command, ExitStatus};

use baton_storage::fault_points::{FaultPoint, arm};
use baton_storage::{EventStore, Idempotency, Inserted, NewTaskRecord, TaskStore};

use crate::harness::{database, new_task, open};

/// Tells the other process which database it is to write to, and where it is to die.
const URL: &str = "BATON_TEST_FAULT_URL";
const POINT: &str = "BATON_TEST_FAULT_POINT";
const SIGKILL: i32 = 9;

/// The same request in every process.
fn request() -> (Vec<NewTaskRecord>, Option<Idempotency>) {
    let tasks = (0..3).map(|_| new_task()).collect();
    (tasks, Some(Idempotency { principal: "user:ada".to_owned(), key: "k".to_owned(), request_hash: [7; 32] }))
}

/// Has another process of this program write, and die at a point.
fn die_at(point: FaultPoint, url: &str) -> ExitStatus {
    let mut child = Command::new(std::env::current_exe().unwrap());
    child.args(["--exact", "faults::one_that_dies", "--ignored"]).env(URL, url).env(POINT, point.as_str());
    child.output().unwrap().status
}

#[test]
#[ignore = "the other process, which the tests beside start"]
#[expect(clippy::disallowed_methods, reason = "what the process that started this one says")]
fn one_that_dies() {
    let (Ok(url), Ok(point)) = (std::env::var(URL), std::env::var(POINT)) else { return };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let store = open(&url).await;
        let (tasks, key) = request();
        arm(point.parse().unwrap());
        store.insert_tasks(tasks, key).await.unwrap();
    });
}

#[tokio::test]
async fn a_process_that_dies_before_its_commit_leaves_nothing() {
    let url = database();
    open(&url).await.close().await;
    assert_eq!(die_at(FaultPoint::BeforeCommit, &url).signal(), Some(SIGKILL));
    let store = open(&url).await;
    assert_eq!(store.head().await.unwrap().0, 0, "no event");
    assert_eq!(store.state_counts().await.unwrap().0, [], "no task");
    // The client asks again, and is the first.
    let (tasks, key) = request();
    assert_eq!(store.insert_tasks(tasks, key).await.unwrap(), Inserted::Stored);
    assert_eq!(store.head().await.unwrap().0, 3);
    store.close().await;
}

#[tokio::test]
async fn a_process_that_dies_after_its_commit_leaves_everything() {
    let url = database();
    open(&url).await.close().await;
    assert_eq!(die_at(FaultPoint::AfterCommit, &url).signal(), Some(SIGKILL));
    let store = open(&url).await;
    assert_eq!(store.head().await.unwrap().0, 3, "each task with its event");
    let (counts, _) = store.state_counts().await.unwrap();
    assert_eq!(counts.iter().map(|count| count.count).collect::<Vec<_>>(), [3]);
    // The client, which was not answered, asks again and is told of what the first request made.
    let (tasks, key) = request();
    let Inserted::Replayed(ids) = store.insert_tasks(tasks, key).await.unwrap() else { panic!("a second time") };
    for id in &ids {
        assert!(store.task(*id).await.unwrap().is_some());
    }
    assert_eq!((ids.len(), store.head().await.unwrap().0), (3, 3));
    store.close().await;
}
