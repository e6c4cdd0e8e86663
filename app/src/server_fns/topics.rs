//! What a person does with topics, messages and durable subscriptions.

#![expect(clippy::too_many_arguments, reason = "the server macro makes each field of a form an argument")]

use baton_domain::id::EventSeq;
use baton_domain::topic::TopicKind;
#[cfg(feature = "ssr")]
use baton_domain::wire::topic::NewSubscription;
use baton_domain::wire::topic::{
    Affected, DeadLetterFilter, DeadLetterList, MessageFilter, MessageList, Published, PullRequest, Pulled, Refusal, Settled, StartAt,
    SubscriptionList, SubscriptionView, TopicList, TopicView,
};
use leptos::prelude::server;
use leptos::server_fn::codec::PostUrl;

#[cfg(feature = "ssr")]
use super::serve;
use super::{Called, Json};

/// All topics, by name.
///
/// # Errors
/// As [`TopicService::list`](baton_domain::services::TopicService::list).
#[server(endpoint = "/topics/list", input = Json, output = Json)]
pub async fn list() -> Called<TopicList> {
    serve::answer(serve::services()?.topics.list(&serve::caller()).await)
}

/// One topic.
///
/// # Errors
/// As [`TopicService::get`](baton_domain::services::TopicService::get).
#[server(endpoint = "/topics/get", input = Json, output = Json)]
pub async fn get(name: String) -> Called<TopicView> {
    serve::answer(serve::services()?.topics.get(&serve::caller(), &name).await)
}

/// Declares a topic, or declares its retention anew. What is left empty stays as it is, or is as usual for a topic that is new.
///
/// # Errors
/// As [`TopicService::declare`](baton_domain::services::TopicService::declare); `REQUEST-002` for what is no number.
#[server(endpoint = "/topics/declare", input = PostUrl, output = Json)]
pub async fn declare(
    name: String,
    kind: TopicKind,
    #[server(default)] maximum_age_seconds: String,
    #[server(default)] maximum_messages: String,
) -> Called<TopicView> {
    let (topics, caller) = (serve::services()?.topics, serve::caller());
    let stored = serve::answer(stored::retention(&*topics, &caller, &name).await)?;
    let retention = baton_domain::topic::Retention {
        maximum_age_seconds: serve::answer(stored::or("/retention/maximum_age_seconds", &maximum_age_seconds, stored.maximum_age_seconds))?,
        maximum_messages: serve::answer(stored::or("/retention/maximum_messages", &maximum_messages, stored.maximum_messages))?,
    };
    let topic = serve::answer(topics.declare(&caller, baton_domain::wire::topic::NewTopic { name, kind, retention }).await)?;
    serve::go_back();
    Ok(topic)
}

/// Deletes a topic with its messages.
///
/// # Errors
/// As [`TopicService::delete`](baton_domain::services::TopicService::delete).
#[server(endpoint = "/topics/delete", input = PostUrl, output = Json)]
pub async fn delete(name: String) -> Called<()> {
    serve::answer(serve::services()?.topics.delete(&serve::caller(), &name).await)?;
    // The page it was deleted on is gone.
    serve::go("/topics");
    Ok(())
}

/// Publishes a message. What is no JSON is published as text; an empty key is none.
///
/// # Errors
/// As [`TopicService::publish`](baton_domain::services::TopicService::publish).
#[server(endpoint = "/topics/publish", input = PostUrl, output = Json)]
pub async fn publish(name: String, payload: String, #[server(default)] key: String) -> Called<Published> {
    let payload = serde_json::from_str(&payload).unwrap_or(serde_json::Value::String(payload));
    let message = baton_domain::wire::topic::NewMessage { payload, key: Some(key).filter(|key| !key.is_empty()) };
    let published = serve::answer(serve::services()?.topics.publish(&serve::caller(), &name, message).await)?;
    serve::go_back();
    Ok(published)
}

/// Messages that a topic keeps, the newest first.
///
/// # Errors
/// As [`TopicService::messages`](baton_domain::services::TopicService::messages).
#[server(endpoint = "/topics/messages", input = Json, output = Json)]
pub async fn messages(name: String, filter: MessageFilter) -> Called<MessageList> {
    serve::answer(serve::services()?.topics.messages(&serve::caller(), &name, filter).await)
}

