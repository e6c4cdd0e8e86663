//! How does a conversation look to the model? The ChatML template that SmolLM2 was trained on, as tokens.
//!
//! A message's text can only become tokens of text: the marks between messages are put in as tokens, so no text forges them.

use baton_domain::model::{Message, Role};

use crate::LocalModelError;
use crate::gguf::{Gguf, bad};
use crate::tokenizer::{Token, Tokenizer};

/// What the template says where nobody set the model up; it was trained with it.
const DEFAULT_SYSTEM: &str = "You are a helpful AI assistant named SmolLM, trained by Hugging Face";

/// The marks of the template.
#[derive(Debug)]
pub(crate) struct Chat {
    start: Token,
    end: Token,
}

impl Chat {
    pub(crate) fn read(gguf: &Gguf, tokenizer: &Tokenizer) -> Result<Self, LocalModelError> {
        if !gguf.text("tokenizer.chat_template").is_some_and(|template| template.contains("<|im_start|>")) {
            return Err(bad("its chat template is not ChatML".into()));
        }
        Ok(Self { start: tokenizer.control("<|im_start|>")?, end: tokenizer.control("<|im_end|>")? })
    }

    /// The conversation's tokens, ready for the answer, and how many of them are the system's message.
    pub(crate) fn encode(&self, tokenizer: &Tokenizer, messages: &[Message]) -> (Vec<Token>, usize) {
        let mut out = Vec::new();
        let mut system = 0;
        if messages.first().is_none_or(|first| first.role != Role::System) {
            self.message(tokenizer, "system", DEFAULT_SYSTEM, &mut out);
            system = out.len();
        }
        for (index, message) in messages.iter().enumerate() {
            let role = match message.role {
                Role::System => "system",
                Role::Assistant => "assistant",
                // It was trained on no tools: what one says is given as something said to it.
                Role::User | Role::Tool => "user",
            };
            self.message(tokenizer, role, &message.content, &mut out);
            if index == 0 && message.role == Role::System {
                system = out.len();
            }
        }
        out.push(self.start);
        tokenizer.encode("assistant\n", &mut out);
        (out, system)
    }

    fn message(&self, tokenizer: &Tokenizer, role: &str, content: &str, out: &mut Vec<Token>) {
        out.push(self.start);
        tokenizer.encode(&format!("{role}\n{content}"), out);
        out.push(self.end);
        tokenizer.encode("\n", out);
    }
}
