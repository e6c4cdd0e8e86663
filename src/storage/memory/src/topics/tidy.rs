//! What goes when its time is over?

use std::time::Duration;

use baton_domain::event::NewEvent;
use baton_domain::id::EventSeq;
use baton_domain::time::Timestamp;
use baton_storage::{DEAD_LETTER_DAYS, Tidied, topic_events};

use super::{Stage, Topics, deliver};
use crate::commit::State;

pub(super) fn tidy(state: &mut State, now: Timestamp, limit: u32) -> (Tidied, Vec<NewEvent>) {
    let limit = limit as usize;
    let (mut tidied, mut events) = (Tidied::default(), Vec::new());
    let too_old = now.minus(Duration::from_secs(DEAD_LETTER_DAYS * 86_400));
    for (name, subscription) in &mut state.topics.subscriptions {
        let died = deliver::give_up(subscription, now, limit.saturating_sub(tidied.died as usize));
        if !died.is_empty() {
            tidied.died += died.len() as u64;
            events.push(topic_events::died(name, subscription.project, now, &died));
        }
        let letters = subscription.deliveries.iter();
        let letters = letters.filter(|(_, one)| matches!(one.stage, Stage::Dead(_, at) if at < too_old)).map(|(seq, _)| *seq);
        for seq in letters.take(limit.saturating_sub(tidied.letters as usize)).collect::<Vec<EventSeq>>() {
            subscription.deliveries.remove(&seq);
            tidied.letters += 1;
        }
    }
    let gone = past_retention(&state.topics, now, limit);
    let Topics { messages, subscriptions, .. } = &mut state.topics;
    for seq in gone {
        let Some(message) = messages.remove(&seq) else { continue };
        tidied.messages += 1;
        for subscription in subscriptions.values_mut().filter(|one| one.cursor < seq && one.pattern.matches(&message.topic)) {
            subscription.missed += 1;
        }
    }
    (tidied, events)
}

/// Messages beyond their topic's retention that nobody needs, the oldest first.
fn past_retention(topics: &Topics, now: Timestamp, limit: usize) -> Vec<EventSeq> {
    let needed = |seq: &EventSeq| topics.subscriptions.values().any(|subscription| subscription.deliveries.contains_key(seq));
    let mut gone = Vec::new();
    for (name, topic) in &topics.topics {
        let oldest = now.minus(Duration::from_secs(topic.retention.maximum_age_seconds));
        let of_topic: Vec<_> = topics.messages.iter().filter(|(_, message)| message.topic == *name).collect();
        let beyond = of_topic.len().saturating_sub(usize::try_from(topic.retention.maximum_messages).unwrap_or(usize::MAX));
        let past = of_topic.into_iter().enumerate().filter(|(index, (_, message))| *index < beyond || message.at < oldest);
        gone.extend(past.map(|(_, (seq, _))| *seq).filter(|seq| !needed(seq)));
    }
    gone.sort_unstable();
    gone.truncate(limit);
    gone
}
