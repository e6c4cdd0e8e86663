//! What does a JavaScript or TypeScript module export? What `export` and `module.exports` name; of a script that exports nothing, what
//! stands at its top.

use std::collections::BTreeSet;

use baton_agents_syntax::tree_sitter::Node;

use super::item::{Found, Item, block_comment, child, children, field, head, line, of, one_line};
use super::tags;

/// Namespaces within namespaces that are followed.
const DEPTH: u32 = 8;

pub(super) fn read(root: Node<'_>, text: &str, private: bool) -> Found {
    let mut found = Found::default();
    let mut named = BTreeSet::new();
    let mut modular = false;
    for node in children(root) {
        modular |= matches!(node.kind(), "export_statement" | "import_statement");
        exported_names(node, text, &mut named);
    }
    let everything = private || (!modular && named.is_empty());
    let reader = Reader { text, named, everything, private };
    reader.statements(root, &mut found, false, 0);
    found
}

/// The names in `export { a, b as c }` and in what is assigned to `module.exports`.
fn exported_names(node: Node<'_>, text: &str, names: &mut BTreeSet<String>) {
    match node.kind() {
        "export_statement" if node.child_by_field_name("source").is_none() => {
            if let Some(clause) = child(node, "export_clause") {
                names.extend(children(clause).map(|specifier| field(specifier, "name", text).to_owned()));
            }
            if let Some(value) = node.child_by_field_name("value").filter(|value| value.kind() == "identifier") {
                names.insert(of(value, text).to_owned());
            }
        }
        "expression_statement" => {
            let Some(assignment) = child(node, "assignment_expression") else { return };
            let (left, right) = (field(assignment, "left", text), assignment.child_by_field_name("right"));
            if left != "module.exports" && !left.starts_with("exports.") && !left.starts_with("module.exports.") {
                return;
            }
            match right {
                Some(right) if right.kind() == "identifier" => {
                    names.insert(of(right, text).to_owned());
                }
                Some(right) if right.kind() == "object" => {
                    names.extend(
                        children(right)
                            .filter(|child| child.kind() == "shorthand_property_identifier")
                            .map(|child| of(child, text).to_owned()),
                    );
                    names.extend(children(right).filter(|child| child.kind() == "pair").map(|pair| field(pair, "value", text).to_owned()));
                }
                // Exported under a name of its own.
                _ => {
                    names.insert(left.to_owned());
                }
            }
        }
        _ => {}
    }
}

struct Reader<'a> {
    text: &'a str,
    named: BTreeSet<String>,
    everything: bool,
    private: bool,
}

