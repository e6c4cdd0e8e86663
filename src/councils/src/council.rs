//! What is a decision as it is stored, and what is one turn of it?

use std::collections::BTreeMap;
use std::sync::Arc;

use baton_decisions::decision::NewDecision as Core;
use baton_decisions::protocol::{Fact, Happened, Opening, Outcome, Proceedings, Request, Stage, Status};
use baton_decisions::roster::Roster;
use baton_domain::event::{NewEvent, Payload};
use baton_domain::id::{DecisionId, EventSeq, JournalId, TaskId};
use baton_domain::problem::{Code, Problem};
use baton_domain::time::Timestamp;
use baton_domain::user::{Caller, Principal, Role};
use baton_domain::wire::decision::{DecisionState, DecisionSummary, LaterVerdictView, NewDecision};
use baton_storage::{JournalHead, JournalKind, JournalRow, JournalWrite, JournalWritten, StoreError};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::Councils;
use crate::cast::Cast;
use crate::view;

/// The group of rows that say which tasks were given for which requests.
pub(crate) const ASKS: &str = "ask";
/// Rows and facts of one reading.
const PAGE: u32 = 500;

/// What a decision begins with, as it is stored.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Beginning {
    /// As it was asked for.
    pub(crate) request: NewDecision,
    /// The same in the words of the rules.
    pub(crate) decision: Core,
    /// Who takes part.
    pub(crate) roster: Roster,
    /// What they are called.
    pub(crate) cast: Cast,
    /// Where orders and lots are drawn from.
    pub(crate) seed: u64,
    /// When it was opened.
    pub(crate) at: Timestamp,
    /// By what the same request is known again.
    pub(crate) hash: String,
    /// The task that several did and whose answers differ, if it is about one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) task_id: Option<TaskId>,
}

/// How an agent is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Way {
    /// By the skill whose results are decided on.
    Skill,
    /// In words.
    Words,
}

/// The task that was given for a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Ask {
    /// The task.
    pub(crate) task_id: TaskId,
    /// How it asks.
    pub(crate) way: Way,
    /// Whether it was told to end.
    #[serde(default)]
    pub(crate) over: bool,
}

/// A decision as it is stored.
#[derive(Debug, Clone)]
pub(crate) struct Council {
    pub(crate) head: JournalHead,
    pub(crate) beginning: Arc<Beginning>,
    pub(crate) proceedings: Proceedings,
    pub(crate) asks: BTreeMap<Request, Ask>,
}

/// What a turn changes.
pub(crate) struct Turn {
    /// The decision as it is after the facts.
    pub(crate) proceedings: Proceedings,
    /// What happened.
    pub(crate) facts: Vec<Fact>,
    /// Tasks that were given, or are over.
    pub(crate) asks: BTreeMap<Request, Ask>,
    /// A later verdict.
    pub(crate) later: Option<LaterVerdictView>,
    /// Who made it so.
    pub(crate) actor: Principal,
    /// Now.
    pub(crate) at: Timestamp,
}

impl Turn {
    /// A turn of a decision that changes nothing yet.
    pub(crate) fn of(council: &Council, actor: Principal, at: Timestamp) -> Self {
        Self { proceedings: council.proceedings.clone(), facts: Vec::new(), asks: BTreeMap::new(), later: None, actor, at }
    }

    /// Whether a deadline has passed.
    pub(crate) fn is_late(&self) -> bool {
        self.proceedings.stage != Stage::Ended && self.at >= self.proceedings.stage_deadline.min(self.proceedings.deadline)
    }

    /// Takes in the deadlines that have passed.
    pub(crate) fn deadlines(&mut self) {
        use baton_decisions::protocol::Deadline;
        while self.proceedings.stage != Stage::Ended {
            let deadline = if self.at >= self.proceedings.deadline {
                Deadline::Decision
            } else if self.at >= self.proceedings.stage_deadline {
                Deadline::Stage(self.proceedings.stage_number)
            } else {
                return;
            };
            let before = self.proceedings.stage_number;
            self.tell(self.at, Happened::DeadlinePassed { deadline });
            if self.proceedings.stage_number == before {
                // The machine says it is not over: do not ask it for ever.
                return;
            }
        }
    }

