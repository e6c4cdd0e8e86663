//! One walk over a tree: what does each node do to what is known of values, and which rules fit it?

use std::collections::HashMap;
use std::ops::{ControlFlow, Range};

use tree_sitter::{Node, QueryCursor, QueryCursorOptions, QueryCursorState, StreamingIterator};

use super::expression::Expression;
use super::flow::{Scopes, State, called, class_bits};
use super::queries::Queries;
use super::rule::{Compiled, Condition, Place, Rule};
use super::shape::{self, Argument, of};
use super::{FILE_FINDINGS, Found, Ready, explosive};
use crate::allowance::Allowance;
use crate::columns::Columns;
use crate::source::cut;
use crate::tree::Parsed;

/// How many unfinished matches of a query are kept; each node is held against all of them.
const MATCHES_AT_ONCE: u32 = 256;
/// How deep in a tree the matches of a query may begin. Below, code is not people's, and a cursor that goes down with many
/// unfinished matches takes long.
const DEPTH: u32 = 4_000;
/// How much of the source of a value expressions look at, in bytes: in nested calls each holds all within it.
const LOOKED_AT: usize = 8_192;
/// The longest piece of source that a finding quotes, in characters.
const SNIPPET: usize = 160;

/// The beginning of a text, as long as expressions look at it.
fn looked_at(text: &str) -> &str {
    &text[..text.floor_char_boundary(LOOKED_AT)]
}

/// A function around the current node.
struct Function {
    asynchronous: bool,
    loops: u32,
    /// How many branches were around it.
    branches: u32,
    /// Where the nearest function with a name is.
    bytes: Range<usize>,
}

/// A walk over the tree of one file.
pub(super) struct Walk<'a, 'tree> {
    text: &'a str,
    file: &'a str,
    ready: &'a Ready<'a>,
    /// Whether each rule applies to this file at all.
    active: Vec<bool>,
    pub(super) scopes: Scopes<'a>,
    pub(super) found: Vec<Found>,
    functions: Vec<Function>,
    branches: u32,
    /// The nodes around the current one; asking a node for its parent walks down from the root.
    pub(super) around: Vec<Node<'tree>>,
    starts: Columns,
    ends: Columns,
    /// Whether the source of a function, by where it begins, matches an expression, by its address.
    matched: HashMap<(usize, *const Expression), bool>,
}

impl<'a, 'tree> Walk<'a, 'tree> {
    pub(super) fn new(ready: &'a Ready<'a>, active: &[bool], scopes: Scopes<'a>, text: &'a str, file: &'a str) -> Self {
        Self {
            text,
            file,
            ready,
            active: active.to_vec(),
            scopes,
            found: Vec::new(),
            functions: Vec::new(),
            branches: 0,
            around: Vec::new(),
            starts: Columns::default(),
            ends: Columns::default(),
            matched: HashMap::new(),
        }
    }

    pub(super) fn enter(&mut self, node: Node<'tree>) {
        if !node.is_named() {
            return;
        }
        let kind = node.kind();
        self.scopes.import(node);
        self.scopes.attribute(node);
        if shape::is_function(kind) {
            self.scopes.enter(node, &self.around);
            let asynchronous = of(node, self.text).get(..64).unwrap_or_else(|| of(node, self.text)).trim_start().starts_with("async ")
                || shape::children(node).any(|child| child.kind() == "function_modifiers" && of(child, self.text).contains("async"))
                || node.child(0).is_some_and(|child| child.kind() == "async");
            let named = node.child_by_field_name("name").is_some();
            let bytes = match self.functions.last() {
                Some(around) if !named => around.bytes.clone(),
                _ => node.byte_range(),
            };
            self.functions.push(Function { asynchronous, loops: 0, branches: self.branches, bytes });
        }
        if shape::is_branch(kind) {
            self.branches += 1;
        }
        match kind {
            "match_arm" => self.scopes.arm(node, &self.around),
            "match_expression" | "switch_expression" | "expression_switch_statement" => self.scopes.compare(node),
            _ => {}
        }
        if shape::is_loop(kind) {
            if let Some(function) = self.functions.last_mut() {
                function.loops += 1;
            }
            // The loop's variable is bound before its body.
            self.scopes.assign(node, self.around.last().copied(), false);
        }
        if kind == "range_clause" || kind == "for_in_clause" {
            self.scopes.assign(node, self.around.last().copied(), false);
        }
        if kind.ends_with("_comprehension") || kind == "generator_expression" {
            // What is made stands before what it is made of.
            for clause in shape::children(node).filter(|child| child.kind() == "for_in_clause").take(8) {
                self.scopes.assign(clause, Some(node), false);
            }
        }
        self.calls(node);
        self.others(node, kind);
        if let Some(assignment) = shape::assignment(node, self.around.last().copied()) {
            self.assigns(node, &assignment);
        }
    }

