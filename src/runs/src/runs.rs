//! What do people and programs ask of runs?

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Weak};

use async_trait::async_trait;
use baton_domain::id::{DecisionId, JournalId, RunId};
use baton_domain::page::Page;
use baton_domain::problem::{Code, Problem};
use baton_domain::services::{Answer, RunService};
use baton_domain::time::Timestamp;
use baton_domain::user::{Caller, Permission, Principal};
use baton_domain::wire::run::{
    ForkDraft, ItemFilter, ItemState, ItemView, MAXIMUM_RUN_INPUT_BYTES, MAXIMUM_SIGNAL_BYTES, NewFork, NewRun, NewSignal, RunDetail,
    RunFilter, RunRetry, RunSummary,
};
use baton_storage::{JournalHead, JournalKind, JournalQuery};
use baton_workflow::Fact;
use baton_workflow::document::{MAXIMUM_STEPS, Step};
use baton_workflow::run::{Allowance, ItemRow, Person};
use parking_lot::Mutex;
use serde::Serialize;
use sha2::{Digest, Sha256};
use tokio::sync::Notify;
use uuid::Uuid;

use crate::live::Live;
use crate::paging;
use crate::parts::Parts;
use crate::record::{self, HeadRow, ItemBody, Opening, broken, journal};
use crate::slots::Slot;
use crate::start::{Opened, Order, Plans, name_of};
use crate::turn::{By, TurnError};
use crate::view::{changes_of, graph_of, identified, item_view, limits_of, signal_view, step_view};
use crate::work::Work;

/// The longest idempotency key.
const MAXIMUM_KEY: usize = 255;
/// How often something is asked anew because another server has changed the run meanwhile.
const ATTEMPTS: u32 = 8;

/// The service of runs and of approvals, and what goes on with runs.
pub struct Runs {
    /// Itself, for what goes on although nobody waits for it any more.
    me: Weak<Self>,
    pub(crate) parts: Parts,
    pub(crate) slots: Mutex<HashMap<RunId, Arc<Slot>>>,
    /// Runs to be gone on with now.
    pub(crate) rung: Mutex<VecDeque<RunId>>,
    pub(crate) bell: Notify,
    /// Runs to be gone on with at an instant.
    pub(crate) later: Mutex<BTreeSet<(Timestamp, RunId)>>,
    pub(crate) plans: Mutex<Plans>,
    pub(crate) decisions: Mutex<HashMap<DecisionId, RunId>>,
    pub(crate) count: AtomicU64,
    pub(crate) looking: Mutex<Option<JournalId>>,
    pub(crate) looking_at_approvals: Mutex<Option<JournalId>>,
}

impl std::fmt::Debug for Runs {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Runs")
    }
}

impl Runs {
    /// The services on these parts. Runs go on only while [`run`](Self::run) does.
    #[must_use]
    pub fn new(parts: Parts) -> Arc<Self> {
        Arc::new_cyclic(|me| Self {
            me: Weak::clone(me),
            parts,
            slots: Mutex::default(),
            rung: Mutex::default(),
            bell: Notify::new(),
            later: Mutex::default(),
            plans: Mutex::default(),
            decisions: Mutex::default(),
            count: AtomicU64::new(0),
            looking: Mutex::default(),
            looking_at_approvals: Mutex::default(),
        })
    }

    pub(crate) async fn head(&self, caller: &Caller, id: RunId) -> Answer<(JournalHead, baton_domain::id::EventSeq)> {
        let found = self.parts.journals.journal(journal(id)).await?;
        found.filter(|(head, _)| head.project == caller.project && head.kind == JournalKind::Run).ok_or_else(|| no_such_run(id))
    }

    /// Tells a run a fact, on the newest of it. It is told to the end, although whoever asked for it may not wait for the answer: what a turn changes in
    /// memory and in storage belongs together.
    pub(crate) async fn act(
        &self,
        caller: &Caller,
        id: RunId,
        make: impl Fn(&Live) -> Answer<Fact> + Send + Sync + 'static,
    ) -> Answer<RunSummary> {
        self.head(caller, id).await?;
        let me = self.me.upgrade().ok_or_else(|| Problem::new(Code::ShuttingDown, "The server stops; try again."))?;
        let principal = caller.principal.clone();
        let told = tokio::spawn(async move { me.act_to_the_end(principal, id, make).await });
        told.await.map_err(|error| Problem::new(Code::Internal, format!("What was asked for was broken off: {error}.")))?
    }

