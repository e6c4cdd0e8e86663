//! How does a decision stand?

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::new::{NewDecision, ScoreScale};
use super::vote::BallotEntry;
use crate::id::{AgentId, DecisionId, EventSeq, ProjectId, TaskId, UserId};
use crate::named::named_enum;
use crate::time::Timestamp;

named_enum!(
    /// Where a decision is in its life.
    DecisionState {
        /// Voters, judges or people are asked.
        Open = "open",
        /// No verdict by its deadline: people may still decide it.
        Escalated = "escalated",
        /// There is an answer.
        Decided = "decided",
        /// There is none, and there will be none.
        Refused = "refused",
        /// Nobody needed it any more.
        Cancelled = "cancelled",
    }
);

impl DecisionState {
    /// Whether nothing more comes of it.
    #[must_use]
    pub const fn is_ended(self) -> bool {
        matches!(self, Self::Decided | Self::Refused | Self::Cancelled)
    }
}

impl DecisionDetail {
    /// Whether what was voted can be counted by other rules: the voting is over and somebody has voted. A person who has to decide wants to know.
    #[must_use]
    pub fn is_countable(&self) -> bool {
        self.disclosed && !self.ballots.is_empty()
    }
}

/// What something took.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SpentView {
    /// Tokens of language models.
    pub tokens: u64,
    /// Money, in the installation's currency.
    pub cost: f64,
}

/// A decision as lists and events carry it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DecisionSummary {
    /// The decision.
    pub id: DecisionId,
    /// Its project.
    pub project_id: ProjectId,
    /// The question, at most 200 letters of it.
    pub question: String,
    /// Where it is in its life.
    pub state: DecisionState,
    /// What goes on: `drafting`, `clustering`, `balloting`, `arguing`, `synthesising`, `judging`, `asking_person` or `ended`.
    pub stage: String,
    /// Which round is or was voted: 1, or 2 after a debate.
    pub round: u8,
    /// The rule.
    pub rule: String,
    /// How many vote.
    pub voters: u32,
    /// How many requests of the present stage are answered, or will not be.
    pub answered: u32,
    /// How many requests the present stage has.
    pub asked: u32,
    /// People whose word is awaited now: voters who are people, and those to whom it was escalated.
    pub people: Vec<UserId>,
    /// Whether it waits for a person's verdict and anybody may give it, since nobody in particular was named.
    #[serde(default)]
    pub anyone: bool,
    /// The verdict, once there is one or it was escalated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verdict: Option<DecisionVerdict>,
    /// What a person found right afterwards.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub later: Option<LaterVerdictView>,
    /// What everything took.
    pub spent: SpentView,
    /// The key under which it was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// The task that several did and whose answers differed, if it is about one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub task_id: Option<TaskId>,
    /// Who asked, as people read it.
    pub created_by: String,
    /// The person who asked, if it was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requested_by: Option<UserId>,
    /// When it was opened.
    pub opened_at: Timestamp,
    /// Until when there is a verdict or an escalation.
    pub deadline: Timestamp,
    /// When it ended; for one that was escalated, when it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<Timestamp>,
}

/// What came of a decision, and why.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DecisionVerdict {
    /// `decided`, `escalated`, `refused` or `cancelled`.
    pub outcome: DecisionState,
    /// Who decided: `vote`, `tie_break`, `synthesis`, `judge`, `person` or `default`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// Why it ended, as a word: `rule_decided`, `all_agree`, `deadline_passed` and so on.
    pub why: String,
    /// What kept the ballots from deciding, if they did not: `tie`, `no_quorum`, `below_threshold` and so on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub missed: Option<String>,
    /// The key of the answer, if it is one of those that were voted on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// The answer. In lists and events only where it has at most 8 KiB.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<Object>))]
    pub answer: Option<Value>,
    /// Whether the answer was left out because it is too long for a list.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub answer_left_out: bool,
    /// How far it was ahead, as a share of what it could be.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub margin: Option<f64>,
    /// How many voters said something else.
    pub dissenters: u32,
    /// Which person decided.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person: Option<UserId>,
    /// What they said to it, or why it was cancelled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
    /// How many rounds were voted.
    pub rounds: u8,
    /// When.
    pub at: Timestamp,
}

