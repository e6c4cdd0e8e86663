//! Whom does each event concern, and what settles it?

use baton_domain::id::EventSeq;
use baton_domain::services::NotificationService as _;
use baton_domain::user::Role;
use baton_storage::IdentityStore as _;
use serde_json::{Value, json};

use super::{Scene, audit};

#[tokio::test]
async fn an_approval_is_told_to_all_who_may_decide_but_not_to_who_asked() {
    let scene = Scene::open().await;
    scene.ask(1, "otto@example.com", json!([])).await;
    scene.ask(2, "nightly-key", json!([])).await;
    scene.ask(3, "ada@example.com", json!(["vera@example.com"])).await;
    scene.ask(4, "vera@example.com", json!(["role:operator"])).await;
    scene.project().await;
    let subjects = |rows: Vec<baton_storage::NotificationRecord>| rows.into_iter().map(|row| row.subject).collect::<Vec<_>>();
    assert_eq!(subjects(scene.rows(&scene.admin).await), ["approval:1:publish", "approval:2:publish", "approval:4:publish"]);
    assert_eq!(subjects(scene.rows(&scene.operator).await), ["approval:2:publish", "approval:4:publish"]);
    assert_eq!(subjects(scene.rows(&scene.viewer).await), ["approval:3:publish"]);
    let list = scene.desk().list(&scene.caller(&scene.viewer), Default::default()).await.unwrap();
    let row = &list.items[0];
    assert_eq!((row.title.as_str(), row.detail.as_deref()), ("Approval needed: Publish the page?", Some("Workflow intake, step publish")));
    assert_eq!((row.link.as_str(), row.kind.as_str()), ("/approvals/00000000-0000-7000-8000-000000000003", "approval.requested"));
    assert_eq!((row.at, row.seq, list.as_of), (scene.now(), EventSeq(3), EventSeq(4)));
}

#[tokio::test]
async fn who_began_a_run_anew_may_not_decide_either() {
    let scene = Scene::open().await;
    let data = json!({"title": "Go on?", "requested_by": "otto@example.com", "retried_by": "ada@example.com", "who": []});
    scene.commit("approval.requested", "approval:1:a", data).await;
    scene.project().await;
    assert!(scene.rows(&scene.admin).await.is_empty() && scene.rows(&scene.operator).await.is_empty());
}

#[tokio::test]
async fn each_end_of_an_approval_settles_it_for_everybody() {
    for end in ["approval.decided", "approval.expired", "approval.withdrawn"] {
        let scene = Scene::open().await;
        scene.ask(1, "key", json!([])).await;
        scene.ask(2, "key", json!([])).await;
        scene.project().await;
        assert_eq!((scene.unread(&scene.admin).await, scene.unread(&scene.operator).await), (2, 2));
        scene.pass(60);
        scene.commit(end, "approval:1:publish", json!({})).await;
        scene.project().await;
        assert_eq!((scene.unread(&scene.admin).await, scene.unread(&scene.operator).await), (1, 1), "{end}");
        assert_eq!(scene.rows(&scene.admin).await[0].settled_at, Some(scene.now()));
    }
}

#[tokio::test]
async fn what_is_settled_before_anybody_was_told_waits_for_nobody() {
    let scene = Scene::open().await;
    scene.ask(1, "key", json!([])).await;
    scene.commit("approval.decided", "approval:1:publish", json!({})).await;
    scene.project().await;
    let rows = scene.rows(&scene.admin).await;
    assert_eq!((rows.len(), rows[0].settled_at.is_some(), scene.unread(&scene.admin).await), (1, true, 0));
}

#[tokio::test]
async fn what_is_asked_for_again_after_it_was_settled_waits_even_within_one_millisecond() {
    let scene = Scene::open().await;
    scene.ask(1, "key", json!([])).await;
    scene.commit("approval.withdrawn", "approval:1:publish", json!({})).await;
    scene.ask(1, "key", json!([])).await;
    scene.commit("approval.expired", "approval:1:publish", json!({})).await;
    scene.ask(1, "key", json!([])).await;
    scene.project().await;
    let settled: Vec<bool> = scene.rows(&scene.admin).await.iter().map(|row| row.settled_at.is_some()).collect();
    assert_eq!((settled, scene.unread(&scene.admin).await), (vec![true, true, false], 1));
}

