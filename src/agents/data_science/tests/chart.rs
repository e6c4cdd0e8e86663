//! Does `data_science.chart` show the figures of the table?
use crate::harness::{Ended, perform, perform_on_file, skill_of};
use baton_agents_data_science::{CHART, DataScience};
use serde_json::{Value, json};

const SALES: &str =
    "city,month,sales,kind\nBern,2026-01,10,a\nBern,2026-02,20,b\nBasel,2026-01,5,a\nBasel,2026-02,,b\nZug,2026-01,1,a\nZug,2026-02,2,a\n";

fn on(table: &str, input: Value) -> Ended {
    perform_on_file(DataScience::default(), CHART, input, "table.csv", table.as_bytes())
}

#[test]
fn every_example_works_as_it_stands() {
    for example in skill_of(&DataScience::default(), CHART).examples {
        let ended = perform(DataScience::default(), CHART, example.clone());
        assert!(ended.result.is_ok(), "{example}: {:?}", ended.result);
        let kinds: Vec<&str> = ended.stored.iter().map(|(_, kind, _)| kind.as_str()).collect();
        assert_eq!(kinds, ["image/svg+xml", "image/png"]);
        assert!(ended.stored[1].2.starts_with(b"\x89PNG"));
    }
}

#[test]
fn rows_are_summed_counted_and_averaged() {
    let figures = |input: Value| on(SALES, input).value()["figures"]["rows"].clone();
    assert_eq!(figures(json!({"kind": "bar", "x": "city", "y": ["sales"]})), json!([["Bern", 30.0], ["Basel", 5.0], ["Zug", 3.0]]));
    assert_eq!(figures(json!({"kind": "bar", "x": "city"})), json!([["Bern", 2.0], ["Basel", 2.0], ["Zug", 2.0]]));
    for (aggregate, wanted) in [("mean", 15.0), ("median", 15.0), ("min", 10.0), ("max", 20.0)] {
        assert_eq!(figures(json!({"kind": "bar", "x": "city", "y": ["sales"], "aggregate": aggregate}))[0], json!(["Bern", wanted]));
    }
    assert_eq!(
        figures(json!({"kind": "bar", "x": "city", "y": ["sales"], "group": "kind"})),
        json!([["Bern", 10.0, 20.0], ["Basel", 5.0, null], ["Zug", 3.0, null]])
    );
}

#[test]
fn the_largest_come_first_and_the_rest_is_other() {
    let value = on(SALES, json!({"kind": "bar", "x": "city", "y": ["sales"], "top": 1})).value();
    assert_eq!(value["figures"]["rows"], json!([["Bern", 30.0], ["Other", 8.0]]));
    let value = on(SALES, json!({"kind": "bar", "x": "city", "y": ["sales"], "top": 1, "aggregate": "mean"})).value();
    assert_eq!(value["figures"]["rows"], json!([["Bern", 15.0]]));
    assert!(value["notes"].to_string().contains("left out"));
    let value = on(SALES, json!({"kind": "pie", "x": "city", "y": ["sales"], "order": "smallest"})).value();
    assert_eq!(value["figures"]["rows"][0][0], "Zug");
}

#[test]
fn a_line_over_numbers_rises_and_leaves_no_row_out_unsaid() {
    let value = on("x,y\n3,30\n1,10\n2,\n", json!({"kind": "line", "x": "x", "y": ["y"]})).value();
    assert_eq!(value["chart"]["series"][0]["data"], json!([[1.0, 10.0], [3.0, 30.0]]));
    assert!(value["notes"][0].as_str().unwrap().starts_with("1 of 3 rows"));
    let dates = on("d,y\n2026-02-01,2\n2026-01-01,1\n", json!({"kind": "area", "x": "d", "y": ["y"]})).value();
    assert_eq!(dates["chart"]["xAxis"]["type"], "time");
    assert_eq!(dates["chart"]["series"][0]["data"], json!([["2026-01-01", 1.0], ["2026-02-01", 2.0]]));
}

