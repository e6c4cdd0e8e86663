//! What do variables hold after an assignment, and after a call that puts something into them?

use super::*;

impl Scopes<'_> {
    /// Takes an assignment into account. In a branch it adds to what the variable may hold.
    pub(crate) fn assign<'tree>(&mut self, node: Node<'tree>, parent: Option<Node<'tree>>, branched: bool) {
        let Some(assignment) = shape::assignment(node, parent) else { return };
        if matches!(node.kind(), "pair" | "keyword_argument" | "jsx_attribute") {
            return;
        }
        // The destructuring of a module in JavaScript is an import.
        if assignment.target.kind() == "object_pattern"
            && let Some(value) = assignment.value
            && let Some(module) = self.module(unwrapped(value))
        {
            for child in children(assignment.target) {
                let (key, name) = match (child.child_by_field_name("key"), child.child_by_field_name("value")) {
                    (Some(key), Some(value)) => (of(key, self.text), of(value, self.text)),
                    _ => (of(child, self.text), of(child, self.text)),
                };
                self.imports.insert(name.to_owned(), format!("{module}.{key}"));
            }
            return;
        }
        let targets = listed(assignment.target);
        let values = assignment.value.map(listed).unwrap_or_default();
        let pairwise = targets.len() > 1 && targets.len() == values.len();
        // What a closure assigns stays with the function that has the variable.
        let outer = matches!(node.kind(), "assignment_expression" | "augmented_assignment_expression");
        for (place, target) in targets.iter().enumerate() {
            let value = if pairwise { values.get(place).copied() } else { assignment.value };
            let mut state = value.map_or(State::default(), |value| self.state(value));
            state.bits &= !OWN;
            let declared = assignment.declared.map(|kind| of(kind, self.text).trim_start_matches([':', ' ', '*', '&']));
            if declared.is_some_and(is_harmless) {
                state = state.safer(NUMBER);
            }
            let origin = value.map(|value| self.name(unwrapped(value), true)).filter(|name| !name.is_empty() && !name.starts_with('?'));
            let origin = match (origin, declared) {
                (_, Some(declared)) if !matches!(declared, "var" | "any" | "string" | "String" | "Object" | "let" | "const") => {
                    Some(self.resolve_type(declared.split('<').next().unwrap_or(declared)))
                }
                (origin, _) => origin,
            };
            let literal = value.and_then(|value| self.literal(value));
            let (from, through) = match value {
                // In these languages what is compared is what was read out of something.
                Some(value) if self.known.typed => {
                    let whole = if state.bits & (SOURCE | HANDED | PARAMETER) == 0 { None } else { self.read_from(value) };
                    (whole.into_iter().collect(), class("url"))
                }
                Some(value) => self.parts(value),
                None => (Vec::new(), 0),
            };
            let mut made = Variable { state, origin, literal, from, through };
            if is_member(target.kind()) && target.end_byte() - target.start_byte() <= NAME {
                let name = of(*target, self.text);
                let old = if assignment.adds || branched { self.variable(name).map(|old| old.state) } else { None };
                let state = old.map_or(state, |old| old.join(state));
                let state = if assignment.adds { state.with(BUILT) } else { state };
                self.keep(name.to_owned(), Variable { state, ..made.clone() }, false);
                if let Some(field) = own_field(name) {
                    self.learned.set_field(field, state);
                    continue;
                }
            }
            // A text in a document is no markup, and what is noted at a request does not change what it holds.
            if is_member(target.kind()) {
                let name = of(*target, self.text);
                let (root, last) = (name.split(['.', '[']).next().unwrap_or(""), name.rsplit('.').next().unwrap_or(""));
                if !self.known.typed && is_surrounding(root) {
                    continue;
                }
                if !self.known.typed && is_plain_text(last) {
                    state = state.safer(class("html"));
                    made.state = state;
                }
            }
            let mut names = Vec::new();
            bound(*target, self.text, &mut names, 0);
            let whole = matches!(target.kind(), "identifier" | "variable_declarator" | "as_pattern_target")
                || names.len() > 1
                || target.kind().ends_with("pattern");
            for name in names {
                let old = self.variable(&name).cloned();
                let mut new = made.clone();
                // A part of an object: what the object holds grows.
                if (!whole || assignment.adds || branched)
                    && let Some(old) = old
                {
                    new.state = if state.is_number() && whole && !assignment.adds { state } else { old.state.join(state) };
                    if assignment.adds {
                        // What a part grows by does not put the whole together.
                        new.state = if whole { new.state.with(BUILT) } else { new.state };
                        // More arguments do not change the program.
                        new.state = new.state.safer(old.state.rest & class("argv"));
                    }
                    if !whole || assignment.adds {
                        new.origin = old.origin;
                        new.literal = old.literal;
                    }
                    new.from.extend(old.from);
                    new.from.truncate(PARTS);
                }
                self.keep(name, new, outer);
            }
        }
    }

    /// Sets a variable: in the function that has it already, or in the innermost.
    pub(super) fn keep(&mut self, name: String, variable: Variable, outer: bool) {
        let last = self.frames.len().saturating_sub(1);
        let place = if outer {
            self.frames.iter().enumerate().rev().take(FRAMES).find(|(_, frame)| frame.contains_key(&name)).map_or(last, |(place, _)| place)
        } else {
            last
        };
        if let Some(frame) = self.frames.get_mut(place) {
            // A closure may run or not.
            let state = match frame.get(&name) {
                Some(old) if place < last => old.state.join(variable.state),
                _ => variable.state,
            };
            frame.insert(name, Variable { state, ..variable });
        }
    }

    /// The variables that an expression is made of, and for which classes a check of it is a check of them.
    fn parts(&self, value: Node<'_>) -> (Vec<String>, u16) {
        let mut names = Vec::new();
        let mut todo = vec![value];
        let mut seen = 0;
        while let Some(node) = todo.pop() {
            seen += 1;
            if seen > PARTS_SEEN || names.len() >= PARTS {
                break;
            }
            match node.kind() {
                "identifier" => names.push(of(node, self.text).to_owned()),
                kind if is_member(kind) && node.end_byte() - node.start_byte() <= NAME => {
                    names.push(of(node, self.text).to_owned());
                    todo.extend(shape::receiver(node));
                }
                _ => todo.extend(children(node).take(16)),
            }
        }
        names.retain(|name| !self.imports.contains_key(name));
        (names, check::classes_of(of(value, self.text)))
    }

    /// A call that puts something into what it is called on: `query.append(…)`.
    pub(crate) fn grow(&mut self, node: Node<'_>) {
        let Some(call) = shape::call(node, self.text) else { return };
        self.spread(node, &call);
        let Some(object) = call.object.map(unwrapped) else { return };
        let field = own_field(of(object, self.text)).map(str::to_owned);
        if field.is_none() && object.kind() != "identifier" {
            return;
        }
        let method = call.callee.map(|callee| of(callee, self.text)).unwrap_or("");
        let method = method.rsplit('.').next().unwrap_or(method);
        if !matches!(method, "append" | "push" | "push_str" | "add" | "put" | "insert" | "WriteString" | "extend" | "concat" | "set") {
            return;
        }
        let state = call.arguments.iter().fold(State::default(), |state, argument| state.join(self.state(argument.node)));
        let text = matches!(method, "append" | "push_str" | "WriteString" | "concat");
        if let Some(field) = field {
            self.learned.set_field(&field, if text { state.with(BUILT) } else { state });
            return;
        }
        let name = of(object, self.text).to_owned();
        let Some(old) = self.variable(&name).cloned() else { return };
        let mut state = old.state.join(if text { state.with(BUILT) } else { state });
        // More arguments do not change the program.
        state = state.safer(old.state.rest & class("argv"));
        self.keep(name, Variable { state, ..old }, true);
    }
}

/// Objects that hold so much that one part says nothing of the others.
fn is_surrounding(name: &str) -> bool {
    matches!(
        name,
        "req"
            | "request"
            | "ctx"
            | "context"
            | "res"
            | "response"
            | "window"
            | "document"
            | "module"
            | "exports"
            | "process"
            | "app"
            | "session"
            | "g"
    )
}

/// Properties of elements of a document that are text and not markup.
fn is_plain_text(name: &str) -> bool {
    matches!(
        name,
        "textContent"
            | "innerText"
            | "nodeValue"
            | "className"
            | "title"
            | "value"
            | "id"
            | "alt"
            | "placeholder"
            | "type"
            | "name"
            | "label"
    )
}

fn listed(node: Node<'_>) -> Vec<Node<'_>> {
    if matches!(node.kind(), "expression_list" | "pattern_list" | "tuple_pattern") { children(node).take(64).collect() } else { vec![node] }
}
