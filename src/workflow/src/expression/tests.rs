//! Do expressions mean what they say, and does each of them end?
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

use std::borrow::Cow;

use baton_domain::problem::Code;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::evaluate::Meter;
use super::{Expression, Failure, Function, Names, StepField, Type, Values, check, evaluate, parse_whole, type_of_schema, type_of_value};
use crate::problem::{Position, Problems};

struct World {
    inputs: Value,
    output: Value,
}

impl World {
    fn new() -> Self {
        Self {
            inputs: json!({"text": "Grüße", "count": 3, "ratio": 0.5, "flag": true, "names": ["b", "a", "b"], "rows": [{"n": 1, "s": "x"}, {"n": 4, "s": "y"}]}),
            output: json!({"label": "good", "score": 0.25, "list": [1, 2, 3]}),
        }
    }

    fn inputs_type() -> Type {
        type_of_schema(&json!({
            "type": "object",
            "properties": {
                "text": {"type": "string"}, "count": {"type": "integer"}, "ratio": {"type": "number"}, "flag": {"type": "boolean"},
                "names": {"type": "array", "items": {"type": "string"}},
                "rows": {"type": "array", "items": {"type": "object", "properties": {"n": {"type": "integer"}, "s": {"type": "string"}},
                    "required": ["n", "s"]}},
                "absent": {"type": "integer"}
            },
            "required": ["text", "count", "ratio", "flag", "names", "rows"]
        }))
    }
}

impl Values for World {
    fn name(&self, name: &str) -> Option<Cow<'_, Value>> {
        match name {
            "inputs" => Some(Cow::Borrowed(&self.inputs)),
            "index" => Some(Cow::Owned(json!(2))),
            _ => None,
        }
    }

    fn step(&self, id: &str, field: StepField) -> Option<Cow<'_, Value>> {
        match (id, field) {
            ("rate" | "a-b", StepField::Output) => Some(Cow::Borrowed(&self.output)),
            ("rate", StepField::Status) => Some(Cow::Owned(json!("completed"))),
            _ => None,
        }
    }

    fn status(&self, function: Function) -> bool {
        function != Function::Failure
    }
}

impl Names for World {
    fn name(&self, name: &str) -> Option<Type> {
        match name {
            "inputs" => Some(Self::inputs_type()),
            "index" => Some(Type::integer()),
            _ => None,
        }
    }

    fn names(&self) -> Vec<String> {
        vec!["inputs".to_owned(), "index".to_owned()]
    }

    fn step(&self, _: &str, field: StepField) -> Option<Type> {
        let output = json!({"type": "object", "properties": {"label": {"enum": ["good", "bad"]}, "score": {"type": "number"},
            "list": {"type": "array", "items": {"type": "integer"}}}, "required": ["label", "score", "list"]});
        Some(match field {
            StepField::Output => type_of_schema(&output),
            StepField::Status => Type::text(),
            StepField::Error => Type::any(),
        })
    }

    fn status(&self) -> bool {
        true
    }
}

fn parsed(text: &str) -> Expression {
    parse_whole(text, &|offset| Position { line: 1, column: u32::try_from(offset).unwrap() + 1 })
        .unwrap_or_else(|error| panic!("{text}: {error:?}"))
}

fn value(text: &str) -> Result<Value, Failure> {
    let world = World::new();
    let expression = parsed(text);
    let meter = Meter::new();
    evaluate(&expression, &world, &meter).map(Cow::into_owned)
}

fn typed(text: &str) -> (Type, Vec<(String, u32)>) {
    let mut problems = Problems::default();
    let kind = check(&parsed(text), &World::new(), "", &mut problems);
    (kind, problems.into_sorted().into_iter().map(|problem| (problem.message, problem.at.column)).collect())
}

