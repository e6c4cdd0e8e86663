//! What does an attempt get to read of other tasks' results, and what is it refused?

use std::time::Duration;

use baton_domain::id::{AuditId, TaskId, UserId};
use baton_domain::user::{Caller, Principal, Role};
use baton_domain::wire::task::{NewTask, TaskDetail};
use baton_domain::wire::trace::Level;
use baton_storage::{AuditRow, IdentityStore, TraceStore, UserRecord};
use serde_json::{Value, json};
use uuid::Uuid;

use super::world::{SCRIPTED, World};

fn citing(task: TaskId, pointer: Option<&str>) -> NewTask {
    let mut input = json!({"do": "cite", "task": task});
    if let Some(pointer) = pointer {
        input["pointer"] = json!(pointer);
    }
    NewTask::new(SCRIPTED, input)
}

fn code(task: TaskDetail) -> String {
    task.summary.failure.unwrap_or_else(|| panic!("{:?}", task.result)).code
}

#[tokio::test]
async fn a_completed_task_is_cited_with_who_did_it_and_its_file() {
    let world = World::new().await;
    let stored = world.run(NewTask::new(SCRIPTED, json!({"do": "store"}))).await;
    let (id, result) = (stored.summary.id, stored.result.unwrap());
    let cited = |value: Value, text: &str| json!({"title": stored.summary.title, "skill": SCRIPTED, "agent": "scripted", "value": value, "text": text});
    for (pointer, value, text) in
        [(None, Value::Null, ""), (Some(""), result.clone(), ""), (Some("/artifact"), result["artifact"].clone(), "kept")]
    {
        let citing = world.run(citing(id, pointer)).await;
        assert_eq!(citing.result, Some(cited(value, text)), "{pointer:?}: {:?}", citing.summary.failure);
        // Its trace says what it read.
        let lines = world.store.log_lines(citing.summary.id, 0, Level::Info, 100).await.unwrap();
        assert!(lines.iter().any(|line| line.fields["task"] == json!(id)), "{lines:?}");
    }
}

#[tokio::test]
async fn what_has_no_result_or_is_not_there_is_refused_by_its_code() {
    let world = World::new().await;
    let echo = || NewTask::new("diagnostics.echo", json!({"message": "x"}));
    let done = world.run(echo()).await.summary.id;
    let later = NewTask { run_at: Some(world.sources.clock.now().plus(Duration::from_secs(3_600))), ..echo() };
    let waiting = world.submit(later).await.unwrap();
    let failed = world.run(NewTask::new(SCRIPTED, json!({"do": "wrong"}))).await.summary.id;
    for (task, pointer, expected) in [
        (waiting, None, "TASK-013"),
        (failed, Some(""), "TASK-013"),
        (TaskId::new(Uuid::from_u128(1)), None, "TASK-001"),
        (done, Some("/nowhere"), "TASK-003"),
        (done, Some("message"), "TASK-003"),
    ] {
        assert_eq!(code(world.run(citing(task, pointer)).await), expected, "{task} {pointer:?}");
    }
    let long = format!("/{}", "x".repeat(1_024));
    assert_eq!(code(world.run(citing(done, Some(&long))).await), "TASK-003");
}

#[tokio::test]
async fn what_belongs_to_another_project_is_as_if_it_were_not_there() {
    let world = World::new().await;
    let done = world.run(NewTask::new("diagnostics.echo", json!({"message": "x"}))).await.summary.id;
    assert_eq!(world.run(citing(done, Some("/message"))).await.result.unwrap()["value"], "x");
    let sql = rusqlite::Connection::open(world.folder.path().join("baton.db")).unwrap();
    sql.execute_batch("PRAGMA foreign_keys = OFF").unwrap();
    let moved = "UPDATE tasks SET project_id = ?1 WHERE id = ?2";
    let rows = sql.execute(moved, rusqlite::params![Uuid::from_u128(77).as_bytes(), done.as_uuid().as_bytes()]).unwrap();
    assert_eq!(rows, 1);
    assert_eq!(code(world.run(citing(done, Some("/message"))).await), "TASK-001");
}

#[tokio::test]
async fn nothing_is_read_on_behalf_of_whoever_may_not_read_any_more() {
    let world = World::new().await;
    let now = world.sources.clock.now();
    let audit = |id: u128| AuditRow {
        id: AuditId::new(Uuid::from_u128(id)),
        at: now,
        principal: Principal::System,
        action: "test".to_owned(),
        target: None,
        allowed: true,
        code: None,
        request_id: None,
        address: None,
    };
    let id = UserId::new(Uuid::from_u128(7));
    let user = UserRecord {
        id,
        email: "ann@example.org".to_owned(),
        role: Role::Operator,
        active: true,
        password_hash: "x".to_owned(),
        created_at: now,
        last_login_at: None,
    };
    // Without an administrator nobody's role is changed.
    let other = UserRecord { id: UserId::new(Uuid::from_u128(8)), email: "root@example.org".to_owned(), role: Role::Admin, ..user.clone() };
    world.store.insert_user(other, false, audit(8)).await.unwrap();
    world.store.insert_user(user, false, audit(1)).await.unwrap();
    let done = world.run(NewTask::new("diagnostics.echo", json!({"message": "x"}))).await.summary.id;
    // Her request was let through before she was deactivated.
    let principal = Principal::User { id, email: "ann@example.org".to_owned() };
    let ann = Caller { principal, role: Some(Role::Operator), request_id: Some("r".to_owned()), ..Caller::system() };
    for (role, active, refused) in [(Role::Operator, true, false), (Role::Viewer, true, false), (Role::Operator, false, true)] {
        let number = 2 + u128::from(refused) + 2 * u128::from(role == Role::Viewer);
        world.store.change_user(id, role, active, now, audit(number)).await.unwrap();
        let task = world.tasks().submit(&ann, citing(done, Some("/message")), None).await.unwrap().id;
        let ended = world.ended(task).await;
        match refused {
            true => assert_eq!(code(ended), "AUTH-005"),
            false => assert_eq!(ended.result.unwrap()["value"], "x", "{role:?}"),
        }
    }
}
