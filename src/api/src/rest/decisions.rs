//! How decisions are asked for, voted on, counted again and judged over REST.

use axum::Json;
use axum::extract::{RawQuery, State};
use axum::http::HeaderName;
use axum::http::header::LINK;
use baton_domain::id::DecisionId;
use baton_domain::page::Page;
use baton_domain::time::Timestamp;
use baton_domain::wire::decision::{
    CancelDecision, DecisionDetail, DecisionFilter, DecisionLab, DecisionState, DecisionSummary, DecisionVote, LabFilter, LaterVerdict,
    NewDecision, PersonVerdict, Retallied, RetallyChoice,
};
use serde::Deserialize;

use super::tasks::next_link;
use super::{Created, created};
use crate::extract::{Body, Id, IdempotencyKey, OptionalBody, Params, SignedIn};
use crate::gateway::Gateway;
use crate::problem_response::Reply;

/// Open a decision
///
/// Puts a question to agents and people. It is stored when this answers, and ends by its deadline with a verdict or an escalation. Voters that are agents
/// answer by the skill in `task`, or are asked in words.
#[utoipa::path(
    post, path = "/decisions", tag = "decisions", operation_id = "open_decision",
    params(("Idempotency-Key" = Option<String>, Header, min_length = 1, max_length = 255, description = "The same key with the same request gives the decision of the first call")),
    request_body(content = NewDecision, example = json!({
        "question": "Is the customer content?",
        "answers": {"kind": "options", "options": [{"key": "positive"}, {"key": "neutral"}, {"key": "negative"}]},
        "task": {"skill": "nlp.sentiment", "input": {"text": "What a fine day."}, "answer": "/label"},
        "electorate": [{"kind": "skill", "skill": "nlp.sentiment"}],
        "rule": "majority"
    })),
    responses((status = 201, description = "Opened", body = DecisionSummary, headers(("Location", description = "The decision's address")))),
    extensions(("x-permission" = json!("work")), ("x-errors" = json!([
        "DECISION-002", "DECISION-003", "DECISION-004", "DECISION-005", "DECISION-006", "DECISION-007", "DECISION-008", "DECISION-009", "DECISION-010",
        "DECISION-011", "TASK-002", "REQUEST-009", "STORAGE-002"
    ])))
)]
pub(crate) async fn open_decision(
    State(gateway): State<Gateway>,
    SignedIn(caller): SignedIn,
    IdempotencyKey(key): IdempotencyKey,
    Body(decision): Body<NewDecision>,
) -> Reply<Created<DecisionSummary>> {
    let opened = gateway.services.decisions.open(&caller, decision, key).await?;
    Ok(created("decisions", opened.id, opened))
}

/// What a query says of a [`DecisionFilter`].
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct DecisionQuery {
    state: Option<DecisionState>,
    cursor: Option<String>,
    limit: Option<u32>,
}

/// List decisions
///
/// The newest first. The `Link` header holds the address of the next page, if there is one.
#[utoipa::path(
    get, path = "/decisions", tag = "decisions", operation_id = "list_decisions",
    params(
        ("state" = Option<DecisionState>, Query, description = "Only in this state", example = json!("open")),
        ("cursor" = Option<String>, Query, description = "`next_cursor` of the page before"),
        ("limit" = Option<u32>, Query, minimum = 1, maximum = 500, description = "Rows of the page; 50 by default"),
    ),
    responses((status = 200, description = "A page of decisions", body = Page<DecisionSummary>, headers(("Link", description = "The next page, as rel=\"next\"")))),
    extensions(("x-permission" = json!("read")), ("x-errors" = json!([])))
)]
pub(crate) async fn list_decisions(
    State(gateway): State<Gateway>,
    SignedIn(caller): SignedIn,
    RawQuery(raw): RawQuery,
    Params(query): Params<DecisionQuery>,
) -> Reply<([(HeaderName, String); 1], Json<Page<DecisionSummary>>)> {
    let DecisionQuery { state, cursor, limit } = query;
    let page = gateway.services.decisions.list(&caller, DecisionFilter { state, cursor, limit }).await?;
    Ok(([(LINK, next_link("decisions", raw.as_deref(), page.next_cursor.as_deref()))], Json(page)))
}

