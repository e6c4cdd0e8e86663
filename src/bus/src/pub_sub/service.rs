//! How are requests about topics answered?

use async_trait::async_trait;
use baton_domain::id::AuditId;
use baton_domain::problem::{Code, Problem};
use baton_domain::services::{Answer, TopicService};
use baton_domain::topic::{MAXIMUM_SUBSCRIPTIONS, MAXIMUM_TOPICS, TopicKind};
use baton_domain::user::{Caller, Permission, Principal};
use baton_domain::wire::topic::{
    Acknowledgement, Affected, DeadLetterChoice, DeadLetterFilter, DeadLetterList, MAXIMUM_PULL, MessageFilter, MessageList, NewMessage,
    NewSubscription, NewTopic, Published, PullRequest, Pulled, Refusal, Settled, SubscriptionList, SubscriptionView, TopicList, TopicView,
};
use baton_storage::{AuditRow, Declared, NewSubscriptionRecord, NewTopicRecord, Subscribed, Verdict};

use super::{Topics, checks};

/// Rows that one redrive or purge changes.
const CHANGED: u32 = MAXIMUM_PULL;

impl Topics {
    /// Lets the call go on only if the caller's role includes the permission. A refusal is remembered in the audit record.
    async fn require(&self, caller: &Caller, permission: Permission, action: &str) -> Answer<()> {
        let Err(problem) = caller.require(permission) else { return Ok(()) };
        // Nobody is no principal; anybody could fill the record in nobody's name.
        if caller.principal != Principal::Anonymous {
            let row = AuditRow {
                id: AuditId::new(self.sources.ids.next()),
                at: self.sources.clock.now(),
                principal: caller.principal.clone(),
                action: action.to_owned(),
                target: None,
                allowed: false,
                code: Some(problem.code.clone()),
                request_id: caller.request_id.clone(),
                address: None,
            };
            if let Err(error) = self.store.audit(vec![row]).await {
                tracing::warn!(%error, action, "a refusal could not be remembered");
            }
        }
        Err(problem)
    }

    fn choice(which: DeadLetterChoice) -> Answer<Option<Vec<baton_domain::id::EventSeq>>> {
        match which.seqs {
            Some(seqs) if seqs.is_empty() || seqs.len() > CHANGED as usize => {
                Err(Problem::invalid_field("/seqs", format!("Give 1 to {CHANGED}, or leave it out for all.")))
            }
            seqs => Ok(seqs),
        }
    }
}

#[async_trait]
impl TopicService for Topics {
    async fn list(&self, caller: &Caller) -> Answer<TopicList> {
        self.require(caller, Permission::Read, "topic.list").await?;
        Ok(self.store.topics().await?)
    }

    async fn get(&self, caller: &Caller, name: &str) -> Answer<TopicView> {
        self.require(caller, Permission::Read, "topic.get").await?;
        let topic = checks::topic(name, "name")?;
        self.store.topic(&topic).await?.ok_or_else(|| checks::no_topic(name))
    }

    async fn declare(&self, caller: &Caller, topic: NewTopic) -> Answer<TopicView> {
        self.require(caller, Permission::Operate, "topic.declare").await?;
        let name = checks::topic(&topic.name, "/name")?;
        let errors = topic.retention.errors("/retention");
        if !errors.is_empty() {
            return Err(Problem::invalid(errors));
        }
        let new = NewTopicRecord {
            name: name.clone(),
            project: caller.project,
            kind: topic.kind,
            retention: topic.retention,
            actor: caller.principal.clone(),
            at: self.sources.clock.now(),
        };
        match self.store.declare_topic(new, MAXIMUM_TOPICS).await? {
            Declared::As => self.store.topic(&name).await?.ok_or_else(|| checks::no_topic(name.as_str())),
            Declared::OtherKind(kind) => {
                let detail = format!("The topic {name} is {kind}, and a topic keeps its kind. Use another name, or delete it first.");
                Err(Problem::new(Code::TopicKindFixed, detail).with_field("/kind", format!("It is {kind}.")))
            }
            Declared::TooMany => {
                Err(Problem::new(Code::TooManyTopics, format!("There are {MAXIMUM_TOPICS} topics. Delete those that nobody needs.")))
            }
        }
    }

    async fn delete(&self, caller: &Caller, name: &str) -> Answer<()> {
        self.require(caller, Permission::Operate, "topic.delete").await?;
        let topic = checks::topic(name, "name")?;
        let deleted = self.store.delete_topic(&topic, caller.principal.clone(), self.sources.clock.now()).await?;
        if deleted { Ok(()) } else { Err(checks::no_topic(name)) }
    }

    async fn publish(&self, caller: &Caller, name: &str, message: NewMessage) -> Answer<Published> {
        self.require(caller, Permission::Work, "topic.publish").await?;
        self.publish_as(caller, name, message, None).await
    }

    async fn messages(&self, caller: &Caller, name: &str, filter: MessageFilter) -> Answer<MessageList> {
        self.require(caller, Permission::Read, "topic.messages").await?;
        let (topic, limit) = (checks::topic(name, "name")?, checks::limit(filter.limit)?);
        match self.store.topic_kind(&topic).await? {
            None => Err(checks::no_topic(name)),
            Some(TopicKind::Ephemeral | TopicKind::Durable) => Ok(self.store.messages(&topic, filter.before, limit).await?),
        }
    }

