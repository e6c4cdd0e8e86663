//! What travels between browser, programs and server: the only request, response and socket types there are.

pub mod agent;
pub mod approval;
pub mod artifact;
pub mod assistance;
pub mod auth;
mod bulk;
pub mod claim;
pub mod conflict;
pub mod connection;
pub mod contract;
pub mod decision;
pub mod health;
pub mod limit;
pub mod live;
pub mod metrics;
pub mod model;
mod new_task;
pub mod notification;
pub mod plan;
pub mod replay;
pub mod run;
pub mod server;
pub mod task;
mod task_filter;
pub mod topic;
pub mod trace;
pub mod workflow;
