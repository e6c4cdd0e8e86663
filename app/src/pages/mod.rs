//! The pages of the dashboard, a file each.

mod agent;
mod agents;
mod connections;
mod dead_tasks;
mod events;
mod first_run;
mod gallery;
mod limits;
mod members;
mod models;
mod new_task;
mod not_found;
mod overview;
mod servers;
mod sign_in;
mod task;
mod tasks;
mod topics;

pub(crate) use agent::Agent;
pub(crate) use agents::Agents;
pub(crate) use connections::Connections;
pub(crate) use dead_tasks::DeadTasks;
pub(crate) use events::Events;
pub(crate) use first_run::FirstRun;
pub(crate) use gallery::Gallery;
pub(crate) use limits::Limits;
pub(crate) use members::Members;
pub(crate) use models::Models;
pub(crate) use new_task::NewTask;
pub(crate) use not_found::NotFound;
pub(crate) use overview::Overview;
pub(crate) use servers::Servers;
pub(crate) use sign_in::SignIn;
pub(crate) use task::Task;
pub(crate) use tasks::Tasks;
pub(crate) use topics::{Subscription, Topic, Topics};
