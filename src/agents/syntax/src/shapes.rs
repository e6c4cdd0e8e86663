//! What single nodes look like in one language or another: names, parameters, labels, cases.

use tree_sitter::Node;

use crate::languages::{Facts, Language};
use crate::source::cut;

/// The longest name that is kept, in characters; in nested code a name may be as long as the source.
const NAME: usize = 160;

impl Facts {
    /// The name that a function without one is given where it stands: `const name = () => …`.
    pub fn given_name(&self, node: Node<'_>, parent: Node<'_>, text: &str) -> Option<String> {
        if !matches!(self.language, Language::JavaScript | Language::TypeScript) {
            return None;
        }
        if let Some(own) = node.child_by_field_name("name") {
            return Some(cut(&text[own.byte_range()], NAME));
        }
        let field = match parent.kind() {
            "variable_declarator" | "public_field_definition" => "name",
            "field_definition" => "property",
            "pair" => "key",
            "assignment_expression" => "left",
            "export_statement" => return Some("default".to_owned()),
            _ => return None,
        };
        parent.child_by_field_name(field).map(|name| cut(&text[name.byte_range()], NAME))
    }

    /// The name of a class, a trait or an implementation.
    pub fn container_name(&self, node: Node<'_>, text: &str) -> String {
        let name = node.child_by_field_name("name").or_else(|| node.child_by_field_name("type"));
        let text = name.map_or("", |name| &text[name.byte_range()]);
        // `Stack<T>` is called Stack.
        cut(text.split(['<', '(']).next().unwrap_or("").trim(), NAME)
    }

    /// How many parameters a caller gives.
    pub fn parameters(&self, node: Node<'_>, text: &str) -> usize {
        let Some(list) = node.child_by_field_name("parameters") else {
            return usize::from(node.child_by_field_name("parameter").is_some());
        };
        if list.kind() == "identifier" {
            return 1;
        }
        let mut cursor = list.walk();
        let mut count = 0;
        for (place, child) in list.named_children(&mut cursor).enumerate() {
            let text = &text[child.byte_range()];
            let receiver = match self.language {
                Language::Python => place == 0 && matches!(text, "self" | "cls"),
                Language::TypeScript => place == 0 && text.starts_with("this:"),
                _ => false,
            };
            if receiver || self.no_parameters.contains(&child.kind()) {
                continue;
            }
            // Go: `a, b int` are two.
            let mut names = child.walk();
            count += if self.language == Language::Go { child.children_by_field_name("name", &mut names).count().max(1) } else { 1 };
        }
        count
    }

    /// Whether a statement is the text that Python keeps as documentation.
    pub fn is_docstring(&self, node: Node<'_>, parent: Option<Node<'_>>) -> bool {
        self.language == Language::Python
            && node.kind() == "expression_statement"
            && node.named_child_count() == 1
            && node.named_child(0).is_some_and(|child| child.kind() == "string")
            && parent.is_some_and(|parent| {
                matches!(parent.kind(), "module" | "block") && parent.named_child(0).is_some_and(|first| first.id() == node.id())
            })
    }

    /// Whether a case is the one that always fits.
    pub fn is_default(&self, node: Node<'_>) -> bool {
        match self.language {
            Language::Java => node.named_child_count() == 0,
            Language::Python => {
                node.named_child(0).is_some_and(|pattern| pattern.kind() == "case_pattern" && pattern.named_child_count() == 0)
            }
            _ => false,
        }
    }

    /// Whether a jump names where it goes.
    pub fn has_label(&self, node: Node<'_>) -> bool {
        let mut cursor = node.walk();
        node.named_children(&mut cursor).any(|child| self.labels.contains(&child.kind()))
    }
}

/// Whether a pattern of a `match` has a condition beside.
pub fn has_guard(node: Node<'_>) -> bool {
    node.kind() == "match_arm"
        && node.child_by_field_name("pattern").is_some_and(|pattern| pattern.child_by_field_name("condition").is_some())
}

/// `(s *Stack[T])` is called Stack.
pub fn receiver_type(text: &str) -> String {
    let inner = text.trim_matches(['(', ')']).split('[').next().unwrap_or("");
    inner.rsplit([' ', '*']).find(|part| !part.is_empty()).unwrap_or("").to_owned()
}
