//! How are messages handed out, acknowledged and refused?

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound::{Excluded, Unbounded};
use std::time::Duration;

use baton_domain::event::NewEvent;
use baton_domain::id::EventSeq;
use baton_domain::time::Timestamp;
use baton_domain::topic::SubscriptionName;
use baton_domain::wire::topic::{Delivery, MessageView, Settled, SubscriptionView};
use baton_storage::{AckId, EXPIRED, PULL_SCAN, Pull, PulledRows, REFUSED, Settlement, Verdict, topic_events};

use super::{Outstanding, Stage, Subscription, Topics};
use crate::PlantedBug;
use crate::commit::State;

pub(super) fn pull(state: &mut State, pull: Pull) -> (Option<PulledRows>, Vec<NewEvent>) {
    let forgetful = state.makes(PlantedBug::DeliveryNotStored);
    let Topics { messages, subscriptions, .. } = &mut state.topics;
    let Some(subscription) = subscriptions.get_mut(&pull.subscription) else { return (None, Vec::new()) };
    let died = give_up(subscription, pull.at, usize::MAX);
    let mut rows = PulledRows { died: died.len() as u64, ..PulledRows::default() };
    let maximum = usize::try_from(pull.maximum).unwrap_or(usize::MAX);
    let due = subscription.deliveries.iter().filter(|(_, one)| one.due_at().is_some_and(|due| due <= pull.at));
    let again: Vec<EventSeq> = due.map(|(seq, _)| *seq).take(maximum).collect();
    for seq in again {
        if let Some(message) = messages.get(&seq) {
            rows.items.push(hand_out(subscription, message, &pull));
        }
    }
    let outstanding = subscription.deliveries.values().filter(|one| one.due_at().is_some()).count();
    let room = (subscription.policy.maximum_in_flight as usize).saturating_sub(outstanding).min(maximum - rows.items.len());
    let fresh = take_new(messages, subscription, room, &mut rows.more);
    for message in fresh {
        rows.items.push(hand_out(subscription, message, &pull));
        if forgetful && message.seq.0 % 7 == 3 {
            subscription.deliveries.remove(&message.seq);
        }
    }
    rows.more |= rows.items.len() == maximum;
    rows.next_due = subscription.deliveries.values().filter_map(Outstanding::due_at).min();
    let events =
        if died.is_empty() { Vec::new() } else { vec![topic_events::died(&pull.subscription, subscription.project, pull.at, &died)] };
    (Some(rows), events)
}

/// Messages that nobody of this subscription had yet; moves its cursor.
fn take_new<'a>(
    messages: &'a BTreeMap<EventSeq, MessageView>,
    subscription: &mut Subscription,
    room: usize,
    more: &mut bool,
) -> Vec<&'a MessageView> {
    let mut taken = Vec::new();
    if room == 0 {
        return taken;
    }
    let after = messages.range((Excluded(subscription.cursor), Unbounded));
    for (looked_at, (seq, message)) in (1..).zip(after) {
        subscription.cursor = *seq;
        if subscription.pattern.matches(&message.topic) {
            taken.push(message);
        }
        if taken.len() == room || looked_at == PULL_SCAN {
            *more = looked_at == PULL_SCAN;
            break;
        }
    }
    taken
}

fn hand_out(subscription: &mut Subscription, message: &MessageView, pull: &Pull) -> Delivery {
    let token = subscription.next_token;
    subscription.next_token += 1;
    let deadline_at = pull.at.plus(subscription.policy.ack_deadline());
    let first = Outstanding { stage: Stage::InFlight(deadline_at), deliveries: 0, token, consumer: String::new() };
    let one = subscription.deliveries.entry(message.seq).or_insert(first);
    one.stage = Stage::InFlight(deadline_at);
    one.deliveries += 1;
    one.token = token;
    one.consumer.clone_from(&pull.consumer);
    let ack_id = AckId { seq: message.seq, token }.to_string();
    Delivery { ack_id, delivery: one.deliveries, deadline_at, message: message.clone() }
}

