//! How does a text become a workflow?

use baton_domain::problem::Code;
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::fields::{Fields, Reader};
use super::{Input, Limits, MAXIMUM_INPUTS, MAXIMUM_STEPS, Output, Step, VERSION, Workflow};
use crate::problem::{DocumentProblem, Problems, below};
use crate::source::{self, Node, NodeValue};
use crate::validate::misfits;

/// The longest name of a workflow, a step, an input or an output.
const MAXIMUM_NAME: usize = 64;
const MAXIMUM_TITLE: usize = 200;
const MAXIMUM_DESCRIPTION: usize = 10_000;
const KEYS: [&str; 8] = ["name", "version", "title", "description", "inputs", "steps", "outputs", "limits"];

/// Reads a document of YAML or JSON. What can be told without knowing skills and other workflows is checked here;
/// [`validate`](crate::validate()) does the rest.
///
/// # Errors
/// Everything that is wrong, in the order of the document.
pub fn parse(text: &str) -> Result<Workflow, Vec<DocumentProblem>> {
    let root = source::read(text).map_err(|problem| vec![problem])?;
    let mut reader = Reader { text, problems: Problems::default() };
    let workflow = reader.workflow(&root);
    let problems = reader.problems;
    match workflow {
        Some(workflow) if problems.is_empty() => Ok(workflow),
        _ => Err(problems.into_sorted()),
    }
}

/// Whether expressions can name it: letters, digits, `_` and `-`, with no digit or `-` first.
pub(super) fn is_name(text: &str) -> bool {
    let mut letters = text.chars();
    let first = letters.next().is_some_and(|letter| letter.is_ascii_alphabetic() || letter == '_');
    first && text.len() <= MAXIMUM_NAME && letters.all(|letter| letter.is_ascii_alphanumeric() || letter == '_' || letter == '-')
}

/// Whether it can name a workflow.
fn is_workflow_name(text: &str) -> bool {
    let first = text.starts_with(|letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit());
    let allowed = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || matches!(letter, '-' | '_' | '.');
    first && text.len() <= MAXIMUM_NAME && text.chars().all(allowed)
}

