//! What does a walk learn of the functions of a file: what they are given, and what they return?

use super::*;

impl Scopes<'_> {
    /// Learns from a call which parameters it gives untrusted data, and whether a method is called on any.
    pub(crate) fn learn_call(&mut self, call: &shape::Call<'_>) {
        let Some(name) = call.callee.map(|callee| callee_name(callee, self.text)).filter(|name| self.summary.is_one(name)) else {
            return;
        };
        let mut place = 0;
        for argument in &call.arguments {
            let parameter = match &argument.name {
                Some(own) => Parameter::Name(own.clone()),
                None => {
                    place += 1;
                    Parameter::Place(place - 1)
                }
            };
            self.learn_given(name, parameter, argument.node);
        }
        if let Some(object) = call.object.filter(|_| self.known.typed) {
            self.learn_given(name, Parameter::Object, object);
        }
    }

    fn learn_given(&mut self, name: &str, parameter: Parameter, node: Node<'_>) {
        let state = self.state(node);
        if state.is_harmful() {
            self.learned.give(name, parameter, state.clean);
        }
    }

    /// Learns that a call gives the function with this name data from outside.
    pub(crate) fn learn_callback(&mut self, node: Node<'_>, call: &shape::Call<'_>) {
        let named: Vec<&str> = call
            .arguments
            .iter()
            .filter(|argument| argument.name.is_none() && matches!(argument.node.kind(), "identifier" | "attribute" | "member_expression"))
            .map(|argument| callee_name(argument.node, self.text))
            .filter(|name| self.summary.is_one(name))
            .collect();
        if named.is_empty() || !self.calls_back(node, call) {
            return;
        }
        for name in named {
            for place in 0..4 {
                self.learned.give(name, Parameter::Place(place), 0);
            }
        }
    }

    /// Whether a call calls the functions given to it with data from outside.
    pub(super) fn calls_back(&self, node: Node<'_>, call: &shape::Call<'_>) -> bool {
        let name = self.name(node, false);
        let name = called(&name);
        if self.known.callbacks.has(name) {
            return true;
        }
        let first = call.arguments.first().map_or("", |first| of(first.node, self.text));
        first.len() <= 64
            && first.starts_with(['"', '\''])
            && self.known.callbacks.has(&format!("{name}({})", first.trim_matches(['"', '\''])))
    }

    /// Learns what is known of what leaves a function.
    pub(crate) fn learn_return(&mut self, node: Node<'_>) {
        if !self.is_learned() {
            return;
        }
        let values: Vec<Node<'_>> = children(node).filter(|child| !child.kind().contains("comment")).take(8).collect();
        if values.is_empty() && self.known.typed {
            self.learn_returned(State::UNKNOWN);
        }
        for value in values {
            self.learn_value(value);
        }
    }

    /// Learns from the last expression of a function, in languages where that is what it returns.
    pub(crate) fn learn_tail(&mut self, function: Node<'_>) {
        if function.kind() != "function_item" || function.child_by_field_name("return_type").is_none() || !self.is_learned() {
            return;
        }
        let Some(body) = function.child_by_field_name("body") else { return };
        if let Some(last) = children(body).filter(|child| !child.kind().contains("comment")).last() {
            self.learn_value(last);
        }
    }

    fn learn_value(&mut self, value: Node<'_>) {
        // Of several values, the first is what was asked for and the last is the error.
        let several = self.known.typed && value.kind() == "expression_list";
        let value = if several { value.named_child(0).unwrap_or(value) } else { value };
        let value = unwrapped(value);
        // An error is not what a caller goes on with.
        let failure = self.known.typed
            && shape::call(value, self.text).and_then(|call| call.callee).is_some_and(|callee| of(callee, self.text) == "Err");
        if !failure && !matches!(value.kind(), "return_expression" | "return_statement") {
            let state = self.state(value);
            self.learn_returned(state);
        }
    }

    fn learn_returned(&mut self, state: State) {
        if let Some(name) = self.within.last().map(|(name, _)| *name).filter(|name| self.summary.is_one(name)) {
            self.learned.give_back(name, State { bits: state.bits & !OWN, ..state });
        }
    }

    fn is_learned(&self) -> bool {
        self.within.last().is_some_and(|(name, _)| self.summary.is_one(name))
    }

    /// Learns what is known of the expression that a function without statements is.
    pub(crate) fn learn_expression(&mut self, function: Node<'_>) {
        let Some(body) = function.child_by_field_name("body").filter(|body| body.kind() != "statement_block") else { return };
        if let Some(name) = self.within.last().map(|(name, _)| *name).filter(|name| self.summary.is_one(name)) {
            let state = self.state(body);
            self.learned.give_back(name, state);
        }
    }
}
