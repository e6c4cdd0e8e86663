//! How a file becomes typed columns: its form is told from its content, its records pass one by one, cells are tried against every type.

pub(crate) mod cell;
pub(crate) mod column;
pub(crate) mod date;
mod delimiter;
mod distinct;
mod format;
mod json;
mod parquet;
mod parquet_values;
mod rows;
mod scanner;
pub(crate) mod table;
mod utf8;

pub(crate) use column::{Guess, Kind, Values};
pub(crate) use date::iso;
pub(crate) use delimiter::Delimiter;
pub(crate) use rows::{Cells, NO_LEVEL, RowColumn, Wanted, numeric_place, place_of, rows};
pub(crate) use table::{Column, TableFile, read};
