//! How are box plots drawn?

use super::frame::Frame;
use crate::read::{Cartesian, Chart, Kind};
use crate::scene::{Segment, Shape, Stroke};
use crate::ticks;

/// The widest box.
const WIDEST: f64 = 60.0;

pub(super) fn draw(shapes: &mut Vec<Shape>, chart: &Chart, body: &Cartesian, frame: &Frame<'_>) {
    let boxes: Vec<usize> = body.series.iter().enumerate().filter(|(_, series)| series.kind == Kind::Box).map(|(place, _)| place).collect();
    for (number, place) in boxes.iter().enumerate() {
        let series = &body.series[*place];
        let colour = series.colour.unwrap_or_else(|| chart.colour(*place));
        let slot = (frame.base().unit() * 0.7 / boxes.len() as f64).min(WIDEST);
        let half = slot * 0.4;
        for point in &series.points {
            let [least, first, median, third, most] = point.values[..] else { continue };
            let middle = frame.base().at(point.base) + (number as f64 + 0.5 - boxes.len() as f64 / 2.0) * slot;
            let at = |value: f64| frame.value().within(value);
            let own = point.colour.unwrap_or(colour);
            let line = |from: (f64, f64), to: (f64, f64), width: f64| {
                Shape::line(frame.turned(from.0, from.1), frame.turned(to.0, to.1), Stroke::solid(own, width))
            };
            for (end, quartile) in [(least, first), (most, third)] {
                shapes.push(line((middle, at(end)), (middle, at(quartile)), 1.5));
                shapes.push(line((middle - half / 2.0, at(end)), (middle + half / 2.0, at(end)), 1.5));
            }
            let corners = [(middle - half, first), (middle + half, first), (middle + half, third), (middle - half, third)];
            let mut segments = Vec::with_capacity(5);
            for (place, (base, value)) in corners.into_iter().enumerate() {
                let (x, y) = frame.turned(base, at(value));
                segments.push(if place == 0 { Segment::Move(x, y) } else { Segment::Line(x, y) });
            }
            segments.push(Segment::Close);
            let written = [least, first, median, third, most].map(ticks::label).join(", ");
            let hint = Some(format!("{}: {written}", super::bars::hint(frame, point.base, &series.name, median)));
            shapes.push(Shape::Path { segments, fill: Some(own.with_opacity(0.2)), stroke: Some(Stroke::solid(own, 1.5)), hint });
            shapes.push(line((middle - half, at(median)), (middle + half, at(median)), 2.5));
        }
    }
}
