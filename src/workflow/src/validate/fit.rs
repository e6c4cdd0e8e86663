//! Does what a step hands on fit what the skill or workflow takes?

use baton_domain::problem::Code;
use serde_json::{Map, Value};

use super::Interface;
use super::literal::{choice, misfits};
use super::scope::Scope;
use crate::document::{OnFailure, Workflow};
use crate::expression::{Field, Part, Template, Type};
use crate::graph::Graph;
use crate::problem::{Position, Problems, below, suggestion};

/// Whether a run may complete without each step having completed: it is conditional, handles a failure, or needs such a step.
pub(super) fn skippable(workflow: &Workflow, graph: &Graph) -> Vec<bool> {
    // Steps on a circle are in no order; nothing is assumed of them.
    let mut skippable = vec![true; workflow.steps.len()];
    for step in graph.order.iter().copied() {
        let said = &workflow.steps[step];
        let own = said.condition.is_some() || !graph.guards[step].is_empty() || matches!(said.on_failure, OnFailure::Run(_));
        skippable[step] = own || graph.needs[step].iter().any(|need| skippable[*need]);
    }
    skippable
}

pub(super) struct Fitter<'a, 'b> {
    pub(super) scope: &'a Scope<'b>,
    pub(super) problems: &'a mut Problems,
}

impl Fitter<'_, '_> {
    fn wrong(&mut self, at: Position, path: &str, message: impl Into<String>, advice: impl Into<String>) {
        self.problems.add(Code::WorkflowStepInput, at, path, message, advice);
    }

    /// The whole input of a step.
    pub(super) fn input(&mut self, given: Option<&Template>, interface: &Interface, at: Position, path: &str) {
        let wanted = interface.input_type();
        let empty = Vec::new();
        let entries = match given.map(|given| &given.part) {
            Some(Part::Object(entries)) => entries,
            _ => &empty,
        };
        let mut certain = Vec::new();
        self.properties(entries, &wanted, &interface.input, &interface.input, at, path, true, &mut certain);
        self.alternatives(entries, &certain, &interface.input, at, path);
    }

    /// `certain` collects the properties that are always there.
    #[expect(clippy::too_many_arguments, reason = "a schema has a root, and a place a path")]
    fn properties(
        &mut self,
        entries: &[(String, Template)],
        wanted: &Type,
        schema: &Value,
        root: &Value,
        at: Position,
        path: &str,
        whole: bool,
        certain: &mut Vec<String>,
    ) {
        let fields = wanted.fields.as_deref();
        for (name, template) in entries {
            let path = below(path, name);
            let Some(field) = fields.and_then(|fields| fields.known.get(name)) else {
                if let Some(fields) = fields.filter(|fields| fields.closed) {
                    let names = || fields.known.keys().map(String::as_str);
                    let advice = suggestion(name, names(), || format!("The input has {}.", names().collect::<Vec<_>>().join(", ")));
                    self.wrong(template.at, &path, format!("the input has no `{name}`"), advice);
                }
                template.check(self.scope, &path, self.problems);
                certain.push(name.clone());
                continue;
            };
            // Of the input itself a property without a value is left out.
            let optional = whole && !field.required && matches!(template.part, Part::Whole(_));
            let kind = self.value(template, field, property(schema, root, name), root, &path, optional);
            if !kind.may_be_missing() {
                certain.push(name.clone());
            }
        }
        for (name, field) in fields.into_iter().flat_map(|fields| &fields.known) {
            if field.required && !entries.iter().any(|(given, _)| given == name) {
                let message = format!("the input lacks `{name}`, which is required");
                self.wrong(at, &below(path, name), message, format!("Add `{name}`: {}.", field.kind));
            }
        }
    }

