//! What is asked, of whom, and when is it decided? A decision as it is asked for.

mod check;
mod electorate;
mod rule;

use baton_domain::task::Budget;
use serde::{Deserialize, Serialize};

use crate::canonical::Canonicalisation;

pub use check::check;
pub(crate) use check::{Wrong, problem};
pub use electorate::{AgentChoice, Member, PersonChoice, Quorum, Weighting};
pub use rule::{BallotKind, DecisionRule, TieBreaker};

/// The longest question and the longest context, in bytes.
pub const MAXIMUM_QUESTION_BYTES: usize = 64 * 1024;
/// The longest key of an option, in bytes.
pub const MAXIMUM_KEY_BYTES: usize = 100;
/// The longest label or description of an option, in bytes.
pub const MAXIMUM_LABEL_BYTES: usize = 4 * 1024;
/// The most answers that a judge is shown.
pub const MAXIMUM_CANDIDATES: usize = 26;
/// The most voters of one decision, samples counted one by one.
pub const MAXIMUM_VOTERS: usize = 1_000;
/// The longest that a decision may take, in seconds: thirty days.
pub const MAXIMUM_DEADLINE_SECONDS: i64 = 30 * 24 * 3_600;
/// How long a decision may take where nothing is said, in seconds.
pub const DEFAULT_DEADLINE_SECONDS: i64 = 600;
/// Into how many stages the time is parted where no `stage_seconds` are given: drafts, ballots, arguments, ballots again, the judge, a person.
pub const STAGES: i64 = 6;

/// A question to several voters, with all that says when it is decided.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewDecision {
    /// The question, in plain words.
    pub question: String,
    /// What voters should know to answer it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub context: Option<String>,
    /// What answers there are.
    pub answers: Answers,
    /// Who votes. Only a judge may decide alone.
    #[serde(default)]
    pub electorate: Vec<Member>,
    /// By which rule.
    #[serde(default)]
    pub rule: DecisionRule,
    /// Where ballots come from: by default drafts are votes where the rule reads one choice a voter, else there are ballots of their own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ballots: Option<BallotSource>,
    /// How many must take part, abstentions included. By default more than half of the electorate.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quorum: Option<Quorum>,
    /// The share of the counted votes that the first answer must have, above 0.5 and at most 1. `supermajority` takes two thirds by default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub threshold: Option<f64>,
    /// How far the first answer must be ahead of the second, as a share of what it could be ahead at most: 0 to 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub minimum_margin: Option<f64>,
    /// What scores go from and to, for `score` and `median`: 0 to 10 by default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scale: Option<Scores>,
    /// How much each voter counts. By default as the members' weights say; by their records for the rule `weighted` where none has one; else alike.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weights: Option<Weighting>,
    /// Whether a single voter may have half of all weight or more.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub allow_dictator: bool,
    /// What breaks ties, one after the other, before a judge or a person does.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tie_break: Vec<TieBreaker>,
    /// Whether to stop as soon as nothing that is to come can change the answer.
    #[serde(default = "yes")]
    pub early_stop: bool,
    /// Within how many seconds there is a verdict or an escalation: 1 second to 30 days, 10 minutes by default.
    #[serde(default = "default_deadline")]
    pub deadline_seconds: i64,
    /// How many seconds each stage has; a sixth of all by default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stage_seconds: Option<i64>,
    /// What all voters and judges together may use. When it is spent, no model is asked any more.
    #[serde(default)]
    pub budget: Budget,
    /// Who writes one answer out of the drafts, for the rule `synthesis`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub synthesizer: Option<AgentChoice>,
    /// What follows where the ballots do not decide.
    #[serde(default)]
    pub escalation: Escalation,
}

const fn yes() -> bool {
    true
}

const fn default_deadline() -> i64 {
    DEFAULT_DEADLINE_SECONDS
}

/// What answers there are.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Answers {
    /// One of these.
    Options {
        /// The options; their order changes nothing.
        options: Vec<ChoiceOption>,
    },
    /// Whatever the voters write.
    Free {
        /// Which answers are the same.
        #[serde(default)]
        canonical: Canonicalisation,
    },
}

/// An option of a closed question.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChoiceOption {
    /// Names it for ever, as `approve`.
    pub key: String,
    /// What voters read; the key if there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// More about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
}

/// Where ballots come from when answers are free.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BallotSource {
    /// Each draft is a vote for its answer.
    Drafts,
    /// Voters see all answers, without authors, and vote; not for an answer that is theirs alone.
    Separate,
}

/// What scores go from and to.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scores {
    /// The least score.
    pub least: f64,
    /// The greatest score.
    pub most: f64,
}

impl Default for Scores {
    fn default() -> Self {
        Self { least: 0.0, most: 10.0 }
    }
}

/// What follows where the ballots do not decide: a debate, then a judge, then a person, then an end.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Escalation {
    /// Whether voters hear each other's arguments once and vote again.
    pub debate: Debate,
    /// Who judges. It may not be a voter, nor of a voter's model family where that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub judge: Option<AgentChoice>,
    /// Which people are asked before the deadline; any one of them decides.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub people: Vec<PersonChoice>,
    /// What comes of it when all that fails or the deadline passes.
    pub otherwise: Otherwise,
}

/// Whether voters debate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Debate {
    /// Once, if quorum, threshold or margin are missed or answers tie.
    #[default]
    IfMissed,
    /// Never. The rule `debate` cannot have this.
    Never,
}

/// What comes of a decision that nobody made in time.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Otherwise {
    /// It stays open for people, who may decide it later.
    #[default]
    Escalate,
    /// It is refused.
    Refuse,
    /// This option is taken.
    Option {
        /// The option's key.
        key: String,
    },
}

impl NewDecision {
    /// A question with everything else as usual.
    #[must_use]
    pub fn of(question: impl Into<String>, answers: Answers, electorate: Vec<Member>) -> Self {
        Self {
            question: question.into(),
            context: None,
            answers,
            electorate,
            rule: DecisionRule::default(),
            ballots: None,
            quorum: None,
            threshold: None,
            minimum_margin: None,
            scale: None,
            weights: None,
            allow_dictator: false,
            tie_break: Vec::new(),
            early_stop: true,
            deadline_seconds: DEFAULT_DEADLINE_SECONDS,
            stage_seconds: None,
            budget: Budget::default(),
            synthesizer: None,
            escalation: Escalation::default(),
        }
    }

    /// Whether answers are free.
    #[must_use]
    pub const fn is_free(&self) -> bool {
        matches!(self.answers, Answers::Free { .. })
    }

    /// Where ballots come from.
    #[must_use]
    pub fn ballot_source(&self) -> BallotSource {
        match self.answers {
            Answers::Options { .. } => BallotSource::Separate,
            Answers::Free { .. } => {
                self.ballots.unwrap_or(if self.rule.reads() == BallotKind::Choice { BallotSource::Drafts } else { BallotSource::Separate })
            }
        }
    }

    /// The scale of scores, where the rule reads them.
    #[must_use]
    pub fn scores(&self) -> Option<Scores> {
        (self.rule.reads() == BallotKind::Scores).then(|| self.scale.unwrap_or_default())
    }

    /// How much each voter counts.
    #[must_use]
    pub fn weighting(&self) -> Weighting {
        let given = self.electorate.iter().any(|member| member.weight().is_some());
        self.weights.unwrap_or(match (given, self.rule) {
            (true, _) => Weighting::Given,
            (false, DecisionRule::Weighted) => Weighting::Records,
            _ => Weighting::Equal,
        })
    }
}
