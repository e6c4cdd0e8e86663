//! Do the charts show what happened, across restarts, failures of storage, and up to this second?

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use crate::real_store::{RealStore, Unreliable, at};
use async_trait::async_trait;
use baton_domain::agent::{AgentCard, Family, InstanceRange, Skill};
use baton_domain::id::{AgentId, EventSeq, ServerId};
use baton_domain::ports::Recorder;
use baton_domain::services::{AgentService, Answer, MetricsService};
use baton_domain::user::Caller;
use baton_domain::wire::agent::{AgentDetail, AgentList, AgentStanding, AgentView, Balancing};
use baton_domain::wire::metrics::{Series, SeriesQuery};
use baton_domain::wire::task::AttemptOutcome;
use baton_observability::{Analytics, MetricsFlusher, MetricsRecorder};
use baton_storage::{AgentRegistration, AgentStore, MetricStore};
use baton_storage_sqlite::SqliteStore;
use proptest::prelude::*;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

const SKILL: &str = "nlp.sentiment";
const AGENT: &str = "nlp";

/// The agents as they are stored; the engine's own service is above this crate.
struct StoredAgents(SqliteStore);

#[async_trait]
impl AgentService for StoredAgents {
    async fn list(&self, _caller: &Caller) -> Answer<AgentList> {
        let agents = self.0.agents().await?;
        Ok(AgentList { items: agents.items, standings: Vec::new(), as_of: agents.as_of })
    }

    async fn get(&self, _: &Caller, _: AgentId) -> Answer<AgentDetail> {
        unreachable!("not asked for")
    }

    async fn drain(&self, _: &Caller, _: AgentId) -> Answer<AgentView> {
        unreachable!("not asked for")
    }

    async fn resume(&self, _: &Caller, _: AgentId) -> Answer<AgentView> {
        unreachable!("not asked for")
    }

    async fn reset_circuit(&self, _: &Caller, _: AgentId) -> Answer<AgentStanding> {
        unreachable!("not asked for")
    }

    async fn balancing(&self, _: &Caller) -> Answer<Balancing> {
        unreachable!("not asked for")
    }

    async fn skills(&self, _: &Caller) -> Answer<Vec<Skill>> {
        unreachable!("not asked for")
    }

    async fn skill(&self, _: &Caller, _: &str) -> Answer<Skill> {
        unreachable!("not asked for")
    }
}

/// One life of a server: what it counted is gone with it unless it was stored.
struct Life {
    recorder: Arc<MetricsRecorder>,
    flusher: MetricsFlusher,
    analytics: Analytics,
}

fn begin(real: &RealStore) -> Life {
    begin_with(real, Arc::new(real.store.clone()))
}

fn begin_with(real: &RealStore, metrics: Arc<dyn MetricStore>) -> Life {
    let recorder = MetricsRecorder::new(ServerId::new(Uuid::from_u128(9)));
    let flusher = MetricsFlusher::new(recorder.clone(), metrics, real.clock.clone());
    let store = Arc::new(real.store.clone());
    let agents = Arc::new(StoredAgents(real.store.clone()));
    let analytics = Analytics::new(store.clone(), recorder.clone(), store, agents, real.clock.clone());
    Life { recorder, flusher, analytics }
}

impl Life {
    fn complete(&self, seconds: i64, run_ms: u64) {
        self.recorder.started(at(seconds), SKILL, AGENT, Duration::from_millis(5));
        self.recorder.ended(at(seconds), SKILL, AGENT, AttemptOutcome::Completed, Duration::from_millis(run_ms));
    }

    async fn series(&self, query: SeriesQuery) -> Series {
        self.analytics.series(&Caller::system(), query).await.unwrap()
    }
}

fn span(since: i64, until: i64, step: u32) -> SeriesQuery {
    SeriesQuery { since: Some(at(since)), until: Some(at(until)), step_seconds: Some(step), ..SeriesQuery::default() }
}

