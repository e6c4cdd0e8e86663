//! How work is put out to tender, and parties bargain, over REST.

use axum::Json;
use axum::extract::{RawQuery, State};
use axum::http::HeaderName;
use axum::http::header::LINK;
use baton_domain::id::{BargainId, ContractId};
use baton_domain::page::Page;
use baton_domain::wire::contract::{
    BargainDetail, BargainMove, BargainView, ContractDetail, ContractFilter, ContractMessage, ContractView, NewBargain, NewContract,
};

use super::tasks::next_link;
use super::{Created, created};
use crate::extract::{Body, Id, IdempotencyKey, Params, SignedIn};
use crate::gateway::Gateway;
use crate::problem_response::Reply;

/// List contracts
///
/// The newest first. The `Link` header holds the address of the next page, if there is one.
#[utoipa::path(
    get, path = "/contracts", tag = "contracts", operation_id = "list_contracts",
    params(
        ("live" = Option<bool>, Query, description = "Only those that go on, or only those that have ended", example = json!(true)),
        ("cursor" = Option<String>, Query, description = "`next_cursor` of the page before"),
        ("limit" = Option<u32>, Query, minimum = 1, maximum = 500, description = "Rows of the page; 50 by default"),
    ),
    responses((status = 200, description = "A page of contracts", body = Page<ContractView>)),
    extensions(("x-permission" = json!("read")), ("x-errors" = json!([])))
)]
pub(crate) async fn list_contracts(
    State(gateway): State<Gateway>,
    SignedIn(caller): SignedIn,
    RawQuery(raw): RawQuery,
    Params(filter): Params<ContractFilter>,
) -> Reply<([(HeaderName, String); 1], Json<Page<ContractView>>)> {
    let page = gateway.services.contracts.contracts(&caller, filter).await?;
    Ok(([(LINK, next_link("contracts", raw.as_deref(), page.next_cursor.as_deref()))], Json(page)))
}

/// Call for bids
///
/// Agents' bids are computed from what was measured of them; callers who are named bid themselves. The best gets the work; if it comes to
/// nothing there, the next does.
#[utoipa::path(
    post, path = "/contracts", tag = "contracts", operation_id = "create_contract",
    params(
        ("Idempotency-Key" = Option<String>, Header, min_length = 1, max_length = 255, description = "The same key with the same request gives what came of the first call"),
    ),
    request_body(content = NewContract, example = json!({"work": {"skill": "nlp.sentiment", "input": {"text": "What a fine day."}}, "weights": {"cost": 1, "speed": 3, "capability": 1, "confidence": 2}})),
    responses((status = 201, description = "Called", body = ContractView)),
    extensions(("x-permission" = json!("work")), ("x-errors" = json!(["AGENT-001", "AGENT-002", "CONTRACT-007", "REQUEST-002", "REQUEST-009", "STORAGE-002"])))
)]
pub(crate) async fn create_contract(
    State(gateway): State<Gateway>,
    SignedIn(caller): SignedIn,
    IdempotencyKey(key): IdempotencyKey,
    Body(contract): Body<NewContract>,
) -> Reply<Created<ContractView>> {
    let contract = gateway.services.contracts.call(&caller, contract, key).await?;
    Ok(created("contracts", contract.id, contract))
}

/// Get a contract
///
/// Its bids with their scores, its awards, and what came of it.
#[utoipa::path(
    get, path = "/contracts/{id}", tag = "contracts", operation_id = "get_contract",
    params(
        ("id" = String, Path, format = "uuid", description = "The contract"),
    ),
    responses((status = 200, description = "The contract", body = ContractDetail)),
    extensions(("x-permission" = json!("read")), ("x-errors" = json!(["CONTRACT-008"])))
)]
pub(crate) async fn get_contract(
    State(gateway): State<Gateway>,
    SignedIn(caller): SignedIn,
    Id(id): Id<ContractId>,
) -> Reply<Json<ContractDetail>> {
    Ok(Json(gateway.services.contracts.contract(&caller, id).await?))
}

/// Bid, accept, report
///
/// What a caller who was called says. The same again does no harm.
#[utoipa::path(
    post, path = "/contracts/{id}/messages", tag = "contracts", operation_id = "tell_contract",
    params(
        ("id" = String, Path, format = "uuid", description = "The contract"),
    ),
    request_body(content = ContractMessage, example = json!({"say": "bid", "terms": {"cost": 250_000, "eta_ms": 60_000}})),
    responses((status = 200, description = "The contract as it is now", body = ContractView)),
    extensions(("x-permission" = json!("work")), ("x-errors" = json!(["CLAIM-011", "CONTRACT-001", "CONTRACT-002", "CONTRACT-003", "CONTRACT-004", "CONTRACT-006", "CONTRACT-008", "REQUEST-002"])))
)]
pub(crate) async fn tell_contract(
    State(gateway): State<Gateway>,
    SignedIn(caller): SignedIn,
    Id(id): Id<ContractId>,
    Body(message): Body<ContractMessage>,
) -> Reply<Json<ContractView>> {
    Ok(Json(gateway.services.contracts.tell(&caller, id, message).await?))
}

