//! How a source becomes a syntax tree, and where it does not: the first error and what was expected there.

use std::ops::ControlFlow;

use baton_agents_runtime::SkillError;
use baton_domain::problem::Code;
use tree_sitter::{Language as Grammar, Node, ParseOptions, ParseState, Parser, Point, Tree};

use crate::allowance::Allowance;
use crate::languages::Facts;
use crate::source::cut;

/// The most tokens that are named as expected; where more would fit, naming them helps nobody.
const EXPECTED: usize = 5;

/// A tree without errors, and the grammar that read it.
#[derive(Debug)]
pub struct Parsed {
    /// The tree.
    pub tree: Tree,
    /// The grammar.
    pub grammar: Grammar,
}

/// Where and why a source does not parse. Lines and columns count from 1, columns in characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyntaxError {
    /// The line.
    pub line: usize,
    /// The column.
    pub column: usize,
    /// What is wrong there.
    pub reason: String,
}

/// Parses a source.
///
/// # Errors
/// `CODE-001` if it has errors, `CODE-007` if it takes too long.
pub fn parse(allowance: &Allowance<'_>, facts: &Facts, text: &str, file_name: Option<&str>) -> Result<Parsed, SkillError> {
    let mut first = None;
    for grammar in facts.grammars(file_name) {
        let tree = tree_of(allowance, &grammar, text)?;
        match error_in(&tree, &grammar, text) {
            None => return Ok(Parsed { tree, grammar }),
            Some(error) => first = first.or(Some(error)),
        }
    }
    let message = match first {
        Some(error) => format!("line {}, column {}: {}. It was read as {}.", error.line, error.column, error.reason, facts.label),
        None => format!("there is no grammar for {}.", facts.label),
    };
    Err(SkillError::new(Code::SourceDoesNotParse, message))
}

/// Parses a source for rules: a tree with some errors is still read, since a review of the rest is worth more than none.
///
/// # Errors
/// `CODE-001` if nothing of it is understood, `CODE-007` if it takes too long.
pub fn parse_leniently(allowance: &Allowance<'_>, facts: &Facts, text: &str, file_name: Option<&str>) -> Result<Parsed, SkillError> {
    let mut first = None;
    for grammar in facts.grammars(file_name) {
        let tree = tree_of(allowance, &grammar, text)?;
        if !tree.root_node().has_error() {
            return Ok(Parsed { tree, grammar });
        }
        first = first.or(Some(Parsed { tree, grammar }));
    }
    match first {
        Some(parsed) if !parsed.tree.root_node().is_error() => Ok(parsed),
        _ => parse(allowance, facts, text, file_name),
    }
}

/// Whether a source is without errors in a language.
///
/// # Errors
/// `CODE-007` if it takes too long.
pub fn fits(allowance: &Allowance<'_>, facts: &Facts, text: &str) -> Result<bool, SkillError> {
    for grammar in facts.grammars(None) {
        if !tree_of(allowance, &grammar, text)?.root_node().has_error() {
            return Ok(true);
        }
    }
    Ok(false)
}

fn tree_of(allowance: &Allowance<'_>, grammar: &Grammar, text: &str) -> Result<Tree, SkillError> {
    let mut parser = Parser::new();
    parser.set_language(grammar).map_err(|error| SkillError::internal(format!("the grammar cannot be used: {error}")))?;
    let bytes = text.as_bytes();
    let mut stop = |_: &ParseState| if allowance.stops() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) };
    let options = ParseOptions::new().progress_callback(&mut stop);
    let tree = parser.parse_with_options(&mut |offset, _| bytes.get(offset..).unwrap_or_default(), None, Some(options));
    allowance.context().check()?;
    tree.ok_or_else(|| allowance.too_slow())
}

