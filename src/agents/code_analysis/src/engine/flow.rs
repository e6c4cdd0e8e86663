//! Where data comes from and where it goes, function by function: names with imports resolved, and what is known of each value.
//!
//! One pass in the order of the source. A value is constant, from a parameter, from an untrusted source, unknown, or a text
//! put together with something that is not constant; what was made safe remembers for what. An assignment in a branch or a
//! loop adds to what a variable may hold; one outside replaces it. Calls that are not known give on what their arguments hold.

mod check;
mod name;
mod parameter;
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
/// Nothing is known but that it was checked.
const CHECKED: u8 = 128;

/// Classes of sanitizers, each a bit: what an outside value can be made safe for. `object` is for values that are no objects with keys of
/// their own, `argv` for lists of arguments whose program is known, `upload` for names of files whose kind was looked at.
pub(crate) const CLASSES: [&str; 16] = [
    "shell", "html", "sql", "path", "url", "log", "ldap", "xpath", "regex", "code", "object", "redirect", "size", "argv", "header",
    "upload",
];

/// The bit of a class; all of them for `all`. `number` is all but `size`: a number can still be too large. `local` is what values
/// cannot do harm to that are given by who starts the program.
pub(crate) fn class_bits(name: &str) -> u16 {
    match name {
        "all" => u16::MAX,
        "number" => !class("size"),
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
}

impl<'a> Knowledge<'a> {
    pub(crate) fn of(flows: &'a [Flow], language: &str) -> Self {
        let mut known = Self::default();
        for flow in flows.iter().filter(|flow| flow.languages.iter().any(|name| name == language)) {
            for (names, patterns) in [
                (&mut known.asserts, &flow.asserts),
                (&mut known.builders, &flow.builders),
                (&mut known.lookups, &flow.lookups),
                (&mut known.callbacks, &flow.callbacks),
                (&mut known.handlers, &flow.handlers),
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
        // What a closure assigns stays with the function that has the variable.
        let outer = matches!(node.kind(), "assignment_expression" | "augmented_assignment_expression");
        for (place, target) in targets.iter().enumerate() {
            let value = if pairwise { values.get(place).copied() } else { assignment.value };
            let mut state = value.map_or(State::default(), |value| self.state(value));
            let declared = assignment.declared.map(|kind| of(kind, self.text).trim_start_matches([':', ' ', '*', '&']));
            if declared.is_some_and(is_harmless) {
                state = state.safer(u16::MAX);
            }
            let origin = value.map(|value| self.name(unwrapped(value), true)).filter(|name| !name.is_empty() && !name.starts_with('?'));
            let origin = match (origin, declared) {
                (_, Some(declared)) if !matches!(declared, "var" | "any" | "string" | "String" | "Object" | "let" | "const") => {
                    Some(self.resolve_type(declared.split('<').next().unwrap_or(declared)))
                }
                (origin, _) => origin,
            };
            let literal = value.and_then(|value| self.literal(value));
            let (from, through) = value.map_or((Vec::new(), 0), |value| self.parts(value));
            let mut made = Variable { state, origin, literal, from, through };
            if is_member(target.kind()) && target.end_byte() - target.start_byte() <= NAME {
                let name = of(*target, self.text);
                let old = if assignment.adds || branched { self.variable(name).map(|old| old.state) } else { None };
                let state = old.map_or(state, |old| old.join(state));
                self.keep(name.to_owned(), Variable { state, ..made.clone() }, false);
                if let Some(field) = own_field(name) {
                    self.learned.set_field(field, state);
                    continue;
                }
            }
            // A text in a document is no markup, and what is noted at a request does not change what it holds.
            if is_member(target.kind()) {
                let name = of(*target, self.text);
                let (root, last) = (name.split(['.', '[']).next().unwrap_or(""), name.rsplit('.').next().unwrap_or(""));
                if is_surrounding(root) {
                    continue;
                }
                if is_plain_text(last) {
                    state = state.safer(class("html"));
                    made.state = state;
                }
            }
            let mut names = Vec::new();
            bound(*target, self.text, &mut names, 0);
            let whole = matches!(target.kind(), "identifier" | "variable_declarator" | "as_pattern_target")
                || names.len() > 1
                || target.kind().ends_with("pattern");
            for name in names {
                let old = self.variable(&name).cloned();
                let mut new = made.clone();
                // A part of an object: what the object holds grows.
                if (!whole || assignment.adds || branched)
                    && let Some(old) = old
                {
                    new.state = if state.rest == u16::MAX && whole && !assignment.adds { state } else { old.state.join(state) };
                    if assignment.adds {
                        new.state = new.state.with(BUILT);
                        // More arguments do not change the program.
                        new.state = new.state.safer(old.state.rest & class("argv"));
                    }
                    if !whole || assignment.adds {
                        new.origin = old.origin;
                        new.literal = old.literal;
                    }
                    new.from.extend(old.from);
                    new.from.truncate(PARTS);
                }
                self.keep(name, new, outer);
            }
        }
    }

    /// Sets a variable: in the function that has it already, or in the innermost.
    fn keep(&mut self, name: String, variable: Variable, outer: bool) {
        let last = self.frames.len().saturating_sub(1);
        let place = if outer {
            self.frames.iter().enumerate().rev().take(FRAMES).find(|(_, frame)| frame.contains_key(&name)).map_or(last, |(place, _)| place)
        } else {
            last
        };
        if let Some(frame) = self.frames.get_mut(place) {
            // A closure may run or not.
            let state = match frame.get(&name) {
                Some(old) if place < last => old.state.join(variable.state),
                _ => variable.state,
            };
            frame.insert(name, Variable { state, ..variable });
        }
    }

    /// The variables that an expression is made of, and for which classes a check of it is a check of them.
    fn parts(&self, value: Node<'_>) -> (Vec<String>, u16) {
        let mut names = Vec::new();
        let mut todo = vec![value];
        let mut seen = 0;
        while let Some(node) = todo.pop() {
            seen += 1;
            if seen > PARTS_SEEN || names.len() >= PARTS {
                break;
            }
            match node.kind() {
                "identifier" => names.push(of(node, self.text).to_owned()),
                kind if is_member(kind) && node.end_byte() - node.start_byte() <= NAME => {
                    names.push(of(node, self.text).to_owned());
                    todo.extend(shape::receiver(node));
                }
                _ => todo.extend(children(node).take(16)),
            }
        }
        names.retain(|name| !self.imports.contains_key(name));
        (names, check::classes_of(of(value, self.text)))
    }

    /// Learns from a call which parameters it gives untrusted data.
    pub(crate) fn learn_call(&mut self, call: &shape::Call<'_>) {
        let Some(name) = call.callee.map(|callee| callee_name(callee, self.text)).filter(|name| self.summary.is_one(name)) else {
            return;
        };
        let mut place = 0;
        for argument in &call.arguments {
            let parameter = match &argument.name {
                Some(own) => Parameter::Name(own.clone()),
                None => {
                    place += 1;
                    Parameter::Place(place - 1)
                }
            };
            let state = self.state(argument.node);
            if state.tainted(0) {
                self.learned.give(name, parameter, state.clean);
            }
        }
    }

    /// Learns that a call gives the function with this name data from outside.
    pub(crate) fn learn_callback(&mut self, node: Node<'_>, call: &shape::Call<'_>) {
        let named: Vec<&str> = call
            .arguments
            .iter()
            .filter(|argument| argument.name.is_none() && matches!(argument.node.kind(), "identifier" | "attribute" | "member_expression"))
            .map(|argument| callee_name(argument.node, self.text))
            .filter(|name| self.summary.is_one(name))
            .collect();
        if named.is_empty() || !self.calls_back(node, call) {
            return;
        }
        for name in named {
            for place in 0..4 {
                self.learned.give(name, Parameter::Place(place), 0);
            }
        }
    }

    /// Whether a call calls the functions given to it with data from outside.
    fn calls_back(&self, node: Node<'_>, call: &shape::Call<'_>) -> bool {
        let name = self.name(node, false);
        let name = called(&name);
        if self.known.callbacks.has(name) {
            return true;
        }
        let first = call.arguments.first().map_or("", |first| of(first.node, self.text));
        first.len() <= 64
            && first.starts_with(['"', '\''])
            && self.known.callbacks.has(&format!("{name}({})", first.trim_matches(['"', '\''])))
    }

    /// Learns what is known of what leaves a function.
    pub(crate) fn learn_return(&mut self, node: Node<'_>) {
        let Some(name) = self.within.last().map(|(name, _)| *name).filter(|name| self.summary.is_one(name)) else { return };
        let values: Vec<Node<'_>> = children(node).take(8).collect();
        for value in values {
            let state = self.state(value);
            self.learned.give_back(name, state);
        }
    }

    /// Learns what is known of the expression that a function without statements is.
    pub(crate) fn learn_expression(&mut self, function: Node<'_>) {
        let Some(body) = function.child_by_field_name("body").filter(|body| body.kind() != "statement_block") else { return };
        if let Some(name) = self.within.last().map(|(name, _)| *name).filter(|name| self.summary.is_one(name)) {
            let state = self.state(body);
            self.learned.give_back(name, state);
        }
    }

    /// A call that puts something into what it is called on: `query.append(…)`.
    pub(crate) fn grow(&mut self, node: Node<'_>) {
        let Some(call) = shape::call(node, self.text) else { return };
        let Some(object) = call.object.map(unwrapped) else { return };
        let field = own_field(of(object, self.text)).map(str::to_owned);
        if field.is_none() && object.kind() != "identifier" {
            return;
        }
        let method = call.callee.map(|callee| of(callee, self.text)).unwrap_or("");
        let method = method.rsplit('.').next().unwrap_or(method);
        if !matches!(method, "append" | "push" | "push_str" | "add" | "put" | "insert" | "WriteString" | "extend" | "concat" | "set") {
            return;
        }
        let state = call.arguments.iter().fold(State::default(), |state, argument| state.join(self.state(argument.node)));
        if let Some(field) = field {
            self.learned.set_field(&field, state.with(BUILT));
            return;
        }
        let name = of(object, self.text).to_owned();
        let Some(old) = self.variable(&name).cloned() else { return };
        let text = matches!(method, "append" | "push_str" | "WriteString" | "concat");
        let mut state = old.state.join(if text { state.with(BUILT) } else { state });
        // More arguments do not change the program.
        state = state.safer(old.state.rest & class("argv"));
        self.keep(name, Variable { state, ..old }, true);
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

/// Objects that hold so much that one part says nothing of the others.
fn is_surrounding(name: &str) -> bool {
    matches!(
        name,
        "req"
            | "request"
            | "ctx"
            | "context"
            | "res"
            | "response"
            | "window"
            | "document"
            | "module"
            | "exports"
            | "process"
            | "app"
            | "session"
            | "g"
    )
}

/// Properties of elements of a document that are text and not markup.
fn is_plain_text(name: &str) -> bool {
    matches!(
        name,
        "textContent"
            | "innerText"
            | "nodeValue"
            | "className"
            | "title"
            | "value"
            | "id"
            | "alt"
            | "placeholder"
            | "type"
            | "name"
            | "label"
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
