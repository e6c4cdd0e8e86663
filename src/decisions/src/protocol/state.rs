//! What is known of a decision while it goes on, and after?

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use baton_domain::id::DecisionId;
use baton_domain::time::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::apply::Ignored;
use super::conclusion::{Conclusion, Reason, Step};
use super::count::Count;
use super::fact::{Fact, Said, Spent};
use super::request::{Order, Request};
use crate::decision::{Answers, NewDecision, STAGES};
use crate::roster::{Roster, VoterId};

/// The most seeds: every program that reads JSON keeps whole numbers up to here.
const SEEDS: u64 = (1 << 53) - 1;

/// How a decision begins.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Opening {
    /// The decision.
    pub id: DecisionId,
    /// What is asked; [`crate::decision::check`] has passed it.
    pub decision: NewDecision,
    /// Of whom, as [`crate::roster::resolve`] found them.
    pub roster: Roster,
    /// Where orders and lots are drawn from.
    pub seed: u64,
    /// When it was opened.
    pub at: Timestamp,
}

/// What is going on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// Voters answer, each for itself.
    Drafting,
    /// Somebody finds out which answers are the same.
    Clustering,
    /// Voters vote.
    Balloting,
    /// Voters argue.
    Arguing,
    /// One writes an answer out of all.
    Synthesising,
    /// The judge judges.
    Judging,
    /// People decide.
    AskingPerson,
    /// It is over, unless people may still decide.
    Ended,
}

/// What became of a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Status {
    /// An answer is awaited.
    Pending,
    /// It was answered.
    Answered,
    /// It will not be answered.
    Failed {
        /// Why, as a code.
        code: String,
    },
    /// Whoever was asked is gone.
    Gone,
    /// An answer was not awaited any more.
    Withdrawn,
}

/// A request that was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asked {
    /// When.
    pub at: Timestamp,
    /// What became of it.
    pub status: Status,
    /// When something came back, in time or late.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub back_at: Option<Timestamp>,
    /// What it took.
    #[serde(default)]
    pub spent: Spent,
}

/// A voter's own answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Draft {
    /// As it was given.
    pub answer: Value,
    /// By what it is compared.
    pub form: String,
    /// How sure the voter is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confidence: Option<f64>,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rationale: Option<String>,
}

/// A ballot in the box: labels are keys again.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CastBallot {
    /// What it says, by keys of choices.
    pub says: Said,
    /// How sure the voter is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confidence: Option<f64>,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rationale: Option<String>,
}

/// An answer that can be voted for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Choice {
    /// Its key: the option's, or `g1`, `g2` and so on for groups of free answers.
    pub key: String,
    /// What names it for ever: the option's key, or the form of the answers. Lots are drawn by it.
    pub form: String,
    /// The answer: an option's label, or the answer that most of the group gave, the middle one of numbers.
    pub answer: Value,
    /// More about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Who drafted it.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub authors: BTreeSet<VoterId>,
}

/// What the judge said to one order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct JudgeWord {
    /// The key of the answer that it finds best, if any.
    pub key: Option<String>,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rationale: Option<String>,
}

