//! How long is waited before the socket is opened again.

/// The shortest base in milliseconds.
const BASE_MS: f64 = 500.0;
/// The longest base in milliseconds.
const LONGEST_MS: f64 = 30_000.0;

/// Milliseconds before the `attempt`-th try (0 is the first): doubled each time up to 30 s, and spread over the upper
/// half so that the tabs of a restarted server do not all come at once. `chance` is in [0, 1).
pub(super) fn delay_ms(attempt: u32, chance: f64) -> f64 {
    let doubled = BASE_MS * 2f64.powi(i32::try_from(attempt.min(16)).unwrap_or(16));
    doubled.min(LONGEST_MS) * (0.5 + chance.clamp(0.0, 1.0) / 2.0)
}

#[cfg(test)]
mod tests {
    use super::delay_ms;

    #[test]
    fn delays_double_up_to_thirty_seconds_and_keep_at_least_half() {
        let at = |attempt, chance| delay_ms(attempt, chance);
        assert_eq!([at(0, 1.0), at(1, 1.0), at(2, 1.0), at(6, 1.0), at(99, 1.0)], [500.0, 1_000.0, 2_000.0, 30_000.0, 30_000.0]);
        assert_eq!([at(0, 0.0), at(99, 0.0)], [250.0, 15_000.0]);
    }
}
