//! How does a template become a text, whatever the template tries?
//!
//! Templates are Jinja's, run by minijinja with bounds: fuel (instructions and bytes), depth, and the size of what is written. They
//! reach nothing but their data: no files, no network, no clock.

mod engine;
mod escape;
mod filters;
mod tags;

pub(crate) use engine::{Format, Missing, Template, render};
pub(crate) use escape::markdown as escape_markdown;
