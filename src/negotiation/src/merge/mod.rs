//! What do two changes that stand on one version make together? Three-way merges of texts, JSON and tables.
//!
//! Each takes the version that both stand on, the one that is stored (`ours`) and the one that was to be stored (`theirs`). What only one side changed is
//! taken; what both changed alike is taken once; the rest is a conflict. It does not matter which side is which, but for the labels. Texts are merged
//! by lines as diff3 does, and changes of neighbouring lines conflict; JSON by members and items; tables by rows and cells.

mod json;
mod order;
mod regions;
mod table;
mod text;

pub use json::{
    Arrays, Disagreement, JsonConflict, JsonOptions, MAXIMUM_CONFLICTS, MAXIMUM_NESTING, MAXIMUM_POINTER, MAXIMUM_VALUES, MergedJson,
    merge_json,
};
pub use table::{
    MAXIMUM_CELLS, MAXIMUM_COLUMNS, MAXIMUM_KEY_PART, MAXIMUM_ROWS, MergedTable, TableConflict, TableOptions, cells, merge_tables,
};
pub use text::{Hunk, Labels, MAXIMUM_LINES, MAXIMUM_TEXT, MergedText, Pick, merge_texts, settle_texts};
