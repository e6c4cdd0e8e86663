//! What is proposed where a step of a run failed for good? Another way, by rules or by a model: when somebody asks, and by itself where its plan says so.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use baton_domain::id::{PlanId, RunId};
use baton_domain::page::MAXIMUM_LIMIT;
use baton_domain::problem::{Code, Problem};
use baton_domain::services::Answer;
use baton_domain::time::Timestamp;
use baton_domain::user::{Caller, Role};
use baton_domain::wire::plan::{NewReplan, PlanState};
use baton_domain::wire::run::{ItemFilter, RunDetail, RunState, StepState};
use baton_storage::{JournalHead, JournalKind};
use baton_workflow::Plan;
use serde_json::{Value, json};

use super::record::{Document, Kept};
use super::{Plans, internal};
use crate::plan::Explanation;
use crate::replan::{Failed, Stands, replan, replan_by_model};

/// How long after its acceptance a plan's run is looked at first, if nothing was heard of it.
pub(super) const FIRST_LOOK: Duration = Duration::from_secs(2);
/// The longest that a run is not looked at. The older a plan is, the more seldom it is: the end of a run is heard of.
const LAST_LOOK: Duration = Duration::from_secs(3_600);
/// How long another way is left to the server that looks for it: a model may be asked three times.
const AT_WORK: Duration = Duration::from_secs(300);
/// How many plans are looked through at a time, those first that are due first.
const WATCHED: u32 = 200;
/// For how many failed steps of a run another way is looked for.
const STEPS: usize = 8;

impl Plans {
    /// Proposes another way for the runs of accepted plans that say so and have failed: for those among `ended`, and for those that are to be looked at by
    /// now. Nothing of it runs before somebody accepts it. Gives when to look again. Several servers may do it at once: a plan is looked at by whoever
    /// is the first to write that it is.
    ///
    /// # Errors
    /// The first trouble that passes; what it was about is looked at again later.
    pub async fn look_after(&self, ended: &BTreeSet<RunId>) -> Answer<Option<Timestamp>> {
        let now = self.parts.sources.clock.now();
        // No plan is to be looked at later than this.
        let watched = self.parts.journals.due_journals(JournalKind::Plan, now.plus(LAST_LOOK * 2), WATCHED).await?;
        let mut trouble = None;
        for head in watched {
            let Ok(kept) = serde_json::from_value::<Kept>(head.summary.clone()) else { continue };
            let Some(run) = kept.run else { continue };
            // Another server looks for another way.
            if kept.sought_until.is_some_and(|until| until > now) {
                continue;
            }
            if (head.wake_at.is_some_and(|at| at <= now) || ended.contains(&run))
                && let Err(problem) = self.look_at(&head, kept, run).await
            {
                trouble = trouble.or(Some(problem));
            }
        }
        match trouble {
            Some(problem) => Err(problem),
            None => Ok(self.parts.journals.next_wake(JournalKind::Plan).await?),
        }
    }

    /// Looks how the run of a plan stands, and proposes another way if it has failed.
    async fn look_at(&self, head: &JournalHead, mut kept: Kept, run: RunId) -> Answer<()> {
        let acting = kept.accepted_by.clone().unwrap_or_else(|| head.created_by.clone());
        let caller = Caller { principal: acting, role: Some(Role::Operator), project: head.project, session: None, request_id: None };
        let found = match self.parts.runs.run(&caller, run).await {
            Ok(found) => found,
            // It was deleted.
            Err(problem) if problem.is(Code::NoSuchRun) => return self.note(head, &kept, None, None).await.map(|_| ()),
            Err(problem) => return Err(problem),
        };
        let now = self.parts.sources.clock.now();
        match found.summary.state {
            RunState::Failed => {}
            RunState::Completed | RunState::Canceled => return self.note(head, &kept, None, None).await.map(|_| ()),
            _ => {
                let later = now.plus(now.since(head.created_at).clamp(FIRST_LOOK, LAST_LOOK));
                return self.note(head, &kept, Some(later), None).await.map(|_| ());
            }
        }
        // Whoever writes this looks for it, and no other.
        kept.sought_until = Some(now.plus(AT_WORK));
        if !self.note(head, &kept, kept.sought_until, None).await? {
            return Ok(());
        }
        kept.sought_until = None;
        let head = JournalHead { version: head.version + 1, ..head.clone() };
        match self.instead(&caller, &head, &kept, &found).await {
            Ok(other) => kept.another_way = Some(other),
            Err(problem) if problem.passes() => return Err(problem),
            Err(problem) => kept.no_other_way = Some(format!("{} ({})", problem.detail, problem.code)),
        }
        self.note(&head, &kept, None, Some("plan.replanned")).await.map(|_| ())
    }

