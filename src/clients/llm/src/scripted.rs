//! A model for tests: it answers what it was given, obeys whatever it reads, or fails in the ways that models fail.

use std::collections::VecDeque;
use std::time::Duration;

use async_trait::async_trait;
use baton_domain::model::{Embedded, FinishReason, ModelAnswer, ModelRequest, Role, ToolCall, Usage};
use baton_domain::problem::Code;
use parking_lot::Mutex;

use crate::provider::{CallError, Provider, Written};

/// What the model does next.
#[derive(Debug, Clone, PartialEq)]
pub enum Step {
    /// Answers with this text.
    Say(String),
    /// Fails in this way.
    Fail(CallError),
    /// Answers after this time.
    Wait(Duration, String),
    /// Never answers.
    Hang,
    /// Is cut off in the middle of this text.
    Cut(String),
    /// Writes this much and then fails, as an endpoint that breaks off.
    Break(String),
    /// Wants these calls made.
    Call(Vec<ToolCall>),
}

/// What the model does once its steps are used up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Habit {
    /// Repeats the last message of the user.
    Echo,
    /// Obeys the last order that stands anywhere in what it reads: the text after `SAY:` to the end of its line. An attacker's best
    /// case: what a page or a file says is done.
    Obey,
    /// Fails.
    Refuse,
}

/// A model that follows a script.
#[derive(Debug)]
pub struct Scripted {
    name: String,
    steps: Mutex<VecDeque<Step>>,
    habit: Habit,
    asked: Mutex<Vec<ModelRequest>>,
}

impl Scripted {
    /// A model that takes these steps and then falls into its habit.
    pub fn new(name: impl Into<String>, steps: impl IntoIterator<Item = Step>, habit: Habit) -> Self {
        Self { name: name.into(), steps: Mutex::new(steps.into_iter().collect()), habit, asked: Mutex::default() }
    }

    /// What it was asked so far.
    #[must_use]
    pub fn asked(&self) -> Vec<ModelRequest> {
        self.asked.lock().clone()
    }

    fn habitually(&self, request: &ModelRequest) -> Result<String, CallError> {
        match self.habit {
            Habit::Echo => {
                let last = request.messages.iter().rev().find(|message| message.role == Role::User);
                Ok(last.map_or_else(String::new, |message| message.content.clone()))
            }
            Habit::Obey => {
                let read: String = request.messages.iter().map(|message| format!("{}\n", message.content)).collect();
                let order = read.lines().rev().find_map(|line| line.split_once("SAY:").map(|(_, order)| order.trim().to_owned()));
                Ok(order.unwrap_or_else(|| "Nothing was ordered.".to_owned()))
            }
            Habit::Refuse => Err(CallError::lasting(Code::ModelRefused, "the script is over")),
        }
    }

    fn answer(&self, request: &ModelRequest, text: String, finish: FinishReason, written: Written<'_>) -> ModelAnswer {
        if let Some(written) = written {
            text.split_inclusive(' ').for_each(written);
        }
        let usage = Usage { prompt_tokens: self.most_prompt_tokens(request), completion_tokens: text.len() as u64, cost_micros: 0 };
        ModelAnswer { model: self.name.clone(), text, json: None, tool_calls: Vec::new(), finish, usage, cached: false }
    }
}

#[async_trait]
impl Provider for Scripted {
    async fn complete(&self, request: &ModelRequest, written: Written<'_>) -> Result<ModelAnswer, CallError> {
        self.asked.lock().push(request.clone());
        let step = self.steps.lock().pop_front();
        let mut calls = Vec::new();
        let (text, finish) = match step {
            None => (self.habitually(request)?, FinishReason::Stop),
            Some(Step::Say(text)) => (text, FinishReason::Stop),
            Some(Step::Cut(text)) => (text, FinishReason::Length),
            Some(Step::Fail(error)) => return Err(error),
            Some(Step::Break(text)) => {
                if let Some(written) = written {
                    text.split_inclusive(' ').for_each(written);
                }
                return Err(CallError { may_have_cost: true, ..CallError::passing("the script breaks off") });
            }
            Some(Step::Call(wanted)) => {
                calls = wanted;
                (String::new(), FinishReason::ToolCalls)
            }
            Some(Step::Wait(time, text)) => {
                tokio::time::sleep(time).await;
                (text, FinishReason::Stop)
            }
            Some(Step::Hang) => std::future::pending().await,
        };
        Ok(ModelAnswer { tool_calls: calls, ..self.answer(request, text, finish, written) })
    }

    async fn embed(&self, texts: &[String]) -> Result<Embedded, CallError> {
        // A fault that comes next is one of this call; what would be said has no place here.
        let fault = self.steps.lock().pop_front_if(|step| matches!(step, Step::Fail(_)));
        if let Some(Step::Fail(error)) = fault {
            return Err(error);
        }
        // Counts of letters: what is spelled alike lies close.
        let place = |text: &String| {
            let mut counts = vec![0.0_f32; 26];
            for letter in text.bytes().filter(u8::is_ascii_alphabetic) {
                counts[usize::from(letter.to_ascii_lowercase() - b'a')] += 1.0;
            }
            counts
        };
        Ok(Embedded { model: self.name.clone(), vectors: texts.iter().map(place).collect(), usage: Usage::default() })
    }

    fn keeps_to_schemas(&self) -> bool {
        false
    }
}
