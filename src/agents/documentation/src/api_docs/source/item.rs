//! What is one thing that a reference of code tells of, and how is its text taken from the tree?

use baton_agents_syntax::tree_sitter::Node;

/// The longest signature, in characters; the rest is cut.
const SIGNATURE: usize = 600;
/// The longest description of one item, in bytes.
const DESCRIPTION: usize = 20_000;

/// A public item of code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Item {
    /// `function`, `class`, `method`, … as the language calls it.
    pub(super) kind: &'static str,
    /// Its name; of a member after the name of its owner.
    pub(super) name: String,
    /// How it is declared, without its body.
    pub(super) signature: String,
    /// Its description in Markdown; empty if it has none.
    pub(super) doc: String,
    pub(super) line: usize,
    /// Whether it is a part of another item.
    pub(super) member: bool,
    /// Whether it is expected to have a description of its own. Fields, variants and constants are not.
    pub(super) counts: bool,
}

/// What a file or a module within it has.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// What is said of the whole.
    pub(super) doc: String,
    pub(super) items: Vec<Item>,
    /// Modules within, by name.
    pub(super) modules: Vec<(String, Found)>,
    /// Rust: files that are modules of this one, and whether they are public; and what is exported from elsewhere.
    pub(super) declared: Vec<(String, bool)>,
    pub(super) exported: Vec<String>,
    /// The name that the file gives its module itself: a package.
    pub(super) package: Option<String>,
}

pub(super) fn of<'a>(node: Node<'_>, text: &'a str) -> &'a str {
    text.get(node.byte_range()).unwrap_or("")
}

pub(super) fn field<'a>(node: Node<'_>, name: &str, text: &'a str) -> &'a str {
    node.child_by_field_name(name).map_or("", |node| of(node, text))
}

pub(super) fn line(node: Node<'_>) -> usize {
    node.start_position().row + 1
}

/// The named children.
pub(super) fn children<'tree>(node: Node<'tree>) -> impl Iterator<Item = Node<'tree>> {
    let mut cursor = node.walk();
    let mut more = cursor.goto_first_child();
    std::iter::from_fn(move || {
        while more {
            let child = cursor.node();
            more = cursor.goto_next_sibling();
            if child.is_named() {
                return Some(child);
            }
        }
        None
    })
}

pub(super) fn child<'tree>(node: Node<'tree>, kind: &str) -> Option<Node<'tree>> {
    children(node).find(|child| child.kind() == kind)
}

/// The source of a node up to its body, in one line.
pub(super) fn head(node: Node<'_>, body: Option<Node<'_>>, text: &str) -> String {
    let end = body.map_or(node.end_byte(), |body| body.start_byte());
    one_line(text.get(node.start_byte()..end).unwrap_or(""))
}

/// Text with single spaces, cut.
pub(super) fn one_line(text: &str) -> String {
    let text = &text[..text.floor_char_boundary(4 * SIGNATURE)];
    let mut line = text.split_whitespace().collect::<Vec<_>>().join(" ").replace("( ", "(").replace(" )", ")").replace(",)", ")");
    if let Some((end, _)) = line.char_indices().nth(SIGNATURE) {
        line.truncate(end);
        line.push('…');
    }
    line.trim_end_matches(['{', ':', '=', ';', ' ']).to_owned()
}

/// A description without the spaces around it, cut.
pub(super) fn described(text: &str) -> String {
    let text = text.trim_matches('\n').trim_end();
    text[..text.floor_char_boundary(DESCRIPTION)].to_owned()
}

/// The text of a comment of many lines, without what marks it.
pub(super) fn block_comment(text: &str) -> String {
    let inner = text.trim_start_matches('/').trim_start_matches(['*', '!']).trim_end_matches('/').trim_end_matches('*');
    let rows: Vec<&str> = inner
        .lines()
        .map(|row| {
            let row = row.trim_start();
            let row = row.strip_prefix('*').unwrap_or(row);
            row.strip_prefix(' ').unwrap_or(row).trim_end()
        })
        .collect();
    described(rows.join("\n").trim())
}
