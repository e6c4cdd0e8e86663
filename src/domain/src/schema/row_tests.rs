//! Do lists of files and of objects have fields, and does what stands in them become the list?
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

use std::collections::BTreeMap;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::{FieldKind, ROOM, Rows, form_fields, form_texts, input_from_schema, place_on_form};
use crate::problem::Problem;

const FILE: &str = "0197c5b1-8f4e-7a31-9c0a-5d2f6b7e8a90";
const OTHER: &str = "0197c5b1-8f4e-7a31-9c0a-5d2f6b7e8a91";

/// A list of tables as `data_science.query` has it, a list of files, and a list that is too deep.
fn schema() -> Value {
    json!({
        "type": "object",
        "additionalProperties": false,
        "required": ["tables"],
        "properties": {
            "tables": {"type": "array", "maxItems": 4, "items": {"type": "object", "title": "Table", "required": ["name", "artifact"], "properties": {
                "name": {"type": "string", "x-order": 0},
                "artifact": {"type": "string", "format": "artifact", "x-accept": ".csv", "x-order": 1},
                "header": {"type": "boolean", "default": true, "x-order": 2},
                "skip": {"type": "integer", "x-order": 3},
                "deep": {"type": "array", "items": {"type": "object", "properties": {"file": {"type": "string", "format": "artifact"}}}, "x-order": 4}
            }}},
            "files": {"type": "array", "maxItems": 20, "items": {"type": "string", "format": "artifact", "x-accept": ".toml"}},
            "nested": {"type": "object", "description": "Anything.", "properties": {"file": {"type": "string", "format": "artifact"}}}
        }
    })
}

fn rows() -> Rows {
    let found = form_fields(&schema()).into_iter().find(|field| field.name == "tables").map(|field| field.kind);
    let Some(FieldKind::Rows(rows)) = found else { panic!("tables are rows") };
    rows
}

fn read(pairs: &[(&str, &str)]) -> Result<Value, Problem> {
    input_from_schema(&schema(), "test.rows", &form(pairs))
}

fn form(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect()
}

/// The places of what is wrong.
fn wrong(pairs: &[(&str, &str)]) -> Vec<String> {
    read(pairs).unwrap_err().errors.into_iter().map(|error| error.field).collect()
}

#[test]
fn a_list_of_artifacts_takes_files_and_one_of_small_objects_has_rows() {
    let fields = form_fields(&schema());
    let kind = |name: &str| fields.iter().find(|field| field.name == name).unwrap().kind.clone();
    assert_eq!(kind("files"), FieldKind::Artifacts { accept: Some(".toml".to_owned()), most: Some(20) });
    let rows = rows();
    assert_eq!((rows.item.as_deref(), rows.room, rows.most, rows.may_overflow()), (Some("Table"), 4, Some(4), false));
    let names: Vec<&str> = rows.fields.iter().map(|field| field.name.as_str()).collect();
    assert_eq!(names, ["name", "artifact", "header", "skip", "deep"]);
    assert!(matches!(rows.fields[1].kind, FieldKind::Artifact { .. }));
    // No row has rows of its own.
    assert_eq!(rows.fields[4].kind, FieldKind::Json);
    assert_eq!(rows.fields[4].help.as_deref(), Some("Files stand in it by the ids of their artifacts."));
}

#[test]
fn what_lies_deeper_is_json_that_says_how_files_stand_in_it() {
    let fields = form_fields(&schema());
    let nested = fields.iter().find(|field| field.name == "nested").unwrap();
    assert_eq!(nested.kind, FieldKind::Json);
    assert_eq!(nested.help.as_deref(), Some("Anything. Files stand in it by the ids of their artifacts."));
}

#[test]
fn rows_have_bounds() {
    let of = |items: Value, most: Value| {
        let schema = json!({"properties": {"list": {"type": "array", "items": items, "maxItems": most}}});
        form_fields(&schema).remove(0).kind
    };
    let wide = |count: usize| -> Value {
        let properties: Value = (0..count).map(|at| (format!("field_{at}"), json!({"type": "string"}))).collect();
        json!({"type": "object", "properties": properties})
    };
    let FieldKind::Rows(long) = of(wide(12), json!(100)) else { panic!("twelve fields fit a row") };
    assert_eq!((long.room, long.may_overflow()), (ROOM, true));
    let FieldKind::Rows(endless) = of(wide(1), Value::Null) else { panic!("one field fits a row") };
    assert_eq!((endless.room, endless.may_overflow()), (ROOM, true));
    for (items, most) in
        [(wide(13), json!(5)), (wide(0), json!(5)), (wide(2), json!(0)), (json!({"type": "array"}), json!(5)), (json!(true), json!(5))]
    {
        assert_eq!(of(items.clone(), most), FieldKind::Json, "{items}");
    }
}

