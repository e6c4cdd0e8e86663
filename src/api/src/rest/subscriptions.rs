//! How durable subscriptions are made and consumed over REST.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use baton_domain::wire::topic::{
    Acknowledgement, Affected, DeadLetterChoice, DeadLetterFilter, DeadLetterList, NewSubscription, PullRequest, Pulled, Refusal, Settled,
    SubscriptionList, SubscriptionView,
};

use super::{Created, created};
use crate::extract::{Body, OptionalBody, Params, SignedIn, SubscriptionInPath};
use crate::gateway::Gateway;
use crate::problem_response::Reply;

/// List subscriptions
#[utoipa::path(
    get, path = "/subscriptions", tag = "topics", operation_id = "list_subscriptions",
    responses((status = 200, description = "All durable subscriptions, by name", body = SubscriptionList)),
    extensions(("x-permission" = json!("read")), ("x-errors" = json!([])))
)]
pub(crate) async fn list_subscriptions(State(gateway): State<Gateway>, SignedIn(caller): SignedIn) -> Reply<Json<SubscriptionList>> {
    Ok(Json(gateway.services.topics.subscriptions(&caller).await?))
}

/// Subscribe durably
///
/// Consumers of one subscription share its messages; different subscriptions each get all. Made again with the same pattern,
/// its policy is replaced and its place stays.
#[utoipa::path(
    post, path = "/subscriptions", tag = "topics", operation_id = "create_subscription",
    request_body(content = NewSubscription, example = json!({"name": "billing", "pattern": "orders.>", "start": "earliest"})),
    responses((status = 201, description = "Made", body = SubscriptionView, headers(("Location", description = "The subscription's address")))),
    extensions(("x-permission" = json!("work")), ("x-errors" = json!(["TOPIC-002", "TOPIC-006", "TOPIC-007"])))
)]
pub(crate) async fn create_subscription(
    State(gateway): State<Gateway>,
    SignedIn(caller): SignedIn,
    Body(subscription): Body<NewSubscription>,
) -> Reply<Created<SubscriptionView>> {
    let subscription = gateway.services.topics.subscribe(&caller, subscription).await?;
    Ok(created("subscriptions", subscription.name.clone(), subscription))
}

/// End a subscription
///
/// With its dead letters.
#[utoipa::path(
    delete, path = "/subscriptions/{name}", tag = "topics", operation_id = "end_subscription",
    params(("name" = String, Path, description = "The subscription")),
    responses((status = 204, description = "Ended")),
    extensions(("x-permission" = json!("work")), ("x-errors" = json!(["TOPIC-005"])))
)]
pub(crate) async fn end_subscription(
    State(gateway): State<Gateway>,
    SignedIn(caller): SignedIn,
    SubscriptionInPath(name): SubscriptionInPath,
) -> Reply<StatusCode> {
    gateway.services.topics.unsubscribe(&caller, &name).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Pull messages
///
/// Those that are delivered again come before new ones. What is not acknowledged by its deadline is delivered again.
#[utoipa::path(
    post, path = "/subscriptions/{name}/pull", tag = "topics", operation_id = "pull_messages",
    params(("name" = String, Path, description = "The subscription")),
    request_body(content = PullRequest, example = json!({"consumer": "worker-1", "maximum": 10})),
    responses((status = 200, description = "Messages; none if there were none in time", body = Pulled)),
    extensions(("x-permission" = json!("work")), ("x-errors" = json!(["TOPIC-005"])))
)]
pub(crate) async fn pull_messages(
    State(gateway): State<Gateway>,
    SignedIn(caller): SignedIn,
    SubscriptionInPath(name): SubscriptionInPath,
    OptionalBody(request): OptionalBody<PullRequest>,
) -> Reply<Json<Pulled>> {
    Ok(Json(gateway.services.topics.pull(&caller, &name, request).await?))
}

/// Acknowledge messages
///
/// A late acknowledgement changes nothing and is named in `late`.
#[utoipa::path(
    post, path = "/subscriptions/{name}/acknowledge", tag = "topics", operation_id = "acknowledge_messages",
    params(("name" = String, Path, description = "The subscription")),
    request_body(content = Acknowledgement, example = json!({"ack_ids": ["17-4"]})),
    responses((status = 200, description = "What became of them", body = Settled)),
    extensions(("x-permission" = json!("work")), ("x-errors" = json!(["TOPIC-005"])))
)]
pub(crate) async fn acknowledge_messages(
    State(gateway): State<Gateway>,
    SignedIn(caller): SignedIn,
    SubscriptionInPath(name): SubscriptionInPath,
    Body(deliveries): Body<Acknowledgement>,
) -> Reply<Json<Settled>> {
    Ok(Json(gateway.services.topics.acknowledge(&caller, &name, deliveries).await?))
}

