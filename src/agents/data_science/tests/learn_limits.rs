//! Whether training and prediction keep within their limits: bad input ends in a code, too much is refused, and a cancelled training
//! stops within a second.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::Arc;
use std::time::Duration;

use crate::harness::{Ended, Setting, file_id, perform_on_file, run_in};
use baton_agents_data_science::{
    DataScience, MAXIMUM_CLASSES, MAXIMUM_COEFFICIENTS, MAXIMUM_ENCODED_CELLS, MAXIMUM_FEATURES, MAXIMUM_MODEL_BYTES,
    MAXIMUM_PREDICTED_CELLS, MAXIMUM_WIDTH, PREDICT, TRAIN,
};
use baton_agents_runtime::carrier::begin_in_process;
use baton_agents_runtime::protocol::{FileRef, FromAgent, Start, ToAgent, VERSION};
use baton_domain::agent::Limits;
use baton_domain::id::{AttemptId, TaskId};
use proptest::prelude::*;
use serde_json::{Value, json};
use uuid::Uuid;

fn on(content: &str, input: Value) -> Ended {
    perform_on_file(DataScience::default(), TRAIN, input, "table.csv", content.as_bytes())
}

fn model_of(content: &str, input: Value) -> Vec<u8> {
    let ended = on(content, input);
    let model = ended.stored.iter().find(|(name, ..)| name == "model.json").map(|stored| stored.2.clone());
    model.unwrap_or_else(|| panic!("{:?}", ended.result))
}

fn predict(model: &[u8], content: &str) -> Ended {
    let folder = tempfile::tempdir().unwrap();
    let mut setting = Setting::default();
    let (table, model) = (setting.file(folder.path(), "table.csv", content.as_bytes()), setting.file(folder.path(), "model.json", model));
    run_in(setting, Arc::new(DataScience::default()), PREDICT, json!({"artifact": table, "model": model}))
}

/// Numbers that look like chance and are the same each time, 0 to 1.
fn chance(place: usize) -> f64 {
    let mut mixed = (place as u64).wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    ((mixed ^ (mixed >> 31)) >> 11) as f64 / (1u64 << 53) as f64
}

/// Columns of chance and a class.
fn noise(rows: usize, columns: usize) -> String {
    let mut text = (0..columns).map(|column| format!("x{column},")).collect::<String>() + "y\n";
    for row in 0..rows {
        for column in 0..columns {
            let _ = write!(text, "{:.4},", chance(row * columns + column));
        }
        let _ = writeln!(text, "{}", if chance(usize::MAX / 2 + row) < 0.5 { "a" } else { "b" });
    }
    text
}

