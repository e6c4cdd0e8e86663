//! What are the tokens of a source, and when are two of them alike?

use std::hash::{DefaultHasher, Hash, Hasher};

use baton_agents_runtime::SkillError;
use tree_sitter::Node;

use crate::allowance::Allowance;
use crate::tree::Parsed;

/// Nodes between two looks at whether to stop.
const CHECK_EVERY: u64 = 4_096;

/// A token: what it is compared by, and its lines from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Token {
    pub(crate) value: u64,
    pub(crate) row: u32,
    pub(crate) end_row: u32,
}

/// The tokens of a tree without its comments. `shape`: every identifier is alike, and every literal of a kind.
///
/// Stops without an error when the time is over; what was read until then counts.
pub(crate) fn of(allowance: &Allowance<'_>, parsed: &Parsed, text: &str, shape: bool) -> Result<Vec<Token>, SkillError> {
    let mut tokens = Vec::new();
    let mut cursor = parsed.tree.walk();
    let mut seen = 0u64;
    loop {
        seen += 1;
        if seen.is_multiple_of(CHECK_EVERY) {
            allowance.context().check()?;
            if allowance.is_over() {
                return Ok(tokens);
            }
        }
        let node = cursor.node();
        let kind = node.kind();
        let comment = node.is_extra() && kind.contains("comment");
        let whole = is_literal(kind, node);
        if !comment && !whole && cursor.goto_first_child() {
            continue;
        }
        if !comment && !node.byte_range().is_empty() {
            let row = |row: usize| u32::try_from(row).unwrap_or(u32::MAX);
            let value = value(node, kind, text, shape);
            if value != 0 {
                tokens.push(Token { value, row: row(node.start_position().row), end_row: row(node.end_position().row) });
            }
        }
        while !cursor.goto_next_sibling() {
            if !cursor.goto_parent() {
                return Ok(tokens);
            }
        }
    }
}

/// Texts and numbers are one token, unless code stands in them.
fn is_literal(kind: &str, node: Node<'_>) -> bool {
    let text = matches!(
        kind,
        "string"
            | "string_literal"
            | "raw_string_literal"
            | "interpreted_string_literal"
            | "char_literal"
            | "character_literal"
            | "rune_literal"
            | "regex"
    );
    // Of a text that is put together the parts count.
    text && (0..node.named_child_count().min(8)).all(|place| {
        u32::try_from(place).ok().and_then(|place| node.named_child(place)).is_none_or(|child| !child.kind().contains("interpolation"))
    })
}

/// Nothing for what some languages may leave out.
fn value(node: Node<'_>, kind: &str, text: &str, shape: bool) -> u64 {
    let own = text.get(node.byte_range()).unwrap_or("");
    if own.trim().is_empty() || own == ";" {
        return 0;
    }
    let alike = match kind {
        _ if !shape => own,
        kind if kind.ends_with("identifier") => "\0name",
        "string_content" | "string_fragment" => "\0text",
        kind if kind.contains("string") || kind.starts_with("char") || matches!(kind, "rune_literal" | "regex") => "\0text",
        "integer" | "float" | "number" => "\0number",
        kind if kind.ends_with("_literal") && own.starts_with(|first: char| first.is_ascii_digit()) => "\0number",
        _ => own,
    };
    let mut hasher = DefaultHasher::new();
    alike.hash(&mut hasher);
    hasher.finish().max(1)
}