    /// Tells a fact that makes a difference, and records it.
    pub(crate) fn tell(&mut self, at: Timestamp, what: Happened) {
        let fact = as_read(Fact { at, what });
        self.proceedings.apply(&fact);
        self.facts.push(fact);
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.facts.is_empty() && self.asks.is_empty() && self.later.is_none()
    }
}

/// A fact as it will be when it is read: fractions may lose their last digit on the way, and what was read must give the same as what was told.
pub(crate) fn as_read(fact: Fact) -> Fact {
    let text = serde_json::to_string(&fact).ok();
    text.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or(fact)
}

impl Council {
    /// The decision.
    pub(crate) fn id(&self) -> DecisionId {
        DecisionId::new(*self.head.id.as_uuid())
    }

    /// What lists show.
    pub(crate) fn summary(&self) -> DecisionSummary {
        view::summary(&self.head, &self.beginning, &self.proceedings, self.later())
    }

    /// What a person found right afterwards.
    pub(crate) fn later(&self) -> Option<LaterVerdictView> {
        self.head.summary.get("later").cloned().and_then(|later| serde_json::from_value(later).ok())
    }

    /// Whoever asked for it, with what they need to give work to agents.
    pub(crate) fn requester(&self) -> Caller {
        Caller {
            principal: self.head.created_by.clone(),
            role: Some(Role::Operator),
            project: self.head.project,
            session: None,
            request_id: None,
        }
    }

    /// Tasks of which nothing has come back.
    pub(crate) fn awaited(&self) -> impl Iterator<Item = (&Request, Ask)> {
        let requests = &self.proceedings.requests;
        let silent = |request: &Request| requests.get(request).is_some_and(|asked| asked.back_at.is_none());
        self.asks.iter().filter(move |(request, _)| silent(request)).map(|(request, ask)| (request, *ask))
    }

    /// Tasks that nobody waits for any more and that may still run.
    pub(crate) fn abandoned<'a>(
        proceedings: &'a Proceedings,
        asks: &'a BTreeMap<Request, Ask>,
    ) -> impl Iterator<Item = (&'a Request, Ask)> {
        asks.iter()
            .filter(|(request, ask)| {
                let asked = proceedings.requests.get(request);
                !ask.over && asked.is_some_and(|asked| matches!(asked.status, Status::Withdrawn | Status::Gone) && asked.back_at.is_none())
            })
            .map(|(request, ask)| (request, *ask))
    }

    #[cfg(test)]
    pub(crate) fn for_test(number: u128, facts: i64) -> Self {
        use baton_domain::id::DEFAULT_PROJECT;
        let request: NewDecision = serde_json::from_value(serde_json::json!({
            "question": "?", "answers": {"kind": "options", "options": [{"key": "a"}, {"key": "b"}]},
            "electorate": [{"kind": "user", "user_id": uuid::Uuid::from_u128(1)}],
        }))
        .unwrap();
        let decision = crate::request::checked(&request).unwrap();
        let users =
            [baton_decisions::roster::KnownUser { user_id: baton_domain::id::UserId::new(uuid::Uuid::from_u128(1)), role: Role::Operator }];
        let roster = baton_decisions::roster::resolve(&decision, baton_decisions::roster::Known { agents: &[], users: &users }).unwrap();
        let at = Timestamp::from_millis(1_000);
        let beginning =
            Arc::new(Beginning { request, decision, roster, cast: Cast::default(), seed: 1, at, hash: String::new(), task_id: None });
        let id = JournalId::new(uuid::Uuid::from_u128(number));
        let proceedings = Proceedings::open(opening(id, &beginning));
        let head = JournalHead {
            id,
            kind: JournalKind::Decision,
            project: DEFAULT_PROJECT,
            name: String::new(),
            key: None,
            parent: None,
            state: "open".to_owned(),
            live: true,
            wake_at: None,
            version: 1,
            facts,
            summary: Value::Null,
            created_at: at,
            updated_at: at,
            created_by: Principal::System,
        };
        Self { head, beginning, proceedings, asks: BTreeMap::new() }
    }
}

