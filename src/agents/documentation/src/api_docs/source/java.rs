//! What does a Java file make public? Public and protected members of public types; all members of interfaces and annotations.

use baton_agents_syntax::tree_sitter::Node;

use super::item::{Found, Item, block_comment, child, children, field, head, line, of, one_line};
use super::tags;

/// Types within types that are followed.
const DEPTH: u32 = 8;

pub(super) fn read(root: Node<'_>, text: &str, private: bool) -> Found {
    let mut found = Found::default();
    let reader = Reader { text, private };
    let mut comment = None;
    for node in children(root) {
        match node.kind() {
            "package_declaration" => {
                found.package = children(node).last().map(|name| of(name, text).to_owned());
                // package-info.java describes its package.
                if let Some(doc) = comment.take() {
                    found.doc = doc;
                }
            }
            _ => reader.member(node, "", false, &mut comment, &mut found, 0),
        }
    }
    found
}

struct Reader<'a> {
    text: &'a str,
    private: bool,
}

impl Reader<'_> {
    fn member(&self, node: Node<'_>, owner: &str, open: bool, comment: &mut Option<String>, found: &mut Found, depth: u32) {
        if node.kind() == "block_comment" {
            let own = of(node, self.text);
            *comment = own.starts_with("/**").then(|| tags::tagged(&block_comment(own), true));
            return;
        }
        if node.kind() == "line_comment" {
            return;
        }
        let doc = comment.take().unwrap_or_default();
        let modifiers = child(node, "modifiers").map_or("", |modifiers| of(modifiers, self.text));
        let has = |word: &str| modifiers.split_whitespace().any(|one| one == word);
        let public = self.private || has("public") || (!owner.is_empty() && has("protected")) || (open && !has("private"));
        if !public {
            return;
        }
        let full = |name: &str| if owner.is_empty() { name.to_owned() } else { format!("{owner}.{name}") };
        let name = full(field(node, "name", self.text));
        // What overrides something is described there.
        let overrides = modifiers.contains("@Override");
        let mut add = |kind: &'static str, name: String, signature: String, counts: bool| {
            let member = !owner.is_empty() && depth > 0 && !matches!(kind, "class" | "interface" | "enum" | "record" | "annotation");
            found.items.push(Item {
                kind,
                name,
                signature,
                doc: doc.clone(),
                line: line(node),
                member,
                counts: counts && !(overrides && doc.is_empty()),
            });
        };
        let kind = match node.kind() {
            "class_declaration" => "class",
            "interface_declaration" => "interface",
            "enum_declaration" => "enum",
            "record_declaration" => "record",
            "annotation_type_declaration" => "annotation",
            "method_declaration" | "annotation_type_element_declaration" => {
                add("method", name, self.head(node), true);
                return;
            }
            "constructor_declaration" | "compact_constructor_declaration" => {
                add("constructor", name, self.head(node), true);
                return;
            }
            "field_declaration" | "constant_declaration" => {
                let of_type = field(node, "type", self.text);
                for declarator in children(node).filter(|child| child.kind() == "variable_declarator") {
                    let name = field(declarator, "name", self.text);
                    add("field", full(name), one_line(&format!("{} {of_type} {name}", plain(modifiers))), false);
                }
                return;
            }
            "enum_constant" => {
                add("constant", name, one_line(field(node, "name", self.text)), false);
                return;
            }
            _ => return,
        };
        add(kind, name.clone(), self.head(node), true);
        if depth >= DEPTH {
            return;
        }
        let open = matches!(kind, "interface" | "annotation");
        let mut comment = None;
        for member in node.child_by_field_name("body").into_iter().flat_map(children) {
            if member.kind() == "enum_body_declarations" {
                for inner in children(member) {
                    self.member(inner, &name, false, &mut comment, found, depth + 1);
                }
            } else {
                let open = open || member.kind() == "enum_constant";
                self.member(member, &name, open, &mut comment, found, depth + 1);
            }
        }
    }

    /// The declaration without its annotations.
    fn head(&self, node: Node<'_>) -> String {
        let modifiers = child(node, "modifiers");
        let own = head(node, node.child_by_field_name("body"), self.text);
        let marks = modifiers.map_or("", |modifiers| of(modifiers, self.text));
        let rest = own.strip_prefix(&one_line(marks)).unwrap_or(&own).trim_start();
        one_line(&format!("{} {rest}", plain(marks)))
    }
}

/// Modifiers without annotations.
fn plain(modifiers: &str) -> String {
    const WORDS: [&str; 12] = [
        "public",
        "protected",
        "private",
        "static",
        "final",
        "abstract",
        "default",
        "synchronized",
        "native",
        "sealed",
        "non-sealed",
        "strictfp",
    ];
    modifiers.split_whitespace().filter(|word| WORDS.contains(word)).collect::<Vec<_>>().join(" ")
}
