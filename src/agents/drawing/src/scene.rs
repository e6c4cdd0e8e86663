//! What is a picture made of?

use crate::colour::Colour;
use crate::fonts::Font;

/// A picture: shapes, those that come later above those before.
#[derive(Debug, Clone, PartialEq)]
pub struct Scene {
    /// In CSS pixels.
    pub width: f64,
    /// In CSS pixels.
    pub height: f64,
    /// What it shows, in a few words.
    pub title: String,
    /// What it shows, for who does not see it.
    pub description: String,
    /// What is drawn.
    pub shapes: Vec<Shape>,
}

/// A line's look.
#[derive(Debug, Clone, PartialEq)]
pub struct Stroke {
    /// Its colour.
    pub colour: Colour,
    /// Its width in pixels.
    pub width: f64,
    /// Lengths of dashes and gaps; none for a solid line.
    pub dashes: Vec<f64>,
}

impl Stroke {
    /// A solid line.
    #[must_use]
    pub const fn solid(colour: Colour, width: f64) -> Self {
        Self { colour, width, dashes: Vec::new() }
    }
}

/// A part of a path.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Segment {
    /// Begins anew here.
    Move(f64, f64),
    /// A straight line to here.
    Line(f64, f64),
    /// A cubic curve by two control points to the third.
    Cubic([f64; 6]),
    /// Back to where it began.
    Close,
}

/// Which part of a text is at its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Anchor {
    /// Its beginning.
    Start,
    /// Its middle.
    Middle,
    /// Its end.
    End,
}

/// Something that is drawn.
#[derive(Debug, Clone, PartialEq)]
pub enum Shape {
    /// A path, filled or stroked or both.
    Path {
        /// Its parts.
        segments: Vec<Segment>,
        /// What fills it.
        fill: Option<Colour>,
        /// Its outline.
        stroke: Option<Stroke>,
        /// What it stands for, shown where the pointer rests.
        hint: Option<String>,
    },
    /// A text on one line.
    Text {
        /// Where its anchor is.
        x: f64,
        /// Where its baseline is.
        y: f64,
        /// The font's size in pixels.
        size: f64,
        /// Its font.
        font: Font,
        /// Its colour.
        colour: Colour,
        /// Which part of it is at `x`.
        anchor: Anchor,
        /// Degrees by which it is turned clockwise about its place.
        turn: f64,
        /// What it says.
        text: String,
    },
}

/// How far a control point is from the end of a quarter of a circle of radius 1.
const KAPPA: f64 = 0.552_284_749_8;

impl Shape {
    pub(crate) fn rectangle(x: f64, y: f64, width: f64, height: f64, fill: Colour, hint: Option<String>) -> Self {
        let segments = vec![
            Segment::Move(x, y),
            Segment::Line(x + width, y),
            Segment::Line(x + width, y + height),
            Segment::Line(x, y + height),
            Segment::Close,
        ];
        Self::Path { segments, fill: Some(fill), stroke: None, hint }
    }

    pub(crate) fn line(from: (f64, f64), to: (f64, f64), stroke: Stroke) -> Self {
        Self::Path {
            segments: vec![Segment::Move(from.0, from.1), Segment::Line(to.0, to.1)],
            fill: None,
            stroke: Some(stroke),
            hint: None,
        }
    }

    pub(crate) fn circle(x: f64, y: f64, radius: f64, fill: Colour, hint: Option<String>) -> Self {
        let (r, k) = (radius, radius * KAPPA);
        let segments = vec![
            Segment::Move(x + r, y),
            Segment::Cubic([x + r, y + k, x + k, y + r, x, y + r]),
            Segment::Cubic([x - k, y + r, x - r, y + k, x - r, y]),
            Segment::Cubic([x - r, y - k, x - k, y - r, x, y - r]),
            Segment::Cubic([x + k, y - r, x + r, y - k, x + r, y]),
            Segment::Close,
        ];
        Self::Path { segments, fill: Some(fill), stroke: None, hint }
    }

    /// A part of a ring, between two angles (clockwise, from the top, in radians); of a disc if `inner` is 0.
    pub(crate) fn sector(centre: (f64, f64), inner: f64, outer: f64, angles: (f64, f64), fill: Colour, hint: Option<String>) -> Self {
        let at = |radius: f64, angle: f64| (centre.0 + radius * angle.sin(), centre.1 - radius * angle.cos());
        let (begin, end) = angles;
        let mut segments = Vec::new();
        let start = at(outer, begin);
        segments.push(Segment::Move(start.0, start.1));
        arc(&mut segments, centre, outer, begin, end);
        if inner > 0.0 {
            let back = at(inner, end);
            segments.push(Segment::Line(back.0, back.1));
            arc(&mut segments, centre, inner, end, begin);
        } else {
            segments.push(Segment::Line(centre.0, centre.1));
        }
        segments.push(Segment::Close);
        Self::Path { segments, fill: Some(fill), stroke: Some(Stroke::solid(Colour::WHITE, 1.0)), hint }
    }
}

/// Curves along a circle, a quarter at most each.
fn arc(segments: &mut Vec<Segment>, centre: (f64, f64), radius: f64, begin: f64, end: f64) {
    let steps = ((end - begin).abs() / std::f64::consts::FRAC_PI_2).ceil().max(1.0);
    let step = (end - begin) / steps;
    let reach = radius * 4.0 / 3.0 * (step / 4.0).tan();
    let mut angle = begin;
    for _ in 0..steps as usize {
        let next = angle + step;
        let (from, to) = ((angle.sin(), -angle.cos()), (next.sin(), -next.cos()));
        let point = |place: (f64, f64), along: f64| {
            // The tangent, clockwise.
            (centre.0 + radius * place.0 - reach * along * place.1, centre.1 + radius * place.1 + reach * along * place.0)
        };
        let (a, b) = (point(from, 1.0), point(to, -1.0));
        segments.push(Segment::Cubic([a.0, a.1, b.0, b.1, centre.0 + radius * to.0, centre.1 + radius * to.1]));
        angle = next;
    }
}