/// Gives up what is due and was delivered often enough; gives their places.
pub(super) fn give_up(subscription: &mut Subscription, now: Timestamp, limit: usize) -> Vec<EventSeq> {
    let most = subscription.policy.maximum_deliveries;
    let spent = subscription.deliveries.iter_mut();
    let spent = spent.filter(|(_, one)| one.deliveries >= most && one.due_at().is_some_and(|due| due <= now));
    let mut died = Vec::new();
    for (seq, one) in spent.take(limit) {
        one.stage = Stage::Dead(EXPIRED, now);
        died.push(*seq);
    }
    died
}

pub(super) fn settle(state: &mut State, settlement: Settlement) -> (Option<Settled>, Vec<NewEvent>) {
    let Settlement { subscription: name, deliveries, verdict, at } = settlement;
    let any_token = state.makes(PlantedBug::LateWordCounts);
    let Some(subscription) = state.topics.subscriptions.get_mut(&name) else { return (None, Vec::new()) };
    let (mut settled, mut died) = (Settled::default(), Vec::new());
    for id in deliveries {
        let in_hands = subscription.deliveries.get_mut(&id.seq).filter(|one| any_token || one.token == id.token);
        let Some(one) = in_hands.filter(|one| matches!(one.stage, Stage::InFlight(_))) else {
            settled.late.push(id.to_string());
            continue;
        };
        settled.settled += 1;
        match verdict {
            Verdict::Acknowledge => {
                subscription.deliveries.remove(&id.seq);
                subscription.acknowledged += 1;
            }
            Verdict::Refuse(_) if one.deliveries >= subscription.policy.maximum_deliveries => {
                one.stage = Stage::Dead(REFUSED, at);
                died.push(id.seq);
            }
            Verdict::Refuse(delay) => {
                let wait = delay.map_or_else(|| subscription.policy.backoff(one.deliveries), Duration::from_millis);
                one.stage = Stage::Waiting(at.plus(wait));
            }
        }
    }
    died.sort_unstable();
    let events = if died.is_empty() { Vec::new() } else { vec![topic_events::died(&name, subscription.project, at, &died)] };
    (Some(settled), events)
}

pub(super) fn view(topics: &Topics, name: &SubscriptionName, now: Timestamp) -> Option<SubscriptionView> {
    let subscription = topics.subscriptions.get(name)?;
    let fresh = topics.messages.range((Excluded(subscription.cursor), Unbounded)).map(|(_, message)| message);
    let fresh: Vec<&MessageView> = fresh.filter(|message| subscription.pattern.matches(&message.topic)).collect();
    let counted =
        |wanted: fn(&Stage, Timestamp) -> bool| subscription.deliveries.values().filter(|one| wanted(&one.stage, now)).count() as u64;
    let in_hands = |one: &&Outstanding| matches!(one.stage, Stage::InFlight(due) if due > now);
    let consumers: BTreeSet<&str> = subscription.deliveries.values().filter(in_hands).map(|one| one.consumer.as_str()).collect();
    let alive = subscription.deliveries.iter().filter(|(_, one)| one.due_at().is_some());
    let oldest = alive.map(|(seq, _)| seq).next().and_then(|seq| topics.messages.get(seq));
    Some(SubscriptionView {
        name: name.clone(),
        pattern: subscription.pattern.clone(),
        policy: subscription.policy,
        cursor: subscription.cursor,
        lag: fresh.len() as u64,
        in_flight: counted(|stage, now| matches!(stage, Stage::InFlight(due) if *due > now)),
        waiting: counted(|stage, now| match stage {
            Stage::InFlight(due) => *due <= now,
            Stage::Waiting(_) => true,
            Stage::Dead(..) => false,
        }),
        dead: counted(|stage, _| matches!(stage, Stage::Dead(..))),
        acknowledged: subscription.acknowledged,
        missed: subscription.missed,
        oldest_at: oldest.into_iter().chain(fresh.first().copied()).map(|message| message.at).min(),
        consumers: u32::try_from(consumers.len()).unwrap_or(u32::MAX),
        created_at: subscription.created_at,
        created_by: subscription.created_by.clone(),
    })
}
