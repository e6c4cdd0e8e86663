//! Do the workflows that are shipped hold together with the skills that are shipped?
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::OnceLock;

use crate::harness::Lot;
use baton_domain::time::Timestamp;
use baton_workflow::run::{KeyKind, Outcome, Person, StepState, Usage};
use baton_workflow::validate::misfits;
use baton_workflow::view::view;
use baton_workflow::{Command, Fact, Known, Plan, Run, Start, Workflow, parse, validate};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

/// What the skills take and give.
fn schemas() -> &'static BTreeMap<String, (Value, Value)> {
    static SCHEMAS: OnceLock<BTreeMap<String, (Value, Value)>> = OnceLock::new();
    SCHEMAS.get_or_init(read_schemas)
}

fn read_schemas() -> BTreeMap<String, (Value, Value)> {
    let rows: Vec<Value> = serde_json::from_str(include_str!("catalogue/skills.json")).unwrap();
    rows.into_iter().map(|row| (row["name"].as_str().unwrap().to_owned(), (row["input"].clone(), row["output"].clone()))).collect()
}

fn shipped() -> Known {
    let mut known = Known::new();
    for (name, (input, output)) in schemas() {
        known.add_skill(name, input.clone(), output.clone());
    }
    known
}

fn examples() -> &'static BTreeMap<String, Workflow> {
    static EXAMPLES: OnceLock<BTreeMap<String, Workflow>> = OnceLock::new();
    EXAMPLES.get_or_init(read_examples)
}

