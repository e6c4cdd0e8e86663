//! What runs ask people for: the open ones first, and what was decided.

mod approval;

use baton_domain::page::Page;
use baton_domain::task::TaskState;
use baton_domain::wire::approval::{ApprovalFilter, ApprovalState, ApprovalSummary};
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;
use leptos_router::params::ParamsMap;

pub(crate) use self::approval::Approval;
use crate::components::button::Kind;
use crate::components::card::Card;
use crate::components::empty::Empty;
use crate::components::loaded::loaded;
use crate::components::mark::{Mark, MarkPill};
use crate::components::page_head::PageHead;
use crate::components::table::{CELL, Column, QUIET, Table};
use crate::components::times::RelativeTime;
use crate::live::{Fresh, LiveEvent};
use crate::page_data::PageData;
use crate::reactive::memo;
use crate::server_fns::{Called, approvals};

/// The inbox of approvals.
#[component]
pub(crate) fn Approvals() -> impl IntoView {
    let query = use_query_map();
    let filter = memo(move |_| query.with(filter));
    let data = PageData::new(move || filter.get(), read);
    view! {
        <PageHead title="Approvals"/>
        {loaded(data, |(filter, page)| view! { <Content filter page/> })}
    }
    .into_any()
}

async fn read(filter: ApprovalFilter) -> Called<(ApprovalFilter, Page<ApprovalSummary>)> {
    let page = approvals::list(filter.clone()).await?;
    Ok((filter, page))
}

fn filter(query: &ParamsMap) -> ApprovalFilter {
    let text = |name| query.get(name).map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
    let open = match text("show").as_deref() {
        Some("closed") => Some(false),
        Some("all") => None,
        _ => Some(true),
    };
    ApprovalFilter { open, run: text("run").and_then(|id| id.parse().ok()), cursor: text("cursor"), limit: None }
}

/// What stands in the address for which are shown.
const fn shown(open: Option<bool>) -> &'static str {
    match open {
        Some(true) => "open",
        Some(false) => "closed",
        None => "all",
    }
}

fn address(filter: &ApprovalFilter, open: Option<bool>, cursor: Option<&str>) -> String {
    let mut query = ParamsMap::new();
    query.insert("show", shown(open).to_owned());
    if let Some(run) = filter.run {
        query.insert("run", run.to_string());
    }
    if let Some(cursor) = cursor {
        query.insert("cursor", cursor.to_owned());
    }
    format!("/approvals{}", query.to_query_string())
}

/// How an approval stands.
fn mark(state: ApprovalState) -> Mark {
    let look = match state {
        ApprovalState::Open => TaskState::Waiting,
        ApprovalState::Approved => TaskState::Completed,
        ApprovalState::Refused => TaskState::Rejected,
        ApprovalState::Expired => TaskState::TimedOut,
        ApprovalState::Withdrawn => TaskState::Canceled,
    };
    Mark::new(look, state.as_str())
}

/// Who may decide, in words.
fn who_may(approval: &ApprovalSummary) -> String {
    if approval.who.is_empty() {
        return format!("anybody who may work here but {}", others(approval));
    }
    let names: Vec<String> = approval
        .who
        .iter()
        .map(|who| match who.strip_prefix("role:") {
            Some(role) => format!("whoever has the role {}", role.trim()),
            None => who.clone(),
        })
        .collect();
    format!("{}; not {}", names.join(", "), others(approval))
}

/// Who may not, because they asked.
fn others(approval: &ApprovalSummary) -> String {
    match &approval.retried_by {
        Some(retried) if *retried != approval.requested_by => format!("{} and {retried}", approval.requested_by),
        _ => approval.requested_by.clone(),
    }
}

#[component]
fn Content(filter: ApprovalFilter, page: Page<ApprovalSummary>) -> impl IntoView {
    let again = filter.clone();
    let concerns = |event: &LiveEvent| event.subject.starts_with("approval:");
    let fresh = Fresh::new((filter.clone(), page), |(_, page)| page.as_of, concerns, move || read(again.clone()));
    let tabs: Vec<_> = [(Some(true), "Open"), (Some(false), "Closed"), (None, "All")]
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
            let text = if only_open { "Nothing waits for anybody's approval." } else { "There is no such approval." };
            return view! { <Empty text/> }.into_any();
        }
        let rows: Vec<_> = page.items.into_iter().map(row).collect();
        let columns = vec![
            Column::Text("State"),
            Column::Text("What is asked"),
            Column::Roomy("Who may decide"),
            Column::Text("Asked"),
            Column::Text("Until"),
        ];
        view! { <Table label="Approvals" columns test_id="approvals">{rows}</Table> }.into_any()
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
            <nav class="flex gap-1" aria-label="Which approvals">
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

fn row(approval: ApprovalSummary) -> AnyView {
    let who = who_may(&approval);
    let until = match approval.decided_at {
        Some(at) => {
            let by = approval.decided_by.clone().map(|by| format!(" by {by}")).unwrap_or_default();
            view! { <RelativeTime at/> {by} }.into_any()
        }
        None => view! { <RelativeTime at=approval.expires_at/> }.into_any(),
    };
    view! {
        <tr class="hover:bg-sunken" data-testid="approval-row" data-id=approval.id.to_string() data-state=approval.state.as_str()>
            <td class=CELL>
                <MarkPill mark=Signal::stored(mark(approval.state))/>
            </td>
            <th scope="row" class=format!("{CELL} max-w-96 text-left font-normal")>
                <a class="line-clamp-2 font-medium hover:underline" href=format!("/approvals/{}", approval.id)>
                    {approval.title}
                </a>
                <span class="block truncate text-12 text-muted">{format!("{}, step {}", approval.workflow, approval.step)}</span>
            </th>
            <td class=format!("{CELL} max-w-80 text-soft max-phone:hidden")>{who}</td>
            <td class=QUIET>
                <RelativeTime at=approval.asked_at/>
                {format!(" by {}", approval.requested_by)}
            </td>
            <td class=QUIET>{until}</td>
        </tr>
    }
    .into_any()
}
