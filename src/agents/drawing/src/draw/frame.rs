//! How are the axes laid, so that their labels have room and do not overlap?

use super::range::Ranges;
use super::{LABEL, Room, label};
use crate::axis::Axis;
use crate::colour::Colour;
use crate::fonts::Font;
use crate::read::Cartesian;
use crate::scene::{Anchor, Shape, Stroke};

/// The axes in their places, and where each mark begins and ends.
pub(super) struct Frame<'a> {
    pub(super) x: Axis,
    pub(super) y: Axis,
    pub(super) lying: bool,
    pub(super) ranges: &'a Ranges,
}

impl Frame<'_> {
    pub(super) const fn base(&self) -> &Axis {
        if self.lying { &self.y } else { &self.x }
    }

    pub(super) const fn value(&self) -> &Axis {
        if self.lying { &self.x } else { &self.y }
    }

    /// A place along the base and one along the values, as x and y.
    pub(super) const fn turned(&self, base: f64, value: f64) -> (f64, f64) {
        if self.lying { (value, base) } else { (base, value) }
    }
}

/// How the labels of the lower axis stand.
enum Lower {
    Level { every: usize },
    Turned { every: usize, longest: f64 },
}

/// The widest label at the left.
const WIDEST: f64 = 150.0;
/// The longest turned label.
const LONGEST: f64 = 120.0;

pub(super) fn lay<'a>(shapes: &mut Vec<Shape>, body: &Cartesian, ranges: &'a Ranges, room: Room, heat: bool) -> Frame<'a> {
    let (across, up) = if body.lying { (ranges.value, ranges.base) } else { (ranges.base, ranges.value) };
    let mut room = room;
    if !body.y.name.is_empty() {
        let text = Font::Regular.cut(&body.y.name, LABEL, room.right - room.left);
        shapes.push(label(room.left, room.top + LABEL, text, Anchor::Start));
        room.top += LABEL + 8.0;
    }
    let height = room.bottom - room.top - 24.0;
    let mut y = Axis::new(&body.y, up.0, up.1, ((height / 44.0) as usize).clamp(2, 10));
    let mut x = Axis::new(&body.x, across.0, across.1, (((room.right - room.left) / 90.0) as usize).clamp(2, 12));

    let widest = y.ticks.at.iter().take(400).map(|(_, text)| Font::Regular.width(text, LABEL)).fold(0.0, f64::max).min(WIDEST);
    room.left += widest + 8.0;
    if !body.x.name.is_empty() {
        room.bottom -= LABEL + 6.0;
    }
    let lower = lower(&x, room.right - room.left);
    let below = match lower {
        Lower::Level { .. } => LABEL + 8.0,
        Lower::Turned { longest, .. } => longest * 0.71 + LABEL,
    };
    room.bottom -= below;
    // The last label of numbers stands half beyond the end.
    if x.names.is_none() {
        room.right -= 10.0;
    }
    room.top += 6.0;
    room.bottom = room.bottom.max(room.top + 30.0);
    x.lay(room.left, room.right.max(room.left + 30.0));
    y.lay(room.bottom, room.top);

    let grid = Stroke::solid(Colour::LINE, 1.0);
    let (left, right) = x.ends();
    draw_left(shapes, &y, (left, right), room, heat, &grid);
    draw_lower(shapes, &x, &lower, room, y.names.is_some() && !heat, &grid);
    if !body.x.name.is_empty() {
        let text = Font::Regular.cut(&body.x.name, LABEL, right - left);
        shapes.push(label((left + right) / 2.0, room.bottom + below + LABEL + 2.0, text, Anchor::Middle));
    }
    shapes.push(Shape::line((left, room.bottom), (right, room.bottom), Stroke::solid(Colour::MUTED, 1.0)));
    if y.names.is_some() && !heat {
        shapes.push(Shape::line((left, room.top), (left, room.bottom), Stroke::solid(Colour::MUTED, 1.0)));
    }
    Frame { x, y, lying: body.lying, ranges }
}

fn draw_left(shapes: &mut Vec<Shape>, y: &Axis, (left, right): (f64, f64), room: Room, heat: bool, grid: &Stroke) {
    let fits = ((room.bottom - room.top) / (LABEL + 3.0)).max(1.0) as usize;
    let every = if y.names.is_some() { y.ticks.at.len().div_ceil(fits) } else { 1 };
    for (value, text) in y.ticks.at.iter().step_by(every.max(1)) {
        let at = y.at(*value);
        if y.names.is_none() && !heat {
            shapes.push(Shape::line((left, at), (right, at), grid.clone()));
        }
        let text = Font::Regular.cut(text, LABEL, WIDEST);
        shapes.push(label(left - 8.0, at + LABEL * 0.36, text, Anchor::End));
    }
}

fn draw_lower(shapes: &mut Vec<Shape>, x: &Axis, lower: &Lower, room: Room, lying: bool, grid: &Stroke) {
    let (every, turned) = match lower {
        Lower::Level { every } => (*every, false),
        Lower::Turned { every, .. } => (*every, true),
    };
    for (value, text) in x.ticks.at.iter().step_by(every.max(1)) {
        let at = x.at(*value);
        if lying {
            shapes.push(Shape::line((at, room.top), (at, room.bottom), grid.clone()));
        } else if x.names.is_none() {
            shapes.push(Shape::line((at, room.bottom), (at, room.bottom + 4.0), Stroke::solid(Colour::MUTED, 1.0)));
        }
        if turned {
            let text = Font::Regular.cut(text, LABEL, LONGEST);
            let colour = Colour::MUTED;
            let (x, y) = (at + 3.0, room.bottom + LABEL + 1.0);
            shapes.push(Shape::Text { x, y, size: LABEL, font: Font::Regular, colour, anchor: Anchor::End, turn: -45.0, text });
        } else {
            shapes.push(label(at, room.bottom + LABEL + 6.0, text.clone(), Anchor::Middle));
        }
    }
}

fn lower(x: &Axis, width: f64) -> Lower {
    let widths = || x.ticks.at.iter().map(|(_, text)| Font::Regular.width(text, LABEL));
    let widest = widths().fold(0.0, f64::max);
    let count = x.ticks.at.len().max(1);
    let band = width / count as f64;
    if widest + 8.0 <= band {
        return Lower::Level { every: 1 };
    }
    if x.names.is_none() {
        return Lower::Level { every: ((widest + 12.0) / band).ceil() as usize };
    }
    // Names of bins are read as well with some left out; other names are not known from their neighbours.
    let longest = widest.min(LONGEST);
    let fits = (width / (LABEL + 5.0)).max(1.0) as usize;
    Lower::Turned { every: count.div_ceil(fits), longest }
}
