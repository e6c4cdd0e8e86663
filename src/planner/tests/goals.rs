//! Are goals planned that were written by somebody who has not seen the planner?

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use baton_planner::{Draft, Given, GivenKind, Plan, Refusal, Skills, Terms, plan};
use serde_json::Value;

/// The shipped skills, as a server tells them.
pub(crate) fn skills() -> &'static Skills {
    static SKILLS: OnceLock<Skills> = OnceLock::new();
    SKILLS.get_or_init(|| {
        let rows: Vec<baton_domain::agent::Skill> = serde_json::from_str(include_str!("catalogue/skills.json")).unwrap();
        Skills::new(rows)
    })
}

/// A goal with what is expected of it.
pub(crate) struct Goal {
    pub(crate) id: String,
    pub(crate) text: String,
    pub(crate) given: Vec<Given>,
    pub(crate) expect: Value,
}

const SITE: &str = "http://127.0.0.1:8099";

/// The goals of one half, none if it is not there yet.
pub(crate) fn goals(half: &str) -> Vec<Goal> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/goals").join(half);
    let Ok(entries) = std::fs::read_dir(&folder) else { return Vec::new() };
    let mut files: Vec<PathBuf> =
        entries.map(|entry| entry.unwrap().path()).filter(|path| path.extension().is_some_and(|ending| ending == "json")).collect();
    files.sort();
    files.iter().map(|path| read(&folder, &std::fs::read_to_string(path).unwrap())).collect()
}

fn read(folder: &Path, text: &str) -> Goal {
    let goal: Value = serde_json::from_str(&text.replace("{{site}}", SITE)).unwrap();
    let mut given = Vec::new();
    for (name, input) in goal["inputs"].as_object().unwrap() {
        let kind: GivenKind = serde_json::from_value(input["kind"].clone()).unwrap();
        let mut one = Given::new(name.clone(), kind);
        one.media_type = input["media_type"].as_str().map(str::to_owned);
        let file = input["file"].as_str().or_else(|| input["files"].get(0).and_then(Value::as_str));
        one.file = file.map(|file| file.rsplit('/').next().unwrap().to_owned());
        if let Some(file) = file {
            one = one.with_sample(&std::fs::read(folder.join(file)).unwrap());
        }
        if input["files"].is_array() {
            one = one.with_value(&input["files"]);
        }
        if let Some(value) = input.get("value") {
            one = one.with_value(value);
        }
        given.push(one);
    }
    Goal {
        id: goal["id"].as_str().unwrap().to_owned(),
        text: goal["goal"].as_str().unwrap().to_owned(),
        given,
        expect: goal["expect"].clone(),
    }
}

/// What is wrong with a plan, measured by what is expected.
fn wrong(expect: &Value, outcome: &Result<Plan, Refusal>) -> Vec<String> {
    let planned = expect["planned"].as_bool().unwrap();
    let plan = match (planned, outcome) {
        (false, Ok(plan)) => return vec![format!("it should be refused, and is planned with {:?}", uses(&plan.draft))],
        (false, Err(refusal)) => {
            return if refusal.code.as_str().starts_with("PLAN-") { Vec::new() } else { vec!["no code of plans".to_owned()] };
        }
        (true, Err(refusal)) => return vec![refusal.to_string()],
        (true, Ok(plan)) => plan,
    };
    let used = uses(&plan.draft);
    let list = |key: &str| expect[key].as_array().cloned().unwrap_or_default();
    let names = |value: &Value| value.as_array().unwrap().iter().map(|name| name.as_str().unwrap().to_owned()).collect::<Vec<_>>();
    let mut found: Vec<String> = list("skills_all")
        .iter()
        .filter(|skill| !used.contains(skill.as_str().unwrap()))
        .map(|skill| format!("it does not use {skill}"))
        .collect();
    found.extend(
        list("skills_any")
            .iter()
            .filter(|any| !names(any).iter().any(|name| used.contains(name)))
            .map(|any| format!("it uses none of {any}")),
    );
    for pair in list("order") {
        let pair = names(&pair);
        if used.contains(&pair[0]) && used.contains(&pair[1]) && !comes_before(plan, &pair[0], &pair[1]) {
            found.push(format!("{} does not come before {}", pair[0], pair[1]));
        }
    }
    found
}