#[test]
fn what_does_not_fit_together_is_refused() {
    let table = "a,b,c,t,y\n1,2,x,2024-01-01,p\n2,4,y,2024-01-02,q\n3,6,x,2024-01-03,p\n4,8,y,2024-01-04,q\n5,10,x,2024-01-05,p\n6,12,y,2024-01-06,q\n";
    let whole = |mut input: Value| {
        (input["hold_out"], input["folds"]) = (json!(0), json!(0));
        input
    };
    for (input, code, reason) in [
        (json!({"method": "linear"}), "TASK-003", "target: name the column"),
        (json!({"method": "pca", "target": "y"}), "TASK-003", "target: principal components does not use it"),
        (json!({"method": "k_means", "folds": 3}), "TASK-003", "folds:"),
        (json!({"method": "linear", "target": "a", "penalty": 1}), "TASK-003", "penalty:"),
        (json!({"method": "linear", "target": "a", "aim": "classification"}), "TASK-003", "aim:"),
        (json!({"method": "logistic", "target": "y", "aim": "regression"}), "TASK-003", "aim:"),
        (json!({"method": "linear", "target": "y"}), "TASK-003", "target: y holds text values"),
        (json!({"method": "linear", "target": "z"}), "TASK-003", "target: there is no column z"),
        (json!({"method": "linear", "target": "a", "features": ["z"]}), "TASK-003", "features: there is no column z"),
        (json!({"method": "linear", "target": "a", "features": ["a"]}), "TASK-003", "features: the target"),
        (json!({"method": "linear", "target": "a", "categorical": ["z"]}), "TASK-003", "categorical: there is no column z"),
        (json!({"method": "linear", "target": "a", "folds": 1}), "TASK-003", "folds: one fold"),
        (json!({"method": "pca", "components": 2, "explained": 0.5}), "TASK-003", "explained:"),
        (json!({"method": "pca", "features": ["a", "b"], "components": 3}), "TASK-003", "components: there are 2"),
        (whole(json!({"method": "linear", "target": "t", "features": ["a"]})), "TASK-003", "target: t holds date values"),
        (
            whole(json!({"method": "linear", "target": "b", "features": ["a", "c", "y"]})),
            "DATA-053",
            "features: y = q is constant or a sum",
        ),
        (
            whole(json!({"method": "linear", "target": "a", "features": ["b", "c", "y", "t"], "categorical": ["b"]})),
            "DATA-021",
            "6 rows are too few",
        ),
        (whole(json!({"method": "logistic", "target": "y", "features": ["c"], "penalty": 0})), "DATA-053", "penalty:"),
        (json!({"method": "logistic", "target": "y", "folds": 10}), "DATA-050", "folds: the smallest class has"),
        (json!({"method": "logistic", "target": "a"}), "DATA-050", "target: class 1 has one row"),
        (json!({"method": "k_means", "clusters": 7, "features": ["a"]}), "DATA-021", "clusters: there are 6 different rows"),
    ] {
        let ended = on(table, input.clone());
        assert!(ended.result.is_err(), "{input}: {:?}", ended.result);
        assert_eq!(ended.code(), code, "{input}: {}", ended.message());
        assert!(ended.message().starts_with(reason), "{input}: {}", ended.message());
    }
    assert_eq!(on("x,y\n1,3\n2,3\n", json!({"method": "linear", "target": "y"})).code(), "DATA-050");
    assert_eq!(on("x,y\n1,a\n2,a\n", json!({"method": "logistic", "target": "y"})).code(), "DATA-050");
    assert_eq!(on("x,y\n1,\n2,\n", json!({"method": "random_forest", "target": "y"})).code(), "DATA-050");
    assert_eq!(on("x,y\n1e200,1\n2,2\n3,1\n", json!({"method": "ridge", "target": "y"})).code(), "DATA-021");
    assert_eq!(on("x,y\n1,1\n1,1\n", json!({"method": "pca", "features": ["x", "y"]})).code(), "DATA-021");
}

#[test]
fn gaps_are_refused_left_out_or_filled_as_asked() {
    let content = "x,c,y\n".to_owned()
        + &(0..60)
            .map(|row| {
                let (x, c) =
                    (if row % 10 == 3 { String::new() } else { row.to_string() }, if row % 15 == 4 { "NA" } else { ["u", "v"][row % 2] });
                format!("{x},{c},{}\n", row * 2 + row % 3)
            })
            .collect::<String>();
    let input = |missing: &str| json!({"method": "linear", "target": "y", "missing": missing, "hold_out": 0, "folds": 0});
    let refused = on(&content, input("refuse"));
    assert_eq!(refused.code(), "DATA-052");
    assert!(refused.message().contains("x (6), c (4)"), "{}", refused.message());
    let dropped = on(&content, input("drop")).value();
    assert_eq!(dropped["metrics"][0]["rows"], 50);
    assert!(dropped["notes"][0].as_str().unwrap().starts_with("10 rows with gaps were left out"));
    let filled = on(&content, input("impute")).value();
    assert_eq!(filled["metrics"][0]["rows"], 60);
    assert_eq!(
        (&filled["columns"][0]["missing"], &filled["columns"][0]["fill"], &filled["columns"][1]["fill"]),
        (&json!(6), &json!("29.5"), &json!("u"))
    );
}

