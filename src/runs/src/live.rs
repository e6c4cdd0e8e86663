//! What does a server hold of a run that it goes on with?

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use baton_domain::id::{ProjectId, RunId};
use baton_domain::time::Timestamp;
use baton_domain::user::{Caller, Principal, Role};
use baton_domain::wire::run::RunSummary;
use baton_workflow::run::{Key, KeyKind, StepRow, StepState};
use baton_workflow::{Command, Fact, Plan, Run};
use uuid::Uuid;

use crate::asked::Closing;
use crate::record::{HeadRow, Opening};
use crate::slots::Mail;
use crate::work::Work;

/// Something that has begun and not ended.
#[derive(Debug, Clone)]
pub(crate) struct UnderWay {
    /// What it was begun with.
    pub work: String,
    /// Its task, run or decision, once that is known.
    pub id: Option<Uuid>,
}

/// Something to be carried out.
#[derive(Debug)]
pub(crate) enum Todo {
    /// Work that begins together, and whether it may have begun before.
    Begin(String, Vec<Command>, bool),
    /// Anything else that the core asks for.
    Command(Command),
    /// An approval that is not open any more.
    Close(Closing),
}

/// A run in memory, as version `version` of its journal says.
#[derive(Debug)]
pub(crate) struct Live {
    pub id: RunId,
    pub project: ProjectId,
    pub version: i64,
    /// As the journal says.
    pub wake_at: Option<Timestamp>,
    pub plan: Arc<Plan>,
    pub run: Run,
    pub opening: Arc<Opening>,
    pub created_by: Principal,
    /// On whose behalf it works.
    pub acting: Principal,
    pub held: bool,
    pub summary: RunSummary,
    /// At most one of a kind and a step.
    pub timers: BTreeMap<(Option<String>, KeyKind), (Key, Timestamp)>,
    pub works: BTreeMap<String, Work>,
    pub under_way: HashMap<Key, UnderWay>,
    pub by_id: HashMap<Uuid, Key>,
    /// Work whose identifiers are not stored yet, and since when the first of it is not.
    pub unsaved: BTreeSet<String>,
    pub unsaved_since: Option<Timestamp>,
    pub todo: Vec<Todo>,
    /// Whether some of that waits for nothing but the next turn.
    pub soon: bool,
    /// Facts that came of carrying out commands.
    pub facts: Vec<Fact>,
    /// What else is to be looked up.
    pub mail: Vec<Mail>,
    /// Approvals that are open, by step.
    pub approvals: BTreeMap<String, Key>,
    /// Bytes of what its items gave.
    pub bytes: usize,
}

impl Live {
    /// The caller on whose behalf the run works.
    pub(crate) fn caller(&self) -> Caller {
        Caller { principal: self.acting.clone(), role: Some(Role::Operator), project: self.project, session: None, request_id: None }
    }

    /// Everybody who has asked for what it does, each once.
    pub(crate) fn askers(&self) -> Vec<Principal> {
        let mut askers: Vec<Principal> = Vec::new();
        for principal in self.opening.askers.iter().chain([&self.created_by, &self.acting]) {
            if !askers.iter().any(|known| known.tag() == principal.tag()) {
                askers.push(principal.clone());
            }
        }
        askers
    }

    pub(crate) fn head_row(&self) -> HeadRow {
        HeadRow { header: self.run.header().clone(), acting: self.acting.clone(), held: self.held }
    }

    pub(crate) fn is_ended(&self) -> bool {
        self.run.header().state.is_ended()
    }

    /// When something must be done about it.
    pub(crate) fn next_wake(&self) -> Option<Timestamp> {
        if self.is_ended() { None } else { self.timers.values().map(|(_, at)| *at).min() }
    }

    /// Takes up work that has begun.
    pub(crate) fn take_up(&mut self, name: &str, mut work: Work) {
        work.open = 0;
        for (place, index) in work.items.iter().enumerate() {
            let key = work.key(self.id, *index);
            let id = work.ids.as_ref().and_then(|ids| ids.get(place).copied().flatten());
            if let Some(id) = id {
                self.by_id.insert(id, key.clone());
            }
            self.under_way.insert(key, UnderWay { work: name.to_owned(), id });
            work.open += 1;
        }
        self.works.insert(name.to_owned(), work);
    }

    /// What was begun with this key has ended. Gives its identifier, and the name of the work if that was the last of it.
    pub(crate) fn ended(&mut self, key: &Key) -> (Option<Uuid>, Option<String>) {
        let Some(UnderWay { work: name, id }) = self.under_way.remove(key) else {
            return (None, None);
        };
        if let Some(id) = id {
            self.by_id.remove(&id);
        }
        let Some(work) = self.works.get_mut(&name) else {
            return (id, None);
        };
        work.open = work.open.saturating_sub(1);
        if work.open > 0 {
            return (id, None);
        }
        self.works.remove(&name);
        self.unsaved.remove(&name);
        (id, Some(name))
    }

    /// Forgets timers of a step that it does not wait for any more.
    pub(crate) fn prune(&mut self, row: &StepRow) {
        for kind in [KeyKind::Expiry, KeyKind::Timeout, KeyKind::Delay] {
            let place = (Some(row.step.clone()), kind);
            let wanted = match kind {
                KeyKind::Expiry => row.state == StepState::Approving,
                _ => row.state == StepState::Running,
            };
            if self.timers.get(&place).is_some_and(|(key, _)| !wanted || key.generation != row.generation) {
                self.timers.remove(&place);
            }
        }
    }

    /// Timers that have run out; each is told once.
    pub(crate) fn due(&mut self, now: Timestamp) -> Vec<Fact> {
        let due: Vec<_> = self.timers.iter().filter(|(_, (_, at))| *at <= now).map(|(place, _)| place.clone()).collect();
        due.iter().filter_map(|place| self.timers.remove(place)).map(|(key, _)| Fact::Timer { key }).collect()
    }
}