/// What a person found right after a decision had ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LaterVerdictView {
    /// The key of the right answer; none if no answer was right.
    #[serde(default)]
    pub key: Option<String>,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
    /// Who says so, as people read it.
    pub by: String,
    /// When.
    pub at: Timestamp,
}

/// A voter.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct VoterView {
    /// Its name within the decision: `agent:<id>`, `agent:<id>#2` for a second sample, `user:<id>`.
    pub voter: String,
    /// What people read: the agent's name or the person's address.
    pub name: String,
    /// The agent, if it is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent_id: Option<AgentId>,
    /// Which of the agent's answers this is, from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sample: Option<u32>,
    /// The person, if it is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_id: Option<UserId>,
    /// The family of the model that answers for it, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub family: Option<String>,
    /// How much it counts.
    pub weight: f64,
    /// Whether it is gone and is not asked any more.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub gone: bool,
}

/// Something that was asked of somebody.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DecisionRequestView {
    /// Its name: `ballot/1/agent:…`, `judge/forward`, `person`.
    pub request: String,
    /// What is asked for: `draft`, `clusters`, `ballot`, `argument`, `synthesis`, `judge` or `person`.
    pub kind: String,
    /// The voter, if it is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub voter: Option<String>,
    /// When.
    pub at: Timestamp,
    /// What became of it: `pending`, `answered`, `failed`, `gone` or `withdrawn`.
    pub status: String,
    /// Why it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// When something came back, in time or late.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub back_at: Option<Timestamp>,
    /// What it took.
    pub spent: SpentView,
    /// The task that an agent was given for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub task_id: Option<TaskId>,
}

/// An answer that can be voted for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ChoiceView {
    /// Its key.
    pub key: String,
    /// The answer: an option's label, or the one that stands for a group of free answers.
    #[cfg_attr(feature = "openapi", schema(value_type = Object))]
    pub answer: Value,
    /// More about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Who gave it; nobody is named before the voting is over.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub authors: Vec<String>,
}

/// A voter's own answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DraftView {
    /// In which round.
    pub round: u8,
    /// Whose.
    pub voter: String,
    /// The answer.
    #[cfg_attr(feature = "openapi", schema(value_type = Object))]
    pub answer: Value,
    /// How sure the voter is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confidence: Option<f64>,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rationale: Option<String>,
}

/// A vote.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct BallotView {
    /// In which round.
    pub round: u8,
    /// Whose.
    pub voter: String,
    /// What it says, by keys: `{"kind": "choice", "choice": "g1"}` and so on, as [`VoteSays`](super::VoteSays).
    #[cfg_attr(feature = "openapi", schema(value_type = Object))]
    pub says: Value,
    /// How sure the voter is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confidence: Option<f64>,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rationale: Option<String>,
}

/// A count, and what it came to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CountView {
    /// Of which round.
    pub round: u8,
    /// The keys from the first to the last, those that tie together.
    pub order: Vec<Vec<String>>,
    /// What each has by the rule, by keys.
    pub points: BTreeMap<String, f64>,
    /// How many ballots said something.
    pub counted: u32,
    /// How many abstained.
    pub abstained: u32,
    /// What the counted ones weigh together.
    pub weight: f64,
    /// How far the first is ahead, as a share of what it could be.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub margin: Option<f64>,
    /// Which tie-breaks were used, in their order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub broken_by: Vec<String>,
    /// What it came to: `rule_decided`, `tie`, `no_quorum` and so on.
    pub result: String,
}

/// What the judge said to one order of the answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct JudgeWordView {
    /// `forward` or `backward`.
    pub order: String,
    /// The key of the answer that it finds best, if any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rationale: Option<String>,
}

