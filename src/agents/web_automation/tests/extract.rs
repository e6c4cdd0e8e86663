//! Whether `web_automation.extract` gives the records that a page holds, and ends within its bounds on any page.

use std::time::{Duration, Instant};

use crate::web::{on_file, on_page};
use baton_agents_web_automation::{
    EXTRACT, MAXIMUM_DEPTH, MAXIMUM_INLINE_RECORD_BYTES, MAXIMUM_NODES, MAXIMUM_PAGE_BYTES, MAXIMUM_VALUE_BYTES, MAXIMUM_VALUES, number,
};
use proptest::prelude::*;
use serde_json::{Value, json};

const SHOP: &str = "<!doctype html><base href='/items/'><title>x</title><ul>
    <li class=p id=a><h2> Red\n <b>chair</b></h2><span class=price>€ 1.234,50</span><a href='1?a=b c'>more</a><i>x</i><i>y</i>
    <li class=p id=b><h2>Lamp</h2><span class=price>on request</span><img src=//cdn.example/i.png>
    <li class=p id=c><h2> </h2></ul>";

#[test]
fn records_have_the_fields_that_selectors_name() {
    let input = json!({"scope": "li.p", "fields": [
        {"name": "title", "selector": "h2", "required": true},
        {"name": "id", "attribute": "id"},
        {"name": "price", "selector": ".price", "type": "number", "decimal": ","},
        {"name": "link", "selector": "a, img", "type": "url"},
        {"name": "tags", "selector": "i", "list": true}
    ]});
    let (ended, port) = on_page(EXTRACT, SHOP, input.clone());
    let result = ended.value();
    let link = format!("http://127.0.0.1:{port}/items/1?a=b%20c");
    assert_eq!(
        result["records"],
        json!([
            {"title": "Red chair", "id": "a", "price": 1234.5, "link": link, "tags": ["x", "y"]},
            {"title": "Lamp", "id": "b", "price": null, "link": "http://cdn.example/i.png", "tags": []}
        ])
    );
    assert_eq!((&result["matched"], &result["skipped"], &result["unread"]), (&json!(3), &json!(1), &json!(1)));
    // The same from a file that says where it is from.
    let mut stored = input;
    stored["base_url"] = json!(format!("http://127.0.0.1:{port}/shop/page"));
    assert_eq!(on_file(EXTRACT, SHOP.as_bytes(), stored).value()["records"], result["records"]);
}

#[test]
fn without_a_scope_the_page_is_one_record() {
    let result = on_file(EXTRACT, b"<p>one<p>two", json!({"fields": [{"name": "all", "selector": "p", "list": true}]})).value();
    assert_eq!(result["records"], json!([{"all": ["one", "two"]}]));
}

#[test]
fn bad_input_is_refused_with_its_field() {
    let field = |value: Value| on_file(EXTRACT, b"<p>a", json!({"fields": [value]}));
    for (ended, code, message) in [
        (field(json!({"name": "a", "selector": "p["})), "TASK-003", "fields[0].selector: "),
        (on_file(EXTRACT, b"<p>", json!({"scope": ">>", "fields": [{"name": "a"}]})), "TASK-003", "scope: "),
        (field(json!({"name": "a", "type": "url"})), "TASK-003", "fields[0]: "),
        (on_file(EXTRACT, b"<p>", json!({"fields": [{"name": "a"}, {"name": "a"}]})), "TASK-003", "fields[1].name: "),
        (field(json!({"name": "a", "selector": "h1", "required": true})), "WEB-012", "fields: "),
        (on_file(EXTRACT, b"%PDF-1.7", json!({"fields": [{"name": "a"}]})), "WEB-011", ""),
    ] {
        assert_eq!(ended.code(), code, "{}", ended.message());
        assert!(ended.message().starts_with(message), "{}", ended.message());
    }
    assert_eq!(on_page(EXTRACT, "<p>a", json!({"fields": [{"name": "a"}]})).0.value()["count"], 1);
}

