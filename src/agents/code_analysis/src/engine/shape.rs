//! What calls, names, assignments and imports look like in the trees of the six languages.

use tree_sitter::Node;

/// An argument of a call.
#[derive(Debug, Clone)]
pub(crate) struct Argument<'tree> {
    pub(crate) name: Option<String>,
    pub(crate) node: Node<'tree>,
}

/// A call, or something that is looked at like one: the making of an object, a macro, a literal of a struct type.
#[derive(Debug, Clone)]
pub(crate) struct Call<'tree> {
    /// What is called; for Java methods the object is apart.
    pub(crate) callee: Option<Node<'tree>>,
    pub(crate) object: Option<Node<'tree>>,
    pub(crate) arguments: Vec<Argument<'tree>>,
}

/// The most arguments of a call that are looked at.
const ARGUMENTS: usize = 64;

pub(crate) fn call<'tree>(node: Node<'tree>, text: &str) -> Option<Call<'tree>> {
    let field = |name: &str| node.child_by_field_name(name);
    let (callee, object, list) = match node.kind() {
        "call" | "call_expression" => {
            let callee = field("function")?;
            (Some(callee), receiver(callee), field("arguments"))
        }
        "new_expression" => (field("constructor"), None, field("arguments")),
        "method_invocation" => (field("name"), field("object"), field("arguments")),
        "object_creation_expression" => (field("type"), None, field("arguments")),
        "array_creation_expression" => (field("type"), None, None),
        "macro_invocation" => (field("macro"), None, children(node).find(|child| child.kind() == "token_tree")),
        "composite_literal" => (field("type"), None, field("body")),
        "struct_expression" => (field("name"), None, field("body")),
        _ => return None,
    };
    let mut arguments = Vec::new();
    if let Some(list) = list {
        // A tagged template, a generator without brackets of its own, or a macro whose tokens are looked at together.
        if matches!(list.kind(), "template_string" | "generator_expression" | "token_tree") {
            arguments.push(Argument { name: None, node: list });
        } else {
            for child in children(list).take(ARGUMENTS) {
                add(child, text, &mut arguments);
            }
        }
    }
    if node.kind() == "array_creation_expression" {
        let sizes = children(node).filter(|child| child.kind() == "dimensions_expr").filter_map(|size| size.named_child(0));
        arguments.extend(sizes.map(|node| Argument { name: None, node }));
    }
    Some(Call { callee, object, arguments })
}

fn add<'tree>(child: Node<'tree>, text: &str, arguments: &mut Vec<Argument<'tree>>) {
    match child.kind() {
        "comment" | "line_comment" | "block_comment" => {}
        "keyword_argument" | "keyed_element" | "field_initializer" => {
            let (name, value) = match (
                child.child_by_field_name("name").or_else(|| child.child_by_field_name("field")),
                child.child_by_field_name("value"),
            ) {
                (Some(name), Some(value)) => (name, value),
                _ => match (child.named_child(0), child.named_child(1)) {
                    (Some(name), Some(value)) => (name, value),
                    _ => return,
                },
            };
            arguments.push(Argument { name: Some(of(name, text).to_owned()), node: value });
        }
        // The options of a call in JavaScript are an object.
        "object" => {
            arguments.push(Argument { name: None, node: child });
            for pair in children(child).take(ARGUMENTS) {
                if pair.kind() == "pair"
                    && let (Some(key), Some(value)) = (pair.child_by_field_name("key"), pair.child_by_field_name("value"))
                {
                    arguments.push(Argument { name: Some(of(key, text).trim_matches(['"', '\'']).to_owned()), node: value });
                }
            }
        }
        _ => arguments.push(Argument { name: None, node: child }),
    }
}

/// What a method is called on.
pub(crate) fn receiver(callee: Node<'_>) -> Option<Node<'_>> {
    ["object", "operand", "value"].iter().find_map(|name| callee.child_by_field_name(name))
}

pub(crate) fn of<'a>(node: Node<'_>, text: &'a str) -> &'a str {
    text.get(node.byte_range()).unwrap_or("")
}

pub(crate) fn children<'tree>(node: Node<'tree>) -> impl Iterator<Item = Node<'tree>> {
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

