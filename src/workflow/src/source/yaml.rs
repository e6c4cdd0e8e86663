//! How is YAML 1.2 or JSON, which is part of it, read within bounds and with places?

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::ops::Range;

use baton_domain::problem::Code;
use granit_parser::{Event, Parser, ScalarStyle, Span, Tag};
use serde_json::Number;

use super::{Key, Node, NodeValue};
use crate::problem::{DocumentProblem, Position};

/// The largest text of a document, in bytes.
pub const MAXIMUM_BYTES: usize = 1 << 20;
/// The deepest nesting of lists and maps.
pub const MAXIMUM_DEPTH: usize = 32;
/// The most values, those that aliases repeat included.
pub const MAXIMUM_NODES: usize = 200_000;
/// The most bytes of keys and texts, those that aliases repeat included.
pub const MAXIMUM_UNFOLDED_BYTES: usize = 4 << 20;

/// Reads one document. Only the first problem of the notation is found: what follows it cannot be trusted.
///
/// # Errors
/// `WORKFLOW-001` for what is neither YAML nor JSON, `WORKFLOW-002` for what is beyond the bounds.
pub(crate) fn read(text: &str) -> Result<Node, DocumentProblem> {
    if text.len() > MAXIMUM_BYTES {
        return Err(too_large(Position::START, format!("the document has {} bytes, more than {MAXIMUM_BYTES}", text.len())));
    }
    let options = granit_parser::options! {
        disallow_directives: true,
        emit_comments: false,
        // One more than allowed, so that the bound is told in our words.
        flow_nesting_limit: MAXIMUM_DEPTH + 1,
        block_nesting_limit: MAXIMUM_DEPTH + 1,
    };
    let mut builder = Builder::default();
    for event in Parser::new_from_str_with_options(text, options) {
        let (event, span) = event.map_err(|error| {
            let marker = error.marker();
            malformed(place(marker.line(), marker.col()), error.info())
        })?;
        builder.take(event, &span)?;
    }
    builder.root.ok_or_else(|| malformed(Position::START, "the document is empty".to_owned()))
}

fn place(line: usize, column: usize) -> Position {
    let small = |value: usize| u32::try_from(value).unwrap_or(u32::MAX);
    Position { line: small(line).max(1), column: small(column).saturating_add(1) }
}

fn problem(code: Code, at: Position, message: String, advice: &str) -> DocumentProblem {
    DocumentProblem { code, at, path: String::new(), message, advice: advice.to_owned() }
}

fn malformed(at: Position, message: String) -> DocumentProblem {
    problem(
        Code::WorkflowMalformed,
        at,
        message,
        "Write YAML 1.2 or JSON; put texts with `: ` or ` #` in them, as expressions with `? :`, into quotes.",
    )
}

fn too_large(at: Position, message: String) -> DocumentProblem {
    problem(Code::WorkflowTooLarge, at, message, "Make the document smaller, or split it into workflows that use one another.")
}

#[derive(Default)]
struct Builder {
    frames: Vec<Frame>,
    root: Option<Node>,
    documents: usize,
    anchors: HashMap<usize, Anchored>,
    size: Size,
}

/// How much has been read, aliases unfolded.
#[derive(Debug, Clone, Copy, Default)]
struct Size {
    nodes: usize,
    bytes: usize,
}

struct Anchored {
    node: Node,
    size: Size,
    /// How many levels of lists and maps it has, itself included.
    height: usize,
}

struct Frame {
    at: Position,
    source: Range<usize>,
    anchor: usize,
    before: Size,
    height: usize,
    content: Content,
}

enum Content {
    List(Vec<Node>),
    Map { entries: Vec<(Key, Node)>, seen: HashSet<String>, key: Option<Key> },
}

