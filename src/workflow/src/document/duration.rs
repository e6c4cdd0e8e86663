//! How is a span of time written?

use std::fmt;

/// The longest span: the 30 days that a task's deadlines may have.
pub const MAXIMUM_DURATION: Duration = Duration::from_millis(baton_domain::task::MAXIMUM_TIMEOUT_MS);

/// A span of time in whole milliseconds, written as `500ms`, `30s`, `5m`, `1h30m` or `2d`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Duration(u64);

impl Duration {
    /// From milliseconds.
    #[must_use]
    pub const fn from_millis(millis: u64) -> Self {
        Self(millis)
    }

    /// In milliseconds.
    #[must_use]
    pub const fn as_millis(self) -> u64 {
        self.0
    }

    /// As the standard library has it.
    #[must_use]
    pub const fn as_std(self) -> std::time::Duration {
        std::time::Duration::from_millis(self.0)
    }

    /// Reads a span. Units stand from the longest to the shortest, each at most once.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut rest = text.trim();
        let mut units = UNITS.as_slice();
        let mut sum: u64 = 0;
        if rest.is_empty() {
            return None;
        }
        while !rest.is_empty() {
            let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
            let count: u64 = rest.get(..digits)?.parse().ok()?;
            rest = &rest[digits..];
            let letters = rest.bytes().take_while(u8::is_ascii_alphabetic).count();
            let place = units.iter().position(|(name, _)| *name == &rest[..letters])?;
            sum = sum.checked_add(count.checked_mul(units[place].1)?)?;
            units = &units[place + 1..];
            rest = &rest[letters..];
        }
        Some(Self(sum))
    }
}

const UNITS: [(&str, u64); 5] = [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1)];

impl fmt::Display for Duration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 == 0 {
            return f.write_str("0s");
        }
        let mut rest = self.0;
        for (name, millis) in UNITS {
            if rest >= millis {
                write!(f, "{}{name}", rest / millis)?;
                rest %= millis;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn spans_are_read() {
        for (text, millis) in [("500ms", 500), ("30s", 30_000), ("1h30m", 5_400_000), (" 2d ", 172_800_000), ("0s", 0)] {
            assert_eq!(Duration::parse(text), Some(Duration(millis)), "{text}");
        }
        for text in ["", "5", "m", "30m1h", "1h1h", "-1s", "1.5h", "1 h", "99999999999999999999s", "999999999999999999d", "1é"] {
            assert_eq!(Duration::parse(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn a_span_survives_its_text(millis in 0_u64..10_000_000_000) {
            prop_assert_eq!(Duration::parse(&Duration(millis).to_string()), Some(Duration(millis)));
        }
    }
}