/// Get a decision
///
/// Who was asked what, and when the voting is over what they said: drafts, ballots, counts, verdict, dissent, the story of its stages. `yours` is what is
/// asked of the caller now.
#[utoipa::path(
    get, path = "/decisions/{id}", tag = "decisions", operation_id = "get_decision",
    params(("id" = String, Path, format = "uuid", description = "The decision")),
    responses((status = 200, description = "The decision", body = DecisionDetail)),
    extensions(("x-permission" = json!("read")), ("x-errors" = json!(["DECISION-001"])))
)]
pub(crate) async fn get_decision(
    State(gateway): State<Gateway>,
    SignedIn(caller): SignedIn,
    Id(id): Id<DecisionId>,
) -> Reply<Json<DecisionDetail>> {
    Ok(Json(gateway.services.decisions.decision(&caller, id).await?))
}

/// Vote
///
/// Says what the caller, a person of the electorate, was asked to say: an answer, a ballot, an argument. Labels are those of the caller's own ballot.
#[utoipa::path(
    post, path = "/decisions/{id}/vote", tag = "decisions", operation_id = "vote",
    params(("id" = String, Path, format = "uuid", description = "The decision")),
    request_body(content = DecisionVote, example = json!({"kind": "choice", "choice": "A", "confidence": 0.8, "rationale": "It is the simplest."})),
    responses((status = 200, description = "The decision as it is now", body = DecisionSummary)),
    extensions(("x-permission" = json!("work")), ("x-errors" = json!([
        "DECISION-001", "DECISION-020", "DECISION-021", "DECISION-022", "DECISION-023", "DECISION-024", "DECISION-025", "DECISION-026"
    ])))
)]
pub(crate) async fn vote(
    State(gateway): State<Gateway>,
    SignedIn(caller): SignedIn,
    Id(id): Id<DecisionId>,
    Body(vote): Body<DecisionVote>,
) -> Reply<Json<DecisionSummary>> {
    Ok(Json(gateway.services.decisions.vote(&caller, id, vote).await?))
}

/// Decide what was escalated
///
/// Takes one of the answers, gives another one to a question with free answers, or refuses all.
#[utoipa::path(
    post, path = "/decisions/{id}/answer", tag = "decisions", operation_id = "answer_decision",
    params(("id" = String, Path, format = "uuid", description = "The decision")),
    request_body(content = PersonVerdict, example = json!({"kind": "choice", "key": "approve", "comment": "Checked by hand."})),
    responses((status = 200, description = "The decision as it is now", body = DecisionSummary)),
    extensions(("x-permission" = json!("work")), ("x-errors" = json!(["DECISION-001", "DECISION-020", "DECISION-024", "DECISION-025", "DECISION-026"])))
)]
pub(crate) async fn answer_decision(
    State(gateway): State<Gateway>,
    SignedIn(caller): SignedIn,
    Id(id): Id<DecisionId>,
    Body(verdict): Body<PersonVerdict>,
) -> Reply<Json<DecisionSummary>> {
    Ok(Json(gateway.services.decisions.answer(&caller, id, verdict).await?))
}

/// Cancel a decision
///
/// Nobody is asked any more, and the tasks of its voters are cancelled. Asking twice does no harm.
#[utoipa::path(
    post, path = "/decisions/{id}/cancel", tag = "decisions", operation_id = "cancel_decision",
    params(("id" = String, Path, format = "uuid", description = "The decision")),
    request_body(content = CancelDecision, example = json!({"reason": "The release was withdrawn."})),
    responses((status = 200, description = "The decision as it is now", body = DecisionSummary)),
    extensions(("x-permission" = json!("work")), ("x-errors" = json!(["DECISION-001", "DECISION-026"])))
)]
pub(crate) async fn cancel_decision(
    State(gateway): State<Gateway>,
    SignedIn(caller): SignedIn,
    Id(id): Id<DecisionId>,
    OptionalBody(why): OptionalBody<CancelDecision>,
) -> Reply<Json<DecisionSummary>> {
    Ok(Json(gateway.services.decisions.cancel(&caller, id, why).await?))
}

/// What a query says of a [`RetallyChoice`]: the same, with the tie-breaks as a list in one parameter.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct TallyQuery {
    rule: Option<String>,
    threshold: Option<f64>,
    quorum: Option<u32>,
    tie_break: Option<String>,
}

