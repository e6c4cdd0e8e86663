//! Whether smoothing is that of statsmodels, and its search no worse.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

use super::*;
use serde_json::Value;

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|value| value.as_f64().unwrap()).collect()
}

fn cases() -> Vec<(String, Trend, Seasonal, usize, Vec<f64>, Value)> {
    let all: Value = serde_json::from_str(include_str!("../../tests/reference/smoothing.json")).unwrap();
    let cases = all["cases"].as_array().unwrap().iter();
    cases
        .map(|case| {
            let trend = match case["trend"].as_str().unwrap() {
                "none" => Trend::None,
                "additive" => Trend::Additive,
                _ => Trend::Damped,
            };
            let seasonal = match case["seasonal"].as_str().unwrap() {
                "none" => Seasonal::None,
                "additive" => Seasonal::Additive,
                _ => Seasonal::Multiplicative,
            };
            let values = numbers(&all["series"][case["series"].as_str().unwrap()]);
            let name = format!("{} {trend:?} {seasonal:?}", case["series"]);
            (name, trend, seasonal, case["season"].as_u64().unwrap() as usize, values, case.clone())
        })
        .collect()
}

#[test]
fn with_the_same_weights_it_is_statsmodels() {
    for (name, trend, seasonal, season, values, case) in cases() {
        let parameters = Parameters {
            alpha: 0.4,
            beta: 0.15,
            gamma: 0.2,
            phi: 0.9,
            level: case["level"].as_f64().unwrap(),
            slope: 0.1,
            season: numbers(&case["first"]),
        };
        let (state, squares) = parameters.run(trend, seasonal, &values, |_| {});
        let expected = case["squares"].as_f64().unwrap();
        assert!((squares / expected - 1.0).abs() < 1e-8, "{name}: {squares}, not {expected}");
        let fitted = Fitted { model: Model::Smoothing(trend, seasonal), season, parameters: Some(parameters), state, deviation: 1.0 };
        let expected = numbers(&case["ahead"]);
        for (step, (found, expected)) in fitted.ahead(expected.len()).iter().zip(&expected).enumerate() {
            // statsmodels 0.15 continues with the last value of the season as it was a season earlier; its own state-space model does not.
            if seasonal != Seasonal::None && (step + 1).is_multiple_of(season) {
                continue;
            }
            assert!((found / expected - 1.0).abs() < 1e-8, "{name}, step {step}: {found}, not {expected}");
        }
    }
}

#[test]
fn the_search_finds_squares_as_small_as_those_of_statsmodels() {
    for (name, trend, seasonal, season, values, case) in cases() {
        let fitted = fit::<()>(Model::Smoothing(trend, seasonal), &values, season, None, &mut || Ok(())).unwrap();
        let squares = fitted.parameters.unwrap().run(trend, seasonal, &values, |_| {}).1;
        let least = case["least"].as_f64().unwrap();
        println!("{name}: {squares:.6e} beside {least:.6e}, {:.4}", squares / least);
        // The seasons begin elsewhere, which alone makes a few percent of difference.
        let slack = if seasonal == Seasonal::None { 1.005 } else { 1.10 };
        assert!(squares <= least * slack, "{name}: {squares} is more than {least}");
    }
}

#[test]
fn deviations_of_the_additive_kinds_are_those_of_a_simulation() {
    let parameters =
        Parameters { alpha: 0.5, beta: 0.2, gamma: 0.3, phi: 0.9, level: 10.0, slope: 0.5, season: vec![1.0, -1.0, 0.5, -0.5] };
    for (trend, seasonal) in [(Trend::None, Seasonal::None), (Trend::Additive, Seasonal::None), (Trend::Damped, Seasonal::Additive)] {
        let slope = if trend == Trend::None { 0.0 } else { parameters.slope };
        let state = State { level: parameters.level, slope, season: parameters.season.clone() };
        let fitted =
            Fitted { model: Model::Smoothing(trend, seasonal), season: 4, parameters: Some(parameters.clone()), state, deviation: 1.0 };
        let (ahead, deviations) = (fitted.ahead(9), fitted.deviations(9));
        let mut random = crate::random::Random::new(5);
        let mut squares = [0.0; 9];
        let paths = 40_000;
        for _ in 0..paths {
            // A path: each value is what is expected from the ones before, and an error.
            let mut values: Vec<f64> = Vec::new();
            for square in 0..9 {
                let (state, _) = parameters.run(trend, seasonal, &values, |_| {});
                let next = Fitted { state, ..fitted.clone() }.ahead(1)[0] + random.normal();
                squares[square] += (next - ahead[square]).powi(2);
                values.push(next);
            }
        }
        for (step, square) in squares.iter().enumerate() {
            let simulated = (square / f64::from(paths)).sqrt();
            assert!(
                (simulated / deviations[step] - 1.0).abs() < 0.03,
                "{trend:?} {seasonal:?} {step}: {simulated}, not {}",
                deviations[step]
            );
        }
    }
}
