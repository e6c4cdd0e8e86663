//! Does every answer fit its schema, whatever the model prefers? A model of noise writes; the `jsonschema` crate judges.

use std::sync::Arc;

use baton_local_model::LocalModelError;
use baton_local_model::schema::{Constraint, Grammar, Vocabulary};
use proptest::prelude::*;
use serde_json::{Value, json};

/// A small vocabulary: all single bytes, and pieces that cross the borders of what a schema has.
fn vocabulary() -> Arc<Vocabulary> {
    let mut tokens: Vec<Option<Vec<u8>>> = vec![None];
    tokens.extend((0..=255).map(|byte| Some(vec![byte])));
    let pieces = [
        "{\"",
        "\": ",
        "\": \"",
        "\", \"",
        "\"}",
        "}, {",
        "]}",
        "[[",
        "{\"a\"",
        "true",
        "false",
        "null",
        "12",
        "000",
        "-1",
        "0.",
        ".5",
        "1e9",
        "e",
        "é",
        "日本",
        "🙂",
        "\\n",
        "\\\"",
        "\\u",
        "  ",
        "\n",
        "word",
        " and ",
        "\",",
        "],",
        "}}",
        "\"]",
        "99999999",
        "some longer text with, marks: \"",
    ];
    tokens.extend(pieces.iter().map(|piece| Some(piece.as_bytes().to_vec())));
    Arc::new(Vocabulary::new(tokens.iter().map(|token| token.as_deref()), |_| true))
}

const SIZE: usize = 257 + 35;

fn bytes(token: usize) -> Vec<u8> {
    thread_local!(static PIECES: Vec<Vec<u8>> = {
        let pieces = ["{\"", "\": ", "\": \"", "\", \"", "\"}", "}, {", "]}", "[[", "{\"a\"", "true", "false", "null", "12", "000", "-1", "0.", ".5", "1e9", "e", "é", "日本", "🙂",
        "\\n", "\\\"", "\\u", "  ", "\n", "word", " and ", "\",", "],", "}}", "\"]", "99999999", "some longer text with, marks: \""];
        pieces.iter().map(|piece| piece.as_bytes().to_vec()).collect()
    });
    if token <= 256 { vec![(token - 1) as u8] } else { PIECES.with(|pieces| pieces[token - 257].clone()) }
}

/// A model of noise that likes some tokens over and over writes an answer of at most so many tokens.
fn write(schema: &Value, tokens: usize, seed: u64) -> Result<String, LocalModelError> {
    let mut constraint = Constraint::new(Grammar::compile(schema)?, vocabulary(), tokens)?;
    let mut state = seed | 1;
    let mut random = move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 40) as f32 / (1 << 24) as f32
    };
    let likes: Vec<f32> = (0..SIZE).map(|_| random()).collect();
    let mut out = Vec::new();
    for _ in 0..tokens {
        let mut logits: Vec<f32> = likes.iter().map(|like| like + random()).collect();
        constraint.mask(&mut logits, 0);
        let best = (0..SIZE).max_by(|a, b| logits[*a].total_cmp(&logits[*b])).unwrap();
        assert!(logits[best].is_finite(), "something may always come: {}", String::from_utf8_lossy(&out));
        if best == 0 {
            break;
        }
        out.extend(bytes(best));
        constraint.advance(best as u32);
        if constraint.is_finished() {
            break;
        }
    }
    assert!(constraint.may_end(), "the answer is whole: {}", String::from_utf8_lossy(&out));
    Ok(String::from_utf8(out).unwrap())
}

fn fits(schema: &Value, text: &str) {
    let document: Value = serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"));
    let validator = jsonschema::validator_for(schema).unwrap();
    let errors: Vec<String> = validator.iter_errors(&document).map(|error| error.to_string()).collect();
    assert!(errors.is_empty(), "{errors:?}\n{text}\n{schema}");
}

fn leaf() -> impl Strategy<Value = Value> {
    let bounds = (-2_000_000_i64..2_000_000, 0_i64..3_000, 0_u8..4);
    let small = (-50.0_f64..50.0, 0.001_f64..30.0, any::<bool>());
    prop_oneof![
        Just(json!({ "type": "boolean" })),
        Just(json!({ "type": "null" })),
        Just(json!({ "type": "string" })),
        Just(json!({ "type": "number" })),
        Just(json!({ "type": "integer" })),
        Just(json!({})),
        (0_u32..6, 0_u32..9).prop_map(|(least, more)| json!({ "type": "string", "minLength": least, "maxLength": least + more })),
        (0_u32..20).prop_map(|least| json!({ "type": "string", "minLength": least })),
        bounds.prop_map(|(low, size, which)| match which {
            0 => json!({ "type": "integer", "minimum": low, "maximum": low + size }),
            1 => json!({ "type": "integer", "exclusiveMinimum": low, "exclusiveMaximum": low + size + 2 }),
            2 => json!({ "type": "integer", "minimum": low }),
            _ => json!({ "type": "integer", "maximum": low }),
        }),
        small.prop_map(|(low, size, open)| match open {
            true => json!({ "type": "number", "exclusiveMinimum": low, "exclusiveMaximum": low + size }),
            false => json!({ "type": "number", "minimum": low, "maximum": low + size }),
        }),
        (-9.0_f64..9.0).prop_map(|low| json!({ "type": "number", "exclusiveMinimum": low })),
        proptest::collection::vec("[a-z\"\\\\é ]{0,6}", 1..5).prop_map(|values| json!({ "enum": values })),
        prop_oneof![Just(json!(1)), Just(json!(12)), Just(json!({ "a": [1, "x"] })), Just(json!(null))]
            .prop_map(|value| json!({ "const": value })),
        Just(json!({ "type": ["string", "null"], "maxLength": 4 })),
    ]
}

