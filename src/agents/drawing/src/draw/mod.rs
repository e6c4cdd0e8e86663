//! How does a chart become shapes?

mod bars;
mod boxes;
mod frame;
mod heat;
mod lines;
mod pie;
mod points;
mod range;

use crate::Size;
use crate::colour::Colour;
use crate::fonts::Font;
use crate::read::{Body, Cartesian, Chart, Kind};
use crate::scene::{Anchor, Scene, Shape};

/// The room around everything.
const MARGIN: f64 = 16.0;
const LABEL: f64 = 11.0;
/// The most rows of a legend.
const LEGEND_ROWS: usize = 4;

/// A rectangle of the picture.
#[derive(Debug, Clone, Copy)]
struct Room {
    left: f64,
    top: f64,
    right: f64,
    bottom: f64,
}

/// Draws a chart.
pub(crate) fn scene(chart: &Chart, size: Size) -> Scene {
    let mut shapes = vec![Shape::rectangle(0.0, 0.0, size.width, size.height, Colour::WHITE, None)];
    let mut room = Room { left: MARGIN, top: MARGIN, right: size.width - MARGIN, bottom: size.height - MARGIN };
    heading(&mut shapes, chart, &mut room);
    legend(&mut shapes, chart, &mut room);
    match &chart.body {
        Body::Cartesian(body) => cartesian(&mut shapes, chart, body, room),
        Body::Pie(pies) => pie::draw(&mut shapes, chart, pies, room),
    }
    let title = if chart.title.is_empty() { "Chart".to_owned() } else { chart.title.clone() };
    Scene { width: size.width, height: size.height, title, description: description(chart), shapes }
}

fn heading(shapes: &mut Vec<Shape>, chart: &Chart, room: &mut Room) {
    let lines = [(&chart.title, Font::Bold, 15.0, Colour::TEXT), (&chart.subtitle, Font::Regular, 12.0, Colour::MUTED)];
    for (line, font, size, colour) in lines.into_iter().filter(|(line, ..)| !line.is_empty()) {
        let text = font.cut(line, size, room.right - room.left);
        shapes.push(Shape::Text { x: room.left, y: room.top + size, size, font, colour, anchor: Anchor::Start, turn: 0.0, text });
        room.top += size + 8.0;
    }
}

/// The names of series beside their colours, in rows that wrap.
fn legend(shapes: &mut Vec<Shape>, chart: &Chart, room: &mut Room) {
    let entries: Vec<(&str, Colour)> = match &chart.body {
        Body::Cartesian(body) => {
            let many = body.series.iter().filter(|series| !series.name.is_empty()).count() > 1;
            let coloured = |series: &&(usize, &crate::read::Series)| !series.1.name.is_empty() && series.1.kind != Kind::Heatmap;
            if !chart.legend && !many {
                return;
            }
            let series: Vec<_> = body.series.iter().enumerate().collect();
            series
                .iter()
                .filter(coloured)
                .map(|(place, series)| (series.name.as_str(), series.colour.unwrap_or_else(|| chart.colour(*place))))
                .collect()
        }
        // Slices have their names beside them.
        Body::Pie(_) => return,
    };
    let (mut x, mut row) = (room.left, 0);
    for (place, (name, colour)) in entries.iter().enumerate() {
        let text = Font::Regular.cut(name, LABEL, 180.0);
        let width = 16.0 + Font::Regular.width(&text, LABEL) + 16.0;
        if x > room.left && x + width > room.right {
            (x, row) = (room.left, row + 1);
        }
        let y = room.top + row as f64 * 18.0;
        if row == LEGEND_ROWS {
            let text = format!("and {} more", entries.len() - place);
            shapes.push(label(x, y + 10.0, text, Anchor::Start));
            row += 1;
            break;
        }
        shapes.push(Shape::rectangle(x, y + 1.0, 10.0, 10.0, *colour, None));
        shapes.push(Shape::Text {
            x: x + 16.0,
            y: y + 10.0,
            size: LABEL,
            font: Font::Regular,
            colour: Colour::TEXT,
            anchor: Anchor::Start,
            turn: 0.0,
            text,
        });
        x += width;
        if place + 1 == entries.len() {
            row += 1;
        }
    }
    if row > 0 {
        room.top += row as f64 * 18.0 + 4.0;
    }
}

fn cartesian(shapes: &mut Vec<Shape>, chart: &Chart, body: &Cartesian, room: Room) {
    let ranges = range::of(body);
    let heat = body.series.iter().any(|series| series.kind == Kind::Heatmap);
    let mut room = room;
    let scale = heat.then(|| heat::Scale::of(body));
    if let Some(scale) = &scale {
        scale.draw(shapes, &mut room);
    }
    let frame = frame::lay(shapes, body, &ranges, room, heat);
    bars::draw(shapes, chart, body, &frame);
    lines::draw(shapes, chart, body, &frame);
    points::draw(shapes, chart, body, &frame);
    boxes::draw(shapes, chart, body, &frame);
    if let Some(scale) = &scale {
        heat::draw(shapes, body, &frame, scale);
    }
}

/// A quiet label.
fn label(x: f64, y: f64, text: String, anchor: Anchor) -> Shape {
    Shape::Text { x, y, size: LABEL, font: Font::Regular, colour: Colour::MUTED, anchor, turn: 0.0, text }
}

/// What the chart shows, for who does not see it.
fn description(chart: &Chart) -> String {
    match &chart.body {
        Body::Pie(pies) => {
            let slices: Vec<String> = pies
                .iter()
                .flat_map(|pie| &pie.slices)
                .take(12)
                .map(|slice| format!("{} {}", slice.name, crate::ticks::label(slice.value)))
                .collect();
            format!("A pie of {}.", slices.join(", "))
        }
        Body::Cartesian(body) => {
            let series: Vec<String> = body
                .series
                .iter()
                .take(12)
                .map(|series| {
                    let kind = match series.kind {
                        Kind::Line { area: Some(_), .. } => "area",
                        Kind::Line { .. } => "line",
                        Kind::Bar { .. } => "bars",
                        Kind::Scatter { .. } => "points",
                        Kind::Heatmap => "heatmap",
                        Kind::Box => "boxes",
                    };
                    let name = if series.name.is_empty() { String::new() } else { format!(" of {}", series.name) };
                    format!("{kind}{name} ({})", series.points.len())
                })
                .collect();
            let axis = |name: &str, which: &str| if name.is_empty() { String::new() } else { format!(" {which}: {name}.") };
            format!("{}.{}{}", series.join(", "), axis(&body.x.name, "Across"), axis(&body.y.name, "Up"))
        }
    }
}