#[test]
fn values_are_what_they_should_be() {
    let rows = [
        ("1 + 2 * 3", json!(7)),
        ("(1 + 2) * 3", json!(9)),
        ("7 / 2", json!(3.5)),
        ("6 / 3", json!(2)),
        ("-7 % 3", json!(-1)),
        ("0.1 + 0.2", json!(0.1 + 0.2)),
        ("1 == 1.0 && 'a' < 'b' && !false", json!(true)),
        ("[1, 2] == [1.0, 2]", json!(true)),
        ("null == inputs.absent", json!(true)),
        ("inputs.absent ?? 5", json!(5)),
        ("steps.rate.error.deeper ?? 'x'", json!("x")),
        ("inputs.count > 2 ? 'many' : 'few'", json!("many")),
        ("true || 1 / 0 == 1", json!(true)),
        ("'it''s' + \"\\n\\\"\"", json!("it's\n\"")),
        ("length(inputs.text)", json!(5)),
        ("length(inputs.rows) + length('')", json!(2)),
        ("contains(inputs.names, 'a') && contains('abc', 'bc')", json!(true)),
        ("startsWith('abc', 'ab') && endsWith('abc', 'bc')", json!(true)),
        ("upper(inputs.text) + lower('ÄB') + trim('  x ')", json!("GRÜSSEäbx")),
        ("replace('a-b-c', '-', '+')", json!("a+b+c")),
        ("split('a,b', ',')", json!(["a", "b"])),
        ("join([1, 'x', true])", json!("1, x, true")),
        ("substring(inputs.text, 2, 4) + substring('abc', 9)", json!("üß")),
        ("default(inputs.absent, 1)", json!(1)),
        ("coalesce(inputs.absent, null, 2, 1 / 0)", json!(2)),
        ("text(1.5) + text(null) + json('a')", json!("1.5\"a\"")),
        ("number(' 12 ') + number('1.5')", json!(13.5)),
        ("round(2.5) + floor(-1.5) + ceil(1.2) + abs(-2)", json!(5)),
        ("round(2.345, 2)", json!(2.35)),
        ("min(3, 1, 2) + default(max([5, 7]), 0)", json!(8)),
        ("min([])", json!(null)),
        ("sum(inputs.count == 3 ? [1, 2.5] : [])", json!(3.5)),
        ("default(first(inputs.names), '') + (last(['q']) ?? '')", json!("bq")),
        ("first([])", json!(null)),
        ("slice([1, 2, 3], 1) == [2, 3] && slice([1, 2, 3], -4, 2) == [1, 2]", json!(true)),
        ("flatten([[1], [2, 3]])", json!([1, 2, 3])),
        ("unique([1, 1.0, 'a', 'a', [1], [1.0]])", json!([1, "a", [1]])),
        ("sort(inputs.names)", json!(["a", "b", "b"])),
        ("sort([3, 1.5, 2])", json!([1.5, 2, 3])),
        ("range(3) == [0, 1, 2] && range(2, 4) == [2, 3] && range(3, 1) == []", json!(true)),
        ("keys(steps.rate.output)", json!(["label", "list", "score"])),
        ("values(steps.rate.output)", json!(["good", [1, 2, 3], 0.25])),
        ("map(inputs.rows, row => row.n * 2)", json!([2, 8])),
        ("filter(inputs.rows, r => r.n > 1)[0].s", json!("y")),
        ("any(inputs.rows, r => r.n == 4) && all(inputs.rows, r => r.n > 0)", json!(true)),
        ("map([1, 2], x => map([10], y => x * y))", json!([[10], [20]])),
        ("inputs['text']", json!("Grüße")),
        ("inputs.names[inputs.count]", json!(null)),
        ("steps.rate.output.label + steps['a-b'].output.label", json!("goodgood")),
        ("steps.rate.status", json!("completed")),
        ("steps.rate.error", json!(null)),
        ("index", json!(2)),
        ("success() && !failure() && always()", json!(true)),
        ("- - 3", json!(3)),
        ("- 0.0", json!(0.0)),
    ];
    for (text, expected) in rows {
        assert_eq!(value(text), Ok(expected), "{text}");
        assert_eq!(typed(text).1, [], "{text}");
    }
}

#[test]
fn what_has_no_value_says_why_and_where() {
    let rows = [
        ("1 / 0", 1, "divided by zero"),
        ("9223372036854775807 + 1", 1, "too large"),
        ("1e308 * 10.0", 1, "too large"),
        ("1 + inputs.absent", 5, "missing"),
        ("number('x')", 1, "no number"),
        ("range(100000)", 1, "at most"),
        ("replace('a', '', 'b')", 1, "nothing"),
        ("round(1.5, 99)", 1, "digits"),
    ];
    for (text, column, why) in rows {
        let failure = value(text).unwrap_err();
        assert_eq!((failure.code, failure.at.column), (Code::WorkflowExpressionFailed, column), "{text}: {failure}");
        assert!(failure.message.contains(why), "{text}: {failure}");
    }
}

#[test]
fn an_expression_that_would_never_end_is_stopped() {
    for text in [
        "map(range(10000), x => map(range(10000), y => map(range(10000), z => x * y * z)))",
        "all(range(10000), x => all(range(10000), y => x + y >= 0))",
        "length(join(map(range(10000), x => join(map(range(1000), y => 'xxxxxxxxxxxxxxxx')))))",
        "unique(map(range(10000), x => map(range(1000), y => y)))",
        "length(replace(join(range(10000)), ',', join(range(10000))))",
        "any(range(10000), x => contains(range(10000), 0 - x - 1))",
    ] {
        assert_eq!(value(text).unwrap_err().code, Code::WorkflowExpressionExhausted, "{text}");
        assert_eq!(typed(text).1, [], "{text}");
    }
}

