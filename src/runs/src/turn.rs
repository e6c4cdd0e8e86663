//! What does a turn write? All facts since the last one are taken in, and what has changed is stored at once, with its events.

use std::collections::BTreeMap;

use baton_domain::event::{NewEvent, Payload};
use baton_domain::problem::{Code, Problem};
use baton_domain::task::Budget;
use baton_domain::time::Timestamp;
use baton_domain::user::Principal;
use baton_storage::fault_points::{FaultPoint, reach};
use baton_storage::{JournalRow, JournalWrite, JournalWritten};
use baton_workflow::run::{ItemRow, ItemState, Outcome, RunState, SignalRow, StepRow, StepState, Usage};
use baton_workflow::{Command, Effects, Fact};
use serde_json::{Value, json};

use crate::asked::Closing;
use crate::live::{Live, Todo};
use crate::record::{self, broken, item_row, items_of, journal};
use crate::runs::Runs;
use crate::view::{event_kind, run_state, step_view, summary_of};
use crate::work::{WorkKind, json_bytes, kind_of, together};

/// The most bytes, as JSON, of what all items of a run have given: a server holds all of it while the run goes on.
pub const MAXIMUM_RUN_BYTES: usize = 256 << 20;
/// How long identifiers of what has begun may wait for the next turn before they are stored by themselves.
pub(crate) const UNSAVED: std::time::Duration = std::time::Duration::from_secs(1);

/// Why a turn was not stored. Of the last two the run in memory is not what is stored.
#[derive(Debug)]
pub(crate) enum TurnError {
    /// The core refuses the fact; nothing has changed.
    Refused(Problem),
    /// Another server was faster.
    Stale,
    /// Storage, or what is stored.
    Failed(Problem),
}

impl From<Problem> for TurnError {
    fn from(problem: Problem) -> Self {
        Self::Failed(problem)
    }
}

impl From<baton_storage::StoreError> for TurnError {
    fn from(error: baton_storage::StoreError) -> Self {
        Self::Failed(error.into())
    }
}

/// Who tells a fact.
#[derive(Debug, Clone, Copy)]
pub(crate) enum By<'a> {
    /// A person or a program.
    Caller(&'a Principal),
    /// The run above.
    Parent,
    /// What has happened.
    Server,
}

/// What several facts have changed together.
#[derive(Default)]
struct Merged {
    header: bool,
    steps: BTreeMap<String, StepRow>,
    cleared: Vec<String>,
    items: BTreeMap<(String, u32), ItemRow>,
    signals: BTreeMap<String, SignalRow>,
    commands: Vec<Command>,
}

impl Merged {
    fn take(&mut self, effects: Effects) {
        self.header |= effects.header.is_some();
        for row in effects.steps {
            self.steps.insert(row.step.clone(), row);
        }
        for step in effects.cleared {
            self.items.retain(|(of, _), _| *of != step);
            if !self.cleared.contains(&step) {
                self.cleared.push(step);
            }
        }
        for row in effects.items {
            self.items.insert((row.step.clone(), row.index), row);
        }
        for row in effects.signals {
            self.signals.insert(row.id.clone(), row);
        }
        self.commands.extend(effects.commands);
    }
}

/// Facts as they are kept: what ended together in one, without what it gave.
#[derive(Default)]
struct Told {
    others: Vec<Value>,
    ended: BTreeMap<(String, u32), EndedTogether>,
}

/// Items of one step and generation that ended in one turn.
#[derive(Default)]
struct EndedTogether {
    completed: Vec<u32>,
    failed: Vec<u32>,
    canceled: Vec<u32>,
    /// What each used that used something: its index, tokens, millionths of money, and how many tasks it began, if it began some.
    used: Vec<Vec<u64>>,
}

/// Facts in the order in which they are kept, so that what is kept tells the run's way once more: ends by step, generation and how they ended, then
/// everything else as it came.
pub(crate) fn in_kept_order(facts: &mut [Fact]) {
    facts.sort_by_cached_key(|fact| match fact {
        Fact::Ended { key, outcome, .. } => {
            let how = match outcome {
                Outcome::Completed(_) => 0,
                Outcome::Failed { .. } => 1,
                Outcome::Canceled => 2,
            };
            (0, key.step.clone(), key.generation, how)
        }
        _ => (1, None, 0, 0),
    });
}

impl Told {
    fn add(&mut self, fact: &Fact) -> Result<(), Problem> {
        let Fact::Ended { key, outcome, usage } = fact else {
            self.others.push(serde_json::to_value(fact).map_err(broken)?);
            return Ok(());
        };
        let index = key.index.unwrap_or(0);
        let together = self.ended.entry((key.step.clone().unwrap_or_default(), key.generation)).or_default();
        match outcome {
            Outcome::Completed(_) => together.completed.push(index),
            Outcome::Failed { .. } => together.failed.push(index),
            Outcome::Canceled => together.canceled.push(index),
        }
        if *usage != Usage::default() {
            let tasks = (usage.tasks > 0).then_some(usage.tasks);
            together.used.push([u64::from(index), usage.tokens, usage.cost_micros].into_iter().chain(tasks).collect());
        }
        Ok(())
    }

