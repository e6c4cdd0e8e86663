//! How does a run begin, and how is one loaded again?

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use baton_domain::event::{NewEvent, Payload};
use baton_domain::id::{ProjectId, RunId};
use baton_domain::problem::{Code, Problem};
use baton_domain::user::{Caller, Principal, Role};
use baton_domain::wire::run::{RunParent, RunState, RunSummary, StepCounts};
use baton_storage::{JournalHead, JournalKind, JournalOpened, NewJournal, WorkflowRecord};
use baton_workflow::document::{Action, Step};
use baton_workflow::run::{Allowance, Key, Rows};
use baton_workflow::validate::MAXIMUM_NESTING;
use baton_workflow::{Command, Effects, Plan, Run, Start, parse};
use serde_json::Value;
use uuid::Uuid;

use crate::carry::absent;
use crate::ends::failed;
use crate::live::{Live, Todo};
use crate::pins::{NONE, Place, Used, too_deep};
use crate::record::{self, Opening, broken, journal};
use crate::runs::Runs;
use crate::slots::Mail;
use crate::turn::has_list;
use crate::view::{forked_from, summary_of};
use crate::work::Work;
use crate::workflows::no_such_workflow;

/// The most plans that are kept ready.
const MAXIMUM_PLANS: usize = 256;

/// Plans by project, workflow and version.
pub(crate) type Plans = HashMap<(ProjectId, String, u32), Arc<Plan>>;

/// A run to be opened.
pub(crate) struct Order<'a> {
    pub project: ProjectId,
    pub record: &'a WorkflowRecord,
    pub input: Value,
    pub key: Option<String>,
    pub acting: Principal,
    pub requested_by: String,
    /// Who else has asked for it, by name, and everybody above it.
    pub others: Vec<String>,
    pub askers: Vec<Principal>,
    pub parent: Option<RunParent>,
    pub depth: u32,
    /// The versions of all workflows below the run that begins it; none if they are still to be looked up.
    pub pins: Option<&'a BTreeMap<String, u32>>,
    /// What is left to it of the limits of the run that begins it.
    pub allowance: Allowance,
    pub request: Option<String>,
}

/// A run that has begun, and is to be stored.
pub(crate) struct Begun {
    pub project: ProjectId,
    pub plan: Arc<Plan>,
    pub run: Run,
    pub effects: Effects,
    pub opening: Opening,
    pub acting: Principal,
    pub key: Option<String>,
    /// The tasks, runs and decisions of items that it begins with, by step and index.
    pub ids: BTreeMap<(String, u32), Uuid>,
}

/// What became of an opening.
pub(crate) enum Opened {
    /// It has begun.
    New(RunId, Box<RunSummary>),
    /// There is one with its key.
    Known(Box<JournalHead>),
}

/// By what people are known in runs: users by their address, keys by `key:NAME`, so that no key can be called like a user.
pub(crate) fn name_of(principal: &Principal) -> String {
    match principal {
        Principal::ApiKey { name, .. } => format!("key:{name}"),
        other => other.label().to_owned(),
    }
}

/// Somebody as runs act on their behalf.
pub(crate) fn acts_as(principal: &Principal, project: ProjectId) -> Caller {
    Caller { principal: principal.clone(), role: Some(Role::Operator), project, session: None, request_id: None }
}

/// The plan of a version.
pub(crate) fn read_plan(record: &WorkflowRecord) -> Result<Plan, Problem> {
    let unreadable = |what: String| broken(format!("version {} of `{}`: {what}", record.version, record.name));
    let read = parse(&record.text).map_err(|problems| unreadable(problems.first().map_or_else(String::new, ToString::to_string)))?;
    Plan::of(read).map_err(|problems| unreadable(problems.first().map_or_else(String::new, ToString::to_string)))
}

