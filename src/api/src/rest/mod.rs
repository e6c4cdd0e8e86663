//! Which operations there are, one file per resource. Each handler reads its request, calls one service, and answers.
//!
//! What an operation needs and how it fails stands above it as `x-permission` and `x-errors`; the OpenAPI document
//! is completed from these, and the tests of authorisation run over them.

mod agents;
mod api_keys;
mod approvals;
mod artifact_content;
mod artifacts;
mod auth;
mod claims;
mod conflicts;
mod connections;
mod contracts;
mod decisions;
mod egress;
mod events;
mod health;
mod limits;
mod metrics;
mod models;
mod notifications;
mod plans;
mod replays;
mod runs;
mod servers;
mod skills;
mod subscriptions;
mod task_bulk;
mod task_insight;
mod tasks;
mod topics;
mod users;
mod workflows;

use axum::http::header::LOCATION;
use axum::http::{HeaderName, StatusCode};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::gateway::Gateway;

/// Where the API begins.
pub(crate) const BASE: &str = "/api/v1";

/// An answer to a request that created something: 201, where it is now, and what it is.
pub(crate) type Created<T> = (StatusCode, [(HeaderName, String); 1], axum::Json<T>);

pub(crate) fn created<T>(resource: &str, id: impl std::fmt::Display, body: T) -> Created<T> {
    (StatusCode::CREATED, [(LOCATION, format!("{BASE}/{resource}/{id}"))], axum::Json(body))
}

/// What anybody may ask.
pub(crate) fn open() -> OpenApiRouter<Gateway> {
    OpenApiRouter::default().routes(routes!(auth::first_run_status)).routes(routes!(health::live)).routes(routes!(health::ready))
}

/// How callers become known; counted more strictly.
pub(crate) fn sign_in() -> OpenApiRouter<Gateway> {
    OpenApiRouter::default().routes(routes!(auth::login)).routes(routes!(auth::refresh)).routes(routes!(auth::first_run))
}