impl Builder {
    fn take(&mut self, event: Event<'_>, span: &Span) -> Result<(), DocumentProblem> {
        let at = place(span.start.line(), span.start.col());
        match event {
            Event::DocumentStart(..) => {
                self.documents += 1;
                if self.documents > 1 {
                    return Err(malformed(at, "there is a second document".to_owned()));
                }
                Ok(())
            }
            Event::Scalar(text, style, anchor, tag) => self.scalar(text, style, anchor, tag.as_deref(), at, span),
            Event::SequenceStart(_, anchor, tag) => {
                allow_tag(tag.as_deref(), &["seq"], at)?;
                self.open(at, span, anchor, Content::List(Vec::new()))
            }
            Event::MappingStart(_, anchor, tag) => {
                allow_tag(tag.as_deref(), &["map"], at)?;
                self.open(at, span, anchor, Content::Map { entries: Vec::new(), seen: HashSet::new(), key: None })
            }
            Event::SequenceEnd | Event::MappingEnd => self.close(span),
            Event::Alias(anchor) => self.alias(anchor, at),
            _ => Ok(()),
        }
    }

    fn grow(&mut self, at: Position, nodes: usize, bytes: usize) -> Result<(), DocumentProblem> {
        self.size.nodes += nodes;
        self.size.bytes += bytes;
        if self.size.nodes > MAXIMUM_NODES {
            return Err(too_large(at, format!("the document has more than {MAXIMUM_NODES} values, aliases unfolded")));
        }
        if self.size.bytes > MAXIMUM_UNFOLDED_BYTES {
            return Err(too_large(at, format!("the document's texts have more than {MAXIMUM_UNFOLDED_BYTES} bytes, aliases unfolded")));
        }
        Ok(())
    }

    fn open(&mut self, at: Position, span: &Span, anchor: usize, content: Content) -> Result<(), DocumentProblem> {
        if self.frames.len() >= MAXIMUM_DEPTH {
            return Err(too_large(at, format!("values are nested deeper than {MAXIMUM_DEPTH}")));
        }
        if self.expects_key() {
            return Err(malformed(at, "a key is a list or a map".to_owned()));
        }
        let before = self.size;
        self.grow(at, 1, 0)?;
        let start = span.byte_range().map_or(0, |range| range.start);
        self.frames.push(Frame { at, source: start..start, anchor, before, height: 1, content });
        Ok(())
    }

    fn close(&mut self, span: &Span) -> Result<(), DocumentProblem> {
        let Some(frame) = self.frames.pop() else {
            return Ok(());
        };
        let value = match frame.content {
            Content::List(items) => NodeValue::List(items),
            Content::Map { entries, .. } => NodeValue::Map(entries),
        };
        let end = span.byte_range().map_or(frame.source.end, |range| range.end);
        let node = Node { at: frame.at, value, source: frame.source.start..end.max(frame.source.start) };
        let size = Size { nodes: self.size.nodes - frame.before.nodes, bytes: self.size.bytes - frame.before.bytes };
        self.put(node, frame.anchor, size, frame.height)
    }

    fn expects_key(&self) -> bool {
        matches!(self.frames.last(), Some(Frame { content: Content::Map { key: None, .. }, .. }))
    }

    fn scalar(
        &mut self,
        text: Cow<'_, str>,
        style: ScalarStyle,
        anchor: usize,
        tag: Option<&Tag>,
        at: Position,
        span: &Span,
    ) -> Result<(), DocumentProblem> {
        let before = self.size;
        self.grow(at, 1, text.len())?;
        if self.expects_key() {
            return self.key(Key { at, text: text.into_owned() });
        }
        let value = value_of(text, style, tag, at)?;
        let node = Node { at, value, source: span.byte_range().unwrap_or_default() };
        let size = Size { nodes: 1, bytes: self.size.bytes - before.bytes };
        self.put(node, anchor, size, 0)
    }

