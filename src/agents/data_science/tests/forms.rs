//! Whether every skill reads JSON, NDJSON and Parquet as it reads CSV, and says what is wrong with those that it cannot.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use crate::harness::{Ended, Setting, file_id, perform_on_file, run, run_in};
use baton_agents_data_science::{ANOMALIES, CHART, DataScience, FORECAST, MAXIMUM_BYTES, PROFILE, QUERY, TEST};
use baton_agents_runtime::protocol::FileRef;
use proptest::prelude::*;
use serde_json::{Value, json};

fn ask(content: &[u8], sql: &str) -> Ended {
    let folder = tempfile::tempdir().unwrap();
    let mut setting = Setting::default();
    // The name says nothing of the content.
    let artifact = setting.file(folder.path(), "data.bin", content);
    run_in(
        setting,
        Arc::new(DataScience::default()),
        QUERY,
        json!({"tables": [{"name": "t", "artifact": artifact}], "sql": sql, "limit": 1000}),
    )
}

fn rows(content: &[u8], sql: &str) -> Value {
    ask(content, sql).value()["result"]["rows"].clone()
}

fn profile(content: &[u8]) -> Ended {
    perform_on_file(DataScience::default(), PROFILE, json!({}), "data.bin", content)
}

fn reference(name: &str) -> Vec<u8> {
    std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/reference/parquet").join(name)).unwrap()
}

fn expected() -> Value {
    serde_json::from_slice(&reference("expected.json")).unwrap()
}

#[test]
fn json_in_all_its_forms_is_one_table() {
    let records = ["{\"a\": 1, \"b\": {\"c\": \"x\", \"d\": null}}", "{\"b\": {\"c\": \"y\\n\\u00fc\", \"d\": [1, 2]}, \"e\": true}"];
    let expected = json!([[1, "x", null, null], [null, "y\nü", "[1, 2]", 1]]);
    for text in [
        format!("[{}, {}]", records[0], records[1]),
        format!("\u{feff}\n [\n{}\n,\n{}\n]\n", records[0], records[1]),
        format!("{}\n{}\n", records[0], records[1]),
        format!("{}\r\n\r\n{}", records[0], records[1]),
        format!("{}{}", records[0], records[1]),
        format!("{{\"count\": 2, \"note\": \"[{{\", \"data\": [{}, {}], \"next\": null}}", records[0], records[1]),
    ] {
        assert_eq!(rows(text.as_bytes(), "SELECT a, \"b.c\", \"b.d\", e FROM t"), expected, "{text}");
    }
    assert_eq!(rows(b"{\"a\": 5}", "SELECT a FROM t"), json!([[5]]));
    assert_eq!(rows(b"{\"a\": 5, \"list\": [1, 2]}", "SELECT a, list FROM t"), json!([[5, "[1, 2]"]]));
}

#[test]
fn a_later_record_may_have_keys_of_its_own() {
    let text = "{\"b\":1}\n{\"a\":2,\"b\":3}\n{\"c\":\"x\",\"a\":null}\n{}\n{\"a\":1,\"a\":7}\n";
    assert_eq!(
        rows(text.as_bytes(), "SELECT b, a, c FROM t"),
        json!([[1, null, null], [3, 2, null], [null, null, "x"], [null, null, null], [null, 7, null]])
    );
    let result = profile(text.as_bytes()).value();
    assert_eq!(result["rows"], 5);
    assert_eq!(result["columns"][0]["missing"], 3);
}

#[test]
fn dates_truth_values_and_large_numbers_keep_their_types() {
    let text =
        "[{\"d\":\"13/04/2024\",\"t\":true,\"n\":1e308,\"w\":9007199254740993},{\"d\":\"03/04/2024\",\"t\":false,\"n\":1e999,\"w\":1}]";
    let result = profile(text.as_bytes()).value();
    let types: Vec<&str> = result["columns"].as_array().unwrap().iter().map(|column| column["type"].as_str().unwrap()).collect();
    assert_eq!(types, ["date", "boolean", "number", "text"]);
    assert_eq!(rows(text.as_bytes(), "SELECT d, typeof(w), w FROM t LIMIT 1"), json!([["2024-04-13", "integer", "9007199254740993"]]));
}

