//! How long, how branched and how deep each function is, in one walk over the tree that uses no stack of its own.
//!
//! Cyclomatic complexity (McCabe): 1, and 1 for each condition, loop, case, handler and logical operator; of a `match`,
//! in which one arm always fits, one less than there are arms. Cognitive complexity by the rules of SonarSource
//! (Campbell, 2018): each break of the linear flow counts 1, and 1 more for each one around it; an `else`, a jump to a
//! label, a change of logical operator and direct recursion count 1. A function with a name of its own counts by
//! itself; one without counts to the function around it and makes what is in it one deeper. Around it there may be no other: then it
//! is known by where it stands (`app.get("/items", …)`), and so are those that it registers with a text (`describe` and its `it`s).

use baton_agents_runtime::SkillError;
use serde::Serialize;
use tree_sitter::{Node, TreeCursor};

use crate::allowance::Allowance;
use crate::columns::Columns;
use crate::languages::{Facts, Role};
use crate::lines::{Lines, Marks};
use crate::rules::Watch;
use crate::shapes;
use crate::source::cut;
use crate::tree::Parsed;

/// The longest name that a result repeats, in characters; the rest is cut.
const NAME: usize = 80;
/// Nodes between two looks at whether to stop.
const CHECK_EVERY: u64 = 1_024;

/// Nodes between two reports of progress.
const PROGRESS_EVERY: u64 = 65_536;

/// A function with its measures.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Function {
    pub(crate) name: String,
    pub(crate) line: usize,
    pub(crate) end_line: usize,
    pub(crate) parameters: usize,
    pub(crate) cyclomatic: u32,
    pub(crate) cognitive: u32,
    pub(crate) nesting: u32,
    pub(crate) lines: usize,
    /// Its name without that of its container; for finding recursion.
    #[serde(skip)]
    pub(crate) column: usize,
    #[serde(skip)]
    plain: String,
    #[serde(skip)]
    recursive: bool,
    /// Whether it is known by the call that takes it alone.
    #[serde(skip)]
    by_call: bool,
    /// How many of its lines are those of functions that count by themselves.
    #[serde(skip)]
    inner: usize,
}

impl Function {
    /// Its lines; of one that only a call takes those that are its own, since it often holds a whole file of others.
    pub(crate) fn own_lines(&self) -> usize {
        if self.by_call { self.lines.saturating_sub(self.inner) } else { self.lines }
    }
}

/// What is known about a node for its children.
#[derive(Clone, Copy)]
pub(crate) struct Around<'tree> {
    pub(crate) node: Node<'tree>,
    pub(crate) role: Option<Role>,
    /// The function that they belong to.
    function: Option<usize>,
    /// The container that functions among them are named after.
    container: Option<usize>,
    /// How many breaks of the flow are around them.
    nesting: u32,
    /// The operator of the logical expression that they are operands of.
    logic: Option<&'static str>,
}

/// Everything that was measured.
pub(crate) struct Measured {
    pub(crate) functions: Vec<Function>,
    pub(crate) lines: Lines,
    /// How much of the tree was measured before the time was over; 1 if all of it.
    pub(crate) share: f64,
}

/// Measures a tree; `watch` sees every node on the way. What is measured when the time is over counts.
pub(crate) fn measure(
    allowance: &Allowance<'_>,
    facts: &'static Facts,
    parsed: &Parsed,
    text: &str,
    watch: &mut Watch<'_>,
) -> Result<Measured, SkillError> {
    let roles = facts.roles(&parsed.grammar);
    let mut walk = Walk { facts, text, functions: Vec::new(), containers: Vec::new(), marks: Marks::of(text), columns: Columns::default() };
    let mut around: Vec<Around<'_>> = Vec::new();
    let mut cursor = parsed.tree.walk();
    let total = parsed.tree.root_node().descendant_count().max(1) as f64;
    let mut seen = 0u64;
    loop {
        seen += 1;
        if seen.is_multiple_of(CHECK_EVERY) {
            allowance.context().check()?;
            let share = (seen as f64 / total).min(1.0);
            if allowance.is_over() {
                return Ok(Measured { functions: walk.functions, lines: walk.marks.count(), share });
            }
            if seen.is_multiple_of(PROGRESS_EVERY) {
                allowance.context().progress(0.3 + 0.6 * share, "measuring functions");
            }
        }
        let node = cursor.node();
        let role = roles.get(node.kind_id() as usize).copied().flatten();
        watch.see(node, role, &around);
        let deeper = walk.enter(&cursor, node, role, &around);
        if deeper.is_some_and(|_| cursor.goto_first_child()) {
            around.extend(deeper);
            continue;
        }
        loop {
            if cursor.goto_next_sibling() {
                break;
            }
            if around.pop().is_none() || !cursor.goto_parent() {
                return Ok(Measured { functions: walk.functions, lines: walk.marks.count(), share: 1.0 });
            }
        }
    }
}

