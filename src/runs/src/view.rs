//! What are people shown of a run?

use baton_domain::id::{DecisionId, RunId, TaskId};
use baton_domain::wire::run::{
    ItemState, ItemView, MAXIMUM_SHOWN_BYTES, RunError, RunFork, RunLimits, RunState, RunSummary, SignalView, StepChange, StepCounts,
    StepState, StepView, StepWait, WaitsFor,
};
use baton_domain::wire::workflow::{GraphPoint, WorkflowEdge, WorkflowGraph, WorkflowNode};
use baton_workflow::Plan;
use baton_workflow::document::{Action, Limits, Step};
use baton_workflow::run::{self as core, Header, ItemRow, SignalRow, StepRow};
use baton_workflow::view::view;
use serde_json::Value;
use uuid::Uuid;

use crate::live::Live;
use crate::record::Opening;
use crate::work::json_bytes;

/// The graph of a plan, laid out for drawing.
pub(crate) fn graph_of(plan: &Plan) -> WorkflowGraph {
    let drawn = view(&plan.workflow, &plan.graph);
    let place = |place: usize| u32::try_from(place).unwrap_or(u32::MAX);
    WorkflowGraph {
        nodes: drawn
            .nodes
            .into_iter()
            .map(|node| WorkflowNode {
                id: node.id,
                label: node.label,
                kind: node.kind.to_owned(),
                uses: node.uses,
                foreach: node.foreach,
                approve: node.approve,
                conditional: node.conditional,
                layer: node.layer,
                x: node.x,
            })
            .collect(),
        edges: drawn
            .edges
            .into_iter()
            .map(|edge| WorkflowEdge {
                from: place(edge.from),
                to: place(edge.to),
                on_failure: edge.on_failure,
                implied: edge.implied,
                points: edge.points.into_iter().map(|(layer, x)| GraphPoint { layer, x }).collect(),
            })
            .collect(),
        layers: drawn.layers,
        width: drawn.width,
        crossings: drawn.crossings,
    }
}

pub(crate) const fn run_state(state: core::RunState) -> RunState {
    match state {
        core::RunState::Running => RunState::Running,
        core::RunState::Paused => RunState::Paused,
        core::RunState::Stopping => RunState::Stopping,
        core::RunState::Completed => RunState::Completed,
        core::RunState::Failed => RunState::Failed,
        core::RunState::Canceled => RunState::Canceled,
    }
}

const fn step_state(state: core::StepState) -> StepState {
    match state {
        core::StepState::Pending => StepState::Pending,
        core::StepState::Approving => StepState::Approving,
        core::StepState::Running => StepState::Running,
        core::StepState::Stopping => StepState::Stopping,
        core::StepState::Completed => StepState::Completed,
        core::StepState::Failed => StepState::Failed,
        core::StepState::Skipped => StepState::Skipped,
        core::StepState::Canceled => StepState::Canceled,
    }
}

const fn item_state(state: core::ItemState) -> ItemState {
    match state {
        core::ItemState::Waiting => ItemState::Waiting,
        core::ItemState::Running => ItemState::Running,
        core::ItemState::Completed => ItemState::Completed,
        core::ItemState::Failed => ItemState::Failed,
        core::ItemState::Canceled => ItemState::Canceled,
    }
}

pub(crate) fn error_of(error: &core::StepError) -> RunError {
    RunError { code: error.code.clone(), message: error.message.clone() }
}

pub(crate) fn cost(micros: u64) -> f64 {
    micros as f64 / 1e6
}

/// What a run was forked from.
pub(crate) fn forked_from(opening: &Opening) -> Option<RunFork> {
    let from = opening.beginning.forked_from.as_ref()?;
    Some(RunFork { run: from.run.parse().ok()?, step: from.step.clone() })
}

/// What a run changed of those that it was forked from; what is long is left out.
pub(crate) fn changes_of(opening: &Opening) -> Vec<StepChange> {
    let shown = |value: &Value| (json_bytes(value) <= MAXIMUM_SHOWN_BYTES).then(|| value.clone());
    let change = |(step, change): (&String, &core::Change)| match change {
        core::Change::Input(value) => StepChange { step: step.clone(), input: shown(value), output: None },
        core::Change::Output(value) => StepChange { step: step.clone(), input: None, output: shown(value) },
    };
    opening.beginning.changes.iter().map(change).collect()
}

/// What lists show of a run.
pub(crate) fn summary_of(live: &Live, updated_at: baton_domain::time::Timestamp) -> RunSummary {
    let header = live.run.header();
    let mut steps = StepCounts::default();
    for row in live.run.steps() {
        steps.total += 1;
        match row.state {
            core::StepState::Running | core::StepState::Stopping => steps.running += 1,
            core::StepState::Approving => steps.approving += 1,
            core::StepState::Failed => steps.failed += 1,
            _ => {}
        }
        steps.ended += u32::from(row.state.is_ended());
    }
    let Opening { beginning, version, title, parent, .. } = &*live.opening;
    let forked_from = forked_from(&live.opening);
    RunSummary {
        id: live.id,
        project_id: live.project,
        workflow: beginning.workflow.clone(),
        version: *version,
        title: title.clone(),
        state: run_state(header.state),
        generation: header.generation,
        parent: parent.clone(),
        forked_from,
        steps,
        tasks: header.tasks,
        tokens: header.tokens,
        cost: cost(header.cost_micros),
        error: header.error.as_ref().map(error_of),
        created_at: beginning.started_at,
        updated_at,
        ended_at: header.ended_at,
        created_by: beginning.requested_by.clone(),
        retried_by: header.retried_by.clone(),
    }
}