    /// Writes what has become of an accepted plan; false if somebody else was faster.
    async fn note(&self, head: &JournalHead, kept: &Kept, wake_at: Option<Timestamp>, event: Option<&str>) -> Answer<bool> {
        let baton = baton_of(head);
        match self.write(&baton, head, kept, PlanState::Accepted, Vec::new(), event, json!({"fact": "looked at"}), wake_at).await {
            Ok(()) => Ok(true),
            Err(problem) if problem.is(Code::PlanStateForbids) || problem.is(Code::NoSuchPlan) => Ok(false),
            Err(problem) => Err(problem),
        }
    }

    /// Proposes another way for the first failed step that has one; once for a plan.
    async fn instead(&self, caller: &Caller, head: &JournalHead, kept: &Kept, run: &RunDetail) -> Answer<PlanId> {
        let key = format!("again/{}", head.id);
        if let Some(known) = self.parts.journals.journal_by_key(head.project, JournalKind::Plan, &key).await? {
            return Ok(PlanId::new(*known.id.as_uuid()));
        }
        let mut last = Problem::new(Code::NoOtherWay, "No step of the run has failed.");
        for step in run.steps.iter().filter(|step| step.state == StepState::Failed).take(STEPS) {
            let again = NewReplan { run: run.summary.id, step: step.id.clone(), use_model: kept.use_model };
            // On the heap: what asks a model is large.
            match Box::pin(self.another_way(caller, run, &again, Some(&kept.goal))).await {
                Ok((other, document)) => {
                    // What is accepted after it is looked after as this was; who accepted this is told of it.
                    let other = Kept { replan: true, waits_for: Some(caller.principal.clone()), ..other };
                    let plan = self.open(&baton_of(head), &BTreeMap::new(), other, document, Some(key)).await?;
                    return Ok(plan.summary.id);
                }
                Err(problem) if problem.passes() => return Err(problem),
                Err(problem) => last = problem,
            }
        }
        Err(last)
    }

