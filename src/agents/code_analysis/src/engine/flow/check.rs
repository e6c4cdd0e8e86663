//! What does a condition show about values: which were checked, and for what?

use super::*;

/// How deep a condition is looked at, and how far back what a checked variable was made of.
const CONDITION: u32 = 12;
const BACK: u32 = 3;

/// For which classes a check of an expression is a check of what it is made of: the ending of a file name says nothing of its folder,
/// the host of an address nothing of its use in a query.
pub(super) fn classes_of(text: &str) -> u16 {
    let text = &text[..text.floor_char_boundary(NAME)];
    let has = |names: &[&str]| names.iter().any(|name| text.contains(name));
    if has(&["splitext", "extname", ".suffix", "endswith", "endsWith", "content_type", "mimetype", "contentType", "rsplit(", "lastIndexOf"])
    {
        class("upload")
    } else if has(&["netloc", "hostname", ".host", ".origin", "urlparse", "urlsplit", "new URL", "gethostby", "ip_address", "lookup("]) {
        class("url") | class("redirect")
    } else if has(&["len(", ".length", ".size", "sizeof"]) {
        class("size")
    } else if text.ends_with(".protocol") || text.ends_with(".scheme") {
        0
    } else {
        u16::MAX
    }
}

/// What a text that begins with another is safe for.
fn begins_with(text: &str) -> u16 {
    // Of several beginnings the first speaks for all.
    let text = text.trim_start_matches(['(', '[']).split(',').next().unwrap_or(text).trim_end_matches([')', ']']);
    let inner = text.trim_matches(['"', '\'', '`']);
    if inner.len() == text.len() {
        // Not a literal: a folder or an address.
        return class("path") | class("url") | class("redirect");
    }
    match inner {
        "//" | "/\\\\" | "/\\" => class("redirect") | class("url"),
        "-" | "--" => class("argv"),
        "." | ".." | "../" => class("path"),
        _ if inner.contains("://") && inner.len() > 8 => class("url") | class("redirect"),
        _ => 0,
    }
}

