//! Every component in its states, for whoever works on them; only in builds for development.

use baton_domain::problem::{Code, Problem};
use baton_domain::task::TaskState;
use baton_domain::wire::workflow::{GraphPoint, WorkflowEdge, WorkflowGraph, WorkflowNode};
use leptos::prelude::*;
use serde_json::json;

use super::not_found::NotFound;
use crate::components::badge::Badge;
use crate::components::banner::ProblemBanner;
use crate::components::button::{Button, Kind};
use crate::components::card::Card;
use crate::components::code_view::CodeView;
use crate::components::empty::Empty;
use crate::components::field::{SelectField, TextField};
use crate::components::graph::{Graph, Pick};
use crate::components::icon::Sign;
use crate::components::json_tree::JsonTree;
use crate::components::mark::Mark;
use crate::components::page_head::PageHead;
use crate::components::pill::StatePill;
use crate::components::progress::Progress;
use crate::components::skeleton::Skeleton;
use crate::components::toast::{Toasts, say};

/// The gallery, or nothing in a release.
#[component]
pub(crate) fn Gallery() -> impl IntoView {
    if cfg!(debug_assertions) { view! { <Components/> }.into_any() } else { view! { <NotFound/> }.into_any() }
}

#[component]
fn Components() -> impl IntoView {
    let toasts = use_context::<Toasts>();
    let pills = TaskState::ALL.iter().map(|state| view! { <StatePill state=*state/> " " }).collect_view();
    let problem = Problem::new(Code::InputRejected, "Correct the text and send it again.").with_field("/input/text", "Must not be empty.");
    view! {
        <PageHead title="Components"/>
        <div class="grid grid-cols-1 gap-4 rail:grid-cols-2">
            <Card title="Buttons">
                <div class="flex flex-wrap gap-2">
                    <Button kind=Kind::Primary sign=Sign::Plus>"Primary"</Button>
                    <Button>"Plain"</Button>
                    <Button kind=Kind::Danger sign=Sign::Stop>"Danger"</Button>
                    <Button kind=Kind::Quiet>"Quiet"</Button>
                    <Button disabled=true>"Disabled"</Button>
                    <button type="button" class=Kind::Plain.class() on:click=move |_| say(toasts, "Something has happened.")>
                        "Say something"
                    </button>
                </div>
            </Card>
            <Card title="States">
                <div class="flex flex-wrap gap-2">{pills} <Badge>"A fact"</Badge></div>
            </Card>
            <Card title="Fields">
                <div class="space-y-3">
                    <TextField name="gallery_text" label="Text" help="What it is for."/>
                    <SelectField name="gallery_choice" label="Choice" options=vec![("a".to_owned(), "One".to_owned()), ("b".to_owned(), "Two".to_owned())]/>
                </div>
            </Card>
            <Card title="Problem">
                <ProblemBanner problem/>
            </Card>
            <Card title="Progress">
                <Progress state=Signal::stored(Some((0.42, "Counting the rows".to_owned())))/>
            </Card>
            <Card title="Code">
                <CodeView text="fn main() {}" label="An example"/>
            </Card>
            <Card title="JSON">
                <JsonTree value=json!({"rows": 3, "columns": ["a", "b"], "note": null})/>
            </Card>
            <Card title="Graph">
                <Graph
                    graph=graph()
                    label="Two steps"
                    marks=Signal::stored(vec![
                        Some(Mark::new(TaskState::Completed, "completed")),
                        Some(Mark::new(TaskState::Running, "running").saying("running, 3 of 8")),
                    ])
                    pick=Pick::link(|id| Some(format!("#{id}")))
                />
            </Card>
            <Card title="Empty">
                <Empty text="Nothing here yet."/>
            </Card>
            <Card title="On its way">
                <Skeleton/>
            </Card>
        </div>
    }
    .into_any()
}

/// A graph of two steps.
fn graph() -> WorkflowGraph {
    let node = |id: &str, uses: &str, foreach, layer| WorkflowNode {
        id: id.to_owned(),
        label: id.to_owned(),
        kind: "skill".to_owned(),
        uses: Some(uses.to_owned()),
        foreach,
        approve: false,
        conditional: false,
        layer,
        x: 0.0,
    };
    let points = [0, 1].map(|layer| GraphPoint { layer, x: 0.0 }).to_vec();
    WorkflowGraph {
        nodes: vec![node("fetch", "web_automation.fetch", false, 0), node("rate", "nlp.sentiment", true, 1)],
        edges: vec![WorkflowEdge { from: 0, to: 1, on_failure: false, implied: false, points }],
        layers: 2,
        width: 1.0,
        crossings: 0,
    }
}
