//! Whether coefficients and their errors are NIST's, digit for digit.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

use super::*;
use proptest::prelude::*;
use serde_json::Value;

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|value| value.as_f64().unwrap()).collect()
}

/// How many digits are right.
fn digits(found: f64, certified: f64) -> f64 {
    if found == certified {
        return 16.0;
    }
    let error = if certified == 0.0 { found.abs() } else { ((found - certified) / certified).abs() };
    -error.log10()
}

/// The worst of all figures; each set prints its own.
fn worst(name: &str, fit: &LeastSquares, coefficients: &[f64], errors: &[f64], squares: f64) -> (f64, f64) {
    let found = fit.coefficients.iter().zip(coefficients).map(|(found, certified)| digits(found.estimate, *certified)).fold(16.0, f64::min);
    let spread =
        fit.coefficients.iter().zip(errors).map(|(found, certified)| digits(found.standard_error, *certified)).fold(16.0, f64::min);
    let squares = digits(fit.residual_squares, squares);
    println!("{name}: {found:.1} digits of coefficients, {spread:.1} of standard errors, {squares:.1} of residual squares");
    assert_eq!(fit.coefficients.len(), coefficients.len());
    (found, spread.min(squares))
}

fn plain(columns: &[&[f64]], y: &[f64], constant: bool) -> LeastSquares {
    fit(columns, y, constant, &mut || Ok(())).unwrap()
}

#[test]
fn sets_with_data_have_their_certified_values() {
    let sets: Value = serde_json::from_str(include_str!("../tests/reference/nist/regression.json")).unwrap();
    for (name, bar) in [("norris", 9.0), ("pontius", 9.0), ("longley", 9.0), ("filip", 9.0)] {
        let set = &sets[name];
        let (x, y) = (numbers(&set["x"]), numbers(&set["y"]));
        let fit = match name {
            "norris" => plain(&[&x], &y, true),
            "pontius" => polynomial(&x, &y, 2).unwrap(),
            "filip" => polynomial(&x, &y, 10).unwrap(),
            _ => {
                let columns: Vec<Vec<f64>> = (1..7).map(|column| x.iter().skip(column).step_by(7).copied().collect()).collect();
                plain(&columns.iter().map(Vec::as_slice).collect::<Vec<_>>(), &y, true)
            }
        };
        let squares = set["residual_squares"].as_f64().unwrap();
        let (coefficients, rest) = worst(name, &fit, &numbers(&set["coefficients"]), &numbers(&set["standard_errors"]), squares);
        assert!(coefficients >= bar && rest >= bar, "{name}");
    }
}

#[test]
fn filip_with_rounded_powers_keeps_what_the_powers_hold() {
    let sets: Value = serde_json::from_str(include_str!("../tests/reference/nist/regression.json")).unwrap();
    let (x, y) = (numbers(&sets["filip"]["x"]), numbers(&sets["filip"]["y"]));
    let columns: Vec<Vec<f64>> = (1..=10).map(|power| x.iter().map(|x| x.powi(power)).collect()).collect();
    let fit = plain(&columns.iter().map(Vec::as_slice).collect::<Vec<_>>(), &y, true);
    let set = &sets["filip"];
    let squares = set["residual_squares"].as_f64().unwrap();
    let (coefficients, _) = worst("filip, rounded", &fit, &numbers(&set["coefficients"]), &numbers(&set["standard_errors"]), squares);
    assert!(coefficients >= 6.0);
}

/// Wampler's noise. It is orthogonal to every polynomial of degree five, so all coefficients of the sets with it are exactly one.
const NOISE: [f64; 21] = [
    759.0, -2048.0, 2048.0, -2048.0, 2523.0, -2048.0, 2048.0, -2048.0, 1838.0, -2048.0, 2048.0, -2048.0, 1838.0, -2048.0, 2048.0, -2048.0,
    2523.0, -2048.0, 2048.0, -2048.0, 759.0,
];
const WAMPLER_SQUARES: f64 = 83_554_268.0;
/// √(Σnoise²/15 · (XᵀX)⁻¹ⱼⱼ), worked out with 40 digits.
const WAMPLER_ERRORS: [f64; 6] = [
    2_152.326_246_781_697,
    2_363.551_734_696_805,
    779.343_524_331_583,
    101.475_507_550_349_65,
    5.645_665_121_707_516,
    0.112_324_854_679_311_94,
];

