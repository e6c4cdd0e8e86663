//! What do the functions of a file give one another: which parameters are called with untrusted data, and which functions return it?

use std::collections::{HashMap, HashSet};

use baton_agents_runtime::SkillError;
use tree_sitter::{Node, Tree};

use super::flow::State;
use super::shape::{is_function, of, unwrapped};
use crate::allowance::Allowance;

/// The most entries of one file; more are not followed.
const ENTRIES: usize = 5_000;
/// Nodes between two looks at whether to stop.
const CHECK_EVERY: u64 = 4_096;

/// What was learned in one walk over a file, for the next.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Summary {
    /// How many functions have a name. Of those that share one, nothing is known.
    defined: HashMap<String, u32>,
    /// The types of which there are only so many values.
    enums: HashSet<String>,
    /// Functions and parameters that a call in this file gives untrusted data, with what that was made safe for.
    parameters: HashMap<(String, Parameter), u16>,
    /// What is known of what functions return.
    returns: HashMap<String, State>,
    /// What is known of the fields of objects, by their names.
    fields: HashMap<String, State>,
}

/// A parameter by its place from 0, or by its name; or what a method is called on.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Parameter {
    Place(usize),
    Name(String),
    Object,
}

impl Summary {
    /// Which functions a tree has; nothing is known of them yet.
    pub(crate) fn of(allowance: &Allowance<'_>, tree: &Tree, text: &str) -> Result<Self, SkillError> {
        let mut summary = Self::default();
        let mut around: Vec<Node<'_>> = Vec::new();
        let mut cursor = tree.walk();
        let mut seen = 0u64;
        loop {
            seen += 1;
            if seen.is_multiple_of(CHECK_EVERY) {
                allowance.context().check()?;
                if allowance.is_over() {
                    return Ok(summary);
                }
            }
            let node = cursor.node();
            if is_function(node.kind()) && summary.defined.len() < ENTRIES {
                let name = function_name(node, around.last().copied(), text);
                *summary.defined.entry(name.to_owned()).or_default() += 1;
            }
            if matches!(node.kind(), "enum_declaration" | "enum_item")
                && summary.enums.len() < ENTRIES
                && let Some(name) = node.child_by_field_name("name")
                && (node.kind() == "enum_declaration" || !of(node, text).contains('('))
            {
                summary.enums.insert(of(name, text).to_owned());
            }
            if cursor.goto_first_child() {
                around.push(node);
                continue;
            }
            while !cursor.goto_next_sibling() {
                around.pop();
                if !cursor.goto_parent() {
                    return Ok(summary);
                }
            }
        }
    }

    /// The same functions, of which nothing is known yet.
    pub(crate) fn anew(&self) -> Self {
        Self { defined: self.defined.clone(), enums: self.enums.clone(), ..Self::default() }
    }

    pub(crate) fn give(&mut self, name: &str, parameter: Parameter, clean: u16) {
        if self.parameters.len() < ENTRIES {
            let known = self.parameters.entry((name.to_owned(), parameter)).or_insert(u16::MAX);
            *known &= clean;
        }
    }

    pub(crate) fn give_back(&mut self, name: &str, state: State) {
        if self.returns.len() < ENTRIES {
            let known = self.returns.entry(name.to_owned()).or_default();
            *known = known.join(state);
        }
    }

    pub(crate) fn set_field(&mut self, name: &str, state: State) {
        if self.fields.len() < ENTRIES {
            let known = self.fields.entry(name.to_owned()).or_default();
            *known = known.join(state);
        }
    }

    pub(crate) fn is_one(&self, name: &str) -> bool {
        !name.is_empty() && self.defined.get(name) == Some(&1)
    }

    /// What the untrusted data was made safe for that a parameter is given, if it is given any.
    pub(crate) fn given(&self, name: &str, place: usize, own: &str) -> Option<u16> {
        if self.parameters.is_empty() || !self.is_one(name) {
            return None;
        }
        let by_place = self.parameters.get(&(name.to_owned(), Parameter::Place(place)));
        let by_name = self.parameters.get(&(name.to_owned(), Parameter::Name(own.to_owned())));
        match (by_place, by_name) {
            (Some(one), Some(other)) => Some(one & other),
            (one, other) => one.or(other).copied(),
        }
    }

    /// What the untrusted data that a method is called on was made safe for, if it is called on any.
    pub(crate) fn given_object(&self, name: &str) -> Option<u16> {
        if self.parameters.is_empty() || !self.is_one(name) {
            return None;
        }
        self.parameters.get(&(name.to_owned(), Parameter::Object)).copied()
    }

    /// Whether a type of the file has only so many values, which are the program's. One with parts may hold anything.
    pub(crate) fn is_enum(&self, name: &str) -> bool {
        self.enums.contains(name)
    }

    pub(crate) fn given_back(&self, name: &str) -> Option<State> {
        if self.returns.is_empty() || !self.is_one(name) { None } else { self.returns.get(name).copied() }
    }

    pub(crate) fn field(&self, name: &str) -> Option<State> {
        self.fields.get(name).copied()
    }

    /// Whether there is anything that another walk could use.
    pub(crate) fn is_worth_another_walk(&self) -> bool {
        !self.fields.is_empty()
            || self.parameters.keys().any(|(name, _)| self.is_one(name))
            || self.returns.keys().any(|name| self.is_one(name))
    }
}

/// The name of a function, or the one that it is given where it stands.
pub(crate) fn function_name<'a>(function: Node<'_>, parent: Option<Node<'_>>, text: &'a str) -> &'a str {
    let own = function.child_by_field_name("name");
    let given = parent.and_then(|parent| match parent.kind() {
        "variable_declarator" => parent.child_by_field_name("name"),
        "pair" => parent.child_by_field_name("key"),
        "public_field_definition" | "field_definition" => {
            parent.child_by_field_name("name").or_else(|| parent.child_by_field_name("property"))
        }
        "assignment_expression" => parent.child_by_field_name("left"),
        _ => None,
    });
    own.or(given).map_or("", |name| last(of(name, text)))
}

/// The name of what a call calls, without what it is called on.
pub(crate) fn callee_name<'a>(callee: Node<'_>, text: &'a str) -> &'a str {
    last(of(unwrapped(callee), text))
}

fn last(name: &str) -> &str {
    let name = name.rsplit(['.', ':']).next().unwrap_or(name);
    if name.len() <= 80 { name } else { "" }
}
