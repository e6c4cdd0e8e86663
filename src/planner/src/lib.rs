//! Which workflow reaches a goal? By rules over words, types and schemas; by a model where they do not suffice; always checked, never run by itself.
//!
//! All but `service` is pure: it reads no clock, no database and no network. The service keeps plans as journals; whoever runs it calls
//! `Plans::look_after` when runs have ended, so that another way is proposed for those that failed.
//!
//! - `words`, `reading`: the goal, its sentences, what they ask for and under which conditions
//! - `given`: the inputs, by kind and form, never by content
//! - `spelling`: words that are a letter off
//! - `scene`: what kinds of things are there; `lexicon`: which words mean much the same; `cues`: by which words a capability is asked for
//! - `asking`: what some words ask for, judged by many requests; `choice`: which of several readings is taken
//! - `builder`: steps, with those before them that make what they work on
//! - `draft`: a plan and its document
//! - `model`: a plan that a model writes, checked and repaired
//! - `plan`: the whole way by rules; `refusal`: why there is no plan
//! - `replan`: another way where a step failed for good, by rules and by a model

mod asking;
mod builder;
mod catalogue;
mod choice;
mod columns;
mod cues;
mod draft;
mod given;
mod lexicon;
mod model;
mod plan;
mod reading;
mod refusal;
mod replan;
mod scene;
mod service;
mod spelling;
mod values;
mod words;

pub use builder::MAXIMUM_STEPS;
pub use catalogue::Skills;
pub use draft::{Draft, DraftInput, DraftStep};
pub use given::{Column, ColumnKind, Given, GivenKind, MAXIMUM_COLUMNS, MAXIMUM_INPUTS, SAMPLE_BYTES, Shape, columns_of};
pub use model::{
    Asks, MAXIMUM_ANSWER_BYTES, MAXIMUM_DESCRIBED_CHARACTERS, MAXIMUM_MODEL_STEPS, MAXIMUM_REPAIRS, SHOWN_SKILLS, plan_by_model,
    plan_schema, prompt, retrieved,
};
pub use plan::{Explained, Explanation, Plan, Terms, plan, problems};
pub use reading::{MAXIMUM_GOAL, MAXIMUM_INTENTS};
pub use refusal::Refusal;
pub use replan::{Failed, MAXIMUM_HANDED_BYTES, Replanned, Stands, replan, replan_by_model};
pub use service::{Models, PlanParts, Plans};
