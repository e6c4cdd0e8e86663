//! Where rules know no other way, does a model? It is told what failed and what was done, by names and codes, never what anything held.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::{MAXIMUM_HANDED_BYTES, Replanned, Stands, again, each_text, handed, none, replaced, steps_of};
use crate::catalogue::Skills;
use crate::draft::clipped;
use crate::given::{Given, GivenKind, MAXIMUM_INPUTS};
use crate::model::{Asks, plan_by_model};
use crate::plan::{Explanation, problems};
use crate::reading::MAXIMUM_GOAL;
use crate::refusal::Refusal;

/// How much of the goal is said; the rest of what may be said is about the run.
const SAID_OF_GOAL: usize = 2_000;

/// A step that failed for good, and what stands around it.
#[derive(Debug, Clone, Copy)]
pub struct Failed<'a> {
    /// What the run was for.
    pub goal: &'a str,
    /// The document of its workflow.
    pub text: &'a str,
    /// The step.
    pub step: &'a str,
    /// The code that it failed with.
    pub code: &'a str,
    /// How the steps stand.
    pub so_far: &'a BTreeMap<String, Stands>,
    /// What the run was given.
    pub given: &'a Map<String, Value>,
    /// The skills that there are.
    pub skills: &'a Skills,
}

/// Asks a model for another way for a failed step and what comes after it. Its plan is repaired, bounded and checked as every plan of a model is; what it says
/// about why comes with it. A plan that does the step again as it was is none.
///
/// # Errors
/// Those of a model's plan; `PLAN-011` if it would do the same, or if what it wants handed on is too large.
pub async fn replan_by_model(failed: &Failed<'_>, model: &dyn Asks) -> Result<(Replanned, Explanation), Refusal> {
    let refuse = |message: String| none(failed.step, message);
    let whole = baton_workflow::to_json(failed.text).map_err(|problem| refuse(problem.to_string()))?;
    let order: Vec<String> = failed.so_far.keys().cloned().chain([failed.step.to_owned()]).collect();
    let steps = steps_of(&whole, &order);
    let uses = |id: &str| steps.get(id).and_then(|step| step.get("uses")).and_then(Value::as_str).unwrap_or("no skill");
    let (mut inputs, mut input) = inputs(&whole, failed.given);
    let mut done = Vec::new();
    for (id, stands) in failed.so_far {
        let (Stands::Completed(output), name) = (stands, handed(id)) else { continue };
        // Whatever begins with no letter is no input.
        if input.contains_key(&name) || !name.starts_with(|letter: char| letter.is_ascii_alphabetic()) {
            continue;
        }
        done.push(format!("`{name}` is what `{id}` ({}) gave", uses(id)));
        inputs.push(Given::new(name.clone(), GivenKind::Json).with_value(output));
        input.insert(name, output.clone());
    }
    if inputs.len() > MAXIMUM_INPUTS {
        return Err(refuse(format!("more than {MAXIMUM_INPUTS} inputs and outputs would be handed on")));
    }
    let mut said = format!(
        "{}\nA run for this failed: its step `{}` ({}) failed for good with {}. Reach what is left of the goal another way.",
        clipped(failed.goal, SAID_OF_GOAL),
        failed.step,
        uses(failed.step),
        failed.code
    );
    if !done.is_empty() {
        said.push_str(&format!(" Not to be done again, since it is among the inputs: {}.", done.join("; ")));
    }
    let plan = plan_by_model(&clipped(&said, MAXIMUM_GOAL), &inputs, failed.skills, model).await?;
    let mut draft = plan.draft;
    let (skill, with) = as_it_was(failed, &steps);
    if draft.steps.iter().any(|step| step.uses == skill && step.with == with) {
        return Err(refuse("it would do the same again".to_owned()));
    }
    // What nothing reads is not handed on.
    let read = |name: &str| failed.given.contains_key(name) || plan.text.contains(&format!("inputs.{name}"));
    draft.inputs.retain(|input| read(&input.name));
    input.retain(|name, _| read(name));
    let size = Value::Object(input.clone()).to_string().len();
    if size > MAXIMUM_HANDED_BYTES {
        return Err(refuse(format!("what the steps so far have given is {size} bytes, more than {MAXIMUM_HANDED_BYTES}")));
    }
    draft.goal = failed.goal.to_owned();
    draft.name = again(whole.get("name").and_then(Value::as_str).unwrap_or("plan"));
    let text = draft.to_yaml();
    if let Some(problem) = problems(&text, failed.skills).first() {
        return Err(refuse(problem.message.clone()));
    }
    Ok((Replanned { text, input, otherwise: "what is left as a model plans it".to_owned(), tried: Vec::new() }, plan.explanation))
}

/// What the run was given, as inputs of a goal.
fn inputs(whole: &Value, given: &Map<String, Value>) -> (Vec<Given>, Map<String, Value>) {
    let of = |(name, value): (&String, &Value)| {
        let schema = whole.get("inputs").and_then(|inputs| inputs.get(name));
        Given::new(name.clone(), kind_of(schema, value)).with_value(value)
    };
    (given.iter().map(of).collect(), given.clone())
}

fn kind_of(schema: Option<&Value>, value: &Value) -> GivenKind {
    let says = |format: &str| {
        let own = schema.and_then(|schema| schema.get("format"));
        let of_items = schema.and_then(|schema| schema.get("items")).and_then(|items| items.get("format"));
        own.or(of_items).and_then(Value::as_str) == Some(format)
    };
    match value {
        _ if says("artifact") => GivenKind::Artifact,
        _ if says("connection") => GivenKind::Connection,
        Value::String(text) if text.starts_with("http://") || text.starts_with("https://") => GivenKind::Url,
        Value::String(_) => GivenKind::Text,
        Value::Number(_) => GivenKind::Number,
        _ => GivenKind::Json,
    }
}

/// The skill and the input of the failed step, as a step says the same that reads what was handed on.
fn as_it_was(failed: &Failed<'_>, steps: &BTreeMap<String, Map<String, Value>>) -> (String, Map<String, Value>) {
    let mut step = vec![(failed.step.to_owned(), steps.get(failed.step).cloned().unwrap_or_default())];
    for id in failed.so_far.keys() {
        let (from, to) = (format!("steps.{id}.output"), format!("inputs.{}", handed(id)));
        each_text(&mut step, &mut Map::new(), &|text| replaced(text, &from, &to));
    }
    let step = step.pop().map(|(_, step)| step).unwrap_or_default();
    let skill = step.get("uses").and_then(Value::as_str).unwrap_or_default().to_owned();
    (skill, step.get("with").and_then(Value::as_object).cloned().unwrap_or_default())
}
