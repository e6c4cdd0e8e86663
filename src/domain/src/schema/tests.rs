//! Does a form give back what it was filled with, and name what is wrong?
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

use std::collections::BTreeMap;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::{FieldKind, form_fields, input_from_form};
use crate::agent::{Family, Isolation, Limits, Needs, Skill};
use crate::task::RetryPolicy;

fn skill() -> Skill {
    Skill {
        name: "test.all_kinds".to_owned(),
        title: "All kinds".to_owned(),
        description: "Has a field of each kind.".to_owned(),
        family: Family::Custom,
        input_schema: json!({
            "type": "object",
            "additionalProperties": false,
            "required": ["text", "file"],
            "properties": {
                "text": {"type": "string", "title": "The text", "description": "What to read.", "maxLength": 5000},
                "file": {"type": "string", "format": "artifact", "x-accept": ".csv,text/csv"},
                "note": {"type": ["string", "null"], "maxLength": 80},
                "max_sentences": {"type": "integer", "minimum": 1, "exclusiveMaximum": 51, "default": 5},
                "ratio": {"type": "number", "minimum": 0, "maximum": 1},
                "exact": {"type": "boolean", "default": true},
                "language": {"enum": ["en", "de"], "x-labels": ["English", "German"], "x-order": 1},
                "level": {"enum": [1, 2, "1"]},
                "terms": {"type": "array", "items": {"type": "string"}},
                "options": {"type": "object"},
                "either": {"type": ["string", "integer"]}
            }
        }),
        output_schema: json!({"type": "object"}),
        examples: Vec::new(),
        result_kind: "json".to_owned(),
        idempotent: true,
        destructive: false,
        isolation: Isolation::Task,
        checkpoints: false,
        limits: Limits::default(),
        retry: RetryPolicy::default(),
        needs: Needs::default(),
        model: None,
        network: false,
        version: "1.0.0".to_owned(),
    }
}

const FILE: &str = "0197c5b1-8f4e-7a31-9c0a-5d2f6b7e8a90";

fn form(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect()
}

/// Which fields are wrong, without `/input/`.
fn wrong(pairs: &[(&str, &str)]) -> Vec<String> {
    let problem = input_from_form(&skill(), &form(pairs)).unwrap_err();
    assert_eq!((problem.code.as_str(), problem.status), ("TASK-003", 422));
    problem.errors.iter().map(|error| error.field.strip_prefix("/input/").unwrap().to_owned()).collect()
}

#[test]
fn a_connection_is_named_and_only_fitting_kinds_are_offered() {
    let schema = json!({"type": "object", "properties": {
        "connection": {"type": "string", "format": "connection", "x-kinds": ["http"]},
        "any": {"type": "string", "format": "connection"}
    }});
    let kinds: Vec<FieldKind> = form_fields(&schema).into_iter().map(|field| field.kind).collect();
    assert_eq!(kinds, [FieldKind::Connection { kinds: vec![] }, FieldKind::Connection { kinds: vec!["http".to_owned()] }]);
}

#[test]
fn fields_stand_in_a_stable_order_with_the_required_ones_first() {
    let names: Vec<String> = form_fields(&skill().input_schema).into_iter().map(|field| field.name).collect();
    let expected = ["language", "text", "file", "either", "exact", "level", "max_sentences", "note", "options", "ratio", "terms"];
    assert_eq!(names, expected);
}

#[test]
fn each_type_has_its_kind_of_field() {
    let fields = form_fields(&skill().input_schema);
    let kind = |name: &str| fields.iter().find(|field| field.name == name).unwrap().kind.clone();
    assert_eq!(kind("text"), FieldKind::Text { multiline: true, max_length: Some(5000) });
    assert_eq!(kind("note"), FieldKind::Text { multiline: false, max_length: Some(80) });
    assert_eq!(kind("file"), FieldKind::Artifact { accept: Some(".csv,text/csv".to_owned()) });
    assert_eq!(kind("max_sentences"), FieldKind::Integer { min: Some(1), max: Some(50) });
    assert_eq!(kind("ratio"), FieldKind::Number { min: Some(0.0), max: Some(1.0) });
    assert_eq!(kind("exact"), FieldKind::Boolean);
    assert_eq!(kind("terms"), FieldKind::List);
    assert_eq!(kind("options"), FieldKind::Json);
    assert_eq!(kind("either"), FieldKind::Json);
    let FieldKind::Choice(languages) = kind("language") else { panic!("language is a choice") };
    assert_eq!((languages[1].text.as_str(), languages[1].label.as_str()), ("de", "German"));
}

