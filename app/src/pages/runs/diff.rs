//! Where do two runs part? The first step at which they do, both sides of it, and what else differs by itself.

use baton_domain::id::RunId;
use baton_domain::problem::{Code, Problem};
use baton_domain::wire::run::{DiffKind, DiffPlace, RunDiff, RunDivergence, RunSummary};
use leptos::prelude::*;
use leptos_router::hooks::{use_params_map, use_query_map};

use crate::components::card::Card;
use crate::components::loaded::loaded;
use crate::components::mark::MarkPill;
use crate::components::page_head::PageHead;
use crate::components::run_table::run_mark;
use crate::components::table::{CELL, CODE, Column, Table};
use crate::components::times::RelativeTime;
use crate::format;
use crate::page_data::PageData;
use crate::pages::task::Fact;
use crate::reactive::memo;
use crate::server_fns::{ApiError, Called, replays};

/// The page of two runs side by side.
#[component]
pub(crate) fn Diff() -> impl IntoView {
    let params = use_params_map();
    let query = use_query_map();
    let asked = memo(move |_| {
        let id = params.with(|params| params.get("id").unwrap_or_default());
        (id, query.with(|query| query.get("with").unwrap_or_default()))
    });
    let data = PageData::new(move || asked.get(), read);
    loaded(data, |diff| view! { <Content diff/> })
}

async fn read((id, with): (String, String)) -> Called<RunDiff> {
    let (Ok(id), Ok(with)) = (id.parse::<RunId>(), with.parse::<RunId>()) else {
        let detail = "The address names two runs by their ids, as /runs/ID/diff?with=ID; a fork's page has a link to it.";
        return Err(ApiError(Problem::new(Code::NoSuchRun, detail)));
    };
    replays::diff(id, with).await
}

#[component]
fn Content(diff: RunDiff) -> impl IntoView {
    let RunDiff { left, right, first, further, differing, same, .. } = diff;
    let counts = format!("{} differ, {} are the same", format::count(differing.into()), format::count(same.into()));
    let step_of = |path: &str| path.split(['/', '[']).next().unwrap_or_default().to_owned();
    let (left_id, right_id) = (left.id, right.id);
    let links = move |path: &str| {
        let step = step_of(path);
        let link = |id: RunId, words: &'static str| {
            let href = if step.starts_with('(') { format!("/runs/{id}") } else { format!("/runs/{id}?step={step}") };
            view! {
                <a class="text-accent hover:underline" href=href>
                    {words}
                </a>
            }
        };
        view! {
            {link(left_id, "in the first run")}
            " · "
            {link(right_id, "in the second run")}
        }
        .into_any()
    };
    let parts = match first {
        Some(first) => {
            let links = links(&first.step);
            parted(first, links)
        }
        None => view! {
            <p class="text-13" data-testid="no-divergence">
                "They did the same: every step was given the same, made the same calls with the same answers, and came to the same."
            </p>
        }
        .into_any(),
    };
    let others = (!further.is_empty()).then(|| {
        let rows: Vec<_> = further
            .into_iter()
            .map(|path| {
                let links = links(&path);
                view! {
                    <tr data-testid="further-step">
                        <th scope="row" class=format!("{CODE} text-left")>
                            {path}
                        </th>
                        <td class=CELL>{links}</td>
                    </tr>
                }
            })
            .collect();
        view! {
            <Card title="Differ by themselves too" flush=true>
                <Table label="Further steps" columns=["Step", "Look at it"].map(Column::Text).to_vec() test_id="further">
                    {rows}
                </Table>
            </Card>
        }
    });
    view! {
        <div class="space-y-4">
            <PageHead title="Two runs side by side"/>
            <div class="grid grid-cols-1 gap-4 rail:grid-cols-2">
                {side("First run", left, "left")}
                {side("Second run", right, "right")}
            </div>
            <p class="text-13 text-soft" data-testid="diff-counts">
                "Steps, items and parts of runs that steps began: "
                {counts}
                "."
            </p>
            <Card title="Where they part" test_id="divergence">
                {parts}
            </Card>
            {others}
        </div>
    }
    .into_any()
}