#[test]
fn what_does_not_hold_together_is_told_at_its_place() {
    let rows = [
        ("1 + true", 5, "`+` does not fit"),
        ("inputs.cuont", 1, "no property `cuont`"),
        ("inptus.count", 1, "no `inptus` here"),
        ("inputs.text.length", 1, "no properties"),
        ("inputs.absent + 1", 1, "may be missing"),
        ("!inputs.count", 2, "`!` does not fit"),
        ("inputs.text > 1", 1, "compares a text with a number"),
        ("0 < default(inputs.absent, 'x')", 1, "compares a text with a number"),
        ("inputs.text == 1", 1, "never equal"),
        ("steps.rate.output.label == 'godo'", 1, "never `godo`"),
        ("length(1)", 8, "`length` does not fit"),
        ("map(inputs.text, x => x)", 5, "`map` does not fit"),
        ("filter(inputs.rows, r => r.n)", 26, "`filter` does not fit"),
        ("map(inputs.rows, r => r.m)", 23, "no property `m`"),
        ("inputs.names['x' + 'y']", 14, "whole number"),
        ("first(inputs.names) + 'x'", 1, "may be missing"),
        ("inputs.flag ? inputs.count + 'a' : 1", 15, "`+` does not fit"),
        ("contains(inputs.text, 1)", 23, "`contains` does not fit"),
    ];
    for (text, column, message) in rows {
        let problems = typed(text).1;
        assert!(problems.iter().any(|(found, at)| found.contains(message) && *at == column), "{text}: {problems:?}");
    }
}

#[test]
fn types_are_what_values_are() {
    let rows = [
        ("inputs.count + 1", "a whole number"),
        ("inputs.count / 2", "a number"),
        ("inputs.absent", "a whole number or missing"),
        ("default(inputs.absent, 'x')", "a text or a whole number"),
        ("inputs.names", "a list (each a text)"),
        ("map(inputs.rows, r => r.n > 1)", "a list (each true or false)"),
        ("inputs.names[0]", "a text or missing"),
        ("inputs.flag ? 1 : 'x'", "a text or a whole number"),
    ];
    for (text, expected) in rows {
        assert_eq!(typed(text).0.to_string(), expected, "{text}");
    }
}

#[test]
fn what_cannot_be_read_is_told_at_its_place() {
    let rows = [
        ("1 +", 4, "the end"),
        ("(1", 3, "the end"),
        ("foo(1)", 1, "no function `foo`"),
        ("lenght('a')", 1, "no function"),
        ("length()", 1, "0 arguments"),
        ("map(inputs.rows, 1)", 18, "lacks the name"),
        ("map(inputs.rows, x + 1)", 18, "`=>`"),
        ("steps", 6, "as a whole"),
        ("steps.rate", 11, "as a whole"),
        ("steps.rate.label", 12, "no `label`"),
        ("steps.a-b.output", 1, "subtraction"),
        ("'abc", 1, "does not end"),
        ("1 2", 3, "a number stands"),
        ("a = 1", 3, "no meaning"),
        ("99999999999999999999", 1, "too large"),
        ("1x", 1, "followed by a letter"),
        ("map([1], a => map([1], b => map([1], c => map([1], d => d))))", 52, "within one another"),
    ];
    for (text, column, message) in rows {
        let error = parse_whole(text, &|offset| Position { line: 1, column: u32::try_from(offset).unwrap() + 1 }).unwrap_err();
        assert!(error.message.contains(message) && error.at.column == column, "{text}: {error:?}");
    }
    for text in ["(".repeat(100), "!".repeat(100), format!("1{}", "+1".repeat(100)), format!("a{}", ".b".repeat(100)), "[1,".repeat(2000)] {
        assert!(parse_whole(&text, &|_| Position::START).is_err(), "{text}");
    }
    let long = format!("[{}]", vec!["1"; 5000].join(","));
    assert!(parse_whole(&long, &|_| Position::START).unwrap_err().message.contains("bytes"));
}

#[test]
fn schemas_become_types_and_back() {
    let schema = json!({"type": "object", "properties": {"a": {"type": ["string", "null"], "format": "artifact"}, "b": {"enum": ["x", "y"]},
        "c": {"type": "array", "items": {"type": "number"}}}, "required": ["b"], "additionalProperties": false});
    let kind = type_of_schema(&schema);
    assert_eq!(type_of_schema(&kind.to_schema()), kind);
    // Branches that only say what is required together change nothing.
    let one_of = json!({"type": "object", "properties": {"a": {"type": "string"}}, "oneOf": [{"required": ["a"]}, {"required": ["b"]}]});
    assert!(type_of_schema(&one_of).misfit(&type_of_schema(&json!({"type": "object", "properties": {"a": {"type": "string"}}}))).is_none());
    // A schema that refers to itself ends.
    let own = json!({"$defs": {"t": {"type": "array", "items": {"$ref": "#/$defs/t"}}}, "$ref": "#/$defs/t"});
    assert!(type_of_schema(&own).misfit(&Type::list(Type::any())).is_none());
}

