//! What is known of a value: where it comes from, what it was made safe for, whether it was put together?

use super::choice::is_other_form;
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
            "comparison_operator" | "not_operator" | "instanceof_expression" => State::CLEAN,
            "conditional_expression" | "ternary_expression" => {
                let parts: Vec<Node<'_>> = children(node).collect();
                let condition = node.child_by_field_name("condition").or_else(|| (parts.len() == 3).then(|| parts[1]));
                let mut state = State::default();
                for part in parts.into_iter().filter(|part| Some(part.id()) != condition.map(|condition| condition.id())) {
                    state = state.join(self.state_within(part, depth + 1));
                }
                state
            }
            "string" | "concatenated_string" | "template_string" | "string_literal" => {
                let parts = self.joined(node, depth);
                parts.with(BUILT)
            }
            "if_expression" | "match_expression" | "switch_expression" | "block" | "unsafe_block" => self.chosen(node, depth),
            "lambda" | "arrow_function" | "function_expression" | "func_literal" | "closure_expression" | "lambda_expression" => {
                State::UNKNOWN
            }
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
            return variable.state;
        }
        if matches!(text, "None" | "nil" | "undefined") {
            return State::default();
        }
        if self.known.sources.has(text) {
            return State { bits: SOURCE, clean: 0, line: line(node) };
        }
        // By convention a constant.
        let constant = is_capital(text);
        if constant || self.imports.contains_key(text) { State::default() } else { State::UNKNOWN }
    }

    pub(super) fn member(&mut self, node: Node<'_>, depth: u32) -> State {
        if let Some(state) = self.source(node, "") {
            return state;
        }
        let object = shape::receiver(node).or_else(|| node.child_by_field_name("array")).or_else(|| node.named_child(0));
        let Some(object) = object else { return State::UNKNOWN };
        if node.kind().contains("subscript") && object.kind() == "identifier" && is_capital(of(object, self.text)) {
            return State::CLEAN;
        }
        let last = node.named_child(1).map_or("", |name| of(name, self.text));
        if matches!(last, "length" | "size") {
            return State::CLEAN;
        }
        let state = self.state_within(object, depth + 1);
        // A constant of a type, but in Go a field like any other: `request.URL`.
        if is_capital(last) && node.kind() != "selector_expression" && state.bits & SOURCE == 0 {
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
        let found = self.known.sources.has(&plain) || (full != plain && self.known.sources.has(&full));
        // A source may be harmless for some classes: who starts the program may name any file.
        let clean = self.known.sanitizers.of(&plain).chain(self.known.sanitizers.of(&full)).fold(0, |all, class| all | class);
        found.then(|| State { bits: SOURCE, clean, line: line(node) })
    }

    pub(super) fn binary(&mut self, node: Node<'_>, depth: u32) -> State {
        let operator = node.child_by_field_name("operator").map_or("", |operator| operator.kind());
        if matches!(operator, "==" | "!=" | "<" | ">" | "<=" | ">=" | "===" | "!==" | "instanceof" | "in") {
            return State::CLEAN;
        }
        // A chain leans to the left and may be long.
        let mut state = State::default();
        let mut text = false;
        let mut left = node;
        loop {
            let (first, second) = (left.child_by_field_name("left"), left.child_by_field_name("right"));
            if let Some(second) = second {
                text |= is_text(second.kind()) || self.begins_text(second);
                state = state.join(self.state_within(second, depth + 1));
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
        if matches!(operator, "+" | "%" | "+=") && text { state.with(BUILT) } else { state }
    }

    pub(super) fn call(&mut self, node: Node<'_>, depth: u32) -> State {
        let Some(call) = shape::call(node, self.text) else { return State::UNKNOWN };
        let plain = self.name(node, false);
        let full = self.name(node, true);
        let (plain, full) = (plain.trim_end_matches("()"), full.trim_end_matches("()"));
        let is = |names: &Names<'_, ()>| names.has(plain) || (full != plain && names.has(full));
        // These only wrap a value.
        if let [wrapped] = call.arguments.as_slice()
            && matches!(plain, "Ok" | "Some" | "Box.new" | "Arc.new" | "Rc.new" | "String.from" | "Cow.from" | "PathBuf.from" | "Path.new")
        {
            return self.state_within(wrapped.node, depth + 1);
        }
        if is(&self.known.sources) {
            let clean = self.known.sanitizers.of(plain).chain(self.known.sanitizers.of(full)).fold(0, |all, class| all | class);
            return State { bits: SOURCE, clean, line: line(node) };
        }
        let returned = call.callee.and_then(|callee| self.summary.returned(callee_name(callee, self.text)));
        if let Some(returned) = returned.filter(|returned| returned.source) {
            let built = if returned.built { BUILT } else { 0 };
            return State { bits: SOURCE | built, clean: returned.clean, line: line(node) };
        }
        // What a table of the program holds is the program's, whichever entry is asked for.
        let of_table = call.object.map(unwrapped).is_some_and(|object| object.kind() == "identifier" && is_capital(of(object, self.text)));
        let method = plain.rsplit('.').next().unwrap_or(plain);
        let looks_up = matches!(method, "get" | "getOrDefault" | "getOrElse");
        if of_table && looks_up {
            return State::CLEAN;
        }
        let mut state = State::default();
        let mut clean = 0;
        for class in self.known.sanitizers.of(plain).chain(self.known.sanitizers.of(full)) {
            clean |= class;
        }
        if clean == u16::MAX {
            return State::CLEAN;
        }
        let builds = is(&self.known.builders);
        if builds && self.writes_numbers(&call) {
            return State::CLEAN;
        }
        // What is looked up in something is of it, not of the key.
        let keyed = looks_up && call.object.is_some_and(|object| self.is_known_object(object));
        // What a path is put below is the program's, unless it is known to come from outside.
        let below = builds && (matches!(method, "join" | "resolve") || (method == "Join" && plain.contains("ath")));
        let base = |state: State| {
            let own = below && state.bits & (SOURCE | PARAMETER) == PARAMETER;
            if own { State { bits: state.bits & !PARAMETER | UNKNOWN, ..state } } else { state }
        };
        for (place, argument) in call.arguments.iter().enumerate().skip(usize::from(keyed)) {
            let of_argument = self.state_within(argument.node, depth + 1);
            state = state.join(if place == 0 && method == "Join" { base(of_argument) } else { of_argument });
        }
        if let Some(object) = call.object.filter(|object| !self.is_type(*object)) {
            let of_object = self.state_within(object, depth + 1);
            state = state.join(base(of_object));
        }
        if builds {
            state = state.with(BUILT);
        } else if call.object.is_none() {
            state.bits &= !BUILT;
        }
        state.clean |= clean;
        if clean & ALL == ALL {
            state.bits |= UNKNOWN;
            return state;
        }
        // Only what passes a test goes on.
        if matches!(method, "then_some" | "then") && call.object.is_some_and(|object| self.tests(object)) {
            state.clean |= ALL;
        }
        if matches!(method, "map" | "and_then" | "filter_map" | "flatMap" | "flat_map" | "map_or" | "map_or_else") {
            for argument in &call.arguments {
                state.clean |= self.made_by(argument.node);
            }
        }
        if method == "filter" && call.arguments.iter().any(|argument| self.tests(argument.node)) {
            state.clean |= ALL;
        }
        if state.bits == 0 && call.object.is_some() && is_other_form(method) {
            return state;
        }
        if let Some(returned) = returned {
            if returned.built {
                state.bits |= BUILT | UNKNOWN;
            }
            if self.is_own(call.object) {
                state.clean |= returned.clean;
            }
        }
        // What an unknown call gives is not constant, unless it is a method of a constant.
        if state.bits == 0 && !builds && clean == 0 && call.object.is_none_or(|object| !is_text(unwrapped(object).kind())) {
            state = State::UNKNOWN;
        }
        state
    }
}
