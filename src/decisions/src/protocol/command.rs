//! What is to be done for a decision?

use std::fmt;
use std::str::FromStr;

use baton_domain::id::UserId;
use baton_domain::time::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use serde_json::Value;

use super::conclusion::Conclusion;
use super::request::{Order, Request};
use crate::decision::{BallotKind, Scores};
use crate::roster::{Seat, VoterId};

/// Something to be done, under a name that is the same however often it is said. Who has done it needs not do it again, and may.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Command {
    /// `<decision>/<request>`, `<decision>/deadline/<which>`, `<decision>/withdraw/<request>` or `<decision>/conclude/<outcome>`; people who were
    /// asked in vain before it ended are asked again as `<decision>/person/escalated`.
    pub id: String,
    /// What.
    pub action: Action,
}

/// An answer as it stands on a ballot.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// `A`, `B` and so on: another one for each voter.
    pub label: String,
    /// The answer.
    pub answer: Value,
    /// More about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
}

/// An answer before a judge: without authors and votes, with what was said for it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Candidate {
    /// `A`, `B` and so on, in the order of this request.
    pub label: String,
    /// The answer.
    pub answer: Value,
    /// More about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// What speaks for it, some of what was said.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub arguments: Vec<String>,
}

/// What somebody else said in the debate, without their name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Argument(pub String);

/// A time after which something is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Deadline {
    /// That of all.
    Decision,
    /// That of a stage: the number of the stage in the decision's story.
    Stage(u32),
}

impl fmt::Display for Deadline {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Decision => f.write_str("decision"),
            Self::Stage(number) => write!(f, "stage/{number}"),
        }
    }
}

impl FromStr for Deadline {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.split_once('/') {
            None if text == "decision" => Ok(Self::Decision),
            Some(("stage", number)) => number.parse().map(Self::Stage).map_err(|_| format!("`{number}` is no stage")),
            _ => Err(format!("`{text}` is no deadline")),
        }
    }
}

impl Serialize for Deadline {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Deadline {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

/// What is to be done.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Action {
    /// Ask a voter for its own answer.
    AskDraft {
        /// Whom.
        voter: VoterId,
        /// In which round.
        round: u8,
        /// What others said, after a debate.
        arguments: Vec<Argument>,
    },
    /// Find out which answers are the same.
    AskClusters {
        /// Of which round.
        round: u8,
        /// The answers, by their voters; whoever is asked needs to see no names.
        answers: Vec<(VoterId, Value)>,
    },
    /// Ask a voter for its vote.
    AskBallot {
        /// Whom.
        voter: VoterId,
        /// In which round.
        round: u8,
        /// What it is to say.
        reads: BallotKind,
        /// What scores go from and to.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        scale: Option<Scores>,
        /// The answers, in an order of its own, without the one that is its alone.
        entries: Vec<Entry>,
        /// What others said, after a debate.
        arguments: Vec<Argument>,
    },
    /// Ask a voter what speaks for its answer.
    AskArgument {
        /// Whom.
        voter: VoterId,
        /// Its answer so far.
        answer: Value,
        /// Why, so far.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        rationale: Option<String>,
    },
    /// Ask for one answer out of all.
    AskSynthesis {
        /// Whom.
        seat: Seat,
        /// The drafts, in an order that is drawn.
        candidates: Vec<Candidate>,
    },
    /// Ask the judge which answer is best.
    AskJudge {
        /// Whom.
        seat: Seat,
        /// In which order.
        order: Order,
        /// The answers in that order.
        candidates: Vec<Candidate>,
    },
    /// Ask people to decide.
    AskPerson {
        /// Whom; whoever may decide if it is nobody in particular.
        people: Vec<UserId>,
        /// The keys of the answers to choose from; the decision's page shows everything else.
        choices: Vec<String>,
    },
    /// An answer to this is not awaited any more.
    Withdraw {
        /// The request.
        request: Request,
    },
    /// Say when this has passed.
    SetDeadline {
        /// Which.
        deadline: Deadline,
        /// When.
        at: Timestamp,
    },
    /// Tell everybody what came of it.
    Conclude {
        /// What.
        conclusion: Box<Conclusion>,
    },
}
