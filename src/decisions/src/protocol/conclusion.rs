//! What came of a decision, and why did it go on as it did?

use baton_domain::id::UserId;
use baton_domain::time::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::fact::Spent;
use super::state::Stage;
use crate::roster::VoterId;

/// What came of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// There is an answer.
    Decided,
    /// There is none yet: people are to decide, without a deadline.
    Escalated,
    /// There is none, and there will be none.
    Refused,
    /// Nobody needs it any more.
    Cancelled,
}

impl Outcome {
    /// The name on the wire and in storage.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Decided => "decided",
            Self::Escalated => "escalated",
            Self::Refused => "refused",
            Self::Cancelled => "cancelled",
        }
    }
}

/// Who decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum By {
    /// The ballots.
    Vote,
    /// A tie-break over the ballots.
    TieBreak,
    /// The one who wrote an answer out of all.
    Synthesis,
    /// The judge.
    Judge,
    /// A person.
    Person,
    /// Nobody: what was to be taken otherwise.
    Default,
}

/// Why a stage was begun or the decision ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// The decision was asked for.
    Opened,
    /// All whose answer was awaited have answered, failed or gone.
    AllAnswered,
    /// The stage's time was over.
    StageTimedOut,
    /// All answers are the same.
    AllAgree,
    /// Answers are to be put into groups.
    AnswersDiffer,
    /// The rule found an answer.
    RuleDecided,
    /// The rule found an answer that nothing still to come could change.
    OutOfReach,
    /// Too few took part.
    NoQuorum,
    /// Nobody said anything.
    NoOpinion,
    /// Answers tie.
    Tie,
    /// The first answer has too few votes.
    BelowThreshold,
    /// The first answer is too little ahead.
    MarginMissed,
    /// The rule has a debate where answers differ.
    DebateByRule,
    /// The rule leaves it to the judge.
    JudgeByRule,
    /// The rule leaves it to one who writes an answer.
    SynthesisByRule,
    /// The arguments were heard: the vote is taken again.
    ArgumentsHeard,
    /// The judge chose the same answer in both orders.
    JudgeConsistent,
    /// The judge chose different answers in the two orders, or none.
    JudgeInconsistent,
    /// The judge did not answer.
    JudgeFailed,
    /// An answer was written out of all.
    Synthesised,
    /// No answer was written.
    SynthesisFailed,
    /// A person decided.
    PersonDecided,
    /// A person refused all answers.
    PersonRefused,
    /// No person decided in time.
    PersonSilent,
    /// The deadline passed.
    DeadlinePassed,
    /// Nobody is left who could be asked.
    NobodyLeft,
    /// It was cancelled.
    Cancelled,
}

/// A step of the story.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// When.
    pub at: Timestamp,
    /// The stage that was begun.
    pub stage: Stage,
    /// Why.
    pub why: Reason,
    /// How many requests it began with.
    pub asked: usize,
}

/// Somebody who said something else.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Dissent {
    /// Who.
    pub voter: VoterId,
    /// The keys of what they put first.
    pub first: Vec<String>,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rationale: Option<String>,
}

/// How a decision ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Conclusion {
    /// What came of it.
    pub outcome: Outcome,
    /// Who decided, if anybody.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<By>,
    /// Why it ended.
    pub why: Reason,
    /// What kept the ballots from deciding, if they did not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub missed: Option<Reason>,
    /// The key of the answer, if it is one of those that were voted on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// The form of the answer, by which answers are compared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub form: Option<String>,
    /// The answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<Value>,
    /// How far it was ahead in the last count, as a share of what it could be.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub margin: Option<f64>,
    /// Who said something else.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub dissent: Vec<Dissent>,
    /// Which person decided.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person: Option<UserId>,
    /// What they said to it, or why it was cancelled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
    /// How many rounds were voted.
    pub rounds: u8,
    /// When.
    pub at: Timestamp,
    /// What all of it took until then.
    pub spent: Spent,
}
