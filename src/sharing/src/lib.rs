//! How do agents share things, work and results, whatever crashes? The pure rules of `baton-negotiation` as services over stored journals.
//!
//! [`Sharing`] is the [`ClaimService`](baton_domain::services::ClaimService), the [`ConflictService`](baton_domain::services::ConflictService) and the
//! [`ContractService`](baton_domain::services::ContractService). It holds nothing that is not stored: what it keeps in memory is a copy that is compared
//! with the version of its journal. Several servers may run it on one store.
//!
//! - Claims: one journal for each project, a row for each claim.
//! - Lines: one journal for each name, a row for each version. A conflict is a journal of its own, whose parent is the line.
//! - Contracts and bargainings: a journal each, a fact for each of their events.
//!
//! [`Sharing::run`] is the driver: it ends leases, awards, turns, and carries out what a stored step asks for. See `docs/adr/047-sharing-as-journals.md`.

mod bargains;
mod claims;
mod contracts;
mod driver;
mod journal;
mod lines;
mod parts;

pub use baton_negotiation::claims::{Loss, Policy, VictimRule};
pub use driver::Round;
pub use parts::{Pause, Sharing, SharingOptions, SharingParts, TokioPause, Votes};