#[test]
fn json_that_is_no_table_is_told() {
    let deep = format!("[{{\"a\": {}1{}}}]", "[".repeat(100), "]".repeat(100));
    let abyss = "[".repeat(1_000_000);
    let long = format!("{{\"a\": \"{}\"}}\n", "x".repeat(17 << 20));
    for (text, code, word) in [
        ("[1, 2]", "DATA-035", "object"),
        ("[[1, 2], [3, 4]]", "DATA-035", "object"),
        ("[{\"a\": 1}, 7]", "DATA-035", "record 2"),
        ("[{\"a\": 1} {\"a\": 2}]", "DATA-035", "comma"),
        ("[{\"a\": 1},]", "DATA-035", "object"),
        ("[{\"a\": 1}, {\"a\"", "DATA-035", "cut off"),
        ("[{\"a\": 1}", "DATA-035", "cut off"),
        ("{\"a\": 1}\n{\"a\": ", "DATA-035", "cut off"),
        ("{\"a\": 1}\n[2]\n", "DATA-035", "record 2"),
        ("{\"a\": 1}\nno\n", "DATA-035", "record 2"),
        ("{\"a\": NaN}\n", "DATA-035", "NaN"),
        ("[{\"a\": tru}]", "DATA-035", "record 1"),
        ("[{\"a\": 1 \"b\": 2}]", "DATA-035", "record 1"),
        ("{\"x\": [{\"a\": 1}], \"y\": [{\"a\": 1}]}", "DATA-035", "several"),
        ("[]", "DATA-003", "row"),
        ("[{}, {}]", "DATA-003", "keys"),
        (deep.as_str(), "DATA-036", "nested"),
        (abyss.as_str(), "DATA-035", "object"),
        (long.as_str(), "DATA-036", "16 MB"),
    ] {
        let ended = profile(text.as_bytes());
        let shown = &text[..text.len().min(60)];
        assert_eq!(ended.code(), code, "{shown}: {}", ended.message());
        assert!(ended.message().contains(word), "{shown}: {}", ended.message());
    }
    assert_eq!(profile(b"[{\"a\": \"\xff\"}]").code(), "DATA-002");
    let wide: Vec<Value> =
        (0..101).map(|row| (0..100).map(|key| (format!("{row}-{key}"), json!(1))).collect::<serde_json::Map<_, _>>().into()).collect();
    assert_eq!(profile(&serde_json::to_vec(&wide).unwrap()).code(), "DATA-004");
    // Ten million bytes on one line are no trouble.
    let line = format!("{{\"a\": \"{}\", \"b\": 1}}\n{{\"b\": 2}}", "x".repeat(10_000_000));
    assert_eq!(rows(line.as_bytes(), "SELECT sum(b) FROM t"), json!([[3]]));
}

#[test]
fn parquet_of_every_type_and_codec_is_what_pyarrow_wrote() {
    let expected = expected();
    for file in ["none", "snappy", "gzip", "zstd", "lz4", "v2"] {
        let ended = ask(&reference(&format!("{file}.parquet")), "SELECT * FROM t").value();
        assert_eq!(ended["result"]["columns"], expected["columns"], "{file}");
        for (found, expected) in ended["result"]["rows"].as_array().unwrap().iter().zip(expected["rows"].as_array().unwrap()) {
            assert_eq!(found, expected, "{file}");
        }
        assert_eq!(ended["rows"], 40);
    }
    assert_eq!(rows(&reference("int96.parquet"), "SELECT * FROM t"), expected["int96"]);
    assert_eq!(ask(&reference("brotli.parquet"), "SELECT 1").code(), "DATA-038");
    assert_eq!(profile(&reference("empty.parquet")).code(), "DATA-003");
    assert_eq!(profile(b"PARE....PARE").code(), "DATA-038");
}

#[test]
fn structs_become_columns_and_lists_their_texts() {
    let ended = ask(&reference("nested.parquet"), "SELECT * FROM t").value();
    assert_eq!(ended["result"]["columns"], json!(["id", "place.city", "place.at.x", "place.at.y", "tags", "marks"]));
    assert_eq!(
        ended["result"]["rows"],
        json!([
            [1, "Köln", 1.5, 2, "[\"a\",\"b\\\"c\"]", "[1,null,3]"],
            [2, null, null, null, null, null],
            [3, null, 3.0, null, null, "[4]"]
        ])
    );
}

#[test]
fn every_skill_reads_every_form() {
    let mut records = Vec::new();
    for row in 0..60u32 {
        let day = format!("2024-{:02}-{:02}", row / 28 + 1, row % 28 + 1);
        records.push(json!({"day": day, "g": if row % 2 == 0 { "a" } else { "b" }, "v": f64::from(row % 7) + f64::from(row) / 10.0}));
    }
    let array = serde_json::to_vec(&records).unwrap();
    let lines: Vec<u8> = records.iter().flat_map(|record| format!("{record}\n").into_bytes()).collect();
    let csv: Vec<u8> = std::iter::once("day,g,v\n".to_owned())
        .chain(
            records.iter().map(|record| format!("{},{},{}\n", record["day"].as_str().unwrap(), record["g"].as_str().unwrap(), record["v"])),
        )
        .flat_map(String::into_bytes)
        .collect();
    let table = "SELECT day, g, v FROM t";
    for (skill, input) in [
        (PROFILE, json!({})),
        (TEST, json!({"test": "welch", "columns": ["v"], "group": "g"})),
        (FORECAST, json!({"time": "day", "value": "v"})),
        (ANOMALIES, json!({"columns": ["v"]})),
        (CHART, json!({"kind": "bar", "x": "g", "y": ["v"]})),
    ] {
        let of = |content: &[u8]| perform_on_file(DataScience::default(), skill, input.clone(), "data.bin", content);
        let from_csv = of(&csv).value();
        for content in [&array, &lines] {
            let mut found = of(content).value();
            // Pictures name the file, and identifiers of artifacts are the same in each attempt.
            if let (Some(found), Some(expected)) = (found.as_object_mut(), from_csv.as_object()) {
                for (key, value) in expected {
                    assert_eq!(found.get(key), Some(value), "{skill} {key}");
                }
            }
        }
    }
    for content in [&array, &lines] {
        assert_eq!(rows(content, table), rows(&csv, table));
    }
    let parquet = reference("zstd.parquet");
    for (skill, input) in [
        (PROFILE, json!({"columns": ["i64", "f64", "text", "ms"]})),
        (TEST, json!({"test": "welch", "columns": ["f64"], "group": "words"})),
        (FORECAST, json!({"time": "ms", "value": "d18"})),
        (ANOMALIES, json!({"columns": ["f32"]})),
        (CHART, json!({"kind": "line", "x": "ms", "y": ["d38"]})),
    ] {
        let ended = perform_on_file(DataScience::default(), skill, input, "data.bin", &parquet);
        assert!(ended.result.is_ok(), "{skill}: {:?}", ended.result);
    }
}

