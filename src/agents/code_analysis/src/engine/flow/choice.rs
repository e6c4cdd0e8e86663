//! What is known of a value that is one of several, and of what a table or a function of the file gives?

use super::*;

impl Scopes<'_> {
    /// The values that an expression may come to, without what decides between them.
    pub(super) fn chosen(&mut self, node: Node<'_>, depth: u32) -> State {
        let mut state = State::default();
        match node.kind() {
            "if_expression" => {
                for name in ["consequence", "alternative"] {
                    if let Some(part) = node.child_by_field_name(name) {
                        // An `else` clause holds its block.
                        let part = if part.kind() == "else_clause" { part.named_child(0).unwrap_or(part) } else { part };
                        state = state.join(self.state_within(part, depth + 1));
                    }
                }
            }
            "match_expression" | "switch_expression" => {
                let Some(body) = node.child_by_field_name("body") else { return State::UNKNOWN };
                for arm in children(body) {
                    let value = arm.child_by_field_name("value").or_else(|| children(arm).last());
                    if let Some(value) = value.filter(|value| value.kind() != "switch_label" && value.kind() != "throw_statement") {
                        state = state.join(self.state_within(value, depth + 1));
                    }
                }
            }
            _ => {
                // A block is what its last expression is.
                if let Some(last) = children(node).filter(|child| !child.kind().contains("comment")).last() {
                    let leaves = matches!(unwrapped(last).kind(), "return_expression" | "break_expression" | "continue_expression");
                    if leaves {
                        return State::default();
                    }
                    state = self.state_within(last, depth + 1);
                }
            }
        }
        state
    }

    /// Whether an expression begins with a text, so that what is added to it is one.
    pub(super) fn begins_text(&self, node: Node<'_>) -> bool {
        of(node, self.text).starts_with(['"', '`'])
    }

    /// Whether something is looked up in a variable or a member of one, not in a type.
    pub(super) fn is_known_object(&self, object: Node<'_>) -> bool {
        let object = unwrapped(object);
        match object.kind() {
            "identifier" => {
                self.variable(of(object, self.text)).is_some_and(|variable| variable.state.bits & (SOURCE | HANDED | PARAMETER) == 0)
            }
            "field_access" | "field_expression" | "selector_expression" | "member_expression" | "attribute" => shape::receiver(object)
                .is_some_and(|of_what| {
                    let of_what = unwrapped(of_what);
                    matches!(of_what.kind(), "this" | "self") || self.variable(of(of_what, self.text)).is_some()
                }),
            _ => false,
        }
    }

    /// Whether something is a type, of which a function is called, not a value.
    pub(super) fn is_type(&self, object: Node<'_>) -> bool {
        let name = of(object, self.text);
        object.kind() == "identifier"
            && name.starts_with(|c: char| c.is_ascii_uppercase())
            && !is_capital(name)
            && self.variable(name).is_none()
    }

    /// Whether a call goes to a function of the file itself: it is called on nothing, on its own object, or on what only a file's
    /// own types are.
    pub(super) fn is_own(&self, object: Option<Node<'_>>) -> bool {
        let Some(object) = object.map(unwrapped) else { return true };
        match object.kind() {
            "this" | "self" => true,
            "identifier" => {
                let name = of(object, self.text);
                let variable = self.frames.iter().skip(1).rev().take(FRAMES).find_map(|frame| frame.get(name));
                // Besides its own object, what a function is handed that holds nothing of a caller's.
                variable
                    .is_some_and(|variable| variable.state.bits & OWN != 0 || (variable.state.bits == UNKNOWN && variable.origin.is_some()))
            }
            // A part of its own object.
            "field_expression" | "selector_expression" => self.root(object).is_some_and(|root| {
                root.kind() == "self" || self.variable(of(root, self.text)).is_some_and(|variable| variable.state.bits & OWN != 0)
            }),
            _ => false,
        }
    }

    /// Whether a text is put together of numbers alone, as its format says: `%d` and its like.
    pub(super) fn writes_numbers(&self, call: &shape::Call<'_>) -> bool {
        let format = call.arguments.iter().take(2).map(|argument| unwrapped(argument.node)).find(|node| is_text(node.kind()));
        let format = format.or_else(|| call.object.map(unwrapped).filter(|object| is_text(object.kind())));
        let Some(format) = format.map(|node| of(node, self.text)) else { return false };
        let mut rest = format;
        let mut any = false;
        while let Some(at) = rest.find('%') {
            rest = &rest[at + 1..];
            let verb = rest.trim_start_matches(|c: char| c.is_ascii_digit() || "+-# .,*[]$".contains(c));
            match verb.chars().next() {
                Some('%') if verb.len() == rest.len() => rest = &verb[1..],
                Some('d' | 'x' | 'X' | 'f' | 'g' | 'e' | 'o' | 'b' | 't' | 'U') => any = true,
                _ => return false,
            }
        }
        any
    }
}