#[test]
fn columns_that_say_nothing_are_left_out_with_a_note_and_rare_levels_are_grouped() {
    let content = "id,same,none,rare,x,y\n".to_owned()
        + &(0..200)
            .map(|row| format!("r{row},1,,{},{},{}\n", if row < 150 { row % 3 } else { row }, chance(row), chance(row + 999)))
            .collect::<String>();
    let result = on(&content, json!({"method": "ridge", "target": "y", "categorical": ["rare"], "max_levels": 4})).value();
    let notes = result["notes"].to_string();
    for column in ["id was left out", "same was left out", "none was left out"] {
        assert!(notes.contains(column), "{notes}");
    }
    let used = result["columns"].as_array().unwrap();
    assert_eq!(used.len(), 2);
    assert_eq!((&used[0]["numbers"], &used[0]["grouped"]), (&json!(4), &json!(true)));
    assert!(result["coefficients"].to_string().contains("rare = (other)"));
}

#[test]
fn tables_that_are_unlike_the_model_are_told_so() {
    let content = "n,c,t,y\n".to_owned()
        + &(0..40)
            .map(|row| format!("{row},{},2024-01-{:02},{}\n", ["u", "v"][row % 2], row % 28 + 1, row * 3 + row % 5))
            .collect::<String>();
    let input = |missing: &str| json!({"method": "ridge", "target": "y", "missing": missing, "features": ["n", "c", "t"]});
    let (dropping, filling) = (model_of(&content, input("drop")), model_of(&content, input("impute")));
    let lacking = predict(&dropping, "n,t\n1,2024-01-01\n");
    assert_eq!(lacking.code(), "DATA-056");
    assert!(lacking.message().contains("lacks columns that the model reads: c."), "{}", lacking.message());
    for table in ["n,c,t\none,u,2024-01-01\n", "n,c,t\n1,u,7\n", "n,c,t\n2024-01-01,u,2024-01-01\n"] {
        assert_eq!(predict(&dropping, table).code(), "DATA-056", "{table}");
    }
    let strange = "n,c,t\n1,u,2024-01-01\n,u,2024-01-01\n3,w,2024-01-02\n";
    let result = predict(&dropping, strange).value();
    assert_eq!((&result["rows"], &result["predicted"]), (&json!(3), &json!(1)));
    assert_eq!(result["first"]["rows"][1], json!([2, null]));
    assert!(
        result["notes"]
            .to_string()
            .contains("c: 1 cells hold categories that the model does not know, as w; those rows have no prediction")
    );
    let result = predict(&filling, strange).value();
    assert_eq!(result["predicted"], 3);
    assert!(result["notes"].to_string().contains("they count as"), "{}", result["notes"]);
    // A column without any value has no type: all of it is missing.
    assert_eq!(predict(&filling, "n,c,t\n,,\n,,\n").value()["predicted"], 2);
    assert_eq!(predict(b"{}", "n\n1\n").code(), "DATA-055");
    assert_eq!(predict(&vec![b' '; MAXIMUM_MODEL_BYTES as usize + 1], "n\n1\n").code(), "DATA-055");
}

#[test]
fn classes_that_the_model_does_not_know_stay_out_of_the_figures() {
    let content = "x,y\n".to_owned() + &(0..60).map(|row| format!("{row},{}\n", if row < 30 { "low" } else { "high" })).collect::<String>();
    let model = model_of(&content, json!({"method": "random_forest", "target": "y", "trees": 10}));
    let result = predict(&model, "x,y\n1,low\n59,high\n3,other\n4,\n").value();
    assert_eq!((&result["metrics"][0]["rows"], &result["metrics"][0]["accuracy"]), (&json!(2), &json!(1.0)));
    assert!(result["notes"].to_string().contains("1 rows hold classes"));
    assert_eq!(result["first"]["columns"], json!(["row", "y", "prediction", "probability of high", "probability of low"]));
}

