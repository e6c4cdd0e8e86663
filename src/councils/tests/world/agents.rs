//! Which agents are there?

use std::collections::BTreeMap;

use async_trait::async_trait;
use baton_domain::agent::{AgentStatus, Family, Skill};
use baton_domain::id::{AgentId, EventSeq};
use baton_domain::problem::{Code, Problem};
use baton_domain::services::{AgentService, Answer};
use baton_domain::time::Timestamp;
use baton_domain::user::Caller;
use baton_domain::wire::agent::{AgentDetail, AgentList, AgentStanding, AgentView, Balancing};
use parking_lot::Mutex;
use uuid::Uuid;

/// Agents `a1` to `a9` with the skill `demo.answer`; `speaker` (10) and `other` (11) with `prompt.answer`.
#[derive(Default)]
pub(crate) struct TestAgents {
    labels: Mutex<BTreeMap<u128, String>>,
}

impl TestAgents {
    /// Gives an agent a label.
    pub(crate) fn label(&self, number: u128, label: &str) {
        self.labels.lock().insert(number, label.to_owned());
    }
}

pub(crate) fn agent_id(number: u128) -> AgentId {
    AgentId::new(Uuid::from_u128(0xB000 + number))
}

fn view(number: u128) -> AgentView {
    let (name, skill) = match number {
        10 => ("speaker".to_owned(), "prompt.answer"),
        11 => ("other".to_owned(), "prompt.answer"),
        _ => (format!("a{number}"), "demo.answer"),
    };
    AgentView {
        id: agent_id(number),
        title: name.to_uppercase(),
        description: format!("What {name} does."),
        name,
        family: Family::Custom,
        status: AgentStatus::Active,
        skills: vec![skill.to_owned()],
        labels: vec![],
        slots: 4,
        busy: 0,
        completed: 0,
        failed: 0,
        last_active_at: None,
        registered_at: Timestamp::from_millis(0),
        version: "1.0.0".to_owned(),
    }
}

fn none<T>() -> Answer<T> {
    Err(Problem::new(Code::Internal, "not asked in these tests"))
}

#[async_trait]
impl AgentService for TestAgents {
    async fn list(&self, _: &Caller) -> Answer<AgentList> {
        let labels = self.labels.lock();
        let labelled = |number: u128| AgentView { labels: labels.get(&number).cloned().into_iter().collect(), ..view(number) };
        Ok(AgentList { items: (1..=11).map(labelled).collect(), standings: vec![], as_of: EventSeq(0) })
    }

    async fn get(&self, _: &Caller, _: AgentId) -> Answer<AgentDetail> {
        none()
    }

    async fn drain(&self, _: &Caller, _: AgentId) -> Answer<AgentView> {
        none()
    }

    async fn resume(&self, _: &Caller, _: AgentId) -> Answer<AgentView> {
        none()
    }

    async fn reset_circuit(&self, _: &Caller, _: AgentId) -> Answer<AgentStanding> {
        none()
    }

    async fn balancing(&self, _: &Caller) -> Answer<Balancing> {
        none()
    }

    async fn skills(&self, _: &Caller) -> Answer<Vec<Skill>> {
        none()
    }

    async fn skill(&self, _: &Caller, _: &str) -> Answer<Skill> {
        none()
    }
}
