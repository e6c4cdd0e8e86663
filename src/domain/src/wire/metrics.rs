//! How measurements over time are asked for and shown.

use serde::{Deserialize, Serialize};

use super::agent::AgentView;
use super::task::{StateCount, TaskSummary};
use crate::id::EventSeq;
use crate::time::Timestamp;

/// The most points of one series.
pub const MAXIMUM_POINTS: u32 = 720;
/// The width of the stored buckets in seconds; a step is a multiple of it.
pub const BUCKET_SECONDS: u32 = 10;

/// Which part of the measurements is wanted.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SeriesQuery {
    /// The first instant; one hour before `until` when absent.
    pub since: Option<Timestamp>,
    /// The last instant; now when absent.
    pub until: Option<Timestamp>,
    /// Seconds of one point, a multiple of 10; chosen to give at most 120 points when absent.
    pub step_seconds: Option<u32>,
    /// Only this skill.
    pub skill: Option<String>,
    /// Only this agent, by name.
    pub agent: Option<String>,
}

/// What happened in one step.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Point {
    /// The step's first instant.
    pub at: Timestamp,
    /// Tasks submitted.
    pub submitted: u64,
    /// Attempts that completed.
    pub completed: u64,
    /// Attempts that failed, timed out or were lost.
    pub failed: u64,
    /// Tasks cancelled.
    pub canceled: u64,
    /// Milliseconds from ready to begun: median, 95th and 99th percentile; absent without a value.
    pub wait_ms: Option<Quantiles>,
    /// Milliseconds from begun to ended; absent without a value.
    pub run_ms: Option<Quantiles>,
}

/// Three quantiles of a sketch whose relative error is at most 1 %.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Quantiles {
    /// The median.
    pub p50: f64,
    /// The 95th percentile.
    pub p95: f64,
    /// The 99th percentile.
    pub p99: f64,
}

/// A series of measurements, oldest first, one point a step without gaps.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Series {
    /// Seconds of one point.
    pub step_seconds: u32,
    /// The points.
    pub points: Vec<Point>,
    /// All of them taken together.
    pub total: Point,
}

/// What the overview shows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Overview {
    /// Tasks by state, now.
    pub states: Vec<StateCount>,
    /// The last hour.
    pub series: Series,
    /// The last 24 hours, taken together.
    pub day: Point,
    /// All agents.
    pub agents: Vec<AgentView>,
    /// The latest tasks.
    pub latest: Vec<TaskSummary>,
    /// The last event that this takes into account.
    pub as_of: EventSeq,
}
