//! What a person does with decisions. Opening, voting and answering by a form is in [`say`](super::say).

use baton_domain::id::DecisionId;
use baton_domain::page::Page;
#[cfg(feature = "ssr")]
use baton_domain::wire::decision::{CancelDecision, LaterVerdict};
use baton_domain::wire::decision::{
    DecisionDetail, DecisionFilter, DecisionLab, DecisionSummary, DecisionVote, LabFilter, NewDecision, PersonVerdict, Retallied, RetallyChoice,
};
use leptos::prelude::server;
use leptos::server_fn::codec::PostUrl;

#[cfg(feature = "ssr")]
use super::serve;
use super::{Called, Json};

/// Opens a decision.
///
/// # Errors
/// As [`DecisionService::open`](baton_domain::services::DecisionService::open).
#[server(name = OpenDecision, endpoint = "/decisions/open", input = Json, output = Json)]
pub async fn open(request: NewDecision, #[server(default)] idempotency_key: Option<String>) -> Called<DecisionSummary> {
    serve::answer(serve::services()?.decisions.open(&serve::caller(), request, idempotency_key).await)
}

/// Decisions, the newest first.
///
/// # Errors
/// As [`DecisionService::list`](baton_domain::services::DecisionService::list).
#[server(name = ListDecisions, endpoint = "/decisions/list", input = Json, output = Json)]
pub async fn list(filter: DecisionFilter) -> Called<Page<DecisionSummary>> {
    serve::answer(serve::services()?.decisions.list(&serve::caller(), filter).await)
}

/// One decision with everything about it.
///
/// # Errors
/// As [`DecisionService::decision`](baton_domain::services::DecisionService::decision).
#[server(name = ReadDecision, endpoint = "/decisions/decision", input = Json, output = Json)]
pub async fn decision(id: DecisionId) -> Called<DecisionDetail> {
    serve::answer(serve::services()?.decisions.decision(&serve::caller(), id).await)
}

/// Says what the caller, a person of the electorate, was asked to say.
///
/// # Errors
/// As [`DecisionService::vote`](baton_domain::services::DecisionService::vote).
#[server(name = VoteDecision, endpoint = "/decisions/vote", input = Json, output = Json)]
pub async fn vote(id: DecisionId, vote: DecisionVote) -> Called<DecisionSummary> {
    serve::answer(serve::services()?.decisions.vote(&serve::caller(), id, vote).await)
}

/// Decides what was escalated to the caller.
///
/// # Errors
/// As [`DecisionService::answer`](baton_domain::services::DecisionService::answer).
#[server(name = AnswerDecision, endpoint = "/decisions/answer", input = Json, output = Json)]
pub async fn answer(id: DecisionId, verdict: PersonVerdict) -> Called<DecisionSummary> {
    serve::answer(serve::services()?.decisions.answer(&serve::caller(), id, verdict).await)
}

/// Ends a decision that nobody needs any more.
///
/// # Errors
/// As [`DecisionService::cancel`](baton_domain::services::DecisionService::cancel).
#[server(name = EndDecision, endpoint = "/decisions/cancel", input = PostUrl, output = Json)]
pub async fn cancel(id: DecisionId, #[server(default)] reason: String) -> Called<DecisionSummary> {
    let why = CancelDecision { reason: Some(reason.trim().to_owned()).filter(|reason| !reason.is_empty()) };
    let ended = serve::answer(serve::services()?.decisions.cancel(&serve::caller(), id, why).await)?;
    serve::go_back();
    Ok(ended)
}

/// Counts the stored ballots by other rules.
///
/// # Errors
/// As [`DecisionService::retally`](baton_domain::services::DecisionService::retally).
#[server(name = Retally, endpoint = "/decisions/retally", input = Json, output = Json)]
pub async fn retally(id: DecisionId, choice: RetallyChoice) -> Called<Retallied> {
    serve::answer(serve::services()?.decisions.retally(&serve::caller(), id, choice).await)
}

/// Records what a person found right after a decision had ended; without a key, that no answer was.
///
/// # Errors
/// As [`DecisionService::judge_later`](baton_domain::services::DecisionService::judge_later).
#[server(name = JudgeLater, endpoint = "/decisions/judge_later", input = PostUrl, output = Json)]
pub async fn judge_later(id: DecisionId, #[server(default)] key: String, #[server(default)] comment: String) -> Called<DecisionSummary> {
    let said = |text: String| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
    let verdict = LaterVerdict { key: said(key), comment: said(comment) };
    let judged = serve::answer(serve::services()?.decisions.judge_later(&serve::caller(), id, verdict).await)?;
    serve::go_back();
    Ok(judged)
}

/// Rules and voters against later verdicts.
///
/// # Errors
/// As [`DecisionService::lab`](baton_domain::services::DecisionService::lab).
#[server(name = ReadLab, endpoint = "/decisions/lab", input = Json, output = Json)]
pub async fn lab(filter: LabFilter) -> Called<DecisionLab> {
    serve::answer(serve::services()?.decisions.lab(&serve::caller(), filter).await)
}
