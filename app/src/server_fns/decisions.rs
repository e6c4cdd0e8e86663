//! What a person does with decisions: asks, votes, decides, counts again, says what was right.

use baton_domain::id::DecisionId;
use baton_domain::page::Page;
use baton_domain::wire::decision::{
    CancelDecision, DecisionDetail, DecisionFilter, DecisionLab, DecisionSummary, DecisionVote, LabFilter, LaterVerdict, NewDecision,
    PersonVerdict, Retallied, RetallyChoice,
};
use leptos::prelude::server;

#[cfg(feature = "ssr")]
use super::serve;
use super::{Called, Json};

/// Opens a decision.
///
/// # Errors
/// As [`DecisionService::open`](baton_domain::services::DecisionService::open).
#[server(endpoint = "/decisions/open", input = Json, output = Json)]
pub async fn open(decision: NewDecision, #[server(default)] idempotency_key: Option<String>) -> Called<DecisionSummary> {
    serve::answer(serve::services()?.decisions.open(&serve::caller(), decision, idempotency_key).await)
}

/// A page of decisions, the newest first.
///
/// # Errors
/// As [`DecisionService::list`](baton_domain::services::DecisionService::list).
#[server(endpoint = "/decisions/list", input = Json, output = Json)]
pub async fn list(filter: DecisionFilter) -> Called<Page<DecisionSummary>> {
    serve::answer(serve::services()?.decisions.list(&serve::caller(), filter).await)
}

/// One decision with everything about it.
///
/// # Errors
/// As [`DecisionService::decision`](baton_domain::services::DecisionService::decision).
#[server(endpoint = "/decisions/get", input = Json, output = Json)]
pub async fn get(id: DecisionId) -> Called<DecisionDetail> {
    serve::answer(serve::services()?.decisions.decision(&serve::caller(), id).await)
}

/// Says what the caller was asked to say.
///
/// # Errors
/// As [`DecisionService::vote`](baton_domain::services::DecisionService::vote).
#[server(endpoint = "/decisions/vote", input = Json, output = Json)]
pub async fn vote(id: DecisionId, vote: DecisionVote) -> Called<DecisionSummary> {
    serve::answer(serve::services()?.decisions.vote(&serve::caller(), id, vote).await)
}

/// Decides what was escalated to the caller.
///
/// # Errors
/// As [`DecisionService::answer`](baton_domain::services::DecisionService::answer).
#[server(endpoint = "/decisions/answer", input = Json, output = Json)]
pub async fn answer(id: DecisionId, verdict: PersonVerdict) -> Called<DecisionSummary> {
    serve::answer(serve::services()?.decisions.answer(&serve::caller(), id, verdict).await)
}

/// Ends a decision that nobody needs any more.
///
/// # Errors
/// As [`DecisionService::cancel`](baton_domain::services::DecisionService::cancel).
#[server(endpoint = "/decisions/cancel", input = Json, output = Json)]
pub async fn cancel(id: DecisionId, #[server(default)] why: CancelDecision) -> Called<DecisionSummary> {
    serve::answer(serve::services()?.decisions.cancel(&serve::caller(), id, why).await)
}

/// Counts the stored ballots by other rules.
///
/// # Errors
/// As [`DecisionService::retally`](baton_domain::services::DecisionService::retally).
#[server(endpoint = "/decisions/retally", input = Json, output = Json)]
pub async fn retally(id: DecisionId, #[server(default)] choice: RetallyChoice) -> Called<Retallied> {
    serve::answer(serve::services()?.decisions.retally(&serve::caller(), id, choice).await)
}

/// Records what a person found right.
///
/// # Errors
/// As [`DecisionService::judge_later`](baton_domain::services::DecisionService::judge_later).
#[server(endpoint = "/decisions/judge_later", input = Json, output = Json)]
pub async fn judge_later(id: DecisionId, verdict: LaterVerdict) -> Called<DecisionSummary> {
    serve::answer(serve::services()?.decisions.judge_later(&serve::caller(), id, verdict).await)
}

/// Rules and voters against later verdicts.
///
/// # Errors
/// As [`DecisionService::lab`](baton_domain::services::DecisionService::lab).
#[server(endpoint = "/decisions/lab", input = Json, output = Json)]
pub async fn lab(filter: LabFilter) -> Called<DecisionLab> {
    serve::answer(serve::services()?.decisions.lab(&serve::caller(), filter).await)
}
