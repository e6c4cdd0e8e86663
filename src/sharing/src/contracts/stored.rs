//! How is a contract stored? What was called for, its events, and which tasks were begun for it.

use std::collections::BTreeMap;

use baton_domain::id::{ContractId, EventSeq, JournalId, ProjectId, TaskId};
use baton_domain::problem::{Code, Problem};
use baton_domain::services::Answer;
use baton_domain::time::Timestamp;
use baton_domain::user::Principal;
use baton_domain::wire::contract::NewContract;
use baton_negotiation::contract::{Call, Contract, Event};
use baton_storage::{JournalHead, JournalKind, JournalRow, JournalWrite, JournalWritten};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::views::{state_of, view};
use crate::Sharing;
use crate::journal::{ROWS, TRIES, contended, event, read, row, write};

/// The group of the tasks that were begun, by the number of their award.
const TASKS: &str = "tasks";

/// What a contract began with.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Opening {
    pub(crate) asked: NewContract,
    pub(crate) call: Call,
}

/// What was done for an award.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Work {
    /// The task; nothing where none could be begun.
    pub(crate) task: Option<TaskId>,
    /// Whether nothing is to be done about it any more.
    pub(crate) over: bool,
}

/// A contract as it is stored.
#[derive(Debug, Clone)]
pub(crate) struct Stored {
    pub(crate) head: JournalHead,
    pub(crate) as_of: EventSeq,
    pub(crate) asked: NewContract,
    pub(crate) contract: Contract,
    /// Its events with their times.
    pub(crate) events: Vec<(Timestamp, Event)>,
    /// What was done, by the number of the award.
    pub(crate) work: BTreeMap<u32, Work>,
}

impl Stored {
    pub(crate) fn id(&self) -> ContractId {
        ContractId::new(*self.head.id.as_uuid())
    }

    /// The awards in their order: number and bidder.
    pub(crate) fn awards(&self) -> impl Iterator<Item = (u32, &str)> {
        self.events.iter().filter_map(|(_, event)| match event {
            Event::Awarded { award, bidder, .. } => Some((*award, bidder.as_str())),
            _ => None,
        })
    }

    /// The awards to agents that came to nothing, and of which work may be left.
    pub(crate) fn left_over(&self) -> Vec<(u32, String)> {
        let done = self.work.iter().filter(|(_, work)| work.over).map(|(number, _)| *number).collect::<Vec<u32>>();
        let withdrawn =
            self.contract.withdrawn.iter().filter(|(number, bidder)| bidder.starts_with(super::facts::AGENT) && !done.contains(number));
        withdrawn.cloned().collect()
    }
}

pub(crate) fn no_such_contract(id: ContractId) -> Problem {
    Problem::new(Code::NoSuchContract, format!("There is no contract {id}."))
}

impl Sharing {
    /// A contract of a project.
    pub(crate) async fn stored_contract(&self, project: ProjectId, id: ContractId) -> Answer<Stored> {
        let journal = JournalId::new(*id.as_uuid());
        for _ in 0..TRIES {
            let found = self.parts.journals.journal(journal).await?;
            let found = found.filter(|(head, _)| head.kind == JournalKind::Contract && head.project == project);
            let Some((head, as_of)) = found else { return Err(no_such_contract(id)) };
            let opening = self.parts.journals.journal_opening(journal).await?.unwrap_or(Value::Null);
            let Opening { asked, call } = read("call of a contract", opening)?;
            let mut contract = Contract::open(call)?;
            let mut events = Vec::new();
            while i64::try_from(events.len()).unwrap_or(i64::MAX) < head.facts {
                let after = i64::try_from(events.len()).unwrap_or(i64::MAX);
                let facts = self.parts.journals.journal_facts(journal, after, ROWS).await?;
                if facts.is_empty() {
                    break;
                }
                for fact in facts.into_iter().filter(|fact| fact.number <= head.facts) {
                    let event: Event = read("event of a contract", fact.body)?;
                    contract.record(&event);
                    events.push((fact.at, event));
                }
            }
            let (rows, version) = self.parts.journals.journal_rows(journal, Some(TASKS), None, ROWS).await?;
            if version != head.version {
                continue;
            }
            let mut work = BTreeMap::new();
            for JournalRow { key, body, .. } in rows {
                let number = key.parse().map_err(|error| crate::journal::unreadable("award", error))?;
                work.insert(number, read("task of a contract", body.unwrap_or(Value::Null))?);
            }
            return Ok(Stored { head, as_of, asked, contract, events, work });
        }
        Err(contended())
    }

    /// Writes a turn of a contract: the events that `stored.contract` has recorded already, and what was done. Gives whether it was as it was read.
    pub(crate) async fn write_contract(
        &self,
        stored: &mut Stored,
        actor: &Principal,
        events: Vec<Event>,
        work: BTreeMap<u32, Work>,
    ) -> Answer<bool> {
        let now = self.now();
        let mut facts = Vec::with_capacity(events.len());
        let kind = if events.iter().any(|event| matches!(event, Event::Closed { .. })) {
            "contract.closed"
        } else if events.iter().any(|event| matches!(event, Event::Awarded { .. })) {
            "contract.awarded"
        } else {
            "contract.changed"
        };
        let told = !events.is_empty();
        for event in events {
            facts.push((now, write("event of a contract", &event)?));
            stored.events.push((now, event));
        }
        let mut rows = Vec::with_capacity(work.len());
        for (number, what) in work {
            rows.push(row(TASKS, format!("{number:03}"), Some(write("task of a contract", &what)?)));
            stored.work.insert(number, what);
        }
        let (id, live) = (stored.head.id, stored.contract.outcome.is_none());
        stored.head.updated_at = now;
        let shown = view(stored);
        let told = if told { vec![event((kind, format!("contract:{id}")), now, stored.head.project, actor, &shown)?] } else { Vec::new() };
        let turn = JournalWrite {
            id,
            version: stored.head.version,
            state: state_of(&stored.contract).as_str().to_owned(),
            live,
            wake_at: wake_at(stored, now),
            summary: Some(write("contract", &shown)?),
            facts,
            cleared: Vec::new(),
            rows,
            events: told,
            at: now,
        };
        Ok(match self.parts.journals.write_journal(turn).await? {
            JournalWritten::Stored(version) => {
                stored.head.version = version;
                self.ring();
                true
            }
            JournalWritten::Stale(_) | JournalWritten::Missing => false,
        })
    }
}

/// When the driver must look.
fn wake_at(stored: &Stored, now: Timestamp) -> Option<Timestamp> {
    if !stored.left_over().is_empty() {
        return Some(now);
    }
    let due = stored.contract.next_tick();
    let agent = |bidder: &str| bidder.starts_with(super::facts::AGENT);
    match &stored.contract.award {
        // Its task is to be begun.
        Some(award) if agent(&award.bidder) && !award.accepted => Some(now),
        // Its end is heard of; if not, it is asked for.
        Some(award) if agent(&award.bidder) => due.map(|due| due.min(now.plus(super::drive::LOOK))),
        _ => due,
    }
}
