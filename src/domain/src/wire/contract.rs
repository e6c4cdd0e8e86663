//! How work is put out to tender, and how parties bargain over what they share.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::id::{BargainId, ContractId, EventSeq, TaskId};
use crate::named::named_enum;
use crate::task::Priority;
use crate::time::Timestamp;

/// How long callers have for their bids when nothing is said, in milliseconds.
pub const DEFAULT_BID_MS: u64 = 60_000;
/// How long an award may go without an answer when nothing is said, in milliseconds.
pub const DEFAULT_ACCEPT_MS: u64 = 60_000;
/// How long work may take from its acceptance when nothing is said, in milliseconds: an hour.
pub const DEFAULT_REPORT_MS: u64 = 60 * 60 * 1_000;

/// What is to be done.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ContractWork {
    /// The skill's name, as `nlp.sentiment`.
    pub skill: String,
    /// The input; must fit the skill's input schema.
    #[cfg_attr(feature = "openapi", schema(value_type = Object))]
    pub input: Value,
    /// What people read on lists; made from the skill and the input when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(max_length = 200))]
    pub title: Option<String>,
    /// How urgent it is.
    #[serde(default)]
    pub priority: Priority,
}

/// How much each part of a bid counts: 0 to 1,000, not all 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default, deny_unknown_fields)]
pub struct BidWeights {
    /// A low cost.
    pub cost: u32,
    /// An early end.
    pub speed: u32,
    /// Having what is wanted.
    pub capability: u32,
    /// The chance to succeed.
    pub confidence: u32,
}

impl Default for BidWeights {
    fn default() -> Self {
        Self { cost: 1, speed: 1, capability: 1, confidence: 1 }
    }
}

/// A call for bids.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct NewContract {
    /// What is to be done.
    pub work: ContractWork,
    /// The agents that are called, by name; all that have the skill when absent. Their bids are computed from their measurements.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agents: Option<BTreeSet<String>>,
    /// Callers who may bid too, as `user:<id>` or `key:<id>`. They do the work themselves and report.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub callers: BTreeSet<String>,
    /// How bids are compared.
    #[serde(default)]
    pub weights: BidWeights,
    /// Skills and labels without which nobody may bid; the skill of the work is one of them for agents.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub required: BTreeSet<String>,
    /// Skills and labels that are good to have, with weights of 1 to 1,000.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub wanted: BTreeMap<String, u32>,
    /// The highest cost, in millionths of the currency.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub maximum_cost: Option<u64>,
    /// How soon after the award it must be done, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finish_within_ms: Option<u64>,
    /// How long callers have for their bids, in milliseconds, at most 30 days; it ends early once all have answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bid_within_ms: Option<u64>,
    /// How long an award may go without an answer, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accept_within_ms: Option<u64>,
    /// How long from the acceptance to the report, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub report_within_ms: Option<u64>,
    /// How often it is awarded at most: 1 to 64; as often as there are bidders when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub maximum_awards: Option<u32>,
}

named_enum!(
    /// Where a contract is in its life.
    ContractState {
        /// Bids are taken.
        Called = "called",
        /// It is awarded, and not accepted yet.
        Awarded = "awarded",
        /// Somebody does it.
        Accepted = "accepted",
        /// It is done.
        Done = "done",
        /// Nobody did it.
        Nobody = "nobody",
        /// It was cancelled.
        Cancelled = "cancelled",
    }
);

/// A bid in numbers.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct BidTerms {
    /// The cost, in millionths of the currency.
    pub cost: u64,
    /// Milliseconds from the award to the report.
    pub eta_ms: u64,
    /// How much of what is wanted the bidder has, 0 to 1.
    #[serde(default = "all")]
    #[cfg_attr(feature = "openapi", schema(minimum = 0.0, maximum = 1.0, default = 1.0))]
    pub capability: f64,
    /// How likely it is to succeed, 0 to 1.
    #[serde(default = "all")]
    #[cfg_attr(feature = "openapi", schema(minimum = 0.0, maximum = 1.0, default = 1.0))]
    pub confidence: f64,
}

const fn all() -> f64 {
    1.0
}