#[test]
fn too_much_is_refused_before_it_begins() {
    let wide = MAXIMUM_FEATURES + 1;
    let ended = on(&noise(4, wide), json!({"method": "pca"}));
    assert_eq!(ended.code(), "DATA-051");
    // More features than that only by their categories.
    let levels = |columns: usize, rows: usize| {
        (0..columns).map(|column| format!("c{column},")).collect::<String>()
            + "y\n"
            + &(0..rows)
                .map(|row| (0..columns).map(|column| format!("l{},", (row + column) % 90)).collect::<String>() + &format!("{row}\n"))
                .collect::<String>()
    };
    let ended = on(&levels(6, 180), json!({"method": "ridge", "target": "y", "max_levels": 100, "hold_out": 0, "folds": 0}));
    assert_eq!(ended.code(), "DATA-051");
    assert!(ended.message().contains(&format!("540 numbers; at most {MAXIMUM_WIDTH}")), "{}", ended.message());
    let many = (0..3 * (MAXIMUM_CLASSES + 1)).map(|row| format!("{row},k{}\n", row / 3)).collect::<String>();
    assert_eq!(on(&format!("x,y\n{many}"), json!({"method": "random_forest", "target": "y"})).code(), "DATA-050");
    // 60 classes of 40 columns.
    let text = noise(600, 40).replace(",y\n", ",old,y\n");
    let text: String = text
        .lines()
        .enumerate()
        .map(|(row, line)| if row == 0 { format!("{line}\n") } else { format!("{line},k{}\n", row % 60) })
        .collect();
    let ended = on(&text, json!({"method": "logistic", "target": "y", "folds": 0}));
    assert_eq!(ended.code(), "DATA-051");
    assert!(ended.message().contains(&format!("more than {MAXIMUM_COEFFICIENTS}")), "{}", ended.message());
    // Too many steps.
    let ended = on(&noise(20_000, 100), json!({"method": "random_forest", "target": "y", "trees": 1000, "columns_per_split": 100}));
    assert_eq!(ended.code(), "DATA-051");
    assert!(ended.message().contains("steps"), "{}", ended.message());
    let ended = on(&noise(20_000, 60), json!({"method": "k_means", "clusters": 100, "starts": 50}));
    assert_eq!(ended.code(), "DATA-051");
    // More cells than all rows may become.
    let rows = MAXIMUM_ENCODED_CELLS / 480 + 1;
    let codes = (0..5).map(|column| format!("c{column},")).collect::<String>()
        + "y\n"
        + &(0..rows).map(|row| format!("{0},{0},{0},{0},{0},{row}\n", row % 99)).collect::<String>();
    let names: Vec<String> = (0..5).map(|column| format!("c{column}")).collect();
    let ended = on(&codes, json!({"method": "ridge", "target": "y", "categorical": names, "max_levels": 100, "folds": 0}));
    assert_eq!(ended.code(), "DATA-051");
    assert!(ended.message().contains("name fewer features or take a sample"), "{}", ended.message());
}

#[test]
fn a_forest_too_large_to_store_is_refused_and_the_usual_one_is_not() {
    let content = noise(40_000, 4);
    let large = on(&content, json!({"method": "random_forest", "target": "y", "trees": 100, "leaf_rows": 1, "folds": 0}));
    assert_eq!(large.code(), "DATA-054");
    let usual = on(&content, json!({"method": "random_forest", "target": "y", "trees": 100, "folds": 0}));
    assert!(usual.stored[0].2.len() as u64 <= MAXIMUM_MODEL_BYTES);
    let size = usual.stored[0].2.len();
    let result = usual.value();
    println!("{size} bytes, {}", result["fit"]["places"]);
    assert!(result["notes"].to_string().contains("Each leaf keeps"));
}

