//! Whether `data_science.forecast` continues series well, says how well, and refuses what is no series.

use crate::harness::{Ended, demo, perform, perform_on_file, skill_of};
use baton_agents_data_science::{DataScience, FORECAST};
use serde_json::{Value, json};

fn on(content: &str, input: Value) -> Ended {
    perform_on_file(DataScience::default(), FORECAST, input, "table.csv", content.as_bytes())
}

fn score<'a>(result: &'a Value, model: &str) -> &'a Value {
    result["backtest"].as_array().unwrap().iter().find(|score| score["model"] == model).unwrap_or_else(|| panic!("no {model}"))
}

/// Numbers that look like chance and are the same each time.
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

fn table(values: impl Iterator<Item = f64>) -> String {
    std::iter::once("value".to_owned()).chain(values.map(|value| format!("{value:e}"))).collect::<Vec<_>>().join("\n")
}

#[test]
fn real_months_have_their_season_and_beat_the_naive_rule() {
    let ended = perform(
        DataScience::default(),
        FORECAST,
        json!({"artifact": "examples/tables/us-employment.csv", "time": "month", "value": "leisure_and_hospitality", "horizon": 12}),
    );
    assert_eq!(ended.progress.last(), Some(&1.0));
    let (name, _, bytes) = &ended.stored[0];
    assert_eq!(name, "forecast.csv");
    assert_eq!(String::from_utf8_lossy(bytes).lines().count(), 13);
    let result = ended.value();
    assert_eq!(result["forecast"].as_array().unwrap().len(), 12);
    assert_eq!(result["model"]["step"], "months");
    let best = &result["backtest"][0];
    assert_eq!(best["chosen"], true);
    assert!(best["mase"].as_f64().unwrap() < score(&result, "naive")["mase"].as_f64().unwrap());
    for step in result["forecast"].as_array().unwrap() {
        let [low, value, high] = ["low", "value", "high"].map(|key| step[key].as_f64().unwrap());
        assert!(low < value && value < high);
    }
    assert_eq!(result["chart"]["series"].as_array().unwrap().len(), 4);
}

#[test]
fn a_season_with_trend_is_found_and_followed() {
    let wave = |place: usize| 100.0 + 0.5 * place as f64 + 20.0 * (place as f64 * std::f64::consts::TAU / 7.0).sin() + noise(place);
    let content = table((0..200).map(wave));
    let result = on(&content, json!({"horizon": 14})).value();
    assert_eq!(result["model"]["season"], 7);
    assert!(result["model"]["name"].as_str().unwrap().starts_with("holt_winters"), "{}", result["model"]);
    for (step, expected) in result["forecast"].as_array().unwrap().iter().enumerate() {
        let truth = wave(200 + step) - noise(200 + step);
        assert!((expected["value"].as_f64().unwrap() - truth).abs() < 3.0, "{expected}, not {truth}");
    }
}

#[test]
fn intervals_hold_the_share_of_values_that_they_promise() {
    // Random walks, white noise, and seasons: what comes is known, so coverage can be measured on values no model has seen.
    let (mut inside, mut all) = (0, 0);
    for kind in 0..3 {
        for series in 0..12 {
            let base = (kind * 100 + series) * 1_000;
            let mut walk = 50.0;
            let values: Vec<f64> = (0..132)
                .map(|place| match kind {
                    0 => {
                        walk += noise(base + place);
                        walk
                    }
                    1 => 10.0 + noise(base + place),
                    _ => 30.0 + 8.0 * (place as f64 * std::f64::consts::TAU / 12.0).cos() + noise(base + place),
                })
                .collect();
            let result = on(
                &table(values[..120].iter().copied()),
                json!({"horizon": 12, "confidence": 0.9, "season": if kind == 2 { 12 } else { 1 }}),
            )
            .value();
            for (step, value) in result["forecast"].as_array().unwrap().iter().zip(&values[120..]) {
                inside += i32::from((step["low"].as_f64().unwrap()..=step["high"].as_f64().unwrap()).contains(value));
                all += 1;
            }
        }
    }
    let coverage = f64::from(inside) / f64::from(all);
    println!("intervals of 90 % held {:.1} % of {all} values", 100.0 * coverage);
    assert!((0.86..=0.97).contains(&coverage), "{coverage}");
}

