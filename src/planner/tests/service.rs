//! Are plans kept, changed, accepted once and refused, and by whom they may be?

use std::collections::BTreeMap;
use std::sync::atomic::Ordering;

use baton_domain::id::PlanId;
use baton_domain::problem::{Code, Problem};
use baton_domain::services::{PlanService as _, WorkflowService as _};
use baton_domain::user::{Caller, Role};
use baton_domain::wire::plan::{
    MAXIMUM_GOAL_CHARACTERS, MAXIMUM_PLAN_INPUT_BYTES, MAXIMUM_REASON_CHARACTERS, NewPlan, NewReplan, PlanAccepted, PlanDetail, PlanEdit,
    PlanFilter, PlanInput, PlanInputKind, PlanRefusal, PlanState,
};
use baton_domain::wire::run::RunState;
use baton_domain::wire::workflow::NewWorkflow;
use serde_json::{Value, json};

use crate::models::now;
use crate::world::{World, elsewhere, is_known};

fn input(kind: PlanInputKind, value: Value) -> PlanInput {
    PlanInput { kind, value }
}

fn goal(text: &str, inputs: &[(&str, PlanInput)]) -> NewPlan {
    let inputs: BTreeMap<String, PlanInput> = inputs.iter().map(|(name, input)| ((*name).to_owned(), input.clone())).collect();
    NewPlan { goal: text.to_owned(), inputs, use_model: false, replan: false }
}

fn note() -> (&'static str, PlanInput) {
    ("note", input(PlanInputKind::Text, json!("The plant was closed. The workers were told on Monday.")))
}

fn summary_of_note() -> NewPlan {
    goal("Summarize the note in 2 sentences.", &[note()])
}

fn propose(world: &World, caller: &Caller) -> PlanDetail {
    now(world.plans.propose(caller, summary_of_note())).unwrap()
}

fn refused<T: std::fmt::Debug>(outcome: Result<T, Problem>, code: Code) -> Problem {
    let problem = outcome.unwrap_err();
    assert!(problem.is(code), "{problem:?}");
    problem
}

fn shown(world: &World, caller: &Caller, id: PlanId) -> PlanDetail {
    now(world.plans.plan(caller, id)).unwrap()
}

fn edit(text: &str, seen_version: i64) -> PlanEdit {
    PlanEdit { text: text.to_owned(), seen_version }
}

#[test]
fn what_is_proposed_is_kept_and_shown_and_runs_nothing() {
    let world = World::new();
    let ada = world.caller(Role::Operator);
    let made = propose(&world, &ada);
    let summary = &made.summary;
    assert_eq!((summary.state, summary.version, summary.steps, summary.by_model), (PlanState::Proposed, 1, 1, false));
    assert_eq!((summary.run, summary.edited, summary.created_by.as_str()), (None, false, "ada@example.org"));
    assert!(made.text.contains("nlp.summarize") && made.problems.is_empty(), "{}", made.text);
    assert_eq!(made.graph.as_ref().unwrap().nodes.len(), 1);
    assert_eq!(made.clauses[0].skill, "nlp.summarize");
    assert_eq!(made.inputs, summary_of_note().inputs);
    assert!(is_known(&world, made.as_of));
    // Who only looks on sees the same.
    assert_eq!(shown(&world, &world.caller(Role::Viewer), summary.id), made);
    assert_eq!(world.kinds(&format!("plan:{}", summary.id)), ["plan.proposed"]);
    assert_eq!((world.runs_begun(), world.workflows.stored.lock().unwrap().len()), (0, 0));
}

