//! How is running text broken into lines?

use std::collections::BTreeSet;

use baton_agents_drawing::Colour;
use baton_agents_drawing::fonts::Font;

use super::Mark;
use crate::document::Span;

/// What stands for a character that no font has.
const MISSING: char = '□';

/// A stretch of a line in one font.
#[derive(Debug, Clone)]
struct Piece {
    text: String,
    font: Font,
    width: f64,
    link: Option<String>,
    struck: bool,
}

/// What is not broken, unless it is wider than a line.
#[derive(Debug, Clone, Default)]
struct Word {
    pieces: Vec<Piece>,
    width: f64,
    /// The width of the space before it, if there is one.
    space: f64,
    /// Whether a line begins with it.
    begins: bool,
}

/// A line, ready to be placed.
#[derive(Debug, Clone, Default)]
pub(super) struct Line {
    pieces: Vec<(f64, Piece)>,
    pub(super) width: f64,
}

/// How text looks.
#[derive(Debug, Clone, Copy)]
pub(super) struct Look {
    pub(super) size: f64,
    pub(super) bold: bool,
    pub(super) colour: Colour,
}

fn font_of(span: &Span, look: Look) -> Font {
    match (span.code, span.bold || look.bold, span.italic) {
        (true, ..) => Font::Mono,
        (false, true, true) => Font::BoldItalic,
        (false, true, false) => Font::Bold,
        (false, false, true) => Font::Italic,
        (false, false, false) => Font::Regular,
    }
}

/// Code is a little smaller, since its letters are larger.
fn size_of(font: Font, size: f64) -> f64 {
    if font == Font::Mono { size * 0.9 } else { size }
}

/// The text in fonts that have its characters.
fn pieces(text: &str, font: Font, span: &Span, look: Look, missing: &mut BTreeSet<char>) -> Vec<Piece> {
    let mut pieces: Vec<(Font, String)> = Vec::new();
    for character in text.chars() {
        let invisible = character.is_control()
            || matches!(character, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}' | '\u{fe0f}' | '\u{ad}');
        if invisible {
            continue;
        }
        let (font, character) = if font.has(character) {
            (font, character)
        } else if Font::Regular.has(character) {
            (Font::Regular, character)
        } else {
            missing.insert(character);
            (Font::Regular, MISSING)
        };
        match pieces.last_mut() {
            Some((last, text)) if *last == font => text.push(character),
            _ => pieces.push((font, character.to_string())),
        }
    }
    pieces
        .into_iter()
        .map(|(font, text)| {
            let width = font.width(&text, size_of(font, look.size));
            Piece { text, font, width, link: span.link.clone(), struck: span.struck }
        })
        .collect()
}

fn words(spans: &[Span], look: Look, missing: &mut BTreeSet<char>) -> Vec<Word> {
    let mut words: Vec<Word> = Vec::new();
    let (mut open, mut space, mut begins) = (false, 0.0, false);
    for span in spans {
        let font = font_of(span, look);
        let mut rest = span.text.as_str();
        while !rest.is_empty() {
            // No-break spaces are part of their word.
            let breaks = |character: char| character.is_whitespace() && character != '\u{a0}' && character != '\u{202f}';
            if rest.starts_with(breaks) {
                rest = rest.trim_start_matches(breaks);
                space = font.width(" ", size_of(font, look.size));
                open = false;
                continue;
            }
            let end = rest.find(breaks).unwrap_or(rest.len());
            let made = pieces(&rest[..end], font, span, look, missing);
            rest = &rest[end..];
            if !open {
                words.push(Word { space, begins, ..Word::default() });
                (open, begins, space) = (true, false, 0.0);
            }
            if let Some(word) = words.last_mut() {
                word.width += made.iter().map(|piece| piece.width).sum::<f64>();
                word.pieces.extend(made);
            }
        }
        if span.ends_line {
            (open, begins) = (false, true);
        }
    }
    words
}

/// Breaks text into lines of this width.
pub(super) fn fill(spans: &[Span], look: Look, width: f64, missing: &mut BTreeSet<char>) -> Vec<Line> {
    let mut lines: Vec<Line> = vec![Line::default()];
    for word in words(spans, look, missing) {
        let line_width = lines.last().map_or(0.0, |line| line.width);
        let fresh = lines.last().is_none_or(|line| line.pieces.is_empty());
        let space = if fresh { 0.0 } else { word.space };
        if !fresh && (word.begins || line_width + space + word.width > width + 0.01) {
            lines.push(Line::default());
        } else if let Some(line) = lines.last_mut() {
            line.width += space;
        }
        for piece in word.pieces {
            for part in parts(piece, look, width) {
                let full = lines.last().is_some_and(|line| !line.pieces.is_empty() && line.width + part.width > width + 0.01);
                if full && word.width > width {
                    lines.push(Line::default());
                }
                if let Some(line) = lines.last_mut() {
                    let at = line.width;
                    line.width += part.width;
                    line.pieces.push((at, part));
                }
            }
        }
    }
    lines.retain(|line| !line.pieces.is_empty());
    lines
}

/// A piece that is wider than a line, in parts that are not.
fn parts(piece: Piece, look: Look, width: f64) -> Vec<Piece> {
    if piece.width <= width {
        return vec![piece];
    }
    let size = size_of(piece.font, look.size);
    let mut parts = Vec::new();
    let mut text = String::new();
    let mut used = 0.0;
    for character in piece.text.chars() {
        let wide = piece.font.width(character.encode_utf8(&mut [0; 4]), size);
        if used + wide > width && !text.is_empty() {
            parts.push(Piece { width: used, text: std::mem::take(&mut text), ..piece.clone() });
            used = 0.0;
        }
        text.push(character);
        used += wide;
    }
    parts.push(Piece { width: used, text, ..piece });
    parts
}

/// The width that text takes on one line, and that of its widest word.
pub(super) fn widths(spans: &[Span], look: Look) -> (f64, f64) {
    let words = words(spans, look, &mut BTreeSet::new());
    let all = words.iter().map(|word| word.space + word.width).sum();
    (all, words.iter().map(|word| word.width).fold(0.0, f64::max))
}

impl Line {
    /// Puts the line's marks with its baseline at `y`.
    pub(super) fn place(&self, marks: &mut Vec<Mark>, x: f64, y: f64, look: Look) {
        for (at, piece) in &self.pieces {
            let linked = piece.link.is_some();
            let colour = if linked { Colour { red: 0x33, green: 0x41, blue: 0xb8, opacity: 1.0 } } else { look.colour };
            let x = x + at;
            let text = piece.text.clone();
            marks.push(Mark::Text { x, y, size: size_of(piece.font, look.size), font: piece.font, colour, text });
            if piece.struck || linked {
                let y = if linked { y + look.size * 0.14 } else { y - look.size * 0.28 };
                marks.push(Mark::Box { x, y, width: piece.width, height: 0.6, colour });
            }
            if let Some(address) = piece.link.as_ref().filter(|address| address.contains(':')) {
                let (y, height) = (y - look.size * 0.9, look.size * 1.2);
                marks.push(Mark::Link { x, y, width: piece.width, height, address: address.clone() });
            }
        }
    }
}