/// What takes little and answers at once, or after at most `wait`.
pub(crate) fn plain() -> OpenApiRouter<Gateway> {
    OpenApiRouter::default()
        .routes(routes!(auth::logout))
        .routes(routes!(auth::me))
        .routes(routes!(users::list_users, users::create_user))
        .routes(routes!(users::change_user))
        .routes(routes!(api_keys::list_api_keys, api_keys::create_api_key))
        .routes(routes!(api_keys::revoke_api_key))
        .routes(routes!(tasks::list_tasks, tasks::create_task))
        .routes(routes!(tasks::get_task))
        .routes(routes!(tasks::cancel_task))
        .routes(routes!(tasks::pause_task))
        .routes(routes!(tasks::resume_task))
        .routes(routes!(tasks::rerun_task))
        .routes(routes!(task_bulk::rerun_tasks))
        .routes(routes!(task_bulk::cancel_tasks))
        .routes(routes!(limits::list_limits, limits::set_limit, limits::remove_limit))
        .routes(routes!(claims::list_claims, claims::claim))
        .routes(routes!(claims::renew_claims))
        .routes(routes!(claims::release_claims))
        .routes(routes!(claims::check_claim))
        .routes(routes!(claims::break_claim))
        .routes(routes!(conflicts::list_lines))
        .routes(routes!(conflicts::get_line))
        .routes(routes!(conflicts::put_version))
        .routes(routes!(conflicts::list_conflicts))
        .routes(routes!(conflicts::get_conflict))
        .routes(routes!(conflicts::resolve_conflict))
        .routes(routes!(conflicts::dismiss_conflict))
        .routes(routes!(contracts::list_contracts, contracts::create_contract))
        .routes(routes!(contracts::get_contract))
        .routes(routes!(contracts::tell_contract))
        .routes(routes!(contracts::cancel_contract))
        .routes(routes!(contracts::list_bargains, contracts::create_bargain))
        .routes(routes!(contracts::get_bargain))
        .routes(routes!(contracts::say_in_bargain))
        .routes(routes!(connections::list_connections, connections::create_connection))
        .routes(routes!(connections::get_connection, connections::update_connection, connections::remove_connection))
        .routes(routes!(egress::get_egress, egress::set_egress))
        .routes(routes!(decisions::list_decisions, decisions::open_decision))
        .routes(routes!(decisions::get_decision))
        .routes(routes!(decisions::vote))
        .routes(routes!(decisions::answer_decision))
        .routes(routes!(decisions::cancel_decision))
        .routes(routes!(decisions::retally_decision))
        .routes(routes!(decisions::judge_decision))
        .routes(routes!(decisions::get_decision_lab))
        .routes(routes!(models::list_models, models::create_model))
        .routes(routes!(models::update_model, models::remove_model))
        .routes(routes!(models::list_model_presets))
        .routes(routes!(models::test_model))
        .routes(routes!(models::set_model_budget))
        .routes(routes!(models::list_model_calls))
        .routes(routes!(task_insight::list_attempts))
        .routes(routes!(task_insight::list_logs))
        .routes(routes!(task_insight::get_trace))
        .routes(routes!(task_insight::analyze_task))
        .routes(routes!(artifacts::list_artifacts))
        .routes(routes!(artifacts::get_artifact, artifacts::delete_artifact))
        .routes(routes!(agents::list_agents))
        .routes(routes!(agents::get_agent))
        .routes(routes!(agents::drain_agent))
        .routes(routes!(agents::resume_agent))
        .routes(routes!(agents::reset_agent_circuit))
        .routes(routes!(agents::get_balancing))
        .routes(routes!(servers::list_servers))
        .routes(routes!(servers::drain_server))
        .routes(routes!(servers::resume_server))
        .routes(routes!(skills::list_skills))
        .routes(routes!(skills::get_skill))
        .routes(routes!(skills::suggest_skills))
        .routes(routes!(events::list_events))
        .routes(routes!(events::get_event_log))
        .routes(routes!(topics::list_topics, topics::declare_topic))
        .routes(routes!(topics::get_topic, topics::delete_topic))
        .routes(routes!(topics::list_messages, topics::publish_message))
        .routes(routes!(subscriptions::list_subscriptions, subscriptions::create_subscription))
        .routes(routes!(subscriptions::end_subscription))
        .routes(routes!(subscriptions::pull_messages))
        .routes(routes!(subscriptions::acknowledge_messages))
        .routes(routes!(subscriptions::refuse_messages))
        .routes(routes!(subscriptions::list_dead_letters))
        .routes(routes!(subscriptions::redrive_dead_letters))
        .routes(routes!(subscriptions::purge_dead_letters))
        .routes(routes!(notifications::list_notifications))
        .routes(routes!(notifications::count_unread_notifications))
        .routes(routes!(notifications::mark_notifications))
        .routes(routes!(workflows::list_workflows))
        .routes(routes!(workflows::get_workflow, workflows::retire_workflow))
        .routes(routes!(workflows::list_workflow_versions))
        .routes(routes!(runs::get_run))
        .routes(routes!(runs::list_run_items))
        .routes(routes!(runs::pause_run))
        .routes(routes!(runs::resume_run))
        .routes(routes!(runs::cancel_run))
        .routes(routes!(runs::retry_run))
        .routes(routes!(runs::signal_run))
        .routes(routes!(runs::get_fork_draft))
        .routes(routes!(replays::get_run_recording))
        .routes(routes!(replays::replay_run))
        .routes(routes!(replays::diff_runs))
        .routes(routes!(plans::propose_plan))
        .routes(routes!(plans::list_plans))
        .routes(routes!(plans::get_plan))
        .routes(routes!(plans::edit_plan))
        .routes(routes!(plans::accept_plan))
        .routes(routes!(plans::refuse_plan))
        .routes(routes!(plans::replan))
        .routes(routes!(approvals::list_approvals))
        .routes(routes!(approvals::get_approval))
        .routes(routes!(approvals::approve))
        .routes(routes!(approvals::refuse))
        .routes(routes!(metrics::get_series))
        .routes(routes!(metrics::get_overview))
}

/// What takes a large body.
pub(crate) fn batch() -> OpenApiRouter<Gateway> {
    OpenApiRouter::default()
        .routes(routes!(tasks::create_batch))
        .routes(routes!(workflows::store_workflow))
        .routes(routes!(workflows::check_workflow))
        .routes(routes!(runs::list_runs, runs::start_run))
        .routes(routes!(runs::fork_run))
}

/// What takes as long as its bytes or its events come.
pub(crate) fn unbounded() -> OpenApiRouter<Gateway> {
    let (schemas, paths, socket) = routes!(events::follow_by_socket);
    OpenApiRouter::default()
        .routes(routes!(artifact_content::upload_artifact))
        .routes(routes!(artifact_content::download_artifact))
        .routes(routes!(events::follow_by_stream))
        // Over HTTP/2 a socket is opened with CONNECT.
        .routes((schemas, paths, socket.connect(events::follow_by_socket)))
}
