//! Which pieces of code are wrong or dangerous by themselves, whatever stands around them.

use tree_sitter::Node;

use super::Severity::{Error, Info, Warning};
use super::{Pattern, Seen};
use crate::languages::Language::{Go, Java, JavaScript, Python, Rust, TypeScript};
use crate::languages::Role;

/// All patterns.
pub(super) const ALL: &[Pattern] = &[
    Pattern {
        rule: "empty-catch",
        languages: &[JavaScript, TypeScript, Java],
        kinds: &["catch_clause"],
        severity: Warning,
        found: |seen| {
            seen.field("body")
                .filter(|body| body.named_child_count() == 0)
                .map(|_| (seen.node, "The error is caught and forgotten.".to_owned()))
        },
        advice: "Handle the error, log it, or say in a comment why it does not matter.",
    },
    Pattern {
        rule: "empty-except",
        languages: &[Python],
        kinds: &["except_clause"],
        severity: Warning,
        found: empty_except,
        advice: "Handle the exception, log it, or say in a comment why it does not matter.",
    },
    Pattern {
        rule: "bare-except",
        languages: &[Python],
        kinds: &["except_clause"],
        severity: Warning,
        found: |seen| {
            let mut cursor = seen.node.walk();
            let bare = seen.node.named_children(&mut cursor).all(|child| matches!(child.kind(), "block" | "comment"));
            bare.then(|| (seen.node, "A bare except also catches KeyboardInterrupt and SystemExit.".to_owned()))
        },
        advice: "Name the exceptions that are expected; Exception if it must be all.",
    },
    Pattern {
        rule: "none-comparison",
        languages: &[Python],
        kinds: &["comparison_operator"],
        severity: Warning,
        found: |seen| compared(seen, &["==", "!=", "<>"], &["none"], "None is compared by equality, which a class may define otherwise."),
        advice: "Write `is None` or `is not None`.",
    },
    Pattern {
        rule: "literal-identity",
        languages: &[Python],
        kinds: &["comparison_operator"],
        severity: Error,
        found: |seen| {
            let literals = &["string", "integer", "float", "tuple", "list", "dictionary"];
            compared(seen, &["is", "is not"], literals, "A literal is compared by identity, which depends on the interpreter.")
        },
        advice: "Write `==` or `!=`.",
    },
    Pattern {
        rule: "mutable-default",
        languages: &[Python],
        kinds: &["default_parameter", "typed_default_parameter"],
        severity: Warning,
        found: |seen| {
            let value = seen.field("value").filter(|value| matches!(value.kind(), "list" | "dictionary" | "set"))?;
            Some((value, "All calls share one default value that can be changed.".to_owned()))
        },
        advice: "Use None as the default and make the value inside.",
    },
    Pattern {
        rule: "assert-tuple",
        languages: &[Python],
        kinds: &["assert_statement"],
        severity: Error,
        found: |seen| {
            let tuple = seen.node.named_child(0).filter(|child| child.kind() == "tuple" && child.named_child_count() > 0)?;
            Some((tuple, "An assertion of a tuple is always true.".to_owned()))
        },
        advice: "Take the parentheses away: `assert condition, message`.",
    },
    Pattern {
        rule: "eval",
        languages: &[Python, JavaScript, TypeScript],
        kinds: &["call", "call_expression", "new_expression"],
        severity: Error,
        found: eval,
        advice: "Parse the data instead, or look the function up in a table of those that are allowed.",
    },
    Pattern {
        rule: "unwrap",
        languages: &[Rust],
        kinds: &["call_expression"],
        severity: Warning,
        found: unwrap,
        advice: "Pass the error on with `?`, handle it, or use `expect` with the reason why it cannot happen.",
    },
    Pattern {
        rule: "unfinished",
        languages: &[Rust],
        kinds: &["macro_invocation"],
        severity: Warning,
        found: |seen| called_macro(seen, &["todo", "unimplemented"]).map(|name| (seen.node, format!("{name}! panics when it is reached."))),
        advice: "Write what is missing, or return an error that says so.",
    },
    Pattern {
        rule: "debug-output",
        languages: &[Rust],
        kinds: &["macro_invocation"],
        severity: Info,
        found: |seen| called_macro(seen, &["dbg"]).map(|name| (seen.node, format!("{name}! was left from debugging."))),
        advice: "Take it out, or log what is worth it.",
    },
    Pattern {
        rule: "debugger-statement",
        languages: &[JavaScript, TypeScript],
        kinds: &["debugger_statement"],
        severity: Warning,
        found: |seen| Some((seen.node, "debugger stops every browser whose tools are open.".to_owned())),
        advice: "Take it out.",
    },
    Pattern {
        rule: "var-declaration",
        languages: &[JavaScript, TypeScript],
        kinds: &["variable_declaration"],
        severity: Info,
        found: |seen| Some((seen.node, "var is visible in the whole function, before its line too.".to_owned())),
        advice: "Write `const`, or `let` if it changes.",
    },
    Pattern {
        rule: "loose-equality",
        languages: &[JavaScript, TypeScript],
        kinds: &["binary_expression"],
        severity: Warning,
        found: loose_equality,
        advice: "Write `===` or `!==`, and convert on purpose where types differ.",
    },
    Pattern {
        rule: "string-identity",
        languages: &[Java],
        kinds: &["binary_expression"],
        severity: Error,
        found: |seen| {
            let identity = seen.field("operator").is_some_and(|operator| matches!(operator.kind(), "==" | "!="));
            let literal = |side: &str| seen.field(side).is_some_and(|node| node.kind() == "string_literal");
            (identity && (literal("left") || literal("right")))
                .then(|| (seen.node, "Strings are compared by identity, not by content.".to_owned()))
        },
        advice: "Write `equals`, the literal first if the other may be null.",
    },
    Pattern {
        rule: "defer-in-loop",
        languages: &[Go],
        kinds: &["defer_statement"],
        severity: Warning,
        found: |seen| {
            let looped = seen.roles_within_function().any(|role| role == Role::Loop);
            looped.then(|| (seen.node, "Deferred calls pile up until the function returns, not until the round ends.".to_owned()))
        },
        advice: "Call it at the end of the round, or take the body of the loop out into a function.",
    },
    Pattern {
        rule: "empty-branch",
        languages: &[Rust, JavaScript, TypeScript, Go, Java],
        kinds: &["if_statement", "if_expression"],
        severity: Warning,
        found: |seen| {
            let empty = seen
                .field("consequence")
                .filter(|branch| matches!(branch.kind(), "block" | "statement_block") && branch.named_child_count() == 0)?;
            Some((empty, "The branch does nothing.".to_owned()))
        },
        advice: "Turn the condition around, take the branch away, or say in a comment why nothing is right.",
    },
    Pattern {
        rule: "self-assignment",
        languages: &[Rust, Python, JavaScript, TypeScript, Go, Java],
        kinds: &["assignment", "assignment_expression", "assignment_statement"],
        severity: Warning,
        found: self_assignment,
        advice: "Take it away, or assign what was meant.",
    },
    Pattern {
        rule: "unreachable-code",
        languages: &[Rust, Python, JavaScript, TypeScript, Go, Java],
        kinds: &["block", "statement_block", "statement_list", "constructor_body"],
        severity: Warning,
        found: unreachable,
        advice: "Take it away, or move it before the statement that leaves.",
    },
];