    fn facts(self, at: Timestamp) -> Vec<(Timestamp, Value)> {
        let ended = self.ended.into_iter().map(|((step, generation), together)| {
            let EndedTogether { completed, failed, canceled, used } = together;
            let mut fact = json!({"fact": "ended", "step": step, "generation": generation});
            for (name, list) in [("completed", completed), ("failed", failed), ("canceled", canceled)] {
                if let (Some(map), false) = (fact.as_object_mut(), list.is_empty()) {
                    map.insert(name.to_owned(), list.into());
                }
            }
            if let (Some(map), false) = (fact.as_object_mut(), used.is_empty()) {
                map.insert("used".to_owned(), json!(used));
            }
            fact
        });
        ended.chain(self.others).map(|fact| (at, fact)).collect()
    }
}

impl Runs {
    /// Takes facts in and stores what has changed. If it fails otherwise than by a refusal, the run in memory must be dropped.
    ///
    /// A single fact is refused as the core says; of several, those that are refused are left out.
    pub(crate) async fn turn(&self, live: &mut Live, facts: Vec<Fact>, by: By<'_>) -> Result<(), TurnError> {
        let now = self.parts.sources.clock.now();
        let alone = facts.len() == 1;
        let before = live.run.header().state;
        let plan = std::sync::Arc::clone(&live.plan);
        let (mut merged, mut told, mut over) = (Merged::default(), Told::default(), Vec::new());
        let mut identified: BTreeMap<(String, u32), Option<uuid::Uuid>> = BTreeMap::new();
        let mut past = match facts.iter().any(|fact| matches!(fact, Fact::Retried { .. })) {
            true => record::read_now(&*self.parts.journals, live.id, &plan).await?,
            false => record::Read::default(),
        };
        let mut facts: Vec<Fact> = facts.into_iter().map(|fact| within(live, fact)).collect();
        in_kept_order(&mut facts);
        for fact in facts {
            if let Fact::Ended { key, .. } = &fact {
                let (id, last) = live.ended(key);
                identified.insert((key.step.clone().unwrap_or_default(), key.index.unwrap_or(0)), id);
                over.extend(last);
            }
            let effects = match live.run.handle(&plan, now, &fact) {
                Ok(effects) => effects,
                Err(problem) if alone => return Err(TurnError::Refused(problem)),
                Err(problem) => {
                    tracing::warn!(run = %live.id, %problem, "a fact was refused");
                    continue;
                }
            };
            steered(live, &fact, by, effects.ignored);
            if !effects.ignored {
                told.add(&fact)?;
                merged.take(effects);
            }
        }
        if !merged.cleared.is_empty() {
            // What is begun anew gives anew, and what it gave before is gone.
            live.bytes = live.run.rows().items.iter().filter_map(|item| item.output.as_ref()).map(json_bytes).sum();
        }
        let past = replaced(&merged, std::mem::take(&mut past.items), &past.ids);
        self.write(live, now, before, merged, told, over, identified, past, by).await
    }

