//! How does an agent listen to topics while it works? It follows the event stream, which has what is durable and what is fleeting.

use std::pin::Pin;
use std::sync::Arc;

use baton_domain::event::TopicFilter;
use baton_domain::id::EventSeq;
use baton_domain::services::{Answer, EventService, LiveItem};
use baton_domain::topic::SUBJECT_PREFIX;
use baton_domain::user::Caller;
use baton_domain::wire::topic::TopicMessage;
use futures::{Stream, StreamExt};

use super::{Topics, checks};

/// Messages as they come. Dropping it ends it.
pub type Listening = Pin<Box<dyn Stream<Item = TopicMessage> + Send>>;

impl Topics {
    /// Messages of topics that match, published from now on. One whose listener is too slow may be lost if its topic is ephemeral.
    ///
    /// # Errors
    /// `TOPIC-002` for a malformed pattern, or what the event stream says.
    pub async fn listen(self: &Arc<Self>, caller: &Caller, pattern: &str) -> Answer<Listening> {
        let pattern = checks::pattern(pattern, "pattern")?;
        let filter = TopicFilter::parse(&format!("{SUBJECT_PREFIX}{pattern}")).map_err(|_| checks::no_topic(pattern.as_str()))?;
        let head = self.events.head(caller).await?;
        let stream = self.events.follow(caller, head, filter).await?;
        let topics = Arc::clone(self);
        let messages = stream.flat_map(move |item| {
            let topics = Arc::clone(&topics);
            futures::stream::once(async move { topics.messages_of(item).await }).flat_map(futures::stream::iter)
        });
        Ok(Box::pin(messages))
    }

    async fn messages_of(&self, item: Answer<LiveItem>) -> Vec<TopicMessage> {
        match item {
            Ok(LiveItem::Transient(transient)) => match &*transient {
                baton_domain::wire::live::Transient::Message(message) => vec![message.clone()],
                _ => Vec::new(),
            },
            Ok(LiveItem::Events(events)) => {
                let mut messages = Vec::new();
                for event in events.iter().filter(|event| event.kind == "topic.published") {
                    match event.data.read::<TopicMessage>() {
                        Ok(message) => messages.push(self.whole(message, event.seq).await),
                        Err(error) => tracing::warn!(%error, seq = event.seq.0, "an event of a message does not read back"),
                    }
                }
                messages
            }
            Ok(LiveItem::HighWater(_) | LiveItem::Resync(_)) => Vec::new(),
            Err(problem) => {
                tracing::warn!(%problem, "a listener's stream of events ended");
                Vec::new()
            }
        }
    }

    /// A large payload does not travel in the event: it is read from the topic.
    async fn whole(&self, mut message: TopicMessage, seq: EventSeq) -> TopicMessage {
        if message.payload.is_none() {
            let stored = self.store.messages(&message.topic, Some(EventSeq(seq.0 + 1)), 1).await;
            let stored = stored.ok().and_then(|list| list.items.into_iter().next());
            message.payload = stored.filter(|stored| stored.seq == seq).map(|stored| stored.payload);
        }
        message
    }
}