    async fn subscriptions(&self, caller: &Caller) -> Answer<SubscriptionList> {
        self.require(caller, Permission::Read, "subscription.list").await?;
        Ok(self.store.subscriptions(self.sources.clock.now()).await?)
    }

    async fn subscribe(&self, caller: &Caller, subscription: NewSubscription) -> Answer<SubscriptionView> {
        self.require(caller, Permission::Work, "subscription.create").await?;
        let name = checks::new_subscription_name(&subscription.name)?;
        let pattern = checks::pattern(&subscription.pattern, "/pattern")?;
        let errors = subscription.policy.errors("/policy");
        if !errors.is_empty() {
            return Err(Problem::invalid(errors));
        }
        let now = self.sources.clock.now();
        let new = NewSubscriptionRecord {
            name: name.clone(),
            project: caller.project,
            pattern,
            policy: subscription.policy,
            start: subscription.start,
            actor: caller.principal.clone(),
            at: now,
        };
        let subscribed = self.store.subscribe(new, MAXIMUM_SUBSCRIPTIONS).await?;
        self.bells.forget_known();
        match subscribed {
            Subscribed::As => self.store.subscription(&name, now).await?.ok_or_else(|| checks::no_subscription(name.as_str())),
            Subscribed::OtherPattern(pattern) => {
                let detail = format!("The subscription {name} is one to {pattern}. Use another name, or end it first.");
                Err(Problem::new(Code::SubscriptionDiffers, detail).with_field("/pattern", format!("It is {pattern}.")))
            }
            Subscribed::TooMany => {
                let detail = format!("There are {MAXIMUM_SUBSCRIPTIONS} subscriptions. End those that nobody needs.");
                Err(Problem::new(Code::TooManyTopics, detail))
            }
        }
    }

    async fn unsubscribe(&self, caller: &Caller, name: &str) -> Answer<()> {
        self.require(caller, Permission::Work, "subscription.end").await?;
        let subscription = checks::subscription(name)?;
        let ended = self.store.unsubscribe(&subscription, caller.principal.clone(), self.sources.clock.now()).await?;
        self.bells.forget_known();
        // Whoever waits for it is to learn that it is gone.
        self.bells.ring(&subscription);
        if ended { Ok(()) } else { Err(checks::no_subscription(name)) }
    }

    async fn pull(&self, caller: &Caller, name: &str, request: PullRequest) -> Answer<Pulled> {
        self.require(caller, Permission::Work, "subscription.pull").await?;
        checks::pull(&request)?;
        self.pull_messages(&checks::subscription(name)?, &request).await
    }

    async fn acknowledge(&self, caller: &Caller, name: &str, deliveries: Acknowledgement) -> Answer<Settled> {
        self.require(caller, Permission::Work, "subscription.acknowledge").await?;
        let ids = checks::ack_ids(&deliveries.ack_ids)?;
        self.settle_deliveries(&checks::subscription(name)?, ids, Verdict::Acknowledge).await
    }

    async fn refuse(&self, caller: &Caller, name: &str, deliveries: Refusal) -> Answer<Settled> {
        self.require(caller, Permission::Work, "subscription.refuse").await?;
        let ids = checks::ack_ids(&deliveries.ack_ids)?;
        checks::delay(deliveries.delay_ms)?;
        self.settle_deliveries(&checks::subscription(name)?, ids, Verdict::Refuse(deliveries.delay_ms)).await
    }

    async fn dead_letters(&self, caller: &Caller, name: &str, filter: DeadLetterFilter) -> Answer<DeadLetterList> {
        self.require(caller, Permission::Read, "subscription.dead_letters").await?;
        let limit = checks::limit(filter.limit)?;
        let letters = self.store.dead_letters(&checks::subscription(name)?, filter.after, limit).await?;
        letters.ok_or_else(|| checks::no_subscription(name))
    }

    async fn redrive(&self, caller: &Caller, name: &str, which: DeadLetterChoice) -> Answer<Affected> {
        self.require(caller, Permission::Operate, "subscription.redrive").await?;
        let (subscription, which) = (checks::subscription(name)?, Self::choice(which)?);
        let now = self.sources.clock.now();
        let count = self.store.redrive(&subscription, which, CHANGED, caller.principal.clone(), now).await?;
        self.bells.ring(&subscription);
        count.map(|count| Affected { count }).ok_or_else(|| checks::no_subscription(name))
    }

    async fn purge(&self, caller: &Caller, name: &str, which: DeadLetterChoice) -> Answer<Affected> {
        self.require(caller, Permission::Operate, "subscription.purge").await?;
        let (subscription, which) = (checks::subscription(name)?, Self::choice(which)?);
        let count = self.store.purge(&subscription, which, CHANGED, caller.principal.clone(), self.sources.clock.now()).await?;
        count.map(|count| Affected { count }).ok_or_else(|| checks::no_subscription(name))
    }
}
