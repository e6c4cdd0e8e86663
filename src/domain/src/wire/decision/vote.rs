//! What do people say: votes, answers to what was escalated, later verdicts?

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// An answer as it stands on a ballot.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct BallotEntry {
    /// `A`, `B` and so on: another one for each voter.
    pub label: String,
    /// The answer.
    #[cfg_attr(feature = "openapi", schema(value_type = Object))]
    pub answer: Value,
    /// More about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
}

/// What a person of the electorate says to what they were asked.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DecisionVote {
    /// What it says; labels are those of the person's own ballot ([`YourPart`](super::YourPart)).
    #[serde(flatten)]
    pub says: VoteSays,
    /// How sure they are, from 0 to 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confidence: Option<f64>,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rationale: Option<String>,
    /// The round that they saw; the present one if it is not said. A vote of another round is refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub round: Option<u8>,
}

/// What a vote says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum VoteSays {
    /// An answer of their own, while answers are asked for.
    Draft {
        /// The answer.
        #[cfg_attr(feature = "openapi", schema(value_type = Object))]
        answer: Value,
    },
    /// One answer.
    Choice {
        /// Its label.
        choice: String,
    },
    /// All answers that are good enough.
    Approvals {
        /// Their labels.
        choices: Vec<String>,
    },
    /// Answers from the best to the worst; those that are as good as one another together.
    Ranking {
        /// Their labels, place after place.
        places: Vec<Vec<String>>,
    },
    /// A score for each answer that one has an opinion about.
    Scores {
        /// By labels.
        scores: BTreeMap<String, f64>,
    },
    /// No opinion. It counts for the quorum.
    Abstention,
    /// What speaks for their answer, in a debate.
    Argument {
        /// What it says.
        argument: String,
    },
}

/// What a person decides to whom a decision was escalated.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PersonVerdict {
    /// What.
    #[serde(flatten)]
    pub answer: PersonChoice,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
}

/// Which answer a person takes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum PersonChoice {
    /// One of the answers.
    Choice {
        /// Its key.
        key: String,
    },
    /// Another answer, to a question with free ones.
    Answer {
        /// The answer.
        #[cfg_attr(feature = "openapi", schema(value_type = Object))]
        answer: Value,
    },
    /// None of them.
    Refuse,
}

/// Ends a decision that nobody needs any more.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default, deny_unknown_fields)]
pub struct CancelDecision {
    /// Why, in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// What a person found right after a decision had ended. The lab holds rules and voters against it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct LaterVerdict {
    /// The key of the right answer; none if no answer was right.
    pub key: Option<String>,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
}
