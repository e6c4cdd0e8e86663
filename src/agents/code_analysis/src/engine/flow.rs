//! Where data comes from and where it goes, function by function: names with imports resolved, and what is known of each value.
//!
//! One pass in the order of the source. A value is constant, from a parameter, from an untrusted source, unknown, or a text
//! put together with something that is not constant; what was made safe remembers for what. An assignment in a branch or a
//! loop adds to what a variable may hold; one outside replaces it. Calls that are not known give on what their arguments hold.

mod checked;
mod choice;
mod name;
mod spread;
mod state;
mod value;

use std::collections::HashMap;

use tree_sitter::Node;

use super::names::Names;
use super::rule::Flow;
use super::shape::{self, children, of, unwrapped};
use super::summary::{OBJECT, Summary, callee_name, function_name};
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
/// The longest name, and the longest literal that a variable remembers.
const NAME: usize = 160;
const LITERAL: usize = 256;

const SOURCE: u8 = 1;
const PARAMETER: u8 = 2;
const BUILT: u8 = 4;
const UNKNOWN: u8 = 8;
/// It is what the function is a method of.
const OWN: u8 = 16;

/// Classes of sanitizers, each a bit.
pub(crate) const CLASSES: [&str; 11] = ["shell", "html", "sql", "path", "url", "log", "ldap", "xpath", "regex", "code", "size"];
/// The class of numbers that say how much: what makes a text harmless, as parsing it does, does not make its number small.
const SIZE: u16 = 1 << 10;
/// Every class but `size`.
const ALL: u16 = !SIZE;

/// The bit of a class; all of them but `size` for `all`.
pub(crate) fn class_bits(name: &str) -> u16 {
    if name == "all" {
        return ALL;
    }
    CLASSES.iter().position(|class| *class == name).map_or(0, |place| 1 << place)
}

#[derive(Debug, Clone, Default)]
struct Variable {
    state: State,
    /// The name of what it was made by, or of its type.
    origin: Option<String>,
    literal: Option<String>,
    /// The variable that it was read out of, as an address is parsed out of a text: what is checked of it is checked of that.
    part_of: Option<String>,
}

/// What the sources, sanitizers and validators of a language are.
#[derive(Default)]
pub(crate) struct Knowledge<'a> {
    sources: Names<'a, ()>,
    entry: Vec<&'a str>,
    sanitizers: Names<'a, u16>,
    validators: Names<'a, ()>,
    builders: Names<'a, ()>,
    guards: Names<'a, ()>,
    fills: Names<'a, ()>,
    /// Annotations of functions whose parameters are untrusted, and names of types that are and are not.
    entry_functions: Vec<&'a str>,
    entry_types: Names<'a, ()>,
    trusted_types: Names<'a, ()>,
}

