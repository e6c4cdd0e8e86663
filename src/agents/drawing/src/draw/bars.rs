//! How are bars drawn, beside and on top of one another?

use super::LABEL;
use super::frame::Frame;
use super::range::least_gap;
use crate::colour::Colour;
use crate::fonts::Font;
use crate::read::{Cartesian, Chart, Kind};
use crate::scene::{Anchor, Shape};
use crate::ticks;

/// The widest bar.
const WIDEST: f64 = 90.0;
/// More marks than this have no values beside them.
const LABELLED: usize = 60;

pub(super) fn draw(shapes: &mut Vec<Shape>, chart: &Chart, body: &Cartesian, frame: &Frame<'_>) {
    // A slot for each stack, and for each series that is on none.
    let mut slots: Vec<Option<&str>> = Vec::new();
    let mut slot_of: Vec<Option<usize>> = Vec::new();
    let mut share: f64 = 0.0;
    for series in &body.series {
        let Kind::Bar { share: own } = series.kind else {
            slot_of.push(None);
            continue;
        };
        share = share.max(own);
        let stack = series.stack.as_deref();
        let known = stack.and_then(|_| slots.iter().position(|slot| *slot == stack));
        slot_of.push(Some(known.unwrap_or_else(|| {
            slots.push(stack);
            slots.len() - 1
        })));
    }
    let Some(gap) = least_gap(body) else { return };
    let gap = if frame.base().names.is_some() { 1.0 } else { gap };
    let group = (gap * frame.base().unit() * share).min(WIDEST * slots.len() as f64).max(0.5);
    let slot = group / slots.len() as f64;
    let wide = if slot > 6.0 { slot - 1.5 } else { slot * 0.92 };
    for (place, series) in body.series.iter().enumerate() {
        let Some(number) = slot_of[place] else { continue };
        let colour = series.colour.unwrap_or_else(|| chart.colour(place));
        for (point, span) in series.points.iter().zip(&frame.ranges.spans[place]) {
            let Some((from, to)) = span.filter(|_| frame.base().holds(point.base)) else { continue };
            let middle = frame.base().at(point.base) - group / 2.0 + (number as f64 + 0.5) * slot;
            let (start, end) = (frame.value().within(from), frame.value().within(to));
            let (low, long) = (start.min(end), (start - end).abs());
            let (x, y) = frame.turned(middle - wide / 2.0, low);
            let (width, height) = frame.turned(wide, long);
            let hint = hint(frame, point.base, &series.name, point.values[0]);
            shapes.push(Shape::rectangle(x, y, width, height, point.colour.unwrap_or(colour), Some(hint)));
            if series.labels && series.points.len() <= LABELLED {
                written(shapes, frame, middle, (start, end), point.values[0], series.stack.is_some().then_some(colour));
            }
        }
    }
}

/// The value beside its bar, or within it if others stand on top.
fn written(shapes: &mut Vec<Shape>, frame: &Frame<'_>, middle: f64, (start, end): (f64, f64), value: f64, within: Option<Colour>) {
    let text = ticks::label(value);
    let (x, y, anchor, colour) = match (within, frame.lying) {
        (Some(colour), _) => {
            let (x, y) = frame.turned(middle, (start + end) / 2.0);
            if (start - end).abs() < LABEL + 2.0 {
                return;
            }
            (x, y + LABEL * 0.36, Anchor::Middle, colour.ink())
        }
        (None, true) => {
            let beyond = if end < start { (end - 4.0, Anchor::End) } else { (end + 4.0, Anchor::Start) };
            (beyond.0, middle + LABEL * 0.36, beyond.1, Colour::TEXT)
        }
        (None, false) => (middle, if end > start { end + LABEL + 2.0 } else { end - 4.0 }, Anchor::Middle, Colour::TEXT),
    };
    shapes.push(Shape::Text { x, y, size: LABEL, font: Font::Regular, colour, anchor, turn: 0.0, text });
}

/// What a mark stands for.
pub(super) fn hint(frame: &Frame<'_>, base: f64, series: &str, value: f64) -> String {
    let at = match &frame.base().names {
        Some(names) => names.get(base as usize).cloned().unwrap_or_default(),
        None => String::new(),
    };
    let parts = [at, series.to_owned(), ticks::label(value)];
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(": ")
}
