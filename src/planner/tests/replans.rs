//! Is another way proposed by itself when a run of a plan fails, once, and run by nobody but who accepts it? Does a model help where rules know none?

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use baton_domain::id::RunId;
use baton_domain::problem::Code;
use baton_domain::services::PlanService as _;
use baton_domain::user::{Caller, Role};
use baton_domain::wire::plan::{NewPlan, NewReplan, PlanAccepted, PlanFilter, PlanInput, PlanInputKind, PlanState, PlanSummary};
use baton_domain::wire::run::RunState;
use serde_json::{Value, json};

use crate::models::now;
use crate::world::World;

/// A plan for a page that was accepted, and its run.
fn accepted(world: &World, caller: &Caller, goal: &str, replan: bool, use_model: bool) -> PlanAccepted {
    let page = PlanInput { kind: PlanInputKind::Url, value: json!("https://example.org/a") };
    let new = NewPlan { goal: goal.to_owned(), inputs: BTreeMap::from([("page".to_owned(), page)]), use_model, replan };
    let made = now(world.plans.propose(caller, new)).unwrap();
    assert_eq!(made.summary.replan, replan);
    now(world.plans.accept(caller, made.summary.id)).unwrap()
}

/// What can do without the step that fails.
const REPORT: &str = "Summarize the page and find its keywords, then write a report.";
/// What cannot.
const KEYWORDS: &str = "Find the keywords of the page.";

/// The keywords were not found, and the run has failed.
fn fails(world: &World, accepted: &PlanAccepted) {
    let (text, nothing) = (json!({"text": "A SECRET text.", "length": 14, "truncated": false}), json!({}));
    let mut steps = vec![("article", "completed", text), ("keywords", "failed", nothing.clone())];
    if accepted.plan.steps > 2 {
        steps.insert(1, ("summarize", "completed", json!({"text": "short"})));
        steps.push(("report", "skipped", nothing));
    }
    world.runs.shows(&accepted.run, RunState::Failed, json!({"page": "https://example.org/a"}), &steps);
}

fn heard(world: &World, runs: &[RunId]) {
    now(world.plans.look_after(&runs.iter().copied().collect())).unwrap();
}

fn shown(world: &World, caller: &Caller, accepted: &PlanAccepted) -> PlanSummary {
    now(world.plans.plan(caller, accepted.plan.id)).unwrap().summary
}

fn count(world: &World, caller: &Caller) -> usize {
    now(world.plans.list(caller, PlanFilter::default())).unwrap().items.len()
}

#[test]
fn another_way_is_proposed_by_itself_once_and_waits_for_somebody() {
    let world = World::new();
    let ada = world.caller(Role::Operator);
    let first = accepted(&world, &ada, REPORT, true, false);
    fails(&world, &first);
    heard(&world, &[first.run.id]);
    let old = shown(&world, &ada, &first);
    let other = now(world.plans.plan(&ada, old.another_way.unwrap())).unwrap();
    let summary = &other.summary;
    assert_eq!((summary.state, summary.replaces, summary.run), (PlanState::Proposed, Some(first.run.id), None));
    assert_eq!((summary.created_by.as_str(), summary.replan, summary.by_model), ("Baton", true, false));
    assert!(!other.text.contains("nlp.keywords") && other.problems.is_empty(), "{}", other.text);
    assert_eq!(world.kinds(&format!("plan:{}", first.plan.id)), ["plan.proposed", "plan.accepted", "plan.replanned"]);
    assert_eq!((world.runs_begun(), world.model_was_asked()), (1, 0), "nothing runs before somebody accepts it");
    // However often the end is heard of.
    let committed = world.committed();
    heard(&world, &[first.run.id]);
    world.passes(Duration::from_secs(86_400));
    heard(&world, &[first.run.id]);
    assert_eq!((count(&world, &ada), world.committed()), (2, committed));
    // It is accepted as any other, and looked after in its turn.
    let second = now(world.plans.accept(&ada, summary.id)).unwrap();
    assert_eq!(world.runs.begun.lock().unwrap()[1].1.input["summarize_output"], json!({"text": "short"}));
    world.runs.shows(&second.run, RunState::Completed, json!({}), &[("report", "completed", json!({}))]);
    heard(&world, &[second.run.id]);
    assert_eq!((count(&world, &ada), shown(&world, &ada, &second).another_way), (2, None));
}

#[test]
fn only_plans_that_say_so_are_planned_anew_and_only_when_their_runs_have_failed() {
    let world = World::new();
    let ada = world.caller(Role::Operator);
    let silent = accepted(&world, &ada, REPORT, false, false);
    fails(&world, &silent);
    let (going, canceled) = (accepted(&world, &ada, REPORT, true, false), accepted(&world, &ada, REPORT, true, false));
    world.runs.shows(&going.run, RunState::Running, json!({}), &[("article", "completed", json!({"text": "x"}))]);
    world.runs.shows(&canceled.run, RunState::Canceled, json!({}), &[("article", "failed", json!({}))]);
    heard(&world, &[silent.run.id, going.run.id, canceled.run.id]);
    world.passes(Duration::from_secs(86_400));
    heard(&world, &[silent.run.id, going.run.id, canceled.run.id]);
    assert_eq!(count(&world, &ada), 3);
    for one in [&silent, &going, &canceled] {
        let summary = shown(&world, &ada, one);
        assert_eq!((summary.another_way, summary.no_other_way), (None, None));
    }
}

