//! How does data get from one function of a file to another, into what a call fills, and into the parameters of a closure?

use super::*;

impl<'a> Scopes<'a> {
    /// Binds what a function is a method of, untrusted if a call in the file has it so.
    pub(super) fn own(&self, function: Node<'_>, name: &str, frame: &mut HashMap<String, Variable>) {
        let state = match self.summary.given_object(name) {
            Some(clean) => State { bits: HANDED | OWN, ..State::source(line(function), clean) },
            None => State { bits: UNKNOWN | OWN, ..State::UNKNOWN },
        };
        if let Some(receiver) = function.child_by_field_name("receiver").and_then(|list| list.named_child(0)) {
            if let Some(name) = receiver.child_by_field_name("name") {
                frame.insert(of(name, self.text).to_owned(), Variable { state, ..Variable::default() });
            }
        } else if state.is_foreign() {
            for name in ["self", "this"] {
                frame.insert(name.to_owned(), Variable { state, ..Variable::default() });
            }
        }
    }

    /// Whether an annotation or an attribute of a function says that its parameters come from outside.
    pub(super) fn is_annotated(&mut self, function: Node<'_>) -> bool {
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
        (state.is_foreign()).then_some(State { bits: state.bits & !(BUILT | OWN), ..state })
    }

    /// Binds the names of a pattern to what is matched.
    pub(crate) fn arm(&mut self, arm: Node<'_>, around: &[Node<'_>]) {
        let [.., choice, _] = around else { return };
        let (Some(pattern), Some(value)) = (arm.child_by_field_name("pattern"), choice.child_by_field_name("value")) else { return };
        let state = self.state(value);
        if state.bits & (SOURCE | HANDED | PARAMETER) == 0 {
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
        let (plain, full) = (called(&plain), called(&full));
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
            let state = State::source(line(node), 0);
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
        } else if !state.is_foreign() {
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
        let declared = old.state.rest;
        let mut new = old.state.join(state);
        // What only holds numbers still does.
        if !old.state.is_foreign() && old.origin.as_deref().is_some_and(is_harmless) {
            new = new.safer(declared | NUMBER);
        }
        self.keep(name, Variable { state: new, ..old }, false);
    }
}
