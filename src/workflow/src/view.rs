//! How is the graph of a workflow laid out for drawing?
//!
//! In layers, as Sugiyama and others do (1981): each step stands a layer below the lowest of those before it (longest path), long edges get a point in each
//! layer that they pass, and the layers are put in order by barycentres, up and down, the order with the fewest crossings being kept.

use serde::Serialize;

use crate::document::{Action, Workflow};
use crate::graph::Graph;

/// Graphs of more steps are laid out without looking for few crossings: nobody follows their edges by eye.
pub const MAXIMUM_ORDERED: usize = 300;
/// The most points on long edges: beyond that they are drawn as straight lines, and the layers are not put in order either.
pub const MAXIMUM_POINTS: usize = 20_000;
/// How often the layers are put in order, down and up.
const SWEEPS: usize = 8;

/// A graph with places.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct View {
    /// The steps, in the order of the document.
    pub nodes: Vec<ViewNode>,
    /// What comes before what.
    pub edges: Vec<ViewEdge>,
    /// How many layers there are.
    pub layers: u32,
    /// How many places the widest layer has.
    pub width: f64,
    /// How many pairs of edges cross.
    pub crossings: u64,
}

/// A step.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ViewNode {
    /// Its id.
    pub id: String,
    /// What people read: its title, or its id.
    pub label: String,
    /// `skill`, `workflow`, `decide`, `signal`, `delay` or `approve`.
    pub kind: &'static str,
    /// The skill or workflow that it uses.
    pub uses: Option<String>,
    /// Whether it goes through a list.
    pub foreach: bool,
    /// Whether somebody has to agree first.
    pub approve: bool,
    /// Whether it has a condition.
    pub conditional: bool,
    /// Its layer, from 0.
    pub layer: u32,
    /// Its middle within the layer: neighbours are at least 1 apart, and the leftmost of all is at 0.
    pub x: f64,
}

/// What leads from one step to another.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ViewEdge {
    /// The step that comes first, by its place among the nodes.
    pub from: usize,
    /// The one that comes after.
    pub to: usize,
    /// Whether it is followed only when the first fails.
    pub on_failure: bool,
    /// Whether other edges say the same, so that it need not be drawn.
    pub implied: bool,
    /// Where it passes each layer, both ends included: pairs of layer and middle.
    pub points: Vec<(u32, f64)>,
}

/// Lays out a workflow.
#[must_use]
pub fn view(workflow: &Workflow, graph: &Graph) -> View {
    let count = workflow.steps.len();
    let layer = layers(graph, count);
    let mut edges = Vec::new();
    for to in 0..count {
        for (list, on_failure) in [(&graph.needs, false), (&graph.guards, true)] {
            for from in list.get(to).into_iter().flatten() {
                edges.push((*from, to, on_failure));
            }
        }
    }
    let drawing = Drawing::of(&layer, &edges, count);
    let nodes = workflow.steps.iter().enumerate().map(|(place, step)| {
        let (kind, uses) = match &step.action {
            Action::Skill(skill) => ("skill", Some(skill.name.clone())),
            Action::Workflow(workflow) => ("workflow", Some(workflow.name.clone())),
            Action::Decide => ("decide", None),
            Action::Signal { .. } => ("signal", None),
            Action::Delay(_) => ("delay", None),
            Action::Approve => ("approve", None),
        };
        ViewNode {
            id: step.id.clone(),
            label: step.title.clone().unwrap_or_else(|| step.id.clone()),
            kind,
            uses,
            foreach: step.foreach.is_some(),
            approve: step.approve.is_some(),
            conditional: step.condition.is_some(),
            layer: small(layer[place]),
            x: drawing.x[place],
        }
    });
    let implied = implied(graph, &edges, count);
    let edges = edges.iter().zip(&drawing.chains).zip(implied).map(|((&(from, to, on_failure), chain), implied)| ViewEdge {
        from,
        to,
        on_failure,
        implied,
        points: chain.iter().map(|point| (small(drawing.layer[*point]), drawing.x[*point])).collect(),
    });
    View {
        nodes: nodes.collect(),
        edges: edges.collect(),
        layers: small(layer.iter().max().map_or(0, |last| last + 1)),
        width: drawing.x.iter().copied().fold(0.0, f64::max) + 1.0,
        crossings: drawing.crossings,
    }
}

