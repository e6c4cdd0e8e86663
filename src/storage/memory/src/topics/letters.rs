//! How are dead letters read, delivered again and deleted?

use baton_domain::event::NewEvent;
use baton_domain::id::{EventSeq, ProjectId};
use baton_domain::time::Timestamp;
use baton_domain::topic::SubscriptionName;
use baton_domain::user::Principal;
use baton_domain::wire::topic::{DeadLetter, DeadLetterList};
use baton_storage::topic_events;

use super::{Stage, Subscription};
use crate::commit::State;

pub(super) fn list(state: &State, name: &SubscriptionName, after: Option<EventSeq>, limit: u32) -> Option<DeadLetterList> {
    let subscription = state.topics.subscriptions.get(name)?;
    let mut items = Vec::new();
    for (seq, one) in subscription.deliveries.iter().filter(|(seq, _)| after.is_none_or(|after| **seq > after)) {
        let (Stage::Dead(reason, died_at), Some(message)) = (&one.stage, state.topics.messages.get(seq)) else { continue };
        if items.len() == limit as usize {
            break;
        }
        items.push(DeadLetter {
            message: message.clone(),
            deliveries: one.deliveries,
            reason: (*reason).to_owned(),
            consumer: one.consumer.clone(),
            died_at: *died_at,
        });
    }
    Some(DeadLetterList { items, as_of: state.head() })
}

/// The dead ones among these, or the oldest; each once, by place.
fn choose(subscription: &Subscription, which: Option<Vec<EventSeq>>, limit: u32) -> Vec<EventSeq> {
    let dead = subscription.deliveries.iter().filter(|(_, one)| matches!(one.stage, Stage::Dead(..))).map(|(seq, _)| *seq);
    dead.filter(|seq| which.as_ref().is_none_or(|which| which.contains(seq))).take(limit as usize).collect()
}

type Happened = fn(&SubscriptionName, ProjectId, Principal, Timestamp, &[EventSeq]) -> NewEvent;

fn change(
    (state, name): (&mut State, &SubscriptionName),
    (which, limit): (Option<Vec<EventSeq>>, u32),
    (actor, at): (Principal, Timestamp),
    happened: Happened,
    change: impl Fn(&mut Subscription, &EventSeq),
) -> (Option<u64>, Vec<NewEvent>) {
    let Some(subscription) = state.topics.subscriptions.get_mut(name) else { return (None, Vec::new()) };
    let chosen = choose(subscription, which, limit);
    for seq in &chosen {
        change(subscription, seq);
    }
    let events = if chosen.is_empty() { Vec::new() } else { vec![happened(name, subscription.project, actor, at, &chosen)] };
    (Some(chosen.len() as u64), events)
}

pub(super) fn redrive(
    state: &mut State,
    name: &SubscriptionName,
    which: Option<Vec<EventSeq>>,
    limit: u32,
    actor: Principal,
    at: Timestamp,
) -> (Option<u64>, Vec<NewEvent>) {
    change((state, name), (which, limit), (actor, at), topic_events::redriven, |subscription, seq| {
        if let Some(one) = subscription.deliveries.get_mut(seq) {
            one.stage = Stage::Waiting(at);
            one.deliveries = 0;
        }
    })
}

pub(super) fn purge(
    state: &mut State,
    name: &SubscriptionName,
    which: Option<Vec<EventSeq>>,
    limit: u32,
    actor: Principal,
    at: Timestamp,
) -> (Option<u64>, Vec<NewEvent>) {
    change((state, name), (which, limit), (actor, at), topic_events::purged, |subscription, seq| {
        subscription.deliveries.remove(seq);
    })
}