    pub(super) fn leave(&mut self, node: Node<'tree>, condition: bool) {
        if !node.is_named() {
            return;
        }
        let kind = node.kind();
        if shape::is_branch(kind) {
            self.branches = self.branches.saturating_sub(1);
        }
        if shape::is_loop(kind) {
            if let Some(function) = self.functions.last_mut() {
                function.loops = function.loops.saturating_sub(1);
            }
        } else {
            let around = self.functions.last().map_or(0, |function| function.branches);
            self.scopes.assign(node, self.around.last().copied(), self.branches > around);
        }
        if matches!(kind, "return_statement" | "return_expression") {
            self.scopes.learn_return(node);
        }
        if kind == "short_var_declaration" {
            self.scopes.look_up(node);
        }
        self.scopes.grow(node);
        self.scopes.assert(node);
        if condition {
            self.scopes.check(node);
        }
        if shape::is_function(kind) {
            self.scopes.learn_tail(node);
            self.functions.pop();
            if kind == "arrow_function" {
                self.scopes.learn_expression(node);
            }
            self.scopes.leave();
        }
    }

    fn calls(&mut self, node: Node<'_>) {
        let Some(call) = shape::call(node, self.text) else { return };
        self.scopes.learn_call(&call);
        self.scopes.learn_callback(node, &call);
        let plain = self.scopes.name(node, false);
        let full = self.scopes.name(node, true);
        let (plain, full) = (self.module_name(node, &plain), self.module_name(node, &full));
        let (plain, full) = (called(&plain).to_owned(), called(&full).to_owned());
        let ready = self.ready;
        let mut fitting: Vec<(usize, usize)> = ready.calls.of(&full).chain(ready.calls.of(&plain)).collect();
        fitting.sort_unstable();
        fitting.dedup();
        let mut found = None;
        for (place, form) in fitting {
            let rule = ready.rules[place];
            if found == Some(place) || !self.active[place] {
                continue;
            }
            if let Some(state) = self.holds(&rule.calls[form], node, &call.arguments, call.object, rule) {
                self.add(rule, node, state);
                found = Some(place);
            }
        }
    }