#[test]
fn histograms_count_every_row_and_boxes_have_quartiles() {
    let table: String = std::iter::once("v\n".to_owned()).chain((0..1_000).map(|row| format!("{}\n", row % 97))).collect();
    let value = on(&table, json!({"kind": "histogram", "x": "v", "bins": 10})).value();
    let counts: u64 = value["chart"]["series"][0]["data"].as_array().unwrap().iter().map(|count| count.as_u64().unwrap()).sum();
    assert_eq!((counts, value["figures"]["rows"].as_array().unwrap().len()), (1_000, 10));
    // numpy.quantile of 1, 2, 4, 8, 100: 2, 4, 8; 100 lies beyond 8 + 9.
    let value = on("v\n1\n2\n4\n8\n100\n", json!({"kind": "boxplot", "y": ["v"]})).value();
    assert_eq!(value["chart"]["series"][0]["data"][0], json!([1.0, 2.0, 4.0, 8.0, 8.0]));
    assert!(value["notes"][0].as_str().unwrap().starts_with("1 values lie beyond"));
}

#[test]
fn a_heatmap_has_a_cell_for_each_pair() {
    let value = on(SALES, json!({"kind": "heatmap", "x": "city", "y": ["month"], "group": "sales"})).value();
    assert_eq!(value["chart"]["series"][0]["data"], json!([[0, 0, 10.0], [0, 1, 20.0], [1, 0, 5.0], [2, 0, 1.0], [2, 1, 2.0]]));
}

#[test]
fn many_points_are_an_even_sample() {
    let table: String = std::iter::once("x,y\n".to_owned()).chain((0..60_000).map(|row| format!("{row},{}\n", row * 7 % 1_009))).collect();
    let value = on(&table, json!({"kind": "scatter", "x": "x", "y": ["y"]})).value();
    let points = value["chart"]["series"][0]["data"].as_array().unwrap();
    assert!(points.len() > 2_000 && points.len() <= 5_000, "{}", points.len());
    let middle = points[points.len() / 2][0].as_f64().unwrap();
    assert!((25_000.0..35_000.0).contains(&middle), "{middle}");
    assert!(value["notes"].to_string().contains("th row is shown"));
}

#[test]
fn what_is_wrong_names_its_field() {
    let wide: String = std::iter::once("x\n".to_owned()).chain((0..6_000).map(|row| format!("v{row}\n"))).collect();
    for (table, input, code, says) in [
        (SALES, json!({"kind": "bar", "x": "town"}), "TASK-003", "city, month"),
        (SALES, json!({"kind": "bar"}), "TASK-003", "x:"),
        (SALES, json!({"kind": "bar", "x": "month", "y": ["city"]}), "TASK-003", "row 1"),
        (SALES, json!({"kind": "scatter", "x": "sales"}), "TASK-003", "y:"),
        (SALES, json!({"kind": "line", "x": "city", "y": ["sales", "month"], "group": "kind"}), "TASK-003", "group"),
        ("a,b\n1,-1\n", json!({"kind": "pie", "x": "a", "y": ["b"]}), "DOC-008", "slice"),
        ("a,b\n1,0\n", json!({"kind": "bar", "x": "a", "y": ["b"], "log": true}), "TASK-003", "log"),
        ("a,b\n1,\n", json!({"kind": "bar", "x": "a", "y": ["b"]}), "DOC-008", "no row"),
        (&wide, json!({"kind": "bar", "x": "x"}), "DOC-008", "5000"),
        ("a,b\n", json!({"kind": "bar", "x": "a"}), "DATA-003", "no rows"),
        ("", json!({"kind": "bar", "x": "a"}), "DATA-003", "no rows"),
        ("a,b\n1,2\n3\n", json!({"kind": "bar", "x": "a"}), "DATA-001", "line 3"),
    ] {
        let ended = on(table, input.clone());
        assert_eq!(ended.code(), code, "{input}: {}", ended.message());
        assert!(ended.message().contains(says), "{says}: {}", ended.message());
    }
    let ended = perform_on_file(DataScience::default(), CHART, json!({"kind": "bar", "x": "a"}), "t.csv", b"a\n\xff\xfe\n");
    assert_eq!(ended.code(), "DATA-002");
}
