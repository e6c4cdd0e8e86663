//! What does a Python module make public? What `__all__` lists, else names without an underscore before them.

use baton_agents_syntax::tree_sitter::Node;

use super::item::{Found, Item, children, described, field, line, of, one_line};
use super::tags;

pub(super) fn read(root: Node<'_>, text: &str, private: bool) -> Found {
    let mut found = Found::default();
    let listed = if private { None } else { all(root, text) };
    let reader = Reader { text, private, listed };
    found.doc = reader.docstring(root);
    reader.statements(root, &mut found, 0);
    found
}

struct Reader<'a> {
    text: &'a str,
    private: bool,
    listed: Option<Vec<String>>,
}

/// The names in `__all__ = […]`, if the module has it.
fn all(root: Node<'_>, text: &str) -> Option<Vec<String>> {
    let mut names: Option<Vec<String>> = None;
    for statement in children(root).filter(|statement| statement.kind() == "expression_statement") {
        let Some(assignment) = children(statement).next() else { continue };
        if !matches!(assignment.kind(), "assignment" | "augmented_assignment") || field(assignment, "left", text) != "__all__" {
            continue;
        }
        let Some(list) = assignment.child_by_field_name("right").filter(|right| matches!(right.kind(), "list" | "tuple")) else { continue };
        let listed = children(list).filter(|item| item.kind() == "string").map(|item| of(item, text).trim_matches(['"', '\'']).to_owned());
        names.get_or_insert_default().extend(listed);
    }
    names
}