impl Runs {
    /// The plan of a version.
    pub(crate) fn plan(&self, record: &WorkflowRecord) -> Result<Arc<Plan>, Problem> {
        let of = (record.project, record.name.clone(), record.version);
        if let Some(plan) = self.plans.lock().get(&of) {
            return Ok(Arc::clone(plan));
        }
        let plan = read_plan(record)?;
        let plan = Arc::new(plan);
        let mut plans = self.plans.lock();
        if plans.len() >= MAXIMUM_PLANS {
            plans.clear();
        }
        plans.insert(of, Arc::clone(&plan));
        Ok(plan)
    }

    /// The workflow of a run that is to begin.
    pub(crate) async fn usable(&self, project: ProjectId, name: &str, version: Option<u32>) -> Result<WorkflowRecord, Problem> {
        let record = self.parts.workflows.workflow(project, name, version).await?;
        let record = record.ok_or_else(|| no_such_workflow(name, version).with_field("/workflow", "there is none"))?;
        if record.retired {
            let detail = format!("The workflow `{name}` was taken out of use. Store it again to bring it back.");
            return Err(Problem::new(Code::NoSuchWorkflow, detail).with_field("/workflow", "it is not in use"));
        }
        Ok(record)
    }

    /// Refuses what cannot run with what there is now, of the steps that are to be done; gives the versions of all workflows below those.
    pub(crate) async fn usages(
        &self,
        caller: &Caller,
        project: ProjectId,
        plan: &Plan,
        place: Place<'_>,
        done: impl Fn(&Step) -> bool + Send + Sync,
    ) -> Result<BTreeMap<String, u32>, Problem> {
        let mut wrong: Option<Problem> = None;
        let mut uses: BTreeMap<String, Used> = BTreeMap::new();
        let mut seen = BTreeSet::new();
        for step in plan.workflow.steps.iter().filter(|step| done(step)) {
            let field = format!("{}/uses", step.path);
            let mut refuse = |code: Code, detail: String, field: &str, message: &str| {
                let problem = wrong.take().unwrap_or_else(|| Problem::new(code, detail));
                wrong = Some(problem.with_field(field, message));
            };
            if step.decide.is_some() && self.parts.decisions.is_none() {
                refuse(Code::DecisionsAbsent, absent().detail, &format!("{}/decide", step.path), "no decisions are held here");
            }
            match &step.action {
                Action::Skill(skill) if seen.insert(skill.name.clone()) => match self.parts.agents.skill(caller, &skill.name).await {
                    Ok(_) => {}
                    Err(problem) if problem.is(Code::NoSuchSkill) => {
                        let detail = format!("No agent has the skill `{}` now.", skill.name);
                        refuse(Code::WorkflowUnknownSkill, detail, &field, &format!("no agent has the skill `{}`", skill.name));
                    }
                    Err(problem) => return Err(problem),
                },
                Action::Workflow(used) if !uses.contains_key(&used.name) => match self.used(project, &used.name, place).await? {
                    Some(record) => drop(uses.insert(used.name.clone(), Used { record, field })),
                    None => {
                        let detail = format!("There is no workflow `{}` in use.", used.name);
                        refuse(Code::WorkflowUnknownWorkflow, detail, &field, &format!("there is no workflow `{}`", used.name));
                    }
                },
                _ => {}
            }
        }
        match wrong {
            Some(problem) => Err(problem),
            None => self.below(project, uses, place).await,
        }
    }

    /// Opens a run; what it begins with is carried out by whoever goes on with it.
    pub(crate) async fn open(&self, order: Order<'_>) -> Result<Opened, Problem> {
        let now = self.parts.sources.clock.now();
        let id = RunId::new(self.parts.sources.ids.next());
        let plan = self.plan(order.record)?;
        let place = Place { pins: order.pins.unwrap_or(&NONE), whole: order.pins.is_some(), depth: order.depth };
        let uses = self.usages(&acts_as(&order.acting, order.project), order.project, &plan, place, |_| true).await?;
        let start = Start { id: id.to_string(), requested_by: order.requested_by, input: order.input, at: now };
        let (run, effects) = Run::start_below(&plan, start, order.others, order.allowance)?;
        let opening = Opening {
            beginning: run.beginning().clone(),
            version: order.record.version,
            title: plan.workflow.title.clone().unwrap_or_else(|| plan.workflow.name.clone()),
            parent: order.parent,
            depth: order.depth,
            uses,
            pinned: true,
            request: order.request,
            askers: order.askers,
        };
        let begun =
            Begun { project: order.project, plan, run, effects, opening, acting: order.acting, key: order.key, ids: BTreeMap::new() };
        self.store_begun(id, begun).await
    }

