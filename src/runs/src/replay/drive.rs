//! Does a run go the same way again? The core is told what it was told, and must ask for what was done then.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use baton_domain::id::{RunId, TaskId};
use baton_domain::ports::{RecordedTask, Rehearsed};
use baton_domain::problem::{Code, Problem};
use baton_domain::wire::replay::TakenKind;
use baton_negotiation::replay::{CallKind, Divergence, What, canonical, differences};
use baton_storage::{JournalKind, StoreError};
use baton_workflow::run::{Change, ItemState, Key, Outcome, Rows, StepRow, StepState};
use baton_workflow::validate::MAXIMUM_NESTING;
use baton_workflow::{Command, Fact, Run, Start};
use futures::future::BoxFuture;
use serde::Serialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::Replays;
use super::evidence::{Children, Evidence};
use super::lines::Lines;
use super::stored::{Stored, forgotten};
use super::tally::Tally;
use crate::asked::Question;
use crate::ends::run_outcome;
use crate::record::broken;
use crate::work::json_bytes;

/// Why a replay goes no further.
pub(crate) enum Parted {
    /// It is not what was recorded.
    Here(Box<Divergence>),
    /// It cannot be told.
    Failed(Problem),
}

impl From<Problem> for Parted {
    fn from(problem: Problem) -> Self {
        Self::Failed(problem)
    }
}

impl From<StoreError> for Parted {
    fn from(error: StoreError) -> Self {
        Self::Failed(error.into())
    }
}

/// A divergence with both sides.
fn here(step: &str, what: What, left: Option<&Value>, right: Option<&Value>) -> Parted {
    let differences = left.zip(right).map(|(left, right)| differences(left, right)).unwrap_or_default();
    Parted::Here(Box::new(Divergence { step: step.to_owned(), what, differences }))
}

fn value(of: &impl Serialize) -> Result<Value, Problem> {
    serde_json::to_value(of).map_err(broken)
}

/// Refuses what is not the same, byte for byte in its canonical form.
fn same(step: &str, what: What, left: &Value, right: &Value) -> Result<(), Parted> {
    if canonical(left)? == canonical(right)? { Ok(()) } else { Err(here(step, what, Some(left), Some(right))) }
}

/// What the core has asked for so far.
#[derive(Default)]
struct Asked {
    begun: HashMap<Key, Command>,
    timers: HashSet<Key>,
    approvals: Vec<(Key, Value)>,
}

impl Asked {
    fn take(&mut self, commands: Vec<Command>) {
        for command in commands {
            match command {
                Command::SetTimer { key, .. } => drop(self.timers.insert(key)),
                Command::AskApproval { key, subject, .. } => self.approvals.push((key, subject)),
                command if command.begins() => drop(self.begun.insert(command.key().clone(), command)),
                _ => {}
            }
        }
    }
}

/// A piece of work of a run.
struct Work<'a> {
    run: &'a Stored,
    children: &'a Children,
    path: String,
    depth: usize,
}