#[test]
fn a_header_that_the_input_denies_changes_nothing_for_records() {
    let folder = tempfile::tempdir().unwrap();
    let mut setting = Setting::default();
    let artifact = setting.file(folder.path(), "t", b"{\"a\": 1}\n{\"a\": 2}\n");
    let input = json!({"tables": [{"name": "t", "artifact": artifact, "header": false}], "sql": "SELECT sum(a) FROM t"});
    assert_eq!(run_in(setting, Arc::new(DataScience::default()), QUERY, input).value()["result"]["rows"], json!([[3]]));
}

#[test]
fn a_file_over_the_limit_is_refused_before_it_is_read() {
    let file = FileRef { path: "/nowhere".into(), name: "t.csv".to_owned(), media_type: "text/csv".to_owned(), size: MAXIMUM_BYTES + 1 };
    let ended = run(Arc::new(DataScience::default()), PROFILE, json!({"artifact": file_id()}), BTreeMap::from([(file_id(), file)]));
    assert_eq!(ended.code(), "DATA-004");
    assert!(ended.message().contains("Parquet"), "{}", ended.message());
}

/// A footer that says the file has so many rows, around the pages of a real one.
fn lying(rows: u64) -> Vec<u8> {
    // Thrift's compact protocol: field 3 of the footer, an i64 as a zigzag varint, follows the schema. The true number is 40.
    let mut file = reference("none.parquet");
    let footer = u32::from_le_bytes(file[file.len() - 8..file.len() - 4].try_into().unwrap()) as usize;
    let begin = file.len() - 8 - footer;
    let mut varint = Vec::new();
    let mut value = rows << 1;
    while value >= 0x80 {
        varint.push((value & 0x7f) as u8 | 0x80);
        value >>= 7;
    }
    varint.push(value as u8);
    // 0x16: the next field, of type i64; 0x50: 40 as zigzag; 0x19 0x3c: a list of three row groups follows.
    let place = (begin..file.len() - 8).find(|at| file[*at..].starts_with(&[0x16, 0x50, 0x19, 0x3c])).unwrap();
    file.splice(place + 1..place + 2, varint);
    let length = u32::try_from(file.len() - 8 - begin).unwrap().to_le_bytes();
    let end = file.len();
    file[end - 8..end - 4].copy_from_slice(&length);
    file
}

#[test]
fn a_parquet_that_claims_too_much_is_refused() {
    assert_eq!(profile(&lying(1 << 60)).code(), "DATA-004");
    assert_eq!(profile(&lying(41)).code(), "DATA-037");
    assert!(profile(&lying(40)).result.is_ok());
}

#[test]
fn damaged_parquet_is_refused_and_nothing_hangs() {
    let whole = reference("snappy.parquet");
    for length in [4, 8, 11, 12, 100, whole.len() / 2, whole.len() - 9, whole.len() - 1] {
        assert_eq!(profile(&whole[..length]).code(), "DATA-037", "{length}");
    }
    let mut lost = whole.clone();
    lost.drain(4..2_000);
    assert_eq!(profile(&lost).code(), "DATA-037");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn flipped_bytes_give_a_code_or_a_table(place in any::<prop::sample::Index>(), byte in any::<u8>(), file in 0usize..3) {
        let mut content = reference(["none.parquet", "v2.parquet", "nested.parquet"][file]);
        let place = place.index(content.len());
        content[place] = byte;
        let ended = perform_on_file(DataScience::default(), PROFILE, json!({}), "t", &content);
        if let Err(failure) = &ended.result {
            prop_assert!(["DATA-001", "DATA-002", "DATA-003", "DATA-004", "DATA-035", "DATA-037", "DATA-038"].contains(&failure.code.as_str()), "{failure:?}");
        }
    }

    #[test]
    fn no_text_that_begins_as_json_breaks_the_reader(text in "(\\[\\{|\\{)\"a[\\PC\"\\\\{}\\[\\]:,0-9 ]{0,40}") {
        if let Err(failure) = perform_on_file(DataScience::default(), PROFILE, json!({}), "t", text.as_bytes()).result {
            prop_assert!(failure.code.starts_with("DATA-0"), "{failure:?}");
        }
    }
}
