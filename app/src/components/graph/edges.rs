//! How are the lines between steps drawn? As curves that leave a step below and reach the next from above.

use std::fmt::Write as _;

use baton_domain::task::TaskState;
use baton_domain::wire::workflow::{GraphPoint, WorkflowEdge, WorkflowGraph};
use leptos::prelude::*;

use super::{HEIGHT, LAYER, height};
use crate::components::mark::Mark;
use crate::reactive::memo;

/// How many units of the picture a step is wide; the picture is stretched to the frame.
const UNIT: f64 = 100.0;
/// The room that a line leaves for its point, in pixels.
const POINT: f64 = 6.0;

/// The lines; not for those who do not see them, who hear it of each step.
#[component]
pub(super) fn Edges(graph: WorkflowGraph, marks: Signal<Vec<Option<Mark>>>) -> impl IntoView {
    let frame = format!("0 0 {:.1} {}", graph.width.max(1.0) * UNIT, height(&graph));
    let lines: Vec<_> = graph
        .edges
        .into_iter()
        .filter(|edge| !edge.implied)
        .map(|edge| {
            let path = path(&edge.points);
            let WorkflowEdge { from, on_failure, .. } = edge;
            // What has ended lights the way on.
            let lit = memo(move |_| marks.with(|marks| leads_on(marks.get(from as usize).and_then(Option::as_ref), on_failure)));
            let class = move || if lit.get() { "stroke-accent" } else { "stroke-line-strong" };
            view! {
                <path
                    d=path
                    class=class
                    fill="none"
                    stroke-width=move || if lit.get() { "2" } else { "1.5" }
                    stroke-dasharray=on_failure.then_some("5 4")
                    vector-effect="non-scaling-stroke"
                ></path>
            }
        })
        .collect();
    view! {
        <svg class="pointer-events-none absolute inset-0 size-full" viewBox=frame preserveAspectRatio="none" aria-hidden="true">
            {lines}
        </svg>
    }
    .into_any()
}

fn leads_on(mark: Option<&Mark>, on_failure: bool) -> bool {
    mark.is_some_and(|mark| mark.look == if on_failure { TaskState::Failed } else { TaskState::Completed })
}

/// From below the first point to above the last one, straight through the layers between.
pub(super) fn path(points: &[GraphPoint]) -> String {
    let mut path = String::new();
    for (place, pair) in points.windows(2).enumerate() {
        let [above, below] = pair else { continue };
        let (from, to) = ((above.x + 0.5) * UNIT, (below.x + 0.5) * UNIT);
        let top = f64::from(above.layer * LAYER + HEIGHT);
        let last = place + 2 == points.len();
        let bottom = f64::from(below.layer * LAYER) - if last { POINT } else { 0.0 };
        let bend = (bottom - top) / 2.0;
        // Writing to a string cannot fail.
        if place == 0 {
            let _ = write!(path, "M{from:.1} {top:.0}");
        }
        let _ = write!(path, "C{from:.1} {:.1} {to:.1} {:.1} {to:.1} {bottom:.0}", top + bend, bottom - bend);
        if !last {
            let _ = write!(path, "V{}", below.layer * LAYER + HEIGHT);
        }
    }
    path
}