    /// Holds what is no call against the forms for it: texts that are put together, what functions return, regular expressions.
    fn others(&mut self, node: Node<'tree>, kind: &str) {
        let ready = self.ready;
        let within = |kinds: &[&str], around: &[Node<'_>]| around.last().is_some_and(|parent| kinds.contains(&parent.kind()));
        match kind {
            "string" if !ready.texts.is_empty() => {
                let parts = shape::children(node).any(|child| child.kind() == "interpolation");
                if parts && !within(&["binary_operator", "concatenated_string"], &self.around) {
                    self.other(node, node, &ready.texts);
                }
            }
            "template_string" if !ready.texts.is_empty() => {
                let parts = shape::children(node).any(|child| child.kind() == "template_substitution");
                if parts && !within(&["binary_expression", "call_expression"], &self.around) {
                    self.other(node, node, &ready.texts);
                }
            }
            "concatenated_string" => self.other(node, node, &ready.texts),
            "binary_operator" | "binary_expression" if !ready.texts.is_empty() => {
                let operator = node.child_by_field_name("operator").map_or("", |operator| operator.kind());
                if matches!(operator, "+" | "%") && !within(&[kind], &self.around) {
                    self.other(node, node, &ready.texts);
                }
            }
            "return_statement" => {
                for value in shape::children(node).take(1) {
                    self.returned(node, value);
                }
            }
            "arrow_function" => {
                let body = node.child_by_field_name("body").filter(|body| body.kind() != "statement_block");
                if let Some(body) = body {
                    self.returned(body, body);
                }
            }
            "regex" => {
                if let Some(pattern) = node.child_by_field_name("pattern") {
                    self.other(node, pattern, &ready.regexes);
                }
            }
            _ => {}
        }
    }

    fn returned(&mut self, node: Node<'_>, value: Node<'_>) {
        let ready = self.ready;
        self.other(node, value, &ready.returns);
        if self.scopes.is_answering() {
            self.other(node, value, &ready.answers);
        }
    }

    fn other(&mut self, node: Node<'_>, value: Node<'_>, forms: &[(usize, usize)]) {
        let ready = self.ready;
        let argument = [Argument { name: None, node: value }];
        let mut found = None;
        for (place, form) in forms.iter().copied() {
            let rule = ready.rules[place];
            if found == Some(place) || !self.active[place] {
                continue;
            }
            if let Some(state) = self.holds(&rule.calls[form], node, &argument, None, rule) {
                self.add(rule, node, state);
                found = Some(place);
            }
        }
    }

    /// `require("x")` is named after what it gives; as a call it is still `require`.
    fn module_name(&self, node: Node<'_>, full: &str) -> String {
        let callee = node.child_by_field_name("function").map_or("", |callee| of(callee, self.text));
        if callee == "require" { "require".to_owned() } else { full.to_owned() }
    }

    fn assigns(&mut self, node: Node<'_>, assignment: &shape::Assignment<'_>) {
        let Some(value) = assignment.value else { return };
        let key = matches!(node.kind(), "pair" | "keyword_argument");
        let plain = if key {
            format!(".{}", of(assignment.target, self.text).trim_matches(['"', '\'']))
        } else {
            let target = if assignment.target.kind() == "expression_list" { assignment.target.named_child(0) } else { None };
            self.scopes.name(target.unwrap_or(assignment.target), false)
        };
        let ready = self.ready;
        let mut fitting: Vec<(usize, usize)> = ready.assigns.of(&plain).collect();
        fitting.sort_unstable();
        fitting.dedup();
        let mut found = None;
        for (place, form) in fitting {
            let rule = ready.rules[place];
            if found == Some(place) || !self.active[place] {
                continue;
            }
            let argument = [Argument { name: None, node: value }];
            if let Some(state) = self.holds(&rule.assigns[form], node, &argument, None, rule) {
                self.add(rule, node, state);
                found = Some(place);
            }
        }
    }

    /// Whether a form that fits by name fits by its arguments; what is known of the one that decided.
    fn holds(&mut self, compiled: &Compiled, node: Node<'_>, all: &[Argument<'_>], object: Option<Node<'_>>, rule: &Rule) -> Option<State> {
        let form = &compiled.form;
        let positional = all.iter().filter(|argument| argument.name.is_none()).count();
        if all.len() < form.at_least || form.at_most.is_some_and(|most| positional > most) {
            return None;
        }
        if form.in_loop && self.functions.last().is_none_or(|function| function.loops == 0) {
            return None;
        }
        if form.in_async && self.functions.last().is_none_or(|function| !function.asynchronous) {
            return None;
        }
        if form.recursive && !self.scopes.calls_itself(node) {
            return None;
        }
        let named = |name: &str| all.iter().find(|argument| argument.name.as_deref() == Some(name));
        if form.without.iter().any(|name| named(name).is_some()) {
            return None;
        }
        for (name, regex) in &compiled.with {
            if !named(name).is_some_and(|argument| regex.is_match(looked_at(of(argument.node, self.text)))) {
                return None;
            }
        }
        if compiled.unless.as_ref().is_some_and(|regex| regex.is_match(looked_at(of(node, self.text)))) {
            return None;
        }
        if compiled.source.as_ref().is_some_and(|regex| !regex.is_match(looked_at(of(node, self.text)))) {
            return None;
        }
        if compiled.within.as_ref().is_some_and(|regex| !self.is_within(regex))
            || compiled.not_within.as_ref().is_some_and(|regex| self.is_within(regex))
        {
            return None;
        }
        let simple =
            form.value == Condition::Any && compiled.matches.is_none() && compiled.not_matches.is_none() && compiled.origin.is_none();
        if simple && form.argument.is_empty() {
            return Some(State::default());
        }
        let mut candidates: Vec<Node<'_>> = Vec::new();
        if form.argument.is_empty() {
            candidates.extend(all.iter().map(|argument| argument.node));
        }
        for place in &form.argument {
            match place {
                Place::Index(-1) => candidates.extend(object),
                Place::Index(index) => {
                    let nth = all.iter().filter(|argument| argument.name.is_none()).nth(usize::try_from(*index).unwrap_or(usize::MAX));
                    candidates.extend(nth.map(|argument| argument.node));
                }
                Place::Name(name) => candidates.extend(named(name).map(|argument| argument.node)),
            }
        }
        let class = rule.written.class.as_deref().map_or(0, class_bits);
        for candidate in candidates {
            if form.value == Condition::Explosive {
                let text = self.scopes.literal(candidate).unwrap_or_else(|| looked_at(of(candidate, self.text)).to_owned());
                let pattern = candidate.kind() == "regex_pattern";
                if if pattern { explosive::is_explosive(&text) } else { explosive::is_explosive_text(&text) } {
                    return Some(State::default());
                }
                continue;
            }
            let state = self.scopes.state(candidate);
            let fits = match form.value {
                Condition::Any => true,
                Condition::Tainted => state.tainted(class),
                Condition::Untrusted => state.untrusted(class),
                Condition::Built => state.built(class),
                Condition::Composed => state.composed(class),
                Condition::Dynamic => state.dynamic(class),
                Condition::Constant => state.constant(),
                Condition::Explosive => false,
            };
            if !fits {
                continue;
            }
            if compiled.origin.as_ref().is_some_and(|regex| !regex.is_match(&self.scopes.name(shape::unwrapped(candidate), true))) {
                continue;
            }
            if compiled.matches.is_some() || compiled.not_matches.is_some() {
                let text = self.scopes.literal(candidate).unwrap_or_else(|| looked_at(of(candidate, self.text)).to_owned());
                if compiled.matches.as_ref().is_some_and(|regex| !regex.is_match(&text))
                    || compiled.not_matches.as_ref().is_some_and(|regex| regex.is_match(&text))
                {
                    continue;
                }
            }
            return Some(state);
        }
        None
    }

