//! Whether a sample could be normal: the test of Shapiro and Wilk, by Royston's approximation (Applied Statistics AS R94, 1995).

use super::sample::{Sample, sorted};
use crate::special::{normal_tails, normal_upper_quantile};

/// The fewest values.
pub(crate) const FEWEST: usize = 3;
/// The most values; beyond them the approximation was never checked, and any real sample is found not to be normal.
pub(crate) const MOST: usize = 5_000;

fn polynomial(coefficients: &[f64], x: f64) -> f64 {
    coefficients.iter().rev().fold(0.0, |sum, coefficient| sum * x + coefficient)
}

/// The weights of the upper half of the ordered sample, from the largest down.
fn weights(count: usize) -> Vec<f64> {
    let half = count / 2;
    if count == 3 {
        return vec![std::f64::consts::FRAC_1_SQRT_2];
    }
    let size = count as f64;
    // Blom's scores.
    let scores: Vec<f64> = (1..=half).map(|place| normal_upper_quantile((place as f64 - 0.375) / (size + 0.25))).collect();
    let squares = 2.0 * scores.iter().map(|score| score * score).sum::<f64>();
    let root = squares.sqrt();
    let inverse = 1.0 / size.sqrt();
    let first = polynomial(&[0.0, 0.221_157, -0.147_981, -2.071_19, 4.434_685, -2.706_056], inverse) + scores[0] / root;
    let mut weights: Vec<f64> = Vec::with_capacity(half);
    weights.push(first);
    let (fixed, factor) = if count > 5 {
        let second = scores[1] / root + polynomial(&[0.0, 0.042_981, -0.293_762, -1.752_461, 5.682_633, -3.582_633], inverse);
        weights.push(second);
        let left = squares - 2.0 * scores[0].powi(2) - 2.0 * scores[1].powi(2);
        (2, (left / (1.0 - 2.0 * first * first - 2.0 * second * second)).sqrt())
    } else {
        (1, ((squares - 2.0 * scores[0].powi(2)) / (1.0 - 2.0 * first * first)).sqrt())
    };
    weights.extend(scores[fixed..].iter().map(|score| score / factor));
    weights
}

/// W and its probability, of 3 to 5,000 values that are not all equal.
pub(crate) fn shapiro_wilk(values: &[f64]) -> (f64, f64) {
    let sorted = sorted(values);
    let count = sorted.len();
    let range = sorted[count - 1] - sorted[0];
    // Scaled by the range: 1 − W is computed, which is small, without cancellation.
    let scaled: Vec<f64> = sorted.iter().map(|value| (value - sorted[0]) / range).collect();
    let weights = weights(count);
    let sample = Sample::of(&scaled);
    let (mut weight_squares, mut products) = (0.0, 0.0);
    for (place, value) in scaled.iter().enumerate() {
        let weight = if place < count / 2 {
            -weights[place]
        } else if count - 1 - place < count / 2 {
            weights[count - 1 - place]
        } else {
            0.0
        };
        weight_squares += weight * weight;
        products += weight * (value - sample.mean);
    }
    let squares = sample.squares.value();
    let root = (weight_squares * squares).sqrt();
    let lack = (root - products) * (root + products) / (weight_squares * squares);
    let w = 1.0 - lack;
    (w, probability(w, lack, count))
}

fn probability(w: f64, lack: f64, count: usize) -> f64 {
    let size = count as f64;
    if count == 3 {
        // Exact: 6/π (asin √W − asin √¾).
        return (6.0 / std::f64::consts::PI * (w.sqrt().asin() - 0.75f64.sqrt().asin())).clamp(0.0, 1.0);
    }
    let mut y = lack.ln();
    let log = size.ln();
    let (mean, deviation) = if count <= 11 {
        let gamma = polynomial(&[-2.273, 0.459], size);
        if y >= gamma {
            return 1e-99;
        }
        y = -(gamma - y).ln();
        (
            polynomial(&[0.544, -0.399_78, 0.025_054, -6.714e-4], size),
            polynomial(&[1.382_2, -0.778_57, 0.062_767, -0.002_032_2], size).exp(),
        )
    } else {
        (polynomial(&[-1.586_1, -0.310_82, -0.083_751, 0.003_891_5], log), polynomial(&[-0.480_3, -0.082_676, 0.003_030_2], log).exp())
    };
    normal_tails((y - mean) / deviation).1
}