    fn key(&mut self, key: Key) -> Result<(), DocumentProblem> {
        if key.text == "<<" {
            let advice = "Write the values out; `<<` is not part of YAML 1.2.";
            return Err(problem(Code::WorkflowMalformed, key.at, "maps are not merged".to_owned(), advice));
        }
        if let Some(Frame { content: Content::Map { seen, key: waiting, .. }, .. }) = self.frames.last_mut() {
            if !seen.insert(key.text.clone()) {
                let message = format!("the key `{}` is there twice", key.text);
                return Err(problem(Code::WorkflowMalformed, key.at, message, "Remove one of the two."));
            }
            *waiting = Some(key);
        }
        Ok(())
    }

    fn alias(&mut self, anchor: usize, at: Position) -> Result<(), DocumentProblem> {
        if self.expects_key() {
            return Err(malformed(at, "a key is an alias".to_owned()));
        }
        // An anchor is only known once its value has ended, so that no value holds itself.
        let (size, height) = match self.anchors.get(&anchor) {
            Some(anchored) => (anchored.size, anchored.height),
            None => return Err(malformed(at, "an alias stands within what it repeats".to_owned())),
        };
        // Counted before it is copied.
        self.grow(at, size.nodes, size.bytes)?;
        if self.frames.len() + height > MAXIMUM_DEPTH {
            return Err(too_large(at, format!("values are nested deeper than {MAXIMUM_DEPTH}, aliases unfolded")));
        }
        match self.anchors.get(&anchor).map(|anchored| anchored.node.clone()) {
            Some(node) => self.put(node, 0, size, height),
            None => Ok(()),
        }
    }

    fn put(&mut self, node: Node, anchor: usize, size: Size, height: usize) -> Result<(), DocumentProblem> {
        if anchor != 0 {
            // It is kept twice.
            self.grow(node.at, size.nodes, size.bytes)?;
            self.anchors.insert(anchor, Anchored { node: node.clone(), size, height });
        }
        match self.frames.last_mut() {
            None => self.root = Some(node),
            Some(frame) => {
                frame.height = frame.height.max(height + 1);
                match &mut frame.content {
                    Content::List(items) => items.push(node),
                    Content::Map { entries, key, .. } => {
                        if let Some(key) = key.take() {
                            entries.push((key, node));
                        }
                    }
                }
            }
        }
        Ok(())
    }
}

fn allow_tag(tag: Option<&Tag>, allowed: &[&str], at: Position) -> Result<(), DocumentProblem> {
    match tag {
        Some(tag) if !tag.core_suffix().is_some_and(|suffix| allowed.contains(&suffix)) => Err(problem(
            Code::WorkflowMalformed,
            at,
            format!("the tag `{}` is not known", tag.original()),
            "Leave it out; a text that begins with `!`, as a condition, stands in quotes.",
        )),
        _ => Ok(()),
    }
}

/// What a scalar means by the core schema of YAML 1.2 (§10.3), without what JSON cannot hold.
fn value_of(text: Cow<'_, str>, style: ScalarStyle, tag: Option<&Tag>, at: Position) -> Result<NodeValue, DocumentProblem> {
    allow_tag(tag, &["str", "int", "float", "bool", "null"], at)?;
    let wanted = tag.and_then(Tag::core_suffix);
    if wanted == Some("str") || (style != ScalarStyle::Plain && wanted.is_none()) {
        return Ok(NodeValue::Text(text.into_owned()));
    }
    let value = plain(text, at)?;
    let fits = match wanted {
        None => true,
        Some("int") => matches!(&value, NodeValue::Number(number) if !number.is_f64()),
        Some("float") => matches!(value, NodeValue::Number(_)),
        Some("bool") => matches!(value, NodeValue::Boolean(_)),
        Some(_) => matches!(value, NodeValue::Null),
    };
    if fits { Ok(value) } else { Err(malformed(at, "the value is not what its tag says".to_owned())) }
}

