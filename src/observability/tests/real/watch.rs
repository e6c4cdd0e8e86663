//! Does the watch see what breaks an invariant in a real store, tell of it once, and say when it is over?

use std::sync::Arc;

use async_trait::async_trait;
use baton_domain::id::TaskId;
use baton_domain::invariants::{Invariant, Violation};
use baton_domain::user::Principal;
use baton_observability::{AlsoLooked, AuditWriter, Auditor, Broken, InvariantWatch};
use baton_storage::{EventStore, Retention, StoreError, TaskStore};
use sqlx::ConnectOptions;
use sqlx::sqlite::SqliteConnectOptions;
use tokio_util::sync::CancellationToken;

use crate::real_store::{RealStore, Unreliable, at};

/// The most tasks of one look.
const MOST: u32 = 12;

struct Watched {
    real: RealStore,
    watch: InvariantWatch,
    writer: AuditWriter,
}

impl Watched {
    async fn new(events: impl FnOnce(&RealStore) -> Arc<dyn EventStore>) -> Self {
        Self::of(events, MOST).await
    }

    async fn of(events: impl FnOnce(&RealStore) -> Arc<dyn EventStore>, most: u32) -> Self {
        let real = RealStore::open().await;
        let (auditor, writer) = Auditor::new(Arc::new(real.store.clone()), real.sources());
        let watch = InvariantWatch::new(events(&real), Arc::new(real.store.clone()), auditor, real.clock.clone(), most);
        Self { real, watch, writer }
    }

    async fn over_the_store() -> Self {
        Self::new(|real| Arc::new(real.store.clone())).await
    }

    /// A task that has ended as tasks do.
    async fn ended(&self) -> TaskId {
        let id = self.real.insert_task().await;
        self.real.store.request_cancel(id, Principal::System, at(1)).await.unwrap();
        id
    }

    async fn found(&self) -> Vec<Invariant> {
        self.watch.look().await.unwrap().into_iter().map(|violation| violation.invariant).collect()
    }

    fn is_well(&self) -> bool {
        self.watch.health(true).ok
    }

    /// Changes the file as nothing in the program does.
    async fn plant(&self, statement: &'static str) {
        let mut file = SqliteConnectOptions::new().filename(self.real.folder.path().join("baton.db")).connect().await.unwrap();
        let changed = sqlx::query(statement).execute(&mut file).await.unwrap();
        assert!(changed.rows_affected() > 0, "{statement} changed nothing");
    }

    /// Action and target of every audit row; none was allowed.
    async fn told(self) -> Vec<(String, String)> {
        let shutdown = CancellationToken::new();
        shutdown.cancel();
        self.writer.run(shutdown).await;
        let rows = self.real.audit_rows().await;
        assert!(rows.iter().all(|row| row.0 == "system" && !row.3 && row.4.as_deref() == Some("INTERNAL-001")));
        rows.into_iter().map(|row| (row.1, row.2.unwrap_or_default())).collect()
    }
}

#[tokio::test]
async fn a_store_that_keeps_to_the_catalogue_breaks_no_invariant() {
    let watched = Watched::over_the_store().await;
    assert!(watched.is_well(), "nothing was looked at");
    assert_eq!(watched.found().await, [], "nothing is stored");
    watched.ended().await;
    watched.real.insert_task().await;
    assert_eq!(watched.found().await, []);
    assert!(watched.is_well() && watched.watch.health(true).detail.contains("2 tasks"));
    watched.real.store.forget_events(Retention { count: Some(1), since: None }, 100).await.unwrap();
    assert_eq!(watched.found().await, [], "what the log has forgotten is no violation");
    assert!(watched.told().await.is_empty());
}

#[tokio::test]
async fn a_lease_of_a_task_that_has_ended_is_told_once_by_its_name_until_it_is_gone() {
    let watched = Watched::over_the_store().await;
    let id = watched.ended().await;
    watched.plant("UPDATE tasks SET lease_until = 5").await;
    assert_eq!(watched.found().await, [Invariant::EndedHoldsNoLease]);
    let health = watched.watch.health(true);
    assert!(!health.ok && health.name == "invariants" && health.detail.starts_with("I6 "), "{health:?}");
    assert!(!health.detail.contains(&id.to_string()), "the answer goes to anyone");
    assert!(watched.watch.health(false).ok, "another server looks");

    for _ in 0..MOST {
        watched.real.insert_task().await;
    }
    assert_eq!(watched.found().await, [Invariant::EndedHoldsNoLease], "it is looked at again although others are newer");
    assert_eq!(watched.watch.counts().into_iter().collect::<Vec<_>>(), [("I6", 1)]);

    watched.plant("UPDATE tasks SET lease_until = NULL").await;
    assert_eq!(watched.found().await, []);
    assert!(watched.is_well());
    assert_eq!(watched.told().await, [("invariant.I6".to_owned(), format!("task:{id}"))]);
}

#[tokio::test]
async fn what_was_broken_stays_so_until_it_is_looked_at_again() {
    let watched = Watched::over_the_store().await;
    for _ in 0..MOST {
        watched.ended().await;
    }
    watched.plant("UPDATE tasks SET lease_until = 5").await;
    assert_eq!(watched.found().await.len(), 12);
    // All of them newer, so that half of a look is theirs.
    for _ in 0..MOST {
        watched.real.insert_task().await;
    }
    assert!(watched.found().await.len() < 12);
    let health = watched.watch.health(true);
    assert!(health.detail.starts_with("I6 violated, 12 times"), "{health:?}");
    watched.plant("UPDATE tasks SET lease_until = NULL").await;
    assert_eq!(watched.found().await, []);
    assert!(!watched.is_well(), "only some of them were looked at");
    assert_eq!(watched.found().await, []);
    assert!(watched.is_well(), "those that were left came first");
    assert_eq!(watched.watch.counts().into_iter().collect::<Vec<_>>(), [("I6", 12)], "each was told once");
}

