//! All decisions: what was asked, how it stands, and until when; filtered by the address, live.

mod ballots;
mod decision;
mod lab;
mod later;
mod open;
mod recounting;
mod story;
mod tally;
mod terms;
mod verdict;
mod voters;
mod words;
mod yours;

use baton_domain::page::Page;
use baton_domain::user::Permission;
use baton_domain::wire::decision::{DecisionFilter, DecisionState, DecisionSummary};
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;
use leptos_router::params::ParamsMap;

pub(crate) use self::decision::Decision;
pub(crate) use self::lab::Lab;
pub(crate) use self::open::OpenDecision;
use self::words::{mark, rule_words, said};
use crate::components::button::Kind;
use crate::components::card::Card;
use crate::components::empty::Empty;
use crate::components::loaded::loaded;
use crate::components::mark::MarkPill;
use crate::components::page_head::PageHead;
use crate::components::table::{CELL, Column, QUIET, Table};
use crate::components::times::RelativeTime;
use crate::live::{Fresh, LiveEvent};
use crate::page_data::PageData;
use crate::reactive::memo;
use crate::server_fns::{Called, decisions};
use crate::session::use_session;

/// The page of decisions.
#[component]
pub(crate) fn Decisions() -> impl IntoView {
    let query = use_query_map();
    let filter = memo(move |_| query.with(filter));
    let data = PageData::new(move || filter.get(), read);
    let may = use_session().may(Permission::Work);
    view! {
        <PageHead
            title="Decisions"
            actions=view! {
                <a class=Kind::Plain.class() href="/decisions/lab">
                    "Lab"
                </a>
                {may
                    .then(|| {
                        view! {
                            <a class=Kind::Primary.class() href="/decisions/new" data-testid="new-decision">
                                "Open a decision"
                            </a>
                        }
                    })}
            }
                .into_any()
        />
        {loaded(data, |(filter, page)| view! { <Content filter page/> })}
    }
    .into_any()
}

async fn read(filter: DecisionFilter) -> Called<(DecisionFilter, Page<DecisionSummary>)> {
    let page = decisions::list(filter.clone()).await?;
    Ok((filter, page))
}

fn filter(query: &ParamsMap) -> DecisionFilter {
    let text = |name| query.get(name).map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
    DecisionFilter { state: text("state").as_deref().and_then(DecisionState::parse), cursor: text("cursor"), limit: None }
}

fn address(state: Option<DecisionState>, cursor: Option<&str>) -> String {
    let mut query = ParamsMap::new();
    if let Some(state) = state {
        query.insert("state", state.as_str().to_owned());
    }
    if let Some(cursor) = cursor {
        query.insert("cursor", cursor.to_owned());
    }
    format!("/decisions{}", query.to_query_string())
}

/// Whether an event is about a decision.
fn of_decisions(event: &LiveEvent) -> bool {
    event.subject.starts_with("decision:")
}

#[component]
fn Content(filter: DecisionFilter, page: Page<DecisionSummary>) -> impl IntoView {
    let again = filter.clone();
    let fresh = Fresh::new((filter.clone(), page), |(_, page)| page.as_of, of_decisions, move || read(again.clone()));
    let state = filter.state;
    let tabs: Vec<_> = std::iter::once((None, "all"))
        .chain(DecisionState::ALL.iter().map(|state| (Some(*state), state.as_str())))
        .map(|(which, words)| {
            let current = (which == state).then_some("page");
            view! {
                <a
                    class=format!(
                        "{} first-letter:uppercase aria-[current=page]:bg-sunken aria-[current=page]:font-semibold",
                        Kind::Quiet.class(),
                    )
                    href=address(which, None)
                    aria-current=current
                >
                    {words}
                </a>
            }
        })
        .collect();
    let rows = move || {
        let page = fresh.value().with(|(_, page)| page.clone());
        if page.items.is_empty() {
            let text = if state.is_some() {
                "No decision is in this state."
            } else {
                "No decision yet. A workflow's step opens one with `decide`, a task does with `decide`, or you do."
            };
            return view! { <Empty text/> }.into_any();
        }
        let rows: Vec<_> = page.items.into_iter().map(row).collect();
        let columns = vec![
            Column::Text("State"),
            Column::Text("Question"),
            Column::Text("Answer"),
            Column::Roomy("Rule"),
            Column::Text("Opened"),
            Column::Text("Until"),
        ];
        view! { <Table label="Decisions" columns test_id="decisions">{rows}</Table> }.into_any()
    };
    let first = filter.cursor.is_some().then(|| address(state, None));
    let next = move || {
        let cursor = fresh.value().with(|(_, page)| page.next_cursor.clone());
        cursor.map(|cursor| view! { <a class=Kind::Plain.class() href=address(state, Some(&cursor)) data-testid="next-page">"Older"</a> })
    };
    view! {
        <div class="space-y-4">
            <nav class="flex flex-wrap gap-1" aria-label="Which decisions">
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

fn row(decision: DecisionSummary) -> AnyView {
    let answer = match &decision.verdict {
        Some(verdict) if verdict.answer_left_out => "too long for a list".to_owned(),
        Some(verdict) => verdict.answer.as_ref().map(said).unwrap_or_else(|| "–".to_owned()),
        None => "–".to_owned(),
    };
    view! {
        <tr class="hover:bg-sunken" data-testid="decision-row" data-id=decision.id.to_string() data-state=decision.state.as_str()>
            <td class=CELL>
                <MarkPill mark=Signal::stored(mark(&decision))/>
            </td>
            <th scope="row" class=format!("{CELL} max-w-96 text-left font-normal")>
                <a class="line-clamp-2 font-medium hover:underline" href=format!("/decisions/{}", decision.id)>
                    {decision.question}
                </a>
            </th>
            <td class=format!("{CELL} max-w-60")>
                <span class="line-clamp-2 break-words">{answer}</span>
            </td>
            <td class=format!("{CELL} text-soft max-phone:hidden")>{rule_words(&decision.rule)}</td>
            <td class=QUIET>
                <RelativeTime at=decision.opened_at/>
                {format!(" by {}", decision.created_by)}
            </td>
            <td class=QUIET>
                <RelativeTime at=decision.ended_at.unwrap_or(decision.deadline)/>
            </td>
        </tr>
    }
    .into_any()
}
