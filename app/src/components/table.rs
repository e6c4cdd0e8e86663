//! What tables look like.

/// The classes of a table.
pub const TABLE: &str = "w-full border-collapse text-13";
/// The classes of a head's cell.
pub const HEAD: &str = "whitespace-nowrap border-y border-line bg-sunken px-3 py-1.5 text-left text-12 font-medium text-soft";
/// The classes of a cell.
pub const CELL: &str = "border-b border-line px-3 py-2 align-middle";
