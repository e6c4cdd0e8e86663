//! What does a condition or a call show to be checked, in languages with declared types?

use super::*;

impl Scopes<'_> {
    /// Takes into account that a value is compared with constants alone, one of which it is after this.
    pub(crate) fn compare(&mut self, choice: Node<'_>) {
        let value = ["value", "condition"].iter().find_map(|name| choice.child_by_field_name(name));
        let Some(value) = value.and_then(|value| self.root(value)) else { return };
        let body = choice.child_by_field_name("body").unwrap_or(choice);
        let (mut constants, mut others, mut leaves) = (0, 0, false);
        for arm in children(body).take(256) {
            let (label, rest) = match arm.kind() {
                "match_arm" => (arm.child_by_field_name("pattern"), arm.child_by_field_name("value")),
                "expression_case" => (arm.child_by_field_name("value"), None),
                "default_case" => (None, Some(arm)),
                "switch_rule" | "switch_block_statement_group" => (arm.named_child(0), arm.named_child(1)),
                _ => continue,
            };
            let text = label.map_or("", |label| of(label, self.text)).trim_start_matches("case ").trim_start_matches("Some(");
            if text.starts_with(['"', '\'', '`']) {
                constants += 1;
            } else if label.is_none() || matches!(text, "_" | "default" | "None") {
                // What is none of them must not go on.
                leaves |= rest.is_some_and(|rest| {
                    let text = of(rest, self.text);
                    ["return", "throw", "Err(", "panic", "continue"].iter().any(|word| text.contains(word))
                });
            } else {
                others += 1;
            }
        }
        if constants > 0 && others == 0 && leaves {
            self.clear(of(value, self.text).to_owned(), NUMBER, 0);
        }
    }

    /// A call that only returns if its arguments are in order.
    pub(super) fn guard(&mut self, call: &shape::Call<'_>) {
        let roots: Vec<String> =
            call.arguments.iter().filter_map(|argument| self.root(argument.node)).map(|root| of(root, self.text).to_owned()).collect();
        for name in roots {
            self.clear(name, NUMBER, 0);
        }
    }

    /// The variable that a value is read out of.
    pub(super) fn read_from(&self, value: Node<'_>) -> Option<String> {
        let value = unwrapped(value);
        let reads = shape::call(value, self.text).is_some() || shape::receiver(value).is_some();
        let root = reads.then(|| self.root(value)).flatten()?;
        (root.kind() == "identifier").then(|| of(root, self.text).to_owned())
    }

    /// Whether a call goes to the function that it stands in.
    pub(crate) fn calls_itself(&self, node: Node<'_>) -> bool {
        let Some(call) = shape::call(node, self.text).filter(|call| self.is_own(call.object)) else { return false };
        let name = call.callee.map_or("", |callee| callee_name(callee, self.text));
        !name.is_empty()
            && self.summary.is_one(name)
            && self.within.iter().rev().map(|(name, _)| *name).find(|name| !name.is_empty()) == Some(name)
    }

    /// The variable that an expression looks at: of a member, a slice, a method's call or a type made of it.
    pub(super) fn root<'tree>(&self, node: Node<'tree>) -> Option<Node<'tree>> {
        let mut node = unwrapped(node);
        for _ in 0..8 {
            if matches!(node.kind(), "identifier" | "self" | "this") {
                return Some(node);
            }
            let inner = match node.kind() {
                "unary_expression" | "pointer_expression" => node.child_by_field_name("operand").or_else(|| node.named_child(0)),
                "slice_expression" | "index_expression" | "array_access" | "subscript" => node.named_child(0),
                // A macro's tokens.
                "token_tree" => children(node).find(|child| matches!(child.kind(), "identifier" | "self")),
                _ => match shape::call(node, self.text) {
                    Some(call) => match call.object.map(unwrapped) {
                        // `Path::new(x)` looks at x.
                        None => call.arguments.first().map(|argument| argument.node),
                        // So does `strings.ToLower(x)`.
                        Some(object) if object.kind() == "identifier" && self.imports.contains_key(of(object, self.text)) => {
                            call.arguments.first().map(|argument| argument.node)
                        }
                        Some(object) => Some(object),
                    },
                    None => shape::receiver(node),
                },
            };
            node = unwrapped(inner?);
        }
        None
    }

    /// What a condition of a language with declared types shows: the variables that it looks at are checked.
    pub(super) fn looked_at(&self, node: Node<'_>, names: &mut Vec<(String, u16)>, depth: u32) {
        if depth > 12 {
            return;
        }
        let identifier = |node: Node<'_>, class: u16, names: &mut Vec<(String, u16)>| {
            if let Some(root) = self.root(node) {
                names.push((of(root, self.text).to_owned(), class));
            }
        };
        match node.kind() {
            "binary_expression" => {
                let operator = node.child_by_field_name("operator").map_or("", |operator| operator.kind());
                if matches!(operator, "<" | ">" | "<=" | ">=") {
                    for side in children(node) {
                        identifier(side, SIZE, names);
                    }
                }
                // The host of an address is held against one that is meant.
                if matches!(operator, "==" | "!=" | "===" | "!==") {
                    for side in children(node).filter(|side| is_host(of(*side, self.text))) {
                        identifier(side, class("url"), names);
                    }
                }
            }
            // Being a key of a table of what is allowed.
            "index_expression" => self.key(node, names),
            _ => {
                if let Some(call) = shape::call(node, self.text) {
                    let name = self.name(node, true);
                    let name = called(&name);
                    // That an address has a scheme says nothing of its host.
                    let scheme = call.arguments.iter().take(2).any(|argument| {
                        matches!(
                            of(argument.node, self.text).trim_matches('"'),
                            "://" | "http" | "http:" | "http://" | "https://" | "https"
                        )
                    });
                    if let Some(classes) = self.validates(name).filter(|_| !scheme) {
                        for argument in &call.arguments {
                            identifier(argument.node, classes, names);
                        }
                        if let Some(object) = call.object {
                            identifier(object, classes, names);
                        }
                    }
                }
            }
        }
        for child in children(node) {
            self.looked_at(child, names, depth + 1);
        }
    }

    /// The key with which something is looked up in a table that the program fills.
    fn key(&self, node: Node<'_>, names: &mut Vec<(String, u16)>) {
        let (Some(table), Some(key)) = (node.child_by_field_name("operand"), node.child_by_field_name("index")) else { return };
        let trusted = match self.root(table) {
            Some(root) => self.variable(of(root, self.text)).is_none_or(|table| table.state.bits & (SOURCE | HANDED | PARAMETER) == 0),
            None => false,
        };
        if trusted && let Some(root) = self.root(key) {
            names.push((of(root, self.text).to_owned(), NUMBER));
        }
    }

    /// Takes `value, ok := table[key]` into account, which asks whether the table has the key.
    pub(crate) fn look_up(&mut self, node: Node<'_>) {
        let (Some(left), Some(right)) = (node.child_by_field_name("left"), node.child_by_field_name("right")) else { return };
        let value = unwrapped(right);
        if left.named_child_count() == 2 && value.kind() == "index_expression" {
            let mut names = Vec::new();
            self.key(value, &mut names);
            for (name, class) in names {
                self.clear(name, class, 0);
            }
        }
    }
}

/// Whether an expression is the host of an address.
fn is_host(text: &str) -> bool {
    let text = text.trim_end_matches("()");
    ["Host", "Hostname", "host", "hostname", "host_str", "netloc", "origin", "authority", "domain"]
        .iter()
        .any(|end| text.strip_suffix(end).is_some_and(|before| before.ends_with(['.', 't']) || before.ends_with("::")))
}
