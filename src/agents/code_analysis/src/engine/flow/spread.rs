//! How does data get from one function of a file to another, into what a call fills, and into the parameters of a closure?

use super::*;
use crate::engine::summary::Returned;

impl<'a> Scopes<'a> {
    /// Learns from a call which parameters it gives untrusted data.
    pub(crate) fn learn_call(&mut self, call: &shape::Call<'_>) {
        let Some(name) = call.callee.map(|callee| callee_name(callee, self.text)).filter(|name| self.summary.is_one(name)) else {
            return;
        };
        let positional = call.arguments.iter().filter(|argument| argument.name.is_none());
        let nodes: Vec<Node<'_>> = positional.map(|argument| argument.node).collect();
        for (place, node) in nodes.into_iter().enumerate() {
            self.learn_given(name, place, node);
        }
        if let Some(object) = call.object {
            self.learn_given(name, OBJECT, object);
        }
    }

    fn learn_given(&mut self, name: &str, place: usize, node: Node<'_>) {
        let state = self.state(node);
        if state.bits & SOURCE != 0 && state.clean != u16::MAX {
            self.learned.give(name, place, state.clean);
        }
    }

    /// Learns from what leaves a function what it returns.
    pub(crate) fn learn_return(&mut self, node: Node<'_>) {
        let values: Vec<Node<'_>> = children(node).filter(|child| !child.kind().contains("comment")).take(8).collect();
        if values.is_empty() {
            self.learn_returned(State::UNKNOWN);
        }
        for value in values {
            // Of several values, the first is what was asked for and the last is the error.
            let value = if value.kind() == "expression_list" { value.named_child(0).unwrap_or(value) } else { value };
            self.learn_value(value);
        }
    }

    /// Learns from the last expression of a function, in languages where that is what it returns.
    pub(crate) fn learn_tail(&mut self, function: Node<'_>) {
        if function.kind() != "function_item" || function.child_by_field_name("return_type").is_none() {
            return;
        }
        let Some(body) = function.child_by_field_name("body") else { return };
        if let Some(last) = children(body).filter(|child| !child.kind().contains("comment")).last() {
            self.learn_value(last);
        }
    }

    fn learn_value(&mut self, value: Node<'_>) {
        let value = unwrapped(value);
        // An error is not what a caller goes on with.
        let failure = shape::call(value, self.text).and_then(|call| call.callee).is_some_and(|callee| of(callee, self.text) == "Err");
        if !failure && !matches!(value.kind(), "return_expression" | "return_statement") {
            let state = self.state(value);
            self.learn_returned(state);
        }
    }

    fn learn_returned(&mut self, state: State) {
        let Some(name) = self.within.last().copied().filter(|name| self.summary.is_one(name)) else { return };
        let clean = if state.constant() { u16::MAX } else { state.clean };
        let source = state.bits & SOURCE != 0 && state.clean != u16::MAX;
        self.learned.give_back(name, Returned { source, built: state.bits & BUILT != 0, clean });
    }

    /// Binds what a function is a method of, untrusted if a call in the file has it so.
    pub(super) fn own(&self, function: Node<'_>, name: &str, frame: &mut HashMap<String, Variable>) {
        let state = match self.summary.given(name, OBJECT) {
            Some(clean) => State { bits: SOURCE | OWN, clean, line: line(function) },
            None => State { bits: UNKNOWN | OWN, clean: 0, line: 0 },
        };
        if let Some(receiver) = function.child_by_field_name("receiver").and_then(|list| list.named_child(0)) {
            if let Some(name) = receiver.child_by_field_name("name") {
                frame.insert(of(name, self.text).to_owned(), Variable { state, ..Variable::default() });
            }
        } else if state.bits & SOURCE != 0 {
            for name in ["self", "this"] {
                frame.insert(name.to_owned(), Variable { state, ..Variable::default() });
            }
        }
    }

    /// Whether an annotation or an attribute of a function says that its parameters come from outside.
    pub(super) fn is_entry(&mut self, function: Node<'_>) -> bool {
        let attributes = std::mem::take(&mut self.attributes);
        if self.known.entry_functions.is_empty() || !matches!(function.kind(), "method_declaration" | "function_item") {
            return false;
        }
        let modifiers = children(function).find(|child| child.kind() == "modifiers").map(|modifiers| of(modifiers, self.text));
        let marks = |text: &str| self.known.entry_functions.iter().any(|entry| text.contains(entry));
        modifiers.is_some_and(|text| marks(&text[..text.floor_char_boundary(ANNOTATED)])) || attributes.iter().any(|text| marks(text))
    }

