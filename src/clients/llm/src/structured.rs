//! How does an answer come to fit its schema? It is told in words, mended, held against the schema, and asked for again.

use baton_domain::model::{FinishReason, Message, ModelAnswer, ModelRequest, Role};
use baton_domain::problem::Code;
use jsonschema::{PatternOptions, Validator};
use serde_json::Value;

use crate::provider::CallError;
use crate::repair;

/// How often an answer that does not fit is asked for again.
pub(crate) const AGAIN: usize = 2;
/// How often a pattern of a schema may step back on one text.
const STEPS_BACK: usize = 20_000;
/// The most bytes of a compiled pattern of a schema. A class of all letters takes some 40,000, and a name of 100 of them over four million.
const PATTERN_BYTES: usize = 8 << 20;
/// Violations that are told to the model.
const TOLD: usize = 5;

/// A compiled schema, for one request.
pub(crate) struct Shape {
    validator: Validator,
    text: String,
}

impl Shape {
    /// Compiles the request's schema, if it has one.
    pub(crate) fn of(request: &ModelRequest) -> Result<Option<Self>, CallError> {
        let Some(schema) = &request.schema else { return Ok(None) };
        // Patterns may look around, and so may step back: how often is bounded, for each of the many texts that an answer can hold.
        let patterns = PatternOptions::fancy_regex().backtrack_limit(STEPS_BACK).size_limit(PATTERN_BYTES);
        let validator = jsonschema::draft202012::options()
            .with_pattern_options(patterns)
            .build(schema)
            .map_err(|error| CallError::lasting(Code::InvalidRequest, format!("schema: this is no JSON Schema: {error}")))?;
        Ok(Some(Self { validator, text: schema.to_string() }))
    }

    /// The request with the schema in words, for models that keep to none by themselves.
    pub(crate) fn told(&self, request: &ModelRequest) -> ModelRequest {
        let words = format!(
            "Answer with one JSON value and nothing else: no explanation, no code fence. It must be valid against this JSON Schema:\n{}",
            self.text
        );
        let mut request = request.clone();
        match request.messages.first_mut().filter(|message| message.role == Role::System) {
            Some(system) => system.content = format!("{}\n\n{words}", system.content),
            None => request.messages.insert(0, Message::system(words)),
        }
        request
    }

    /// The value that the answer holds, or what is wrong with it. Of an answer that was cut off, the end is not guessed: what is missing
    /// may be what mattered.
    pub(crate) fn read(&self, answer: &ModelAnswer) -> Result<Value, String> {
        let value = if answer.finish == FinishReason::Length {
            repair::whole(&answer.text).ok_or_else(|| "it ends before the value does; write a shorter one".to_owned())?
        } else {
            repair::json(&answer.text).ok_or_else(|| "it is not JSON".to_owned())?
        };
        let wrong: Vec<String> = self
            .validator
            .iter_errors(&value)
            .take(TOLD)
            .map(|error| format!("at {:?}: {error}", error.instance_path().to_string()))
            .collect();
        if wrong.is_empty() { Ok(value) } else { Err(wrong.join("; ")) }
    }
}

/// The request that asks once more, with what was answered and what is wrong with it.
pub(crate) fn once_more(request: &ModelRequest, answer: &ModelAnswer, wrong: &str) -> ModelRequest {
    let mut request = request.clone();
    request.messages.push(Message::assistant(answer.text.clone()));
    request
        .messages
        .push(Message::user(format!("This answer is not valid: {wrong}. Write the whole JSON value again, corrected, and nothing else.")));
    request
}