#[tokio::test]
async fn this_second_shows_before_it_is_stored_and_counts_once_after() {
    let real = RealStore::open().await;
    real.clock.set(3_605_500);
    let life = begin(&real);
    life.recorder.submitted(at(3_605), SKILL, 3);
    life.complete(3_605, 120);
    for _ in 0..3 {
        let series = life.series(SeriesQuery::default()).await;
        assert_eq!((series.points.len(), series.step_seconds), (120, 30));
        let last = series.points.last().unwrap();
        assert_eq!((last.at, last.submitted, last.completed), (at(3_600), 3, 1));
        assert!(last.run_ms.is_some_and(|run| (run.p50 / 120.0 - 1.0).abs() <= 0.01), "{:?}", last.run_ms);
        assert_eq!((series.total.submitted, series.total.completed, series.total.wait_ms), (3, 1, last.wait_ms));
        life.flusher.flush().await.unwrap();
    }
}

#[tokio::test]
async fn a_restart_inside_a_bucket_loses_nothing_and_counts_nothing_twice() {
    let real = RealStore::open().await;
    real.clock.set(15_000);
    let first = begin(&real);
    first.complete(12, 100);
    first.flusher.flush().await.unwrap();
    drop(first);

    let second = begin(&real);
    second.complete(13, 300);
    for _ in 0..2 {
        let point = second.series(span(0, 20, 10)).await.points[1];
        assert_eq!(point.completed, 2);
        second.flusher.flush().await.unwrap();
    }
    drop(second);

    let third = begin(&real);
    let point = third.series(span(0, 20, 10)).await.points[1];
    let run = point.run_ms.unwrap();
    assert_eq!(point.completed, 2);
    assert!((run.p50 / 100.0 - 1.0).abs() <= 0.01, "{run:?}");
}

#[tokio::test]
async fn a_late_measurement_adds_to_a_bucket_that_left_the_memory() {
    let real = RealStore::open().await;
    let life = begin(&real);
    life.complete(5, 10);
    life.flusher.flush().await.unwrap();
    real.clock.set(500_000);
    life.flusher.flush().await.unwrap();
    life.complete(6, 10);
    life.flusher.flush().await.unwrap();
    assert_eq!(begin(&real).series(span(0, 10, 10)).await.total.completed, 2);
}

#[tokio::test]
async fn shutdown_stores_what_is_left_even_if_storage_fails_at_first() {
    let real = RealStore::open().await;
    let unreliable = Arc::new(Unreliable::new(real.store.clone(), 2));
    let life = begin_with(&real, unreliable.clone());
    life.complete(5, 10);
    let shutdown = CancellationToken::new();
    shutdown.cancel();
    life.flusher.run(shutdown).await;
    assert_eq!(unreliable.failures_left.load(Ordering::SeqCst), 0);
    assert_eq!(begin(&real).series(span(0, 10, 10)).await.total.completed, 1);
}

#[tokio::test]
async fn the_flusher_stores_by_itself_and_outlives_failures() {
    let real = RealStore::open().await;
    let unreliable = Arc::new(Unreliable::new(real.store.clone(), 1));
    let life = begin_with(&real, unreliable);
    life.complete(5, 10);
    let shutdown = CancellationToken::new();
    let flushing = tokio::spawn(life.flusher.run(shutdown.clone()));
    let mut ticks = tokio::time::interval(Duration::from_millis(20));
    let stored = async {
        while real.store.buckets(at(0), at(10), None, None).await.unwrap().is_empty() {
            ticks.tick().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), stored).await.expect("nothing was stored");
    shutdown.cancel();
    flushing.await.unwrap();
}

#[tokio::test]
async fn a_series_is_filled_with_zeros_and_filtered_by_skill_and_agent() {
    let real = RealStore::open().await;
    let life = begin(&real);
    life.complete(5, 10);
    life.recorder.submitted(at(25), "code.report", 2);
    life.recorder.ended(at(25), "code.report", "code", AttemptOutcome::Failed, Duration::from_millis(7));
    life.recorder.canceled(at(25), "code.report");
    life.flusher.flush().await.unwrap();
    let counts = |series: &Series| -> Vec<_> {
        series.points.iter().map(|point| (point.submitted, point.completed, point.failed, point.canceled)).collect()
    };
    let of = |skill: Option<&str>, agent: Option<&str>| SeriesQuery {
        skill: skill.map(str::to_owned),
        agent: agent.map(str::to_owned),
        ..span(0, 40, 10)
    };
    assert_eq!(counts(&life.series(of(None, None)).await), [(0, 1, 0, 0), (0, 0, 0, 0), (2, 0, 1, 1), (0, 0, 0, 0)]);
    assert_eq!(counts(&life.series(of(Some(SKILL), None)).await), [(0, 1, 0, 0), (0, 0, 0, 0), (0, 0, 0, 0), (0, 0, 0, 0)]);
    assert_eq!(counts(&life.series(of(None, Some("code"))).await), [(0, 0, 0, 0), (0, 0, 0, 0), (0, 0, 1, 0), (0, 0, 0, 0)]);
    assert_eq!(counts(&life.series(of(Some("no.such"), None)).await), [(0, 0, 0, 0); 4]);
}

