//! Is there another way when a step fails for good?

use std::collections::BTreeMap;

use baton_domain::problem::Code;
use baton_planner::{Given, GivenKind, MAXIMUM_HANDED_BYTES, Replanned, Stands, Terms, plan, problems, replan};
use serde_json::{Map, Value, json};

use crate::goals::skills;

fn given() -> Map<String, Value> {
    Map::from_iter([("page".to_owned(), json!("https://example.org/a"))])
}

fn again(goal: &str, step: &str, code: &str, so_far: &[(&str, Stands)]) -> Result<Replanned, baton_planner::Refusal> {
    let inputs = [Given::new("page", GivenKind::Url)];
    let plan = plan(goal, &inputs, skills(), Terms { model: Some(baton_domain::model::ModelTier::Large) }).unwrap();
    let so_far: BTreeMap<String, Stands> = so_far.iter().map(|(id, stands)| ((*id).to_owned(), stands.clone())).collect();
    let again = replan(&plan.text, step, code, &so_far, &given(), skills());
    if let Ok(again) = &again {
        assert_eq!(problems(&again.text, skills()), vec![], "{}", again.text);
    }
    again
}

fn steps(again: &Replanned) -> Vec<(String, String)> {
    let whole = baton_workflow::parse(&again.text).unwrap();
    whole
        .steps
        .iter()
        .map(|step| {
            (
                step.id.clone(),
                baton_workflow::to_json(&again.text).unwrap()["steps"][&step.id]["uses"].as_str().unwrap_or_default().to_owned(),
            )
        })
        .collect()
}

#[test]
fn another_skill_gives_the_same() {
    let again = again("Summarize the page and find its keywords.", "article", "WEB-003", &[]).unwrap();
    assert_eq!(steps(&again)[0], ("article".to_owned(), "web_automation.render".to_owned()));
    assert_eq!(steps(&again).len(), 3, "{:?}", steps(&again));
}

#[test]
fn what_has_completed_is_handed_on_and_not_done_again() {
    let done = json!({"text": "A long text.", "length": 12, "truncated": false});
    let again = again(
        "Summarize the page and find its keywords, then write a report.",
        "keywords",
        "NLP-001",
        &[("article", Stands::Completed(done.clone())), ("summarize", Stands::Completed(json!({"text": "short"})))],
    )
    .unwrap();
    // The report does without the keywords.
    assert_eq!(steps(&again), [("report".to_owned(), "documentation.report".to_owned())]);
    assert_eq!(again.input["summarize_output"], json!({"text": "short"}));
    assert!(!again.input.contains_key("article_output"), "nothing needs it any more");
    assert!(
        again.text.contains("inputs.summarize_output.text")
            && !again.text.contains("steps.keywords")
            && !again.text.contains("nlp.keywords"),
        "{}",
        again.text
    );
}

#[test]
fn a_page_is_opened_in_a_browser_first() {
    let again = again("Which links on the page lead away from it?", "links", "WEB-010", &[]).unwrap();
    assert_eq!(
        steps(&again),
        [("links_page".to_owned(), "web_automation.render".to_owned()), ("links".to_owned(), "web_automation.links".to_owned())]
    );
}

#[test]
fn what_others_need_and_nothing_else_does_is_refused() {
    let code = |goal: &str, step: &str, code: &str, so_far: &[(&str, Stands)]| again(goal, step, code, so_far).unwrap_err().code;
    assert_eq!(
        code("Find the keywords of the page.", "keywords", "NLP-001", &[("article", Stands::Completed(json!({"text": "x"})))]),
        Code::NoOtherWay
    );
    assert_eq!(code("Find the keywords of the page.", "nothing", "NLP-001", &[]), Code::NoOtherWay);
    let large = json!({"text": "x".repeat(MAXIMUM_HANDED_BYTES)});
    assert_eq!(
        code("Summarize the page and find its keywords.", "keywords", "NLP-001", &[("article", Stands::Completed(large))]),
        Code::NoOtherWay
    );
    // Without a model another skill that reads the page is no help for a translation.
    assert_eq!(
        code("Translate the page into German.", "translate", "MODEL-001", &[("article", Stands::Completed(json!({"text": "x"})))]),
        Code::NoOtherWay
    );
}

#[test]
fn another_parameter_comes_first() {
    let text = "name: t\nversion: 1\ninputs:\n  table: {type: string, format: artifact}\nsteps:\n  learn:\n    uses: data_science.train\n    with: {artifact: \"${{ inputs.table }}\", method: linear, target: y}\n    timeout: 5m\n";
    let again = replan(text, "learn", "DATA-004", &BTreeMap::new(), &Map::new(), skills()).unwrap();
    assert!(again.text.contains("missing: impute") && again.text.contains("timeout: \"5m\""), "{}", again.text);
    assert_eq!(problems(&again.text, skills()), vec![]);
}
