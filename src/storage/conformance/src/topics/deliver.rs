//! How is a message delivered? Until it is acknowledged, under a token that is good once.

use baton_storage::{AckId, Pull, Settlement, Verdict};

use super::{ids, name, said};
use crate::World;
use crate::make::at;

async fn ready(world: &World, count: i64) {
    world.durable(&["a", "b"]).await;
    world.subscribed("s", "a").await;
    world.say("a", 1..=count).await;
}

pub async fn messages_come_in_their_order_and_once(world: &World) {
    ready(world, 5).await;
    let first = world.pulled("s", 3, at(10)).await;
    assert_eq!((said(&first.items), first.more), (vec![1, 2, 3], true));
    let second = world.pulled("s", 3, at(20)).await;
    assert_eq!((said(&second.items), second.more, second.next_due), (vec![4, 5], false, Some(at(1_010))));
    assert_eq!(said(&world.pulled("s", 3, at(30)).await.items), [0i64; 0]);
    let delivery = &first.items[0];
    assert_eq!((delivery.delivery, delivery.deadline_at, delivery.message.topic.as_str()), (1, at(1_010), "a"));
}

pub async fn an_acknowledged_message_does_not_come_again(world: &World) {
    ready(world, 2).await;
    let got = world.pulled("s", 2, at(10)).await.items;
    let settled = world.settled("s", ids(&got), Verdict::Acknowledge, at(20)).await;
    assert_eq!((settled.settled, settled.late), (2, vec![]));
    assert_eq!(said(&world.pulled("s", 9, at(100_000)).await.items), [0i64; 0]);
    let view = world.view("s", at(100_000)).await;
    assert_eq!((view.acknowledged, view.in_flight, view.lag, view.oldest_at), (2, 0, 0, None));
}

pub async fn an_unacknowledged_message_comes_again_after_its_deadline(world: &World) {
    ready(world, 1).await;
    let first = world.pulled("s", 1, at(10)).await.items;
    assert_eq!(said(&world.pulled("s", 1, at(1_009)).await.items), [0i64; 0], "not before");
    let second = world.pulled("s", 1, at(1_010)).await.items;
    assert_eq!((said(&second), second[0].delivery), (vec![1], 2));
    assert_ne!(first[0].ack_id, second[0].ack_id);
}

pub async fn what_is_delivered_again_comes_before_what_is_new(world: &World) {
    ready(world, 2).await;
    world.pulled("s", 1, at(0)).await;
    assert_eq!(said(&world.pulled("s", 2, at(5_000)).await.items), [1, 2]);
}

pub async fn a_late_acknowledgement_changes_nothing(world: &World) {
    ready(world, 1).await;
    let first = ids(&world.pulled("s", 1, at(0)).await.items);
    let second = ids(&world.pulled("s", 1, at(1_000)).await.items);
    let late = world.settled("s", first.clone(), Verdict::Acknowledge, at(1_001)).await;
    assert_eq!((late.settled, late.late), (0, vec![first[0].to_string()]));
    assert_eq!(world.settled("s", second.clone(), Verdict::Acknowledge, at(1_002)).await.settled, 1);
    assert_eq!(world.settled("s", second, Verdict::Acknowledge, at(1_003)).await.settled, 0, "twice is once");
    assert_eq!(world.view("s", at(1_003)).await.acknowledged, 1);
}

pub async fn an_acknowledgement_after_the_deadline_counts_while_nobody_else_has_the_message(world: &World) {
    ready(world, 1).await;
    let got = ids(&world.pulled("s", 1, at(0)).await.items);
    assert_eq!(world.settled("s", got, Verdict::Acknowledge, at(9_000)).await.settled, 1);
    assert_eq!(said(&world.pulled("s", 1, at(9_001)).await.items), [0i64; 0]);
}

pub async fn an_acknowledgement_named_twice_counts_once(world: &World) {
    ready(world, 2).await;
    let got = ids(&world.pulled("s", 2, at(0)).await.items);
    let settled = world.settled("s", vec![got[0], got[1], got[0]], Verdict::Acknowledge, at(1)).await;
    assert_eq!((settled.settled, settled.late), (2, vec![got[0].to_string()]));
}

pub async fn an_acknowledgement_of_nothing_is_late(world: &World) {
    ready(world, 1).await;
    let invented = AckId { seq: baton_domain::id::EventSeq(999), token: 999 };
    assert_eq!(world.settled("s", vec![invented], Verdict::Acknowledge, at(1)).await.late, ["999-999"]);
    assert_eq!(world.settled("s", vec![invented], Verdict::Refuse(None), at(1)).await.late, ["999-999"]);
    assert_eq!(world.settled("s", vec![], Verdict::Acknowledge, at(1)).await.settled, 0);
}

pub async fn a_refused_message_waits_its_backoff(world: &World) {
    ready(world, 1).await;
    let got = ids(&world.pulled("s", 1, at(0)).await.items);
    assert_eq!(world.settled("s", got.clone(), Verdict::Refuse(None), at(50)).await.settled, 1);
    assert_eq!(world.settled("s", got, Verdict::Acknowledge, at(60)).await.settled, 0, "it is in nobody's hands");
    let empty = world.pulled("s", 1, at(149)).await;
    assert_eq!((said(&empty.items), empty.next_due), (vec![], Some(at(150))));
    let again = world.pulled("s", 1, at(150)).await.items;
    assert_eq!((said(&again), again[0].delivery), (vec![1], 2));
    world.settled("s", ids(&again), Verdict::Refuse(None), at(150)).await;
    assert_eq!(world.pulled("s", 1, at(200)).await.next_due, Some(at(300)), "200 ms, but no more than the longest");
}

