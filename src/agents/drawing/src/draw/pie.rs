//! How are the parts of a whole drawn?

use std::f64::consts::TAU;

use super::{LABEL, Room};
use crate::colour::Colour;
use crate::fonts::Font;
use crate::read::{Chart, Pie};
use crate::scene::{Anchor, Shape};
use crate::ticks;

/// The widest name beside a slice.
const WIDEST: f64 = 220.0;

/// Pies beside one another, each with its names at the right.
pub(super) fn draw(shapes: &mut Vec<Shape>, chart: &Chart, pies: &[Pie], room: Room) {
    let width = (room.right - room.left) / pies.len() as f64;
    for (number, pie) in pies.iter().enumerate() {
        let left = room.left + number as f64 * width;
        one(shapes, chart, pie, Room { left, right: left + width - 12.0, ..room });
    }
}

fn one(shapes: &mut Vec<Shape>, chart: &Chart, pie: &Pie, room: Room) {
    let total: f64 = pie.slices.iter().map(|slice| slice.value).sum();
    let share = |value: f64| format!("{:.1} %", value / total * 100.0);
    let row = 18.0;
    let fits = ((room.bottom - room.top) / row).max(1.0) as usize;
    let names: Vec<String> = pie.slices.iter().map(|slice| Font::Regular.cut(&slice.name, LABEL, WIDEST - 110.0)).collect();
    let texts: Vec<String> = pie
        .slices
        .iter()
        .zip(&names)
        .map(|(slice, name)| format!("{name}  {} ({})", ticks::label(slice.value), share(slice.value)).trim_start().to_owned())
        .collect();
    let beside = texts.iter().map(|text| Font::Regular.width(text, LABEL)).fold(0.0, f64::max) + 22.0;
    let radius = ((room.right - room.left - beside - 24.0).min(room.bottom - room.top) / 2.0).max(30.0);
    let centre = (room.left + radius, (room.top + room.bottom) / 2.0);
    let mut angle = 0.0;
    let drawn = pie.slices.iter().enumerate();
    for ((place, slice), text) in drawn.zip(&texts) {
        let colour = slice.colour.unwrap_or_else(|| chart.colour(place));
        let next = angle + TAU * slice.value / total;
        if slice.value > 0.0 {
            // A whole circle would begin where it ends, and so be nothing.
            let end = if next - angle >= TAU - 1e-9 { angle + TAU - 1e-6 } else { next };
            shapes.push(Shape::sector(centre, radius * pie.hole, radius, (angle, end), colour, Some(text.clone())));
        }
        angle = next;
    }
    let shown = if pie.slices.len() > fits { fits - 1 } else { pie.slices.len() };
    let top = (centre.1 - shown as f64 * row / 2.0).max(room.top);
    let x = room.left + radius * 2.0 + 24.0;
    for (place, text) in texts.iter().take(shown).enumerate() {
        let y = top + place as f64 * row;
        let colour = pie.slices[place].colour.unwrap_or_else(|| chart.colour(place));
        shapes.push(Shape::rectangle(x, y + 1.0, 10.0, 10.0, colour, None));
        shapes.push(written(x + 16.0, y + 10.0, text.clone()));
    }
    if shown < texts.len() {
        shapes.push(written(x, top + shown as f64 * row + 10.0, format!("and {} more", texts.len() - shown)));
    }
}

const fn written(x: f64, y: f64, text: String) -> Shape {
    Shape::Text { x, y, size: LABEL, font: Font::Regular, colour: Colour::TEXT, anchor: Anchor::Start, turn: 0.0, text }
}