/// Goals in other voices, each with the skills and the words that its plan has to have.
const OWN: &str = include_str!("goals/own.json");
const OWN_MORE: &str = include_str!("goals/own2.json");
/// What plans of the third set have to have, beside what their truths say.
const PLANS: &str = include_str!("goals/plans.json");

/// What a plan lacks of what it should have.
fn lacks(expect: &Value, outcome: &Result<Plan, Refusal>) -> Vec<String> {
    let refused = expect["refused"].as_bool().unwrap_or(false);
    let plan = match (refused, outcome) {
        (true, Ok(plan)) => return vec![format!("it should be refused, and is planned with {:?}", uses(&plan.draft))],
        (true, Err(_)) => return Vec::new(),
        (false, Err(refusal)) => return vec![refusal.to_string()],
        (false, Ok(plan)) => plan,
    };
    let used = uses(&plan.draft);
    let texts = |key: &str| expect[key].as_array().cloned().unwrap_or_default();
    let plain = plan.text.replace("\\\"", "\"");
    let mut found: Vec<String> = texts("skills")
        .iter()
        .filter(|skill| !used.contains(skill.as_str().unwrap()))
        .map(|skill| format!("it does not use {skill}"))
        .collect();
    found.extend(texts("says").iter().filter(|text| !plain.contains(text.as_str().unwrap())).map(|text| format!("it does not say {text}")));
    // A plan with a skill that nobody asked for is no right plan; steps that read or gather are.
    let gathers = [
        "web_automation.parse",
        "web_automation.article",
        "web_automation.fetch",
        "web_automation.tables",
        "data_science.query",
        "documentation.report",
        "documentation.render",
    ];
    let asked: Vec<String> = texts("skills").iter().map(|skill| skill.as_str().unwrap().to_owned()).collect();
    found.extend(
        used.iter()
            .filter(|skill| !asked.contains(skill) && !gathers.contains(&skill.as_str()))
            .map(|skill| format!("nobody asked for {skill}")),
    );
    found
}

fn own(text: &str) -> Vec<(String, Goal)> {
    let rows: Vec<Value> = serde_json::from_str(&text.replace("{{site}}", SITE)).unwrap();
    rows.into_iter()
        .map(|row| {
            let given = row["inputs"].as_object().unwrap().iter().map(|(name, input)| {
                if let Some(url) = input["url"].as_str() {
                    return Given::new(name.clone(), GivenKind::Url).with_value(&Value::from(url));
                }
                if !input["json"].is_null() {
                    return Given::new(name.clone(), GivenKind::Json).with_value(&input["json"]);
                }
                let mut one = Given::new(name.clone(), GivenKind::Artifact);
                one.file = input["file"].as_str().map(str::to_owned);
                one.with_sample(input["sample"].as_str().unwrap_or_default().as_bytes())
            });
            let goal = Goal {
                id: row["id"].as_str().unwrap().to_owned(),
                text: row["goal"].as_str().unwrap().to_owned(),
                given: given.collect(),
                expect: row.clone(),
            };
            (goal.id.clone(), goal)
        })
        .collect()
}

fn shown(goal: &Goal, wrong: &[String], outcome: &Result<Plan, Refusal>) {
    println!("{} {}: {}", goal.id, if wrong.is_empty() { "right" } else { "WRONG" }, goal.text);
    for line in wrong {
        println!("    {line}");
    }
    match outcome {
        Ok(plan) => println!(
            "{:?}\n{}",
            plan.explanation.clauses.iter().map(|clause| (&clause.skill, &clause.rules)).collect::<Vec<_>>(),
            plan.text.lines().map(|line| format!("    | {line}\n")).collect::<String>()
        ),
        Err(refusal) => println!("    {refusal}"),
    }
}