/// How the machine begins.
pub(crate) fn opening(id: JournalId, beginning: &Beginning) -> Opening {
    Opening {
        id: DecisionId::new(*id.as_uuid()),
        decision: beginning.decision.clone(),
        roster: beginning.roster.clone(),
        seed: beginning.seed,
        at: beginning.at,
    }
}

/// When something must be done if nothing happens before: the stage's end, or at once where tasks are left to be cancelled.
pub(crate) fn wake_at(proceedings: &Proceedings, asks: &BTreeMap<Request, Ask>, now: Timestamp) -> Option<Timestamp> {
    if proceedings.stage == Stage::Ended {
        return Council::abandoned(proceedings, asks).next().map(|_| now);
    }
    Some(proceedings.stage_deadline.min(proceedings.deadline))
}

/// Where a decision is in its life.
pub(crate) fn state_of(proceedings: &Proceedings) -> DecisionState {
    match proceedings.conclusion.as_ref().map(|conclusion| conclusion.outcome) {
        None => DecisionState::Open,
        Some(Outcome::Decided) => DecisionState::Decided,
        Some(Outcome::Escalated) => DecisionState::Escalated,
        Some(Outcome::Refused) => DecisionState::Refused,
        Some(Outcome::Cancelled) => DecisionState::Cancelled,
    }
}

/// An event of a decision.
pub(crate) fn event(kind: &str, summary: &DecisionSummary, actor: &Principal, at: Timestamp) -> Result<NewEvent, StoreError> {
    let data = Payload::of(summary).map_err(|error| StoreError::Corrupt(error.to_string()))?;
    let (project, subject) = (summary.project_id, format!("decision:{}", summary.id));
    Ok(NewEvent { at, project, kind: format!("decision.{kind}"), subject, actor: actor.clone(), data })
}

pub(crate) fn stored<T: Serialize>(thing: &T) -> Result<Value, StoreError> {
    serde_json::to_value(thing).map_err(|error| StoreError::Corrupt(error.to_string()))
}

pub(crate) fn read<T: serde::de::DeserializeOwned>(value: Value) -> Result<T, StoreError> {
    serde_json::from_value(value).map_err(|error| StoreError::Corrupt(format!("a decision: {error}")))
}

impl Councils {
    /// Now, and never before what was stored last: facts do not go back in time where servers' clocks differ.
    pub(crate) fn now(&self, council: &Council) -> Timestamp {
        self.parts.sources.clock.now().max(council.head.updated_at)
    }

    /// A decision as it is now, with the newest event at that moment.
    pub(crate) async fn council(&self, id: DecisionId) -> Result<Option<(Arc<Council>, EventSeq)>, StoreError> {
        let journal = JournalId::new(*id.as_uuid());
        let Some((head, as_of)) = self.parts.journals.journal(journal).await? else { return Ok(None) };
        if head.kind != JournalKind::Decision {
            return Ok(None);
        }
        let before = self.kept.get(id);
        if let Some(kept) = before.as_ref().filter(|kept| kept.head.version == head.version) {
            return Ok(Some((Arc::clone(kept), as_of)));
        }
        let (beginning, mut proceedings, mut told) = match &before {
            // Facts are never changed: only those that are new are told.
            Some(kept) if kept.head.facts <= head.facts => (Arc::clone(&kept.beginning), kept.proceedings.clone(), kept.head.facts),
            _ => {
                let value =
                    self.parts.journals.journal_opening(journal).await?.ok_or_else(|| StoreError::Corrupt("no opening".to_owned()))?;
                let beginning: Arc<Beginning> = Arc::new(read(value)?);
                let proceedings = Proceedings::open(opening(journal, &beginning));
                (beginning, proceedings, 0)
            }
        };
        while told < head.facts {
            let wanted = u32::try_from(head.facts - told).unwrap_or(PAGE).min(PAGE);
            let facts = self.parts.journals.journal_facts(journal, told, wanted).await?;
            let Some(last) = facts.last() else { return Err(StoreError::Corrupt("facts are missing".to_owned())) };
            told = last.number;
            for fact in facts {
                proceedings.apply(&Fact { at: fact.at, what: read(fact.body)? });
            }
        }
        let asks = self.asks(journal).await?;
        let council = Arc::new(Council { head, beginning, proceedings, asks });
        self.kept.put(Arc::clone(&council));
        Ok(Some((council, as_of)))
    }

