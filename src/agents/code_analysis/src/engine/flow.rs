//! Where data comes from and where it goes, function by function: names with imports resolved, and what is known of each value.
//!
//! One pass in the order of the source. A value is constant, from a parameter, from an untrusted source, unknown, or a text
//! put together with something that is not constant; what was made safe remembers for what. An assignment in a branch or a
//! loop adds to what a variable may hold; one outside replaces it. Calls that are not known give on what their arguments hold.

mod assign;
mod call;
mod check;
mod checked;
mod choice;
mod learn;
mod name;
mod parameter;
mod spread;
mod state;
mod value;

use std::collections::HashMap;

use tree_sitter::Node;

use super::names::Names;
use super::rule::Flow;
use super::shape::{self, children, of, unwrapped};
use super::summary::{Parameter, Summary, callee_name, function_name};
use crate::allowance::Allowance;

pub(crate) use self::state::State;

/// The deepest expression that is followed, and the most steps for a file; beyond, a value is unknown.
const DEPTH: u32 = 32;
const STEPS: u64 = 1_000_000;
/// Steps between two looks at whether to stop.
const CHECK_EVERY: u64 = 1_024;
/// How many parts of a name are told, from its end: no rule names more, and in a chain of calls every call has all before it.
const LINKS: u32 = 16;
/// How many functions outwards a name is looked for, besides the file's own names.
const FRAMES: usize = 64;
/// How much of a parameter's source annotations are looked for in, in bytes.
const ANNOTATED: usize = 256;
/// How many variables one is known to be made of, and how many nodes are looked at for them.
const PARTS: usize = 8;
const PARTS_SEEN: usize = 64;
/// The longest name, and the longest literal that a variable remembers.
const NAME: usize = 160;
const LITERAL: usize = 256;

const SOURCE: u8 = 1;
const PARAMETER: u8 = 2;
const BUILT: u8 = 4;
const UNKNOWN: u8 = 8;
/// A parameter that a call in the file gives untrusted data.
const HANDED: u8 = 16;
/// It is what the function is a method of.
const OWN: u8 = 32;
/// Nothing is known but that it was checked.
const CHECKED: u8 = 128;

/// Classes of sanitizers, each a bit: what an outside value can be made safe for. `object` is for values that are no objects with keys of
/// their own, `argv` for lists of arguments whose program is known, `upload` for names of files whose kind was looked at.
pub(crate) const CLASSES: [&str; 16] = [
    "shell", "html", "sql", "path", "url", "log", "ldap", "xpath", "regex", "code", "object", "redirect", "size", "argv", "header",
    "upload",
];

/// Every class but `size`: what makes a text harmless, as parsing it does, does not make its number small.
const NUMBER: u16 = !SIZE;
const SIZE: u16 = 1 << 12;

/// The bit of a class; all of them for `all`. `number` is all but `size`: a number can still be too large. `local` is what values
/// cannot do harm to that are given by who starts the program.
pub(crate) fn class_bits(name: &str) -> u16 {
    match name {
        "all" => u16::MAX,
        "number" => NUMBER,
        "local" => !(class("shell") | class("sql") | class("code")),
        _ => class(name),
    }
}

fn class(name: &str) -> u16 {
    CLASSES.iter().position(|class| *class == name).map_or(0, |place| 1 << place)
}

#[derive(Debug, Clone, Default)]
struct Variable {
    state: State,
    /// The name of what it was made by, or of its type.
    origin: Option<String>,
    literal: Option<String>,
    /// The variables that it was made of, and for which classes a check of it is a check of them.
    from: Vec<String>,
    through: u16,
}