    async fn act_to_the_end(
        &self,
        principal: Principal,
        id: RunId,
        make: impl Fn(&Live) -> Answer<Fact> + Send + Sync,
    ) -> Answer<RunSummary> {
        for _ in 0..ATTEMPTS {
            let slot = self.slot(id);
            let mut place = slot.live.lock().await;
            if !self.is_known(&slot) {
                continue;
            }
            // Taken out: whatever goes wrong from here, it is loaded again.
            let taken = match slot.take(&mut place) {
                Some(live) => Some(live),
                None => self.load(id).await?,
            };
            let Some(mut live) = taken else {
                self.leave(&slot);
                return Err(no_such_run(id));
            };
            // Whatever comes of it, the driver looks at the run afterwards.
            self.ring(&slot);
            let told = match make(&live) {
                Ok(fact) => self.turn(&mut live, vec![fact], By::Caller(&principal)).await,
                Err(problem) => Err(TurnError::Refused(problem)),
            };
            match told {
                Ok(()) => {
                    let summary = live.summary.clone();
                    slot.put(&mut place, live);
                    *slot.left.lock() = None;
                    return Ok(summary);
                }
                Err(TurnError::Refused(problem)) => {
                    slot.put(&mut place, live);
                    return Err(problem);
                }
                Err(TurnError::Stale) => {}
                // What the turn would have begun may be stored all the same.
                Err(TurnError::Failed(problem)) => return Err(problem),
            }
        }
        Err(Problem::new(Code::StorageUnavailable, "The run changes faster than it can be written; try again.").retry_after(1))
    }
}

pub(crate) fn no_such_run(id: RunId) -> Problem {
    Problem::new(Code::NoSuchRun, format!("There is no run {id}."))
}

/// Somebody who decides, as runs know them. A role includes those below it.
pub(crate) fn person(caller: &Caller) -> Person {
    let roles = baton_domain::user::Role::ALL.iter().skip_while(|role| Some(**role) != caller.role);
    Person { name: name_of(&caller.principal), roles: roles.map(|role| role.as_str().to_owned()).collect() }
}

pub(crate) fn hash_of(parts: &impl Serialize) -> Answer<String> {
    Ok(hex::encode(Sha256::digest(serde_json::to_vec(parts).map_err(broken)?)))
}

pub(crate) fn checked_key(key: Option<String>) -> Answer<Option<String>> {
    match key {
        Some(key) if key.is_empty() || key.len() > MAXIMUM_KEY || !key.bytes().all(|byte| byte.is_ascii_graphic()) => {
            Err(Problem::invalid_field("Idempotency-Key", format!("use 1 to {MAXIMUM_KEY} visible ASCII characters")))
        }
        key => Ok(key),
    }
}

pub(crate) fn summary_in(head: &JournalHead) -> Answer<RunSummary> {
    serde_json::from_value(head.summary.clone()).map_err(broken)
}

impl Runs {
    /// The run of an earlier call with the same key, if the request is the same.
    pub(crate) async fn repeated(&self, head: &JournalHead, request: Option<&String>) -> Answer<RunSummary> {
        let opening = self.parts.journals.journal_opening(head.id).await?.ok_or_else(|| broken("its opening is gone"))?;
        let opening: Opening = serde_json::from_value(opening).map_err(broken)?;
        if opening.request.as_ref() == request {
            return summary_in(head);
        }
        Err(Problem::new(Code::IdempotencyConflict, "Use a new key for a new request, or send the first request again unchanged."))
    }
}

#[async_trait]
impl RunService for Runs {
    async fn start(&self, caller: &Caller, run: NewRun, idempotency_key: Option<String>) -> Answer<RunSummary> {
        caller.require(Permission::Work)?;
        let bytes = crate::work::json_bytes(&run.input);
        if bytes > MAXIMUM_RUN_INPUT_BYTES {
            let message = format!("{bytes} bytes; at most {MAXIMUM_RUN_INPUT_BYTES} are allowed. Larger inputs belong into artifacts.");
            return Err(Problem::new(Code::WorkflowRunInput, "Make the input smaller.").with_field("/input", message));
        }
        // A key is good for whoever uses it.
        let (key, request) = match checked_key(idempotency_key)? {
            Some(key) => (Some(format!("start/{}", hash_of(&(caller.principal.tag(), key))?)), Some(hash_of(&run)?)),
            None => (None, None),
        };
        if let Some(key) = &key
            && let Some(head) = self.parts.journals.journal_by_key(caller.project, JournalKind::Run, key).await?
        {
            return self.repeated(&head, request.as_ref()).await;
        }
        let record = self.usable(caller.project, &run.workflow, run.version).await?;
        let order = Order {
            project: caller.project,
            record: &record,
            input: run.input,
            key,
            acting: caller.principal.clone(),
            requested_by: name_of(&caller.principal),
            others: Vec::new(),
            askers: Vec::new(),
            parent: None,
            depth: 0,
            pins: None,
            allowance: Allowance::default(),
            request: request.clone(),
        };
        match self.open(order).await? {
            Opened::New(_, summary) => Ok(*summary),
            Opened::Known(head) => self.repeated(&head, request.as_ref()).await,
        }
    }