fn plain(text: Cow<'_, str>, at: Position) -> Result<NodeValue, DocumentProblem> {
    match text.as_ref() {
        "" | "~" | "null" | "Null" | "NULL" => return Ok(NodeValue::Null),
        "true" | "True" | "TRUE" => return Ok(NodeValue::Boolean(true)),
        "false" | "False" | "FALSE" => return Ok(NodeValue::Boolean(false)),
        _ => {}
    }
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(&text);
    if matches!(unsigned, ".inf" | ".Inf" | ".INF" | ".nan" | ".NaN" | ".NAN") {
        return Err(problem(Code::WorkflowMalformed, at, format!("`{text}` is not a number of JSON"), "Write a finite number."));
    }
    let too_large = || {
        let advice = "Write a number that JSON readers can hold, or put it into quotes.";
        problem(Code::WorkflowMalformed, at, format!("the number `{text}` is too large"), advice)
    };
    for (prefix, radix) in [("0x", 16), ("0o", 8)] {
        let digits = text.strip_prefix(prefix).filter(|digits| !digits.is_empty() && digits.chars().all(|digit| digit.is_digit(radix)));
        if let Some(digits) = digits {
            return u64::from_str_radix(digits, radix).map(|value| NodeValue::Number(value.into())).map_err(|_| too_large());
        }
    }
    if !is_number(unsigned) {
        return Ok(NodeValue::Text(text.into_owned()));
    }
    let digits = text.strip_prefix('+').unwrap_or(&text);
    let number = match digits.parse::<i64>().map(Number::from).or_else(|_| digits.parse::<u64>().map(Number::from)) {
        Ok(number) => Some(number),
        // A whole number that is no longer itself as a fraction is another number.
        Err(_) if unsigned.bytes().all(|byte| byte.is_ascii_digit()) => None,
        Err(_) => digits.parse::<f64>().ok().and_then(Number::from_f64),
    };
    number.map(NodeValue::Number).ok_or_else(too_large)
}