/// Methods that only give a value in another form: what is constant stays so.
pub(super) fn is_other_form(method: &str) -> bool {
    matches!(
        method,
        "as_ref"
            | "as_bytes"
            | "as_str"
            | "as_slice"
            | "into"
            | "to_vec"
            | "clone"
            | "to_string"
            | "to_owned"
            | "getBytes"
            | "toCharArray"
            | "as_deref"
            | "encode"
            | "strip"
            | "trim"
    )
}

impl Scopes<'_> {
    /// Whether a function that is handed over tests what it is given.
    pub(super) fn tests(&self, function: Node<'_>) -> bool {
        let text = of(function, self.text);
        let text = &text[..text.floor_char_boundary(ANNOTATED)].to_ascii_lowercase();
        ["contains", "matches", "starts", "valid", "allow", "is_safe", "issafe", "components", ".all(", ".has(", "includes", "known"]
            .iter()
            .any(|word| text.contains(word))
    }

    /// What a function that is handed over makes its values safe for: a name, or a closure that ends in a call.
    pub(super) fn made_by(&self, function: Node<'_>) -> u16 {
        let node = match function.kind() {
            "closure_expression" | "lambda_expression" | "arrow_function" => match function.child_by_field_name("body") {
                Some(body) => body,
                None => return 0,
            },
            "scoped_identifier" | "method_reference" | "member_expression" | "identifier" => function,
            _ => return 0,
        };
        let name = if node.kind() == "method_reference" { of(node, self.text).replace("::", ".") } else { self.name(node, false) };
        self.known.sanitizers.of(called(&name)).fold(0, |all, class| all | class)
    }

    /// The tokens of a macro, read as far as they are names, calls and texts: `escape(x)` in them is a call. A text may capture names.
    pub(super) fn tokens(&mut self, tree: Node<'_>, depth: u32) -> State {
        let mut state = State::default();
        if depth > DEPTH {
            return State::UNKNOWN;
        }
        // The name that the tokens before spell, and what is known of the value that it begins with.
        let mut path = String::new();
        let mut value = State::default();
        let mut joined = false;
        let mut cursor = tree.walk();
        let mut more = cursor.goto_first_child();
        while more {
            let token = cursor.node();
            more = cursor.goto_next_sibling();
            self.steps += 1;
            let text = of(token, self.text);
            match token.kind() {
                "." | "::" | "?" | "&" | "*" => {
                    joined = token.kind() != "&" && token.kind() != "*";
                    if token.kind() == "&" {
                        path.clear();
                    }
                    continue;
                }
                "identifier" | "self" | "crate" | "super" | "primitive_type" | "type_identifier" => {
                    if joined && !path.is_empty() {
                        path.push('.');
                        path.push_str(text);
                    } else {
                        state = state.join(value);
                        path = self.imports.get(text).cloned().unwrap_or_else(|| text.to_owned());
                        let next = cursor.node();
                        let is_call = more && (next.kind() == "token_tree" || matches!(next.kind(), "::" | "!"));
                        value = if is_call && self.variable(text).is_none() { State::default() } else { self.identifier_or_own(token) };
                    }
                }
                "token_tree" => {
                    let inner = self.tokens(token, depth + 1);
                    if text.starts_with('(') && !path.is_empty() {
                        let clean = self.known.sanitizers.of(&path).fold(0, |all, class| all | class);
                        let name = path.rsplit('.').next().unwrap_or("");
                        let returned = self.summary.given_back(name);
                        value = value.join(inner);
                        if value.bits == 0 {
                            value = State::UNKNOWN;
                        }
                        value = value.safer(clean);
                        if let Some(returned) = returned {
                            value = value.safer_as(returned);
                        }
                        path.push_str("()");
                    } else {
                        state = state.join(value).join(inner);
                        value = State::default();
                        path.clear();
                    }
                }
                "string_literal" | "raw_string_literal" => {
                    let captured = text.split('{').skip(1).filter_map(|rest| rest.split(['}', ':']).next());
                    let of_text =
                        captured.filter_map(|name| self.variable(name).map(|variable| variable.state)).fold(State::default(), State::join);
                    state = state.join(of_text);
                }
                _ => {
                    state = state.join(value);
                    value = State::default();
                    path.clear();
                }
            }
            joined = false;
        }
        state.join(value)
    }

    fn identifier_or_own(&self, token: Node<'_>) -> State {
        if matches!(token.kind(), "self" | "crate" | "super") {
            return self.variable(token.kind()).map_or(State::UNKNOWN, |own| own.state);
        }
        self.identifier(token)
    }
}
