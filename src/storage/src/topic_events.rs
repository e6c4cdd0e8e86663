//! What events tell of topics and subscriptions: the same from every back-end.

use baton_domain::event::{NewEvent, Payload};
use baton_domain::id::{EventSeq, ProjectId};
use baton_domain::time::Timestamp;
use baton_domain::topic::{DeliveryPolicy, MAXIMUM_EVENT_PAYLOAD_BYTES, Retention, SubscriptionName, TopicKind, TopicName, subject};
use baton_domain::user::Principal;
use baton_domain::wire::topic::{MessageView, TopicMessage};
use serde_json::{Value, json};

use crate::{NewMessageRecord, NewSubscriptionRecord, NewTopicRecord};

/// A topic was declared, or its retention was.
#[must_use]
pub fn declared(topic: &NewTopicRecord, is_new: bool) -> NewEvent {
    NewEvent {
        at: topic.at,
        project: topic.project,
        kind: if is_new { "topic.declared" } else { "topic.changed" }.to_owned(),
        subject: subject(&topic.name),
        actor: topic.actor.clone(),
        data: declaration(&topic.name, topic.kind, topic.retention).into(),
    }
}

/// A topic was deleted.
#[must_use]
pub fn deleted(name: &TopicName, project: ProjectId, kind: TopicKind, retention: Retention, actor: Principal, at: Timestamp) -> NewEvent {
    NewEvent {
        at,
        project,
        kind: "topic.deleted".to_owned(),
        subject: subject(name),
        actor,
        data: declaration(name, kind, retention).into(),
    }
}

fn declaration(name: &TopicName, kind: TopicKind, retention: Retention) -> Value {
    json!({"name": name, "kind": kind, "retention": retention})
}

/// A message of a durable topic was published. A large payload stays out.
#[must_use]
pub fn published(message: &NewMessageRecord) -> NewEvent {
    let small = usize::try_from(message.size).is_ok_and(|size| size <= MAXIMUM_EVENT_PAYLOAD_BYTES);
    let view = TopicMessage {
        id: message.id,
        topic: message.topic.clone(),
        at: message.at,
        publisher: message.label.clone(),
        size: message.size,
        payload: small.then(|| message.payload.clone()),
    };
    NewEvent {
        at: message.at,
        project: message.project,
        kind: "topic.published".to_owned(),
        subject: subject(&message.topic),
        actor: message.publisher.clone(),
        // A struct of names, numbers and JSON always is JSON.
        data: Payload::of(&view).unwrap_or_default(),
    }
}

/// A message as it is stored.
#[must_use]
pub fn view(message: NewMessageRecord, seq: EventSeq) -> MessageView {
    MessageView {
        seq,
        id: message.id,
        topic: message.topic,
        at: message.at,
        publisher: message.label,
        key: message.key,
        payload: message.payload,
    }
}

/// A subscription was made, or its policy was replaced.
#[must_use]
pub fn subscribed(subscription: &NewSubscriptionRecord, is_new: bool) -> NewEvent {
    let NewSubscriptionRecord { name, pattern, policy, .. } = subscription;
    let policy: &DeliveryPolicy = policy;
    let kind = if is_new { "subscription.created" } else { "subscription.changed" };
    let data = json!({"name": name, "pattern": pattern, "policy": policy});
    about(name, subscription.project, kind, subscription.actor.clone(), subscription.at, data)
}

/// A subscription was ended.
#[must_use]
pub fn unsubscribed(name: &SubscriptionName, project: ProjectId, actor: Principal, at: Timestamp) -> NewEvent {
    about(name, project, "subscription.ended", actor, at, json!({"name": name}))
}

/// Messages were given up.
#[must_use]
pub fn died(name: &SubscriptionName, project: ProjectId, at: Timestamp, seqs: &[EventSeq]) -> NewEvent {
    about(name, project, "subscription.dead_lettered", Principal::System, at, json!({"name": name, "seqs": seqs}))
}

/// Dead letters are delivered again.
#[must_use]
pub fn redriven(name: &SubscriptionName, project: ProjectId, actor: Principal, at: Timestamp, seqs: &[EventSeq]) -> NewEvent {
    about(name, project, "subscription.redriven", actor, at, json!({"name": name, "seqs": seqs}))
}

/// Dead letters were deleted.
#[must_use]
pub fn purged(name: &SubscriptionName, project: ProjectId, actor: Principal, at: Timestamp, seqs: &[EventSeq]) -> NewEvent {
    about(name, project, "subscription.purged", actor, at, json!({"name": name, "seqs": seqs}))
}

fn about(name: &SubscriptionName, project: ProjectId, kind: &str, actor: Principal, at: Timestamp, data: Value) -> NewEvent {
    NewEvent { at, project, kind: kind.to_owned(), subject: format!("subscription:{name}"), actor, data: data.into() }
}
