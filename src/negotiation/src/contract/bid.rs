//! What does a bidder offer, and which offer is the best?

use std::cmp::Reverse;
use std::collections::BTreeSet;

use baton_domain::problem::{Code, Problem};
use serde::{Deserialize, Serialize};

use super::call::{Call, MAXIMUM_KEY, MAXIMUM_NEEDS, Share};
use crate::lot::lot;

/// The longest reason in bytes; longer ones are cut.
pub(super) const MAXIMUM_REASON: usize = 500;
/// The highest cost of a bid, in millionths of the currency: a million.
pub const MAXIMUM_COST: u64 = 1_000_000_000_000;
/// The longest time of a bid: ten years, in which case nobody needs it.
const MAXIMUM_ETA_MS: u64 = 10 * 365 * 24 * 60 * 60 * 1_000;

/// What a bidder offers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bid {
    /// The cost, in millionths of the currency.
    pub cost: u64,
    /// From the award to the report.
    pub eta_ms: u64,
    /// How much of what is wanted it has.
    pub capability: Share,
    /// How likely it is to succeed.
    pub confidence: Share,
}

impl Bid {
    /// Whether it can be compared with others.
    ///
    /// # Errors
    /// [`Code::InvalidBid`], naming the field.
    pub fn check(&self) -> Result<(), Problem> {
        let wrong = |field: &str, what: &str| Err(Problem::new(Code::InvalidBid, format!("`{field}`: {what}")).with_field(field, what));
        if self.cost > MAXIMUM_COST {
            return wrong("cost", "A bid costs a million at most: 1,000,000,000,000 millionths.");
        }
        if self.eta_ms > MAXIMUM_ETA_MS {
            return wrong("eta_ms", "A bid ends within ten years.");
        }
        Ok(())
    }

    /// Why it does not meet a call, if it does not.
    #[must_use]
    pub fn shortcoming(&self, call: &Call) -> Option<Shortcoming> {
        if call.maximum_cost.is_some_and(|most| self.cost > most) {
            return Some(Shortcoming::TooDear);
        }
        call.finish_within_ms.is_some_and(|most| self.eta_ms > most).then_some(Shortcoming::TooSlow)
    }
}

/// Why somebody does not bid, or a bid does not count.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "reason")]
pub enum Shortcoming {
    /// It lacks what is required.
    Unable {
        /// What it lacks.
        missing: Vec<String>,
    },
    /// It has no slots.
    Unavailable,
    /// It would cost more than it may.
    TooDear,
    /// It would take longer than it may.
    TooSlow,
    /// It says so itself.
    Unwilling {
        /// In its words.
        because: String,
    },
    /// It was lost.
    Lost,
}

/// What is known of a bidder: enough to bid for it without asking it, or any model.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facts {
    /// What it can do: skills and labels.
    pub capabilities: BTreeSet<String>,
    /// How much it does at once.
    pub slots: u32,
    /// How much it is doing.
    pub busy: u32,
    /// How much waits for it.
    pub queued: u32,
    /// How long it usually takes.
    pub typical_ms: u64,
    /// What it usually costs, in millionths of the currency.
    pub price: u64,
    /// How often it succeeded.
    pub completed: u64,
    /// How often it failed.
    pub failed: u64,
    /// How good its answers were by decisions that people judged; absent where none were.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub record: Option<Share>,
}