#[test]
fn files_are_looked_at_for_their_columns() {
    let world = World::new();
    let ada = world.caller(Role::Operator);
    let mut table = "month,turnover\n".to_owned();
    for month in 1..=12 {
        table.push_str(&format!("2025-{month:02},{}\n", 100 + month));
    }
    let id = world.file("sales.csv", "text/csv", &table);
    let made = now(world
        .plans
        .propose(&ada, goal("Forecast the turnover for the next 6 months.", &[("sales", input(PlanInputKind::Artifact, json!(id)))])))
    .unwrap();
    assert!(made.text.contains("data_science.forecast") && made.text.contains("turnover"), "{}", made.text);
    let other = elsewhere(&world, &ada);
    let hidden = goal("Forecast the turnover.", &[("sales", input(PlanInputKind::Artifact, json!(id)))]);
    refused(now(world.plans.propose(&other, hidden)), Code::NoSuchArtifact);
}

#[test]
fn lists_have_the_newest_first_and_go_on_where_a_page_ended() {
    let world = World::new();
    let ada = world.caller(Role::Operator);
    let ids: Vec<PlanId> = (0..3).map(|_| propose(&world, &ada).summary.id).collect();
    now(world.plans.refuse(&ada, ids[1], PlanRefusal::default())).unwrap();
    let page = |filter: PlanFilter| now(world.plans.list(&ada, filter)).unwrap();
    let first = page(PlanFilter { limit: Some(2), ..PlanFilter::default() });
    assert_eq!(first.items.iter().map(|plan| plan.id).collect::<Vec<_>>(), [ids[2], ids[1]]);
    let rest = page(PlanFilter { limit: Some(2), cursor: first.next_cursor, ..PlanFilter::default() });
    assert_eq!(rest.items.iter().map(|plan| plan.id).collect::<Vec<_>>(), [ids[0]]);
    assert_eq!(rest.next_cursor, None);
    let open = page(PlanFilter { state: Some(PlanState::Proposed), ..PlanFilter::default() });
    assert_eq!(open.items.iter().map(|plan| plan.id).collect::<Vec<_>>(), [ids[2], ids[0]]);
    for limit in [0, baton_domain::page::MAXIMUM_LIMIT + 1] {
        let filter = PlanFilter { limit: Some(limit), ..PlanFilter::default() };
        refused(now(world.plans.list(&ada, filter)), Code::InvalidQuery);
    }
    let filter = PlanFilter { cursor: Some("nowhere".to_owned()), ..PlanFilter::default() };
    refused(now(world.plans.list(&ada, filter)), Code::InvalidQuery);
}

#[test]
fn a_change_on_what_is_no_longer_there_is_refused() {
    let world = World::new();
    let ada = world.caller(Role::Operator);
    let made = propose(&world, &ada);
    let id = made.summary.id;
    let longer = made.text.replace("sentences: 2", "sentences: 4");
    assert_ne!(longer, made.text);
    let changed = now(world.plans.edit(&ada, id, edit(&longer, 1))).unwrap();
    assert_eq!((changed.summary.version, changed.summary.edited, changed.text.as_str()), (2, true, longer.as_str()));
    // Who has seen the first version would undo the change.
    refused(now(world.plans.edit(&ada, id, edit(&made.text, 1))), Code::PlanStateForbids);
    refused(now(world.plans.edit(&ada, id, edit(&made.text, 3))), Code::PlanStateForbids);
    for empty in ["", " \n"] {
        refused(now(world.plans.edit(&ada, id, edit(empty, 2))), Code::InvalidRequest);
    }
    let endless = "#".repeat(baton_workflow::MAXIMUM_BYTES + 1);
    refused(now(world.plans.edit(&ada, id, edit(&endless, 2))), Code::InvalidRequest);
    assert_eq!(shown(&world, &ada, id), changed);
}