    fn value(&mut self, template: &Template, field: &Field, schema: Option<&Value>, root: &Value, path: &str, optional: bool) -> Type {
        let wanted = &field.kind;
        match (&template.part, schema) {
            (Part::Object(entries), Some(schema)) if wanted.fields.is_some() && wanted.kinds == Type::object([]).kinds => {
                self.properties(entries, wanted, schema, root, template.at, path, false, &mut Vec::new());
                Type::object([])
            }
            (Part::List(items), Some(schema)) if wanted.items.is_some() && wanted.kinds == Type::list(Type::any()).kinds => {
                let item = Field { kind: wanted.item(), required: true };
                let each = resolve(schema, root).get("items");
                for (index, value) in items.iter().enumerate() {
                    self.value(value, &item, each, root, &below(path, index), false);
                }
                Type::list(Type::any())
            }
            (Part::Fixed(value), Some(schema)) => {
                // With the definitions that it may refer to.
                let whole = with_definitions(schema, root);
                for (path, why) in misfits(value, &whole, path) {
                    self.wrong(template.at, &path, format!("the value does not fit: {why}"), "Correct the value.");
                }
                Type::any()
            }
            _ => {
                let kind = template.check(self.scope, path, self.problems);
                let given = if optional { kind.clone().present() } else { kind.clone() };
                if let Some(why) = given.misfit(wanted) {
                    let advice = if given.may_be_missing() && !wanted.may_be_missing() {
                        "Say what to take where it is missing: `default(value, otherwise)`."
                    } else {
                        "Hand on a value of the right kind."
                    };
                    self.wrong(template.at, path, format!("the value does not fit: {why}"), advice);
                }
                kind
            }
        }
    }

    /// A choice between sets of required properties: `oneOf: [{required: [text]}, {required: [artifact]}]`.
    fn alternatives(&mut self, entries: &[(String, Template)], certain: &[String], schema: &Value, at: Position, path: &str) {
        for (word, how_many) in [("oneOf", "exactly one"), ("anyOf", "at least one")] {
            let Some(branches) = schema.get(word).and_then(Value::as_array) else {
                continue;
            };
            if branches.iter().any(|branch| required(branch).is_none()) {
                continue;
            }
            let holds = |branch: &Value, given: &dyn Fn(&str) -> bool| {
                let all = |branch: &Value| required(branch).is_some_and(|names| names.iter().all(|name| given(name)));
                all(branch) && !branch.get("not").is_some_and(all)
            };
            let given = |name: &str| entries.iter().any(|(known, _)| known == name);
            let sure = |name: &str| certain.iter().any(|known| known == name);
            let possible = branches.iter().filter(|branch| holds(branch, &given)).count();
            let clashing = branches.iter().filter(|branch| holds(branch, &sure)).count();
            if possible == 1 && clashing == 0 {
                let message = format!("{}, and what is given may be missing", choice(branches, how_many));
                self.wrong(at, path, message, "Say what to take where it is missing: `default(value, otherwise)`.");
            }
            if possible == 0 || (word == "oneOf" && clashing > 1) {
                self.wrong(at, path, choice(branches, how_many), "Give one of them.");
            }
        }
    }
}

/// The properties that a branch of a choice requires.
fn required(branch: &Value) -> Option<Vec<&str>> {
    Some(branch.get("required")?.as_array()?.iter().filter_map(Value::as_str).collect())
}

fn resolve<'v>(schema: &'v Value, root: &'v Value) -> &'v Value {
    let target = schema.get("$ref").and_then(Value::as_str).and_then(|target| target.strip_prefix('#'));
    target.and_then(|pointer| root.pointer(pointer)).unwrap_or(schema)
}

fn property<'v>(schema: &'v Value, root: &'v Value, name: &str) -> Option<&'v Value> {
    resolve(schema, root).get("properties")?.get(name)
}

fn with_definitions(schema: &Value, root: &Value) -> Value {
    let mut whole = resolve(schema, root).as_object().cloned().unwrap_or_else(Map::new);
    if let Some(definitions) = root.get("$defs") {
        whole.entry("$defs").or_insert_with(|| definitions.clone());
    }
    Value::Object(whole)
}
