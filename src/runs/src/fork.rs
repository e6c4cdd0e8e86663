//! How is a run forked: begun anew at one of its steps, as a run of its own, with one change?

use std::collections::{BTreeMap, BTreeSet};

use baton_domain::id::{ProjectId, RunId};
use baton_domain::problem::{Code, FieldError, Problem};
use baton_domain::services::Answer;
use baton_domain::user::{Caller, Permission, Principal};
use baton_domain::wire::run::{ForkDraft, MAXIMUM_CHANGE_BYTES, MAXIMUM_RUN_TITLE, MAXIMUM_SHOWN_BYTES, NewFork, RunSummary};
use baton_storage::{JournalHead, JournalKind};
use baton_workflow::document::{Action, Step};
use baton_workflow::run::{Change, Fork, Rows};
use baton_workflow::validate::misfits;
use baton_workflow::{Plan, Run, output_schema, parse};
use serde_json::Value;
use uuid::Uuid;

use crate::catalogue::then;
use crate::pins::Place;
use crate::record::{self, Opening, broken};
use crate::runs::{Runs, checked_key, hash_of, no_such_run, summary_in};
use crate::start::{Begun, Opened, acts_as, name_of};
use crate::work::json_bytes;

/// The most bytes, as JSON, of what a fork copies: all of it is stored at once.
const MAXIMUM_COPIED_BYTES: usize = 64 << 20;
/// The most places at which a change does not fit that are told.
const MAXIMUM_MISFITS: usize = 20;

/// A run that is forked, as its journal says.
struct Source {
    head: JournalHead,
    opening: Opening,
    /// On whose behalf it worked last.
    acting: Principal,
    run: Run,
    plan: std::sync::Arc<Plan>,
    ids: BTreeMap<(String, u32), Uuid>,
    /// Bytes of what its steps gave, by step.
    bytes: BTreeMap<String, usize>,
}

impl Source {
    /// Everybody who has asked for what it did, each once.
    fn askers(&self) -> Vec<Principal> {
        let mut askers: Vec<Principal> = Vec::new();
        for principal in self.opening.askers.iter().chain([&self.head.created_by, &self.acting]) {
            if !askers.iter().any(|known| known.tag() == principal.tag()) {
                askers.push(principal.clone());
            }
        }
        askers
    }
}

impl Runs {
    pub(crate) async fn fork_run(&self, caller: &Caller, id: RunId, fork: NewFork, key: Option<String>) -> Answer<RunSummary> {
        caller.require(Permission::Work)?;
        let change = change_of(&fork)?;
        let title = title_of(&fork)?;
        // A key is good for whoever uses it.
        let (key, request) = match checked_key(key)? {
            Some(key) => (Some(format!("fork/{}", hash_of(&(caller.principal.tag(), key))?)), Some(hash_of(&(id, &fork))?)),
            None => (None, None),
        };
        if let Some(key) = &key
            && let Some(head) = self.parts.journals.journal_by_key(caller.project, JournalKind::Run, key).await?
        {
            return self.repeated(&head, request.as_ref()).await;
        }
        let source = self.source(caller, id).await?;
        let place = source.run.forkable(&source.plan, &fork.step)?;
        self.usable(caller.project, &source.opening.beginning.workflow, Some(source.opening.version)).await?;
        source.run.fits(&source.plan, place, &change)?;
        if let Some(said) = source.plan.workflow.steps.get(place) {
            self.fits_schema(caller, said, &source.opening.uses, &change).await?;
            if matches!(change, Change::Output(_)) && self.approved_within(caller.project, said, &source.opening).await? {
                let message =
                    "somebody has to approve of a step of the workflow that this one uses, and that cannot be made up; change its `input`";
                return Err(Problem::new(Code::ForkUnfit, "Correct the change and fork the run again.").with_field("/output", message));
            }
        }
        let anew = source.run.anew(&source.plan, place);
        let copied: usize = source.bytes.iter().filter(|(step, _)| !anew.contains(step)).map(|(_, bytes)| bytes).sum();
        if copied > MAXIMUM_COPIED_BYTES {
            let detail = format!(
                "What the steps gave that are not done again has {copied} bytes, more than {MAXIMUM_COPIED_BYTES}. Fork the run at a step further to its beginning."
            );
            return Err(Problem::new(Code::RunLimitReached, detail));
        }
        let given = matches!(change, Change::Output(_));
        let done = |said: &Step| anew.contains(&said.id) && !(given && said.id == fork.step);
        // As the first run, but not with what was taken out of use since.
        let place = Place { pins: &source.opening.uses, whole: false, depth: 0 };
        let uses = self.usages(&acts_as(&caller.principal, caller.project), caller.project, &source.plan, place, done).await?;
        let askers = source.askers();
        let Source { opening, run, plan, ids, .. } = source;
        let fork_id = RunId::new(self.parts.sources.ids.next());
        let fork = Fork {
            id: fork_id.to_string(),
            requested_by: name_of(&caller.principal),
            at: self.parts.sources.clock.now(),
            step: fork.step,
            change,
        };
        let (run, effects) = run.fork(&plan, fork)?;
        let opening = Opening {
            beginning: run.beginning().clone(),
            version: opening.version,
            title: title.unwrap_or(opening.title),
            // It is a run of its own, also if the other one was part of another.
            parent: None,
            depth: 0,
            uses: opening.uses.into_iter().chain(uses).collect(),
            pinned: true,
            request: request.clone(),
            askers,
        };
        let begun = Begun { project: caller.project, plan, run, effects, opening, acting: caller.principal.clone(), key, ids };
        match self.store_begun(fork_id, begun).await? {
            Opened::New(_, summary) => Ok(*summary),
            Opened::Known(head) => self.repeated(&head, request.as_ref()).await,
        }
    }

