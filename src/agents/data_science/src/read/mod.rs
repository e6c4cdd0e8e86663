//! How a file becomes typed columns: bytes that are checked to be UTF-8, records that are checked to be equally
//! long, cells that are tried against every type.

pub(crate) mod cell;
pub(crate) mod column;
pub(crate) mod date;
mod delimiter;
mod distinct;
mod rows;
pub(crate) mod table;
mod utf8;

pub(crate) use column::{Kind, Values};
pub(crate) use date::iso;
pub(crate) use delimiter::Delimiter;
pub(crate) use rows::{Cells, NO_LEVEL, RowColumn, Wanted, numeric_place, place_of, rows};
pub(crate) use table::{Column, TableFile, read};
