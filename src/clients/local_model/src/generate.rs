//! How does an answer come to be? The prompt is read, then token by token is chosen, shown, and read again.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use baton_domain::model::{FinishReason, Message};
use serde_json::Value;

use crate::forward::Memory;
use crate::sampler::Sampler;
use crate::schema::Constraint;
use crate::stream::Stream;
use crate::tokenizer::Token;
use crate::{LocalModel, LocalModelError};

/// Bytes of all messages at most: the tokenizer should not work on what cannot fit anyway.
pub(crate) const MAXIMUM_TEXT_BYTES: usize = 1 << 18;
/// Stop texts at most, and bytes of each.
pub(crate) const MAXIMUM_STOPS: usize = 4;
/// See [`MAXIMUM_STOPS`].
pub(crate) const MAXIMUM_STOP_BYTES: usize = 256;
/// Beginnings that are remembered, and the tokens of those worth it.
const PREFIXES: usize = 2;
const PREFIX_TOKENS: std::ops::RangeInclusive<usize> = 24..=1024;

/// What is asked of the model.
#[derive(Debug, Clone, PartialEq)]
pub struct Generation<'a> {
    /// What was said so far; the last is answered.
    pub messages: &'a [Message],
    /// The most tokens of the answer; what fits behind the prompt, if that is less.
    pub maximum_tokens: usize,
    /// 0 for the likeliest answer, to 2.
    pub temperature: f32,
    /// The share of likelihood that chance chooses from, above 0 to 1.
    pub top_p: f32,
    /// Repeats a random answer.
    pub seed: u64,
    /// Texts at which the answer ends, without them.
    pub stop: &'a [String],
    /// JSON Schema that the answer fits.
    pub schema: Option<&'a Value>,
}

impl<'a> Generation<'a> {
    /// The likeliest answer to these messages, of at most 512 tokens.
    #[must_use]
    pub const fn new(messages: &'a [Message]) -> Self {
        Self { messages, maximum_tokens: 512, temperature: 0.0, top_p: 1.0, seed: 0, stop: &[], schema: None }
    }
}

/// What the model said.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// The text.
    pub text: String,
    /// The text as JSON, where a schema was given.
    pub json: Option<Value>,
    /// Why it ended.
    pub finish: FinishReason,
    /// Tokens of the prompt.
    pub prompt_tokens: usize,
    /// How many of them were known from before.
    pub known_tokens: usize,
    /// Tokens written.
    pub completion_tokens: usize,
}

impl LocalModel {
    /// Answers. Text is shown as it is written, always whole characters; `cancel` is looked at within each layer.
    ///
    /// # Errors
    /// [`LocalModelError::Request`], [`LocalModelError::TooLong`] and [`LocalModelError::Schema`] before anything is computed;
    /// [`LocalModelError::Cancelled`] when `cancel` became true.
    pub fn generate(&self, request: &Generation<'_>, cancel: &AtomicBool, show: &mut dyn FnMut(&str)) -> Result<Answer, LocalModelError> {
        check(request)?;
        let (prompt, system) = self.chat.encode(&self.tokenizer, request.messages);
        let room = request.maximum_tokens.min(self.context.saturating_sub(prompt.len()));
        if room == 0 {
            return Err(LocalModelError::TooLong { prompt: prompt.len(), answer: request.maximum_tokens, context: self.context });
        }
        let mut constraint = request.schema.map(|schema| self.constraint(schema, room)).transpose()?;
        let (mut memory, known) = self.known(&prompt);
        let mut state = Vec::new();
        if known < system && PREFIX_TOKENS.contains(&system) && system < prompt.len() {
            self.network.read(&prompt[known..system], &mut memory, cancel)?;
            self.remember(&memory);
        }
        let read = memory.tokens.len();
        if read < prompt.len() {
            state = self.network.read(&prompt[read..], &mut memory, cancel)?;
        }
        let mut sampler = Sampler::new(request.temperature, request.top_p, request.seed);
        let mut stream = Stream::new(request.stop);
        let mut finish = FinishReason::Length;
        let mut written = 0;
        while written < room {
            let mut logits = self.network.logits(&state);
            let Some(token) = self.choose(&mut logits, &mut sampler, constraint.as_mut()) else {
                finish = FinishReason::Stop;
                break;
            };
            written += 1;
            let bytes = self.tokenizer.bytes(token).unwrap_or_default();
            let stopped = stream.push(bytes, show);
            if stopped || constraint.as_ref().is_some_and(Constraint::is_finished) {
                finish = FinishReason::Stop;
                break;
            }
            if written < room {
                state = self.network.read(&[token], &mut memory, cancel)?;
            }
        }
        if constraint.as_ref().is_some_and(Constraint::may_end) {
            finish = FinishReason::Stop;
        }
        let text = stream.finish(show);
        let json = match request.schema {
            Some(_) if request.stop.is_empty() => {
                Some(serde_json::from_str(&text).map_err(|error| LocalModelError::Request(format!("the answer is no JSON: {error}")))?)
            }
            _ => None,
        };
        Ok(Answer { text, json, finish, prompt_tokens: prompt.len(), known_tokens: known, completion_tokens: written })
    }