/// Count the ballots by another rule
///
/// The stored ballots by the rule and terms that are asked for, and by every rule: where they disagree, how far the first is ahead, and whose ballots made
/// the difference. Nobody is asked again.
#[utoipa::path(
    get, path = "/decisions/{id}/tally", tag = "decisions", operation_id = "retally_decision",
    params(
        ("id" = String, Path, format = "uuid", description = "The decision"),
        ("rule" = Option<String>, Query, description = "The rule; the decision's own by default", example = json!("borda")),
        ("threshold" = Option<f64>, Query, description = "The share that the first answer must have, above 0.5 and at most 1"),
        ("quorum" = Option<u32>, Query, description = "How many voters must have taken part"),
        ("tie_break" = Option<String>, Query, description = "What breaks ties, separated by commas"),
    ),
    responses((status = 200, description = "What the ballots come to", body = Retallied)),
    extensions(("x-permission" = json!("read")), ("x-errors" = json!(["DECISION-001", "DECISION-007", "DECISION-008", "DECISION-024"])))
)]
pub(crate) async fn retally_decision(
    State(gateway): State<Gateway>,
    SignedIn(caller): SignedIn,
    Id(id): Id<DecisionId>,
    Params(query): Params<TallyQuery>,
) -> Reply<Json<Retallied>> {
    let TallyQuery { rule, threshold, quorum, tie_break } = query;
    let names = |text: String| text.split(',').map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned).collect();
    let choice = RetallyChoice { rule, threshold, quorum, tie_break: tie_break.map(names) };
    Ok(Json(gateway.services.decisions.retally(&caller, id, choice).await?))
}

/// Say what was right
///
/// Records what a person found right after a decision had ended. The lab holds rules and voters against it; the last word counts.
#[utoipa::path(
    put, path = "/decisions/{id}/later-verdict", tag = "decisions", operation_id = "judge_decision",
    params(("id" = String, Path, format = "uuid", description = "The decision")),
    request_body(content = LaterVerdict, example = json!({"key": "negative", "comment": "The customer left."})),
    responses((status = 200, description = "The decision as it is now", body = DecisionSummary)),
    extensions(("x-permission" = json!("work")), ("x-errors" = json!(["DECISION-001", "DECISION-024", "DECISION-025"])))
)]
pub(crate) async fn judge_decision(
    State(gateway): State<Gateway>,
    SignedIn(caller): SignedIn,
    Id(id): Id<DecisionId>,
    Body(verdict): Body<LaterVerdict>,
) -> Reply<Json<DecisionSummary>> {
    Ok(Json(gateway.services.decisions.judge_later(&caller, id, verdict).await?))
}

/// What a query says of a [`LabFilter`].
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct LabQuery {
    skill: Option<String>,
    rule: Option<String>,
    from: Option<Timestamp>,
    before: Option<Timestamp>,
}

/// Get the decision lab
///
/// Rules and voters held against what people said later, over the newest 500 decisions that have such a verdict.
#[utoipa::path(
    get, path = "/decision-lab", tag = "decisions", operation_id = "get_decision_lab",
    params(
        ("skill" = Option<String>, Query, description = "Only decisions whose agents ran this skill"),
        ("rule" = Option<String>, Query, description = "Only decisions by this rule"),
        ("from" = Option<String>, Query, format = "date-time", description = "Only those opened at this instant or later", example = json!("2026-01-31T08:30:00Z")),
        ("before" = Option<String>, Query, format = "date-time", description = "Only those opened before this instant", example = json!("2026-01-31T08:30:00Z")),
    ),
    responses((status = 200, description = "The lab", body = DecisionLab)),
    extensions(("x-permission" = json!("read")), ("x-errors" = json!(["DECISION-008"])))
)]
pub(crate) async fn get_decision_lab(
    State(gateway): State<Gateway>,
    SignedIn(caller): SignedIn,
    Params(query): Params<LabQuery>,
) -> Reply<Json<DecisionLab>> {
    let LabQuery { skill, rule, from, before } = query;
    Ok(Json(gateway.services.decisions.lab(&caller, LabFilter { skill, rule, from, before }).await?))
}