/// Refuse messages
///
/// They are delivered again after the subscription's backoff or `delay_ms`, or become dead letters.
#[utoipa::path(
    post, path = "/subscriptions/{name}/refuse", tag = "topics", operation_id = "refuse_messages",
    params(("name" = String, Path, description = "The subscription")),
    request_body(content = Refusal, example = json!({"ack_ids": ["17-4"], "delay_ms": 5000})),
    responses((status = 200, description = "What became of them", body = Settled)),
    extensions(("x-permission" = json!("work")), ("x-errors" = json!(["TOPIC-005"])))
)]
pub(crate) async fn refuse_messages(
    State(gateway): State<Gateway>,
    SignedIn(caller): SignedIn,
    SubscriptionInPath(name): SubscriptionInPath,
    Body(deliveries): Body<Refusal>,
) -> Reply<Json<Settled>> {
    Ok(Json(gateway.services.topics.refuse(&caller, &name, deliveries).await?))
}

/// List dead letters
///
/// Messages that were delivered as often as the subscription allows, the oldest first.
#[utoipa::path(
    get, path = "/subscriptions/{name}/dead-letters", tag = "topics", operation_id = "list_dead_letters",
    params(
        ("name" = String, Path, description = "The subscription"),
        ("after" = Option<i64>, Query, minimum = 0, description = "Only those after this place: `seq` of the newest one has"),
        ("limit" = Option<u32>, Query, minimum = 1, maximum = 500, description = "The most letters; 50 by default"),
    ),
    responses((status = 200, description = "Dead letters", body = DeadLetterList)),
    extensions(("x-permission" = json!("read")), ("x-errors" = json!(["TOPIC-005"])))
)]
pub(crate) async fn list_dead_letters(
    State(gateway): State<Gateway>,
    SignedIn(caller): SignedIn,
    SubscriptionInPath(name): SubscriptionInPath,
    Params(filter): Params<DeadLetterFilter>,
) -> Reply<Json<DeadLetterList>> {
    Ok(Json(gateway.services.topics.dead_letters(&caller, &name, filter).await?))
}

/// Redrive dead letters
///
/// They are delivered again as if for the first time; without `seqs` the oldest 500.
#[utoipa::path(
    post, path = "/subscriptions/{name}/dead-letters/redrive", tag = "topics", operation_id = "redrive_dead_letters",
    params(("name" = String, Path, description = "The subscription")),
    request_body(content = DeadLetterChoice, example = json!({"seqs": [17]})),
    responses((status = 200, description = "How many", body = Affected)),
    extensions(("x-permission" = json!("operate")), ("x-errors" = json!(["TOPIC-005"])))
)]
pub(crate) async fn redrive_dead_letters(
    State(gateway): State<Gateway>,
    SignedIn(caller): SignedIn,
    SubscriptionInPath(name): SubscriptionInPath,
    OptionalBody(which): OptionalBody<DeadLetterChoice>,
) -> Reply<Json<Affected>> {
    Ok(Json(gateway.services.topics.redrive(&caller, &name, which).await?))
}

/// Purge dead letters
///
/// They are deleted; without `seqs` the oldest 500.
#[utoipa::path(
    post, path = "/subscriptions/{name}/dead-letters/purge", tag = "topics", operation_id = "purge_dead_letters",
    params(("name" = String, Path, description = "The subscription")),
    request_body(content = DeadLetterChoice, example = json!({"seqs": [17]})),
    responses((status = 200, description = "How many", body = Affected)),
    extensions(("x-permission" = json!("operate")), ("x-errors" = json!(["TOPIC-005"])))
)]
pub(crate) async fn purge_dead_letters(
    State(gateway): State<Gateway>,
    SignedIn(caller): SignedIn,
    SubscriptionInPath(name): SubscriptionInPath,
    OptionalBody(which): OptionalBody<DeadLetterChoice>,
) -> Reply<Json<Affected>> {
    Ok(Json(gateway.services.topics.purge(&caller, &name, which).await?))
}