#[test]
fn a_document_that_does_not_hold_together_is_kept_and_not_accepted() {
    let world = World::new();
    let ada = world.caller(Role::Operator);
    let made = propose(&world, &ada);
    let id = made.summary.id;
    let broken = now(world.plans.edit(&ada, id, edit(&made.text.replace("nlp.summarize", "nlp.summon"), 1))).unwrap();
    assert!(!broken.problems.is_empty());
    let problem = refused(now(world.plans.accept(&ada, id)), Code::PlanInvalid);
    assert!(!problem.errors.is_empty());
    assert_eq!((world.runs_begun(), shown(&world, &ada, id).summary.state), (0, PlanState::Proposed));
    now(world.plans.edit(&ada, id, edit(&made.text, 2))).unwrap();
    let accepted = now(world.plans.accept(&ada, id)).unwrap();
    assert_eq!((accepted.plan.state, world.runs_begun()), (PlanState::Accepted, 1));
}

#[test]
fn accepting_twice_begins_one_run() {
    let world = World::new();
    let ada = world.caller(Role::Operator);
    let id = propose(&world, &ada).summary.id;
    let first = now(world.plans.accept(&ada, id)).unwrap();
    let second = now(world.plans.accept(&ada, id)).unwrap();
    assert_eq!(first, second);
    assert_eq!((first.plan.state, first.plan.run), (PlanState::Accepted, Some(first.run.id)));
    assert_eq!((world.runs_begun(), world.workflows.stored.lock().unwrap().len()), (1, 1));
    let begun = world.runs.begun.lock().unwrap()[0].1.clone();
    assert_eq!((begun.workflow.as_str(), begun.version), (first.workflow.name.as_str(), Some(1)));
    assert_eq!(begun.input, json!({"note": note().1.value}));
    assert_eq!(world.kinds(&format!("plan:{id}")), ["plan.proposed", "plan.accepted"]);
    // What is decided stays decided.
    refused(now(world.plans.refuse(&ada, id, PlanRefusal::default())), Code::PlanStateForbids);
    refused(now(world.plans.edit(&ada, id, edit("name: x", first.plan.version))), Code::PlanStateForbids);
}

#[test]
fn an_acceptance_that_was_cut_off_goes_on_with_the_run_that_has_begun() {
    let world = World::new();
    let ada = world.caller(Role::Operator);
    let id = propose(&world, &ada).summary.id;
    world.runs.loses_answer.store(true, Ordering::SeqCst);
    refused(now(world.plans.accept(&ada, id)), Code::Internal);
    assert_eq!((world.runs_begun(), shown(&world, &ada, id).summary.state), (1, PlanState::Proposed));
    let accepted = now(world.plans.accept(&ada, id)).unwrap();
    assert_eq!((world.runs_begun(), world.runs.asked.load(Ordering::SeqCst)), (1, 2));
    assert_eq!(accepted.plan.run, Some(world.runs.begun.lock().unwrap()[0].2.id));
}

#[test]
fn what_is_refused_stays_so() {
    let world = World::new();
    let ada = world.caller(Role::Operator);
    let id = propose(&world, &ada).summary.id;
    let why = |text: &str| PlanRefusal { why: text.to_owned() };
    let endless = "x".repeat(MAXIMUM_REASON_CHARACTERS + 1);
    refused(now(world.plans.refuse(&ada, id, why(&endless))), Code::InvalidRequest);
    let first = now(world.plans.refuse(&ada, id, why("Too dear."))).unwrap();
    assert_eq!((first.state, first.refused_because.as_deref()), (PlanState::Refused, Some("Too dear.")));
    assert_eq!(now(world.plans.refuse(&ada, id, why("Other words."))).unwrap(), first);
    refused(now(world.plans.accept(&ada, id)), Code::PlanStateForbids);
    assert_eq!(world.kinds(&format!("plan:{id}")), ["plan.proposed", "plan.refused"]);
    assert_eq!(world.runs_begun(), 0);
}