/// Expressions that only wrap another.
pub(crate) fn unwrapped<'tree>(mut node: Node<'tree>) -> Node<'tree> {
    for _ in 0..32 {
        let inner = match node.kind() {
            "parenthesized_expression"
            | "await"
            | "await_expression"
            | "non_null_expression"
            | "as_expression"
            | "satisfies_expression"
            | "reference_expression"
            | "try_expression"
            | "expression_statement" => node.child_by_field_name("value").or_else(|| children(node).next()),
            "cast_expression" => node.child_by_field_name("value"),
            "type_cast_expression" => node.child_by_field_name("value"),
            "type_assertion_expression" => node.child_by_field_name("operand"),
            "expression_list" if node.named_child_count() == 1 => node.named_child(0),
            _ => None,
        };
        match inner {
            Some(inner) => node = inner,
            None => break,
        }
    }
    node
}

/// An assignment: where to and of what. Several to several in order; `adds` if the old value stays a part.
pub(crate) struct Assignment<'tree> {
    pub(crate) target: Node<'tree>,
    pub(crate) value: Option<Node<'tree>>,
    pub(crate) declared: Option<Node<'tree>>,
    pub(crate) adds: bool,
}

pub(crate) fn assignment<'tree>(node: Node<'tree>, parent: Option<Node<'tree>>) -> Option<Assignment<'tree>> {
    let field = |name: &str| node.child_by_field_name(name);
    let (target, value, adds) = match node.kind() {
        "assignment" | "assignment_expression" | "short_var_declaration" => (field("left"), field("right"), false),
        "assignment_statement" => {
            let adds = field("operator").is_some_and(|operator| operator.kind() != "=");
            (field("left"), field("right"), adds)
        }
        "augmented_assignment" | "augmented_assignment_expression" | "compound_assignment_expr" => (field("left"), field("right"), true),
        "resource" | "variable_declarator" | "var_spec" | "const_spec" | "named_expression" | "public_field_definition" => {
            (field("name"), field("value"), false)
        }
        "field_definition" => (field("property"), field("value"), false),
        "let_declaration" | "let_condition" | "for_expression" => (field("pattern"), field("value"), false),
        "for_statement" | "for_in_statement" | "range_clause" | "for_in_clause" => (field("left"), field("right"), false),
        "enhanced_for_statement" => (field("name"), field("value"), false),
        "as_pattern" => (field("alias"), node.named_child(0), false),
        "jsx_attribute" => (node.named_child(0), node.named_child(1), false),
        "pair" => (field("key"), field("value"), false),
        "keyword_argument" => (field("name"), field("value"), false),
        "static_item" | "const_item" => (field("name"), field("value"), false),
        _ => return None,
    };
    let declared = field("type")
        .or_else(|| parent.filter(|parent| parent.kind().ends_with("_declaration")).and_then(|parent| parent.child_by_field_name("type")));
    // Java's assignment and JavaScript's have operators of their own.
    let adds = adds || (node.kind() == "assignment_expression" && field("operator").is_some_and(|operator| operator.kind() != "="));
    Some(Assignment { target: target?, value, declared, adds })
}

pub(crate) fn is_function(kind: &str) -> bool {
    matches!(
        kind,
        "function_definition"
            | "function_declaration"
            | "function_expression"
            | "generator_function_declaration"
            | "arrow_function"
            | "method_definition"
            | "method_declaration"
            | "constructor_declaration"
            | "func_literal"
            | "function_item"
            | "closure_expression"
            | "lambda"
            | "lambda_expression"
    )
}

pub(crate) fn is_branch(kind: &str) -> bool {
    matches!(
        kind,
        "if_statement"
            | "if_expression"
            | "elif_clause"
            | "else_clause"
            | "switch_case"
            | "switch_block_statement_group"
            | "switch_rule"
            | "expression_case"
            | "match_arm"
            | "case_clause"
            | "catch_clause"
            | "except_clause"
            | "try_statement"
    ) || is_loop(kind)
}

