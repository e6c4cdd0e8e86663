//! Which agent does a task go to, and why?
//!
//! Agents are filtered (skill, labels, status, slots), then scored; the best wins and the choice is explained with
//! the terms of the best eight and how many others fell to which reason.

mod filter;
mod score;

use baton_domain::agent::AgentStatus;
use baton_domain::wire::task::{AgentRef, Candidate, Explanation, Rejection};

pub use filter::RejectReason;

/// What the balancer knows of an agent.
#[derive(Debug, Clone, PartialEq)]
pub struct AgentFacts {
    /// The agent.
    pub agent: AgentRef,
    /// Its skills.
    pub skills: Vec<String>,
    /// Its labels.
    pub labels: Vec<String>,
    /// Whether it takes work.
    pub status: AgentStatus,
    /// How many attempts it takes at once.
    pub slots: u32,
    /// How many it has.
    pub busy: u32,
    /// Attempts that completed.
    pub completed: u64,
    /// Attempts that failed.
    pub failed: u64,
}

/// The name of the strategy in explanations.
pub const STRATEGY: &str = "least_loaded";
/// How many candidates an explanation names.
const EXPLAINED: usize = 8;

/// Chooses an agent for a skill and labels.
///
/// # Errors
/// Why each agent was out of the question, counted by reason.
pub fn choose<'a>(
    agents: impl IntoIterator<Item = &'a AgentFacts>,
    skill: &str,
    labels: &[String],
) -> Result<(AgentRef, Explanation), Vec<Rejection>> {
    let mut rejected: Vec<Rejection> = Vec::new();
    let mut candidates: Vec<Candidate> = Vec::new();
    for facts in agents {
        match filter::reject(facts, skill, labels) {
            Some(reason) => count(&mut rejected, reason),
            None => candidates.push(score::candidate(facts)),
        }
    }
    // The name decides between equals, so that the same facts always give the same choice.
    candidates.sort_by(|one, other| other.score.total_cmp(&one.score).then_with(|| one.agent.name.cmp(&other.agent.name)));
    candidates.truncate(EXPLAINED);
    match candidates.first() {
        Some(best) => {
            let chosen = best.agent.clone();
            Ok((chosen, Explanation { strategy: STRATEGY.to_owned(), candidates, rejected }))
        }
        None => Err(rejected),
    }
}

fn count(rejected: &mut Vec<Rejection>, reason: RejectReason) {
    match rejected.iter_mut().find(|rejection| rejection.reason == reason.as_str()) {
        Some(rejection) => rejection.count += 1,
        None => rejected.push(Rejection { reason: reason.as_str().to_owned(), count: 1 }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use baton_domain::id::{AgentId, DEFAULT_PROJECT};
    use proptest::prelude::*;

    fn agent(name: &str, busy: u32) -> AgentFacts {
        AgentFacts {
            agent: AgentRef { id: AgentId::new(*DEFAULT_PROJECT.as_uuid()), name: name.to_owned() },
            skills: vec!["nlp.sentiment".to_owned()],
            labels: vec!["native".to_owned()],
            status: AgentStatus::Active,
            slots: 4,
            busy,
            completed: 0,
            failed: 0,
        }
    }

    #[test]
    fn the_least_loaded_wins_and_the_others_are_explained() {
        let draining = AgentFacts { status: AgentStatus::Draining, ..agent("d", 0) };
        let agents = [agent("a", 3), agent("b", 1), agent("c", 4), draining];
        let (chosen, explanation) = choose(&agents, "nlp.sentiment", &["native".to_owned()]).unwrap();
        assert_eq!(chosen.name, "b");
        assert_eq!(explanation.candidates.iter().map(|candidate| candidate.agent.name.as_str()).collect::<Vec<_>>(), ["b", "a"]);
        let reasons: Vec<(&str, u32)> = explanation.rejected.iter().map(|r| (r.reason.as_str(), r.count)).collect();
        assert_eq!(reasons, [("no_slot", 1), ("draining", 1)]);
    }

    #[test]
    fn an_agent_that_fails_is_avoided_among_equals() {
        let failing = AgentFacts { completed: 1, failed: 9, ..agent("a", 1) };
        let (chosen, _) = choose(&[failing, agent("b", 1)], "nlp.sentiment", &[]).unwrap();
        assert_eq!(chosen.name, "b");
    }

    proptest! {
        #[test]
        fn no_choice_exceeds_slots_or_lacks_the_skill(busy in prop::collection::vec(0u32..8, 0..12)) {
            let agents: Vec<AgentFacts> = busy.iter().enumerate().map(|(index, &busy)| agent(&format!("a{index}"), busy)).collect();
            match choose(&agents, "nlp.sentiment", &[]) {
                Ok((chosen, _)) => {
                    let facts = agents.iter().find(|facts| facts.agent.name == chosen.name).unwrap();
                    prop_assert!(facts.busy < facts.slots);
                    prop_assert!(agents.iter().all(|other| other.busy >= facts.busy));
                }
                Err(_) => prop_assert!(agents.iter().all(|facts| facts.busy >= facts.slots)),
            }
            prop_assert!(choose(&agents, "nlp.keywords", &[]).is_err());
        }
    }
}
