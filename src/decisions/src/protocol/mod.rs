//! How does a decision go on? A state machine without clock, chance or storage.
//!
//! A decision opens with a question, a roster and a seed ([`Proceedings::open`]); from then on it is told what happened, one [`Fact`] after the other
//! ([`Proceedings::apply`]), and says what is to be done ([`Proceedings::commands`]). The facts are the truth: the same opening and the same facts give the
//! same state, on any machine. Commands are a function of the state and have names that never change: who crashed between storing a fact and
//! carrying out its commands carries them out again, and who carries one out twice asks the same thing under the same name.
//!
//! The stages: drafts (free answers only), groups of answers (if somebody else finds them), ballots (if drafts are not the votes); then, where that
//! does not decide, one round of arguments and the vote again, a judge who is asked in both orders, a person, and an end. Time is that of the facts:
//! one that comes after its stage's deadline closes the stage first.
//!
//! What makes no difference, and is tested (`tests/protocol.rs`):
//! - *Order.* Facts of different voters within a stage commute: any order that keeps each voter's own facts in theirs ends the stage with the same
//!   ballots. Without early stop the verdict is a function of those, and so the same.
//! - *Early stop.* The vote stops early only if the leader stays first, with quorum and threshold, whatever the rest says or leaves unsaid
//!   ([`baton_voting::can_be_caught`]). So the answer is the one that every other order, and no early stop, gives; what differs is who is left unheard, and
//!   with them tally, margin, dissent and cost. Where an answer more could join groups of answers, or a least margin is asked for, nothing stops early.
//! - *Repetition.* A fact told twice counts once.

mod apply;
mod command;
mod commands;
mod conclusion;
mod count;
mod fact;
mod form;
mod request;
mod stages;
mod state;

pub use apply::{Applied, Ignored, Receipt};
pub use command::{Action, Argument, Candidate, Command, Deadline, Entry};
pub use conclusion::{By, Conclusion, Dissent, Outcome, Reason, Step};
pub use count::Count;
pub use fact::{
    BallotGiven, DraftGiven, Fact, Happened, MAXIMUM_FAILURE_BYTES, MAXIMUM_RATIONALE_BYTES, MAXIMUM_WRITTEN_BYTES, PersonAnswer, Said,
    Spent,
};
pub use request::{InvalidRequestId, Order, Request};
pub use state::{Asked, CastBallot, Choice, Draft, JudgeWord, Opening, Proceedings, Stage, Status};