/// What the sources, sanitizers and validators of a language are.
#[derive(Default)]
pub(crate) struct Knowledge<'a> {
    /// With the classes that they are harmless for.
    sources: Names<'a, u16>,
    entry: Vec<&'a str>,
    local_entry: Vec<&'a str>,
    trusted: Vec<&'a str>,
    sanitizers: Names<'a, u16>,
    /// With the classes that they check for.
    validators: Names<'a, u16>,
    asserts: Names<'a, ()>,
    builders: Names<'a, ()>,
    lookups: Names<'a, ()>,
    callbacks: Names<'a, ()>,
    handlers: Names<'a, ()>,
    request: Option<&'a str>,
    functions: Vec<&'a str>,
    guards: Names<'a, ()>,
    fills: Names<'a, ()>,
    /// Annotations of functions whose parameters are untrusted, and names of types that are and are not.
    entry_functions: Vec<&'a str>,
    entry_types: Names<'a, ()>,
    trusted_types: Names<'a, ()>,
    /// Whether the language declares types: there a method's name and a value's type tell more, and a comparison less.
    typed: bool,
}

impl<'a> Knowledge<'a> {
    pub(crate) fn of(flows: impl Iterator<Item = &'a Flow>, language: &str) -> Self {
        let mut known = Self { typed: matches!(language, "go" | "java" | "rust"), ..Self::default() };
        for flow in flows.filter(|flow| flow.languages.iter().any(|name| name == language)) {
            for (names, patterns) in [
                (&mut known.asserts, &flow.asserts),
                (&mut known.builders, &flow.builders),
                (&mut known.lookups, &flow.lookups),
                (&mut known.callbacks, &flow.callbacks),
                (&mut known.handlers, &flow.handlers),
                (&mut known.guards, &flow.guards),
                (&mut known.fills, &flow.fills),
                (&mut known.entry_types, &flow.entry_types),
                (&mut known.trusted_types, &flow.trusted_types),
            ] {
                for pattern in patterns {
                    names.add(pattern, ());
                }
            }
            for pattern in &flow.sources {
                known.sources.add(pattern, 0);
            }
            for origin in &flow.origins {
                let harmless = origin.harmless.iter().fold(0, |bits, class| bits | class_bits(class));
                for pattern in &origin.name {
                    known.sources.add(pattern, harmless);
                }
            }
            for pattern in &flow.validators {
                known.validators.add(pattern, u16::MAX);
            }
            for (names, by_class) in [(&mut known.sanitizers, &flow.sanitizers), (&mut known.validators, &flow.checks)] {
                for (class, patterns) in by_class {
                    for pattern in patterns {
                        names.add(pattern, class_bits(class));
                    }
                }
            }
            known.entry.extend(flow.entry.iter().map(String::as_str));
            known.entry_functions.extend(flow.entry_functions.iter().map(String::as_str));
            known.local_entry.extend(flow.local_entry.iter().map(String::as_str));
            known.trusted.extend(flow.trusted.iter().map(String::as_str));
            known.functions.extend(flow.functions.iter().map(String::as_str));
            known.request = known.request.or(flow.request.as_deref());
        }
        known
    }

    /// The classes that a source of this name is harmless for, if it is one.
    fn source(&self, name: &str) -> Option<u16> {
        self.sources.of(name).reduce(|one, other| one & other)
    }
}

/// What is known at one place of the walk.
pub(crate) struct Scopes<'a> {
    text: &'a str,
    known: &'a Knowledge<'a>,
    imports: HashMap<String, String>,
    frames: Vec<HashMap<String, Variable>>,
    steps: u64,
    allowance: &'a Allowance<'a>,
    /// What an earlier walk learned of the file's functions.
    summary: &'a Summary,
    /// What this walk learns.
    pub(crate) learned: Summary,
    /// The names of the functions around, and whether each is called from outside.
    within: Vec<(&'a str, bool)>,
    /// The attributes that stand before the next function, in languages where they are no part of it.
    attributes: Vec<&'a str>,
}

impl<'a> Scopes<'a> {
    pub(crate) fn new(text: &'a str, known: &'a Knowledge<'a>, allowance: &'a Allowance<'a>, summary: &'a Summary) -> Self {
        Self {
            text,
            known,
            imports: HashMap::new(),
            frames: vec![HashMap::new()],
            steps: 0,
            allowance,
            summary,
            learned: summary.anew(),
            within: Vec::new(),
            attributes: Vec::new(),
        }
    }

    pub(crate) fn import(&mut self, node: Node<'_>) {
        self.imports.extend(shape::imports(node, self.text));
    }