/// Cancel a contract
///
/// The task of its award is cancelled. Asking twice does no harm.
#[utoipa::path(
    post, path = "/contracts/{id}/cancel", tag = "contracts", operation_id = "cancel_contract",
    params(
        ("id" = String, Path, format = "uuid", description = "The contract"),
    ),
    responses((status = 200, description = "The contract as it is now", body = ContractView)),
    extensions(("x-permission" = json!("work")), ("x-errors" = json!(["CLAIM-011", "CONTRACT-006", "CONTRACT-008"])))
)]
pub(crate) async fn cancel_contract(
    State(gateway): State<Gateway>,
    SignedIn(caller): SignedIn,
    Id(id): Id<ContractId>,
) -> Reply<Json<ContractView>> {
    Ok(Json(gateway.services.contracts.cancel(&caller, id).await?))
}

/// List bargainings
///
/// The newest first. The `Link` header holds the address of the next page, if there is one.
#[utoipa::path(
    get, path = "/bargains", tag = "contracts", operation_id = "list_bargains",
    params(
        ("live" = Option<bool>, Query, description = "Only those that go on, or only those that have ended", example = json!(true)),
        ("cursor" = Option<String>, Query, description = "`next_cursor` of the page before"),
        ("limit" = Option<u32>, Query, minimum = 1, maximum = 500, description = "Rows of the page; 50 by default"),
    ),
    responses((status = 200, description = "A page of bargainings", body = Page<BargainView>)),
    extensions(("x-permission" = json!("read")), ("x-errors" = json!([])))
)]
pub(crate) async fn list_bargains(
    State(gateway): State<Gateway>,
    SignedIn(caller): SignedIn,
    RawQuery(raw): RawQuery,
    Params(filter): Params<ContractFilter>,
) -> Reply<([(HeaderName, String); 1], Json<Page<BargainView>>)> {
    let page = gateway.services.contracts.bargains(&caller, filter).await?;
    Ok(([(LINK, next_link("bargains", raw.as_deref(), page.next_cursor.as_deref()))], Json(page)))
}

/// Open a bargaining
///
/// Parties make one another offers over a pot, in bounded rounds and time; automated ones by their utility.
#[utoipa::path(
    post, path = "/bargains", tag = "contracts", operation_id = "create_bargain",
    params(
        ("Idempotency-Key" = Option<String>, Header, min_length = 1, max_length = 255, description = "The same key with the same request gives what came of the first call"),
    ),
    request_body(content = NewBargain, example = json!({"title": "GPU hours of the week", "pot": 100, "rounds": 10, "turn_ms": 60_000, "mediation": "nash", "parties": [
        {"key": "training", "pieces": [{"units": 60, "worth": 5}, {"units": 40, "worth": 1}], "voice": {"by": "automatic", "stubbornness": 2}},
        {"key": "serving", "pieces": [{"units": 80, "worth": 3}], "least": 60, "voice": {"by": "automatic", "stubbornness": 1}}
    ]})),
    responses((status = 201, description = "Opened", body = BargainView)),
    extensions(("x-permission" = json!("work")), ("x-errors" = json!(["BARGAIN-001", "REQUEST-002", "REQUEST-009", "STORAGE-002"])))
)]
pub(crate) async fn create_bargain(
    State(gateway): State<Gateway>,
    SignedIn(caller): SignedIn,
    IdempotencyKey(key): IdempotencyKey,
    Body(bargain): Body<NewBargain>,
) -> Reply<Created<BargainView>> {
    let bargain = gateway.services.contracts.open_bargain(&caller, bargain, key).await?;
    Ok(created("bargains", bargain.id, bargain))
}

/// Get a bargaining
///
/// How it stands, and what was said. What a party insists on is seen by whoever speaks for it, opened the bargaining, or is an administrator.
#[utoipa::path(
    get, path = "/bargains/{id}", tag = "contracts", operation_id = "get_bargain",
    params(
        ("id" = String, Path, format = "uuid", description = "The bargaining"),
    ),
    responses((status = 200, description = "The bargaining", body = BargainDetail)),
    extensions(("x-permission" = json!("read")), ("x-errors" = json!(["BARGAIN-006"])))
)]
pub(crate) async fn get_bargain(
    State(gateway): State<Gateway>,
    SignedIn(caller): SignedIn,
    Id(id): Id<BargainId>,
) -> Reply<Json<BargainDetail>> {
    Ok(Json(gateway.services.contracts.bargain(&caller, id).await?))
}

/// Offer, accept, reject
///
/// What a party says, through whoever speaks for it.
#[utoipa::path(
    post, path = "/bargains/{id}/moves", tag = "contracts", operation_id = "say_in_bargain",
    params(
        ("id" = String, Path, format = "uuid", description = "The bargaining"),
    ),
    request_body(content = BargainMove, example = json!({"say": "offer", "party": "training", "round": 0, "shares": {"training": 60, "serving": 40}})),
    responses((status = 200, description = "The bargaining as it is now", body = BargainView)),
    extensions(("x-permission" = json!("work")), ("x-errors" = json!(["BARGAIN-003", "BARGAIN-004", "BARGAIN-005", "BARGAIN-006", "CLAIM-011"])))
)]
pub(crate) async fn say_in_bargain(
    State(gateway): State<Gateway>,
    SignedIn(caller): SignedIn,
    Id(id): Id<BargainId>,
    Body(what): Body<BargainMove>,
) -> Reply<Json<BargainView>> {
    Ok(Json(gateway.services.contracts.say(&caller, id, what).await?))
}
