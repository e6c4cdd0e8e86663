//! What does a Go file export? Names that begin with a capital letter, and their exported fields and methods.

use baton_agents_syntax::tree_sitter::Node;

use super::item::{Found, Item, block_comment, child, children, described, field, head, line, of, one_line};

pub(super) fn read(root: Node<'_>, text: &str, private: bool) -> Found {
    let mut found = Found::default();
    let reader = Reader { text, private };
    let mut comments: Vec<Node<'_>> = Vec::new();
    for node in children(root) {
        if node.kind() == "comment" {
            comments.push(node);
            continue;
        }
        let doc = reader.doc(&mut comments, node);
        match node.kind() {
            "package_clause" => {
                found.package = children(node).next().map(|name| of(name, text).to_owned());
                found.doc = doc;
            }
            "function_declaration" => reader.function(node, doc, &mut found),
            "method_declaration" => reader.method(node, doc, &mut found),
            "type_declaration" => reader.types(node, &doc, &mut found),
            "const_declaration" => reader.values(node, "constant", &doc, &mut found),
            "var_declaration" => reader.values(node, "variable", &doc, &mut found),
            _ => {}
        }
    }
    found
}

struct Reader<'a> {
    text: &'a str,
    private: bool,
}

impl Reader<'_> {
    fn exported(&self, name: &str) -> bool {
        self.private || name.starts_with(char::is_uppercase)
    }

    /// The comments that end on the line before a node, or nothing.
    fn doc(&self, comments: &mut Vec<Node<'_>>, node: Node<'_>) -> String {
        let mut row = node.start_position().row;
        let mut rows: Vec<String> = Vec::new();
        for comment in comments.drain(..).rev() {
            if comment.end_position().row + 1 != row {
                break;
            }
            row = comment.start_position().row;
            let own = of(comment, self.text);
            match own.strip_prefix("//") {
                // Directives are no description.
                Some(rest) if rest.starts_with("go:") || rest.starts_with("nolint") => {}
                Some(rest) => rows.push(rest.strip_prefix(' ').unwrap_or(rest).trim_end().to_owned()),
                None => rows.push(block_comment(own)),
            }
        }
        rows.reverse();
        described(&rows.join("\n"))
    }

    fn function(&self, node: Node<'_>, doc: String, found: &mut Found) {
        let name = field(node, "name", self.text);
        if self.exported(name) {
            let signature = head(node, node.child_by_field_name("body"), self.text);
            found.items.push(Item {
                kind: "function",
                name: name.to_owned(),
                signature,
                doc,
                line: line(node),
                member: false,
                counts: true,
            });
        }
    }

    fn method(&self, node: Node<'_>, doc: String, found: &mut Found) {
        let name = field(node, "name", self.text);
        let receiver = field(node, "receiver", self.text).trim_matches(['(', ')']);
        let owner = receiver.split('[').next().unwrap_or("").rsplit([' ', '*']).find(|part| !part.is_empty()).unwrap_or("");
        if self.exported(name) && self.exported(owner) {
            let signature = head(node, node.child_by_field_name("body"), self.text);
            let name = format!("{owner}.{name}");
            found.items.push(Item { kind: "method", name, signature, doc, line: line(node), member: true, counts: true });
        }
    }

    fn types(&self, node: Node<'_>, shared: &str, found: &mut Found) {
        let mut comments = Vec::new();
        let alone = children(node).filter(|child| child.kind() != "comment").count() == 1;
        for spec in children(node) {
            if spec.kind() == "comment" {
                comments.push(spec);
                continue;
            }
            let own = self.doc(&mut comments, spec);
            let name = field(spec, "name", self.text);
            if !self.exported(name) || !matches!(spec.kind(), "type_spec" | "type_alias") {
                continue;
            }
            let doc = if own.is_empty() && alone { shared.to_owned() } else { own };
            let of_type = spec.child_by_field_name("type");
            let (kind, list) = match of_type.map(|of_type| of_type.kind()) {
                Some("struct_type") => ("struct", of_type.and_then(|of_type| child(of_type, "field_declaration_list"))),
                Some("interface_type") => ("interface", of_type),
                _ => ("type", None),
            };
            let signature = match kind {
                "type" => format!("type {}", one_line(of(spec, self.text))),
                kind => format!("type {} {kind}", head(spec, of_type, self.text)),
            };
            found.items.push(Item { kind, name: name.to_owned(), signature, doc, line: line(spec), member: false, counts: true });
            if let Some(list) = list {
                self.members(name, list, found);
            }
        }
    }

    fn members(&self, owner: &str, list: Node<'_>, found: &mut Found) {
        let mut comments = Vec::new();
        for member in children(list) {
            let (kind, counts) = match member.kind() {
                "comment" => {
                    comments.push(member);
                    continue;
                }
                "field_declaration" => ("field", false),
                "method_elem" | "method_spec" => ("method", true),
                _ => {
                    comments.clear();
                    continue;
                }
            };
            let doc = self.doc(&mut comments, member);
            let name = field(member, "name", self.text);
            if !name.is_empty() && self.exported(name) {
                let signature = one_line(of(member, self.text));
                found.items.push(Item { kind, name: format!("{owner}.{name}"), signature, doc, line: line(member), member: true, counts });
            }
        }
    }

    fn values(&self, node: Node<'_>, kind: &'static str, shared: &str, found: &mut Found) {
        let mut comments = Vec::new();
        let mut specs: Vec<Node<'_>> = Vec::new();
        for child in children(node) {
            if child.kind() == "var_spec_list" { specs.extend(children(child)) } else { specs.push(child) }
        }
        for spec in specs {
            if spec.kind() == "comment" {
                comments.push(spec);
                continue;
            }
            let own = self.doc(&mut comments, spec);
            let doc = if own.is_empty() { shared.to_owned() } else { own };
            let mut cursor = spec.walk();
            for name in spec.children_by_field_name("name", &mut cursor) {
                let name = of(name, self.text);
                if self.exported(name) && name != "_" && name != "," {
                    let word = if kind == "constant" { "const" } else { "var" };
                    let signature = format!(
                        "{word} {}",
                        head(spec, spec.child_by_field_name("value").filter(|value| value.byte_range().len() > 80), self.text)
                    );
                    found.items.push(Item {
                        kind,
                        name: name.to_owned(),
                        signature,
                        doc: doc.clone(),
                        line: line(spec),
                        member: false,
                        counts: false,
                    });
                }
            }
        }
    }
}