#[test]
fn labels_come_from_the_title_or_the_name() {
    let fields = form_fields(&skill().input_schema);
    let field = |name: &str| fields.iter().find(|field| field.name == name).unwrap().clone();
    assert_eq!((field("text").label.as_str(), field("text").help.as_deref()), ("The text", Some("What to read.")));
    assert_eq!((field("max_sentences").label.as_str(), field("max_sentences").default_text().as_deref()), ("Max sentences", Some("5")));
}

#[test]
fn a_schema_without_properties_has_no_fields() {
    for schema in [json!({}), json!(true), json!({"properties": []}), json!(null)] {
        assert_eq!(form_fields(&schema), Vec::new());
    }
}

#[test]
fn text_becomes_what_the_schema_asks_for() {
    let filled = form(&[
        ("text", "One.\r\nTwo."),
        ("file", FILE),
        ("note", "  "),
        ("max_sentences", " 7 "),
        ("ratio", ".5"),
        ("exact", "false"),
        ("language", "de"),
        ("level", "\"1\""),
        ("terms", "one\r\n\r\n two \n"),
        ("options", "{\"deep\": [1, null]}"),
    ]);
    let expected = json!({
        "text": "One.\nTwo.", "file": FILE, "max_sentences": 7, "ratio": 0.5, "exact": false, "language": "de",
        "level": "1", "terms": ["one", "two"], "options": {"deep": [1, null]}
    });
    assert_eq!(input_from_form(&skill(), &filled), Ok(expected));
}

#[test]
fn every_wrong_field_is_named() {
    assert_eq!(wrong(&[]), ["text", "file"]);
    assert_eq!(wrong(&[("text", " \n"), ("file", FILE)]), ["text"]);
    assert_eq!(wrong(&[("text", "x"), ("file", "examples/cars.csv")]), ["file"]);
    assert_eq!(
        wrong(&[
            ("text", "x"),
            ("file", FILE),
            ("max_sentences", "2.5"),
            ("ratio", "NaN"),
            ("exact", "maybe"),
            ("language", "fr"),
            ("level", "3"),
            ("options", "{\"deep\":"),
            ("a/b~c", "1"),
        ]),
        ["language", "exact", "level", "max_sentences", "options", "ratio", "a~1b~0c"]
    );
}

#[test]
fn an_error_says_what_to_do() {
    let problem = input_from_form(&skill(), &form(&[("text", "x"), ("file", FILE), ("language", "fr")])).unwrap_err();
    assert_eq!(problem.errors[0].message, "Choose one of en, de.");
    assert_eq!(problem.detail, "Correct the field and send the form again.");
}

#[test]
fn an_example_that_names_a_shipped_file_leaves_the_field_empty() {
    let fields = form_fields(&skill().input_schema);
    let file = fields.iter().find(|field| field.name == "file").unwrap();
    assert_eq!(file.text_of(&json!("examples/tables/cars.csv")), None);
    assert_eq!(file.text_of(&json!(FILE)).as_deref(), Some(FILE));
    // Of a list the ids stay that can stand in the form.
    let schema = json!({"properties": {"files": {"type": "array", "items": {"type": "string"}}}});
    let files = &form_fields(&schema)[0];
    assert_eq!(files.kind, FieldKind::List);
    assert_eq!((files.text_of(&json!(["examples/a.csv"])), files.text_of(&json!(["examples/a.csv", FILE])).as_deref()), (None, Some(FILE)));
}

/// Text that a form can hold: not blank, and without the carriage returns that a browser adds itself.
fn text() -> impl Strategy<Value = String> {
    "[^\r]{0,40}".prop_filter("not blank", |text| !text.trim().is_empty())
}