    /// Stores a run that has begun in memory, unless there is one with its key.
    pub(crate) async fn store_begun(&self, id: RunId, begun: Begun) -> Result<Opened, Problem> {
        let Begun { project, plan, run, effects, opening, acting, key, ids } = begun;
        let now = opening.beginning.started_at;
        let stored = serde_json::to_value(&opening).map_err(broken)?;
        let mut live = self.new_live(id, project, plan, run, opening, acting);
        let mut rows = Vec::new();
        for row in &effects.steps {
            rows.push(record::row(record::STEPS, row.step.clone(), row)?);
        }
        for item in effects.items {
            let foreach = has_list(&live, &item.step);
            live.bytes = live.bytes.saturating_add(item.output.as_ref().map_or(0, crate::work::json_bytes));
            let id = ids.get(&(item.step.clone(), item.index)).copied();
            rows.push(record::item_row(item, id, foreach));
        }
        let todo = self.begin(&mut live, effects.commands, &mut rows).await?;
        rows.push(record::row(record::RUN, record::RUN, &live.head_row())?);
        live.summary = summary_of(&live, now);
        live.todo = todo;
        live.wake_at = live.next_wake();
        let summary = live.summary.clone();
        let mut events = vec![("run.started", summary.clone())];
        if live.is_ended() {
            events.push((crate::view::event_kind(baton_workflow::run::RunState::Running, live.run.header()), summary.clone()));
        }
        let event = |(kind, summary): (&str, RunSummary)| {
            Ok(NewEvent {
                at: now,
                project,
                kind: kind.to_owned(),
                subject: format!("run:{id}"),
                actor: live.created_by.clone(),
                data: Payload::of(&summary).map_err(broken)?,
            })
        };
        let events = events.into_iter().map(event).collect::<Result<Vec<_>, Problem>>()?;
        let head = JournalHead {
            id: journal(id),
            kind: JournalKind::Run,
            project,
            name: summary.workflow.clone(),
            key,
            parent: live.opening.parent.as_ref().map(|parent| journal(parent.run)),
            state: summary.state.as_str().to_owned(),
            live: !live.is_ended(),
            wake_at: live.wake_at,
            version: 0,
            facts: 0,
            summary: serde_json::to_value(&summary).map_err(broken)?,
            created_at: now,
            updated_at: now,
            created_by: live.created_by.clone(),
        };
        match self.parts.journals.open_journal(NewJournal { head, opening: stored, rows, events }).await? {
            JournalOpened::Exists(head) => Ok(Opened::Known(head)),
            JournalOpened::Stored => {
                live.version = 1;
                if let Some(at) = live.wake_at {
                    self.later(id, at);
                }
                let slot = self.slot(id);
                slot.put(&mut *slot.live.lock().await, Box::new(live));
                self.ring(&slot);
                Ok(Opened::New(id, Box::new(summary)))
            }
        }
    }

