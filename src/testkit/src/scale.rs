//! How long may a test take? The short form runs with every change, the full one with `make chaos`.

/// The two forms of a long test.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scale {
    /// For every run of the tests.
    Short,
    /// The full counts and outages.
    Full,
}

impl Scale {
    /// The count that fits this form.
    #[must_use]
    pub const fn of(self, short: usize, full: usize) -> usize {
        match self {
            Self::Short => short,
            Self::Full => full,
        }
    }
}

/// The form that `BATON_TEST_SCALE` asks for: `full`, else the short one.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "test runs are configured by their environment")]
pub fn scale() -> Scale {
    if std::env::var("BATON_TEST_SCALE").is_ok_and(|wanted| wanted == "full") { Scale::Full } else { Scale::Short }
}