/// One part of a bid's score.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct BidTerm {
    /// What it is about: `cost`, `speed`, `capability`, `confidence`.
    pub name: String,
    /// How good the bid is in this, with 1 for the best bid.
    pub value: f64,
    /// How much that counts.
    pub weight: u32,
}

/// What a bidder answered.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct BidView {
    /// Who: `agent:<name>`, `user:<id>` or `key:<id>`.
    pub bidder: String,
    /// The bid; absent for a refusal, and as long as there is no answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bid: Option<BidTerms>,
    /// Why there is no bid, or it does not count.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refusal: Option<String>,
    /// Its place among the bids, from 1, once they are compared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rank: Option<u32>,
    /// Its score, 0 to 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub score: Option<f64>,
    /// What the score is made of.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub terms: Vec<BidTerm>,
}

/// An award, the present one or one before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AwardView {
    /// Its number, from 1: it goes with every message about it.
    pub number: u32,
    /// Whose.
    pub bidder: String,
    /// When it was given.
    pub at: Timestamp,
    /// Whether it was accepted.
    pub accepted: bool,
    /// Until when it must be accepted, or reported on; absent once it is over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due: Option<Timestamp>,
    /// Why it came to nothing, if it did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub withdrawn: Option<String>,
    /// The task that does it, of an agent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub task: Option<TaskId>,
}

/// A contract as lists and events carry it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ContractView {
    /// The contract.
    pub id: ContractId,
    /// What people read.
    pub title: String,
    /// The skill.
    pub skill: String,
    /// Where it is in its life.
    pub state: ContractState,
    /// How many were called.
    pub bidders: u32,
    /// How many bids there are.
    pub bids: u32,
    /// Who has it, or did it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub winner: Option<String>,
    /// The number of the present or last award; 0 before the first.
    pub award: u32,
    /// When something happens by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due: Option<Timestamp>,
    /// Who called, as people read it.
    pub created_by: String,
    /// When.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

/// A contract with everything about it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ContractDetail {
    /// What lists show.
    pub contract: ContractView,
    /// What was called for.
    pub call: NewContract,
    /// Everybody who was called, the best bid first.
    pub bids: Vec<BidView>,
    /// The awards, in their order.
    pub awards: Vec<AwardView>,
    /// What came of it: of an agent the task that did it, as `{"task": <id>}`; of a caller what it reported.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<Object>))]
    pub result: Option<Value>,
    /// The last event that this takes into account.
    pub as_of: EventSeq,
}

/// What a caller who was called says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case", tag = "say")]
pub enum ContractMessage {
    /// A bid.
    Bid {
        /// The bid.
        terms: BidTerms,
    },
    /// No bid.
    Refuse {
        /// Why, at most 500 bytes.
        because: String,
    },
    /// The award is taken.
    Accept {
        /// Its number.
        award: u32,
    },
    /// The award is not taken.
    Decline {
        /// Its number.
        award: u32,
        /// Why, at most 500 bytes.
        because: String,
    },
    /// It is done.
    Report {
        /// The award's number.
        award: u32,
        /// What came of it, at most 64 KiB of JSON.
        #[cfg_attr(feature = "openapi", schema(value_type = Object))]
        result: Value,
    },
    /// It cannot be done.
    Fail {
        /// The award's number.
        award: u32,
        /// Why, at most 500 bytes.
        because: String,
    },
}

/// Which contracts or bargainings are looked for.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ContractFilter {
    /// Only those that go on, or only those that have ended; both when absent.
    pub live: Option<bool>,
    /// Where the page before ended.
    pub cursor: Option<String>,
    /// Rows of the page.
    pub limit: Option<u32>,
}

/// So many units that are worth so much each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct UtilityPiece {
    /// How many.
    pub units: u64,
    /// What each of them is worth.
    pub worth: u64,
}

/// Who speaks for a party.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case", tag = "by")]
pub enum PartyVoice {
    /// A caller.
    Caller {
        /// As `user:<id>` or `key:<id>`.
        caller: String,
    },
    /// Baton itself, by the party's utility.
    Automatic {
        /// How slowly it gives in: 1 is in equal steps, 6 the slowest at first.
        #[cfg_attr(feature = "openapi", schema(minimum = 1, maximum = 6))]
        stubbornness: u32,
    },
}

