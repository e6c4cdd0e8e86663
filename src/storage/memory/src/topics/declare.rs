//! How are topics and subscriptions declared and ended?

use std::collections::BTreeMap;

use baton_domain::event::NewEvent;
use baton_domain::id::EventSeq;
use baton_domain::time::Timestamp;
use baton_domain::topic::{SubscriptionName, TopicKind, TopicName};
use baton_domain::user::Principal;
use baton_domain::wire::topic::{StartAt, TopicView};
use baton_storage::{Declared, NewSubscriptionRecord, NewTopicRecord, StoreError, Subscribed, topic_events};

use super::{Subscription, Topic, Topics};
use crate::commit::State;

fn room<T>(entries: usize, maximum: u32, full: T) -> Result<(), T> {
    if u32::try_from(entries).is_ok_and(|entries| entries < maximum) { Ok(()) } else { Err(full) }
}

pub(super) fn topic(state: &mut State, new: NewTopicRecord, maximum: u32) -> Result<(Declared, Vec<NewEvent>), StoreError> {
    State::project_exists(new.project)?;
    let topics = &mut state.topics.topics;
    if let Some(known) = topics.get_mut(&new.name) {
        if known.kind != new.kind {
            return Ok((Declared::OtherKind(known.kind), Vec::new()));
        }
        if known.retention == new.retention {
            return Ok((Declared::As, Vec::new()));
        }
        known.retention = new.retention;
        return Ok((Declared::As, vec![topic_events::declared(&new, false)]));
    }
    if let Err(full) = room(topics.len(), maximum, Declared::TooMany) {
        return Ok((full, Vec::new()));
    }
    let event = topic_events::declared(&new, true);
    let NewTopicRecord { name, project, kind, retention, actor, at } = new;
    topics.insert(name, Topic { project, kind, retention, created_at: at, created_by: actor.label().to_owned() });
    Ok((Declared::As, vec![event]))
}

pub(super) fn delete(state: &mut State, name: &TopicName, actor: Principal, at: Timestamp) -> (bool, Vec<NewEvent>) {
    let topics = &mut state.topics;
    let Some(topic) = topics.topics.remove(name) else { return (false, Vec::new()) };
    let Topics { messages, subscriptions, .. } = topics;
    messages.retain(|_, message| message.topic != *name);
    for subscription in subscriptions.values_mut() {
        subscription.deliveries.retain(|seq, _| messages.contains_key(seq));
    }
    (true, vec![topic_events::deleted(name, topic.project, topic.kind, topic.retention, actor, at)])
}

pub(super) fn view(topics: &Topics, name: &TopicName) -> Option<TopicView> {
    let topic = topics.topics.get(name)?;
    let instants: Vec<Timestamp> = topics.messages.values().filter(|message| message.topic == *name).map(|message| message.at).collect();
    let wanted = topics.subscriptions.values().filter(|subscription| subscription.pattern.matches(name)).count();
    Some(TopicView {
        name: name.clone(),
        kind: topic.kind,
        retention: topic.retention,
        depth: instants.len() as u64,
        oldest_at: instants.iter().min().copied(),
        newest_at: instants.iter().max().copied(),
        subscriptions: if topic.kind == TopicKind::Durable { u32::try_from(wanted).unwrap_or(u32::MAX) } else { 0 },
        created_at: topic.created_at,
        created_by: topic.created_by.clone(),
    })
}

pub(super) fn subscription(state: &mut State, new: NewSubscriptionRecord, maximum: u32) -> Result<(Subscribed, Vec<NewEvent>), StoreError> {
    State::project_exists(new.project)?;
    let head = state.head();
    let subscriptions = &mut state.topics.subscriptions;
    if let Some(known) = subscriptions.get_mut(&new.name) {
        if known.pattern != new.pattern {
            return Ok((Subscribed::OtherPattern(known.pattern.clone()), Vec::new()));
        }
        if known.policy == new.policy {
            return Ok((Subscribed::As, Vec::new()));
        }
        known.policy = new.policy;
        return Ok((Subscribed::As, vec![topic_events::subscribed(&new, false)]));
    }
    if let Err(full) = room(subscriptions.len(), maximum, Subscribed::TooMany) {
        return Ok((full, Vec::new()));
    }
    let event = topic_events::subscribed(&new, true);
    let made = Subscription {
        project: new.project,
        pattern: new.pattern,
        policy: new.policy,
        cursor: match new.start {
            StartAt::New => head,
            StartAt::Earliest => EventSeq(0),
        },
        next_token: 1,
        acknowledged: 0,
        missed: 0,
        created_at: new.at,
        created_by: new.actor.label().to_owned(),
        deliveries: BTreeMap::new(),
    };
    subscriptions.insert(new.name, made);
    Ok((Subscribed::As, vec![event]))
}

pub(super) fn unsubscribe(state: &mut State, name: &SubscriptionName, actor: Principal, at: Timestamp) -> (bool, Vec<NewEvent>) {
    match state.topics.subscriptions.remove(name) {
        Some(subscription) => (true, vec![topic_events::unsubscribed(name, subscription.project, actor, at)]),
        None => (false, Vec::new()),
    }
}
