//! How sums keep every digit: numbers of twice the precision, each the unevaluated sum of two floating-point numbers.
//!
//! The error-free sum is Knuth's, the error-free product is Dekker's and Veltkamp's; about 31 decimal digits are kept. Magnitudes must
//! stay below 1e290: whoever uses it scales the data first.

use std::iter::Sum;
use std::ops::{Add, AddAssign, Div, Mul, Neg, Sub, SubAssign};

/// A number of about 31 digits.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(crate) struct Double {
    high: f64,
    low: f64,
}

/// The sum and what rounding took from it.
fn two_sum(a: f64, b: f64) -> (f64, f64) {
    let sum = a + b;
    let part = sum - a;
    (sum, (a - (sum - part)) + (b - part))
}

/// The same where the first is the larger.
fn quick_two_sum(a: f64, b: f64) -> (f64, f64) {
    let sum = a + b;
    (sum, b - (sum - a))
}

/// Two halves of 26 digits each.
fn split(a: f64) -> (f64, f64) {
    let carried = 134_217_729.0 * a;
    let high = carried - (carried - a);
    (high, a - high)
}

/// The product and what rounding took from it. A fused multiplication would be shorter, and is a slow call on plain x86-64.
fn two_product(a: f64, b: f64) -> (f64, f64) {
    let product = a * b;
    let ((a_high, a_low), (b_high, b_low)) = (split(a), split(b));
    (product, ((a_high * b_high - product) + a_high * b_low + a_low * b_high) + a_low * b_low)
}

impl Double {
    /// Nothing.
    pub(crate) const ZERO: Self = Self { high: 0.0, low: 0.0 };

    fn of(pair: (f64, f64)) -> Self {
        Self { high: pair.0, low: pair.1 }
    }

    /// The nearest floating-point number.
    pub(crate) fn value(self) -> f64 {
        self.high + self.low
    }

    /// The square.
    pub(crate) fn squared(self) -> Self {
        self * self
    }

    /// The square root; of a negative number zero, since rounding alone makes a sum of squares negative.
    pub(crate) fn sqrt(self) -> Self {
        if self.high <= 0.0 {
            return Self::ZERO;
        }
        // One step of Newton's method on the inverse doubles the digits (Karp).
        let inverse = 1.0 / self.high.sqrt();
        let near = self.high * inverse;
        let rest = (self - Self::from(near).squared()).high;
        Self::of(quick_two_sum(near, rest * inverse * 0.5))
    }

    /// Whether it is exactly zero.
    pub(crate) fn is_zero(self) -> bool {
        self.high == 0.0
    }
}

impl From<f64> for Double {
    fn from(value: f64) -> Self {
        Self { high: value, low: 0.0 }
    }
}

impl Add for Double {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        let (sum, error) = two_sum(self.high, other.high);
        let (low, low_error) = two_sum(self.low, other.low);
        let (sum, error) = quick_two_sum(sum, error + low);
        Self::of(quick_two_sum(sum, error + low_error))
    }
}

impl Neg for Double {
    type Output = Self;
    fn neg(self) -> Self {
        Self { high: -self.high, low: -self.low }
    }
}

impl Sub for Double {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        self + -other
    }
}

impl Mul for Double {
    type Output = Self;
    fn mul(self, other: Self) -> Self {
        let (product, error) = two_product(self.high, other.high);
        Self::of(quick_two_sum(product, error + (self.high * other.low + self.low * other.high)))
    }
}

impl Div for Double {
    type Output = Self;
    fn div(self, other: Self) -> Self {
        let first = self.high / other.high;
        let rest = self - other * Self::from(first);
        let second = rest.high / other.high;
        let rest = rest - other * Self::from(second);
        let third = rest.high / other.high;
        Self::of(quick_two_sum(first, second)) + Self::from(third)
    }
}

impl AddAssign for Double {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl SubAssign for Double {
    fn sub_assign(&mut self, other: Self) {
        *self = *self - other;
    }
}

impl Sum for Double {
    fn sum<I: Iterator<Item = Self>>(iterator: I) -> Self {
        iterator.fold(Self::ZERO, Add::add)
    }
}

/// The mean of numbers, and the sum of squares about it. Both are exact to the last digit of a floating-point number.
pub(crate) fn mean_and_squares(values: &[f64]) -> (Double, Double) {
    if values.is_empty() {
        return (Double::ZERO, Double::ZERO);
    }
    let count = Double::from(values.len() as f64);
    let mean = values.iter().map(|value| Double::from(*value)).sum::<Double>() / count;
    (mean, values.iter().map(|value| (Double::from(*value) - mean).squared()).sum())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_quotient_times_its_divisor_is_the_dividend_again(a in -1e9..1e9f64, b in 1e-3..1e9f64) {
            let back = Double::from(a) / Double::from(b) * Double::from(b) - Double::from(a);
            prop_assert!(back.value().abs() <= a.abs() * 1e-30);
        }

        #[test]
        fn a_root_squared_is_the_number_again(a in 1e-9..1e9f64) {
            let back = Double::from(a).sqrt().squared() - Double::from(a);
            prop_assert!(back.value().abs() <= a * 1e-30);
        }

        #[test]
        fn sums_lose_nothing_that_a_large_number_hides(small in prop::collection::vec(-1000i32..1000, 1..50)) {
            let mut sum = Double::from(1e18);
            for value in &small {
                sum += Double::from(f64::from(*value) / 1024.0);
            }
            sum -= Double::from(1e18);
            let exact: f64 = small.iter().map(|value| f64::from(*value) / 1024.0).sum();
            prop_assert_eq!(sum.value(), exact);
        }
    }
}
