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

/// A function that nothing names on the spot, by where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// What it is known by: what its value is given to, or the call that takes it.
    pub name: String,
    /// Whether it is known by a call alone.
    pub by_call: bool,
}

/// How far up a name is looked for, in nodes; what is further away names something else.
const CLIMB: usize = 12;
/// How much of a text beside a function is repeated in its name, in characters.
const BESIDE: usize = 40;
/// How many calls of a chain are written out.
const CHAIN: usize = 4;

impl Facts {
    /// What a function outside of any other is known by, if it is one that people would look for: `const save = debounce(() => { … })`,
    /// `app.get("/items", (request, response) => { … })`, `var serve = &Command{Run: func() { … }}`. `above` gives the nodes around it,
    /// the nearest first. A lone expression counts only where it is given a name directly: `xs.map(x => x.id)` is none.
    pub fn standing<'tree>(&self, node: Node<'tree>, above: impl Iterator<Item = Node<'tree>>, text: &str) -> Option<Standing> {
        let blocks = ["statement_block", "block"];
        let block = node.child_by_field_name("body").is_some_and(|body| blocks.contains(&body.kind()));
        let (mut call, mut wrapped, mut key): (Option<String>, bool, Option<String>) = (None, true, None);
        let (mut below, mut direct) = (node, true);
        for above in above.take(CLIMB) {
            let named = |field: &str| above.child_by_field_name(field).map(|name| cut(&text[name.byte_range()], NAME));
            let given = match above.kind() {
                "variable_declarator" | "static_item" | "const_item" | "var_spec" | "enum_constant" | "public_field_definition" => {
                    named("name")
                }
                "field_definition" => named("property"),
                "pair" => named("key"),
                "assignment_expression" | "assignment" => named("left"),
                "keyed_element" => {
                    // Go: a field of a value, which a variable names.
                    let field = above.named_child(0).filter(|first| first.id() != below.id());
                    key = key.or_else(|| field.map(|field| cut(&text[field.byte_range()], NAME)));
                    None
                }
                "call_expression" | "new_expression" if !matches!(below.kind(), "arguments" | "argument_list") => {
                    // What is called at once is no function that somebody looks for; the rest of a chain adds nothing.
                    call.as_ref()?;
                    None
                }
                "call_expression" | "new_expression" if self.is_script() => {
                    wrapped &= above.kind() == "call_expression" && wraps(above, text);
                    call.get_or_insert_with(|| called(above, text, CHAIN));
                    None
                }
                kind if kind.ends_with("_statement") || matches!(kind, "program" | "source_file" | "module" | "class_body") => break,
                _ => None,
            };
            if let Some(given) = given {
                let name = match (&call, wrapped) {
                    (Some(call), false) => call.clone(),
                    _ => key.map_or_else(|| given.clone(), |key| format!("{given}.{key}")),
                };
                let by_call = call.is_some() && !wrapped;
                return (block || (direct && !by_call)).then_some(Standing { name, by_call });
            }
            (below, direct) = (above, false);
        }
        call.filter(|_| block).map(|name| Standing { name, by_call: true })
    }

    /// What a function within one that a call takes is known by, where it is registered with a text: `it("adds", () => { … })`.
    pub fn registered<'tree>(&self, node: Node<'tree>, above: impl Iterator<Item = Node<'tree>>, text: &str) -> Option<Standing> {
        let mut above = above.take(4);
        let arguments = above.next().filter(|arguments| self.is_script() && arguments.kind() == "arguments")?;
        let call = above.next().filter(|call| call.kind() == "call_expression")?;
        let beside = arguments.named_child(0).filter(|first| first.id() != node.id() && is_text(*first));
        let statement = above.find(|above| above.kind() != "await_expression").is_some_and(|above| above.kind() == "expression_statement");
        (beside.is_some() && statement).then(|| Standing { name: called(call, text, CHAIN), by_call: true })
    }

    fn is_script(&self) -> bool {
        matches!(self.language, Language::JavaScript | Language::TypeScript)
    }
}

/// Whether a call gives back what it is given, in another guise: those of plain functions and of libraries do (`debounce(f)`,
/// `React.memo(f)`), methods of values do not (`items.reduce(f)`).
fn wraps(call: Node<'_>, text: &str) -> bool {
    let Some(function) = call.child_by_field_name("function") else { return false };
    match function.kind() {
        "identifier" => true,
        "member_expression" => function.child_by_field_name("object").is_some_and(|object| {
            object.kind() == "identifier" && text[object.byte_range()].starts_with(|first: char| first.is_uppercase())
        }),
        _ => false,
    }
}

fn is_text(node: Node<'_>) -> bool {
    node.kind() == "string" || (node.kind() == "template_string" && node.named_child_count() <= 1)
}

/// A call as people would speak of it: its function, and the text that it is given first.
fn called(call: Node<'_>, text: &str, chain: usize) -> String {
    let function = call.child_by_field_name("function").or_else(|| call.child_by_field_name("constructor"));
    let function = function.map_or_else(|| ANONYMOUS.to_owned(), |function| callee(function, text, chain));
    if function == ANONYMOUS {
        return function;
    }
    let first = call.child_by_field_name("arguments").and_then(|arguments| arguments.named_child(0));
    let argument = match first {
        Some(first) if is_text(first) => cut(&text[first.byte_range()], BESIDE),
        Some(_) => "…".to_owned(),
        None => String::new(),
    };
    let new = if call.kind() == "new_expression" { "new " } else { "" };
    format!("{new}{function}({argument})")
}

/// What is called of a function that has no name and is known by nothing else.
const ANONYMOUS: &str = "(anonymous)";

fn callee(function: Node<'_>, text: &str, chain: usize) -> String {
    match function.kind() {
        "identifier" | "this" | "super" | "import" => cut(&text[function.byte_range()], BESIDE),
        "call_expression" if chain > 0 => called(function, text, chain - 1),
        "member_expression" => {
            let part = |field: &str| function.child_by_field_name(field);
            let property = part("property").map_or("", |property| &text[property.byte_range()]);
            let object = part("object").filter(|_| chain > 0).map_or_else(|| "…".to_owned(), |object| callee(object, text, chain - 1));
            format!("{}.{}", if object == ANONYMOUS { "…" } else { &object }, cut(property, BESIDE))
        }
        _ => ANONYMOUS.to_owned(),
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