/// The bid that follows from the facts, or why there is none.
///
/// The time is that of the turns before a slot is free and of its own. The confidence is Laplace's rule of succession, with which nobody begins at 0 or
/// 1, times how good its answers were, if that is known.
///
/// # Errors
/// The shortcoming, which is a refusal.
pub fn estimate(facts: &Facts, call: &Call) -> Result<Bid, Shortcoming> {
    let missing: Vec<String> = call.required.difference(&facts.capabilities).cloned().collect();
    if !missing.is_empty() {
        return Err(Shortcoming::Unable { missing });
    }
    if facts.slots == 0 {
        return Err(Shortcoming::Unavailable);
    }
    let turns = (u64::from(facts.busy) + u64::from(facts.queued)) / u64::from(facts.slots) + 1;
    let weight = |has: bool| -> u64 {
        call.wanted.iter().filter(|(name, _)| !has || facts.capabilities.contains(*name)).map(|(_, weight)| u64::from(*weight)).sum()
    };
    let success = Share::of(facts.completed.saturating_add(1), facts.completed.saturating_add(facts.failed).saturating_add(2));
    let both = |record: Share| {
        let whole = u64::from(Share::WHOLE);
        Share::of(u64::from(success.millionths()) * u64::from(record.millionths()), whole * whole)
    };
    let bid = Bid {
        cost: facts.price.min(MAXIMUM_COST),
        eta_ms: facts.typical_ms.saturating_mul(turns).min(MAXIMUM_ETA_MS),
        capability: Share::of(weight(true), weight(false)),
        confidence: facts.record.map_or(success, both),
    };
    bid.shortcoming(call).map_or(Ok(bid), Err)
}

/// One part of a score.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Term {
    /// What it is about.
    pub name: String,
    /// How good the bid is in this, with 1 for the best bid.
    pub value: Share,
    /// How much that counts.
    pub weight: u32,
}

/// A bid and how good it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scored {
    /// Whose.
    pub bidder: String,
    /// The bid.
    pub bid: Bid,
    /// The weighted mean of the terms.
    pub score: Share,
    /// What it is made of.
    pub terms: Vec<Term>,
    /// What tells it from one that is as good: the higher goes first.
    pub lot: u64,
}

/// The bids from the best to the worst.
///
/// Cost and time are compared with the least of all, as a share of it; capability and confidence count as they are. Everything is whole numbers,
/// and equal scores are told apart by a lot of the bidder's name, so that neither the order of the bids nor that of the names gives an advantage.
#[must_use]
pub fn rank<'a>(call: &Call, bids: impl IntoIterator<Item = (&'a str, Bid)>) -> Vec<Scored> {
    let bids: Vec<(&str, Bid)> = bids.into_iter().collect();
    let least = |of: fn(&Bid) -> u64| bids.iter().map(|(_, bid)| of(bid)).min().unwrap_or(0);
    let (least_cost, least_eta) = (least(|bid| bid.cost), least(|bid| bid.eta_ms));
    let mut ranking: Vec<Scored> = bids
        .iter()
        .map(|(bidder, bid)| {
            let terms = [
                ("cost", Share::of(least_cost, bid.cost), call.weights.cost),
                ("speed", Share::of(least_eta, bid.eta_ms), call.weights.speed),
                ("capability", bid.capability, call.weights.capability),
                ("confidence", bid.confidence, call.weights.confidence),
            ];
            let points: u64 = terms.iter().map(|(_, value, weight)| u64::from(value.millionths()) * u64::from(*weight)).sum();
            let whole: u64 = terms.iter().map(|(_, _, weight)| u64::from(Share::WHOLE) * u64::from(*weight)).sum();
            let terms = terms.into_iter().map(|(name, value, weight)| Term { name: name.to_owned(), value, weight }).collect();
            Scored { bidder: (*bidder).to_owned(), bid: *bid, score: Share::of(points, whole), terms, lot: lot(call.seed, bidder) }
        })
        .collect();
    ranking.sort_by_cached_key(|scored| (Reverse(scored.score), Reverse(scored.lot), scored.bidder.clone()));
    ranking
}

/// A refusal as long as it may be: what is more is cut.
pub(super) fn within_bounds(why: Shortcoming) -> Shortcoming {
    match why {
        Shortcoming::Unwilling { because } => Shortcoming::Unwilling { because: cut(because, MAXIMUM_REASON) },
        Shortcoming::Unable { missing } => {
            Shortcoming::Unable { missing: missing.into_iter().take(MAXIMUM_NEEDS).map(|key| cut(key, MAXIMUM_KEY)).collect() }
        }
        other => other,
    }
}

pub(super) fn cut(mut text: String, most: usize) -> String {
    let end = (0..=most.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    text.truncate(end);
    text
}
