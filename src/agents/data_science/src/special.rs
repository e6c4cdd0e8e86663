//! Which values the special functions of statistics take: incomplete gamma and beta functions with both tails, and their kin.
//!
//! Both tails are computed, each without a difference from one, so that a tail probability of 1e-200 has its digits. The leading factors
//! are those of Loader's saddle-point expansion (C. Loader, Fast and Accurate Computation of Binomial Probabilities, 2000), which
//! keeps relative accuracy where differences of logarithms of the gamma function lose it.

use std::f64::consts::{FRAC_1_SQRT_2, PI, TAU};

/// More terms than any series or fraction here needs for parameters up to 1e9.
const MAXIMUM_TERMS: usize = 500_000;
const TINY: f64 = 1e-300;

/// The logarithm of the gamma function.
pub(crate) fn ln_gamma(value: f64) -> f64 {
    libm::lgamma(value)
}

/// What Stirling's formula lacks of ln Γ(z+1), for positive z.
pub(crate) fn stirling_error(mut z: f64) -> f64 {
    let mut error = 0.0;
    while z < 15.0 {
        // From z+1 down to z.
        error += (z + 0.5) * (1.0 / z).ln_1p() - 1.0;
        z += 1.0;
    }
    let square = z * z;
    let series = 1.0 / 12.0
        - (1.0 / 360.0 - (1.0 / 1260.0 - (1.0 / 1680.0 - (1.0 / 1188.0 - 691.0 / 360_360.0 / square) / square) / square) / square) / square;
    error + series / z
}

/// x ln(x/m) + m − x without cancellation.
fn deviance(x: f64, m: f64) -> f64 {
    let difference = x - m;
    if difference.abs() >= 0.1 * (x + m) {
        return x * (x / m).ln() + m - x;
    }
    let ratio = difference / (x + m);
    let mut sum = difference * ratio;
    let mut term = 2.0 * x * ratio;
    let square = ratio * ratio;
    for step in 1..1000 {
        term *= square;
        let next = sum + term / f64::from(2 * step + 1);
        if next == sum {
            break;
        }
        sum = next;
    }
    sum
}

/// The regularized incomplete gamma functions P(a, x) and Q(a, x) = 1 − P(a, x), for positive a.
pub(crate) fn gamma_tails(a: f64, x: f64) -> (f64, f64) {
    if x.is_nan() || a.is_nan() {
        return (f64::NAN, f64::NAN);
    }
    if x <= 0.0 {
        return (0.0, 1.0);
    }
    if x.is_infinite() {
        return (1.0, 0.0);
    }
    // x^a e^-x / Γ(a+1)
    let lead = (-stirling_error(a) - deviance(a, x)).exp() / (TAU * a).sqrt();
    if x < a + 1.0 {
        let (mut term, mut sum, mut divisor) = (1.0, 1.0, a);
        for _ in 0..MAXIMUM_TERMS {
            divisor += 1.0;
            term *= x / divisor;
            sum += term;
            if term < sum * 1e-17 {
                break;
            }
        }
        let lower = (lead * sum).min(1.0);
        return (lower, 1.0 - lower);
    }
    // Legendre's continued fraction by Lentz's method.
    let mut b = x + 1.0 - a;
    let mut c = 1.0 / TINY;
    let mut d = 1.0 / b;
    let mut fraction = d;
    for step in 1..MAXIMUM_TERMS {
        let step = step as f64;
        let factor = -step * (step - a);
        b += 2.0;
        d = 1.0 / nonzero(factor * d + b);
        c = nonzero(b + factor / c);
        let change = d * c;
        fraction *= change;
        if (change - 1.0).abs() < 1e-16 {
            break;
        }
    }
    let upper = (lead * a * fraction).min(1.0);
    (1.0 - upper, upper)
}

fn nonzero(value: f64) -> f64 {
    if value.abs() < TINY { TINY } else { value }
}

/// The regularized incomplete beta function I_x(a, b) and its complement, for positive a and b. `y` is 1 − x: who knows it better than
/// by subtraction gives it so.
pub(crate) fn beta_tails(a: f64, b: f64, x: f64, y: f64) -> (f64, f64) {
    if [a, b, x, y].iter().any(|value| value.is_nan()) {
        return (f64::NAN, f64::NAN);
    }
    if x <= 0.0 {
        return (0.0, 1.0);
    }
    if y <= 0.0 {
        return (1.0, 0.0);
    }
    if x <= (a + 1.0) / (a + b + 2.0) {
        let lower = beta_lower(a, b, x, y).min(1.0);
        (lower, 1.0 - lower)
    } else {
        let upper = beta_lower(b, a, y, x).min(1.0);
        (1.0 - upper, upper)
    }
}

fn beta_lower(a: f64, b: f64, x: f64, y: f64) -> f64 {
    let sum = a + b;
    let exponent = stirling_error(sum) - stirling_error(a) - stirling_error(b) - deviance(a, sum * x) - deviance(b, sum * y);
    // x^a y^b / B(a, b)
    let lead = exponent.exp() * (a * b / (TAU * sum)).sqrt();
    // The even part of the usual fraction (DLMF 8.17.22): its terms use y, so that nothing cancels where x is close to one.
    let slope = a * y - b * x;
    let term = |m: f64| m + m * (b - m) * x / (a + 2.0 * m - 1.0) + (a + m) * (slope + 1.0 + m * (1.0 + y)) / (a + 2.0 * m + 1.0);
    let mut fraction = nonzero(a * (slope + 1.0) / (a + 1.0));
    let mut c = fraction;
    let mut d = 0.0;
    for step in 1..MAXIMUM_TERMS {
        let m = step as f64;
        let base = a + 2.0 * m - 1.0;
        let factor = (a + m - 1.0) / base * ((sum + m - 1.0) / base) * m * (b - m) * x * x;
        let term = term(m);
        d = 1.0 / nonzero(term + factor * d);
        c = nonzero(term + factor / c);
        let change = d * c;
        fraction *= change;
        if (change - 1.0).abs() < 1e-16 {
            break;
        }
    }
    lead / fraction
}

/// The probability that a standard normal variable is below, and above.
pub(crate) fn normal_tails(z: f64) -> (f64, f64) {
    (0.5 * libm::erfc(-z * FRAC_1_SQRT_2), 0.5 * libm::erfc(z * FRAC_1_SQRT_2))
}

/// The density of the standard normal distribution.
pub(crate) fn normal_density(z: f64) -> f64 {
    (-0.5 * z * z).exp() / (2.0 * PI).sqrt()
}

/// The value that a standard normal variable exceeds with this probability.
pub(crate) fn normal_upper_quantile(probability: f64) -> f64 {
    if !(probability > 0.0 && probability < 1.0) {
        return if probability <= 0.0 {
            f64::INFINITY
        } else if probability >= 1.0 {
            f64::NEG_INFINITY
        } else {
            f64::NAN
        };
    }
    if probability > 0.5 {
        // The complement is exact here (Sterbenz).
        return -normal_upper_quantile(1.0 - probability);
    }
    // A start by Hastings, then Newton steps on the logarithm, which is nearly straight in the tail.
    let root = (-2.0 * probability.ln()).sqrt();
    let mut z = root - (2.30753 + 0.27061 * root) / (1.0 + root * (0.99229 + root * 0.04481));
    for _ in 0..8 {
        let above = normal_tails(z).1;
        let step = (above / probability).ln() * above / normal_density(z);
        z += step;
        if step.abs() <= 1e-16 * z.abs() {
            break;
        }
    }
    z
}
