//! Whether documents of models are held to their form, and none that passes can send a prediction astray.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

fn number(name: &str) -> Value {
    json!({"name": name, "coding": {"kind": "number", "date": false, "fill": 0.5, "mean": 1.0, "scale": 2.0}})
}

fn category() -> Value {
    json!({"name": "c", "coding": {"kind": "category", "levels": ["a", "b"], "other": false, "base": false, "fill": "b"}})
}

fn document(method: &str, target: Value, estimator: Value) -> Value {
    let mut document = json!({
        "format": "baton.model", "version": 1, "method": method, "trained": {"table": "t.csv", "rows": 10, "seed": 1},
        "columns": [number("x"), category()], "estimator": estimator
    });
    if !target.is_null() {
        document["target"] = target;
    }
    document
}

fn forest() -> Value {
    document(
        "random_forest",
        json!({"name": "y", "classes": ["no", "yes"]}),
        json!({"forest": {"trees": [{"column": [0, -1, 2, -1, -1], "limit": [0.5, 0.0, 0.5, 0.0, 0.0], "above": [2, 0, 4, 1, 2], "leaves": [3.0, 0.0, 1.0, 1.0, 0.0, 4.0]}]}}),
    )
}

fn read(document: &Value) -> Result<Document, SkillError> {
    Document::read(document.to_string().as_bytes())
}

#[test]
fn documents_come_back_as_they_were_written() {
    let y = json!({"name": "y"});
    for document in [
        forest(),
        document("linear", y.clone(), json!({"linear": {"intercept": 1.5, "coefficients": [1.0, 2.0, 3.0]}})),
        document(
            "logistic",
            json!({"name": "y", "classes": ["a", "b"]}),
            json!({"logistic": {"intercepts": [1.5], "coefficients": [[1.0, 2.0, 3.0]]}}),
        ),
        document("k_means", Value::Null, json!({"centres": {"centres": [[1.0, 2.0, 3.0]]}})),
        document(
            "pca",
            Value::Null,
            json!({"components": {"means": [0.0, 0.0, 0.0], "directions": [[1.0, 0.0, 0.0]], "variances": [2.0]}}),
        ),
    ] {
        let read = read(&document).unwrap();
        assert_eq!(Document::read(&read.write().unwrap()).unwrap(), read);
    }
}

#[test]
fn every_part_that_does_not_fit_is_refused_with_a_reason() {
    let cases: Vec<(&str, Value, &str)> = vec![
        ("/format", json!("pickle"), "format"),
        ("/version", json!(2), "version"),
        ("/method", json!("linear"), "do not belong together"),
        ("/more", json!(1), "unknown field"),
        ("/columns", json!([]), "columns"),
        ("/columns", json!([number("x"), number("x")]), "twice"),
        ("/columns/0/coding/scale", json!(0.0), "scale"),
        ("/columns/0/coding/mean", Value::Null, "not such a document"),
        ("/columns/1/coding/fill", json!("z"), "none of its levels"),
        ("/columns/1/coding/levels", json!(["a", "a"]), "twice"),
        ("/target/classes", json!(["no"]), "classes"),
        ("/target/classes", json!(["no", "yes", "maybe", "never"]), "length"),
        ("/estimator/forest/trees", json!([]), "trees"),
        ("/estimator/forest/trees/0/column/0", json!(7), "column"),
        ("/estimator/forest/trees/0/column/1", json!(-2), "leaf"),
        ("/estimator/forest/trees/0/above/0", json!(0), "leads nowhere"),
        ("/estimator/forest/trees/0/above/0", json!(5), "leads nowhere"),
        ("/estimator/forest/trees/0/above/1", json!(3), "leaf"),
        ("/estimator/forest/trees/0/leaves/0", json!(-3.0), "shares"),
        ("/estimator/forest/trees/0/limit", json!([0.5]), "length"),
    ];
    for (place, value, reason) in cases {
        let mut changed = forest();
        match changed.pointer_mut(place) {
            Some(cell) => *cell = value,
            None => changed[&place[1..]] = value,
        }
        let error = read(&changed).expect_err(place);
        assert_eq!(error.code, "DATA-055", "{place}");
        assert!(error.message.contains(reason), "{place}: {}", error.message);
    }
    assert_eq!(Document::read(b"\x80\x04pickle").unwrap_err().code, "DATA-055");
    assert_eq!(Document::read("[".repeat(100_000).as_bytes()).unwrap_err().code, "DATA-055");
}

#[test]
fn counts_beyond_the_bounds_are_refused() {
    let levels: Vec<String> = (0..=MAXIMUM_LEVELS).map(|place| place.to_string()).collect();
    let classes: Vec<String> = (0..=MAXIMUM_CLASSES).map(|place| place.to_string()).collect();
    let mut many = forest();
    many["columns"][1]["coding"]["levels"] = json!(levels);
    assert!(read(&many).unwrap_err().message.contains("levels"));
    let mut many = forest();
    many["target"]["classes"] = json!(classes);
    assert!(read(&many).unwrap_err().message.contains("classes"));
    let mut many = forest();
    many["columns"] = (0..=MAXIMUM_FEATURES).map(|place| number(&format!("x{place}"))).collect();
    assert!(read(&many).unwrap_err().message.contains("columns"));
    let mut many = forest();
    let tree = many["estimator"]["forest"]["trees"][0].clone();
    many["estimator"]["forest"]["trees"] = vec![tree; MAXIMUM_TREES + 1].into();
    assert!(read(&many).unwrap_err().message.contains("trees"));
    let mut many = document("k_means", Value::Null, json!({"centres": {"centres": []}}));
    many["estimator"]["centres"]["centres"] = vec![json!([1.0, 2.0, 3.0]); MAXIMUM_CLUSTERS + 1].into();
    assert!(read(&many).unwrap_err().message.contains("centres"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]
    #[test]
    fn whatever_passes_the_check_predicts(
        columns in prop::collection::vec(-2i32..4, 5), above in prop::collection::vec(0u32..7, 5), leaves in prop::collection::vec(0u8..4, 6)
    ) {
        let mut changed = forest();
        changed["estimator"]["forest"]["trees"][0]["column"] = json!(columns);
        changed["estimator"]["forest"]["trees"][0]["above"] = json!(above);
        changed["estimator"]["forest"]["trees"][0]["leaves"] = leaves.iter().map(|leaf| json!(f64::from(*leaf))).collect();
        if let Ok(document) = read(&changed) {
            let matrix = Matrix { rows: 2, width: 3, cells: vec![0.0, 1.0, 0.0, 1.0, 0.0, 1.0] };
            let Predicted::Shares(shares) = Predictor::of(document.estimator, Some(2)).predict(&matrix, &|| Ok(())).unwrap() else { panic!() };
            for pair in shares.chunks_exact(2) {
                prop_assert!((pair[0] + pair[1] - 1.0).abs() < 1e-12);
            }
        }
    }
}