/// How many of the goals in other voices are planned as they should be.
const OWN_RIGHT: [(&str, usize, usize); 2] = [(OWN, 38, 40), (OWN_MORE, 26, 30)];

#[test]
fn goals_in_other_voices_are_planned_as_they_are_meant() {
    for (text, least, all) in OWN_RIGHT {
        let goals = own(text);
        let mut right = 0;
        for (_, goal) in &goals {
            let outcome = plan(&goal.text, &goal.given, skills(), Terms { model: None });
            let wrong = lacks(&goal.expect, &outcome);
            right += usize::from(wrong.is_empty());
            shown(goal, &wrong, &outcome);
        }
        println!("own: {right} of {}", goals.len());
        assert!(right >= least && goals.len() == all, "own: {right} of {}", goals.len());
    }
}

fn uses(draft: &Draft) -> BTreeSet<String> {
    draft.steps.iter().map(|step| step.uses.clone()).collect()
}

fn comes_before(plan: &Plan, one: &str, other: &str) -> bool {
    let workflow = baton_workflow::parse(&plan.text).unwrap();
    let graph = baton_workflow::validate(&workflow, skills().known()).unwrap();
    let uses = |place: usize| plan.draft.steps[place].uses.as_str();
    let count = plan.draft.steps.len();
    (0..count).filter(|place| uses(*place) == other).any(|place| {
        let mut before: BTreeSet<usize> = graph.before(place).collect();
        loop {
            let more: BTreeSet<usize> = before.iter().flat_map(|place| graph.before(*place).collect::<Vec<_>>()).collect();
            if more.is_subset(&before) {
                break;
            }
            before.extend(more);
        }
        before.iter().any(|place| uses(*place) == one)
    })
}

fn measure(half: &str) -> (usize, usize) {
    let goals = goals(half);
    let plans: Value = serde_json::from_str(PLANS).unwrap();
    let mut right = 0;
    for goal in &goals {
        let outcome = plan(&goal.text, &goal.given, skills(), Terms { model: None });
        let mut wrong = wrong(&goal.expect, &outcome);
        let told = if goal.expect["plan"].is_null() { &plans[&goal.id] } else { &goal.expect["plan"] };
        if wrong.is_empty() && !told.is_null() {
            wrong = lacks(told, &outcome);
        }
        right += usize::from(wrong.is_empty());
        shown(goal, &wrong, &outcome);
    }
    println!("{half}: {right} of {} goals are planned or refused as they should be", goals.len());
    (right, goals.len())
}

/// How many of each half are planned or refused as they should be. Rules were made with the first half in view; the second was measured once, when they were
/// done. Whether their runs come out right as well is tried on the real server (`server/tests/goals.rs`); the bar is in `docs/bars.md`.
///
/// Of `varied` it is forty: the same wishes in many wordings, of which plans are held and no runs.
const RIGHT: [(&str, usize, usize); 7] =
    [("tune", 20, 20), ("held", 20, 20), ("held2", 20, 20), ("held3", 20, 20), ("others", 20, 20), ("more", 19, 20), ("varied", 38, 40)];

#[test]
fn goals_of_others_are_planned_by_rules_alone() {
    let measured = RIGHT.map(|(half, least, count)| (half, least, count, measure(half)));
    for (half, least, count, (right, all)) in measured {
        assert!(right >= least && all == count, "{half}: {right} of {all}");
    }
}

#[test]
fn a_plan_is_the_same_each_time() {
    for goal in goals("tune") {
        let once = plan(&goal.text, &goal.given, skills(), Terms { model: None });
        assert_eq!(once, plan(&goal.text, &goal.given, skills(), Terms { model: None }), "{}", goal.id);
    }
}
