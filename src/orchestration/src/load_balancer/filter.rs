//! Which agents are out of the question, and why?

use baton_domain::agent::AgentStatus;

use super::AgentFacts;

/// Why an agent cannot take a task.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RejectReason {
    /// It does not have the skill.
    Skill,
    /// It lacks a label.
    Labels,
    /// It takes no more work.
    Draining,
    /// All its slots are taken.
    NoSlot,
}

impl RejectReason {
    /// The name in explanations.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Skill => "skill",
            Self::Labels => "labels",
            Self::Draining => "draining",
            Self::NoSlot => "no_slot",
        }
    }
}

/// The first reason against an agent, if there is one.
pub(super) fn reject(facts: &AgentFacts, skill: &str, labels: &[String]) -> Option<RejectReason> {
    if !facts.skills.iter().any(|known| known == skill) {
        return Some(RejectReason::Skill);
    }
    if !labels.iter().all(|label| facts.labels.contains(label)) {
        return Some(RejectReason::Labels);
    }
    if facts.status != AgentStatus::Active {
        return Some(RejectReason::Draining);
    }
    (facts.busy >= facts.slots).then_some(RejectReason::NoSlot)
}