/// A stage, and why it was begun.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DecisionStep {
    /// When.
    pub at: Timestamp,
    /// The stage.
    pub stage: String,
    /// Why, as a word.
    pub why: String,
    /// How many were asked.
    pub asked: u32,
}

/// Somebody who said something else.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DissentView {
    /// Who.
    pub voter: String,
    /// The keys of what they put first.
    pub first: Vec<String>,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rationale: Option<String>,
}

/// What is asked of the caller.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum YourPart {
    /// An answer of their own.
    Draft {
        /// In which round.
        round: u8,
        /// What others said in the debate, without names.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        arguments: Vec<String>,
        /// Until when.
        until: Timestamp,
    },
    /// A vote.
    Ballot {
        /// In which round.
        round: u8,
        /// What it is to say: `choice`, `approvals`, `ranking` or `scores`.
        reads: String,
        /// What scores go from and to.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        scale: Option<ScoreScale>,
        /// The answers, in an order of their own.
        entries: Vec<BallotEntry>,
        /// What others said in the debate, without names.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        arguments: Vec<String>,
        /// Until when.
        until: Timestamp,
    },
    /// What speaks for their answer.
    Argument {
        /// Their answer so far.
        #[cfg_attr(feature = "openapi", schema(value_type = Object))]
        answer: Value,
        /// Until when.
        until: Timestamp,
    },
    /// The verdict, because the decision was escalated to them.
    Verdict {
        /// The keys of the answers to choose from.
        choices: Vec<String>,
        /// Whether another answer may be given.
        free: bool,
        /// Until when; none if it has no end.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        until: Option<Timestamp>,
    },
}

/// A decision with everything about it.
///
/// While voters vote it is shown who was asked and who answered, and not what they said, so that nobody votes with the others in view; what was said is
/// shown when a person is asked for the verdict, and when it has ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DecisionDetail {
    /// What lists show.
    pub summary: DecisionSummary,
    /// As it was asked for.
    pub request: NewDecision,
    /// Who votes.
    pub voters: Vec<VoterView>,
    /// How many of them must take part.
    pub quorum: u32,
    /// The agent that judges if it comes to that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub judge: Option<VoterView>,
    /// The agent that writes one answer out of all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub synthesizer: Option<VoterView>,
    /// Who was asked what.
    pub requests: Vec<DecisionRequestView>,
    /// What can be voted for.
    pub choices: Vec<ChoiceView>,
    /// How many answers are not voted on because a ballot has no room for them.
    #[serde(default)]
    pub left_out: u32,
    /// Whether what voters said is shown.
    pub disclosed: bool,
    /// The drafts, by round and voter.
    pub drafts: Vec<DraftView>,
    /// The ballots, by round and voter.
    pub ballots: Vec<BallotView>,
    /// What was said in the debate, by voters.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub arguments: BTreeMap<String, String>,
    /// Each count.
    pub counts: Vec<CountView>,
    /// What the judge said.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub judge_words: Vec<JudgeWordView>,
    /// The answer that was written out of all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<Object>))]
    pub synthesis: Option<Value>,
    /// Who said something else than the verdict.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub dissent: Vec<DissentView>,
    /// Each stage, and why it was begun.
    pub story: Vec<DecisionStep>,
    /// How many answers made no difference, by why: `duplicate`, `late`, `ballot_unfit` and so on.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub ignored: BTreeMap<String, u64>,
    /// Whether the budget lets no model be asked any more.
    #[serde(default)]
    pub budget_spent: bool,
    /// What is asked of the caller now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub yours: Option<YourPart>,
    /// The last event that this takes into account.
    pub as_of: EventSeq,
}

/// What a list of decisions is filtered by.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default, deny_unknown_fields)]
pub struct DecisionFilter {
    /// Only in this state.
    pub state: Option<DecisionState>,
    /// Where the page before ended.
    pub cursor: Option<String>,
    /// Rows of the page.
    pub limit: Option<u32>,
}
