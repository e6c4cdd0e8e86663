//! What do the measurements show? Series over time, and everything that the overview needs, read together.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use baton_domain::ports::Clock;
use baton_domain::services::{AgentService, Answer, MetricsService};
use baton_domain::user::{Caller, Permission};
use baton_domain::wire::metrics::{Overview, Series, SeriesQuery};
use baton_storage::{MetricStore, StoreError, TaskQuery, TaskStore};

use super::day::Day;
use super::gather::Measurements;
use super::recorder::MetricsRecorder;
use super::rollup::Tally;
use super::window::Window;

/// The overview's series: the last hour in 120 points.
const OVERVIEW_SPAN: Duration = Duration::from_secs(3_600);
const OVERVIEW_STEP: u32 = 30;
/// How many of the latest tasks the overview has.
const OVERVIEW_TASKS: u32 = 10;

/// Makes charts of measurements.
pub struct Analytics {
    measurements: Measurements,
    day: Day,
    tasks: Arc<dyn TaskStore>,
    agents: Arc<dyn AgentService>,
    clock: Arc<dyn Clock>,
}

impl Analytics {
    /// Over what is stored and what the recorder still has in memory.
    #[must_use]
    pub fn new(
        metrics: Arc<dyn MetricStore>,
        recorder: Arc<MetricsRecorder>,
        tasks: Arc<dyn TaskStore>,
        agents: Arc<dyn AgentService>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self { measurements: Measurements { store: metrics, recorder }, day: Day::default(), tasks, agents, clock }
    }

    /// Sums up the last day, so that the first overview after a start need not. Call it before the server takes
    /// requests; after a busy day it reads some hundred thousand rows.
    ///
    /// # Errors
    /// What storage says; the first overview does the rest then.
    pub async fn warm(&self) -> Result<(), StoreError> {
        self.day.total(&self.measurements, self.clock.now()).await.map(|_| ())
    }

    async fn read(&self, window: &Window, skill: Option<&str>, agent: Option<&str>) -> Result<Series, StoreError> {
        let tallies = self.measurements.tallies(window, skill, agent).await?;
        let mut total = Tally::default();
        for tally in &tallies {
            total.merge(tally);
        }
        let points = tallies.iter().enumerate().map(|(index, tally)| tally.point(window.at(index))).collect();
        Ok(Series { step_seconds: window.step_seconds, points, total: total.point(window.begin) })
    }
}

impl std::fmt::Debug for Analytics {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Analytics")
    }
}

#[async_trait]
impl MetricsService for Analytics {
    async fn series(&self, caller: &Caller, query: SeriesQuery) -> Answer<Series> {
        caller.require(Permission::Read)?;
        let window = Window::of(&query, self.clock.now())?;
        Ok(self.read(&window, query.skill.as_deref(), query.agent.as_deref()).await?)
    }

    async fn overview(&self, caller: &Caller) -> Answer<Overview> {
        caller.require(Permission::Read)?;
        let now = self.clock.now();
        // Each read has its own snapshot: what the oldest takes into account, all do.
        let (states, counted_at) = self.tasks.state_counts().await?;
        let agents = self.agents.list(caller).await?;
        let latest = self.tasks.tasks(&TaskQuery { limit: OVERVIEW_TASKS, ..TaskQuery::default() }).await?;
        let window = Window::up_to(now, OVERVIEW_STEP, OVERVIEW_SPAN);
        let series = self.read(&window, None, None).await?;
        let (day_begin, day) = self.day.total(&self.measurements, now).await?;
        let as_of = counted_at.min(agents.as_of).min(latest.as_of);
        Ok(Overview { states, series, day: day.point(day_begin), agents: agents.items, latest: latest.items, as_of })
    }
}
