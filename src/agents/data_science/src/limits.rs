//! How large a table may be.

/// The largest file.
pub const MAXIMUM_BYTES: u64 = 256 << 20;
/// The most rows.
pub const MAXIMUM_ROWS: u64 = 1_000_000;
/// The most columns that one profile describes; more must be chosen from.
pub const MAXIMUM_COLUMNS: usize = 200;
/// The most cells, rows times described columns.
pub const MAXIMUM_CELLS: u64 = 40_000_000;
/// The most bytes that the distinct texts of all columns may take together, their counts included.
pub const MAXIMUM_TEXT_BYTES: usize = 256 << 20;
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
