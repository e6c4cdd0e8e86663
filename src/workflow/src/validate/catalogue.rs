//! Which skills and workflows are there, and what do they take and give?

use std::collections::BTreeMap;
use std::sync::OnceLock;

use serde_json::Value;

use crate::document::Workflow;
use crate::expression::{Type, type_of_schema};

/// What a skill or a workflow takes and gives.
#[derive(Debug, Clone)]
pub struct Interface {
    /// The JSON Schema of its input.
    pub input: Value,
    /// The JSON Schema of its output.
    pub output: Value,
    /// The workflows that a workflow uses.
    pub uses: Vec<String>,
    types: OnceLock<(Type, Type)>,
}

impl Interface {
    /// An interface by its schemas.
    #[must_use]
    pub const fn new(input: Value, output: Value, uses: Vec<String>) -> Self {
        Self { input, output, uses, types: OnceLock::new() }
    }

    fn types(&self) -> &(Type, Type) {
        // Read once, however many steps use it.
        self.types.get_or_init(|| (type_of_schema(&self.input), type_of_schema(&self.output)))
    }

    /// The type of its input.
    #[must_use]
    pub fn input_type(&self) -> Type {
        self.types().0.clone()
    }

    /// The type of its output.
    #[must_use]
    pub fn output_type(&self) -> Type {
        self.types().1.clone()
    }
}

/// The skills and workflows that a document can use.
pub trait Catalogue {
    /// The skill of this name.
    fn skill(&self, name: &str) -> Option<&Interface>;
    /// The workflow of this name.
    fn workflow(&self, name: &str) -> Option<&Interface>;
    /// The names of all skills, for suggestions.
    fn skills(&self) -> Vec<&str>;
    /// The names of all workflows, for suggestions.
    fn workflows(&self) -> Vec<&str>;
}

/// A catalogue in memory.
#[derive(Debug, Clone, Default)]
pub struct Known {
    skills: BTreeMap<String, Interface>,
    workflows: BTreeMap<String, Interface>,
}

impl Known {
    /// An empty one.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a skill by its schemas.
    pub fn add_skill(&mut self, name: impl Into<String>, input: Value, output: Value) {
        self.skills.insert(name.into(), Interface::new(input, output, Vec::new()));
    }

    /// Adds a workflow; what it uses should be added before it, since its outputs are typed by that.
    pub fn add_workflow(&mut self, workflow: &Workflow) {
        let output = super::output_schema(workflow, self);
        let uses = workflow.uses_workflows().into_iter().map(|reference| reference.name.clone()).collect();
        self.workflows.insert(workflow.name.clone(), Interface::new(workflow.input_schema(), output, uses));
    }
}

impl Catalogue for Known {
    fn skill(&self, name: &str) -> Option<&Interface> {
        self.skills.get(name)
    }

    fn workflow(&self, name: &str) -> Option<&Interface> {
        self.workflows.get(name)
    }

    fn skills(&self) -> Vec<&str> {
        self.skills.keys().map(String::as_str).collect()
    }

    fn workflows(&self) -> Vec<&str> {
        self.workflows.keys().map(String::as_str).collect()
    }
}
