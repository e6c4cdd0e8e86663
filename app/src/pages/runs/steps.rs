//! The steps of a run as a table: the same as the graph, for reading.

use baton_domain::wire::run::{StepView, StepWait, WaitsFor};
use leptos::prelude::*;

use super::run::{Asked, Data};
use crate::components::card::Card;
use crate::components::mark::MarkPill;
use crate::components::run_table::step_mark;
use crate::components::table::{CELL, Column, Table};
use crate::components::times::{Elapsed, RelativeTime};
use crate::reactive::memo;

/// The table.
#[component]
pub(super) fn Steps(data: RwSignal<Data>) -> impl IntoView {
    let steps = memo(move |_| data.with(|data| data.run.steps.clone()));
    let asked = memo(move |_| data.with(|data| data.asked.clone()));
    let rows = move || {
        let asked = asked.get();
        steps.get().into_iter().map(|step| row(step, &asked)).collect_view()
    };
    let columns = ["State", "Step", "Waits for", "Took", "Done by"].map(Column::Text).to_vec();
    view! {
        <Card title="Steps" flush=true>
            <Table label="Steps" columns test_id="steps">
                {rows}
            </Table>
        </Card>
    }
    .into_any()
}

fn row(step: StepView, asked: &Asked) -> AnyView {
    let mark = step_mark(&step);
    let state = mark.state;
    let current = (asked.step.as_deref() == Some(step.id.as_str())).then_some("true");
    let error = step
        .error
        .clone()
        .map(|error| view! { <span class="block break-words text-12 text-danger">{format!("{} {}", error.code, error.message)}</span> });
    let uses = step.uses.clone();
    view! {
        <tr class="hover:bg-sunken" data-testid="step-row" data-id=step.id.clone() data-state=state>
            <td class=CELL>
                <MarkPill mark=Signal::stored(mark)/>
            </td>
            <th scope="row" class=format!("{CELL} max-w-60 text-left font-normal")>
                <a
                    class="block truncate font-medium hover:underline aria-[current=true]:text-accent"
                    href=asked.address(Some(&step.id), None)
                    aria-current=current
                    data-noscroll=""
                >
                    {step.label.clone()}
                </a>
                <span class="block truncate font-mono text-12 text-muted">{uses}</span>
                {step.copied_from.is_some().then(|| view! { <span class="block text-12 text-muted">"kept from the run that was forked"</span> })}
                {error}
            </th>
            <td class=format!("{CELL} text-soft")>{step.waits.clone().map(waits)}</td>
            <td class=format!("{CELL} text-soft")>
                <Elapsed from=step.started_at to=step.ended_at.or(step.started_at.is_none().then_some(step.asked_at).flatten())/>
            </td>
            <td class=CELL>{work(&step)}</td>
        </tr>
    }
    .into_any()
}

/// What a step waits for, in words.
pub(super) fn waits(wait: StepWait) -> AnyView {
    let names = wait.names.join(", ");
    let words = match wait.kind {
        WaitsFor::Steps if names.is_empty() => "other steps".to_owned(),
        WaitsFor::Steps => names,
        WaitsFor::Approval => "approval".to_owned(),
        WaitsFor::Work => "what it has begun".to_owned(),
        WaitsFor::Signal => format!("the signal {names}"),
        WaitsFor::Time => "its time".to_owned(),
        WaitsFor::Resumption => "the run to go on".to_owned(),
    };
    let until = wait.until.map(|at| view! { <span class="text-12 text-muted">", until " <RelativeTime at/></span> });
    view! { <span class="break-words">{words} {until}</span> }.into_any()
}

/// Where the work of a step that has one piece is done.
pub(super) fn work(step: &StepView) -> Option<AnyView> {
    let item = step.item.as_ref()?;
    let (href, words) = if let Some(task) = item.task {
        (format!("/tasks/{task}"), "task")
    } else if let Some(run) = item.run {
        (format!("/runs/{run}"), "run")
    } else {
        (format!("/decisions/{}", item.decision?), "decision")
    };
    Some(
        view! {
            <a class="text-accent hover:underline" href=href>
                {words}
                <span class="sr-only">{format!(" of {}", step.label)}</span>
            </a>
        }
        .into_any(),
    )
}
