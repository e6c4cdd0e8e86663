//! Whether `data_science.anomalies` finds what was planted and little else, says why, and keeps within its limits.

use std::collections::BTreeSet;

use crate::harness::{Ended, demo, perform, perform_on_file, skill_of};
use baton_agents_data_science::{ANOMALIES, DataScience};
use proptest::prelude::*;
use serde_json::{Value, json};

fn on(content: &str, input: Value) -> Ended {
    perform_on_file(DataScience::default(), ANOMALIES, input, "table.csv", content.as_bytes())
}

/// Numbers that look like chance, about normally distributed, and are the same each time.
fn noise(place: usize) -> f64 {
    let mut sum = 0.0;
    for turn in 1..=12u64 {
        let mut mixed = (place as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ turn.wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 29)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^= mixed >> 32;
        sum += (mixed >> 11) as f64 / (1u64 << 53) as f64;
    }
    sum - 6.0
}

fn rows_of(result: &Value) -> BTreeSet<u64> {
    result["anomalies"].as_array().unwrap().iter().map(|found| found["row"].as_u64().unwrap()).collect()
}

#[test]
fn planted_values_are_found_by_distance_and_by_fences() {
    let planted = BTreeSet::from([17, 300, 871]);
    let value = |row: usize| if planted.contains(&(row as u64)) { 60.0 } else { 10.0 + noise(row) };
    let content = "id,v\n".to_owned() + &(1..=1_000).map(|row| format!("r{row},{}\n", value(row))).collect::<String>();
    for (method, most) in [("mad", 6), ("iqr", 20), ("auto", 6)] {
        let ended = on(&content, json!({"method": method}));
        assert_eq!(ended.progress.last(), Some(&1.0));
        assert!(String::from_utf8_lossy(&ended.stored[0].2).starts_with("row,time,column,value,expected,score,why\n"));
        let result = ended.value();
        assert!(rows_of(&result).is_superset(&planted), "{method}");
        assert!(result["found"].as_u64().unwrap() <= most, "{method}: {}", result["found"]);
        assert!(planted.contains(&result["anomalies"][0]["row"].as_u64().unwrap()));
        assert!(result["anomalies"][0]["why"].as_str().unwrap().contains("above the"), "{}", result["anomalies"][0]);
    }
}

#[test]
fn a_value_that_is_usual_elsewhere_is_unusual_against_its_season() {
    // A summer's warmth in a winter, ten years of months with a trend.
    let value = |place: usize| 10.0 + 0.02 * place as f64 - 9.0 * (place as f64 * std::f64::consts::TAU / 12.0).cos() + 0.4 * noise(place);
    let content = "month,warmth\n".to_owned()
        + &(0..120)
            .map(|place| format!("{}-{:02}-01,{}\n", 2010 + place / 12, place % 12 + 1, if place == 60 { 19.0 } else { value(place) }))
            .collect::<String>();
    let result = on(&content, json!({"time": "month"})).value();
    assert_eq!((&result["method"], &result["columns"][0]["season"]), (&json!("seasonal"), &json!(12)));
    let first = &result["anomalies"][0];
    assert_eq!((&first["row"], &first["time"]), (&json!(61), &json!("2015-01-01")));
    assert!((first["expected"].as_f64().unwrap() - (value(60) - 0.4 * noise(60))).abs() < 1.0, "{first}");
    assert!(result["found"].as_u64().unwrap() <= 4, "{}", result["found"]);
    // Without its time it is nothing special.
    assert!(!rows_of(&on(&content, json!({"method": "mad"})).value()).contains(&61));
}

#[test]
fn rows_far_in_several_columns_are_isolated_with_a_reason_and_a_seed() {
    let planted: BTreeSet<u64> = (1..=10).map(|place| place * 97).collect();
    let content = "a,b,c\n".to_owned()
        + &(1..=1_000)
            .map(|row| {
                let far = if planted.contains(&(row as u64)) { 7.0 } else { 0.0 };
                format!("{},{},{}\n", noise(row) + far, noise(row + 5_000) - far, noise(row + 9_000))
            })
            .collect::<String>();
    let input = json!({"share": 0.01, "seed": 3});
    let result = on(&content, input.clone()).value();
    assert_eq!((&result["method"], &result["found"]), (&json!("isolation_forest"), &json!(10)));
    assert_eq!(rows_of(&result), planted);
    let why = result["anomalies"][0]["why"].as_str().unwrap();
    assert!(why.contains("a ") && why.contains("b ") && why.contains("deviations"), "{why}");
    assert_eq!(on(&content, input).value()["anomalies"], result["anomalies"]);
    assert_ne!(on(&content, json!({"share": 0.01, "seed": 4})).value()["anomalies"][0]["score"], result["anomalies"][0]["score"]);
    let usual = on(&content, json!({})).value();
    assert!(rows_of(&usual).is_superset(&planted) && usual["found"].as_u64().unwrap() < 40, "{}", usual["found"]);
}