    async fn list(&self, caller: &Caller, filter: RunFilter) -> Answer<Page<RunSummary>> {
        caller.require(Permission::Read)?;
        let limit = paging::limit(filter.limit)?;
        let before: Option<RunId> = paging::cursor(filter.cursor.as_deref())?;
        let query = JournalQuery {
            project: caller.project,
            kind: JournalKind::Run,
            name: filter.workflow,
            state: filter.state.map(|state| state.as_str().to_owned()),
            live: filter.live,
            parent: filter.parent.map(journal),
            before: before.map(journal),
            limit: limit + 1,
        };
        let page = self.parts.journals.journals(&query).await?;
        let mut heads = page.items;
        let next_cursor = paging::cut(&mut heads, limit, |last| last.id.to_string());
        Ok(Page { items: heads.iter().map(summary_in).collect::<Answer<_>>()?, next_cursor, as_of: page.as_of })
    }

    async fn run(&self, caller: &Caller, id: RunId) -> Answer<RunDetail> {
        caller.require(Permission::Read)?;
        let (head, as_of) = self.head(caller, id).await?;
        let summary = summary_in(&head)?;
        let opening = self.parts.journals.journal_opening(head.id).await?.ok_or_else(|| broken("its opening is gone"))?;
        let opening: Opening = serde_json::from_value(opening).map_err(broken)?;
        let journals = &*self.parts.journals;
        let header: HeadRow = record::read(journals, id, Some(record::RUN)).await?.head.ok_or_else(|| broken("its header is gone"))?;
        let steps = record::read(journals, id, Some(record::STEPS)).await?.steps;
        let mut signals = record::read(journals, id, Some(record::SIGNALS)).await?.signals;
        signals.sort_by_key(|signal| signal.place);
        let works = record::read(journals, id, Some(record::WORK)).await?.works;
        let record = self.parts.workflows.workflow(head.project, &summary.workflow, Some(summary.version)).await?;
        let plan = record.ok_or_else(|| broken("its workflow is gone")).and_then(|record| self.plan(&record))?;
        let mut singles = record::read(journals, id, Some(record::SINGLE)).await?;
        let mut items: BTreeMap<String, ItemRow> = singles.items.drain(..).map(|item| (item.step.clone(), item)).collect();
        let by_step: BTreeMap<&str, _> = steps.iter().map(|row| (row.step.as_str(), row)).collect();
        let ended = |step: &str| by_step.get(step).is_none_or(|row| row.state.is_ended());
        let paused = header.header.state == baton_workflow::run::RunState::Paused;
        let mut views = Vec::with_capacity(steps.len());
        for (place, said) in plan.workflow.steps.iter().enumerate() {
            let Some(row) = by_step.get(said.id.as_str()) else {
                continue;
            };
            let Some(mut view) = step_view(&plan, paused, &ended, place, row) else {
                continue;
            };
            view.item = items.remove(&said.id).map(|item| single(said, item, &singles.ids, &works));
            views.push(view);
        }
        Ok(RunDetail {
            summary,
            changes: changes_of(&opening),
            input: opening.beginning.input,
            outputs: header.header.outputs,
            steps: views,
            graph: Some(graph_of(&plan)),
            limits: Some(limits_of(&plan.workflow.limits)),
            signals: signals.into_iter().map(signal_view).collect(),
            as_of,
        })
    }

