//! Can the simulation fail? Each mistake that queues, stores and buses are known to make is found, by the promise it breaks.

use crate::harness;

use std::sync::Mutex;

use baton_domain::invariants::Invariant;
use baton_simulation::PlantedBug;

/// The most seeds that a mistake may stay hidden for.
const SEEDS: u64 = 1_000;

/// Which promise a mistake breaks.
const fn breaks(bug: PlantedBug) -> Invariant {
    match bug {
        PlantedBug::NoLeaseCheckOnComplete | PlantedBug::StalePublisherCounts => Invariant::StaleLeaseIsPowerless,
        PlantedBug::AcknowledgedBeforeCommit => Invariant::AcknowledgedIsStored,
        PlantedBug::SequenceBeforeCommit => Invariant::EventsGapless,
        PlantedBug::EventOutsideTransaction => Invariant::ChangeHasEvent,
        PlantedBug::EndedTaskChanges => Invariant::OneOutcome,
        PlantedBug::LeaseNotIncreased | PlantedBug::LiveLeaseRecovered => Invariant::OneLease,
        PlantedBug::HeartbeatRevivesStaleLease => Invariant::EndedHoldsNoLease,
        PlantedBug::AttemptCountedTwice => Invariant::AttemptsBounded,
        PlantedBug::RetryNotQueued | PlantedBug::KeySeenLate => Invariant::NothingStarves,
        PlantedBug::KeyOutsideTransaction => Invariant::NothingIsLost,
        PlantedBug::CancelForgottenOnRetry => Invariant::OnlyTableTransitions,
        PlantedBug::DeliveryNotStored => Invariant::MessageIsKept,
        PlantedBug::SettledBeforeCommit | PlantedBug::LateWordCounts => Invariant::SettledStaysSettled,
        PlantedBug::BroadcastRepeated => Invariant::MessagesInOrder,
    }
}

/// How many seeds it took, and what was seen.
fn hunt(bug: PlantedBug) -> Option<(u64, String)> {
    let found: Mutex<Option<(u64, String)>> = Mutex::new(None);
    harness::each(0..SEEDS, Some(bug), |outcome| {
        let seen = outcome.violations.into_iter().find(|violation| violation.invariant == breaks(bug));
        let mut found = found.lock().unwrap();
        if let Some(seen) = seen
            && found.as_ref().is_none_or(|(seed, _)| outcome.seed < *seed)
        {
            *found = Some((outcome.seed, seen.to_string()));
        }
        found.is_none()
    });
    found.into_inner().unwrap().map(|(seed, seen)| (seed + 1, seen))
}

#[test]
fn every_planted_mistake_is_found() {
    let mut hidden = Vec::new();
    for bug in PlantedBug::ALL {
        match hunt(bug) {
            Some((seeds, seen)) => println!("{bug:?}: {seeds} seeds: {seen}"),
            None => hidden.push(bug),
        }
    }
    assert_eq!(hidden, [], "not found within {SEEDS} seeds");
}
