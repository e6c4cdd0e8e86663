//! What do the functions of a file give one another: which parameters are called with untrusted data, and which functions return it?

use std::collections::{HashMap, HashSet};

use baton_agents_runtime::SkillError;
use tree_sitter::{Node, Tree};

use super::shape::{is_function, of, unwrapped};
use crate::allowance::Allowance;

/// The most entries of one file; more are not followed.
const ENTRIES: usize = 5_000;
/// Nodes between two looks at whether to stop.
const CHECK_EVERY: u64 = 4_096;

/// The place of what a method is called on, among its parameters.
pub(crate) const OBJECT: usize = usize::MAX;

/// What a function returns, as far as its returns were seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Returned {
    /// Some of it comes from outside.
    pub(crate) source: bool,
    /// Some of it is a text put together.
    pub(crate) built: bool,
    /// What all of it that is not constant was made safe for.
    pub(crate) clean: u16,
}

/// What was learned in one walk over a file, for the next.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Summary {
    /// How many functions have a name. Of those that share one, nothing is known.
    defined: HashMap<String, u32>,
    /// The types of which there are only so many values.
    enums: HashSet<String>,
    /// Functions and places of parameters that a call in this file gives untrusted data, from 0, with what all of it was made safe for.
    parameters: HashMap<(String, usize), u16>,
    /// What functions return.
    returns: HashMap<String, Returned>,
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

    pub(crate) fn give(&mut self, name: &str, place: usize, clean: u16) {
        if self.parameters.len() < ENTRIES {
            self.parameters.entry((name.to_owned(), place)).and_modify(|all| *all &= clean).or_insert(clean);
        }
    }

    pub(crate) fn give_back(&mut self, name: &str, returned: Returned) {
        if self.returns.len() < ENTRIES {
            let all = self.returns.entry(name.to_owned()).or_insert(returned);
            all.source |= returned.source;
            all.built |= returned.built;
            all.clean &= returned.clean;
        }
    }

    pub(crate) fn is_one(&self, name: &str) -> bool {
        self.defined.get(name) == Some(&1)
    }

    /// Whether a type of the file has only so many values, which are the program's. One with parts may hold anything.
    pub(crate) fn is_enum(&self, name: &str) -> bool {
        self.enums.contains(name)
    }

    /// What the untrusted data that a parameter is given was made safe for, if it is given any.
    pub(crate) fn given(&self, name: &str, place: usize) -> Option<u16> {
        if self.parameters.is_empty() || !self.is_one(name) {
            return None;
        }
        self.parameters.get(&(name.to_owned(), place)).copied()
    }

    pub(crate) fn returned(&self, name: &str) -> Option<Returned> {
        if self.returns.is_empty() || !self.is_one(name) {
            return None;
        }
        self.returns.get(name).copied()
    }

    /// Whether there is anything that another walk could use.
    pub(crate) fn is_worth_another_walk(&self) -> bool {
        let tells = |returned: &Returned| returned.source || returned.built || returned.clean != 0;
        self.parameters.keys().any(|(name, _)| self.is_one(name))
            || self.returns.iter().any(|(name, returned)| tells(returned) && self.is_one(name))
    }
}

/// The name of a function, or the one that it is given where it stands.
pub(crate) fn function_name<'a>(function: Node<'_>, parent: Option<Node<'_>>, text: &'a str) -> &'a str {
    let own = function.child_by_field_name("name");
    let given = parent.and_then(|parent| match parent.kind() {
        "variable_declarator" => parent.child_by_field_name("name"),
        "pair" => parent.child_by_field_name("key"),
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