fn read_examples() -> BTreeMap<String, Workflow> {
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

#[test]
fn the_description_of_the_form_is_true() {
    let text = include_str!("../../../docs/workflows.md");
    for function in baton_workflow::expression::Function::ALL {
        assert!(text.contains(&format!("| `{}` | {} |", function.usage(), function.about())), "{}", function.as_str());
    }
    let (_, rest) = text.split_once("```yaml\n").unwrap();
    let (document, _) = rest.split_once("```").unwrap();
    let workflow = parse(document).unwrap_or_else(|problems| panic!("{problems:#?}"));
    validate(&workflow, &shipped()).unwrap_or_else(|problems| panic!("{problems:#?}"));
}

const ARTIFACT: &str = "01a228fb-0962-72a5-9aa6-cadc5edba8f3";

/// A value by lot that fits a schema, as far as the schemas here go.
fn value(schema: &Value, root: &Value, lot: &mut Lot, depth: usize) -> Value {
    if let Some(target) = schema.get("$ref").and_then(Value::as_str) {
        return value(root.pointer(target.trim_start_matches('#')).unwrap(), root, lot, depth + 1);
    }
    if let Some(options) = schema.get("enum").and_then(Value::as_array) {
        return options[lot.below(options.len() as u64) as usize].clone();
    }
    let number = |key: &str, otherwise: f64| schema.get(key).and_then(Value::as_f64).unwrap_or(otherwise);
    let kinds: Vec<&str> = match schema.get("type") {
        Some(Value::String(kind)) => vec![kind],
        Some(Value::Array(kinds)) => kinds.iter().filter_map(Value::as_str).collect(),
        _ => vec!["string"],
    };
    match kinds[lot.below(kinds.len() as u64) as usize] {
        "null" => Value::Null,
        "boolean" => Value::from(lot.chance(50)),
        "integer" => Value::from(number("minimum", 0.0) as i64 + lot.below(5) as i64),
        "number" => {
            let (least, most) = (number("minimum", -10.0), number("maximum", 10.0));
            Value::from(least + (most - least) * lot.below(1_000) as f64 / 1_000.0)
        }
        "string" if schema.get("format").and_then(Value::as_str) == Some("artifact") => Value::from(ARTIFACT),
        "string" => Value::from(["aa", "bbb", "word"][lot.below(3) as usize]),
        "array" => {
            let any = json!({});
            let items = schema.get("items").unwrap_or(&any);
            let count = number("minItems", 0.0) as u64 + if depth < 6 { lot.below(4) } else { 0 };
            (0..count).map(|_| value(items, root, lot, depth + 1)).collect()
        }
        _ => {
            let required: Vec<&str> =
                schema.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect();
            let properties = schema.get("properties").and_then(Value::as_object).cloned().unwrap_or_default();
            let kept = properties.iter().filter(|(name, _)| required.contains(&name.as_str()) || lot.chance(50));
            let kept: Vec<_> = kept.map(|(name, schema)| (name.clone(), schema.clone())).collect();
            Value::Object(kept.into_iter().map(|(name, schema)| (name, value(&schema, root, lot, depth + 1))).collect::<Map<_, _>>())
        }
    }
}

/// Plays an example to its end with outputs by lot. Every task's input fits its skill, and no expression fails.
fn play(workflow: &Workflow, known: &Known, seed: u64) {
    let schemas = schemas();
    let mut lot = Lot(seed);
    let plan = Plan::of(workflow.clone()).unwrap();
    let schema = workflow.input_schema();
    let at = Timestamp::from_millis(1_795_000_000_000);
    let input = value(&schema, &schema, &mut lot, 0);
    let (mut run, mut effects) = Run::start(&plan, Start { id: "r".into(), requested_by: "ada".into(), input, at }).unwrap();
    let mut open: Vec<Fact> = Vec::new();
    loop {
        for command in &effects.commands {
            let key = command.key().clone();
            let (input, output) = match command {
                Command::StartTask { skill, input, .. } | Command::OpenDecision { skill: Some(skill), input, .. } => {
                    let (taken, given) = &schemas[skill];
                    // Texts may be empty, which only the task itself can know.
                    let found: Vec<_> = misfits(input, taken, "").into_iter().filter(|(_, why)| !why.contains("characters")).collect();
                    assert_eq!(found, [], "{} of {}: {input}", key, workflow.name);
                    (input, given.clone())
                }
                Command::StartRun { workflow, input, .. } => {
                    use baton_workflow::Catalogue;
                    let interface = known.workflow(workflow).unwrap();
                    assert_eq!(misfits(input, &interface.input, ""), [], "{workflow}: {input}");
                    (input, interface.output.clone())
                }
                Command::AskApproval { key, hash, .. } => {
                    let (key, hash, by) = (key.clone(), hash.clone(), Person { name: "grace".into(), roles: vec!["operator".into()] });
                    open.push(if lot.chance(75) {
                        Fact::Approved { key, hash, by, comment: None }
                    } else {
                        Fact::Refused { key, hash, by, comment: None }
                    });
                    continue;
                }
                Command::SetTimer { key, .. } if key.kind == KeyKind::Delay => {
                    open.push(Fact::Timer { key: key.clone() });
                    continue;
                }
                _ => continue,
            };
            assert!(input.is_object());
            let outcome = match lot.below(10) {
                0 => Outcome::Failed { code: "ATTEMPT-001".into(), message: "lost".into() },
                _ => Outcome::Completed(value(&output, &output, &mut lot, 0)),
            };
            open.push(Fact::Ended { key, outcome, usage: Usage::default() });
        }
        if run.header().state.is_ended() {
            break;
        }
        let fact = if open.is_empty() {
            Fact::Signal { id: "s".into(), name: "cleared".into(), payload: json!({"by": "grace"}) }
        } else {
            let place = lot.below(open.len() as u64) as usize;
            open.swap_remove(place)
        };
        effects = run.handle(&plan, at, &fact).unwrap();
    }
    for row in run.steps().filter(|row| row.state == StepState::Failed) {
        let error = row.error.as_ref().unwrap();
        assert!(!matches!(error.code.as_str(), "WORKFLOW-021" | "WORKFLOW-022"), "{} of {}: {}", row.step, workflow.name, error.message);
    }
    assert!(run.header().error.as_ref().is_none_or(|error| !error.message.contains("outputs")), "{:?}", run.header().error);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, ..ProptestConfig::default() })]

    #[test]
    fn what_was_checked_does_not_fail_by_its_types(seed in any::<u64>()) {
        static KNOWN: OnceLock<Known> = OnceLock::new();
        let known = KNOWN.get_or_init(|| {
            let mut known = shipped();
            for name in ["document-digest", "review-sentiment"] {
                known.add_workflow(&examples()[name]);
            }
            known
        });
        for workflow in examples().values() {
            play(workflow, known, seed);
        }
    }

    /// Whatever becomes of a document, reading and checking it ends with problems whose places lie within it.
    #[test]
    fn a_garbled_document_has_problems_and_nothing_worse(
        which in any::<prop::sample::Index>(), at in any::<prop::sample::Index>(), length in 0_usize..40, put in "[ -~\\n]{0,6}"
    ) {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/workflows");
        let examples = examples();
        let name = examples.keys().nth(which.index(examples.len())).unwrap();
        let text = std::fs::read_to_string(folder.join(format!("{name}.yaml"))).unwrap();
        let letters: Vec<char> = text.chars().collect();
        let from = at.index(letters.len());
        let to = (from + length).min(letters.len());
        let garbled: String = letters[..from].iter().copied().chain(put.chars()).chain(letters[to..].iter().copied()).collect();
        let problems = match parse(&garbled) {
            Ok(workflow) => {
                static KNOWN: OnceLock<Known> = OnceLock::new();
                validate(&workflow, KNOWN.get_or_init(shipped)).err().unwrap_or_default()
            }
            Err(problems) => { prop_assert!(!problems.is_empty()); problems }
        };
        let lines: Vec<usize> = garbled.split('\n').map(|line| line.chars().count()).collect();
        for problem in problems {
            let line = problem.at.line as usize;
            prop_assert!(line >= 1 && line <= lines.len() + 1, "{problem}");
            prop_assert!(line > lines.len() || problem.at.column as usize <= lines[line - 1] + 2, "{problem}");
            prop_assert!(!problem.message.is_empty() && problem.advice.ends_with(['.', '?']), "{problem}");
        }
    }
}
