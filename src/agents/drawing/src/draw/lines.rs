//! How are lines drawn, and what lies below them?

use super::frame::Frame;
use crate::colour::Colour;
use crate::read::{Cartesian, Chart, Kind};
use crate::scene::{Segment, Shape, Stroke};

/// Lines of more points than this have no circles at them.
const WITH_SYMBOLS: usize = 60;

pub(super) fn draw(shapes: &mut Vec<Shape>, chart: &Chart, body: &Cartesian, frame: &Frame<'_>) {
    for (place, series) in body.series.iter().enumerate() {
        let Kind::Line { area, steps, width, dashes, symbols } = &series.kind else { continue };
        let colour = series.colour.unwrap_or_else(|| chart.colour(place));
        let symbols = *symbols && series.points.len() <= WITH_SYMBOLS;
        for run in runs(series.points.iter().zip(&frame.ranges.spans[place]).map(|(point, span)| (point.base, *span)), frame) {
            let run = if run.len() > 4_000 { thinned(&run) } else { run };
            if let Some(opacity) = area {
                shapes.push(below(&run, *steps, frame, colour.with_opacity(*opacity)));
            }
            let stroke = Stroke { colour, width: *width, dashes: dashes.clone() };
            let upper: Vec<(f64, f64)> = run.iter().map(|(base, _, to)| (*base, *to)).collect();
            if run.len() > 1 {
                shapes.push(Shape::Path {
                    segments: along(&upper, *steps, frame),
                    fill: None,
                    stroke: Some(stroke),
                    hint: hint(&series.name),
                });
            }
            // A lone point between gaps would not be seen.
            if symbols || run.len() == 1 {
                for (base, to) in upper {
                    let (x, y) = frame.turned(base, to);
                    shapes.push(Shape::circle(x, y, (*width * 1.4).max(2.0), colour, None));
                }
            }
        }
    }
}

fn hint(name: &str) -> Option<String> {
    (!name.is_empty()).then(|| name.to_owned())
}

/// Stretches without a gap, as places: along the base, lower end, upper end.
fn runs(points: impl Iterator<Item = (f64, Option<(f64, f64)>)>, frame: &Frame<'_>) -> Vec<Vec<(f64, f64, f64)>> {
    let mut runs: Vec<Vec<(f64, f64, f64)>> = vec![Vec::new()];
    for (base, span) in points {
        match span.filter(|_| frame.base().holds(base)) {
            Some((from, to)) => {
                let value = frame.value();
                // What is not stacked stands on zero, or on the end that is nearest to it.
                let from = if from == to { value.within(0.0) } else { value.within(from) };
                if let Some(run) = runs.last_mut() {
                    run.push((frame.base().at(base), from, value.within(to)));
                }
            }
            None => runs.push(Vec::new()),
        }
    }
    runs.retain(|run| !run.is_empty());
    runs
}

/// Of the points within one pixel the first, the highest, the lowest and the last: the line looks the same.
fn thinned(run: &[(f64, f64, f64)]) -> Vec<(f64, f64, f64)> {
    let mut kept: Vec<(f64, f64, f64)> = Vec::new();
    for column in run.chunk_by(|a, b| a.0.floor() == b.0.floor()) {
        let mut places = vec![0, column.len() - 1];
        places.extend((0..column.len()).min_by(|a, b| column[*a].2.total_cmp(&column[*b].2)));
        places.extend((0..column.len()).max_by(|a, b| column[*a].2.total_cmp(&column[*b].2)));
        places.sort_unstable();
        places.dedup();
        kept.extend(places.into_iter().map(|place| column[place]));
    }
    kept
}

fn along(points: &[(f64, f64)], steps: bool, frame: &Frame<'_>) -> Vec<Segment> {
    let mut segments = Vec::with_capacity(points.len() * 2);
    for (number, (base, to)) in points.iter().enumerate() {
        let (x, y) = frame.turned(*base, *to);
        if number == 0 {
            segments.push(Segment::Move(x, y));
            continue;
        }
        if steps {
            let (x, y) = frame.turned(*base, points[number - 1].1);
            segments.push(Segment::Line(x, y));
        }
        segments.push(Segment::Line(x, y));
    }
    segments
}

fn below(run: &[(f64, f64, f64)], steps: bool, frame: &Frame<'_>, fill: Colour) -> Shape {
    let upper: Vec<(f64, f64)> = run.iter().map(|(base, _, to)| (*base, *to)).collect();
    let lower: Vec<(f64, f64)> = run.iter().rev().map(|(base, from, _)| (*base, *from)).collect();
    let mut segments = along(&upper, steps, frame);
    for (base, from) in lower {
        let (x, y) = frame.turned(base, from);
        segments.push(Segment::Line(x, y));
    }
    segments.push(Segment::Close);
    Shape::Path { segments, fill: Some(fill), stroke: None, hint: None }
}
