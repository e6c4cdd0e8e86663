//! What is known of a value: where it comes from, what it was made safe for, whether it was put together?

use super::*;

impl Scopes<'_> {
    /// The source of a literal, or of the one that a variable holds.
    pub(crate) fn literal(&self, node: Node<'_>) -> Option<String> {
        let mut node = unwrapped(node);
        if node.kind() == "type_conversion_expression" {
            node = node.child_by_field_name("operand").map_or(node, unwrapped);
        }
        if node.kind() == "identifier" {
            return self.variable(of(node, self.text)).and_then(|variable| variable.literal.clone());
        }
        let text = of(node, self.text);
        let is_literal = node.kind().contains("string")
            || node.kind().contains("literal")
            || matches!(node.kind(), "integer" | "number" | "true" | "false" | "float");
        (is_literal && text.len() <= LITERAL).then(|| text.to_owned())
    }

    /// What is known of an expression.
    pub(crate) fn state(&mut self, node: Node<'_>) -> State {
        self.state_within(node, 0)
    }

    pub(super) fn joined(&mut self, node: Node<'_>, depth: u32) -> State {
        let mut state = State::default();
        for child in children(node) {
            state = state.join(self.state_within(child, depth + 1));
        }
        state
    }

    pub(super) fn state_within(&mut self, node: Node<'_>, depth: u32) -> State {
        self.steps += 1;
        if self.steps.is_multiple_of(CHECK_EVERY) && self.allowance.stops() {
            self.steps = STEPS;
        }
        if depth > DEPTH || self.steps > STEPS {
            return State::UNKNOWN;
        }
        let node = unwrapped(node);
        let kind = node.kind();
        // What was assigned to this very member, or was checked.
        if (is_member(kind) || kind.starts_with("call")) && node.end_byte() - node.start_byte() <= NAME {
            let noted = self.variable(of(node, self.text)).map(|variable| variable.state);
            if let Some(noted) = noted {
                if noted.bits & CHECKED == 0 {
                    return noted;
                }
                let state = if is_member(kind) { self.member(node, depth) } else { self.call(node, depth) };
                return state.safer(noted.clean);
            }
        }
        match kind {
            "identifier" | "shorthand_property_identifier" => self.identifier(node),
            "this" | "self" | "super" => self.variable(kind).map_or(State::UNKNOWN, |own| own.state),
            "attribute"
            | "member_expression"
            | "selector_expression"
            | "field_access"
            | "field_expression"
            | "subscript"
            | "subscript_expression"
            | "index_expression"
            | "array_access" => self.member(node, depth),
            "scoped_identifier" => State::default(),
            "call" | "call_expression" | "new_expression" | "method_invocation" | "object_creation_expression" | "macro_invocation" => {
                self.call(node, depth)
            }
            "binary_operator" | "binary_expression" => self.binary(node, depth),
            // Of `and` only the right side is a value that does anything.
            "boolean_operator" if node.child_by_field_name("operator").is_some_and(|operator| operator.kind() == "and") => {
                node.child_by_field_name("right").map_or(State::UNKNOWN, |right| self.state_within(right, depth + 1))
            }
            "comparison_operator" | "not_operator" | "instanceof_expression" => State::CLEAN,
            "conditional_expression" | "ternary_expression" => self.conditional(node, depth),
            "string" | "concatenated_string" | "template_string" | "string_literal" => {
                let parts = self.joined(node, depth);
                let fixed = if parts.bits == 0 { 0 } else { self.fixed(node, depth) };
                parts.with(BUILT).safer(fixed)
            }
            "list_comprehension" | "set_comprehension" | "generator_expression" | "dictionary_comprehension" => {
                self.comprehension(node, depth)
            }
            "list" | "array" | "tuple" => {
                let mut state = self.list(node, depth);
                if self.is_command(node, depth) {
                    state = state.safer(class("argv"));
                }
                state
            }
            "lambda" | "arrow_function" | "function_expression" | "func_literal" | "closure_expression" | "lambda_expression" => {
                State::UNKNOWN
            }
            "if_expression" | "match_expression" | "switch_expression" | "block" | "unsafe_block" => self.chosen(node, depth),
            "token_tree" => self.tokens(node, depth),
            "keyword_argument" | "pair" | "keyed_element" => {
                let value = node.child_by_field_name("value").or_else(|| node.named_child(1));
                value.map_or(State::default(), |value| self.state_within(value, depth + 1))
            }
            _ if node.named_child_count() == 0 => State::default(),
            _ => self.joined(node, depth),
        }
    }

    pub(super) fn identifier(&self, node: Node<'_>) -> State {
        let text = of(node, self.text);
        if let Some(variable) = self.variable(text) {
            // By convention made safe.
            let safe = ["escaped", "quoted"].iter().any(|prefix| text.starts_with(prefix));
            return if safe { variable.state.safer(class("sql") | class("html")) } else { variable.state };
        }
        if matches!(text, "None" | "nil" | "undefined") {
            return State::default();
        }
        if let Some(harmless) = self.known.source(text) {
            return State::source(line(node), harmless);
        }
        // By convention a constant.
        let constant = is_capital(text);
        if constant || self.imports.contains_key(text) { State::default() } else { State::UNKNOWN }
    }

    pub(super) fn member(&mut self, node: Node<'_>, depth: u32) -> State {
        // A field that the file sets is what it is set to, whatever its name.
        let field = own_field(of(node, self.text));
        if let Some(field) = field {
            let known = [self.summary.field(field), self.learned.field(field)].into_iter().flatten().reduce(State::join);
            if let Some(state) = known {
                let own = ["self", "this"].iter().find_map(|name| self.variable(name)).map(|own| own.state);
                let state = own.filter(|own| own.is_foreign()).map_or(state, |own| state.join(own));
                return State { bits: if state.bits == 0 { 0 } else { state.bits | UNKNOWN }, ..state };
            }
        }
        if let Some(state) = self.source(node, "") {
            return state;
        }
        if let Some(field) = field.filter(|_| !self.known.typed) {
            // A property is what its function returns.
            let returned = self.summary.given_back(field);
            return returned.map_or(State::UNKNOWN, |returned| State { bits: returned.bits | UNKNOWN, ..returned });
        }
        let object = shape::receiver(node).or_else(|| node.child_by_field_name("array")).or_else(|| node.named_child(0));
        let Some(object) = object else { return State::UNKNOWN };
        if node.kind().contains("subscript") && object.kind() == "identifier" && is_capital(of(object, self.text)) {
            return State::CLEAN;
        }
        let last = node.child_by_field_name("property").or_else(|| node.named_child(1)).map_or("", |name| of(name, self.text));
        if matches!(last, "length" | "size") {
            return State::CLEAN;
        }
        let state = self.state_within(object, depth + 1);
        // A constant of a type, but in Go a field like any other: `request.URL`.
        if is_capital(last) && node.kind() != "selector_expression" && !state.is_foreign() {
            return State::default();
        }
        if state.constant() && unwrapped(object).kind() == "identifier" && self.variable(of(object, self.text)).is_none() {
            State::UNKNOWN
        } else {
            state
        }
    }

    pub(super) fn source(&self, node: Node<'_>, after: &str) -> Option<State> {
        let plain = self.name(node, false) + after;
        let full = self.name(node, true) + after;
        let found = self.known.source(&plain).or_else(|| if full == plain { None } else { self.known.source(&full) });
        found.map(|harmless| State::source(line(node), if self.known.typed { harmless | self.made_safe(&plain, &full) } else { harmless }))
    }

    pub(super) fn binary(&mut self, node: Node<'_>, depth: u32) -> State {
        let operator = node.child_by_field_name("operator").map_or("", |operator| operator.kind());
        if matches!(operator, "==" | "!=" | "<" | ">" | "<=" | ">=" | "===" | "!==" | "instanceof" | "in") {
            return State::CLEAN;
        }
        if operator == "&&"
            && let Some(right) = node.child_by_field_name("right")
        {
            return self.state_within(right, depth + 1);
        }
        // A chain leans to the left and may be long.
        let mut state = State::default();
        let mut text = false;
        let mut left = node;
        loop {
            let (first, second) = (left.child_by_field_name("left"), left.child_by_field_name("right"));
            if let Some(second) = second {
                text |= is_text(second.kind()) || self.begins_text(second);
                let format = left.child_by_field_name("left").filter(|first| operator == "%" && first.kind() == "string");
                let of_second = match format {
                    Some(format) => self.formatted(format, second, depth),
                    None => self.state_within(second, depth + 1),
                };
                state = state.join(of_second);
            }
            match first {
                Some(first) if first.kind() == node.kind() && self.steps < STEPS => {
                    left = first;
                    self.steps += 1;
                }
                Some(first) => {
                    text |= is_text(first.kind()) || self.begins_text(first);
                    state = state.join(self.state_within(first, depth + 1));
                    break;
                }
                None => break,
            }
        }
        if !matches!(operator, "+" | "%" | "+=") {
            return state;
        }
        if state.bits != 0 {
            state = state.safer(self.fixed(node, depth));
        }
        if text { state.with(BUILT) } else { state }
    }

    /// One of two values; a condition that checks a value has checked it where it is used.
    fn conditional(&mut self, node: Node<'_>, depth: u32) -> State {
        let parts: Vec<Node<'_>> = children(node).collect();
        let condition = node.child_by_field_name("condition").or_else(|| (parts.len() == 3).then(|| parts[1]));
        let checked = condition.map(|condition| self.checked_in(condition)).unwrap_or_default();
        let mut state = State::default();
        for part in parts.into_iter().filter(|part| Some(part.id()) != condition.map(|condition| condition.id())) {
            let mut of_part = self.state_within(part, depth + 1);
            let text = of(part, self.text);
            if text.len() <= NAME {
                let classes = checked.iter().filter(|(name, _)| text.contains(name.as_str()));
                of_part = of_part.safer(classes.fold(0, |all, (_, classes)| all | classes));
            }
            state = state.join(of_part);
        }
        state
    }

    /// What a list holds. After `--` a program takes no options.
    fn list(&mut self, node: Node<'_>, depth: u32) -> State {
        let mut state = State::default();
        let mut after = false;
        for child in children(node) {
            let of_child = self.state_within(child, depth + 1);
            state = state.join(if after { of_child.safer(NUMBER) } else { of_child });
            after |= matches!(of(child, self.text), "'--'" | "\"--\"" | "'--end-of-options'" | "\"--end-of-options\"");
        }
        state
    }

    /// What `text % values` holds: what is written as a number can do no more harm than one.
    fn formatted(&mut self, format: Node<'_>, values: Node<'_>, depth: u32) -> State {
        let text = of(format, self.text).replace("%%", "");
        let verbs: Vec<char> = text
            .split('%')
            .skip(1)
            .filter_map(|rest| rest.trim_start_matches(|c: char| c.is_ascii_digit() || "+-# .".contains(c)).chars().next())
            .collect();
        let parts: Vec<Node<'_>> = if values.kind() == "tuple" { children(values).collect() } else { vec![values] };
        let mut state = State::default();
        for (place, part) in parts.into_iter().enumerate() {
            let of_part = self.state_within(part, depth + 1);
            let number = verbs.get(place).is_some_and(|verb| matches!(verb, 'd' | 'i' | 'u' | 'x' | 'X' | 'o' | 'f' | 'e' | 'g'));
            state = state.join(if number { of_part.safer(NUMBER) } else { of_part });
        }
        state
    }

    /// Whether a list of arguments begins with a program that is known, and that is no shell which is given a command.
    fn is_command(&mut self, node: Node<'_>, depth: u32) -> bool {
        let Some(first) = children(node).next() else { return true };
        // What stands after such an option is a line for a shell; of other programs it is a number or a constant.
        let parts: Vec<Node<'_>> = children(node).take(4).collect();
        for pair in parts.windows(2) {
            let option = of(pair[0], self.text).trim_matches(['"', '\'', '`']);
            if matches!(option, "-c" | "/c" | "-Command" | "-lc" | "-e") {
                let line = self.state_within(pair[1], depth + 1);
                if !line.constant() && !line.is_number() {
                    return false;
                }
            }
        }
        !self.state_within(first, depth + 1).is_harmful()
    }

    /// What a text that is put together is safe for because of how it begins: an address whose host is there already.
    fn fixed(&mut self, node: Node<'_>, depth: u32) -> u16 {
        let host = class("url") | class("redirect");
        let mut first = node;
        let mut next = None;
        for _ in 0..DEPTH {
            match first.child_by_field_name("left") {
                Some(left) if matches!(first.kind(), "binary_operator" | "binary_expression") => {
                    next = first.child_by_field_name("right");
                    first = unwrapped(left);
                }
                _ => break,
            }
        }
        if first.kind() == "concatenated_string" {
            first = first.named_child(0).unwrap_or(first);
        }
        if is_text(first.kind()) {
            let text = of(first, self.text);
            let inner = text.trim_start_matches(|character: char| character.is_ascii_alphabetic()).trim_start_matches(['"', '\'', '`']);
            if has_host(inner) {
                return host;
            }
            if !inner.starts_with(['{', '$']) {
                return 0;
            }
            // What stands first is put in: it decides on the host.
            let hole = children(first).find(|child| matches!(child.kind(), "interpolation" | "template_substitution"));
            let Some(hole) = hole else { return 0 };
            let rest = self.text.get(hole.end_byte()..first.end_byte()).unwrap_or("");
            return if rest.starts_with(['/', '?']) && !self.state_within(hole, depth + 1).is_harmful() { host } else { 0 };
        }
        let slash = next.is_some_and(|next| of(next, self.text).trim_start_matches(['f', '"', '\'', '`']).starts_with(['/', '?']));
        let state = self.state_within(first, depth + 1);
        if (slash && !state.is_harmful()) || (state.constant() && next.is_some()) { host } else { 0 }
    }
}

/// Whether a text begins with an address up to the end of its host, or with a path of this server.
fn has_host(text: &str) -> bool {
    let known = |text: &str| text.find(['{', '$', '%', '"', '\'', '`']).map_or(text.len(), |end| end);
    if let Some((scheme, rest)) = text.split_once("://")
        && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.'))
        && !scheme.is_empty()
    {
        let end = known(rest);
        return end > 1 && rest[..end].find(['/', '?', '#']).is_some_and(|slash| slash > 0);
    }
    let mut characters = text.chars();
    match (characters.next(), characters.next()) {
        (Some('/'), Some(second)) => !matches!(second, '/' | '\\' | '{' | '$' | '%' | '"' | '\'' | '`'),
        (Some('?' | '#'), _) => true,
        _ => false,
    }
}