pub async fn a_refusal_can_say_how_long_to_wait(world: &World) {
    ready(world, 1).await;
    let got = ids(&world.pulled("s", 1, at(0)).await.items);
    world.settled("s", got, Verdict::Refuse(Some(0)), at(10)).await;
    let again = world.pulled("s", 1, at(10)).await.items;
    world.settled("s", ids(&again), Verdict::Refuse(Some(7_000)), at(20)).await;
    assert_eq!(said(&world.pulled("s", 1, at(7_019)).await.items), [0i64; 0]);
    assert_eq!(said(&world.pulled("s", 1, at(7_020)).await.items), [1]);
}

pub async fn who_never_acknowledges_gets_no_more_than_the_bound(world: &World) {
    ready(world, 25).await;
    let mut got = Vec::new();
    for turn in 0..5 {
        let pulled = world.pulled("s", 4, at(turn)).await;
        got.extend(said(&pulled.items));
    }
    assert_eq!(got, (1..=10).collect::<Vec<_>>(), "ten in flight");
    let view = world.view("s", at(5)).await;
    assert_eq!((view.in_flight, view.lag, view.waiting), (10, 15, 0));
    assert_eq!(said(&world.pulled("s", 99, at(1_500)).await.items), (1..=10).collect::<Vec<_>>(), "and again those, nothing new");
    let died = world.pulled("s", 99, at(3_000)).await;
    assert_eq!(died.died, 0);
    let after = world.pulled("s", 99, at(5_000)).await;
    assert_eq!((after.died, said(&after.items)), (10, (11..=20).collect::<Vec<_>>()), "given up, they make room");
}

pub async fn waiting_messages_count_into_the_bound(world: &World) {
    ready(world, 20).await;
    let got = ids(&world.pulled("s", 10, at(0)).await.items);
    world.settled("s", got, Verdict::Refuse(Some(60_000)), at(1)).await;
    assert_eq!(said(&world.pulled("s", 10, at(2)).await.items), [0i64; 0]);
    assert_eq!(world.view("s", at(2)).await.waiting, 10);
}

pub async fn a_pattern_gets_its_topics_and_passes_over_others(world: &World) {
    world.durable(&["a.x", "a.y", "a.y.z", "b"]).await;
    for (subscription, pattern) in [("one", "a.*"), ("rest", "a.>"), ("all", ">"), ("exact", "b"), ("none", "c.>")] {
        world.subscribed(subscription, pattern).await;
    }
    for (text, n) in [("a.x", 1), ("b", 2), ("a.y.z", 3), ("a.y", 4), ("b", 5)] {
        world.say(text, [n]).await;
    }
    for (subscription, wanted) in
        [("one", vec![1, 4]), ("rest", vec![1, 3, 4]), ("all", vec![1, 2, 3, 4, 5]), ("exact", vec![2, 5]), ("none", vec![])]
    {
        assert_eq!(world.view(subscription, at(0)).await.lag, wanted.len() as u64, "{subscription}");
        assert_eq!(said(&world.pulled(subscription, 9, at(10)).await.items), wanted, "{subscription}");
        assert_eq!(world.view(subscription, at(10)).await.lag, 0, "{subscription}");
    }
}

pub async fn a_topic_declared_later_is_delivered_too(world: &World) {
    world.subscribed("s", "a.*").await;
    assert_eq!(said(&world.pulled("s", 9, at(0)).await.items), [0i64; 0]);
    world.durable(&["a.new"]).await;
    world.say("a.new", [1]).await;
    assert_eq!(said(&world.pulled("s", 9, at(1)).await.items), [1]);
}

pub async fn nobody_has_a_subscription_that_does_not_exist(world: &World) {
    let pull = Pull { subscription: name("nobody"), consumer: "c".to_owned(), maximum: 1, at: at(0) };
    assert_eq!(world.store.pull(pull).await.unwrap(), None);
    let settlement = Settlement { subscription: name("nobody"), deliveries: vec![], verdict: Verdict::Acknowledge, at: at(0) };
    assert_eq!(world.store.settle(settlement).await.unwrap(), None);
    assert_eq!(world.store.dead_letters(&name("nobody"), None, 1).await.unwrap(), None);
    assert_eq!(world.store.redrive(&name("nobody"), None, 1, crate::make::person(), at(0)).await.unwrap(), None);
    assert_eq!(world.store.purge(&name("nobody"), None, 1, crate::make::person(), at(0)).await.unwrap(), None);
}

pub async fn handing_out_tells_nothing(world: &World) {
    ready(world, 2).await;
    let head = world.head().await;
    let got = world.pulled("s", 2, at(0)).await.items;
    world.settled("s", vec![ids(&got)[0]], Verdict::Acknowledge, at(1)).await;
    world.settled("s", vec![ids(&got)[1]], Verdict::Refuse(None), at(1)).await;
    assert_eq!(world.head().await, head);
}

pub async fn where_a_subscription_stands_can_be_seen(world: &World) {
    ready(world, 4).await;
    world.pulled_by("one", "s", 1, at(10)).await;
    world.pulled_by("two", "s", 1, at(11)).await;
    let third = world.pulled_by("one", "s", 1, at(12)).await.items;
    world.settled("s", ids(&third), Verdict::Refuse(None), at(13)).await;
    let view = world.view("s", at(14)).await;
    assert_eq!((view.in_flight, view.waiting, view.lag, view.consumers, view.oldest_at), (2, 1, 1, 2, Some(at(1))));
    let later = world.view("s", at(1_010)).await;
    assert_eq!((later.in_flight, later.waiting, later.consumers), (1, 2, 1), "what expired waits for its next delivery");
}
