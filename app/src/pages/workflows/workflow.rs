//! One workflow: its graph, a form that begins a run, its last runs, its versions, its text.

use baton_domain::page::Page;
use baton_domain::user::Permission;
use baton_domain::wire::run::{RunFilter, RunSummary};
use baton_domain::wire::workflow::{WorkflowDetail, WorkflowFilter, WorkflowSummary};
use leptos::prelude::*;
use leptos_router::hooks::{use_navigate, use_params_map, use_query_map};

use super::document::{marks, problems};
use super::editor::steps_words;
use super::of_workflows;
use super::start::Start;
use crate::components::action::refusal;
use crate::components::badge::Badge;
use crate::components::banner::LastProblem;
use crate::components::button::{Button, Kind};
use crate::components::card::Card;
use crate::components::code_view::CodeView;
use crate::components::empty::Empty;
use crate::components::graph::{Graph, Pick};
use crate::components::loaded::loaded;
use crate::components::page_head::PageHead;
use crate::components::run_table::RunTable;
use crate::components::table::{CELL, Column, NUMBER, QUIET, Table};
use crate::components::times::RelativeTime;
use crate::form_action::{ActionForm, FormAction};
use crate::live::{Fresh, LiveEvent};
use crate::page_data::PageData;
use crate::reactive::{effect, memo};
use crate::server_fns::workflows::{RetireWorkflow, get, versions};
use crate::server_fns::{Called, runs};
use crate::session::use_session;

/// How many of the last runs are shown.
const RUNS: u32 = 10;

/// The page of one workflow.
#[component]
pub(crate) fn Workflow() -> impl IntoView {
    let params = use_params_map();
    let query = use_query_map();
    let asked = memo(move |_| {
        let version: Option<u32> = query.with(|query| query.get("version")).and_then(|version| version.parse().ok());
        (params.with(|params| params.get("name").unwrap_or_default()), version)
    });
    let data = PageData::new(move || asked.get(), |(name, version)| read(name, version));
    loaded(data, move |data| view! { <Content data version=asked.get_untracked().1/> })
}

type Data = (WorkflowDetail, Page<WorkflowSummary>, Page<RunSummary>);

async fn read(name: String, version: Option<u32>) -> Called<Data> {
    let of_it = RunFilter { workflow: Some(name.clone()), limit: Some(RUNS), ..RunFilter::default() };
    // The workflow first: what is read later is then at least as new.
    let detail = get(name.clone(), version).await?;
    let (versions, runs) = futures::join!(versions(name, WorkflowFilter::default()), runs::list(of_it));
    Ok((detail, versions?, runs?))
}

#[component]
fn Content(data: Data, version: Option<u32>) -> impl IntoView {
    let name = data.0.summary.name.clone();
    let retire = FormAction::<RetireWorkflow>::new();
    let navigate = use_navigate();
    effect(move || {
        if let Some(Ok(())) = retire.get() {
            navigate("/workflows", Default::default());
        }
    });
    let session = use_session();
    let (may_edit, may_retire) = (session.may(Permission::Work), session.may(Permission::Operate));
    let concerns = |event: &LiveEvent| of_workflows(event) || (event.subject.starts_with("run:") && event.kind != "run.step");
    let again = name.clone();
    let fresh = Fresh::new(data, |(detail, ..)| detail.as_of, concerns, move || read(again.clone(), version));
    let detail = memo(move |_| fresh.value().with(|(detail, ..)| detail.clone()));
    let runs = Signal::derive(move || fresh.value().with(|(_, _, runs)| runs.items.clone()));
    let versions = memo(move |_| fresh.value().with(|(_, versions, _)| versions.items.clone()));
    let (title, description) = detail.with_untracked(|detail| (detail.summary.title.clone(), detail.summary.description.clone()));
    let facts = move || {
        detail.with(|detail| {
            view! {
                <Badge>{format!("Version {}", detail.summary.version)}</Badge>
                {(detail.summary.version != detail.newest).then(|| view! { <Badge>{format!("the newest is {}", detail.newest)}</Badge> })}
                {detail.summary.retired.then(|| view! { <Badge>"Out of use"</Badge> })}
                <code class="font-mono text-12 text-muted">{detail.summary.name.clone()}</code>
            }
        })
    };
    let retired = memo(move |_| detail.with(|detail| detail.summary.retired));
    let edit = match version {
        Some(version) => format!("/workflows/~edit?workflow={name}&version={version}"),
        None => format!("/workflows/~edit?workflow={name}"),
    };
    let all_runs = format!("/runs?workflow={name}");
    let text = Signal::derive(move || detail.with(|detail| detail.text.clone()));
    // What a run is given is drawn anew only with another version, so that nothing typed is lost.
    let form =
        memo(move |_| detail.with(|detail| (detail.summary.version, detail.newest, detail.summary.retired, detail.input_schema.clone())));
    let start = move || {
        form.track();
        view! { <Start workflow=detail.get_untracked()/> }
    };
    view! {
        <PageHead
            title
            facts=facts.into_any()
            actions=view! {
                {may_edit.then(|| view! { <a class=Kind::Plain.class() href=edit data-testid="edit-workflow">"Edit"</a> })}
                {move || {
                    let name = detail.with(|detail| detail.summary.name.clone());
                    (may_retire && !retired.get())
                        .then(|| {
                            view! {
                                <ActionForm action=retire>
                                    <input type="hidden" name="name" value=name/>
                                    <Button submits=true kind=Kind::Danger test_id="retire-workflow" disabled=retire.pending()>
                                        "Take out of use"
                                    </Button>
                                </ActionForm>
                            }
                        })
                }}
            }
                .into_any()
        />
        <LastProblem problem=Signal::derive(move || refusal(retire))/>
        {description.map(|description| view! { <p class="max-w-prose text-14 text-soft">{description}</p> })}
        <div class="grid grid-cols-1 items-start gap-4 rail:grid-cols-[minmax(0,3fr)_minmax(0,2fr)]">
            <div class="min-w-0 space-y-4">
                <Drawn detail/>
                <Wrong detail/>
                <Card
                    title="Last runs"
                    flush=true
                    aside=view! { <a class=Kind::Quiet.class() href=all_runs>"All runs of it"</a> }.into_any()
                >
                    {move || {
                        if runs.with(Vec::is_empty) {
                            view! { <Empty text="No run of it has begun yet."/> }.into_any()
                        } else {
                            view! { <RunTable runs label="Last runs" narrow=true/> }.into_any()
                        }
                    }}
                </Card>
            </div>
            <div class="min-w-0 space-y-4">
                {start}
                <Versions versions shown=Signal::derive(move || detail.with(|detail| detail.summary.version))/>
                <Card title="Document">
                    <CodeView text label="Document of the workflow" test_id="document"/>
                </Card>
            </div>
        </div>
    }
    .into_any()
}

