//! Whether tails have their digits, near and far out.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

use super::*;
use serde_json::Value;

fn rows(name: &str) -> Vec<Vec<f64>> {
    let all: Value = serde_json::from_str(include_str!("../tests/reference/distributions.json")).unwrap();
    let numbers = |row: &Value| row.as_array().unwrap().iter().map(|value| value.as_f64().unwrap()).collect();
    all[name].as_array().unwrap().iter().map(numbers).collect()
}

fn within(name: &str, bound: f64, found: impl Fn(&[f64]) -> f64) {
    let mut worst = (0.0, Vec::new());
    for row in rows(name) {
        let expected = row[row.len() - 1];
        let error = ((found(&row) - expected) / expected).abs();
        assert!(!error.is_nan(), "{name} {row:?}");
        if error > worst.0 {
            worst = (error, row);
        }
    }
    println!("{name}: worst relative error {:.1e} at {:?}", worst.0, worst.1);
    assert!(worst.0 <= bound, "{name}: {worst:?}");
}

#[test]
fn tails_have_twelve_digits_even_far_out() {
    within("t", 1e-12, |row| student_tails(row[0], row[1]).1);
    within("f", 1e-12, |row| f_above(row[0], row[1], row[2]));
    within("chi_square", 1e-12, |row| chi_square_above(row[0], row[1]));
    within("normal", 1e-12, |row| normal_tails(row[0]).1);
}

#[test]
fn studentized_ranges_are_those_of_scipy() {
    // SciPy takes small tails as differences from one: it has fewer digits there than we do.
    within("studentized_range", 1e-6, |row| studentized_range_above(row[0], row[1] as usize, row[2]));
    // Of two groups it is Student's t by another name.
    for degrees in [1.0, 2.0, 7.0, 100.0, 1e6, 1e9] {
        for q in [0.01, 1.0, 5.0, 20.0] {
            let exact = 2.0 * student_tails(q / std::f64::consts::SQRT_2, degrees).1;
            let found = studentized_range_above(q, 2, degrees);
            assert!((found / exact - 1.0).abs() < 1e-8, "{degrees} {q}: {found}, not {exact}");
        }
    }
}

#[test]
fn quantiles_lead_back() {
    for probability in [1e-150, 1e-12, 1e-4, 0.025, 0.3, 0.5, 0.9, 0.999] {
        let z = normal_upper_quantile(probability);
        assert!((normal_tails(z).1 / probability - 1.0).abs() < 1e-12, "{probability}: {z}");
        for degrees in [1.0, 2.5, 30.0, 1e4] {
            let t = student_upper_quantile(probability, degrees);
            assert!((student_tails(t, degrees).1 / probability - 1.0).abs() < 1e-11, "{probability} {degrees}: {t}");
        }
    }
    for (groups, degrees) in [(3, 10.0), (5, 200.0), (20, 4.0)] {
        let q = studentized_range_upper_quantile(0.05, groups, degrees);
        assert!((studentized_range_above(q, groups, degrees) / 0.05 - 1.0).abs() < 1e-8);
    }
}
