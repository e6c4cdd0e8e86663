//! What is a name, a call or a member called, with what was imported and what a variable's type is?

use super::*;

impl Scopes<'_> {
    pub(super) fn module(&self, node: Node<'_>) -> Option<String> {
        // Asked of every call in a chain: the name alone decides most.
        let callee = node.child_by_field_name("function")?;
        if !matches!(of(callee, self.text), "require" | "__import__") {
            return None;
        }
        let call = shape::call(node, self.text)?;
        let argument = call
            .arguments
            .first()
            .filter(|_| call.callee.is_some_and(|callee| matches!(of(callee, self.text), "require" | "__import__")))?;
        let text = of(argument.node, self.text);
        text.starts_with(['"', '\'', '`']).then(|| text.trim_matches(['"', '\'', '`']).trim_start_matches("node:").to_owned())
    }

    /// The name of an expression: identifiers joined by dots, `()` after a call. Resolved: with imports and what variables were
    /// made by in place of their names.
    pub(crate) fn name(&self, node: Node<'_>, resolved: bool) -> String {
        let mut name = self.name_within(node, resolved, 0);
        if name.len() > NAME {
            let cut = name.ceil_char_boundary(name.len() - NAME);
            name.drain(..cut);
        }
        name
    }

    pub(super) fn name_within(&self, node: Node<'_>, resolved: bool, depth: u32) -> String {
        if depth > LINKS {
            return "?".to_owned();
        }
        let field = |name: &str| node.child_by_field_name(name);
        let inner = |node: Node<'_>| self.name_within(node, resolved, depth + 1);
        let member = |object: Option<Node<'_>>, name: Option<Node<'_>>| {
            let name = name.map_or("", |name| of(name, self.text));
            object.map_or_else(|| name.to_owned(), |object| format!("{}.{name}", inner(object)))
        };
        match node.kind() {
            "identifier"
            | "type_identifier"
            | "this"
            | "self"
            | "super"
            | "crate"
            | "package_identifier"
            | "shorthand_property_identifier"
            | "field_identifier"
            | "property_identifier"
            | "namespace_identifier" => {
                let text = of(node, self.text);
                if !resolved {
                    return text.to_owned();
                }
                if let Some(variable) = self.variable(text) {
                    return variable.origin.clone().unwrap_or_else(|| text.to_owned());
                }
                self.imports.get(text).cloned().unwrap_or_else(|| text.to_owned())
            }
            "attribute" => member(field("object"), field("attribute")),
            "member_expression" => member(field("object"), field("property")),
            "selector_expression" => member(field("operand"), field("field")),
            "qualified_type" => member(field("package"), field("name")),
            "field_access" => member(field("object"), field("field")),
            "field_expression" => member(field("value"), field("field")),
            "scoped_identifier" | "scoped_type_identifier" => member(field("path").or_else(|| field("scope")), field("name")),
            "subscript" | "subscript_expression" | "index_expression" | "array_access" => {
                let object = field("value")
                    .or_else(|| field("object"))
                    .or_else(|| field("operand"))
                    .or_else(|| field("array"))
                    .or_else(|| node.named_child(0));
                format!("{}[]", object.map_or_else(String::new, inner))
            }
            "method_invocation" => format!("{}()", member(field("object"), field("name"))),
            "call" | "call_expression" => {
                if let Some(module) = self.module(node) {
                    return module;
                }
                format!("{}()", field("function").map_or_else(String::new, inner))
            }
            "new_expression" => format!("{}()", field("constructor").map_or_else(String::new, inner)),
            "object_creation_expression" => format!("{}()", field("type").map_or_else(String::new, inner)),
            "array_creation_expression" => format!("new.{}[]", field("type").map_or_else(String::new, inner)),
            "integral_type" => of(node, self.text).to_owned(),
            "macro_invocation" => format!("{}!()", field("macro").map_or_else(String::new, inner)),
            "generic_function" => field("function").map_or_else(String::new, inner),
            "generic_type" => node.named_child(0).map_or_else(String::new, inner),
            "pointer_type" | "unary_expression" | "composite_literal" | "struct_expression" => {
                field("type").or_else(|| field("name")).or_else(|| node.named_child(0)).map_or_else(String::new, inner)
            }
            "string" | "string_literal" | "template_string" | "interpreted_string_literal" => "''".to_owned(),
            _ => {
                let through = unwrapped(node);
                if through.id() == node.id() { "?".to_owned() } else { inner(through) }
            }
        }
    }
}
