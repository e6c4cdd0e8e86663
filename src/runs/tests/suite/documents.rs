//! Are documents checked as a whole, stored in versions, and taken out of use?

use baton_domain::services::WorkflowService;
use baton_domain::wire::workflow::{NewWorkflow, WorkflowDraft, WorkflowFilter};

use crate::harness::{World, alice, bob};

const GOOD: &str =
    "name: good\nversion: 1\ntitle: Good\ninputs: {n: integer}\nsteps:\n  a: {uses: test.work, with: {n: '${{ inputs.n }}'}}\n";

fn new(text: &str, seen_version: Option<u32>) -> NewWorkflow {
    NewWorkflow { text: text.to_owned(), name: None, seen_version }
}

#[tokio::test]
async fn a_check_tells_all_problems_with_their_places() {
    let world = World::new();
    let server = world.server();
    let check = async |text: &str| server.workflows.check(&alice(), WorkflowDraft { text: text.to_owned() }).await.unwrap();
    let good = check(GOOD).await;
    assert!(good.problems.is_empty() && good.newest == 0, "{:?}", good.problems);
    assert_eq!(good.graph.unwrap().nodes[0].id, "a");
    assert_eq!(good.input_schema.unwrap()["required"][0], "n");
    let bad =
        check("name: bad\nversion: 1\nsteps:\n  a: {uses: test.wrok}\n  b: {uses: 'workflow:bad'}\n  c: {uses: test.work, needs: [d]}\n")
            .await;
    let found: Vec<(&str, u32)> = bad.problems.iter().map(|problem| (problem.code.as_str(), problem.line)).collect();
    assert_eq!(found, [("WORKFLOW-008", 4), ("WORKFLOW-010", 5), ("WORKFLOW-006", 6)]);
    assert!(bad.problems[0].advice.contains("test.work"));
    assert!(check("a: [").await.name.is_none());
    // Nothing was stored.
    assert!(server.workflows.list(&alice(), WorkflowFilter::default()).await.unwrap().items.is_empty());
    let problem = server.workflows.store(&alice(), new("name: bad\nversion: 1\nsteps:\n  a: {uses: x.y}\n", None)).await.unwrap_err();
    assert_eq!((problem.code.as_str(), problem.errors[0].field.as_str()), ("WORKFLOW-008", "/steps/a/uses"));
    assert!(problem.errors[0].message.starts_with("line 4, column"), "{}", problem.errors[0].message);
}

#[tokio::test]
async fn versions_are_kept_and_changes_stand_on_what_was_seen() {
    let world = World::new();
    let server = world.server();
    assert_eq!(server.workflows.store(&alice(), new(GOOD, Some(0))).await.unwrap().version, 1);
    assert_eq!(server.workflows.store(&alice(), new(GOOD, None)).await.unwrap().version, 1);
    let changed = GOOD.replace("title: Good", "title: Better");
    assert_eq!(server.workflows.store(&alice(), new(&changed, Some(0))).await.unwrap_err().code, "WORKFLOW-043");
    assert_eq!(server.workflows.store(&bob(), new(&changed, Some(1))).await.unwrap().version, 2);
    let named = NewWorkflow { name: Some("other".to_owned()), ..new(GOOD, None) };
    assert_eq!(server.workflows.store(&alice(), named).await.unwrap_err().errors[0].field, "/name");
    let versions = server.workflows.versions(&alice(), "good", WorkflowFilter::default()).await.unwrap().items;
    assert_eq!(versions.iter().map(|version| (version.version, version.title.as_str())).collect::<Vec<_>>(), [(2, "Better"), (1, "Good")]);
    let old = server.workflows.workflow(&alice(), "good", Some(1)).await.unwrap();
    assert_eq!((old.newest, old.text.as_str(), old.problems.len()), (2, GOOD, 0));
    // Today's catalogue counts.
    world.skills.gone.store(true, std::sync::atomic::Ordering::SeqCst);
    let now = server.workflows.workflow(&alice(), "good", None).await.unwrap();
    assert_eq!(now.problems[0].code, "WORKFLOW-008");
    world.skills.gone.store(false, std::sync::atomic::Ordering::SeqCst);
    server.workflows.retire(&bob(), "good").await.unwrap();
    assert_eq!(server.workflows.retire(&bob(), "good").await.unwrap_err().code, "WORKFLOW-040");
    assert!(server.workflows.list(&alice(), WorkflowFilter::default()).await.unwrap().items.is_empty());
    assert!(server.workflows.workflow(&alice(), "good", None).await.unwrap().summary.retired);
    let kinds: Vec<String> = world.events().await.into_iter().map(|event| event.kind).collect();
    assert_eq!(kinds, ["workflow.stored", "workflow.stored", "workflow.retired"]);
    assert_eq!(server.workflows.workflow(&alice(), "none", None).await.unwrap_err().code, "WORKFLOW-040");
}

#[tokio::test]
async fn workflows_do_not_use_one_another_in_circles() {
    let world = World::new();
    let server = world.server();
    server.store("name: a\nversion: 1\nsteps:\n  s: {uses: test.work}\n").await;
    server.store("name: b\nversion: 1\nsteps:\n  s: {uses: 'workflow:a'}\n").await;
    let circle = new("name: a\nversion: 1\nsteps:\n  s: {uses: 'workflow:b'}\n", None);
    assert_eq!(server.workflows.store(&alice(), circle).await.unwrap_err().code, "WORKFLOW-010");
    let detail = server.workflows.workflow(&alice(), "b", None).await.unwrap();
    assert_eq!((detail.uses, detail.problems.len()), (vec!["a".to_owned()], 0));
}