#[test]
fn the_plan_of_another_project_does_not_exist() {
    let world = World::new();
    let ada = world.caller(Role::Operator);
    let made = propose(&world, &ada);
    let (id, other) = (made.summary.id, elsewhere(&world, &ada));
    refused(now(world.plans.plan(&other, id)), Code::NoSuchPlan);
    refused(now(world.plans.edit(&other, id, edit(&made.text, 1))), Code::NoSuchPlan);
    refused(now(world.plans.accept(&other, id)), Code::NoSuchPlan);
    refused(now(world.plans.refuse(&other, id, PlanRefusal::default())), Code::NoSuchPlan);
    assert!(now(world.plans.list(&other, PlanFilter::default())).unwrap().items.is_empty());
    refused(now(world.plans.plan(&ada, PlanId::new(world.sources.ids.next()))), Code::NoSuchPlan);
    assert_eq!(shown(&world, &ada, id), made);
}

#[test]
fn who_only_looks_on_decides_nothing() {
    let world = World::new();
    let made = propose(&world, &world.caller(Role::Operator));
    let id = made.summary.id;
    for (caller, code) in [(world.caller(Role::Viewer), Code::Forbidden), (Caller::anonymous(), Code::NotSignedIn)] {
        refused(now(world.plans.propose(&caller, summary_of_note())), code);
        refused(now(world.plans.edit(&caller, id, edit(&made.text, 1))), code);
        refused(now(world.plans.accept(&caller, id)), code);
        refused(now(world.plans.refuse(&caller, id, PlanRefusal::default())), code);
    }
    refused(now(world.plans.plan(&Caller::anonymous(), id)), Code::NotSignedIn);
    refused(now(world.plans.list(&Caller::anonymous(), PlanFilter::default())), Code::NotSignedIn);
    assert_eq!((world.committed(), world.runs_begun()), (1, 0));
}

#[test]
fn goals_and_inputs_beyond_the_bounds_are_refused_and_not_kept() {
    let world = World::new();
    let ada = world.caller(Role::Operator);
    let filled = |length: usize| {
        let said = "Summarize the note.";
        goal(&format!("{said}{}", " ".repeat(length - said.len())), &[note()])
    };
    now(world.plans.propose(&ada, filled(MAXIMUM_GOAL_CHARACTERS))).unwrap();
    refused(now(world.plans.propose(&ada, filled(MAXIMUM_GOAL_CHARACTERS + 1))), Code::GoalUnreadable);
    let long = input(PlanInputKind::Text, json!("x".repeat(MAXIMUM_PLAN_INPUT_BYTES)));
    refused(now(world.plans.propose(&ada, goal("Summarize the note.", &[("note", long)]))), Code::InvalidRequest);
    for wrong in [input(PlanInputKind::Text, json!(1)), input(PlanInputKind::Number, json!("1")), input(PlanInputKind::Artifact, json!([]))]
    {
        refused(now(world.plans.propose(&ada, goal("Summarize the note.", &[("note", wrong)]))), Code::InvalidRequest);
    }
    assert_eq!(now(world.plans.list(&ada, PlanFilter::default())).unwrap().items.len(), 1);
}

#[test]
fn a_model_is_asked_only_where_it_is_wanted_and_rules_do_not_suffice() {
    let world = World::new();
    let ada = world.caller(Role::Operator);
    let unknown = "Summarize the note and send it to the board.";
    let wanted = |text: &str| NewPlan { use_model: true, ..goal(text, &[note()]) };
    // Wanted, but not there: what the rules say holds.
    refused(now(world.plans.propose(&ada, wanted(unknown))), Code::NoSkillForGoal);
    *world.models.answer.lock().unwrap() = Some(json!({"title": "In short", "steps": [
        {"id": "short", "uses": "nlp.summarize", "why": "because", "with": {"text": "${{ inputs.note }}", "sentences": 2}},
    ], "outputs": {}}));
    // There, but not wanted.
    refused(now(world.plans.propose(&ada, goal(unknown, &[note()]))), Code::NoSkillForGoal);
    // Wanted, but rules suffice, or nothing helps.
    assert!(!now(world.plans.propose(&ada, wanted("Summarize the note."))).unwrap().summary.by_model);
    let endless = "summarize ".repeat(MAXIMUM_GOAL_CHARACTERS);
    refused(now(world.plans.propose(&ada, wanted(&endless))), Code::GoalUnreadable);
    assert_eq!(world.model_was_asked(), 0);
    let made = now(world.plans.propose(&ada, wanted(unknown))).unwrap();
    assert_eq!((world.model_was_asked(), made.summary.by_model, made.problems.len()), (1, true, 0));
    // What a model has planned waits for somebody as well.
    assert_eq!((made.summary.state, world.runs_begun()), (PlanState::Proposed, 0));
}