fn small(value: usize) -> u32 {
    u32::try_from(value).unwrap_or(u32::MAX)
}

/// The layer of each step: the longest way to it.
fn layers(graph: &Graph, count: usize) -> Vec<usize> {
    let mut layer = vec![0; count];
    for step in &graph.order {
        layer[*step] = graph.before(*step).map(|before| layer[before] + 1).max().unwrap_or(0);
    }
    layer
}

/// Whether each edge is said by others too: there is a longer way.
fn implied(graph: &Graph, edges: &[(usize, usize, bool)], count: usize) -> Vec<bool> {
    if count > MAXIMUM_ORDERED {
        return vec![false; edges.len()];
    }
    // What comes before each step, however far.
    let mut all = vec![vec![false; count]; count];
    for step in &graph.order {
        for before in graph.before(*step).collect::<Vec<_>>() {
            let row = all[before].clone();
            for (known, reached) in all[*step].iter_mut().zip(row) {
                *known |= reached;
            }
            all[*step][before] = true;
        }
    }
    edges.iter().map(|&(from, to, on_failure)| !on_failure && graph.before(to).any(|other| other != from && all[other][from])).collect()
}

/// Steps and the points of long edges, in layers.
struct Drawing {
    layer: Vec<usize>,
    x: Vec<f64>,
    /// The points of each edge, from its first step to its second.
    chains: Vec<Vec<usize>>,
    crossings: u64,
}

impl Drawing {
    fn of(steps: &[usize], edges: &[(usize, usize, bool)], count: usize) -> Self {
        let mut layer = steps.to_vec();
        let mut chains = Vec::with_capacity(edges.len());
        let passed = |(from, to, _): &(usize, usize, bool)| steps[*to].saturating_sub(steps[*from] + 1);
        let ordered = count <= MAXIMUM_ORDERED && edges.iter().map(passed).sum::<usize>() <= MAXIMUM_POINTS;
        for (from, to, _) in edges {
            let mut chain = vec![*from];
            for between in steps[*from] + 1..steps[*to] {
                if ordered {
                    chain.push(layer.len());
                    layer.push(between);
                }
            }
            chain.push(*to);
            chains.push(chain);
        }
        let mut rows: Vec<Vec<usize>> = vec![Vec::new(); layer.iter().max().map_or(0, |last| last + 1)];
        for (point, row) in layer.iter().enumerate() {
            rows[*row].push(point);
        }
        let mut above: Vec<Vec<usize>> = vec![Vec::new(); layer.len()];
        let mut below: Vec<Vec<usize>> = vec![Vec::new(); layer.len()];
        for pair in chains.iter().flat_map(|chain| chain.windows(2)) {
            below[pair[0]].push(pair[1]);
            above[pair[1]].push(pair[0]);
        }
        let mut crossings = 0;
        if ordered {
            (rows, crossings) = fewest_crossings(rows, &above, &below);
        }
        let x = places(&rows, &above, &below, ordered);
        Self { layer, x, chains, crossings }
    }
}

fn fewest_crossings(mut rows: Vec<Vec<usize>>, above: &[Vec<usize>], below: &[Vec<usize>]) -> (Vec<Vec<usize>>, u64) {
    let mut best = rows.clone();
    let mut least = crossings(&rows, below);
    for sweep in 0..SWEEPS {
        if least == 0 {
            break;
        }
        let down = sweep % 2 == 0;
        let neighbours = if down { above } else { below };
        let mut place = vec![0.0; above.len()];
        let order: Vec<usize> = if down { (0..rows.len()).collect() } else { (0..rows.len()).rev().collect() };
        for row in order {
            let mean = |point: usize, own: usize| {
                let others = &neighbours[point];
                if others.is_empty() { own as f64 } else { others.iter().map(|other| place[*other]).sum::<f64>() / others.len() as f64 }
            };
            let mut keyed: Vec<(f64, usize)> = rows[row].iter().enumerate().map(|(own, point)| (mean(*point, own), *point)).collect();
            // Stable: what is as good as its neighbour stays where it is.
            keyed.sort_by(|one, other| one.0.total_cmp(&other.0));
            rows[row] = keyed.into_iter().map(|(_, point)| point).collect();
            for (own, point) in rows[row].iter().enumerate() {
                place[*point] = own as f64;
            }
        }
        let now = crossings(&rows, below);
        if now < least {
            least = now;
            best.clone_from(&rows);
        }
    }
    (best, least)
}

