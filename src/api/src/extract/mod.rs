//! How requests are read: like axum's extractors, but what does not fit is answered with a coded problem.

mod caller;
mod headers;
mod id;
mod json;
mod query;

pub(crate) use caller::{Client, SignedIn};
pub(crate) use headers::{Browser, IdempotencyKey, content_hash};
pub(crate) use id::{Id, LineInPath, Name, StepInPath, SubscriptionInPath, TopicInPath, WorkflowInPath};
pub(crate) use json::{Body, OptionalBody, sentence};
pub(crate) use query::{Params, Wait, wrong_parameter};
