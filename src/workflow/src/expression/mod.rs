//! What does `${{ … }}` mean, of which type is it, and what is its value?
//!
//! A small language of its own: pure, without recursion and without loops other than over lists that exist, so that every expression ends, and
//! within a budget of steps. Its types come from JSON Schemas; each part knows its place in the document.
//!
//! - `lexer`, `parser`, `syntax`: from text to a tree
//! - `types`, `schema`: what values can be, and how JSON Schemas say it
//! - `check`: the type of an expression
//! - `functions`: which functions there are; `evaluate`, `call`: values
//! - `template`: values of a document with expressions in them

mod call;
mod check;
mod evaluate;
mod functions;
mod lexer;
mod parser;
mod schema;
mod syntax;
mod template;
#[cfg(test)]
mod tests;
mod types;

pub use evaluate::{Failure, MAXIMUM_STEPS, Values};
pub use functions::Function;
pub(crate) use schema::kind_of_value;
pub use schema::{type_of_schema, type_of_value};
pub use syntax::{Expression, StepField};
pub use template::Template;
pub use types::{Field, Fields, Type};

pub(crate) use check::{Names, check};
pub(crate) use evaluate::{Meter, evaluate};
pub(crate) use parser::parse as parse_whole;
pub(crate) use template::{Part, Place};
