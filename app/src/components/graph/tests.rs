//! Is a graph usable without seeing it, and does every line end where its steps stand?

use baton_domain::task::TaskState;
use baton_domain::wire::workflow::{GraphPoint, WorkflowEdge, WorkflowGraph, WorkflowNode};
use leptos::prelude::*;

use super::edges::path;
use super::{Graph, Pick};
use crate::components::mark::Mark;

fn points(points: &[(u32, f64)]) -> Vec<GraphPoint> {
    points.iter().map(|&(layer, x)| GraphPoint { layer, x }).collect()
}

fn diamond() -> WorkflowGraph {
    let node = |id: &str, layer, x| WorkflowNode {
        id: id.to_owned(),
        label: format!("The {id}"),
        kind: "skill".to_owned(),
        uses: None,
        foreach: false,
        approve: false,
        conditional: false,
        layer,
        x,
    };
    let edge = |from, to, way: &[(u32, f64)]| WorkflowEdge { from, to, on_failure: false, implied: false, points: points(way) };
    WorkflowGraph {
        nodes: vec![node("top", 0, 0.5), node("left", 1, 0.0), node("right", 1, 1.0), node("end", 2, 0.5)],
        edges: vec![
            edge(0, 1, &[(0, 0.5), (1, 0.0)]),
            edge(0, 2, &[(0, 0.5), (1, 1.0)]),
            edge(1, 3, &[(1, 0.0), (2, 0.5)]),
            WorkflowEdge { on_failure: true, ..edge(2, 3, &[(1, 1.0), (2, 0.5)]) },
            WorkflowEdge { implied: true, ..edge(0, 3, &[(0, 0.5), (1, 0.5), (2, 0.5)]) },
        ],
        layers: 3,
        width: 2.0,
        crossings: 0,
    }
}

fn drawn(marks: Vec<Option<Mark>>) -> String {
    let owner = Owner::new();
    owner.with(|| {
        let pick = Pick::link(|id| Some(format!("#step-{id}")));
        view! { <Graph graph=diamond() label="Steps" marks=Signal::stored(marks) pick/> }.to_html()
    })
}

#[test]
fn steps_are_links_in_the_order_of_the_document_that_say_what_they_come_after() {
    let html = drawn(Vec::new());
    let places: Vec<_> = ["top", "left", "right", "end"].map(|id| html.find(&format!("href=\"#step-{id}\""))).to_vec();
    assert!(places.iter().all(Option::is_some) && places.is_sorted(), "{places:?}");
    assert!(html.contains(", after The left, The right"), "{html}");
    assert_eq!(html.matches("<path").count(), 4 + 3 + 4, "four lines, three points, four signs: {html}");
    assert_eq!(html.matches("stroke-dasharray").count(), 1);
}

#[test]
fn a_state_is_told_by_word_and_sign_and_lights_the_way_on() {
    let mark = |look, words: &str| Some(Mark { look, state: "x", words: words.to_owned() });
    let html = drawn(vec![mark(TaskState::Completed, "completed in 2 s"), mark(TaskState::Running, "running"), None, None]);
    assert!(html.contains("completed in 2 s") && html.contains("animate-pulse-slow"), "{html}");
    assert_eq!(html.matches("stroke-accent").count(), 2);
}

#[test]
fn a_line_goes_from_below_a_step_to_above_the_next() {
    assert_eq!(path(&points(&[(0, 0.0), (1, 0.0)])), "M50.0 60C50.0 77.0 50.0 77.0 50.0 94");
    let long = path(&points(&[(0, 0.0), (1, 1.0), (2, 1.0)]));
    assert!(long.starts_with("M50.0 60C") && long.contains("V160C") && long.ends_with("150.0 194"), "{long}");
}