impl Replays {
    /// Goes through a run again, whose steps are below `prefix`.
    pub(crate) fn drive<'a>(
        &'a self,
        tally: &'a mut Tally<'_>,
        run: &'a Stored,
        prefix: &'a str,
        depth: usize,
    ) -> BoxFuture<'a, Result<(), Parted>> {
        Box::pin(self.drive_run(tally, run, prefix, depth))
    }

    async fn drive_run(&self, tally: &mut Tally<'_>, run: &Stored, prefix: &str, depth: usize) -> Result<(), Parted> {
        let told = self.told(run).await?;
        let children = self.children(run).await?;
        let beginning = &run.opening.beginning;
        let start = Start {
            id: beginning.id.clone(),
            requested_by: beginning.requested_by.clone(),
            input: beginning.input.clone(),
            at: beginning.started_at,
        };
        taken_over(tally, run, prefix)?;
        // What a fork copied was not done in it.
        let begun = match beginning.forked_from {
            Some(_) => Run::fork_again(&run.plan, run.rows.clone()),
            None => Run::start_below(&run.plan, start, beginning.others.clone(), beginning.allowance),
        };
        let (mut machine, effects) = begun.map_err(|problem| refused(&format!("{prefix}(input)"), &problem))?;
        let mut asked = Asked::default();
        asked.take(effects.commands);
        self.approvals(run, &mut asked, prefix).await?;
        for (at, fact) in told {
            self.follow(tally, run, &children, &mut asked, &fact, (prefix, depth)).await?;
            let place = place_of(&fact, prefix);
            let effects = machine.handle(&run.plan, at, &fact).map_err(|problem| refused(&place, &problem))?;
            if effects.ignored {
                let fact = value(&fact)?;
                return Err(here(&place, What::Outcome, Some(&fact), Some(&json!({"ignored": "the run has nothing that this is about"}))));
            }
            asked.take(effects.commands);
            self.approvals(run, &mut asked, prefix).await?;
        }
        for row in machine.steps() {
            tally.step(0)?;
            let open = asked.begun.keys().find(|key| key.step.as_ref() == Some(&row.step));
            if open.is_some() && row.state.is_ended() {
                return Err(here(&format!("{prefix}{}", row.step), What::Step { only_right: true }, None, None));
            }
        }
        ends_alike(&run.rows, machine.rows(), prefix)
    }

    /// Looks whether what people were asked to approve is what they are asked again.
    async fn approvals(&self, run: &Stored, asked: &mut Asked, prefix: &str) -> Result<(), Parted> {
        for (key, subject) in std::mem::take(&mut asked.approvals) {
            let path = format!("{prefix}{}/(approval)", key.step.as_deref().unwrap_or_default());
            let head = self.parts.journals.journal_by_key(run.project, JournalKind::Approval, &key.to_string()).await?;
            let opening = match head {
                Some(head) => self.parts.journals.journal_opening(head.id).await?,
                None => None,
            };
            // A run that ended in the same turn has asked nobody.
            let Some(opening) = opening else {
                let asked = key.step.as_deref().and_then(|step| run.rows.steps.iter().find(|row| row.step == step));
                if asked.is_some_and(|row| row.decided_by.is_some()) {
                    return Err(forgotten(format!("what was approved at `{path}` is gone")).into());
                }
                continue;
            };
            let Question { subject: recorded } = serde_json::from_value(opening).map_err(broken)?;
            same(&path, What::Input, &recorded, &subject)?;
        }
        Ok(())
    }

    /// Follows what one fact is about, before the core is told of it.
    async fn follow(
        &self,
        tally: &mut Tally<'_>,
        run: &Stored,
        children: &Children,
        asked: &mut Asked,
        fact: &Fact,
        (prefix, depth): (&str, usize),
    ) -> Result<(), Parted> {
        let place = place_of(fact, prefix);
        match fact {
            Fact::Ended { key, outcome, .. } => {
                let Some(command) = asked.begun.remove(key) else {
                    return Err(here(&place, What::Step { only_right: false }, None, None));
                };
                let step = key.step.as_deref().unwrap_or_default();
                let id = run.item(step, key.index.unwrap_or(0), key.generation).and_then(|(_, id)| id);
                self.work(tally, Work { run, children, path: place, depth }, &command, id, outcome).await?;
            }
            Fact::Timer { key } => {
                if !asked.timers.contains(key) {
                    return Err(here(&place, What::Step { only_right: false }, None, None));
                }
                tally.take(&place, TakenKind::Timer, "its time ran out");
            }
            Fact::Approved { by, .. } => tally.take(&place, TakenKind::Approval, format!("{} agreed", by.name)),
            Fact::Refused { by, .. } => tally.take(&place, TakenKind::Approval, format!("{} refused", by.name)),
            Fact::Signal { name, .. } => tally.take("", TakenKind::Signal, format!("the signal {name} came")),
            Fact::Paused => tally.take("", TakenKind::Control, "it was paused"),
            Fact::Resumed => tally.take("", TakenKind::Control, "it was resumed"),
            Fact::Canceled => tally.take("", TakenKind::Control, "it was cancelled"),
            Fact::Retried { by, .. } => tally.take("", TakenKind::Control, format!("{} began it anew", by.name)),
        }
        Ok(())
    }

    /// Does a piece of work again that ended with this outcome.
    async fn work(
        &self,
        tally: &mut Tally<'_>,
        work: Work<'_>,
        command: &Command,
        id: Option<Uuid>,
        outcome: &Outcome,
    ) -> Result<(), Parted> {
        let Some(id) = id else {
            tally.step(0)?;
            tally.take(&work.path, TakenKind::Tool, "it was refused, or cancelled before it began");
            return Ok(());
        };
        match command {
            Command::StartTask { skill, input, .. } => {
                let evidence = self.evidence(TaskId::new(id), work.children).await?;
                let recorded = &evidence.rows.task.summary.skill;
                if recorded != skill {
                    let (left, right) = ((CallKind::Skill, recorded.clone()), (CallKind::Skill, skill.clone()));
                    return Err(here(&work.path, What::Callee { call: 0, left, right }, None, None));
                }
                same(&work.path, What::Input, &evidence.rows.input, input)?;
                if !cut_off(outcome) {
                    same(&work.path, What::Outcome, &value(outcome)?, &value(&evidence.outcome())?)?;
                }
                self.task(tally, work.path, evidence, work.children).await
            }
            Command::StartRun { workflow, input, requested_by, .. } => {
                let Work { run, path, depth, .. } = work;
                if depth + 1 >= MAXIMUM_NESTING {
                    return Err(broken("its runs are nested too deep").into());
                }
                let below = self.stored(RunId::new(id)).await?;
                let beginning = &below.opening.beginning;
                let input = below.plan.input(input).map_err(|problem| refused(&path, &problem))?;
                let version = run.opening.uses.get(workflow);
                let asked = json!({"workflow": workflow, "version": version, "requested_by": requested_by, "input": input});
                let recorded = json!({
                    "workflow": beginning.workflow, "version": version.map(|_| below.opening.version),
                    "requested_by": beginning.requested_by, "input": beginning.input
                });
                same(&path, What::Input, &recorded, &asked)?;
                self.drive(tally, &below, &format!("{path}/"), depth + 1).await?;
                let came = run_outcome(below.header().clone()).ok_or_else(|| broken("a run that it began goes on"))?;
                if cut_off(outcome) { Ok(()) } else { same(&path, What::Outcome, &value(outcome)?, &value(&came)?) }
            }
            _ => {
                tally.step(0)?;
                tally.take(&work.path, TakenKind::Decision, "voters decided");
                Ok(())
            }
        }
    }

    /// Lets the agent of a task do its work again, and those that it asked.
    fn task<'a>(
        &'a self,
        tally: &'a mut Tally<'_>,
        path: String,
        evidence: Evidence,
        children: &'a Children,
    ) -> BoxFuture<'a, Result<(), Parted>> {
        Box::pin(async move {
            let calls = evidence.calls.iter().map(|call| json_bytes(&call.request) + json_bytes(&call.answer_value()));
            tally.step(calls.sum::<usize>() + json_bytes(&evidence.rows.input) + evidence.rows.result.as_ref().map_or(0, json_bytes))?;
            let attempt = match (&evidence.apart, &evidence.attempt) {
                (None, Some(attempt)) => attempt,
                (why, _) => {
                    tally.take(&path, TakenKind::Tool, why.as_deref().unwrap_or("no agent worked on it"));
                    return Ok(());
                }
            };
            let lines = Arc::new(Lines::of(&path, &evidence.calls)?);
            let given = std::time::Duration::from_millis(evidence.rows.task.timeouts.start_to_close_ms);
            let task = RecordedTask {
                task: evidence.rows.task.summary.id,
                attempt_id: attempt.id,
                attempt: attempt.number,
                depth: evidence.rows.task.depth,
                agent: attempt.agent.name.clone(),
                skill: evidence.rows.task.summary.skill.clone(),
                input: evidence.rows.input.clone(),
                time: given.min(tally.left()),
            };
            let rehearsed = self.parts.rehearsals.rehearse(task, Arc::clone(&lines) as _).await?;
            tally.calls += lines.given() as u64;
            // Where it asked for something else comes before what came of it.
            let parted = |lines: &Lines| lines.parted().map_or(Ok(()), |parted| Err(Parted::Here(Box::new(parted))));
            let now = match rehearsed {
                Rehearsed::Apart(why) => {
                    tally.take(&path, TakenKind::Tool, why);
                    return Ok(());
                }
                Rehearsed::Unprompted => {
                    parted(&lines)?;
                    return Err(here(&path, What::Outcome, None, None));
                }
                Rehearsed::Stopped(failure) => {
                    tally.step(0)?;
                    json!({"stopped": {"code": failure.code, "message": failure.message}})
                }
                Rehearsed::Ended(Ok(result)) => value(&Outcome::Completed(result))?,
                Rehearsed::Ended(Err(failure)) => value(&Outcome::Failed { code: failure.code, message: failure.message })?,
            };
            parted(&lines)?;
            tally.rehearsed += 1;
            same(&path, What::Outcome, &value(&evidence.outcome())?, &now)?;
            for (place, child) in lines.children() {
                let evidence = self.evidence(child, children).await?;
                self.task(tally, format!("{path}/ask {place}"), evidence, children).await?;
            }
            Ok(())
        })
    }
}

