//! What in a source should be looked at: rules as tables, thresholds for functions and patterns for nodes.

mod patterns;
mod thresholds;

use serde::{Deserialize, Serialize};
use tree_sitter::{Node, Point};

use crate::columns::Columns;
use crate::languages::{Facts, Language, Role};
use crate::measure::{Around, Function};

/// How much a finding matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Severity {
    Info,
    Warning,
    Error,
}

/// Something to look at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Finding {
    pub(crate) rule: &'static str,
    pub(crate) severity: Severity,
    pub(crate) line: usize,
    pub(crate) column: usize,
    pub(crate) message: String,
    pub(crate) advice: &'static str,
}

/// The most findings that are kept; more say nothing new.
pub(crate) const MAXIMUM_FINDINGS: usize = 1_000;

/// A node as a pattern sees it.
pub(crate) struct Seen<'a, 'tree> {
    pub(crate) node: Node<'tree>,
    pub(crate) text: &'a str,
    /// The nodes around it, the nearest last.
    pub(crate) around: &'a [Around<'tree>],
    /// Whether it stands in a test.
    pub(crate) test: bool,
}

impl<'tree> Seen<'_, 'tree> {
    /// The source of a node.
    pub(crate) fn of(&self, node: Node<'tree>) -> &str {
        &self.text[node.byte_range()]
    }

    /// The child in a field.
    pub(crate) fn field(&self, name: &str) -> Option<Node<'tree>> {
        self.node.child_by_field_name(name)
    }

    /// The roles of the nodes around it up to the function that it is in, the nearest first.
    pub(crate) fn roles_within_function(&self) -> impl Iterator<Item = Role> + '_ {
        self.around.iter().rev().filter_map(|around| around.role).take_while(|role| !matches!(role, Role::Function | Role::Lambda))
    }
}

/// A rule about single nodes.
pub(crate) struct Pattern {
    pub(crate) rule: &'static str,
    pub(crate) languages: &'static [Language],
    /// The kinds of nodes that it looks at.
    pub(crate) kinds: &'static [&'static str],
    pub(crate) severity: Severity,
    /// What is wrong and at which node, if anything is.
    pub(crate) found: for<'tree> fn(&Seen<'_, 'tree>) -> Option<(Node<'tree>, String)>,
    pub(crate) advice: &'static str,
}

/// Looks at every node of a walk.
pub(crate) struct Watch<'a> {
    text: &'a str,
    patterns: Vec<&'static Pattern>,
    findings: Vec<Finding>,
    total: usize,
    columns: Columns,
    /// Whether the whole file is a test.
    test_file: bool,
    /// How deep the item is that a test attribute stands before, and the test that the walk is in.
    attribute: Option<usize>,
    test: Option<usize>,
}

impl<'a> Watch<'a> {
    /// For a source in a language.
    pub(crate) fn new(facts: &Facts, text: &'a str, file_name: Option<&str>) -> Self {
        let stem = file_name.and_then(|name| name.rsplit_once('.')).map_or("", |(stem, _)| stem);
        let test_file =
            matches!(stem, "test" | "tests") || stem.ends_with("_test") || stem.ends_with("_tests") || stem.starts_with("test_");
        let patterns = patterns::ALL.iter().filter(|pattern| pattern.languages.contains(&facts.language)).collect();
        Self { text, patterns, findings: Vec::new(), total: 0, columns: Columns::default(), test_file, attribute: None, test: None }
    }

    /// Looks at a node.
    pub(crate) fn see(&mut self, node: Node<'_>, role: Option<Role>, around: &[Around<'_>]) {
        let kind = node.kind();
        self.follow_tests(node, kind, around.len());
        if role == Some(Role::Comment) {
            self.comment(node);
            return;
        }
        let test = self.test_file || self.test.is_some();
        for place in 0..self.patterns.len() {
            let pattern = self.patterns[place];
            if !pattern.kinds.contains(&kind) {
                continue;
            }
            let seen = Seen { node, text: self.text, around, test };
            if let Some((at, message)) = (pattern.found)(&seen) {
                self.add(pattern.rule, pattern.severity, at.start_byte(), at.start_position(), message, pattern.advice);
            }
        }
    }

    /// Rust marks tests by attributes before them.
    fn follow_tests(&mut self, node: Node<'_>, kind: &str, depth: usize) {
        if self.test.is_some_and(|test| depth <= test) {
            self.test = None;
        }
        match kind {
            "attribute_item" => {
                let text = &self.text[node.byte_range()];
                if text.contains("test") && !text.contains("not(test") {
                    self.attribute = Some(depth);
                }
            }
            "line_comment" | "block_comment" => {}
            _ if self.attribute.is_some_and(|attribute| depth <= attribute) => {
                let marked = self.attribute.take() == Some(depth) && matches!(kind, "mod_item" | "function_item" | "impl_item");
                if marked && self.test.is_none() {
                    self.test = Some(depth);
                }
            }
            _ => {}
        }
    }

    fn comment(&mut self, node: Node<'_>) {
        const MARKS: [&str; 3] = ["TODO", "FIXME", "XXX"];
        let text = &self.text[node.byte_range()];
        let is_word = |character: Option<char>| character.is_some_and(|character| character.is_alphanumeric() || character == '_');
        let found = MARKS.iter().find_map(|mark| {
            let at = text.find(mark)?;
            (!is_word(text[..at].chars().next_back()) && !is_word(text[at + mark.len()..].chars().next())).then_some((at, *mark))
        });
        if let Some((at, mark)) = found {
            let row = node.start_position().row + text[..at].matches('\n').count();
            let within = text[..at].rfind('\n').map_or(node.start_position().column + at, |end| at - end - 1);
            let message = format!("A comment says {mark}.");
            let advice = "Do it, or turn it into an issue that somebody owns and name the issue here.";
            self.add("todo-comment", Severity::Info, node.start_byte() + at, Point::new(row, within), message, advice);
        }
    }

    fn add(&mut self, rule: &'static str, severity: Severity, byte: usize, point: Point, message: String, advice: &'static str) {
        self.total += 1;
        if self.findings.len() < MAXIMUM_FINDINGS {
            let column = self.columns.of(self.text, byte, point.column);
            self.findings.push(Finding { rule, severity, line: point.row + 1, column, message, advice });
        }
    }

    /// All findings in the order of the source, and how many there were before the limit.
    pub(crate) fn finish(mut self, functions: &[Function]) -> (Vec<Finding>, usize) {
        let measured: Vec<Finding> = functions.iter().flat_map(thresholds::findings).collect();
        self.total += measured.len();
        self.findings.extend(measured);
        self.findings.sort_by(|a, b| (a.line, a.column, a.rule).cmp(&(b.line, b.column, b.rule)));
        // What matters most is kept.
        if self.findings.len() > MAXIMUM_FINDINGS {
            self.findings.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
            self.findings.truncate(MAXIMUM_FINDINGS);
            self.findings.sort_by(|a, b| (a.line, a.column, a.rule).cmp(&(b.line, b.column, b.rule)));
        }
        (self.findings, self.total)
    }
}