struct Walk<'a> {
    facts: &'static Facts,
    text: &'a str,
    functions: Vec<Function>,
    containers: Vec<String>,
    marks: Marks,
    columns: Columns,
}

impl Walk<'_> {
    /// Takes a node into account. Gives what its children need to know, or nothing if they do not matter.
    fn enter<'tree>(
        &mut self,
        cursor: &TreeCursor<'tree>,
        node: Node<'tree>,
        role: Option<Role>,
        above: &[Around<'tree>],
    ) -> Option<Around<'tree>> {
        let parent = above.last();
        let (from, mut to) = (node.start_position().row, node.end_position().row);
        if to > from && node.end_position().column == 0 {
            to -= 1;
        }
        if role == Some(Role::Comment) || self.facts.is_docstring(node, parent.map(|parent| parent.node)) {
            self.marks.comment(from, to);
            return None;
        }
        // Not all of a string is in its leaves.
        let token = node.child_count() == 0 && !self.text[node.byte_range()].trim().is_empty();
        if token || node.kind().contains("string") {
            self.marks.code(from, to);
        }
        let field = cursor.field_name();
        let mut own = Around {
            node,
            role,
            function: parent.and_then(|parent| parent.function),
            container: parent.and_then(|parent| parent.container),
            nesting: parent.map_or(0, |parent| parent.nesting),
            logic: None,
        };
        if let Some(parent) = parent {
            // A condition stands beside what it decides about, not within it.
            let beside = matches!(
                field,
                Some("condition" | "initializer" | "init" | "value" | "subject" | "increment" | "update" | "left" | "right" | "pattern")
            );
            let deepens = match parent.role {
                Some(Role::If | Role::Loop | Role::Switch | Role::Match | Role::Catch | Role::Ternary) => !beside,
                Some(Role::Lambda) => parent.function.is_some(),
                _ => false,
            };
            // A further `if` of a chain is as deep as the first, which has deepened it already.
            let chained = parent.role == Some(Role::If) && parent.logic == Some(CHAINED);
            own.nesting += u32::from(deepens && !chained);
        }
        if let Some(role) = role {
            self.count(role, &mut own, field, above);
        }
        if field == Some("alternative") && parent.is_some_and(|parent| parent.node.kind() == "let_declaration") {
            self.add(&own, 1, 0);
        }
        if field == Some("alternative")
            && parent.is_some_and(|parent| parent.role == Some(Role::If))
            && !matches!(role, Some(Role::If | Role::ElseIf | Role::Else))
        {
            // The `else` of languages whose trees have no node for it.
            self.add(&own, 0, 1);
        }
        Some(own)
    }

    fn count<'tree>(&mut self, role: Role, own: &mut Around<'tree>, field: Option<&str>, above: &[Around<'tree>]) {
        let (node, parent) = (own.node, above.last());
        let within = parent.and_then(|parent| parent.role);
        match role {
            Role::Function => self.begin(own, node),
            Role::Lambda => {
                let nodes = above.iter().rev().map(|above| above.node);
                if let Some(name) = parent.and_then(|parent| self.facts.given_name(node, parent.node, self.text)) {
                    self.begin_named(own, node, &name, false);
                } else if let Some(found) = match own.function.and_then(|function| self.functions.get(function)) {
                    None => self.facts.standing(node, nodes, self.text),
                    Some(outer) if outer.by_call => self.facts.registered(node, nodes, self.text),
                    Some(_) => None,
                } {
                    self.begin_named(own, node, &found.name, found.by_call);
                }
            }
            Role::Container => {
                self.containers.push(self.facts.container_name(node, self.text));
                own.container = Some(self.containers.len() - 1);
            }
            Role::If => {
                let chained = within == Some(Role::Else) || (within == Some(Role::If) && field == Some("alternative"));
                if chained {
                    own.logic = Some(CHAINED);
                    self.add(own, 1, 1);
                } else {
                    self.nest(own, 1);
                }
            }
            Role::ElseIf => self.add(own, 1, 1),
            Role::Else => {
                let is_of_if = within == Some(Role::If);
                let goes_on = node.named_child(0).is_some_and(|child| child.kind().starts_with("if_"));
                self.add(own, 0, u32::from(is_of_if && !goes_on));
            }
            Role::Loop | Role::Ternary => self.nest(own, 1),
            Role::Catch => self.nest(own, 1),
            Role::Switch => self.nest(own, 0),
            Role::Match => {
                self.nest(own, 0);
                if node.child_by_field_name("body").is_some_and(|body| body.named_child_count() > 0)
                    && let Some(function) = own.function.and_then(|function| self.functions.get_mut(function))
                {
                    function.cyclomatic = function.cyclomatic.saturating_sub(1);
                }
            }
            Role::Case => self.add(own, u32::from(!self.facts.is_default(node)) + u32::from(shapes::has_guard(node)), 0),
            Role::Condition => self.add(own, 1, 0),
            Role::Binary => self.logical(own, parent),
            Role::Parentheses => own.logic = parent.and_then(|parent| parent.logic).filter(|logic| *logic != CHAINED),
            Role::Jump => self.add(own, 0, u32::from(self.facts.has_label(node))),
            Role::Goto => self.add(own, 0, 1),
            Role::Call => self.call(own),
            Role::Comment | Role::Block => {}
        }
    }

    /// Counts a break of the flow that weighs more the deeper it is.
    fn nest(&mut self, own: &Around<'_>, cyclomatic: u32) {
        self.add(own, cyclomatic, 1 + own.nesting);
        if let Some(function) = own.function.and_then(|function| self.functions.get_mut(function)) {
            function.nesting = function.nesting.max(own.nesting + 1);
        }
    }

    fn add(&mut self, own: &Around<'_>, cyclomatic: u32, cognitive: u32) {
        if let Some(function) = own.function.and_then(|function| self.functions.get_mut(function)) {
            function.cyclomatic += cyclomatic;
            function.cognitive += cognitive;
        }
    }

    fn begin<'tree>(&mut self, own: &mut Around<'tree>, node: Node<'tree>) {
        let name =
            node.child_by_field_name("name").map_or_else(|| "(anonymous)".to_owned(), |name| cut(&self.text[name.byte_range()], 2 * NAME));
        self.begin_named(own, node, &name, false);
    }

    fn begin_named(&mut self, own: &mut Around<'_>, node: Node<'_>, name: &str, by_call: bool) {
        let receiver = node.child_by_field_name("receiver").map(|receiver| shapes::receiver_type(&self.text[receiver.byte_range()]));
        let container = receiver.or_else(|| own.container.map(|container| self.containers[container].clone()));
        let full = container
            .filter(|container| !container.is_empty())
            .map_or_else(|| name.to_owned(), |container| format!("{container}{}{name}", self.facts.joint));
        let (line, end_line) = (node.start_position().row + 1, node.end_position().row + 1);
        if let Some(outer) = own.function.and_then(|function| self.functions.get_mut(function)) {
            outer.inner += end_line - line + 1;
        }
        self.functions.push(Function {
            name: cut(&full, NAME),
            line,
            end_line,
            parameters: self.facts.parameters(node, self.text),
            cyclomatic: 1,
            cognitive: 0,
            nesting: 0,
            lines: end_line - line + 1,
            column: self.columns.of(self.text, node.start_byte(), node.start_position().column),
            plain: name.to_owned(),
            recursive: false,
            by_call,
            inner: 0,
        });
        own.function = Some(self.functions.len() - 1);
        own.container = None;
        own.nesting = 0;
        // It counts by itself: what is in it is not deeper for having no name of its own.
        own.role = Some(Role::Function);
    }

    fn logical(&mut self, own: &mut Around<'_>, parent: Option<&Around<'_>>) {
        let Some(operator) = own.node.child_by_field_name("operator") else { return };
        let operator = match operator.kind() {
            "&&" | "and" => "and",
            "||" | "or" => "or",
            "??" => {
                self.add(own, 1, 0);
                return;
            }
            _ => return,
        };
        let goes_on = parent.and_then(|parent| parent.logic) == Some(operator);
        own.logic = Some(operator);
        self.add(own, 1, u32::from(!goes_on));
    }

    /// Direct recursion counts once.
    fn call(&mut self, own: &Around<'_>) {
        let node = own.node;
        let Some(function) = own.function.and_then(|function| self.functions.get_mut(function)) else { return };
        if function.recursive {
            return;
        }
        let text = |node: Node<'_>| &self.text[node.byte_range()];
        let callee = match (node.child_by_field_name("function"), node.child_by_field_name("name")) {
            (Some(callee), _) => text(callee),
            (None, Some(name)) if node.child_by_field_name("object").is_none_or(|object| text(object) == "this") => text(name),
            _ => return,
        };
        let called = ["self.", "this.", "Self::", "cls."].iter().find_map(|prefix| callee.strip_prefix(prefix)).unwrap_or(callee);
        if called == function.plain {
            function.recursive = true;
            function.cognitive += 1;
        }
    }
}

/// Marks an `else if`, whose children are as deep as its own; never an operator.
const CHAINED: &str = "else if";