    /// Another way for a step of a run that failed for good; not stored yet.
    pub(super) async fn another_way(
        &self,
        caller: &Caller,
        run: &RunDetail,
        again: &NewReplan,
        goal: Option<&str>,
    ) -> Answer<(Kept, Document)> {
        let forbids = |why: String| Problem::new(Code::PlanStateForbids, why);
        if !run.summary.state.is_ended() {
            return Err(forbids("The run goes on; only what has failed for good is planned anew.".to_owned()));
        }
        let Some(failed) = run.steps.iter().find(|step| step.id == again.step && step.state == StepState::Failed) else {
            return Err(forbids(format!("The run has no step `{}` that has failed.", again.step)));
        };
        let code = failed.error.as_ref().map(|error| error.code.clone()).unwrap_or_default();
        let workflow = self.parts.workflows.workflow(caller, &run.summary.workflow, Some(run.summary.version)).await?;
        let after = after(&workflow.text, &again.step);
        let mut so_far: BTreeMap<String, Stands> = BTreeMap::new();
        for step in &run.steps {
            let stands = match step.state {
                StepState::Completed => Stands::Completed(self.output(caller, again.run, &step.id, step.foreach).await?),
                // What waited for the failed step was skipped because of it: another way leads to it again.
                StepState::Skipped if !after.contains(&step.id) => Stands::Skipped,
                _ => Stands::Open,
            };
            so_far.insert(step.id.clone(), stands);
        }
        let skills = self.skills(caller).await?;
        let given = run.input.as_object().cloned().unwrap_or_default();
        let mut explanation = Explanation::default();
        let mut by_model = false;
        let other = match replan(&workflow.text, &again.step, &code, &so_far, &given, &skills) {
            Ok(other) => other,
            Err(refusal) => {
                let asker = if again.use_model { self.parts.models.asker(caller).await } else { None };
                let Some(asker) = asker else { return Err(refusal.problem()) };
                let said = baton_workflow::parse(&workflow.text).ok().and_then(|read| read.description);
                let goal = goal.or(said.as_deref()).unwrap_or(&run.summary.title);
                let failed =
                    Failed { goal, text: &workflow.text, step: &again.step, code: &code, so_far: &so_far, given: &given, skills: &skills };
                by_model = true;
                let (other, why) =
                    replan_by_model(&failed, asker.as_ref()).await.map_err(|by_model| refusal.nor_by_model(&by_model).problem())?;
                explanation = why;
                other
            }
        };
        let read = baton_workflow::parse(&other.text)
            .map_err(|problems| internal(problems.first().map_or_else(|| "a plan that cannot be read".to_owned(), ToString::to_string)))?;
        let kept = Kept {
            goal: format!("{} (again from `{}`: {})", run.summary.title, again.step, other.otherwise),
            workflow: read.name,
            steps: u32::try_from(read.steps.len()).unwrap_or(u32::MAX),
            by_model,
            use_model: again.use_model,
            replaces: Some(again.run),
            handed: other.input,
            ..Kept::default()
        };
        explanation.assumptions.insert(0, format!("`{}` failed with {code}: {}", again.step, other.otherwise));
        explanation.assumptions.extend(other.tried);
        Ok((kept, Document::of(other.text, &explanation)))
    }

    /// What a step that has completed gave; of a list, all of it.
    async fn output(&self, caller: &Caller, run: RunId, step: &str, list: bool) -> Answer<Value> {
        let mut outputs = Vec::new();
        let mut cursor = None;
        loop {
            let filter = ItemFilter { cursor, limit: Some(if list { MAXIMUM_LIMIT } else { 1 }) };
            let page = self.parts.runs.items(caller, run, step, filter).await?;
            for item in page.items {
                if item.output.is_none() && item.output_bytes.is_some() {
                    let detail =
                        format!("`{step}` gave more than can be handed on to another run. Retry the run from the failed step instead.");
                    return Err(Problem::new(Code::NoOtherWay, detail));
                }
                outputs.push(item.output.unwrap_or(Value::Null));
            }
            cursor = page.next_cursor;
            if cursor.is_none() || !list {
                break;
            }
        }
        Ok(if list { Value::Array(outputs) } else { outputs.into_iter().next().unwrap_or(Value::Null) })
    }
}

/// Baton itself, in the project of a plan.
fn baton_of(head: &JournalHead) -> Caller {
    Caller { project: head.project, ..Caller::system() }
}

/// The steps of a document that come after one of them, by their ids.
fn after(text: &str, step: &str) -> BTreeSet<String> {
    let plan = baton_workflow::parse(text).ok().and_then(|workflow| Plan::of(workflow).ok());
    let Some((plan, place)) = plan.and_then(|plan| plan.graph.place(step).map(|place| (plan, place))) else {
        return BTreeSet::new();
    };
    plan.graph.after(&[place]).into_iter().filter_map(|place| plan.workflow.steps.get(place)).map(|step| step.id.clone()).collect()
}
