//! One run: its graph that lights up, the same as a table, and beside it the step that is looked at.

use baton_domain::id::RunId;
use baton_domain::page::Page;
use baton_domain::problem::{Code, Problem};
use baton_domain::wire::approval::{ApprovalFilter, ApprovalSummary};
use baton_domain::wire::run::{ItemFilter, ItemView, RunDetail, StepView};
use leptos::prelude::*;
use leptos_router::hooks::{use_params_map, use_query_map};
use leptos_router::params::ParamsMap;

use super::actions::RunActions;
use super::facts::{Facts, Failed, GivenAndGot};
use super::replay::Replay;
use super::step::StepPanel;
use super::steps::Steps;
use super::times::Times;
use crate::components::card::Card;
use crate::components::empty::Empty;
use crate::components::graph::{Graph, Pick};
use crate::components::loaded::loaded;
use crate::components::mark::MarkPill;
use crate::components::page_head::PageHead;
use crate::components::run_table::{run_mark, step_mark};
use crate::live::{Fresh, LiveEvent};
use crate::page_data::PageData;
use crate::reactive::memo;
use crate::server_fns::{ApiError, Called, approvals, runs};

/// The page of one run.
#[component]
pub(crate) fn Run() -> impl IntoView {
    let params = use_params_map();
    let query = use_query_map();
    let asked = memo(move |_| {
        let id = params.with(|params| params.get("id").unwrap_or_default());
        query.with(|query| Asked { id, step: query.get("step").filter(|step| !step.is_empty()), items: query.get("items") })
    });
    let data = PageData::new(move || asked.get(), read);
    loaded(data, |data| view! { <Content data/> })
}

/// What the address asks for.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(super) struct Asked {
    pub(super) id: String,
    /// The step that is looked at.
    pub(super) step: Option<String>,
    /// Where the page of its items begins.
    pub(super) items: Option<String>,
}

impl Asked {
    /// The address of the run with another step.
    pub(super) fn address(&self, step: Option<&str>, items: Option<&str>) -> String {
        let mut query = ParamsMap::new();
        for (name, value) in [("step", step), ("items", items)] {
            if let Some(value) = value {
                query.insert(name, value.to_owned());
            }
        }
        format!("/runs/{}{}", self.id, query.to_query_string())
    }
}

/// What the page shows.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub(super) struct Data {
    pub(super) asked: Asked,
    pub(super) run: RunDetail,
    /// The run's open approvals.
    pub(super) approvals: Vec<ApprovalSummary>,
    /// The items of the step that is looked at, if it goes through a list.
    pub(super) items: Option<Page<ItemView>>,
}

impl Data {
    /// The step that is looked at.
    pub(super) fn step(&self) -> Option<&StepView> {
        let id = self.asked.step.as_deref()?;
        self.run.steps.iter().find(|step| step.id == id)
    }
}

async fn read(asked: Asked) -> Called<Data> {
    let Ok(id) = asked.id.parse::<RunId>() else {
        return Err(ApiError(Problem::new(Code::NoSuchRun, "The address holds no run's id; look for the run on the page Runs.")));
    };
    // The run first: what is read later is then at least as new.
    let run = runs::get(id).await?;
    let open = ApprovalFilter { open: Some(true), run: Some(id), ..ApprovalFilter::default() };
    let step = asked.step.as_deref().and_then(|step| run.steps.iter().find(|known| known.id == step && known.foreach));
    let items = async {
        match step {
            Some(step) => runs::items(id, step.id.clone(), ItemFilter { cursor: asked.items.clone(), limit: None }).await.map(Some),
            None => Ok(None),
        }
    };
    let (approvals, items) = futures::join!(approvals::list(open), items);
    Ok(Data { approvals: approvals?.items, items: items?, run, asked })
}

#[component]
fn Content(data: Data) -> impl IntoView {
    let asked = data.asked.clone();
    let id = data.run.summary.id;
    let concerns = move |event: &LiveEvent| {
        event
            .subject
            .strip_prefix("run:")
            .or_else(|| event.subject.strip_prefix("approval:"))
            .is_some_and(|about| about.starts_with(&asked.id))
    };
    let again = data.asked.clone();
    let fresh = Fresh::new(data, |data| data.run.as_of, concerns, move || read(again.clone()));
    let data = fresh.value();
    let summary = memo(move |_| data.with(|data| data.run.summary.clone()));
    let mark = memo(move |_| summary.with(run_mark));
    let title = summary.with_untracked(|run| run.title.clone());
    view! {
        <div class="space-y-4">
            <PageHead
                title
                facts=view! { <MarkPill mark test_id="run-state"/> }.into_any()
                actions=view! { <RunActions summary fresh/> }.into_any()
            />
            <Facts summary id/>
            <Failed summary/>
            <div class="grid grid-cols-1 items-start gap-4 rail:grid-cols-[minmax(0,3fr)_minmax(0,2fr)]">
                <div class="min-w-0 space-y-4">
                    <Drawn data/>
                    <Steps data/>
                    <Times data/>
                </div>
                <div class="min-w-0 space-y-4">
                    <StepPanel data fresh/>
                    <GivenAndGot data/>
                    <Replay summary/>
                </div>
            </div>
        </div>
    }
    .into_any()
}

#[component]
fn Drawn(data: RwSignal<Data>) -> impl IntoView {
    let graph = memo(move |_| data.with(|data| data.run.graph.clone()));
    let marks = memo(move |_| data.with(|data| data.run.steps.iter().map(|step| Some(step_mark(step))).collect::<Vec<_>>()));
    let selected = memo(move |_| data.with(|data| data.asked.step.clone()));
    let drawn = move || {
        let Some(graph) = graph.get() else {
            return view! { <Empty text="The graph of this version can no longer be drawn; the table shows its steps."/> }.into_any();
        };
        let asked = data.with_untracked(|data| data.asked.clone());
        let pick = Pick::link(move |id| Some(asked.address(Some(id), None)));
        view! { <Graph graph label="Steps of the run, and how each stands" marks selected pick/> }.into_any()
    };
    view! { <Card title="Graph">{drawn}</Card> }
}
