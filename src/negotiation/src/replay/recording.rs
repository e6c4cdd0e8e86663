//! What is recorded of a run?

use std::collections::HashMap;

use baton_domain::problem::{Code, Problem};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::canonical::fingerprint;

/// The most steps of a recording.
pub const MAXIMUM_STEPS: usize = 100_000;
/// The most calls of a recording.
pub const MAXIMUM_CALLS: usize = 1_000_000;

/// What was called.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CallKind {
    /// A language model.
    Model,
    /// A model that turns texts into vectors.
    Embedding,
    /// A tool, or an outside API.
    Tool,
    /// Another skill.
    Skill,
}

/// A call and its answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Call {
    /// What was called.
    pub kind: CallKind,
    /// The model, tool or skill.
    pub name: String,
    /// The fingerprint of the request.
    pub request_hash: String,
    /// The fingerprint of the answer.
    pub answer_hash: String,
    /// The request, if it is at hand: it shows where two differ.
    pub request: Option<Value>,
    /// The answer, if it is at hand and not elsewhere under its fingerprint.
    pub answer: Option<Value>,
}

impl Call {
    /// A call with its request and its answer.
    ///
    /// # Errors
    /// [`Code::NotCanonical`] for JSON without a canonical form.
    pub fn new(kind: CallKind, name: impl Into<String>, request: Value, answer: Value) -> Result<Self, Problem> {
        let (request_hash, answer_hash) = (fingerprint(&request)?, fingerprint(&answer)?);
        Ok(Self { kind, name: name.into(), request_hash, answer_hash, request: Some(request), answer: Some(answer) })
    }
}

/// A step of a run, with its calls in the order in which it made them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Step {
    /// Which one: the way through sub-workflows and loops, `draft/2/review`.
    pub path: String,
    /// The steps that it waited for.
    pub after: Vec<String>,
    /// The fingerprint of what it was given.
    pub input_hash: Option<String>,
    /// What it was given, if it is at hand.
    pub input: Option<Value>,
    /// Its calls.
    pub calls: Vec<Call>,
    /// The fingerprint of what came of it.
    pub outcome_hash: Option<String>,
    /// What came of it, if it is at hand.
    pub outcome: Option<Value>,
}

impl Step {
    /// Whether each fingerprint is one, and that of what stands beside it.
    fn check(&self) -> Result<(), Problem> {
        let own = [("input", &self.input_hash, &self.input), ("outcome", &self.outcome_hash, &self.outcome)];
        for (what, hash, value) in own {
            match (hash, value) {
                (Some(hash), value) => self.check_one(what, hash, value.as_ref())?,
                (None, Some(_)) => return Err(self.wrong(what, "has no fingerprint")),
                (None, None) => {}
            }
        }
        for call in &self.calls {
            self.check_one("request", &call.request_hash, call.request.as_ref())?;
            self.check_one("answer", &call.answer_hash, call.answer.as_ref())?;
        }
        Ok(())
    }

    fn check_one(&self, what: &str, hash: &str, value: Option<&Value>) -> Result<(), Problem> {
        if hash.len() != 64 || !hash.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')) {
            return Err(self.wrong(what, "has a fingerprint that is no SHA-256 in lower-case hexadecimal"));
        }
        match value {
            Some(value) if fingerprint(value)? != hash => Err(self.wrong(what, "has another fingerprint than the one beside it")),
            _ => Ok(()),
        }
    }

    fn wrong(&self, what: &str, why: &str) -> Problem {
        Problem::new(Code::RecordingInvalid, format!("The step `{}` cannot be: the {what} {why}.", self.path))
    }
}

/// A recorded run: its steps in the order in which they began.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Recording {
    /// The steps.
    pub steps: Vec<Step>,
}

impl Recording {
    /// Whether it can be compared and replayed: the place of each step by its path.
    ///
    /// # Errors
    /// [`Code::RecordingTooLarge`] beyond the bounds; [`Code::RecordingInvalid`] if a step is there twice, or began before one that it waited for, or
    /// a fingerprint is none, or not that of what stands beside it.
    pub fn index(&self) -> Result<HashMap<&str, usize>, Problem> {
        if self.steps.len() > MAXIMUM_STEPS || self.steps.iter().map(|step| step.calls.len()).sum::<usize>() > MAXIMUM_CALLS {
            let detail = "A recording has at most 100,000 steps and 1,000,000 calls. Compare its sub-workflows one by one.";
            return Err(Problem::new(Code::RecordingTooLarge, detail));
        }
        let mut index = HashMap::with_capacity(self.steps.len());
        for (at, step) in self.steps.iter().enumerate() {
            if let Some(before) = step.after.iter().find(|before| !index.contains_key(before.as_str())) {
                let detail = format!("The step `{}` waited for `{before}`, which did not begin before it.", step.path);
                return Err(Problem::new(Code::RecordingInvalid, detail));
            }
            step.check()?;
            if index.insert(step.path.as_str(), at).is_some() {
                return Err(Problem::new(Code::RecordingInvalid, format!("The step `{}` is recorded twice.", step.path)));
            }
        }
        Ok(index)
    }
}