    fn new_live(&self, id: RunId, project: ProjectId, plan: Arc<Plan>, run: Run, opening: Opening, acting: Principal) -> Live {
        let beginning = &opening.beginning;
        let summary = RunSummary {
            id,
            project_id: project,
            workflow: beginning.workflow.clone(),
            version: opening.version,
            title: opening.title.clone(),
            state: RunState::Running,
            generation: 0,
            parent: opening.parent.clone(),
            forked_from: forked_from(&opening),
            steps: StepCounts::default(),
            tasks: 0,
            tokens: 0,
            cost: 0.0,
            error: None,
            created_at: beginning.started_at,
            updated_at: beginning.started_at,
            ended_at: None,
            created_by: beginning.requested_by.clone(),
            retried_by: None,
        };
        Live {
            id,
            project,
            version: 0,
            wake_at: None,
            plan,
            run,
            opening: Arc::new(opening),
            created_by: acting.clone(),
            acting,
            held: false,
            summary,
            timers: BTreeMap::new(),
            works: BTreeMap::new(),
            under_way: HashMap::new(),
            by_id: HashMap::new(),
            unsaved: BTreeSet::new(),
            unsaved_since: None,
            todo: Vec::new(),
            soon: false,
            facts: Vec::new(),
            mail: Vec::new(),
            approvals: BTreeMap::new(),
            bytes: 0,
        }
    }

    /// Begins runs of other workflows, each once.
    pub(crate) async fn start_children(
        &self,
        live: &mut Live,
        work: &Work,
        commands: &[Command],
    ) -> Result<Vec<Result<Uuid, Problem>>, Problem> {
        let mut begun = Vec::with_capacity(commands.len());
        for command in commands {
            let Command::StartRun { key, workflow, input, requested_by } = command else {
                continue;
            };
            match self.start_child(live, work, key, (workflow, input, requested_by)).await {
                Ok(id) => begun.push(Ok(*id.as_uuid())),
                Err(problem) if problem.passes() => return Err(problem),
                Err(problem) => begun.push(Err(problem)),
            }
        }
        Ok(begun)
    }

    async fn start_child(
        &self,
        live: &mut Live,
        work: &Work,
        key: &Key,
        (workflow, input, requested_by): (&str, &Value, &str),
    ) -> Result<RunId, Problem> {
        let depth = live.opening.depth + 1;
        if depth as usize >= MAXIMUM_NESTING {
            return Err(too_deep());
        }
        let known = self.parts.journals.journal_by_key(live.project, JournalKind::Run, &key.to_string()).await?;
        let head = match known {
            Some(head) => head,
            None => {
                let version = live.opening.uses.get(workflow).copied();
                // A workflow that was taken out of use meanwhile is still used by what began before.
                let record = self.parts.workflows.workflow(live.project, workflow, version).await?;
                let record = record.ok_or_else(|| no_such_workflow(workflow, version))?;
                let opening = Arc::clone(&live.opening);
                let parent = RunParent { run: live.id, step: key.step.clone().unwrap_or_default(), index: key.index };
                let order = Order {
                    project: live.project,
                    record: &record,
                    input: input.clone(),
                    key: Some(key.to_string()),
                    acting: live.acting.clone(),
                    requested_by: requested_by.to_owned(),
                    others: live.run.askers().filter(|asker| *asker != requested_by).map(str::to_owned).collect(),
                    askers: live.askers(),
                    parent: Some(parent),
                    depth,
                    // One of an earlier version does not know what is further below.
                    pins: opening.pinned.then_some(&opening.uses),
                    allowance: work.allowance(),
                    request: None,
                };
                match Box::pin(self.open(order)).await? {
                    Opened::New(id, summary) => {
                        if summary.state.is_ended() {
                            live.mail.push(Mail::Run(id));
                        }
                        return Ok(id);
                    }
                    Opened::Known(head) => *head,
                }
            }
        };
        let id = RunId::new(*head.id.as_uuid());
        if head.live {
            self.adopt(id);
        }
        // It may have ended before this was known.
        live.mail.push(Mail::Run(id));
        Ok(id)
    }

