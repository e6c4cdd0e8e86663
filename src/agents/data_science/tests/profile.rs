//! Whether `data_science.profile` says of real tables what NumPy and SciPy say, and of broken ones what is wrong.

use crate::harness;

use crate::harness::{Ended, perform, perform_on_file, skill_of, violations};
use baton_agents_data_science::{DataScience, MAXIMUM_COLUMNS, MAXIMUM_ROWS, PROFILE};
use proptest::prelude::*;
use serde_json::{Value, json};

fn profile_of(content: &[u8]) -> Ended {
    perform_on_file(DataScience::default(), PROFILE, json!({}), "table.csv", content)
}

fn column<'a>(result: &'a Value, name: &str) -> &'a Value {
    result["columns"].as_array().unwrap().iter().find(|column| column["name"] == name).unwrap_or_else(|| panic!("no column {name}"))
}

fn close(found: &Value, expected: &Value, what: &str) {
    let (found, expected) = (found.as_f64().unwrap_or_else(|| panic!("{what}: {found}")), expected.as_f64().unwrap());
    assert!((found - expected).abs() <= 1e-9 * expected.abs().max(1e-3), "{what}: {found}, not {expected}");
}

#[test]
fn statistics_of_real_tables_are_those_of_numpy_and_scipy() {
    let reference: Value = serde_json::from_str(include_str!("reference/statistics.json")).unwrap();
    for (table, expected) in reference["tables"].as_object().unwrap() {
        let result = perform(DataScience::default(), PROFILE, json!({"artifact": format!("examples/tables/{table}")})).value();
        assert_eq!(result["rows"], expected["rows"], "{table}");
        for (name, numbers) in expected["columns"].as_object().unwrap() {
            let found = column(&result, name);
            for exact in ["missing", "distinct"] {
                assert_eq!(found[exact], numbers[exact], "{table} {name} {exact}");
            }
            for number in ["min", "max", "mean", "sd", "skewness", "kurtosis"] {
                close(&found[number], &numbers[number], &format!("{table} {name} {number}"));
            }
            for (quantile, value) in numbers["quantiles"].as_object().unwrap() {
                close(&found["quantiles"][quantile], value, &format!("{table} {name} {quantile}"));
            }
            for (fence, count) in numbers["outliers"].as_object().unwrap() {
                // Where more than half of the values are equal the median deviation says nothing, and the fence is absent.
                if let Some(found) = found["outliers"].get(fence) {
                    assert_eq!(&found["count"], count, "{table} {name} {fence}");
                }
            }
            let present = result["rows"].as_u64().unwrap() - found["missing"].as_u64().unwrap();
            let counted: u64 = found["histogram"]["counts"].as_array().unwrap().iter().map(|count| count.as_u64().unwrap()).sum();
            assert_eq!(counted, present, "{table} {name}");
        }
        let order: Vec<&str> = expected["order"].as_array().unwrap().iter().map(|name| name.as_str().unwrap()).collect();
        if order.len() < 2 {
            continue;
        }
        let names: Vec<&str> = result["correlations"]["columns"].as_array().unwrap().iter().map(|name| name.as_str().unwrap()).collect();
        let place = |name: &str| names.iter().position(|known| *known == name).unwrap();
        for kind in ["pearson", "spearman"] {
            for (row, first) in order.iter().enumerate() {
                for (cell, second) in order.iter().enumerate() {
                    let found = &result["correlations"][kind][place(first)][place(second)];
                    close(found, &expected[kind][row][cell], &format!("{table} {kind} {first} {second}"));
                }
            }
        }
    }
}

