//! How are the points of a scatter drawn?

use std::collections::HashSet;

use super::frame::Frame;
use crate::read::{Cartesian, Chart, Kind};
use crate::scene::{Segment, Shape};
use crate::ticks;

/// More points than this say nothing where the pointer rests.
const HINTED: usize = 500;
/// More points than this are not circles of their own.
const CROWDED: usize = 5_000;

pub(super) fn draw(shapes: &mut Vec<Shape>, chart: &Chart, body: &Cartesian, frame: &Frame<'_>) {
    for (place, series) in body.series.iter().enumerate() {
        let Kind::Scatter { size } = series.kind else { continue };
        let colour = series.colour.unwrap_or_else(|| chart.colour(place));
        let hinted = series.points.len() <= HINTED;
        // Points on the same half pixel look like one. Very many become small squares of one path.
        let crowded = series.points.len() > CROWDED;
        let fine = if crowded { 1.0 } else { 2.0 };
        let mut taken = HashSet::new();
        let mut squares = Vec::new();
        for point in &series.points {
            let Some(value) = point.values.first().filter(|value| frame.base().holds(point.base) && frame.value().holds(**value)) else {
                continue;
            };
            let (x, y) = frame.turned(frame.base().at(point.base), frame.value().at(*value));
            if !taken.insert(((x * fine) as i64, (y * fine) as i64)) {
                continue;
            }
            if crowded {
                squares.extend([Segment::Move(x - 1.0, y - 1.0), Segment::Line(x + 1.0, y - 1.0), Segment::Line(x + 1.0, y + 1.0)]);
                squares.extend([Segment::Line(x - 1.0, y + 1.0), Segment::Close]);
                continue;
            }
            let name = if series.name.is_empty() { String::new() } else { format!("{}: ", series.name) };
            let hint = hinted.then(|| format!("{name}{}, {}", ticks::label(point.base), ticks::label(*value)));
            shapes.push(Shape::circle(x, y, size / 2.0, point.colour.unwrap_or(colour).with_opacity(0.7), hint));
        }
        if crowded {
            shapes.push(Shape::Path { segments: squares, fill: Some(colour), stroke: None, hint: None });
        }
    }
}