fn side(title: &'static str, run: RunSummary, test_id: &'static str) -> AnyView {
    let mark = run_mark(&run);
    let forked = run.forked_from.map(|from| {
        view! { <Fact name="Forked at">{from.step}</Fact> }
    });
    view! {
        <Card title=title test_id=test_id>
            <dl class="flex flex-wrap gap-x-6 gap-y-2 text-13">
                <Fact name="Run">
                    <a class="text-accent underline" href=format!("/runs/{}", run.id)>
                        {run.title}
                    </a>
                    {format!(" {}", format::short_id(&run.id))}
                </Fact>
                <Fact name="State">
                    <MarkPill mark=Signal::stored(mark)/>
                </Fact>
                <Fact name="Workflow">{format!("{} version {}", run.workflow, run.version)}</Fact>
                {forked}
                <Fact name="Begun">
                    <RelativeTime at=run.created_at/>
                    " by "
                    {run.created_by}
                </Fact>
            </dl>
        </Card>
    }
    .into_any()
}

/// What differs, in words.
fn words(what: DiffKind, call: Option<u32>) -> String {
    let of_call = |words: &str| format!("call {} {words}", call.unwrap_or_default() + 1);
    match what {
        DiffKind::OnlyLeft => "only the first run came to it".to_owned(),
        DiffKind::OnlyRight => "only the second run came to it".to_owned(),
        DiffKind::After => "it waited for other steps".to_owned(),
        DiffKind::Input => "it was given something else".to_owned(),
        DiffKind::Callee => of_call("went to another model, tool or skill"),
        DiffKind::Request => of_call("asked something else"),
        DiffKind::Answer => of_call("asked the same, and the answer was another"),
        DiffKind::Calls => "one of them made more calls".to_owned(),
        DiffKind::Outcome => "all calls were the same, and something else came of it".to_owned(),
    }
}

fn parted(first: RunDivergence, links: AnyView) -> AnyView {
    let RunDivergence { step, what, call, left, right, places } = first;
    let sides = (left.is_some() || right.is_some()).then(|| {
        view! {
            <dl class="mt-2 flex flex-wrap gap-x-8 gap-y-2 text-13">
                <Fact name="First run">{left.unwrap_or_default()}</Fact>
                <Fact name="Second run">{right.unwrap_or_default()}</Fact>
            </dl>
        }
    });
    let table = (!places.is_empty()).then(|| {
        let rows: Vec<_> = places.into_iter().map(place).collect();
        let columns = ["Where", "First run", "Second run"].map(Column::Text).to_vec();
        view! {
            <div class="-mx-4 mt-3">
                <Table label="Where they differ" columns test_id="places">
                    {rows}
                </Table>
            </div>
        }
    });
    view! {
        <p class="text-14">
            "At the step "
            <code class="break-all font-mono text-13 font-medium" data-testid="diverges-at">
                {step}
            </code>
            {format!(": {}.", words(what, call))}
        </p>
        <p class="text-13 text-muted">"Look at it " {links} "."</p>
        {sides}
        {table}
    }
    .into_any()
}

fn place(place: DiffPlace) -> AnyView {
    let value = |value: Option<String>| match value {
        Some(value) => view! { <code class="whitespace-pre-wrap break-all font-mono text-12">{value}</code> }.into_any(),
        None => view! { <span class="text-muted">"nothing"</span> }.into_any(),
    };
    let pointer = if place.pointer.is_empty() { "all of it".to_owned() } else { place.pointer };
    view! {
        <tr data-testid="place">
            <th scope="row" class=format!("{CODE} max-w-60 break-all text-left")>
                {pointer}
            </th>
            <td class=format!("{CELL} max-w-96")>{value(place.left)}</td>
            <td class=format!("{CELL} max-w-96")>{value(place.right)}</td>
        </tr>
    }
    .into_any()
}
