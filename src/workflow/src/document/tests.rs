//! Is a document read as it is meant, and is all that is wrong with it told at once?
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

use baton_domain::problem::Code;
use baton_domain::task::{Jitter, RetryPolicy};
use serde_json::json;

use super::{Action, DEFAULT_CONCURRENCY, Duration, MAXIMUM_ITEMS, MAXIMUM_STEPS, OnFailure, parse};

const WHOLE: &str = r#"
name: contract-review
version: 1
title: Review a contract
inputs:
  files: {type: array, items: {type: string, format: artifact}, title: Files}
  tone: {type: string, enum: [plain, formal], default: plain}
  note: {type: string, required: false}
  count: integer
steps:
  read:
    uses: web_automation.parse
    foreach:
      items: ${{ inputs.files }}
      as: file
      concurrency: 4
      fail_fast: false
    with: {artifact: "${{ file }}"}
    retry: {maximum_attempts: 2, initial_interval: 500ms, jitter: none, non_retryable: [WEB-015]}
    timeout: 1h
    on_failure: continue
  agree:
    needs: read
    if: success() && inputs.count > 1
    approve: {who: [role:operator], message: "Read ${{ length(inputs.files) }} files?", expires: 2d}
  publish:
    needs: [agree]
    uses: workflow:publish
    with: {tone: "${{ inputs.tone }}", text: "costs $${{ 5 }}"}
    on_failure: {run: tell}
  tell: {uses: diagnostics.echo, with: {value: "${{ steps.publish.error }}"}}
  choose:
    decide: {question: Which?, options: [a, b], voters: 3, rule: plurality, quorum: 2, deadline: 10m, escalation: {debate: never}}
  signed: {wait: {signal: signed, timeout: 3d}}
  rest: {wait: 10m}
outputs:
  texts: ${{ map(steps.read.output, r => r.text) }}
limits: {tasks: 500, duration: 2h, cost: 1.5, tokens: 1000}
"#;

fn codes(text: &str) -> Vec<(&'static str, u32, u32, String)> {
    let problems = parse(text).err().unwrap_or_default();
    problems.into_iter().map(|problem| (problem.code.as_str(), problem.at.line, problem.at.column, problem.path)).collect()
}

/// A document with these lines as its only step.
fn with_step(step: &str) -> String {
    format!("name: x\nversion: 1\nsteps:\n  one: {step}\n")
}

#[test]
fn a_whole_document_is_read() {
    let workflow = parse(WHOLE).unwrap_or_else(|problems| panic!("{problems:#?}"));
    assert_eq!(
        workflow.inputs.iter().map(|input| (input.name.as_str(), input.required)).collect::<Vec<_>>(),
        [("files", true), ("tone", false), ("note", false), ("count", true)]
    );
    assert_eq!(workflow.inputs[1].default, Some(json!("plain")));
    assert_eq!(workflow.inputs[3].schema, json!({"type": "integer"}));
    let (_, read) = workflow.step("read").unwrap();
    let foreach = read.foreach.as_ref().unwrap();
    assert_eq!((foreach.name.as_str(), foreach.concurrency, foreach.fail_fast), ("file", 4, false));
    assert_eq!(read.timeout, Some(Duration::from_millis(3_600_000)));
    assert_eq!(read.on_failure, OnFailure::Continue);
    let policy = read.retry.as_ref().unwrap().over(&RetryPolicy::default());
    assert_eq!(
        (policy.maximum_attempts, policy.initial_interval_ms, policy.jitter, policy.maximum_interval_ms),
        (2, 500, Jitter::None, 60_000)
    );
    let (_, agree) = workflow.step("agree").unwrap();
    assert_eq!(agree.action, Action::Approve);
    assert!(agree.condition.as_ref().unwrap().asks_status());
    let (_, publish) = workflow.step("publish").unwrap();
    assert!(matches!(&publish.action, Action::Workflow(name) if name.name == "publish"));
    assert!(matches!(&publish.on_failure, OnFailure::Run(name) if name.name == "tell"));
    let (_, choose) = workflow.step("choose").unwrap();
    let decide = choose.decide.as_ref().unwrap();
    assert_eq!(
        (&decide.voters, decide.rule.as_deref(), decide.more.get("escalation")),
        (&Some(json!(3)), Some("plurality"), Some(&json!({"debate": "never"})))
    );
    let line = decide.at.line;
    assert_eq!((decide.place("/escalation/debate").line, decide.place("/rule/none")), (line, decide.place("/rule")));
    assert!(decide.at < decide.place("/rule") && decide.place("/rule") < decide.place("/quorum"));
    assert!(
        matches!(&workflow.step("signed").unwrap().1.action, Action::Signal { name, timeout, .. } if name == "signed" && timeout.to_string() == "3d")
    );
    assert!(matches!(workflow.step("rest").unwrap().1.action, Action::Delay(delay) if delay.to_string() == "10m"));
    assert_eq!((workflow.limits.tasks, workflow.limits.cost_micros, workflow.limits.tokens), (500, Some(1_500_000), Some(1000)));
}

