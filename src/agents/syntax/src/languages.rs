//! Which languages are read, and what the nodes of their syntax trees are: everything that differs between languages.

use tree_sitter::Language as Grammar;

/// A programming language.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// Rust.
    Rust,
    /// Python.
    Python,
    /// JavaScript.
    JavaScript,
    /// TypeScript.
    TypeScript,
    /// Go.
    Go,
    /// Java.
    Java,
}

/// What a node of a syntax tree is to the measures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// A function or method with a name.
    Function,
    /// A function without one; it belongs to the function around it, unless it is given a name on the spot.
    Lambda,
    /// Something that functions are named after: a class, a trait, an implementation.
    Container,
    /// A choice by a condition.
    If,
    /// A further condition of an `if`, as a node of its own.
    ElseIf,
    /// What is done otherwise.
    Else,
    /// Anything that repeats.
    Loop,
    /// A choice between cases.
    Switch,
    /// A choice between patterns of which one always fits.
    Match,
    /// One of the cases of a choice.
    Case,
    /// What is done with an error that was thrown.
    Catch,
    /// A choice within an expression.
    Ternary,
    /// A condition within an expression (a comprehension, the `else` of a `let`).
    Condition,
    /// An expression with an operator; a logical one if the operator is.
    Binary,
    /// An expression in parentheses.
    Parentheses,
    /// `break` and `continue`.
    Jump,
    /// A jump to anywhere.
    Goto,
    /// A call.
    Call,
    /// A comment.
    Comment,
    /// A sequence of statements.
    Block,
}

/// The grammar for files with these extensions.
type Variant = (&'static [&'static str], fn() -> Grammar);

/// What is known of one language.
pub struct Facts {
    /// The language.
    pub language: Language,
    /// As inputs and results name it.
    pub name: &'static str,
    /// As people read it.
    pub label: &'static str,
    /// What the names of its files end in, without the dot.
    pub extensions: &'static [&'static str],
    grammar: fn() -> Grammar,
    /// The grammar for some of the extensions.
    variant: Option<Variant>,
    roles: &'static [(Role, &'static [&'static str])],
    /// Children of a parameter list that are no parameters of the caller's.
    pub no_parameters: &'static [&'static str],
    /// Labels that `break` and `continue` can have.
    pub labels: &'static [&'static str],
    /// What joins a container's name to a function's.
    pub joint: &'static str,
    /// What a file in this language likely contains, for guessing.
    pub signs: &'static [&'static str],
}

/// All languages, in the order in which guesses are tried.
pub const ALL: [&Facts; 6] = [&RUST, &PYTHON, &GO, &JAVA, &JAVASCRIPT, &TYPESCRIPT];

static RUST: Facts = Facts {
    language: Language::Rust,
    name: "rust",
    label: "Rust",
    extensions: &["rs"],
    grammar: || tree_sitter_rust::LANGUAGE.into(),
    variant: None,
    roles: &[
        (Role::Function, &["function_item"]),
        (Role::Lambda, &["closure_expression"]),
        (Role::Container, &["impl_item", "trait_item"]),
        (Role::If, &["if_expression"]),
        (Role::Else, &["else_clause"]),
        (Role::Loop, &["for_expression", "while_expression", "loop_expression"]),
        (Role::Match, &["match_expression"]),
        (Role::Case, &["match_arm"]),
        (Role::Binary, &["binary_expression"]),
        (Role::Parentheses, &["parenthesized_expression"]),
        (Role::Jump, &["break_expression", "continue_expression"]),
        (Role::Call, &["call_expression"]),
        (Role::Comment, &["line_comment", "block_comment"]),
        (Role::Block, &["block"]),
    ],
    no_parameters: &["self_parameter", "attribute_item", "line_comment", "block_comment"],
    labels: &["label"],
    joint: "::",
    signs: &["fn ", "let mut ", "impl ", "pub fn ", "use std::", "-> ", "::", "match ", "&self", "println!("],
};

