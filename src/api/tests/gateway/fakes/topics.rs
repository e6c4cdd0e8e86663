//! How topics answer in tests.

use async_trait::async_trait;
use baton_domain::id::{EventSeq, MessageId};
use baton_domain::problem::{Code, Problem};
use baton_domain::services::{Answer, TopicService};
use baton_domain::time::Timestamp;
use baton_domain::topic::{DeliveryPolicy, MAXIMUM_MESSAGE_BYTES, Retention, SubscriptionName, TopicKind, TopicName, TopicPattern};
use baton_domain::user::{Caller, Permission};
use baton_domain::wire::topic::{
    Acknowledgement, Affected, DeadLetterChoice, DeadLetterFilter, DeadLetterList, MessageFilter, MessageList, NewMessage, NewSubscription,
    NewTopic, Published, PullRequest, Pulled, Refusal, Settled, SubscriptionList, SubscriptionView, TopicList, TopicView,
};

use super::samples::id;
use super::{Fake, START};

fn topic() -> TopicView {
    TopicView {
        name: TopicName::parse("orders.created").unwrap(),
        kind: TopicKind::Durable,
        retention: Retention::default(),
        depth: 2,
        oldest_at: None,
        newest_at: None,
        subscriptions: 1,
        created_at: Timestamp::from_millis(START),
        created_by: "operator@example.com".into(),
    }
}

fn subscription() -> SubscriptionView {
    SubscriptionView {
        name: SubscriptionName::parse("billing").unwrap(),
        pattern: TopicPattern::parse("orders.>").unwrap(),
        policy: DeliveryPolicy::default(),
        cursor: EventSeq(7),
        lag: 0,
        in_flight: 0,
        waiting: 0,
        dead: 0,
        acknowledged: 0,
        missed: 0,
        oldest_at: None,
        consumers: 0,
        created_at: Timestamp::from_millis(START),
        created_by: "operator@example.com".into(),
    }
}

#[async_trait]
impl TopicService for Fake {
    async fn list(&self, caller: &Caller) -> Answer<TopicList> {
        self.0.allowed(caller, Permission::Read, "topics".into())?;
        Ok(TopicList { items: vec![topic()], as_of: EventSeq(7) })
    }

    async fn get(&self, caller: &Caller, name: &str) -> Answer<TopicView> {
        self.0.allowed(caller, Permission::Read, format!("topic {name}"))?;
        Ok(topic())
    }

    async fn declare(&self, caller: &Caller, topic_: NewTopic) -> Answer<TopicView> {
        self.0.allowed(caller, Permission::Operate, format!("declare {}", topic_.name))?;
        Ok(topic())
    }

    async fn delete(&self, caller: &Caller, name: &str) -> Answer<()> {
        self.0.allowed(caller, Permission::Operate, format!("delete topic {name}"))
    }

    async fn publish(&self, caller: &Caller, name: &str, message: NewMessage) -> Answer<Published> {
        self.0.allowed(caller, Permission::Work, format!("publish {name} key={}", message.key.unwrap_or_default()))?;
        let topic = TopicName::parse(name).map_err(|error| error.in_field("topic"))?;
        if message.payload.to_string().len() > MAXIMUM_MESSAGE_BYTES {
            return Err(Problem::new(Code::MessageTooLarge, "Send less.").with_field("/payload", "Too large."));
        }
        if message.payload == "held" {
            self.0.release.notified().await;
            self.0.note(format!("released {name}"));
        }
        Ok(Published { id: MessageId::new(id(80)), topic, stored: true, repeated: false })
    }

    async fn messages(&self, caller: &Caller, name: &str, _filter: MessageFilter) -> Answer<MessageList> {
        self.0.allowed(caller, Permission::Read, format!("messages {name}"))?;
        Ok(MessageList { items: Vec::new(), as_of: EventSeq(7) })
    }

    async fn subscriptions(&self, caller: &Caller) -> Answer<SubscriptionList> {
        self.0.allowed(caller, Permission::Read, "subscriptions".into())?;
        Ok(SubscriptionList { items: vec![subscription()], as_of: EventSeq(7) })
    }

    async fn subscribe(&self, caller: &Caller, new: NewSubscription) -> Answer<SubscriptionView> {
        self.0.allowed(caller, Permission::Work, format!("subscribe {}", new.name))?;
        Ok(subscription())
    }

    async fn unsubscribe(&self, caller: &Caller, name: &str) -> Answer<()> {
        self.0.allowed(caller, Permission::Work, format!("unsubscribe {name}"))
    }

    async fn pull(&self, caller: &Caller, name: &str, request: PullRequest) -> Answer<Pulled> {
        self.0.allowed(caller, Permission::Work, format!("pull {name} {}", request.maximum))?;
        Ok(Pulled { items: Vec::new() })
    }

    async fn acknowledge(&self, caller: &Caller, name: &str, deliveries: Acknowledgement) -> Answer<Settled> {
        self.0.allowed(caller, Permission::Work, format!("acknowledge {name}"))?;
        Ok(Settled { settled: 0, late: deliveries.ack_ids })
    }

    async fn refuse(&self, caller: &Caller, name: &str, deliveries: Refusal) -> Answer<Settled> {
        self.0.allowed(caller, Permission::Work, format!("refuse {name}"))?;
        Ok(Settled { settled: 0, late: deliveries.ack_ids })
    }

    async fn dead_letters(&self, caller: &Caller, name: &str, _filter: DeadLetterFilter) -> Answer<DeadLetterList> {
        self.0.allowed(caller, Permission::Read, format!("dead letters {name}"))?;
        Ok(DeadLetterList { items: Vec::new(), as_of: EventSeq(7) })
    }

    async fn redrive(&self, caller: &Caller, name: &str, _which: DeadLetterChoice) -> Answer<Affected> {
        self.0.allowed(caller, Permission::Operate, format!("redrive {name}"))?;
        Ok(Affected { count: 1 })
    }

    async fn purge(&self, caller: &Caller, name: &str, _which: DeadLetterChoice) -> Answer<Affected> {
        self.0.allowed(caller, Permission::Operate, format!("purge {name}"))?;
        Ok(Affected { count: 1 })
    }
}
