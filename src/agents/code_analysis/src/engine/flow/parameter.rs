//! Where do the parameters of a function come from: from outside, from a call in the file, or from nobody knows where?

use super::*;

/// Methods that call a function with the elements of what they are called on, or with what it will be.
const EACH: [&str; 14] = [
    "map",
    "forEach",
    "filter",
    "flatMap",
    "some",
    "every",
    "find",
    "findIndex",
    "then",
    "reduce",
    "sort",
    "for_each",
    "and_then",
    "filter_map",
];
/// Parameters of a function that are looked at.
const PARAMETERS: usize = 64;

impl<'a> Scopes<'a> {
    /// Begins a function with its parameters; the nodes around it, the nearest last.
    pub(crate) fn enter(&mut self, function: Node<'_>, around: &[Node<'_>]) {
        let parent = around.last().copied();
        let mut frame = HashMap::new();
        let own_name = function_name(function, parent, self.text);
        let around_decorated = parent.filter(|parent| parent.kind() == "decorated_definition");
        let decorators = around_decorated.map_or(String::new(), |around| {
            let mut texts = String::new();
            for decorator in children(around).filter(|child| child.kind() == "decorator").take(16) {
                let text = of(decorator, self.text);
                texts.push_str(&text[..text.floor_char_boundary(ANNOTATED)]);
                texts.push('\n');
            }
            texts
        });
        let decorated = self.known.entry.iter().any(|entry| decorators.contains(entry));
        let local = !decorated && self.known.local_entry.iter().any(|entry| decorators.contains(entry));
        let list = function.child_by_field_name("parameters").or_else(|| function.child_by_field_name("parameter"));
        let begin = list.map_or("", |list| of(list, self.text));
        let called = self.is_entry(own_name, begin);
        let marked = decorated || called || self.is_marked(function, around);
        self.within.push((own_name, marked));
        let annotated_function = self.is_annotated(function);
        let called_on = if self.known.typed { self.called_on(function, around) } else { None };
        let (each, back, handler) = self.given_by(around);
        if self.known.typed {
            self.own(function, own_name, &mut frame);
        }
        let mut given = 0;
        if let Some(list) = list {
            let many = list.kind().ends_with("parameters") || list.kind() == "parameter_list" || list.kind() == "inferred_parameters";
            let all: Vec<Node<'_>> = if many { children(list).take(PARAMETERS).collect() } else { vec![list] };
            let answers = all.iter().skip(1).any(|other| {
                let name = of(*other, self.text).trim_start_matches('_');
                ["res", "reply"].iter().any(|start| name.starts_with(start))
            });
            for parameter in all {
                let text = of(parameter, self.text);
                let text = &text[..text.floor_char_boundary(ANNOTATED)];
                let origin = parameter.child_by_field_name("type").map(|kind| {
                    let text = of(kind, self.text);
                    let plain = text.trim_start_matches([':', ' ', '*', '&']).trim_start_matches("mut ");
                    self.resolve_type(plain.split(['<', '[']).next().unwrap_or(plain).trim())
                });
                let receiver = matches!(of(parameter, self.text), "self" | "cls")
                    || matches!(parameter.kind(), "self_parameter" | "comment" | "line_comment" | "block_comment");
                let mut names = Vec::new();
                let target =
                    parameter.child_by_field_name("pattern").or_else(|| parameter.child_by_field_name("name")).unwrap_or(parameter);
                bound(target, self.text, &mut names, 0);
                if parameter.kind() == "parameter_declaration" {
                    names.clear();
                    let mut cursor = parameter.walk();
                    names.extend(parameter.children_by_field_name("name", &mut cursor).map(|name| of(name, self.text).to_owned()));
                }
                let single = if names.len() == 1 { names[0].clone() } else { String::new() };
                let handed = if receiver { None } else { self.summary.given(own_name, given, &single) };
                let first = given == 0 && !receiver;
                given += usize::from(!receiver);
                let trusted =
                    self.known.trusted.iter().any(|name| name.strip_prefix('=').map_or_else(|| text.contains(name), |own| own == single));
                let of_type = origin.as_deref();
                let trusted = trusted || of_type.is_some_and(|origin| self.known.trusted_types.has(origin));
                let annotated = (annotated_function && !receiver)
                    || of_type.is_some_and(|origin| self.known.entry_types.has(origin))
                    || self.known.entry.iter().any(|entry| (entry.starts_with('@') || entry.ends_with('<')) && text.contains(entry));
                // What is of a trusted type holds nothing of a caller's.
                if trusted && self.known.typed {
                    if let Some(name) = parameter.child_by_field_name("pattern").or_else(|| parameter.child_by_field_name("name")) {
                        frame.insert(of(name, self.text).to_owned(), Variable { state: State::UNKNOWN, origin, ..Variable::default() });
                    }
                    continue;
                }
                let source = !trusted && (decorated || (called && !(first && begin_is_request(begin))) || back || annotated);
                let mut state = State { bits: PARAMETER, ..State::default() };
                if source {
                    state = State::source(line(parameter), 0);
                } else if local && !trusted {
                    state = State::source(line(parameter), class_bits("local"));
                } else if let Some(clean) = handed {
                    state = State { bits: HANDED | PARAMETER, ..State::source(line(parameter), clean) };
                } else if let Some(called_on) = called_on {
                    state = called_on;
                } else if first && let Some(each) = each {
                    state = each;
                }
                let held = parameter.child_by_field_name("type").is_some_and(|kind| holds_harmless(of(kind, self.text)));
                if held || origin.as_deref().is_some_and(|origin| is_harmless(origin) || self.summary.is_enum(origin)) {
                    state = state.safer(class_bits("number"));
                }
                let request = self.known.request.unwrap_or("");
                // A handler that takes its request apart.
                if first && (handler || answers) && target.kind() == "object_pattern" {
                    for name in &names {
                        if let Some(harmless) = self.known.source(&format!("{request}.{name}")) {
                            let state = State::source(line(parameter), harmless);
                            frame.insert(name.clone(), Variable { state, ..Variable::default() });
                        }
                    }
                    names.retain(|name| !frame.contains_key(name));
                }
                let renamed = first
                    && handler
                    && !request.is_empty()
                    && target.kind() == "identifier"
                    && !["query", "url", "request", "params", "req"]
                        .iter()
                        .any(|member| self.known.source(&format!("{single}.{member}")).is_some());
                let origin = if renamed { Some(request.to_owned()) } else { origin };
                for name in names {
                    let own = name == "self" || name == "cls" || name == "this";
                    if own && frame.contains_key(&name) {
                        continue;
                    }
                    let mut state = if own { State::UNKNOWN } else { state };
                    // What a route turns into a number.
                    if ["int:", "float:", "uuid:"].iter().any(|kind| decorators.contains(&format!("{kind}{name}>"))) {
                        state = state.safer(class_bits("number"));
                    }
                    frame.insert(name, Variable { state, origin: origin.clone(), ..Variable::default() });
                }
            }
        }
        self.frames.push(frame);
    }

    /// Whether a function is called from outside by its name, or by what its parameters begin with.
    fn is_entry(&self, name: &str, begin: &str) -> bool {
        !name.is_empty() && self.known.functions.contains(&name) || {
            let begin = begin.strip_prefix("(self, ").map_or(begin, |rest| rest);
            let begin = begin.trim_start_matches('(');
            self.known.entry.iter().filter_map(|entry| entry.strip_prefix('(')).any(|entry| begin.starts_with(entry))
        }
    }

    /// Whether a decorator before a method says that it is called from outside.
    fn is_marked(&self, function: Node<'_>, around: &[Node<'_>]) -> bool {
        if function.kind() != "method_definition" || around.last().is_none_or(|parent| parent.kind() != "class_body") {
            return false;
        }
        let mut before = function.prev_named_sibling();
        for _ in 0..8 {
            let Some(decorator) = before.filter(|before| before.kind() == "decorator") else { return false };
            let text = of(decorator, self.text);
            if ["@Get", "@Post", "@Put", "@Patch", "@Delete", "@All"].iter().any(|route| text.starts_with(route)) {
                return true;
            }
            before = decorator.prev_named_sibling();
        }
        false
    }

    /// What a function that is an argument is called with: elements of something, data from outside, a request.
    fn given_by(&mut self, around: &[Node<'_>]) -> (Option<State>, bool, bool) {
        let nothing = (None, false, false);
        let [.., call, list] = around else { return nothing };
        if !matches!(list.kind(), "arguments" | "argument_list") {
            return nothing;
        }
        let node = *call;
        let Some(call) = shape::call(node, self.text) else { return nothing };
        let back = self.calls_back(node, &call);
        let plain = self.name(node, false);
        let plain = called(&plain);
        let handler = self.known.handlers.has(plain);
        let method = call.callee.map_or("", |callee| callee_name(callee, self.text));
        let each = match call.object {
            Some(object) if !self.known.typed && EACH.contains(&method) => Some(self.state(object)),
            _ => None,
        };
        (each.filter(|state| state.bits != 0), back, handler)
    }

    pub(super) fn resolve_type(&self, name: &str) -> String {
        let (first, rest) = name.split_once(['.']).map_or((name, ""), |(first, rest)| (first, rest));
        match self.imports.get(first) {
            Some(full) if rest.is_empty() => full.clone(),
            Some(full) => format!("{full}.{rest}"),
            None => name.replace("::", "."),
        }
    }
}

/// Whether the first parameter is the request itself.
fn begin_is_request(begin: &str) -> bool {
    let begin = begin.strip_prefix("(self, ").map_or(begin, |rest| rest).trim_start_matches('(');
    begin.starts_with("request")
}
