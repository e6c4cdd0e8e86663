//! All plans: what was asked for, whether somebody has accepted it, and what became of it.

mod new;
mod plan;
mod why;

use baton_domain::page::Page;
use baton_domain::task::TaskState;
use baton_domain::user::Permission;
use baton_domain::wire::plan::{PlanFilter, PlanState, PlanSummary};
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;
use leptos_router::params::ParamsMap;

pub(crate) use self::new::NewPlan;
pub(crate) use self::plan::Plan;
use crate::components::button::Kind;
use crate::components::card::Card;
use crate::components::empty::Empty;
use crate::components::loaded::loaded;
use crate::components::mark::{Mark, MarkPill};
use crate::components::page_head::PageHead;
use crate::components::table::{CELL, CODE, Column, NUMBER, QUIET, Table};
use crate::components::times::RelativeTime;
use crate::live::{Fresh, LiveEvent};
use crate::page_data::PageData;
use crate::reactive::memo;
use crate::server_fns::{Called, plans};
use crate::session::use_session;

/// The page of plans.
#[component]
pub(crate) fn Plans() -> impl IntoView {
    let query = use_query_map();
    let filter = memo(move |_| query.with(filter));
    let data = PageData::new(move || filter.get(), read);
    let may = use_session().may(Permission::Work);
    let actions = may.then(|| {
        view! {
            <a class=Kind::Primary.class() href="/plans/new">
                "Plan from a goal"
            </a>
        }
    });
    view! {
        <PageHead title="Plans" actions=actions.into_any()/>
        {loaded(data, |(filter, page)| view! { <Content filter page/> })}
    }
    .into_any()
}

async fn read(filter: PlanFilter) -> Called<(PlanFilter, Page<PlanSummary>)> {
    let page = plans::list(filter.clone()).await?;
    Ok((filter, page))
}

fn filter(query: &ParamsMap) -> PlanFilter {
    let text = |name| query.get(name).filter(|text| !text.is_empty());
    PlanFilter { state: text("state").as_deref().and_then(PlanState::parse), cursor: text("cursor"), limit: None }
}

fn address(state: Option<PlanState>, cursor: Option<&str>) -> String {
    let mut query = ParamsMap::new();
    for (name, value) in [("state", state.map(PlanState::as_str)), ("cursor", cursor)] {
        if let Some(value) = value {
            query.insert(name, value.to_owned());
        }
    }
    format!("/plans{}", query.to_query_string())
}

/// How a plan stands.
fn mark(state: PlanState) -> Mark {
    let look = match state {
        PlanState::Proposed => TaskState::Waiting,
        PlanState::Accepted => TaskState::Completed,
        PlanState::Refused => TaskState::Rejected,
    };
    Mark::new(look, state.as_str())
}

#[component]
fn Content(filter: PlanFilter, page: Page<PlanSummary>) -> impl IntoView {
    let again = filter.clone();
    let concerns = |event: &LiveEvent| event.subject.starts_with("plan:");
    let fresh = Fresh::new((filter.clone(), page), |(_, page)| page.as_of, concerns, move || read(again.clone()));
    let state = filter.state;
    let tabs: Vec<_> = std::iter::once((None, "all"))
        .chain(PlanState::ALL.iter().map(|state| (Some(*state), state.as_str())))
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
                "No plan is in this state."
            } else {
                "Nothing was planned yet: say a goal, and look at what is proposed."
            };
            return view! { <Empty text/> }.into_any();
        }
        let rows: Vec<_> = page.items.into_iter().map(row).collect();
        let columns =
            vec![Column::Text("State"), Column::Text("Goal"), Column::Roomy("Workflow"), Column::Number("Steps"), Column::Text("Proposed")];
        view! { <Table label="Plans" columns test_id="plans">{rows}</Table> }.into_any()
    };
    let first = filter.cursor.is_some().then(|| address(state, None));
    let next = move || {
        let cursor = fresh.value().with(|(_, page)| page.next_cursor.clone());
        cursor.map(|cursor| view! { <a class=Kind::Plain.class() href=address(state, Some(&cursor)) data-testid="next-page">"Older"</a> })
    };
    view! {
        <div class="space-y-4">
            <nav class="flex flex-wrap gap-1" aria-label="Which plans">
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

fn row(plan: PlanSummary) -> AnyView {
    view! {
        <tr class="hover:bg-sunken" data-testid="plan-row" data-id=plan.id.to_string() data-state=plan.state.as_str()>
            <td class=CELL>
                <MarkPill mark=Signal::stored(mark(plan.state))/>
            </td>
            <th scope="row" class=format!("{CELL} max-w-96 text-left font-normal")>
                <a class="line-clamp-2 font-medium hover:underline" href=format!("/plans/{}", plan.id)>
                    {plan.goal}
                </a>
            </th>
            <td class=format!("{CODE} max-phone:hidden")>{plan.workflow}</td>
            <td class=NUMBER>{plan.steps}</td>
            <td class=QUIET>
                <RelativeTime at=plan.created_at/>
                {format!(" by {}", plan.created_by)}
            </td>
        </tr>
    }
    .into_any()
}
