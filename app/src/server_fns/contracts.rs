//! What a person does with contracts and bargainings.

use baton_domain::id::{BargainId, ContractId};
use baton_domain::page::Page;
use baton_domain::wire::contract::{
    BargainDetail, BargainMove, BargainView, ContractDetail, ContractFilter, ContractMessage, ContractView, NewBargain, NewContract,
};
use leptos::prelude::server;
use leptos::server_fn::codec::PostUrl;

#[cfg(feature = "ssr")]
use super::serve;
use super::{Called, Json};

/// Calls for bids.
///
/// # Errors
/// As [`ContractService::call`](baton_domain::services::ContractService::call).
#[server(name = CallContract, endpoint = "/contracts/call", input = Json, output = Json)]
pub async fn call(contract: NewContract, #[server(default)] idempotency_key: Option<String>) -> Called<ContractView> {
    serve::answer(serve::services()?.contracts.call(&serve::caller(), contract, idempotency_key).await)
}

/// Contracts, the newest first.
///
/// # Errors
/// As [`ContractService::contracts`](baton_domain::services::ContractService::contracts).
#[server(name = ListContracts, endpoint = "/contracts/list", input = Json, output = Json)]
pub async fn list(filter: ContractFilter) -> Called<Page<ContractView>> {
    serve::answer(serve::services()?.contracts.contracts(&serve::caller(), filter).await)
}

/// One contract with its bids and awards.
///
/// # Errors
/// As [`ContractService::contract`](baton_domain::services::ContractService::contract).
#[server(name = GetContract, endpoint = "/contracts/get", input = Json, output = Json)]
pub async fn get(id: ContractId) -> Called<ContractDetail> {
    serve::answer(serve::services()?.contracts.contract(&serve::caller(), id).await)
}

/// What a person who was called says.
///
/// # Errors
/// As [`ContractService::tell`](baton_domain::services::ContractService::tell).
#[server(name = TellContract, endpoint = "/contracts/tell", input = Json, output = Json)]
pub async fn tell(id: ContractId, message: ContractMessage) -> Called<ContractView> {
    serve::answer(serve::services()?.contracts.tell(&serve::caller(), id, message).await)
}

/// Ends a contract without an outcome.
///
/// # Errors
/// As [`ContractService::cancel`](baton_domain::services::ContractService::cancel).
#[server(name = CancelContract, endpoint = "/contracts/cancel", input = PostUrl, output = Json)]
pub async fn cancel(id: ContractId) -> Called<ContractView> {
    let contract = serve::answer(serve::services()?.contracts.cancel(&serve::caller(), id).await)?;
    serve::go_back();
    Ok(contract)
}

/// Opens a bargaining.
///
/// # Errors
/// As [`ContractService::open_bargain`](baton_domain::services::ContractService::open_bargain).
#[server(name = OpenBargain, endpoint = "/contracts/open_bargain", input = Json, output = Json)]
pub async fn open_bargain(bargain: NewBargain, #[server(default)] idempotency_key: Option<String>) -> Called<BargainView> {
    serve::answer(serve::services()?.contracts.open_bargain(&serve::caller(), bargain, idempotency_key).await)
}

/// Bargainings, the newest first.
///
/// # Errors
/// As [`ContractService::bargains`](baton_domain::services::ContractService::bargains).
#[server(name = ListBargains, endpoint = "/contracts/bargains", input = Json, output = Json)]
pub async fn bargains(filter: ContractFilter) -> Called<Page<BargainView>> {
    serve::answer(serve::services()?.contracts.bargains(&serve::caller(), filter).await)
}

/// One bargaining with what was said.
///
/// # Errors
/// As [`ContractService::bargain`](baton_domain::services::ContractService::bargain).
#[server(name = GetBargain, endpoint = "/contracts/bargain", input = Json, output = Json)]
pub async fn bargain(id: BargainId) -> Called<BargainDetail> {
    serve::answer(serve::services()?.contracts.bargain(&serve::caller(), id).await)
}

/// What a party says, through the person who speaks for it.
///
/// # Errors
/// As [`ContractService::say`](baton_domain::services::ContractService::say).
#[server(name = SayInBargain, endpoint = "/contracts/say", input = Json, output = Json)]
pub async fn say(id: BargainId, what: BargainMove) -> Called<BargainView> {
    serve::answer(serve::services()?.contracts.say(&serve::caller(), id, what).await)
}