#[test]
fn an_end_that_nobody_heard_of_is_found_when_its_time_has_come() {
    let world = World::new();
    let ada = world.caller(Role::Operator);
    let first = accepted(&world, &ada, REPORT, true, false);
    world.runs.shows(&first.run, RunState::Running, json!({}), &[("article", "running", json!({}))]);
    let none = BTreeSet::new();
    assert!(now(world.plans.look_after(&none)).unwrap().is_some(), "it is to be looked at");
    world.passes(Duration::from_secs(10));
    let next = now(world.plans.look_after(&none)).unwrap().unwrap();
    assert!(next > world.sources.clock.now(), "it goes on, and is looked at again later");
    fails(&world, &first);
    now(world.plans.look_after(&none)).unwrap();
    assert_eq!(shown(&world, &ada, &first).another_way, None, "its time has not come");
    world.passes(Duration::from_secs(60));
    assert_eq!(now(world.plans.look_after(&none)).unwrap(), None, "there is nothing left to look at");
    assert!(shown(&world, &ada, &first).another_way.is_some());
}

#[test]
fn where_there_is_no_other_way_the_plan_says_why() {
    let world = World::new();
    let ada = world.caller(Role::Operator);
    let first = accepted(&world, &ada, KEYWORDS, true, false);
    fails(&world, &first);
    heard(&world, &[first.run.id]);
    let summary = shown(&world, &ada, &first);
    assert_eq!(summary.another_way, None);
    assert!(summary.no_other_way.as_deref().unwrap().contains("PLAN-011"), "{summary:?}");
    assert_eq!(world.kinds(&format!("plan:{}", first.plan.id)), ["plan.proposed", "plan.accepted", "plan.replanned"]);
}

/// What a model says of the rest: fewer keywords, of what the page has given.
fn rest(with: Value) -> Value {
    json!({"title": "In short", "steps": [{"id": "short", "uses": "nlp.keywords", "why": "it is what is left", "with": with}], "outputs": {}})
}

fn handed() -> Value {
    json!({"text": "${{ inputs.article_output.text }}", "count": 7})
}

#[test]
fn a_model_is_asked_where_rules_know_no_other_way_and_it_is_allowed() {
    let world = World::new();
    let ada = world.caller(Role::Operator);
    *world.models.answer.lock().unwrap() = Some(rest(handed()));
    let first = accepted(&world, &ada, KEYWORDS, false, false);
    fails(&world, &first);
    let again = |use_model: bool| NewReplan { run: first.run.id, step: "keywords".to_owned(), use_model };
    let problem = now(world.plans.replan(&ada, again(false))).unwrap_err();
    assert!(problem.is(Code::NoOtherWay), "{problem:?}");
    assert_eq!(world.model_was_asked(), 0);
    let other = now(world.plans.replan(&ada, again(true))).unwrap();
    assert_eq!((world.model_was_asked(), other.summary.by_model, other.summary.replaces), (1, true, Some(first.run.id)));
    assert!(other.text.contains("count: 7") && other.problems.is_empty(), "{}", other.text);
    assert!(other.assumptions[0].contains("`keywords` failed with NLP-001"), "{:?}", other.assumptions);
    assert_eq!((other.summary.state, world.runs_begun()), (PlanState::Proposed, 1));
    let told = world.models.told.lock().unwrap().clone();
    assert!(told.contains("`article_output` is what `article` (web_automation.article) gave") && told.contains("NLP-001"), "{told}");
    assert!(!told.contains("SECRET") && !told.contains("example.org"), "{told}");
    let second = now(world.plans.accept(&ada, other.summary.id)).unwrap();
    let begun = world.runs.begun.lock().unwrap()[1].1.clone();
    assert_eq!(begun.input["article_output"]["text"], "A SECRET text.");
    assert!(second.workflow.name.ends_with("-again"), "{}", second.workflow.name);
}

#[test]
fn a_model_whose_plan_does_not_hold_together_or_does_the_same_again_is_refused() {
    let world = World::new();
    let ada = world.caller(Role::Operator);
    let first = accepted(&world, &ada, KEYWORDS, true, true);
    fails(&world, &first);
    let with =
        baton_workflow::to_json(&now(world.plans.plan(&ada, first.plan.id)).unwrap().text).unwrap()["steps"]["keywords"]["with"].clone();
    let with = with.to_string().replace("steps.article.output", "inputs.article_output");
    let same = json!({"steps": [{"id": "keywords", "uses": "nlp.keywords", "with": serde_json::from_str::<Value>(&with).unwrap()}]});
    let again = NewReplan { run: first.run.id, step: "keywords".to_owned(), use_model: true };
    for (answer, word, asked) in [(same, "the same again", 1), (rest(json!({"text": "${{ inputs.nothing }}"})), "still wrong", 3)] {
        let before = world.model_was_asked();
        *world.models.answer.lock().unwrap() = Some(answer);
        let problem = now(world.plans.replan(&ada, again.clone())).unwrap_err();
        assert!(problem.is(Code::NoOtherWay) && problem.detail.contains(word), "{problem:?}");
        assert_eq!(world.model_was_asked() - before, asked);
    }
    assert_eq!((count(&world, &ada), world.runs_begun()), (1, 1));
    // By itself a model is asked as well, since the plan was asked for with one.
    *world.models.answer.lock().unwrap() = Some(rest(handed()));
    heard(&world, &[first.run.id]);
    let other = now(world.plans.plan(&ada, shown(&world, &ada, &first).another_way.unwrap())).unwrap();
    assert_eq!((other.summary.by_model, other.summary.state, world.runs_begun()), (true, PlanState::Proposed, 1));
}