#[test]
fn a_named_model_and_season_are_taken_and_what_does_not_fit_is_refused() {
    let content = table((0..60).map(|place| f64::from(place % 4) - 1.0 + noise(place as usize) / 10.0));
    let result = on(&content, json!({"model": "seasonal_naive", "season": 4, "horizon": 4})).value();
    assert_eq!(result["model"]["name"], "seasonal_naive");
    assert_eq!(result["backtest"].as_array().unwrap().len(), 1);
    for (input, reason) in [
        (json!({"model": "holt_winters_multiplicative", "season": 4}), "model: holt_winters_multiplicative: it needs values above zero"),
        (json!({"model": "holt_winters_additive", "season": 50}), "model: holt_winters_additive: it needs at least"),
        (json!({"model": "seasonal_naive", "season": 1}), "model: seasonal_naive: it needs a season"),
        (json!({"horizon": 61}), "horizon: value has 60 values"),
        (json!({"value": "other"}), "value: there is no column other"),
        (json!({"value": "value", "time": "value"}), "value: the column of times"),
    ] {
        let ended = on(&content, input.clone());
        assert_eq!(ended.code(), "TASK-003", "{input}");
        assert!(ended.message().starts_with(reason), "{input}: {}", ended.message());
    }
    let ended = on("a,b\n1,2\n3,4\n", json!({}));
    assert!(ended.message().starts_with("value: there are several columns of numbers; name one of a, b"), "{}", ended.message());
}

#[test]
fn what_is_no_series_is_refused() {
    let twice =
        perform(DataScience::default(), FORECAST, json!({"artifact": "examples/tables/macrodata.csv", "value": "realgdp", "time": "year"}));
    assert_eq!(twice.code(), "DATA-022");
    assert!(twice.message().contains("leave time out"), "{}", twice.message());
    assert_eq!(on("t,v\nx,1\ny,2\n", json!({"time": "t", "value": "v"})).code(), "TASK-003");
    assert_eq!(on("v\n1\n2\n3\n", json!({"horizon": 1})).code(), "DATA-021");
    assert_eq!(on("v,w\n,1\n,2\n,3\n", json!({"value": "v"})).code(), "TASK-003");
}

#[test]
fn short_flat_huge_and_tiny_series_do_no_harm() {
    let result = on(&table([3.0; 40].into_iter()), json!({"horizon": 5})).value();
    assert!(result["forecast"].as_array().unwrap().iter().all(|step| step["value"] == 3.0 && step["low"] == 3.0), "{}", result["forecast"]);
    for factor in [1e300, 1e-300] {
        let result = on(&table((0..40).map(|place| (5.0 + noise(place)) * factor)), json!({"horizon": 5})).value();
        assert!(result["forecast"].as_array().unwrap().iter().all(|step| (step["value"].as_f64().unwrap() / factor - 5.0).abs() < 4.0));
    }
    for length in 4..30 {
        on(&table((0..length).map(|place| noise(place) + 20.0)), json!({"horizon": 3, "season": 4})).value();
    }
    let ones = on(&table((0..30).map(|place| if place == 12 { 1.0 } else { 0.0 })), json!({"horizon": 3})).value();
    assert!(ones["forecast"][0]["value"].is_number());
}

#[test]
fn a_long_series_ends_in_time_and_within_the_result() {
    let content = table((0..100_000).map(|place| 50.0 + 10.0 * (place as f64 * std::f64::consts::TAU / 24.0).sin() + noise(place)));
    #[expect(clippy::disallowed_methods, reason = "a test measures")]
    let began = std::time::Instant::now();
    let ended = on(&content, json!({"horizon": 1000}));
    println!("100,000 values took {:?}", began.elapsed());
    let result = ended.value();
    assert_eq!(result["model"]["season"], 24);
    assert_eq!(result["forecast"].as_array().unwrap().len(), 200);
    assert!(on(&table((0..200_001).map(f64::from)), json!({})).code() == "DATA-004");
}

#[test]
fn every_example_and_every_demo_task_works() {
    for example in skill_of(&DataScience::default(), FORECAST).examples {
        println!("{}", perform(DataScience::default(), FORECAST, example).value()["summary"]);
    }
    for (skill, input) in demo("data_science.forecast") {
        perform(DataScience::default(), &skill, input).value();
    }
}
