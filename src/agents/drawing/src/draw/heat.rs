//! How are the cells of a heatmap drawn, and the scale of their colours?

use super::frame::Frame;
use super::{LABEL, Room, label};
use crate::colour::{Colour, token};
use crate::fonts::Font;
use crate::read::{Cartesian, Kind};
use crate::scene::{Anchor, Shape};
use crate::ticks;

/// How values become colours.
pub(super) struct Scale {
    min: f64,
    max: f64,
    colours: Vec<Colour>,
}

impl Scale {
    /// The scale of the options; without one it goes from the least to the greatest value.
    pub(super) fn of(body: &Cartesian) -> Self {
        let values = || {
            let heat = body.series.iter().filter(|series| series.kind == Kind::Heatmap);
            heat.flat_map(|series| series.points.iter().filter_map(|point| point.values.get(1).copied()))
        };
        let given = body.scale.as_ref();
        let min = given.and_then(|scale| scale.min).unwrap_or_else(|| values().fold(f64::INFINITY, f64::min));
        let max = given.and_then(|scale| scale.max).unwrap_or_else(|| values().fold(f64::NEG_INFINITY, f64::max));
        let (min, max) = if min.is_finite() && max > min { (min, max) } else { (min.min(0.0), min.min(0.0) + 1.0) };
        let colours = match given.map(|scale| scale.colours.clone()).filter(|colours| !colours.is_empty()) {
            Some(colours) => colours,
            // Two directions where values go below zero; one of full strength else, so that small differences are seen.
            None if min < 0.0 => {
                ["negative", "zero", "positive"].iter().filter_map(|name| token(&format!("--color-chart-{name}"))).collect()
            }
            None => vec![Colour::WHITE, Colour::of_series(0)],
        };
        Self { min, max, colours }
    }

    fn colour(&self, value: f64) -> Colour {
        Colour::along(&self.colours, (value - self.min) / (self.max - self.min))
    }

    /// Draws the scale at the right.
    pub(super) fn draw(&self, shapes: &mut Vec<Shape>, room: &mut Room) {
        let ticks = ticks::numbers(self.min, self.max, 4, 0.0, (true, true));
        let widest = ticks.at.iter().map(|(_, text)| Font::Regular.width(text, LABEL)).fold(20.0, f64::max);
        let left = room.right - widest - 18.0;
        let (top, bottom) = (room.top + 12.0, (room.top + 172.0).min(room.bottom - 20.0));
        const STEPS: usize = 40;
        let step = (bottom - top) / STEPS as f64;
        for place in 0..STEPS {
            let share = 1.0 - (place as f64 + 0.5) / STEPS as f64;
            let colour = Colour::along(&self.colours, share);
            shapes.push(Shape::rectangle(left, top + place as f64 * step, 12.0, step + 0.3, colour, None));
        }
        for (value, text) in &ticks.at {
            let y = bottom - (bottom - top) * (value - self.min) / (self.max - self.min);
            shapes.push(label(left + 18.0, y + LABEL * 0.36, text.clone(), Anchor::Start));
        }
        room.right = left - 16.0;
    }
}

pub(super) fn draw(shapes: &mut Vec<Shape>, body: &Cartesian, frame: &Frame<'_>, scale: &Scale) {
    let size = |axis: &crate::axis::Axis| if axis.names.is_some() { axis.unit() } else { 10.0 };
    let (width, height) = (size(&frame.x), size(&frame.y));
    let gap = if width > 6.0 && height > 6.0 { 1.0 } else { 0.0 };
    for series in body.series.iter().filter(|series| series.kind == Kind::Heatmap) {
        for point in &series.points {
            let [down, value] = point.values[..] else { continue };
            let (x, y) = (frame.x.at(point.base), frame.y.at(down));
            let colour = point.colour.unwrap_or_else(|| scale.colour(value));
            let text = ticks::label(value);
            let name = |axis: &crate::axis::Axis, place: f64| {
                axis.names.as_ref().and_then(|names| names.get(place as usize)).cloned().unwrap_or_default()
            };
            let hint = Some(format!("{}, {}: {text}", name(&frame.x, point.base), name(&frame.y, down)));
            shapes.push(Shape::rectangle(x - width / 2.0, y - height / 2.0, width - gap, height - gap, colour, hint));
            if series.labels && height >= LABEL + 2.0 && Font::Regular.width(&text, LABEL) + 4.0 <= width {
                let y = y + LABEL * 0.36;
                shapes.push(Shape::Text {
                    x,
                    y,
                    size: LABEL,
                    font: Font::Regular,
                    colour: colour.ink(),
                    anchor: Anchor::Middle,
                    turn: 0.0,
                    text,
                });
            }
        }
    }
}