/// A decision and all that happened to it. Every field is for reading: only facts change them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Proceedings {
    /// How it began.
    pub opening: Opening,
    /// Until when there is a verdict or an escalation.
    pub deadline: Timestamp,
    /// What is going on.
    pub stage: Stage,
    /// Which stage this is, from 1.
    pub stage_number: u32,
    /// Until when it may go on.
    pub stage_deadline: Timestamp,
    /// Which round is or was voted: 1, or 2 after a debate.
    pub round: u8,
    /// Who was asked what, when, and what became of it.
    pub requests: BTreeMap<Request, Asked>,
    /// The drafts of each round.
    pub drafts: Vec<BTreeMap<VoterId, Draft>>,
    /// The ballots of each round.
    pub ballots: Vec<BTreeMap<VoterId, CastBallot>>,
    /// Which answers are the same, as somebody else found.
    pub clusters: Option<Vec<Vec<VoterId>>>,
    /// What can be voted for.
    pub choices: Vec<Choice>,
    /// How many answers are not voted on because a ballot has no room for them.
    #[serde(default)]
    pub left_out: usize,
    /// What was said in the debate.
    pub arguments: BTreeMap<VoterId, String>,
    /// Whether there was a debate.
    pub debated: bool,
    /// What is before the judge, by keys.
    pub candidates: Vec<String>,
    /// What the judge said.
    pub judge_words: BTreeMap<Order, JudgeWord>,
    /// The answer that was written out of all.
    pub synthesis: Option<Value>,
    /// Who is gone.
    pub gone: BTreeSet<VoterId>,
    /// Each count, and what it came to.
    pub counts: Vec<Count>,
    /// What kept the ballots from deciding.
    pub missed: Option<Reason>,
    /// Each stage, and why it was begun.
    pub story: Vec<Step>,
    /// What everything took.
    pub spent: Spent,
    /// Whether no model may be asked any more.
    pub budget_spent: bool,
    /// How many facts made no difference, by why.
    pub ignored: BTreeMap<Ignored, u64>,
    /// How it ended.
    pub conclusion: Option<Conclusion>,
}

impl Proceedings {
    /// Opens a decision: the first requests are pending.
    #[must_use]
    pub fn open(mut opening: Opening) -> Self {
        opening.seed &= SEEDS;
        let at = opening.at;
        let seconds = |seconds: i64| Duration::from_secs(u64::try_from(seconds).unwrap_or(0));
        let deadline = at.plus(seconds(opening.decision.deadline_seconds));
        let choices = match &opening.decision.answers {
            Answers::Options { options } => options
                .iter()
                .map(|option| Choice {
                    key: option.key.clone(),
                    form: option.key.clone(),
                    answer: Value::String(option.label.clone().unwrap_or_else(|| option.key.clone())),
                    description: option.description.clone(),
                    authors: BTreeSet::new(),
                })
                .collect(),
            Answers::Free { .. } => Vec::new(),
        };
        let mut proceedings = Self {
            opening,
            deadline,
            stage: Stage::Drafting,
            stage_number: 0,
            stage_deadline: deadline,
            round: 1,
            requests: BTreeMap::new(),
            drafts: vec![BTreeMap::new()],
            ballots: vec![BTreeMap::new()],
            clusters: None,
            choices,
            left_out: 0,
            arguments: BTreeMap::new(),
            debated: false,
            candidates: Vec::new(),
            judge_words: BTreeMap::new(),
            synthesis: None,
            gone: BTreeSet::new(),
            counts: Vec::new(),
            missed: None,
            story: Vec::new(),
            spent: Spent::default(),
            budget_spent: false,
            ignored: BTreeMap::new(),
            conclusion: None,
        };
        proceedings.begin(at);
        proceedings
    }

    /// A decision as these facts have left it.
    #[must_use]
    pub fn replay<'a>(opening: Opening, facts: impl IntoIterator<Item = &'a Fact>) -> Self {
        let mut proceedings = Self::open(opening);
        for fact in facts {
            proceedings.apply(fact);
        }
        proceedings
    }

    /// What is asked.
    #[must_use]
    pub const fn decision(&self) -> &NewDecision {
        &self.opening.decision
    }

    /// Of whom.
    #[must_use]
    pub const fn roster(&self) -> &Roster {
        &self.opening.roster
    }

    /// How long a stage may take.
    pub(super) fn stage_length(&self) -> Duration {
        let decision = self.decision();
        match decision.stage_seconds {
            Some(seconds) => Duration::from_secs(u64::try_from(seconds).unwrap_or(0)),
            None => Duration::from_millis(u64::try_from(decision.deadline_seconds.saturating_mul(1_000) / STAGES).unwrap_or(0)),
        }
    }

    /// The choice with this key.
    #[must_use]
    pub fn choice(&self, key: &str) -> Option<&Choice> {
        self.choices.iter().find(|choice| choice.key == key)
    }

    /// The last word of each voter: of a round of its own, else of the one before.
    pub(super) fn standing<T>(rounds: &[BTreeMap<VoterId, T>]) -> BTreeMap<&VoterId, &T> {
        rounds.iter().flatten().collect()
    }
}
