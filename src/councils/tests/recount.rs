//! Is it seen when the verdict that is stored is not that of the ballots?

use baton_domain::id::{DecisionId, JournalId};
use baton_domain::invariants::Invariant;
use baton_storage::{JournalStore, JournalWrite, JournalWritten};
use serde_json::{Value, json};

use crate::world::{World, says, voters};

/// A decision that two of three have decided.
async fn decided(world: &World) -> DecisionId {
    let opened = world.open(json!({"electorate": voters(1..=3)})).await;
    assert_eq!(world.councils.recount(9).await.unwrap(), [], "it has not ended");
    world.settle().await;
    opened.id
}

async fn world() -> World {
    World::new(|_, _, agent| says(if agent == "agent:a1" { "no" } else { "yes" })).await
}

/// Stores another verdict than that of the ballots.
async fn change(world: &World, id: DecisionId, to: impl FnOnce(&mut Value)) {
    let id = JournalId::new(*id.as_uuid());
    let (head, _) = world.store.journal(id).await.unwrap().unwrap();
    let mut summary = head.summary.clone();
    assert_eq!((head.live, &summary["verdict"]["key"]), (false, &json!("yes")));
    to(&mut summary["verdict"]);
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
}

#[tokio::test]
async fn a_verdict_that_is_not_that_of_its_ballots_is_seen() {
    let world = world().await;
    let id = decided(&world).await;
    assert_eq!(world.councils.recount(9).await.unwrap(), []);
    change(&world, id, |verdict| {
        verdict["by"] = json!("somebody");
        verdict["why"] = json!("in_other_words");
    })
    .await;
    assert_eq!(world.councils.recount(9).await.unwrap(), [], "another version may say it in other words");
    change(&world, id, |verdict| verdict["key"] = json!("no")).await;
    for _ in 0..2 {
        let found = world.councils.recount(9).await.unwrap();
        let found: Vec<_> = found.into_iter().map(|(id, violation)| (id, violation.invariant)).collect();
        assert_eq!(found, [(id, Invariant::BallotCountsOnce)]);
    }
}

#[tokio::test]
async fn what_came_to_the_same_before_is_not_counted_again_until_it_is_written() {
    let world = world().await;
    let id = decided(&world).await;
    let before = world.fuse.openings();
    for _ in 0..3 {
        assert_eq!(world.councils.recount(9).await.unwrap(), []);
        assert_eq!(world.fuse.openings(), before + 1);
    }
    change(&world, id, |verdict| verdict["why"] = json!("in_other_words")).await;
    assert_eq!(world.councils.recount(9).await.unwrap(), []);
    assert_eq!(world.fuse.openings(), before + 2);
}

#[tokio::test]
async fn a_decision_that_does_not_read_back_is_passed_over() {
    let world = world().await;
    decided(&world).await;
    world.fuse.damage();
    let before = world.fuse.openings();
    assert_eq!(world.councils.recount(9).await.unwrap(), []);
    assert_eq!(world.fuse.openings(), before + 1, "it was tried");
}
