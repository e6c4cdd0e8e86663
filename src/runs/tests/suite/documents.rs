//! Are documents checked as a whole, stored in versions, and taken out of use?

use std::sync::Arc;

use async_trait::async_trait;
use baton_domain::id::DecisionId;
use baton_domain::problem::{Code, Problem};
use baton_domain::services::{Answer, WorkflowService};
use baton_domain::user::Caller;
use baton_domain::wire::workflow::{MAXIMUM_WORKFLOWS, NewWorkflow, WorkflowDraft, WorkflowFilter};
use baton_runs::{DecisionDraft, DecisionEnd, DecisionOrder, Decisions};
use serde_json::{Value, json};

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

/// Knows two rules and one voter, and that there are no more than three samples.
struct Strict;

#[async_trait]
impl Decisions for Strict {
    async fn open(&self, _: &Caller, _: DecisionOrder) -> Answer<DecisionId> {
        panic!("nothing runs here")
    }
    async fn check(&self, caller: &Caller, drafts: Vec<DecisionDraft>) -> Answer<Vec<Option<Problem>>> {
        assert_eq!(caller.principal, alice().principal);
        let look = |draft: DecisionDraft| {
            let mut problem = Problem::new(Code::InvalidDecision, "Correct it.");
            if draft.rule.is_some_and(|rule| !matches!(rule.as_str(), "majority" | "borda")) {
                problem = problem.with_field("/rule", "There is no such rule.");
            }
            if draft.more.contains_key("quorm") {
                problem = problem.with_field("/quorm", "unknown field");
            }
            if draft.quorum.is_some_and(|quorum| quorum > 3.0) {
                problem = problem.with_field("/quorum", "More than vote.");
            }
            let voters = draft.voters.and_then(|voters| voters.as_array().cloned()).unwrap_or_default();
            for (place, _) in voters.iter().enumerate().filter(|(_, voter)| **voter != json!("one")) {
                problem = problem.with_field(format!("/voters/{place}"), "There is nobody of this name.");
            }
            if draft.options.as_ref().and_then(Value::as_array).is_some_and(|options| !options.contains(&json!("a"))) {
                problem = problem.with_field("/options", "Not these.");
            }
            let judge = draft.more.get("escalation").and_then(|escalation| escalation.pointer("/judge/agent"));
            if judge.is_some_and(|judge| *judge != json!("one")) {
                problem = problem.with_field("/escalation/judge", "Nobody.");
            }
            (!problem.errors.is_empty()).then_some(problem)
        };
        Ok(drafts.into_iter().map(look).collect())
    }
    async fn end(&self, _: &Caller, _: DecisionId) -> Answer<Option<DecisionEnd>> {
        panic!("nothing runs here")
    }
    async fn cancel(&self, _: &Caller, _: DecisionId) -> Answer<()> {
        panic!("nothing runs here")
    }
}

#[tokio::test]
async fn terms_of_decisions_are_checked_with_the_document_and_their_places() {
    let world = World { decisions: Some(Arc::new(Strict)), ..World::new() };
    let server = world.server();
    let text = "name: asks
version: 1
inputs: {which: {type: array, items: {type: string}}}
steps:
  fine: {decide: {question: Q, options: [a, b], voters: 3, rule: borda, quorum: 2}}
  free: {decide: {question: Q, options: '${{ inputs.which }}', voters: [one]}}
  rule: {uses: test.work, decide: {voters: 3, rule: dice, quorm: 2}}
  crowd:
    decide:
      question: Q
      quorum: 5
      electorate:
        - one
        - two
      escalation:
        judge: {agent: nobody}
  none: {uses: no.such, decide: {voters: 3, rule: dice}}
";
    let check = server.workflows.check(&alice(), WorkflowDraft { text: text.to_owned() }).await.unwrap();
    let found: Vec<(&str, &str, u32, u32)> =
        check.problems.iter().map(|problem| (problem.code.as_str(), problem.path.as_str(), problem.line, problem.column)).collect();
    let expected = [
        ("WORKFLOW-004", "/steps/rule/decide/rule", 7, 47),
        ("WORKFLOW-004", "/steps/rule/decide/quorm", 7, 59),
        ("WORKFLOW-004", "/steps/crowd/decide/quorum", 11, 7),
        ("WORKFLOW-004", "/steps/crowd/decide/electorate/1", 14, 11),
        ("WORKFLOW-004", "/steps/crowd/decide/escalation/judge", 16, 9),
        ("WORKFLOW-008", "/steps/none/uses", 17, 16),
    ];
    assert_eq!(found, expected, "{:#?}", check.problems);
    assert!(check.problems[0].advice.contains("DECISION-002"), "{}", check.problems[0].advice);
    assert_eq!(server.workflows.store(&alice(), new(text, None)).await.unwrap_err().errors.len(), 6);
    assert!(server.workflows.list(&alice(), WorkflowFilter::default()).await.unwrap().items.is_empty());
    let good: String = text.lines().take(6).map(|line| format!("{line}\n")).collect();
    assert_eq!(server.workflows.store(&alice(), new(&good, None)).await.unwrap().version, 1);
}

#[tokio::test]
async fn a_project_has_as_many_workflows_as_are_allowed() {
    let world = World::new();
    let server = world.server();
    let named = |name: u32| format!("name: w{name}\nversion: 1\nsteps:\n  s: {{wait: 1m}}\n");
    for name in 0..MAXIMUM_WORKFLOWS {
        server.store(&named(name)).await;
    }
    let one_more = async || server.workflows.store(&alice(), new(GOOD, None)).await;
    assert_eq!(one_more().await.unwrap_err().code, "WORKFLOW-044");
    // A new version of one that there is takes no place, and one that is taken out of use leaves its own.
    assert_eq!(server.store(&named(1).replace("1m", "2m")).await.version, 2);
    server.workflows.retire(&bob(), "w7").await.unwrap();
    assert_eq!(one_more().await.unwrap().version, 1);
}