    /// Remembers the attributes before a function.
    pub(crate) fn attribute(&mut self, node: Node<'_>) {
        match node.kind() {
            "attribute_item" if self.attributes.len() < 16 => {
                let text = self.text.get(node.byte_range()).unwrap_or("");
                self.attributes.push(&text[..text.floor_char_boundary(ANNOTATED)]);
            }
            "struct_item" | "enum_item" | "mod_item" | "impl_item" | "let_declaration" | "use_declaration" | "field_declaration"
            | "const_item" | "static_item" | "enum_variant" => self.attributes.clear(),
            _ => {}
        }
    }

    /// What is known of the object of the method that a closure is handed to: it calls the closure with parts of it.
    pub(super) fn called_on(&mut self, function: Node<'_>, around: &[Node<'_>]) -> Option<State> {
        let closure = matches!(
            function.kind(),
            "closure_expression" | "lambda_expression" | "lambda" | "arrow_function" | "function_expression" | "func_literal"
        );
        let [.., call, list] = around else { return None };
        if !closure || !matches!(list.kind(), "arguments" | "argument_list") {
            return None;
        }
        let object = shape::call(*call, self.text)?.object?;
        let state = self.state(object);
        (state.bits & SOURCE != 0).then_some(State { bits: state.bits & !(BUILT | OWN), ..state })
    }

    /// Binds the names of a pattern to what is matched.
    pub(crate) fn arm(&mut self, arm: Node<'_>, around: &[Node<'_>]) {
        let [.., choice, _] = around else { return };
        let (Some(pattern), Some(value)) = (arm.child_by_field_name("pattern"), choice.child_by_field_name("value")) else { return };
        let state = self.state(value);
        if state.bits & (SOURCE | PARAMETER) == 0 {
            return;
        }
        let mut names = Vec::new();
        // A pattern may hold a condition after it.
        let pattern = if pattern.kind() == "match_pattern" { pattern.named_child(0).unwrap_or(pattern) } else { pattern };
        bound(pattern, self.text, &mut names, 0);
        for name in names.into_iter().filter(|name| !name.starts_with(|c: char| c.is_ascii_uppercase())) {
            if let Some(frame) = self.frames.last_mut() {
                frame.insert(name, Variable { state, ..Variable::default() });
            }
        }
    }

    /// What a call writes into the variables that it is given the addresses of, and what it checks.
    pub(super) fn spread(&mut self, node: Node<'_>, call: &shape::Call<'_>) {
        let (plain, full) = (self.name(node, false), self.name(node, true));
        let (plain, full) = (plain.trim_end_matches("()"), full.trim_end_matches("()"));
        let is = |names: &Names<'_, ()>| names.has(plain) || (full != plain && names.has(full));
        if is(&self.known.guards) {
            self.guard(call);
        }
        let fills = is(&self.known.fills);
        let lent: Vec<Node<'_>> = call.arguments.iter().map(|argument| argument.node).filter(|node| self.is_lent(*node)).collect();
        if plain.ends_with("write!") || plain.ends_with("writeln!") {
            let target = call.arguments.first().and_then(|argument| self.root(argument.node));
            if let (Some(target), Some(argument)) = (target, call.arguments.first()) {
                let state = self.state(argument.node).with(BUILT);
                self.pour(target, state);
            }
            return;
        }
        if fills {
            let state = State { bits: SOURCE, clean: 0, line: line(node) };
            let into: Vec<Node<'_>> = if lent.is_empty() { call.arguments.iter().map(|argument| argument.node).collect() } else { lent };
            for target in into {
                if let Some(root) = self.root(target) {
                    self.pour(root, state);
                }
            }
            return;
        }
        if lent.is_empty() {
            return;
        }
        let prints = plain.rsplit('.').next().is_some_and(|name| name.starts_with("Fprint"));
        let mut state = call.object.map_or(State::default(), |object| self.state(object));
        for argument in &call.arguments {
            if !lent.iter().any(|node| node.id() == argument.node.id()) {
                state = state.join(self.state(argument.node));
            }
        }
        if prints {
            state = state.with(BUILT);
        } else if state.bits & SOURCE == 0 {
            return;
        }
        for target in lent {
            if let Some(root) = self.root(target) {
                self.pour(root, state);
            }
        }
    }

    /// Whether an argument is an address that the callee may write to.
    fn is_lent(&self, node: Node<'_>) -> bool {
        match node.kind() {
            "unary_expression" => of(node, self.text).starts_with('&'),
            "reference_expression" => children(node).any(|child| child.kind() == "mutable_specifier"),
            _ => false,
        }
    }

    /// Adds to what a variable holds.
    fn pour(&mut self, target: Node<'_>, state: State) {
        let name = of(target, self.text).to_owned();
        let old = self.variable(&name).cloned().unwrap_or_default();
        let declared = old.state.clean;
        let mut new = old.state.join(state);
        // What only holds numbers still does.
        if old.state.bits & SOURCE == 0 && old.origin.as_deref().is_some_and(is_harmless) {
            new.clean |= declared | ALL;
        }
        if let Some(frame) = self.frames.last_mut() {
            frame.insert(name, Variable { state: new, ..old });
        }
    }
}
