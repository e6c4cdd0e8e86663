//! How much does a skill of this agent read, and how much does it write?

/// The most characters of a template within the input.
pub const MAXIMUM_TEMPLATE_CHARACTERS: usize = 200_000;
/// The most bytes of a template's file.
pub const MAXIMUM_TEMPLATE_BYTES: u64 = 256 << 10;
/// The stack of the thread that renders, in bytes of address space: a template of the greatest length may nest one operator in
/// another from its beginning to its end, and the engine goes down into each.
pub(crate) const TEMPLATE_STACK: usize = 256 << 20;
/// The most bytes of a file with a template's data.
pub const MAXIMUM_DATA_BYTES: u64 = 8 << 20;
/// The most partials.
pub const MAXIMUM_PARTIALS: usize = 20;
/// The most that the squares of the lengths of a template's tags may add up to, in bytes: the engine takes four times as long for
/// twice as many operators in one expression, 4 s for 4,000.
pub const MAXIMUM_TAG_SQUARES: u64 = 32_000_000;
/// What a template may use: about one for an instruction and one for 64 bytes, so some 128 MB and less than a second.
pub const TEMPLATE_FUEL: u64 = 2_000_000;
/// How deep templates and macros may call one another; an include or a call of a macro counts ten.
pub const TEMPLATE_DEPTH: usize = 120;
/// The most bytes that a template writes.
pub const MAXIMUM_OUTPUT_BYTES: usize = 4 << 20;
/// The most bytes of a text within a result; the artifact has all of it.
pub(crate) const MAXIMUM_SHOWN_BYTES: usize = 200_000;
