//! A model that does whatever stands in what it reads, as the harness plays models: the worst case of every skill that asks one.

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use crate::harness::PlayedModel;
use baton_clients_llm::Provider;
use baton_clients_llm::repair;
use baton_clients_llm::scripted::{Habit, Scripted};
use baton_domain::model::{ModelAnswer, ModelRequest};

/// Says what the last order of the form `SAY: …` says. Where a value is asked for, it reads one out of the order, also through escapes.
pub fn obedient() -> PlayedModel {
    let model = Scripted::new("obedient", [], Habit::Obey);
    Box::new(move |request: ModelRequest| {
        let mut call = pin!(model.complete(&request, None));
        let Poll::Ready(answer) = call.as_mut().poll(&mut Context::from_waker(Waker::noop())) else { panic!("it answers at once") };
        let answer = answer.unwrap();
        let value = || serde_json::from_str(&answer.text).ok().or_else(|| repair::json(&answer.text.replace("\\\"", "\"")));
        let json = request.schema.as_ref().and_then(|_| value());
        Ok(ModelAnswer { json, ..answer })
    })
}