    #[expect(clippy::too_many_arguments, reason = "the parts of one turn, taken apart once")]
    async fn write(
        &self,
        live: &mut Live,
        now: Timestamp,
        before: RunState,
        merged: Merged,
        told: Told,
        over: Vec<String>,
        identified: BTreeMap<(String, u32), Option<uuid::Uuid>>,
        past: Vec<JournalRow>,
        by: By<'_>,
    ) -> Result<(), TurnError> {
        let actor = match by {
            By::Caller(principal) => principal.clone(),
            By::Parent | By::Server => Principal::System,
        };
        let mut rows: Vec<JournalRow> = past;
        let mut todo = self.begin(live, merged.commands, &mut rows).await?;
        for row in merged.steps.values() {
            live.prune(row);
            let open = live.approvals.get(&row.step).filter(|key| row.state != StepState::Approving || row.generation != key.generation);
            if let Some(key) = open.cloned() {
                live.approvals.remove(&row.step);
                todo.push(Todo::Close(Closing::of(key, row, now, &actor)));
            }
        }
        let waited = live.unsaved_since.is_some_and(|since| since.plus(UNSAVED) <= now);
        let overdue = live.wake_at.is_some_and(|at| at <= now) || live.wake_at.is_some() != live.next_wake().is_some();
        let steps: Vec<StepRow> = merged.steps.into_values().collect();
        let facts = told.facts(now);
        let nothing = rows.is_empty()
            && steps.is_empty()
            && over.is_empty()
            && facts.is_empty()
            && merged.items.is_empty()
            && merged.signals.is_empty()
            && !merged.header;
        if nothing && !waited && !overdue {
            live.todo.extend(todo);
            return Ok(());
        }
        let mut events = Vec::new();
        let paused = live.run.header().state == RunState::Paused;
        for row in &steps {
            let place = plan_place(live, &row.step);
            let ended = |step: &str| live.run.step(step).is_none_or(|row| row.state.is_ended());
            if let Some(view) = place.and_then(|place| step_view(&live.plan, paused, &ended, place, row)) {
                events.push(self.event(live, "run.step", Payload::of(&view).map_err(broken)?, &actor, now));
            }
            rows.push(record::row(record::STEPS, row.step.clone(), row)?);
        }
        let mut cleared = Vec::new();
        for step in merged.cleared {
            if has_list(live, &step) {
                cleared.push(items_of(&step));
            } else if !merged.items.contains_key(&(step.clone(), 0)) {
                rows.push(JournalRow { group: record::SINGLE.to_owned(), key: step, body: None });
            }
        }
        for (place, item) in merged.items {
            let foreach = has_list(live, &item.step);
            rows.push(item_row(item, identified.get(&place).copied().flatten(), foreach));
        }
        for (id, signal) in merged.signals {
            rows.push(record::row(record::SIGNALS, id, &signal)?);
        }
        // What was refused is told in the turn that stores the rest, or nobody would know of it after a crash between the two.
        if live.facts.is_empty() {
            for name in std::mem::take(&mut live.unsaved) {
                if let Some(work) = live.works.get(&name) {
                    rows.push(record::row(record::WORK, name, work)?);
                }
            }
            live.unsaved_since = None;
        }
        rows.extend(over.into_iter().map(|name| JournalRow { group: record::WORK.to_owned(), key: name, body: None }));
        rows.push(record::row(record::RUN, record::RUN, &live.head_row())?);
        let mut summary = summary_of(live, live.summary.updated_at);
        let changed = summary != live.summary;
        if changed {
            summary.updated_at = now;
            let kind = event_kind(before, live.run.header());
            events.push(self.event(live, kind, Payload::of(&summary).map_err(broken)?, &actor, now));
        }
        let write = JournalWrite {
            id: journal(live.id),
            version: live.version,
            state: run_state(live.run.header().state).as_str().to_owned(),
            live: !live.is_ended(),
            wake_at: live.next_wake(),
            summary: changed.then(|| serde_json::to_value(&summary)).transpose().map_err(broken)?,
            facts,
            cleared,
            rows,
            events,
            at: now,
        };
        live.wake_at = write.wake_at;
        live.summary = summary;
        reach(FaultPoint::BeforeTurn);
        match self.parts.journals.write_journal(write).await? {
            JournalWritten::Stored(version) => live.version = version,
            JournalWritten::Stale(_) => return Err(TurnError::Stale),
            JournalWritten::Missing => return Err(TurnError::Failed(broken("its journal is gone"))),
        }
        reach(FaultPoint::AfterTurn);
        if let Some(at) = live.wake_at {
            self.later(live.id, at);
        }
        live.todo.extend(todo);
        Ok(())
    }

    fn event(&self, live: &Live, kind: &str, data: Payload, actor: &Principal, at: Timestamp) -> NewEvent {
        NewEvent { at, project: live.project, kind: kind.to_owned(), subject: format!("run:{}", live.id), actor: actor.clone(), data }
    }

    /// Sets timers, and writes down what begins together before it begins.
    pub(crate) async fn begin(&self, live: &mut Live, commands: Vec<Command>, rows: &mut Vec<JournalRow>) -> Result<Vec<Todo>, Problem> {
        let (mut begins, mut others) = (Vec::new(), Vec::new());
        for command in commands {
            match command {
                Command::SetTimer { key, at } => drop(live.timers.insert((key.step.clone(), key.kind), (key, at))),
                command if kind_of(&command).is_some() => begins.push(command),
                command => {
                    if let Command::AskApproval { key, .. } = &command {
                        live.approvals.insert(key.step.clone().unwrap_or_default(), key.clone());
                    }
                    others.push(Todo::Command(command));
                }
            }
        }
        let share = Share::of(live, &begins);
        let mut todo = Vec::new();
        for (place, (mut work, commands)) in together(begins).into_iter().enumerate() {
            work.budget = share.budget;
            if work.kind == WorkKind::Task {
                work.retry = self.retry_of(live, &commands).await?;
            } else {
                work.tasks = share.tasks;
            }
            let name = format!("{:010}-{place:04}", live.version + 1);
            rows.push(record::row(record::WORK, name.clone(), &work)?);
            live.take_up(&name, work);
            todo.push(Todo::Begin(name, commands, false));
        }
        todo.extend(others);
        Ok(todo)
    }

