//! Who gets how much? A split of a pot between claimants: mediated in one step, or bargained for in rounds.
//!
//! A pot has whole units (slots, thousands of tokens, seconds). Each [`Claimant`] says what units are worth to it and what it insists on. [`split`] finds
//! the fair split by Nash's or the max-min rule, exactly; a [`Bargaining`] lets the parties make one another offers, and ends in bounded rounds and
//! time. Neither gives anybody less than it insists on, or more in sum than there is.

mod offers;
mod split;
mod utility;

pub use offers::{Bargaining, MAXIMUM_ROUNDS, MAXIMUM_TURN_MS, Move, Offer, State, Terms};
pub use split::{Method, Portion, Split, split};
pub use utility::{Claimant, MAXIMUM_CLAIMANTS, MAXIMUM_PIECES, MAXIMUM_UNITS, MAXIMUM_WORTH, Piece, check};
