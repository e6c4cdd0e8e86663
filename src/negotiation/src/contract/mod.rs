//! Who does it? The contract net: a call for proposals, bids, one award at a time, one outcome.
//!
//! After Smith (1980) and FIPA's interaction protocol: call, propose or refuse, award, accept or decline, report or fail. A [`Contract`] is what its
//! [`Event`]s made it. It takes any [`Message`] at any time, twice and out of order: an award has a number, and what comes under another counts no more. Whoever
//! was told something is told again after a crash under the same id (see [`Contract::outbox`]).
//!
//! Bids are computed by [`estimate`] from what is known of a bidder, with no model, and compared by [`rank`] in whole numbers with every term shown.

mod bid;
mod call;
mod machine;
mod outbox;

pub use bid::{Bid, Facts, MAXIMUM_COST, Scored, Shortcoming, Term, estimate, rank};
pub use call::{Call, MAXIMUM_AWARDS, MAXIMUM_BIDDERS, MAXIMUM_KEY, MAXIMUM_NEEDS, MAXIMUM_SPAN_MS, Share, Weights};
pub use machine::{Award, Contract, Event, MAXIMUM_RESULT, Message, Outcome, Step, Withdrawal};
pub use outbox::{Notice, Outgoing};