#[tokio::test]
async fn an_escalation_is_told_to_the_people_it_names_or_to_who_operates() {
    let scene = Scene::open().await;
    let decision = |people: Value| json!({"id": "7", "question": "Which offer?", "state": "escalated", "people": people, "anyone": false});
    scene.commit("decision.escalated", "decision:1", decision(json!([scene.viewer.id]))).await;
    scene.commit("decision.escalated", "decision:2", decision(json!([]))).await;
    scene.commit("decision.escalated", "decision:3", decision(json!(["otto@example.com"]))).await;
    // It has ended for the machine, and waits for people.
    scene.commit("decision.ended", "decision:1", decision(json!([scene.viewer.id]))).await;
    scene.project().await;
    assert_eq!(scene.titles(&scene.viewer).await, ["Decision needed: Which offer?"]);
    assert_eq!((scene.unread(&scene.viewer).await, scene.unread(&scene.operator).await, scene.unread(&scene.admin).await), (1, 2, 1));
    scene.commit("decision.ended", "decision:1", json!({"state": "cancelled"})).await;
    scene.commit("decision.decided", "decision:2", json!({"state": "decided"})).await;
    scene.project().await;
    assert_eq!((scene.unread(&scene.viewer).await, scene.unread(&scene.operator).await, scene.unread(&scene.admin).await), (0, 1, 0));
}

#[tokio::test]
async fn a_person_who_votes_is_told_that_their_vote_is_awaited() {
    let scene = Scene::open().await;
    scene.commit("decision.opened", "decision:1", json!({"question": "Which?", "people": [scene.viewer.id]})).await;
    scene.commit("decision.opened", "decision:2", json!({"question": "Which?", "people": []})).await;
    scene.project().await;
    assert_eq!(scene.titles(&scene.viewer).await, ["Vote needed: Which?"]);
    assert!(scene.rows(&scene.admin).await.is_empty());
}

#[tokio::test]
async fn a_conflict_is_told_to_who_operates_until_it_is_resolved() {
    let scene = Scene::open().await;
    scene.commit("conflict.opened", "conflict:1", json!({"id": "1", "line": "report.csv", "by": "vera@example.com"})).await;
    scene.project().await;
    assert_eq!(scene.titles(&scene.operator).await, ["Conflict to settle: report.csv"]);
    assert_eq!((scene.unread(&scene.admin).await, scene.unread(&scene.viewer).await), (1, 0));
    scene.commit("conflict.resolved", "conflict:1", json!({})).await;
    scene.project().await;
    assert_eq!((scene.unread(&scene.admin).await, scene.unread(&scene.operator).await), (0, 0));
}

#[tokio::test]
async fn another_way_that_baton_proposes_is_told_to_who_accepted_the_first_until_it_is_decided_on() {
    let scene = Scene::open().await;
    let plan = |who: Value| json!({"id": "1", "goal": "Rate it (again from `rate`)", "created_by": "Baton", "waits_for": who});
    let vera = json!({"kind": "user", "id": scene.viewer.id, "email": "vera@example.com"});
    scene.commit("plan.proposed", "plan:1", plan(vera)).await;
    scene.commit("plan.proposed", "plan:2", plan(Value::Null)).await;
    scene.commit("plan.proposed", "plan:3", plan(json!({"kind": "api_key", "id": "7", "name": "nightly-key"}))).await;
    scene.project().await;
    assert_eq!(scene.titles(&scene.viewer).await, ["Another way to accept: Rate it (again from `rate`)"]);
    let unread = (scene.unread(&scene.viewer).await, scene.unread(&scene.operator).await, scene.unread(&scene.admin).await);
    assert_eq!(unread, (1, 0, 1), "of a key's an administrator hears, and of one that somebody asked for nobody");
    scene.commit("plan.accepted", "plan:1", json!({})).await;
    scene.commit("plan.refused", "plan:3", json!({})).await;
    scene.project().await;
    assert_eq!((scene.unread(&scene.viewer).await, scene.unread(&scene.admin).await), (0, 0));
}