pub(crate) fn is_loop(kind: &str) -> bool {
    matches!(
        kind,
        "for_statement"
            | "while_statement"
            | "for_in_statement"
            | "do_statement"
            | "enhanced_for_statement"
            | "for_expression"
            | "while_expression"
            | "loop_expression"
    )
}

/// The names that imports bring, with what they stand for.
pub(crate) fn imports(node: Node<'_>, text: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    match node.kind() {
        "import_statement" if node.child_by_field_name("source").is_some() => script_import(node, text, &mut found),
        "import_statement" => {
            for child in children(node) {
                aliased(child, "", text, &mut found);
            }
        }
        "import_from_statement" => {
            let Some(module) = node.child_by_field_name("module_name") else { return found };
            let prefix = format!("{}.", of(module, text));
            for child in children(node).filter(|child| child.id() != module.id()) {
                aliased(child, &prefix, text, &mut found);
            }
        }
        "import_spec" => {
            let path = node.child_by_field_name("path").map_or("", |path| of(path, text)).trim_matches(['"', '`']);
            let last = path.rsplit('/').find(|part| !part.starts_with('v') || part.len() > 3).unwrap_or(path);
            let name = node.child_by_field_name("name").map_or(last, |name| of(name, text));
            found.push((name.to_owned(), path.to_owned()));
        }
        "use_declaration" => {
            if let Some(argument) = node.child_by_field_name("argument") {
                uses(argument, "", text, &mut found, 0);
            }
        }
        _ => {}
    }
    found
}

fn aliased(child: Node<'_>, prefix: &str, text: &str, found: &mut Vec<(String, String)>) {
    match child.kind() {
        "aliased_import" => {
            if let (Some(name), Some(alias)) = (child.child_by_field_name("name"), child.child_by_field_name("alias")) {
                found.push((of(alias, text).to_owned(), format!("{prefix}{}", of(name, text))));
            }
        }
        "dotted_name" if !prefix.is_empty() => found.push((of(child, text).to_owned(), format!("{prefix}{}", of(child, text)))),
        _ => {}
    }
}

fn script_import(node: Node<'_>, text: &str, found: &mut Vec<(String, String)>) {
    let module = node.child_by_field_name("source").map_or("", |source| of(source, text));
    let module = module.trim_matches(['"', '\'']).trim_start_matches("node:").to_owned();
    for clause in children(node).filter(|child| child.kind() == "import_clause") {
        for child in children(clause) {
            match child.kind() {
                "identifier" => found.push((of(child, text).to_owned(), module.clone())),
                "namespace_import" => found.extend(children(child).next().map(|name| (of(name, text).to_owned(), module.clone()))),
                "named_imports" => {
                    for specifier in children(child) {
                        let Some(name) = specifier.child_by_field_name("name") else { continue };
                        let alias = specifier.child_by_field_name("alias").unwrap_or(name);
                        found.push((of(alias, text).to_owned(), format!("{module}.{}", of(name, text))));
                    }
                }
                _ => {}
            }
        }
    }
}

fn uses(node: Node<'_>, prefix: &str, text: &str, found: &mut Vec<(String, String)>, depth: usize) {
    if depth > 16 {
        return;
    }
    let dotted = |node: Node<'_>| of(node, text).replace("::", ".");
    match node.kind() {
        "identifier" | "scoped_identifier" => {
            let full = format!("{prefix}{}", dotted(node));
            if let Some(last) = full.rsplit('.').next() {
                found.push((last.to_owned(), full.clone()));
            }
        }
        "use_as_clause" => {
            if let (Some(path), Some(alias)) = (node.child_by_field_name("path"), node.child_by_field_name("alias")) {
                found.push((of(alias, text).to_owned(), format!("{prefix}{}", dotted(path))));
            }
        }
        "scoped_use_list" => {
            let prefix = node.child_by_field_name("path").map_or_else(|| prefix.to_owned(), |path| format!("{prefix}{}.", dotted(path)));
            if let Some(list) = node.child_by_field_name("list") {
                uses(list, &prefix, text, found, depth + 1);
            }
        }
        "use_list" => {
            for child in children(node) {
                uses(child, prefix, text, found, depth + 1);
            }
        }
        _ => {}
    }
}
