//! Who holds the decisions that steps ask for? A port, so that runs need not know how votes are taken.

use std::time::Duration;

use async_trait::async_trait;
use baton_domain::id::{DecisionId, RunId};
use baton_domain::problem::Problem;
use baton_domain::services::Answer;
use baton_domain::task::Budget;
use baton_domain::time::Timestamp;
use baton_domain::user::Caller;
use baton_domain::wire::decision::SpentView;
use baton_workflow::run::Usage;
use serde_json::{Map, Value};

/// A decision that a step asks for.
#[derive(Debug, Clone, PartialEq)]
pub struct DecisionOrder {
    /// By which it is known: the same key is the same decision.
    pub key: String,
    /// The run that asks.
    pub run: RunId,
    /// Its step.
    pub step: String,
    /// The skill whose answers are decided on; none for a question by itself.
    pub skill: Option<String>,
    /// The skill's input.
    pub input: Value,
    /// What is asked.
    pub question: Option<String>,
    /// What there is to choose from.
    pub options: Option<Value>,
    /// Who votes: a number of samples, or names of agents, skills, roles and users.
    pub voters: Option<Value>,
    /// The rule that makes a verdict of the ballots.
    pub rule: Option<String>,
    /// How many voters have to take part: a number, or a share below 1.
    pub quorum: Option<f64>,
    /// When the verdict is due.
    pub deadline: Option<Timestamp>,
    /// Everything else that the document states.
    pub more: Map<String, Value>,
    /// What it may use at most, whatever the document states: the step's share of what is left to the run.
    pub budget: Option<Budget>,
    /// How many tasks it may begin at most.
    pub tasks: Option<u64>,
}

/// The terms of a step before a run: what there is to choose from may not be known yet.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct DecisionDraft {
    /// The skill whose answers are decided on; none for a question by itself.
    pub skill: Option<String>,
    /// What is asked; something that stands for it where a run says so.
    pub question: Option<String>,
    /// What there is to choose from; something that stands for it where a run says so.
    pub options: Option<Value>,
    /// Who votes.
    pub voters: Option<Value>,
    /// The rule that makes a verdict of the ballots.
    pub rule: Option<String>,
    /// How many voters have to take part.
    pub quorum: Option<f64>,
    /// How long it may take, if the document says so.
    pub deadline: Option<Duration>,
    /// Everything else that the document states.
    pub more: Map<String, Value>,
}

/// How a decision ended.
#[derive(Debug, Clone, PartialEq)]
pub enum DecisionEnd {
    /// With a verdict, which becomes the step's output.
    Decided(Value),
    /// Without one.
    Failed {
        /// The code.
        code: String,
        /// What happened.
        message: String,
    },
    /// Because somebody asked.
    Canceled,
}

/// Holds decisions. That one has ended is told by the events `decision.decided` and `decision.ended` about `decision:<id>`.
#[async_trait]
pub trait Decisions: Send + Sync {
    /// Opens a decision, unless there is one with its key.
    ///
    /// # Errors
    /// What is wrong with the terms; those of the caller's rights and of storage.
    async fn open(&self, caller: &Caller, order: DecisionOrder) -> Answer<DecisionId>;

    /// What is wrong with each of these terms as things are now: who votes, by which rule, and everything else that is known before a run. Wrong fields are
    /// named as the document names them. Nothing is looked at where nobody knows the rules.
    ///
    /// # Errors
    /// Those of the caller's rights and of storage.
    async fn check(&self, _caller: &Caller, drafts: Vec<DecisionDraft>) -> Answer<Vec<Option<Problem>>> {
        Ok(vec![None; drafts.len()])
    }

    /// How a decision ended; none while it goes on.
    ///
    /// # Errors
    /// `DECISION-001`; those of the caller's rights and of storage.
    async fn end(&self, caller: &Caller, id: DecisionId) -> Answer<Option<DecisionEnd>>;

    /// What its voters have used; none where that is not known.
    ///
    /// # Errors
    /// `DECISION-001`; those of the caller's rights and of storage.
    async fn used(&self, _caller: &Caller, _id: DecisionId) -> Answer<Usage> {
        Ok(Usage::default())
    }

    /// Ends a decision without a verdict. Asking twice does no harm, and for one that has ended it does nothing.
    ///
    /// # Errors
    /// `DECISION-001`; those of the caller's rights and of storage.
    async fn cancel(&self, caller: &Caller, id: DecisionId) -> Answer<()>;
}

/// What a decision's view says that it has used.
#[must_use]
pub fn usage_of(spent: SpentView) -> Usage {
    Usage { tokens: spent.tokens, cost_micros: micros(spent.cost), tasks: 0 }
}

/// Money in millionths.
// Floating-point numbers become whole ones within their bounds; less than nothing is nothing.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "within bounds by saturation")]
pub(crate) fn micros(cost: f64) -> u64 {
    (cost * 1e6).round() as u64
}
