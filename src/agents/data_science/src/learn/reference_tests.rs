//! Whether k-means from given centres, its inertia and its silhouette are those of scikit-learn.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

use serde_json::Value;

use super::kmeans;
use super::matrix::Matrix;

fn matrix(value: &Value) -> Matrix {
    let rows: Vec<Vec<f64>> = serde_json::from_value(value.clone()).unwrap();
    Matrix { rows: rows.len(), width: rows[0].len(), cells: rows.concat() }
}

fn close(found: f64, known: f64) -> bool {
    (found - known).abs() <= 1e-6 * known.abs().max(1e-9)
}

#[test]
fn from_given_centres_groups_settle_where_those_of_scikit_learn_do() {
    let reference: Value = serde_json::from_str(include_str!("../../tests/reference/learn.json")).unwrap();
    let known = &reference["kmeans"];
    let rows = matrix(&known["rows"]);
    let found = kmeans::settle(&rows, matrix(&known["begin"]), &|| Ok(())).unwrap();
    assert!(found.settled);
    assert_eq!(found.labels, serde_json::from_value::<Vec<u32>>(known["labels"].clone()).unwrap());
    for (a, b) in found.centres.cells.iter().zip(matrix(&known["centres"]).cells) {
        assert!((a - b).abs() <= 1e-9, "{a} {b}");
    }
    assert!(close(found.inertia, known["inertia"].as_f64().unwrap()));
    let silhouette = kmeans::silhouette(&rows, &found.labels, &|| Ok(())).unwrap().unwrap();
    assert!(close(silhouette, known["silhouette"].as_f64().unwrap()), "{silhouette}");
    // Ten runs find the tightest groups that fifty of scikit-learn found.
    for (count, inertia) in known["best_inertia"].as_object().unwrap() {
        let found = kmeans::fit(&rows, count.parse().unwrap(), 10, 0, &|| Ok(())).unwrap();
        assert!(close(found.inertia, inertia.as_f64().unwrap()), "{count}: {} {inertia}", found.inertia);
    }
}