impl Scopes<'_> {
    /// Takes a condition into account: what a validator looked at there is held to be checked.
    pub(crate) fn check(&mut self, condition: Node<'_>) {
        let mut names = Vec::new();
        self.checked(condition, &mut names, 0);
        for (name, classes) in names {
            self.clear(name, classes, 0);
        }
    }

    /// Takes a call into account that does not return if what it is given is bad.
    pub(crate) fn assert(&mut self, node: Node<'_>) {
        let Some(call) = shape::call(node, self.text) else { return };
        let name = self.name(node, false);
        if !self.known.asserts.has(called(&name)) {
            return;
        }
        let mut names = Vec::new();
        // What is called is bad itself only where nothing else can be.
        let own = called(&name).ends_with("relative_to") || call.arguments.is_empty();
        let object = call.object.filter(|_| own);
        for argument in call.arguments.iter().map(|argument| argument.node).chain(object).take(4) {
            self.subjects(argument, u16::MAX, &mut names, 0);
        }
        for (name, classes) in names {
            self.clear(name, classes, 0);
        }
    }

    /// The variables that a condition shows to be checked, and for what.
    pub(super) fn checked_in(&self, condition: Node<'_>) -> Vec<(String, u16)> {
        let mut names = Vec::new();
        self.checked(condition, &mut names, 0);
        names
    }

    /// Marks a variable as safe for some classes, and what it was made of for those that a check of it counts for.
    pub(super) fn clear(&mut self, name: String, classes: u16, depth: u32) {
        if classes == 0 {
            return;
        }
        let found = self.variable(&name).cloned();
        let Some(variable) = found else {
            // A member that nothing was assigned to: from here on what it holds is checked.
            if name.contains(['.', '[', '(']) {
                let state = State { bits: CHECKED, clean: classes, rest: classes, line: 0 };
                self.keep(name, Variable { state, ..Variable::default() }, false);
            }
            return;
        };
        if depth < BACK {
            for from in variable.from.clone() {
                if from != name {
                    self.clear(from, classes & variable.through, depth + 1);
                }
            }
        }
        let state = variable.state.safer(classes);
        self.keep(name, Variable { state, ..variable }, false);
    }

    /// The variables and members that an expression is about.
    fn subjects(&self, node: Node<'_>, classes: u16, names: &mut Vec<(String, u16)>, depth: u32) {
        if depth > 6 || names.len() > 32 {
            return;
        }
        let node = unwrapped(node);
        let text = of(node, self.text);
        if node.kind() == "identifier" {
            names.push((text.to_owned(), classes));
            return;
        }
        // It is checked itself, what it is a part of only for what it says of that.
        let (own, classes) = (classes, if depth == 0 { classes & classes_of(text) } else { classes });
        if let Some(call) = shape::call(node, self.text) {
            if text.len() <= NAME {
                names.push((text.to_owned(), own));
            }
            for part in call.object.into_iter().chain(call.arguments.iter().map(|argument| argument.node)).take(4) {
                self.subjects(part, classes, names, depth + 1);
            }
        } else if is_member(node.kind()) {
            if text.len() <= NAME {
                names.push((text.to_owned(), own));
            }
            if let Some(object) = shape::receiver(node).or_else(|| node.named_child(0)) {
                self.subjects(object, classes, names, depth + 1);
            }
        } else if matches!(
            node.kind(),
            "unary_expression"
                | "not_operator"
                | "binary_expression"
                | "binary_operator"
                | "template_string"
                | "string"
                | "list"
                | "array"
                | "tuple"
        ) {
            for child in children(node).take(4) {
                self.subjects(child, classes, names, depth + 1);
            }
        }
    }

    fn checked(&self, node: Node<'_>, names: &mut Vec<(String, u16)>, depth: u32) {
        if depth > CONDITION {
            return;
        }
        if self.known.typed {
            return self.looked_at(node, names, 0);
        }
        match node.kind() {
            "comparison_operator" | "binary_expression" => self.compared(node, names),
            "identifier" => {
                // What an earlier line found out.
                if let Some(variable) = self.variable(of(node, self.text))
                    && let Some(classes) = variable.origin.as_deref().and_then(|name| self.validates(called(name)))
                {
                    names.extend(variable.from.iter().map(|from| (from.clone(), classes)));
                }
            }
            _ => {
                if let Some(call) = shape::call(node, self.text) {
                    let name = self.name(node, true);
                    let plain = self.name(node, false);
                    let classes = self.validates(called(&name)).or_else(|| self.validates(called(&plain))).or_else(|| self.decides(&call));
                    let method = called(&plain).rsplit('.').next().unwrap_or("");
                    let first = call.arguments.first().map(|argument| argument.node);
                    if matches!(method, "startswith" | "startsWith" | "HasPrefix" | "starts_with") {
                        let literal = first.map_or(0, |first| begins_with(of(first, self.text)));
                        if let Some(object) = call.object {
                            self.subjects(object, literal, names, 0);
                        }
                    } else if matches!(method, "some" | "every" | "any" | "all") {
                        // Each of what an address stands for is looked at.
                        let host = class("url") | class("redirect");
                        let clauses = call.arguments.iter().flat_map(|argument| children(argument.node).collect::<Vec<_>>());
                        let lists = clauses
                            .filter(|clause| clause.kind() == "for_in_clause")
                            .filter_map(|clause| clause.child_by_field_name("right"));
                        for list in lists.chain(call.object).collect::<Vec<_>>() {
                            self.subjects(list, host, names, 1);
                        }
                    } else if matches!(method, "includes" | "has" | "contains" | "indexOf") && call.object.is_some() {
                        self.contained(&call, names);
                    } else if let Some(classes) = classes {
                        for argument in &call.arguments {
                            self.subjects(argument.node, classes, names, 0);
                        }
                        if let Some(object) = call.object {
                            self.subjects(object, classes, names, 0);
                        }
                    }
                }
            }
        }
        for child in children(node) {
            self.checked(child, names, depth + 1);
        }
    }

    /// A function of this file whose answer is one of few checks what it is asked about.
    fn decides(&self, call: &shape::Call<'_>) -> Option<u16> {
        if call.arguments.is_empty() {
            return None;
        }
        self.summary.given_back(callee_name(call.callee?, self.text)).filter(|state| state.is_decision()).map(|_| u16::MAX)
    }

    /// What it shows that something holds a value: a list that is known has it, or a text has a piece that does harm.
    fn contained(&self, call: &shape::Call<'_>, names: &mut Vec<(String, u16)>) {
        let (Some(object), Some(first)) = (call.object, call.arguments.first()) else { return };
        let piece = of(first.node, self.text);
        let literal = piece.trim_matches(['"', '\'', '`']);
        if literal.len() == piece.len() {
            if self.clone_free_constant(unwrapped(object)) {
                self.subjects(first.node, u16::MAX, names, 0);
            }
            return;
        }
        let classes = match literal {
            ".." | "../" | "/" | "\\0" => class("path"),
            "//" | "\\\\" | "://" => class("url") | class("redirect"),
            "\\n" | "\\r" | "\\r\\n" => class("log") | class("header"),
            "<" | "<script" => class("html"),
            "__proto__" | "$" => class("object"),
            _ => 0,
        };
        self.subjects(object, classes, names, 0);
    }

    pub(super) fn validates(&self, name: &str) -> Option<u16> {
        self.known.validators.of(name).reduce(|one, other| one | other)
    }

    /// What a comparison shows: a value is one of a list, a host is the one that is meant, a number is not too large.
    fn compared(&self, node: Node<'_>, names: &mut Vec<(String, u16)>) {
        let text = of(node, self.text);
        let (Some(left), Some(right)) = (node.named_child(0).map(unwrapped), node.named_child(1).map(unwrapped)) else { return };
        let between = self.text.get(left.end_byte()..right.start_byte()).unwrap_or("");
        let words = between.trim_matches([' ', '(', ')', '\n']);
        if words == "in" || words == "not in" || text.contains(" not in ") {
            // Being in a list that is known, but not having a text in it.
            if left.kind() == "string" {
                if of(left, self.text).contains("..") {
                    self.subjects(right, class("path"), names, 0);
                }
            } else if self.clone_free_constant(right) {
                self.subjects(left, u16::MAX, names, 0);
            }
            return;
        }
        if matches!(words, "<" | ">" | "<=" | ">=") {
            for side in [left, right] {
                self.subjects(side, class("size"), names, 1);
            }
            return;
        }
        if !matches!(words, "==" | "!=" | "===" | "!==") {
            return;
        }
        let host = class("url") | class("redirect");
        for (side, other) in [(left, right), (right, left)] {
            let text = of(side, self.text);
            let classes = classes_of(text);
            if classes == host
                && side.kind() != "identifier"
                && !matches!(of(other, self.text), "null" | "undefined" | "None" | "''" | "\"\"")
            {
                self.subjects(side, host, names, 0);
            }
            let literal = of(other, self.text);
            // What is a text has no keys of its own.
            if let Some(operand) = side.child_by_field_name("argument").filter(|_| text.starts_with("typeof"))
                && matches!(literal.trim_matches(['"', '\'', '`']), "string" | "number" | "boolean")
            {
                self.subjects(operand, class("object"), names, 0);
            }
            // Whoever is not one of these few is sent away.
            if words.starts_with('!')
                && side.kind() == "identifier"
                && other.kind().contains("string")
                && literal.trim_matches(['"', '\'', '`']).len() > 1
            {
                names.push((text.to_owned(), u16::MAX));
            }
            // A folder that the path must lie in.
            if text.contains("commonpath") {
                self.subjects(side, class("path"), names, 1);
            }
        }
    }

    /// Whether the values that something is compared with are known: a literal list or a name that is not from outside.
    fn clone_free_constant(&self, node: Node<'_>) -> bool {
        // Not to be one of those that are refused says little.
        let name = of(node, self.text);
        let name = name[..name.floor_char_boundary(NAME)].to_ascii_lowercase();
        if ["block", "deny", "denied", "forbid", "black", "bad", "private", "reserved", "internal", "unsafe", "disallow", "banned"]
            .iter()
            .any(|no| name.contains(no))
        {
            return false;
        }
        match node.kind() {
            "identifier" => self.variable(of(node, self.text)).is_none_or(|variable| !variable.state.tainted(class("path"))),
            _ => true,
        }
    }
}