/// A party of a bargaining.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct BargainParty {
    /// Its name.
    pub key: String,
    /// What units are worth to it, the first ones first; each piece is worth at most as much a unit as the one before.
    #[cfg_attr(feature = "openapi", schema(min_items = 1, max_items = 64))]
    pub pieces: Vec<UtilityPiece>,
    /// What it has without an agreement: it takes no share that is worth less.
    #[serde(default)]
    pub least: u64,
    /// Who speaks for it.
    pub voice: PartyVoice,
}

named_enum!(
    /// What happens where parties do not agree.
    Mediation {
        /// The split with the largest product of gains.
        Nash = "nash",
        /// The split with the largest least gain.
        MaxMin = "max_min",
        /// None: each has what it has without an agreement.
        None = "none",
    }
);

/// Something to bargain over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct NewBargain {
    /// What is shared, for people: 1 to 200 bytes.
    #[cfg_attr(feature = "openapi", schema(min_length = 1, max_length = 200))]
    pub title: String,
    /// How many units there are, at most 1,000,000.
    #[cfg_attr(feature = "openapi", schema(maximum = 1_000_000))]
    pub pot: u64,
    /// Who bargains: 2 to 100 parties.
    #[cfg_attr(feature = "openapi", schema(min_items = 2, max_items = 100))]
    pub parties: Vec<BargainParty>,
    /// How many offers are made at most: 1 to 1,000.
    #[cfg_attr(feature = "openapi", schema(minimum = 1, maximum = 1_000))]
    pub rounds: u32,
    /// How long an offer, or the answers to it, may take, in milliseconds.
    pub turn_ms: u64,
    /// What happens where they do not agree.
    pub mediation: Mediation,
}

named_enum!(
    /// How a bargaining stands.
    BargainState {
        /// They bargain.
        Open = "open",
        /// All said yes.
        Agreed = "agreed",
        /// They did not agree, and it was settled for them.
        Mediated = "mediated",
        /// They did not agree.
        Failed = "failed",
    }
);

/// A bargaining as it stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct BargainView {
    /// The bargaining.
    pub id: BargainId,
    /// What is shared.
    pub title: String,
    /// How it stands.
    pub state: BargainState,
    /// How many units there are.
    pub pot: u64,
    /// The names of the parties.
    pub parties: Vec<String>,
    /// Which round it is, or in which it ended, from 0.
    pub round: u32,
    /// How many rounds there are at most.
    pub rounds: u32,
    /// Whose turn it is to make an offer, or who made the one on the table.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proposer: Option<String>,
    /// What each would get by the offer on the table, or gets in the end; absent without either.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shares: Option<BTreeMap<String, u64>>,
    /// Who has said yes to the offer on the table.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub accepted: BTreeSet<String>,
    /// When the turn ends by itself: silence is no.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due: Option<Timestamp>,
    /// Who opened it, as people read it.
    pub created_by: String,
    /// When.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

/// What was said in a bargaining.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct BargainMoveView {
    /// When.
    pub at: Timestamp,
    /// What.
    #[serde(rename = "move")]
    pub what: BargainMove,
}

/// A bargaining with everything about it. Only the caller who opened it, administrators, and whoever speaks for a party see its utilities.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct BargainDetail {
    /// How it stands.
    pub bargain: BargainView,
    /// The parties.
    pub parties: Vec<BargainParty>,
    /// What happens where they do not agree.
    pub mediation: Mediation,
    /// What was said, in its order, at most the last 500.
    pub moves: Vec<BargainMoveView>,
    /// The last event that this takes into account.
    pub as_of: EventSeq,
}

/// What a party says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case", tag = "say")]
pub enum BargainMove {
    /// An offer.
    Offer {
        /// Whose, by the party's name.
        party: String,
        /// In which round.
        round: u32,
        /// What each party would get.
        shares: BTreeMap<String, u64>,
    },
    /// Yes.
    Accept {
        /// Whose.
        party: String,
        /// To the offer of which round.
        round: u32,
    },
    /// No.
    Reject {
        /// Whose.
        party: String,
        /// To the offer of which round.
        round: u32,
    },
}
