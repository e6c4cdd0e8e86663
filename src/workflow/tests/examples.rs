//! Do the workflows that are shipped hold together with the skills that are shipped?
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

use std::collections::BTreeMap;
use std::path::Path;

use baton_workflow::view::view;
use baton_workflow::{Known, Workflow, parse, validate};
use serde_json::Value;

fn shipped() -> Known {
    let rows: Vec<Value> = serde_json::from_str(include_str!("catalogue/skills.json")).unwrap();
    let mut known = Known::new();
    for row in rows {
        known.add_skill(row["name"].as_str().unwrap(), row["input"].clone(), row["output"].clone());
    }
    known
}

fn examples() -> BTreeMap<String, Workflow> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/workflows");
    let mut found = BTreeMap::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "yaml") {
            let text = std::fs::read_to_string(&path).unwrap();
            let workflow = parse(&text).unwrap_or_else(|problems| panic!("{}: {problems:#?}", path.display()));
            assert_eq!(path.file_stem().unwrap().to_str(), Some(workflow.name.as_str()), "a file is named after its workflow");
            found.insert(workflow.name.clone(), workflow);
        }
    }
    found
}

#[test]
fn every_example_holds_together() {
    let examples = examples();
    assert!(examples.len() >= 7);
    let mut known = shipped();
    // What others use comes first.
    let (plain, using): (Vec<&Workflow>, Vec<&Workflow>) = examples.values().partition(|workflow| workflow.uses_workflows().is_empty());
    for workflow in plain.into_iter().chain(using) {
        match validate(workflow, &known) {
            Ok(graph) => {
                let view = view(workflow, &graph);
                assert_eq!(view.nodes.len(), workflow.steps.len());
                // Four sides of a review lead to one report and one note: a crossing is all that is left.
                assert!(view.crossings <= 1, "{}: {}", workflow.name, view.crossings);
            }
            Err(problems) => panic!("{}:\n{}", workflow.name, problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")),
        }
        known.add_workflow(workflow);
    }
}

/// A slip in any of them is found: without any one of its steps, an example that others of its steps speak of does not hold together.
#[test]
fn an_example_without_one_of_its_steps_does_not_hold_together() {
    let mut known = shipped();
    for workflow in examples().values() {
        known.add_workflow(workflow);
    }
    for workflow in examples().values() {
        for place in 0..workflow.steps.len() {
            let mut less = workflow.clone();
            let gone = less.steps.remove(place);
            let spoken = format!("{:?}{:?}", less.steps, less.outputs).contains(&format!("\"{}\"", gone.id));
            assert_eq!(validate(&less, &known).is_err(), spoken, "{} without {}", workflow.name, gone.id);
        }
    }
}
