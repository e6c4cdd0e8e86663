//! Whether analyses of variance are NIST's, digit for digit.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

use super::*;
use serde_json::Value;

fn digits(found: f64, certified: f64) -> f64 {
    if found == certified { 16.0 } else { -((found - certified) / certified).abs().log10() }
}

/// The groups of a set: as they stand, or made from its pattern (a first value, then two in turn, in tenths over a constant).
fn groups(set: &Value) -> Vec<Vec<f64>> {
    let numbers = |row: &Value| -> Vec<f64> { row.as_array().unwrap().iter().map(|value| value.as_f64().unwrap()).collect() };
    if let Some(groups) = set["groups"].as_array() {
        return groups.iter().map(numbers).collect();
    }
    let (base, size) = (set["base"].as_f64().unwrap(), set["size"].as_u64().unwrap() as usize);
    let made = |row: &Value| {
        let tenths = numbers(row);
        // As a file writes it, so that it is the nearest number to the decimal one.
        let value = |tenths: f64| format!("{base}.{tenths}").parse::<f64>().unwrap();
        (0..size).map(|place| value(if place == 0 { tenths[0] } else { tenths[2 - place % 2] })).collect()
    };
    set["tenths"].as_array().unwrap().iter().map(made).collect()
}

#[test]
fn analyses_of_nist_have_their_certified_values() {
    let sets: Value = serde_json::from_str(include_str!("../../tests/reference/nist/anova.json")).unwrap();
    for (name, set) in sets.as_object().unwrap() {
        let samples: Vec<Sample> = groups(set).iter().map(|values| Sample::of(values)).collect();
        let analysis = one_way(&samples);
        let found = [
            digits(analysis.f, set["f"].as_f64().unwrap()),
            digits(analysis.eta_squared, set["r_squared"].as_f64().unwrap()),
            digits(analysis.between_squares, set["between"].as_f64().unwrap()),
            digits(analysis.within_squares, set["within"].as_f64().unwrap()),
        ];
        println!("{name}: {:.1} digits of F, {:.1} of R², {:.1} and {:.1} of the squares", found[0], found[1], found[2], found[3]);
        // The last three hold tenths over 10^12, of which a number keeps four digits.
        let bar = if ["SmLs07", "SmLs08", "SmLs09"].contains(&name.as_str()) { 4.0 } else { 9.0 };
        assert!(found[0] >= bar, "{name}: {found:?}");
    }
}
