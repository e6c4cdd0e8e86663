//! What the dashboard can ask of the server: one server function for each capability that a person uses, in a file per
//! resource, over the same services as REST.
//!
//! All are `POST` under `/sfn/<resource>/<method>`. Those that a plain form sends take URL-encoded input, the others
//! JSON; all answer with JSON, and with the problem body when they refuse.

#![expect(missing_docs, reason = "the server macro makes each argument a public field, described with its function")]

pub mod agents;
mod answer;
pub mod approvals;
pub mod artifacts;
pub mod auth;
pub mod batch;
pub mod claims;
pub mod conflicts;
pub mod connections;
pub mod contracts;
pub mod deal;
pub mod decisions;
pub mod egress;
pub mod events;
#[cfg(feature = "ssr")]
mod form;
pub mod goal;
pub mod health;
pub mod limits;
pub mod members;
pub mod metrics;
pub mod models;
pub mod notifications;
#[cfg(feature = "ssr")]
mod opening;
pub mod plans;
pub mod replays;
pub mod runs;
pub mod say;
#[cfg(feature = "ssr")]
pub(crate) mod serve;
pub mod servers;
pub mod settle;
pub mod start;
pub mod store;
pub mod submit;
pub mod tasks;
pub mod topics;
pub mod traces;
#[cfg(feature = "ssr")]
mod typed;
mod upload;
pub mod workflows;
pub mod written;

pub use answer::{ApiError, Called, Json};
#[cfg(feature = "ssr")]
pub use serve::SessionCookies;
