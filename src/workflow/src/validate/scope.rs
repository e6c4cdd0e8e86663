//! Of which types is what an expression can speak of at its place?

use crate::document::{OnFailure, Step, Workflow};
use crate::expression::{Field, Names, StepField, Type};
use crate::graph::Graph;

/// What can be read of a step.
pub(super) struct StepTypes {
    /// The output where the step is known to have ended well, or to have been forgiven.
    output: Type,
    /// The output of a step that may not have run at all.
    uncertain: Type,
    /// Whether a run may complete without it.
    skippable: bool,
}

impl StepTypes {
    pub(super) fn of(step: &Step, single: Type, skippable: bool) -> Self {
        let forgiven = step.on_failure == OnFailure::Continue;
        let item = if forgiven { missing(single) } else { single };
        let output = if step.foreach.is_some() { Type::list(item) } else { item };
        Self { uncertain: missing(output.clone()), output, skippable }
    }
}

/// Of what is not known it is not assumed that it is missing.
fn missing(kind: Type) -> Type {
    if kind.is_any() { kind } else { kind.or_missing() }
}

pub(super) struct Scope<'a> {
    workflow: &'a Workflow,
    graph: &'a Graph,
    types: &'a [StepTypes],
    inputs: Type,
    /// The step whose expressions are checked; none for the outputs of the run.
    step: Option<usize>,
    pub(super) in_condition: bool,
    pub(super) item: Option<(String, Type)>,
}

impl<'a> Scope<'a> {
    pub(super) fn of_step(workflow: &'a Workflow, graph: &'a Graph, types: &'a [StepTypes], step: usize, inputs: Type) -> Self {
        Self { workflow, graph, types, inputs, step: Some(step), in_condition: false, item: None }
    }

    pub(super) fn of_outputs(workflow: &'a Workflow, graph: &'a Graph, types: &'a [StepTypes], inputs: Type) -> Self {
        Self { workflow, graph, types, inputs, step: None, in_condition: false, item: None }
    }

    /// Whether another step is known to have ended well when this expression is evaluated.
    fn certain(&self, other: usize) -> bool {
        match self.step {
            None => self.types.get(other).is_some_and(|types| !types.skippable),
            Some(step) => {
                let asks =
                    self.workflow.steps.get(step).and_then(|step| step.condition.as_ref()).is_some_and(|condition| condition.asks_status());
                !asks && self.graph.needs.get(step).is_some_and(|needs| needs.contains(&other))
            }
        }
    }
}

impl Names for Scope<'_> {
    fn name(&self, name: &str) -> Option<Type> {
        let text = || Field { kind: Type::text(), required: true };
        match name {
            "inputs" => Some(self.inputs.clone()),
            "run" => Some(Type::object(["id", "workflow", "requested_by", "started_at"].map(|name| (name.to_owned(), text())))),
            "index" if self.item.is_some() => Some(Type::integer()),
            _ => self.item.as_ref().filter(|(known, _)| known == name).map(|(_, kind)| kind.clone()),
        }
    }

    fn names(&self) -> Vec<String> {
        let mut names = vec!["inputs".to_owned(), "run".to_owned()];
        if let Some((item, _)) = &self.item {
            names.extend([item.clone(), "index".to_owned()]);
        }
        names
    }

    fn step(&self, id: &str, field: StepField) -> Option<Type> {
        let other = self.graph.place(id)?;
        let types = self.types.get(other)?;
        Some(match field {
            StepField::Output if self.certain(other) => types.output.clone(),
            StepField::Output => types.uncertain.clone(),
            StepField::Status => {
                let schema = serde_json::json!({"enum": ["completed", "failed", "skipped", "canceled"]});
                crate::expression::type_of_schema(&schema)
            }
            StepField::Error => {
                let text = || Field { kind: Type::text(), required: true };
                Type::object(["code", "message"].map(|name| (name.to_owned(), text()))).or_missing()
            }
        })
    }

    fn status(&self) -> bool {
        self.in_condition
    }
}