fn empty_except<'tree>(seen: &Seen<'_, 'tree>) -> Option<(Node<'tree>, String)> {
    let mut cursor = seen.node.walk();
    let block = seen.node.named_children(&mut cursor).find(|child| child.kind() == "block")?;
    // A comment is an answer, wherever the grammar puts it.
    let commented = seen.of(seen.node).lines().any(|line| line.contains('#'));
    let mut cursor = block.walk();
    let nothing = block.named_children(&mut cursor).all(|child| child.kind() == "pass_statement" || seen.of(child) == "...");
    (nothing && !commented).then(|| (seen.node, "The exception is caught and forgotten.".to_owned()))
}

/// A comparison by one of these operators of which one side is of these kinds.
fn compared<'tree>(seen: &Seen<'_, 'tree>, operators: &[&str], kinds: &[&str], message: &str) -> Option<(Node<'tree>, String)> {
    let mut cursor = seen.node.walk();
    let parts: Vec<Node<'tree>> = seen.node.children(&mut cursor).collect();
    let found = parts
        .windows(3)
        .any(|part| operators.contains(&part[1].kind()) && (kinds.contains(&part[0].kind()) || kinds.contains(&part[2].kind())));
    found.then(|| (seen.node, message.to_owned()))
}

fn eval<'tree>(seen: &Seen<'_, 'tree>) -> Option<(Node<'tree>, String)> {
    let callee = seen.field("function").or_else(|| seen.field("constructor")).filter(|callee| callee.kind() == "identifier")?;
    let name = seen.of(callee);
    let dangerous = match seen.node.kind() {
        "call" => matches!(name, "eval" | "exec"),
        "new_expression" => name == "Function",
        _ => name == "eval",
    };
    dangerous.then(|| (seen.node, format!("{name} runs whatever text it is given.")))
}

