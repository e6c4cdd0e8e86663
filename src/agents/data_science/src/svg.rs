//! How the histograms of a table become one picture: an SVG file with a small panel for each column.

use std::fmt::Write;

use crate::describe::Described;
use crate::limits::cut;
use crate::numbers::short;

const PANEL_WIDTH: usize = 240;
const PANEL_HEIGHT: usize = 150;
const COLUMNS: usize = 3;
/// The most panels.
pub(crate) const PANELS: usize = 12;
/// Room within a panel: left and right, above the bars, below them.
const SIDE: f64 = 12.0;
const ABOVE: f64 = 34.0;
const BELOW: f64 = 26.0;

/// The picture; none if there is nothing to draw.
pub(crate) fn grid(title: &str, columns: &[&Described]) -> Option<String> {
    let columns = &columns[..columns.len().min(PANELS)];
    if columns.is_empty() {
        return None;
    }
    let across = columns.len().min(COLUMNS);
    let (width, height) = (across * PANEL_WIDTH, columns.len().div_ceil(COLUMNS) * PANEL_HEIGHT);
    let mut svg = String::with_capacity(4_096 * columns.len());
    // Writing to a String cannot fail.
    let _ = write!(
        svg,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\" role=\"img\" \
         font-family=\"system-ui, sans-serif\"><title>{}</title><style>:root{{--ink:#1f2937;--quiet:#6b7280;--bar:#2563eb;--ground:#ffffff}}\
         @media (prefers-color-scheme:dark){{:root{{--ink:#e5e7eb;--quiet:#9ca3af;--bar:#60a5fa;--ground:#111827}}}}\
         text{{fill:var(--quiet);font-size:10px}}.name{{fill:var(--ink);font-size:12px;font-weight:600}}rect{{fill:var(--bar)}}\
         .ground{{fill:var(--ground)}}line{{stroke:var(--quiet)}}</style><rect class=\"ground\" width=\"{width}\" height=\"{height}\"/>",
        escaped(title)
    );
    for (place, column) in columns.iter().enumerate() {
        let (x, y) = (place % COLUMNS * PANEL_WIDTH, place / COLUMNS * PANEL_HEIGHT);
        panel(&mut svg, column, x, y);
    }
    svg.push_str("</svg>\n");
    Some(svg)
}

fn panel(svg: &mut String, column: &Described, x: usize, y: usize) {
    let Some(histogram) = &column.histogram else { return };
    let tallest = histogram.counts.iter().copied().max().unwrap_or(0).max(1) as f64;
    let (inner_width, inner_height) = (PANEL_WIDTH as f64 - 2.0 * SIDE, PANEL_HEIGHT as f64 - ABOVE - BELOW);
    let bar = inner_width / histogram.counts.len() as f64;
    let base = ABOVE + inner_height;
    let _ = write!(
        svg,
        "<g transform=\"translate({x} {y})\"><text class=\"name\" x=\"{SIDE}\" y=\"20\">{}</text>",
        escaped(&cut(&column.name, 32))
    );
    for (place, count) in histogram.counts.iter().enumerate().filter(|(_, count)| **count > 0) {
        let height = inner_height * *count as f64 / tallest;
        let _ = write!(
            svg,
            "<rect x=\"{:.2}\" y=\"{:.2}\" width=\"{:.2}\" height=\"{height:.2}\"><title>{} to {}: {count}</title></rect>",
            SIDE + place as f64 * bar,
            base - height,
            (bar - 1.0).max(0.5),
            short(histogram.edges[place]),
            short(histogram.edges[place + 1])
        );
    }
    let (low, high) = (histogram.edges.first().copied().unwrap_or(0.0), histogram.edges.last().copied().unwrap_or(0.0));
    let right = SIDE + inner_width;
    let _ = write!(
        svg,
        "<line x1=\"{SIDE}\" y1=\"{base}\" x2=\"{right}\" y2=\"{base}\"/><text x=\"{SIDE}\" y=\"{0}\">{1}</text>\
         <text x=\"{right}\" y=\"{0}\" text-anchor=\"end\">{2}</text></g>",
        base + 14.0,
        short(low),
        short(high)
    );
}

/// Text as XML takes it: without markup, and without the control characters that no XML may hold.
fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            control if control.is_control() || matches!(control, '\u{fffe}' | '\u{ffff}') => safe.push(' '),
            other => safe.push(other),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_cannot_bring_markup_into_the_picture() {
        assert_eq!(escaped("<script>\"a\" & \u{1}b"), "&lt;script&gt;&quot;a&quot; &amp;  b");
    }
}
