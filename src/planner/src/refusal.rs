//! Why is a goal not planned, which part of it is to blame, and what can be done?

use baton_domain::problem::{Code, Problem};
use serde::Serialize;

/// A goal that is not planned. Nothing of it is run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Refusal {
    /// The stable code, explained in `docs/errors`.
    #[serde(serialize_with = "as_text")]
    pub code: Code,
    /// The part of the goal that it is about, in its own words; empty where it is about the whole.
    pub clause: String,
    /// What is wrong, without full stop.
    pub message: String,
    /// What to do, a sentence.
    pub advice: String,
    /// What could be meant, where that is the question.
    pub candidates: Vec<String>,
}

fn as_text<S: serde::Serializer>(code: &Code, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(code.as_str())
}

impl Refusal {
    pub(crate) fn new(code: Code, clause: impl Into<String>, message: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { code, clause: clause.into(), message: message.into(), advice: advice.into(), candidates: Vec::new() }
    }

    pub(crate) fn with_candidates(mut self, candidates: Vec<String>) -> Self {
        self.candidates = candidates;
        self
    }

    /// The same, with why a model knows nothing better.
    pub(crate) fn nor_by_model(mut self, by_model: &Self) -> Self {
        self.message = format!("{}; nor does the model that was asked: {}", self.message, by_model.message);
        self
    }

    /// The same as the answer to a request.
    #[must_use]
    pub fn problem(&self) -> Problem {
        let part = if self.clause.is_empty() { String::new() } else { format!(" (“{}”)", self.clause) };
        Problem::new(self.code, format!("{}{part}. {}", self.message, self.advice)).with_field("goal", self.message.clone())
    }
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}. {} [{}]", self.code.as_str(), self.message, self.advice, self.clause)
    }
}
