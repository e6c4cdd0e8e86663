//! How do ballots become a verdict? Rules of voting as pure functions.
//!
//! A [`Ballot`] says what one voter thinks of some options, a [`Rule`] makes a [`Tally`] of all ballots. Everything is counted in whole
//! numbers (weights in millionths, see [`Weight`]), so that no order of the ballots and no order of the options changes anything but the names
//! in the result: sums of fractions would. What a rule leaves tied stays tied in its tally; [`decide`] breaks ties by a chain of other rules,
//! and by a lot that is drawn from a seed and the options' keys.
//!
//! - `ballot`: what voters say, and which of it can be counted
//! - `scale`: what scores go from and to
//! - `rule`: which rules there are, and which kinds of ballots each reads
//! - `count`: first places, approvals and points; `runoff`, `pairwise`, `grades`: the rules that need more
//! - `heard`: options that some may not speak of, as of their own
//! - `tally`: what a rule makes of the ballots
//! - `verdict`: ties, thresholds and quorum
//! - `lab`: whether the leader can still be caught, and who is pivotal

mod ballot;
mod count;
mod grades;
mod heard;
mod lab;
mod pairwise;
mod rule;
mod runoff;
mod scale;
mod tally;
mod verdict;

pub use ballot::{Ballot, BallotError, MAXIMUM_ANSWERS, MAXIMUM_OPTIONS, Opinion, Weight};
pub use lab::{MAXIMUM_PIVOTAL_BALLOTS, MAXIMUM_PIVOTAL_CELLS, can_be_caught, pivotal};
pub use rule::{Rule, Threshold};
pub use scale::Scale;
pub use tally::{Points, Round, Tally, tally, tally_within};
pub use verdict::{Outcome, Terms, TieBreak, Verdict, decide};