impl Reader<'_> {
    fn workflow(&mut self, root: &Node) -> Option<Workflow> {
        let fields = self.fields(root, "", &KEYS, &[])?;
        for key in ["name", "version", "steps"] {
            if !fields.has(key) {
                self.wrong(root.at, below("", key), format!("the document has no `{key}`"), format!("Add `{key}`."));
            }
        }
        if let Some((node, path)) = fields.get("version") {
            let known = matches!(&node.value, NodeValue::Number(number) if number.as_u64() == Some(VERSION));
            if !known {
                self.wrong(node.at, path, "this version of the form of documents is not known", format!("Write `version: {VERSION}`."));
            }
        }
        let name = fields.get("name").and_then(|(node, path)| {
            let name = self.text(node, &path, MAXIMUM_NAME)?;
            if !is_workflow_name(&name) {
                let message = format!("`{name}` cannot name a workflow");
                let advice =
                    format!("Use small letters, digits, `-`, `_` and `.`, at most {MAXIMUM_NAME}, beginning with a letter or digit.");
                self.wrong(node.at, path, message, advice);
            }
            Some(name)
        });
        let title = fields.get("title").and_then(|(node, path)| self.text(node, &path, MAXIMUM_TITLE));
        let description = fields.get("description").and_then(|(node, path)| self.text(node, &path, MAXIMUM_DESCRIPTION));
        let inputs = fields.get("inputs").map(|(node, path)| self.inputs(node, &path)).unwrap_or_default();
        let steps = fields.get("steps").map(|(node, path)| self.steps(node, &path)).unwrap_or_default();
        let outputs = fields.get("outputs").map(|(node, path)| self.outputs(node, &path)).unwrap_or_default();
        let limits = fields.get("limits").and_then(|(node, path)| self.limits(node, &path)).unwrap_or_default();
        let mut canonical = String::new();
        root.canonical(&mut canonical);
        Some(Workflow {
            name: name?,
            at: fields.place("name"),
            title,
            description,
            inputs,
            steps,
            outputs,
            limits,
            hash: hex::encode(Sha256::digest(canonical)),
        })
    }

    fn named(&mut self, fields: &Fields<'_>, what: &str) {
        if fields.entries().count() > MAXIMUM_INPUTS {
            self.problems.add(
                Code::WorkflowTooLarge,
                fields.at,
                fields.path.as_str(),
                format!("there are more than {MAXIMUM_INPUTS} {what}s"),
                "Put some of them together.",
            );
        }
        for (key, _, path) in fields.entries() {
            if !is_name(&key.text) {
                let message = format!("`{}` cannot name an {what}", key.text);
                self.wrong(
                    key.at,
                    path,
                    message,
                    format!("Use letters, digits, `_` and `-`, at most {MAXIMUM_NAME}, beginning with a letter."),
                );
            }
        }
    }

    fn inputs(&mut self, node: &Node, path: &str) -> Vec<Input> {
        let Some(fields) = self.open_fields(node, path) else {
            return Vec::new();
        };
        self.named(&fields, "input");
        let mut inputs = Vec::new();
        for (key, node, path) in fields.entries().take(MAXIMUM_INPUTS) {
            let Some(mut schema) = self.schema(node, &path) else {
                continue;
            };
            let default = schema.remove("default");
            // As with GitHub Actions; a list there is JSON Schema's, about the properties of an object.
            let stated = match schema.get("required") {
                Some(Value::Bool(stated)) => Some(*stated),
                _ => None,
            };
            if stated.is_some() {
                schema.remove("required");
            }
            let schema = Value::Object(schema);
            if let Some(default) = &default {
                for (path, why) in misfits(default, &schema, &below(&path, "default")) {
                    self.wrong(node.at, path, format!("the default does not fit: {why}"), "Correct the default or the schema.");
                }
                if stated == Some(true) {
                    let message = "an input that must be given has a default";
                    self.contradiction(node.at, path, message, "Remove `required: true` or the default.");
                    continue;
                }
            }
            inputs.push(Input {
                name: key.text.clone(),
                at: key.at,
                schema,
                required: stated.unwrap_or(default.is_none()),
                default: default.filter(|value| !value.is_null()),
            });
        }
        inputs
    }

    fn outputs(&mut self, node: &Node, path: &str) -> Vec<Output> {
        let Some(fields) = self.open_fields(node, path) else {
            return Vec::new();
        };
        self.named(&fields, "output");
        let outputs = fields.entries().take(MAXIMUM_INPUTS);
        outputs.map(|(key, node, path)| Output { name: key.text.clone(), at: key.at, value: self.template(node, &path) }).collect()
    }

    fn steps(&mut self, node: &Node, path: &str) -> Vec<Step> {
        let mut steps: Vec<Step> = Vec::new();
        let count = match &node.value {
            NodeValue::Map(entries) => entries.len(),
            NodeValue::List(items) => items.len(),
            _ => {
                self.expected(node, path, "a map or a list of steps");
                return steps;
            }
        };
        if count == 0 {
            self.wrong(node.at, path, "there are no steps", "Add a step.");
        }
        if count > MAXIMUM_STEPS {
            let message = format!("there are {count} steps, more than {MAXIMUM_STEPS}");
            self.problems.add(
                Code::WorkflowTooLarge,
                node.at,
                path,
                message,
                "Move some of them to another workflow and use it as a step.",
            );
            return steps;
        }
        match &node.value {
            NodeValue::Map(entries) => {
                for (key, value) in entries {
                    let step = self.step(value, &below(path, &key.text), Some((key.text.as_str(), key.at)));
                    steps.extend(step);
                }
            }
            NodeValue::List(items) => {
                for (index, value) in items.iter().enumerate() {
                    if let Some(step) = self.step(value, &below(path, index), None) {
                        steps.push(step);
                    }
                }
            }
            _ => {}
        }
        let mut seen = std::collections::HashSet::new();
        for step in &steps {
            if !seen.insert(step.id.as_str()) {
                let message = format!("there are two steps `{}`", step.id);
                self.problems.add(Code::WorkflowWrongValue, step.at, path, message, "Give each step an id of its own.");
            }
        }
        steps
    }

    fn limits(&mut self, node: &Node, path: &str) -> Option<Limits> {
        let fields = self.fields(node, path, &["steps", "tasks", "duration", "tokens", "cost"], &[])?;
        let mut limits = Limits::default();
        if let Some((node, path)) = fields.get("steps") {
            limits.steps = self.whole(node, &path, 1, Limits::MAXIMUM_STEPS).unwrap_or(limits.steps);
        }
        if let Some((node, path)) = fields.get("tasks") {
            limits.tasks = self.whole(node, &path, 1, Limits::MAXIMUM_TASKS).unwrap_or(limits.tasks);
            limits.tasks_stated = true;
        }
        if let Some((node, path)) = fields.get("duration") {
            limits.duration = self.duration(node, &path, false).unwrap_or(limits.duration);
        }
        if let Some((node, path)) = fields.get("tokens") {
            limits.tokens = self.whole(node, &path, 1, baton_domain::task::Budget::MAXIMUM_TOKENS);
        }
        if let Some((node, path)) = fields.get("cost") {
            let cost = self.number(node, &path, 0.000_001, baton_domain::task::Budget::MAXIMUM_COST);
            limits.cost_micros = cost.map(|cost| (cost * 1e6).round() as u64);
        }
        Some(limits)
    }
}