#[test]
fn predictions_beyond_their_bound_are_refused() {
    let classes = 50;
    let train = "x,y\n".to_owned() + &(0..classes * 4).map(|row| format!("{row},k{}\n", row % classes)).collect::<String>();
    let model = model_of(&train, json!({"method": "random_forest", "target": "y", "trees": 2, "max_depth": 2, "folds": 0}));
    let rows = MAXIMUM_PREDICTED_CELLS / (classes + 2) + 1;
    let ended = predict(&model, &("x\n".to_owned() + &"1\n".repeat(rows)));
    assert_eq!(ended.code(), "DATA-051");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]
    #[test]
    fn no_table_breaks_it(
        cells in prop::collection::vec((prop_oneof![any::<f64>(), -10.0..10.0f64, Just(0.0), Just(1e308)], "[a-c]{0,1}", prop_oneof![-3.0..3.0f64, Just(7.0)]), 2..40),
        method in prop::sample::select(vec!["linear", "ridge", "logistic", "random_forest", "k_means", "pca"]),
        missing in prop::sample::select(vec!["drop", "impute"])
    ) {
        let content = "x,c,z\n".to_owned() + &cells.iter().map(|(x, c, z)| format!("{x:e},{c},{z}\n")).collect::<String>();
        let mut input = json!({"method": method, "missing": missing});
        match method {
            "linear" | "ridge" | "random_forest" => input["target"] = json!("z"),
            "logistic" => input["target"] = json!("c"),
            _ => {}
        }
        let ended = on(&content, input);
        match &ended.result {
            Err(failure) => prop_assert!(failure.code.starts_with("DATA-0") || failure.code == "TASK-003", "{}: {}", failure.code, failure.message),
            Ok(_) => {
                let told = predict(&ended.stored[0].2, &content);
                prop_assert!(told.result.is_ok(), "{:?}", told.result);
            }
        }
    }
}

/// Begins an attempt, asks it to stop once it trains, and gives how long it took to end.
fn stopped(content: &str, mut input: Value) -> Duration {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("table");
    std::fs::write(&path, content).unwrap();
    input["artifact"] = json!(file_id());
    let file = FileRef { path, name: "table.csv".to_owned(), media_type: "text/csv".to_owned(), size: content.len() as u64 };
    let start = Start {
        protocol: VERSION,
        attempt_id: AttemptId::new(Uuid::from_u128(2)),
        task_id: TaskId::new(Uuid::from_u128(1)),
        attempt: 1,
        agent: "data-science".to_owned(),
        skill: TRAIN.to_owned(),
        input,
        artifacts: BTreeMap::from([(file_id(), file)]),
        scratch: folder.path().join("scratch"),
        heartbeat_ms: 1_000,
        limits: Limits::default(),
        depth: 0,
        checkpoint: None,
        egress: None,
        connections: BTreeMap::new(),
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let asked = runtime.block_on(async {
        let mut connection = begin_in_process(Arc::new(DataScience::default()), start);
        let mut asked: Option<std::time::Instant> = None;
        loop {
            // A cancelled attempt ends without an outcome, once nothing holds its context any more.
            let Some(said) =
                tokio::time::timeout(Duration::from_secs(120), connection.from_agent.recv()).await.expect("an attempt that ends")
            else {
                return asked.expect("it trained");
            };
            match said {
                // The log line with which training begins.
                FromAgent::Log { message, .. } if message.starts_with("training ") => {
                    connection.to_agent.send(ToAgent::Cancel { reason: "test".to_owned() }).await.unwrap();
                    #[expect(clippy::disallowed_methods, reason = "a test measures")]
                    let now = std::time::Instant::now();
                    asked = Some(now);
                }
                FromAgent::Outcome { result, .. } => {
                    assert!(result.is_err(), "it was not stopped");
                    return asked.expect("it trained");
                }
                _ => {}
            }
        }
    });
    // Waits for the thread that trained.
    drop(runtime);
    asked.elapsed()
}

#[test]
fn a_cancelled_training_stops_within_a_second() {
    let content = noise(60_000, 20);
    for input in [
        json!({"method": "random_forest", "target": "y", "trees": 300}),
        json!({"method": "logistic", "target": "y", "penalty": 0}),
        json!({"method": "linear", "target": "x0"}),
        json!({"method": "ridge", "target": "x0", "folds": 20}),
        json!({"method": "k_means", "clusters": 20}),
    ] {
        let took = stopped(&content, input.clone());
        println!("{input}: {took:?}");
        assert!(took < Duration::from_secs(1), "{input}: {took:?}");
    }
}
