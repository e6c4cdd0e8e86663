//! What may an attempt do with what is shared, and what no longer once it has lost its task?

use std::time::Duration;

use baton_domain::id::{AttemptId, DEFAULT_PROJECT, LeaseToken, TaskId};
use baton_domain::ports::{SharedThings, WorkingAttempt};
use baton_domain::problem::Code;
use baton_domain::task::Priority;
use baton_domain::time::Timestamp;
use baton_domain::wire::claim::{ClaimMode, WantedClaim};
use baton_domain::wire::conflict::PutVersion;
use uuid::Uuid;

use crate::claims::all;
use crate::world::{World, person};

/// An attempt of a task that this store knows nothing of: it holds no lease.
fn lost() -> WorkingAttempt {
    WorkingAttempt {
        attempt: AttemptId::new(Uuid::from_u128(5)),
        task: TaskId::new(Uuid::from_u128(6)),
        lease: LeaseToken(3),
        project: DEFAULT_PROJECT,
        created_by: person(1).principal,
        priority: Priority::default(),
        created_at: Timestamp::default(),
    }
}

fn wanted(resource: &str) -> Vec<WantedClaim> {
    vec![WantedClaim { resource: resource.to_owned(), mode: ClaimMode::Exclusive }]
}

#[tokio::test]
async fn an_attempt_that_has_lost_its_task_claims_and_stores_nothing() {
    let world = World::new(41);
    let server = world.server();
    let refused = server.claim(&lost(), wanted("line:notes"), 60_000, Duration::ZERO).await.unwrap_err();
    assert!(refused.is(Code::PublisherStale), "{refused}");
    assert!(all(&server).await.is_empty());
    let artifact = world.artifacts.store(&person(1), "a.txt", "text/plain", b"one");
    let version = |base| PutVersion { artifact, base, policy: None, form: None, fence: None };
    let refused = server.put(&lost(), "notes/a.txt", version(None)).await.unwrap_err();
    assert!(refused.is(Code::PublisherStale), "{refused}");
    assert!(world.events("line.stored").is_empty() && world.events("claim.granted").is_empty());
    // Giving back is allowed to whoever has nothing.
    server.release(&lost(), vec![]).await.unwrap();
}

#[tokio::test]
async fn the_bounds_of_attempts_are_tighter() {
    let server = World::new(42).server();
    for long in [600_001, u64::MAX] {
        let refused = server.claim(&lost(), wanted("path:a"), long, Duration::ZERO).await.unwrap_err();
        assert_eq!(refused.errors[0].field, "lease_ms");
        let refused = server.renew(&lost(), vec![], Some(long)).await.unwrap_err();
        assert_eq!(refused.errors[0].field, "lease_ms");
    }
}