#[tokio::test]
async fn a_run_that_failed_is_told_to_who_began_it_until_it_goes_on() {
    let scene = Scene::open().await;
    let run = |by: &str, parent: Value| {
        json!({
            "id": "1", "title": "Nightly", "workflow": "nightly", "state": "failed", "parent": parent, "created_by": by,
            "error": {"code": "WORKFLOW-031", "message": "The step took\ttoo long."},
        })
    };
    scene.commit("run.failed", "run:1", run("vera@example.com", Value::Null)).await;
    scene.commit("run.failed", "run:2", run("vera@example.com", json!({"run": "1", "step": "a"}))).await;
    scene.commit("run.failed", "run:3", run("nightly-key", Value::Null)).await;
    scene.project().await;
    let rows = scene.rows(&scene.viewer).await;
    assert_eq!((rows.len(), rows[0].title.as_str()), (1, "Run failed: Nightly"));
    assert_eq!(rows[0].data["detail"], "WORKFLOW-031: The step took too long.");
    assert!(scene.rows(&scene.admin).await.is_empty());
    scene.commit("run.resumed", "run:1", json!({})).await;
    scene.project().await;
    assert_eq!(scene.unread(&scene.viewer).await, 0);
    scene.commit("run.failed", "run:1", run("vera@example.com", Value::Null)).await;
    scene.project().await;
    assert_eq!(scene.unread(&scene.viewer).await, 1, "it failed again");
}

#[tokio::test]
async fn a_task_that_came_to_nothing_is_told_to_who_submitted_it_by_hand() {
    let scene = Scene::open().await;
    for kind in ["task.failed", "task.rejected", "task.timed_out"] {
        scene.fail_task("vera@example.com", kind).await;
    }
    scene.fail_task("a-key", "task.failed").await;
    let mut child = scene.task("vera@example.com");
    child.parent_id = Some(child.id);
    scene.commit("task.failed", "task:1", serde_json::to_value(child).unwrap()).await;
    let mut of_run = scene.task("vera@example.com");
    of_run.fairness_key = Some("run:00000000-0000-7000-8000-000000000001".to_owned());
    scene.commit("task.failed", "task:2", serde_json::to_value(of_run).unwrap()).await;
    scene.commit("task.completed", "task:3", serde_json::to_value(scene.task("vera@example.com")).unwrap()).await;
    scene.commit("task.failed", "task:4", json!({"strange": true})).await;
    scene.project().await;
    let titles = scene.titles(&scene.viewer).await;
    assert_eq!(titles, ["Task failed: Read the mail", "Task rejected: Read the mail", "Task timed out: Read the mail"]);
    assert_eq!(scene.rows(&scene.viewer).await[0].data["detail"], "ATTEMPT-003: It fell silent.");
    assert!(scene.rows(&scene.admin).await.is_empty());
}

#[tokio::test]
async fn an_old_failure_is_no_news_and_an_old_question_still_waits() {
    let scene = Scene::open().await;
    scene.fail_task("vera@example.com", "task.failed").await;
    scene.ask(1, "key", json!(["vera@example.com"])).await;
    scene.pass(25 * 3_600);
    scene.fail_task("vera@example.com", "task.timed_out").await;
    scene.project().await;
    assert_eq!(scene.titles(&scene.viewer).await, ["Approval needed: Publish the page?", "Task timed out: Read the mail"]);
}

#[tokio::test]
async fn a_new_user_sees_nothing_of_before_and_one_who_may_not_sign_in_gets_nothing() {
    let scene = Scene::open().await;
    scene.ask(1, "key", json!([])).await;
    scene.pass(1);
    let late = scene.user("lara", Role::Operator).await;
    assert!(scene.store.change_user(scene.operator.id, Role::Operator, false, scene.now(), audit(&scene.sources)).await.unwrap());
    scene.ask(2, "key", json!([])).await;
    scene.project().await;
    assert_eq!(scene.rows(&scene.admin).await.len(), 2);
    assert_eq!(scene.rows(&late).await.iter().map(|row| row.subject.as_str()).collect::<Vec<_>>(), ["approval:2:publish"]);
    assert!(scene.rows(&scene.operator).await.is_empty());
}

#[tokio::test]
async fn events_that_say_nothing_readable_stop_nobody() {
    let scene = Scene::open().await;
    for kind in baton_domain::wire::notification::TELLING {
        for data in
            [Value::Null, json!([]), json!("text"), json!({"who": 7, "people": {}, "title": 3, "requested_by": [1], "parent": null})]
        {
            scene.commit(kind, "strange", data).await;
        }
    }
    let last = scene.ask(1, "key", json!([])).await;
    scene.project().await;
    let rows = scene.rows(&scene.admin).await;
    assert_eq!(rows.last().map(|row| row.seq), Some(last));
    assert!(rows.iter().all(|row| !row.title.is_empty()));
}
