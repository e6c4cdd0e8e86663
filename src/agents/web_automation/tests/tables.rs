//! Whether `web_automation.tables` lays cells out as browsers do, and ends within its bounds.

use crate::web::{on_file, on_page};
use baton_agents_web_automation::{MAXIMUM_CELLS, MAXIMUM_COLUMNS, MAXIMUM_TABLE_BYTES, MAXIMUM_TABLES, TABLES};
use proptest::prelude::*;
use serde_json::{Value, json};

#[test]
fn spans_are_repeated_and_headers_joined() {
    let page = "<table><tr><td>layout</table><table><caption>Prices</caption>
        <thead><tr><th rowspan=2>Name<th colspan=2>Price<tr><th>old<th>new</thead>
        <tr><td rowspan=0>a<br>b<td>1<td>\"2\", 3<tr><td colspan=2>none<tr><td>4
        <tbody><tr><td>c<td><table><tr><td>x<td>y</table></table>";
    let (ended, _) = on_page(TABLES, page, json!({}));
    let csv = "Name,Price old,Price new\na b,1,\"\"\"2\"\", 3\"\na b,none,none\na b,4,\nc,x y,\n";
    assert_eq!(String::from_utf8_lossy(&ended.stored[0].2), csv);
    let result = ended.value();
    let table = &result["tables"][0];
    assert_eq!(
        (&result["count"], &table["caption"], &table["rows"], &table["header"]),
        (&json!(2), &json!("Prices"), &json!(4), &json!(true))
    );
    assert_eq!(table["preview"]["rows"][1], json!(["a b", "none", "none"]));
    // The one within a cell is a table of its own, whose columns have no names.
    assert_eq!(result["tables"][1]["preview"], json!({"columns": ["column 1", "column 2"], "rows": [["x", "y"]]}));
}

#[test]
fn tables_are_chosen_and_bad_input_is_refused() {
    let page = "<table id=a><tr><td>1<td>2</table><table id=b><tr><th>n<th>n<tr><td>3<td>4</table>";
    let result = on_file(TABLES, page.as_bytes(), json!({"selector": "#b"})).value();
    assert_eq!(result["tables"][0]["preview"], json!({"columns": ["n", "n (2)"], "rows": [["3", "4"]]}));
    assert_eq!(on_file(TABLES, page.as_bytes(), json!({"minimum_rows": 2})).value()["count"], 0);
    assert_eq!(on_file(TABLES, page.as_bytes(), json!({"maximum_tables": 1})).value()["truncated"], true);
    let ended = on_file(TABLES, page.as_bytes(), json!({"selector": "["}));
    assert!(ended.code() == "TASK-003" && ended.message().starts_with("selector: "), "{}", ended.message());
}

#[test]
fn what_grows_is_cut() {
    let of = |page: String| on_file(TABLES, page.as_bytes(), json!({"maximum_tables": MAXIMUM_TABLES})).value();
    let wide = of(format!("<table><tr>{}</table>", "<td colspan=1000>x".repeat(50)));
    assert_eq!((&wide["tables"][0]["columns"], &wide["tables"][0]["truncated"]), (&json!(MAXIMUM_COLUMNS), &json!(true)));
    let many = of(format!("<table>{}</table>", "<tr><td colspan=500>x".repeat(MAXIMUM_CELLS / 500 + 10)));
    assert_eq!((&many["tables"][0]["rows"], &many["tables"][0]["truncated"]), (&json!(MAXIMUM_CELLS / 500), &json!(true)));
    let heavy = of(format!("<table>{}</table>", format!("<tr><td colspan=500>{}", "x".repeat(10_000)).repeat(5)));
    assert_eq!(heavy["tables"][0]["rows"], json!(MAXIMUM_TABLE_BYTES / 5_000_000));
    let tables = of("<table><tr><td>1<td>2</table>".repeat(MAXIMUM_TABLES + 1));
    assert_eq!((&tables["count"], &tables["truncated"]), (&json!(MAXIMUM_TABLES), &json!(true)));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]
    #[test]
    fn every_row_is_as_long_as_the_header(cells in proptest::collection::vec(proptest::collection::vec((0..4_u32, 0..4_u32), 1..5), 1..6)) {
        let row = |row: &Vec<(u32, u32)>| row.iter().map(|(c, r)| format!("<td colspan={c} rowspan={r}>x")).collect::<String>();
        let page = format!("<table>{}</table>", cells.iter().map(|cells| format!("<tr>{}", row(cells))).collect::<String>());
        let result = on_file(TABLES, page.as_bytes(), json!({"minimum_columns": 1})).value();
        let table = &result["tables"][0];
        let length = |row: &Value| row.as_array().unwrap().len();
        prop_assert_eq!(table["rows"].as_u64().unwrap() as usize, cells.len());
        for row in table["preview"]["rows"].as_array().unwrap() {
            prop_assert_eq!(length(row), length(&table["preview"]["columns"]));
        }
    }
}
