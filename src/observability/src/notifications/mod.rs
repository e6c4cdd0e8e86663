//! Who has to know what, and have they seen it? Events of the log become rows for the people they concern.
//!
//! - The [`Projector`] goes through the log from the place it has stored, writes a row for each person an event concerns, and settles the rows whose matter
//!   is done. Rows, settlements and the new place are one transaction that only one of several servers wins, so each row is there once.
//! - The [`NotificationDesk`] is what people ask: their rows, how many wait, and what they have read.
//!
//! An open page hears of its own rows by the events themselves: those of the kinds in [`TELLING`](baton_domain::wire::notification::TELLING) make it count
//! anew, and the answer says which event it takes into account.

mod audience;
mod desk;
mod flood;
mod meaning;
mod projector;
mod row;

pub use desk::NotificationDesk;
pub use flood::MAXIMUM_ROWS_AN_HOUR;
pub use projector::{NotificationParts, Projector};