    /// The policy of a step's tasks: the skill's, with what the step states.
    async fn retry_of(&self, live: &Live, commands: &[Command]) -> Result<Option<baton_domain::task::RetryPolicy>, Problem> {
        let Some(Command::StartTask { skill, retry: Some(terms), .. }) = commands.first() else {
            return Ok(None);
        };
        match self.parts.agents.skill(&live.caller(), skill).await {
            Ok(skill) => Ok(Some(terms.over(&skill.retry))),
            // The task will be refused, and says so.
            Err(problem) if problem.is(Code::NoSuchSkill) => Ok(None),
            Err(problem) => Err(problem),
        }
    }
}

/// What each of the tasks, runs and decisions that begin may use: an equal share, with those that are under way, of what is left to the run.
struct Share {
    budget: Option<Budget>,
    /// Tasks that a run or a decision may begin in turn, where somebody says how many there may be. A task itself is counted when it begins,
    /// so those share with nobody.
    tasks: Option<u64>,
}

impl Share {
    fn of(live: &Live, begins: &[Command]) -> Self {
        let under_way =
            |all: bool| live.works.values().filter(|work| all || work.kind != WorkKind::Task).map(|work| work.open).sum::<usize>();
        let begun = |all: bool| begins.iter().filter(|command| all || !matches!(command, Command::StartTask { .. })).count();
        let sharers = |all: bool| u64::try_from(under_way(all).saturating_add(begun(all))).unwrap_or(u64::MAX).max(1);
        let left = live.run.remaining(&live.plan);
        let tokens = left.tokens.map(|left| (left / sharers(true)).clamp(1, Budget::MAXIMUM_TOKENS));
        let micros = left.cost_micros.map(|left| (left / sharers(true)).max(1));
        let cost = micros.map(|micros| crate::view::cost(micros).min(Budget::MAXIMUM_COST));
        let budget = (tokens.is_some() || cost.is_some()).then_some(Budget { tokens, cost });
        let tasks = live.run.shares_tasks(&live.plan).then(|| (left.tasks / sharers(false)).max(1));
        Self { budget, tasks }
    }
}

/// An end whose output is within what a run may hold.
fn within(live: &mut Live, fact: Fact) -> Fact {
    let Fact::Ended { key, outcome: Outcome::Completed(output), usage } = fact else {
        return fact;
    };
    let bytes = json_bytes(&output);
    let outcome = if live.bytes.saturating_add(bytes) > MAXIMUM_RUN_BYTES {
        let message = format!("what the run's steps gave has more than {MAXIMUM_RUN_BYTES} bytes; hand large values on as artifacts");
        Outcome::Failed { code: Code::RunLimitReached.as_str().to_owned(), message }
    } else {
        live.bytes += bytes;
        Outcome::Completed(output)
    };
    Fact::Ended { key, outcome, usage }
}

/// Notes who steers the run.
fn steered(live: &mut Live, fact: &Fact, by: By<'_>, ignored: bool) {
    match (fact, by) {
        (Fact::Paused, By::Parent) if !ignored => live.held = true,
        // Whoever pauses or resumes it by themselves has the last word.
        (Fact::Paused | Fact::Resumed, By::Caller(_)) | (Fact::Resumed, By::Parent) => live.held = false,
        (Fact::Retried { .. }, By::Caller(principal)) => {
            live.acting = principal.clone();
            live.held = false;
        }
        _ => {}
    }
}

/// Items whose rows are removed or taken the place of, as they are kept beside them.
fn replaced(merged: &Merged, items: Vec<ItemRow>, ids: &BTreeMap<(String, u32), uuid::Uuid>) -> Vec<JournalRow> {
    let gone = |item: &ItemRow| {
        let now = merged.items.get(&(item.step.clone(), item.index));
        now.map_or_else(|| merged.cleared.contains(&item.step), |now| now.generation != item.generation || now.state != item.state)
    };
    let ended = |item: &ItemRow| !matches!(item.state, ItemState::Waiting | ItemState::Running);
    let gone = items.into_iter().filter(|item| ended(item) && gone(item));
    gone.map(|item| {
        let id = ids.get(&(item.step.clone(), item.index)).copied();
        record::past_row(item, id)
    })
    .collect()
}

/// Whether a step goes through a list.
pub(crate) fn has_list(live: &Live, step: &str) -> bool {
    plan_place(live, step).and_then(|place| live.plan.workflow.steps.get(place)).is_some_and(|said| said.foreach.is_some())
}

fn plan_place(live: &Live, step: &str) -> Option<usize> {
    live.plan.graph.place(step)
}
