//! What is known of agents, so that their bids can be computed?

use std::collections::BTreeMap;
use std::time::Duration;

use baton_domain::agent::{AgentStatus, CircuitState};
use baton_domain::services::Answer;
use baton_domain::user::Caller;
use baton_domain::wire::agent::{AgentList, AgentStanding, AgentView};
use baton_domain::wire::metrics::SeriesQuery;
use baton_negotiation::contract::{Call, Facts, Message, Share, Shortcoming, estimate};

use crate::Sharing;

/// What an agent is called among bidders: this, and its name.
pub(crate) const AGENT: &str = "agent:";
/// How long an attempt is taken to last where nothing was measured, in milliseconds.
const UNKNOWN_MS: u64 = 60_000;
/// How far back measurements count.
const MEASURED: Duration = Duration::from_secs(24 * 60 * 60);

/// Whether an agent takes work.
pub(crate) fn takes_work(agent: &AgentView, standing: Option<&AgentStanding>) -> bool {
    agent.status == AgentStatus::Active && standing.is_none_or(|standing| standing.circuit.state != CircuitState::Open)
}

pub(crate) fn standing_of<'a>(list: &'a AgentList, agent: &AgentView) -> Option<&'a AgentStanding> {
    list.standings.iter().find(|standing| standing.agent_id == agent.id)
}

impl Sharing {
    /// The answers of agents to a call.
    pub(crate) async fn bids(&self, caller: &Caller, call: &Call, skill: &str, bidders: &[String]) -> Answer<Vec<Message>> {
        let list = self.parts.agents.list(caller).await?;
        let agents: BTreeMap<&str, &AgentView> = list.items.iter().map(|agent| (agent.name.as_str(), agent)).collect();
        let mut answers = Vec::with_capacity(bidders.len());
        for bidder in bidders {
            let agent = bidder.strip_prefix(AGENT).and_then(|name| agents.get(name));
            let answer = match agent {
                Some(agent) if takes_work(agent, standing_of(&list, agent)) => {
                    estimate(&self.facts(caller, &list, agent, skill).await?, call)
                }
                Some(_) => Err(Shortcoming::Unavailable),
                None => Err(Shortcoming::Lost),
            };
            answers.push(match answer {
                Ok(bid) => Message::Bid { bidder: bidder.clone(), bid },
                Err(why) => Message::Refuse { bidder: bidder.clone(), why },
            });
        }
        Ok(answers)
    }

    /// What was measured of an agent with a skill within a day; where that is nothing, what was counted of it ever.
    async fn facts(&self, caller: &Caller, list: &AgentList, agent: &AgentView, skill: &str) -> Answer<Facts> {
        let now = self.now();
        let query = SeriesQuery {
            since: Some(now.minus(MEASURED)),
            until: Some(now),
            step_seconds: None,
            skill: Some(skill.to_owned()),
            agent: Some(agent.name.clone()),
        };
        let measured = self.parts.metrics.series(caller, query).await?.total;
        let standing = standing_of(list, agent);
        let p95 = standing.and_then(|standing| standing.skills.iter().find(|known| known.skill == skill)).and_then(|known| known.p95_ms);
        let typical = measured.run_ms.map(|run| run.p50).or(p95).filter(|millis| millis.is_finite() && *millis >= 0.0);
        let (completed, failed) = match (measured.completed, measured.failed) {
            (0, 0) => (agent.completed, agent.failed),
            measured => measured,
        };
        let capabilities = agent.skills.iter().chain(&agent.labels).cloned().collect();
        Ok(Facts {
            capabilities,
            slots: agent.slots,
            busy: agent.busy,
            // Tasks wait for a skill and not for an agent: they are nobody's load yet.
            queued: 0,
            // From f64 it saturates, and what is no number was left out.
            typical_ms: typical.map_or(UNKNOWN_MS, |millis| millis.ceil() as u64).max(1),
            price: standing.map_or(0, |standing| standing.cost_micros),
            completed,
            failed,
            record: self.record(caller, agent, skill).await.and_then(|record| Share::new(record).ok()),
        })
    }

    /// How good an agent's answers were; nothing if that is not known, or cannot be read now.
    async fn record(&self, caller: &Caller, agent: &AgentView, skill: &str) -> Option<f64> {
        let known = self.parts.records.as_ref()?.of_agents(caller.project).await;
        let known = known.inspect_err(|problem| tracing::debug!(%problem, "a bid is computed without the agent's record")).ok()?;
        known.of(skill, agent.id)
    }

    /// Whether an agent is there and takes work.
    pub(crate) async fn is_there(&self, caller: &Caller, bidder: &str) -> Answer<bool> {
        let Some(name) = bidder.strip_prefix(AGENT) else { return Ok(true) };
        let list = self.parts.agents.list(caller).await?;
        Ok(list.items.iter().any(|agent| agent.name == name && agent.status == AgentStatus::Active))
    }
}