impl Reader<'_> {
    fn statements(&self, body: Node<'_>, found: &mut Found, inner: bool, depth: u32) {
        let mut comment: Option<String> = None;
        let mut first = true;
        for node in children(body) {
            if node.kind() == "comment" {
                let own = of(node, self.text);
                if own.starts_with("/**") {
                    let own = block_comment(own);
                    // What is said of the file stands first and apart.
                    let of_file = ["@module", "@file", "@fileoverview", "@packageDocumentation"].iter().any(|tag| own.contains(tag));
                    if of_file && first && !inner {
                        let rows: Vec<&str> = own
                            .lines()
                            .filter(|row| !row.trim_start().starts_with("@module") && !row.contains("@packageDocumentation"))
                            .collect();
                        found.doc = tags::tagged(&rows.join("\n").replace("@fileoverview", "").replace("@file", ""), false);
                    } else {
                        comment = Some(own);
                    }
                }
                continue;
            }
            first = false;
            let doc = comment.take().unwrap_or_default();
            self.statement(node, doc, found, inner, depth);
        }
    }

    fn statement(&self, node: Node<'_>, doc: String, found: &mut Found, exported: bool, depth: u32) {
        if ["@private", "@internal", "@ignore", "@hidden"].iter().any(|tag| doc.contains(tag)) && !self.private {
            return;
        }
        match node.kind() {
            "export_statement" => {
                if let Some(source) = node.child_by_field_name("source") {
                    found.exported.push(of(source, self.text).trim_matches(['"', '\'']).to_owned());
                } else if let Some(declaration) = node.child_by_field_name("declaration") {
                    self.statement(declaration, doc, found, true, depth);
                } else if let Some(value) = node.child_by_field_name("value").filter(|value| value.kind() != "identifier") {
                    self.value("default", value, doc, node, found);
                }
            }
            "ambient_declaration" => {
                if let Some(declaration) = children(node).next() {
                    self.statement(declaration, doc, found, exported, depth);
                }
            }
            "function_declaration" | "generator_function_declaration" | "function_signature" => {
                let name = field(node, "name", self.text);
                // The further signatures of an overloaded function belong to the first.
                let again = found.items.last().is_some_and(|last| last.name == name && last.kind == "function");
                if (exported || self.is_exported(name)) && !again {
                    self.add(found, "function", name.to_owned(), head(node, node.child_by_field_name("body"), self.text), &doc, node, true);
                }
            }
            "class_declaration" | "abstract_class_declaration" => {
                let name = field(node, "name", self.text);
                if exported || self.is_exported(name) {
                    self.class(name, node, &doc, found);
                }
            }
            "interface_declaration" => {
                let name = field(node, "name", self.text);
                if exported || self.is_exported(name) {
                    let body = node.child_by_field_name("body");
                    self.add(found, "interface", name.to_owned(), head(node, body, self.text), &doc, node, true);
                    self.members(name, body, found);
                }
            }
            "type_alias_declaration" | "enum_declaration" => {
                let name = field(node, "name", self.text);
                if exported || self.is_exported(name) {
                    let kind = if node.kind() == "enum_declaration" { "enum" } else { "type" };
                    self.add(found, kind, name.to_owned(), one_line(of(node, self.text)), &doc, node, true);
                }
            }
            "internal_module" | "module" if depth < DEPTH => {
                let name = field(node, "name", self.text).trim_matches(['"', '\'']).to_owned();
                if let Some(body) = node.child_by_field_name("body").filter(|_| exported || self.is_exported(&name)) {
                    let mut module = Found { doc: tags::tagged(&doc, false), ..Found::default() };
                    self.statements(body, &mut module, true, depth + 1);
                    found.modules.push((name, module));
                }
            }
            "expression_statement" => {
                if let Some(inner) = child(node, "internal_module") {
                    self.statement(inner, doc, found, exported, depth);
                } else if let Some(assignment) = child(node, "assignment_expression") {
                    self.assigned(assignment, doc, found);
                }
            }
            "lexical_declaration" | "variable_declaration" => {
                for declarator in children(node).filter(|child| child.kind() == "variable_declarator") {
                    let name = field(declarator, "name", self.text);
                    if exported || self.is_exported(name) {
                        match declarator.child_by_field_name("value") {
                            Some(value) => self.value(name, value, doc.clone(), node, found),
                            None => self.add(found, "variable", name.to_owned(), one_line(of(node, self.text)), &doc, node, false),
                        }
                    }
                }
            }
            _ => {}
        }
    }

    fn is_exported(&self, name: &str) -> bool {
        self.everything || self.named.contains(name)
    }

    /// `exports.name = function …`, and the methods that older code gives its exported functions.
    fn assigned(&self, assignment: Node<'_>, doc: String, found: &mut Found) {
        let left = field(assignment, "left", self.text);
        let Some(right) = assignment.child_by_field_name("right") else { return };
        let own = left.strip_prefix("module.exports.").or_else(|| left.strip_prefix("exports."));
        let method = left.split_once(".prototype.").filter(|(owner, _)| self.is_exported(owner));
        match (own, method) {
            (Some(name), _) if right.kind() != "identifier" => self.value(name, right, doc, assignment, found),
            (None, Some((owner, name))) if matches!(right.kind(), "function_expression" | "arrow_function") => {
                let signature = head(right, right.child_by_field_name("body"), self.text);
                self.add(found, "method", format!("{owner}.{name}"), format!("{name}: {signature}"), &doc, assignment, true);
            }
            (None, None) if left == "module.exports" && right.kind() != "identifier" && right.kind() != "object" => {
                self.value("module.exports", right, doc, assignment, found);
            }
            _ => {}
        }
    }

    fn value(&self, name: &str, value: Node<'_>, doc: String, node: Node<'_>, found: &mut Found) {
        match value.kind() {
            "arrow_function" | "function_expression" | "generator_function" => {
                let signature =
                    format!("{name}: {}", head(value, value.child_by_field_name("body"), self.text).trim_end_matches("=>").trim());
                self.add(found, "function", name.to_owned(), signature, &doc, node, true);
            }
            "class" => self.class(name, value, &doc, found),
            _ => {
                let text = of(node, self.text);
                let text = &text[..text.floor_char_boundary(200)];
                self.add(found, "constant", name.to_owned(), one_line(text), &doc, node, false);
            }
        }
    }

    fn class(&self, name: &str, node: Node<'_>, doc: &str, found: &mut Found) {
        let body = node.child_by_field_name("body");
        self.add(found, "class", name.to_owned(), head(node, body, self.text), doc, node, true);
        self.members(name, body, found);
    }

    fn members(&self, owner: &str, body: Option<Node<'_>>, found: &mut Found) {
        let mut comment: Option<String> = None;
        for member in body.into_iter().flat_map(children) {
            if member.kind() == "comment" {
                let own = of(member, self.text);
                comment = own.starts_with("/**").then(|| block_comment(own));
                continue;
            }
            let doc = comment.take().unwrap_or_default();
            let name = member
                .child_by_field_name("name")
                .or_else(|| member.child_by_field_name("property"))
                .map_or("", |name| of(name, self.text));
            let hidden = name.starts_with('#')
                || child(member, "accessibility_modifier").is_some_and(|modifier| of(modifier, self.text) == "private")
                || doc.contains("@private")
                || doc.contains("@internal");
            let (kind, counts) = match member.kind() {
                _ if name.is_empty() || (hidden && !self.private) => continue,
                "method_definition" | "method_signature" | "abstract_method_signature" => ("method", name != "constructor"),
                "public_field_definition" | "property_signature" | "field_definition" => ("property", false),
                _ => continue,
            };
            let body = member
                .child_by_field_name("body")
                .or_else(|| member.child_by_field_name("value").filter(|value| value.byte_range().len() > 60));
            let full = format!("{owner}.{name}");
            if found.items.last().is_some_and(|last| last.name == full) {
                continue;
            }
            let signature = head(member, body, self.text);
            found.items.push(Item {
                kind,
                name: full,
                signature,
                doc: tags::tagged(&doc, false),
                line: line(member),
                member: true,
                counts,
            });
        }
    }

    #[expect(clippy::too_many_arguments, reason = "it makes an item of all that is known of it")]
    fn add(&self, found: &mut Found, kind: &'static str, name: String, signature: String, doc: &str, node: Node<'_>, counts: bool) {
        let member = kind == "method";
        found.items.push(Item { kind, name, signature, doc: tags::tagged(doc, false), line: line(node), member, counts });
    }
}
