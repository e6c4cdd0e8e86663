//! Who consumes what is published? Consumers that acknowledge, refuse, forget and come late; and listeners, who miss what they miss.

use std::sync::Arc;

use baton_bus::Topics;
use baton_domain::services::{Answer, TopicService as _};
use baton_domain::topic::SubscriptionName;
use baton_domain::user::Caller;
use baton_domain::wire::topic::{Acknowledgement, PullRequest, Refusal, Settled};
use futures::StreamExt as _;

use crate::host::Host;
use crate::messages::Hearing;
use crate::plan::Draw;
use crate::topics::ALL;
use crate::visitor::Visitor;
use crate::world::{World, purpose};

/// What a consumer does with a delivery.
#[derive(Default)]
struct Plans {
    acknowledge: Vec<String>,
    refuse: Vec<String>,
}

/// Consumes a subscription until nobody publishes any more.
pub(crate) async fn consume(world: Arc<World>, index: usize, subscription: SubscriptionName) {
    let visitor = Visitor::new(&world, purpose(7, index, 0));
    let chance = &visitor.chance;
    while !world.closing() {
        let (maximum, wait_seconds) = (u32::try_from(chance.within(1, 8)).unwrap_or(1), chance.within(0, 2));
        let request = PullRequest { consumer: format!("consumer-{index}"), maximum, wait_seconds };
        let asked = |topics: Arc<Topics>, caller: Caller| {
            let (name, request) = (subscription.clone(), request.clone());
            async move { topics.pull(&caller, name.as_str(), request).await }
        };
        let mut plans = Plans::default();
        if let Some(Ok(pulled)) = visitor.insist(1, Host::topics, asked).await {
            for delivery in pulled.items {
                match chance.within(0, 99) {
                    0..75 => plans.acknowledge.push(delivery.ack_id),
                    75..87 => plans.refuse.push(delivery.ack_id),
                    // It died over this one.
                    _ => {}
                }
            }
        }
        // Some take longer than they have.
        tokio::time::sleep(if chance.happens(150) { chance.millis(800, 3_500) } else { chance.millis(0, 300) }).await;
        for _ in 0..=u8::from(chance.happens(100)) {
            acknowledge(&visitor, &subscription, &plans.acknowledge).await;
        }
        refuse(&visitor, &subscription, &plans.refuse).await;
    }
}

async fn acknowledge(visitor: &Visitor, subscription: &SubscriptionName, ack_ids: &[String]) {
    if ack_ids.is_empty() {
        return;
    }
    let asked = |topics: Arc<Topics>, caller: Caller| {
        let (name, ack_ids) = (subscription.clone(), ack_ids.to_vec());
        async move { topics.acknowledge(&caller, name.as_str(), Acknowledgement { ack_ids }).await }
    };
    let answer: Option<Answer<Settled>> = visitor.insist(3, Host::topics, asked).await;
    if let Some(Ok(settled)) = answer {
        visitor.world.messages.lock().assure(subscription, ack_ids, &settled);
    }
}

async fn refuse(visitor: &Visitor, subscription: &SubscriptionName, ack_ids: &[String]) {
    if ack_ids.is_empty() {
        return;
    }
    let delay_ms = visitor.chance.happens(500).then(|| visitor.chance.within(0, 1_500));
    let asked = |topics: Arc<Topics>, caller: Caller| {
        let (name, refusal) = (subscription.clone(), Refusal { ack_ids: ack_ids.to_vec(), delay_ms });
        async move { topics.refuse(&caller, name.as_str(), refusal).await }
    };
    let _: Option<Answer<Settled>> = visitor.insist(2, Host::topics, asked).await;
}

/// Listens at one server after the other until nobody publishes any more.
pub(crate) async fn listen(world: Arc<World>, index: usize) {
    let chance = world.chance(purpose(8, index, 0));
    while !world.closing() {
        let server = usize::try_from(chance.within(0, world.plan.servers as u64 - 1)).unwrap_or(0);
        let stays = chance.millis(2_000, 10_000);
        tokio::time::sleep(chance.millis(1, 200)).await;
        let Some(topics) = world.host(server).and_then(|host| host.topics()) else { continue };
        let until = tokio::time::Instant::now() + stays;
        let Ok(Ok(mut messages)) = tokio::time::timeout_at(until, topics.listen(&Caller::system(), ALL)).await else { continue };
        let mut hearing = Hearing::default();
        while let Ok(Some(message)) = tokio::time::timeout_at(until, messages.next()).await {
            world.messages.lock().heard(&mut hearing, &message);
        }
    }
}