    /// Loads a run with all that may not have been carried out.
    pub(crate) async fn load(&self, id: RunId) -> Result<Option<Box<Live>>, Problem> {
        let Some((head, _)) = self.parts.journals.journal(journal(id)).await? else {
            return Ok(None);
        };
        if head.kind != JournalKind::Run {
            return Ok(None);
        }
        let opening = self.parts.journals.journal_opening(head.id).await?.ok_or_else(|| broken("its opening is gone"))?;
        let opening: Opening = serde_json::from_value(opening).map_err(broken)?;
        let name = &opening.beginning.workflow;
        let record = self.parts.workflows.workflow(head.project, name, Some(opening.version)).await?;
        let record = record.ok_or_else(|| broken(format!("version {} of `{name}` is gone", opening.version)))?;
        let plan = self.plan(&record)?;
        let read = record::read_now(&*self.parts.journals, id, &plan).await?;
        let row = read.head.ok_or_else(|| broken("its header is gone"))?;
        let bytes = read.items.iter().filter_map(|item| item.output.as_ref()).map(crate::work::json_bytes).sum();
        let rows =
            Rows { beginning: opening.beginning.clone(), header: row.header, steps: read.steps, items: read.items, signals: read.signals };
        let run = Run::load(&plan, rows)?;
        let summary: RunSummary = serde_json::from_value(head.summary).map_err(broken)?;
        let mut live = self.new_live(id, head.project, Arc::clone(&plan), run, opening, head.created_by.clone());
        live.acting = row.acting;
        live.held = row.held;
        live.version = read.version.unwrap_or_default();
        live.wake_at = head.wake_at;
        live.summary = summary;
        live.bytes = bytes;
        for (name, work) in read.works {
            live.take_up(&name, work);
        }
        self.outstanding(&mut live).await?;
        Ok(Some(Box::new(live)))
    }

    /// What may not have been carried out, of a run that was loaded.
    async fn outstanding(&self, live: &mut Live) -> Result<(), Problem> {
        let commands = live.run.outstanding(&live.plan);
        let mut begins: BTreeMap<String, Vec<Command>> = BTreeMap::new();
        let mut others = Vec::new();
        for command in commands {
            match command {
                Command::SetTimer { key, at } => drop(live.timers.insert((key.step.clone(), key.kind), (key, at))),
                command if command.begins() => {
                    // What has an identifier has begun; the rest is begun as it was to be.
                    let Some(under_way) = live.under_way.get(command.key()) else { continue };
                    let begun = live.works.get(&under_way.work).is_some_and(|work| work.ids.is_some());
                    if !begun {
                        begins.entry(under_way.work.clone()).or_default().push(command);
                    } else if under_way.id.is_none() {
                        let message = "it was refused when it was begun; why was not kept".to_owned();
                        live.facts.push(failed(command.key(), Code::InputRejected.as_str(), message));
                    }
                }
                command => {
                    if let Command::AskApproval { key, .. } = &command {
                        live.approvals.insert(key.step.clone().unwrap_or_default(), key.clone());
                    }
                    others.push(Todo::Command(command));
                }
            }
        }
        for (name, commands) in begins {
            if let Some(work) = live.works.get(&name).filter(|work| work.ids.is_none()) {
                if commands.len() == work.items.len() {
                    live.todo.push(Todo::Begin(name, commands, true));
                } else {
                    tracing::error!(run = %live.id, work = name, "what was to begin together is not what it was");
                    let lost = work.items.iter().map(|index| {
                        let message = "what it was to be begun with cannot be made again".to_owned();
                        failed(&work.key(live.id, *index), Code::Internal.as_str(), message)
                    });
                    let lost: Vec<_> = lost.collect();
                    live.facts.extend(lost);
                }
            }
        }
        live.todo.extend(others);
        live.todo.extend(self.left_open(live).await?.into_iter().map(Todo::Close));
        for (id, key) in &live.by_id {
            let kind = live.under_way.get(key).and_then(|under_way| live.works.get(&under_way.work)).map(|work| work.kind);
            if kind == Some(crate::work::WorkKind::Decision) {
                self.decisions.lock().insert(baton_domain::id::DecisionId::new(*id), live.id);
            }
        }
        live.mail.push(Mail::Look);
        Ok(())
    }
}
