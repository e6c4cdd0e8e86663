//! What a person does with topics, messages and durable subscriptions.

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

/// Declares a topic; messages are kept as long as is usual.
///
/// # Errors
/// As [`TopicService::declare`](baton_domain::services::TopicService::declare).
#[server(endpoint = "/topics/declare", input = PostUrl, output = Json)]
pub async fn declare(name: String, kind: TopicKind) -> Called<TopicView> {
    let topic = baton_domain::wire::topic::NewTopic { name, kind, retention: baton_domain::topic::Retention::default() };
    let topic = serve::answer(serve::services()?.topics.declare(&serve::caller(), topic).await)?;
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
    serve::go_back();
    Ok(())
}

/// Publishes a message. What is no JSON is published as text.
///
/// # Errors
/// As [`TopicService::publish`](baton_domain::services::TopicService::publish).
#[server(endpoint = "/topics/publish", input = PostUrl, output = Json)]
pub async fn publish(name: String, payload: String) -> Called<Published> {
    let payload = serde_json::from_str(&payload).unwrap_or(serde_json::Value::String(payload));
    let message = baton_domain::wire::topic::NewMessage { payload, key: None };
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

/// Makes a durable subscription with the usual policy.
///
/// # Errors
/// As [`TopicService::subscribe`](baton_domain::services::TopicService::subscribe).
#[server(endpoint = "/topics/subscribe", input = PostUrl, output = Json)]
pub async fn subscribe(name: String, pattern: String, #[server(default)] start: StartAt) -> Called<SubscriptionView> {
    let new = NewSubscription { name, pattern, start, policy: baton_domain::topic::DeliveryPolicy::default() };
    let made = serve::answer(serve::services()?.topics.subscribe(&serve::caller(), new).await)?;
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
