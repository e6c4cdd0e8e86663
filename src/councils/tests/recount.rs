//! Is it seen when the verdict that is stored is not that of the ballots?

use baton_domain::id::JournalId;
use baton_domain::invariants::Invariant;
use baton_storage::{JournalStore, JournalWrite, JournalWritten};
use serde_json::json;

use crate::world::{World, says, voters};

#[tokio::test]
async fn a_verdict_that_is_not_that_of_its_ballots_is_seen() {
    let world = World::new(|_, _, agent| says(if agent == "agent:a1" { "no" } else { "yes" })).await;
    let opened = world.open(json!({"electorate": voters(1..=3)})).await;
    assert_eq!(world.councils.recount(9).await.unwrap(), [], "it has not ended");
    world.settle().await;
    assert_eq!(world.councils.recount(9).await.unwrap(), []);

    let id = JournalId::new(*opened.id.as_uuid());
    let (head, _) = world.store.journal(id).await.unwrap().unwrap();
    let mut summary = head.summary.clone();
    assert_eq!((head.live, &summary["verdict"]["key"]), (false, &json!("yes")));
    summary["verdict"]["key"] = json!("no");
    let write = JournalWrite {
        id,
        version: head.version,
        state: head.state,
        live: false,
        wake_at: head.wake_at,
        summary: Some(summary),
        facts: Vec::new(),
        cleared: Vec::new(),
        rows: Vec::new(),
        events: Vec::new(),
        at: head.updated_at,
    };
    assert!(matches!(world.store.write_journal(write).await.unwrap(), JournalWritten::Stored(_)));
    let found = world.councils.recount(9).await.unwrap();
    let found: Vec<_> = found.into_iter().map(|(id, violation)| (id, violation.invariant)).collect();
    assert_eq!(found, [(opened.id, Invariant::BallotCountsOnce)]);
}
