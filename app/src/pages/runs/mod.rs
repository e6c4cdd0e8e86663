//! All runs of workflows: filtered by the address, a page at a time, live.

mod actions;
mod diff;
mod facts;
mod fork;
mod items;
mod replay;
mod run;
mod step;
mod steps;
mod times;

use baton_domain::page::Page;
use baton_domain::wire::run::{RunFilter, RunState, RunSummary};
use leptos::prelude::*;
use leptos_router::components::Form;
use leptos_router::hooks::use_query_map;
use leptos_router::params::ParamsMap;

pub(crate) use self::diff::Diff;
pub(crate) use self::fork::Fork;
pub(crate) use self::run::Run;
use crate::components::button::{Button, Kind};
use crate::components::card::Card;
use crate::components::empty::Empty;
use crate::components::field::{SelectField, TextField};
use crate::components::icon::Sign;
use crate::components::loaded::loaded;
use crate::components::page_head::PageHead;
use crate::components::run_table::RunTable;
use crate::live::{Fresh, LiveEvent};
use crate::page_data::PageData;
use crate::reactive::memo;
use crate::server_fns::{Called, runs};

/// The page of runs.
#[component]
pub(crate) fn Runs() -> impl IntoView {
    let query = use_query_map();
    let filter = memo(move |_| query.with(filter));
    let data = PageData::new(move || filter.get(), read);
    view! {
        <PageHead
            title="Runs"
            actions=view! {
                <a class=Kind::Plain.class() href="/workflows">
                    "Workflows"
                </a>
            }
                .into_any()
        />
        {loaded(data, |(filter, page)| view! { <Content filter page/> })}
    }
    .into_any()
}

async fn read(filter: RunFilter) -> Called<(RunFilter, Page<RunSummary>)> {
    let page = runs::list(filter.clone()).await?;
    Ok((filter, page))
}

/// The filter that an address asks for; what it does not understand it leaves out.
fn filter(query: &ParamsMap) -> RunFilter {
    let text = |name| query.get(name).map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
    let state = text("state");
    RunFilter {
        workflow: text("workflow"),
        live: state.as_deref().and_then(|state| match state {
            "live" => Some(true),
            "ended" => Some(false),
            _ => None,
        }),
        state: state.as_deref().and_then(RunState::parse),
        parent: text("parent").and_then(|id| id.parse().ok()),
        cursor: text("cursor"),
        limit: None,
    }
}

/// What stands in the field of the state.
fn state_value(filter: &RunFilter) -> &'static str {
    match (filter.state, filter.live) {
        (Some(state), _) => state.as_str(),
        (None, Some(true)) => "live",
        (None, Some(false)) => "ended",
        (None, None) => "",
    }
}

/// The address of a page with this filter.
fn address(filter: &RunFilter, cursor: Option<&str>) -> String {
    let mut query = ParamsMap::new();
    let parent = filter.parent.map(|parent| parent.to_string());
    let fields =
        [("workflow", filter.workflow.as_deref()), ("state", Some(state_value(filter))), ("parent", parent.as_deref()), ("cursor", cursor)];
    for (name, value) in fields {
        if let Some(value) = value.filter(|value| !value.is_empty()) {
            query.insert(name, value.to_owned());
        }
    }
    format!("/runs{}", query.to_query_string())
}

#[component]
fn Content(filter: RunFilter, page: Page<RunSummary>) -> impl IntoView {
    let first = filter.cursor.is_some().then(|| address(&filter, None));
    let filtered = RunFilter { cursor: None, ..filter.clone() } != RunFilter::default();
    let again = filter.clone();
    let concerns = |event: &LiveEvent| event.subject.starts_with("run:");
    let fresh = Fresh::new((filter.clone(), page), |(_, page)| page.as_of, concerns, move || read(again.clone()));
    let runs = Signal::derive(move || fresh.value().with(|(_, page)| page.items.clone()));
    let none = memo(move |_| runs.with(Vec::is_empty));
    let rows = move || {
        if none.get() {
            let (text, href, words) = if filtered {
                ("No run fits this filter.", "/runs", "Show all runs")
            } else {
                ("No run yet: a workflow's page begins one.", "/workflows", "Choose a workflow")
            };
            let action = view! { <a class=Kind::Plain.class() href=href>{words}</a> };
            view! { <Empty text action=action.into_any()/> }.into_any()
        } else {
            view! { <RunTable runs label="Runs"/> }.into_any()
        }
    };
    let next = {
        let filter = filter.clone();
        move || {
            let cursor = fresh.value().with(|(_, page)| page.next_cursor.clone());
            cursor.map(|cursor| {
                let href = address(&filter, Some(&cursor));
                view! { <a class=Kind::Plain.class() href=href data-testid="next-page">"Older"</a> }
            })
        }
    };
    let states = [("", "Any state"), ("live", "Going on"), ("ended", "Ended")].map(|(value, words)| (value.to_owned(), words.to_owned()));
    let states = states.into_iter().chain(RunState::ALL.iter().map(|state| (state.as_str().to_owned(), state.as_str().to_owned())));
    let parent = filter.parent.map(|parent| view! { <input type="hidden" name="parent" value=parent.to_string()/> });
    view! {
        <div class="space-y-4">
            <section class="rounded-card border border-line bg-raised p-4" aria-label="Filter" data-testid="filter">
                <Form method="get" action="/runs">
                    <div class="grid grid-cols-1 items-end gap-3 sm:grid-cols-[2fr_1fr_auto]">
                        <TextField name="workflow" label="Workflow" value=filter.workflow.clone().unwrap_or_default() max_length="100"/>
                        <SelectField name="state" label="State" options=states.collect() value=state_value(&filter)/>
                        {parent}
                        <Button submits=true sign=Sign::Search>
                            "Filter"
                        </Button>
                    </div>
                </Form>
            </section>
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