    /// The next token; nothing where the answer ends.
    fn choose(&self, logits: &mut [f32], sampler: &mut Sampler, constraint: Option<&mut Constraint>) -> Option<Token> {
        let Some(constraint) = constraint else {
            for (token, logit) in (0..).zip(logits.iter_mut()) {
                if token != self.tokenizer.end && self.tokenizer.bytes(token).is_none() {
                    *logit = f32::NEG_INFINITY;
                }
            }
            return sampler.choose(logits).filter(|token| *token != self.tokenizer.end);
        };
        constraint.mask(logits, self.tokenizer.end);
        let token = sampler.choose(logits).filter(|token| *token != self.tokenizer.end)?;
        constraint.advance(token);
        Some(token)
    }

    /// What is known of the prompt's beginning. The last token is always read anew: its state is asked for.
    fn known(&self, prompt: &[Token]) -> (Memory, usize) {
        let shape = &self.network.weights.shape;
        let mut prefixes = self.prefixes.lock();
        let found = prefixes.iter().position(|memory| prompt.len() > memory.tokens.len() && prompt.starts_with(&memory.tokens));
        let Some(index) = found else { return (Memory::new(shape), 0) };
        let memory = prefixes.remove(index);
        // The last used is the last to be forgotten.
        prefixes.push(Arc::clone(&memory));
        drop(prefixes);
        (Memory::clone(&memory), memory.tokens.len())
    }

    fn remember(&self, memory: &Memory) {
        let memory = Arc::new(memory.clone());
        let mut prefixes = self.prefixes.lock();
        prefixes.retain(|known| known.tokens != memory.tokens);
        if prefixes.len() >= PREFIXES {
            prefixes.remove(0);
        }
        prefixes.push(memory);
    }
}

fn check(request: &Generation<'_>) -> Result<(), LocalModelError> {
    let wrong = |why: &str| Err(LocalModelError::Request(why.into()));
    if request.messages.is_empty() {
        return wrong("messages is empty: say something to the model");
    }
    let bytes: usize = request.messages.iter().map(|message| message.content.len()).sum();
    if bytes > MAXIMUM_TEXT_BYTES {
        return wrong("messages have more than 262,144 bytes: shorten them");
    }
    if request.maximum_tokens == 0 {
        return wrong("maximum_tokens is 0: give the answer room");
    }
    if !(0.0..=2.0).contains(&request.temperature) {
        return wrong("temperature is not between 0 and 2");
    }
    if !(request.top_p > 0.0 && request.top_p <= 1.0) {
        return wrong("top_p is not above 0 and at most 1");
    }
    if request.stop.len() > MAXIMUM_STOPS || request.stop.iter().any(|stop| stop.is_empty() || stop.len() > MAXIMUM_STOP_BYTES) {
        return wrong("stop has more than 4 texts, or one that is empty or longer than 256 bytes");
    }
    if request.schema.is_some() && !request.stop.is_empty() {
        return wrong("stop and schema exclude each other: an answer that fits a schema ends where it is complete");
    }
    Ok(())
}
