//! How wide are the columns of a table?

use super::lines::{Look, widths};
use crate::document::Span;

/// No column is narrower, unless there are too many.
const NARROWEST: f64 = 26.0;
/// Rows that are looked at.
const SAMPLE: usize = 2_000;

/// Widths of columns, with the room between them, that fill at most `width`.
pub(super) fn columns(head: &[Vec<Span>], rows: &[Vec<Vec<Span>>], look: Look, width: f64, gap: f64) -> Vec<f64> {
    let count = rows.iter().map(Vec::len).chain([head.len()]).max().unwrap_or(0).max(1);
    let mut wanted = vec![NARROWEST; count];
    let mut least = vec![NARROWEST; count];
    let bold = Look { bold: true, ..look };
    let cells = rows.iter().take(SAMPLE).map(|row| (row.as_slice(), look)).chain(std::iter::once((head, bold)));
    for (row, look) in cells {
        for (place, cell) in row.iter().enumerate() {
            let (all, word) = widths(cell, look);
            wanted[place] = wanted[place].max(all + gap);
            least[place] = least[place].max(word + gap);
        }
    }
    let total: f64 = wanted.iter().sum();
    if total <= width {
        return wanted;
    }
    let minimum: f64 = least.iter().sum();
    if minimum >= width {
        // Words are broken, too: each column gets its share.
        return least.iter().map(|column| column / minimum * width).collect();
    }
    // What is left after every word fits goes where it is wanted most.
    let (left, lacking) = (width - minimum, total - minimum);
    least.iter().zip(&wanted).map(|(least, wanted)| least + (wanted - least) / lacking * left).collect()
}
