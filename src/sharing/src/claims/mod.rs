//! Who may use what? Claims as a service: one journal for each project, a row for each claim.
//!
//! A server keeps a copy of a project's claims and writes with the version that it has seen, so that a claim is one short transaction. Whatever ends without a
//! write looks at the version too: nobody is refused by a copy that is no longer right.

mod attempts;
mod book;
mod draft;
mod ended;
mod guard;
mod holders;
mod service;
mod turn;
mod views;

pub(crate) use book::Shelf;
