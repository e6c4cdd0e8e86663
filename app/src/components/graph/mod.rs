//! How is a graph of steps drawn? Steps as links or buttons in the order of the document, and the lines between them below.
//!
//! The places come from the server, in layers and widths of a step. A step is as wide as the frame allows, within bounds: a wide graph scrolls sideways in its
//! frame. Nothing of it needs a script but the marks that change while a run goes on. Who does not see the lines hears of each step what it comes after.

mod edges;
mod node;
#[cfg(all(test, feature = "ssr"))]
mod tests;

use std::sync::Arc;

use baton_domain::wire::workflow::WorkflowGraph;
use leptos::prelude::*;

use self::edges::Edges;
use self::node::NodeView;
use super::mark::Mark;
use crate::reactive::memo;

/// From one layer's top to the next one's, in pixels.
const LAYER: u32 = 100;
/// How high a step is, in pixels.
const HEIGHT: u32 = 60;

/// The address of a step by its id, if it has one.
pub type Address = Arc<dyn Fn(&str) -> Option<String> + Send + Sync>;

/// What happens when a step is chosen.
#[derive(Clone)]
pub enum Pick {
    /// It leads to an address, if it has one.
    Link(Address),
    /// It is told.
    Press(Callback<String>),
}

impl std::fmt::Debug for Pick {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Link(_) => "Link",
            Self::Press(_) => "Press",
        })
    }
}

impl Pick {
    /// Leads to the address that `address` gives for a step's id.
    pub fn link(address: impl Fn(&str) -> Option<String> + Send + Sync + 'static) -> Self {
        Self::Link(Arc::new(address))
    }
}

/// How high the picture is, in pixels.
fn height(graph: &WorkflowGraph) -> u32 {
    graph.layers.saturating_sub(1).saturating_mul(LAYER) + HEIGHT
}

/// The labels of what a step comes directly after.
fn before(graph: &WorkflowGraph, step: usize) -> String {
    let edges = graph.edges.iter().filter(|edge| edge.to as usize == step && !edge.implied);
    let labels: Vec<&str> = edges.filter_map(|edge| graph.nodes.get(edge.from as usize)).map(|node| node.label.as_str()).collect();
    labels.join(", ")
}

/// The graph.
#[component]
pub fn Graph(
    /// What to draw.
    graph: WorkflowGraph,
    /// What it shows, for those who do not see it.
    #[prop(into)]
    label: String,
    /// How each step stands, by its place; nothing for those without.
    #[prop(optional, into)]
    marks: Signal<Vec<Option<Mark>>>,
    /// The id of the step that is shown beside the graph.
    #[prop(optional, into)]
    selected: Signal<Option<String>>,
    /// What happens when a step is chosen.
    pick: Pick,
) -> impl IntoView {
    let width = graph.width.max(1.0);
    let height = height(&graph);
    // A step is as wide as its share of the frame.
    let frame = format!("--step:clamp(9rem,calc(100cqw / {width:.3}),15rem);width:calc(var(--step) * {width:.3});height:{height}px");
    let nodes: Vec<_> = graph
        .nodes
        .iter()
        .enumerate()
        .map(|(place, node)| {
            let after = before(&graph, place);
            let mark = memo(move |_| marks.with(|marks| marks.get(place).cloned().flatten()));
            view! { <NodeView node=node.clone() after mark selected pick=pick.clone()/> }
        })
        .collect();
    view! {
        <div
            class="@container max-h-[75vh] min-w-0 overflow-auto rounded-control bg-sunken p-4"
            role="group"
            aria-label=label
            tabindex="0"
            data-testid="graph"
        >
            <div class="relative mx-auto" style=frame>
                <Edges graph marks/>
                <ol>{nodes}</ol>
            </div>
        </div>
    }
    .into_any()
}