fn line() -> impl Strategy<Value = String> {
    "[^\r\n]{1,20}"
        .prop_map(|line| line.trim().to_owned())
        .prop_filter("one line that is not blank", |line| !line.is_empty() && line.lines().count() == 1)
}

fn number() -> impl Strategy<Value = Value> {
    prop_oneof![any::<i64>().prop_map(Value::from), any::<u64>().prop_map(Value::from), (-1e300..1e300f64).prop_map(Value::from)]
}

fn json_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![Just(Value::Bool(true)), any::<i64>().prop_map(Value::from), "[^\r]{0,12}".prop_map(Value::from)];
    leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            proptest::collection::btree_map("[a-z~/]{1,6}", inner, 0..4).prop_map(|map| map.into_iter().collect::<Value>()),
        ]
    })
}

prop_compose! {
    /// An input that fits the schema, with any of the optional properties.
    fn input()(
        required in text(),
        note in proptest::option::of(text()),
        sentences in proptest::option::of(1..=50i64),
        ratio in proptest::option::of(number()),
        exact in proptest::option::of(any::<bool>()),
        language in proptest::option::of(prop_oneof![Just("en"), Just("de")]),
        level in proptest::option::of(prop_oneof![Just(json!(1)), Just(json!(2)), Just(json!("1"))]),
        terms in proptest::option::of(proptest::collection::vec(line(), 1..5)),
        options in proptest::option::of(json_value()),
    ) -> BTreeMap<String, Value> {
        let optional = [
            ("note", note.map(Value::from)),
            ("max_sentences", sentences.map(Value::from)),
            ("ratio", ratio),
            ("exact", exact.map(Value::from)),
            ("language", language.map(Value::from)),
            ("level", level),
            ("terms", terms.map(Value::from)),
            ("options", options),
        ];
        let given = optional.into_iter().filter_map(|(name, value)| value.map(|value| (name.to_owned(), value)));
        given.chain([("text".to_owned(), Value::from(required)), ("file".to_owned(), Value::from(FILE))]).collect()
    }
}

proptest! {
    #[test]
    fn an_input_survives_the_form(input in input()) {
        let skill = skill();
        let filled: BTreeMap<String, String> = form_fields(&skill.input_schema)
            .iter()
            .filter_map(|field| Some((field.name.clone(), field.text_of(input.get(&field.name)?)?)))
            .collect();
        prop_assert_eq!(input_from_form(&skill, &filled), Ok(input.into_iter().collect::<Value>()));
    }

    #[test]
    fn a_browsers_line_breaks_change_nothing(required in text()) {
        let sent = form(&[("text", &required.replace('\n', "\r\n")), ("file", FILE)]);
        prop_assert_eq!(input_from_form(&skill(), &sent), Ok(json!({"text": required, "file": FILE})));
    }

    #[test]
    fn whatever_is_typed_gives_an_input_of_the_right_types_or_names_the_fields(
        typed in proptest::collection::btree_map(
            prop_oneof![Just("text"), Just("file"), Just("max_sentences"), Just("ratio"), Just("exact"), Just("level"), Just("other")]
                .prop_map(str::to_owned),
            prop_oneof![".{0,12}", "-?[0-9]{1,22}(\\.[0-9]{1,3})?(e[0-9]{1,4})?", Just(FILE.to_owned())],
            0..6,
        )
    ) {
        match input_from_form(&skill(), &typed) {
            Ok(input) => {
                prop_assert!(input["text"].is_string() && input["file"].is_string());
                prop_assert!(input.get("max_sentences").is_none_or(|value| value.is_i64() || value.is_u64()));
                prop_assert!(input.get("ratio").is_none_or(Value::is_number));
                prop_assert!(input.get("exact").is_none_or(Value::is_boolean));
                prop_assert!(input.get("other").is_none());
            }
            Err(problem) => {
                prop_assert!(!problem.errors.is_empty());
                prop_assert!(problem.errors.iter().all(|error| error.field.starts_with("/input/") && error.message.ends_with('.')));
            }
        }
    }
}
