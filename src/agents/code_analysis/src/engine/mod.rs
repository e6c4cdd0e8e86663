//! What rules find in a source: one walk that follows values and holds calls and assignments against rules, then the queries.

pub(crate) mod flow;
pub(crate) mod rule;
pub(crate) mod shape;

use std::cell::RefCell;
use std::collections::HashMap;
use std::ops::ControlFlow;
use std::rc::Rc;

use baton_agents_runtime::{Context, SkillError};
use serde::Serialize;
use tree_sitter::{Language as Grammar, Node, Query, QueryCursor, QueryCursorOptions, QueryCursorState, StreamingIterator};

use crate::languages::Facts;
use crate::rules::Severity;
use crate::source::{column, cut};
use crate::syntax::Parsed;
use flow::{Knowledge, Scopes, State, class_bits};
use rule::{Catalogue, Compiled, Condition, Confidence, Place, Rule, fits};
use shape::{Argument, of};

/// Nodes between two looks at whether to stop.
const CHECK_EVERY: u64 = 4_096;
/// The most findings of one file that are kept.
pub(crate) const FILE_FINDINGS: usize = 500;
/// The longest piece of source that a finding quotes, in characters.
const SNIPPET: usize = 160;

/// Something that a rule found. Lines and columns count from 1, columns in characters.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Found {
    pub(crate) rule: String,
    pub(crate) title: String,
    pub(crate) severity: Severity,
    pub(crate) confidence: Confidence,
    pub(crate) cwe: Vec<String>,
    pub(crate) message: String,
    pub(crate) advice: String,
    pub(crate) file: String,
    pub(crate) line: usize,
    pub(crate) column: usize,
    pub(crate) end_line: usize,
    pub(crate) end_column: usize,
    pub(crate) snippet: String,
    /// The line at which untrusted data enters, where that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) source_line: Option<u32>,
    pub(crate) fingerprint: String,
}

/// The compiled queries of rules by their names.
type Queries = HashMap<String, Rc<Vec<Query>>>;

/// A catalogue with its queries compiled for one language.
pub(crate) struct Ready<'a> {
    known: Knowledge<'a>,
    rules: Vec<&'a Rule>,
    /// The queries of each rule, for each grammar that was met; compiling them takes longer than running them.
    queries: RefCell<Vec<(Grammar, Queries)>>,
}

impl<'a> Ready<'a> {
    pub(crate) fn new(catalogue: &'a Catalogue, facts: &'static Facts) -> Self {
        Self { known: Knowledge::of(&catalogue.flows, facts.name), rules: catalogue.of(facts.name).collect(), queries: RefCell::default() }
    }

    fn compiled(&self, grammar: &Grammar, rule: &Rule) -> Rc<Vec<Query>> {
        let mut all = self.queries.borrow_mut();
        let place = all.iter().position(|(known, _)| known == grammar).unwrap_or_else(|| {
            all.push((grammar.clone(), HashMap::new()));
            all.len() - 1
        });
        let queries = all[place].1.entry(rule.written.id.clone());
        Rc::clone(queries.or_insert_with(|| Rc::new(rule.written.query.iter().filter_map(|text| Query::new(grammar, text).ok()).collect())))
    }

    /// What the rules find in a source.
    pub(crate) fn find(&self, context: &Context, parsed: &Parsed, text: &str, file: &str) -> Result<Vec<Found>, SkillError> {
        let rules: Vec<&Rule> = self
            .rules
            .iter()
            .copied()
            .filter(|rule| rule.file_matches.as_ref().is_none_or(|regex| regex.is_match(text)))
            .filter(|rule| rule.file_not_matches.as_ref().is_none_or(|regex| !regex.is_match(text)))
            .collect();
        let mut walk = Walk {
            text,
            file,
            rules,
            scopes: Scopes::new(text, &self.known),
            found: Vec::new(),
            functions: Vec::new(),
            branches: 0,
            around: Vec::new(),
        };
        let mut cursor = parsed.tree.walk();
        let mut seen = 0u64;
        'nodes: loop {
            seen += 1;
            if seen.is_multiple_of(CHECK_EVERY) {
                context.check()?;
            }
            let node = cursor.node();
            walk.enter(node);
            if cursor.goto_first_child() {
                walk.around.push(node);

                continue;
            }
            loop {
                walk.leave(cursor.node());
                if cursor.goto_next_sibling() {
                    break;
                }
                walk.around.pop();
                if !cursor.goto_parent() {
                    break 'nodes;
                }
            }
        }
        for rule in walk.rules.clone() {
            context.check()?;
            walk.query(context, parsed, rule, &self.compiled(&parsed.grammar, rule));
        }
        let mut found = walk.found;
        found.sort_by(|a, b| (a.line, a.column, &a.rule).cmp(&(b.line, b.column, &b.rule)));
        found.dedup_by(|a, b| a.line == b.line && a.rule == b.rule);
        Ok(found)
    }
}

/// A function around the current node.
struct Function {
    asynchronous: bool,
    loops: u32,
    /// How many branches were around it.
    branches: u32,
}