/// All durable subscriptions, by name.
///
/// # Errors
/// As [`TopicService::subscriptions`](baton_domain::services::TopicService::subscriptions).
#[server(endpoint = "/topics/subscriptions", input = Json, output = Json)]
pub async fn subscriptions() -> Called<SubscriptionList> {
    serve::answer(serve::services()?.topics.subscriptions(&serve::caller()).await)
}

/// Makes a durable subscription, or replaces the policy of one. What is left empty stays as it is, or is as usual for one that is new.
///
/// # Errors
/// As [`TopicService::subscribe`](baton_domain::services::TopicService::subscribe); `REQUEST-002` for what is no number.
#[server(endpoint = "/topics/subscribe", input = PostUrl, output = Json)]
pub async fn subscribe(
    name: String,
    pattern: String,
    #[server(default)] start: StartAt,
    #[server(default)] ack_deadline_ms: String,
    #[server(default)] maximum_deliveries: String,
    #[server(default)] maximum_in_flight: String,
    #[server(default)] backoff_initial_ms: String,
    #[server(default)] backoff_maximum_ms: String,
) -> Called<SubscriptionView> {
    let (topics, caller) = (serve::services()?.topics, serve::caller());
    let stored = serve::answer(stored::policy(&*topics, &caller, &name).await)?;
    let policy = baton_domain::topic::DeliveryPolicy {
        ack_deadline_ms: serve::answer(stored::or("/policy/ack_deadline_ms", &ack_deadline_ms, stored.ack_deadline_ms))?,
        maximum_deliveries: serve::answer(stored::or("/policy/maximum_deliveries", &maximum_deliveries, stored.maximum_deliveries))?,
        maximum_in_flight: serve::answer(stored::or("/policy/maximum_in_flight", &maximum_in_flight, stored.maximum_in_flight))?,
        backoff_initial_ms: serve::answer(stored::or("/policy/backoff_initial_ms", &backoff_initial_ms, stored.backoff_initial_ms))?,
        backoff_maximum_ms: serve::answer(stored::or("/policy/backoff_maximum_ms", &backoff_maximum_ms, stored.backoff_maximum_ms))?,
    };
    let made = serve::answer(topics.subscribe(&caller, NewSubscription { name, pattern, start, policy }).await)?;
    serve::go_back();
    Ok(made)
}

/// Ends a durable subscription.
///
/// # Errors
/// As [`TopicService::unsubscribe`](baton_domain::services::TopicService::unsubscribe).
#[server(endpoint = "/topics/unsubscribe", input = PostUrl, output = Json)]
pub async fn unsubscribe(name: String) -> Called<()> {
    serve::answer(serve::services()?.topics.unsubscribe(&serve::caller(), &name).await)?;
    serve::go_back();
    Ok(())
}

/// Hands messages to a consumer.
///
/// # Errors
/// As [`TopicService::pull`](baton_domain::services::TopicService::pull).
#[server(endpoint = "/topics/pull", input = Json, output = Json)]
pub async fn pull(name: String, #[server(default)] request: PullRequest) -> Called<Pulled> {
    serve::answer(serve::services()?.topics.pull(&serve::caller(), &name, request).await)
}

/// Deliveries were dealt with.
///
/// # Errors
/// As [`TopicService::acknowledge`](baton_domain::services::TopicService::acknowledge).
#[server(endpoint = "/topics/acknowledge", input = Json, output = Json)]
pub async fn acknowledge(name: String, ack_ids: Vec<String>) -> Called<Settled> {
    let deliveries = baton_domain::wire::topic::Acknowledgement { ack_ids };
    serve::answer(serve::services()?.topics.acknowledge(&serve::caller(), &name, deliveries).await)
}

/// Deliveries could not be dealt with.
///
/// # Errors
/// As [`TopicService::refuse`](baton_domain::services::TopicService::refuse).
#[server(endpoint = "/topics/refuse", input = Json, output = Json)]
pub async fn refuse(name: String, refusal: Refusal) -> Called<Settled> {
    serve::answer(serve::services()?.topics.refuse(&serve::caller(), &name, refusal).await)
}

