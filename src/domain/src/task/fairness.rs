//! Whose turn is it? Tasks of one fairness key share their skill's slots with those of other keys, by weight.

/// The longest fairness key, in bytes.
pub const MAXIMUM_FAIRNESS_KEY: usize = 64;
/// The weight of a key when nobody says.
pub const DEFAULT_FAIRNESS_WEIGHT: f64 = 1.0;
/// The smallest and the largest weight. The names and the range are Temporal's.
pub const FAIRNESS_WEIGHTS: std::ops::RangeInclusive<f64> = 0.001..=1_000.0;

/// What is wrong with a fairness key, if something is.
#[must_use]
pub fn invalid_fairness_key(key: &str) -> Option<&'static str> {
    if key.is_empty() || key.len() > MAXIMUM_FAIRNESS_KEY {
        return Some("use 1 to 64 bytes, or leave it out");
    }
    key.chars().any(char::is_control).then_some("use no control characters")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_have_their_bounds() {
        for right in ["a", "tenant:7/€", &"x".repeat(64)] {
            assert_eq!(invalid_fairness_key(right), None, "{right}");
        }
        for wrong in ["", &"x".repeat(65), "a\nb", "a\0"] {
            assert!(invalid_fairness_key(wrong).is_some(), "{wrong:?}");
        }
        assert!(!FAIRNESS_WEIGHTS.contains(&f64::NAN) && !FAIRNESS_WEIGHTS.contains(&0.0));
    }
}