#[test]
fn a_text_is_no_artifact() {
    let artifact = type_of_schema(&json!({"type": "string", "format": "artifact"}));
    assert!(Type::text().misfit(&artifact).unwrap().contains("artifact's id"));
    assert!(artifact.misfit(&Type::text()).is_none());
    assert!(Type::list(Type::text()).misfit(&Type::list(artifact)).is_some());
}

/// Texts of expressions, most of which hold together.
fn expressions() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        (-9_i64..10).prop_map(|number| if number < 0 { format!("({number})") } else { number.to_string() }),
        (0.0..9.0_f64).prop_map(|number| format!("{number:.2}")),
        "[a-c]{0,3}".prop_map(|text| format!("'{text}'")),
        Just("inputs.text".to_owned()),
        Just("inputs.count".to_owned()),
        Just("inputs.ratio".to_owned()),
        Just("inputs.flag".to_owned()),
        Just("inputs.names".to_owned()),
        Just("inputs.rows".to_owned()),
        Just("inputs.absent".to_owned()),
        Just("inputs.rows[0].n".to_owned()),
        Just("steps.rate.output.list".to_owned()),
        Just("null".to_owned()),
        Just("true".to_owned()),
    ];
    leaf.prop_recursive(4, 24, 3, |inner| {
        let two = (inner.clone(), inner.clone());
        let operators = prop::sample::select(vec!["+", "-", "*", "/", "%", "==", "!=", "<", "<=", "&&", "||", "??"]);
        let singles = prop::sample::select(vec![
            "length", "lower", "trim", "text", "json", "number", "round", "floor", "abs", "sum", "first", "last", "flatten", "unique",
            "sort", "range", "keys", "values", "min", "max",
        ]);
        let pairs =
            prop::sample::select(vec!["contains", "default", "coalesce", "join", "split", "slice", "round", "min", "max", "substring"]);
        let binders = prop::sample::select(vec!["map", "filter", "any", "all"]);
        let bodies = prop::sample::select(vec!["x", "x == 1", "x + 1", "x.n", "x.n > 1", "length(x) > 1", "[x, x]"]);
        prop_oneof![
            (two.clone(), operators).prop_map(|((one, other), operator)| format!("({one} {operator} {other})")),
            (singles, inner.clone()).prop_map(|(name, of)| format!("{name}({of})")),
            (pairs, two.clone()).prop_map(|(name, (one, other))| format!("{name}({one}, {other})")),
            (binders, inner.clone(), bodies).prop_map(|(name, list, body)| format!("{name}({list}, x => {body})")),
            (inner.clone(), two.clone()).prop_map(|(condition, (one, other))| format!("({condition} ? {one} : {other})")),
            two.prop_map(|(one, other)| format!("[{one}, {other}]")),
            inner.prop_map(|of| format!("!{of}")),
        ]
    })
}

/// Failures that types cannot foresee.
const BEYOND_TYPES: [&str; 6] = ["divided by zero", "too large", "no number", "at most", "no separator", "keeps"];

proptest! {
    #![proptest_config(ProptestConfig { cases: 4_000, max_global_rejects: 1_000_000, ..ProptestConfig::default() })]

    #[test]
    fn what_is_typed_has_a_value_of_its_type(text in expressions()) {
        let mut problems = Problems::default();
        // Some have more parts than an expression may.
        let Ok(expression) = parse_whole(&text, &|_| Position::START) else { return Ok(()) };
        let kind = check(&expression, &World::new(), "", &mut problems);
        let result = value(&text);
        if problems.is_empty() {
            match result {
                Ok(value) => {
                    let misfit = type_of_value(&value).misfit(&kind);
                    prop_assert!(misfit.is_none(), "{text} = {value}, of type {kind}: {misfit:?}");
                }
                Err(failure) => {
                    prop_assert!(BEYOND_TYPES.iter().any(|known| failure.message.contains(known)), "{text}: {failure}");
                }
            }
        }
    }

    #[test]
    fn no_text_makes_it_panic(text in "[a-z0-9 ().,\\[\\]'\"+*/%=<>!&|?:{}$äß-]{0,60}") {
        if let Ok(expression) = parse_whole(&text, &|_| Position::START) {
            check(&expression, &World::new(), "", &mut Problems::default());
            let _ = evaluate(&expression, &World::new(), &Meter::new());
        }
    }
}
