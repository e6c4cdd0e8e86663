//! What do single rules make of goals?

use baton_domain::model::ModelTier;
use baton_domain::problem::Code;
use baton_planner::{Column, ColumnKind, Given, GivenKind, Plan, Refusal, Terms, plan, problems};
use proptest::prelude::*;
use serde_json::json;

use crate::goals::skills;

fn given(name: &str, kind: GivenKind, file: &str) -> Given {
    let mut given = Given::new(name, kind);
    given.file = (!file.is_empty()).then(|| file.to_owned());
    given
}

fn table(name: &str, columns: &[(&str, ColumnKind)]) -> Given {
    let mut given = given(name, GivenKind::Artifact, &format!("{name}.csv"));
    given.columns = columns
        .iter()
        .map(|(name, kind)| Column { levels: if *kind == ColumnKind::Group { 3 } else { 0 }, ..Column::new(*name, *kind) })
        .collect();
    given
}

fn planned(goal: &str, given: &[Given]) -> Result<Plan, Refusal> {
    plan(goal, given, skills(), Terms { model: None })
}

fn skills_of(plan: &Plan) -> Vec<&str> {
    plan.draft.steps.iter().map(|step| step.uses.as_str()).collect()
}

#[test]
fn documents_are_read_before_they_are_summarized_and_reports_come_last() {
    let paper = [given("study", GivenKind::Artifact, "study.pdf")];
    let plan = planned("Write a report with a summary of the study in 4 sentences and its keywords.", &paper).unwrap();
    assert_eq!(skills_of(&plan), ["web_automation.parse", "nlp.summarize", "nlp.keywords", "documentation.report"]);
    assert_eq!(plan.draft.steps[1].with["sentences"], json!(4));
}

#[test]
fn a_list_is_gone_through_and_a_share_of_it_is_a_condition() {
    let reviews = [Given::new("reviews", GivenKind::Json).with_value(&json!(["good", "bad"]))];
    let plan =
        planned("Rate the sentiment of each review. If more than 20 % of them are negative, find the keywords of the reviews.", &reviews)
            .unwrap();
    assert_eq!(skills_of(&plan), ["nlp.sentiment", "nlp.keywords"]);
    assert_eq!(plan.draft.steps[0].foreach.as_deref(), Some("inputs.reviews"));
    assert!(plan.draft.steps[1].condition.as_deref().unwrap().ends_with("> 0.2"), "{:?}", plan.draft.steps[1].condition);
}

#[test]
fn the_path_of_an_api_is_read_with_all_its_parts() {
    let shop = [Given::new("shop", GivenKind::Connection)];
    for (said, path) in [
        ("orders.json", "orders.json"),
        ("/v2/open-orders.json", "v2/open-orders.json"),
        ("v1/orders/open", "v1/orders/open"),
        ("/orders/2026", "orders/2026"),
        (": /orders.json", "orders.json"),
    ] {
        let plan =
            planned(&format!("Get the orders from our shop's API (path {said}) and work out the turnover per country."), &shop).unwrap();
        assert_eq!(skills_of(&plan), ["web_automation.api_call", "data_science.query"]);
        assert_eq!(plan.draft.steps[0].with["path"], json!(path));
    }
}

#[test]
fn of_what_the_run_finds_the_amount_adds_up_and_not_what_the_rows_are_of() {
    let shop = [Given::new("shop", GivenKind::Connection)];
    let plan = planned("Get the orders from our shop's API (path orders.json) and work out the turnover per country.", &shop).unwrap();
    let sql = plan.draft.steps[1].with["sql"].as_str().unwrap();
    assert!(sql.contains("AS \"sum_turnover\"") && sql.contains("'turnov") && sql.contains("'total'") && !sql.contains("'order'"), "{sql}");
}

#[test]
fn otherwise_is_the_other_way_round() {
    let note = [given("note", GivenKind::Text, "")];
    let plan = planned("If the note is in English, rate its sentiment, otherwise find its keywords.", &note).unwrap();
    let conditions: Vec<Option<&str>> = plan.draft.steps.iter().map(|step| step.condition.as_deref()).collect();
    assert_eq!(
        conditions,
        [None, Some("steps.detect_language.output.language == 'en'"), Some("!(steps.detect_language.output.language == 'en')")]
    );
}

#[test]
fn what_cannot_be_planned_says_why() {
    let code = |goal: &str, given: &[Given]| planned(goal, given).unwrap_err().code;
    let sales = [table("sales", &[("month", ColumnKind::Time), ("revenue", ColumnKind::Number), ("returns", ColumnKind::Number)])];
    assert_eq!(code("", &[]), Code::GoalUnreadable);
    assert_eq!(code("Summarize it.", &[]), Code::GoalInputMissing);
    assert_eq!(code("Forecast the next 6 months.", &sales), Code::GoalAmbiguous);
    assert_eq!(code("Translate the note into German.", &[given("note", GivenKind::Text, "")]), Code::GoalNeedsModel);
    assert_eq!(code("Book a flight to Oslo.", &[]), Code::NoSkillForGoal);
    assert_eq!(code("Summarize the note and mail it to the board.", &[given("note", GivenKind::Text, "")]), Code::NoSkillForGoal);
    assert_eq!(code("Summarize the note if the moon is full.", &[given("note", GivenKind::Text, "")]), Code::NoSkillForGoal);
    assert_eq!(code("Summarize the note.", &[given("a note", GivenKind::Text, "")]), Code::GoalUnreadable);
    assert_eq!(code("Classify the note.", &[given("note", GivenKind::Text, "")]), Code::GoalInputMissing);
    let ambiguous = planned("Forecast the next 6 months.", &sales).unwrap_err();
    assert_eq!(ambiguous.candidates, ["revenue", "returns"]);
}