    async fn items(&self, caller: &Caller, id: RunId, step: &str, filter: ItemFilter) -> Answer<Page<ItemView>> {
        caller.require(Permission::Read)?;
        let (head, as_of) = self.head(caller, id).await?;
        let limit = paging::limit(filter.limit)?;
        let after: Option<u32> = paging::cursor(filter.cursor.as_deref())?;
        let summary = summary_in(&head)?;
        let record = self.parts.workflows.workflow(head.project, &summary.workflow, Some(summary.version)).await?;
        let plan = record.ok_or_else(|| broken("its workflow is gone")).and_then(|record| self.plan(&record))?;
        let Some((_, said)) = plan.workflow.step(step) else {
            return Err(Problem::new(Code::NoSuchRun, format!("The run {id} has no step `{step}`.")));
        };
        if said.foreach.is_none() {
            let works = record::read(&*self.parts.journals, id, Some(record::WORK)).await?.works;
            let singles = record::read(&*self.parts.journals, id, Some(record::SINGLE)).await?;
            let item = singles.items.into_iter().find(|item| item.step == step && after.is_none());
            let items = item.map(|item| single(said, item, &singles.ids, &works)).into_iter().collect();
            return Ok(Page { items, next_cursor: None, as_of });
        }
        let group = record::items_of(step);
        let place = after.map(|index| (group.clone(), record::item_key(index)));
        let (mut rows, _) = self.parts.journals.journal_rows(head.id, Some(&group), place.as_ref(), limit + 1).await?;
        let next_cursor = paging::cut(&mut rows, limit, |last| last.key.trim_start_matches('0').parse().unwrap_or(0_u32).to_string());
        let works = record::read(&*self.parts.journals, id, Some(record::WORK)).await?.works;
        let mut under_way = BTreeMap::new();
        for work in works.values().filter(|work| work.step == step) {
            let ids = work.ids.iter().flatten();
            under_way.extend(work.items.iter().copied().zip(ids.copied()).filter_map(|(index, id)| Some(((index, work.generation), id?))));
        }
        let mut items = Vec::with_capacity(rows.len());
        for row in rows {
            let index: u32 = row.key.parse().map_err(broken)?;
            let body: ItemBody = serde_json::from_value(row.body.unwrap_or_default()).map_err(broken)?;
            let ItemBody { generation, state, output, error, id } = body;
            let id = id.or_else(|| under_way.get(&(index, generation)).copied());
            items.push(item_view(Some(said), ItemRow { step: step.to_owned(), index, generation, state, output, error }, id));
        }
        Ok(Page { items, next_cursor, as_of })
    }

    async fn pause(&self, caller: &Caller, id: RunId) -> Answer<RunSummary> {
        caller.require(Permission::Operate)?;
        self.act(caller, id, |_| Ok(Fact::Paused)).await
    }

    async fn resume(&self, caller: &Caller, id: RunId) -> Answer<RunSummary> {
        caller.require(Permission::Operate)?;
        self.act(caller, id, |_| Ok(Fact::Resumed)).await
    }

    async fn cancel(&self, caller: &Caller, id: RunId) -> Answer<RunSummary> {
        caller.require(Permission::Work)?;
        self.act(caller, id, |_| Ok(Fact::Canceled)).await
    }

    async fn retry(&self, caller: &Caller, id: RunId, which: RunRetry) -> Answer<RunSummary> {
        caller.require(Permission::Work)?;
        if which.steps.len() > MAXIMUM_STEPS {
            return Err(Problem::invalid_field("/steps", format!("name at most {MAXIMUM_STEPS} steps, or none for all")));
        }
        let by = person(caller);
        let fact = move |live: &Live| match &live.opening.parent {
            // Whoever waits for it has heard of its end.
            Some(parent) => {
                let detail = format!(
                    "The run belongs to the run {}, which has gone on; retry that one from its step `{}`.",
                    parent.run, parent.step
                );
                Err(Problem::new(Code::RunStateForbids, detail))
            }
            None => Ok(Fact::Retried { steps: which.steps.clone(), by: by.clone() }),
        };
        self.act(caller, id, fact).await
    }

    async fn signal(&self, caller: &Caller, id: RunId, signal: NewSignal, idempotency_key: Option<String>) -> Answer<RunSummary> {
        caller.require(Permission::Work)?;
        let bytes = crate::work::json_bytes(&signal.payload);
        if bytes > MAXIMUM_SIGNAL_BYTES {
            return Err(Problem::invalid_field("/payload", format!("{bytes} bytes; at most {MAXIMUM_SIGNAL_BYTES} are allowed")));
        }
        let own = match checked_key(idempotency_key)? {
            Some(key) => hash_of(&(caller.principal.tag(), key))?,
            None => self.parts.sources.ids.next().to_string(),
        };
        let fact = move |_: &Live| Ok(Fact::Signal { id: own.clone(), name: signal.name.clone(), payload: signal.payload.clone() });
        self.act(caller, id, fact).await
    }

    async fn fork(&self, caller: &Caller, id: RunId, fork: NewFork, idempotency_key: Option<String>) -> Answer<RunSummary> {
        self.fork_run(caller, id, fork, idempotency_key).await
    }

    async fn fork_draft(&self, caller: &Caller, id: RunId, step: &str) -> Answer<ForkDraft> {
        self.draft_fork(caller, id, step).await
    }
}

/// The one item of a step without a list.
fn single(said: &Step, item: ItemRow, ids: &BTreeMap<(String, u32), Uuid>, works: &BTreeMap<String, Work>) -> ItemView {
    let known = ids.get(&(said.id.clone(), 0)).copied();
    let mut view = item_view(Some(said), item, known);
    if view.state == ItemState::Running {
        let work = works.values().find(|work| work.step == said.id && work.generation == view.generation);
        let under_way: Option<Uuid> = work.and_then(|work| work.ids.as_ref()).and_then(|ids| ids.first().copied().flatten());
        identified(Some(said), &mut view, under_way);
    }
    view
}
