//! How likely a test statistic is: tails and quantiles of the distributions that tests compare with.

use std::f64::consts::TAU;

use crate::special::{beta_tails, gamma_tails, normal_density, normal_tails, normal_upper_quantile, stirling_error};

/// The probability that Student's t with these degrees of freedom is below, and above.
pub(crate) fn student_tails(t: f64, degrees: f64) -> (f64, f64) {
    if t.is_nan() || degrees.is_nan() {
        return (f64::NAN, f64::NAN);
    }
    if degrees.is_infinite() {
        return normal_tails(t);
    }
    let square = t * t;
    let (x, y) = if square.is_infinite() { (0.0, 1.0) } else { (degrees / (degrees + square), square / (degrees + square)) };
    let tail = 0.5 * beta_tails(degrees / 2.0, 0.5, x, y).0;
    if t > 0.0 { (1.0 - tail, tail) } else { (tail, 1.0 - tail) }
}

/// The value that Student's t exceeds with this probability.
pub(crate) fn student_upper_quantile(probability: f64, degrees: f64) -> f64 {
    if probability > 0.5 {
        return -student_upper_quantile(1.0 - probability, degrees);
    }
    if probability == 0.5 {
        return 0.0;
    }
    positive_root(normal_upper_quantile(probability).max(1e-3), |t| student_tails(t, degrees).1 > probability)
}

/// The probability that an F-distributed variable is above.
pub(crate) fn f_above(f: f64, numerator: f64, denominator: f64) -> f64 {
    if f <= 0.0 {
        return 1.0;
    }
    if f.is_infinite() {
        return 0.0;
    }
    let scaled = numerator * f;
    let sum = scaled + denominator;
    beta_tails(denominator / 2.0, numerator / 2.0, denominator / sum, scaled / sum).0
}

/// The probability that a χ²-distributed variable is above.
pub(crate) fn chi_square_above(x: f64, degrees: f64) -> f64 {
    gamma_tails(degrees / 2.0, x / 2.0).1
}

/// The largest number for which a condition that holds near zero and fails far away still holds.
fn positive_root(start: f64, holds: impl Fn(f64) -> bool) -> f64 {
    let (mut low, mut high) = (0.0, start);
    for _ in 0..2_000 {
        if !holds(high) {
            break;
        }
        low = high;
        high *= 2.0;
    }
    for _ in 0..200 {
        let middle = low + (high - low) / 2.0;
        if middle <= low || middle >= high {
            break;
        }
        if holds(middle) {
            low = middle;
        } else {
            high = middle;
        }
    }
    low + (high - low) / 2.0
}

/// The positive nodes and the weights of Gauss and Legendre's rule of 16 points on −1 to 1.
const GAUSS: [(f64, f64); 8] = [
    (0.095_012_509_837_637_44, 0.189_450_610_455_068_5),
    (0.281_603_550_779_258_9, 0.182_603_415_044_923_6),
    (0.458_016_777_657_227_4, 0.169_156_519_395_002_54),
    (0.617_876_244_402_643_7, 0.149_595_988_816_576_73),
    (0.755_404_408_355_003, 0.124_628_971_255_533_87),
    (0.865_631_202_387_831_7, 0.095_158_511_682_492_78),
    (0.944_575_023_073_232_6, 0.062_253_523_938_647_89),
    (0.989_400_934_991_649_9, 0.027_152_459_411_754_095),
];

/// The integral over equally wide panels.
fn integral(low: f64, high: f64, panels: usize, value: impl Fn(f64) -> f64) -> f64 {
    let half = (high - low) / (2 * panels) as f64;
    let mut sum = 0.0;
    for panel in 0..panels {
        let middle = low + half * (2 * panel + 1) as f64;
        for (node, weight) in GAUSS {
            sum += weight * (value(middle + half * node) + value(middle - half * node));
        }
    }
    sum * half
}

/// The probability that the range of so many standard normal variables is above `width`. The difference from one is taken under the
/// integral, so that small tails keep their digits.
fn range_above(width: f64, groups: f64) -> f64 {
    let high = 9.0f64.max(width / 2.0 + 9.0);
    let panels = ((high + 9.0) / 1.8).ceil() as usize;
    let above = groups
        * integral(-9.0, high, panels, |z| {
            let below = normal_tails(z).0;
            let far = normal_tails(z - width).0;
            // Φ(z)^(k−1) − (Φ(z) − Φ(z−w))^(k−1)
            -normal_density(z) * below.powf(groups - 1.0) * ((groups - 1.0) * (-far / below).ln_1p()).exp_m1()
        });
    above.clamp(0.0, 1.0)
}

/// The probability that the studentized range of so many groups is above `q`.
pub(crate) fn studentized_range_above(q: f64, groups: usize, degrees: f64) -> f64 {
    let groups = groups as f64;
    if q.is_nan() {
        return f64::NAN;
    }
    if q <= 0.0 {
        return 1.0;
    }
    if q.is_infinite() {
        return 0.0;
    }
    if degrees > 1e9 {
        return range_above(q, groups);
    }
    // Over t = ln s, where s is the standard deviation of the scale: its density falls off on both sides and has no pole.
    let exponent = |t: f64| degrees * (t - (2.0 * t).exp_m1() / 2.0);
    let edge = |sign: f64| sign * positive_root(1.0 / degrees.sqrt(), |distance| exponent(sign * distance) > -80.0);
    let (low, high) = (edge(-1.0), edge(1.0));
    let width = (3.0 / (2.0 * degrees).sqrt()).min(1.5);
    let panels = ((high - low) / width).ceil().max(4.0) as usize;
    // 2 (ν/2)^(ν/2) / Γ(ν/2) e^(−ν/2), with the exponent's +ν/2 taken out again.
    let half = degrees / 2.0;
    let lead = 2.0 * (half / TAU).sqrt() * (-stirling_error(half)).exp();
    (lead * integral(low, high, panels, |t| exponent(t).exp() * range_above(q * t.exp(), groups))).clamp(0.0, 1.0)
}

/// The value that the studentized range exceeds with this probability, to 10 digits.
pub(crate) fn studentized_range_upper_quantile(probability: f64, groups: usize, degrees: f64) -> f64 {
    let (mut low, mut high) = (0.0, 4.0);
    while studentized_range_above(high, groups, degrees) > probability && high < 1e6 {
        low = high;
        high *= 2.0;
    }
    // The secant's side is halved when it stays (Illinois), on the logarithm of the tail.
    let height = |q: f64| (studentized_range_above(q, groups, degrees) / probability).ln();
    let (mut at_low, mut at_high) = (height(low), height(high));
    for _ in 0..60 {
        if (high - low) <= 1e-11 * high {
            break;
        }
        let middle = ((low * at_high - high * at_low) / (at_high - at_low)).clamp(low, high);
        let value = height(middle);
        if value.abs() < 1e-12 {
            return middle;
        }
        if value > 0.0 {
            (low, at_low) = (middle, value);
            at_high /= 2.0;
        } else {
            (high, at_high) = (middle, value);
            at_low /= 2.0;
        }
    }
    low + (high - low) / 2.0
}

#[cfg(test)]
#[path = "distribution_tests.rs"]
mod tests;
