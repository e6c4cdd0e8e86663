//! What may come next in this answer? The automaton, the vocabulary, and the tokens that are left.

use std::fmt;
use std::sync::Arc;

use super::automaton::{Automaton, StateId};
use super::grammar::{Grammar, schema_error};
use super::vocabulary::Vocabulary;
use crate::LocalModelError;

/// One answer that is held to a schema.
pub struct Constraint {
    automaton: Automaton,
    vocabulary: Arc<Vocabulary>,
    state: StateId,
    /// Tokens that may still be written.
    left: usize,
    allowed: Vec<bool>,
}

impl fmt::Debug for Constraint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Constraint").field("left", &self.left).finish_non_exhaustive()
    }
}

impl Constraint {
    /// An answer of at most so many tokens.
    ///
    /// # Errors
    /// [`LocalModelError::Schema`] if no document is so short, or the vocabulary cannot write every one.
    pub fn new(grammar: Grammar, vocabulary: Arc<Vocabulary>, tokens: usize) -> Result<Self, LocalModelError> {
        if !vocabulary.closes() {
            return Err(schema_error("", "this model's vocabulary lacks single bytes, so its answers cannot be held to a schema"));
        }
        let fewest = grammar.fewest_bytes();
        if fewest as usize > tokens {
            let why = format!(
                "the shortest document may take {fewest} tokens, and {tokens} are left for the answer: raise maximum_tokens, or require less"
            );
            return Err(schema_error("", why));
        }
        let (automaton, state) = Automaton::new(grammar);
        Ok(Self { automaton, vocabulary, state, left: tokens, allowed: Vec::new() })
    }

    /// Puts at minus infinity what may not come: `end` unless the document is complete, and each token that breaks it or leaves
    /// too few to close it.
    pub fn mask(&mut self, logits: &mut [f32], end: u32) {
        self.state = self.automaton.tidy(self.state);
        let mut allowed = std::mem::take(&mut self.allowed);
        allowed.clear();
        allowed.resize(logits.len(), false);
        if self.left > 0 {
            let room = u32::try_from(self.left - 1).unwrap_or(u32::MAX - 1);
            self.vocabulary.walk(&mut self.automaton, self.state, room, |token| {
                if let Some(allowed) = allowed.get_mut(token as usize) {
                    *allowed = true;
                }
            });
        }
        if let Some(end) = allowed.get_mut(end as usize) {
            *end = self.may_end();
        }
        for (logit, allowed) in logits.iter_mut().zip(&allowed) {
            if !allowed {
                *logit = f32::NEG_INFINITY;
            } else if !logit.is_finite() {
                // A network that has gone wrong still chooses among what is allowed.
                *logit = f32::MIN;
            }
        }
        self.allowed = allowed;
    }

    /// Takes a token that was allowed.
    pub fn advance(&mut self, token: u32) {
        for byte in self.vocabulary.bytes(token) {
            self.state = self.automaton.step(self.state, *byte);
        }
        self.left = self.left.saturating_sub(1);
    }

    /// Whether the document is complete.
    #[must_use]
    pub fn may_end(&self) -> bool {
        self.automaton.may_end(self.state)
    }

    /// Whether it is complete and nothing can follow.
    #[must_use]
    pub fn is_finished(&self) -> bool {
        self.automaton.must_end(self.state)
    }
}
