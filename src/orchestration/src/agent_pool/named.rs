//! Is what settings name there: the skills that have strategies, the agents that have ranges of instances?
//!
//! Servers and workers that carry different agents can be started with the same settings, in whatever order. So what another one
//! carries, or could, is no mistake here, and is only told; what nobody could is one.

use baton_domain::agent::AgentCard;

use super::{AgentPool, PoolError};

/// What is known of agents that this server does not carry.
#[derive(Debug, Default)]
pub(crate) struct Others {
    /// The cards of those that the same program could carry, and of those that other servers and workers carry.
    pub(crate) cards: Vec<AgentCard>,
    /// Whether others may still join.
    pub(crate) may_join: bool,
}

impl Others {
    fn have(&self, skill: &str) -> bool {
        self.cards.iter().flat_map(|card| &card.skills).any(|has| has.name == skill)
    }
}

/// The part before the first dot, which the skills of one agent have in common.
fn kin(skill: &str) -> &str {
    skill.split_once('.').map_or(skill, |(kin, _)| kin)
}

impl AgentPool {
    /// The skills and agents that settings name and this server does not carry.
    fn strangers(&self) -> (Vec<&str>, Vec<&str>) {
        let skills = self.options.balancing.per_skill.keys().filter(|skill| !self.skills.contains_key(*skill));
        let agents = self.options.instances.keys().filter(|agent| !self.carried.contains(*agent));
        (skills.map(String::as_str).collect(), agents.map(String::as_str).collect())
    }

    /// Whether settings name something that this server does not carry.
    pub(crate) fn names_strangers(&self) -> bool {
        let (skills, agents) = self.strangers();
        !(skills.is_empty() && agents.is_empty())
    }

    /// Looks whether others carry what settings name and this server does not; gives what holds only there.
    ///
    /// # Errors
    /// A skill or an agent that nobody has or could have. A skill that nobody has yet may come with somebody who joins, unless it
    /// is called like those of an agent that is known: then its name is wrong.
    pub(crate) fn held_elsewhere(&self, others: &Others) -> Result<Vec<String>, PoolError> {
        let (skills, agents) = self.strangers();
        let known =
            || self.skills.keys().map(String::as_str).chain(others.cards.iter().flat_map(|card| &card.skills).map(|has| &*has.name));
        for &skill in &skills {
            let could_come = others.may_join && !known().any(|has| kin(has) == kin(skill));
            if !others.have(skill) && !could_come {
                return Err(PoolError::StrategyForNothing(skill.to_owned()));
            }
        }
        for &agent in &agents {
            if !others.cards.iter().any(|card| card.name == agent) {
                let mut known: Vec<String> = self.carried.iter().chain(others.cards.iter().map(|card| &card.name)).cloned().collect();
                known.sort_unstable();
                known.dedup();
                return Err(PoolError::InstancesForNobody { agent: agent.to_owned(), known });
            }
        }
        Ok(skills.into_iter().chain(agents).map(str::to_owned).collect())
    }
}
