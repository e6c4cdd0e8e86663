//! What is a dead letter? A message that was delivered as often as its subscription allows, kept until somebody decides.

use baton_domain::id::EventSeq;
use baton_storage::Verdict;

use super::{ids, name, said};
use crate::World;
use crate::make::{at, person};

/// A topic with a subscription whose first messages, this many, were given up by silence at 10 s.
async fn with_dead(world: &World, count: i64) -> Vec<EventSeq> {
    world.durable(&["a"]).await;
    world.subscribed("s", "a").await;
    world.say("a", 1..=count).await;
    for turn in 0..3 {
        assert_eq!(world.pulled("s", 99, at(turn * 2_000)).await.items.len() as i64, count);
    }
    assert_eq!(world.pulled("s", 99, at(10_000)).await.died as i64, count);
    world.dead("s").await
}

pub async fn a_silent_consumer_makes_dead_letters_after_exactly_the_allowed_deliveries(world: &World) {
    world.durable(&["a"]).await;
    world.subscribed("s", "a").await;
    world.say("a", [1]).await;
    for delivery in 1..=3 {
        let got = world.pulled("s", 9, at(i64::from(delivery) * 1_000)).await;
        assert_eq!((got.items[0].delivery, got.died), (delivery, 0));
    }
    assert_eq!(world.dead("s").await.len(), 0, "the third delivery is still in its time");
    let last = world.pulled("s", 9, at(4_000)).await;
    assert_eq!((last.items.len(), last.died, last.next_due), (0, 1, None));
    let letters = world.store.dead_letters(&name("s"), None, 9).await.unwrap().unwrap();
    let letter = &letters.items[0];
    assert_eq!((letter.deliveries, letter.reason.as_str(), letter.consumer.as_str(), letter.died_at), (3, "expired", "one", at(4_000)));
    assert_eq!((letter.message.payload["n"].as_i64(), letters.as_of.0), (Some(1), world.head().await));
}

pub async fn the_last_refusal_makes_a_dead_letter_at_once(world: &World) {
    world.durable(&["a"]).await;
    world.subscribed("s", "a").await;
    world.say("a", [1]).await;
    for turn in 0..3 {
        assert_eq!(world.dead("s").await.len(), 0);
        let got = world.pulled_by("two", "s", 9, at(turn * 1_000)).await.items;
        assert_eq!(world.settled("s", ids(&got), Verdict::Refuse(Some(0)), at(turn * 1_000)).await.settled, 1);
    }
    let letters = world.store.dead_letters(&name("s"), None, 9).await.unwrap().unwrap().items;
    assert_eq!((letters[0].deliveries, letters[0].reason.as_str(), letters[0].consumer.as_str()), (3, "refused", "two"));
    assert_eq!(world.view("s", at(9_000)).await.dead, 1);
}

pub async fn a_dead_letter_has_its_event(world: &World) {
    let dead = with_dead(world, 2).await;
    let event = world.since(0).await.pop().unwrap();
    assert_eq!((event.kind.as_str(), event.subject.as_str()), ("subscription.dead_lettered", "subscription:s"));
    assert_eq!(event.data.value()["seqs"], serde_json::json!(dead));
}

pub async fn a_dead_letter_is_no_longer_delivered_nor_acknowledged(world: &World) {
    world.durable(&["a"]).await;
    world.subscribed("s", "a").await;
    world.say("a", [1]).await;
    let mut last = Vec::new();
    for turn in 0..3 {
        last = world.pulled("s", 9, at(turn * 2_000)).await.items;
    }
    world.pulled("s", 9, at(10_000)).await;
    assert_eq!(world.settled("s", ids(&last), Verdict::Acknowledge, at(10_001)).await.settled, 0);
    assert_eq!(said(&world.pulled("s", 9, at(90_000)).await.items), [0i64; 0]);
    assert_eq!(world.dead("s").await.len(), 1);
}

pub async fn dead_letters_are_of_their_subscription(world: &World) {
    with_dead(world, 1).await;
    world.subscribed("other", "a").await;
    assert_eq!(said(&world.pulled("other", 9, at(20_000)).await.items), [1]);
    assert_eq!(world.dead("other").await.len(), 0);
}

pub async fn dead_letters_are_paged_from_the_oldest(world: &World) {
    let dead = with_dead(world, 5).await;
    let page = async |after, limit| {
        let list = world.store.dead_letters(&name("s"), after, limit).await.unwrap().unwrap();
        list.items.into_iter().map(|letter| letter.message.seq).collect::<Vec<_>>()
    };
    assert_eq!(page(None, 2).await, dead[..2]);
    assert_eq!(page(Some(dead[1]), 2).await, dead[2..4]);
    assert_eq!(page(Some(dead[4]), 2).await, []);
}

pub async fn a_redriven_letter_is_delivered_as_if_for_the_first_time(world: &World) {
    let dead = with_dead(world, 3).await;
    let redriven = world.store.redrive(&name("s"), Some(vec![dead[1]]), 100, person(), at(20_000)).await.unwrap();
    assert_eq!(redriven, Some(1));
    let got = world.pulled("s", 9, at(20_000)).await.items;
    assert_eq!((said(&got), got[0].delivery), (vec![2], 1));
    assert_eq!(world.dead("s").await, [dead[0], dead[2]]);
    assert_eq!(world.since(0).await.last().unwrap().kind, "subscription.redriven");
    assert_eq!(world.settled("s", ids(&got), Verdict::Acknowledge, at(20_001)).await.settled, 1);
}

pub async fn all_dead_letters_can_be_redriven_some_at_a_time(world: &World) {
    with_dead(world, 5).await;
    let redrive = async || world.store.redrive(&name("s"), None, 3, person(), at(20_000)).await.unwrap();
    assert_eq!((redrive().await, redrive().await, redrive().await), (Some(3), Some(2), Some(0)));
    assert_eq!(said(&world.pulled("s", 9, at(20_000)).await.items), [1, 2, 3, 4, 5]);
}

pub async fn a_purged_letter_is_gone(world: &World) {
    let dead = with_dead(world, 3).await;
    let which = vec![dead[0], EventSeq(999_999), dead[0]];
    assert_eq!(world.store.purge(&name("s"), Some(which), 100, person(), at(20_000)).await.unwrap(), Some(1));
    assert_eq!(world.dead("s").await, dead[1..]);
    assert_eq!(world.store.purge(&name("s"), None, 100, person(), at(20_000)).await.unwrap(), Some(2));
    assert_eq!((world.dead("s").await.len(), world.view("s", at(20_000)).await.dead), (0, 0));
    assert_eq!(world.since(0).await.last().unwrap().kind, "subscription.purged");
    let head = world.head().await;
    assert_eq!(world.store.purge(&name("s"), None, 100, person(), at(20_000)).await.unwrap(), Some(0));
    assert_eq!(world.head().await, head, "nothing happened");
}

pub async fn what_is_not_dead_is_neither_redriven_nor_purged(world: &World) {
    world.durable(&["a"]).await;
    world.subscribed("s", "a").await;
    world.say("a", [1]).await;
    let got = world.pulled("s", 1, at(0)).await.items;
    let which = Some(vec![got[0].message.seq]);
    assert_eq!(world.store.redrive(&name("s"), which.clone(), 9, person(), at(1)).await.unwrap(), Some(0));
    assert_eq!(world.store.purge(&name("s"), which, 9, person(), at(1)).await.unwrap(), Some(0));
    assert_eq!(world.settled("s", ids(&got), Verdict::Acknowledge, at(2)).await.settled, 1);
}
