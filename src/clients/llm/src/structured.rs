//! How does an answer come to fit its schema? It is told in words, mended, held against the schema, and asked for again.

use baton_domain::model::{FinishReason, Message, ModelAnswer, ModelRequest, Role, ToolCall};
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
        let validator = compile(schema).map_err(|why| CallError::lasting(Code::InvalidRequest, format!("schema: {why}")))?;
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
        fitting(&self.validator, value_of(&answer.text, answer.finish)?)
    }
}

/// A schema as values are held against it, or why it is none.
pub(crate) fn compile(schema: &Value) -> Result<Validator, String> {
    // Patterns may look around, and so may step back: how often is bounded, for each of the many texts that an answer can hold.
    let patterns = PatternOptions::fancy_regex().backtrack_limit(STEPS_BACK).size_limit(PATTERN_BYTES);
    let compiled = jsonschema::draft202012::options().with_pattern_options(patterns).build(schema);
    compiled.map_err(|error| format!("this is no JSON Schema: {error}"))
}

/// The value that a text is, mended where it is whole, or what is wrong with it.
pub(crate) fn value_of(text: &str, finish: FinishReason) -> Result<Value, String> {
    if finish == FinishReason::Length {
        repair::whole(text).ok_or_else(|| "it ends before the value does; write a shorter one".to_owned())
    } else {
        repair::json(text).ok_or_else(|| "it is not JSON".to_owned())
    }
}

/// The value, or where it does not fit.
pub(crate) fn fitting(validator: &Validator, value: Value) -> Result<Value, String> {
    let wrong: Vec<String> =
        validator.iter_errors(&value).take(TOLD).map(|error| format!("at {:?}: {error}", error.instance_path().to_string())).collect();
    if wrong.is_empty() { Ok(value) } else { Err(wrong.join("; ")) }
}

/// The request that asks once more, with what was answered and what is wrong with it.
pub(crate) fn once_more(request: &ModelRequest, answer: &ModelAnswer, wrong: &str) -> ModelRequest {
    let (said, again) = if answer.tool_calls.is_empty() {
        (answer.text.clone(), format!("This answer is not valid: {wrong}. Write the whole JSON value again, corrected, and nothing else."))
    } else {
        // In words: a call that is told as one would have to be answered by its tool, and some endpoints refuse arguments that are no JSON.
        let calls: Vec<String> = answer.tool_calls.iter().map(told).collect();
        let said = format!("{}\n{}", answer.text, calls.join("\n"));
        let again = format!("These calls are not valid, and none was made: {wrong}. Call the tools again, with corrected arguments.");
        (said.trim().to_owned(), again)
    };
    let mut request = request.clone();
    request.messages.push(Message::assistant(said));
    request.messages.push(Message::user(again));
    request
}

/// A call in words.
fn told(call: &ToolCall) -> String {
    let arguments = call.arguments.as_str().map_or_else(|| call.arguments.to_string(), str::to_owned);
    format!("I call the tool {} with {arguments}", call.name)
}