#[test]
fn a_goal_that_asks_for_too_much_is_refused() {
    let world = World::new();
    let ada = world.caller(Role::Operator);
    let many = goal(&"Summarize the note in 2 sentences. ".repeat(100), &[note()]);
    refused(now(world.plans.propose(&ada, many.clone())), Code::GoalUnreadable);
    // Nor is a model asked.
    *world.models.answer.lock().unwrap() = Some(json!({}));
    refused(now(world.plans.propose(&ada, NewPlan { use_model: true, ..many })), Code::GoalUnreadable);
    assert_eq!((world.committed(), world.model_was_asked()), (0, 0));
}

/// A plan for a page that was accepted, and its run.
fn accepted(world: &World, caller: &Caller) -> PlanAccepted {
    accepted_of(world, caller, "Summarize the page and find its keywords, then write a report.")
}

fn accepted_of(world: &World, caller: &Caller, what: &str) -> PlanAccepted {
    let page = ("page", input(PlanInputKind::Url, json!("https://example.org/a")));
    let made = now(world.plans.propose(caller, goal(what, &[page]))).unwrap();
    now(world.plans.accept(caller, made.summary.id)).unwrap()
}

fn again(run: &PlanAccepted, step: &str) -> NewReplan {
    NewReplan { run: run.run.id, step: step.to_owned(), use_model: false }
}

#[test]
fn what_failed_for_good_is_planned_anew_with_what_was_done() {
    let world = World::new();
    let ada = world.caller(Role::Operator);
    let first = accepted(&world, &ada);
    let given = json!({"page": "https://example.org/a"});
    let text = json!({"text": "A long text.", "length": 12, "truncated": false});
    let short = json!({"text": "short"});
    let steps = [
        ("article", "completed", text),
        ("summarize", "completed", short.clone()),
        ("keywords", "failed", json!({})),
        ("report", "skipped", json!({})),
    ];
    world.runs.shows(&first.run, RunState::Failed, given, &steps);
    // Who only looks on asks for nothing, and in another project there is no such run.
    refused(now(world.plans.replan(&world.caller(Role::Viewer), again(&first, "keywords"))), Code::Forbidden);
    refused(now(world.plans.replan(&elsewhere(&world, &ada), again(&first, "keywords"))), Code::NoSuchRun);
    // The report was skipped because of it, and does without.
    let other = now(world.plans.replan(&ada, again(&first, "keywords"))).unwrap();
    let summary = &other.summary;
    assert_eq!((summary.state, summary.replaces, summary.run, summary.by_model), (PlanState::Proposed, Some(first.run.id), None, false));
    assert!(summary.goal.contains("again from `keywords`"), "{}", summary.goal);
    assert!(
        other.text.contains("inputs.summarize_output") && !other.text.contains("nlp.keywords") && other.problems.is_empty(),
        "{}",
        other.text
    );
    assert!(other.assumptions[0].contains("`keywords` failed with NLP-001"), "{:?}", other.assumptions);
    assert_eq!(world.kinds(&format!("plan:{}", summary.id)), ["plan.proposed"]);
    assert_eq!(world.runs_begun(), 1, "nothing runs before somebody accepts it");
    let second = now(world.plans.accept(&ada, summary.id)).unwrap();
    assert_eq!((second.plan.state, second.plan.replaces, second.plan.run), (PlanState::Accepted, Some(first.run.id), Some(second.run.id)));
    let begun = world.runs.begun.lock().unwrap()[1].1.clone();
    assert_eq!((begun.input["summarize_output"].clone(), begun.workflow.as_str()), (short, second.workflow.name.as_str()));
    assert_ne!(second.run.id, first.run.id);
}