#[test]
fn with_a_model_what_needs_one_is_planned() {
    let note = [given("note", GivenKind::Text, "")];
    let plan = plan(
        "Summarize the note in two sentences and translate the summary into German.",
        &note,
        skills(),
        Terms { model: Some(ModelTier::Large) },
    )
    .unwrap();
    assert_eq!(skills_of(&plan), ["nlp.summarize", "nlp.translate"]);
    assert_eq!(plan.draft.steps[1].with["text"], json!("${{ steps.summarize.output.text }}"));
}

#[test]
fn what_a_goal_says_stays_text() {
    let note = [given("note", GivenKind::Text, "")];
    let plan = planned("Classify the note as 'a ${{ steps.x.output }}' or 'b'.\nname: other", &note).unwrap();
    assert_eq!(skills_of(&plan), ["nlp.classify"]);
    assert!(plan.text.contains("$${{ steps.x.output }}"), "{}", plan.text);
}

#[test]
fn a_skill_of_somebody_else_is_found_by_its_words() {
    let mut all: Vec<baton_domain::agent::Skill> = skills().iter().cloned().collect();
    let mut own = all[0].clone();
    own.name = "acme.shipping_cost".to_owned();
    own.title = "Shipping cost".to_owned();
    own.description = "Computes the postage of a parcel from its weight and its country.".to_owned();
    own.input_schema = json!({"type": "object", "additionalProperties": false, "required": ["weight"], "properties": {"weight": {"type": "number"}, "country": {"type": "string"}}});
    own.output_schema = json!({"type": "object", "properties": {"cost": {"type": "number"}}, "required": ["cost"]});
    all.push(own);
    let skills = baton_planner::Skills::new(all);
    let plan = plan("Compute the postage of the parcel for a weight of 12.", &[], &skills, Terms { model: None }).unwrap();
    assert_eq!((skills_of(&plan), plan.draft.steps[0].with["weight"].as_f64()), (vec!["acme.shipping_cost"], Some(12.0)));
}

const PHRASES: &[&str] = &[
    "summarize",
    "the sentiment of",
    "each",
    "note",
    "and",
    "then",
    "if",
    "more than 20 % are negative",
    ",",
    ".",
    "forecast",
    "sales",
    "by month",
    "'column a'",
    "draw a bar chart of",
    "find outliers in",
    "write a report",
    "https://example.org/a.html",
    "links",
    "otherwise",
    "in three sentences",
    "translate",
    "into German",
    "train a model",
    "${{ inputs.x }}",
    "\n",
    "unless it is English",
    "duplicates",
    "test whether",
    "code.py",
    "vulnerabilities",
    "render the template",
    "fetch",
    "table",
    "per region",
    "join",
    "keywords",
    "\"",
    "'",
    "#",
    "<p class=\"x\">",
    "(.price)",
    "5",
    "top",
    "for every row",
];

#[test]
fn a_model_that_is_not_able_enough_is_none() {
    let note = [given("note", GivenKind::Text, "")];
    let with = |model| plan("Translate the note into German.", &note, skills(), Terms { model });
    let refusal = with(Some(ModelTier::Tiny)).unwrap_err();
    assert!(
        refusal.code == Code::GoalNeedsModel && refusal.problem().detail.contains("the ablest one here is `tiny`"),
        "{:?}",
        refusal.problem()
    );
    assert!(with(Some(ModelTier::Large)).is_ok());
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(400) })]

    /// Whatever somebody writes: a plan that passes the checks, or a refusal with a code of plans; never a panic, never a broken document.
    #[test]
    fn any_words_give_a_sound_plan_or_a_refusal(words in prop::collection::vec(prop::sample::select(PHRASES), 1..25), noise in "\\PC{0,12}", model in any::<bool>()) {
        let inputs = [
            table("sales", &[("month", ColumnKind::Time), ("revenue", ColumnKind::Number), ("region", ColumnKind::Group), ("remark", ColumnKind::Text)]),
            given("note", GivenKind::Text, ""),
            given("code", GivenKind::Artifact, "code.py"),
            Given::new("reviews", GivenKind::Json).with_value(&json!(["good", "bad"])),
        ];
        let goal = format!("{}{noise}", words.join(" "));
        match plan(&goal, &inputs, skills(), Terms { model: model.then_some(ModelTier::Large) }) {
            Ok(plan) => prop_assert_eq!(problems(&plan.text, skills()), vec![]),
            Err(refusal) => {
                prop_assert!(refusal.code.as_str().starts_with("PLAN-"));
            }
        }
    }
}
