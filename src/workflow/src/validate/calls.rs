//! Does a workflow use itself, directly or through others?

use std::collections::HashMap;

use baton_domain::problem::Code;

use super::Catalogue;
use crate::document::{Action, Workflow};
use crate::problem::{Problems, below, suggestion};

/// How many levels of workflows may use one another.
pub const MAXIMUM_NESTING: usize = 8;

/// What following the uses of a workflow leads to.
#[derive(Clone)]
enum Found {
    /// So many levels, itself included.
    Levels(usize),
    /// A circle, by its names.
    Circle(Vec<String>),
}

pub(super) fn check(workflow: &Workflow, catalogue: &dyn Catalogue, problems: &mut Problems) {
    let mut known: HashMap<String, Found> = HashMap::new();
    for step in &workflow.steps {
        let Action::Workflow(used) = &step.action else {
            continue;
        };
        let path = below(&step.path, "uses");
        let name = used.name.as_str();
        if name != workflow.name && catalogue.workflow(name).is_none() {
            let list = || match catalogue.workflows().as_slice() {
                [] => "There are no workflows yet: store that one first.".to_owned(),
                names => format!("Workflows are {}.", names.iter().take(20).copied().collect::<Vec<_>>().join(", ")),
            };
            let advice = suggestion(name, catalogue.workflows(), list);
            problems.add(Code::WorkflowUnknownWorkflow, used.at, path, format!("there is no workflow `{name}`"), advice);
            continue;
        }
        let mut above = vec![workflow.name.clone()];
        match follow(name, &mut above, catalogue, &mut known) {
            Found::Circle(names) => {
                let message = format!("workflows use one another in a circle: {}", names.join(" uses "));
                problems.add(Code::WorkflowRecursion, used.at, path, message, "Take one of these steps out; `foreach` repeats work.");
            }
            Found::Levels(levels) if levels >= MAXIMUM_NESTING => {
                let message = format!("workflows use one another through {} levels, more than {MAXIMUM_NESTING}", levels + 1);
                problems.add(Code::WorkflowRecursion, used.at, path, message, "Put some of them together.");
            }
            Found::Levels(_) => {}
        }
    }
}

/// `above` are those on the way here. What is known of a workflow holds whatever the way: circles end the search.
fn follow(name: &str, above: &mut Vec<String>, catalogue: &dyn Catalogue, known: &mut HashMap<String, Found>) -> Found {
    if let Some(from) = above.iter().position(|one| one == name) {
        let mut circle = above[from..].to_vec();
        circle.push(name.to_owned());
        return Found::Circle(circle);
    }
    if let Some(found) = known.get(name) {
        return found.clone();
    }
    // Deeper than allowed is too deep, however deep it is.
    if above.len() > MAXIMUM_NESTING {
        return Found::Levels(1);
    }
    above.push(name.to_owned());
    let mut levels = 0;
    let mut circle = None;
    for used in catalogue.workflow(name).map(|interface| interface.uses.as_slice()).unwrap_or_default() {
        match follow(used, above, catalogue, known) {
            Found::Levels(below) => levels = levels.max(below),
            found @ Found::Circle(_) => {
                circle = Some(found);
                break;
            }
        }
    }
    above.pop();
    let found = circle.unwrap_or(Found::Levels(levels + 1));
    known.insert(name.to_owned(), found.clone());
    found
}