static PYTHON: Facts = Facts {
    language: Language::Python,
    name: "python",
    label: "Python",
    extensions: &["py", "pyi", "pyw"],
    grammar: || tree_sitter_python::LANGUAGE.into(),
    variant: None,
    roles: &[
        (Role::Function, &["function_definition"]),
        (Role::Lambda, &["lambda"]),
        (Role::Container, &["class_definition"]),
        (Role::If, &["if_statement"]),
        (Role::ElseIf, &["elif_clause"]),
        (Role::Else, &["else_clause"]),
        (Role::Loop, &["for_statement", "while_statement"]),
        (Role::Switch, &["match_statement"]),
        (Role::Case, &["case_clause"]),
        (Role::Catch, &["except_clause"]),
        (Role::Ternary, &["conditional_expression"]),
        (Role::Condition, &["for_in_clause", "if_clause"]),
        (Role::Binary, &["boolean_operator"]),
        (Role::Parentheses, &["parenthesized_expression"]),
        (Role::Call, &["call"]),
        (Role::Comment, &["comment"]),
        (Role::Block, &["block"]),
    ],
    no_parameters: &["keyword_separator", "positional_separator", "comment"],
    labels: &[],
    joint: ".",
    signs: &["def ", "import ", "elif ", "self.", "self,", "print(", "    return ", "None", "__init__", "except "],
};

const SCRIPT_ROLES: &[(Role, &[&str])] = &[
    (Role::Function, &["function_declaration", "generator_function_declaration", "method_definition"]),
    (Role::Lambda, &["arrow_function", "function_expression", "generator_function"]),
    (Role::Container, &["class_declaration", "class"]),
    (Role::If, &["if_statement"]),
    (Role::Else, &["else_clause"]),
    (Role::Loop, &["for_statement", "for_in_statement", "while_statement", "do_statement"]),
    (Role::Switch, &["switch_statement"]),
    (Role::Case, &["switch_case"]),
    (Role::Catch, &["catch_clause"]),
    (Role::Ternary, &["ternary_expression"]),
    (Role::Binary, &["binary_expression"]),
    (Role::Parentheses, &["parenthesized_expression"]),
    (Role::Jump, &["break_statement", "continue_statement"]),
    (Role::Call, &["call_expression"]),
    (Role::Comment, &["comment", "html_comment"]),
    (Role::Block, &["statement_block"]),
];

static JAVASCRIPT: Facts = Facts {
    language: Language::JavaScript,
    name: "javascript",
    label: "JavaScript",
    extensions: &["js", "mjs", "cjs", "jsx"],
    grammar: || tree_sitter_javascript::LANGUAGE.into(),
    variant: None,
    roles: SCRIPT_ROLES,
    no_parameters: &["comment"],
    labels: &["statement_identifier"],
    joint: ".",
    signs: &["function ", "const ", "=> ", "let ", "var ", "===", "require(", "module.exports", "console.log(", "export "],
};

static TYPESCRIPT: Facts = Facts {
    language: Language::TypeScript,
    name: "typescript",
    label: "TypeScript",
    extensions: &["ts", "mts", "cts", "tsx"],
    grammar: || tree_sitter_typescript::LANGUAGE_TYPESCRIPT.into(),
    variant: Some((&["tsx"], || tree_sitter_typescript::LANGUAGE_TSX.into())),
    roles: SCRIPT_ROLES,
    no_parameters: &["comment"],
    labels: &["statement_identifier"],
    joint: ".",
    signs: &[
        "interface ",
        ": string",
        ": number",
        ": boolean",
        "readonly ",
        "export type ",
        "): ",
        "const ",
        "=> ",
        " as const",
        "implements ",
    ],
};

static GO: Facts = Facts {
    language: Language::Go,
    name: "go",
    label: "Go",
    extensions: &["go"],
    grammar: || tree_sitter_go::LANGUAGE.into(),
    variant: None,
    roles: &[
        (Role::Function, &["function_declaration", "method_declaration"]),
        (Role::Lambda, &["func_literal"]),
        (Role::If, &["if_statement"]),
        (Role::Loop, &["for_statement"]),
        (Role::Switch, &["expression_switch_statement", "type_switch_statement", "select_statement"]),
        (Role::Case, &["expression_case", "type_case", "communication_case"]),
        (Role::Binary, &["binary_expression"]),
        (Role::Parentheses, &["parenthesized_expression"]),
        (Role::Jump, &["break_statement", "continue_statement"]),
        (Role::Goto, &["goto_statement"]),
        (Role::Call, &["call_expression"]),
        (Role::Comment, &["comment"]),
        (Role::Block, &["statement_list"]),
    ],
    no_parameters: &["comment"],
    labels: &["label_name"],
    joint: ".",
    signs: &["package ", "func ", ":= ", "import (", "err != nil", "fmt.", "chan ", "defer ", "go func", "struct {"],
};

