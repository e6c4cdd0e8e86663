//! What would other rules have made of the ballots, and which rules and voters agreed with people later?

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::view::SpentView;
use crate::id::{AgentId, DecisionId, EventSeq, UserId};
use crate::time::Timestamp;

/// The most judged decisions that the lab takes in at once, the newest.
pub const MAXIMUM_LAB_DECISIONS: u32 = 500;

/// By what rule stored ballots are counted again. What is not said is as it was.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default, deny_unknown_fields)]
pub struct RetallyChoice {
    /// The rule; the decision's own if it is not said. All but `judge`, `synthesis` and `debate`, which do not count ballots.
    pub rule: Option<String>,
    /// The share that the first answer must have, above 0.5 and at most 1.
    pub threshold: Option<f64>,
    /// How many voters must have taken part.
    pub quorum: Option<u32>,
    /// What breaks ties.
    pub tie_break: Option<Vec<String>>,
}

/// What one rule makes of the ballots.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RuleComparison {
    /// The rule.
    pub rule: String,
    /// The key of the answer that it decides for, if it does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// The keys from the first to the last, those that tie together.
    pub order: Vec<Vec<String>>,
    /// What each has by the rule, by keys.
    pub points: BTreeMap<String, f64>,
    /// How far the first is ahead, as a share of what it could be.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub margin: Option<f64>,
    /// How many ballots said something.
    pub counted: u32,
    /// How many abstained.
    pub abstained: u32,
    /// What kept it from deciding, if it does not: `no_quorum`, `no_opinion`, `tie` or `below_threshold`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub missed: Option<String>,
    /// Whether the ballots say all that the rule reads: a choice is a poor ranking.
    pub complete: bool,
    /// Whether it comes to something else than the decision's own rule.
    pub differs: bool,
}

/// The same ballots by other rules; no voter is asked again.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Retallied {
    /// The rule that counted them.
    pub own: String,
    /// By the rule and the terms that were asked for.
    pub chosen: RuleComparison,
    /// By every rule, on the decision's own terms.
    pub rules: Vec<RuleComparison>,
    /// Which rules decide for which answer, by keys.
    pub winners: BTreeMap<String, Vec<String>>,
    /// Whether rules that decide do not all decide for the same.
    pub disagrees: bool,
    /// Voters without whose ballot the own rule would have come to something else; absent where there are too many ballots to tell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pivotal: Option<Vec<String>>,
}

/// Which decisions the lab looks at: those that have a later verdict of a person and pass.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default, deny_unknown_fields)]
pub struct LabFilter {
    /// Only those whose agents ran this skill.
    pub skill: Option<String>,
    /// Only those decided by this rule.
    pub rule: Option<String>,
    /// Only those opened at this instant or later.
    pub from: Option<Timestamp>,
    /// Only those opened before this instant.
    pub before: Option<Timestamp>,
}

/// A share of some cases, with the interval in which it lies with 95 % confidence (Wilson).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ShareView {
    /// How many.
    pub count: u64,
    /// Of how many.
    pub of: u64,
    /// The share.
    pub share: f64,
    /// Its lower bound.
    pub low: f64,
    /// Its upper bound.
    pub high: f64,
}

/// How a rule would have done.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RuleStanding {
    /// The rule.
    pub rule: String,
    /// Of all decisions, those in which it decides for the right answer.
    pub right: ShareView,
    /// Of all decisions, those in which it decides at all.
    pub decided: ShareView,
}

/// How often a voter was right where its confidence lay in one tenth of the scale.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct VoterCalibration {
    /// Where the tenth begins.
    pub from: f64,
    /// How many answers.
    pub count: u64,
    /// Their mean confidence.
    pub confidence: f64,
    /// The share of them that was right.
    pub right: f64,
}

/// What is known of a voter in one skill.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct VoterStanding {
    /// `agent:<id>` or `user:<id>`; samples of an agent count together.
    pub voter: String,
    /// What people read.
    pub name: String,
    /// The agent, if it is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent_id: Option<AgentId>,
    /// The person, if it is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_id: Option<UserId>,
    /// The skill that it ran; none for questions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub skill: Option<String>,
    /// How often it agreed with the later verdict.
    pub right: ShareView,
    /// How often it is believed to be right: with few answers near to what all have.
    pub accuracy: f64,
    /// The mean squared distance of its confidence to what came true: 0 is best, 0.25 is what one half always gives. Absent if it gave none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub brier: Option<f64>,
    /// The mean distance between confidence and share of right answers over tenths of confidence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub calibration_error: Option<f64>,
    /// Its confidence by tenths; those without answers are left out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub calibration: Vec<VoterCalibration>,
    /// What all its answers took.
    pub spent: SpentView,
}

/// A decision that a person judged later.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct JudgedDecision {
    /// The decision.
    pub id: DecisionId,
    /// The question, at most 200 letters of it.
    pub question: String,
    /// The rule.
    pub rule: String,
    /// The key that it came to, if it came to one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// The key that was right.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub right: Option<String>,
    /// Which rules decide for the right answer.
    pub right_rules: Vec<String>,
    /// When it was opened.
    pub opened_at: Timestamp,
}

/// Rules and voters held against what people said later.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DecisionLab {
    /// How many decisions were taken in.
    pub judged: u64,
    /// Whether there were more than are taken in at once.
    pub more: bool,
    /// The rules, the best first.
    pub rules: Vec<RuleStanding>,
    /// The voters, by skill and then the best first.
    pub voters: Vec<VoterStanding>,
    /// The decisions, the newest first.
    pub decisions: Vec<JudgedDecision>,
    /// The last event that this takes into account.
    pub as_of: EventSeq,
}