fn unwrap<'tree>(seen: &Seen<'_, 'tree>) -> Option<(Node<'tree>, String)> {
    if seen.test {
        return None;
    }
    let field = seen.field("function").filter(|function| function.kind() == "field_expression")?.child_by_field_name("field")?;
    let alone = seen.field("arguments").is_some_and(|arguments| arguments.named_child_count() == 0);
    (alone && seen.of(field) == "unwrap").then(|| (field, "unwrap panics where there is no value.".to_owned()))
}

fn called_macro<'a>(seen: &'a Seen<'_, '_>, names: &[&str]) -> Option<&'a str> {
    let name = seen.of(seen.field("macro")?);
    (!seen.test && names.contains(&name)).then_some(name)
}

fn loose_equality<'tree>(seen: &Seen<'_, 'tree>) -> Option<(Node<'tree>, String)> {
    let operator = seen.field("operator").filter(|operator| matches!(operator.kind(), "==" | "!="))?;
    // `== null` also finds undefined, which is often meant; `typeof` always gives a string.
    let harmless = |side: &str| {
        seen.field(side).is_some_and(|node| {
            matches!(node.kind(), "null" | "undefined") || seen.of(node) == "undefined" || seen.of(node).starts_with("typeof ")
        })
    };
    (!harmless("left") && !harmless("right"))
        .then(|| (seen.node, format!("`{}` converts its sides before it compares them.", operator.kind())))
}

fn self_assignment<'tree>(seen: &Seen<'_, 'tree>) -> Option<(Node<'tree>, String)> {
    if seen.field("operator").is_some_and(|operator| operator.kind() != "=") || seen.field("type").is_some() {
        return None;
    }
    let single = |node: Node<'tree>| {
        if node.kind() == "expression_list" && node.named_child_count() == 1 { node.named_child(0) } else { Some(node) }
    };
    let (left, right) = (single(seen.field("left")?)?, single(seen.field("right")?)?);
    if left.kind() != "identifier" || right.kind() != "identifier" || seen.of(left) != seen.of(right) {
        return None;
    }
    // In the body of a Python class or module the two are names of different places.
    let bound = seen.node.kind() == "assignment"
        && seen.around.iter().rev().find_map(|around| match around.role {
            Some(Role::Function | Role::Lambda) => Some(false),
            Some(Role::Container) => Some(true),
            _ => None,
        }) != Some(false);
    (!bound).then(|| (seen.node, format!("{} is assigned to itself.", seen.of(left))))
}

/// The first statement that comes after one that leaves the block.
fn unreachable<'tree>(seen: &Seen<'_, 'tree>) -> Option<(Node<'tree>, String)> {
    let mut cursor = seen.node.walk();
    let mut left = false;
    let mut conditional = false;
    for child in seen.node.named_children(&mut cursor) {
        let kind = child.kind();
        if kind.contains("comment") || kind == "empty_statement" {
            continue;
        }
        if left {
            // Declarations count wherever they stand, labels can be jumped to, and a `yield` makes a generator.
            let declared =
                kind.ends_with("_item") || kind == "attribute_item" || kind.contains("function_declaration") || kind == "labeled_statement";
            let generator = kind == "expression_statement" && child.named_child(0).is_some_and(|inner| inner.kind() == "yield");
            if declared || generator {
                return None;
            }
            return Some((child, "This is never reached.".to_owned()));
        }
        left = !conditional && leaves(child);
        conditional = kind == "attribute_item";
    }
    None
}

fn leaves(statement: Node<'_>) -> bool {
    let leaving = |kind: &str| {
        matches!(
            kind,
            "return_statement"
                | "throw_statement"
                | "raise_statement"
                | "break_statement"
                | "continue_statement"
                | "goto_statement"
                | "return_expression"
                | "break_expression"
                | "continue_expression"
        )
    };
    leaving(statement.kind())
        || (statement.kind() == "expression_statement" && statement.named_child(0).is_some_and(|inner| leaving(inner.kind())))
}
