//! What can be done with contracts, and with bargaining over what is shared.

use async_trait::async_trait;

use super::Answer;
use crate::id::{BargainId, ContractId};
use crate::page::Page;
use crate::user::Caller;
use crate::wire::contract::{
    BargainDetail, BargainMove, BargainView, ContractDetail, ContractFilter, ContractMessage, ContractView, NewBargain, NewContract,
};

/// Puts work out to tender, and lets parties bargain.
#[async_trait]
pub trait ContractService: Send + Sync {
    /// Calls for bids. Agents' bids are computed; the award follows once all have answered or the time for bids is over. The same
    /// `idempotency_key` gives the contract of the first call.
    ///
    /// # Errors
    /// `CONTRACT-007` naming the field, `AGENT-002` for a skill that nobody has, `AGENT-001` for an agent that there is not, `REQUEST-002`,
    /// `REQUEST-009`. An input that does not fit is found out by the award's task: nobody takes it then, and the awards say why.
    async fn call(&self, caller: &Caller, contract: NewContract, idempotency_key: Option<String>) -> Answer<ContractView>;

    /// Contracts, the newest first.
    ///
    /// # Errors
    /// `REQUEST-010` for a bad cursor or limit.
    async fn contracts(&self, caller: &Caller, filter: ContractFilter) -> Answer<Page<ContractView>>;

    /// One contract with its bids and awards.
    ///
    /// # Errors
    /// `CONTRACT-008`.
    async fn contract(&self, caller: &Caller, id: ContractId) -> Answer<ContractDetail>;

    /// What a caller who was called says. Saying the same again does no harm.
    ///
    /// # Errors
    /// `CONTRACT-008`, `CONTRACT-001` to `CONTRACT-004`, `CONTRACT-006`, `REQUEST-002`, `CLAIM-011`.
    async fn tell(&self, caller: &Caller, id: ContractId, message: ContractMessage) -> Answer<ContractView>;

    /// Ends a contract without an outcome; the task of its award is cancelled. Asking twice does no harm.
    ///
    /// # Errors
    /// `CONTRACT-008`, `CONTRACT-006` once it has its outcome, `CLAIM-011`.
    async fn cancel(&self, caller: &Caller, id: ContractId) -> Answer<ContractView>;

    /// Opens a bargaining.
    ///
    /// # Errors
    /// `BARGAIN-001` naming the field.
    async fn open_bargain(&self, caller: &Caller, bargain: NewBargain, idempotency_key: Option<String>) -> Answer<BargainView>;

    /// Bargainings, the newest first.
    ///
    /// # Errors
    /// `REQUEST-010` for a bad cursor or limit.
    async fn bargains(&self, caller: &Caller, filter: ContractFilter) -> Answer<Page<BargainView>>;

    /// One bargaining with what was said.
    ///
    /// # Errors
    /// `BARGAIN-006`.
    async fn bargain(&self, caller: &Caller, id: BargainId) -> Answer<BargainDetail>;

    /// What a party says, through whoever speaks for it. Saying the same again does no harm.
    ///
    /// # Errors
    /// `BARGAIN-006`, `BARGAIN-003` to `BARGAIN-005`, `AUTH-005` for who does not speak for the party, `CLAIM-011`.
    async fn say(&self, caller: &Caller, id: BargainId, what: BargainMove) -> Answer<BargainView>;
}