/// Dead letters of a subscription, the oldest first.
///
/// # Errors
/// As [`TopicService::dead_letters`](baton_domain::services::TopicService::dead_letters).
#[server(endpoint = "/topics/dead_letters", input = Json, output = Json)]
pub async fn dead_letters(name: String, filter: DeadLetterFilter) -> Called<DeadLetterList> {
    serve::answer(serve::services()?.topics.dead_letters(&serve::caller(), &name, filter).await)
}

/// Delivers a dead letter again, or the oldest 500.
///
/// # Errors
/// As [`TopicService::redrive`](baton_domain::services::TopicService::redrive).
#[server(endpoint = "/topics/redrive", input = PostUrl, output = Json)]
pub async fn redrive(name: String, #[server(default)] seq: Option<EventSeq>) -> Called<Affected> {
    let which = baton_domain::wire::topic::DeadLetterChoice { seqs: seq.map(|seq| vec![seq]) };
    let affected = serve::answer(serve::services()?.topics.redrive(&serve::caller(), &name, which).await)?;
    serve::go_back();
    Ok(affected)
}

/// Deletes a dead letter, or the oldest 500.
///
/// # Errors
/// As [`TopicService::purge`](baton_domain::services::TopicService::purge).
#[server(endpoint = "/topics/purge", input = PostUrl, output = Json)]
pub async fn purge(name: String, #[server(default)] seq: Option<EventSeq>) -> Called<Affected> {
    let which = baton_domain::wire::topic::DeadLetterChoice { seqs: seq.map(|seq| vec![seq]) };
    let affected = serve::answer(serve::services()?.topics.purge(&serve::caller(), &name, which).await)?;
    serve::go_back();
    Ok(affected)
}

#[cfg(feature = "ssr")]
mod stored {
    //! What counts where a form leaves a field empty: what is stored.

    use std::str::FromStr;

    use baton_domain::problem::Problem;
    use baton_domain::services::{Answer, TopicService};
    use baton_domain::topic::{DeliveryPolicy, Retention};
    use baton_domain::user::Caller;

    /// How long a topic keeps its messages; as usual for one that is not there.
    pub(super) async fn retention(topics: &dyn TopicService, caller: &Caller, name: &str) -> Answer<Retention> {
        match topics.get(caller, name).await {
            Ok(topic) => Ok(topic.retention),
            Err(problem) if problem.status >= 500 => Err(problem),
            // What else is wrong, declaring it says too.
            Err(_) => Ok(Retention::default()),
        }
    }

    /// How a subscription is served; as usual for one that is not there.
    pub(super) async fn policy(topics: &dyn TopicService, caller: &Caller, name: &str) -> Answer<DeliveryPolicy> {
        match topics.subscriptions(caller).await {
            Ok(list) => Ok(list.items.into_iter().find(|one| one.name.as_str() == name).map(|one| one.policy).unwrap_or_default()),
            Err(problem) if problem.status >= 500 => Err(problem),
            // What else is wrong, making it says too.
            Err(_) => Ok(DeliveryPolicy::default()),
        }
    }

    /// What a field says, or what is stored if it says nothing.
    pub(super) fn or<T: FromStr>(field: &'static str, text: &str, stored: T) -> Answer<T> {
        match text.trim() {
            "" => Ok(stored),
            text => text.parse().map_err(|_| Problem::invalid_field(field, "Use a whole number.")),
        }
    }

    #[cfg(test)]
    mod tests {
        #![allow(clippy::unwrap_used, reason = "tests")]

        use super::*;

        #[test]
        fn a_field_that_is_left_empty_changes_nothing() {
            assert_eq!([or("/a", "", 7_u64), or("/a", " ", 7), or("/a", " 9 ", 7)].map(Result::unwrap), [7, 7, 9]);
            for text in ["x", "-1", "1.5", "99999999999"] {
                assert_eq!(or("/a", text, 7_u32).unwrap_err().errors[0].field, "/a", "{text}");
            }
        }
    }
}
