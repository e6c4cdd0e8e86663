//! Who may use what, alone or with others? Exclusive and shared claims on named things, with fences, leases and fair queues.
//!
//! [`Claims`] is what is claimed in a project, as a value: [`Claims::apply`] takes a [`Command`] and the time, and says what came of it, who is to
//! hear what, and which rows to store. Nothing here waits or reads a clock, so that a command is one short transaction.
//!
//! - A claim on a name covers what lies beneath it. Two claims exclude one another if their names overlap and one of them is exclusive.
//! - The queue is ordered by priority and age in one, as tasks are, and a later request never overtakes one that it excludes: nothing starves behind
//!   those who share. Who has a part already and asks for more goes first, for whoever came before it would wait for it.
//! - Every claim that is granted has a [`Fence`], and the numbers only grow: what an earlier holder writes late is refused by [`Claims::check`], or by a
//!   [`Gate`] beside the thing itself.
//! - Deadlocks are found as they arise, on the graph of who waits for whom. If the order of a queue is part of the circle, the queue is put
//!   into another order; only where each holds what the one before it waits for, one gives way, chosen by a [`VictimRule`].

mod deadlock;
mod engine;
mod name;
mod table;
mod terms;
mod untangle;

pub use engine::{Access, Gate, Step};
pub use name::{Holder, HolderKind, MAXIMUM_DEPTH, MAXIMUM_NAME, Resource};
pub use table::{Claims, Delta, Entry, Head, MAXIMUM_CLAIMS, MAXIMUM_CLAIMS_PER_HOLDER, MAXIMUM_CLAIMS_PER_NAME, Row, RowKey};
pub use terms::{
    Answer, Command, Fence, Held, Loss, MAXIMUM_LEASE_MS, MAXIMUM_PATIENCE_MS, MINIMUM_LEASE_MS, Mode, Notice, Place, Policy, Request,
    Standing, VictimRule, Waiting,
};
