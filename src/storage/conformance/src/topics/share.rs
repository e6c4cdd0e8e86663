//! Who gets which message? Consumers of one subscription share them, different subscriptions get all.

use std::collections::BTreeMap;

use baton_storage::Verdict;

use super::{ids, said};
use crate::World;
use crate::make::at;

pub async fn different_subscriptions_each_get_all(world: &World) {
    world.durable(&["a"]).await;
    world.subscribed("one", "a").await;
    world.subscribed("two", "a").await;
    world.say("a", 1..=3).await;
    for subscription in ["one", "two"] {
        let got = world.pulled(subscription, 9, at(10)).await.items;
        assert_eq!(said(&got), [1, 2, 3]);
        world.settled(subscription, ids(&got), Verdict::Acknowledge, at(11)).await;
    }
}

pub async fn a_word_in_one_subscription_changes_nothing_in_another(world: &World) {
    world.durable(&["a"]).await;
    world.subscribed("one", "a").await;
    world.subscribed("two", "a").await;
    world.say("a", 1..=3).await;
    world.pulled("one", 9, at(0)).await;
    let (one, two) = (world.pulled("one", 9, at(1_000)).await.items, world.pulled("two", 9, at(1_000)).await.items);
    assert_eq!((said(&one), said(&two)), (vec![1, 2, 3], vec![1, 2, 3]), "both have all of them in their hands");

    // The second deliveries of one subscription are none of the other's.
    for verdict in [Verdict::Acknowledge, Verdict::Refuse(Some(0))] {
        let foreign = world.settled("two", ids(&one), verdict, at(1_001)).await;
        assert_eq!((foreign.settled, foreign.late.len()), (0, 3), "{verdict:?}");
    }
    world.settled("one", ids(&one[..2]), Verdict::Acknowledge, at(1_002)).await;
    world.settled("one", ids(&one[2..]), Verdict::Refuse(Some(0)), at(1_002)).await;
    let view = world.view("two", at(1_003)).await;
    assert_eq!((view.in_flight, view.waiting, view.acknowledged), (3, 0, 0));
    assert_eq!(said(&world.pulled("two", 9, at(1_004)).await.items), [0i64; 0], "nor does any come again before its deadline");
    assert_eq!(world.settled("two", ids(&two), Verdict::Acknowledge, at(1_005)).await.settled, 3);
    let view = world.view("one", at(1_006)).await;
    assert_eq!((view.in_flight, view.waiting, view.acknowledged), (0, 1, 2));
}

pub async fn consumers_of_one_subscription_share_its_messages(world: &World) {
    world.durable(&["a"]).await;
    world.subscribed("s", "a").await;
    world.say("a", 1..=9).await;
    let pulls = ["one", "two", "three"].map(|consumer| world.pulled_by(consumer, "s", 3, at(10)));
    let mut all: Vec<i64> = futures::future::join_all(pulls).await.iter().flat_map(|rows| said(&rows.items)).collect();
    all.sort_unstable();
    assert_eq!(all, (1..=9).collect::<Vec<_>>(), "each message to one of them");
    assert_eq!(world.view("s", at(11)).await.consumers, 3);
}

pub async fn many_consumers_who_fail_at_times_deal_with_every_message(world: &World) {
    world.durable(&["a"]).await;
    world.subscribed("s", "a").await;
    world.say("a", 0..60).await;
    let mut dealt_with: BTreeMap<i64, u32> = BTreeMap::new();
    let mut chance = 7_u64;
    for turn in 0..400_i64 {
        let pulls = ["one", "two", "three"].map(|consumer| world.pulled_by(consumer, "s", 3, at(turn * 300)));
        for rows in futures::future::join_all(pulls).await {
            for delivery in rows.items {
                chance = chance.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                // Each third time its consumer dies before it says anything.
                if !(chance >> 33).is_multiple_of(3) {
                    let settled = world.settled("s", ids(std::slice::from_ref(&delivery)), Verdict::Acknowledge, at(turn * 300)).await;
                    *dealt_with.entry(said(&[delivery])[0]).or_default() += settled.settled;
                }
            }
        }
        let view = world.view("s", at(turn * 300)).await;
        if view.lag + view.in_flight + view.waiting == 0 {
            break;
        }
    }
    let dead = world.dead("s").await.len();
    assert_eq!(dealt_with.len() + dead, 60, "each was acknowledged or given up");
    assert!(dealt_with.values().all(|times| *times == 1), "an acknowledgement counts once");
    assert!(dead < 20, "{dead} were given up after three deliveries");
}

pub async fn a_place_is_kept_while_nobody_is_there(world: &World) {
    world.durable(&["a"]).await;
    world.subscribed("s", "a").await;
    world.say("a", [1]).await;
    let got = world.pulled("s", 9, at(10)).await.items;
    world.settled("s", ids(&got), Verdict::Acknowledge, at(11)).await;
    world.say("a", [2, 3]).await;
    assert_eq!(said(&world.pulled_by("another", "s", 9, at(1_000_000)).await.items), [2, 3]);
}