#[test]
fn filled_rows_become_the_list_and_empty_ones_are_left_out() {
    let input = read(&[
        ("tables/0/name", "birds"),
        ("tables/0/artifact", FILE),
        ("tables/0/header", "true"),
        // As it stands there from the first.
        ("tables/1/name", " "),
        ("tables/1/header", "true"),
        ("tables/3/name", "flowers"),
        ("tables/3/artifact", OTHER),
        ("tables/3/header", "false"),
        ("tables/3/skip", "2"),
        ("files", &format!("{FILE}\r\n\r\n {OTHER} \r\n")),
    ]);
    let expected = json!({
        "tables": [{"name": "birds", "artifact": FILE, "header": true}, {"name": "flowers", "artifact": OTHER, "header": false, "skip": 2}],
        "files": [FILE, OTHER]
    });
    assert_eq!(input, Ok(expected));
}

#[test]
fn what_is_wrong_in_a_row_is_named_with_its_row() {
    assert_eq!(wrong(&[]), ["/input/tables"]);
    assert_eq!(wrong(&[("tables/1/header", "true")]), ["/input/tables"]);
    assert_eq!(wrong(&[("tables/2/name", "birds")]), ["/input/tables/2/artifact"]);
    let typed = [("tables/0/name", "a"), ("tables/0/artifact", "birds.csv"), ("tables/0/skip", "two"), ("files", "first\nsecond")];
    assert_eq!(wrong(&typed), ["/input/tables/0/artifact", "/input/tables/0/skip", "/input/files/0", "/input/files/1"]);
}

#[test]
fn no_row_lies_beyond_the_last() {
    let filled = [("tables/0/name", "a"), ("tables/0/artifact", FILE)];
    for (beyond, place) in [
        ("tables/4/name", "/input/tables/4/name"),
        ("tables/00/name", "/input/tables/00/name"),
        ("tables/0/other", "/input/tables/0/other"),
        ("tables/x", "/input/tables/x"),
        ("files/0", "/input/files~10"),
    ] {
        assert_eq!(wrong(&[filled[0], filled[1], (beyond, "b")]), [place]);
    }
}

#[test]
fn a_list_may_be_written_as_json_but_not_twice() {
    let list = format!("[{{\"name\": \"birds\", \"artifact\": \"{FILE}\", \"more\": 1}}]");
    let untouched = ("tables/0/header", "true");
    assert_eq!(read(&[("tables", &list), untouched]), Ok(json!({"tables": [{"name": "birds", "artifact": FILE, "more": 1}]})));
    assert_eq!(wrong(&[("tables", &list), ("tables/0/name", "a"), ("tables/0/artifact", FILE)]), ["/input/tables"]);
    assert_eq!(wrong(&[("tables", "[")]), ["/input/tables"]);
}

#[test]
fn a_place_in_the_input_is_found_on_the_form() {
    let values = form(&[("tables/1/name", "a"), ("tables/3/name", "b")]);
    let place = |place: &str| place_on_form(&schema(), &values, place);
    assert_eq!(place("/input/tables/0/name"), "/input/tables/1/name");
    assert_eq!(place("/input/tables/1"), "/input/tables/3");
    for same in ["/input/tables", "/input/tables/7/name", "/input/files/0", "/labels", "/input/tables/x"] {
        assert_eq!(place(same), same);
    }
}

#[test]
fn an_example_fills_rows_without_its_shipped_files_and_what_no_row_holds_stands_as_json() {
    let shipped = json!({"tables": [{"name": "birds", "artifact": "examples/tables/penguins.csv"}], "files": ["examples/a.toml", FILE]});
    let texts = form_texts(&schema(), Some(&shipped));
    let expected = form(&[
        ("tables/0/name", "birds"),
        ("tables/0/header", "true"),
        ("tables/1/header", "true"),
        ("tables/2/header", "true"),
        ("tables/3/header", "true"),
        ("files", FILE),
    ]);
    assert_eq!(texts, expected);
    let other = form_texts(&schema(), Some(&json!({"tables": [{"name": "birds", "unknown": 1}]})));
    assert!(other["tables"].contains("unknown") && !other.contains_key("tables/0/name"), "{other:?}");
}

prop_compose! {
    fn table()(name in "[a-z]{1,8}", header in any::<bool>(), skip in proptest::option::of(any::<i64>())) -> Value {
        let mut table = json!({"name": name, "artifact": FILE, "header": header});
        if let Some(skip) = skip {
            table["skip"] = json!(skip);
        }
        table
    }
}

proptest! {
    #[test]
    fn rows_survive_the_form(tables in proptest::collection::vec(table(), 1..9), files in proptest::collection::vec(Just(FILE), 1..4)) {
        // Some are more than there are rows.
        let input = json!({"tables": tables, "files": files});
        prop_assert_eq!(input_from_schema(&schema(), "test.rows", &form_texts(&schema(), Some(&input))), Ok(input));
    }
}
