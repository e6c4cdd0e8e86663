//! What does a Rust file make public? `pub` without a restriction, members of public traits and variants of public enumerations,
//! macros that are exported; not what is hidden from documentation or only there for tests.

use baton_agents_syntax::tree_sitter::Node;

use super::item::{Found, Item, block_comment, child, children, described, field, head, line, of, one_line};

/// Modules within modules that are followed.
const DEPTH: u32 = 16;

pub(super) fn read(root: Node<'_>, text: &str, private: bool) -> Found {
    let mut found = Found::default();
    Reader { text, private }.module(root, &mut found, 0);
    found
}

struct Reader<'a> {
    text: &'a str,
    private: bool,
}

/// What stands before an item: its description and what its attributes say.
#[derive(Default)]
struct Before {
    doc: Vec<String>,
    hidden: bool,
    exported: bool,
}

impl Before {
    fn take(&mut self) -> (String, bool, bool) {
        let before = std::mem::take(self);
        (described(&before.doc.join("\n")), before.hidden, before.exported)
    }
}

impl Reader<'_> {
    /// Takes a comment or an attribute into account; false if the node is neither.
    fn before(&self, node: Node<'_>, before: &mut Before, whole: &mut Vec<String>) -> bool {
        let own = of(node, self.text);
        match node.kind() {
            "line_comment" => {
                if let Some(inner) = own.strip_prefix("//!") {
                    whole.push(row(inner));
                } else if let Some(outer) = own.strip_prefix("///").filter(|_| !own.starts_with("////")) {
                    before.doc.push(row(outer));
                }
            }
            "block_comment" => {
                if own.starts_with("/*!") {
                    whole.push(block_comment(own));
                } else if own.starts_with("/**") && own != "/**/" {
                    before.doc.push(block_comment(own));
                }
            }
            "attribute_item" => {
                let plain: String = own.split_whitespace().collect();
                before.hidden |= plain.contains("doc(hidden)") || plain.contains("cfg(test)") || plain == "#[test]";
                before.exported |= plain.contains("macro_export");
                if let Some(doc) = own.split_once("doc").and_then(|(_, rest)| rest.trim_start().strip_prefix('=')) {
                    before.doc.push(doc.trim().trim_end_matches(']').trim_matches('"').to_owned());
                }
            }
            "inner_attribute_item" => {}
            _ => return false,
        }
        true
    }

    fn is_public(&self, node: Node<'_>) -> bool {
        self.private || child(node, "visibility_modifier").is_some_and(|modifier| of(modifier, self.text).trim() == "pub")
    }

    fn module(&self, body: Node<'_>, found: &mut Found, depth: u32) {
        let mut before = Before::default();
        let mut whole = Vec::new();
        let mut impls = Vec::new();
        for node in children(body) {
            if self.before(node, &mut before, &mut whole) {
                continue;
            }
            let (doc, hidden, exported) = before.take();
            if hidden {
                continue;
            }
            match node.kind() {
                "impl_item" => impls.push(node),
                "macro_definition" if exported || self.private => {
                    let name = field(node, "name", self.text);
                    found.items.push(item("macro", name.to_owned(), format!("macro_rules! {name}"), doc, node));
                }
                "mod_item" => {
                    let name = field(node, "name", self.text).to_owned();
                    match node.child_by_field_name("body") {
                        Some(inner) if self.is_public(node) && depth < DEPTH => {
                            let mut module = Found { doc, ..Found::default() };
                            self.module(inner, &mut module, depth + 1);
                            found.modules.push((name, module));
                        }
                        Some(_) => {}
                        None => found.declared.push((name, self.is_public(node))),
                    }
                }
                "use_declaration" if self.is_public(node) => {
                    let path = node.child_by_field_name("argument").map_or("", |path| of(path, self.text));
                    found
                        .exported
                        .extend(path.split(['{', '}', ',']).flat_map(|part| part.trim().split(" as ").take(1)).map(str::to_owned));
                }
                _ if self.is_public(node) => self.item(node, doc, found),
                _ => {}
            }
        }
        if !whole.is_empty() {
            found.doc = described(&whole.join("\n"));
        }
        for node in impls {
            self.implementation(node, found);
        }
    }

    fn item(&self, node: Node<'_>, doc: String, found: &mut Found) {
        let name = field(node, "name", self.text).to_owned();
        let body = node.child_by_field_name("body");
        let kind = match node.kind() {
            "function_item" | "function_signature_item" => "function",
            "struct_item" => "struct",
            "enum_item" => "enum",
            "union_item" => "union",
            "trait_item" => "trait",
            "type_item" => "type",
            "const_item" => "constant",
            "static_item" => "static",
            _ => return,
        };
        let body_of_head = if matches!(kind, "constant" | "static") { node.child_by_field_name("value") } else { body };
        // The fields of a tuple struct are a part of how it is declared.
        let ordered = body.is_some_and(|body| body.kind() == "ordered_field_declaration_list");
        let signature = head(node, body_of_head.filter(|_| !ordered), self.text);
        found.items.push(item(kind, name.clone(), signature, doc, node));
        let Some(body) = body.filter(|_| !ordered) else { return };
        let mut before = Before::default();
        for member in children(body) {
            if self.before(member, &mut before, &mut Vec::new()) {
                continue;
            }
            let (doc, hidden, _) = before.take();
            let part = field(member, "name", self.text);
            let own = match member.kind() {
                _ if hidden => None,
                "field_declaration" if self.is_public(member) => Some(("field", false)),
                "enum_variant" => Some(("variant", false)),
                "function_item" | "function_signature_item" if kind == "trait" => Some(("method", true)),
                "associated_type" if kind == "trait" => Some(("type", false)),
                "const_item" if kind == "trait" => Some(("constant", false)),
                _ => None,
            };
            if let Some((kind, counts)) = own {
                let signature = head(member, member.child_by_field_name("body").filter(|_| kind == "method"), self.text);
                found.items.push(Item { member: true, counts, ..item(kind, format!("{name}::{part}"), signature, doc, member) });
            }
        }
    }

    /// The public functions of a type; those of a trait are told with the trait.
    fn implementation(&self, node: Node<'_>, found: &mut Found) {
        if node.child_by_field_name("trait").is_some() {
            return;
        }
        let owner = one_line(field(node, "type", self.text).split('<').next().unwrap_or(""));
        let Some(body) = node.child_by_field_name("body") else { return };
        let mut before = Before::default();
        for member in children(body) {
            if self.before(member, &mut before, &mut Vec::new()) {
                continue;
            }
            let (doc, hidden, _) = before.take();
            if hidden || !self.is_public(member) {
                continue;
            }
            let (kind, body, counts) = match member.kind() {
                "function_item" => ("method", member.child_by_field_name("body"), true),
                "const_item" => ("constant", member.child_by_field_name("value"), false),
                _ => continue,
            };
            let name = format!("{owner}::{}", field(member, "name", self.text));
            let member_item = Item { member: true, counts, ..item(kind, name, head(member, body, self.text), doc, member) };
            // It stands with its type, if that is told here.
            let prefix = format!("{owner}::");
            let last = found.items.iter().rposition(|other| other.name == owner || other.name.starts_with(&prefix));
            found.items.insert(last.map_or(found.items.len(), |last| last + 1), member_item);
        }
    }
}

/// A row of a comment; the space after the mark is no part of it.
fn row(text: &str) -> String {
    text.strip_prefix(' ').unwrap_or(text).trim_end().to_owned()
}

fn item(kind: &'static str, name: String, signature: String, doc: String, node: Node<'_>) -> Item {
    let counts = !matches!(kind, "constant" | "static");
    Item { kind, name, signature, doc, line: line(node), member: false, counts }
}
