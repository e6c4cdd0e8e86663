//! How source code is read by the agents: which languages there are, files and archives of them, and their trees within a
//! bounded time. Code is parsed, never run.

pub mod allowance;
pub mod columns;
pub mod files;
pub mod guess;
pub mod languages;
pub mod shapes;
pub mod source;
pub mod tree;

pub use tree_sitter;