#[test]
fn notation_and_comments_do_not_change_the_hash_and_all_else_does() {
    let workflow = parse(&with_step("{uses: a.b, with: {n: 1}}")).unwrap();
    let json = r#"{"name": "x", "version": 1, "steps": {"one": {"uses": "a.b", "with": {"n": 1}}}}"#;
    assert_eq!(parse(json).unwrap().hash, workflow.hash);
    assert_eq!(parse("# hello\nname: 'x'\nversion: 1\nsteps: {one: {uses: a.b, with: {n: 1}}}").unwrap().hash, workflow.hash);
    assert_ne!(parse(&with_step("{uses: a.b, with: {n: 2}}")).unwrap().hash, workflow.hash);
    assert_eq!(workflow.hash.len(), 64);
}

#[test]
fn everything_wrong_is_told_at_once_with_its_place() {
    let text = "name: Bad Name\nversion: 2\nstep: 1\nsteps:\n  one:\n    use: a.b\n    timeout: soon\n  two:\n    uses: a.b\n    with: {x: \"${{ 1 + }}\"}\n    concurrency: 3\n";
    assert_eq!(
        codes(text),
        [
            ("WORKFLOW-004", 1, 7, "/name".to_owned()),
            ("WORKFLOW-004", 2, 10, "/version".to_owned()),
            ("WORKFLOW-003", 3, 1, "/step".to_owned()),
            ("WORKFLOW-004", 5, 3, "/steps/one".to_owned()),
            ("WORKFLOW-003", 6, 5, "/steps/one/use".to_owned()),
            ("WORKFLOW-011", 10, 24, "/steps/two/with/x".to_owned()),
            ("WORKFLOW-003", 11, 5, "/steps/two/concurrency".to_owned()),
        ]
    );
    let problems = parse(text).unwrap_err();
    assert_eq!(problems[2].advice, "Did you mean `steps`?");
    assert!(problems[6].advice.contains("foreach"));
}

#[test]
fn options_that_contradict_one_another_are_told() {
    for step in [
        "{approve: true, retry: 3}",
        "{wait: 5m, with: {a: 1}}",
        "{wait: 5m, foreach: [1]}",
        "{approve: true, timeout: 5m}",
        "{uses: a.b, wait: 5m}",
        "{wait: {signal: x, for: 5m}}",
        "{wait: {for: 5m, timeout: 5m}}",
        "{uses: workflow:y, decide: {voters: 3}}",
        "{uses: a.b, decide: {voters: 3, options: [a]}}",
        "{uses: a.b, decide: {voters: 3, deadline: 2h}, timeout: 1h}",
        "{uses: a.b, decide: {voters: 3}, retry: 2}",
        "{uses: a.b, on_failure: {run: one}}",
        "{uses: a.b, retry: {initial_interval: 2m, maximum_interval: 1m}}",
        "{uses: a.b, id: one}",
    ] {
        let found = codes(&with_step(step));
        assert!(found.iter().any(|(code, ..)| *code == "WORKFLOW-005"), "{step}: {found:?}");
    }
}

#[test]
fn values_that_do_not_fit_are_told() {
    for step in [
        "{}",
        "{uses: 1}",
        "{uses: a.b, with: [1]}",
        "{uses: a.b, timeout: 31d}",
        "{uses: a.b, timeout: 0s}",
        "{uses: a.b, retry: 101}",
        "{uses: a.b, retry: {backoff_coefficient: 0.5}}",
        "{uses: a.b, retry: {initial_interval: 25h}}",
        "{uses: a.b, on_failure: ignore}",
        "{uses: a.b, on_failure: {}}",
        "{uses: a.b, foreach: {items: [1], concurrency: 0}}",
        "{uses: a.b, foreach: {items: [1], concurrency: 1001}}",
        "{uses: a.b, foreach: {items: [1], as: steps}}",
        "{uses: a.b, foreach: {as: x}}",
        "{uses: a.b, needs: [a, a]}",
        "{uses: a.b, if: [1]}",
        "{decide: {question: x}}",
        "{decide: {voters: 0}}",
        "{decide: {voters: 3, options: []}}",
        "{wait: {}}",
        "{wait: {signal: 'a b'}}",
        "{approve: {expires: never}}",
        "[1]",
    ] {
        let found = codes(&with_step(step));
        assert!(found.iter().any(|(code, ..)| *code == "WORKFLOW-004"), "{step}: {found:?}");
    }
}