/// Schemas of some depth, of all that is supported.
fn schema() -> impl Strategy<Value = Value> {
    leaf().prop_recursive(3, 24, 4, |inner| {
        let members = proptest::collection::vec(("[a-c\"/é]{1,3}", inner.clone(), any::<bool>()), 0..5);
        prop_oneof![
            (members, any::<bool>()).prop_map(|(members, closed)| {
                let required: std::collections::BTreeSet<&String> =
                    members.iter().filter(|(.., required)| *required).map(|(name, ..)| name).collect();
                let properties: serde_json::Map<String, Value> =
                    members.iter().map(|(name, value, _)| (name.clone(), value.clone())).collect();
                json!({ "type": "object", "properties": properties, "required": required, "additionalProperties": !closed })
            }),
            (inner.clone(), 0_u32..4, 0_u32..4)
                .prop_map(|(items, least, more)| json!({ "type": "array", "items": items, "minItems": least, "maxItems": least + more })),
            (inner.clone(), 0_u32..3).prop_map(|(items, least)| json!({ "type": "array", "items": items, "minItems": least })),
            proptest::collection::vec(inner.clone(), 1..4)
                .prop_map(|items| json!({ "type": "array", "prefixItems": items, "items": false })),
            proptest::collection::vec(inner.clone(), 1..4).prop_map(|schemas| json!({ "anyOf": schemas })),
            inner.prop_map(|values| json!({ "type": "object", "additionalProperties": values })),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    /// Also with no more tokens than the shortest document needs.
    #[test]
    fn whatever_is_written_fits(schema in schema(), seed in any::<u64>(), room in 0_usize..120) {
        let fewest = Grammar::compile(&schema).unwrap().fewest_bytes() as usize;
        let text = write(&schema, fewest + room, seed).unwrap();
        fits(&schema, &text);
        prop_assert!(fewest == 0 || write(&schema, fewest - 1, seed).is_err(), "too little room is refused before anything is written");
    }
}

#[test]
fn references_lead_into_the_schema_and_also_to_itself() {
    let tree = json!({ "$defs": { "node": { "type": "object", "properties": { "name": { "type": "string", "maxLength": 3 },
        "children": { "type": "array", "items": { "$ref": "#/$defs/node" } } }, "required": ["name", "children"], "additionalProperties": false } },
        "$ref": "#/$defs/node" });
    for seed in 0..40 {
        fits(&tree, &write(&tree, 150, seed).unwrap());
    }
}

#[test]
fn one_of_is_kept_to_where_the_schemas_exclude_each_other() {
    let told_apart = json!({ "oneOf": [
        { "type": "object", "properties": { "kind": { "const": "a" }, "x": { "type": "integer" } }, "required": ["kind", "x"] },
        { "type": "object", "properties": { "kind": { "const": "b" }, "y": { "type": "string" } }, "required": ["kind"] },
        { "type": "null" } ] });
    for seed in 0..40 {
        fits(&told_apart, &write(&told_apart, 60, seed).unwrap());
    }
    assert!(write(&json!({ "oneOf": [{ "type": "integer" }, { "type": "number", "minimum": 3 }] }), 60, 1).is_err());
}

#[test]
fn properties_come_in_their_order() {
    let schema = json!({ "type": "object", "properties": { "a": { "const": 1, "x-order": 2 }, "z": { "const": 2, "x-order": 1 }, "b": { "const": 3 } },
        "required": ["a", "z", "b"] });
    let text = write(&schema, 60, 3).unwrap().replace(' ', "");
    assert_eq!(text, r#"{"z":2,"a":1,"b":3}"#);
}

#[test]
fn what_cannot_be_kept_to_is_refused_by_its_place() {
    let cases = [
        (json!({ "type": "object", "properties": { "a/b": { "type": "string", "pattern": "x" } } }), "/properties/a~1b/pattern"),
        (json!({ "type": "array", "items": { "type": "integer", "multipleOf": 3 } }), "/items/multipleOf"),
        (json!({ "type": "integer", "minimum": 1.2, "maximum": 1.8 }), "its root"),
        (json!({ "type": "string", "minLength": 5, "maxLength": 4 }), "/maxLength"),
        (json!({ "$ref": "#/$defs/none" }), "/$ref"),
        (json!({ "$ref": "#" }), "its root"),
        (json!({ "anyOf": [{ "$ref": "#" }, { "type": "null" }] }), "its root"),
        (json!({ "type": "object", "properties": { "a": { "$ref": "#" } }, "required": ["a"] }), "its root"),
        (json!({ "type": "object", "properties": {}, "required": ["a"], "additionalProperties": false }), "/additionalProperties"),
        (json!({ "type": "number", "enum": ["a"] }), "its root"),
        (json!({ "not": {} }), "/not"),
        (json!({ "type": "strin" }), "/type"),
        (json!({ "allOf": [{}, {}] }), "/allOf"),
        (json!([1]), "its root"),
        (json!(false), "its root"),
    ];
    for (schema, place) in cases {
        match write(&schema, 100, 1) {
            Err(LocalModelError::Schema { at, .. }) => assert_eq!(at, place, "{schema}"),
            other => panic!("{schema}: {other:?}"),
        }
    }
}

#[test]
fn a_long_answer_with_counted_characters_forgets_old_states_and_stays_right() {
    let schema = json!({ "type": "string", "minLength": 4000, "maxLength": 4200 });
    let text = write(&schema, 6000, 9).unwrap();
    fits(&schema, &text);
}
