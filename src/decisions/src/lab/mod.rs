//! How good are rules and voters? The decision lab: stored ballots counted again by every rule, and both held against what people said later.
//!
//! - `retally`: stored ballots by any rule, without asking anybody again
//! - `compare`: where rules disagree, by how much, and whose ballots made the difference
//! - `score`: rules and voters against later verdicts of people
//! - `record`: what is known of a voter: how often it was right, what its confidence is worth, what it costs
//! - `weights`: what follows from that for weights and for whom to ask

mod compare;
mod record;
mod retally;
mod score;
mod weights;

pub use compare::{Comparison, RuleVerdict, compare};
pub use record::{Bin, Brier, Calibration, Observation, Prior, Record};
pub use retally::{BallotBox, BoxedBallot, Retally, margin_share};
pub(crate) use retally::{opinion_of, places};
pub use score::{Judged, RuleScore, Share, score_rules, score_voters};
pub use weights::{Routing, log_odds_weights, routing};
