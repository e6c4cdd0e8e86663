//! Who can be asked, and in what way? What is known of agents and people when a decision opens is stored with it, and never looked up again.

use std::collections::BTreeMap;

use baton_decisions::decision::NewDecision as Core;
use baton_decisions::roster::{Known, KnownAgent, KnownUser, Roster, Who, resolve};
use baton_domain::agent::AgentStatus;
use baton_domain::id::{AgentId, DEFAULT_PROJECT, UserId};
use baton_domain::problem::{Code, Problem};
use baton_domain::services::Answer;
use baton_domain::user::Caller;
use baton_domain::wire::agent::AgentView;
use baton_domain::wire::decision::{AgentSeat, DecisionMember, DecisionTask, NewDecision};
use baton_storage::SettingsKind;
use serde::{Deserialize, Serialize};

use crate::Councils;
use crate::family::Models;
use crate::lab::Standing;
use crate::request::{may_take_part, needs_records, wrong};

/// The skill by which agents are asked in words: a model that is given instructions, an input and the shape of the answer.
pub(crate) const IN_WORDS: &str = "prompt.answer";

/// An agent as it was when the decision opened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct CastAgent {
    /// Its name.
    pub(crate) name: String,
    /// What people read.
    pub(crate) title: String,
    /// What it does.
    pub(crate) description: String,
    /// Whether it can be asked in words.
    pub(crate) speaks: bool,
}

/// Names of those who take part.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(crate) struct Cast {
    /// Agents.
    pub(crate) agents: BTreeMap<AgentId, CastAgent>,
    /// People, by their addresses.
    pub(crate) people: BTreeMap<UserId, String>,
}

/// Agents and people that there are now.
pub(crate) struct Everybody {
    pub(crate) agents: Vec<AgentView>,
    pub(crate) users: Vec<(KnownUser, String)>,
    /// The models that may answer for agents.
    pub(crate) models: Models,
}

impl Councils {
    /// Agents and people that there are now.
    pub(crate) async fn everybody(&self, caller: &Caller) -> Answer<Everybody> {
        let agents = self.parts.agents.list(caller).await?.items;
        let users = self.parts.users.users().await?;
        let users = users
            .into_iter()
            .filter(|user| user.active && may_take_part(user.role))
            .map(|user| (KnownUser { user_id: user.id, role: user.role }, user.email))
            .collect();
        let models = Models::of(self.parts.models.settings(SettingsKind::Model, DEFAULT_PROJECT).await?);
        Ok(Everybody { agents, users, models })
    }

    /// Finds who takes part.
    ///
    /// # Errors
    /// A problem that names who there is not, and who cannot do what is asked of them.
    pub(crate) async fn cast(&self, caller: &Caller, asked: &NewDecision, core: &Core, everybody: &Everybody) -> Answer<(Roster, Cast)> {
        let records = if needs_records(core) { self.records(caller.project, asked.task.as_ref()).await? } else { Vec::new() };
        seats(asked, core, everybody, &records)
    }
}

/// Who takes part, with what is known of agents' records.
///
/// # Errors
/// As [`cast`](Councils::cast).
pub(crate) fn seats(
    asked: &NewDecision,
    core: &Core,
    everybody: &Everybody,
    records: &[(AgentId, Standing)],
) -> Result<(Roster, Cast), Problem> {
    if let Some(DecisionTask { skill, .. }) = &asked.task
        && !everybody.agents.iter().any(|agent| agent.skills.contains(skill))
    {
        return Err(wrong(Code::UnknownSkill, "/task/skill", format!("No agent has the skill {skill:?}.")));
    }
    let known: Vec<KnownAgent> = everybody
        .agents
        .iter()
        .map(|agent| {
            let record = records.iter().find(|(id, _)| *id == agent.id).map(|(_, record)| record.clone()).unwrap_or_default();
            // A judge is asked in words, whatever the voters run.
            let judges = matches!(&asked.escalation.judge, Some(AgentSeat::Agent { agent_id }) if *agent_id == agent.id);
            KnownAgent {
                agent_id: agent.id,
                skills: agent.skills.clone(),
                family: everybody.models.answers_for(agent, asked.task.as_ref().filter(|_| !judges)),
                available: agent.status == AgentStatus::Active,
                score: record.score,
                accuracy: record.accuracy,
                calibration: record.calibration,
            }
        })
        .collect();
    let users: Vec<KnownUser> = everybody.users.iter().map(|(user, _)| *user).collect();
    let roster = resolve(core, Known { agents: &known, users: &users })?;
    let cast = named(&roster, everybody);
    able(asked, &roster, everybody)?;
    Ok((roster, cast))
}

fn named(roster: &Roster, everybody: &Everybody) -> Cast {
    let mut cast = Cast::default();
    let mut agent = |id: AgentId| {
        if let Some(agent) = everybody.agents.iter().find(|agent| agent.id == id) {
            let speaks = agent.skills.iter().any(|skill| skill == IN_WORDS);
            let (name, title, description) = (agent.name.clone(), agent.title.clone(), agent.description.clone());
            cast.agents.insert(id, CastAgent { name, title, description, speaks });
        }
    };
    for voter in roster.voters.values() {
        if let Who::Agent { agent_id, .. } = voter.who {
            agent(agent_id);
        }
    }
    for seat in [&roster.judge, &roster.synthesizer].into_iter().flatten() {
        agent(seat.agent_id);
    }
    let voters = roster.voters.values().filter_map(|voter| match voter.who {
        Who::Person { user_id } => Some(user_id),
        Who::Agent { .. } => None,
    });
    for id in voters.chain(roster.people.iter().copied()) {
        if let Some((_, email)) = everybody.users.iter().find(|(user, _)| user.user_id == id) {
            cast.people.insert(id, email.clone());
        }
    }
    cast
}

/// Whether the agents can do what is asked of them.
fn able(asked: &NewDecision, roster: &Roster, everybody: &Everybody) -> Result<(), Problem> {
    let has =
        |id: AgentId, skill: &str| everybody.agents.iter().any(|agent| agent.id == id && agent.skills.iter().any(|other| other == skill));
    let needed = asked.task.as_ref().map_or(IN_WORDS, |task| task.skill.as_str());
    let unable = roster.voters.values().find_map(|voter| match voter.who {
        Who::Agent { agent_id, .. } if !has(agent_id, needed) => Some(agent_id),
        _ => None,
    });
    if let Some(id) = unable {
        let name = everybody.agents.iter().find(|agent| agent.id == id).map_or("An agent", |agent| agent.name.as_str());
        let place = asked.electorate.iter().position(|member| match member {
            DecisionMember::Agent { agent_id, .. } => *agent_id == id,
            DecisionMember::Skill { skill, .. } => has(id, skill),
            _ => false,
        });
        let field = place.map_or_else(|| "/electorate".to_owned(), |place| format!("/electorate/{place}"));
        let message = match &asked.task {
            Some(task) => format!("{name} votes and has not the skill {}: name agents that have it.", task.skill),
            None => {
                format!("{name} cannot be asked in words: name agents with the skill {IN_WORDS}, or say in `task` which skill they run.")
            }
        };
        return Err(wrong(Code::WrongElectorate, field, message));
    }
    for (seat, field) in [(&roster.judge, "/escalation/judge"), (&roster.synthesizer, "/synthesizer")] {
        if seat.as_ref().is_some_and(|seat| !has(seat.agent_id, IN_WORDS)) {
            return Err(wrong(
                Code::JudgeUnfit,
                field,
                format!("This agent cannot be asked in words: name one with the skill {IN_WORDS}."),
            ));
        }
    }
    Ok(())
}