#[test]
fn a_document_keeps_its_bounds() {
    let many = |count: usize| {
        let steps: String = (0..count).map(|index| format!("  s{index}: {{uses: a.b}}\n")).collect();
        format!("name: x\nversion: 1\nsteps:\n{steps}")
    };
    assert_eq!(parse(&many(MAXIMUM_STEPS)).unwrap().steps.len(), MAXIMUM_STEPS);
    assert_eq!(codes(&many(MAXIMUM_STEPS + 1))[0].0, "WORKFLOW-002");
    let list = |count: usize| with_step(&format!("{{uses: a.b, foreach: [{}]}}", vec!["1"; count].join(",")));
    assert!(parse(&list(MAXIMUM_ITEMS)).is_ok());
    assert_eq!(codes(&list(MAXIMUM_ITEMS + 1))[0].0, "WORKFLOW-014");
    for wrong in ["text", "5", "{items: 5}", "{items: {a: 1}}"] {
        assert_eq!(codes(&with_step(&format!("{{uses: a.b, foreach: {wrong}}}")))[0].0, "WORKFLOW-014", "{wrong}");
    }
    let inputs: String = (0..101).map(|index| format!("  i{index}: string\n")).collect();
    assert_eq!(codes(&format!("name: x\nversion: 1\ninputs:\n{inputs}steps: {{a: {{uses: a.b}}}}\n"))[0].0, "WORKFLOW-002");
    // As many problems as anybody reads.
    let keys: String = (0..1000).map(|index| format!("k{index}: 1\n")).collect();
    assert_eq!(parse(&keys).unwrap_err().len(), crate::MAXIMUM_PROBLEMS);
}

#[test]
fn steps_may_be_a_list_and_ids_are_told_apart() {
    let list = "name: x\nversion: 1\nsteps:\n  - id: a\n    uses: a.b\n  - id: b\n    uses: a.b\n    foreach: [1, 2]\n";
    let workflow = parse(list).unwrap();
    assert_eq!(workflow.steps[1].foreach.as_ref().unwrap().concurrency, DEFAULT_CONCURRENCY);
    assert_eq!(codes(&list.replace("id: b", "id: a")), [("WORKFLOW-004", 6, 9, "/steps".to_owned())]);
    assert_eq!(codes(&list.replace("  - id: b\n    uses", "  - uses"))[0].0, "WORKFLOW-004");
    assert_eq!(codes(&list.replace("id: b", "id: 'b c'"))[0].0, "WORKFLOW-004");
    assert_eq!(codes(&with_step("{uses: a.b, needs: one}")), [("WORKFLOW-007", 4, 27, "/steps/one/needs".to_owned())]);
}

#[test]
fn places_within_texts_are_exact() {
    let column = |text: &str| parse(text).unwrap_err().into_iter().map(|problem| (problem.at.line, problem.at.column)).next().unwrap();
    assert_eq!(column(&with_step("{uses: a.b, with: {x: 'ab ${{ foo( }}'}}")), (4, 38));
    assert_eq!(column(&with_step("{uses: a.b, with: {x: \"é ${{ foo( }}\"}}")), (4, 37));
    assert_eq!(column("name: x\nversion: 1\nsteps:\n  one:\n    uses: a.b\n    if: 1 +* 2\n"), (6, 12));
    assert_eq!(column("name: x\nversion: 1\nsteps:\n  one:\n    uses: a.b\n    if: ${{ 1 +* 2 }}\n"), (6, 16));
    assert_eq!(
        column("name: x\nversion: 1\nsteps:\n  one:\n    uses: a.b\n    with:\n      x: |\n        one\n        two ${{ 1 +* 2 }}\n"),
        (9, 20)
    );
}

#[test]
fn a_code_has_the_status_of_its_kind() {
    assert_eq!(Code::WorkflowMalformed.status(), 422);
    assert_eq!(Code::ApprovalForbidden.status(), 403);
}

#[test]
fn defaults_have_to_fit() {
    let input = |schema: &str| format!("name: x\nversion: 1\ninputs: {{a: {schema}}}\nsteps: {{one: {{uses: a.b}}}}\n");
    assert!(parse(&input("{type: integer, default: 3}")).is_ok());
    assert_eq!(codes(&input("{type: integer, default: x}"))[0].0, "WORKFLOW-004");
    assert_eq!(codes(&input("{type: integer, maximum: 5, default: 6}"))[0].3, "/inputs/a/default");
    assert_eq!(codes(&input("{type: integer, default: 3, required: true}"))[0].0, "WORKFLOW-005");
    assert_eq!(codes(&input("{type: int}"))[0].0, "WORKFLOW-004");
    assert_eq!(codes(&input("5"))[0].0, "WORKFLOW-004");
}
