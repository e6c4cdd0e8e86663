//! Which version is the newest, and what becomes of a change that comes too late? Lines of versions and their conflicts.
//!
//! The journal of a line is the only judge: a version is stored, and a conflict settled, by one write of it with the version that was read. The journal of a
//! conflict follows; if a crash comes between, the line says what is left to do.

mod conflict;
mod content;
mod convert;
mod line;
mod put;
mod resolve;
mod service;
mod votes;