#[component]
fn Drawn(detail: Memo<WorkflowDetail>) -> impl IntoView {
    let graph = memo(move |_| detail.with(|detail| detail.graph.clone()));
    let marks = memo(move |_| detail.with(|detail| detail.graph.as_ref().map(|graph| marks(graph, &detail.problems)).unwrap_or_default()));
    let names = memo(move |_| detail.with(|detail| detail.uses.clone()));
    let drawn = move || {
        let Some(graph) = graph.get() else { return view! { <Empty text="This version makes no graph any more."/> }.into_any() };
        let label = format!("Graph of the workflow: {}", steps_words(graph.nodes.len()));
        let targets: Vec<(String, Option<String>)> =
            graph.nodes.iter().map(|node| (node.id.clone(), target(&node.kind, node.uses.as_deref()))).collect();
        let pick = Pick::link(move |id| targets.iter().find(|(known, _)| known == id).and_then(|(_, target)| target.clone()));
        view! { <Graph graph label marks pick/> }.into_any()
    };
    let uses = move || {
        let names = names.get();
        (!names.is_empty()).then(|| {
            let links: Vec<_> = names
                .into_iter()
                .map(|name| view! { <a class="text-accent hover:underline" href=format!("/workflows/{name}")>{name.clone()}</a> " " })
                .collect();
            view! { <p class="mt-2 text-13 text-soft">"Uses the workflows " {links}</p> }
        })
    };
    view! {
        <Card title="Graph">
            {drawn}
            {uses}
        </Card>
    }
    .into_any()
}

/// Where a step of a document leads: to what it uses.
fn target(kind: &str, uses: Option<&str>) -> Option<String> {
    match kind {
        "workflow" => uses.map(|name| format!("/workflows/{name}")),
        "skill" => uses.map(|skill| format!("/tasks/new?skill={skill}")),
        _ => None,
    }
}

/// What is wrong with the version by now.
#[component]
fn Wrong(detail: Memo<WorkflowDetail>) -> impl IntoView {
    let found = memo(move |_| detail.with(|detail| detail.problems.clone()));
    move || {
        let found = found.get();
        (!found.is_empty()).then(|| {
            view! {
                <Card title="What is wrong with it by now">
                    <p class="mb-2 text-13 text-soft">"Skills or workflows that it uses have changed since it was stored."</p>
                    {problems(found, None)}
                </Card>
            }
        })
    }
}

#[component]
fn Versions(versions: Memo<Vec<WorkflowSummary>>, shown: Signal<u32>) -> impl IntoView {
    let rows = move || {
        versions
            .get()
            .into_iter()
            .map(|version| {
                let number = version.version;
                let current = move || (shown.get() == number).then_some("page");
                view! {
                    <tr data-testid="version-row" data-version=number.to_string()>
                        <th scope="row" class=NUMBER>
                            <a
                                class="text-accent hover:underline aria-[current=page]:font-semibold aria-[current=page]:text-text"
                                href=format!("/workflows/{}?version={number}", version.name)
                                aria-current=current
                            >
                                {number}
                            </a>
                        </th>
                        <td class=CELL>{steps_words(version.steps as usize)}</td>
                        <td class=QUIET>
                            <RelativeTime at=version.created_at/>
                            {format!(" by {}", version.created_by)}
                        </td>
                    </tr>
                }
            })
            .collect_view()
    };
    let columns = vec![Column::Number("Version"), Column::Text("Size"), Column::Text("Stored")];
    view! {
        <Card title="Versions" flush=true>
            <Table label="Versions" columns>
                {rows}
            </Table>
        </Card>
    }
    .into_any()
}