#[test]
fn many_and_long_values_are_cut_and_kept_in_the_artifact() {
    let long = "é".repeat(MAXIMUM_VALUE_BYTES);
    let result = on_file(EXTRACT, format!("<p>{long}").as_bytes(), json!({"fields": [{"name": "a", "selector": "p"}]})).value();
    assert_eq!(result["records"][0]["a"].as_str().unwrap().len(), MAXIMUM_VALUE_BYTES);
    let many = "<p>a".repeat(MAXIMUM_VALUES + 1);
    let list = json!({"fields": [{"name": "a", "selector": "p", "list": true}]});
    assert_eq!(on_file(EXTRACT, many.as_bytes(), list).value()["records"][0]["a"].as_array().unwrap().len(), MAXIMUM_VALUES);
    let rows = format!("<p>{}</p>", "x".repeat(1_000)).repeat(2_000);
    let input = json!({"scope": "p", "fields": [{"name": "a"}], "maximum_records": 1_500});
    let ended = on_file(EXTRACT, rows.as_bytes(), input);
    let all: Vec<Value> = serde_json::from_slice(&ended.stored[0].2).unwrap();
    let result = ended.value();
    let shown = result["records"].as_array().unwrap();
    assert_eq!((all.len(), &all[..shown.len()], &result["matched"]), (1_500, &shown[..], &json!(2_000)));
    assert!(serde_json::to_vec(shown).unwrap().len() <= MAXIMUM_INLINE_RECORD_BYTES + 2 && result["truncated"] == true);
}

/// Time that is far more than a page takes and far less than a quadratic one would.
const SOON: Duration = Duration::from_secs(30);

#[test]
fn hostile_pages_end_within_their_bounds() {
    let input = json!({"fields": [{"name": "a", "selector": "b"}]});
    for piece in ["<div>", "<b>", "<table><tr><td>", "<a><font>", "<ul><li>", "<svg><g>"] {
        let began = Instant::now();
        let ended = on_file(EXTRACT, piece.repeat((10 << 20) / piece.len()).as_bytes(), input.clone());
        assert_eq!(ended.code(), "WEB-011", "{piece}");
        assert!(began.elapsed() < SOON, "{piece}: {:?}", began.elapsed());
    }
    // Deep, but not too deep.
    let fits = format!("{}<b>x", "<div>".repeat(MAXIMUM_DEPTH - 10));
    assert_eq!(on_file(EXTRACT, fits.as_bytes(), input.clone()).value()["records"][0]["a"], "x");
    let began = Instant::now();
    let line = format!("<b>y</b>{}", "word ".repeat((10 << 20) / 5));
    assert_eq!(on_file(EXTRACT, line.as_bytes(), input.clone()).value()["records"][0]["a"], "y");
    let flat = "<p>a</p>".repeat((10 << 20) / 8);
    assert_eq!(on_file(EXTRACT, flat.as_bytes(), input.clone()).code(), "WEB-011");
    assert!(flat.len() / 8 * 2 > MAXIMUM_NODES && began.elapsed() < SOON, "{:?}", began.elapsed());
    let large = vec![b' '; usize::try_from(MAXIMUM_PAGE_BYTES).unwrap() + 1];
    assert_eq!(on_file(EXTRACT, &large, input).code(), "WEB-011");
}

#[test]
fn numbers_are_read_as_people_write_them() {
    for (text, decimal, value) in [
        ("€ 1,234.50 per month", '.', Some(1234.5)),
        ("1.234.567,5", ',', Some(1_234_567.5)),
        ("1 234", ',', Some(1234.0)),
        ("-5 °C", '.', Some(-5.0)),
        ("−€3.5", '.', Some(-3.5)),
        ("A-5", '.', Some(5.0)),
        (".5", '.', Some(0.5)),
        ("12.", '.', Some(12.0)),
        ("1,23", '.', Some(1.0)),
        ("2e3", '.', Some(2000.0)),
        ("7 items of 9", '.', Some(7.0)),
        ("none", '.', None),
        ("", '.', None),
    ] {
        assert_eq!(number(text, decimal), value, "{text}");
    }
}

proptest! {
    #[test]
    fn numbers_are_read_back(value in -1e12..1e12_f64) {
        prop_assert_eq!(number(&value.to_string(), '.'), Some(value));
        prop_assert_eq!(number(&value.to_string().replace('.', ","), ','), Some(value));
    }

    #[test]
    fn no_text_makes_the_reader_panic(text in "[-0-9.,e€ a]{0,30}") {
        let _ = (number(&text, '.'), number(&text, ','));
    }
}
