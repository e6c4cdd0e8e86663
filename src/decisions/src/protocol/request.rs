//! What is asked of whom? Each request has one name, which is the same after every crash.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::roster::VoterId;

/// In which of its two orders a judge is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Order {
    /// As drawn.
    Forward,
    /// The other way round.
    Backward,
}

impl Order {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Forward => "forward",
            Self::Backward => "backward",
        }
    }
}

/// One thing that is asked of somebody. Rounds are 1 and, after a debate, 2.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Request {
    /// An answer of their own, of a voter.
    Draft(u8, VoterId),
    /// Groups of answers, of a model or a measure of similarity.
    Clusters(u8),
    /// A vote, of a voter.
    Ballot(u8, VoterId),
    /// What speaks for their answer, of a voter.
    Argument(VoterId),
    /// One answer out of all drafts.
    Synthesis,
    /// A judgement.
    Judge(Order),
    /// A decision, of the people.
    Person,
}

impl Request {
    /// The voter that is asked.
    #[must_use]
    pub const fn voter(&self) -> Option<&VoterId> {
        match self {
            Self::Draft(_, voter) | Self::Ballot(_, voter) | Self::Argument(voter) => Some(voter),
            Self::Clusters(_) | Self::Synthesis | Self::Judge(_) | Self::Person => None,
        }
    }
}

impl fmt::Display for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Draft(round, voter) => write!(f, "draft/{round}/{voter}"),
            Self::Clusters(round) => write!(f, "clusters/{round}"),
            Self::Ballot(round, voter) => write!(f, "ballot/{round}/{voter}"),
            Self::Argument(voter) => write!(f, "argument/{voter}"),
            Self::Synthesis => f.write_str("synthesis"),
            Self::Judge(order) => write!(f, "judge/{}", order.as_str()),
            Self::Person => f.write_str("person"),
        }
    }
}

/// Text that names no request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InvalidRequestId;

impl fmt::Display for InvalidRequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not a request of a decision: expected as `ballot/1/agent:…`, `judge/forward` or `person`")
    }
}

impl std::error::Error for InvalidRequestId {}

impl FromStr for Request {
    type Err = InvalidRequestId;

    fn from_str(text: &str) -> Result<Self, InvalidRequestId> {
        let (kind, rest) = text.split_once('/').unwrap_or((text, ""));
        let round = |text: &str| text.parse::<u8>().map_err(|_| InvalidRequestId);
        let of_voter = || {
            let (number, voter) = rest.split_once('/').ok_or(InvalidRequestId)?;
            Ok((round(number)?, VoterId::named(voter)))
        };
        match (kind, rest) {
            ("draft", _) => of_voter().map(|(round, voter)| Self::Draft(round, voter)),
            ("ballot", _) => of_voter().map(|(round, voter)| Self::Ballot(round, voter)),
            ("clusters", _) => round(rest).map(Self::Clusters),
            ("argument", voter) if !voter.is_empty() => Ok(Self::Argument(VoterId::named(voter))),
            ("judge", "forward") => Ok(Self::Judge(Order::Forward)),
            ("judge", "backward") => Ok(Self::Judge(Order::Backward)),
            ("synthesis", "") => Ok(Self::Synthesis),
            ("person", "" | "escalated") => Ok(Self::Person),
            _ => Err(InvalidRequestId),
        }
    }
}

impl Serialize for Request {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Request {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_survives_its_name() {
        let voter = || VoterId::named("agent:0197#2");
        for request in [
            Request::Draft(1, voter()),
            Request::Clusters(2),
            Request::Ballot(2, voter()),
            Request::Argument(voter()),
            Request::Synthesis,
            Request::Judge(Order::Forward),
            Request::Judge(Order::Backward),
            Request::Person,
        ] {
            assert_eq!(request.to_string().parse(), Ok(request));
        }
        for wrong in ["", "draft", "draft/x/y", "ballot/1", "judge/sideways", "argument/", "person/1"] {
            assert_eq!(wrong.parse::<Request>(), Err(InvalidRequestId), "{wrong}");
        }
    }
}