#[test]
fn wamplers_sets_have_their_certified_values() {
    let x: Vec<f64> = (0..21).map(f64::from).collect();
    for power in 0..6 {
        // Whole numbers below 2^53: exact.
        assert_eq!(
            x.iter().zip(NOISE).map(|(x, noise)| x.powi(power) * noise).sum::<f64>(),
            0.0,
            "the noise is not orthogonal to x^{power}"
        );
    }
    assert_eq!(NOISE.iter().map(|noise| noise * noise).sum::<f64>(), WAMPLER_SQUARES);
    let powers = |x: f64| (0..6).map(|power| x.powi(power)).sum::<f64>();
    for (name, factor) in [("wampler1", 0.0), ("wampler3", 1.0), ("wampler4", 100.0), ("wampler5", 10_000.0)] {
        let y: Vec<f64> = x.iter().zip(NOISE).map(|(x, noise)| powers(*x) + factor * noise).collect();
        let columns: Vec<Vec<f64>> = (1..=5).map(|power| x.iter().map(|x| x.powi(power)).collect()).collect();
        for fit in [plain(&columns.iter().map(Vec::as_slice).collect::<Vec<_>>(), &y, true), polynomial(&x, &y, 5).unwrap()] {
            let errors = WAMPLER_ERRORS.map(|error| error * factor);
            let (coefficients, rest) = worst(name, &fit, &[1.0; 6], &errors, WAMPLER_SQUARES * factor * factor);
            assert!(coefficients >= 9.0 && rest >= 9.0, "{name}");
        }
    }
    let y: Vec<f64> = x.iter().map(|x| (0..6).map(|power| (x / 10.0).powi(power)).sum()).collect();
    let fit = polynomial(&x, &y, 5).unwrap();
    let (coefficients, _) = worst("wampler2", &fit, &[1.0, 0.1, 0.01, 0.001, 1e-4, 1e-5], &[0.0; 6], 0.0);
    assert!(coefficients >= 9.0);
}

#[test]
fn sets_without_a_constant_have_their_certified_values() {
    let (x, y): (Vec<f64>, Vec<f64>) = (60..=70).map(|x| (f64::from(x), f64::from(x + 70))).unzip();
    let fit = plain(&[&x], &y, false);
    let (coefficient, rest) = worst("noint1", &fit, &[2.074_380_165_289_26], &[0.165_289_256_198_347E-01], 127.272_727_272_727);
    assert!(coefficient >= 9.0 && rest >= 9.0);
    assert!(digits(fit.r_squared, 0.999_365_492_298_663) >= 9.0 && digits(fit.f, 15_750.25) >= 9.0);
    let fit = plain(&[&[4.0, 5.0, 6.0]], &[3.0, 4.0, 4.0], false);
    let (coefficient, rest) = worst("noint2", &fit, &[0.727_272_727_272_727], &[0.420_827_318_078_432E-01], 0.272_727_272_727_273);
    assert!(coefficient >= 9.0 && rest >= 9.0);
}

#[test]
fn many_rows_of_twenty_columns_end_in_time() {
    let mut random = crate::random::Random::new(1);
    let columns: Vec<Vec<f64>> = (0..20).map(|_| (0..100_000).map(|_| random.normal()).collect()).collect();
    let y: Vec<f64> =
        (0..100_000).map(|row| columns.iter().zip(1..).map(|(column, factor)| column[row] * f64::from(factor)).sum()).collect();
    #[expect(clippy::disallowed_methods, reason = "a test measures")]
    let began = std::time::Instant::now();
    let fit = plain(&columns.iter().map(Vec::as_slice).collect::<Vec<_>>(), &y, true);
    println!("100,000 rows of 20 columns took {:?}", began.elapsed());
    for (place, coefficient) in fit.coefficients.iter().enumerate() {
        assert!((coefficient.estimate - place as f64).abs() < 1e-9, "{place}: {coefficient:?}");
    }
}

#[test]
fn what_cannot_be_fitted_is_named() {
    let x = [1.0, 2.0, 3.0, 4.0, 5.0];
    let twice = [2.0, 4.0, 6.0, 8.0, 10.0];
    let y = [1.0, 3.0, 2.0, 5.0, 4.0];
    assert_eq!(fit(&[&x, &twice], &y, true, &mut || Ok(())), Err(Unfit::Dependent(2)));
    assert_eq!(fit(&[&[7.0; 5]], &y, true, &mut || Ok(())), Err(Unfit::Dependent(1)));
    assert_eq!(fit(&[&x[..2]], &y[..2], true, &mut || Ok(())), Err(Unfit::TooFewRows { rows: 2, coefficients: 2 }));
    let stop = SkillError::internal("stop");
    assert_eq!(fit(&[&x], &y, true, &mut || Err(stop.clone())), Err(Unfit::Stopped(stop.clone())));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn residuals_are_orthogonal_to_every_column(seed in prop::collection::vec(-1e6..1e6f64, 900..1200), exponent in -200i32..200) {
        let scale = 10f64.powi(exponent);
        let rows = seed.len() / 3;
        let (a, b): (Vec<f64>, Vec<f64>) = (seed[..rows].to_vec(), seed[rows..2 * rows].iter().map(|value| value * scale).collect());
        let y = &seed[2 * rows..3 * rows];
        let fit = plain(&[&a, &b], y, true);
        let c: Vec<f64> = fit.coefficients.iter().map(|coefficient| coefficient.estimate).collect();
        let residuals: Vec<f64> = (0..rows).map(|row| y[row] - c[0] - c[1] * a[row] - c[2] * b[row]).collect();
        let norm = |values: &[f64]| values.iter().map(|value| value * value).sum::<f64>().sqrt();
        for column in [&a, &b.iter().map(|value| value / scale).collect::<Vec<f64>>()] {
            let product: f64 = residuals.iter().zip(column).map(|(residual, value)| residual * value).sum();
            prop_assert!(product.abs() <= 1e-9 * norm(&residuals) * norm(column));
        }
        prop_assert!((norm(&residuals).powi(2) - fit.residual_squares).abs() <= 1e-9 * fit.residual_squares);
    }
}