#[test]
fn penguins_come_with_types_notes_charts_and_a_picture() {
    let ended = perform(DataScience::default(), PROFILE, json!({"artifact": "examples/tables/penguins.csv"}));
    for span in ["read", "profile", "correlate", "chart"] {
        assert!(ended.spans.iter().any(|name| name == span), "no span {span} in {:?}", ended.spans);
    }
    assert_eq!(ended.progress.last(), Some(&1.0));
    assert!(ended.progress.is_sorted(), "{:?}", ended.progress);
    assert!(!ended.logs.is_empty());
    let (name, media_type, bytes) = &ended.stored[0];
    assert_eq!((name.as_str(), media_type.as_str()), ("profile.svg", "image/svg+xml"));
    let svg = String::from_utf8(bytes.clone()).unwrap();
    assert!(svg.starts_with("<svg") && svg.trim_end().ends_with("</svg>") && svg.contains("bill_length_mm"));
    assert_eq!(svg.matches("<g ").count(), svg.matches("</g>").count());

    let result = ended.value();
    let types: Vec<&str> = result["columns"].as_array().unwrap().iter().map(|column| column["type"].as_str().unwrap()).collect();
    assert_eq!(types, ["text", "text", "number", "number", "integer", "integer", "text", "integer"]);
    assert_eq!(column(&result, "species")["top"][0], json!({"value": "Adelie", "count": 152}));
    assert_eq!(column(&result, "sex")["missing"], 11);
    let notes = result["notes"].to_string();
    assert!(notes.contains("flipper_length_mm and body_mass_g are strongly correlated (Pearson 0.87)"), "{notes}");
    let charts = result["charts"].as_array().unwrap();
    assert_eq!(charts.len(), 6);
    assert_eq!(charts[0]["options"]["series"][0]["type"], "bar");
    assert!(charts[0]["artifact"].is_string());
    for (place, name) in [(4, "Pearson"), (5, "Spearman")] {
        assert_eq!(charts[place]["options"]["series"][0]["type"], "heatmap");
        assert_eq!(charts[place]["title"], format!("Correlation ({name})"));
    }
}

#[test]
fn dates_booleans_codes_and_gaps_get_their_types() {
    let table = "\u{feff}when;ok;zip;big;gone;size\r\n31.12.2023 10:00;yes;01234;12345678901234567;;1\r\n01.01.2024 11:30;no;99999;1;NA;inf\r\n;;00001;2;null;NaN\r\n";
    let result = profile_of(table.as_bytes()).value();
    assert_eq!(result["rows"], 3);
    let types: Vec<&str> = result["columns"].as_array().unwrap().iter().map(|column| column["type"].as_str().unwrap()).collect();
    assert_eq!(types, ["date", "boolean", "text", "text", "empty", "number"]);
    assert_eq!(column(&result, "when")["min"], "2023-12-31T10:00:00");
    assert_eq!(column(&result, "when")["max"], "2024-01-01T11:30:00");
    assert_eq!(column(&result, "ok")["top"], json!([{"value": "true", "count": 1}, {"value": "false", "count": 1}]));
    assert_eq!(column(&result, "gone")["missing"], 3);
    assert_eq!((&column(&result, "size")["missing"], &column(&result, "size")["max"]), (&json!(1), &json!(1.0)));
    let notes = result["notes"].to_string();
    assert!(notes.contains("no digit is lost") && notes.contains("1 infinite") && notes.contains("gone is empty"), "{notes}");
}

#[test]
fn ids_constants_and_skew_are_noted() {
    let mut table = "id,unit,amount\n".to_owned();
    for row in 0..60 {
        table.push_str(&format!("{},kg,{}\n", 1_000 + row, if row == 59 { 10_000 } else { row % 7 }));
    }
    let notes = profile_of(table.as_bytes()).value()["notes"].to_string();
    assert!(notes.contains("id is likely an identifier"), "{notes}");
    assert!(notes.contains("unit is constant"), "{notes}");
    assert!(notes.contains("amount is strongly skewed to the right"), "{notes}");
}

#[test]
fn ragged_rows_name_the_line_and_both_counts() {
    let ended = profile_of(b"a,b,c\n1,2,3\n\n\"x\ny\",5,6\n7,8\n");
    assert_eq!(ended.code(), "DATA-001");
    assert!(ended.message().contains("line 6 has 2 fields where the first record has 3"), "{}", ended.message());
    assert!(ended.spans.contains(&"read".to_owned()));
}

#[test]
fn other_encodings_name_the_offset() {
    let ended = profile_of(b"name,city\nAnna,M\xfcnchen\n");
    assert_eq!(ended.code(), "DATA-002");
    assert!(ended.message().contains("offset 16 "), "{}", ended.message());
    let utf16: Vec<u8> = [0xff, 0xfe].into_iter().chain("a,b\n1,2\n".encode_utf16().flat_map(u16::to_le_bytes)).collect();
    let ended = profile_of(&utf16);
    assert_eq!(ended.code(), "DATA-002");
    assert!(ended.message().contains("UTF-16"));
}

