//! Which fonts do pictures and documents have, and how wide is a text in them?
//!
//! Inter and JetBrains Mono, with Latin, Greek and Cyrillic; see `fonts/README.md`.

use std::sync::LazyLock;

use rustybuzz::{Face, UnicodeBuffer};

/// Inter, upright.
pub const REGULAR: &[u8] = include_bytes!("../fonts/Inter-Regular.ttf");
/// Inter, bold.
pub const BOLD: &[u8] = include_bytes!("../fonts/Inter-Bold.ttf");
/// Inter, italic.
pub const ITALIC: &[u8] = include_bytes!("../fonts/Inter-Italic.ttf");
/// Inter, bold italic.
pub const BOLD_ITALIC: &[u8] = include_bytes!("../fonts/Inter-BoldItalic.ttf");
/// JetBrains Mono.
pub const MONO: &[u8] = include_bytes!("../fonts/JetBrainsMono-Regular.ttf");

/// A font that is carried within the program.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Font {
    /// Inter, upright.
    Regular,
    /// Inter, bold.
    Bold,
    /// Inter, italic.
    Italic,
    /// Inter, bold italic.
    BoldItalic,
    /// JetBrains Mono.
    Mono,
}

/// A glyph of a shaped text, in parts of the font's size.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Glyph {
    /// Its number in the font.
    pub id: u32,
    /// Where in the text its characters begin, in bytes.
    pub begin: usize,
    /// How far the next one is to the right.
    pub advance: f64,
    /// How far it is moved from its place.
    pub offset: (f64, f64),
}

static FACES: LazyLock<[Option<Face<'static>>; 5]> = LazyLock::new(|| Font::ALL.map(|font| Face::from_slice(font.bytes(), 0)));

impl Font {
    /// Every font.
    pub const ALL: [Self; 5] = [Self::Regular, Self::Bold, Self::Italic, Self::BoldItalic, Self::Mono];

    /// The font's file.
    #[must_use]
    pub const fn bytes(self) -> &'static [u8] {
        match self {
            Self::Regular => REGULAR,
            Self::Bold => BOLD,
            Self::Italic => ITALIC,
            Self::BoldItalic => BOLD_ITALIC,
            Self::Mono => MONO,
        }
    }

    fn face(self) -> Option<&'static Face<'static>> {
        FACES[self as usize].as_ref()
    }

    /// Whether the font can write this character.
    #[must_use]
    pub fn has(self, character: char) -> bool {
        self.face().is_some_and(|face| face.glyph_index(character).is_some())
    }

    /// The glyphs of a text, from left to right.
    #[must_use]
    pub fn shape(self, text: &str) -> Vec<Glyph> {
        let Some(face) = self.face() else { return Vec::new() };
        let mut buffer = UnicodeBuffer::new();
        buffer.push_str(text);
        buffer.set_direction(rustybuzz::Direction::LeftToRight);
        buffer.guess_segment_properties();
        let per_em = f64::from(face.units_per_em());
        let shaped = rustybuzz::shape(face, &[], buffer);
        let glyphs = shaped.glyph_infos().iter().zip(shaped.glyph_positions());
        glyphs
            .map(|(glyph, place)| Glyph {
                id: glyph.glyph_id,
                begin: glyph.cluster as usize,
                advance: f64::from(place.x_advance) / per_em,
                offset: (f64::from(place.x_offset) / per_em, f64::from(place.y_offset) / per_em),
            })
            .collect()
    }

    /// How wide a text of this size is.
    #[must_use]
    pub fn width(self, text: &str, size: f64) -> f64 {
        self.shape(text).iter().map(|glyph| glyph.advance).sum::<f64>() * size
    }

    /// The text, cut with … so that it is at most so wide.
    #[must_use]
    pub fn cut(self, text: &str, size: f64, width: f64) -> String {
        if self.width(text, size) <= width {
            return text.to_owned();
        }
        let room = width / size - self.width("…", 1.0);
        let mut used = 0.0;
        let mut end = 0;
        for glyph in self.shape(text) {
            if used > room {
                break;
            }
            end = glyph.begin;
            used += glyph.advance;
        }
        format!("{}…", text[..end].trim_end())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_font_has_latin_greek_and_cyrillic() {
        for font in Font::ALL {
            for character in "Aäßłőşțž Ωμέγα Жщї —–…„“•→≤€".chars() {
                assert!(font.has(character), "{font:?} lacks {character}");
            }
            assert!(!font.has('漢'));
        }
    }

    #[test]
    fn what_is_cut_fits() {
        for text in ["a", "a rather long label of a category", "Ünïcödé wïth märks", "e\u{301}e\u{301}e\u{301}e\u{301}e\u{301}e\u{301}"]
        {
            for width in [12.0, 30.0, 60.0, 500.0] {
                let cut = Font::Regular.cut(text, 11.0, width);
                assert!(Font::Regular.width(&cut, 11.0) <= width + 0.01, "{cut:?} is wider than {width}");
            }
        }
        assert_eq!(Font::Regular.cut("short", 11.0, 100.0), "short");
    }

    #[test]
    fn bold_is_wider_and_mono_is_even() {
        assert!(Font::Bold.width("wide words", 10.0) > Font::Regular.width("wide words", 10.0));
        assert!((Font::Mono.width("iiii", 10.0) - Font::Mono.width("mmmm", 10.0)).abs() < 1e-9);
    }
}