#[test]
fn what_does_not_fit_together_is_refused() {
    let table = "t,x,y\n2024-01-01,1,2\n2024-01-02,2,3\n2024-01-03,3,4\n2024-01-04,3,4\n2024-01-05,3,4\n";
    for (input, code, reason) in [
        (json!({"columns": ["t"]}), "TASK-003", "columns: t holds date values"),
        (json!({"columns": ["z"]}), "TASK-003", "columns: there is no column z"),
        (json!({"time": "t", "method": "mad"}), "TASK-003", "time: only the seasonal method"),
        (json!({"method": "mad", "share": 0.1}), "TASK-003", "share: only the isolation forest"),
        (json!({"method": "mad", "season": 4}), "TASK-003", "season: only the seasonal"),
        (json!({"time": "x", "columns": ["x"]}), "TASK-003", "columns: the column of times"),
        (json!({"time": "x"}), "DATA-022", "x has the same time in data rows 3 and 4"),
    ] {
        let ended = on(table, input.clone());
        assert_eq!(ended.code(), code, "{input}");
        assert!(ended.message().starts_with(reason), "{input}: {}", ended.message());
    }
    assert_eq!(on("x\n1\n2\n", json!({})).code(), "DATA-021");
    assert_eq!(on("x,y\na,b\n", json!({})).code(), "TASK-003");
    let wide = (0..51).map(|place| format!("c{place}")).collect::<Vec<_>>().join(",");
    let ones = vec!["1"; 51].join(",");
    assert!(on(&format!("{wide}\n{ones}\n"), json!({})).message().contains("name at most 50"));
}

#[test]
fn lists_and_artifacts_are_bounded() {
    // Half of the values lie far out of the other half's narrow range.
    let content = "v\n".to_owned()
        + &(0..250_000)
            .map(|row| format!("{}\n", if row % 2 == 0 { f64::from(row) } else { 1e9 + f64::from(row % 7) }))
            .collect::<String>();
    let ended = on(&content, json!({"method": "mad", "threshold": 0.01, "list": 200}));
    let lines = ended.stored[0].2.iter().filter(|byte| **byte == b'\n').count();
    let result = ended.value();
    assert_eq!(result["anomalies"].as_array().unwrap().len(), 200);
    assert!(result["found"].as_u64().unwrap() > 100_000);
    assert_eq!(lines, 100_001);
    assert!(result["notes"].to_string().contains("the 100000 most unusual are kept"));
}

#[test]
fn constant_columns_have_no_anomalies_and_one_other_value_is_one() {
    for method in ["mad", "iqr", "isolation_forest"] {
        let result = on(&("v,w\n".to_owned() + &"5,1\n".repeat(50)), json!({"method": method})).value();
        assert_eq!(result["found"], 0, "{method}");
    }
    let result = on(&("v\n".to_owned() + &"5\n".repeat(50) + "9\n"), json!({"method": "mad"})).value();
    assert_eq!(rows_of(&result), BTreeSet::from([51]));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn no_numbers_break_it(
        values in prop::collection::vec(prop_oneof![any::<f64>(), -10.0..10.0f64, Just(f64::MAX), Just(f64::MIN), Just(0.0)], 5..60),
        method in prop::sample::select(vec!["mad", "iqr", "seasonal", "isolation_forest"])
    ) {
        let content = "v,w\n".to_owned() + &values.iter().enumerate().map(|(row, value)| format!("{value:e},{row}.5\n")).collect::<String>();
        let ended = on(&content, json!({"method": method}));
        if let Err(failure) = &ended.result {
            prop_assert!(failure.code.starts_with("DATA-0") || failure.code == "TASK-003", "{}: {}", failure.code, failure.message);
        }
    }
}

#[test]
fn many_rows_end_in_time() {
    let content =
        "a,b\n".to_owned() + &(0..300_000).map(|row| format!("{},{}\n", row * 7_919 % 1_000, row * 104_729 % 997)).collect::<String>();
    #[expect(clippy::disallowed_methods, reason = "a test measures")]
    let began = std::time::Instant::now();
    let result = on(&content, json!({"method": "isolation_forest", "trees": 100})).value();
    println!("300,000 rows and 100 trees took {:?}", began.elapsed());
    assert_eq!(result["columns"][0]["values"], 300_000);
}

#[test]
fn every_example_and_every_demo_task_works() {
    for example in skill_of(&DataScience::default(), ANOMALIES).examples {
        println!("{}", perform(DataScience::default(), ANOMALIES, example).value()["summary"]);
    }
    for (skill, input) in demo("data_science.anomalies") {
        perform(DataScience::default(), &skill, input).value();
    }
}