struct Walk<'a, 'tree> {
    text: &'a str,
    file: &'a str,
    rules: Vec<&'a Rule>,
    scopes: Scopes<'a>,
    found: Vec<Found>,
    functions: Vec<Function>,
    branches: u32,
    /// The nodes around the current one; asking a node for its parent walks down from the root.
    around: Vec<Node<'tree>>,
}

impl<'tree> Walk<'_, 'tree> {
    fn enter(&mut self, node: Node<'tree>) {
        if !node.is_named() {
            return;
        }
        let kind = node.kind();
        self.scopes.import(node);
        if shape::is_function(kind) {
            self.scopes.enter(node, self.around.last().copied());
            let asynchronous = of(node, self.text).get(..64).unwrap_or_else(|| of(node, self.text)).trim_start().starts_with("async ")
                || shape::children(node).any(|child| child.kind() == "function_modifiers" && of(child, self.text).contains("async"))
                || node.child(0).is_some_and(|child| child.kind() == "async");
            self.functions.push(Function { asynchronous, loops: 0, branches: self.branches });
        }
        if shape::is_branch(kind) {
            self.branches += 1;
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
        self.calls(node);
        if let Some(assignment) = shape::assignment(node, self.around.last().copied()) {
            self.assigns(node, &assignment);
        }
    }

    fn leave(&mut self, node: Node<'tree>) {
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
        self.scopes.grow(node);
        let condition = self.around.last().is_some_and(|parent| {
            shape::is_branch(parent.kind()) && parent.child_by_field_name("condition").is_some_and(|condition| condition.id() == node.id())
        });
        if condition {
            self.scopes.check(node);
        }
        if shape::is_function(kind) {
            self.functions.pop();
            self.scopes.leave();
        }
    }

    fn calls(&mut self, node: Node<'_>) {
        let Some(call) = shape::call(node, self.text) else { return };
        let plain = self.scopes.name(node, false);
        let full = self.scopes.name(node, true);
        let full = self.module_name(node, &full);
        let (plain, full) = (plain.trim_end_matches("()").to_owned(), full.trim_end_matches("()").to_owned());
        for place in 0..self.rules.len() {
            let rule = self.rules[place];
            for compiled in &rule.calls {
                if !compiled.form.name.iter().any(|pattern| fits(pattern, &full) || fits(pattern, &plain)) {
                    continue;
                }
                if let Some(state) = self.holds(compiled, node, &call.arguments, call.object, rule) {
                    self.add(rule, node, state);
                    break;
                }
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
        for place in 0..self.rules.len() {
            let rule = self.rules[place];
            for compiled in &rule.assigns {
                if !compiled.form.name.iter().any(|pattern| fits(pattern, &plain)) {
                    continue;
                }
                let argument = [Argument { name: None, node: value }];
                if let Some(state) = self.holds(compiled, node, &argument, None, rule) {
                    self.add(rule, node, state);
                    break;
                }
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
        let named = |name: &str| all.iter().find(|argument| argument.name.as_deref() == Some(name));
        if form.without.iter().any(|name| named(name).is_some()) {
            return None;
        }
        for (name, regex) in &compiled.with {
            if !named(name).is_some_and(|argument| regex.is_match(of(argument.node, self.text))) {
                return None;
            }
        }
        if compiled.unless.as_ref().is_some_and(|regex| regex.is_match(of(node, self.text))) {
            return None;
        }
        let simple = form.value == Condition::Any && compiled.matches.is_none() && compiled.not_matches.is_none();
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
            let state = self.scopes.state(candidate);
            let fits = match form.value {
                Condition::Any => true,
                Condition::Tainted => state.tainted(class),
                Condition::Untrusted => state.untrusted(class),
                Condition::Built => state.built(class),
                Condition::Dynamic => state.dynamic(class),
                Condition::Constant => state.constant(),
            };
            if !fits {
                continue;
            }
            if compiled.matches.is_some() || compiled.not_matches.is_some() {
                let text = self.scopes.literal(candidate).unwrap_or_else(|| of(candidate, self.text).to_owned());
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

    fn query(&mut self, context: &Context, parsed: &Parsed, rule: &Rule, queries: &[Query]) {
        for query in queries {
            let Some(index) = query.capture_index_for_name("found") else { continue };
            let mut cursor = QueryCursor::new();
            cursor.set_match_limit(4_096);
            let mut stop = |_: &QueryCursorState| if context.is_canceled() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) };
            let options = QueryCursorOptions::new().progress_callback(&mut stop);
            let mut matches = cursor.matches_with_options(query, parsed.tree.root_node(), self.text.as_bytes(), options);
            let mut nodes = Vec::new();
            while let Some(found) = matches.next() {
                nodes.extend(found.captures.iter().filter(|capture| capture.index == index).map(|capture| capture.node));
                if nodes.len() > FILE_FINDINGS {
                    break;
                }
            }
            for node in nodes {
                self.add(rule, node, State::default());
            }
        }
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
            column: column(self.text, node.start_byte()),
            end_line: end.row + 1,
            end_column: column(self.text, node.end_byte()),
            snippet: cut(line, SNIPPET),
            source_line: (state.line > 0).then_some(state.line),
            fingerprint: String::new(),
        });
    }
}
