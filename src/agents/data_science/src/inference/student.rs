//! Whether means differ: Student's t with one sample, two, two of different spread (Welch), and pairs.

use serde::Deserialize;

use super::sample::Sample;
use crate::distribution::{student_tails, student_upper_quantile};
use crate::special::{ln_gamma, normal_upper_quantile};

/// In which direction a difference counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Alternative {
    /// In both.
    #[default]
    TwoSided,
    /// The first is less.
    Less,
    /// The first is greater.
    Greater,
}

impl Alternative {
    /// The probability of what lies as far out, from the tails below and above.
    pub(crate) fn of(self, (below, above): (f64, f64)) -> f64 {
        match self {
            Self::TwoSided => (2.0 * below.min(above)).min(1.0),
            Self::Less => below,
            Self::Greater => above,
        }
    }
}

/// What a comparison of means gives.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Compared {
    pub(crate) t: f64,
    pub(crate) degrees: f64,
    pub(crate) p: f64,
    /// The difference of means.
    pub(crate) difference: f64,
    /// Its confidence interval; infinite on one side for a one-sided question.
    pub(crate) interval: (f64, f64),
    /// Cohen's d (of pairs, of their differences), and its approximate interval.
    pub(crate) d: f64,
    pub(crate) d_interval: (f64, f64),
    /// Hedges' g: d without its bias in small samples.
    pub(crate) g: f64,
}

/// The mean of one sample (or of the differences of pairs) against a number.
pub(crate) fn one(sample: &Sample, expected: f64, alternative: Alternative, confidence: f64) -> Compared {
    let difference = (sample.exact_mean - crate::double_double::Double::from(expected)).value();
    let degrees = sample.count - 1.0;
    let error = (sample.variance / sample.count).sqrt();
    let d = difference / sample.deviation();
    let d_error = (1.0 / sample.count + d * d / (2.0 * sample.count)).sqrt();
    compared(difference, error, degrees, d, d_error, degrees, alternative, confidence)
}

/// The means of two samples; `equal` takes their spread to be the same.
pub(crate) fn two(first: &Sample, second: &Sample, equal: bool, alternative: Alternative, confidence: f64) -> Compared {
    let difference = (first.exact_mean - second.exact_mean).value();
    let pooled_degrees = first.count + second.count - 2.0;
    let pooled = (first.squares + second.squares).value() / pooled_degrees;
    let (degrees, error) = if equal {
        (pooled_degrees, (pooled * (1.0 / first.count + 1.0 / second.count)).sqrt())
    } else {
        let (left, right) = (first.variance / first.count, second.variance / second.count);
        let sum = left + right;
        // Welch and Satterthwaite.
        (sum * sum / (left * left / (first.count - 1.0) + right * right / (second.count - 1.0)), sum.sqrt())
    };
    let d = difference / pooled.sqrt();
    let total = first.count + second.count;
    let d_error = (total / (first.count * second.count) + d * d / (2.0 * total)).sqrt();
    compared(difference, error, degrees, d, d_error, pooled_degrees, alternative, confidence)
}

#[expect(clippy::too_many_arguments, reason = "the end of two functions; a struct for one call would hide more than it shows")]
fn compared(
    difference: f64,
    error: f64,
    degrees: f64,
    d: f64,
    d_error: f64,
    d_degrees: f64,
    alternative: Alternative,
    confidence: f64,
) -> Compared {
    let t = difference / error;
    let interval = match alternative {
        Alternative::TwoSided => {
            let width = student_upper_quantile((1.0 - confidence) / 2.0, degrees) * error;
            (difference - width, difference + width)
        }
        Alternative::Less => (f64::NEG_INFINITY, difference + student_upper_quantile(1.0 - confidence, degrees) * error),
        Alternative::Greater => (difference - student_upper_quantile(1.0 - confidence, degrees) * error, f64::INFINITY),
    };
    let reach = normal_upper_quantile((1.0 - confidence) / 2.0) * d_error;
    Compared {
        t,
        degrees,
        p: alternative.of(student_tails(t, degrees)),
        difference,
        interval,
        d,
        d_interval: (d - reach, d + reach),
        g: d * without_bias(d_degrees),
    }
}

/// Hedges' exact factor for these degrees of freedom.
pub(crate) fn without_bias(degrees: f64) -> f64 {
    if degrees < 2.0 {
        return f64::NAN;
    }
    if degrees > 1e5 {
        // The difference of two large logarithms would say less.
        return 1.0 - 3.0 / (4.0 * degrees - 1.0);
    }
    (ln_gamma(degrees / 2.0) - ln_gamma((degrees - 1.0) / 2.0)).exp() / (degrees / 2.0).sqrt()
}
