//! What do people and programs ask of recordings?

use async_trait::async_trait;
use baton_domain::id::{ProjectId, RunId};
use baton_domain::problem::{Code, Problem};
use baton_domain::services::{Answer, ReplayService};
use baton_domain::user::{Caller, Permission};
use baton_domain::wire::replay::{
    DifferenceView, MAXIMUM_SHOWN_RECORDING_BYTES, MAXIMUM_SHOWN_STEPS, RecordedCallKind, RecordedCallView, RecordedStepView,
    ReplayDivergence, ReplayReport, RunRecording,
};
use baton_domain::wire::run::RunDiff;
use baton_negotiation::replay::{CallKind, Divergence, Recording, Step};

use super::Replays;
use super::assemble::Most;
use super::drive::Parted;
use super::stored::Stored;
use super::tally::{ReplayBounds, Tally};
use crate::record::broken;
use crate::work::json_bytes;

/// How many replays a server makes at once, of all projects.
const AT_ONCE: usize = 2;

/// The most of a recording that is shown.
const SHOWN: Most = Most {
    steps: MAXIMUM_SHOWN_STEPS,
    bytes: MAXIMUM_SHOWN_RECORDING_BYTES,
    advice: " More is not shown: replay it, or ask for the runs of its steps.",
};

/// A replay of a project that is under way.
struct Turn<'a> {
    replays: &'a Replays,
    project: ProjectId,
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.replays.under_way.lock().remove(&self.project);
    }
}

impl Replays {
    /// Goes through a run again within these bounds, whoever asks.
    ///
    /// # Errors
    /// As [`ReplayService::replay`], but for one at a time.
    pub async fn replay_within(&self, id: RunId, bounds: ReplayBounds) -> Result<ReplayReport, Problem> {
        let run = self.stored(id).await?;
        self.go_through(&run, bounds).await
    }

    async fn go_through(&self, run: &Stored, bounds: ReplayBounds) -> Result<ReplayReport, Problem> {
        let clock = std::sync::Arc::clone(&self.parts.clock);
        let mut tally = Tally::new(bounds, &*clock);
        let divergence = match self.drive(&mut tally, run, "", 0).await {
            Ok(()) => None,
            Err(Parted::Here(divergence)) => Some(shown(&divergence)),
            Err(Parted::Failed(problem)) => return Err(problem),
        };
        Ok(ReplayReport {
            run: run.id,
            workflow: run.summary.workflow.clone(),
            version: run.summary.version,
            equal: divergence.is_none(),
            steps: tally.steps,
            rehearsed: tally.rehearsed,
            calls: tally.calls,
            took_ms: u64::try_from(tally.took().as_millis()).unwrap_or(u64::MAX),
            taken_count: tally.taken_count,
            taken: tally.taken,
            divergence,
        })
    }

    fn turn(&self, project: ProjectId) -> Result<Turn<'_>, Problem> {
        let mut under_way = self.under_way.lock();
        if under_way.len() >= AT_ONCE || !under_way.insert(project) {
            let detail = "Another replay is under way. Ask again when it has ended.";
            return Err(Problem::new(Code::ReplayBusy, detail).retry_after(5));
        }
        Ok(Turn { replays: self, project })
    }
}

#[async_trait]
impl ReplayService for Replays {
    async fn recording(&self, caller: &Caller, id: RunId) -> Answer<RunRecording> {
        caller.require(Permission::Read)?;
        self.summary_for(caller, id).await?;
        let _turn = self.comparing.acquire().await.map_err(broken)?;
        let run = self.stored(id).await?;
        let Recording { steps } = self.record_of(&run, SHOWN).await?;
        // What stands for something may be longer than it.
        let values = steps.iter().flat_map(|step| {
            let calls = step.calls.iter().flat_map(|call| [&call.request, &call.answer]);
            calls.chain([&step.input, &step.outcome]).flatten()
        });
        SHOWN.check(steps.len(), values.map(json_bytes).sum())?;
        let steps = steps.into_iter().map(step_view).collect();
        Ok(RunRecording { run: id, workflow: run.summary.workflow, version: run.summary.version, steps })
    }

    async fn replay(&self, caller: &Caller, id: RunId) -> Answer<ReplayReport> {
        caller.require(Permission::Work)?;
        self.summary_for(caller, id).await?;
        // A run is read only by whoever may go on with it: it may be large.
        let _turn = self.turn(caller.project)?;
        let run = self.stored(id).await?;
        self.go_through(&run, self.bounds).await
    }

    async fn diff(&self, caller: &Caller, id: RunId, with: RunId) -> Answer<RunDiff> {
        self.compare_runs(caller, id, with).await
    }
}

fn step_view(step: Step) -> RecordedStepView {
    let Step { path, after, input_hash, input, calls, outcome_hash, outcome } = step;
    let calls = calls.into_iter().map(|call| RecordedCallView {
        kind: match call.kind {
            CallKind::Model => RecordedCallKind::Model,
            CallKind::Embedding => RecordedCallKind::Embedding,
            CallKind::Tool => RecordedCallKind::Tool,
            CallKind::Skill => RecordedCallKind::Skill,
        },
        name: call.name,
        request_hash: call.request_hash,
        answer_hash: call.answer_hash,
        request: call.request,
        answer: call.answer,
    });
    RecordedStepView { path, after, input_hash, input, calls: calls.collect(), outcome_hash, outcome }
}

fn shown(divergence: &Divergence) -> ReplayDivergence {
    let problem = divergence.problem();
    let differences = divergence.differences.iter().map(|difference| DifferenceView {
        pointer: difference.pointer.clone(),
        recorded: difference.left.clone(),
        now: difference.right.clone(),
    });
    ReplayDivergence { step: divergence.step.clone(), code: problem.code, message: problem.detail, differences: differences.collect() }
}