/// Whether this is a number of the core schema, its sign aside.
fn is_number(text: &str) -> bool {
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent.strip_prefix(['-', '+']).unwrap_or(exponent))),
        None => (text, None),
    };
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let some = !whole.is_empty() || !fraction.is_empty();
    some && digits(whole) && digits(fraction) && exponent.is_none_or(|exponent| !exponent.is_empty() && digits(exponent))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests")]
    use super::*;
    use proptest::prelude::*;
    use serde_json::{Value, json};

    fn json_of(text: &str) -> Value {
        read(text).unwrap().to_json()
    }

    fn refused(text: &str) -> (Code, Position) {
        let problem = read(text).unwrap_err();
        (problem.code, problem.at)
    }

    #[test]
    fn scalars_are_those_of_the_core_schema() {
        let text = "a: yes\nb: true\nc: 012\nd: 1.5e3\ne: 0x1F\nf: ~\ng: '1'\nh: 1.2.3\ni: .5\nj: 1e\nk: !!str 5\nl: -3\nm: 18446744073709551615\n";
        let expected = json!({"a": "yes", "b": true, "c": 12, "d": 1500.0, "e": 31, "f": null, "g": "1", "h": "1.2.3", "i": 0.5, "j": "1e",
            "k": "5", "l": -3, "m": u64::MAX});
        assert_eq!(json_of(text), expected);
    }

    #[test]
    fn numbers_are_what_they_say_or_none() {
        for text in ["a: 18446744073709551616", "a: -9223372036854775809", "a: 0x10000000000000000"] {
            assert_eq!(refused(text).0, Code::WorkflowMalformed, "{text}");
        }
        let text = "a: 0x+5\nb: 0o+7\nc: 0x\nd: '18446744073709551616'\ne: 18446744073709551616.0\nf: 0o17\n";
        let expected =
            json!({"a": "0x+5", "b": "0o+7", "c": "0x", "d": "18446744073709551616", "e": 18_446_744_073_709_551_616.0_f64, "f": 15});
        assert_eq!(json_of(text), expected);
    }

    #[test]
    fn values_know_their_places() {
        let root = read("name: x\nsteps:\n  - id: é\n    with: {a: [1, 2]}\n").unwrap();
        let NodeValue::Map(entries) = &root.value else { unreachable!() };
        assert_eq!(entries[1].0.at, Position { line: 2, column: 1 });
        let NodeValue::List(steps) = &entries[1].1.value else { unreachable!() };
        let NodeValue::Map(step) = &steps[0].value else { unreachable!() };
        assert_eq!(step[0].1.at, Position { line: 3, column: 9 });
        let NodeValue::Map(with) = &step[1].1.value else { unreachable!() };
        let NodeValue::List(numbers) = &with[0].1.value else { unreachable!() };
        assert_eq!(numbers[1].at, Position { line: 4, column: 19 });
    }

    #[test]
    fn what_is_no_document_is_refused_where_it_stands() {
        assert_eq!(refused("a: 1\na: 2\n"), (Code::WorkflowMalformed, Position { line: 2, column: 1 }));
        assert_eq!(refused("a: .nan\n"), (Code::WorkflowMalformed, Position { line: 1, column: 4 }));
        assert_eq!(refused("a: 1\n---\nb: 2\n").0, Code::WorkflowMalformed);
        for text in ["", "a: [1", "a: *b", "a: !mine 1", "? [a]\n: 1", "a: &a [*a]", "<<: {a: 1}", "%TAG ! x\n---\na: 1", "a: 1e999"] {
            assert_eq!(refused(text).0, Code::WorkflowMalformed, "{text}");
        }
    }

    #[test]
    fn a_document_keeps_its_bounds() {
        assert_eq!(refused(&format!("a: {}", "x".repeat(MAXIMUM_BYTES))).0, Code::WorkflowTooLarge);
        let nested = |depth: usize| format!("{}1{}", "[".repeat(depth), "]".repeat(depth));
        assert!(read(&nested(MAXIMUM_DEPTH)).is_ok());
        assert_eq!(refused(&nested(MAXIMUM_DEPTH + 1)).0, Code::WorkflowTooLarge);
        let list = |count: usize| format!("[{}]", vec!["1"; count].join(","));
        assert!(read(&list(MAXIMUM_NODES - 1)).is_ok());
        assert_eq!(refused(&list(MAXIMUM_NODES)).0, Code::WorkflowTooLarge);
    }

    #[test]
    fn a_billion_laughs_are_not_unfolded() {
        let mut text = "a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol]\n".to_owned();
        for level in 1..12 {
            let row = vec![format!("*a{}", level - 1); 9].join(", ");
            text.push_str(&format!("a{level}: &a{level} [{row}]\n"));
        }
        assert_eq!(refused(&text).0, Code::WorkflowTooLarge);
        // Few values, but large ones.
        let large = format!("a: &a {}\nb: [{}]\n", "x".repeat(500_000), vec!["*a"; 1000].join(", "));
        assert_eq!(refused(&large).0, Code::WorkflowTooLarge);
        // Deep by aliases only.
        let mut deep = "a0: &a0 [1]\n".to_owned();
        for level in 1..40 {
            deep.push_str(&format!("a{level}: &a{level} [*a{}]\n", level - 1));
        }
        assert_eq!(refused(&deep).0, Code::WorkflowTooLarge);
        assert_eq!(json_of("a: &x {n: 1}\nb: *x\n"), json!({"a": {"n": 1}, "b": {"n": 1}}));
    }

    fn values() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            (-1e9..1e9_f64).prop_map(Value::from),
            "[ -~äß€😀\\n\\t\"]{0,12}".prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 40, 5, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
                prop::collection::btree_map("[a-z \":#é-]{0,8}", inner, 0..5).prop_map(|map| map.into_iter().collect()),
            ]
        })
    }

    proptest! {
        #[test]
        fn json_is_read_as_json(value in values()) {
            prop_assert_eq!(json_of(&value.to_string()), value.clone());
            prop_assert_eq!(json_of(&serde_json::to_string_pretty(&value).unwrap()), value);
        }

        #[test]
        fn no_text_makes_it_panic(text in "[ -~\\n\\t&*!|>%@äé\\u{feff}]{0,200}") {
            let _ = read(&text);
        }
    }
}