/// The first error of a tree.
fn error_in(tree: &Tree, grammar: &Grammar, text: &str) -> Option<SyntaxError> {
    let root = tree.root_node();
    if !root.has_error() {
        return None;
    }
    let mut cursor = root.walk();
    // Down into the first child with an error, until the node is the error itself.
    loop {
        let node = cursor.node();
        if node.is_missing() {
            return Some(at(node.start_position(), text, format!("{} is missing", quoted(node.kind(), node.is_named()))));
        }
        if node.is_error() {
            let (point, reason) = unexpected(node, grammar, text);
            return Some(at(point, text, reason));
        }
        if !cursor.goto_first_child() {
            return Some(at(node.start_position(), text, "this is not understood".to_owned()));
        }
        while !cursor.node().has_error() {
            if !cursor.goto_next_sibling() {
                return Some(at(node.start_position(), text, "this is not understood".to_owned()));
            }
        }
    }
}

fn at(point: Point, text: &str, reason: String) -> SyntaxError {
    let line = text.split('\n').nth(point.row).unwrap_or("");
    let column = line.get(..point.column).map_or(point.column, |before| before.chars().count());
    SyntaxError { line: point.row + 1, column: column + 1, reason }
}

/// What the parser stumbled over in an error node, and what fits there. Leaves that were read after an error have no
/// state of the parser; the last one before them is what did not fit. If all have one, it is what follows the node.
fn unexpected(error: Node<'_>, grammar: &Grammar, text: &str) -> (Point, String) {
    let mut stumbled: Option<Node<'_>> = None;
    let mut found = false;
    let mut cursor = error.walk();
    'leaves: loop {
        if !cursor.goto_first_child() {
            let leaf = cursor.node();
            if leaf.parse_state() == 0 && stumbled.is_some() {
                found = true;
                break;
            }
            stumbled = Some(leaf);
            while !cursor.goto_next_sibling() {
                if !cursor.goto_parent() {
                    break 'leaves;
                }
            }
        }
    }
    let (point, start, state) = match stumbled.filter(|_| found) {
        Some(leaf) => (leaf.start_position(), leaf.start_byte(), Some(leaf.parse_state())),
        None => {
            let rest = text.get(error.end_byte()..).unwrap_or("");
            let skipped = rest.len() - rest.trim_start().len();
            let (start, mut point) = (error.end_byte() + skipped, error.end_position());
            for byte in rest[..skipped].bytes() {
                point = if byte == b'\n' { Point::new(point.row + 1, 0) } else { Point::new(point.row, point.column + 1) };
            }
            (point, start, None)
        }
    };
    let rest = text.get(start..).unwrap_or("");
    let is_word = |character: char| character.is_alphanumeric() || character == '_';
    let word: String = if rest.starts_with(is_word) {
        rest.chars().take_while(|character| is_word(*character)).collect()
    } else {
        rest.chars().take(1).collect()
    };
    let what =
        if word.is_empty() { "unexpected end of the source".to_owned() } else { format!("unexpected {}", quoted(&cut(&word, 40), false)) };
    let Some(lookahead) = state.and_then(|state| grammar.lookahead_iterator(state)) else { return (point, what) };
    let mut expected: Vec<String> = lookahead
        .filter(|id| *id != 0 && *id != u16::MAX && grammar.node_kind_is_visible(*id))
        .filter_map(|id| Some((grammar.node_kind_for_id(id)?, grammar.node_kind_is_named(id))))
        .filter(|(kind, _)| !kind.contains("comment") && *kind != "ERROR")
        .map(|(kind, named)| quoted(kind, named))
        .collect();
    expected.sort();
    expected.dedup();
    match expected.len() {
        1..=EXPECTED => (point, format!("{what}, expected {}", expected.join(" or "))),
        _ => (point, what),
    }
}

/// A token as people read it: punctuation and keywords in backticks, kinds of nodes as words.
fn quoted(kind: &str, named: bool) -> String {
    match kind {
        "\n" => "`end of line`".to_owned(),
        kind if named => kind.replace('_', " "),
        kind => format!("`{kind}`"),
    }
}
