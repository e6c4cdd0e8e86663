//! Who is the best agent for a task that some have refused? Found by a look at every agent that has the skill.
//!
//! Refusals are rare, and each task has its own: no order is kept for them, and none that is kept has to know of them.

use std::collections::BTreeSet;

use baton_domain::id::AgentId;
use baton_domain::time::Timestamp;
use baton_domain::wire::task::{Explanation, Rejection};

use super::balancer::{Balancer, Choice, count, has};
use super::lane::EXPLAINED;
use super::reason::{RejectReason, Tally};
use super::score::{Question, terms};

impl Balancer {
    /// The best agent as [`choose`](Self::choose) finds it, but for those that refused. `fastest` compares all that are left and draws no lot.
    ///
    /// # Errors
    /// Why each agent was out of the question, counted by reason.
    pub fn choose_without(
        &mut self,
        refused: &BTreeSet<AgentId>,
        skill: &str,
        labels: &[String],
        fits: bool,
        now: Timestamp,
    ) -> Result<Choice, Vec<Rejection>> {
        self.tick(now);
        let mut fell = Tally::default();
        let Some(&number) = self.names.get(skill) else {
            fell.add(RejectReason::Skill, count(self.members.len()));
            return Err(fell.rejections());
        };
        let index = &self.skills[number as usize];
        fell.add(RejectReason::Skill, count(self.members.len() - index.agents.len()));
        let distinct: BTreeSet<&String> = labels.iter().collect();
        let question = Question { strategy: index.strategy, options: &self.options, labels: distinct.len(), turn: self.turn, now };
        let mut found = Vec::new();
        for &(agent, at) in &index.agents {
            let member = &self.members[agent as usize];
            let reason = if !has(member, labels) {
                Some(RejectReason::Labels)
            } else if refused.contains(&member.facts.agent.id) {
                Some(RejectReason::Refused)
            } else {
                member.reject(&self.options).or_else(|| (!fits).then_some(RejectReason::NoCapacity))
            };
            match reason {
                Some(reason) => fell.add(reason, 1),
                None => found.push((terms(&question, member, at).score(), member.last_turn, agent, at)),
            }
        }
        // As the lanes order them.
        found.sort_by(|one, other| other.0.total_cmp(&one.0).then_with(|| (one.1, one.2).cmp(&(other.1, other.2))));
        let Some(&(_, _, agent, _)) = found.first() else { return Err(fell.rejections()) };
        let explain = |&(_, _, agent, at): &(f64, u64, u32, usize)| {
            let member = &self.members[agent as usize];
            terms(&question, member, at).candidate(&member.facts.agent)
        };
        let candidates = found.iter().take(EXPLAINED).map(explain).collect();
        let strategy = index.strategy.as_str().to_owned();
        Ok(Choice { agent, explanation: Explanation { strategy, candidates, rejected: fell.rejections(), version: None } })
    }

    /// Whether some agent that has the skill and all these labels has not refused, whatever else is against it.
    #[must_use]
    pub fn somebody_is_left(&self, refused: &BTreeSet<AgentId>, skill: &str, labels: &[String]) -> bool {
        let Some(&number) = self.names.get(skill) else { return false };
        let left = |agent: u32| {
            let member = &self.members[agent as usize];
            has(member, labels) && !refused.contains(&member.facts.agent.id)
        };
        self.skills[number as usize].agents.iter().any(|&(agent, _)| left(agent))
    }
}