impl<'a> Knowledge<'a> {
    pub(crate) fn of(flows: &'a [Flow], language: &str) -> Self {
        let mut known = Self::default();
        for flow in flows.iter().filter(|flow| flow.languages.iter().any(|name| name == language)) {
            for (names, patterns) in [
                (&mut known.sources, &flow.sources),
                (&mut known.validators, &flow.validators),
                (&mut known.builders, &flow.builders),
                (&mut known.guards, &flow.guards),
                (&mut known.fills, &flow.fills),
                (&mut known.entry_types, &flow.entry_types),
                (&mut known.trusted_types, &flow.trusted_types),
            ] {
                for pattern in patterns {
                    names.add(pattern, ());
                }
            }
            known.entry.extend(flow.entry.iter().map(String::as_str));
            known.entry_functions.extend(flow.entry_functions.iter().map(String::as_str));
            for (class, names) in &flow.sanitizers {
                for name in names {
                    known.sanitizers.add(name, class_bits(class));
                }
            }
        }
        known
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
    /// The names of the functions around.
    within: Vec<&'a str>,
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

    /// Begins a function with its parameters.
    pub(crate) fn enter(&mut self, function: Node<'_>, around: &[Node<'_>]) {
        let mut frame = HashMap::new();
        let parent = around.last().copied();
        let called_on = self.called_on(function, around);
        let own_name = function_name(function, parent, self.text);
        self.within.push(own_name);
        let mut given = 0;
        self.own(function, own_name, &mut frame);
        let annotated = self.is_entry(function);
        let around = parent.filter(|parent| parent.kind() == "decorated_definition");
        let decorated = around.is_some_and(|around| {
            children(around).filter(|child| child.kind() == "decorator").any(|decorator| {
                let text = of(decorator, self.text);
                self.known.entry.iter().any(|entry| text.contains(entry))
            })
        });
        let list = function.child_by_field_name("parameters").or_else(|| function.child_by_field_name("parameter"));
        if let Some(list) = list {
            let many = list.kind().ends_with("parameters") || list.kind() == "parameter_list" || list.kind() == "inferred_parameters";
            let one = [list];
            let all: Vec<Node<'_>> = if many { children(list).take(64).collect() } else { one.to_vec() };
            for parameter in all {
                let text = of(parameter, self.text);
                let text = &text[..text.floor_char_boundary(ANNOTATED)];
                let origin = parameter.child_by_field_name("type").map(|kind| {
                    let text = of(kind, self.text);
                    let plain = text.trim_start_matches([':', ' ', '*', '&']).trim_start_matches("mut ");
                    self.resolve_type(plain.split(['<', '[']).next().unwrap_or(plain).trim())
                });
                let receiver = matches!(of(parameter, self.text), "self" | "cls")
                    || matches!(parameter.kind(), "self_parameter" | "comment" | "line_comment" | "block_comment");
                let handed = if receiver { None } else { self.summary.given(own_name, given) };
                given += usize::from(!receiver);
                let of_type = parameter.child_by_field_name("type").map_or("", |kind| of(kind, self.text));
                let trusted = origin.as_deref().is_some_and(|origin| self.known.trusted_types.has(origin));
                let source = handed.is_some()
                    || decorated
                    || (annotated && !receiver && !trusted)
                    || origin.as_deref().is_some_and(|origin| self.known.entry_types.has(origin))
                    || self.known.entry.iter().any(|entry| (entry.starts_with('@') || entry.ends_with('<')) && text.contains(entry));
                let harmless =
                    origin.as_deref().is_some_and(|origin| is_harmless(origin) || self.summary.is_enum(origin)) || holds_harmless(of_type);
                let clean = handed.unwrap_or(0) | if harmless { ALL } else { 0 };
                if trusted {
                    let name = parameter.child_by_field_name("pattern").or_else(|| parameter.child_by_field_name("name"));
                    if let Some(name) = name {
                        frame.insert(of(name, self.text).to_owned(), Variable { state: State::UNKNOWN, origin, ..Variable::default() });
                    }
                    continue;
                }
                let state = match called_on {
                    Some(state) if !source => state,
                    _ => State { bits: if source { SOURCE } else { PARAMETER }, clean, line: if source { line(parameter) } else { 0 } },
                };
                let mut names = Vec::new();
                let target =
                    parameter.child_by_field_name("pattern").or_else(|| parameter.child_by_field_name("name")).unwrap_or(parameter);
                bound(target, self.text, &mut names, 0);
                if parameter.kind() == "parameter_declaration" {
                    names.clear();
                    let mut cursor = parameter.walk();
                    names.extend(parameter.children_by_field_name("name", &mut cursor).map(|name| of(name, self.text).to_owned()));
                }
                for name in names {
                    let own = name == "self" || name == "cls" || name == "this";
                    if own && frame.contains_key(&name) {
                        continue;
                    }
                    let state = if own { State::UNKNOWN } else { state };
                    frame.insert(name, Variable { state, origin: origin.clone(), ..Variable::default() });
                }
            }
        }
        self.frames.push(frame);
    }

    fn resolve_type(&self, name: &str) -> String {
        let (first, rest) = name.split_once(['.']).map_or((name, ""), |(first, rest)| (first, rest));
        match self.imports.get(first) {
            Some(full) if rest.is_empty() => full.clone(),
            Some(full) => format!("{full}.{rest}"),
            None => name.replace("::", "."),
        }
    }

    pub(crate) fn leave(&mut self) {
        self.within.pop();
        if self.frames.len() > 1 {
            self.frames.pop();
        }
    }

    fn variable(&self, name: &str) -> Option<&Variable> {
        self.frames.iter().rev().take(FRAMES).find_map(|frame| frame.get(name)).or_else(|| self.frames.first()?.get(name))
    }