static JAVA: Facts = Facts {
    language: Language::Java,
    name: "java",
    label: "Java",
    extensions: &["java"],
    grammar: || tree_sitter_java::LANGUAGE.into(),
    variant: None,
    roles: &[
        (Role::Function, &["method_declaration", "constructor_declaration", "compact_constructor_declaration"]),
        (Role::Lambda, &["lambda_expression"]),
        (Role::Container, &["class_declaration", "interface_declaration", "enum_declaration", "record_declaration"]),
        (Role::If, &["if_statement"]),
        (Role::Loop, &["for_statement", "enhanced_for_statement", "while_statement", "do_statement"]),
        (Role::Switch, &["switch_expression"]),
        (Role::Case, &["switch_label"]),
        (Role::Catch, &["catch_clause"]),
        (Role::Ternary, &["ternary_expression"]),
        (Role::Binary, &["binary_expression"]),
        (Role::Parentheses, &["parenthesized_expression"]),
        (Role::Jump, &["break_statement", "continue_statement"]),
        (Role::Call, &["method_invocation"]),
        (Role::Comment, &["line_comment", "block_comment"]),
        (Role::Block, &["block", "constructor_body"]),
    ],
    no_parameters: &["receiver_parameter", "line_comment", "block_comment"],
    labels: &["identifier"],
    joint: ".",
    signs: &[
        "public class ",
        "import java",
        "package ",
        "private ",
        "public static ",
        "void ",
        "@Override",
        "new ",
        "final ",
        "System.out",
    ],
};

impl Facts {
    /// The language with this name.
    pub fn named(name: &str) -> Option<&'static Self> {
        ALL.into_iter().find(|facts| facts.name == name)
    }

    /// The language of a file with this name.
    pub fn of_file(name: &str) -> Option<&'static Self> {
        let extension = extension(name)?;
        ALL.into_iter().find(|facts| facts.extensions.contains(&extension.as_str()))
    }

    /// The grammars that may read a file with this name, the likelier one first.
    pub fn grammars(&self, file_name: Option<&str>) -> Vec<Grammar> {
        let Some((extensions, variant)) = self.variant else { return vec![(self.grammar)()] };
        match file_name.and_then(extension) {
            Some(extension) if extensions.contains(&extension.as_str()) => vec![variant()],
            Some(_) => vec![(self.grammar)()],
            None => vec![(self.grammar)(), variant()],
        }
    }

    /// The roles of the nodes of a grammar, by the number of their kind.
    pub fn roles(&self, grammar: &Grammar) -> Vec<Option<Role>> {
        (0..grammar.node_kind_count())
            .map(|id| {
                let id = u16::try_from(id).unwrap_or(u16::MAX);
                let kind = grammar.node_kind_for_id(id).filter(|_| grammar.node_kind_is_named(id))?;
                self.roles.iter().find(|(_, kinds)| kinds.contains(&kind)).map(|(role, _)| *role)
            })
            .collect()
    }
}

fn extension(name: &str) -> Option<String> {
    name.rsplit_once('.').map(|(_, extension)| extension.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_node_in_the_tables_is_one_of_the_grammar() {
        for facts in ALL {
            for grammar in facts.grammars(None) {
                for (role, kinds) in facts.roles {
                    for kind in *kinds {
                        // JavaScript alone has HTML comments.
                        let known = grammar.id_for_node_kind(kind, true) != 0;
                        assert!(known || *kind == "html_comment", "{}: {role:?} {kind}", facts.name);
                    }
                }
                for kind in facts.no_parameters.iter().chain(facts.labels) {
                    assert_ne!(grammar.id_for_node_kind(kind, true), 0, "{}: {kind}", facts.name);
                }
            }
        }
    }

    #[test]
    fn files_are_known_by_their_extension() {
        assert_eq!(Facts::of_file("Main.JAVA").map(|facts| facts.name), Some("java"));
        assert_eq!(Facts::of_file("a.b.tsx").map(|facts| facts.name), Some("typescript"));
        assert!(Facts::of_file("Makefile").is_none() && Facts::of_file("a.txt").is_none());
    }
}
