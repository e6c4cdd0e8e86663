//! By which rule is it decided, and what must voters say for it?

use baton_voting::{Rule, Threshold};
use serde::{Deserialize, Serialize};

macro_rules! names {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $text:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum $name { $($(#[$variant_doc])* $variant),+ }

        impl $name {
            /// Every value.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The name on the wire and in storage.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text),+ }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}

names!(
    /// How a decision is made.
    #[derive(Default)]
    DecisionRule {
        /// The answer that most give.
        #[default]
        Plurality = "plurality",
        /// The answer that more than half give.
        Majority = "majority",
        /// The answer that a share of all gives, two thirds if nothing else is said.
        Supermajority = "supermajority",
        /// The answer that all give.
        Unanimity = "unanimity",
        /// The answer that most find good enough.
        Approval = "approval",
        /// Points for every answer that one is placed above.
        Borda = "borda",
        /// The weakest leaves, until one is left.
        InstantRunoff = "instant_runoff",
        /// Pairwise victories less defeats.
        Copeland = "copeland",
        /// The strongest chain of pairwise victories.
        Schulze = "schulze",
        /// The greatest sum of scores.
        Score = "score",
        /// The greatest median of scores.
        Median = "median",
        /// The answer with the most weight behind it.
        Weighted = "weighted",
        /// The same, each weight times the voter's confidence as its record corrects it.
        ConfidenceWeighted = "confidence_weighted",
        /// A judge chooses among the answers, asked twice in opposite orders.
        Judge = "judge",
        /// Voters hear each other's arguments once if they differ, then the answer that most give.
        Debate = "debate",
        /// One agent writes one answer out of all drafts.
        Synthesis = "synthesis",
    }
);

names!(
    /// What breaks a tie.
    TieBreaker {
        /// This rule over the tied answers alone.
        Plurality = "plurality",
        /// This rule over the tied answers alone.
        Approval = "approval",
        /// This rule over the tied answers alone.
        Borda = "borda",
        /// This rule over the tied answers alone.
        InstantRunoff = "instant_runoff",
        /// This rule over the tied answers alone.
        Copeland = "copeland",
        /// This rule over the tied answers alone.
        Schulze = "schulze",
        /// This rule over the tied answers alone.
        Score = "score",
        /// This rule over the tied answers alone.
        Median = "median",
        /// A lot, drawn from the decision's seed.
        Lot = "lot",
    }
);

names!(
    /// What a voter says on a ballot.
    BallotKind {
        /// One answer.
        Choice = "choice",
        /// All answers that are good enough.
        Approvals = "approvals",
        /// Answers from the best to the worst.
        Ranking = "ranking",
        /// A score for each answer.
        Scores = "scores",
    }
);

impl DecisionRule {
    /// The rule that counts the ballots.
    #[must_use]
    pub const fn counted_by(self) -> Rule {
        match self {
            Self::Approval => Rule::Approval,
            Self::Borda => Rule::Borda,
            Self::InstantRunoff => Rule::InstantRunoff,
            Self::Copeland => Rule::Copeland,
            Self::Schulze => Rule::Schulze,
            Self::Score => Rule::Score,
            Self::Median => Rule::Median,
            _ => Rule::Plurality,
        }
    }

    /// What it reads.
    #[must_use]
    pub const fn reads(self) -> BallotKind {
        match self {
            Self::Approval => BallotKind::Approvals,
            Self::Borda | Self::InstantRunoff | Self::Copeland | Self::Schulze => BallotKind::Ranking,
            Self::Score | Self::Median => BallotKind::Scores,
            _ => BallotKind::Choice,
        }
    }

    /// What the first answer must have, beside being the first, if such a share is asked for.
    #[must_use]
    pub fn threshold(self, share: Option<f64>) -> Option<Threshold> {
        match self {
            Self::Majority => Some(Threshold::Majority),
            Self::Unanimity => Some(Threshold::Unanimity),
            Self::Supermajority => Threshold::supermajority(share.unwrap_or(2.0 / 3.0)),
            _ => share.and_then(Threshold::supermajority),
        }
    }

    /// Whether ballots decide, and not one agent over them.
    #[must_use]
    pub const fn counts(self) -> bool {
        !matches!(self, Self::Judge | Self::Synthesis)
    }
}

impl TieBreaker {
    /// As the ballots are counted, with a seed for the lot.
    #[must_use]
    pub const fn with(self, seed: u64) -> baton_voting::TieBreak {
        use baton_voting::TieBreak;
        match self {
            Self::Plurality => TieBreak::Rule(Rule::Plurality),
            Self::Approval => TieBreak::Rule(Rule::Approval),
            Self::Borda => TieBreak::Rule(Rule::Borda),
            Self::InstantRunoff => TieBreak::Rule(Rule::InstantRunoff),
            Self::Copeland => TieBreak::Rule(Rule::Copeland),
            Self::Schulze => TieBreak::Rule(Rule::Schulze),
            Self::Score => TieBreak::Rule(Rule::Score),
            Self::Median => TieBreak::Rule(Rule::Median),
            Self::Lot => TieBreak::Lot(seed),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_the_wire() {
        for rule in DecisionRule::ALL {
            assert_eq!(serde_json::to_value(rule).unwrap(), rule.as_str());
        }
        for breaker in TieBreaker::ALL {
            assert_eq!(serde_json::to_value(breaker).unwrap(), breaker.as_str());
            if let baton_voting::TieBreak::Rule(rule) = breaker.with(1) {
                assert_eq!(rule.as_str(), breaker.as_str());
            }
        }
    }
}