#[test]
fn tables_without_rows_are_refused() {
    for table in [&b""[..], b"\xef\xbb\xbf", b"\n\n", b"a,b\n"] {
        assert_eq!(profile_of(table).code(), "DATA-003", "{table:?}");
    }
    let one = perform_on_file(DataScience::default(), PROFILE, json!({"header": false}), "t.csv", b"1,2\n").value();
    assert_eq!((&one["rows"], &one["columns"][1]["name"]), (&json!(1), &json!("column_2")));
}

#[test]
fn tables_beyond_the_limits_are_refused() {
    let wide = vec!["x"; MAXIMUM_COLUMNS + 1].join(",");
    assert_eq!(profile_of(format!("{wide}\n{wide}\n").as_bytes()).code(), "DATA-004");
    let long = "1\n".repeat(usize::try_from(MAXIMUM_ROWS).unwrap() + 2);
    let ended = profile_of(long.as_bytes());
    assert_eq!(ended.code(), "DATA-004");
    assert!(ended.message().contains("20000000 rows"));
}

#[test]
fn huge_cells_and_long_lines_do_no_harm() {
    let line = "x".repeat(10 << 20);
    let result = profile_of(format!("a,b\n{line},1e308\ny,-1e308\n").as_bytes()).value();
    assert!(column(&result, "a")["max"].as_str().unwrap().len() < 400);
    assert_eq!(column(&result, "b")["mean"], 0.0);
    let result = profile_of(b"a,b\n1e308,nan\n-1.7e308,inf\n1.7e308,-inf\n").value();
    assert!(column(&result, "a")["quantiles"]["p50"].is_number());
    assert_eq!(column(&result, "b")["mean"], Value::Null);
}

#[test]
fn delimiters_and_columns_can_be_named() {
    let with = |input: Value| perform_on_file(DataScience::default(), PROFILE, input, "t.csv", b"a;b|c\n1;2|3\n4;5|6\n");
    let names = |result: Value| {
        result["columns"].as_array().unwrap().iter().map(|column| column["name"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(names(with(json!({"delimiter": "|"})).value()), ["a;b", "c"]);
    assert_eq!(names(with(json!({"delimiter": ";", "columns": ["b|c"]})).value()), ["b|c"]);
    let ended = with(json!({"columns": ["z"]}));
    assert_eq!(ended.code(), "TASK-003");
    assert!(ended.message().contains("no column z; the table has a"), "{}", ended.message());
    let result = profile_of(b"a,a,\n1,2,3\n").value();
    assert_eq!(names(result), ["a", "a_2", "column_3"]);
}

#[test]
fn examples_work_as_they_stand() {
    let skill = skill_of(&DataScience::default(), PROFILE);
    assert_eq!(skill.result_kind, "table_profile");
    assert!(jsonschema::meta::is_valid(&skill.input_schema) && jsonschema::meta::is_valid(&skill.output_schema));
    assert!(!skill.examples.is_empty());
    for example in &skill.examples {
        assert!(violations(&skill.input_schema, example).is_empty());
        perform(DataScience::default(), PROFILE, example.clone()).value();
    }
    assert!(!violations(&skill.input_schema, &json!({"artifact": "x", "sheet": 1})).is_empty());
}

#[test]
fn the_demo_succeeds() {
    let tasks = harness::demo("data_science.");
    assert!(tasks.len() >= 12);
    for (skill, input) in tasks {
        perform(DataScience::default(), &skill, input).value();
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn arbitrary_bytes_end_in_a_result_or_a_code(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let ended = profile_of(&bytes);
        if let Err(failure) = ended.result {
            prop_assert!(failure.code.starts_with("DATA-"), "{}: {}", failure.code, failure.message);
        }
    }

    #[test]
    fn arbitrary_tables_end_in_a_result_that_fits_the_schema(
        rows in proptest::collection::vec(proptest::collection::vec("(-?[0-9]{1,4}(\\.[0-9]{1,3})?(e[0-9]{1,3})?|NA|inf|[a-z]{1,3}|20[0-9]{2}-0[1-9]-1[0-9]|)", 3), 1..30),
    ) {
        let table: String = rows.iter().map(|row| format!("{}\n", row.join(","))).collect();
        let result = profile_of(format!("a,b,c\n{table}").as_bytes());
        if let Err(failure) = &result.result {
            // A single empty column would be a blank line; three fields never are.
            prop_assert!(false, "{}: {}", failure.code, failure.message);
        }
    }
}