    async fn asks(&self, id: JournalId) -> Result<BTreeMap<Request, Ask>, StoreError> {
        let mut asks = BTreeMap::new();
        let mut after = None;
        loop {
            let (rows, _) = self.parts.journals.journal_rows(id, Some(ASKS), after.as_ref(), PAGE).await?;
            let full = rows.len() >= PAGE as usize;
            after = rows.last().map(|row| (row.group.clone(), row.key.clone()));
            for row in rows {
                if let (Ok(request), Some(body)) = (row.key.parse(), row.body) {
                    asks.insert(request, read(body)?);
                }
            }
            if !full {
                return Ok(asks);
            }
        }
    }

    /// Stores a turn. None if somebody else was first; then nothing is stored and the decision is to be read again.
    pub(crate) async fn write(&self, council: &Council, turn: Turn) -> Result<Option<Arc<Council>>, StoreError> {
        let Turn { proceedings, facts, asks, later, actor, at } = turn;
        let mut all = council.asks.clone();
        all.extend(asks.iter().map(|(request, ask)| (request.clone(), *ask)));
        let before = council.summary();
        let later = later.or_else(|| council.later());
        let state = state_of(&proceedings);
        let summary = view::summary(&council.head, &council.beginning, &proceedings, later);
        let (live, wake) = (!state.is_ended(), wake_at(&proceedings, &all, at));
        let mut events = Vec::new();
        if summary != before {
            let ended = state != before.state;
            // Whoever decides now has to be told, as once the deadline has passed.
            let person = summary.stage != before.stage && proceedings.stage == Stage::AskingPerson;
            let kinds: &[&str] = match state {
                DecisionState::Decided if ended => &["decided", "ended"],
                DecisionState::Refused | DecisionState::Cancelled if ended => &["ended"],
                DecisionState::Escalated if ended => &["escalated"],
                _ if person => &["escalated"],
                _ => &["changed"],
            };
            for kind in kinds {
                events.push(event(kind, &summary, &actor, at)?);
            }
        }
        let value = stored(&summary)?;
        let rows =
            asks.iter().map(|(request, ask)| Ok(JournalRow { group: ASKS.to_owned(), key: request.to_string(), body: Some(stored(ask)?) }));
        let told = i64::try_from(facts.len()).unwrap_or(i64::MAX);
        let write = JournalWrite {
            id: council.head.id,
            version: council.head.version,
            state: state.as_str().to_owned(),
            live,
            wake_at: wake,
            summary: Some(value.clone()),
            rows: rows.collect::<Result<_, StoreError>>()?,
            facts: facts.iter().map(|fact| Ok((fact.at, stored(&fact.what)?))).collect::<Result<_, StoreError>>()?,
            cleared: Vec::new(),
            events,
            at,
        };
        match self.parts.journals.write_journal(write).await? {
            JournalWritten::Stored(version) => {
                let head = JournalHead {
                    state: state.as_str().to_owned(),
                    live,
                    wake_at: wake,
                    version,
                    facts: council.head.facts + told,
                    summary: value,
                    updated_at: at,
                    ..council.head.clone()
                };
                let council = Arc::new(Council { head, beginning: Arc::clone(&council.beginning), proceedings, asks: all });
                self.kept.put(Arc::clone(&council));
                Ok(Some(council))
            }
            JournalWritten::Stale(_) | JournalWritten::Missing => Ok(None),
        }
    }
}

/// What whoever asks for a decision that is not there, or not theirs, is told.
pub(crate) fn no_such_decision(id: DecisionId) -> Problem {
    Problem::new(Code::NoSuchDecision, format!("There is no decision {id}."))
}