    /// Takes an assignment into account. In a branch it adds to what the variable may hold.
    pub(crate) fn assign<'tree>(&mut self, node: Node<'tree>, parent: Option<Node<'tree>>, branched: bool) {
        let Some(assignment) = shape::assignment(node, parent) else { return };
        if matches!(node.kind(), "pair" | "keyword_argument" | "jsx_attribute") {
            return;
        }
        // The destructuring of a module in JavaScript is an import.
        if assignment.target.kind() == "object_pattern"
            && let Some(value) = assignment.value
            && let Some(module) = self.module(unwrapped(value))
        {
            for child in children(assignment.target) {
                let (key, name) = match (child.child_by_field_name("key"), child.child_by_field_name("value")) {
                    (Some(key), Some(value)) => (of(key, self.text), of(value, self.text)),
                    _ => (of(child, self.text), of(child, self.text)),
                };
                self.imports.insert(name.to_owned(), format!("{module}.{key}"));
            }
            return;
        }
        let targets = listed(assignment.target);
        let values = assignment.value.map(listed).unwrap_or_default();
        let pairwise = targets.len() > 1 && targets.len() == values.len();
        for (place, target) in targets.iter().enumerate() {
            let value = if pairwise { values.get(place).copied() } else { assignment.value };
            let mut state = value.map_or(State::default(), |value| self.state(value));
            state.bits &= !OWN;
            let declared = assignment.declared.map(|kind| of(kind, self.text).trim_start_matches([':', ' ', '*', '&']));
            if declared.is_some_and(is_harmless) {
                state.clean |= ALL;
            }
            let origin = value.map(|value| self.name(unwrapped(value), true)).filter(|name| !name.is_empty() && !name.starts_with('?'));
            let origin = match (origin, declared) {
                (_, Some(declared)) if !matches!(declared, "var" | "any" | "string" | "String" | "Object" | "let" | "const") => {
                    Some(self.resolve_type(declared.split('<').next().unwrap_or(declared)))
                }
                (origin, _) => origin,
            };
            let literal = value.and_then(|value| self.literal(value));
            let part_of = value.filter(|_| state.bits & (SOURCE | PARAMETER) != 0).and_then(|value| self.read_from(value));
            let mut names = Vec::new();
            bound(*target, self.text, &mut names, 0);
            let whole = matches!(target.kind(), "identifier" | "variable_declarator" | "as_pattern_target")
                || names.len() > 1
                || target.kind().ends_with("pattern");
            for name in names {
                let old = self.variable(&name).cloned();
                let mut new = Variable { state, origin: origin.clone(), literal: literal.clone(), part_of: part_of.clone() };
                // A part of an object: what the object holds grows.
                if (!whole || assignment.adds || branched)
                    && let Some(old) = old
                {
                    new.state = if state.clean & ALL == ALL && whole && !assignment.adds { state } else { old.state.join(state) };
                    if assignment.adds {
                        new.state = new.state.with(BUILT);
                    }
                    if !whole || assignment.adds {
                        new.origin = old.origin;
                        new.literal = old.literal;
                    }
                }
                if let Some(frame) = self.frames.last_mut() {
                    frame.insert(name, new);
                }
            }
        }
    }

    /// A call that puts something into what it is called on: `query.append(…)`.
    pub(crate) fn grow(&mut self, node: Node<'_>) {
        let Some(call) = shape::call(node, self.text) else { return };
        self.spread(node, &call);
        let Some(object) = call.object.map(unwrapped).filter(|object| object.kind() == "identifier") else { return };
        let method = call.callee.map(|callee| of(callee, self.text)).unwrap_or("");
        let method = method.rsplit('.').next().unwrap_or(method);
        if !matches!(method, "append" | "push" | "push_str" | "add" | "put" | "insert" | "WriteString" | "extend" | "concat" | "set") {
            return;
        }
        let state = call.arguments.iter().fold(State::default(), |state, argument| state.join(self.state(argument.node)));
        let name = of(object, self.text).to_owned();
        let Some(old) = self.variable(&name).cloned() else { return };
        let text = matches!(method, "append" | "push_str" | "WriteString" | "concat");
        let state = old.state.join(if text { state.with(BUILT) } else { state });
        if let Some(frame) = self.frames.last_mut() {
            frame.insert(name, Variable { state, ..old });
        }
    }
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

fn listed(node: Node<'_>) -> Vec<Node<'_>> {
    if matches!(node.kind(), "expression_list" | "pattern_list" | "tuple_pattern") { children(node).take(64).collect() } else { vec![node] }
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
