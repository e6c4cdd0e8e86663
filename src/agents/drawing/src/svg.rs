//! How is a scene written as SVG?

use std::fmt::Write;

use crate::colour::Colour;
use crate::fonts::Font;
use crate::scene::{Anchor, Scene, Segment, Shape, Stroke};

impl Scene {
    /// The scene as an SVG document that needs nothing else. Whoever lacks its font sees another one.
    #[must_use]
    pub fn to_svg(&self) -> String {
        let mut svg = String::with_capacity(256 * self.shapes.len() + 512);
        let (width, height) = (figure(self.width), figure(self.height));
        // Writing to a String cannot fail.
        let _ = write!(
            svg,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\" role=\"img\" \
             font-family=\"Inter, 'Inter Variable', system-ui, sans-serif\">\n<title>{}</title>\n",
            escaped(&self.title)
        );
        if !self.description.is_empty() {
            let _ = writeln!(svg, "<desc>{}</desc>", escaped(&self.description));
        }
        for shape in &self.shapes {
            write_shape(&mut svg, shape);
        }
        svg.push_str("</svg>\n");
        svg
    }
}

fn write_shape(svg: &mut String, shape: &Shape) {
    match shape {
        Shape::Path { segments, fill, stroke, hint } => {
            svg.push_str("<path d=\"");
            write_path(svg, segments);
            svg.push('"');
            match fill {
                Some(fill) => write_paint(svg, "fill", *fill),
                None => svg.push_str(" fill=\"none\""),
            }
            if let Some(stroke) = stroke {
                write_stroke(svg, stroke);
            }
            match hint {
                Some(hint) => {
                    let _ = writeln!(svg, "><title>{}</title></path>", escaped(hint));
                }
                None => svg.push_str("/>\n"),
            }
        }
        Shape::Text { x, y, size, font, colour, anchor, turn, text } => {
            let _ = write!(svg, "<text x=\"{}\" y=\"{}\" font-size=\"{}\"", figure(*x), figure(*y), figure(*size));
            write_paint(svg, "fill", *colour);
            match font {
                Font::Bold | Font::BoldItalic => svg.push_str(" font-weight=\"700\""),
                Font::Mono => svg.push_str(" font-family=\"'JetBrains Mono', monospace\""),
                Font::Regular | Font::Italic => {}
            }
            if matches!(font, Font::Italic | Font::BoldItalic) {
                svg.push_str(" font-style=\"italic\"");
            }
            match anchor {
                Anchor::Start => {}
                Anchor::Middle => svg.push_str(" text-anchor=\"middle\""),
                Anchor::End => svg.push_str(" text-anchor=\"end\""),
            }
            if *turn != 0.0 {
                let _ = write!(svg, " transform=\"rotate({} {} {})\"", figure(*turn), figure(*x), figure(*y));
            }
            let _ = writeln!(svg, ">{}</text>", escaped(text));
        }
    }
}

fn write_path(svg: &mut String, segments: &[Segment]) {
    for segment in segments {
        let _ = match segment {
            Segment::Move(x, y) => write!(svg, "M{} {}", figure(*x), figure(*y)),
            Segment::Line(x, y) => write!(svg, "L{} {}", figure(*x), figure(*y)),
            Segment::Cubic([a, b, c, d, x, y]) => {
                write!(svg, "C{} {} {} {} {} {}", figure(*a), figure(*b), figure(*c), figure(*d), figure(*x), figure(*y))
            }
            Segment::Close => write!(svg, "Z"),
        };
    }
}

fn write_paint(svg: &mut String, what: &str, colour: Colour) {
    let _ = write!(svg, " {what}=\"{}\"", colour.hex());
    if colour.opacity < 1.0 {
        let _ = write!(svg, " {what}-opacity=\"{}\"", figure(f64::from(colour.opacity)));
    }
}

fn write_stroke(svg: &mut String, stroke: &Stroke) {
    write_paint(svg, "stroke", stroke.colour);
    let _ = write!(svg, " stroke-width=\"{}\" stroke-linejoin=\"round\"", figure(stroke.width));
    if !stroke.dashes.is_empty() {
        let dashes: Vec<String> = stroke.dashes.iter().map(|length| figure(*length)).collect();
        let _ = write!(svg, " stroke-dasharray=\"{}\"", dashes.join(" "));
    }
}

/// A number with at most two decimals.
fn figure(value: f64) -> String {
    let rounded = (value * 100.0).round() / 100.0;
    // Never `-0`, `NaN` or `inf`, which no path may hold.
    if rounded == 0.0 || !rounded.is_finite() { "0".to_owned() } else { rounded.to_string() }
}

/// Text as XML takes it: without markup, and without the characters that no XML may hold.
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
