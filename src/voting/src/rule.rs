//! Which rules are there?

use std::fmt;

use crate::ballot::{MAXIMUM_ANSWERS, MAXIMUM_OPTIONS};

/// By which rule ballots become an order of the options.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Rule {
    /// Most first places. Who puts several first gives each the same part.
    Plurality,
    /// Most approvals; a ranking or scores approve of what they put first.
    Approval,
    /// Points for every option that one is placed above (Borda, 1784). Options that tie share the points of their places. Where some may not speak of
    /// an option, its points are its share of the duels that it was heard in.
    Borda,
    /// The option with the fewest first places leaves, and its ballots go to their next one, until one is left (Hare, 1857). Those that tie
    /// for the fewest leave together.
    InstantRunoff,
    /// Pairwise victories less pairwise defeats (Copeland, 1951).
    Copeland,
    /// The strongest chain of pairwise victories (Schulze, 2011), strength being the votes of the winning side.
    Schulze,
    /// The greatest sum of scores; no opinion counts as the least score that anybody gave. An option that some may not speak of has the mean of the
    /// others.
    Score,
    /// The greatest median of scores, and among equal medians the majority gauge (Balinski and Laraki, 2007).
    Median,
}

impl Rule {
    /// All rules.
    pub const ALL: [Self; 8] =
        [Self::Plurality, Self::Approval, Self::Borda, Self::InstantRunoff, Self::Copeland, Self::Schulze, Self::Score, Self::Median];

    /// The rule's name on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Plurality => "plurality",
            Self::Approval => "approval",
            Self::Borda => "borda",
            Self::InstantRunoff => "instant_runoff",
            Self::Copeland => "copeland",
            Self::Schulze => "schulze",
            Self::Score => "score",
            Self::Median => "median",
        }
    }

    /// The most options that it counts within bounded time: rules that compare each with each count fewer.
    #[must_use]
    pub const fn most_options(self) -> usize {
        match self {
            Self::Copeland | Self::Schulze => MAXIMUM_OPTIONS,
            _ => MAXIMUM_ANSWERS,
        }
    }

    /// The rule of this name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|rule| rule.as_str() == name)
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// How much of the votes the first option must have, beside being the first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Threshold {
    /// More than half of what was counted puts it first.
    Majority,
    /// At least this many millionths of what was counted put it first.
    Supermajority(u32),
    /// All that was counted puts it first.
    Unanimity,
}

impl Threshold {
    /// At least this share, above one half and at most 1; to the millionth below it, so that two of three are two thirds.
    #[must_use]
    pub fn supermajority(share: f64) -> Option<Self> {
        let parts = (share * 1_000_000.0).floor();
        (share > 0.5 && parts <= 1_000_000.0).then_some(Self::Supermajority(parts as u32))
    }

    /// Whether so much of so much is enough.
    pub(crate) fn is_met(self, votes: u128, of: u128) -> bool {
        of > 0
            && match self {
                Self::Majority => votes * 2 > of,
                Self::Supermajority(parts) => votes * 1_000_000 >= of * u128::from(parts),
                Self::Unanimity => votes == of,
            }
    }
}
