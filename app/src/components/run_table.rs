//! How are runs listed, and how is it said how a run or a step of it stands?

use baton_domain::task::TaskState;
use baton_domain::wire::run::{RunState, RunSummary, StepState, StepView, WaitsFor};
use leptos::prelude::*;

use super::mark::{Mark, MarkPill};
use super::table::{CELL, Column, QUIET, Table};
use super::times::{Elapsed, RelativeTime};
use crate::format;

/// How a run stands.
#[must_use]
pub fn run_mark(run: &RunSummary) -> Mark {
    let state = run.state.as_str();
    match run.state {
        RunState::Running if run.steps.approving > 0 => Mark::new(TaskState::Waiting, state).saying("waits for approval"),
        RunState::Running => Mark::new(TaskState::Running, state),
        RunState::Paused => Mark::new(TaskState::Paused, state),
        RunState::Stopping => Mark::new(TaskState::Canceled, state),
        RunState::Completed => Mark::new(TaskState::Completed, state),
        RunState::Failed => Mark::new(TaskState::Failed, state),
        RunState::Canceled => Mark::new(TaskState::Canceled, state),
    }
}

/// How a step stands.
#[must_use]
pub fn step_mark(step: &StepView) -> Mark {
    let state = step.state.as_str();
    let waits = step.waits.as_ref();
    let of = |count: u32| format!("{} of {}", format::count(count.into()), format::count(step.count.into()));
    match step.state {
        StepState::Pending if waits.is_some_and(|wait| wait.kind == WaitsFor::Resumption) => {
            Mark::new(TaskState::Paused, state).saying("paused")
        }
        StepState::Pending => Mark::new(TaskState::Queued, state).saying("not begun"),
        StepState::Approving => Mark::new(TaskState::Waiting, state).saying("waits for approval"),
        StepState::Running => match waits.map(|wait| wait.kind) {
            Some(WaitsFor::Signal) => Mark::new(TaskState::Waiting, state).saying("waits for a signal"),
            Some(WaitsFor::Time) => Mark::new(TaskState::Waiting, state).saying("waits for its time"),
            _ if step.foreach => Mark::new(TaskState::Running, state).saying(format!("running, {}", of(step.completed + step.failed))),
            _ => Mark::new(TaskState::Running, state),
        },
        StepState::Stopping => Mark::new(TaskState::Canceled, state),
        StepState::Completed if step.foreach && step.failed > 0 => {
            Mark::new(TaskState::Completed, state).saying(format!("completed, {} failed", format::count(step.failed.into())))
        }
        StepState::Completed if step.foreach => {
            Mark::new(TaskState::Completed, state).saying(format!("completed, {}", format::count(step.completed.into())))
        }
        StepState::Completed => Mark::new(TaskState::Completed, state),
        StepState::Failed if step.foreach && step.failed > 0 => {
            Mark::new(TaskState::Failed, state).saying(format!("failed, {}", of(step.failed)))
        }
        StepState::Failed => Mark::new(TaskState::Failed, state),
        StepState::Skipped => Mark::new(TaskState::Canceled, state).saying("skipped"),
        StepState::Canceled => Mark::new(TaskState::Canceled, state),
    }
}

/// A table of runs.
#[component]
pub fn RunTable(
    /// The runs, as they stand in the table.
    #[prop(into)]
    runs: Signal<Vec<RunSummary>>,
    /// What the table lists.
    label: &'static str,
    /// Whether there is little room.
    #[prop(optional)]
    narrow: bool,
) -> impl IntoView {
    let roomy = ["Steps", "By"].map(Column::Roomy).into_iter().filter(|_| !narrow);
    let columns =
        ["State", "Run"].map(Column::Text).into_iter().chain(roomy).chain(["Took", "Begun"].map(Column::Text)).collect::<Vec<_>>();
    view! {
        <Table label columns test_id="runs">
            <For
                each=move || runs.get()
                // A run that has changed is another row: what it shows is drawn once.
                key=|run| (run.id, run.updated_at, run.state, run.steps.ended)
                let(run)
            >
                <Row run narrow/>
            </For>
        </Table>
    }
    .into_any()
}

#[component]
fn Row(run: RunSummary, narrow: bool) -> impl IntoView {
    let (id, state) = (run.id, run.state.as_str());
    let note = note(&run);
    view! {
        <tr class="hover:bg-sunken" data-testid="run-row" data-id=id.to_string() data-state=state>
            <td class=CELL>
                <MarkPill mark=Signal::stored(run_mark(&run))/>
            </td>
            <th scope="row" class=format!("{CELL} max-w-80 text-left font-normal")>
                <a class="block truncate font-medium hover:underline" href=format!("/runs/{id}")>
                    {run.title}
                </a>
                <span class="block truncate font-mono text-12 text-muted">
                    {format!("{} {} {}{note}", run.workflow, run.version, format::short_id(&id))}
                </span>
            </th>
            {(!narrow)
                .then(|| {
                    view! {
                        <td class=format!("{CELL} max-phone:hidden whitespace-nowrap tabular-nums text-soft")>
                            {format!("{} of {}", run.steps.ended, run.steps.total)}
                        </td>
                        <td class=format!("{CELL} max-phone:hidden text-soft")>{run.created_by}</td>
                    }
                })}
            <td class=format!("{CELL} text-soft")>
                <Elapsed from=Some(run.created_at) to=run.ended_at/>
                {run.ended_at.is_none().then_some(" so far")}
            </td>
            <td class=QUIET>
                <RelativeTime at=run.created_at/>
            </td>
        </tr>
    }
    .into_any()
}

/// What there is to know beyond the state.
fn note(run: &RunSummary) -> String {
    if let Some(error) = &run.error {
        return format!(" {}", error.code);
    }
    if run.parent.is_some() {
        return " part of another run".to_owned();
    }
    if run.generation > 1 { format!(" try {}", run.generation) } else { String::new() }
}