/// Names the steps of a fork that were not done in it, in the order of the document: those that were copied, and those that were given what they give.
///
/// # Errors
/// `REPLAY-008` if one of them was begun anew since: what was copied is not known any more.
fn taken_over(tally: &mut Tally<'_>, run: &Stored, prefix: &str) -> Result<(), Problem> {
    let rows: HashMap<&str, &StepRow> = run.rows.steps.iter().map(|row| (row.step.as_str(), row)).collect();
    for row in run.plan.workflow.steps.iter().filter_map(|said| rows.get(said.id.as_str())) {
        let path = format!("{prefix}{}", row.step);
        if row.once_copied {
            return Err(forgotten(format!("what was copied of the step `{path}` is not kept: it was begun anew")));
        }
        match (&row.copied, run.opening.beginning.changes.get(&row.step)) {
            (Some(origin), _) => tally.take(&path, TakenKind::Copied, format!("it was done in the run {origin}")),
            (None, Some(Change::Output(_))) if row.state == StepState::Completed => {
                tally.take(&path, TakenKind::Copied, "the fork says what it gives");
            }
            _ => {}
        }
    }
    Ok(())
}

/// Where in a recording something is that a run was told.
fn place_of(fact: &Fact, prefix: &str) -> String {
    let key = match fact {
        Fact::Ended { key, .. } | Fact::Approved { key, .. } | Fact::Refused { key, .. } | Fact::Timer { key } => Some(key),
        _ => None,
    };
    match key.and_then(|key| Some((key.step.as_deref()?, key.index))) {
        Some((step, Some(index))) => format!("{prefix}{step}[{index}]"),
        Some((step, None)) => format!("{prefix}{step}"),
        None => format!("{prefix}(outputs)"),
    }
}

