//! The items of a step that goes through a list, a page at a time.

use baton_domain::page::Page;
use baton_domain::task::TaskState;
use baton_domain::wire::run::{ItemState, ItemView};
use leptos::prelude::*;

use super::run::Asked;
use crate::components::button::Kind;
use crate::components::empty::Empty;
use crate::components::json_tree::JsonTree;
use crate::components::mark::{Mark, MarkPill};
use crate::components::table::{CELL, Column, NUMBER, Table};
use crate::format;

fn mark(state: ItemState) -> Mark {
    let look = match state {
        ItemState::Waiting => TaskState::Queued,
        ItemState::Running => TaskState::Running,
        ItemState::Completed => TaskState::Completed,
        ItemState::Failed => TaskState::Failed,
        ItemState::Canceled => TaskState::Canceled,
    };
    Mark::new(look, state.as_str())
}

/// A page of items.
pub(super) fn items(page: Page<ItemView>, asked: &Asked) -> AnyView {
    if page.items.is_empty() {
        return view! { <Empty text="No item of it has begun yet."/> }.into_any();
    }
    let step = asked.step.clone().unwrap_or_default();
    let first = asked.items.is_some().then(|| asked.address(Some(&step), None));
    let next = page.next_cursor.as_deref().map(|cursor| asked.address(Some(&step), Some(cursor)));
    let rows: Vec<_> = page.items.into_iter().map(row).collect();
    let columns = vec![Column::Number("Item"), Column::Text("State"), Column::Text("Output"), Column::Text("Done by")];
    view! {
        <Table label="Items" columns test_id="items">
            {rows}
        </Table>
        <nav class="flex justify-between gap-2 p-2" aria-label="Pages of the items">
            <span>{first.map(|href| view! { <a class=Kind::Quiet.class() href=href data-noscroll="">"First"</a> })}</span>
            <span>{next.map(|href| view! { <a class=Kind::Quiet.class() href=href data-noscroll="">"More"</a> })}</span>
        </nav>
    }
    .into_any()
}

fn row(item: ItemView) -> AnyView {
    let state = item.state.as_str();
    let number = item.index + 1;
    view! {
        <tr data-testid="item-row" data-index=item.index.to_string() data-state=state>
            <th scope="row" class=NUMBER>{format::count(number.into())}</th>
            <td class=CELL>
                <MarkPill mark=Signal::stored(mark(item.state))/>
            </td>
            <td class=format!("{CELL} min-w-40")>{outcome(&item)}</td>
            <td class=CELL>{leads_to(&item)}</td>
        </tr>
    }
    .into_any()
}

/// What came of an item, or why nothing did.
pub(super) fn outcome(item: &ItemView) -> Option<AnyView> {
    if let Some(error) = &item.error {
        return Some(
            view! { <span class="break-words text-12 text-danger">{format!("{} {}", error.code, error.message)}</span> }.into_any(),
        );
    }
    if let Some(bytes) = item.output_bytes {
        let words = format!("{} of output: too long to be shown here", format::bytes(bytes));
        return Some(view! { <span class="text-12 text-muted">{words}</span> }.into_any());
    }
    let output = item.output.clone()?;
    Some(view! { <JsonTree value=output/> }.into_any())
}

/// Where an item is done.
fn leads_to(item: &ItemView) -> AnyView {
    let links = [
        item.task.map(|task| (format!("/tasks/{task}"), "task")),
        item.run.map(|run| (format!("/runs/{run}"), "run")),
        item.decision.map(|decision| (format!("/decisions/{decision}"), "decision")),
    ];
    let number = item.index + 1;
    let links: Vec<_> = links
        .into_iter()
        .flatten()
        .map(|(href, words)| {
            view! {
                <a class="mr-2 text-accent hover:underline" href=href>
                    {words}
                    <span class="sr-only">{format!(" of item {number}")}</span>
                </a>
            }
        })
        .collect();
    links.into_any()
}