    pub(crate) async fn draft_fork(&self, caller: &Caller, id: RunId, step: &str) -> Answer<ForkDraft> {
        caller.require(Permission::Read)?;
        let (_, as_of) = self.head(caller, id).await?;
        let mut source = self.source(caller, id).await?;
        let Some(place) = source.plan.graph.place(step) else {
            return Err(Problem::new(Code::NoSuchRun, format!("The run {id} has no step `{step}`.")));
        };
        source.run.forkable(&source.plan, step)?;
        let plan = std::sync::Arc::clone(&source.plan);
        let said = plan.workflow.steps.get(place).ok_or_else(|| no_such_run(id))?;
        let output = source.run.output(step).cloned().filter(shown);
        let input = if said.works() { source.run.given(&plan, place).ok() } else { None };
        let items = said.foreach.as_ref().and_then(|_| source.run.step(step)).map(|row| row.count);
        let made_up = said.approve.is_none() && said.decide.is_none();
        let takes_output = made_up && !self.approved_within(caller.project, said, &source.opening).await?;
        Ok(ForkDraft {
            step: step.to_owned(),
            takes_input: said.works(),
            takes_output,
            items,
            input: input.filter(shown),
            output,
            anew: source.run.anew(&plan, place),
            run: summary_in(&source.head)?,
            as_of,
        })
    }

    /// The run that is forked, as it is stored.
    async fn source(&self, caller: &Caller, id: RunId) -> Answer<Source> {
        let (head, _) = self.head(caller, id).await?;
        let opening = self.parts.journals.journal_opening(head.id).await?.ok_or_else(|| no_such_run(id))?;
        let opening: Opening = serde_json::from_value(opening).map_err(broken)?;
        let name = &opening.beginning.workflow;
        let stored = self.parts.workflows.workflow(head.project, name, Some(opening.version)).await?;
        let stored = stored.ok_or_else(|| broken(format!("version {} of `{name}` is gone", opening.version)))?;
        let plan = self.plan(&stored)?;
        let read = record::read_now(&*self.parts.journals, id, &plan).await?;
        // Of one that is forgotten meanwhile nothing is left.
        let row = read.head.ok_or_else(|| no_such_run(id))?;
        let mut bytes: BTreeMap<String, usize> = BTreeMap::new();
        for item in &read.items {
            *bytes.entry(item.step.clone()).or_default() += item.output.as_ref().map_or(0, json_bytes);
        }
        let rows =
            Rows { beginning: opening.beginning.clone(), header: row.header, steps: read.steps, items: read.items, signals: read.signals };
        let run = Run::load(&plan, rows)?;
        Ok(Source { head, opening, acting: row.acting, run, plan, ids: read.ids, bytes })
    }

    /// Refuses a change that does not fit what the step uses.
    async fn fits_schema(&self, caller: &Caller, said: &Step, uses: &BTreeMap<String, u32>, change: &Change) -> Answer<()> {
        let (field, value) = match change {
            Change::Input(value) => ("/input", value),
            Change::Output(value) => ("/output", value),
        };
        let Some(schema) = self.schema_of(caller, said, uses, matches!(change, Change::Input(_))).await? else {
            return Ok(());
        };
        let mut found = Vec::new();
        match value.as_array().filter(|_| said.foreach.is_some()) {
            Some(values) => {
                for (index, value) in values.iter().enumerate() {
                    found.extend(misfits(value, &schema, &format!("{field}/{index}")));
                    if found.len() >= MAXIMUM_MISFITS {
                        break;
                    }
                }
            }
            None => found = misfits(value, &schema, field),
        }
        if found.is_empty() {
            return Ok(());
        }
        let errors = found.into_iter().take(MAXIMUM_MISFITS).map(|(field, message)| FieldError { field, message }).collect();
        let detail = format!("The step `{}` cannot have this. Correct the fields and fork the run again.", said.id);
        Err(Problem { errors, ..Problem::new(Code::ForkUnfit, detail) })
    }