/// That the core refuses what it took then.
fn refused(step: &str, problem: &Problem) -> Parted {
    let now = json!({"refused": {"code": problem.code, "message": problem.detail}});
    here(step, What::Outcome, Some(&json!("taken")), Some(&now))
}

/// Whether a run was told another end than the work gave: beyond what a run may hold, or nested too deep.
fn cut_off(outcome: &Outcome) -> bool {
    let codes = [Code::RunLimitReached, Code::WorkflowExpressionExhausted];
    matches!(outcome, Outcome::Failed { code, .. } if codes.iter().any(|known| code == known.as_str()))
}

/// Compares how everything stands at the end, row by row.
fn ends_alike(recorded: &Rows, now: Rows, prefix: &str) -> Result<(), Parted> {
    let (recorded, now) = (tidy(recorded.clone()), tidy(now));
    for row in &now.steps {
        let path = format!("{prefix}{}", row.step);
        let of = |rows: &Rows| {
            let items: Vec<_> = rows.items.iter().filter(|item| item.step == row.step).cloned().collect();
            let step = rows.steps.iter().find(|known| known.step == row.step).cloned();
            value(&json!({"items": items, "step": step}))
        };
        same(&path, What::Outcome, &of(&recorded)?, &of(&now)?)?;
    }
    let end = format!("{prefix}(outputs)");
    let of =
        |rows: &Rows| json!({"outputs": rows.header.outputs, "header": rows.header, "signals": rows.signals, "steps": rows.steps.len()});
    same(&end, What::Outcome, &of(&recorded), &of(&now))
}

/// Rows as they are read back: an output that is null is none there, and everything is in one order.
fn tidy(mut rows: Rows) -> Rows {
    for item in &mut rows.items {
        if item.state == ItemState::Completed && item.output.is_none() {
            item.output = Some(Value::Null);
        }
    }
    rows.items.sort_by(|one, other| (&one.step, one.index).cmp(&(&other.step, other.index)));
    rows.signals.sort_by_key(|signal| signal.place);
    rows
}