/// What a step waits for.
fn wait_of(plan: &Plan, paused: bool, ended: Ended<'_>, place: usize, said: &Step, row: &StepRow) -> Option<StepWait> {
    let after = |from: Option<baton_domain::time::Timestamp>, span: std::time::Duration| from.map(|from| from.plus(span));
    match row.state {
        core::StepState::Pending => {
            let open = |place: usize| plan.workflow.steps.get(place).filter(|step| !ended(&step.id)).map(|step| step.id.clone());
            let names: Vec<String> = plan.graph.before(place).filter_map(open).collect();
            let kind = if names.is_empty() && paused { WaitsFor::Resumption } else { WaitsFor::Steps };
            Some(StepWait { kind, names, until: None })
        }
        core::StepState::Approving => {
            let until = said.approve.as_ref().and_then(|approve| after(row.asked_at, approve.expires.as_std()));
            Some(StepWait { kind: WaitsFor::Approval, names: Vec::new(), until })
        }
        core::StepState::Running | core::StepState::Stopping => {
            let (kind, names, span) = match &said.action {
                Action::Signal { name, timeout, .. } => (WaitsFor::Signal, vec![name.clone()], Some(*timeout)),
                Action::Delay(span) => (WaitsFor::Time, Vec::new(), Some(*span)),
                _ if row.running == 0 && paused => (WaitsFor::Resumption, Vec::new(), said.timeout),
                _ => (WaitsFor::Work, Vec::new(), said.timeout),
            };
            Some(StepWait { kind, names, until: span.and_then(|span| after(row.started_at, span.as_std())) })
        }
        _ => None,
    }
}

/// Whether a step has ended.
pub(crate) type Ended<'a> = &'a dyn Fn(&str) -> bool;

/// A step, without its item, of a run that is paused or not.
pub(crate) fn step_view(plan: &Plan, paused: bool, ended: Ended<'_>, place: usize, row: &StepRow) -> Option<StepView> {
    let said = plan.workflow.steps.get(place)?;
    let (kind, uses) = match &said.action {
        Action::Skill(skill) => ("skill", Some(skill.name.clone())),
        Action::Workflow(workflow) => ("workflow", Some(workflow.name.clone())),
        Action::Decide => ("decide", None),
        Action::Signal { .. } => ("signal", None),
        Action::Delay(_) => ("delay", None),
        Action::Approve => ("approve", None),
    };
    Some(StepView {
        id: said.id.clone(),
        label: said.title.clone().unwrap_or_else(|| said.id.clone()),
        kind: kind.to_owned(),
        uses,
        state: step_state(row.state),
        generation: row.generation,
        foreach: said.foreach.is_some(),
        count: row.count,
        running: row.running,
        completed: row.completed,
        failed: row.failed,
        waits: wait_of(plan, paused, ended, place, said, row),
        decided_by: row.decided_by.clone(),
        comment: row.comment.clone(),
        asked_at: row.asked_at,
        started_at: row.started_at,
        ended_at: row.ended_at,
        error: row.error.as_ref().map(error_of),
        copied_from: row.copied.as_ref().and_then(|run| run.parse().ok()),
        item: None,
    })
}

/// What a step's items are, by its document.
pub(crate) fn identified(said: Option<&Step>, view: &mut ItemView, id: Option<Uuid>) {
    let Some(id) = id else {
        return;
    };
    match said {
        Some(Step { decide: Some(_), .. }) => view.decision = Some(DecisionId::new(id)),
        Some(Step { action: Action::Workflow(_), .. }) => view.run = Some(RunId::new(id)),
        _ => view.task = Some(TaskId::new(id)),
    }
}

/// An item; a long output is left out.
pub(crate) fn item_view(said: Option<&Step>, item: ItemRow, id: Option<Uuid>) -> ItemView {
    let bytes = item.output.as_ref().map_or(0, json_bytes);
    let long = bytes > MAXIMUM_SHOWN_BYTES;
    let mut view = ItemView {
        index: item.index,
        generation: item.generation,
        state: item_state(item.state),
        output: item.output.filter(|_| !long),
        output_bytes: long.then_some(bytes as u64),
        error: item.error.as_ref().map(error_of),
        task: None,
        run: None,
        decision: None,
    };
    identified(said, &mut view, id);
    view
}

pub(crate) fn signal_view(signal: SignalRow) -> SignalView {
    SignalView { id: signal.id, name: signal.name, payload: signal.payload, taken_by: signal.taken_by }
}

pub(crate) fn limits_of(limits: &Limits) -> RunLimits {
    RunLimits {
        steps: limits.steps,
        tasks: limits.tasks,
        duration_ms: limits.duration.as_millis(),
        tokens: limits.tokens,
        cost: limits.cost_micros.map(cost),
    }
}

/// The kind of the event of a change from one state to another.
pub(crate) fn event_kind(before: core::RunState, header: &Header) -> &'static str {
    if before == header.state {
        return "run.changed";
    }
    match header.state {
        core::RunState::Paused => "run.paused",
        // Of a pause, or begun anew after it had ended.
        core::RunState::Running if before == core::RunState::Paused || before.is_ended() => "run.resumed",
        core::RunState::Completed => "run.completed",
        core::RunState::Failed => "run.failed",
        core::RunState::Canceled => "run.canceled",
        _ => "run.changed",
    }
}

/// A short word for a value of a row.
pub(crate) fn output_of(header: &Header) -> Value {
    header.outputs.clone().unwrap_or(Value::Null)
}