    /// Whether the source of the function around matches; outside of functions that of the file.
    fn is_within(&mut self, regex: &Expression) -> bool {
        let bytes = self.functions.last().map_or(0..self.text.len(), |function| function.bytes.clone());
        let text = self.text.get(bytes.clone()).unwrap_or("");
        *self.matched.entry((bytes.start, std::ptr::from_ref(regex))).or_insert_with(|| regex.is_match(looked_at(text)))
    }

    /// Runs the queries; tells how much of the work was done before the time was over.
    pub(super) fn query(&mut self, allowance: &Allowance<'_>, parsed: &Parsed, queries: &Queries) -> f64 {
        let ready = self.ready;
        let Some(query) = &queries.query else { return 1.0 };
        let Some(index) = query.capture_index_for_name("found") else { return 1.0 };
        let mut cursor = QueryCursor::new();
        cursor.set_match_limit(MATCHES_AT_ONCE);
        cursor.set_max_start_depth(Some(DEPTH));
        let mut reached = 0;
        let mut stop = |state: &QueryCursorState| {
            reached = state.current_byte_offset();
            if allowance.stops() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        };
        let options = QueryCursorOptions::new().progress_callback(&mut stop);
        let mut matches = cursor.matches_with_options(query, parsed.tree.root_node(), self.text.as_bytes(), options);
        let mut counts = vec![0usize; self.active.len()];
        while let Some(found) = matches.next() {
            let Some(place) = queries.rules.get(found.pattern_index).copied().filter(|place| self.active.get(*place) == Some(&true)) else {
                continue;
            };
            for capture in found.captures.iter().filter(|capture| capture.index == index) {
                counts[place] += 1;
                if counts[place] <= FILE_FINDINGS {
                    self.add(ready.rules[place], capture.node, State::default());
                }
            }
        }
        drop(matches);
        if allowance.is_over() { 0.5 + reached as f64 / self.text.len().max(1) as f64 / 2.0 } else { 1.0 }
    }

    fn add(&mut self, rule: &Rule, node: Node<'_>, state: State) {
        if self.found.len() >= FILE_FINDINGS {
            return;
        }
        let (start, end) = (node.start_position(), node.end_position());
        let line = of(node, self.text).lines().next().unwrap_or("");
        self.found.push(Found {
            rule: rule.written.id.clone(),
            title: rule.written.title.clone(),
            severity: rule.written.severity,
            confidence: rule.written.confidence,
            cwe: rule.written.cwe.iter().map(|number| format!("CWE-{number}")).collect(),
            message: rule.written.message.clone(),
            advice: rule.written.advice.clone(),
            file: self.file.to_owned(),
            line: start.row + 1,
            column: self.starts.of(self.text, node.start_byte(), start.column),
            end_line: end.row + 1,
            end_column: self.ends.of(self.text, node.end_byte(), end.column),
            snippet: cut(line, SNIPPET),
            source_line: (state.line > 0).then_some(state.line),
            fingerprint: String::new(),
        });
    }
}
