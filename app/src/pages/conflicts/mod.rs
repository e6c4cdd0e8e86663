//! Changes that disagree: what waits for somebody first, and what was settled.

mod claims;
mod conflict;
mod lines;
mod store;

use baton_domain::page::Page;
use baton_domain::task::TaskState;
use baton_domain::wire::conflict::{ConflictChoice, ConflictFilter, ConflictState, ConflictView};
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;
use leptos_router::params::ParamsMap;

pub(crate) use self::claims::Claims;
pub(crate) use self::conflict::Conflict;
pub(crate) use self::lines::Lines;
use crate::components::button::Kind;
use crate::components::card::Card;
use crate::components::empty::Empty;
use crate::components::loaded::loaded;
use crate::components::mark::{Mark, MarkPill};
use crate::components::page_head::PageHead;
use crate::components::table::{CELL, Column, NUMBER, QUIET, Table};
use crate::components::times::RelativeTime;
use crate::format;
use crate::live::{Fresh, LiveEvent};
use crate::page_data::PageData;
use crate::reactive::memo;
use crate::server_fns::{Called, conflicts};

/// The inbox of conflicts.
#[component]
pub(crate) fn Conflicts() -> impl IntoView {
    let query = use_query_map();
    let filter = memo(move |_| query.with(filter));
    let data = PageData::new(move || filter.get(), read);
    view! {
        <PageHead
            title="Conflicts"
            actions=view! {
                <a class=Kind::Plain.class() href="/lines">
                    "Versions"
                </a>
                <a class=Kind::Plain.class() href="/claims">
                    "Claims"
                </a>
                <a class=Kind::Plain.class() href="/contracts">
                    "Contracts"
                </a>
            }
                .into_any()
        />
        {loaded(data, |(filter, page)| view! { <Content filter page/> })}
    }
    .into_any()
}

async fn read(filter: ConflictFilter) -> Called<(ConflictFilter, Page<ConflictView>)> {
    let page = conflicts::list(filter.clone()).await?;
    Ok((filter, page))
}

fn filter(query: &ParamsMap) -> ConflictFilter {
    let text = |name| query.get(name).map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
    let open = match text("show").as_deref() {
        Some("closed") => Some(false),
        Some("all") => None,
        _ => Some(true),
    };
    ConflictFilter { open, line: text("line"), cursor: text("cursor"), limit: None }
}

fn address(filter: &ConflictFilter, open: Option<bool>, cursor: Option<&str>) -> String {
    let mut query = ParamsMap::new();
    let shown = match open {
        Some(true) => "open",
        Some(false) => "closed",
        None => "all",
    };
    query.insert("show", shown.to_owned());
    for (name, value) in [("line", filter.line.as_deref()), ("cursor", cursor)] {
        if let Some(value) = value {
            query.insert(name, value.to_owned());
        }
    }
    format!("/conflicts{}", query.to_query_string())
}

/// How a conflict stands.
fn mark(conflict: &ConflictView) -> Mark {
    let state = conflict.state.as_str();
    match conflict.state {
        ConflictState::Open if conflict.escalated => Mark::new(TaskState::Waiting, state).saying("waits for a person"),
        ConflictState::Open => Mark::new(TaskState::Waiting, state),
        ConflictState::Voting => Mark::new(TaskState::Running, state).saying("voted on"),
        ConflictState::Resolved => Mark::new(TaskState::Completed, state),
        ConflictState::Dismissed => Mark::new(TaskState::Canceled, state),
    }
}

/// What was kept, in words.
const fn choice_words(choice: ConflictChoice) -> &'static str {
    match choice {
        ConflictChoice::Ours => "What is stored",
        ConflictChoice::Theirs => "The change",
        ConflictChoice::Merged => "Both, merged",
        ConflictChoice::Edited => "Something made of both",
    }
}

/// `1 place`, `3 places`.
fn places_words(places: u64) -> String {
    if places == 1 { "1 place".to_owned() } else { format!("{} places", format::count(places)) }
}

#[component]
fn Content(filter: ConflictFilter, page: Page<ConflictView>) -> impl IntoView {
    let again = filter.clone();
    let concerns = |event: &LiveEvent| event.subject.starts_with("conflict:");
    let fresh = Fresh::new((filter.clone(), page), |(_, page)| page.as_of, concerns, move || read(again.clone()));
    let tabs: Vec<_> = [(Some(true), "Open"), (Some(false), "Settled"), (None, "All")]
        .into_iter()
        .map(|(open, words)| {
            let current = (open == filter.open).then_some("page");
            view! {
                <a
                    class=format!("{} aria-[current=page]:bg-sunken aria-[current=page]:font-semibold", Kind::Quiet.class())
                    href=address(&filter, open, None)
                    aria-current=current
                >
                    {words}
                </a>
            }
        })
        .collect();
    let only_open = filter.open == Some(true);
    let rows = move || {
        let page = fresh.value().with(|(_, page)| page.clone());
        if page.items.is_empty() {
            let text = if only_open { "No change disagrees with another." } else { "There is no such conflict." };
            return view! { <Empty text/> }.into_any();
        }
        let rows: Vec<_> = page.items.into_iter().map(row).collect();
        let columns = vec![
            Column::Text("State"),
            Column::Text("Line"),
            Column::Number("Disagrees in"),
            Column::Text("Kept"),
            Column::Text("Change by"),
        ];
        view! { <Table label="Conflicts" columns test_id="conflicts">{rows}</Table> }.into_any()
    };
    let (first, older) = (filter.cursor.is_some().then(|| address(&filter, filter.open, None)), filter);
    let next = move || {
        let cursor = fresh.value().with(|(_, page)| page.next_cursor.clone());
        cursor.map(|cursor| {
            let href = address(&older, older.open, Some(&cursor));
            view! { <a class=Kind::Plain.class() href=href data-testid="next-page">"Older"</a> }
        })
    };
    view! {
        <div class="space-y-4">
            <nav class="flex gap-1" aria-label="Which conflicts">
                {tabs}
            </nav>
            <Card title="Newest first" flush=true>
                {rows}
            </Card>
            <nav class="flex justify-between gap-2" aria-label="Pages of the list">
                <span>{first.map(|href| view! { <a class=Kind::Plain.class() href=href>"Newest"</a> })}</span>
                <span>{next}</span>
            </nav>
        </div>
    }
    .into_any()
}

fn row(conflict: ConflictView) -> AnyView {
    let kept = match (conflict.choice, &conflict.because) {
        (Some(choice), _) => choice_words(choice).to_owned(),
        (None, Some(because)) => format!("dismissed: {because}"),
        (None, None) => "–".to_owned(),
    };
    view! {
        <tr class="hover:bg-sunken" data-testid="conflict-row" data-id=conflict.id.to_string() data-state=conflict.state.as_str()>
            <td class=CELL>
                <MarkPill mark=Signal::stored(mark(&conflict))/>
            </td>
            <th scope="row" class=format!("{CELL} max-w-96 text-left font-normal")>
                <a class="block truncate font-mono text-12 font-medium hover:underline" href=format!("/conflicts/{}", conflict.id)>
                    {conflict.line}
                </a>
            </th>
            <td class=NUMBER>{if conflict.clean { "nothing".to_owned() } else { places_words(conflict.places) }}</td>
            <td class=format!("{CELL} max-w-60 text-soft")>{kept}</td>
            <td class=QUIET>
                {conflict.by}
                ", "
                <RelativeTime at=conflict.opened_at/>
            </td>
        </tr>
    }
    .into_any()
}
