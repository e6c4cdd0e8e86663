//! What is known of what a call gives, and of what a function makes of the elements that it is called with?

use super::choice::is_other_form;
use super::*;

impl Scopes<'_> {
    /// The classes that calls of these names make values safe for.
    pub(super) fn made_safe(&self, plain: &str, full: &str) -> u16 {
        self.known.sanitizers.of(plain).chain(self.known.sanitizers.of(full)).fold(0, |all, class| all | class)
    }

    pub(super) fn call(&mut self, node: Node<'_>, depth: u32) -> State {
        let Some(call) = shape::call(node, self.text) else { return State::UNKNOWN };
        let plain = self.name(node, false);
        let full = self.name(node, true);
        let (plain, full) = (called(&plain), called(&full));
        let is = |names: &Names<'_, ()>| names.has(plain) || (full != plain && names.has(full));
        let typed = self.known.typed;
        // These only wrap a value.
        if let [wrapped] = call.arguments.as_slice()
            && typed
            && matches!(plain, "Ok" | "Some" | "Box.new" | "Arc.new" | "Rc.new" | "String.from" | "Cow.from" | "PathBuf.from" | "Path.new")
        {
            return self.state_within(wrapped.node, depth + 1);
        }
        let source = self.known.source(plain).or_else(|| if full == plain { None } else { self.known.source(full) });
        let clean = self.made_safe(plain, full);
        if let Some(harmless) = source {
            // A source may be harmless for some classes: who starts the program may name any file.
            return State::source(line(node), if typed { harmless | clean } else { harmless });
        }
        // A function of this file, whose returns are known.
        let returned = call.callee.and_then(|callee| self.summary.given_back(callee_name(callee, self.text)));
        let own = call.object.map(unwrapped).is_none_or(|object| matches!(of(object, self.text), "this" | "self" | "cls"))
            || (typed && self.is_own(call.object));
        if let Some(returned) = returned.filter(|_| own || typed) {
            if returned.bits & SOURCE != 0 && returned.is_harmful() {
                return State { bits: returned.bits & !HANDED, line: line(node), ..returned };
            }
            if own && !typed && returned.bits & (PARAMETER | HANDED) == 0 {
                return returned;
            }
        }
        if let Some(state) = self.each(&call, depth) {
            return state;
        }
        // What a table of the program holds is the program's, whichever entry is asked for.
        let of_table = call.object.map(unwrapped).is_some_and(|object| object.kind() == "identifier" && is_capital(of(object, self.text)));
        let method = plain.rsplit('.').next().unwrap_or(plain);
        let looks_up = matches!(method, "get" | "getOrDefault" | "getOrElse");
        let lists = matches!(method, "items" | "keys" | "values" | "entries" | "find" | "iter");
        if of_table && (looks_up || lists) {
            return State::CLEAN;
        }
        // What is remembered is what the function that makes it gives.
        if method == "useMemo"
            && let Some(body) = call.arguments.first().and_then(|argument| argument.node.child_by_field_name("body"))
            && body.kind() != "statement_block"
        {
            return self.state_within(body, depth + 1);
        }
        // What is looked up comes from where it is looked up.
        if !(own && returned.is_some()) && is(&self.known.lookups) {
            let state = call.object.map_or(State::UNKNOWN, |object| self.state_within(object, depth + 1));
            return if state.constant() && call.object.is_some_and(|object| self.is_known(object)) {
                State::CLEAN
            } else {
                State { bits: state.bits | UNKNOWN, ..state }
            };
        }
        if clean == u16::MAX || (own && !typed && returned.is_some_and(|returned| returned.clean == u16::MAX)) {
            return State::CLEAN;
        }
        let joins = is(&self.known.builders);
        if joins && typed && self.writes_numbers(&call) {
            return State::CLEAN;
        }
        let mut state = self.given(&call, plain, method, joins, depth);
        // A tag of a template gets its parts apart from its text; those that are known escape them.
        if call.arguments.len() == 1 && call.arguments[0].node.kind() == "template_string" && full != "String.raw" {
            state = state.safer(class("sql") | class("html"));
        }
        if is_collection(plain) && state.bits == 0 {
            return state;
        }
        let builds = joins || (own && !typed && returned.is_some_and(|returned| returned.bits & BUILT != 0));
        if builds {
            state = state.with(BUILT);
        } else if call.object.is_none() {
            state.bits &= !BUILT;
        }
        if typed {
            if clean & NUMBER == NUMBER {
                return State { bits: state.bits | UNKNOWN, ..state }.safer(clean);
            }
            state = state.safer(self.passed(&call, method));
        }
        if state.bits == 0 && call.object.is_some() && is_other_form(method) {
            return state;
        }
        if typed && returned.is_some_and(|returned| returned.bits & BUILT != 0) {
            state.bits |= BUILT | UNKNOWN;
        }
        // What an unknown call gives is not constant, unless it is a method of a constant.
        if state.bits == 0 && !builds && clean == 0 && call.object.is_none_or(|object| !is_text(unwrapped(object).kind())) {
            state = State::UNKNOWN;
        }
        state = state.safer(clean);
        if !typed {
            state = state.safer(self.replaced(&call, method));
        }
        // A method of this name is the file's where no other of the file has it.
        let known = own || (typed && call.callee.is_some_and(|callee| self.summary.is_one(callee_name(callee, self.text))));
        match returned.filter(|_| known) {
            Some(returned) => state.safer_as(returned),
            None => state,
        }
    }

    /// What the arguments of a call and what it is called on hold.
    fn given(&mut self, call: &shape::Call<'_>, plain: &str, method: &str, joins: bool, depth: u32) -> State {
        let typed = self.known.typed;
        // What is looked up in something is of it, not of the key.
        let looks_up = matches!(method, "get" | "getOrDefault" | "getOrElse");
        let keyed = typed && looks_up && call.object.is_some_and(|object| self.is_known_object(object));
        // What a path is put below is the program's, unless it is known to come from outside.
        let below = typed && joins && (matches!(method, "join" | "resolve") || (method == "Join" && plain.contains("ath")));
        let base = |state: State| {
            let own = below && state.bits & (SOURCE | HANDED | PARAMETER) == PARAMETER;
            if own { State { bits: state.bits & !PARAMETER | UNKNOWN, ..state } } else { state }
        };
        let mut state = State::default();
        for (place, argument) in call.arguments.iter().enumerate().skip(usize::from(keyed)) {
            let of_argument = self.state_within(argument.node, depth + 1);
            state = state.join(if place == 0 && method == "Join" { base(of_argument) } else { of_argument });
        }
        if let Some(object) = call.object.filter(|object| !(typed && self.is_type(*object))) {
            let of_object = self.state_within(object, depth + 1);
            state = state.join(base(of_object));
        }
        state
    }

    /// What it makes a text safe for that characters are replaced in it: those that begin markup or a line, or all but a few.
    fn replaced(&self, call: &shape::Call<'_>, method: &str) -> u16 {
        if !matches!(method, "replace" | "replaceAll" | "sub") {
            return 0;
        }
        let Some(first) = call.arguments.first() else { return 0 };
        let pattern = of(first.node, self.text);
        if pattern.len() > NAME || !pattern.starts_with(['/', '"', '\'', 'r']) {
            return 0;
        }
        let inner = pattern.trim_start_matches(['/', 'r', '"', '\'']).trim_end_matches(|c: char| c.is_ascii_alphabetic());
        let inner = inner.trim_end_matches(['/', '"', '\'', '+']);
        if let Some(kept) = inner.strip_prefix("[^").and_then(|rest| rest.strip_suffix(']')) {
            // What is kept is none of what any interpreter takes for its own.
            let plain = kept.replace("\\w", "").replace("\\d", "").replace("\\-", "").replace("\\.", "");
            return if plain.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.')) { NUMBER } else { 0 };
        }
        let all = pattern.starts_with('/') && !pattern.ends_with('/') || method != "replace";
        let mut classes = 0;
        if inner.starts_with('[') && inner.contains('<') && inner.contains('&') && all {
            classes |= class("html");
        }
        if inner.starts_with('[') && inner.contains("\\n") && inner.contains("\\r") && all {
            classes |= class("log") | class("header");
        }
        classes
    }

    /// What a method that hands values on makes them safe for: only what passes a test goes on.
    fn passed(&self, call: &shape::Call<'_>, method: &str) -> u16 {
        let mut clean = 0;
        if matches!(method, "then_some" | "then") && call.object.is_some_and(|object| self.tests(object)) {
            clean |= NUMBER;
        }
        if matches!(method, "map" | "and_then" | "filter_map" | "flatMap" | "flat_map" | "map_or" | "map_or_else") {
            for argument in &call.arguments {
                clean |= self.made_by(argument.node);
            }
        }
        if method == "filter" && call.arguments.iter().any(|argument| self.tests(argument.node)) {
            clean |= NUMBER;
        }
        clean
    }

    /// Whether something is a variable of this file.
    fn is_known(&self, node: Node<'_>) -> bool {
        let node = unwrapped(node);
        node.kind() == "identifier" && self.variable(of(node, self.text)).is_some()
    }

    /// What the elements are that a comprehension makes.
    pub(super) fn comprehension(&mut self, node: Node<'_>, depth: u32) -> State {
        let Some(body) = node.child_by_field_name("body") else { return self.joined(node, depth) };
        let mut frame = HashMap::new();
        for clause in children(node).filter(|child| child.kind() == "for_in_clause").take(8) {
            let state = clause.child_by_field_name("right").map_or(State::UNKNOWN, |right| self.state_within(right, depth + 1));
            let mut names = Vec::new();
            if let Some(left) = clause.child_by_field_name("left") {
                bound(left, self.text, &mut names, 0);
            }
            frame.extend(names.into_iter().map(|name| (name, Variable { state, ..Variable::default() })));
        }
        self.frames.push(frame);
        for clause in children(node).filter(|child| child.kind() == "if_clause").take(8) {
            self.check(clause);
        }
        let state = self.state_within(body, depth + 1);
        self.frames.pop();
        state
    }

    /// What `map` and its like make of the elements that they are called on.
    fn each(&mut self, call: &shape::Call<'_>, depth: u32) -> Option<State> {
        let object = call.object?;
        let name = call.callee.map_or("", |callee| callee_name(callee, self.text));
        if !matches!(name, "map" | "flatMap") || call.arguments.len() != 1 {
            return None;
        }
        let function = call.arguments.first().map(|argument| unwrapped(argument.node))?;
        let elements = self.state_within(object, depth + 1);
        if matches!(function.kind(), "identifier" | "member_expression") {
            let name = self.name(function, true);
            let clean = self.known.sanitizers.of(&name).fold(0, |all, class| all | class);
            let returned = self.summary.given_back(callee_name(function, self.text)).map_or(0, |returned| returned.clean);
            return Some(State { bits: elements.bits | UNKNOWN, ..elements }.safer(clean | returned));
        }
        if function.kind() != "arrow_function" {
            return None;
        }
        let body = function.child_by_field_name("body").filter(|body| body.kind() != "statement_block")?;
        let mut frame = HashMap::new();
        let list = function.child_by_field_name("parameters").or_else(|| function.child_by_field_name("parameter"))?;
        let parameters: Vec<Node<'_>> = if list.kind() == "formal_parameters" { children(list).take(4).collect() } else { vec![list] };
        for (place, parameter) in parameters.into_iter().enumerate() {
            let target = parameter.child_by_field_name("pattern").unwrap_or(parameter);
            let mut names = Vec::new();
            bound(target, self.text, &mut names, 0);
            let state = if place == 0 { elements } else { State::CLEAN };
            frame.extend(names.into_iter().map(|name| (name, Variable { state, ..Variable::default() })));
        }
        self.frames.push(frame);
        let state = self.state_within(body, depth + 1);
        self.frames.pop();
        Some(state)
    }
}

/// Whether a call of this name puts what it is given into a collection and does nothing else with it.
fn is_collection(name: &str) -> bool {
    matches!(
        name,
        "Map"
            | "Set"
            | "Object.freeze"
            | "frozenset"
            | "dict"
            | "set"
            | "tuple"
            | "list"
            | "MappingProxyType"
            | "Map.of"
            | "Set.of"
            | "List.of"
    )
}
