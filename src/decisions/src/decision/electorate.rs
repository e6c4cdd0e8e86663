//! Who votes, and how much does each count?

use baton_domain::id::{AgentId, UserId};
use baton_domain::user::Role;
use serde::{Deserialize, Serialize};

/// A voter, or several of a kind.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Member {
    /// An agent, once or several times.
    Agent {
        /// The agent.
        agent_id: AgentId,
        /// How many times it answers, each time anew: self-consistency (Wang et al., 2022).
        #[serde(default, skip_serializing_if = "Option::is_none")]
        samples: Option<i64>,
        /// How much each of its votes counts.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        weight: Option<f64>,
    },
    /// Agents that have a skill.
    Skill {
        /// The skill.
        skill: String,
        /// How many of them: those with the best records, of as many model families as there are. All by default.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        count: Option<i64>,
        /// How much each counts.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        weight: Option<f64>,
    },
    /// A person.
    User {
        /// The person.
        user_id: UserId,
        /// How much they count.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        weight: Option<f64>,
    },
    /// All people with a role.
    Role {
        /// The role.
        role: Role,
        /// How much each counts.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        weight: Option<f64>,
    },
}

impl Member {
    /// How much each of them counts, if it is said.
    #[must_use]
    pub const fn weight(&self) -> Option<f64> {
        match self {
            Self::Agent { weight, .. } | Self::Skill { weight, .. } | Self::User { weight, .. } | Self::Role { weight, .. } => *weight,
        }
    }
}

/// An agent for a single task: to judge, or to write one answer out of many.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum AgentChoice {
    /// This one.
    Agent {
        /// The agent.
        agent_id: AgentId,
    },
    /// The best that has a skill.
    Skill {
        /// The skill.
        skill: String,
    },
}

/// People to be asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum PersonChoice {
    /// A person.
    User {
        /// The person.
        user_id: UserId,
    },
    /// All people with a role.
    Role {
        /// The role.
        role: Role,
    },
}

/// How many voters must take part.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Quorum {
    /// So many.
    Voters(i64),
    /// At least this share of the electorate.
    Share {
        /// From 0 to 1.
        share: f64,
    },
}

impl Quorum {
    /// How many voters that are, of so many. A share is rounded up.
    #[must_use]
    pub fn of(self, voters: usize) -> usize {
        match self {
            Self::Voters(count) => usize::try_from(count).unwrap_or(0),
            // To the millionth below first, so that 0.6 of 5 is 3 and two thirds of 3 are 2, and not a hair more.
            Self::Share { share } => {
                let parts = (share.clamp(0.0, 1.0) * 1_000_000.0).floor() as usize;
                (voters * parts).div_ceil(1_000_000)
            }
        }
    }

    /// More than half.
    #[must_use]
    pub const fn majority(voters: usize) -> usize {
        if voters == 0 { 0 } else { voters / 2 + 1 }
    }
}

/// Where weights come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Weighting {
    /// Each counts one.
    Equal,
    /// As the members say; one for those that say nothing.
    Given,
    /// By what the voters' records promise: log-odds of their accuracy (Nitzan and Paroush, 1982), none of them half of all.
    Records,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_rounded_up_but_not_by_a_hair() {
        let share = |share, voters| Quorum::Share { share }.of(voters);
        assert_eq!((share(0.6, 5), share(0.5, 5), share(1.0, 7), share(0.0, 7)), (3, 3, 7, 0));
        assert_eq!((share(2.0 / 3.0, 3), share(1.0 / 3.0, 3), share(0.7, 10), share(0.67, 3)), (2, 1, 7, 3));
        assert_eq!((Quorum::majority(0), Quorum::majority(1), Quorum::majority(4), Quorum::majority(5)), (0, 1, 3, 3));
    }
}
