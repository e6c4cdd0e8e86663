//! How tasks are listed: a row a task, which changes in its place.

use baton_domain::wire::task::TaskSummary;
use leptos::prelude::*;

use super::pill::{StatePill, state_word, wait_word};
use super::table::{CELL, Column, QUIET, Table};
use super::times::{Elapsed, RelativeTime};
use crate::format;
use crate::reactive::memo;

/// A table of live rows.
#[component]
pub fn TaskTable(
    /// The rows, as they stand in the table.
    #[prop(into)]
    rows: Signal<Vec<ArcRwSignal<TaskSummary>>>,
    /// What the table lists.
    label: &'static str,
    /// Whether agent and attempt are left out, where there is little room.
    #[prop(optional)]
    narrow: bool,
) -> impl IntoView {
    let roomy = ["Priority", "Agent"].map(Column::Roomy).into_iter().filter(|_| !narrow);
    let columns =
        ["State", "Task"].map(Column::Text).into_iter().chain(roomy).chain(["Took", "Submitted"].map(Column::Text)).collect::<Vec<_>>();
    view! {
        <Table label columns>
            <For each=move || rows.get() key=|row| row.with_untracked(|task| task.id) let(row)>
                <Row task=row narrow/>
            </For>
        </Table>
    }
    .into_any()
}

#[component]
fn Row(task: ArcRwSignal<TaskSummary>, narrow: bool) -> impl IntoView {
    let task = RwSignal::from(task);
    let id = task.with_untracked(|task| task.id);
    let (title, skill, created_at, priority) =
        task.with_untracked(|task| (task.title.clone(), task.skill.clone(), task.created_at, task.priority.word()));
    let state = memo(move |_| task.with(|task| task.state));
    let from = memo(move |_| task.with(|task| task.started_at));
    let to = memo(move |_| task.with(|task| task.finished_at));
    let agent = move || task.with(|task| task.agent.as_ref().map_or_else(|| "–".to_owned(), |agent| agent.name.clone()));
    view! {
        <tr class="animate-enter hover:bg-sunken" data-testid="task-row" data-id=id.to_string() data-state=move || state.get().as_str()>
            <td class=CELL>
                <StatePill state=state/>
            </td>
            <th scope="row" class=format!("{CELL} max-w-80 text-left font-normal")>
                <a class="block truncate font-medium hover:underline" href=format!("/tasks/{id}")>
                    {title}
                </a>
                <span class="block truncate font-mono text-12 text-muted">
                    {skill} " " {format::short_id(&id)} {move || task.with(note)}
                </span>
            </th>
            {(!narrow)
                .then(|| {
                    view! {
                        <td class=format!("{CELL} max-phone:hidden text-soft")>{priority}</td>
                        <td class=format!("{CELL} max-phone:hidden text-soft")>{agent}</td>
                    }
                })}
            <td class=format!("{CELL} text-soft")>
                <Elapsed from to/>
            </td>
            <td class=QUIET>
                <RelativeTime at=created_at/>
            </td>
        </tr>
    }
    .into_any()
}

/// What there is to know beyond the state.
fn note(task: &TaskSummary) -> String {
    if let Some(failure) = &task.failure {
        return format!(" {}", failure.code);
    }
    if task.cancel_requested_at.is_some() && !task.state.is_terminal() {
        return " cancelling".to_owned();
    }
    if task.pause_requested_at.is_some() {
        return " pausing".to_owned();
    }
    if let Some(kind) = task.wait_kind {
        return format!(" waits for {}", wait_word(kind));
    }
    if task.attempt > 1 && !task.state.is_terminal() {
        return format!(" attempt {} of {}, {}", task.attempt, task.maximum_attempts, state_word(task.state));
    }
    String::new()
}
