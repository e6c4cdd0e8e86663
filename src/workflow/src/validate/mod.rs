//! Does a document hold together, with the skills and workflows that there are?

mod calls;
mod catalogue;
mod fit;
mod literal;
mod scope;
#[cfg(test)]
mod tests;

use baton_domain::problem::Code;
use baton_domain::user::Role;
use serde_json::Value;

use crate::document::{Action, Approve, Foreach, Step, Workflow};
use crate::expression::{Field, Type, check, type_of_schema};
use crate::graph::Graph;
use crate::problem::{DocumentProblem, Problems, below, suggestion};

pub use calls::MAXIMUM_NESTING;
pub use catalogue::{Catalogue, Interface, Known};
pub use literal::misfits;
use scope::{Scope, StepTypes};

/// Checks a document as a whole before anything runs. What is found here would fail, or could fail, while a run goes on.
///
/// # Errors
/// Everything that is wrong, in the order of the document.
pub fn validate(workflow: &Workflow, catalogue: &dyn Catalogue) -> Result<Graph, Vec<DocumentProblem>> {
    let mut problems = Problems::default();
    let graph = Graph::read(workflow, &mut problems);
    calls::check(workflow, catalogue, &mut problems);
    let mut checker = Checker { workflow, catalogue, graph: &graph, problems: &mut problems };
    checker.workflow();
    if problems.is_empty() { Ok(graph) } else { Err(problems.into_sorted()) }
}

/// The JSON Schema of what a run of this workflow gives.
#[must_use]
pub fn output_schema(workflow: &Workflow, catalogue: &dyn Catalogue) -> Value {
    let mut problems = Problems::default();
    let graph = Graph::read(workflow, &mut problems);
    let mut checker = Checker { workflow, catalogue, graph: &graph, problems: &mut problems };
    checker.workflow().to_schema()
}

struct Checker<'a> {
    workflow: &'a Workflow,
    catalogue: &'a dyn Catalogue,
    graph: &'a Graph,
    problems: &'a mut Problems,
}

