//! What can happen to a decision?

use std::collections::BTreeMap;

use baton_domain::id::UserId;
use baton_domain::time::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::command::Deadline;
use super::request::{Order, Request};
use crate::roster::VoterId;

/// The longest rationale or argument that is kept, in bytes; longer ones are cut.
pub const MAXIMUM_RATIONALE_BYTES: usize = 8 * 1024;

/// The longest answer as it is written in JSON, in bytes: what its form leaves out, as spaces and other fields, is kept too.
pub const MAXIMUM_WRITTEN_BYTES: usize = 4 * crate::canonical::MAXIMUM_ANSWER_BYTES;
/// The longest code of a failure that is kept, in bytes.
pub const MAXIMUM_FAILURE_BYTES: usize = 200;

/// What an answer took.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Spent {
    /// Tokens of language models.
    #[serde(default)]
    pub tokens: u64,
    /// Money, in millionths: sums are the same in any order.
    #[serde(default)]
    pub cost_millionths: u64,
}

impl Spent {
    /// Both together.
    #[must_use]
    pub const fn plus(self, other: Self) -> Self {
        Self {
            tokens: self.tokens.saturating_add(other.tokens),
            cost_millionths: self.cost_millionths.saturating_add(other.cost_millionths),
        }
    }

    /// What it is more than something else.
    #[must_use]
    pub const fn beyond(self, other: Self) -> Self {
        Self {
            tokens: self.tokens.saturating_sub(other.tokens),
            cost_millionths: self.cost_millionths.saturating_sub(other.cost_millionths),
        }
    }

    /// The money.
    #[must_use]
    pub fn cost(self) -> f64 {
        self.cost_millionths as f64 / 1_000_000.0
    }
}

/// A voter's own answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DraftGiven {
    /// The answer.
    pub answer: Value,
    /// How sure the voter is, from 0 to 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confidence: Option<f64>,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rationale: Option<String>,
}

/// What a ballot says, by the labels that stand on it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Said {
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
}

/// A vote.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BallotGiven {
    /// What it says.
    pub says: Said,
    /// How sure the voter is, from 0 to 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confidence: Option<f64>,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rationale: Option<String>,
}

/// What a person decides.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum PersonAnswer {
    /// One of the answers.
    Choice {
        /// Its key.
        key: String,
    },
    /// Another answer, to a question with free ones.
    Answer {
        /// The answer.
        answer: Value,
    },
    /// None of them.
    Refuse,
}

impl Happened {
    /// The request that it answers, and what that took.
    pub(super) fn cost(&self) -> Option<(Request, Spent)> {
        Some(match self {
            Self::DraftArrived { voter, round, spent, .. } => (Request::Draft(*round, voter.clone()), *spent),
            Self::BallotArrived { voter, round, spent, .. } => (Request::Ballot(*round, voter.clone()), *spent),
            Self::ArgumentArrived { voter, spent, .. } => (Request::Argument(voter.clone()), *spent),
            Self::ClustersArrived { round, spent, .. } => (Request::Clusters(*round), *spent),
            Self::SynthesisArrived { spent, .. } => (Request::Synthesis, *spent),
            Self::JudgeAnswered { order, spent, .. } => (Request::Judge(*order), *spent),
            Self::Failed { request, spent, .. } => (request.clone(), *spent),
            Self::PersonAnswered { .. }
            | Self::VoterDied { .. }
            | Self::DeadlinePassed { .. }
            | Self::BudgetSpent
            | Self::Cancelled { .. } => {
                return None;
            }
        })
    }
}

/// Something that happened, and when.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Fact {
    /// When it was recorded.
    pub at: Timestamp,
    /// What happened.
    pub what: Happened,
}

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Happened {
    /// A voter's own answer arrived.
    DraftArrived {
        /// Whose.
        voter: VoterId,
        /// In which round.
        round: u8,
        /// What it says.
        draft: DraftGiven,
        /// What it took.
        #[serde(default)]
        spent: Spent,
    },
    /// Groups of answers were found.
    ClustersArrived {
        /// Of which round's answers.
        round: u8,
        /// Voters whose answers are the same; who is in no group stands alone.
        groups: Vec<Vec<VoterId>>,
        /// What it took.
        #[serde(default)]
        spent: Spent,
    },
    /// A vote arrived.
    BallotArrived {
        /// Whose.
        voter: VoterId,
        /// In which round.
        round: u8,
        /// What it says.
        ballot: BallotGiven,
        /// What it took.
        #[serde(default)]
        spent: Spent,
    },
    /// An argument arrived.
    ArgumentArrived {
        /// Whose.
        voter: VoterId,
        /// What it says.
        argument: String,
        /// What it took.
        #[serde(default)]
        spent: Spent,
    },
    /// One answer out of all drafts arrived.
    SynthesisArrived {
        /// The answer.
        answer: Value,
        /// What it took.
        #[serde(default)]
        spent: Spent,
    },
    /// The judge answered.
    JudgeAnswered {
        /// To which order.
        order: Order,
        /// The label of the best answer; none if it could not say.
        choice: Option<String>,
        /// Why.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        rationale: Option<String>,
        /// What it took.
        #[serde(default)]
        spent: Spent,
    },
    /// A person decided.
    PersonAnswered {
        /// Who.
        user_id: UserId,
        /// What.
        answer: PersonAnswer,
        /// Why.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        comment: Option<String>,
    },
    /// What was asked will not be answered.
    Failed {
        /// The request.
        request: Request,
        /// Why, as a code.
        code: String,
        /// What it took all the same.
        #[serde(default)]
        spent: Spent,
    },
    /// A voter is gone, and is not to be asked any more.
    VoterDied {
        /// Who.
        voter: VoterId,
    },
    /// A deadline passed.
    DeadlinePassed {
        /// Which.
        deadline: Deadline,
    },
    /// The budget lets no model be asked any more.
    BudgetSpent,
    /// Nobody needs the decision any more.
    Cancelled {
        /// Why, in words.
        reason: String,
    },
}