#[tokio::test]
async fn who_may_not_read_sees_nothing() {
    let real = RealStore::open().await;
    let life = begin(&real);
    let nobody = Caller::anonymous();
    assert_eq!(life.analytics.series(&nobody, SeriesQuery::default()).await.unwrap_err().code, "AUTH-001");
    assert_eq!(life.analytics.overview(&nobody).await.unwrap_err().code, "AUTH-001");
    let wrong = SeriesQuery { step_seconds: Some(7), ..SeriesQuery::default() };
    assert_eq!(life.analytics.series(&Caller::system(), wrong).await.unwrap_err().code, "REQUEST-010");
}

#[tokio::test]
async fn the_overview_has_everything_and_its_day_stays_right_as_time_goes_on() {
    let real = RealStore::open().await;
    let card = AgentCard {
        name: AGENT.to_owned(),
        title: "Language".to_owned(),
        description: String::new(),
        family: Family::Nlp,
        skills: Vec::new(),
        labels: Vec::new(),
        slots: 2,
        instances: InstanceRange::default(),
        cost_micros: 0,
        version: "1.0.0".to_owned(),
    };
    let registration = AgentRegistration { id: AgentId::new(Uuid::new_v4()), card };
    real.store.register_agents(vec![registration], at(0)).await.unwrap();
    for _ in 0..12 {
        real.insert_task().await;
    }
    let day = 86_400;
    real.clock.set(2 * day * 1000);
    let life = begin(&real);
    life.complete(2 * day - 50_000, 10);
    life.complete(2 * day - 60, 10);
    for round in 0..2 {
        let overview = life.analytics.overview(&Caller::system()).await.unwrap();
        assert_eq!((overview.day.completed, overview.series.total.completed), (2, 1), "round {round}");
        assert_eq!((overview.agents.len(), overview.latest.len(), overview.as_of), (1, 10, EventSeq(13)));
        assert_eq!(overview.states.iter().map(|count| count.count).sum::<u64>(), 12);
        assert_eq!((overview.series.points.len(), overview.series.step_seconds), (120, 30));
        life.flusher.flush().await.unwrap();
    }
    real.clock.set((2 * day + 7_200) * 1000);
    life.complete(2 * day + 7_199, 10);
    assert_eq!(life.analytics.overview(&Caller::system()).await.unwrap().day.completed, 3);
    real.clock.set((3 * day - 50_000 + 1_200) * 1000);
    assert_eq!(life.analytics.overview(&Caller::system()).await.unwrap().day.completed, 2);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    /// Work, flushes, restarts after a flush, and time in any order: the chart always shows exactly what was reported.
    #[test]
    fn any_history_is_shown_exactly(steps in prop::collection::vec((0u8..8, 0i64..40, 1u64..5), 1..40)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let real = RealStore::open().await;
            let mut life = begin(&real);
            let (mut now, mut expected) = (1_000i64, 0u64);
            for (what, seconds, count) in steps {
                match what {
                    0..=3 => {
                        // Some reports come late, for a bucket that may have left the memory.
                        life.recorder.submitted(at(now - seconds * 4), if what == 0 { "a.b" } else { SKILL }, count);
                        expected += count;
                    }
                    4 | 5 => now += seconds,
                    6 => life.flusher.flush().await.unwrap(),
                    _ => {
                        life.flusher.flush().await.unwrap();
                        life = begin(&real);
                    }
                }
                real.clock.set(now * 1000);
                let series = life.series(span(0, 7_000, 10)).await;
                assert_eq!(series.total.submitted, expected);
                assert_eq!(series.points.iter().map(|point| point.submitted).sum::<u64>(), expected);
            }
        });
    }
}
