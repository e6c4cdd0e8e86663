//! How are messages published and read?

use baton_domain::event::NewEvent;
use baton_domain::id::{EventSeq, LeaseToken, MessageId, TaskId};
use baton_domain::task::TaskState;
use baton_domain::topic::{TopicKind, TopicName};
use baton_domain::wire::topic::MessageList;
use baton_storage::{NewMessageRecord, PublishOutcome, topic_events};

use super::Topics;
use crate::PlantedBug;
use crate::commit::State;

pub(super) fn publish(
    state: &mut State,
    messages: Vec<NewMessageRecord>,
    guard: Option<(TaskId, LeaseToken)>,
) -> (Vec<PublishOutcome>, Vec<NewEvent>) {
    let holds = |(task, lease): (TaskId, LeaseToken)| {
        state.tasks.get(task).is_some_and(|row| row.record.lease == lease && row.record.summary.state == TaskState::Running)
    };
    if !state.makes(PlantedBug::StalePublisherCounts) && !guard.is_none_or(holds) {
        return (vec![PublishOutcome::Stale; messages.len()], Vec::new());
    }
    let mut place = state.head();
    let (mut outcomes, mut events) = (Vec::new(), Vec::new());
    for message in messages {
        if state.topics.topics.get(&message.topic).is_none_or(|topic| topic.kind != TopicKind::Durable) {
            outcomes.push(PublishOutcome::NoTopic);
        } else if let Some(first) = under_key(&state.topics, &message) {
            outcomes.push(PublishOutcome::Repeated(first));
        } else {
            place.0 += 1;
            events.push(topic_events::published(&message));
            state.topics.messages.insert(place, topic_events::view(message, place));
            outcomes.push(PublishOutcome::Stored);
        }
    }
    (outcomes, events)
}

/// The message that was published before under the key of this one.
fn under_key(topics: &Topics, message: &NewMessageRecord) -> Option<MessageId> {
    let key = message.key.as_ref()?;
    let mut same = topics.messages.values().filter(|known| known.topic == message.topic && known.key.as_ref() == Some(key));
    same.next().map(|known| known.id)
}

pub(super) fn messages(state: &State, topic: &TopicName, before: Option<EventSeq>, limit: u32) -> MessageList {
    let before = before.unwrap_or(EventSeq(i64::MAX));
    let newest = state.topics.messages.range(..before).rev().map(|(_, message)| message);
    let of_topic = newest.filter(|message| message.topic == *topic);
    MessageList { items: of_topic.take(usize::try_from(limit).unwrap_or(usize::MAX)).cloned().collect(), as_of: state.head() }
}
