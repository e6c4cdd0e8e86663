//! How topics are declared, published to and read over REST.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use baton_domain::wire::topic::{MessageFilter, MessageList, NewMessage, NewTopic, Published, TopicList, TopicView};

use super::{Created, created};
use crate::extract::{Body, IdempotencyKey, Params, SignedIn, TopicInPath};
use crate::gateway::Gateway;
use crate::problem_response::Reply;

/// List topics
#[utoipa::path(
    get, path = "/topics", tag = "topics", operation_id = "list_topics",
    responses((status = 200, description = "All topics, by name", body = TopicList)),
    extensions(("x-permission" = json!("read")), ("x-errors" = json!([])))
)]
pub(crate) async fn list_topics(State(gateway): State<Gateway>, SignedIn(caller): SignedIn) -> Reply<Json<TopicList>> {
    Ok(Json(gateway.services.topics.list(&caller).await?))
}

/// Declare a topic
///
/// Its kind stays what it is; declared again, its retention is replaced.
#[utoipa::path(
    post, path = "/topics", tag = "topics", operation_id = "declare_topic",
    request_body(content = NewTopic, example = json!({"name": "orders.created", "kind": "durable"})),
    responses((status = 201, description = "Declared", body = TopicView, headers(("Location", description = "The topic's address")))),
    extensions(("x-permission" = json!("operate")), ("x-errors" = json!(["TOPIC-002", "TOPIC-003", "TOPIC-007"])))
)]
pub(crate) async fn declare_topic(
    State(gateway): State<Gateway>,
    SignedIn(caller): SignedIn,
    Body(topic): Body<NewTopic>,
) -> Reply<Created<TopicView>> {
    let topic = gateway.services.topics.declare(&caller, topic).await?;
    Ok(created("topics", topic.name.clone(), topic))
}

/// Get a topic
#[utoipa::path(
    get, path = "/topics/{name}", tag = "topics", operation_id = "get_topic",
    params(("name" = String, Path, description = "The topic's name")),
    responses((status = 200, description = "The topic", body = TopicView)),
    extensions(("x-permission" = json!("read")), ("x-errors" = json!(["TOPIC-001", "TOPIC-002"])))
)]
pub(crate) async fn get_topic(
    State(gateway): State<Gateway>,
    SignedIn(caller): SignedIn,
    TopicInPath(name): TopicInPath,
) -> Reply<Json<TopicView>> {
    Ok(Json(gateway.services.topics.get(&caller, &name).await?))
}

/// Delete a topic
///
/// With its messages, those among dead letters included.
#[utoipa::path(
    delete, path = "/topics/{name}", tag = "topics", operation_id = "delete_topic",
    params(("name" = String, Path, description = "The topic's name")),
    responses((status = 204, description = "Deleted")),
    extensions(("x-permission" = json!("operate")), ("x-errors" = json!(["TOPIC-001", "TOPIC-002"])))
)]
pub(crate) async fn delete_topic(
    State(gateway): State<Gateway>,
    SignedIn(caller): SignedIn,
    TopicInPath(name): TopicInPath,
) -> Reply<StatusCode> {
    gateway.services.topics.delete(&caller, &name).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Publish a message
///
/// Of a durable topic it is stored when this answers. `Idempotency-Key` is taken as the message's `key`, if it has none.
#[utoipa::path(
    post, path = "/topics/{name}/messages", tag = "topics", operation_id = "publish_message",
    params(
        ("name" = String, Path, description = "The topic's name"),
        ("Idempotency-Key" = Option<String>, Header, description = "At most 128 characters; the same key again stores nothing"),
    ),
    request_body(content = NewMessage, example = json!({"payload": {"order": 17, "total": 12.5}})),
    responses((status = 201, description = "Published", body = Published)),
    extensions(("x-permission" = json!("work")), ("x-errors" = json!(["TOPIC-001", "TOPIC-002", "TOPIC-004"])))
)]
pub(crate) async fn publish_message(
    State(gateway): State<Gateway>,
    SignedIn(caller): SignedIn,
    TopicInPath(name): TopicInPath,
    IdempotencyKey(key): IdempotencyKey,
    Body(mut message): Body<NewMessage>,
) -> Reply<(StatusCode, Json<Published>)> {
    message.key = message.key.or(key);
    let published = gateway.services.topics.publish(&caller, &name, message).await?;
    Ok((StatusCode::CREATED, Json(published)))
}

/// List messages
///
/// Those that a durable topic keeps, the newest first.
#[utoipa::path(
    get, path = "/topics/{name}/messages", tag = "topics", operation_id = "list_messages",
    params(
        ("name" = String, Path, description = "The topic's name"),
        ("before" = Option<i64>, Query, minimum = 0, description = "Only those before this place: `seq` of the oldest one has"),
        ("limit" = Option<u32>, Query, minimum = 1, maximum = 500, description = "The most messages; 50 by default"),
    ),
    responses((status = 200, description = "Messages", body = MessageList)),
    extensions(("x-permission" = json!("read")), ("x-errors" = json!(["TOPIC-001", "TOPIC-002"])))
)]
pub(crate) async fn list_messages(
    State(gateway): State<Gateway>,
    SignedIn(caller): SignedIn,
    TopicInPath(name): TopicInPath,
    Params(filter): Params<MessageFilter>,
) -> Reply<Json<MessageList>> {
    Ok(Json(gateway.services.topics.messages(&caller, &name, filter).await?))
}