impl Checker<'_> {
    /// Checks all steps; gives the type of the run's outputs.
    fn workflow(&mut self) -> Type {
        let inputs = type_of_schema(&self.workflow.input_schema());
        let inputs = with_defaults(&inputs, self.workflow);
        let skippable = fit::skippable(self.workflow, self.graph);
        let types: Vec<StepTypes> = skippable.iter().enumerate().map(|(place, skippable)| self.step_types(place, *skippable)).collect();
        for place in 0..self.workflow.steps.len() {
            self.step(place, &types, &inputs);
        }
        let scope = Scope::of_outputs(self.workflow, self.graph, &types, inputs);
        let mut known = Vec::new();
        for output in &self.workflow.outputs {
            let kind = output.value.check(&scope, &below("/outputs", &output.name), self.problems);
            known.push((output.name.clone(), Field { required: true, kind }));
        }
        Type::object(known)
    }

    fn step_types(&self, place: usize, skippable: bool) -> StepTypes {
        let step = &self.workflow.steps[place];
        let single = match &step.action {
            Action::Skill(name) => self.catalogue.skill(&name.name).map_or_else(Type::any, |skill| skill.output_type()),
            Action::Workflow(name) => self.catalogue.workflow(&name.name).map_or_else(Type::any, |workflow| workflow.output_type()),
            Action::Signal { schema, .. } => schema.as_ref().map_or_else(Type::any, type_of_schema),
            Action::Decide => verdict(step),
            Action::Delay(_) => Type::any(),
            Action::Approve => {
                let text = |kind: Type| Field { kind, required: true };
                Type::object([("by".to_owned(), text(Type::text())), ("comment".to_owned(), text(Type::text().or_missing()))])
            }
        };
        StepTypes::of(step, single, skippable)
    }

    fn step(&mut self, place: usize, types: &[StepTypes], inputs: &Type) {
        let step = &self.workflow.steps[place];
        let path = step.path.clone();
        let mut scope = Scope::of_step(self.workflow, self.graph, types, place, inputs.clone());
        if let Some(condition) = &step.condition {
            scope.in_condition = true;
            let kind = check(condition, &scope, &below(&path, "if"), self.problems);
            if let Some(why) = kind.misfit(&Type::boolean()) {
                let advice = "Compare the value with something: only true and false are conditions.";
                self.problems.add(
                    Code::WorkflowTypes,
                    condition.at,
                    below(&path, "if"),
                    format!("the condition does not fit: {why}"),
                    advice,
                );
            }
            scope.in_condition = false;
        }
        if let Some(approve) = &step.approve {
            if let Some(message) = &approve.message {
                message.check(&scope, &below(&below(&path, "approve"), "message"), self.problems);
            }
            self.roles(approve);
        }
        if let Some(foreach) = &step.foreach {
            let item = self.foreach(foreach, &scope, &path);
            scope.item = Some((foreach.name.clone(), item));
        }
        if let Some(decide) = &step.decide {
            let path = below(&path, "decide");
            for (key, template) in [("question", &decide.question), ("options", &decide.options)] {
                if let Some(template) = template {
                    template.check(&scope, &below(&path, key), self.problems);
                }
            }
        }
        self.input(step, &scope, &path);
    }

    /// Roles are few and known; users and keys may be there tomorrow.
    fn roles(&mut self, approve: &Approve) {
        for (name, (at, path)) in approve.who.iter().zip(&approve.places) {
            let Some(role) = name.strip_prefix("role:").map(str::trim).filter(|role| Role::parse(role).is_none()) else {
                continue;
            };
            let known = Role::ALL.map(Role::as_str);
            let advice = suggestion(role, known, || format!("Roles are {}.", known.join(", ")));
            self.problems.add(Code::WorkflowWrongValue, *at, path, format!("there is no role `{role}`"), advice);
        }
    }

    /// The type of one item.
    fn foreach(&mut self, foreach: &Foreach, scope: &Scope<'_>, path: &str) -> Type {
        let path = below(path, "foreach");
        let kind = foreach.items.check(scope, &path, self.problems);
        if let Some(why) = kind.misfit(&Type::list(Type::any())) {
            let advice =
                if kind.may_be_missing() { "Say what to go through where it is missing: `default(value, [])`." } else { "Give it a list." };
            self.problems.add(Code::WorkflowForeach, foreach.items.at, path, format!("`foreach` has no list: {why}"), advice);
            return Type::any();
        }
        kind.item()
    }

    fn input(&mut self, step: &Step, scope: &Scope<'_>, path: &str) {
        let interface = match &step.action {
            Action::Skill(name) => {
                let found = self.catalogue.skill(&name.name);
                if found.is_none() {
                    let list = || "Skills are listed at `GET /api/v1/skills`.".to_owned();
                    let workflow = self.catalogue.workflow(&name.name).map(|_| format!("Did you mean `workflow:{}`?", name.name));
                    let advice = workflow.unwrap_or_else(|| suggestion(&name.name, self.catalogue.skills(), list));
                    self.problems.add(
                        Code::WorkflowUnknownSkill,
                        name.at,
                        below(path, "uses"),
                        format!("no agent has the skill `{}`", name.name),
                        advice,
                    );
                }
                found
            }
            Action::Workflow(name) => self.catalogue.workflow(&name.name),
            _ => None,
        };
        let with = below(path, "with");
        match (interface, &step.with) {
            (Some(interface), given) => {
                let at = given.as_ref().map_or(step.at, |given| given.at);
                fit::Fitter { scope, problems: self.problems }.input(given.as_ref(), interface, at, &with);
            }
            (None, Some(given)) => {
                given.check(scope, &with, self.problems);
            }
            (None, None) => {}
        }
    }
}

/// The type of a decision's verdict. What hangs on how it was decided may be of any type, and is not assumed to be missing.
fn verdict(step: &Step) -> Type {
    let of_options = step.decide.as_ref().is_some_and(|decide| decide.options.is_some());
    let key = if of_options { Type::text() } else { Type::any() };
    let known = [
        ("outcome", Type::text()),
        ("by", Type::text()),
        ("why", Type::text()),
        ("missed", Type::any()),
        ("key", key),
        ("answer", Type::any()),
        ("answer_left_out", Type::any()),
        ("margin", Type::any()),
        ("dissenters", Type::integer()),
        ("person", Type::any()),
        ("comment", Type::any()),
        ("rounds", Type::integer()),
        ("at", Type::text()),
    ];
    Type::object(known.map(|(name, kind)| (name.to_owned(), Field { kind, required: true })))
}

/// Inputs that have a default are always there.
fn with_defaults(inputs: &Type, workflow: &Workflow) -> Type {
    let Some(fields) = &inputs.fields else {
        return inputs.clone();
    };
    Type::object(fields.known.iter().map(|(name, field)| {
        let given = workflow.inputs.iter().any(|input| input.name == *name && input.default.is_some());
        (name.clone(), Field { kind: field.kind.clone(), required: field.required || given })
    }))
}
