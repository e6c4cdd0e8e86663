//! How large a table may be, and what of it is kept in memory.
//!
//! A file is never held. Of a column of numbers or dates 8 bytes a row are kept ([`MAXIMUM_CELLS`] bounds them to 800 MB), of truth
//! values two counts, of texts the different ones ([`MAXIMUM_TEXT_BYTES`]); while a file passes, one record of it
//! ([`MAXIMUM_RECORD_BYTES`]), or one batch of a Parquet file's columns.

/// The largest file: as large as an artifact may be unless an installation says otherwise.
pub const MAXIMUM_BYTES: u64 = 1 << 30;
/// The most rows.
pub const MAXIMUM_ROWS: u64 = 20_000_000;
/// The most columns that one profile describes; more must be chosen from.
pub const MAXIMUM_COLUMNS: usize = 200;
/// The most cells that are kept one by one: rows times columns of numbers and dates.
pub const MAXIMUM_CELLS: u64 = 100_000_000;
/// The most bytes that the distinct texts of all columns may take together, their counts included.
pub const MAXIMUM_TEXT_BYTES: usize = 256 << 20;
/// The longest record, in bytes.
pub(crate) const MAXIMUM_RECORD_BYTES: usize = 16 << 20;
/// How deep a record of JSON may be nested.
pub(crate) const MAXIMUM_DEPTH: usize = 64;
/// How many levels of objects become columns of their own; what is deeper stays text.
pub(crate) const MAXIMUM_FLATTENED: usize = 8;
/// The most columns that a file may have at all.
pub(crate) const MAXIMUM_FILE_COLUMNS: usize = 10_000;
/// The most numeric columns that are correlated with one another: pairs grow with the square.
pub(crate) const MAXIMUM_CORRELATED: usize = 30;
/// The longest column name, in characters; the rest is cut.
pub(crate) const MAXIMUM_NAME: usize = 120;
/// The longest text value that a result repeats, in characters; the rest is cut.
pub(crate) const MAXIMUM_VALUE: usize = 80;
/// How many of the most frequent values are listed.
pub(crate) const TOP_VALUES: usize = 10;

/// The text, cut to so many characters.
pub(crate) fn cut(text: &str, characters: usize) -> String {
    match text.char_indices().nth(characters) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}…", &text[..end]),
    }
}
