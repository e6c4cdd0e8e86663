//! How does a document become a PDF?
//!
//! The parts are laid out on pages of A4 as marks at places ([`layout`]), then written ([`write`]): so the number of pages is
//! known before the first one is written, and tests look at marks instead of files.

mod layout;
mod lines;
mod table;
mod write;

use std::collections::BTreeSet;

use baton_agents_drawing::fonts::Font;
use baton_agents_drawing::{Colour, Scene};
use baton_agents_runtime::SkillError;

use crate::document::{Block, Picture};

/// The most pages.
pub(crate) const MAXIMUM_PAGES: usize = 400;

/// A page's width and height in points, and its margins.
const WIDTH: f64 = 595.28;
const HEIGHT: f64 = 841.89;
const SIDE: f64 = 56.0;
const ABOVE: f64 = 56.0;
const BELOW: f64 = 64.0;

/// What a file says of itself.
#[derive(Debug, Clone)]
pub(crate) struct About {
    pub(crate) title: String,
    pub(crate) authors: Vec<String>,
    pub(crate) language: String,
}

/// A PDF, and what it could not show.
#[derive(Debug)]
pub(crate) struct Written {
    pub(crate) bytes: Vec<u8>,
    pub(crate) pages: usize,
    /// Characters that the fonts lack; boxes stand in their place.
    pub(crate) missing: BTreeSet<char>,
}

/// Something at its place on a page.
#[derive(Debug, Clone)]
enum Mark {
    Text { x: f64, y: f64, size: f64, font: Font, colour: Colour, text: String },
    Box { x: f64, y: f64, width: f64, height: f64, colour: Colour },
    Link { x: f64, y: f64, width: f64, height: f64, address: String },
    Picture { x: f64, y: f64, width: f64, height: f64, picture: Picture },
    Chart { x: f64, y: f64, scale: f64, scene: Scene },
}

/// A heading and where it is.
#[derive(Debug, Clone)]
struct Entry {
    level: u8,
    text: String,
    page: usize,
    y: f64,
}

/// Pages with their marks.
#[derive(Debug, Default)]
struct Laid {
    pages: Vec<Vec<Mark>>,
    outline: Vec<Entry>,
    missing: BTreeSet<char>,
}

/// Makes a PDF. `step` is called for each part, and ends the work when it says so.
///
/// # Errors
/// `DOC-005` for more pages than [`MAXIMUM_PAGES`].
pub(crate) fn pdf(blocks: &[Block], about: &About, step: &dyn Fn() -> Result<(), SkillError>) -> Result<Written, SkillError> {
    let laid = layout::lay(blocks, step)?;
    let bytes = write::write(&laid, about, step)?;
    Ok(Written { bytes, pages: laid.pages.len(), missing: laid.missing })
}

/// A note about characters that could not be shown.
pub(crate) fn note_of(missing: &BTreeSet<char>) -> Option<String> {
    if missing.is_empty() {
        return None;
    }
    let some: String = missing.iter().take(10).map(|character| format!(" {character}")).collect();
    Some(format!(
        "The fonts of the PDF have Latin, Greek and Cyrillic; {} other characters are boxes there, as{some}. The other files have them.",
        missing.len()
    ))
}