#[test]
fn only_a_step_that_has_failed_in_a_run_that_has_ended_is_planned_anew() {
    let world = World::new();
    let ada = world.caller(Role::Operator);
    let first = accepted(&world, &ada);
    let given = json!({"page": "https://example.org/a"});
    let failed = |name: &'static str| (name, "failed", json!({}));
    let show = |state: RunState, steps: &[(&str, &str, Value)]| world.runs.shows(&first.run, state, given.clone(), steps);
    show(RunState::Running, &[failed("article")]);
    refused(now(world.plans.replan(&ada, again(&first, "article"))), Code::PlanStateForbids);
    show(RunState::Failed, &[failed("article"), ("summarize", "skipped", json!({})), ("keywords", "skipped", json!({}))]);
    for step in ["summarize", "none"] {
        refused(now(world.plans.replan(&ada, again(&first, step))), Code::PlanStateForbids);
    }
    // Another skill reads the page, and what was skipped for want of it is done.
    let other = now(world.plans.replan(&ada, again(&first, "article"))).unwrap();
    for skill in ["web_automation.render", "nlp.summarize", "nlp.keywords", "documentation.report"] {
        assert!(other.text.contains(skill), "{skill} in {}", other.text);
    }
    // What is too long to be shown cannot be handed on.
    show(RunState::Failed, &[("article", "completed", Value::Null), failed("keywords")]);
    let problem = refused(now(world.plans.replan(&ada, again(&first, "keywords"))), Code::NoOtherWay);
    assert!(problem.detail.contains("`article` gave more"), "{problem}");
    assert_eq!((world.committed(), world.runs_begun()), (3, 1), "two plans, one of them accepted");
    // Where it is all that was wanted there is no other way.
    let only = accepted_of(&world, &ada, "Find the keywords of the page.");
    world.runs.shows(&only.run, RunState::Failed, given.clone(), &[("article", "completed", json!({"text": "x"})), failed("keywords")]);
    refused(now(world.plans.replan(&ada, again(&only, "keywords"))), Code::NoOtherWay);
}

#[test]
fn all_that_the_items_of_a_list_gave_is_handed_on() {
    let world = World::new();
    let ada = world.caller(Role::Operator);
    let text = r#"name: lists
version: 1
inputs:
  texts: {type: array, items: {type: string}}
steps:
  each:
    uses: nlp.summarize
    foreach: "${{ inputs.texts }}"
    with: {text: "${{ item }}"}
  all:
    uses: nlp.summarize
    with: {text: "${{ join(map(steps.each.output, r => r.text), ' ') }}", mode: abstractive}
"#;
    let stored = now(world.workflows.store(&ada, NewWorkflow { text: text.to_owned(), name: None, seen_version: None })).unwrap();
    let first = accepted(&world, &ada);
    let run = baton_domain::wire::run::RunSummary { workflow: stored.name, version: stored.version, ..first.run.clone() };
    // More than one page of them.
    let gave: Vec<Value> = (0..1_100).map(|index| json!({"text": index.to_string()})).collect();
    world.runs.shows(&run, RunState::Failed, json!({"texts": ["x"]}), &[("each", "completed", json!(gave)), ("all", "failed", json!({}))]);
    let other = now(world.plans.replan(&ada, again(&first, "all"))).unwrap();
    assert!(other.text.contains("mode: extractive") && other.problems.is_empty(), "{}", other.text);
    now(world.plans.accept(&ada, other.summary.id)).unwrap();
    assert_eq!(world.runs.begun.lock().unwrap()[1].1.input["each_output"], json!(gave));
}
