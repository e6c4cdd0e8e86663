//! What is called for, and is the call one that can be answered?

use std::collections::{BTreeMap, BTreeSet};

use baton_domain::problem::{Code, Problem};
use baton_domain::time::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The most bidders of one call.
pub const MAXIMUM_BIDDERS: usize = 256;
/// The most awards of one contract: so often it goes to the next.
pub const MAXIMUM_AWARDS: u32 = 64;
/// The most capabilities that a call requires and wants together.
pub const MAXIMUM_NEEDS: usize = 128;
/// The longest name of a bidder or a capability in bytes.
pub const MAXIMUM_KEY: usize = 200;
/// The longest time of any part: thirty days.
pub const MAXIMUM_SPAN_MS: u64 = 30 * 24 * 60 * 60 * 1_000;
/// The largest weight.
const MAXIMUM_WEIGHT: u32 = 1_000;

/// A share of a whole in millionths, from 0 to 1: exact, so that a comparison is the same everywhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(try_from = "f64", into = "f64")]
pub struct Share(u32);

impl Share {
    /// How many parts a whole has.
    pub const WHOLE: u32 = 1_000_000;
    /// All of it.
    pub const ALL: Self = Self(Self::WHOLE);

    /// A share, to the next millionth.
    ///
    /// # Errors
    /// [`Code::InvalidBid`] for what is no number from 0 to 1.
    pub fn new(share: f64) -> Result<Self, Problem> {
        if (0.0..=1.0).contains(&share) {
            return Ok(Self((share * f64::from(Self::WHOLE)).round() as u32));
        }
        Err(Problem::new(Code::InvalidBid, "A share is a number from 0 to 1."))
    }

    /// `part` of `whole`; all of nothing.
    #[must_use]
    pub fn of(part: u64, whole: u64) -> Self {
        if whole == 0 {
            return Self::ALL;
        }
        Self(u32::try_from(u128::from(part.min(whole)) * u128::from(Self::WHOLE) / u128::from(whole)).unwrap_or(Self::WHOLE))
    }

    /// In millionths.
    #[must_use]
    pub fn millionths(self) -> u32 {
        self.0
    }
}

impl TryFrom<f64> for Share {
    type Error = Problem;

    fn try_from(share: f64) -> Result<Self, Problem> {
        Self::new(share)
    }
}

impl From<Share> for f64 {
    fn from(share: Share) -> Self {
        Self::from(share.0) / Self::from(Share::WHOLE)
    }
}

/// How much each part of a bid counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Weights {
    /// A low cost.
    pub cost: u32,
    /// An early end.
    pub speed: u32,
    /// Having what is wanted.
    pub capability: u32,
    /// The chance to succeed.
    pub confidence: u32,
}

impl Default for Weights {
    fn default() -> Self {
        Self { cost: 1, speed: 1, capability: 1, confidence: 1 }
    }
}

/// A call for proposals.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Call {
    /// The contract.
    pub id: Uuid,
    /// Capabilities without which nobody may bid.
    pub required: BTreeSet<String>,
    /// Capabilities that are good to have, with their weights.
    pub wanted: BTreeMap<String, u32>,
    /// The highest cost, in millionths of the currency.
    pub maximum_cost: Option<u64>,
    /// How soon after the award it must be done.
    pub finish_within_ms: Option<u64>,
    /// How bids are compared.
    pub weights: Weights,
    /// Who is called.
    pub bidders: BTreeSet<String>,
    /// Until when bids count.
    pub bid_by: Timestamp,
    /// How long an award may go without an answer.
    pub accept_within_ms: u64,
    /// How long from the acceptance to the report.
    pub report_within_ms: u64,
    /// How often it is awarded at most.
    pub maximum_awards: u32,
    /// Of the lot that tells equal bids apart.
    pub seed: u64,
}

impl Call {
    /// Whether the call can be made.
    ///
    /// # Errors
    /// [`Code::InvalidCall`], naming the field.
    pub fn check(&self) -> Result<(), Problem> {
        let wrong = |field: &str, what: &str| {
            Err(Problem::new(Code::InvalidCall, format!("The call's `{field}` cannot be: {what}")).with_field(field, what))
        };
        let too_long = |key: &String| key.is_empty() || key.len() > MAXIMUM_KEY;
        if self.bidders.is_empty() || self.bidders.len() > MAXIMUM_BIDDERS || self.bidders.iter().any(too_long) {
            return wrong("bidders", "call 1 to 256 bidders, each by a name of 1 to 200 bytes.");
        }
        if self.required.len() + self.wanted.len() > MAXIMUM_NEEDS || self.required.iter().chain(self.wanted.keys()).any(too_long) {
            return wrong("required", "name at most 128 capabilities, required and wanted together, each of 1 to 200 bytes.");
        }
        if self.wanted.values().any(|weight| *weight == 0 || *weight > MAXIMUM_WEIGHT) {
            return wrong("wanted", "give each a weight from 1 to 1,000.");
        }
        let Weights { cost, speed, capability, confidence } = self.weights;
        let weights = [cost, speed, capability, confidence];
        if weights.iter().all(|weight| *weight == 0) || weights.iter().any(|weight| *weight > MAXIMUM_WEIGHT) {
            return wrong("weights", "give weights from 0 to 1,000, not all of them 0.");
        }
        let spans = [
            ("accept_within_ms", Some(self.accept_within_ms)),
            ("report_within_ms", Some(self.report_within_ms)),
            ("finish_within_ms", self.finish_within_ms),
        ];
        if let Some((field, _)) = spans.iter().find(|(_, span)| span.is_some_and(|span| span == 0 || span > MAXIMUM_SPAN_MS)) {
            return wrong(field, "give from 1 ms to 30 days.");
        }
        if self.maximum_awards == 0 || self.maximum_awards > MAXIMUM_AWARDS {
            return wrong("maximum_awards", "award it 1 to 64 times.");
        }
        Ok(())
    }
}