impl Reader<'_> {
    fn is_public(&self, name: &str) -> bool {
        self.private || self.listed.as_ref().map_or_else(|| !name.starts_with('_'), |listed| listed.iter().any(|one| one == name))
    }

    /// The text that stands first in a module, a class or a function, without the indentation of its lines.
    fn docstring(&self, body: Node<'_>) -> String {
        let first = children(body).find(|child| child.kind() != "comment").filter(|first| first.kind() == "expression_statement");
        let Some(text) = first.and_then(|first| children(first).next()).filter(|text| text.kind() == "string") else {
            return String::new();
        };
        described(&tags::plain_text(&clean(of(text, self.text))))
    }

    fn statements(&self, body: Node<'_>, found: &mut Found, depth: u32) {
        let mut decorators = Vec::new();
        for statement in children(body) {
            self.statement(statement, &mut decorators, found, depth);
        }
    }

    fn statement<'tree>(&self, statement: Node<'tree>, decorators: &mut Vec<Node<'tree>>, found: &mut Found, depth: u32) {
        match statement.kind() {
            "decorated_definition" => {
                decorators.extend(children(statement).filter(|child| child.kind() == "decorator"));
                if let Some(definition) = statement.child_by_field_name("definition") {
                    self.statement(definition, decorators, found, depth);
                }
                decorators.clear();
            }
            "function_definition" => {
                let name = field(statement, "name", self.text);
                if self.is_public(name) {
                    found.items.push(self.function(statement, decorators, name.to_owned(), None));
                }
            }
            "class_definition" => {
                let name = field(statement, "name", self.text);
                if self.is_public(name) {
                    self.class(statement, name, found);
                }
            }
            // What is defined only under a condition is still defined.
            "if_statement" | "try_statement" | "else_clause" | "elif_clause" | "except_clause" | "block" if depth < 4 => {
                self.statements(statement, found, depth + 1);
            }
            "expression_statement" => self.constant(statement, found),
            _ => {}
        }
    }

    fn function(&self, node: Node<'_>, decorators: &[Node<'_>], name: String, owner: Option<&str>) -> Item {
        let asynchronous = if of(node, self.text).starts_with("async") { "async " } else { "" };
        let given =
            node.child_by_field_name("return_type").map_or_else(String::new, |kind| format!(" -> {}", one_line(of(kind, self.text))));
        let marks: String = decorators.iter().map(|decorator| format!("{} ", one_line(of(*decorator, self.text)))).collect();
        let parameters = one_line(field(node, "parameters", self.text));
        let kind = match owner {
            None => "function",
            Some(_) if marks.contains("property") => "property",
            Some(_) => "method",
        };
        let doc = node.child_by_field_name("body").map_or_else(String::new, |body| self.docstring(body));
        Item {
            kind,
            signature: format!("{marks}{asynchronous}def {}{parameters}{given}", field(node, "name", self.text)),
            name,
            doc,
            line: line(node),
            member: owner.is_some(),
            counts: true,
        }
    }

    fn class(&self, node: Node<'_>, name: &str, found: &mut Found) {
        let bases = one_line(field(node, "superclasses", self.text));
        let Some(body) = node.child_by_field_name("body") else { return };
        let place = found.items.len();
        found.items.push(Item {
            kind: "class",
            name: name.to_owned(),
            signature: format!("class {name}{bases}"),
            doc: self.docstring(body),
            line: line(node),
            member: false,
            counts: true,
        });
        for member in children(body) {
            let (definition, decorators): (Node<'_>, Vec<Node<'_>>) = if member.kind() == "decorated_definition" {
                let Some(definition) = member.child_by_field_name("definition") else { continue };
                (definition, children(member).filter(|child| child.kind() == "decorator").collect())
            } else {
                (member, Vec::new())
            };
            if definition.kind() != "function_definition" {
                continue;
            }
            let own = field(definition, "name", self.text);
            // Overloads and setters say again what the first definition says.
            let again = decorators.iter().any(|decorator| {
                let text = of(*decorator, self.text);
                text.ends_with(".setter") || text.ends_with(".deleter") || text.ends_with("overload")
            });
            if again {
                continue;
            }
            if own == "__init__" {
                let item = self.function(definition, &[], format!("{name}.__init__"), Some(name));
                // How an object is made belongs to the class; its description may stand at either.
                let parameters = item.signature.trim_start_matches("def __init__").to_owned();
                if let Some(class) = found.items.get_mut(place) {
                    class.signature =
                        format!("{}  # {name}{}", class.signature, parameters.replacen("(self, ", "(", 1).replacen("(self)", "()", 1));
                    if class.doc.is_empty() {
                        class.doc = item.doc;
                    }
                }
            } else if self.private || !own.starts_with('_') {
                found.items.push(self.function(definition, &decorators, format!("{name}.{own}"), Some(name)));
            }
        }
    }

    /// Names in capitals, by convention, and what `__all__` lists.
    fn constant(&self, statement: Node<'_>, found: &mut Found) {
        let Some(assignment) = children(statement).next().filter(|child| child.kind() == "assignment") else { return };
        let Some(left) = assignment.child_by_field_name("left").filter(|left| left.kind() == "identifier") else { return };
        let name = of(left, self.text);
        let capitals = name.chars().any(char::is_uppercase) && !name.chars().any(char::is_lowercase);
        let listed = self.listed.as_ref().is_some_and(|listed| listed.iter().any(|one| one == name));
        if (capitals && self.is_public(name)) || listed {
            let signature = one_line(&of(assignment, self.text)[..of(assignment, self.text).floor_char_boundary(160)]);
            found.items.push(Item {
                kind: "constant",
                name: name.to_owned(),
                signature,
                doc: String::new(),
                line: line(assignment),
                member: false,
                counts: false,
            });
        }
    }
}

/// The content of a text literal with the indentation that all its lines but the first have in common taken away.
fn clean(literal: &str) -> String {
    let inner = literal.trim_start_matches(['r', 'R', 'u', 'U', 'b', 'B', 'f', 'F']);
    let quotes = if inner.starts_with("\"\"\"") || inner.starts_with("'''") { 3 } else { 1 };
    let inner = inner.get(quotes..inner.len().saturating_sub(quotes)).unwrap_or("");
    let indent =
        inner.lines().skip(1).filter(|row| !row.trim().is_empty()).map(|row| row.len() - row.trim_start().len()).min().unwrap_or(0);
    let rows: Vec<&str> =
        inner.lines().enumerate().map(|(place, row)| if place == 0 { row.trim_start() } else { row.get(indent..).unwrap_or("") }).collect();
    rows.join("\n").trim().to_owned()
}