#[tokio::test]
async fn the_smallest_look_is_at_what_was_broken_before() {
    let watched = Watched::of(|real| Arc::new(real.store.clone()), 1).await;
    watched.ended().await;
    watched.plant("UPDATE tasks SET lease_until = 5").await;
    assert_eq!(watched.found().await, [Invariant::EndedHoldsNoLease]);
    for _ in 0..MOST {
        watched.real.insert_task().await;
    }
    assert_eq!(watched.found().await, [Invariant::EndedHoldsNoLease]);
}

#[tokio::test]
async fn what_does_not_read_back_is_a_violation_and_the_rest_is_looked_at() {
    let Watched { real, watch, writer } = Watched::over_the_store().await;
    let watched = Watched { real, watch: watch.with(Arc::new(Damaged)), writer };
    let (damaged, other) = (watched.ended().await, watched.ended().await);
    watched.plant("UPDATE tasks SET lease_until = 5").await;
    watched.plant("UPDATE events SET actor = 'nobody' WHERE seq = 1").await;
    assert_eq!(watched.found().await.len(), 4);
    assert!(!watched.is_well());
    let told = watched.told().await;
    let wanted =
        [("I9", "events".to_owned()), ("I1", format!("task:{damaged}")), ("I6", format!("task:{other}")), ("I11", "all".to_owned())];
    for (invariant, target) in wanted {
        assert!(told.contains(&(format!("invariant.{invariant}"), target)), "{told:?}");
    }
}

#[tokio::test]
async fn a_gap_in_the_log_and_a_change_without_its_event_are_seen() {
    let watched = Watched::over_the_store().await;
    let (_, id, _) = (watched.real.insert_task().await, watched.real.insert_task().await, watched.real.insert_task().await);
    watched.plant("DELETE FROM events WHERE seq = 2").await;
    assert_eq!(watched.found().await, [Invariant::EventsGapless, Invariant::ChangeHasEvent]);
    watched.real.store.forget_events(Retention { count: Some(1), since: None }, 100).await.unwrap();
    assert_eq!(watched.found().await, [], "it is too old");
    let health = watched.watch.health(true);
    assert!(!health.ok && health.detail.starts_with("I9 violated, 1 times"), "a gap does not close: {health:?}");
    let told = watched.told().await;
    assert_eq!(told, [("invariant.I9".to_owned(), "events".to_owned()), ("invariant.I10".to_owned(), format!("task:{id}"))]);
}

#[tokio::test]
async fn a_log_that_lacks_its_end_is_seen() {
    let watched = Watched::over_the_store().await;
    watched.ended().await;
    watched.plant("UPDATE stream_head SET seq = seq + 1").await;
    assert_eq!(watched.found().await, [Invariant::EventsGapless]);
}

#[tokio::test]
async fn a_second_end_and_a_change_that_the_table_does_not_have_are_seen() {
    let watched = Watched::over_the_store().await;
    watched.ended().await;
    watched.plant("UPDATE events SET kind = 'task.completed' WHERE kind = 'task.queued'").await;
    let found = watched.found().await;
    assert!(found.contains(&Invariant::OneOutcome) && found.contains(&Invariant::OnlyTableTransitions), "{found:?}");
}

/// What has decided otherwise than its ballots say.
struct Miscounted;

#[async_trait]
impl AlsoLooked for Miscounted {
    async fn broken(&self) -> Result<Vec<Broken>, StoreError> {
        let violation = Violation { invariant: Invariant::BallotCountsOnce, detail: "counted again".to_owned() };
        Ok(vec![Broken { target: "decision:1".to_owned(), violation }])
    }

    fn damaged(&self, reason: &str) -> Broken {
        unreachable!("{reason}")
    }
}

/// What does not read back.
struct Damaged;

#[async_trait]
impl AlsoLooked for Damaged {
    async fn broken(&self) -> Result<Vec<Broken>, StoreError> {
        Err(StoreError::Corrupt("it is torn".to_owned()))
    }

    fn damaged(&self, reason: &str) -> Broken {
        Broken { target: "all".to_owned(), violation: Violation { invariant: Invariant::BallotCountsOnce, detail: reason.to_owned() } }
    }
}

#[tokio::test]
async fn what_others_look_at_is_told_with_the_rest() {
    let Watched { real, watch, writer } = Watched::over_the_store().await;
    let watched = Watched { real, watch: watch.with(Arc::new(Miscounted)), writer };
    watched.ended().await;
    for _ in 0..2 {
        assert_eq!(watched.found().await, [Invariant::BallotCountsOnce]);
    }
    assert!(!watched.is_well());
    assert_eq!(watched.told().await, [("invariant.I11".to_owned(), "decision:1".to_owned())]);
}

#[tokio::test]
async fn a_store_that_is_away_only_postpones_the_look() {
    let watched = Watched::new(|real| Arc::new(Unreliable::new(real.store.clone(), 3))).await;
    watched.ended().await;
    watched.plant("UPDATE tasks SET lease_until = 5").await;
    for failed in 1..=3 {
        assert!(watched.watch.look().await.is_err());
        assert_eq!(watched.is_well(), failed < 3, "nothing is known yet, until it has been so for long");
        let health = watched.watch.health(true);
        assert!(health.detail.contains("could not look since"), "{health:?}");
    }
    assert!(watched.watch.health(false).ok, "another server looks");
    assert_eq!(watched.found().await, [Invariant::EndedHoldsNoLease]);
    let health = watched.watch.health(true);
    assert!(!health.ok && !health.detail.contains("could not look"), "{health:?}");
}