/// How many pairs of edges between neighbouring layers cross, counted by a tree of sums (Barth, Jünger and Mutzel 2002).
fn crossings(rows: &[Vec<usize>], below: &[Vec<usize>]) -> u64 {
    let mut place = vec![0; below.len()];
    for row in rows {
        for (own, point) in row.iter().enumerate() {
            place[*point] = own;
        }
    }
    let mut count = 0;
    for pair in rows.windows(2) {
        let mut tree = vec![0_u64; pair[1].len() + 1];
        let mut seen = 0_u64;
        for point in &pair[0] {
            let mut ends: Vec<usize> = below[*point].iter().map(|end| place[*end]).collect();
            ends.sort_unstable();
            for end in &ends {
                // Those to the right of this end that began further left.
                let (mut at, mut upto) = (end + 1, 0);
                while at > 0 {
                    upto += tree[at];
                    at &= at - 1;
                }
                count += seen - upto;
            }
            for end in ends {
                let mut at = end + 1;
                while at < tree.len() {
                    tree[at] += 1;
                    at += at & at.wrapping_neg();
                }
                seen += 1;
            }
        }
    }
    count
}

/// The middle of each point: near the mean of its neighbours, at least 1 from those beside it, in the order of its layer.
fn places(rows: &[Vec<usize>], above: &[Vec<usize>], below: &[Vec<usize>], settle: bool) -> Vec<f64> {
    let mut x = vec![0.0; above.len()];
    let widest = rows.iter().map(Vec::len).max().unwrap_or(0);
    for row in rows {
        let margin = (widest - row.len()) as f64 / 2.0;
        for (own, point) in row.iter().enumerate() {
            x[*point] = own as f64 + margin;
        }
    }
    let sweeps = if settle { SWEEPS } else { 0 };
    for sweep in 0..sweeps {
        let neighbours = if sweep % 2 == 0 { above } else { below };
        let order: Vec<usize> = if sweep % 2 == 0 { (0..rows.len()).collect() } else { (0..rows.len()).rev().collect() };
        for row in order {
            let wanted: Vec<f64> = rows[row]
                .iter()
                .map(|point| {
                    let others = &neighbours[*point];
                    if others.is_empty() { x[*point] } else { others.iter().map(|other| x[*other]).sum::<f64>() / others.len() as f64 }
                })
                .collect();
            // Pushed apart from the left and from the right; the mean of the two keeps both distances.
            let mut left = wanted.clone();
            for place in 1..left.len() {
                left[place] = left[place].max(left[place - 1] + 1.0);
            }
            let mut right = wanted;
            for place in (0..right.len().saturating_sub(1)).rev() {
                right[place] = right[place].min(right[place + 1] - 1.0);
            }
            for ((point, one), other) in rows[row].iter().zip(left).zip(right) {
                x[*point] = f64::midpoint(one, other);
            }
        }
    }
    let leftmost = x.iter().copied().fold(f64::INFINITY, f64::min);
    if leftmost.is_finite() {
        for place in &mut x {
            *place -= leftmost;
        }
    }
    x
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests")]
    use super::*;
    use crate::document::parse;
    use crate::run::Plan;
    use proptest::prelude::*;

    fn view_of(steps: &[Vec<usize>]) -> View {
        let lines: String = steps
            .iter()
            .enumerate()
            .map(|(place, needs)| {
                let needs: Vec<String> = needs.iter().map(|need| format!("s{need}")).collect();
                format!("  s{place}: {{uses: a.b, needs: [{}]}}\n", needs.join(", "))
            })
            .collect();
        let plan = Plan::of(parse(&format!("name: x\nversion: 1\nsteps:\n{lines}")).unwrap()).unwrap();
        view(&plan.workflow, &plan.graph)
    }

    /// Crossings by looking at every pair of segments.
    fn counted(view: &View) -> u64 {
        let mut segments = Vec::new();
        for edge in &view.edges {
            segments.extend(edge.points.windows(2).map(|pair| (pair[0].0, pair[0].1, pair[1].1)));
        }
        let mut count = 0;
        for (index, one) in segments.iter().enumerate() {
            count += segments[index + 1..].iter().filter(|other| one.0 == other.0 && (one.1 - other.1) * (one.2 - other.2) < -1e-9).count();
        }
        count as u64
    }

    #[test]
    fn a_diamond_is_drawn_without_crossings() {
        let view = view_of(&[vec![], vec![0], vec![0], vec![1, 2], vec![0, 3]]);
        let layers: Vec<u32> = view.nodes.iter().map(|node| node.layer).collect();
        assert_eq!((layers, view.layers, view.crossings), (vec![0, 1, 1, 2, 3], 4, 0));
        // The last step needs the first by way of others anyway.
        assert!(view.edges.iter().all(|edge| edge.implied == (edge.from == 0 && edge.to == 4)));
        let long = view.edges.iter().find(|edge| (edge.from, edge.to) == (0, 4)).unwrap();
        assert_eq!(long.points.len(), 4);
    }

    #[test]
    fn crossings_that_need_not_be_are_taken_out() {
        // Two rows whose lines are crossed in the order of the document: 0→7, 1→6, 2→5, 3→4.
        let view = view_of(&[vec![], vec![], vec![], vec![], vec![3], vec![2], vec![1], vec![0]]);
        assert_eq!(view.crossings, 0);
        // A tree of three levels, its leaves mixed up.
        let view = view_of(&[vec![], vec![0], vec![0], vec![0], vec![1], vec![3], vec![2], vec![1], vec![3], vec![2]]);
        assert_eq!(view.crossings, 0);
    }

    #[test]
    fn large_graphs_are_laid_out_too() {
        let steps: Vec<Vec<usize>> = (0..1_000).map(|step: usize| if step == 0 { vec![] } else { vec![0, step - 1] }).collect();
        let steps: Vec<Vec<usize>> = steps
            .into_iter()
            .map(|mut needs| {
                needs.dedup();
                needs
            })
            .collect();
        assert_eq!(view_of(&steps).layers, 1_000);
    }

    #[test]
    fn points_on_long_edges_are_bounded() {
        // Each needs the one before it and the first twenty: many points if each edge had one in each layer.
        let steps: Vec<Vec<usize>> =
            (0..MAXIMUM_ORDERED).map(|step| (0..step).filter(|need| *need < 20 || need + 1 == step).collect()).collect();
        let view = view_of(&steps);
        assert_eq!(view.layers as usize, MAXIMUM_ORDERED);
        let points: usize = view.edges.iter().map(|edge| edge.points.len() - 2).sum();
        assert!(points <= MAXIMUM_POINTS, "{points} points");
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

        #[test]
        fn every_edge_leads_down_and_nothing_overlaps(
            steps in prop::collection::vec(prop::collection::vec(any::<prop::sample::Index>(), 0..4), 1..40)
        ) {
            let steps: Vec<Vec<usize>> = steps
                .into_iter()
                .enumerate()
                .map(|(place, needs)| {
                    let needs: std::collections::BTreeSet<usize> = needs.into_iter().filter(|_| place > 0).map(|need| need.index(place.max(1))).collect();
                    needs.into_iter().collect()
                })
                .collect();
            let view = view_of(&steps);
            for edge in &view.edges {
                prop_assert!(view.nodes[edge.from].layer < view.nodes[edge.to].layer);
                prop_assert!(edge.points.windows(2).all(|pair| pair[1].0 == pair[0].0 + 1));
                prop_assert_eq!(edge.points[0], (view.nodes[edge.from].layer, view.nodes[edge.from].x));
            }
            for (index, one) in view.nodes.iter().enumerate() {
                for other in &view.nodes[index + 1..] {
                    prop_assert!(one.layer != other.layer || (one.x - other.x).abs() > 1.0 - 1e-6, "{one:?} {other:?}");
                }
            }
            prop_assert_eq!(view.crossings, counted(&view));
            prop_assert_eq!(&view, &view_of(&steps));
        }
    }
}