    /// Whether somebody has to approve of a step of the workflow that this step uses, or of one that that uses, and so on; also if that cannot be told
    /// any more. Of what a run of an earlier version used through others no version is known: it is today's.
    async fn approved_within(&self, project: ProjectId, said: &Step, opening: &Opening) -> Answer<bool> {
        let uses = &opening.uses;
        let mut known: BTreeSet<String> = BTreeSet::new();
        let mut open: Vec<(String, Option<u32>)> = Vec::new();
        if let Action::Workflow(used) = &said.action {
            open.push((used.name.clone(), uses.get(&used.name).copied()));
        }
        while let Some((name, version)) = open.pop() {
            let found = self.parts.workflows.workflow(project, &name, version).await?;
            let Some(document) = found.and_then(|record| parse(&record.text).ok()) else {
                return Ok(true);
            };
            if document.steps.iter().any(|step| step.approve.is_some()) {
                return Ok(true);
            }
            for step in &document.steps {
                if let Action::Workflow(used) = &step.action
                    && known.insert(used.name.clone())
                {
                    open.push((used.name.clone(), uses.get(&used.name).copied().filter(|_| opening.pinned)));
                }
            }
        }
        Ok(false)
    }

    /// The schema of what a step is given, or gives, for one item; none where anything will do, and for what is not there any more.
    async fn schema_of(&self, caller: &Caller, said: &Step, uses: &BTreeMap<String, u32>, input: bool) -> Answer<Option<Value>> {
        match &said.action {
            Action::Skill(skill) => match self.parts.agents.skill(caller, &skill.name).await {
                Ok(skill) => Ok(Some(if input { skill.input_schema } else { skill.output_schema })),
                // If it is to be done, that is refused; what it gave is not checked against anything then.
                Err(problem) if problem.is(Code::NoSuchSkill) => Ok(None),
                Err(problem) => Err(problem),
            },
            Action::Workflow(used) => {
                let found = self.parts.workflows.workflow(caller.project, &used.name, uses.get(&used.name).copied()).await?;
                let Some(document) = found.and_then(|record| parse(&record.text).ok()) else {
                    return Ok(None);
                };
                if input {
                    return Ok(Some(document.input_schema()));
                }
                let known = then(&self.parts, caller, &document, uses).await?;
                Ok(Some(output_schema(&document, &known)))
            }
            Action::Signal { schema, .. } if !input => Ok(schema.clone()),
            _ => Ok(None),
        }
    }
}

/// Whether a value is short enough to be shown.
fn shown(value: &Value) -> bool {
    json_bytes(value) <= MAXIMUM_SHOWN_BYTES
}

fn change_of(fork: &NewFork) -> Answer<Change> {
    let (field, value, change) = match (&fork.input, &fork.output) {
        (Some(input), None) => ("/input", input, Change::Input as fn(Value) -> Change),
        (None, Some(output)) => ("/output", output, Change::Output as fn(Value) -> Change),
        (Some(_), Some(_)) => return Err(Problem::invalid_field("/output", "Change either the step's input or its output, not both.")),
        (None, None) => return Err(Problem::invalid_field("/input", "Say what is changed: the step's input, or its output.")),
    };
    let bytes = json_bytes(value);
    if bytes > MAXIMUM_CHANGE_BYTES {
        let message = format!("{bytes} bytes; at most {MAXIMUM_CHANGE_BYTES} are allowed. Larger values belong into artifacts.");
        return Err(Problem::new(Code::ForkUnfit, "Make the change smaller.").with_field(field, message));
    }
    Ok(change(value.clone()))
}

/// What people are to read of the fork, if something was said.
fn title_of(fork: &NewFork) -> Answer<Option<String>> {
    let title = fork.title.as_deref().map(str::trim).filter(|title| !title.is_empty());
    if title.is_some_and(|title| title.chars().count() > MAXIMUM_RUN_TITLE) {
        return Err(Problem::invalid_field("/title", format!("Use at most {MAXIMUM_RUN_TITLE} characters.")));
    }
    Ok(title.map(str::to_owned))
}