    pub(crate) fn leave(&mut self) {
        self.within.pop();
        if self.frames.len() > 1 {
            self.frames.pop();
        }
    }

    /// Whether the function around is called from outside, so that what it returns leaves the program.
    pub(crate) fn is_answering(&self) -> bool {
        self.within.last().is_some_and(|(_, entry)| *entry)
    }

    fn variable(&self, name: &str) -> Option<&Variable> {
        self.frames.iter().rev().take(FRAMES).find_map(|frame| frame.get(name)).or_else(|| self.frames.first()?.get(name))
    }
}

/// The name of what a call calls.
pub(crate) fn called(name: &str) -> &str {
    name.strip_suffix("()").unwrap_or(name)
}

/// A member or an element of something.
fn is_member(kind: &str) -> bool {
    matches!(
        kind,
        "attribute"
            | "member_expression"
            | "selector_expression"
            | "field_access"
            | "field_expression"
            | "subscript"
            | "subscript_expression"
            | "index_expression"
            | "array_access"
    )
}

/// The name of a field of the object that a method is of.
fn own_field(name: &str) -> Option<&str> {
    let field = name.strip_prefix("self.").or_else(|| name.strip_prefix("this."))?;
    field.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'#' | b'$')).then_some(field)
}

/// A constant by convention.
fn is_capital(name: &str) -> bool {
    name.len() > 1 && name.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_')
}

fn is_text(kind: &str) -> bool {
    kind.contains("string")
}

fn is_harmless(kind: &str) -> bool {
    matches!(
        kind,
        "int"
            | "long"
            | "short"
            | "byte"
            | "boolean"
            | "bool"
            | "float"
            | "double"
            | "number"
            | "Integer"
            | "Long"
            | "Boolean"
            | "Double"
            | "UUID"
            | "uuid.UUID"
            | "int64"
            | "int32"
            | "uint"
            | "uint64"
            | "uint32"
            | "float64"
            | "i32"
            | "i64"
            | "u8"
            | "u16"
            | "u32"
            | "u64"
            | "usize"
            | "isize"
            | "f32"
            | "f64"
            | "Uuid"
            | "LocalDate"
            | "Instant"
    )
}

/// Whether a type is one that holds a number or the like and nothing else: `Path<i64>`.
fn holds_harmless(kind: &str) -> bool {
    kind.split_once('<').is_some_and(|(_, held)| held.strip_suffix('>').is_some_and(|held| is_harmless(held.trim())))
}

fn line(node: Node<'_>) -> u32 {
    u32::try_from(node.start_position().row + 1).unwrap_or(u32::MAX)
}

/// The variables that a pattern binds; of a member or an element, the variable that it is a part of.
fn bound(node: Node<'_>, text: &str, names: &mut Vec<String>, depth: u32) {
    if depth > 12 || names.len() > 64 {
        return;
    }
    match node.kind() {
        "identifier" | "shorthand_property_identifier_pattern" | "self" => names.push(of(node, text).to_owned()),
        "attribute"
        | "member_expression"
        | "selector_expression"
        | "field_access"
        | "field_expression"
        | "subscript"
        | "subscript_expression"
        | "index_expression"
        | "array_access" => {
            if let Some(object) = shape::receiver(node).or_else(|| node.child_by_field_name("array")).or_else(|| node.named_child(0)) {
                bound(object, text, names, depth + 1);
            }
        }
        "default_parameter" | "typed_default_parameter" | "assignment_pattern" | "object_assignment_pattern" => {
            if let Some(name) = node.child_by_field_name("name").or_else(|| node.named_child(0)) {
                bound(name, text, names, depth + 1);
            }
        }
        "pair_pattern" => {
            if let Some(value) = node.child_by_field_name("value") {
                bound(value, text, names, depth + 1);
            }
        }
        "type" | "type_annotation" | "type_identifier" | "modifiers" | "call" | "call_expression" => {}
        "tuple_struct_pattern" => {
            for child in children(node).skip(1) {
                bound(child, text, names, depth + 1);
            }
        }
        _ => {
            for child in children(node).take(64) {
                bound(child, text, names, depth + 1);
            }
        }
    }
}
